"""Co-training on launch rows: what waits teaches, but only what was known; two views or none."""

import numpy as np
import pandas as pd
import pytest
from micro import window
from synthetic import launch_frame

from insights.modeling import comparison, cotrained, learned, recommendation, saved
from insights.modeling.dataset import from_frame
from insights.modeling.evaluation import learning_curves
from insights.modeling.search import automl
from insights.timeline import TimeFolds

PARAMS = window()


def frame_with_waiting(seed=0, said=1.5):
    """Return launch rows of which 300 wait; the survey and, by ``said``, LinkedIn tell the outcome."""
    frame = launch_frame(PARAMS, families=40, seed=seed)
    rng = np.random.default_rng(seed)
    waiting = frame[frame["role"] == "train"].sample(300, replace=True, random_state=seed)
    waiting = waiting.assign(
        product_id=[f"W{i}" for i in range(300)], family="waits", kind="waiting", role="unlabelled"
    )
    every = pd.concat([frame, waiting], ignore_index=True)
    every["linkedin_posts"] = said * every["y"].fillna(0.5) + rng.normal(size=len(every))
    return every.assign(y=every["y"].where(every["kind"] != "waiting"))


@pytest.fixture(scope="module")
def data():
    return from_frame("launch", frame_with_waiting())


def fitted(data, unlabelled):
    y = data.train["y"].to_numpy(dtype=int)
    return cotrained.cotraining(data.features, PARAMS).fit(data.train, y, unlabelled)


def test_the_views_are_what_social_feeds_say_and_all_else(data):
    assert cotrained.divided(["price", "linkedin_posts", "survey_intent"]) == (
        ["price", "survey_intent"],
        ["linkedin_posts"],
    )


def test_rows_that_wait_teach_and_labelled_rows_are_never_taught(data):
    model = fitted(data, data.unlabelled)
    assert model.fitted_.weight_ > 0
    assert model.fitted_.history_["row"].min() >= len(data.train)


def test_a_row_that_resolves_after_the_last_training_row_teaches_nothing(data):
    late = data.unlabelled.assign(resolved_at=data.train["resolved_at"].max() + pd.Timedelta(1, "us"))
    alone, with_late = fitted(data, None), fitted(data, late)
    np.testing.assert_array_equal(alone.score(data.validate), with_late.score(data.validate))
    assert alone.fitted_.pairs_ == [] and "not used" in alone.fitted_.verdict_


def test_features_of_one_view_alone_leave_its_own_model(data):
    model = cotrained.cotraining(data.features, PARAMS).on(["price", "survey_intent"])
    y = data.train["y"].to_numpy(dtype=int)
    plain = learned.logistic(["price", "survey_intent"], PARAMS).fit(data.train, y)
    np.testing.assert_array_equal(
        model.fit(data.train, y, data.unlabelled).score(data.validate), plain.score(data.validate)
    )


def test_it_is_saved_without_pickle_read_back_and_fitted_again(data, tmp_path):
    model = fitted(data, data.unlabelled)
    saved.save(model, tmp_path / "m.skops")
    read = saved.load(tmp_path / "m.skops")
    np.testing.assert_array_equal(read.score(data.validate), model.score(data.validate))
    again = read.on(read.features).fit(data.train, data.train["y"].to_numpy(dtype=int), data.unlabelled)
    np.testing.assert_array_equal(again.score(data.validate), model.score(data.validate))


def test_it_competes_only_where_there_are_two_views_and_rows_that_wait(data):
    assert [m.name for m in comparison.with_unlabelled(data, PARAMS)] == ["cotraining"]
    nobody = from_frame("launch", data.frame[data.frame["kind"] != "waiting"])
    assert comparison.with_unlabelled(nobody, PARAMS) == []
    one_view = from_frame("launch", data.frame.drop(columns="linkedin_posts"))
    assert comparison.with_unlabelled(one_view, PARAMS) == []


def test_in_the_contest_rows_that_wait_teach(data, monkeypatch):
    found = automl.Search(learned.logistic(data.features, PARAMS), pd.DataFrame({"roc_auc": [0.7]}))
    monkeypatch.setattr(automl, "search", lambda *given: found)
    contest = comparison.compete(data, PARAMS)
    alone = fitted(data, data.unlabelled)
    assert contest.models["cotraining"].fitted_.weight_ == alone.fitted_.weight_ > 0


def test_refits_on_resamples_and_on_parts_learn_from_rows_that_wait_as_well(data, monkeypatch):
    model = fitted(data, data.unlabelled)
    assert next(recommendation.refitted(data, model, PARAMS)).fitted_.pairs_
    taught = []
    monkeypatch.setattr(
        cotrained.CoTrained, "fit", lambda self, rows, y, unlabelled=None: taught.append(unlabelled) or model
    )
    learning_curves.by_months(model, data)
    assert taught and all(len(rows) == 300 for rows in taught)


def test_folds_are_judged_without_the_outcomes_of_rows_that_wait(data):
    spoiled = data.unlabelled.assign(y=1.0)
    folds = TimeFolds(data.train, PARAMS.modeling.folds)
    model = cotrained.cotraining(data.features, PARAMS)
    told = [comparison.judge_out_of_fold(model, data.train, folds, rows) for rows in (data.unlabelled, spoiled)]
    pd.testing.assert_frame_equal(told[0].scores, told[1].scores)
    assert told[0].threshold == told[1].threshold
