"""Curves: what every threshold reaches, as ROC and as precision and recall, with a band over the same resamples.

Bands are pointwise: each point lies within its own in 95 of 100 resamples, the whole curve in fewer. They say how far
one curve moves with other products or people, and not whether two curves differ.

Sources: T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006), whose vertical averages
are at given shares of zeros; T. Saito and M. Rehmsmeier, PLoS ONE 10 (2015), why precision stands beside where ones
are rare; D. McClish, Medical Decision Making 9 (1989), for a part of the area.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from insights.modeling import metrics

POINTS = 100


def roc(predictions: pd.DataFrame, weights: np.ndarray, banded: str, points: int = POINTS) -> pd.DataFrame:
    """Return the ROC curve of each model at no more than so many points, with a band around one.

    Parameters
    ----------
    predictions : pandas.DataFrame
        ``model, y, score``, of one kind of rows with both outcomes.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.
    banded : str
        The model that gets the band.
    points : int

    Returns
    -------
    pandas.DataFrame
        ``model, false_positive_rate, true_positive_rate, low, high``; bounds are missing for other models. Where a
        curve rises straight up, the band is that of its upper end.
    """
    return _curves(predictions, weights, banded, points, _ROC)


def precision_recall(
    predictions: pd.DataFrame, weights: np.ndarray, banded: str, points: int = POINTS
) -> pd.DataFrame:
    """Return precision against recall of each model at no more than so many points, with a band around one.

    Parameters
    ----------
    predictions, weights, banded, points
        As of :func:`roc`.

    Returns
    -------
    pandas.DataFrame
        ``model, recall, precision, low, high``, a point for a score at which more is found; the share of ones in all
        rows is what calling at random reaches.
    """
    return _curves(predictions, weights, banded, points, _PRECISION_RECALL)


def early(predictions: pd.DataFrame, weights: np.ndarray, most: int) -> pd.DataFrame:
    """Return the ROC AUC of each model counted only as far as so many wrong calls, which few calls cannot pass.

    Parameters
    ----------
    predictions : pandas.DataFrame
        ``model, y, score``, of one kind of rows with both outcomes.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.
    most : int
        Rows that can be called at all; the area is taken up to the share of zeros that so many are.

    Returns
    -------
    pandas.DataFrame
        ``model, share`` (of zeros), ``value, low, high`` (95 %), ``n``. The area is scaled so that 0.5 is guessing
        and 1 a perfect order (McClish 1989).
    """
    tables = []
    for model, part in predictions.groupby("model", sort=False):
        y = part["y"].to_numpy()
        share = min(1.0, most / np.count_nonzero(y == 0))
        ordered = metrics.Ordered(y, part["score"].to_numpy())
        value = _area(_rates(ordered, np.ones(len(y))), share)
        low, high = metrics.percentile_interval(np.array([_area(_rates(ordered, w), share) for w in weights]))
        tables.append([model, share, value, float(low), float(high), len(y)])
    return pd.DataFrame(tables, columns=["model", "share", "value", "low", "high", "n"])


def _area(curve, share):
    """Return the area under a ROC curve up to a share of zeros, scaled; missing where there is one outcome only."""
    places, heights = curve
    if not np.isfinite([places, heights]).all():
        return np.nan
    inside = places <= share
    x = np.r_[places[inside], share]
    area = np.trapezoid(np.r_[heights[inside], np.interp(share, places, heights)], x)
    guessing = share**2 / 2
    return (1 + (area - guessing) / (share - guessing)) / 2


class _Kind(NamedTuple):
    """A curve: its columns, its points for weights of rows, and its height at a place between two of them."""

    columns: tuple[str, str]
    points: Callable
    height: Callable


def _curves(predictions: pd.DataFrame, weights: np.ndarray, banded: str, points: int, kind: _Kind) -> pd.DataFrame:
    tables = []
    for model, part in predictions.groupby("model", sort=False):
        ordered = metrics.Ordered(part["y"].to_numpy(), part["score"].to_numpy())
        x, y = kind.points(ordered, np.ones(len(part)))
        kept = np.unique(np.linspace(0, len(x) - 1, min(points, len(x))).round().astype(int))
        low = high = np.full(len(kept), np.nan)
        if model == banded:
            drawn = [kind.points(ordered, w) for w in weights]
            low, high = metrics.percentile_interval(np.array([_heights(kind, x[kept], *curve) for curve in drawn]))
        table = dict(zip(kind.columns, (x[kept], y[kept]), strict=True))
        tables.append(pd.DataFrame({"model": model, **table, "low": low, "high": high}))
    return pd.concat(tables, ignore_index=True)


def _heights(kind, at, x, y):
    """Return the heights of a curve at given places; missing where a resample holds one outcome only."""
    if len(x) == 0 or not np.isfinite(x).all():
        return np.full(len(at), np.nan)
    return kind.height(at, x, y)


def _rates(ordered, weights):
    """Return the shares of zeros and of ones from each score up."""
    ones, zeros = ordered.swept(weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.r_[0, zeros / zeros[-1]], np.r_[0, ones / ones[-1]]


def _found(ordered, weights):
    """Return recall and precision from each score up at which more is found."""
    ones, zeros = ordered.swept(weights)
    more = np.flatnonzero(np.diff(ones, prepend=0) > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ones[more] / ones[-1], ones[more] / (ones + zeros)[more]


def _reached(at, x, y):
    """Return the heights where at least so much is found: between two scores only the lower one finds it."""
    return y[np.searchsorted(x, at - 1e-12).clip(max=len(y) - 1)]


_ROC = _Kind(("false_positive_rate", "true_positive_rate"), _rates, np.interp)  # between two scores lots are drawn
_PRECISION_RECALL = _Kind(("recall", "precision"), _found, _reached)
