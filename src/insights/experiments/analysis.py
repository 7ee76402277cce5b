"""Analysis: one call on a plain table, from the sample ratio to a verdict in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from insights.experiments import estimates, frames, ratio, sequential
from insights.modeling.evaluation.differences import holm
from insights.verdicts import LOWERS, NO_EFFECT, RAISES, UNKNOWN

ALWAYS = ("always_low", "always_high", "always_p")
COLUMNS = [
    "arm", "metric", "kind", "n", "n_control", "value", "value_control", "difference", "low", "high", "p",
    "p_adjusted", "relative", "relative_low", "relative_high", *ALWAYS, "raw_difference", "raw_low",
    "raw_high", "narrowed", "verdict",
]  # fmt: skip


def analyse(
    frame: pd.DataFrame,
    arm: str,
    control: str,
    metrics: Mapping[str, str],
    covariates: Sequence[str] = (),
    *,
    cluster: str | None = None,
    shares: Mapping[object, float] | None = None,
    margin: float | None = None,
    level: float = 0.05,
    planned: int | None = None,
) -> pd.DataFrame:
    """Return what each arm of an experiment did to each metric.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per unit that was assigned, whatever it did; with ``cluster`` a row per observation.
    arm : str
        Column that says which arm a unit was in.
    control : str
        The arm that the others are compared with.
    metrics : mapping of str to str
        A column to ``rate`` (each unit 0 or 1) or ``mean``, or two such as ``clicks / delivered`` to ``ratio``.
    covariates : sequence of str
        Columns that were measured before the assignment; what they foretell of a metric is taken off (CUPED).
    cluster : str, optional
        Column that names what was assigned as a whole, such as a region; units are its rows where not given.
    shares : mapping, optional
        Share of units meant for each arm; the same for all where not given.
    margin : float, optional
        The smallest effect that matters, as a share of the control's value. An interval within it, on both sides, is
        called ``no effect that matters``; without a margin nothing is.
    level : float
        How often an interval may leave out the truth, and how often any arm of any metric may be said to differ where
        none does.
    planned : int, optional
        Units at the planned end, for which always-valid intervals are tuned; those at hand where not given.

    Returns
    -------
    pandas.DataFrame
        A row per arm and metric: ``arm, metric, kind, n, n_control`` (units), ``value, value_control`` (as they are),
        ``difference`` with ``low, high`` and ``p`` at one look, after covariates; ``p_adjusted`` for all rows (Holm);
        ``relative`` with its bounds, as a share of the control (missing where that is not clearly above 0);
        ``always_low, always_high, always_p``, which hold at any number of looks; ``raw_difference, raw_low,
        raw_high`` without covariates and ``narrowed``, the share of the interval that covariates took off;
        ``verdict``: ``raises``, ``lowers`` (by ``p_adjusted``), ``no effect that matters``, or ``cannot tell``.

    Raises
    ------
    insights.experiments.frames.ExperimentError
        If the table cannot be analysed.
    insights.experiments.ratio.SampleRatioError
        If arms differ in size by more than chance: nothing is analysed then.

    Examples
    --------
    >>> from insights.experiments import analyse
    >>> analyse(frame, arm="variant", control="none", metrics={"enrolled": "rate"})  # doctest: +SKIP
    """
    asked = frames.metrics_of(metrics)
    _share("level", level)
    if margin is not None:
        _share("margin", margin)
    rows = frames.checked(frame, arm, control, asked, covariates, cluster)
    units = rows.drop_duplicates(cluster)[arm] if cluster else rows[arm]
    ratio.require(units, shares)
    ready = [(metric, *_prepared(rows, arm, metric, covariates, cluster)) for metric in asked]
    to_come = (planned or len(units)) / len(units)
    found = [
        _row(one, control, *each, level, to_come) for one in frames.arms_of(rows, arm, control) for each in ready
    ]
    table = pd.DataFrame(found)
    table["p_adjusted"] = holm(table["p"])
    table["verdict"] = [judge(r, margin, level) for r in table.itertuples()]
    return table[COLUMNS]


def judge(row, margin: float | None, level: float) -> str:
    """Return in words what a row says: a difference, none that matters, or neither."""
    if row.p_adjusted < level:
        return RAISES if row.difference > 0 else LOWERS
    if margin is not None and max(-row.low, row.high) < margin * abs(row.value_control):
        return NO_EFFECT
    return UNKNOWN


def _prepared(rows, arm, metric, covariates, cluster):
    """Return what a comparison reads without covariates and with them, and the value of the metric by arm."""
    raw = estimates.prepared(rows, arm, metric, (), cluster)
    adjusted = estimates.prepared(rows, arm, metric, covariates, cluster) if covariates else raw
    return raw, adjusted, {one: estimates.parts(part)[0] for one, part in raw.groupby("arm", observed=True)}


def _row(one, control, metric, raw_rows, adjusted, value, level, to_come):
    raw = estimates.compared(raw_rows, metric, one, control, level)
    found = raw if adjusted is raw_rows else estimates.compared(adjusted, metric, one, control, level)
    at_end = found.error / np.sqrt(max(to_come, 1.0))
    always = sequential.always(found.difference, found.error, at_end, level)
    n = raw_rows["arm"].value_counts()
    return {
        "arm": one, "metric": metric.name, "kind": metric.kind, "n": n[one], "n_control": n[control],
        "value": value[one], "value_control": value[control], "difference": found.difference, "low": found.low,
        "high": found.high, "p": found.p, "relative": found.relative, "relative_low": found.relative_low,
        "relative_high": found.relative_high, **dict(zip(ALWAYS, always, strict=True)),
        "raw_difference": raw.difference, "raw_low": raw.low, "raw_high": raw.high,
        "narrowed": 1 - (found.high - found.low) / (raw.high - raw.low) if raw.high > raw.low else 0.0,
    }  # fmt: skip


def _share(name, value):
    if not 0 < value < 1:
        raise frames.ExperimentError(f"{name}={value!r}: it must lie between 0 and 1, such as 0.05.")
