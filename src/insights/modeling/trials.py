"""Trials: a model fitted anew under changed conditions, judged like the one that was chosen.

Ablation, bias checks and tolerance design ask the same of many variants of a model: refit it on the same folds, with
its own calibration and threshold from rows that folds held out, then on all training rows, and see what it says of
validation rows. A variant that was asked for before is not fitted again.
"""

import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import BaseEstimator, clone

from insights import parallel, timeline
from insights.modeling import comparison
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.modeling.search.complexity import complexity
from insights.params import Params


@dataclass(frozen=True)
class Cost:
    """What a model takes.

    Attributes
    ----------
    features : int
    fit_seconds, predict_seconds : float
        Of one fit on all training rows, and of what is said of all validation rows, on one thread.
    matrix_bytes : int
        Of the training matrix as float64.
    numbers : int
        That the fitted estimator needs to predict.
    """

    features: int
    fit_seconds: float
    predict_seconds: float
    matrix_bytes: int
    numbers: int


@dataclass(frozen=True)
class Trial:
    """What a variant of a model says.

    Attributes
    ----------
    held_out : tuple of (numpy.ndarray, numpy.ndarray)
        For each fold the positions of the training rows that it held out, and the probabilities as said of them.
    said, score : numpy.ndarray of shape (validation rows,)
        Probabilities as the estimator says them, and as its calibration corrects them.
    decision : numpy.ndarray of shape (validation rows,)
        0 or 1.
    calibration : tuple of float
    cost : Cost
    """

    held_out: tuple
    said: np.ndarray
    score: np.ndarray
    decision: np.ndarray
    calibration: tuple[float, float]
    cost: Cost


@dataclass(frozen=True)
class Variant:
    """A model to be fitted and the rows that it is fitted and judged on."""

    model: Learned
    dataset: Dataset


class Trials:
    """Variants fitted once each, on all cores.

    Parameters
    ----------
    params : Params
    about : str
        What progress is reported of.
    """

    def __init__(self, params: Params, about: str):
        self._params, self._about = params, about
        self._known: dict[Hashable, Trial] = {}

    def of(self, variants: Mapping[Hashable, Variant]) -> dict[Hashable, Trial]:
        """Return the trial of each variant by the key that tells it from others."""
        new = {key: variant for key, variant in variants.items() if key not in self._known}
        work = _Work(self._params)
        found = parallel.each(work, new.values(), self._params.compute, self._about)
        self._known |= dict(zip(new, found, strict=True))
        return {key: self._known[key] for key in variants}

    @property
    def known(self) -> dict[Hashable, Trial]:
        """Every trial so far, by its key."""
        return dict(self._known)


def trial(variant: Variant, params: Params) -> Trial:
    """Return what one variant says of rows that folds held out and of validation rows."""
    return fitted(variant, params)[1]


def fitted(variant: Variant, params: Params) -> tuple[Learned, Trial]:
    """Return a variant fitted on all training rows, calibrated by rows that folds held out, and what it says."""
    data = variant.dataset
    model = replace(variant.model, estimator=_on_one_thread(variant.model.estimator))
    rows = data.train
    folds = timeline.TimeFolds(rows, params.modeling.folds)
    held_out = comparison.judge_out_of_fold(model, rows, folds, data.unlabelled)
    model.calibration_, model.threshold_, model.worth_ = held_out.calibration, held_out.threshold, held_out.worth
    began = time.perf_counter()
    model.fit(rows, rows["y"].to_numpy(dtype=int), data.unlabelled)
    learned = time.perf_counter()
    said = model.said(data.validate)
    done = time.perf_counter()
    cost = Cost(
        len(model.features), learned - began, done - learned, 8 * len(rows) * len(model.features),
        complexity(model.fitted_),
    )  # fmt: skip
    score = model.score(data.validate)
    decision = (score >= model.threshold_).astype(int)
    return model, Trial(held_out.said, said, score, decision, model.calibration_, cost)


@dataclass(frozen=True)
class _Work:
    """A trial under these parameters, as a function that can be sent to another process."""

    params: Params

    def __call__(self, variant):
        return trial(variant, self.params)


def _on_one_thread(estimator: BaseEstimator) -> BaseEstimator:
    """Return the estimator for a process that has one core: a forest grows the same trees on one thread."""
    several = {name: 1 for name, value in estimator.get_params().items() if name.endswith("n_jobs") and value}
    return clone(estimator).set_params(**several) if several else estimator
