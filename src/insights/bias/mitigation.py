"""Mitigations, as an offer: what each would do to a gap in recall, and what it would cost everybody.

*Reweighing* learns from groups as if outcomes were independent of them (Kamiran and Calders 2012). *Thresholds by
group* are those of fairlearn (Hardt, Price and Srebro 2016), found on rows that folds held out. *Learning under a
constraint* is fairlearn's reduction to equal recall (Agarwal and others 2018), of a logistic regression. The last two
must know the group of everybody who is decided on, and decide some cases by chance. None is applied.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import ExponentiatedGradient, TruePositiveRateParity
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from insights import parallel
from insights.bias.groups import NOT_DECLARED
from insights.modeling import metrics, probabilities, thresholds
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned, filled, single_threaded
from insights.modeling.trials import Trial
from insights.params import Params
from insights.timeline import TimeFolds, evenly

AS_IS = "none"
ROUNDS = 20  # of the reduction
MOST_ROWS = 5_000  # that the reduction learns from
COLUMNS = [
    "mitigation", "gap", "moved", "low", "high", "recall", "recall_change", "precision", "accuracy",
    "accuracy_change", "accuracy_low", "accuracy_high", "changed",
]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Of which group the gap in recall is to be closed.

    Attributes
    ----------
    attribute, group : str
    train, validate : pandas.Series of str
        The group of each training and each validation row.
    """

    attribute: str
    group: str
    train: pd.Series
    validate: pd.Series


def offer(model: Learned, dataset: Dataset, whole: Trial, asked: Asked, params: Params) -> pd.DataFrame:
    """Return what each mitigation does to the gap in recall of one group, and what it costs everybody.

    Parameters
    ----------
    model : insights.modeling.learned.Learned
    dataset : insights.modeling.dataset.Dataset
    whole : insights.modeling.trials.Trial
        Of the model on the dataset.
    asked : Asked
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``mitigation``; ``gap`` in recall of the group, ``moved`` (how much nearer to 0 than without) with ``low,
        high``; ``recall`` and ``recall_change`` of everybody, ``precision``; ``accuracy`` and ``accuracy_change``
        with ``accuracy_low, accuracy_high``; ``changed``, the share of decisions that become others.
    """
    decided = {AS_IS: whole.decision, "thresholds by group": _by_group(dataset, whole, asked, params)}
    if isinstance(model.estimator, Pipeline) and "model" in model.estimator.named_steps:
        decided["reweighing"] = _reweighed(model, dataset, asked, params)
    decided["equal recall while learning"] = _constrained(model, dataset, asked, params)
    return _compared(decided, dataset.validate, (asked.validate == asked.group).to_numpy(), params)


def weights_of(y: np.ndarray, group: pd.Series) -> np.ndarray:
    """Return the weight of each row with which outcomes are independent of groups, shape (rows,)."""
    frame = pd.DataFrame({"y": y, "group": group.to_numpy()})
    n = len(frame)
    of_y, of_group = (frame.groupby(key)["y"].transform("size") for key in ("y", "group"))
    both = frame.groupby(["y", "group"])["y"].transform("size")
    return (of_y * of_group / (n * both)).to_numpy()


def _reweighed(model, dataset, asked, params):
    rows = dataset.train
    y, weights = rows["y"].to_numpy(dtype=int), weights_of(rows["y"].to_numpy(dtype=int), asked.train)

    def fit(places):
        x, told = rows.iloc[places][model.features], {"model__sample_weight": weights[places]}
        with parallel.processes():
            return single_threaded(clone(model.estimator).fit(x, y[places], **told))

    folds = [
        (judge, fit(places).predict_proba(rows.iloc[judge][model.features])[:, 1])
        for places, judge in TimeFolds(rows, params.modeling.folds).split()
    ]
    places, said = (np.concatenate(part) for part in zip(*folds, strict=True))
    threshold = thresholds.best_balanced(y[places], said)
    scores = fit(np.arange(len(rows))).predict_proba(dataset.validate[model.features])[:, 1]
    return (scores >= threshold).astype(int)


class _Said(ClassifierMixin, BaseEstimator):
    """Hands on scores that were said before: what fairlearn sets thresholds on."""

    classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - np.ravel(X), np.ravel(X)])

    def __sklearn_is_fitted__(self):
        return True


def _by_group(dataset, whole, asked, params):
    places, said = (np.concatenate(part) for part in zip(*whole.held_out, strict=True))
    score = probabilities.calibrated(said, whole.calibration)
    optimizer = ThresholdOptimizer(
        estimator=_Said(), constraints="true_positive_rate_parity", objective="balanced_accuracy_score", prefit=True,
        predict_method="predict_proba",
    )  # fmt: skip
    y, groups = dataset.train["y"].to_numpy(dtype=int)[places], asked.train.iloc[places]
    named = told_apart(groups, y)
    optimizer.fit(score[:, None], y, sensitive_features=named(groups))
    decided = optimizer.predict(
        whole.score[:, None], sensitive_features=named(asked.validate), random_state=params.modeling.seed
    )
    return np.asarray(decided, dtype=int)


def told_apart(groups: pd.Series, y: np.ndarray) -> Callable[[pd.Series], np.ndarray]:
    """Return what names the group of each row, as far as the rows that are learned from hold both of its outcomes.

    The others are put to those who declared nothing, or where these are no such group to the largest that is.

    Parameters
    ----------
    groups : pandas.Series
        Of the rows that are learned from.
    y : numpy.ndarray of shape (rows,)
    """
    both = pd.Series(y).groupby(groups.to_numpy()).nunique() == 2
    sizes = groups.value_counts()
    known = [name for name in sizes.index if both[name]]
    others = NOT_DECLARED if NOT_DECLARED in known or not known else known[0]
    return lambda asked: asked.where(asked.isin(known), others).to_numpy()


def _constrained(model, dataset, asked, params):
    rows = evenly(dataset.train.assign(group=asked.train.to_numpy()), MOST_ROWS)
    before = filled(("scale", StandardScaler())).fit(rows[model.features])
    reduction = ExponentiatedGradient(
        LogisticRegression(C=0.05, max_iter=2000, class_weight="balanced"), TruePositiveRateParity(), max_iter=ROUNDS
    )
    with warnings.catch_warnings():
        # fairlearn sets values in a way that pandas 4 will refuse; the lock holds pandas 3.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="fairlearn")
        learned_from, y = before.transform(rows[model.features]), rows["y"].to_numpy(dtype=int)
        reduction.fit(learned_from, y, sensitive_features=told_apart(rows["group"], y)(rows["group"]))
    said = reduction.predict(before.transform(dataset.validate[model.features]), random_state=params.modeling.seed)
    return np.asarray(said, dtype=int)


def _compared(decided, rows, own, params):
    y = rows["y"].to_numpy(dtype=int)
    rng = np.random.default_rng([params.modeling.seed, 17])
    weights = metrics.cluster_weights(rows["learner_id"], params.modeling.bootstrap_repeats, rng)
    once, found = np.ones((1, len(y)), dtype="float32"), []
    of = {name: (_measured(y, d, own, once)[:, 0], _measured(y, d, own, weights)) for name, d in decided.items()}
    value, draws = of[AS_IS]
    for name, (mine, mine_draws) in of.items():
        nearer = abs(value[0]) - abs(mine[0])
        low, high = metrics.percentile_interval(np.abs(draws[0]) - np.abs(mine_draws[0]))
        change_low, change_high = metrics.percentile_interval(mine_draws[3] - draws[3])
        found.append(
            [name, mine[0], nearer, float(low), float(high), mine[1], mine[1] - value[1], mine[2], mine[3],
             mine[3] - value[3], float(change_low), float(change_high),
             float(np.mean(decided[name] != decided[AS_IS]))]
        )  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS)


def _measured(y, called, own, weights):
    """Return gap in recall, recall, precision and accuracy in each resample, shape (4, repeats)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside, outside = ((weights[:, s] @ (called * y)[s]) / (weights[:, s] @ y[s]) for s in (own, ~own))
        found = weights @ (called * y)
        right = weights @ (called == y)
        return np.array(
            [inside - outside, found / (weights @ y), found / (weights @ called), right / weights.sum(axis=1)]
        )
