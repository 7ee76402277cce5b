"""Estimates: the difference between an arm and the control, as it is and after what could be foretold was taken off.

A covariate that was measured before the assignment knows nothing of the arm. What it foretells of the outcome is
taken off (CUPED), so that the same difference is seen among less noise: the variance falls by the square of the
correlation. Several covariates are put together first, by a regression within the arms.

Sources: A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the Sensitivity of Online Controlled Experiments by
Utilizing Pre-Experiment Data", WSDM 2013; A. Deng, U. Knoblich, J. Lu, "Applying the Delta Method in Metric
Analytics", KDD 2018. Means and ratios are compared by tea-tasting, by Welch's test; rates without covariates by
statsmodels, with the interval of Agresti and Caffo, American Statistician 54 (2000).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics import RatioOfMeans

from insights.experiments.frames import RATE, Metric

CLEARLY = 3.0  # standard errors above 0 from which on a value is something to take shares of
VALUE, PER, BEFORE, BEFORE_PER = COLUMNS = ("value", "per", "before", "before_per")


@dataclass(frozen=True)
class Difference:
    """An arm minus the control.

    Attributes
    ----------
    difference, low, high : float
    relative, relative_low, relative_high : float
        As a share of the control; nan where that, or the arm, is not clearly above 0.
    p : float
        Of no difference.
    error : float
        Standard error of the difference.
    """

    difference: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p: float
    error: float


def prepared(
    frame: pd.DataFrame, arm: str, metric: Metric, covariates: Sequence[str], cluster: str | None
) -> pd.DataFrame:
    """Return a row per assigned unit with what a comparison of one metric reads.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`insights.experiments.frames.checked`.
    arm : str
    metric : insights.experiments.frames.Metric
    covariates : sequence of str
    cluster : str or None
        What was assigned as a whole; its rows are added up.

    Returns
    -------
    pandas.DataFrame
        ``arm, value``; ``per`` of ratios and of clusters; with covariates ``before``, of clusters ``before_per``.
    """
    rows = pd.DataFrame({"arm": frame[arm], VALUE: frame[metric.numerator]})
    if metric.denominator is not None:
        rows[PER] = frame[metric.denominator]
    elif cluster:
        rows[PER] = 1.0
    if covariates:
        foretold = _foretold(rows, frame[[*covariates]].to_numpy())
        if np.ptp(foretold) > 0:
            rows[BEFORE] = foretold
    if not cluster:
        return rows
    rows = rows.assign(**({BEFORE_PER: 1.0} if BEFORE in rows else {}), cluster=frame[cluster])
    sums = [name for name in COLUMNS if name in rows]
    return rows.groupby(["cluster", "arm"], sort=True, observed=True)[sums].sum().reset_index()


def compared(rows: pd.DataFrame, metric: Metric, arm: object, control: object, level: float) -> Difference:
    """Return an arm minus the control.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`prepared`.
    metric : insights.experiments.frames.Metric
    arm, control
    level : float
        How often the interval may leave out the truth, such as 0.05.
    """
    here = rows[rows["arm"].isin([arm, control])]
    if metric.kind == RATE and not {PER, BEFORE} & {*rows}:
        return _of_rates(here, arm, control, level)
    return _of_means(here, arm, control, level)


def parts(rows: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Return the value of a metric among all units, and each unit's part in it.

    The mean of the parts is the value, and their spread is what its error rests on (delta method).
    """
    value = rows[VALUE].to_numpy()
    if PER not in rows:
        return float(value.mean()), value
    per = rows[PER].to_numpy()
    reached = value.sum() / per.sum()
    return float(reached), reached + (value - reached * per) / per.mean()


def _of_means(rows, arm, control, level):
    names = [name for name in COLUMNS if name in rows]
    if names == [VALUE] and np.ptp(rows[VALUE]) == 0:
        return _nothing(rows[VALUE].iloc[0])
    above = all(_is_above_zero(rows[rows["arm"] == one]) for one in (arm, control))
    if (
        not above
    ):  # then no share of the control can be told, on which tea-tasting fails; shifted the difference stays
        reach = rows[VALUE].abs().max() + 1.0
        rows = rows.assign(**{VALUE: rows[VALUE] + reach * rows.get(PER, 1.0)})
    columns = [name if name in names else None for name in COLUMNS]
    metric = RatioOfMeans(*columns, confidence_level=1 - level, equal_var=False, use_t=True)
    found = metric.analyze_aggregates(_summary(rows, control, names), _summary(rows, arm, names))
    relative = [found.rel_effect_size, found.rel_effect_size_ci_lower, found.rel_effect_size_ci_upper]
    error = (found.effect_size_ci_upper - found.effect_size_ci_lower) / 2 / norm.ppf(1 - level / 2)
    return Difference(
        found.effect_size, found.effect_size_ci_lower, found.effect_size_ci_upper,
        *(relative if above else [np.nan] * 3), found.pvalue, error,
    )  # fmt: skip


def _is_above_zero(rows):
    """Return whether a value lies so far above 0 that shares of it can be stated."""
    value, part = parts(rows)
    return value > CLEARLY * part.std(ddof=1) / np.sqrt(len(part))


def _summary(rows, arm, names):
    """Return count, means, variances and covariances of an arm, as tea-tasting takes them."""
    numbers = rows.loc[rows["arm"] == arm, names].to_numpy(dtype="float64")
    means, spread = numbers.mean(axis=0), np.atleast_2d(np.cov(numbers, rowvar=False))
    pairs = combinations(range(len(names)), 2)
    return Aggregates(
        len(numbers),
        dict(zip(names, means.tolist(), strict=True)),
        dict(zip(names, np.diag(spread).tolist(), strict=True)),
        {(names[i], names[j]): float(spread[i, j]) for i, j in pairs},
    )


def _nothing(value):
    """Return the difference between two arms in which every unit has the same value: none, for certain."""
    relative = [0.0] * 3 if value > 0 else [np.nan] * 3
    return Difference(0.0, 0.0, 0.0, *relative, 1.0, 0.0)


def _of_rates(rows, arm, control, level):
    counts = rows.groupby(rows["arm"] == arm)[VALUE].agg(["sum", "count"])
    asked = (*counts.loc[True], *counts.loc[False])
    low, high = confint_proportions_2indep(*asked, method="agresti-caffo", compare="diff", alpha=level)
    with np.errstate(divide="ignore", invalid="ignore"):  # of its ratios, which are not used
        tested = test_proportions_2indep(*asked, method="agresti-caffo", compare="diff")
    share = counts["sum"] / counts["count"]
    difference = float(share[True] - share[False])
    relative = [np.nan, np.nan, np.nan]
    if share.min() > 0:
        ends = confint_proportions_2indep(*asked, method="log-adjusted", compare="ratio", alpha=level)
        relative = [share[True] / share[False] - 1, *(end - 1 for end in ends)]
    error = float(np.sqrt((share * (1 - share) / (counts["count"] - 1)).sum()))
    return Difference(difference, float(low), float(high), *map(float, relative), float(tested.pvalue), error)


def _foretold(rows, covariates):
    """Return what covariates foretell of each unit's outcome, by a regression on both within the arms."""
    _, value = parts(rows)
    within = pd.DataFrame(np.column_stack([value, covariates])).groupby(rows["arm"].to_numpy())
    centred = np.column_stack([value, covariates]) - within.transform("mean").to_numpy()
    weights = np.linalg.lstsq(centred[:, 1:], centred[:, 0], rcond=None)[0]
    return covariates @ weights
