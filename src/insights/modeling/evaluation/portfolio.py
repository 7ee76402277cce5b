"""What is earned when only so many products can be launched a quarter, and when launches cost more or less.

A model that says what a product is expected to bring beyond what it asks launches those first that bring most; a
baseline that only ranks launches those first that it ranks highest.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from insights.modeling import value
from insights.modeling.thresholds import Worth

OVER_HURDLE, NOT_PRICED = (
    ("persistence",),
    ("past_launches",),
)  # baselines whose score is a share of the hurdle, or was
COSTS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # times what was asked


def within(predictions: pd.DataFrame, most: int, weights: np.ndarray) -> pd.DataFrame | None:
    """Return what each model earns if it launches at most so many a quarter; None where rows do not say.

    Parameters
    ----------
    predictions : pandas.DataFrame
        ``model, as_of, score, expected`` (USD; missing of a model that does not say it)``, decision, margin_earned,
        hurdle``; for each model the same rows in the same order.
    most : int
        Launches a quarter. Of those called 1 the first are taken: by what is expected, else by score; equals at the
        limit are taken in equal parts, as they would be on average over all orders.
    weights : numpy.ndarray of shape (repeats, rows)
        How often each row counts in each resample; what was taken stays.

    Returns
    -------
    pandas.DataFrame
        ``model, called, value, low, high, of_best``. ``chance`` launches as many of all rows in every quarter, on
        average over all ways to draw them; hindsight those that brought most.
    """
    first = _first(predictions)
    earned = value.gain(first)
    if earned is None:
        return None
    earned, quarter = earned.to_numpy(), first["as_of"].dt.to_period("Q").to_numpy()
    taken = {
        name: _taken(_order(part), part["decision"].to_numpy() == 1, quarter, most)
        for name, part in predictions.groupby("model", sort=False)
    }
    number = pd.Series(quarter).map(pd.Series(quarter).value_counts()).to_numpy()
    taken |= {
        value.CHANCE: np.minimum(most / number, 1.0),
        value.HINDSIGHT: _taken(earned, earned > 0, quarter, most),
    }
    return value.of_shares(taken, earned, weights)


def by_costs(
    predictions: pd.DataFrame, worth: Mapping[str, Worth], weights: np.ndarray, costs: tuple[float, ...] = COSTS
) -> pd.DataFrame | None:
    """Return what decisions earn if every row asked so many times as much; None where rows do not say.

    Parameters
    ----------
    predictions : pandas.DataFrame
        As for :func:`within`.
    worth : mapping of str to insights.modeling.thresholds.Worth
        Of the models that know what a dollar asked brings: they decide anew. Of the baselines persistence asks of
        last month's margin what is asked now; the panel and the survey, who were asked once, decide as before; how
        past launches did at other costs is not known, and left out.
    weights : numpy.ndarray of shape (repeats, rows)
    costs : tuple of float

    Returns
    -------
    pandas.DataFrame
        ``costs, model, called, value, low, high, of_best``; of those models, baselines, launching all, and hindsight.
    """
    first = _first(predictions)
    if value.gain(first) is None:
        return None
    parts = []
    for factor in costs:
        earned = (first["margin_earned"] - factor * first["hurdle"]).to_numpy()
        decided = {
            name: _decided(part, factor, worth.get(name))
            for name, part in predictions.groupby("model", sort=False)
            if name not in NOT_PRICED
        }
        decided |= {value.ALL: np.ones(len(earned)), value.HINDSIGHT: earned > 0}
        parts.append(value.of_shares(decided, earned, weights).assign(costs=factor))
    table = pd.concat(parts, ignore_index=True)
    return table[["costs", *table.columns.drop("costs")]]


def _decided(part, factor, worth):
    if worth is not None:
        return (part["score"] >= worth.threshold(factor)).to_numpy()
    asks = part["model"].iloc[0] in OVER_HURDLE
    return (part["score"] >= factor).to_numpy() if asks else part["decision"].to_numpy()


def _first(predictions):
    return predictions[predictions["model"] == predictions["model"].iloc[0]]


def _order(part):
    return (part["expected"] if part["expected"].notna().all() else part["score"]).to_numpy()


def _taken(order, called, quarter, most):
    """Return the share of each row that is taken, shape (rows,): of equals at the limit all have the same part."""
    ranked = pd.Series(np.where(called, order, -np.inf))
    above = ranked.groupby(quarter).rank(ascending=False, method="min") - 1
    equal = ranked.groupby([quarter, ranked]).transform("size")
    return np.where(called, ((most - above) / equal).clip(0, 1), 0.0)
