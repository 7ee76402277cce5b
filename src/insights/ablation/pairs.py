"""Pairs: whether two components replace each other, so that either may go and not both."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from insights.ablation.components import Component
from insights.ablation.steps import Said
from insights.modeling.evaluation.paired import Bench, differences
from insights.modeling.trials import Trial
from insights.verdicts import APART, NEED, REPLACE, UNKNOWN

COLUMNS = ["rows", "one", "other", "one_adds", "other_adds", "both_add", "beyond", "low", "high", "verdict"]


def suspects(only: Mapping[Component, Trial], most: int) -> list[tuple[Component, Component]]:
    """Return the pairs that are looked at: those that, each alone, put held-out rows in the most similar order.

    Parameters
    ----------
    only : mapping of Component to insights.modeling.trials.Trial
        The model with each component alone.
    most : int
        Pairs.

    Returns
    -------
    list of (Component, Component)
        Without a feature in common; the most similar first.
    """
    alike = []
    for one, other in combinations(only, 2):
        if not {*one.features} & {*other.features}:
            parts = zip(only[one].held_out, only[other].held_out, strict=True)
            same = np.mean([_same_order(first, second) for (_, first), (_, second) in parts])
            alike.append((-same, one, other))
    return [(one, other) for _, one, other in sorted(alike, key=lambda pair: pair[0])[:most]]


def interactions(
    bench: Bench, whole: Said, single: Mapping[Component, Said], both: Mapping[tuple, Said], margin: float
) -> pd.DataFrame:
    """Return for each pair what is lost without both beyond what is lost without either.

    Parameters
    ----------
    bench : insights.modeling.evaluation.paired.Bench
    whole : Said
        By the full model.
    single : mapping of Component to Said
        Without one component.
    both : mapping of (Component, Component) to Said
        Without both.
    margin : float
        ROC AUC.

    Returns
    -------
    pandas.DataFrame
        ``rows, one, other, one_adds, other_adds, both_add, beyond, low, high, verdict``; ROC AUC. Above 0 they
        replace each other, below 0 they need each other, within the margin on both sides they are independent;
        intervals hold for all pairs at once.
    """
    if not both:
        return pd.DataFrame(columns=COLUMNS)
    parts = {id(said): said for said in (whole, *single.values(), *both.values())}
    value = {key: bench.values(said.score, said.decision)[0] for key, said in parts.items()}
    draws = {key: bench.draws(said.score, said.decision)[:, 0] for key, said in parts.items()}
    rows, beyond = [], []
    for (one, other), said in both.items():
        keys = [id(whole), id(single[one]), id(single[other]), id(said)]
        full, first, second, neither = (value[key] for key in keys)
        rows.append([bench.kind, one.label, other.label, full - first, full - second, full - neither])
        beyond.append(_beyond(*(draws[key] for key in keys)))
    table = pd.DataFrame(rows, columns=COLUMNS[:6])
    table["beyond"] = table["both_add"] - table["one_adds"] - table["other_adds"]
    table[["low", "high"]] = differences(table["beyond"].to_numpy(), np.column_stack(beyond))[
        ["low", "high"]
    ].to_numpy()
    table["verdict"] = [judge(r.low, r.high, margin) for r in table.itertuples()]
    return table.sort_values("beyond", ascending=False, kind="stable", ignore_index=True)


def _beyond(full, first, second, neither):
    return (full - neither) - (full - first) - (full - second)


def _same_order(first, second):
    """Return the rank correlation of two scores of the same rows; 0 where one says the same of all."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def judge(low: float, high: float, margin: float) -> str:
    """Return the verdict on a pair from the interval of what is lost beyond the sum."""
    if low > 0:
        return REPLACE
    if high < 0:
        return NEED
    return APART if -margin < low and high < margin else UNKNOWN
