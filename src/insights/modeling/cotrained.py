"""Co-training as a rung of the ladder: the product's plan and journeys are one view, social feeds the other.

Products that were announced and wait for their launch have no outcome yet; here they teach nevertheless.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from insights.features import need, registry
from insights.modeling.cotraining import UNLABELLED, CoTrainingClassifier
from insights.modeling.learned import Learned, filled
from insights.params import Params

ROUNDS, CALLED = 10, 4


class CoTrained(Learned):
    """A model of two views, which learns from rows without an outcome as well."""

    def taught(
        self, rows: pd.DataFrame, y: np.ndarray, unlabelled: pd.DataFrame | None = None
    ) -> tuple[list[pd.DataFrame], np.ndarray]:
        """Return both views of training rows and of rows without an outcome that were as old, and the labels.

        Parameters
        ----------
        rows : pandas.DataFrame
            With ``resolved_at`` and the features.
        y : array of shape (rows,)
        unlabelled : pandas.DataFrame, optional
            As the rows; those that resolve after the last of them are left out, as nobody could know them yet.
        """
        waiting = rows.head(0) if unlabelled is None else unlabelled
        waiting = waiting[waiting["resolved_at"] <= rows["resolved_at"].max()]
        both = pd.concat([rows[self.features], waiting[self.features]], ignore_index=True)
        told = np.concatenate([np.asarray(y, dtype=int), np.full(len(waiting), UNLABELLED)])
        return self.read(both), told

    def on(self, features: list[str]) -> Learned:
        """Return an unfitted copy that reads other features; where these leave one view, its own model alone."""
        if all(divided(features)):
            return super().on(features)
        alone = self.estimator.estimator_1
        return Learned(self.name, alone, features, self.threshold_, self.calibration_, self.worth_)

    def read(self, rows: pd.DataFrame) -> list[pd.DataFrame]:
        """Return the columns of each view."""
        return [rows[names] for names in divided(self.features)]


def divided(features: list[str]) -> tuple[list[str], list[str]]:
    """Return the features that plan and journeys tell, and those that social feeds tell."""
    social = {f.name for f in registry.features(need.MODEL, features) if f.view == registry.SOCIAL}
    return [name for name in features if name not in social], [name for name in features if name in social]


def cotraining(features: list[str], params: Params) -> CoTrained:
    """Return co-training of two logistic regressions (Blum and Mitchell 1998), with the checks of our estimator."""
    learner = filled(("scale", StandardScaler()), ("model", LogisticRegression(C=0.05, max_iter=2000)))
    estimator = CoTrainingClassifier(
        learner, learner, positives=CALLED, negatives=CALLED, n_iterations=ROUNDS, random_state=params.modeling.seed
    )  # fmt: skip
    return CoTrained("cotraining", estimator, features)
