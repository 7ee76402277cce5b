"""Boosted trees on one processor, on a GPU and on a cluster agree; where there is neither, nothing changes."""

import numpy as np
import pytest
import xgboost.dask
from clusters import cluster as started
from micro import window
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from insights import cluster, devices
from insights.findings import scores
from insights.modeling import boosted, learned, saved
from insights.modeling.search.complexity import complexity

MANY, FEW = 2_000, 300


def rows(n, seed=1):
    """Return rows with gaps, and an outcome that two of their columns tell together."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    y = (rng.random(n) < 1 / (1 + np.exp(-X[:, 0] - X[:, 1] * X[:, 2]))).astype(int)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X, y


def auc(model, seed=2):
    X, y = rows(MANY, seed)
    return roc_auc_score(y, model.predict_proba(X)[:, 1])


def alone(model=None):
    return (model or HistGradientBoostingClassifier(**boosted.DEFAULTS, random_state=0)).fit(*rows(MANY))


@pytest.fixture
def gpus(monkeypatch, tmp_path):
    """Let a driver stand in the path that names GPUs, or ends with an error where it names none."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    devices.seen.cache_clear()

    def there(*names):
        driver = tmp_path / "nvidia-smi"
        lines = "".join(f"echo '{name}'\n" for name in names)
        driver.write_text(f"#!/bin/sh\n{lines or 'echo No devices were found; exit 6'}\n")
        driver.chmod(0o755)

    yield there
    devices.seen.cache_clear()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with started(tmp_path_factory.mktemp("cluster")) as made:
        yield made


def test_where_neither_is_asked_for_they_are_those_of_scikit_learn(gpus):
    gpus()
    model = boosted.trees(window().compute, 7)
    assert type(model) is HistGradientBoostingClassifier
    assert model.get_params() == HistGradientBoostingClassifier(**boosted.DEFAULTS, random_state=7).get_params()


def test_a_gpu_is_used_where_one_is_seen_and_not_where_the_parameters_forbid_it(gpus):
    gpus("NVIDIA A10", "NVIDIA A10")
    assert devices.seen() == ("NVIDIA A10", "NVIDIA A10")
    assert learned.boosting(["x"], window()).estimator.named_steps["model"].device == "cuda"
    assert devices.chosen(window(compute={"device": "cpu"}).compute) == "cpu"


def test_the_report_says_that_a_gpu_was_used_and_nothing_where_none_was(gpus):
    gpus("NVIDIA A10", "NVIDIA A10")
    assert [str(one) for one in scores.fitted_on(window().compute)] == [
        "Boosted trees were fitted on a GPU: NVIDIA A10."
    ]
    assert scores.fitted_on(window(compute={"device": "cpu"}).compute) == ()


def test_a_gpu_that_is_asked_for_and_not_there_is_refused(gpus):
    gpus()
    devices.check(window().compute)
    with pytest.raises(devices.DeviceError, match=r"compute\.device is cuda, and no GPU is seen here"):
        devices.check(window(compute={"device": "cuda"}).compute)


def test_few_rows_are_fitted_as_by_scikit_learn_whatever_cluster_is_named():
    X, y = rows(FEW)
    model = boosted.BoostedTrees(dask="tcp://nowhere:1", rows_a_worker=FEW).fit(X, y)
    plain = HistGradientBoostingClassifier(**boosted.DEFAULTS, random_state=0).fit(X, y)
    assert np.array_equal(model.predict_proba(X), plain.predict_proba(X))


def test_many_rows_are_fitted_on_all_workers_as_well_as_alone_and_the_same_twice(running):
    spread = [alone(boosted.BoostedTrees(dask=running.address, rows_a_worker=FEW)) for _ in range(2)]
    assert spread[0].trees_ is None and spread[0].booster_ == spread[1].booster_
    assert auc(spread[0]) > 0.65 and abs(auc(spread[0]) - auc(alone())) < boosted.AGREE


def test_trees_on_workers_follow_the_settings(running):
    X, y = rows(MANY)
    few = boosted.BoostedTrees(dask=running.address, rows_a_worker=FEW, max_iter=3, max_leaf_nodes=2).fit(X, y)
    assert few.leaves() == [2, 2, 2] and complexity(few) == 1 + 3 * (3 * 2 - 2)


def test_a_worker_that_is_lost_costs_another_attempt_and_no_answer(tmp_path, monkeypatch):
    train, calls = xgboost.dask.train, []
    with started(tmp_path) as made:

        def losing_one(*asked, **others):
            calls.append(asked)
            if len(calls) == 1:
                made.workers[0].kill()
            return train(*asked, **others)

        monkeypatch.setattr(xgboost.dask, "train", losing_one)
        model = alone(boosted.BoostedTrees(dask=made.address, rows_a_worker=FEW))
    assert len(calls) == 2 and abs(auc(model) - auc(alone())) < boosted.AGREE


def test_a_cluster_that_cannot_fit_them_is_named_with_the_remedy(running, monkeypatch):
    monkeypatch.setattr(boosted, "ATTEMPTS", 1)
    X, y = rows(FEW)
    with pytest.raises(cluster.ClusterError, match=r"could not be fitted in 1 attempts.*rows_a_worker"):
        boosted.BoostedTrees(dask=running.address, rows_a_worker=1, learning_rate=-1.0).fit(X, y)


@pytest.mark.skipif(not devices.seen(), reason="no GPU is seen on this machine")
def test_a_gpu_agrees_with_the_processor():
    assert abs(auc(alone(boosted.BoostedTrees(devices.GPU))) - auc(alone())) < boosted.AGREE


def test_what_xgboost_fitted_is_saved_and_read_back_without_foreign_objects(tmp_path):
    X, y = rows(MANY)
    model = learned.Learned("boosting", boosted.BoostedTrees(rows_a_worker=FEW), ["a"])
    model.fitted_ = model.estimator.fit(X, y)
    saved.save(model, tmp_path / "model.skops")
    again = saved.load(tmp_path / "model.skops").fitted_
    assert model.fitted_.booster_ and np.array_equal(again.predict_proba(X), model.fitted_.predict_proba(X))
    assert set(again.predict(X)) == {0, 1}
