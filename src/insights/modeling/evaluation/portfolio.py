"""What is earned when only so many products can be launched a quarter, and when launches cost more or less.

A model that says what a product is expected to bring beyond what it asks launches those first that bring most; a
baseline that only ranks launches those first that it ranks highest.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from insights.modeling import value

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
    first = value.once(predictions)
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
    predictions: pd.DataFrame,
    threshold_at: Mapping[str, Callable[[float], float | None]],
    weights: np.ndarray,
    costs: tuple[float, ...] = COSTS,
) -> pd.DataFrame | None:
    """Return what decisions earn if every row asked so many times as much; None where rows do not say.

    Parameters
    ----------
    predictions : pandas.DataFrame
        As for :func:`within`.
    threshold_at : mapping of str to callable
        From where on each decides 1 if all asked so many times as much, such as
        :meth:`insights.modeling.learned.Learned.threshold_at`; who cannot say is left out, and who is not named
        decides as before.
    weights : numpy.ndarray of shape (repeats, rows)
    costs : tuple of float

    Returns
    -------
    pandas.DataFrame
        ``costs, model, called, value, low, high, of_best``; of those models, baselines, launching all, and hindsight.
    """
    first = value.once(predictions)
    if value.gain(first) is None:
        return None
    parts, by_model = [], list(predictions.groupby("model", sort=False))
    for factor in costs:
        earned = (first["margin_earned"] - factor * first["hurdle"]).to_numpy()
        decided = {name: _decided(part, factor, threshold_at.get(name)) for name, part in by_model}
        decided = {name: called for name, called in decided.items() if called is not None}
        decided |= {value.ALL: np.ones(len(earned)), value.HINDSIGHT: earned > 0}
        parts.append(value.of_shares(decided, earned, weights).assign(costs=factor))
    table = pd.concat(parts, ignore_index=True)
    return table[["costs", *table.columns.drop("costs")]]


def _decided(part, costs, threshold_at):
    """Return which rows are called 1 at other costs; None where nobody can say."""
    if threshold_at is None:
        return part["decision"].to_numpy()
    threshold = threshold_at(costs)
    return None if threshold is None else (part["score"] >= threshold).to_numpy()


def _order(part):
    return (part["expected"] if part["expected"].notna().all() else part["score"]).to_numpy()


def _taken(order, called, quarter, most):
    """Return the share of each row that is taken, shape (rows,): of equals at the limit all have the same part."""
    ranked = pd.Series(np.where(called, order, -np.inf))
    above = ranked.groupby(quarter).rank(ascending=False, method="min") - 1
    equal = ranked.groupby([quarter, ranked]).transform("size")
    return np.where(called, ((most - above) / equal).clip(0, 1), 0.0)
