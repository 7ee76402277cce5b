"""Lift: what is found first, by hand and over all orders of equal scores; groups on their own rows."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from judged import drawn, long, once, resampled
from micro import brisk

from insights.modeling import metrics
from insights.modeling.evaluation import lift

TEN = long([1, 1, 0, 1, 0, 0, 0, 1, 0, 0], m=np.arange(10, 0, -1) / 10)
TIED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), min_size=2, max_size=6)


def test_what_the_first_rows_hold_by_hand():
    found = lift.table(TEN, once(10), cuts=[2, 0.5, 1.0]).iloc[0:3]
    assert found["called"].tolist() == [2, 5, 10]
    assert found["positives"].tolist() == [2, 3, 4]
    assert found["precision"].tolist() == pytest.approx([1, 0.6, 0.4])
    assert found["recall"].tolist() == pytest.approx([0.5, 0.75, 1])
    assert found["f1"].tolist() == pytest.approx([2 / 3, 2 / 3, 4 / 7])
    assert found["lift"].tolist() == pytest.approx([2.5, 1.5, 1])
    assert found[["low", "high"]].to_numpy().tolist() == pytest.approx(found[["lift", "lift"]].to_numpy())


def test_deciles_are_cut_unless_said_and_a_number_of_rows_is_the_same_as_their_share():
    assert lift.table(TEN, once(10))["called"].tolist() == pytest.approx(list(range(1, 11)))
    pd.testing.assert_frame_equal(lift.table(TEN, once(10), [3, 1]), lift.table(TEN, once(10), [0.3, 0.1]))


def test_more_rows_than_there_are_are_all():
    assert lift.table(TEN, once(10), [40]).loc[0, ["called", "share", "lift"]].tolist() == [10, 1, 1]


@pytest.mark.parametrize("cut", [0, -1, 0.0, 1.5])
def test_a_cut_that_calls_nobody_or_more_than_all_is_an_error(cut):
    with pytest.raises(ValueError, match="cuts"):
        lift.table(TEN, once(10), [0.5, cut])


@brisk
@given(TIED, st.integers(1, 5))
def test_equal_scores_count_as_on_average_over_all_orders(rows, called):
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(called <= len(y))
    found = lift.table(long(y, m=score), once(len(y)), [called]).loc[0, "positives"]
    orders = [sorted(order, key=lambda i: -score[i]) for order in permutations(range(len(y)))]
    assert found == pytest.approx(np.mean([y[order[:called]].sum() for order in orders]))


@brisk
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5), st.integers(0, 3)), min_size=3, max_size=30))
def test_a_row_that_was_drawn_twice_is_the_row_twice(rows):
    y, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    assume((y * weight).sum() > 0)
    found = lift.table(long(y, m=score), weight[None].astype("float32"), [0.25, 0.6])
    twice = lift.table(long(np.repeat(y, weight), m=np.repeat(score, weight)), once(weight.sum()), [0.25, 0.6])
    assert found["low"].tolist() == pytest.approx(twice["lift"].tolist())


def test_intervals_are_those_of_the_resamples():
    y, score = drawn(100, 1)
    weights = resampled(100)
    found = lift.table(long(y, m=score), weights, [0.3])
    draws = [lift.table(long(y, m=score), w[None], [0.3]).loc[0, "low"] for w in weights]
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx(np.quantile(draws, [0.025, 0.975]))
    assert found.loc[0, "low"] < found.loc[0, "lift"] < found.loc[0, "high"]


def test_without_a_one_nothing_is_lifted():
    found = lift.table(long([0, 0], m=[0.1, 0.2]), once(2), [1]).loc[0]
    assert found["positives"] == 0
    assert found[["recall", "lift", "low", "high"]].isna().all()


def grouped():
    """Return predictions of two models on rows of four topics, one of them unknown and two that tell nothing."""
    y, score = drawn(150, 2)
    topic = np.array(["b"] * 60 + ["a"] * 40 + [None] * 31 + ["few"] * 9 + ["same"] * 10, dtype=object)
    y[140:] = 1
    return long(y, m=score, other=1 - score).assign(topic=np.tile(topic, 2)), topic


def test_each_group_is_judged_on_its_own_rows_and_resamples():
    both, topic = grouped()
    weights = resampled(150)
    found = lift.by_group(both, "topic", weights, fewest=10)
    for name, inside in (("a", topic == "a"), ("not known", pd.isna(topic))):
        part = both[both["model"] == "m"][inside]
        table = metrics.intervals(part["y"], part["score"].to_numpy(), part["decision"], weights[:, inside])
        expected = table.set_index("metric").loc[list(lift.TOLD), ["value", "low", "high"]]
        here = found[(found["group"] == name) & (found["model"] == "m")].set_index("metric")
        pd.testing.assert_frame_equal(here[["value", "low", "high"]], expected)
        assert (here["n"] == inside.sum()).all()
        assert (here["positives"] == part["y"].sum()).all()
        assert (here["verdict"] == "").all()


def test_groups_that_are_too_few_or_all_alike_are_named_and_not_judged():
    both, _ = grouped()
    found = lift.by_group(both, "topic", resampled(150), fewest=10)
    assert found["group"].drop_duplicates().tolist() == ["a", "b", "few", "not known", "same"]
    silent = found[found["group"].isin(["few", "same"])]
    assert silent[["group", "model", "n"]].to_numpy().tolist() == [
        ["few", "m", 9], ["few", "other", 9], ["same", "m", 10], ["same", "other", 10],
    ]  # fmt: skip
    assert (silent["verdict"] == lift.TOO_FEW).all()
    assert silent[["metric", "value", "low", "high"]].isna().all().all()
    enough = lift.by_group(both, "topic", resampled(150), fewest=9)
    assert enough.loc[enough["group"] == "few", "metric"].notna().all()


def test_the_month_of_a_row_is_that_of_its_decision():
    dated = TEN.assign(as_of=pd.to_datetime(["2025-10-01 00:00"] * 9 + ["2025-12-31 23:59"]))
    assert lift.with_month(dated)["month"].tolist() == ["2025-10"] * 9 + ["2025-12"]
    assert "month" not in dated
