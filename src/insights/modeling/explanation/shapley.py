"""Shapley values: how far each signal moves what a model says of a row, away from what it says of a background.

The players are groups of features, the value of a coalition is the mean log odds of rows that have the coalition's
features from the row and the others from the background (Štrumbelj and Kononenko 2014; Lundberg and Lee 2017). They
are estimated along permutations, each walked in both directions (Mitchell, Cooper, Frank and Holmes 2022), the same
number of them for each background row; so the values of a row add up to its log odds minus the background's mean, and
those of a model that is linear in log odds are exact. The shap library is not used, for it would bring a compiler
(numba, llvmlite) of over 100 MB for this one function.
"""

from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from insights import timeline
from insights.modeling import metrics, probabilities, recommendation
from insights.modeling.dataset import Dataset
from insights.modeling.explanation import signals
from insights.modeling.learned import Learned
from insights.params import Params
from insights.rows import LAUNCH

BACKGROUND = 50
HELD_AGAINST = 20  # background rows where a model is fitted many times
FEWEST_LAUNCHES = 20  # fewer are no background
AT_ONCE = 50_000  # rows that a model is asked about at a time
LEVEL = 0.8

Groups = dict[str, list[str]]


@dataclass(frozen=True)
class Agreement:
    """How alike refits of a model order the signals.

    Attributes
    ----------
    value : float
        Mean rank correlation over pairs of refits, -1 to 1 (the same order); nan where there is nothing to order.
    low, high : float
        Bounds that hold 80 % of the pairs; pairs share refits, so this is a range and no confidence interval.
    refits : int
    """

    value: float
    low: float
    high: float
    refits: int


def background(dataset: Dataset, most: int = BACKGROUND) -> pd.DataFrame:
    """Return the rows that values are taken against: training rows, drawn evenly over time.

    Launches where there are enough to train on, because against products on sale the first thing to say of every
    candidate would be that it has not sold; else all.
    """
    train = dataset.train
    launches = train[train["kind"] == LAUNCH].reset_index(drop=True)
    return timeline.evenly(launches if len(launches) >= FEWEST_LAUNCHES else train, most)


def log_odds(model: Learned, rows: pd.DataFrame) -> np.ndarray:
    """Return the log odds that a model gives to rows, shape (rows,), bounded as in the recommendation."""
    return log_odds_at(model, rows[model.features].to_numpy(dtype="float64"))


def log_odds_at(model: Learned, values: np.ndarray) -> np.ndarray:
    """Return the log odds of feature values, in the order of the model along the last axis; the shape without it."""
    return probabilities.log_odds(scores_at(model, values))


def scores_at(model: Learned, values: np.ndarray) -> np.ndarray:
    """Return the probability of 1 of feature values, shaped as by :func:`log_odds_at`."""
    flat = values.reshape(-1, values.shape[-1])
    parts = (flat[start : start + AT_ONCE] for start in range(0, len(flat), AT_ONCE))
    # The sums of linear algebra would differ in their last digit with the number of threads.
    with threadpool_limits(1):
        scores = [model.score(pd.DataFrame(part, columns=model.features)) for part in parts]
    return np.concatenate([np.empty(0), *scores]).reshape(values.shape[:-1])


def values(
    model: Learned, rows: pd.DataFrame, background: pd.DataFrame, groups: Groups, params: Params, pairs: int = 1
) -> pd.DataFrame:
    """Return the Shapley value of each group of features for each row, in log odds.

    Parameters
    ----------
    model : Learned
        Fitted.
    rows : pandas.DataFrame
        To be explained.
    background : pandas.DataFrame
        From :func:`background`.
    groups : dict of str to list of str
        From :func:`insights.modeling.explanation.signals.groups`; must hold every feature that the model reads.
    params : Params
    pairs : int
        Permutations for each background row, each walked in both directions.

    Returns
    -------
    pandas.DataFrame
        A row per row, a column per group. A row adds up to its log odds minus the mean of the background's; a group
        that the model does not read has 0.

    Raises
    ------
    ValueError
        If a feature of the model belongs to no group, or there is no background.
    """
    member, read = _membership(model, groups)
    if background.empty:
        raise ValueError("no background rows: Shapley values need training rows to hold a row against.")
    order = _orders(len(read), len(background), pairs, np.random.default_rng([params.modeling.seed, 13]))
    walked = _Walk(model, background[model.features].to_numpy(dtype="float64"), order, member)
    asked = rows[model.features].to_numpy(dtype="float64")
    return pd.DataFrame(walked.all(asked), columns=read, index=rows.index).reindex(
        columns=list(groups), fill_value=0.0
    )


def global_importance(
    model: Learned, rows: pd.DataFrame, background: pd.DataFrame, groups: Groups, params: Params, most: int = 100
) -> pd.DataFrame:
    """Return the mean absolute Shapley value of each group over rows, the largest first.

    Parameters
    ----------
    model, background, groups, params
        As in :func:`values`.
    rows : pandas.DataFrame
        In the order of time; at most ``most`` of them are drawn, evenly.

    Returns
    -------
    pandas.DataFrame
        ``signal, title, features`` (that the model reads), ``importance`` (log odds) and ``share`` of all.
    """
    moved = values(model, timeline.evenly(rows, most), background, groups, params).abs().mean()
    table = pd.DataFrame(
        {
            "signal": list(groups),
            "title": [signals.title(name) for name in groups],
            "features": [len(set(members) & set(model.features)) for members in groups.values()],
            "importance": moved.to_numpy(),
            "share": (moved / moved.sum()).fillna(0.0).to_numpy(),
        }
    )
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def agreement(
    dataset: Dataset, model: Learned, rows: pd.DataFrame, background: pd.DataFrame, groups: Groups, params: Params,
    refits: int = 10, most: int = 40,
) -> Agreement:  # fmt: skip
    """Return how alike refits on resampled families order the groups by global importance.

    Parameters
    ----------
    dataset : Dataset
        Whose training rows are resampled, as for the recommendation's intervals.
    model : Learned
        The chosen one.
    rows, background, groups, params
        As in :func:`global_importance`; the same for all refits, the background thinned out.
    refits : int
        At most so many.
    most : int
        Rows that importance is measured on.
    """
    read = {name: members for name, members in groups.items() if set(members) & set(model.features)}
    asked = timeline.evenly(rows, most)
    held = timeline.evenly(background, HELD_AGAINST)
    ranks = [
        rankdata(values(refit, asked, held, read, params).abs().mean())
        for refit in islice(recommendation.refitted(dataset, model, params), refits)
    ]
    return _agreed(ranks)


def _agreed(ranks):
    pairs = [_correlation(a, b) for a, b in combinations(ranks, 2)]
    known = np.array([pair for pair in pairs if not np.isnan(pair)])
    if len(known) == 0:
        return Agreement(float("nan"), float("nan"), float("nan"), len(ranks))
    low, high = metrics.percentile_interval(known, LEVEL)
    return Agreement(float(known.mean()), float(low), float(high), len(ranks))


def _correlation(a, b):
    """Return Spearman's correlation of two rankings; nan where one of them orders nothing."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _membership(model, groups):
    """Return the place of each feature's group among those that the model reads, and their names."""
    owner = {feature: name for name, members in groups.items() for feature in members}
    if lost := [name for name in model.features if name not in owner]:
        raise ValueError(f"{', '.join(lost)}: read by the model, in no group. Add each to a group.")
    read = [name for name in groups if name in {owner[feature] for feature in model.features}]
    return np.array([read.index(owner[feature]) for feature in model.features], dtype=int), read


def _orders(players, rows, pairs, rng):
    """Return the place of each player in each walk, shape (2 * pairs, rows, players): there and back."""
    forth = rng.permuted(np.tile(np.arange(players), (pairs, rows, 1)), axis=-1)
    return np.concatenate([forth, players - 1 - forth])


@dataclass(frozen=True)
class _Walk:
    """Ways from background rows to a row, a group at a time."""

    model: Learned
    background: np.ndarray
    order: np.ndarray
    member: np.ndarray

    def all(self, rows):
        """Return the values of rows, shape (rows, players), as many rows at once as a model is asked about."""
        at_once = max(1, AT_ONCE // (self.order.size + self.order[..., 0].size))
        parts = [self.values(rows[start : start + at_once]) for start in range(0, len(rows), at_once)]
        return np.concatenate([np.empty((0, self.order.shape[-1])), *parts])

    def values(self, rows):
        """Return the values of some rows: what each player gains at its step, on average over walks."""
        steps = np.arange(self.order.shape[-1] + 1)
        arrived = self.order[..., None, self.member] < steps[:, None]
        mixed = np.where(arrived, rows[:, None, None, None, :], self.background[:, None, :])
        gained = np.diff(log_odds_at(self.model, mixed), axis=-1)
        return np.take_along_axis(gained, self.order[None], axis=-1).mean(axis=(1, 2))
