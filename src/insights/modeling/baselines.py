"""Baselines: what a model has to beat. Chance, simple rules, and the people who decide today."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

SAME, TIMES, UNKNOWN = "same", "times", "unknown"


@dataclass
class ColumnRule:
    """A baseline that reads one column: the larger, the likelier.

    Attributes
    ----------
    name : str
    column : str
        Column that is the score.
    cutoff : float or None
        Decide 1 from here on; the training median where None.
    priced : str
        What other costs make of where it decides: the ``SAME``, so many ``TIMES`` as high where the score is over the
        hurdle, or ``UNKNOWN``.
    worth_ : None
        A rule that only ranks does not say what a row brings.

    Notes
    -----
    A row without a value gets the training median: the rule has nothing to say about it.
    """

    name: str
    column: str
    cutoff: float | None = None
    priced: str = SAME
    worth_: ClassVar[None] = None

    def fit(self, rows: pd.DataFrame, y: np.ndarray) -> "ColumnRule":
        """Learn the median of the column from training rows."""
        median = rows[self.column].median()
        self.median_ = 0.0 if np.isnan(median) else float(median)
        self.threshold_ = self.median_ if self.cutoff is None else self.cutoff
        return self

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the column, missing values filled, shape (rows,)."""
        return rows[self.column].fillna(self.median_).to_numpy(dtype="float64")

    def decide(self, rows: pd.DataFrame) -> np.ndarray:
        """Return 0 or 1 for each row."""
        return (self.score(rows) >= self.threshold_).astype(int)

    def threshold_at(self, costs: float) -> float | None:
        """Return from where on to decide 1 if all asked so many times as much; None where nobody can say."""
        return {SAME: self.threshold_, TIMES: costs * self.threshold_, UNKNOWN: None}[self.priced]


RULES = {
    "launch": (
        ColumnRule("panel", "panel_vote", 0.5),
        ColumnRule("survey", "survey_top_two"),
        ColumnRule("persistence", "persistence", 1.0, TIMES),
        ColumnRule("past_launches", "topic_launches_reached", 0.0, UNKNOWN),
    ),
    "completion": (ColumnRule("active_days", "course_days"), ColumnRule("last_week", "course_views_last_week")),
    "enrollment": (ColumnRule("last_week", "views_last_week"), ColumnRule("enrolled_before", "earlier_enrollments")),
}
NAMES = frozenset(rule.name for rules in RULES.values() for rule in rules)


def ahead(differences: pd.DataFrame) -> list[str]:
    """Return the baselines that rank better than a model, by its ROC AUC less theirs: ``model, difference``."""
    return [r.model for r in differences.itertuples() if r.model in NAMES and r.difference < 0]


def available(model: str, rows: pd.DataFrame) -> list[ColumnRule]:
    """Return the baselines of a model whose column the source has."""
    return [replace(rule) for rule in RULES[model] if rule.column in rows and rows[rule.column].notna().any()]
