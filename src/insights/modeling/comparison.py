"""All models and baselines on the same rows: out-of-fold on training rows, then once on validation rows."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from insights.modeling import (
    automl,
    baselines,
    cotrained,
    ladder,
    learned,
    metrics,
    probabilities,
    thresholds,
    tuning,
    value,
)
from insights.modeling.dataset import Dataset
from insights.params import Params
from insights.timeline import TimeFolds


@dataclass(frozen=True)
class Contest:
    """Every model of one dataset, fitted, with what it says.

    Attributes
    ----------
    dataset : Dataset
    models : dict
        Fitted models and baselines by name, simplest first.
    out_of_fold : pandas.DataFrame
        ``model, fold, roc_auc``: each learned model on the rows that a fold held out.
    chosen : str
        The model chosen on training folds.
    search : insights.modeling.automl.Search
        What TPOT did.
    ordered_folds : bool
        Whether the folds were ordered in time; with one cohort they are by product family alone.
    tuning : pandas.DataFrame
        What tuning bought, from :func:`insights.modeling.tuning.bought`.
    rungs : pandas.DataFrame
        From :func:`insights.modeling.ladder.rungs`.
    """

    dataset: Dataset
    models: dict
    out_of_fold: pd.DataFrame
    chosen: str
    search: automl.Search
    ordered_folds: bool
    tuning: pd.DataFrame = field(default_factory=pd.DataFrame)
    rungs: pd.DataFrame = field(default_factory=pd.DataFrame)

    def predictions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return score and decision of every model for some rows, long: a row per row and model.

        ``expected`` is what calling the row 1 is expected to bring beyond what is asked, in USD; missing where a
        model does not say it.
        """
        known = ("product_id", "learner_id", "family", "kind", "as_of", "y", *value.COLUMNS)
        identity = [c for c in known if c in rows]
        parts = [
            rows[identity].assign(
                model=name, score=model.score(rows), decision=model.decide(rows), expected=model.expected(rows)
            )
            for name, model in self.models.items()
        ]
        return pd.concat(parts, ignore_index=True)


def compete(dataset: Dataset, params: Params, folder: Path | None = None) -> Contest:
    """Fit every model and baseline on training rows, choose one there, and touch no validation row.

    Parameters
    ----------
    dataset : Dataset
    params : Params
    folder : pathlib.Path, optional
        Where TPOT's search keeps what it evaluated.

    Returns
    -------
    Contest
    """
    rows = dataset.train
    y = rows["y"].to_numpy(dtype=int)
    folds = TimeFolds(rows, params.modeling.folds)
    search = automl.search(rows, dataset.features, params, folder)
    models, gains = tuning.applied(hand_made(dataset, params), rows, params, dataset.model)
    proposals = [*models, search.model, *with_unlabelled(dataset, params)]
    judged = [judge_out_of_fold(model, rows, folds, dataset.unlabelled) for model in proposals]
    out_of_fold = pd.concat([one.scores for one in judged], ignore_index=True)
    fitted = {rule.name: rule.fit(rows, y) for rule in baselines.available(dataset.model, rows)}
    for model, one in zip(proposals, judged, strict=True):
        model.calibration_, model.threshold_, model.worth_ = one.calibration, one.threshold, one.worth
        fitted[model.name] = model.fit(rows, y, dataset.unlabelled)
    chosen = ladder.choose(out_of_fold, params.modeling.margin)
    rungs = ladder.rungs(out_of_fold, _rules_out_of_fold(dataset.model, rows, folds), params.modeling.margin)
    return Contest(dataset, fitted, out_of_fold, chosen, search, folds.ordered, gains, rungs)


def _rules_out_of_fold(model, rows, folds):
    """Return the ROC AUC of each baseline on the rows that each fold held out."""
    y, found = rows["y"].to_numpy(dtype=int), []
    for number, (fit, judge) in enumerate(folds.split()):
        for rule in baselines.available(model, rows):
            said = replace(rule).fit(rows.iloc[fit], y[fit]).score(rows.iloc[judge])
            found.append([rule.name, number, metrics.roc_auc(y[judge], said)])
    return pd.DataFrame(found, columns=["model", "fold", "roc_auc"])


def hand_made(dataset: Dataset, params: Params) -> list[learned.Learned]:
    """Return the models that need no search, simplest first; that of the margin where there is one to learn from."""
    by_margin = learned.margin(dataset.features, params)
    told = value.gain(dataset.frame) is not None
    return [
        *([by_margin] if told and by_margin.features else []),
        learned.logistic(dataset.features, params),
        learned.forest(dataset.features, params),
        learned.boosting(dataset.features, params),
    ]


def with_unlabelled(dataset: Dataset, params: Params) -> list[cotrained.CoTrained]:
    """Return co-training where there are two views and rows that wait for their outcome, else nothing."""
    possible = len(dataset.unlabelled) > 0 and all(cotrained.divided(dataset.features))
    return [cotrained.cotraining(dataset.features, params)] if possible else []


@dataclass(frozen=True)
class HeldOut:
    """What folds found of one model: its ROC AUC in each, and from all rows held out its calibration and threshold.

    Attributes
    ----------
    scores : pandas.DataFrame
        ``model, fold, rows, roc_auc``.
    calibration : tuple of float
        From :func:`insights.modeling.probabilities.calibration`.
    threshold : float
        Where rows say what they earn and what was asked of them, the one from which a dollar asked brings more than
        itself; else the one that tells best between the outcomes.
    worth : insights.modeling.thresholds.Worth or None
        What a dollar asked brings by the score, where rows say it.
    """

    scores: pd.DataFrame
    calibration: tuple[float, float]
    threshold: float
    worth: thresholds.Worth | None


def judge_out_of_fold(
    model: learned.Learned, rows: pd.DataFrame, folds: TimeFolds, unlabelled: pd.DataFrame | None = None
) -> HeldOut:
    """Return what a model does on rows that each fold held out; it is left as it was fitted last."""
    y = rows["y"].to_numpy(dtype=int)
    scores, held_out = [], []
    for number, (fit, judge) in enumerate(folds.split()):
        said = model.fit(rows.iloc[fit], y[fit], unlabelled).said(rows.iloc[judge])
        scores.append([model.name, number, len(judge), metrics.roc_auc(y[judge], said)])
        held_out.append((judge, said))
    judged, said = (np.concatenate(part) for part in zip(*held_out, strict=True))
    calibration = probabilities.calibration(y[judged], said)
    score = probabilities.calibrated(said, calibration)
    worth = _worth(rows.iloc[judged], score)
    threshold = worth.threshold() if worth else thresholds.best_balanced(y[judged], score)
    scores = pd.DataFrame(scores, columns=["model", "fold", "rows", "roc_auc"])
    return HeldOut(scores, calibration, threshold, worth)


def _worth(rows, score):
    earned = value.gain(rows)
    return None if earned is None else thresholds.worth((earned / rows["hurdle"]).to_numpy(), score)


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
    """Return the metrics of random classification of some rows, a row per repetition."""
    rng = np.random.default_rng([params.modeling.seed, 1])
    y = rows["y"].to_numpy(dtype=int)
    return metrics.chance_distribution(y, prior, params.modeling.chance_repeats, rng)


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
    one = predictions[predictions["model"] == predictions["model"].iloc[0]]
    rng = np.random.default_rng([params.modeling.seed, 3])
    return metrics.cluster_weights(one[clusters], params.modeling.bootstrap_repeats, rng)
