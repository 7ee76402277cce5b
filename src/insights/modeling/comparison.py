"""All models and baselines on the same rows: out-of-fold on training rows, then once on validation rows."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from insights.modeling import baselines, cotrained, ladder, learned, metrics, probabilities, thresholds, tuning, value
from insights.modeling.dataset import Dataset
from insights.modeling.search import automl
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
    search : insights.modeling.search.automl.Search
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
        parts = []
        for name, model in self.models.items():
            score = model.score(rows)
            expected = value.expected(model.worth_, score, rows)
            parts.append(
                rows[identity].assign(model=name, score=score, decision=model.decide(rows), expected=expected)
            )
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
            said = rule.fit(rows.iloc[fit], y[fit]).score(rows.iloc[judge])
            found.append([rule.name, number, metrics.roc_auc(y[judge], said)])
    return pd.DataFrame(found, columns=["model", "fold", "roc_auc"])


def hand_made(dataset: Dataset, params: Params) -> list[learned.Learned]:
    """Return the models that need no search, simplest first; that of the margin where there is one to learn from."""
    models = {name: make(dataset.features, params) for name, make in learned.HAND_MADE.items()}
    if value.gain(dataset.frame) is None or not models["margin"].features:
        del models["margin"]
    return list(models.values())


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
        From :func:`insights.modeling.probabilities.carried_over`.
    threshold : float
        Where rows say what they earn and what was asked of them, the one from which a dollar asked brings more than
        itself; else the one that tells best between the outcomes.
    worth : insights.modeling.thresholds.Worth or None
        What a dollar asked brings by the score, where rows say it.
    said : tuple of (numpy.ndarray, numpy.ndarray)
        For each fold the positions of the rows that it held out, and the probabilities as said of them.
    """

    scores: pd.DataFrame
    calibration: tuple[float, float]
    threshold: float
    worth: thresholds.Worth | None
    said: tuple


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
    calibration = probabilities.carried_over([(y[judge], told) for judge, told in held_out])
    threshold, worth = decided(rows.iloc[judged], probabilities.calibrated(said, calibration))
    scores = pd.DataFrame(scores, columns=["model", "fold", "rows", "roc_auc"])
    return HeldOut(scores, calibration, threshold, worth, tuple(held_out))


def decided(rows: pd.DataFrame, score: np.ndarray) -> tuple[float, thresholds.Worth | None]:
    """Return the threshold that held-out rows tell, and what a dollar asked brings by the score where they say it.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows that the scoring model was not fitted on, with ``y``.
    score : numpy.ndarray of shape (rows,)
        Calibrated probabilities of them.
    """
    earned = value.gain(rows)
    if earned is None:
        return thresholds.best_balanced(rows["y"].to_numpy(dtype=int), score), None
    worth = thresholds.worth((earned / rows["hurdle"]).to_numpy(), score)
    return worth.threshold(), worth
