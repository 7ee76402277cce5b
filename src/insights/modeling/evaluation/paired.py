"""Two models on the same rows and the same resamples: what one has and the other lacks, with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.modeling import metrics, value
from insights.modeling.dataset import Dataset
from insights.params import Params

ROC_AUC, RECALL, VALUE = "roc_auc", "recall", "value"


@dataclass(frozen=True)
class Bench:
    """Validation rows of one kind, and how often each counts in each resample of whole clusters.

    Attributes
    ----------
    kind : str
    places : numpy.ndarray
        Of these rows among all validation rows.
    y : numpy.ndarray of int
    gain : numpy.ndarray or None
        What each row brings if it is called 1, in USD; None where rows do not say.
    weights : numpy.ndarray of shape (repeats, rows)
    """

    kind: str
    places: np.ndarray
    y: np.ndarray
    gain: np.ndarray | None
    weights: np.ndarray

    @property
    def measures(self) -> tuple[str, ...]:
        """What is measured on these rows."""
        return (ROC_AUC, RECALL) if self.gain is None else (ROC_AUC, RECALL, VALUE)

    def values(self, score: np.ndarray, decision: np.ndarray) -> np.ndarray:
        """Return each measure of what is said of all validation rows, shape (measures,)."""
        return self._of(score, decision, np.ones((1, len(self.y))))[0]

    def draws(self, score: np.ndarray, decision: np.ndarray) -> np.ndarray:
        """Return each measure in each resample, shape (repeats, measures); differences of two are paired."""
        return self._of(score, decision, self.weights)

    def _of(self, score, decision, weights):
        called = decision[self.places] == 1
        found = weights @ (called & (self.y == 1))
        columns = [metrics.auc_draws(self.y, score[self.places], weights), _over(found, weights @ (self.y == 1))]
        if self.gain is not None:
            columns.append(weights @ (self.gain * called))
        return np.column_stack(columns)


def benches(dataset: Dataset, params: Params) -> dict[str, Bench]:
    """Return the validation rows of each kind that has both outcomes."""
    rows, found = dataset.validate, {}
    gain = value.gain(rows)
    for kind, places in sorted(rows.groupby("kind").indices.items()):
        y = rows["y"].to_numpy(dtype=int)[places]
        if len(np.unique(y)) == 2:
            rng = np.random.default_rng([params.modeling.seed, 3])
            weights = metrics.cluster_weights(
                rows[dataset.clusters].iloc[places], params.modeling.bootstrap_repeats, rng
            )
            earned = None if gain is None else gain.to_numpy()[places]
            found[kind] = Bench(kind, places, y, earned, weights.astype("float64"))
    return found


@dataclass(frozen=True)
class FoldBench:
    """Training rows that folds held out, and how often each counts in each resample of whole families.

    Attributes
    ----------
    y : tuple of numpy.ndarray
        Outcomes of the rows that each fold held out.
    weights : tuple of numpy.ndarray of shape (repeats, rows)
    """

    y: tuple
    weights: tuple

    def value(self, held_out: tuple) -> float:
        """Return the mean ROC AUC over folds of what was said of their rows."""
        return float(np.mean([metrics.roc_auc(y, said) for y, (_, said) in zip(self.y, held_out, strict=True)]))

    def draws(self, held_out: tuple) -> np.ndarray:
        """Return the mean ROC AUC over folds in each resample, shape (repeats,)."""
        parts = zip(self.y, held_out, self.weights, strict=True)
        return np.mean([metrics.auc_draws(y, said, weights) for y, (_, said), weights in parts], axis=0)


def fold_bench(dataset: Dataset, held_out: tuple, params: Params) -> FoldBench:
    """Return the rows that folds held out, as they were in any trial of the dataset."""
    rows = dataset.train
    rng = np.random.default_rng([params.modeling.seed, 11])
    y = tuple(rows["y"].to_numpy(dtype=int)[places] for places, _ in held_out)
    weights = tuple(
        metrics.cluster_weights(rows[dataset.clusters].iloc[places], params.modeling.bootstrap_repeats, rng)
        for places, _ in held_out
    )
    return FoldBench(y, weights)


def differences(values: np.ndarray, draws: np.ndarray) -> pd.DataFrame:
    """Return differences with intervals that hold for all of them at once.

    Parameters
    ----------
    values : numpy.ndarray of shape (differences,)
    draws : numpy.ndarray of shape (repeats, differences)

    Returns
    -------
    pandas.DataFrame
        ``difference, low, high``.
    """
    low, high = metrics.simultaneous_intervals(values, draws)
    return pd.DataFrame({"difference": values, "low": low, "high": high})


def _over(part, whole):
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
