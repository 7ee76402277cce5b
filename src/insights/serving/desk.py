"""The desk: what a planner can ask of a window's launch model, loaded once and answered without delay."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import pandas as pd

from insights import paths, report, store
from insights.modeling import recommendation
from insights.modeling.explanation import reasons as explanations
from insights.modeling.explanation import signals, similar
from insights.modeling.learned import Learned
from insights.params import Params
from insights.planners import trial
from insights.rows import LAUNCH
from insights.scoring import read
from insights.scoring.scorer import Scorer, open_scorer
from insights.store import file_hash

KEPT = 50  # products that planners entered, whose features are kept
FACTS = ("title", "topic", "price", "monthly_hurdle", "launch_cost", "level")
NEW = "new product"
LAST = 9  # decile
TABLES = {  # of other notebooks, by what they are here, with the columns that pages read
    "candidates": (
        paths.STEPS[-1], "table_11_1_recommendations",
        ["product_id", "title", "topic", "verdict", "probability", "low", "high", "expected_gain", "place",
         "within_capacity"],
    ),
    "importance": ("05_modeling", "table_5_12_importance", ["signal", "importance"]),
    "reasons": ("05_modeling", "table_5_13_reasons", ["product_id", "text"]),
}  # fmt: skip


class PlannerError(ValueError):
    """What a planner asked for cannot be answered; the message says why and what to do."""


@dataclass(frozen=True)
class Said:
    """What the model says of one product.

    Attributes
    ----------
    probability, low, high : float
        Of reaching the hurdle, with its interval (80 %).
    verdict : str
        1, 0 or not enough evidence.
    expected_gain : float
        Beyond the hurdle, in USD; missing where the model does not say it.
    """

    probability: float
    low: float
    high: float
    verdict: str
    expected_gain: float = float("nan")


@dataclass(frozen=True)
class Case:
    """A product before a planner.

    Attributes
    ----------
    product_id : str
    facts : dict
        What is planned of it, in ``FACTS``.
    row : pandas.DataFrame of one row
        Its features.
    said : Said
    reasons, similar : pandas.DataFrame
        From :mod:`insights.modeling.explanation`.
    warnings : list of str
        Where the model has no ground to stand on.
    """

    product_id: str
    facts: dict
    row: pd.DataFrame
    said: Said
    reasons: pd.DataFrame
    similar: pd.DataFrame
    warnings: list[str]


@dataclass
class Desk:
    """All that can be asked.

    Attributes
    ----------
    scorer : insights.scoring.scorer.Scorer
    refits : list of Learned
        By which the interval is told.
    candidates : pandas.DataFrame
        Recommendations with titles, as the report shows them.
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    importance, reasons : pandas.DataFrame
        Of signals, and of what each candidate's answer rests on, as notebook 05 stored them.
    facts : pandas.DataFrame
        What is planned of each product of the catalogue, in ``FACTS``, by ``product_id``.
    digest : str
        SHA-256 of the model's file.
    """

    scorer: Scorer
    refits: list[Learned]
    candidates: pd.DataFrame
    headline: pd.DataFrame
    importance: pd.DataFrame
    facts: pd.DataFrame
    reasons: pd.DataFrame
    digest: str
    _entered: OrderedDict = field(default_factory=OrderedDict)

    @property
    def params(self) -> Params:
        """Parameters of the window."""
        return self.scorer.params

    @property
    def threshold(self) -> float:
        """Probability from which on a launch is expected to pay."""
        return float(self.scorer.model.threshold_)

    def signals(self) -> dict[str, str]:
        """Return the signals that can be changed, with what they are called."""
        return {name: signals.title(name) for name in self._tried}

    def case(self, product_id: str) -> Case:
        """Return a candidate of the window.

        Raises
        ------
        PlannerError
            If it is none.
        """
        mine = self.candidates[self.candidates["product_id"] == product_id]
        if mine.empty:
            raise PlannerError(
                f"{product_id[:80]!r} is no candidate of {self.params.window}. Choose one of the list."
            )
        row = self.scorer.dataset.candidates
        row = row[row["product_id"] == product_id].reset_index(drop=True)
        facts = self.facts.loc[product_id].to_dict() if product_id in self.facts.index else {}
        reasons = self.reasons[self.reasons["product_id"] == product_id]
        return self._case(product_id, facts, row, mine.iloc[0], reasons)

    def entered(self, values: Mapping[str, str]) -> tuple[Case | None, list[str]]:
        """Return a product that a planner entered, or nothing and all that is wrong with it.

        Parameters
        ----------
        values : mapping of str to str
            As typed, by name of the column of :mod:`insights.scoring.read`.
        """
        typed = {name: values.get(name, "").strip() for name in (*read.ASKED, *read.OPTIONAL)}
        typed["product_id"] = NEW
        row, wrong = read.candidate(typed, self.scorer.known, self.params)
        if wrong:
            return None, wrong
        key = tuple(typed.items())
        if key not in self._entered:
            self._entered[key] = self._made(row)
            while len(self._entered) > KEPT:
                self._entered.popitem(last=False)
        return self._entered[key], []

    def changed(self, case: Case, changes: Mapping[str, int]) -> Said:
        """Return what the model would say if signals of a product stood at other deciles of past launches.

        Parameters
        ----------
        case : Case
        changes : mapping of str to int
            Decile, 1 to 9, by signal.

        Raises
        ------
        PlannerError
            If a signal cannot be changed, or a decile is none.
        """
        row = self._at(case.row, changes)
        probability = self.scorer.model.score(row)
        low, high = recommendation.interval(probability, np.array([refit.score(row) for refit in self.refits]))
        verdict = recommendation.decide(low[0], high[0], self.threshold, self.scorer.trusted)
        return Said(float(probability[0]), float(low[0]), float(high[0]), verdict)

    def grid(self, case: Case, changes: Mapping[str, int]) -> pd.DataFrame:
        """Return the probability with each signal at each decile, all else as it is or as it was changed.

        Returns
        -------
        pandas.DataFrame
            A row per signal: ``signal, title``, and ``1`` to ``9``.
        """
        row, scorer = self._at(case.row, changes), self.scorer
        told = [
            [name, signals.title(name), *explanations.at_deciles(scorer.model, row, scorer.background, read)[0]]
            for name, read in self._tried.items()
        ]
        return pd.DataFrame(told, columns=["signal", "title", *range(1, LAST + 1)])

    def tasks(self, number: int) -> list[trial.Task]:
        """Return what the planner of a number is asked in the trial."""
        return trial.tasks(self._past, number, self.threshold, self.params.modeling.seed)

    def known_of(self, product_id: str) -> list[str]:
        """Return what was known of a past launch before it, in words: its plan, and what each signal showed."""
        rows = self.scorer.dataset.validate
        row = rows[(rows["product_id"] == product_id) & (rows["kind"] == LAUNCH)].iloc[0]
        facts = self.facts.loc[product_id]
        plan = [f"{facts['title']} ({facts['topic']}, {facts['level']})"] if pd.notna(facts["title"]) else []
        first = [members[0] for members in self._tried.values()]
        return [*plan, *(signals.value_in_words("launch", name, row) for name in first)]

    @cached_property
    def _tried(self):
        return explanations.tried(self.scorer.model, self.scorer.groups)

    @cached_property
    def _past(self):
        return trial.cases(self.scorer.dataset, self.scorer.model)

    def _at(self, row, changes):
        for name, decile in changes.items():
            if name not in self._tried:
                raise PlannerError(f"{name[:80]!r} is no signal that can be changed. Choose among those of the page.")
            if decile not in range(1, LAST + 1):
                raise PlannerError(f"{name}: {decile} is no decile. Choose 1 to {LAST}.")
            told = explanations.levels(self.scorer.background, self._tried[name]).iloc[decile - 1]
            row = row.assign(**{one: told[one] if np.isfinite(told[one]) else row[one] for one in self._tried[name]})
        return row

    def _made(self, values):
        accepted = pd.DataFrame([values], columns=[*read.ASKED, *read.OPTIONAL])
        frame = self.scorer.featured(accepted)
        advice = self.scorer.advice(frame, self.refits).iloc[0]
        facts = {name: values[name] for name in FACTS}
        return self._case(values["product_id"], facts, frame, advice, self.scorer.reasons(frame))

    def _case(self, product_id, facts, row, advice, reasons):
        said = Said(**{one.name: advice[one.name] for one in fields(Said)})
        resembling = similar.similar_launches(
            self.scorer.of(row), self.scorer.model, self.scorer.groups, self.importance
        )
        [warnings] = self.scorer.warnings(row, [facts.get("topic", "")])
        return Case(product_id, facts, row, said, reasons, resembling, warnings)


def open_desk(params: Params) -> Desk:
    """Return the desk of a window whose report has been made.

    Raises
    ------
    insights.scoring.CandidateError
        If the window has no launch model.
    PlannerError
        If it has no candidates to plan, or no report.
    insights.store.StoreError
        If its tables are broken, or another version of Insights wrote them.
    """
    scorer, window = open_scorer(params), params.window
    if scorer.dataset.candidates.empty:
        raise PlannerError(f"{window} has no candidates, so there is nothing to plan. Name another window.")
    if not (paths.step(window, paths.STEPS[-1]) / "results.json").exists():
        raise PlannerError(f"{window} has no report yet. Run it first: make run WINDOW={window}.")
    stored = {name: store.table(window, *table) for name, table in TABLES.items()}
    products = scorer.tables["products"].to_pandas().set_index("product_id")
    return Desk(
        scorer=scorer,
        refits=list(recommendation.refitted(scorer.dataset, scorer.model, params)),
        headline=report.headline(store.results(window)),
        facts=products.reindex(columns=list(FACTS)),
        digest=file_hash(paths.model(window, "launch")),
        **stored,
    )
