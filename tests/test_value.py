"""What decisions are worth: by hand, in hindsight, and the threshold that earns most."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window

from insights.findings import worth
from insights.modeling import comparison, learned, probabilities, thresholds, value
from insights.timeline import TimeFolds

ROWS = pd.DataFrame({"margin_earned": [130.0, 40.0, 300.0, 90.0], "hurdle": [100.0, 100.0, 200.0, 100.0]})


def decided(**decisions):
    parts = [ROWS.assign(model=name, decision=called) for name, called in decisions.items()]
    return value.of_decisions(pd.concat(parts, ignore_index=True), np.ones((5, 4), dtype="float32")).set_index(
        "model"
    )


def test_decisions_earn_what_they_call_beyond_the_hurdle():
    found = decided(forest=[1, 1, 0, 0], panel=[0, 0, 1, 1])
    assert found["value"].to_dict() == {
        "forest": -30.0,
        "panel": 90.0,
        "chance": 30.0,
        "launch all": 60.0,
        "in hindsight": 130.0,
    }
    assert found["called"].tolist() == [2, 2, 2, 4, 2]
    assert found.loc["panel", "of_best"] == pytest.approx(90 / 130)
    assert (found["low"] == found["value"]).all() and (found["high"] == found["value"]).all()


def test_resampled_rows_count_as_often_as_they_were_drawn():
    weights = np.array([[0, 0, 2, 2], [1, 1, 1, 1], [4, 0, 0, 0]], dtype="float32")
    found = value.of_decisions(ROWS.assign(model="forest", decision=1), weights).set_index("model")
    assert found.loc["launch all", "low"] == pytest.approx(np.quantile([180.0, 60.0, 120.0], 0.025))


def test_where_nothing_says_what_was_earned_there_is_no_value():
    assert value.gain(ROWS.drop(columns="hurdle")) is None
    assert value.gain(ROWS.assign(margin_earned=np.nan)) is None
    told = ROWS.drop(columns="margin_earned").assign(model="forest", decision=1)
    assert value.of_decisions(told, np.ones((2, 4))) is None


def test_nobody_earns_more_than_hindsight_and_nothing_is_divided_where_it_earns_nothing():
    assert decided(forest=[1, 1, 1, 1])["of_best"].max() == 1
    poor = value.of_decisions(ROWS.assign(model="m", decision=1, hurdle=1_000.0), np.ones((2, 4)))
    assert poor["of_best"].isna().all()


def test_hindsight_earns_all_that_can_be_earned_and_not_a_rounding_less():
    rng = np.random.default_rng(0)
    for rows in range(20, 80):
        told = pd.DataFrame({"margin_earned": rng.uniform(0, 1e4, rows), "hurdle": rng.uniform(0, 1e4, rows)})
        found = value.of_decisions(told.assign(model="m", decision=1), np.ones((2, rows))).set_index("model")
        assert found.loc[value.HINDSIGHT, "of_best"] == 1


def crossing(gain, score, costs=1.0):
    return thresholds.worth(np.asarray(gain), np.asarray(score)).threshold(costs)


def test_rows_are_called_from_where_a_line_through_their_gains_crosses_nothing():
    score = np.array([0.1, 0.3, 0.5, 0.9])
    assert crossing(10 * score - 4, score) == pytest.approx(0.4)
    assert crossing(np.array([-3.0, -1.0, 3.0, 3.0]), score) == pytest.approx(0.45 - 0.5 / 7.71428571)
    intercept, slope = np.polynomial.Polynomial.fit(score, [-3, -1, 3, 3], 1).convert().coef
    assert crossing(np.array([-3.0, -1.0, 3.0, 3.0]), score) == pytest.approx(-intercept / slope)


@pytest.mark.parametrize(
    ("gain", "called"),
    [([1, 2, 3], 3), ([-3, -2, -1], 0), ([3, 2, 1], 3), ([-1, -2, -3], 0), ([2, 2, 2], 3), ([-2, -2, -2], 0)],
)
def test_where_the_line_never_crosses_all_rows_are_called_or_none(gain, called):
    score = np.array([0.2, 0.4, 0.6])
    assert (score >= crossing(np.array(gain, dtype=float), score)).sum() == called


def test_a_line_that_rises_is_followed_beyond_the_scores_and_a_flat_one_asks_what_costs_leave():
    assert thresholds.Worth(-0.9, 1.0).threshold() == pytest.approx(0.9)
    assert thresholds.Worth(-0.9, 1.0).threshold(1.05) == pytest.approx(0.95)
    assert thresholds.Worth(0.2, 0.0).threshold(1.1) == -np.inf
    assert thresholds.Worth(0.2, 0.0).threshold(1.5) == np.inf
    assert thresholds.Worth(-0.5, 2.0).expected([0.0, 0.5]).tolist() == [-0.5, 0.5]


@brisk
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 9)), min_size=2, max_size=30), st.integers(1, 9))
def test_what_is_called_is_what_is_expected_to_bring_something_in_any_currency(rows, rate):
    gain, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    line = thresholds.worth(gain, score)
    expected = line.expected(score)
    sure = np.abs(expected) > 1e-6
    assert ((score >= line.threshold()) == (expected > 0))[sure].all()
    assert ((score >= thresholds.worth(rate * gain, score).threshold()) == (expected > 0))[sure].all()


def test_a_model_of_rows_that_earn_something_calls_from_where_a_dollar_asked_brings_itself_on_folds():
    """Who is right earns a tenth of what who is wrong loses: only the surest may be called."""
    params, rng = window(), np.random.default_rng(0)
    as_of = pd.date_range("2025-04-01", periods=6, freq="MS").repeat(40).as_unit("us")
    rows = pd.DataFrame(
        {"visitors": rng.normal(size=240), "as_of": as_of, "family": [f"F{i % 40}" for i in range(240)]}
    )
    rows["resolved_at"] = rows["as_of"] + pd.DateOffset(months=1)
    rows["y"] = (rng.random(240) < 1 / (1 + np.exp(-2 * rows["visitors"]))).astype(float)
    rows["hurdle"] = rng.choice([10.0, 1_000.0], size=240)
    rows["margin_earned"] = rows["hurdle"] * np.where(rows["y"] == 1, 1.1, 0.0)
    model, folds = learned.logistic(["visitors"], params), TimeFolds(rows, 3)
    held_out = comparison.judge_out_of_fold(model, rows, folds)
    balanced = comparison.judge_out_of_fold(model, rows.drop(columns="hurdle"), folds).threshold
    y = rows["y"].to_numpy(dtype=int)
    parts = [
        (np.where(y[judge] == 1, 0.1, -1.0), model.fit(rows.iloc[fit], y[fit]).score(rows.iloc[judge]))
        for fit, judge in folds.split()
    ]
    gain, said = (np.concatenate(part) for part in zip(*parts, strict=True))
    score = probabilities.calibrated(said, held_out.calibration)
    assert held_out.threshold == pytest.approx(crossing(gain, score))
    assert held_out.threshold > balanced


def test_the_page_names_the_best_baseline_and_says_what_all_and_hindsight_bring():
    table = decided(forest=[1, 0, 1, 0], panel=[0, 0, 1, 1], survey=[0, 1, 0, 0]).reset_index()
    told = str(worth.value("launch", table, "forest")).replace("\N{NO-BREAK SPACE}", " ")
    assert "USD 130" in told and "the panel of R&amp;D and Marketing USD 90" in told.replace("R&D", "R&amp;D")
    alone = decided(forest=[1, 0, 1, 0]).reset_index()
    assert "deciding by" not in str(worth.value("launch", alone, "forest"))
