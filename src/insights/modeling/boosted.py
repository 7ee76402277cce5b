"""Boosted trees where one processor is not enough: on a GPU, or data-parallel on all workers of a Dask cluster.

Elsewhere they are scikit-learn's. XGBoost grows trees of the same shape with the same settings, but bins values and
weighs leaves in its own way: on the same rows its ROC AUC differs by less than ``AGREE``, as does that of one device
from another's, which the tests hold. On one device, from the same rows and workers, it is the same twice.

Source: T. Chen and C. Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016.
"""

import contextlib
import json
import queue
import threading

import numpy as np
import xgboost
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.validation import check_is_fitted

from insights import cluster, devices
from insights.params import Compute

AGREE = 0.02  # of ROC AUC
# Small trees, slow enough for few rows (Friedman 2001).
DEFAULTS = {
    "max_iter": 150, "learning_rate": 0.05, "max_leaf_nodes": 8, "min_samples_leaf": 20, "l2_regularization": 1.0,
}  # fmt: skip
ATTEMPTS = 3  # a worker that is lost takes the trees of all with it
PAUSE = 0.5  # seconds between two looks at the workers
PATIENCE = 300  # seconds that one worker may keep the others waiting


def trees(compute: Compute, seed: int) -> BaseEstimator:
    """Return boosted trees of the usual settings: scikit-learn's, unless a GPU or a cluster may be used.

    Parameters
    ----------
    compute : Compute
    seed : int
    """
    device = devices.chosen(compute)
    if device == devices.CPU and compute.dask is None:
        return HistGradientBoostingClassifier(**DEFAULTS, random_state=seed)
    return BoostedTrees(device, compute.dask, compute.rows_a_worker, random_state=seed)


class BoostedTrees(ClassifierMixin, BaseEstimator):
    """Classify by boosted trees that are fitted where there is room for them.

    Parameters
    ----------
    device : str
        ``cpu`` or ``cuda``; every worker of a cluster must have it.
    dask : str or None
        Address of a scheduler, on all of whose workers trees are fitted together if there are many rows.
    rows_a_worker : int
        Rows up to which one process fits them alone.
    max_iter, learning_rate, max_leaf_nodes, min_samples_leaf, l2_regularization, random_state
        As of :class:`sklearn.ensemble.HistGradientBoostingClassifier`.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (2,)
    trees_ : sklearn.ensemble.HistGradientBoostingClassifier or None
        What one processor fitted alone.
    booster_ : str or None
        What XGBoost fitted, as JSON: no foreign object is saved with a model.
    """

    def __init__(
        self, device=devices.CPU, dask=None, rows_a_worker=1_000_000, max_iter=DEFAULTS["max_iter"],
        learning_rate=DEFAULTS["learning_rate"], max_leaf_nodes=DEFAULTS["max_leaf_nodes"],
        min_samples_leaf=DEFAULTS["min_samples_leaf"], l2_regularization=DEFAULTS["l2_regularization"],
        random_state=0,
    ):  # fmt: skip
        self.device = device
        self.dask = dask
        self.rows_a_worker = rows_a_worker
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> "BoostedTrees":
        """Learn from rows, shape (rows, features), missing values among them, and their two classes."""
        values, self.classes_ = np.asarray(X, dtype="float32"), np.unique(y)
        coded = (np.asarray(y) == self.classes_[-1]).astype("float32")
        many = len(coded) > self.rows_a_worker
        self.trees_ = self.booster_ = None
        if many and self.dask is not None and not _works_for_another():
            self.booster_ = _written(self._on_workers(values, coded))
        elif many or self.device == devices.GPU:
            self.booster_ = _written(xgboost.train(self._settings(), xgboost.DMatrix(values, coded), self.max_iter))
        else:
            alone = {name: getattr(self, name) for name in (*DEFAULTS, "random_state")}
            self.trees_ = HistGradientBoostingClassifier(**alone).fit(X, y)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class, shape (rows, 2)."""
        check_is_fitted(self)
        if self.trees_ is not None:
            return self.trees_.predict_proba(X)
        booster = xgboost.Booster(model_file=bytearray(self.booster_, "utf-8"))
        positive = booster.predict(xgboost.DMatrix(np.asarray(X, dtype="float32"))).astype("float64")
        return np.column_stack([1 - positive, positive])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the likelier class of each row, shape (rows,)."""
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]

    def leaves(self) -> list[int]:
        """Return how many leaves each tree has that XGBoost fitted."""
        grown = json.loads(self.booster_)["learner"]["gradient_booster"]["model"]["trees"]
        return [tree["left_children"].count(-1) for tree in grown]

    def _settings(self):
        return {
            "objective": "binary:logistic", "learning_rate": self.learning_rate, "max_leaves": self.max_leaf_nodes,
            "max_depth": 0, "grow_policy": "lossguide", "tree_method": "hist", "reg_lambda": self.l2_regularization,
            "min_child_weight": self.min_samples_leaf / 4,  # of rows that weigh up to a quarter each
            "device": self.device, "seed": self.random_state, "nthread": 1, "verbosity": 0,
        }  # fmt: skip

    def _on_workers(self, values, coded):
        for attempt in range(1, ATTEMPTS + 1):
            with cluster.connected(self.dask) as client:
                try:
                    return _together(client, self._settings(), values, coded, self.max_iter)
                except Exception as error:  # of whatever kind a lost worker causes in Dask or in XGBoost
                    if attempt == ATTEMPTS:
                        raise cluster.ClusterError(
                            f"compute.dask is {self.dask}, on which boosted trees could not be fitted in {ATTEMPTS} "
                            f"attempts ({type(error).__name__}: {_first_line(error)}). Look at its workers, or raise "
                            "compute.rows_a_worker, up to which one process fits them."
                        ) from error


def _together(client, settings, values, coded, rounds):
    """Return the trees that all workers of a cluster fit together, each on its share of the rows.

    What waits for a worker that is lost would wait for ever, so that the workers are looked after meanwhile.
    """
    from dask import array
    from xgboost import dask
    from xgboost.collective import Config

    patience = Config(retry=2, timeout=PATIENCE, tracker_timeout=PATIENCE)
    told = queue.SimpleQueue()

    def fit():
        try:
            with client.as_current():
                each = -(-len(coded) // cluster.threads(client))
                parts = array.from_array(values, (each, -1)), array.from_array(coded, each)
                shares = dask.DaskDMatrix(client, *parts)
                told.put(dask.train(client, settings, shares, rounds, coll_cfg=patience)["booster"])
        except Exception as error:
            told.put(error)

    there = cluster.workers(client)
    threading.Thread(target=fit, daemon=True).start()
    while True:
        with contextlib.suppress(queue.Empty):
            found = told.get(timeout=PAUSE)
            if isinstance(found, Exception):
                raise found
            return found
        if lost := there - cluster.workers(client):
            cluster.cancel(client)  # and with it the lock on the workers that remain
            with contextlib.suppress(queue.Empty):
                told.get(timeout=PATIENCE)
            raise cluster.ClusterError(f"{', '.join(sorted(lost))} was lost")


def _first_line(error):
    return next(iter(str(error).splitlines()), "")[:200]


def _written(booster):
    return booster.save_raw("json").decode()


def _works_for_another():
    """Return whether this is a worker in the middle of a task, whose cluster must not wait for itself."""
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True
