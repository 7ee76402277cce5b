"""Lift: what is found among the rows that a model puts first, and how well it does within groups of rows.

Rows of equal score come in no order: where a cut goes through them, each counts in part, as it would on average over
all orders. Intervals are percentile intervals over the given resamples, in each of which the same share is called.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from insights.modeling import metrics
from insights.verdicts import TOO_FEW

DECILES = tuple(tenth / 10 for tenth in range(1, 11))
FEWEST = 30  # rows of a group, below which nothing is said of it
TOLD = ("roc_auc", "precision", "recall")
NOT_KNOWN = "not known"


def table(predictions: pd.DataFrame, weights: np.ndarray, cuts: Sequence[int | float] = DECILES) -> pd.DataFrame:
    """Return what calling only the rows with the highest scores would find.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, of one kind of rows.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.
    cuts : sequence of int or float
        How many rows are called: an int is a number of rows, a float a share of all. Deciles unless said. A number
        above that of all rows calls all.

    Returns
    -------
    pandas.DataFrame
        ``model, share, called`` (rows), ``positives`` (ones among them), ``precision`` (their share), ``recall``
        (share of all ones that are among them), ``f1`` (the harmonic mean of both), ``lift`` (precision over the
        share of ones in all rows) with ``low, high`` (95 %), ``n``. A lift of 1 is what calling rows at random finds.

    Raises
    ------
    ValueError
        If a cut is not above 0, or a share is above 1.
    """
    tables = []
    for name, part in predictions.groupby("model", sort=False):
        y = part["y"].to_numpy(dtype=float)
        found = _gains(y, part["score"].to_numpy(dtype=float), weights, _shares(cuts, len(y)))
        tables.append(found.assign(model=name, n=len(y)))
    columns = ["model", "share", "called", "positives", "precision", "recall", "f1", "lift", "low", "high", "n"]
    return pd.concat(tables, ignore_index=True)[columns]


def by_group(predictions: pd.DataFrame, column: str, weights: np.ndarray, fewest: int = FEWEST) -> pd.DataFrame:
    """Return ROC AUC, precision and recall of every model within each group of a column.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, of one kind of rows, with the column: that of
        :func:`with_month`, or one that was joined to it, such as the topic, in the same order of rows.
    column : str
        Rows without a value are a group of their own, ``not known``.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.
    fewest : int
        Rows below which nothing is said of a group.

    Returns
    -------
    pandas.DataFrame
        ``column, group, model, metric, value, low, high, n, positives, verdict``, groups in order. A group with one
        outcome or too few rows has one row a model, without metric and value, and the verdict ``too few to say``;
        else the verdict is empty. Groups are not compared: that one interval holds 0.5 and another does not is no
        sign that they differ.
    """
    tables = []
    for name, part in predictions.groupby("model", sort=False):
        groups = part[column].astype("object").where(part[column].notna(), NOT_KNOWN).astype("str").to_numpy()
        for group in np.unique(groups):
            inside = groups == group
            told = _told(part[inside], weights[:, inside], fewest)
            tables.append(told.assign(column=column, group=group, model=name))
    found = pd.concat(tables, ignore_index=True)
    found = found.sort_values("group", kind="stable", ignore_index=True)
    columns = ["column", "group", "model", "metric", "value", "low", "high", "n", "positives", "verdict"]
    return found[columns]


def with_month(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions with ``month``, such as 2025-10: that in which a row was decided."""
    return predictions.assign(month=predictions["as_of"].dt.strftime("%Y-%m"))


def _shares(cuts, n):
    shares = np.array([cut / n if isinstance(cut, (int, np.integer)) else cut for cut in cuts], dtype=float)
    odd = [cut for cut in cuts if cut <= 0 or (cut > 1 and not isinstance(cut, (int, np.integer)))]
    if odd:
        raise ValueError(f"cuts {odd}: give a number of rows from 1 on, or a share above 0 and up to 1.")
    return np.minimum(shares, 1)


def _gains(y, score, weights, shares):
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    one = _found(y[order], np.ones(len(y)), starts, shares)
    draws = [_lift(y[order], w[order], starts, shares) for w in weights]
    low, high = metrics.percentile_interval(np.array(draws))
    called = shares * len(y)
    return pd.DataFrame(
        {
            "share": shares, "called": called, "positives": one, "precision": one / called,
            "recall": _over(one, y.sum()), "f1": 2 * one / (called + y.sum()),
            "lift": _lift(y[order], np.ones(len(y)), starts, shares), "low": low, "high": high,
        }
    )  # fmt: skip


def _found(y, weights, starts, shares):
    """Return the ones among the first shares of rows, which are in the order of their scores."""
    weights = np.asarray(weights, dtype=float)
    seen, ones = (np.r_[0, np.add.reduceat(v, starts).cumsum()] for v in (weights, weights * y))
    return np.interp(shares * seen[-1], seen, ones)


def _lift(y, weights, starts, shares):
    return _over(_found(y, weights, starts, shares) / shares, (weights * y).sum())


def _over(values, whole):
    return values / whole if whole > 0 else np.full(len(values), np.nan)


def _told(part, weights, fewest):
    y = part["y"].to_numpy(dtype=int)
    counted = {"n": len(y), "positives": int(y.sum())}
    if len(y) < fewest or len(np.unique(y)) < 2:
        nothing = dict.fromkeys(["value", "low", "high"], np.nan)
        row = pd.DataFrame([{"metric": None, **nothing, **counted, "verdict": TOO_FEW}])
        return row.astype({"metric": "str"})
    found = metrics.intervals(y, part["score"].to_numpy(), part["decision"].to_numpy(), weights)
    found = found[found["metric"].isin(TOLD)]
    return found.assign(**counted, verdict="")
