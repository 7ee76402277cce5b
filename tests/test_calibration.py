"""Calibration: by hand, as statsmodels and scikit-learn have it, and under what must not matter."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from judged import drawn, long, once, resampled
from micro import brisk, window
from scipy.special import logit
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from statsmodels.stats.proportion import proportion_confint

from insights.modeling.evaluation import calibration

PARAMS = window(modeling={"chance_repeats": 200})
SIX = long([0, 1, 0, 1, 1, 1], m=[0.1, 0.2, 0.4, 0.4, 0.8, 0.9])
SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=50)


def said(y, score):
    """Return the predictions of one model."""
    return long(y, m=score)


def value(table, metric, column="value"):
    """Return one number of a table with a row per metric."""
    return table.set_index("metric").loc[metric, column]


def test_three_bins_of_two_rows_by_hand():
    found = calibration.reliability(SIX, "family", bins=3, fewest=2)
    assert found["predicted"].tolist() == pytest.approx([0.15, 0.4, 0.85])
    assert found["observed"].tolist() == [0.5, 0.5, 1.0]
    assert found[["bin", "n", "clusters"]].to_numpy().tolist() == [[1, 2, 2], [2, 2, 2], [3, 2, 2]]
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([0.09453, 0.90547], abs=1e-5)
    assert found.loc[2, ["low", "high"]].tolist() == pytest.approx([0.34238, 1], abs=1e-5)


def test_bins_are_those_of_scikit_learn_where_no_scores_are_equal():
    y, score = drawn(200, 1)
    found = calibration.reliability(long(y, m=score), "family")
    observed, predicted = calibration_curve(y, score, n_bins=10, strategy="quantile")
    assert found["n"].tolist() == [20] * 10
    assert found["observed"].tolist() == pytest.approx(observed)
    assert found["predicted"].tolist() == pytest.approx(predicted)


@brisk
@given(SCORED, st.randoms(use_true_random=False))
def test_rows_of_equal_score_share_a_bin_whatever_their_order(rows, random):
    shuffled = random.sample(rows, len(rows))
    tables = [
        calibration.reliability(long(y, m=np.array(score) / 8), "family", bins=4, fewest=1)
        for y, score in (zip(*part, strict=True) for part in (rows, shuffled))
    ]
    pd.testing.assert_frame_equal(*tables)
    edges = [s / 8 for _, s in rows]
    codes = calibration._bins(np.array(edges), 4, 1)
    assert len({(s, c) for s, c in zip(edges, codes, strict=True)}) == len({*edges})
    assert (np.diff(codes[np.argsort(edges, kind="stable")]) >= 0).all()
    assert set(codes) == set(range(codes.max() + 1))


@pytest.mark.parametrize(("rows", "bins"), [(200, 10), (27, 2), (19, 1), (3, 1)])
def test_few_rows_make_fewer_bins(rows, bins):
    y, score = drawn(rows, 2)
    assert len(calibration.reliability(long(y, m=score), "family")) == bins


def test_rows_of_one_family_count_as_one_in_the_interval():
    y, score = [1, 0, 1, 1, 0, 1, 1, 0, 1, 1], np.full(10, 0.7)
    found = calibration.reliability(long(y, family=["A"] * 6 + ["B"] * 4, m=score), "family").iloc[0]
    assert found[["low", "high"]].tolist() == pytest.approx(proportion_confint(1.4, 2, method="wilson"))
    assert found["n"] == 10


def test_scores_that_are_no_probabilities_are_left_out_or_refused():
    both = long([0, 1], m=[0.2, 1.0], persistence=[0.4, 1.2], survey=[0.0, 0.5])
    assert calibration.probabilities(both)["model"].unique().tolist() == ["m", "survey"]
    assert calibration.probabilities(both, {"m"})["model"].tolist() == ["m", "m"]
    with pytest.raises(ValueError, match=r"persistence: scores such as 1\.2"):
        calibration.probabilities(both, {"m", "persistence"})
    with pytest.raises(ValueError, match="forest: no predictions"):
        calibration.probabilities(both, {"m", "forest"})


@pytest.mark.parametrize(
    "table",
    [
        lambda p: calibration.reliability(p, "family"), lambda p: calibration.expected_error(p, PARAMS),
        lambda p: calibration.cox(p, once(2)), lambda p: calibration.brier(p, once(2)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("odd", [1.2, -0.1, np.nan])
def test_no_table_reads_a_score_that_is_no_probability(table, odd):
    with pytest.raises(ValueError, match="odd: scores such as"):
        table(long([0, 1], m=[0.2, 1.0], odd=[0.4, odd]))


def test_the_calibration_error_by_hand():
    found = calibration.expected_error(SIX, PARAMS, bins=3, fewest=2).iloc[0]
    assert found["error"] == pytest.approx((0.35 + 0.1 + 0.15) / 3)
    assert found[["bins", "n"]].tolist() == [3, 6]


def test_bins_weigh_as_many_as_their_rows():
    unequal = long([1, 0, 0, 0], m=[0.9, 0.2, 0.2, 0.2])
    error = calibration.expected_error(unequal, PARAMS, bins=4, fewest=1).loc[0, "error"]
    assert error == pytest.approx(0.1 * 1 / 4 + 0.2 * 3 / 4)


def test_the_error_of_right_probabilities_is_that_of_the_binomial_distribution():
    """Of four rows at one half the mean distance is (2 x 1/2 + 8 x 1/4) / 16; the worst comes in one of eight."""
    many = window(modeling={"chance_repeats": 8000})
    found = calibration.expected_error(long([0, 0, 0, 0], m=[0.5] * 4), many).iloc[0]
    assert found["error_if_right"] == pytest.approx(0.1875, abs=0.005)
    assert found["error_if_right_95"] == 0.5
    assert found["p"] == pytest.approx(1 / 8, abs=0.015)


def test_right_probabilities_are_seldom_found_wrong_and_boastful_ones_are():
    right = [calibration.expected_error(said(*drawn(100, s)), PARAMS).iloc[0] for s in range(60)]
    assert np.mean([r["p"] for r in right]) == pytest.approx(0.5, abs=0.12)
    assert np.mean([r["error"] for r in right]) == pytest.approx(right[0]["error_if_right"], rel=0.2)
    boastful = calibration.expected_error(said(*drawn(600, 3, sureness=3)), PARAMS).iloc[0]
    assert boastful["p"] == 1 / 201
    assert boastful["error"] > boastful["error_if_right_95"]


def test_what_is_said_of_a_model_does_not_depend_on_the_others():
    y, score = drawn(80, 4)
    both = long(y, other=score**2, m=score)
    alone = calibration.expected_error(said(y, score), PARAMS)
    beside = calibration.expected_error(both, PARAMS)
    pd.testing.assert_frame_equal(beside.tail(1).reset_index(drop=True), alone)
    pd.testing.assert_frame_equal(calibration.expected_error(both, PARAMS), beside)


def test_slope_and_intercept_are_those_of_statsmodels():
    y, score = drawn(150, 5, sureness=1.6)
    weights = resampled(150)
    found = calibration.cox(said(y, score), weights)
    x = sm.add_constant(logit(score))
    expected = sm.Logit(y, x).fit(disp=0).params
    assert found["metric"].tolist() == ["intercept", "slope"]
    assert found["value"].tolist() == pytest.approx(expected)
    draws = [sm.GLM(y, x, family=sm.families.Binomial(), freq_weights=w).fit().params for w in weights]
    assert found["low"].tolist() == pytest.approx(np.quantile(draws, 0.025, axis=0))
    assert found["high"].tolist() == pytest.approx(np.quantile(draws, 0.975, axis=0))
    assert (found["undefined"] == 0).all()


def test_who_doubles_the_log_odds_halves_the_slope():
    y, score = drawn(300, 6)
    doubled = calibration.cox(said(y, 1 / (1 + np.exp(-2 * logit(score)))), once(300))
    plain = calibration.cox(said(y, score), once(300))
    assert value(doubled, "slope") == pytest.approx(value(plain, "slope") / 2, rel=0.01)
    assert value(doubled, "intercept") == pytest.approx(value(plain, "intercept"), abs=0.01)


def test_the_slope_is_1_of_right_probabilities_and_below_of_boastful_ones():
    right, boastful = (calibration.cox(said(*drawn(2000, 7, sureness)), resampled(2000)) for sureness in (1, 2))
    assert value(right, "slope", "low") < 1 < value(right, "slope", "high")
    assert value(right, "intercept", "low") < 0 < value(right, "intercept", "high")
    assert value(boastful, "slope", "high") < 0.7


def test_certainty_has_finite_log_odds():
    found = calibration.cox(long([1, 0, 1, 0, 1], m=[1, 0, 0, 1, 1]), once(5))
    assert value(found, "slope") == pytest.approx((np.log(2) - np.log(1)) / (2 * np.log(999)), rel=1e-6)


@pytest.mark.parametrize(
    ("y", "score"), [([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]), ([0, 1, 0, 1], [0.3] * 4), ([1] * 4, [0.1, 0.2, 0.3, 0.4])]
)
def test_where_no_slope_is_finite_none_is_told(y, score):
    found = calibration.cox(long(y, m=score), once(4))
    assert found[["value", "low", "high"]].isna().all().all()
    assert (found["undefined"] == 3).all()


def test_resamples_without_a_slope_are_counted_and_left_out():
    y, score = [0, 1, 0, 1], [0.2, 0.3, 0.4, 0.6]
    weights = np.array([[1, 1, 1, 1], [2, 0, 0, 2], [0, 0, 4, 0]], dtype="float32")
    found = calibration.cox(long(y, m=score), weights)
    assert found["undefined"].tolist() == [2, 2]
    assert found["low"].tolist() == pytest.approx(found["value"].tolist())


def test_the_brier_score_is_that_of_scikit_learn_in_every_resample():
    y, score = drawn(120, 8)
    weights = resampled(120)
    found = calibration.brier(said(y, score), weights)
    assert value(found, "brier") == pytest.approx(brier_score_loss(y, score))
    draws = [brier_score_loss(y, score, sample_weight=w) for w in weights]
    assert value(found, "brier", "low") == pytest.approx(np.quantile(draws, 0.025))
    assert value(found, "brier", "high") == pytest.approx(np.quantile(draws, 0.975))


def test_the_parts_of_the_brier_score_by_hand():
    found = calibration.brier(long([1, 0, 0, 1, 1], m=[0.2, 0.2, 0.2, 0.7, 0.7]), once(5), bins=2, fewest=2)
    assert value(found, "reliability") == pytest.approx((3 * (0.2 - 1 / 3) ** 2 + 2 * 0.3**2) / 5)
    assert value(found, "resolution") == pytest.approx((3 * (1 / 3 - 0.6) ** 2 + 2 * 0.4**2) / 5)
    assert value(found, "uncertainty") == pytest.approx(0.24)
    assert value(found, "within_bins") == pytest.approx(0)
    assert value(found, "brier") == pytest.approx((0.64 + 0.04 + 0.04 + 0.09 + 0.09) / 5)
    assert value(found, "skill") == pytest.approx(1 - 0.18 / 0.24)
    assert value(found, "mean_error") == pytest.approx(0.4 - 0.6)


@brisk
@given(SCORED)
def test_the_parts_add_up_to_the_whole(rows):
    y, score = zip(*rows, strict=True)
    found = calibration.brier(long(y, m=np.array(score) / 8), once(len(y)), bins=3, fewest=1)
    part = {metric: value(found, metric) for metric in found["metric"]}
    whole = part["reliability"] - part["resolution"] + part["uncertainty"] + part["within_bins"]
    assert whole == pytest.approx(part["brier"])


def test_to_say_the_share_of_ones_of_every_row_is_no_skill():
    found = calibration.brier(long([1, 0, 0, 0], m=[0.25] * 4), once(4))
    assert value(found, "skill") == pytest.approx(0)
    assert np.isnan(value(calibration.brier(long([1, 1], m=[0.9, 0.8]), once(2)), "skill"))
