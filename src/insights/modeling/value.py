"""Value: what decisions earn beyond what was asked of the products, beside launching all, none, and hindsight.

A product that is called 1 brings the margin that it earned minus its hurdle, which is the part of its launch cost
that its plan laid upon the horizon; one that is called 0 brings nothing and costs nothing.
"""

import numpy as np
import pandas as pd

from insights.modeling import metrics

COLUMNS = ("margin_earned", "hurdle")
ALL, HINDSIGHT = "launch all", "in hindsight"


def gain(rows: pd.DataFrame) -> pd.Series | None:
    """Return what each row brings if it is called 1, in USD; None where rows do not say."""
    if not {*COLUMNS} <= {*rows.columns} or rows[list(COLUMNS)].isna().all().any():
        return None
    return rows["margin_earned"] - rows["hurdle"]


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
        what hindsight would have earned. Models, then launching all and hindsight; launching none is worth 0.
    """
    first = predictions[predictions["model"] == predictions["model"].iloc[0]]
    earned = gain(first)
    if earned is None:
        return None
    earned = earned.to_numpy()
    decided = {name: part["decision"].to_numpy() for name, part in predictions.groupby("model", sort=False)}
    decided |= {ALL: np.ones(len(earned)), HINDSIGHT: (earned > 0).astype(float)}
    best = (earned * decided[HINDSIGHT]).sum()
    rows = []
    for name, decision in decided.items():
        brought = earned * decision
        low, high = metrics.percentile_interval(weights @ brought)
        rows.append(
            [name, int(decision.sum()), brought.sum(), float(low), float(high), _part(brought.sum(), best)]
        )
    return pd.DataFrame(rows, columns=["model", "called", "value", "low", "high", "of_best"])


def _part(brought, best):
    return float(brought / best) if best > 0 else float("nan")
