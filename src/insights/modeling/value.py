"""Value: what decisions earn beyond what was asked of the products, beside launching all, none, and hindsight.

A product that is called 1 brings the margin that it earned minus its hurdle, which is the part of its launch cost
that its plan laid upon the horizon; one that is called 0 brings nothing and costs nothing.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from insights.modeling import metrics
from insights.modeling.thresholds import Worth
from insights.verdicts import ALL, CHANCE, HINDSIGHT

COLUMNS = ("margin_earned", "hurdle")


def gain(rows: pd.DataFrame) -> pd.Series | None:
    """Return what each row brings if it is called 1, in USD; None where rows do not say."""
    if not {*COLUMNS} <= {*rows.columns} or rows[list(COLUMNS)].isna().all().any():
        return None
    return rows["margin_earned"] - rows["hurdle"]


def expected(worth: Worth | None, score: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Return what calling each row 1 is expected to bring beyond what it asks, in USD, shape (rows,).

    Parameters
    ----------
    worth : insights.modeling.thresholds.Worth or None
        Of the model that scored them.
    score : numpy.ndarray of shape (rows,)
    rows : pandas.DataFrame
        With ``asked``; without it, or without a worth, nothing is expected and all is missing.
    """
    if worth is None or "asked" not in rows:
        return np.full(len(rows), np.nan)
    return worth.expected(score) * rows["asked"].to_numpy(dtype="float64")


def once(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that predictions are of once each: those of the first model."""
    return predictions[predictions["model"] == predictions["model"].iloc[0]]


def of_decisions(predictions: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame | None:
    """Return what the decisions of each model and baseline earned, with intervals; None where rows do not say.

    Parameters
    ----------
    predictions : pandas.DataFrame
        ``model, decision, margin_earned, hurdle``; for each model the same rows in the same order.
    weights : numpy.ndarray of shape (repeats, rows)
        How often each row counts in each resample.

    Returns
    -------
    pandas.DataFrame
        ``model, called`` (rows that are called 1), ``value`` (USD) with ``low, high``, and ``of_best``: the share of
        what hindsight would have earned. Models, then chance (a coin tossed for each row, on average), launching all,
        and hindsight; launching none is worth 0.
    """
    earned = gain(once(predictions))
    if earned is None:
        return None
    earned = earned.to_numpy()
    decided = {name: part["decision"].to_numpy() for name, part in predictions.groupby("model", sort=False)}
    decided |= {CHANCE: np.full(len(earned), 0.5), ALL: np.ones(len(earned)), HINDSIGHT: earned > 0}
    return of_shares(decided, earned, weights)


def of_shares(taken: Mapping[str, np.ndarray], earned: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """Return what is earned by whoever takes a share of each row.

    Parameters
    ----------
    taken : mapping of str to array of shape (rows,)
        0 to 1, by who takes; hindsight among them.
    earned : numpy.ndarray of shape (rows,)
        What each row brings, in USD.
    weights : numpy.ndarray of shape (repeats, rows)

    Returns
    -------
    pandas.DataFrame
        ``model, called, value, low, high, of_best``, as of :func:`of_decisions`.
    """
    best = (earned * taken[HINDSIGHT]).sum()
    rows = []
    for name, share in taken.items():
        brought = earned * share
        low, high = metrics.percentile_interval(weights @ brought)
        of_best = float(brought.sum() / best) if best > 0 else float("nan")
        rows.append([name, float(np.sum(share)), brought.sum(), float(low), float(high), of_best])
    return pd.DataFrame(rows, columns=["model", "called", "value", "low", "high", "of_best"])
