"""The recommendation: 1 or 0 where the whole interval says so and the model may be trusted, else neither."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from synthetic import DRIVER, launch_frame

from insights.modeling import learned, recommendation, thresholds
from insights.modeling.dataset import Dataset
from insights.modeling.recommendation import HOLD, LAUNCH, NOT_ENOUGH

PARAMS = window()


@pytest.fixture(scope="module")
def data():
    """A dataset whose candidates have the drivers -3, 0 and 3."""
    frame = launch_frame(PARAMS)
    frame = frame[~frame["product_id"].isin([f"C{i}" for i in range(3, 10)])].reset_index(drop=True)
    frame.loc[frame["kind"] == "candidate", DRIVER] = [-3.0, 3.0, 0.0]
    return Dataset("launch", frame, [DRIVER])


def fitted(data, threshold=0.5):
    model = learned.logistic(data.features, PARAMS)
    model.threshold_ = threshold
    return model.fit(data.train, data.train["y"].to_numpy(dtype=int))


@pytest.fixture(scope="module", autouse=True)
def few_refits():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recommendation, "REFITS", 8)
        yield


def advised(data, trusted=True, threshold=0.5):
    return recommendation.recommend(data, fitted(data, threshold), trusted, PARAMS)


def test_a_sure_candidate_is_launched_a_hopeless_one_held_and_most_probable_comes_first(data):
    table = advised(data).set_index("product_id")
    assert table.index.tolist() == ["C1", "C2", "C0"]
    assert table.loc[["C1", "C0"], "verdict"].tolist() == [LAUNCH, HOLD]


def test_a_candidate_whose_interval_holds_the_threshold_is_left_open(data):
    middle = advised(data).set_index("product_id").loc["C2"]
    assert middle["low"] < middle["high"]
    open_one = advised(data, threshold=(middle["low"] + middle["high"]) / 2).set_index("product_id")
    assert open_one.loc["C2", "verdict"] == NOT_ENOUGH


def test_without_trust_in_the_model_there_is_not_enough_evidence_for_anything(data):
    doubted = advised(data, trusted=False)
    assert (doubted["verdict"] == NOT_ENOUGH).all()
    of_verdict = ["verdict", "place", "within_capacity"]
    pd.testing.assert_frame_equal(doubted.drop(columns=of_verdict), advised(data).drop(columns=of_verdict))
    assert doubted["place"].isna().all() and not doubted["within_capacity"].any()


def test_those_called_1_are_launched_in_the_order_of_what_they_bring_as_far_as_a_quarter_can_carry(data):
    """The less probable one asks ten times as much, and brings more."""
    frame = data.frame.assign(asked=100.0)
    frame.loc[frame["kind"] == "candidate", DRIVER] = [3.0, 2.5, -3.0]
    frame.loc[frame["product_id"] == "C1", "asked"] = 1000.0
    both = Dataset("launch", frame, [DRIVER])
    model = fitted(both)
    model.worth_ = thresholds.Worth(-0.5, 1.0)
    one = PARAMS.model_copy(update={"launch": PARAMS.launch.model_copy(update={"capacity": 1})})
    table = recommendation.recommend(both, model, True, one).set_index("product_id")
    assert table["verdict"].to_dict() == {"C0": LAUNCH, "C1": LAUNCH, "C2": HOLD}
    assert table["expected_gain"].tolist() == pytest.approx((table["probability"] - 0.5) * [100, 1000, 100])
    assert table.loc[["C1", "C0"], "place"].tolist() == [1, 2]
    assert table["within_capacity"].to_dict() == {"C0": False, "C1": True, "C2": False}


def test_what_is_not_known_to_bring_anything_is_launched_last_and_without_gains_the_likeliest_first(data):
    frame = data.frame.assign(asked=100.0)
    frame.loc[frame["kind"] == "candidate", DRIVER] = [3.0, 2.5, 2.8]
    model = fitted(data)
    plain = recommendation.recommend(Dataset("launch", frame, [DRIVER]), model, True, PARAMS).set_index("product_id")
    assert plain["place"].to_dict() == {"C0": 1, "C2": 2, "C1": 3} and plain["expected_gain"].isna().all()
    frame.loc[frame["product_id"] == "C0", "asked"] = np.nan
    model.worth_ = thresholds.Worth(-0.5, 1.0)
    told = recommendation.recommend(Dataset("launch", frame, [DRIVER]), model, True, PARAMS).set_index("product_id")
    assert told["place"].to_dict() == {"C2": 1, "C1": 2, "C0": 3}


def test_a_source_without_candidates_gets_an_empty_recommendation(data):
    known = data.frame[data.frame["kind"] != "candidate"].reset_index(drop=True)
    table = advised(Dataset("launch", known, data.features))
    assert table.empty
    assert list(table) == list(advised(data))


def test_probabilities_are_the_models_own_and_the_model_stays_as_it_was(data):
    model = fitted(data)
    before = model.score(data.candidates)
    table = recommendation.recommend(data, model, True, PARAMS).set_index("product_id")
    assert table.loc[["C0", "C1", "C2"], "probability"].tolist() == before.tolist()
    np.testing.assert_array_equal(model.score(data.candidates), before)


def test_the_recommendation_is_the_same_twice(data):
    pd.testing.assert_frame_equal(advised(data), advised(data))


def test_resamples_that_lost_one_of_the_outcomes_stop_nothing(data):
    frame = data.frame.copy()
    frame["y"] = frame["y"].where(frame["y"].isna(), (frame["family"] == "F00").astype(float))
    rare = Dataset("launch", frame, [DRIVER])
    table = recommendation.recommend(rare, fitted(rare), True, PARAMS)
    assert table[["low", "high"]].notna().all().all()


def test_the_interval_is_as_wide_as_refits_vary_on_the_log_odds_scale():
    odds = np.array([[1.0, 1.0], [4.0, 1.0]])
    low, high = recommendation.interval(np.array([0.5, 0.9]), odds / (1 + odds))
    half = 1.2815515594 * np.log(4) / np.sqrt(2)
    assert [low[0], high[0]] == pytest.approx([1 / (1 + np.exp(half)), 1 / (1 + np.exp(-half))])
    assert [low[1], high[1]] == pytest.approx([0.9, 0.9])


probabilities = st.floats(0, 1)


@brisk
@given(probabilities, st.lists(probabilities, min_size=2, max_size=30))
def test_a_probability_lies_in_its_interval_and_that_between_0_and_1(probability, refits):
    low, high = recommendation.interval(np.array([probability]), np.array(refits)[:, None])
    assert 0 <= low[0] <= probability <= high[0] <= 1


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.5, 0.9, LAUNCH), (0.1, 0.4999, HOLD), (0.4999, 0.5, NOT_ENOUGH), (0.2, 0.8, NOT_ENOUGH), (0.5, 0.5, LAUNCH)],
)
def test_the_verdict_is_1_if_the_whole_interval_reaches_the_threshold_and_0_if_none_of_it_does(low, high, verdict):
    assert recommendation.decide(low, high, 0.5, trusted=True) == verdict
    assert recommendation.decide(low, high, 0.5, trusted=False) == NOT_ENOUGH


@brisk
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_there_is_one_verdict_for_every_interval(a, b, threshold):
    low, high = sorted((a, b))
    verdict = recommendation.decide(low, high, threshold, trusted=True)
    agree = (low >= threshold) == (high >= threshold)
    assert verdict == (NOT_ENOUGH if not agree else LAUNCH if low >= threshold else HOLD)


def test_a_score_beats_chance_above_what_shuffled_outcomes_reach_in_95_of_100_cases():
    null = np.arange(101) / 100
    assert recommendation.beats_chance(0.951, null)
    assert not recommendation.beats_chance(0.95, null)
