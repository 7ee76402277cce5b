"""Models that learn: a scikit-learn pipeline over named features, with a threshold for the 0/1."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from insights.params import Params


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
    """

    name: str
    estimator: BaseEstimator
    features: list[str]
    threshold_: float = field(default=0.5)

    def fit(self, rows: pd.DataFrame, y: np.ndarray) -> "Learned":
        """Fit a fresh copy of the estimator on training rows."""
        self.fitted_ = single_threaded(clone(self.estimator).fit(rows[self.features], y))
        return self

    def score(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the probability of 1, shape (rows,)."""
        return self.fitted_.predict_proba(rows[self.features])[:, 1]

    def decide(self, rows: pd.DataFrame) -> np.ndarray:
        """Return 0 or 1 for each row."""
        return (self.score(rows) >= self.threshold_).astype(int)

    def on(self, features: list[str]) -> "Learned":
        """Return an unfitted copy that reads other features."""
        return Learned(self.name, self.estimator, features, self.threshold_)


def logistic(features: list[str], params: Params) -> Learned:
    """Return logistic regression on standardised features: the simplest model of the ladder."""
    steps = [
        ("impute", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("model", LogisticRegression(C=0.05, max_iter=2000)),
    ]
    return Learned("logistic", Pipeline(steps), features)


def forest(features: list[str], params: Params, trees: int | None = None) -> Learned:
    """Return a Random Forest (Breiman 2001) with leaves large enough for probabilities."""
    model = RandomForestClassifier(
        n_estimators=trees or params.modeling.forest_trees,
        min_samples_leaf=10,
        max_features="sqrt",
        n_jobs=params.compute.threads,
        random_state=params.modeling.seed,
    )
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return Learned("forest", Pipeline([("impute", impute), ("model", model)]), features)


def single_threaded(fitted: BaseEstimator) -> BaseEstimator:
    """Let a fitted model predict on one thread, so that sums of trees come in one order on every run."""
    for part in (fitted, *getattr(fitted, "named_steps", {}).values()):
        if part.get_params(deep=False).get("n_jobs") is not None:
            part.set_params(n_jobs=1)
    return fitted
