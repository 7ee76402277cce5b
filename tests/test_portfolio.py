"""Few launches a quarter and changed costs: by hand, and what holds whatever the numbers are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk
from prose import read

from insights.findings import worth
from insights.modeling import baselines, value
from insights.modeling.evaluation import portfolio
from insights.modeling.thresholds import Worth

ROWS = pd.DataFrame(
    {
        "as_of": pd.to_datetime(["2025-10-01", "2025-11-01", "2025-12-01", "2026-01-01"]),
        "margin_earned": [150.0, 90.0, 320.0, 130.0], "hurdle": [100.0, 100.0, 200.0, 100.0],
    }
)  # fmt: skip
ONCE = np.ones((3, 4), dtype="float32")
LAST_MONTH = pd.DataFrame({"persistence": [0.5], "topic_launches_reached": [0.1]})
AT = {"forest": Worth(-0.5, 1.0).threshold} | {
    rule.name: rule.fit(LAST_MONTH, np.ones(1)).threshold_at for rule in baselines.available("launch", LAST_MONTH)
}


def told(name="forest", decision=(1, 1, 1, 1), score=(0.9, 0.8, 0.7, 0.6), expected=np.nan):
    return ROWS.assign(model=name, decision=decision, score=score, expected=expected)


def within(*parts, most=1):
    return portfolio.within(pd.concat(parts, ignore_index=True), most, ONCE).set_index("model")


def test_with_one_launch_a_quarter_the_highest_score_of_each_is_taken():
    found = within(told(), told("panel", score=(0.1, 0.9, 0.2, 0.9)))
    assert found["value"].to_dict() == {
        "forest": 50 + 30, "panel": -10 + 30, "chance": pytest.approx((50 - 10 + 120) / 3 + 30),
        "in hindsight": 120 + 30,
    }  # fmt: skip
    assert found["called"].tolist() == [2, 2, 2, 2]


def test_a_model_that_says_what_is_expected_launches_first_what_brings_most():
    assert within(told(expected=[5.0, -20.0, 60.0, 1.0])).loc["forest", "value"] == 120 + 30


def test_what_is_called_0_is_not_launched_though_there_is_room():
    found = within(told(decision=(0, 0, 1, 0)), most=5)
    assert found.loc["forest", ["called", "value"]].tolist() == [1, 120]


def test_two_quarters_of_a_year_have_a_capacity_each():
    spring = ROWS.assign(as_of=pd.to_datetime(["2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01"]))
    parts = spring.assign(model="m", decision=1, score=[4.0, 3.0, 2.0, 1.0], expected=np.nan)
    found = portfolio.within(parts, 1, ONCE).set_index("model")
    assert found.loc["m", ["called", "value"]].tolist() == [2, 50 + 120]


def test_equals_at_the_limit_are_taken_in_equal_parts():
    found = within(told(score=(0.9, 0.5, 0.5, 0.1)), most=2)
    assert found.loc["forest", "value"] == 50 + (-10 + 120) / 2 + 30
    assert found.loc["forest", "called"] == 3
    assert within(told(score=(1, 1, 1, 1)), most=2).loc["forest", "value"] == pytest.approx(160 * 2 / 3 + 30)


def test_a_model_of_which_one_expectation_is_missing_launches_by_score():
    assert within(told(expected=[5.0, np.nan, 60.0, 1.0])).loc["forest", "value"] == 50 + 30


def test_a_capacity_that_is_never_reached_changes_nothing():
    parts = pd.concat([told(decision=(1, 0, 1, 0)), told("panel", decision=(0, 1, 1, 1))], ignore_index=True)
    few = portfolio.within(parts, 9, ONCE).set_index("model")
    free = value.of_decisions(parts, ONCE).set_index("model")
    both = ["forest", "panel", value.HINDSIGHT]
    pd.testing.assert_frame_equal(few.loc[both], free.loc[both], check_dtype=False)
    assert few.loc["chance", "value"] == free.loc[value.ALL, "value"]


@brisk
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300), st.integers(0, 9)), min_size=1, max_size=20),
    st.integers(1, 25),
)
def test_nobody_earns_more_than_hindsight_or_launches_more_than_can_be_carried(rows, most):
    earned, hurdle, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    parts = pd.DataFrame({"margin_earned": earned, "hurdle": hurdle, "score": score}).assign(
        as_of=pd.Timestamp("2025-10-01"), model="m", decision=1, expected=np.nan
    )
    found = portfolio.within(parts, most, np.ones((2, len(rows)))).set_index("model")
    assert (found["value"] <= found.loc[value.HINDSIGHT, "value"] + 1e-9).all()
    assert (found["called"] <= most + 1e-9).all()


def test_rows_that_do_not_say_what_they_earned_have_no_value():
    unknown = told().drop(columns="hurdle")
    assert portfolio.within(unknown, 1, ONCE) is None
    assert portfolio.by_costs(unknown, {}, ONCE) is None


def by_costs(*parts, costs):
    found = portfolio.by_costs(pd.concat(parts, ignore_index=True), AT, ONCE, costs)
    return found.set_index(["costs", "model"])


def test_who_knows_what_a_dollar_brings_calls_less_as_costs_rise():
    """A dollar brings its score less a half: at costs of 1.25 a score of 0.75 is asked."""
    found = by_costs(told(), told("panel", decision=(0, 0, 0, 1)), costs=(1.0, 1.25, 2.0))
    assert found.xs("forest", level="model")["called"].tolist() == [4, 2, 0]
    assert found.loc[(1.25, "forest"), "value"] == (150 - 125) + (90 - 125)
    assert found.xs("panel", level="model")["value"].tolist() == [30, 130 - 125, 130 - 200]
    assert found.loc[(2.0, value.HINDSIGHT), "called"] == 0


def test_persistence_asks_of_last_month_what_is_asked_at_other_costs_and_past_launches_say_nothing_of_them():
    parts = [told("persistence", score=(1.3, 0.9, 1.6, 1.0), decision=(1, 0, 1, 1)), told("past_launches")]
    found = by_costs(*parts, costs=(0.8, 1.0, 1.5))
    assert found.xs("persistence", level="model")["called"].tolist() == [4, 3, 1]
    assert "past_launches" not in found.index.get_level_values("model")


def test_at_costs_as_planned_all_is_as_it_was():
    parts = [told(), told("panel", decision=(0, 0, 0, 1))]
    plain = value.of_decisions(pd.concat(parts, ignore_index=True), ONCE).set_index("model").drop("chance")
    pd.testing.assert_frame_equal(by_costs(*parts, costs=(1.0,)).loc[1.0], plain, check_dtype=False)


def test_the_page_says_what_is_earned_within_capacity_and_how_costs_change_it():
    parts = [told(expected=[5.0, -20.0, 60.0, 1.0]), told("panel", score=(0.1, 0.9, 0.2, 0.9))]
    few = read(worth.capacity("launch", within(*parts).reset_index(), "forest", 1))
    assert "with at most 1 a quarter, the Random Forest launches 2 and brings USD 150.00 (95 %" in few
    assert "100.0 % of what hindsight would; chance USD 83.33 and the panel of R&D and Marketing USD 20.00." in few
    dear = by_costs(*parts, costs=(1.0, 1.25, 2.0)).reset_index()
    said = read(worth.costs("launch", dear, "forest"))
    assert "earns something at 1 of 3 levels of costs (1.000 to 2.00 times as planned)" in said
