"""The forecaster: logistic regression and gradient boosting that vote, with calibrated probabilities.

Between courses that were trained on and others, few things carry over. Three things help: ranks among those on the
same course instead of counts; rows of the days around the day that is asked about (landmarks), so that the model does
not hang on one course's calendar; and a model that is linear in part. What a family of courses is known to complete
enters through a target encoding; a family never seen counts as the mean.

Sources: H. C. van Houwelingen, "Dynamic prediction by landmarking in event history analysis", Scandinavian Journal of
Statistics 34 (2007), for landmarks; J. Platt, "Probabilistic outputs for support vector machines" (1999), for the
calibration; D. Micci-Barreca, SIGKDD Explorations 3 (2001), for the encoding.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from insights.modeling import learned, metrics, probabilities
from insights.timeline import TimeFolds

NEVER_SURE = 1e-4
FEWEST_CALIBRATED = 3_000  # training rows


@dataclass(frozen=True)
class Forecaster:
    """A fitted model of one question on one day.

    Attributes
    ----------
    features : list of str
        Columns it reads, besides ``family`` where rows have one.
    voters : sklearn.pipeline.Pipeline
    calibration : sklearn.linear_model.LogisticRegression or None
        From the voters' log odds to the outcome, on rows that a fold held out; None for fewer than 3,000 training
        rows: what is learned from models of so few rows does more harm than good to the model of all.
    fold_auc : float
        Mean ROC AUC over folds.
    """

    features: list[str]
    voters: Pipeline
    calibration: LogisticRegression | None
    fold_auc: float

    def raw(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the voters' mean probability before calibration, shape (rows,)."""
        return self.voters.predict_proba(rows[_columns(rows, self.features)])[:, 1]

    def probability(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the calibrated probability of 1, shape (rows,)."""
        raw = self.raw(rows)
        return raw if self.calibration is None else self.calibration.predict_proba(log_odds(raw))[:, 1]


def fit(rows: pd.DataFrame, candidates: dict[str, list[str]], folds: int, seed: int) -> tuple[str, Forecaster]:
    """Fit on training rows with the set of features that does best on held-out folds.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows with ``as_of, resolved_at, y`` and features; with ``family`` the folds hold families apart.
    candidates : dict of str to list of str
        Sets of features by name.
    folds, seed : int

    Returns
    -------
    str, Forecaster
        The name of the set, and the model.
    """
    grouped = rows if "family" in rows else rows.assign(family=rows["learner_id"])
    judged = {name: _judge(rows, features, TimeFolds(grouped, folds), seed) for name, features in candidates.items()}
    name = max(judged, key=lambda one: judged[one][1])
    calibration, auc = judged[name]
    return name, Forecaster(candidates[name], _fitted(rows, candidates[name], seed), calibration, auc)


def linear(rows: pd.DataFrame, features: list[str], seed: int) -> Pipeline:
    """Return logistic regression alone, fitted: what reasons are told from, and what is refitted month by month."""
    model = _with_columns(rows, features, _logistic(), seed)
    return model.fit(rows[_columns(rows, features)], rows["y"].astype(int))


def _judge(rows, features, folds, seed):
    y, scores, outcomes, aucs = rows["y"].to_numpy(dtype=int), [], [], []
    for fit_on, judge in folds.split():
        voters = _fitted(rows.iloc[fit_on], features, seed)
        score = voters.predict_proba(rows.iloc[judge][_columns(rows, features)])[:, 1]
        scores.append(score)
        outcomes.append(y[judge])
        aucs.append(metrics.roc_auc(y[judge], score))
    odds = log_odds(np.concatenate(scores))
    calibration = LogisticRegression(C=1e6).fit(odds, np.concatenate(outcomes))
    return calibration if len(rows) >= FEWEST_CALIBRATED else None, float(np.mean(aucs))


def _fitted(rows, features, seed):
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=150, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=1.0,
        random_state=seed,
    )  # fmt: skip
    vote = VotingClassifier([("logistic", _logistic()), ("boosting", boosting)], voting="soft")
    model = _with_columns(rows, features, vote, seed)
    # threads that share a core with others wait for each other for minutes
    with threadpool_limits(1, "openmp"):
        return model.fit(rows[_columns(rows, features)], rows["y"].astype(int))


def _logistic():
    return Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(C=0.05, max_iter=2000))])


def _with_columns(rows, features, model, seed):
    fill = learned.filling(says_where=True)
    encoder = TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=seed))
    families = [("family", encoder, ["family"])] if "family" in rows else []
    columns = ColumnTransformer([*families, ("features", fill, list(features))], verbose_feature_names_out=False)
    return Pipeline([("columns", columns), ("model", model)])


def _columns(rows, features):
    return [*(["family"] if "family" in rows else []), *features]


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Return the logarithm of the odds, of what is never quite sure, shape (rows, 1)."""
    return probabilities.log_odds(probability, NEVER_SURE).reshape(-1, 1)
