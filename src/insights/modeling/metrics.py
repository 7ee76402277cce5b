"""How good scores and decisions are, with intervals that respect which rows resemble each other.

ROC AUC: 0.5 is chance, 1 a perfect order. Average precision: the share of positives is chance. Accuracy,
precision, recall and F1 judge the 0/1 decision. Intervals are percentile intervals of a cluster bootstrap
(whole products or whole people are resampled; Efron and Tibshirani 1993, chapter 8); comparisons use the
same resamples for both sides.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

LEVEL = 0.95


def evaluate(y: np.ndarray, score: np.ndarray, decision: np.ndarray, weights: np.ndarray | None = None) -> dict:
    """Return every metric of one model.

    Parameters
    ----------
    y : array of shape (rows,)
        Outcomes, 0 or 1.
    score : array of shape (rows,)
        Higher means more likely 1.
    decision : array of shape (rows,)
        0 or 1.
    weights : array of shape (rows,), optional
        How often each row counts.

    Returns
    -------
    dict of str to float
        By name; nan where a metric is not defined (one outcome only, no positive decision).
    """
    return _every(Ordered(y, score), y, decision, np.ones(len(y)) if weights is None else weights)


def roc_auc(y: np.ndarray, score: np.ndarray) -> float:
    """Return the area under the ROC curve: the chance that a 1 scores above a 0, ties counting half.

    It is missing where only one outcome is there.
    """
    return Ordered(y, score).roc_auc(np.ones(len(y)))


def cluster_weights(clusters: pd.Series, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often each row counts in each resample of whole clusters.

    Returns
    -------
    array of shape (repeats, rows)
    """
    codes, names = pd.factorize(clusters)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=repeats)
    return drawn[:, codes].astype("float32")


def intervals(y, score, decision, weights: np.ndarray) -> pd.DataFrame:
    """Return every metric with its bootstrap interval.

    Returns
    -------
    pandas.DataFrame
        Columns ``metric, value, low, high``.
    """
    ordered = Ordered(y, score)
    draws = pd.DataFrame([_every(ordered, y, decision, w) for w in weights])
    point = evaluate(y, score, decision)
    low, high = percentile_interval(draws[list(point)].to_numpy())
    return pd.DataFrame({"metric": list(point), "value": list(point.values()), "low": low, "high": high})


def auc_draws(y: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the ROC AUC in each resample, shape (repeats,); differences of two are paired."""
    ordered = Ordered(y, score)
    return np.array([ordered.roc_auc(w) for w in weights])


def percentile_interval(draws: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval over the first axis; nan where no resample defines a value."""
    columns = np.asarray(draws, dtype="float64").reshape(len(draws), -1)
    bounds = np.full((2, columns.shape[1]), np.nan)
    defined = ~np.isnan(columns).all(axis=0)
    tail = (1 - level) / 2
    bounds[:, defined] = np.nanquantile(columns[:, defined], [tail, 1 - tail], axis=0)
    low, high = bounds.reshape(2, *np.shape(draws)[1:])
    return low, high


def simultaneous_intervals(
    values: np.ndarray, draws: np.ndarray, level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals that hold all values at once, however many there are and however alike.

    Each is as many bootstrap errors wide as the farthest of all lies from its value in ``level`` of the resamples
    (sup-t bands; Montiel Olea and Plagborg-Møller 2019).

    Parameters
    ----------
    values : array of shape (values,)
    draws : array of shape (repeats, values)
        The same in each resample; resamples in which one is not defined are left out.
    level : float

    Returns
    -------
    array of shape (values,), array of shape (values,)
        nan where no resample defines all.
    """
    draws = draws[~np.isnan(draws).any(axis=1)]
    if len(draws) < 2:
        return np.full_like(values, np.nan), np.full_like(values, np.nan)
    error = draws.std(axis=0, ddof=1)
    far = np.abs(draws - values) / np.where(error > 0, error, np.inf)
    wide = np.quantile(far.max(axis=1), level) * error
    return values - wide, values + wide


def permutation_null(
    y: np.ndarray, scores: dict[str, np.ndarray], repeats: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the ROC AUC of each model when the outcomes are shuffled, and of the best of them.

    The last column, ``best``, is what choosing the best of so many models earns from noise alone.

    Returns
    -------
    pandas.DataFrame
        ``repeats`` rows; a column per model, and ``best``.
    """
    ordered = {name: Ordered(y, score) for name, score in scores.items()}
    shuffled = [rng.permutation(y) for _ in range(repeats)]
    null = pd.DataFrame({name: [o.roc_auc_of(s) for s in shuffled] for name, o in ordered.items()})
    return null.assign(best=null.max(axis=1))


def p_value(value: float, null: np.ndarray) -> float:
    """Return how often a score as high comes from shuffled outcomes, the value itself counted among them.

    Parameters
    ----------
    value : float
    null : array of shape (repeats,)
        What shuffled outcomes reach; it is never below 1 in ``repeats + 1`` (Phipson and Smyth 2010).
    """
    return float((1 + np.count_nonzero(np.asarray(null) >= value)) / (1 + len(null)))


def chance_distribution(
    y: np.ndarray, called: Mapping[str, float], repeats: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the metrics of random classification: each row is called 1 with a probability that knows nothing of it.

    Parameters
    ----------
    y : array of shape (rows,)
        Outcomes, 0 or 1.
    called : mapping of str to float
        The probability, by name.
    repeats : int
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        ``repeats`` rows for each name; columns called, accuracy, precision, recall, f1 and roc_auc.
    """
    drawn = [{"called": name} | _chance(y, share, rng) for name, share in called.items() for _ in range(repeats)]
    return pd.DataFrame(drawn)


def _chance(y, share, rng):
    score = rng.random(len(y))
    return _decision_metrics(y, (score < share).astype(int), np.ones(len(y))) | {"roc_auc": roc_auc(y, -score)}


def _every(ordered, y, decision, weights):
    ranked = {"roc_auc": ordered.roc_auc(weights), "average_precision": ordered.average_precision(weights)}
    return ranked | _decision_metrics(y, decision, weights)


def _decision_metrics(y, decision, weights):
    positive, chosen = y == 1, decision == 1
    hits, total = weights[positive & chosen].sum(), weights.sum()
    right = weights[positive == chosen].sum()
    precision, recall = _ratio(hits, weights[chosen].sum()), _ratio(hits, weights[positive].sum())
    f1 = _ratio(2 * hits, weights[chosen].sum() + weights[positive].sum())
    return {"accuracy": _ratio(right, total), "precision": precision, "recall": recall, "f1": f1}


def _ratio(part, whole):
    return float(part / whole) if whole > 0 else float("nan")


class Ordered:
    """Rows sorted by score once, so that each resample costs one pass.

    Parameters
    ----------
    y, score : array of shape (rows,)
    """

    def __init__(self, y: np.ndarray, score: np.ndarray):
        self.order = np.argsort(-np.asarray(score, dtype="float64"), kind="stable")
        self.y = np.asarray(y, dtype="float64")[self.order]
        ordered = np.asarray(score, dtype="float64")[self.order]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def swept(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ones and the zeros from each score up, the highest score first, each of shape (scores,)."""
        ones, zeros = self._by_outcome(weights)
        return np.cumsum(self._by_tie(ones)), np.cumsum(self._by_tie(zeros))

    def roc_auc(self, weights: np.ndarray) -> float:
        """Return the area under the ROC curve, rows counting as often as they weigh."""
        return self._auc(*self._by_outcome(weights))

    def roc_auc_of(self, y: np.ndarray) -> float:
        """Return the area under the ROC curve of other outcomes of the same rows."""
        ones = np.asarray(y, dtype="float64")[self.order]
        return self._auc(ones, 1 - ones)

    def average_precision(self, weights: np.ndarray) -> float:
        """Return the mean precision over what is found, rows counting as often as they weigh."""
        ones, zeros = self.swept(weights)
        if ones[-1] == 0:
            return float("nan")
        with np.errstate(invalid="ignore"):
            precision = np.nan_to_num(ones / (ones + zeros))
        return float((precision * np.diff(ones, prepend=0)).sum() / ones[-1])

    def _by_outcome(self, weights):
        w = np.asarray(weights, dtype="float64")[self.order]
        return w * self.y, w * (1 - self.y)

    def _auc(self, ones, zeros):
        ones, zeros = self._by_tie(ones), self._by_tie(zeros)
        pairs = ones.sum() * zeros.sum()
        if pairs == 0:
            return float("nan")
        below = zeros.sum() - np.cumsum(zeros)
        return float((ones * (below + zeros / 2)).sum() / pairs)

    def _by_tie(self, values):
        return np.add.reduceat(values, self.starts)
