"""The search: the same twice, bounded in evaluations, and its winner plain scikit-learn."""

import logging

import numpy as np
import pandas as pd
import pytest
from micro import window
from synthetic import launch_data

from insights import timeline
from insights.modeling import automl, saved

BUDGET = {"tpot_population": 3, "tpot_generations": 1, "tpot_rows": 160}
STEPS = ["SimpleImputer", "VarianceThreshold", "StandardScaler", "SelectPercentile"]
MODELS = {
    "LogisticRegression",
    "RandomForestClassifier",
    "ExtraTreesClassifier",
    "HistGradientBoostingClassifier",
}


def searched(data, threads):
    params = window(modeling=BUDGET, compute={"threads": threads})
    return automl.search(data.train, data.features, params)


@pytest.fixture(scope="module")
def data():
    return launch_data(window())


@pytest.fixture(scope="module")
def found(data):
    return searched(data, threads=2)


def test_two_searches_find_the_same_and_threads_do_not_matter(found, data):
    again = searched(data, threads=1)
    pd.testing.assert_frame_equal(found.log, again.log, check_exact=True)
    y = data.train["y"].to_numpy(dtype=int)
    first, second = (s.model.fit(data.train, y).score(data.validate) for s in (found, again))
    np.testing.assert_array_equal(first, second)


def test_the_winner_is_an_unfitted_pipeline_of_plain_scikit_learn(found):
    steps = [type(step) for _, step in found.model.estimator.steps]
    assert [step.__name__ for step in steps[:4]] == STEPS
    assert steps[4].__name__ in MODELS
    assert all(step.__module__.startswith("sklearn.") for step in steps)
    values = [v for _, step in found.model.estimator.steps for v in step.get_params().values()]
    assert not any(isinstance(value, np.generic) for value in values)
    assert not hasattr(found.model.estimator.steps[-1][1], "classes_")


def test_the_winner_is_the_best_of_the_log(found, data):
    best = found.log.loc[found.log["roc_auc"].idxmax(), "pipeline"]
    steps = [type(step).__name__ for _, step in found.model.estimator.steps]
    assert best == " > ".join(steps[1:])


def test_the_log_has_a_line_for_each_pipeline_within_the_budget_and_says_how_many_got_a_score(found):
    assert BUDGET["tpot_population"] <= len(found.log) <= 4 * BUDGET["tpot_population"]
    assert found.evaluated == found.log["roc_auc"].notna().sum() > 0
    assert found.log["roc_auc"].dropna().between(0, 1).all()


def test_the_winner_is_saved_without_foreign_types(found, data, tmp_path):
    model = found.model.fit(data.train, data.train["y"].to_numpy(dtype=int))
    saved.save(model, tmp_path / "model.skops")
    np.testing.assert_array_equal(
        saved.load(tmp_path / "model.skops").score(data.validate), model.score(data.validate)
    )


class Finished:
    """What TPOT leaves behind, without the work."""

    def __init__(self, scores):
        pipelines = [automl.Pipeline([("model", automl.SimpleImputer())]) for _ in scores]
        self.evaluated_individuals = pd.DataFrame(
            {"Generation": 0, "Instance": [*pipelines[:-1], None], "roc_auc_score": scores}
        )


def test_pipelines_that_failed_are_counted_and_have_no_score(monkeypatch, data):
    monkeypatch.setattr(automl, "_import_tpot", lambda: None)
    monkeypatch.setattr(automl, "_run", lambda *args: Finished([0.6, 0.7, "INVALID"]))
    search = automl.search(data.train, data.features, window())
    assert (search.evaluated, len(search.log)) == (2, 3)
    assert search.log["pipeline"].tolist() == ["SimpleImputer", "SimpleImputer", "invalid"]


def test_a_search_in_which_nothing_could_be_evaluated_says_how_many_were_tried(monkeypatch, data):
    monkeypatch.setattr(automl, "_import_tpot", lambda: None)
    monkeypatch.setattr(automl, "_run", lambda *args: Finished(["INVALID", "TIMEOUT"]))
    with pytest.raises(automl.SearchError, match="tried 2 pipelines and could evaluate none"):
        automl.search(data.train, data.features, window())


def test_the_search_sees_thinned_training_rows_without_gaps_and_folds_of_the_same(monkeypatch, data):
    seen = {}

    def run(tpot, matrix, y, folds, params):
        seen.update(matrix=matrix, y=y, folds=folds)
        return Finished([0.6, "INVALID"])

    monkeypatch.setattr(automl, "_import_tpot", lambda: None)
    monkeypatch.setattr(automl, "_run", run)
    automl.search(data.train, data.features, window(modeling={"tpot_rows": 160}))
    thinned = timeline.evenly(data.train, 160)
    assert seen["matrix"].shape == (160, len(data.features))
    assert not np.isnan(seen["matrix"]).any()
    assert seen["y"].tolist() == thinned["y"].tolist()
    for fit, judge in seen["folds"].split():
        assert thinned["resolved_at"].iloc[fit].max() <= thinned["as_of"].iloc[judge].min()


def test_quiet_work_leaves_the_level_of_the_log_as_it_was():
    logger = logging.getLogger("distributed")
    logger.setLevel(logging.INFO)
    with pytest.raises(KeyError), automl._quiet():
        assert logger.level == logging.ERROR
        raise KeyError("errors come through")
    assert logger.level == logging.INFO
