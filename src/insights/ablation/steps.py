"""Steps of the pipeline, each taken out while the rest stays.

A step that a model has is judged by what is lost without it; one that it does not have by what would be gained with
it. A step acts on the order of rows or on the 0 and 1 alone, and is judged by what it acts on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import ibis
import numpy as np
import pandas as pd

from insights.ablation.components import AS_IS
from insights.feature_analysis import selection
from insights.modeling import comparison, ladder, probabilities, thresholds, tuning
from insights.modeling.dataset import Dataset
from insights.modeling.learned import HAND_MADE, Learned
from insights.modeling.trials import Trial, Variant
from insights.params import Params

ORDER, DECISION = "order", "decision"
# The steps by name: what is there instead when each is taken out.
STEPS = {
    "cleaning of machine opens": "opens by privacy proxies count as people's",
    "cleaning of scanner clicks": "clicks by link scanners count as people's",
    "feature selection": "every feature is read, and not only those that training rows choose again and again",
    "tuning": "default hyper-parameters",
    "TPOT": "the ladder of models without TPOT",
    "co-training": "the ladder of models without co-training",
    "calibration": "probabilities as the estimator says them",
    "threshold by value": "the threshold that tells best between the outcomes",
}
MAIL = {"cleaning of machine opens": "opened", "cleaning of scanner clicks": "clicked"}
SEARCHED = {"TPOT": "tpot", "co-training": "cotraining"}


@dataclass(frozen=True)
class Said:
    """What is said of all validation rows: scores and 0 or 1."""

    score: np.ndarray
    decision: np.ndarray


@dataclass(frozen=True)
class Part:
    """A step with what is said with it and without it.

    Attributes
    ----------
    name : str
        A key of ``STEPS``.
    acts_on : str
        ``order`` or ``decision``.
    used : bool
        Whether the model has it.
    whole, without : Said
    """

    name: str
    acts_on: str
    used: bool
    whole: Said
    without: Said


@dataclass
class Selected(Learned):
    """A model that reads only the features that the rows it learns from would choose again and again.

    Attributes
    ----------
    model : Learned
        The model that it stands for.
    params : Params
    """

    model: Learned | None = None
    params: Params | None = None

    def fit(self, rows: pd.DataFrame, y: np.ndarray, unlabelled: pd.DataFrame | None = None) -> "Selected":
        """Choose features on these rows, then fit the model that it stands for on them."""
        chosen = selection.stable(rows, self.features, self.params)
        self.inside_ = self.model.on(chosen).fit(rows, y, unlabelled)
        self.fitted_ = self.inside_.fitted_
        return self

    def said(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of 1 as the model says it, shape (rows,)."""
        return self.inside_.said(rows)


def uncleaned(tables: Mapping[str, ibis.Table], step: str) -> dict[str, ibis.Table]:
    """Return the tables as they would be if machines' opens, or clicks, had been taken for people's."""
    mails = tables["email_events"]
    person = ibis.ifelse(mails.event == MAIL[step], ibis.literal(1.0), mails.human_probability.cast("float64"))
    return {**tables, "email_events": mails.mutate(human_probability=person)}


def variants(model: Learned, frames: Mapping[str, Dataset], params: Params) -> dict[str, Variant]:
    """Return what has to be fitted for the steps that change what a model learns from, by the name of the step."""
    found = {name: Variant(model, frames[name]) for name in MAIL if name in frames}
    chosen = Selected(model.name, model.estimator, model.features, model=model, params=params)
    found["feature selection"] = Variant(chosen, frames[AS_IS])
    if tuned(model, params):
        estimator = HAND_MADE[model.name](model.features, params).estimator
        found["tuning"] = Variant(replace(model, estimator=estimator), frames[AS_IS])
    return found


def tuned(model: Learned, params: Params) -> bool:
    """Say whether a model has other hyper-parameters than its defaults; one that a search found has none."""
    if model.name not in HAND_MADE:
        return False
    default = HAND_MADE[model.name](model.features, params)
    return tuning.hyperparameters(model) != tuning.hyperparameters(default)


def of_trials(full: Trial, changed: Mapping[str, Trial]) -> list[Part]:
    """Return the steps that were refitted without, from what :func:`variants` gave."""
    whole = Said(full.score, full.decision)
    parts = []
    for name, trial in changed.items():
        other, used = Said(trial.score, trial.decision), name != "feature selection"
        parts.append(Part(name, ORDER, used, whole if used else other, other if used else whole))
    return parts


def of_decisions(full: Trial, rows: pd.DataFrame) -> list[Part]:
    """Return calibration and threshold, which need no refit.

    Parameters
    ----------
    full : insights.modeling.trials.Trial
    rows : pandas.DataFrame
        The training rows that it was fitted on.
    """
    whole = Said(full.score, full.decision)
    places, said = (np.concatenate(part) for part in zip(*full.held_out, strict=True))
    rows = rows.iloc[places]
    threshold, worth = comparison.decided(rows, said)
    raw = Said(full.said, (full.said >= threshold).astype(int))
    parts = [Part("calibration", DECISION, full.calibration != probabilities.AS_SAID, whole, raw)]
    if worth is not None:
        score = probabilities.calibrated(said, full.calibration)
        balanced = thresholds.best_balanced(rows["y"].to_numpy(dtype=int), score)
        without = Said(full.score, (full.score >= balanced).astype(int))
        parts.append(Part("threshold by value", DECISION, True, whole, without))
    return parts


def of_ladder(
    predictions: pd.DataFrame, out_of_fold: pd.DataFrame, names: Iterable[str], margin: float
) -> list[Part]:
    """Return the searches, each taken out of the ladder from which the model was chosen on training folds.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Of notebook 05: ``model, score, decision``, for each model the same rows.
    out_of_fold : pandas.DataFrame
        ``model, fold, roc_auc``.
    names : iterable of str
        Of models that were fitted.
    margin : float
        ROC AUC by which a simpler model may be worse and still be chosen.
    """
    said = {
        name: Said(part["score"].to_numpy(), part["decision"].to_numpy())
        for name, part in predictions.groupby("model")
    }
    chosen, parts = ladder.choose(out_of_fold, margin), []
    for step, model in SEARCHED.items():
        if model in names:
            rest = ladder.choose(out_of_fold[out_of_fold["model"] != model], margin)
            parts.append(Part(step, ORDER, True, said[chosen], said[rest]))
    return parts
