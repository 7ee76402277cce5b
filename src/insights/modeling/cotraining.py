"""Co-training: two views of a thing teach each other from rows whose outcome nobody knows.

Each view's model calls the rows of a pool that it is surest of, and both learn from them (Blum and Mitchell 1998).
That helps where the views are different evidence of the same outcome. Where one tells nothing, or both err together,
it drifts: what a view teaches wrongly comes back as a label. Four things stand against that here.

- It is **repeated** on other halves of the unlabelled rows, and averaged: single runs vary much.
- The half that a run did not touch is its **audit**: models that learned from each other's calls can only order rows
  alike that neither was taught if both tell of the same thing. The weight of co-training in the final score grows
  with that agreement, and is 0 where it is none: then the supervised model on both views answers alone.
- Labelled rows are **held out** fold by fold: teaching stops at the round from which they are told worse.
- The final score is **calibrated** on these rows.

Sources: A. Blum and T. Mitchell, "Combining labeled and unlabeled data with co-training", COLT 1998; S. Dasgupta,
M. Littman and D. McAllester, "PAC generalization bounds for co-training", NIPS 2001, for agreement on unlabelled rows
as evidence; L. Breiman, "Bagging predictors", Machine Learning 24 (1996); J. Platt, Advances in Large Margin
Classifiers (1999), for the calibration.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import check_is_fitted

from insights.modeling import probabilities
from insights.modeling.metrics import roc_auc

UNLABELLED = -1
FOLDS = 5
# Standard errors of agreement up to which co-training has no weight, and from which on all of it.
NONE, WHOLE = 1.0, 2.0
HISTORY = ["repeat", "round", "teacher", "row", "label", "confidence"]


@dataclass(frozen=True)
class Run:
    """One course of co-training: the pair of models of its last round, and what happened on the way.

    Attributes
    ----------
    models : list of two fitted classifiers
    taught : list of list
        Rows of ``HISTORY`` without the repeat.
    agreement : list of float
        Spearman's correlation of the two views' scores on audit rows, by round, from that before any teaching on.
    scores : numpy.ndarray of shape (rounds, 2, held-out rows)
        What each view says, in log odds, of labelled rows that it did not learn from.
    """

    models: list
    taught: list[list]
    agreement: list[float]
    scores: np.ndarray


class CoTrainingClassifier(ClassifierMixin, BaseEstimator):
    """Classify from two views, few labelled rows and many unlabelled ones.

    Parameters
    ----------
    estimator_1, estimator_2 : classifier
        One per view, each with ``predict_proba``.
    positives, negatives : int
        Rows that a view calls in a round. Together they say how many; how many of each class follows the labels, so
        that what is added keeps their balance.
    pool_size : int
        Unlabelled rows that are looked at in a round; filled up after it.
    n_iterations : int
        Most rounds.
    n_repeats : int
        Runs that are averaged.
    estimator : classifier, optional
        For both views side by side; a copy of ``estimator_1`` where None.
    random_state : int, numpy.random.RandomState or None

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (2,)
    supervised_ : classifier
        Fitted on the labelled rows with both views side by side.
    pairs_ : list of list
        The two models of each run; empty where co-training is not used.
    weight_ : float
        Of co-training in the score, 0 to 1.
    agreement_, agreement_error_ : float
        Rank correlation of the views on rows that neither was taught, and its standard error where there is none.
    rounds_ : int
        After so many teaching stopped.
    assumptions_ : dict of str to float
        ``roc_auc_1, roc_auc_2`` (each view alone, on held-out labelled rows), ``dependence`` (correlation of the two
        views' scores within classes there: 0 if they are independent given the class) and ``dependence_error``.
    verdict_ : str
        Whether co-training is used, and why.
    history_ : pandas.DataFrame
        ``repeat, round, teacher`` (1 or 2), ``row, label, confidence``: what each view taught.
    """

    def __init__(
        self, estimator_1, estimator_2, positives=1, negatives=3, pool_size=75, n_iterations=30, n_repeats=6,
        estimator=None, random_state=None,
    ):  # fmt: skip
        self.estimator_1 = estimator_1
        self.estimator_2 = estimator_2
        self.positives = positives
        self.negatives = negatives
        self.pool_size = pool_size
        self.n_iterations = n_iterations
        self.n_repeats = n_repeats
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X: list, y: np.ndarray) -> "CoTrainingClassifier":
        """Learn from labelled and unlabelled rows.

        Parameters
        ----------
        X : list of two arrays, sparse matrices or data frames of shape (rows, features of the view)
        y : array of shape (rows,)
            Two classes, and -1 for unlabelled rows.

        Raises
        ------
        ValueError
            If there are not two views of as many rows as labels, or not two classes among the labels.
        """
        self._check(X, y)
        y = np.asarray(y)
        labelled = np.flatnonzero(y != UNLABELLED)
        self.classes_ = np.unique(y[labelled])
        coded = (y == self.classes_[1]).astype(int)
        self.supervised_ = self._both().fit(_stacked(_rows(X, labelled)), coded[labelled])
        rng = check_random_state(self.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_repeats + FOLDS + 1)
        others = np.flatnonzero(y == UNLABELLED)
        self._judge(X, coded, labelled, others, seeds)
        return self

    def predict_proba(self, X: list) -> np.ndarray:
        """Return the probability of each class, shape (rows, 2)."""
        check_is_fitted(self)
        _check_views(X)
        score = _log_odds(self.supervised_, _stacked(X))
        if self.weight_ > 0:
            score = score + self.weight_ * np.mean(
                [_by_view(models, X).mean(axis=0) for models in self.pairs_], axis=0
            )
        positive = expit(self.slope_ * score + self.intercept_)
        return np.column_stack([1 - positive, positive])

    def predict(self, X: list) -> np.ndarray:
        """Return the likelier class of each row, shape (rows,)."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]

    @property
    def history_(self) -> pd.DataFrame:
        """What each view taught."""
        history = pd.DataFrame(self.taught_, columns=HISTORY)
        return history.assign(label=self.classes_[history["label"].to_numpy(dtype=int)])

    def taught_right(self, y: np.ndarray) -> pd.DataFrame:
        """Return how often each view taught rightly, where the true classes are known.

        Parameters
        ----------
        y : array of shape (rows,)
            True classes of the rows that were given to :meth:`fit`.

        Returns
        -------
        pandas.DataFrame
            ``teacher, round, taught, right`` (share of 0 to 1).
        """
        check_is_fitted(self)
        right = self.history_["label"].to_numpy() == np.asarray(y)[self.history_["row"].to_numpy(dtype=int)]
        by = self.history_.assign(right=right).groupby(["teacher", "round"])["right"]
        return by.agg(taught="size", right="mean").reset_index()

    def _check(self, X, y):
        _check_views(X)
        if X[0].shape[0] != len(y):
            raise ValueError(f"{X[0].shape[0]} rows in the views and {len(y)} labels: they must be as many.")
        classes = np.unique(np.asarray(y)[np.asarray(y) != UNLABELLED])
        if len(classes) != 2:
            raise ValueError(
                f"The labels hold {len(classes)} classes ({', '.join(map(str, classes[:5]))}); co-training tells two "
                f"apart. Mark unlabelled rows with {UNLABELLED}."
            )
        if min(self.positives, self.negatives, self.pool_size, self.n_repeats) < 1 or self.n_iterations < 0:
            raise ValueError("positives, negatives, pool_size and n_repeats must be at least 1, n_iterations 0.")

    def _both(self):
        return clone(self.estimator_1 if self.estimator is None else self.estimator)

    def _judge(self, X, coded, labelled, others, seeds):
        """Run co-training, find out whether it may be used and for how many rounds, and calibrate what is left."""
        self.pairs_, self.weight_, self.agreement_, self.agreement_error_ = [], 0.0, np.nan, np.nan
        self.rounds_, self.taught_ = 0, []
        folds = self._folds(coded[labelled], seeds[-1])
        runs = [
            self._run(X, coded, labelled[fit], others, seed, held=labelled[held])
            for (fit, held), seed in zip(folds, seeds, strict=False)
        ]
        sides = [_log_odds(self._both().fit(_stacked(_rows(X, labelled[fit])), coded[labelled[fit]]),
                           _stacked(_rows(X, labelled[held]))) for fit, held in folds]  # fmt: skip
        outcome = np.concatenate([coded[labelled[held]] for _, held in folds]) if folds else np.array([])
        self.assumptions_ = _assumptions([run.scores[0] for run in runs], outcome)
        if len(others) >= 2 * (self.positives + self.negatives) and self.n_iterations and runs:
            shortest = min(len(run.scores) for run in runs)
            scores = np.concatenate([run.scores[:shortest].mean(axis=1) for run in runs], axis=1)
            self.rounds_ = _best_round(_log_loss(scores, outcome))
            self._co_train(X, coded, labelled, others, seeds[FOLDS:-1])
        self.verdict_ = self._verdict(len(others))
        # A run whose pool was empty earlier stands where it ended.
        taught = [run.scores[min(self.rounds_, len(run.scores) - 1)].mean(axis=0) for run in runs]
        scores = [side + self.weight_ * score for side, score in zip(sides, taught, strict=True)]
        self.slope_, self.intercept_ = probabilities.line(np.concatenate(scores or [[]]), outcome)

    def _co_train(self, X, coded, labelled, others, seeds):
        finals = [self._run(X, coded, labelled, others, seed, rounds=self.rounds_) for seed in seeds]
        self.pairs_ = [run.models for run in finals]
        self.taught_ = [[place, *row] for place, run in enumerate(finals) for row in run.taught]
        self.agreement_ = float(np.nan_to_num(np.mean([run.agreement[-1] for run in finals])))
        self.agreement_error_ = float(1 / np.sqrt(len(others) // 2))
        sure = self.agreement_ / self.agreement_error_
        self.weight_ = float(np.clip((sure - NONE) / (WHOLE - NONE), 0, 1))

    def _run(self, X, coded, labelled, others, seed, held=None, rounds=None):
        """Let the views teach each other from a half of the unlabelled rows; the other half audits them."""
        rng = np.random.default_rng(seed)
        shuffled = rng.permutation(others)
        audit, waiting = np.array_split(shuffled, 2)
        known, share = dict(zip(labelled, coded[labelled], strict=True)), coded[labelled].mean()
        taught, agreement, scores = [], [], []
        for turn in range((self.n_iterations if rounds is None else rounds) + 1):
            rows = np.fromiter(known, dtype=int)
            outcome = np.fromiter(known.values(), dtype=int)
            models = [
                clone(model).fit(_safe_indexing(x, rows), outcome)
                for model, x in zip((self.estimator_1, self.estimator_2), X, strict=True)
            ]
            agreement.append(_agreement(models, X, audit))
            scores.append([] if held is None else _by_view(models, _rows(X, held)))
            pool = waiting[: self.pool_size]
            calls = self._calls(models, X, pool, share, rng)
            if not calls:
                break
            taught += [[turn + 1, *call] for call in calls]
            known |= {row: label for _, row, label, _ in calls}
            waiting = waiting[~np.isin(waiting, [row for _, row, _, _ in calls])]
        return Run(models, taught, agreement, np.array(scores))

    def _calls(self, models, X, pool, share, rng):
        """Return what each view calls of the pool, ``teacher, row, label, confidence``, but for what they dispute."""
        many = self.positives + self.negatives
        if len(pool) < 2 * many:
            return []
        calls = {}
        for teacher, (model, x) in enumerate(zip(models, X, strict=True), start=1):
            chance = model.predict_proba(_safe_indexing(x, pool))[:, 1]
            ones = int(np.clip(np.floor(many * share + rng.random()), 1, many - 1))
            order = np.argsort(chance, kind="stable")
            for place, label in [(p, 1) for p in order[-ones:]] + [(p, 0) for p in order[: many - ones]]:
                sure = chance[place] if label else 1 - chance[place]
                calls.setdefault(int(pool[place]), []).append((teacher, int(pool[place]), label, float(sure)))
        return [said[0] for said in calls.values() if len({label for _, _, label, _ in said}) == 1]

    def _folds(self, outcome, seed):
        """Return folds of the labelled rows, none where a class has a single one."""
        few = int(min(outcome.sum(), (1 - outcome).sum()))
        if few < 2:
            return []
        splitter = StratifiedKFold(min(FOLDS, few), shuffle=True, random_state=seed)
        return list(splitter.split(outcome, outcome))

    def _verdict(self, others):
        if not self.pairs_:
            return (
                f"Co-training is not used: {others} unlabelled rows, or too few labelled ones of a class, are not "
                "enough to teach from and to check. The supervised model answers."
            )
        found = f"the views agree on rows that neither was taught by {self.agreement_:.2f}"
        if self.weight_ == 0:
            return f"Co-training is not used: {found}, which is none. The supervised model answers."
        if self.weight_ < 1:
            return f"Co-training counts in part (weight {self.weight_:.2f}): {found}, which may be chance."
        return f"Co-training is used: {found}, beyond chance, after {self.rounds_} rounds."


def _check_views(X):
    if not isinstance(X, (list, tuple)) or len(X) != 2:
        raise ValueError("Co-training takes a list of two views, X = [X1, X2].")
    if X[0].shape[0] != X[1].shape[0]:
        raise ValueError(f"The views hold {X[0].shape[0]} and {X[1].shape[0]} rows; each row must be in both.")


def _rows(X, rows):
    return [_safe_indexing(x, rows) for x in X]


def _stacked(X):
    """Return both views side by side."""
    if any(sparse.issparse(x) for x in X):
        return sparse.hstack([sparse.csr_array(x) for x in X]).tocsr()
    if all(isinstance(x, pd.DataFrame) for x in X):
        both = pd.concat([x.reset_index(drop=True) for x in X], axis=1)
        return both.set_axis([f"{place}_{name}" for place, x in enumerate(X, start=1) for name in x], axis=1)
    return np.hstack([np.asarray(x) for x in X])


def _log_odds(model, x):
    return probabilities.log_odds(model.predict_proba(x)[:, 1])


def _by_view(models, X):
    """Return the log odds that each view's model gives, shape (2, rows)."""
    return np.array([_log_odds(model, x) for model, x in zip(models, X, strict=True)])


def _assumptions(scores, outcome):
    """Return how each view tells held-out rows apart, and how the views' scores depend within classes."""
    if not scores:
        return dict.fromkeys(("roc_auc_1", "roc_auc_2", "dependence", "dependence_error"), np.nan)
    scores = np.concatenate(scores, axis=1)
    means = [scores[:, outcome == c].mean(axis=1, keepdims=True) for c in (1, 0)]
    centred = scores - np.where(outcome == 1, *means)
    spread = centred.std(axis=1).prod()
    return {
        "roc_auc_1": roc_auc(outcome, scores[0]), "roc_auc_2": roc_auc(outcome, scores[1]),
        "dependence": float(centred.prod(axis=0).mean() / spread) if spread > 0 else 0.0,
        "dependence_error": float(1 / np.sqrt(max(len(outcome) - 3, 1))),
    }  # fmt: skip


def _agreement(models, X, audit):
    if len(audit) < 3:
        return 0.0
    scores = _by_view(models, _rows(X, audit))
    if min(np.ptp(score) for score in scores) == 0:
        return 0.0
    return float(spearmanr(*scores).statistic)


def _log_loss(score, outcome):
    return np.logaddexp(0, -score * (2 * outcome - 1))


def _best_round(loss):
    """Return the last round, or the one with the least loss if those after it are worse by more than an error."""
    mean = loss.mean(axis=1)
    best = int(mean.argmin())
    worse = loss[-1] - loss[best]
    error = worse.std(ddof=1) / np.sqrt(len(worse))
    return best if mean[-1] - mean[best] > error else len(loss) - 1
