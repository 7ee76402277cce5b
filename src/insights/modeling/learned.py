"""Models that learn: a scikit-learn pipeline over named features, with a threshold for the 0/1."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectPercentile
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, ElasticNetCV, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from insights import parallel
from insights.features import need, registry
from insights.modeling import boosted, probabilities
from insights.modeling.dataset import row_hash
from insights.modeling.thresholds import Worth
from insights.params import Params

L1_RATIO, ITERATIONS = 0.5, 10_000  # of the elastic net
AS_THEY_ARE = ("opinion", "tone", "season", "audience", "overlap")  # families read beside what is seen per need


@dataclass
class Learned:
    """A model that is fitted on features.

    Attributes
    ----------
    name : str
    estimator : scikit-learn classifier
    features : list of str
        Columns it reads.
    threshold_ : float
        Decide 1 from this probability on; set by :mod:`insights.modeling.thresholds`.
    calibration_ : tuple of float
        Slope and intercept that turn the estimator's log odds into those of the probability; set by
        :mod:`insights.modeling.probabilities`.
    worth_ : insights.modeling.thresholds.Worth or None
        What calling a row 1 brings by its score, where held-out rows told it.
    """

    name: str
    estimator: BaseEstimator
    features: list[str]
    threshold_: float = field(default=0.5)
    calibration_: tuple[float, float] = field(default=probabilities.AS_SAID)
    worth_: Worth | None = field(default=None)

    def fit(self, rows: pd.DataFrame, y: np.ndarray, unlabelled: pd.DataFrame | None = None) -> "Learned":
        """Fit a fresh copy of the estimator on training rows; rows without an outcome teach it nothing."""
        read, told = self.taught(rows, y, unlabelled)
        # Two threads of boosting that share a busy core wait minutes for each other.
        with threadpool_limits(1, "openmp"), parallel.processes():
            self.fitted_ = single_threaded(clone(self.made(rows)).fit(read, told))
        return self

    def made(self, rows: pd.DataFrame) -> BaseEstimator:
        """Return the estimator that is fitted on these rows."""
        return self.estimator

    def taught(
        self, rows: pd.DataFrame, y: np.ndarray, unlabelled: pd.DataFrame | None = None
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Return what the estimator reads of the rows it learns from, and what it learns to tell of them."""
        return self.read(rows), self.target(rows, y)

    def target(self, rows: pd.DataFrame, y: np.ndarray) -> np.ndarray:
        """Return what the estimator learns to tell, shape (rows,): the outcome."""
        return y

    def read(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what the estimator reads of rows: the features."""
        return rows[self.features]

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of 1, shape (rows,)."""
        return probabilities.calibrated(self.said(rows), self.calibration_)

    def said(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of 1 as the estimator says it, shape (rows,)."""
        return self.fitted_.predict_proba(self.read(rows))[:, 1]

    def decide(self, rows: pd.DataFrame) -> np.ndarray:
        """Return 0 or 1 for each row."""
        return (self.score(rows) >= self.threshold_).astype(int)

    def threshold_at(self, costs: float) -> float:
        """Return from where on to decide 1 if all asked so many times as much; the same where rows told no worth."""
        return self.threshold_ if self.worth_ is None else self.worth_.threshold(costs)

    def on(self, features: list[str]) -> "Learned":
        """Return an unfitted copy that reads other features."""
        return replace(self, features=features)

    def settled(self, sets: Iterable[pd.DataFrame]) -> "Learned":
        """Return an unfitted copy that, on each of these sets of rows, uses whatever this model searches there.

        Reading other features it is then fitted as this one is, and what differs is the features alone. A model that
        searches nothing while it is fitted is returned as it is.
        """
        return self


@dataclass
class MarginModel(Learned):
    """A model that learns how far the margin lies above or below its hurdle, and not only on which side.

    Attributes
    ----------
    penalties : dict of int to float
        The penalty to use on each set of rows, by their identity; on others it is searched.
    """

    penalties: dict[int, float] = field(default_factory=dict)

    def target(self, rows: pd.DataFrame, y: np.ndarray) -> np.ndarray:
        """Return the logarithm of the margin earned over the hurdle, shape (rows,): 0 where it is just reached."""
        earned = (rows["margin_earned"] / rows["hurdle"]).clip(lower=0).to_numpy(dtype="float64")
        return np.log((earned + need.NO_MARGIN) / (1 + need.NO_MARGIN))

    def made(self, rows: pd.DataFrame) -> BaseEstimator:
        """Return the regression with the penalty for these rows, or with a search for it."""
        penalty = self.penalties.get(row_hash(rows)) if self.penalties else None
        if penalty is None:
            return self.estimator
        return reaching(ElasticNet(alpha=penalty, l1_ratio=L1_RATIO, max_iter=ITERATIONS))

    def settled(self, sets: Iterable[pd.DataFrame]) -> "MarginModel":
        """Return an unfitted copy that uses, on each of these sets of rows, the penalty that is found there."""
        found = {row_hash(rows): self._penalty(rows) for rows in sets}
        return replace(self, penalties=found)

    def _penalty(self, rows):
        fitted = replace(self).fit(rows, rows["y"].to_numpy(dtype=int)).fitted_
        return float(fitted.regressor_.named_steps["model"].alpha_)


@dataclass
class Searched(Learned):
    """A model that a search of pipelines found, whose steps may leave nothing of few features to learn from."""

    def made(self, rows: pd.DataFrame) -> BaseEstimator:
        """Return the pipeline, its selection wide enough to keep one of the features that vary in these rows.

        Where no feature has two known values it is what says the share of 1 of every row.
        """
        varying = int(rows[self.features].nunique().gt(1).sum())
        if varying == 0:
            return DummyClassifier()
        least = math.ceil(100 / varying)
        narrow = [
            f"{name}__percentile" for name, step in self.estimator.steps
            if isinstance(step, SelectPercentile) and step.percentile < least
        ]  # fmt: skip
        return clone(self.estimator).set_params(**dict.fromkeys(narrow, least)) if narrow else self.estimator


class Reaches(ClassifierMixin, BaseEstimator):
    """Tell the probability that a value is at least 0, from a regression of the value with normal errors.

    Parameters
    ----------
    regressor : scikit-learn regressor

    Attributes
    ----------
    regressor_ : the same, fitted
    spread_ : float
        Standard deviation of the errors, for as many degrees of freedom as are left.
    classes_ : numpy.ndarray of shape (2,)
    """

    def __init__(self, regressor: BaseEstimator):
        self.regressor = regressor

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Reaches":
        """Fit the regression on values, not on outcomes."""
        self.regressor_ = clone(self.regressor).fit(X, y)
        error, width = y - self.regressor_.predict(X), np.shape(X)[1]
        self.spread_ = float(np.sqrt((error**2).sum() / max(len(y) - width - 1, 1)))
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of falling short and of reaching it, shape (rows, 2)."""
        reach = norm.cdf(self.regressor_.predict(X) / max(self.spread_, 1e-9))
        return np.column_stack([1 - reach, reach])


def margin(features: list[str], params: Params) -> MarginModel:
    """Return a linear regression of the margin over its hurdle, on signals that stand for demand.

    They are what was seen over the need, opinions, the audience and the season. A 0/1 outcome forgets by how much a
    product missed or passed its hurdle; few rows tell more with it. Elastic net (Zou and Hastie 2005), its penalty by
    errors on four stretches of the training rows, which stand in the order of time.
    """
    families = {f.name: f.family for f in registry.features(need.MODEL, features)}
    read = [name for name in features if families.get(name) in (*need.FAMILIES, *AS_THEY_ARE)]
    return MarginModel("margin", reaching(ElasticNetCV(l1_ratio=L1_RATIO, cv=4, max_iter=ITERATIONS)), read)


def reaching(net: BaseEstimator) -> Reaches:
    """Return what tells, by a regression of standardised features, the probability of reaching 0."""
    return Reaches(filled(("scale", StandardScaler()), ("model", net)))


def logistic(features: list[str], params: Params) -> Learned:
    """Return logistic regression on standardised features: the simplest model of the ladder."""
    model = LogisticRegression(C=0.05, max_iter=2000)
    return Learned("logistic", filled(("scale", StandardScaler()), ("model", model)), features)


def forest(features: list[str], params: Params, trees: int | None = None) -> Learned:
    """Return a Random Forest (Breiman 2001) with leaves large enough for probabilities."""
    model = RandomForestClassifier(
        n_estimators=trees or params.modeling.forest_trees,
        min_samples_leaf=10,
        max_features="sqrt",
        n_jobs=params.compute.threads,
        random_state=params.modeling.seed,
    )
    return Learned("forest", filled(("model", model)), features)


def boosting(features: list[str], params: Params) -> Learned:
    """Return boosted trees, which a GPU or a cluster fits where the parameters name one and it pays."""
    return Learned("boosting", filled(("model", boosted.trees(params.compute, params.modeling.seed))), features)


HAND_MADE = {  # the simplest first: of those that are about as good it is chosen
    "margin": margin,
    "logistic": logistic,
    "forest": forest,
    "boosting": boosting,
}


def filled(*steps: tuple[str, BaseEstimator]) -> Pipeline:
    """Return a pipeline that fills gaps by the median and says where they were, before the given steps."""
    return Pipeline([("impute", filling(says_where=True)), *steps])


def filling(says_where: bool = False) -> SimpleImputer:
    """Return what fills gaps by the median of training rows."""
    return SimpleImputer(strategy="median", add_indicator=says_where, keep_empty_features=True)


def standardised(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return columns with gaps filled, each of mean 0 and standard deviation 1, shape (rows, names)."""
    return StandardScaler().fit_transform(filling().fit_transform(rows[names]))


def single_threaded(fitted: BaseEstimator) -> BaseEstimator:
    """Let a fitted model predict on one thread, so that sums of trees come in one order on every run."""
    for part in (fitted, *getattr(fitted, "named_steps", {}).values()):
        if part.get_params(deep=False).get("n_jobs") is not None:
            part.set_params(n_jobs=1)
    return fitted
