"""Where models and baselines stand on the same rows: every metric, beyond chance, under shuffled outcomes."""

import numpy as np
import pandas as pd

from insights.modeling import ladder, metrics, value
from insights.params import Params

TRAINING_SHARE, HALF = "training share", "half"


def performance(predictions: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """Return every metric of every model with its interval, the same resamples for all.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`Contest.predictions`, rows with an outcome only.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`resamples`.

    Returns
    -------
    pandas.DataFrame
        ``model, metric, value, low, high, n, positives``.
    """
    tables = []
    for name, part in predictions.groupby("model", sort=False):
        y = part["y"].to_numpy(dtype=int)
        table = metrics.intervals(y, part["score"].to_numpy(), part["decision"].to_numpy(), weights)
        tables.append(table.assign(model=name, n=len(part), positives=int(y.sum())))
    return pd.concat(tables, ignore_index=True)


def telling(predictions: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """Return the predictions without those of baselines that say the same of every row of a kind.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`Contest.predictions`.
    chosen : str
        Kept, whatever it says.
    """
    says = predictions.groupby(["kind", "model"])["score"].transform("nunique") > 1
    return predictions[says | (predictions["model"] == chosen)]


def without_rivals(predictions: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """Return the predictions of the chosen model and the baselines, without the models that were not chosen."""
    return predictions[~predictions["model"].isin({*ladder.LADDER} - {chosen})]


def beyond_chance(predictions: pd.DataFrame, weights: np.ndarray, looks: int = 1) -> pd.DataFrame:
    """Return the ROC AUC of every model with intervals that hold for all of them at once.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Of one kind of rows.
    weights : numpy.ndarray of shape (repeats, rows)
    looks : int
        Kinds of rows that are looked at; the intervals hold for all models on all of them (Bonferroni).

    Returns
    -------
    pandas.DataFrame
        ``model, roc_auc, low, high, beyond``: whether the interval lies above 0.5, though so many were looked at.

    Notes
    -----
    Intervals are made on the scale of the arcsine of the root, on which a share has the same error everywhere
    (Anscombe 1948): near 1 that of a ROC AUC of few rows is smaller than at 0.5, and luck looks too sure.
    """
    parts = list(predictions.groupby("model", sort=False))
    y = parts[0][1]["y"].to_numpy(dtype=int)
    scores = [part["score"].to_numpy() for _, part in parts]
    values = np.array([metrics.roc_auc(y, score) for score in scores])
    draws = np.column_stack([metrics.auc_draws(y, score, weights) for score in scores])
    level = 1 - (1 - metrics.LEVEL) / looks
    low, high = map(_share, metrics.simultaneous_intervals(_angle(values), _angle(draws), level))
    names = [name for name, _ in parts]
    return pd.DataFrame({"model": names, "roc_auc": values, "low": low, "high": high, "beyond": low > 0.5})


def _angle(auc):
    return np.arcsin(np.sqrt(auc))


def _share(angle):
    return np.sin(np.clip(angle, 0, np.pi / 2)) ** 2


def chance(rows: pd.DataFrame, prior: float, params: Params) -> pd.DataFrame:
    """Return the metrics of random classification of some rows, a row per repetition.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``y``, each row once.
    prior : float
        The share of ones in the training rows.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``called`` (as many rows as the ``training share``, or ``half``), and the metrics.
    """
    rng = np.random.default_rng([params.modeling.seed, 1])
    y = rows["y"].to_numpy(dtype=int)
    called = {TRAINING_SHARE: prior, HALF: 0.5}
    return metrics.chance_distribution(y, called, params.modeling.chance_repeats, rng)


def spread(drawn: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each metric of random classification and where 95 of 100 draws of it lie.

    Parameters
    ----------
    drawn : pandas.DataFrame
        From :func:`chance`.

    Returns
    -------
    pandas.DataFrame
        ``called, metric, value, low, high``.
    """
    tables = []
    for called, part in drawn.groupby("called", sort=False):
        each = part.drop(columns="called")
        low, high = metrics.percentile_interval(each.to_numpy())
        tables.append(
            pd.DataFrame(
                {"called": called, "metric": each.columns, "value": each.mean().array, "low": low, "high": high}
            )
        )
    return pd.concat(tables, ignore_index=True)


def null(predictions: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the ROC AUC of each model, and of the best of them, when outcomes are shuffled."""
    parts = dict(list(predictions.groupby("model", sort=False)))
    y = next(iter(parts.values()))["y"].to_numpy(dtype=int)
    scores = {name: part["score"].to_numpy() for name, part in parts.items()}
    rng = np.random.default_rng([params.modeling.seed, 2])
    return metrics.permutation_null(y, scores, params.modeling.chance_repeats, rng)


def resamples(predictions: pd.DataFrame, clusters: str, params: Params) -> np.ndarray:
    """Return how often each row counts in each resample of whole clusters, shape (repeats, rows).

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`Contest.predictions`; the same resamples hold for the rows of every model.
    clusters : str
        Column whose groups are resampled whole.
    params : Params
    """
    one = value.once(predictions)
    rng = np.random.default_rng([params.modeling.seed, 3])
    return metrics.cluster_weights(one[clusters], params.modeling.bootstrap_repeats, rng)
