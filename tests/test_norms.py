"""Norms: a rank among those on the same course, which only their order and their own past decide."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk

from insights.features.norms import FEWEST_PEERS, PEER_DAYS, against_course

DAY = pd.Timedelta(days=1)
AT = pd.Timestamp("2025-05-01")
VALUES = st.lists(st.one_of(st.integers(-50, 50).map(float), st.just(float("nan"))), min_size=1, max_size=40)


def ranks(values, product_id="P", as_of=AT):
    """Return the ranks of some values, of one course and one day unless said."""
    rows = pd.DataFrame({"product_id": product_id, "as_of": as_of}, index=range(len(values)))
    return against_course(rows, pd.DataFrame({"v": values}, dtype="float64"))["v_rank"].to_numpy()


def test_ten_different_values_are_ranked_by_hand():
    np.testing.assert_allclose(ranks(range(10)), [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95])


def test_equal_values_share_the_middle_rank():
    np.testing.assert_allclose(ranks([1] * 5 + [2] * 5), [0.25] * 5 + [0.75] * 5)
    np.testing.assert_allclose(ranks([3] * 12), [0.5] * 12)


def test_too_few_peers_give_no_rank():
    assert np.isnan(ranks(range(FEWEST_PEERS - 1))).all()
    assert not np.isnan(ranks(range(FEWEST_PEERS))).any()


def test_a_missing_value_has_no_rank_and_is_nobodys_peer():
    found = ranks([np.nan, *range(10)])
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], ranks(range(10)))
    assert np.isnan(ranks([np.nan, *range(9)])).all()


def test_those_on_another_course_are_not_peers():
    found = ranks([*range(10), *range(100, 109)], ["P"] * 10 + ["Q"] * 9)
    np.testing.assert_allclose(found[:10], ranks(range(10)))
    assert np.isnan(found[10:]).all()


def test_a_later_row_is_not_read():
    days = [AT] * 10 + [AT + DAY]
    first, second = ranks([*range(10), -5], as_of=days), ranks([*range(10), 99], as_of=days)
    np.testing.assert_array_equal(first[:10], second[:10])
    assert first[10] < 0.05 + 1e-9 < second[10]


def test_a_peer_of_less_than_ninety_days_ago_counts_and_an_older_one_does_not():
    days = [AT - (PEER_DAYS - 1) * DAY] * 9 + [AT]
    assert ranks(range(10), as_of=days)[9] == 0.95
    assert np.isnan(ranks(range(10), as_of=[AT - PEER_DAYS * DAY] * 9 + [AT])[9])


@brisk
@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    np.testing.assert_array_equal(ranks([values[i] for i in order]), ranks(values)[order])


@brisk
@given(VALUES)
def test_a_monotone_transformation_does_not_matter(values):
    np.testing.assert_array_equal(ranks(np.exp(np.array(values) / 10) * 3 + 1), ranks(values))


@brisk
@given(VALUES)
def test_turning_the_scale_round_turns_the_ranks_round(values):
    np.testing.assert_allclose(ranks(-np.array(values)), 1 - ranks(values))


@brisk
@given(VALUES, VALUES)
def test_later_rows_never_change_earlier_ranks(values, later):
    days = [AT] * len(values) + [AT + DAY] * len(later)
    np.testing.assert_array_equal(ranks(values + later, as_of=days)[: len(values)], ranks(values))


def test_the_features_are_left_as_they_were():
    absolute = pd.DataFrame({"v": np.arange(12.0)})
    kept = absolute.copy()
    against_course(pd.DataFrame({"product_id": ["P"] * 12, "as_of": AT}), absolute)
    pd.testing.assert_frame_equal(absolute, kept)
