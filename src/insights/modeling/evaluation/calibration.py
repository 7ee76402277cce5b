"""Calibration: whether what is said to come true in seven of ten cases does so in seven of ten cases.

Only scores that are meant as probabilities can be held to that: :func:`probabilities` picks them, everything else
refuses others. Bins hold equally many rows, but rows of equal score stay together: their order does not matter.

Sources: D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45 (1958), for slope and
intercept; A. H. Murphy, "A new vector partition of the probability score", Journal of Applied Meteorology 12 (1973),
for the parts of the Brier score; J. Bröcker and L. A. Smith, "Increasing the reliability of reliability diagrams",
Weather and Forecasting 22 (2007), for outcomes simulated from the probabilities themselves.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import rankdata
from statsmodels.stats.proportion import proportion_confint

from insights.modeling import metrics
from insights.modeling.probabilities import log_odds
from insights.params import Params

BINS = 10
FEWEST = 10  # rows in a bin; fewer bins are made of few rows
TURNS, EXACT = 50, 1e-9


def probabilities(predictions: pd.DataFrame, models: Collection[str] | None = None) -> pd.DataFrame:
    """Return the predictions of those models whose scores may be read as probabilities.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`.
    models : collection of str, optional
        Their names; where None, every model whose scores all lie within 0 and 1. A share of people who answered
        something lies there too and need not be meant as a probability: name the models to leave it out.

    Raises
    ------
    ValueError
        If a named model is not there, or scores outside 0 to 1.
    """
    if models is None:
        within = predictions["score"].between(0, 1).groupby(predictions["model"]).transform("all")
        return predictions[within].reset_index(drop=True)
    if missing := {*models} - {*predictions["model"]}:
        raise ValueError(f"{', '.join(sorted(missing))}: no predictions of such a model. Name one that is there.")
    chosen = predictions[predictions["model"].isin([*models])].reset_index(drop=True)
    _require(chosen)
    return chosen


def reliability(predictions: pd.DataFrame, clusters: str, bins: int = BINS, fewest: int = FEWEST) -> pd.DataFrame:
    """Return what was said and what came true, in bins of equally many rows, lowest scores first.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :func:`probabilities`, of one kind of rows.
    clusters : str
        Column whose groups resemble each other (``family``, ``learner_id``).
    bins : int
        Most bins.
    fewest : int
        Rows that a bin should hold; of few rows fewer bins are made.

    Returns
    -------
    pandas.DataFrame
        ``model, bin`` (from 1), ``predicted`` (mean), ``observed`` (share of ones) with ``low, high`` (95 %, Wilson
        1927), ``n`` and ``clusters`` in the bin. The interval counts clusters, not rows: rows of one cluster weigh
        together as one, as if they always came out alike. That errs on the wide side.

    Raises
    ------
    ValueError
        If a score is no probability.
    """
    _require(predictions)
    tables = []
    for name, part in predictions.groupby("model", sort=False):
        codes = _bins(part["score"].to_numpy(), bins, fewest)
        grouped = part.groupby(codes)
        table = grouped.agg(
            predicted=("score", "mean"), observed=("y", "mean"), n=("y", "size"), clusters=(clusters, "nunique")
        )  # fmt: skip
        low, high = proportion_confint(table["observed"] * table["clusters"], table["clusters"], method="wilson")
        tables.append(table.assign(model=name, bin=np.arange(1, len(table) + 1), low=low, high=high))
    columns = ["model", "bin", "predicted", "observed", "low", "high", "n", "clusters"]
    return pd.concat(tables, ignore_index=True)[columns]


def expected_error(predictions: pd.DataFrame, params: Params, bins: int = BINS, fewest: int = FEWEST) -> pd.DataFrame:
    """Return the expected calibration error, and what it is when the probabilities are right.

    It is the mean distance between predicted and observed over bins, each weighing as many as its rows. Of few rows
    it is far from 0 even where every probability is right, so it is read beside outcomes that are drawn from the
    probabilities themselves, ``modeling.chance_repeats`` times.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :func:`probabilities`, of one kind of rows.
    params : Params
    bins, fewest : int
        As in :func:`reliability`.

    Returns
    -------
    pandas.DataFrame
        ``model, error, error_if_right`` (mean over simulated outcomes), ``error_if_right_95`` (95 of 100 lie below),
        ``p`` (share of simulations, this one counted among them, that reach the error), ``bins, n``.

    Raises
    ------
    ValueError
        If a score is no probability.

    Notes
    -----
    Outcomes are drawn independently of each other. Where those of a family go together the error of right
    probabilities is larger than said, and ``p`` is too small.
    """
    rows = []
    for name, y, score in _each(predictions):
        codes = _bins(score, bins, fewest)
        own, right = _distance(y - score, codes), _if_right(score, codes, params)
        p = (1 + (right >= own).sum()) / (1 + len(right))
        rows.append([name, own, right.mean(), np.quantile(right, 0.95), p, codes.max() + 1, len(y)])
    return pd.DataFrame(rows, columns=["model", "error", "error_if_right", "error_if_right_95", "p", "bins", "n"])


def cox(predictions: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """Return slope and intercept of a logistic regression of the outcome on the log odds of the score (Cox 1958).

    The slope is 1 where probabilities are calibrated, below 1 where they are too sure, above 1 where too timid; the
    intercept is 0. A score of exactly 0 or 1 is moved, for its log odds are infinite; where many rows
    have such a score, as where a panel is of one mind, the slope hangs on how far they are moved.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :func:`probabilities`, of one kind of rows.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.

    Returns
    -------
    pandas.DataFrame
        ``model, metric`` (slope, intercept), ``value, low, high`` (95 %), ``n``, and ``undefined``: resamples that
        hold one outcome only, or outcomes that the score separates entirely. The interval leaves them out, so that
        it is too narrow where they are many. All of it is missing for a score that never varies.

    Raises
    ------
    ValueError
        If a score is no probability.
    """
    tables = []
    for name, y, score in _each(predictions):
        said = log_odds(score)
        point = _logistic(said, y, np.ones(len(y)), np.zeros(2))
        draws = np.array([_logistic(said, y, w, np.nan_to_num(point)) for w in weights])
        tables.append(_measured(name, {"intercept": 0, "slope": 1}, point, draws, len(y)))
    return pd.concat(tables, ignore_index=True)


def brier(predictions: pd.DataFrame, weights: np.ndarray, bins: int = BINS, fewest: int = FEWEST) -> pd.DataFrame:
    """Return the Brier score, its skill, and the parts that it consists of (Murphy 1973).

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :func:`probabilities`, of one kind of rows.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.
    bins, fewest : int
        As in :func:`reliability`.

    Returns
    -------
    pandas.DataFrame
        ``model, metric, value, low, high, n, undefined``. Metrics: ``brier`` (mean squared distance, 0 is best),
        ``skill`` (1 less the Brier score over that of saying the share of ones of every row), ``mean_error`` (mean
        score less share of ones), each with a 95 % interval; and the parts without one, for resampling enlarges them:
        ``reliability`` (squared distance of what was said and what came, by bin; 0 is best), ``resolution`` (how far
        bins differ from all rows; the more the better), ``uncertainty`` (that of the outcome), ``within_bins`` (what
        is left, because scores within a bin differ). The Brier score is reliability - resolution + uncertainty +
        within_bins.

    Raises
    ------
    ValueError
        If a score is no probability.
    """
    tables = []
    for name, y, score in _each(predictions):
        point = _brier(y, score, np.ones(len(y)))
        draws = np.array([_brier(y, score, w) for w in weights])
        places = {"brier": 0, "skill": 1, "mean_error": 2}
        parts = _murphy(y, score, _bins(score, bins, fewest))
        told = pd.DataFrame({"model": name, "metric": [*parts], "value": [*parts.values()], "n": len(y)})
        tables += [_measured(name, places, point, draws, len(y)), told]
    return pd.concat(tables, ignore_index=True)


def _require(predictions):
    outside = predictions[~predictions["score"].between(0, 1)]
    if len(outside):
        names = ", ".join(outside["model"].unique())
        low, high = outside["score"].min(), outside["score"].max()
        raise ValueError(
            f"{names}: scores such as {low:.3g} or {high:.3g} are no probabilities. Leave such models out by "
            "calibration.probabilities."
        )


def _each(predictions):
    _require(predictions)
    for name, part in predictions.groupby("model", sort=False):
        yield name, part["y"].to_numpy(dtype=float), part["score"].to_numpy(dtype=float)


def _bins(score, bins, fewest):
    """Return the bin of each row, from 0; equal scores share the bin of their middle, empty bins are left out."""
    most = max(1, min(bins, len(score) // fewest))
    twice_rank = np.rint(2 * rankdata(score)).astype("int64")
    return np.unique((twice_rank - 1) * most // (2 * len(score)), return_inverse=True)[1]


def _distance(error, codes):
    return float(np.abs(np.bincount(codes, weights=error)).sum() / len(error))


def _if_right(score, codes, params):
    # Every model meets the same draws, so that what is said of one does not depend on which others there are.
    rng = np.random.default_rng([params.modeling.seed, 12])
    drawn = ((rng.random(len(score)) < score) - score for _ in range(params.modeling.chance_repeats))
    return np.array([_distance(error, codes) for error in drawn])


def _logistic(x, y, weights, start):
    """Return intercept and slope by Newton's method; nan where there is no finite answer."""
    found = start.astype(float)
    for _ in range(TURNS):
        p = expit(found[0] + found[1] * x)
        # A sum over an array comes out the same on any number of threads, a product of matrices does not.
        pull, spread = weights * (y - p), weights * p * (1 - p)
        a, b, c = spread.sum(), (spread * x).sum(), (spread * x * x).sum()
        room = a * c - b * b
        if not room > EXACT * a * c:
            break
        g, h = pull.sum(), (pull * x).sum()
        step = np.array([c * g - b * h, a * h - b * g]) / room
        found = found + step
        if np.abs(step).max() < EXACT:
            return found
    return np.full(2, np.nan)


def _brier(y, score, weights):
    total = weights.sum()
    share = (weights * y).sum() / total
    error, own = (weights * (score - y) ** 2).sum() / total, share * (1 - share)
    skill = 1 - error / own if own > 0 else np.nan
    return np.array([error, skill, (weights * score).sum() / total - share])


def _murphy(y, score, codes):
    n, share = np.bincount(codes), y.mean()
    said, came = (np.bincount(codes, weights=values) / n for values in (score, y))
    reliability = (n * (said - came) ** 2).sum() / n.sum()
    resolution = (n * (came - share) ** 2).sum() / n.sum()
    uncertainty = share * (1 - share)
    left = ((score - y) ** 2).mean() - (reliability - resolution + uncertainty)
    return {
        "reliability": reliability, "resolution": resolution, "uncertainty": uncertainty, "within_bins": left,
    }  # fmt: skip


def _measured(name, places, point, draws, n):
    low, high = metrics.percentile_interval(draws)
    undefined = np.isnan(draws).sum(axis=0)
    rows = [[name, metric, point[i], low[i], high[i], n, undefined[i]] for metric, i in places.items()]
    return pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high", "n", "undefined"])
