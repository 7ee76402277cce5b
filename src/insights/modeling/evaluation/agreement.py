"""Agreement: whether two deciders, such as the panel and a model, say the same, who is right, and what both reach.

Both must have decided on the same rows. A panel that was not asked about a product has no vote there, and its
baseline fills the median in: :func:`answered` and :func:`among` leave such rows out, or the panel is judged by votes
that it never gave.

McNemar's test takes rows as independent. The rows of a family are not: its p-value is too small, and the interval
over resampled families is the one to read.

Sources: Q. McNemar, Psychometrika 12 (1947); J. Cohen, "A coefficient of agreement for nominal scales", Educational
and Psychological Measurement 20 (1960); for combining forecasts R. Clemen, International Journal of Forecasting 5
(1989).
"""

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import rankdata
from statsmodels.stats.contingency_tables import mcnemar

from insights.modeling import metrics, value
from insights.modeling.evaluation import standing
from insights.modeling.probabilities import log_odds

BOTH, EITHER, RANKS, LOG_ODDS = "both say 1", "either says 1", "mean of ranks", "mean of log odds"
TOLD = ("roc_auc", "precision", "recall")
RIGHT, WRONG = "right", "wrong"


def answered(predictions: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Say on which rows the panel voted.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, of one kind of rows.
    rows : pandas.DataFrame
        The rows that they were made of, or more: ``product_id, kind, as_of, panel_vote``.

    Returns
    -------
    numpy.ndarray of bool, shape (rows,)
        In the order of each model's predictions.
    """
    keys = ["product_id", "kind", "as_of"]
    joined = _first(predictions)[keys].merge(rows[[*keys, "panel_vote"]], "left", keys, validate="one_to_one")
    return joined["panel_vote"].notna().to_numpy()


def among(predictions: pd.DataFrame, weights: np.ndarray, kept: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the predictions of some rows only, and the resample weights of these.

    Parameters
    ----------
    predictions : pandas.DataFrame
        For each model the same rows in the same order.
    weights : numpy.ndarray of shape (repeats, rows)
    kept : numpy.ndarray of bool, shape (rows,)
        Such as from :func:`answered`.
    """
    place = predictions.groupby("model").cumcount().to_numpy()
    return predictions[kept[place]].reset_index(drop=True), weights[:, kept]


def who_was_right(predictions: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return how often both deciders, one of them, or none was right.

    Returns
    -------
    pandas.DataFrame
        ``first, second`` (each ``right`` or ``wrong``), ``n, share, positives`` (ones among them); four rows.
    """
    y, one, other = _decided(predictions, first, second)
    rows = []
    for a in (True, False):
        for b in (True, False):
            here = ((one == y) == a) & ((other == y) == b)
            rows.append([a, b, int(here.sum()), here.mean(), int(y[here].sum())])
    table = pd.DataFrame(rows, columns=["first", "second", "n", "share", "positives"])
    return table.assign(**{who: np.where(table[who], RIGHT, WRONG) for who in ("first", "second")})


def decisions(predictions: pd.DataFrame, first: str, second: str, weights: np.ndarray) -> pd.DataFrame:
    """Return how far the decisions of two agree, and whose are right more often.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, of one kind of rows that both decided on.
    first, second : str
        Names of models or baselines.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.

    Returns
    -------
    pandas.DataFrame
        ``first, second, metric, value, low, high`` (95 %, over resamples), ``p, n``. Metrics: ``agreement`` (share of
        rows on which both say the same), ``kappa`` (agreement beyond what their shares of ones bring by chance: 1 is
        full, 0 none; Cohen 1960), ``accuracy_difference`` (of the first less the second) with ``p`` of McNemar's
        exact test. Where the interval and the test differ, read the interval: it keeps clusters whole.
    """
    y, one, other = _decided(predictions, first, second)
    point = _agreement(y, one, other, np.ones(len(y)))
    low, high = metrics.percentile_interval(np.array([_agreement(y, one, other, w) for w in weights]))
    p = [np.nan, np.nan, mcnemar_p(y, one, other)]
    names = ["agreement", "kappa", "accuracy_difference"]
    return pd.DataFrame(
        {
            "first": first, "second": second, "metric": names, "value": point, "low": low, "high": high, "p": p,
            "n": len(y),
        }
    )  # fmt: skip


def mcnemar_p(y: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return the p-value of McNemar's exact test that two sets of decisions are right equally often.

    Parameters
    ----------
    y, first, second : numpy.ndarray of shape (rows,)
        Outcomes and decisions, 0 or 1.
    """
    one, other = first == y, second == y
    counts = [[(a & b).sum() for b in (other, ~other)] for a in (one, ~one)]
    return float(mcnemar(counts, exact=True).pvalue)


def together(predictions: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return predictions of two deciders and of the ways of putting them together, as if each way were a model.

    Every table that takes predictions takes these, such as :func:`insights.modeling.evaluation.lift.table`.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, of one kind of rows that both decided on.
    first, second : str
        Names of models or baselines.

    Returns
    -------
    pandas.DataFrame
        Like predictions, ``model`` being the two names and the ways: ``both say 1`` and ``either says 1``, whose
        score is the decision itself, so that their ROC AUC is the mean of the shares of ones and of zeros told
        right; ``mean of ranks`` (among these rows, as a share) and, if both scores lie within 0 and 1, ``mean of log
        odds`` (as a probability). A mean calls as many rows 1 as the second does, or more where scores are tied.
    """
    one, other = _of(predictions, first), _of(predictions, second)
    called = int(other["decision"].sum())
    parts = [one, other, *(_way(one, name, decided, decided) for name, decided in _votes(one, other).items())]
    for name, score in _means(one, other).items():
        parts.append(_way(one, name, score, _most(score, called)))
    return pd.concat(parts, ignore_index=True)


def reached(predictions: pd.DataFrame, first: str, second: str, weights: np.ndarray) -> pd.DataFrame:
    """Return what two deciders reach, each alone and together.

    Returns
    -------
    pandas.DataFrame
        ``model, metric`` (roc_auc, precision, recall), ``value, low, high, n, positives``, from
        :func:`insights.modeling.evaluation.standing.performance`; ``model`` as in :func:`together`.
    """
    found = standing.performance(together(predictions, first, second), weights)
    columns = ["model", "metric", "value", "low", "high", "n", "positives"]
    return found.loc[found["metric"].isin(TOLD), columns].reset_index(drop=True)


def _first(predictions):
    return value.once(predictions).reset_index(drop=True)


def _of(predictions, name):
    part = predictions[predictions["model"] == name].reset_index(drop=True)
    if part.empty:
        there = ", ".join(predictions["model"].unique())
        raise ValueError(f"{name}: no predictions of it. There are those of {there}.")
    return part


def _decided(predictions, first, second):
    one, other = _of(predictions, first), _of(predictions, second)
    return (v.to_numpy(dtype=int) for v in (one["y"], one["decision"], other["decision"]))


def _agreement(y, one, other, weights):
    weights = np.asarray(weights, dtype=float)
    total = weights.sum()
    same = (weights * (one == other)).sum() / total
    a, b = (weights * one).sum() / total, (weights * other).sum() / total
    by_chance = a * b + (1 - a) * (1 - b)
    kappa = (same - by_chance) / (1 - by_chance) if by_chance < 1 else np.nan
    return [same, kappa, (weights * ((one == y) * 1.0 - (other == y))).sum() / total]


def _votes(one, other):
    decided = one["decision"] + other["decision"]
    return {BOTH: (decided == 2).astype(int), EITHER: (decided >= 1).astype(int)}


def _means(one, other):
    scores = [part["score"].to_numpy(dtype=float) for part in (one, other)]
    means = {RANKS: np.mean([rankdata(score) / len(score) for score in scores], axis=0)}
    if all(((score >= 0) & (score <= 1)).all() for score in scores):
        odds = [log_odds(score) for score in scores]
        means[LOG_ODDS] = expit(np.mean(odds, axis=0))
    return means


def _most(score, called):
    if called == 0:
        return np.zeros(len(score), dtype=int)
    return (score >= np.sort(score)[-called]).astype(int)


def _way(rows, name, score, decision):
    return rows.assign(model=name, score=np.asarray(score, dtype=float), decision=np.asarray(decision))
