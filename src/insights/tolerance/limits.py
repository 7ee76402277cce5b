"""Limits: the level of each disturbance at which a model leaves its specification, and how far today is from it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.params import Limits
from insights.tolerance import quality
from insights.tolerance.disturbances import Disturbance, Tables
from insights.tolerance.kit import CALIBRATION, RECALL, ROC_AUC, UPPER, VALUE, Kit
from insights.tolerance.responses import Response
from insights.verdicts import BEYOND, BROKEN, NEAR, NO_LIMIT, NOT_MEASURED, WITHIN

CLOSE = 0.5  # share of its tolerance from which on a disturbance is near it
COLUMNS = [
    "model", "disturbance", "title", "unit", "mode", "tolerance", "low", "high", "breaks", "largest", "today",
    "margin", "control", "alert", "verdict",
]  # fmt: skip


def specification(limits: Limits) -> dict[str, float]:
    """Return what a model must keep by measure: the least, of calibration the most."""
    named = {ROC_AUC: limits.roc_auc, RECALL: limits.recall, VALUE: limits.value, CALIBRATION: limits.calibration}
    return {measure: limit for measure, limit in named.items() if limit is not None}


def crossing(levels: np.ndarray, values: np.ndarray, limit: float, upper: bool = False) -> np.ndarray:
    """Return the level at which each curve leaves its limit.

    Parameters
    ----------
    levels : numpy.ndarray of shape (levels,)
        Rising, 0 first.
    values : numpy.ndarray of shape (levels, curves)
    limit : float
    upper : bool
        Whether the limit is the most that is allowed, instead of the least.

    Returns
    -------
    numpy.ndarray of shape (curves,)
        0 where a curve begins beyond it, infinite where it never leaves it. A curve that comes back is taken to stay
        where it was worst; between levels it is straight.
    """
    short = (values - limit if upper else limit - values).astype("float64")  # above 0: beyond the limit
    worst = np.maximum.accumulate(short, axis=0)
    beyond = worst > 0
    first = np.argmax(beyond, axis=0)
    curves = np.arange(worst.shape[1])
    before, after = worst[np.maximum(first - 1, 0), curves], worst[first, curves]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(after > before, -before / (after - before), 0.0)
    level = levels[np.maximum(first - 1, 0)] + part * (levels[first] - levels[np.maximum(first - 1, 0)])
    return np.where(~beyond.any(axis=0), np.inf, np.where(beyond[0], 0.0, level))


@dataclass(frozen=True)
class Today:
    """What the records of the last month show of a disturbance.

    Attributes
    ----------
    level : float
        nan where records do not tell.
    control : float
        What a month hardly exceeds by itself.
    """

    level: float
    control: float


def today(one: Disturbance, tables: Tables) -> Today:
    """Return the level of a disturbance in the last month, 0 or more, and the limit of control by those before."""
    if one.measure is None:
        return Today(np.nan, np.nan)
    months = one.measure(tables)
    if len(months) < 2:
        return Today(np.nan, np.nan)
    return Today(max(float(months.iloc[-1]), 0.0), quality.control(months.iloc[:-1]))


def found(kit: Kit, responses: list[Response], limits: Limits, shift: np.ndarray) -> pd.DataFrame:
    """Return the tolerance of each disturbance.

    Parameters
    ----------
    kit : insights.tolerance.kit.Kit
    responses : list of insights.tolerance.responses.Response
    limits : insights.params.Limits
    shift : numpy.ndarray of shape (measures,)
        What the model reaches with the records of all people minus what it reaches with those of the kit.

    Returns
    -------
    pandas.DataFrame
        ``model, disturbance, title, unit, mode, tolerance`` with ``low, high`` (95 % for what the disturbance
        changes, rows are resampled; infinite where no level that was tried breaks the specification)``, breaks`` (the
        measure that does first)``, largest`` (level that was tried)``, today, margin`` (tolerance minus today)``,
        control`` (limit of control)``, alert`` (the limit of monitoring: the lower bound of the tolerance, without
        one the limit of control)``, verdict``.
    """
    asked = specification(limits)
    rows = []
    for one in responses:
        now = today(one.disturbance, kit.tables)
        for mode, values in one.values.items():
            levels = np.array(one.levels)
            by, draws = {}, []
            for place, measure in enumerate(kit.measures):
                if measure in asked:
                    curve = values[:, [place]] + shift[place]
                    by[measure] = float(crossing(levels, curve, asked[measure], measure in UPPER)[0])
                    moved = curve[0] + one.draws[mode][:, :, place] - one.draws[mode][[0], :, place]
                    draws.append(crossing(levels, moved, asked[measure], measure in UPPER))
            first = min(by, key=by.get)
            low, high = np.quantile(np.min(draws, axis=0), [0.025, 0.975], method="nearest")
            limit = by[first]
            alert = float(low) if np.isfinite(limit) else now.control
            rows.append(
                [kit.name, one.disturbance.name, one.disturbance.title, one.disturbance.unit, mode, limit, float(low),
                 float(high), first if np.isfinite(limit) else "", float(levels[-1]), now.level, limit - now.level,
                 now.control, alert, judge(limit, now.level)]
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def judge(tolerance: float, level: float) -> str:
    """Return how a level of today stands to its tolerance."""
    if tolerance == 0:
        return BROKEN
    if np.isinf(tolerance):
        return NO_LIMIT
    if np.isnan(level):
        return NOT_MEASURED
    if level > tolerance:
        return BEYOND
    return NEAR if level > CLOSE * tolerance else WITHIN
