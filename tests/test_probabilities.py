"""Calibration: what was said comes true, in the order in which it was said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk
from scipy.special import expit, logit

from insights.modeling import probabilities

SAID = np.linspace(0.05, 0.95, 40_000)


def drawn(chance, seed=0):
    return (np.random.default_rng(seed).random(len(chance)) < chance).astype(int)


def test_a_model_that_is_too_sure_and_too_low_is_put_right():
    true = expit(0.5 * logit(SAID) + 0.8)
    slope, intercept = probabilities.calibration(drawn(true), SAID)
    assert (slope, intercept) == (pytest.approx(0.5, abs=0.04), pytest.approx(0.8, abs=0.05))
    assert probabilities.calibrated(SAID, (slope, intercept)) == pytest.approx(true, abs=0.03)


def test_what_comes_true_as_it_is_said_is_left_much_as_it_is():
    found = probabilities.calibration(drawn(SAID, 1), SAID)
    assert np.abs(probabilities.calibrated(SAID, found) - SAID).max() < 0.03


def test_what_is_wrong_in_the_same_way_in_every_part_is_put_right_by_all_of_them():
    true = expit(0.5 * logit(SAID) + 0.8)
    parts = [(drawn(true, seed)[::10], SAID[::10]) for seed in range(3)]
    together = probabilities.calibration(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    assert probabilities.carried_over(parts) == together != probabilities.AS_SAID


def test_what_was_in_the_air_in_one_part_is_not_carried_over_to_the_others():
    shifted = [(drawn(expit(logit(SAID) + shift), 1)[::10], SAID[::10]) for shift in (1.0, 1.0, -1.0)]
    assert probabilities.carried_over(shifted) == probabilities.AS_SAID
    assert probabilities.carried_over(shifted[:1]) == probabilities.AS_SAID  # nobody to learn it from


@pytest.mark.parametrize(
    ("y", "said"), [([1, 1, 1], [0.1, 0.5, 0.9]), ([0, 1, 0, 1], [0.4] * 4), ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9])]
)
def test_one_outcome_one_score_or_a_reversed_order_leave_what_is_said(y, said):
    assert probabilities.calibration(np.array(y), np.array(said)) == probabilities.AS_SAID
    assert probabilities.calibrated(np.array(said), probabilities.AS_SAID).tolist() == said


@brisk
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.floats(0.1, 5), st.floats(-3, 3))
def test_the_order_is_kept_and_probabilities_stay_within_0_and_1(said, slope, intercept):
    said = np.sort(said)
    told = probabilities.calibrated(said, (slope, intercept))
    assert (np.diff(told) >= 0).all() and (told >= 0).all() and (told <= 1).all()
