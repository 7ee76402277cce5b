"""TPOT behind our own interface: a small search space, our folds, a budget in evaluations.

TPOT gets a finished numeric matrix, our time-ordered folds and a number of generations, never a time limit:
with one it would not give the same answer twice. It runs on an in-process Dask cluster. What it finds is
returned as a plain scikit-learn pipeline.
"""

import contextlib
import logging
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from insights.modeling.learned import Learned
from insights.params import Params
from insights.timeline import TimeFolds, evenly


class SearchError(RuntimeError):
    """A search in which no pipeline could be evaluated."""


@dataclass(frozen=True)
class Search:
    """What a search found and what it did.

    Attributes
    ----------
    model : Learned
        The winner, unfitted, as plain scikit-learn.
    log : pandas.DataFrame
        A row per pipeline: ``generation, pipeline, roc_auc`` (mean over folds; missing where it failed).
    """

    model: Learned
    log: pd.DataFrame

    @property
    def evaluated(self) -> int:
        """How many pipelines got a score."""
        return int(self.log["roc_auc"].notna().sum())


def search(rows: pd.DataFrame, features: list[str], params: Params) -> Search:
    """Search pipelines with TPOT (Olson and Moore 2016) on training rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows with the features and ``y``. More than ``modeling.tpot_rows`` are thinned out evenly
        for the search; the winner is fitted on all.
    features : list of str
    params : Params

    Raises
    ------
    SearchError
        If no pipeline could be evaluated; the message says how many were tried.
    """
    tpot = _import_tpot()
    searched = evenly(rows, params.modeling.tpot_rows)
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    matrix = impute.fit_transform(searched[features])
    folds = TimeFolds(searched, params.modeling.folds)
    found = _run(tpot, matrix, searched["y"].to_numpy(dtype=int), folds, params)
    log = _log(found)
    if log["roc_auc"].notna().sum() == 0:
        raise SearchError(f"TPOT tried {len(log)} pipelines and could evaluate none of them.")
    best = log["roc_auc"].idxmax()
    steps = found.evaluated_individuals.loc[best, "Instance"].steps
    return Search(Learned("tpot", _plain(impute, steps), features), log.reset_index(drop=True))


def _import_tpot():
    # TPOT asks a package index for updates while it is imported, Dask asks by which address a public host is reached.
    import update_checker
    from distributed.comm import inproc

    update_checker.update_check = lambda *args, **kwargs: None
    inproc.get_ip = lambda: "127.0.0.1"
    with _quiet():
        import tpot

    return tpot


def _run(tpot, matrix, y, folds, params):
    from dask.distributed import Client

    estimator = tpot.TPOTEstimator(
        search_space=_space(tpot, matrix.shape[1], params.modeling.seed),
        scorers=["roc_auc"], scorers_weights=[1], classification=True, cv=folds,
        population_size=params.modeling.tpot_population, generations=params.modeling.tpot_generations,
        max_time_mins=None, max_eval_time_mins=60, early_stop=None, verbose=0,
        random_state=params.modeling.seed,
    )  # fmt: skip
    with (
        _quiet(),
        Client(
            processes=False, n_workers=1, threads_per_worker=params.compute.threads, dashboard_address=None
        ) as client,
    ):
        return estimator.set_params(client=client).fit(matrix, y)


def _space(tpot, width, seed):
    from ConfigSpace import ConfigurationSpace, Float, Integer
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.feature_selection import SelectPercentile, VarianceThreshold
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    nodes, pipelines = tpot.search_spaces.nodes, tpot.search_spaces.pipelines

    def node(method, fixed=(), **ranges):
        return nodes.EstimatorNode(method=method, space=ConfigurationSpace(space={**dict(fixed), **ranges}))

    trees = {"n_estimators": 200, "n_jobs": 1, "random_state": seed}
    leaves = Integer("min_samples_leaf", (3, 40), log=True)
    share = Float("max_features", (0.1, 0.6))
    models = [
        node(LogisticRegression, {"max_iter": 2000}, C=Float("C", (0.001, 1.0), log=True)),
        node(RandomForestClassifier, trees, min_samples_leaf=leaves, max_features=share),
        node(ExtraTreesClassifier, trees, min_samples_leaf=leaves, max_features=share),
        node(
            HistGradientBoostingClassifier, {"max_iter": 100, "random_state": seed},
            learning_rate=Float("learning_rate", (0.02, 0.15), log=True),
            max_leaf_nodes=Integer("max_leaf_nodes", (4, 24)),
            min_samples_leaf=Integer("min_samples_leaf", (10, 60)),
        ),
    ]  # fmt: skip
    return pipelines.SequentialPipeline(
        [
            node(VarianceThreshold),
            node(StandardScaler),
            node(SelectPercentile, percentile=Integer("percentile", (20, 100))),
            pipelines.ChoicePipeline(models),
        ]
    )


def _log(found):
    tried = found.evaluated_individuals
    scores = pd.to_numeric(tried["roc_auc_score"], errors="coerce") if "roc_auc_score" in tried else np.nan
    names = [_name(instance) for instance in tried["Instance"]]
    return pd.DataFrame(
        {"generation": tried["Generation"].astype(int), "pipeline": names, "roc_auc": scores},
        index=tried.index,
    )


def _name(pipeline):
    return (
        " > ".join(type(step).__name__ for _, step in pipeline.steps) if pipeline is not None else "invalid"
    )


def _plain(impute, steps) -> BaseEstimator:
    return Pipeline(
        [("impute", clone(impute)), *((name, clone(_plain_values(step))) for name, step in steps)]
    )


def _plain_values(step):
    values = {k: v.item() if isinstance(v, np.generic) else v for k, v in step.get_params(deep=False).items()}
    return type(step)(**values)


@contextlib.contextmanager
def _quiet():
    """Dask and TPOT speak while they work; nothing of it belongs on a page. Errors still come through."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
