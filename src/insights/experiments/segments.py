"""Segments: whether an effect differs between groups of units, honest about how many groups were looked at."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from insights.experiments import estimates, frames
from insights.modeling.evaluation.differences import holm
from insights.verdicts import EFFECT_DIFFERS, NOT_SHOWN

COLUMNS = [
    "segment", "group", "arm", "metric", "n", "difference", "low", "high", "elsewhere", "apart", "apart_low",
    "apart_high", "p", "p_adjusted", "looks", "verdict",
]  # fmt: skip


def by_group(
    frame: pd.DataFrame,
    groups: pd.DataFrame,
    arm: str,
    control: str,
    metrics: Mapping[str, str],
    covariates: Sequence[str] = (),
    *,
    fewest: int,
    level: float = 0.05,
) -> pd.DataFrame:
    """Return the effect in each group beside the effect among all others.

    Parameters
    ----------
    frame : pandas.DataFrame
        As for :func:`insights.experiments.analyse`, a row per unit.
    groups : pandas.DataFrame
        A column per segment, such as the country, in the order of ``frame``; missing where it is not known.
    arm, control, metrics, covariates
        As for :func:`insights.experiments.analyse`.
    fewest : int
        Units of each arm, inside a group and outside it, from which on a group is looked at.
    level : float

    Returns
    -------
    pandas.DataFrame
        ``segment, group, arm, metric, n`` (units of the group)``, difference, low, high`` (in the group),
        ``elsewhere`` (the effect among all others whose group is known), ``apart`` (the one minus the other) with
        ``apart_low, apart_high, p``, ``p_adjusted`` for all rows (Holm), ``looks`` (rows), ``verdict``.
    """
    asked = frames.metrics_of(metrics)
    rows = frames.checked(frame, arm, control, asked, covariates, None)
    found = []
    for segment in groups:
        told = groups[segment].reset_index(drop=True)
        for group in sorted(told.dropna().unique(), key=str):
            parts = rows[told == group], rows[told.notna() & (told != group)]
            for one in frames.arms_of(rows, arm, control):
                if min(_fewest(part[arm], one, control) for part in parts) >= fewest:
                    found += [
                        [segment, group, one, metric.name, len(parts[0]),
                         *_apart(parts, arm, one, control, metric, covariates, level)]
                        for metric in asked
                    ]  # fmt: skip
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.DataFrame(found, columns=COLUMNS[:13])
    table["p_adjusted"] = holm(table["p"])
    verdict = np.where(table["p_adjusted"] < level, EFFECT_DIFFERS, NOT_SHOWN)
    return table.assign(looks=len(table), verdict=verdict)[COLUMNS]


def _fewest(arms, one, control):
    return min((arms == one).sum(), (arms == control).sum())


def _apart(parts, arm, one, control, metric, covariates, level):
    inside, outside = (
        estimates.compared(estimates.prepared(part, arm, metric, covariates, None), metric, one, control, level)
        for part in parts
    )
    apart, error = inside.difference - outside.difference, float(np.hypot(inside.error, outside.error))
    reach = norm.ppf(1 - level / 2) * error
    p = float(2 * norm.sf(abs(apart) / error)) if error > 0 else 1.0
    return [
        inside.difference, inside.low, inside.high, outside.difference, apart, apart - reach, apart + reach, p,
    ]  # fmt: skip
