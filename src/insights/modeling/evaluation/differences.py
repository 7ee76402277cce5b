"""Differences between ROC AUCs on the same rows: by resampling, and by DeLong's test beside it.

DeLong's test takes rows as independent. Here they are not: the months of a family, or the courses of a person,
resemble each other, so that its interval is mostly too narrow and its p-value too small. **Read the paired
bootstrap**, which keeps clusters whole; DeLong's test stands beside it because others report it, and because a
difference between the two shows how much the clusters matter.

Sources: E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
operating characteristic curves", Biometrics 44 (1988); X. Sun and W. Xu, "Fast implementation of DeLong's
algorithm", IEEE Signal Processing Letters 21 (2014); A. Davison and D. Hinkley, "Bootstrap Methods and their
Application" (1997), section 4.4, for the p-value; S. Holm, Scandinavian Journal of Statistics 6 (1979).
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from insights.modeling import metrics

EXACT = 1e-9  # a standard error below this is none


def between(predictions: pd.DataFrame, weights: np.ndarray, chosen: str | None = None) -> pd.DataFrame:
    """Return the differences in ROC AUC between models, tested in two ways and corrected for their number.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions` or
        :func:`insights.modeling.evaluation.agreement.together`, of one kind of rows.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.
    chosen : str, optional
        Compare this model with each other; every pair is compared where None.

    Returns
    -------
    pandas.DataFrame
        ``model, against, difference`` (above 0 where the first is better), ``low, high`` (95 %, paired bootstrap),
        ``p`` (share of resamples on the other side of 0, twice; no smaller than 2 / (repeats + 1)), ``p_holm``
        (corrected for all rows of this table), and the same by DeLong: ``delong_low, delong_high, delong_p,
        delong_p_holm``; ``n``. To correct over several tables, put them below each other and call :func:`holm`.

    Raises
    ------
    ValueError
        If there are no predictions of the chosen model.
    """
    parts = {name: part["score"].to_numpy(dtype=float) for name, part in predictions.groupby("model", sort=False)}
    y = predictions.loc[predictions["model"] == next(iter(parts)), "y"].to_numpy(dtype=int)
    auc = {name: metrics.roc_auc(y, score) for name, score in parts.items()}
    draws = {name: metrics.auc_draws(y, score, weights) for name, score in parts.items()}
    rows = [
        [one, other, auc[one] - auc[other], *_resampled(draws[one] - draws[other]),
         *_delong(y, parts[one], parts[other]), len(y)]
        for one, other in _pairs(list(parts), chosen)
    ]  # fmt: skip
    resampled, tested = ["low", "high", "p"], ["delong_low", "delong_high", "delong_p"]
    table = pd.DataFrame(rows, columns=["model", "against", "difference", *resampled, *tested, "n"])
    table = table.assign(p_holm=holm(table["p"]), delong_p_holm=holm(table["delong_p"]))
    order = ["model", "against", "difference", *resampled, "p_holm", *tested, "delong_p_holm", "n"]
    return table[order]


def of_others(table: pd.DataFrame) -> pd.DataFrame:
    """Return the differences of one model from each other one, a row per other.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`between` with a chosen model.

    Returns
    -------
    pandas.DataFrame
        ``model`` (the other), ``difference, low, high, n``; an interval above 0 means that the chosen one is better.
    """
    return table[["against", "difference", "low", "high", "n"]].rename(columns={"against": "model"})


def delong(y: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return the difference of two correlated ROC AUCs and its standard error by DeLong, rows being independent.

    Parameters
    ----------
    y : numpy.ndarray of shape (rows,)
        Outcomes, 0 or 1.
    first, second : numpy.ndarray of shape (rows,)
        Scores.

    Returns
    -------
    float, float
        The error is missing where there are fewer than two rows of an outcome, both where there is none.
    """
    ones, zeros = int((y == 1).sum()), int((y == 0).sum())
    if min(ones, zeros) < 2:
        return metrics.roc_auc(y, first) - metrics.roc_auc(y, second), float("nan")
    above, below = (np.array(v) for v in zip(*(_placements(y, s) for s in (first, second)), strict=True))
    difference = above[0].mean() - above[1].mean()
    variance = (above[0] - above[1]).var(ddof=1) / ones + (below[0] - below[1]).var(ddof=1) / zeros
    return float(difference), float(np.sqrt(variance))


def holm(p: pd.Series) -> np.ndarray:
    """Return p-values corrected for their number by Holm's method, shape (comparisons,); a missing one stays so.

    In a few lines of our own, for statsmodels collects garbage at each call, which takes longer than all of the rest.
    """
    p = np.asarray(p, dtype=float)
    corrected, known = np.full(len(p), np.nan), ~np.isnan(p)
    order = np.argsort(p[known])
    raised = np.maximum.accumulate(p[known][order] * np.arange(known.sum(), 0, -1))
    corrected[np.flatnonzero(known)[order]] = np.minimum(raised, 1.0)
    return corrected


def _pairs(names, chosen):
    if chosen is None:
        return list(combinations(names, 2))
    if chosen not in names:
        raise ValueError(f"{chosen}: no predictions of it. There are those of {', '.join(names)}.")
    return [(chosen, other) for other in names if other != chosen]


def _resampled(draws):
    low, high = metrics.percentile_interval(draws)
    known = draws[~np.isnan(draws)]
    beyond = min((known <= 0).sum(), (known >= 0).sum())
    p = min(1.0, 2 * (1 + beyond) / (1 + len(known))) if len(known) else np.nan
    return float(low), float(high), p


def _delong(y, first, second):
    """Return the interval and the p-value of a difference."""
    difference, error = delong(y, first, second)
    if not error > EXACT:
        same = error <= EXACT and abs(difference) <= EXACT  # order; else there is no spread to test by
        return (0.0, 0.0, 1.0) if same else (np.nan, np.nan, np.nan)
    reach = norm.ppf(0.975) * error
    return difference - reach, difference + reach, float(2 * norm.sf(abs(difference) / error))


def _placements(y, score):
    """Return of each 1 the share of zeros below it, and of each 0 the share of ones above it; ties count half."""
    positive, negative = score[y == 1], score[y == 0]
    everywhere = rankdata(np.r_[positive, negative])
    ones, zeros = len(positive), len(negative)
    above = (everywhere[:ones] - rankdata(positive)) / zeros
    return above, 1 - (everywhere[ones:] - rankdata(negative)) / ones
