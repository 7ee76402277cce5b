"""Metrics: against scikit-learn on random rows, against hand counts, and under what must not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from micro import brisk
from scipy.stats import norm
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from insights.modeling import metrics, thresholds

ROW = st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 1), st.integers(0, 3))
ROWS = st.lists(ROW, min_size=4, max_size=40)


def columns(rows):
    """Return outcome, tied score, decision and weight of some rows; both outcomes count for something."""
    y, score, decision, weight = (np.array(column) for column in zip(*rows, strict=True))
    assume(len(set(y[weight > 0])) == 2)
    return y, score / 6, decision, weight


@brisk
@given(ROWS)
def test_ranking_metrics_are_scikit_learns_with_ties_and_weights(rows):
    y, score, decision, weight = columns(rows)
    found = metrics.evaluate(y, score, decision, weight)
    assert found["roc_auc"] == pytest.approx(roc_auc_score(y, score, sample_weight=weight))
    expected = average_precision_score(y, score, sample_weight=weight)
    assert found["average_precision"] == pytest.approx(expected)


@brisk
@given(ROWS)
def test_decision_metrics_are_scikit_learns_with_weights(rows):
    y, score, decision, weight = columns(rows)
    assume((decision * weight).sum() > 0)
    found = metrics.evaluate(y, score, decision, weight)
    for name, function in [("accuracy", accuracy_score), ("precision", precision_score),
                           ("recall", recall_score), ("f1", f1_score)]:  # fmt: skip
        assert found[name] == pytest.approx(function(y, decision, sample_weight=weight)), name


@brisk
@given(ROWS)
def test_a_weight_of_two_is_the_row_twice(rows):
    y, score, decision, weight = columns(rows)
    twice = [np.repeat(column, weight) for column in (y, score, decision)]
    weighed = metrics.evaluate(y, score, decision, weight)
    assert weighed == pytest.approx(metrics.evaluate(*twice), nan_ok=True)


@brisk
@given(ROWS)
def test_roc_auc_turns_round_with_the_score_and_ignores_its_scale(rows):
    y, score, _, _ = columns([(*row[:3], 1) for row in rows])
    auc = metrics.roc_auc(y, score)
    assert metrics.roc_auc(y, -score) == pytest.approx(1 - auc)
    assert metrics.roc_auc(y, np.exp(3 * score) - 7) == pytest.approx(auc)
    assert metrics.roc_auc(1 - y, score) == pytest.approx(1 - auc)


def test_four_rows_are_judged_by_hand():
    found = metrics.evaluate(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.7]), np.array([1, 1, 0, 0]))
    assert found == pytest.approx(
        {
            "roc_auc": 2.5 / 4, "average_precision": 1 / 2 * 1 + 1 / 2 * 2 / 4, "accuracy": 0.5,
            "precision": 0.5, "recall": 0.5, "f1": 0.5,
        }
    )  # fmt: skip


def test_what_is_not_defined_is_nan_and_never_0():
    ones = metrics.evaluate(np.ones(3, int), np.arange(3.0), np.zeros(3, int))
    assert np.isnan([ones["roc_auc"], ones["precision"]]).all()
    assert ones["recall"] == 0
    zeros = metrics.evaluate(np.zeros(3, int), np.arange(3.0), np.zeros(3, int))
    assert np.isnan([zeros[m] for m in ("roc_auc", "average_precision", "precision", "recall", "f1")]).all()
    assert zeros["accuracy"] == 1


def test_a_resample_draws_clusters_whole_and_as_many_as_there_are():
    clusters = pd.Series(["a", "b", "a", "c", "b", "a"])
    weights = metrics.cluster_weights(clusters, 200, np.random.default_rng(1))
    assert weights.shape == (200, 6)
    by_cluster = pd.DataFrame(weights.T).groupby(clusters)
    assert (by_cluster.nunique() == 1).all().all()
    assert (by_cluster.first().sum() == 3).all()
    assert {0, 2} <= set(np.unique(weights))


def test_resampling_people_whole_widens_the_interval_where_their_rows_repeat():
    rng = np.random.default_rng(2)
    people = np.repeat(np.arange(60), 10)
    y, score = np.repeat(rng.integers(2, size=60), 10), np.repeat(rng.random(60), 10)
    alone = metrics.cluster_weights(pd.Series(np.arange(600)), 300, rng)
    whole = metrics.cluster_weights(pd.Series(people), 300, rng)
    widths = [np.ptp(metrics.percentile_interval(metrics.auc_draws(y, score, w))) for w in (alone, whole)]
    assert widths[1] > 2 * widths[0]


def test_a_percentile_interval_of_known_draws_is_theirs():
    low, high = metrics.percentile_interval(np.arange(1001) / 1000)
    assert (low, high) == (pytest.approx(0.025), pytest.approx(0.975))
    low, high = metrics.percentile_interval(np.arange(1001) / 1000, level=0.8)
    assert (low, high) == (pytest.approx(0.1), pytest.approx(0.9))


def test_an_interval_leaves_undefined_draws_out_and_is_nan_where_none_is_defined():
    low, high = metrics.percentile_interval(np.array([[0.0, np.nan], [np.nan, np.nan], [1.0, np.nan]]))
    assert (low[0], high[0]) == (pytest.approx(0.025), pytest.approx(0.975))
    assert np.isnan([low[1], high[1]]).all()


def test_intervals_hold_the_value_and_are_those_of_the_draws():
    rng = np.random.default_rng(3)
    y = rng.integers(2, size=200)
    score = y * 0.5 + rng.random(200)
    decision = (score > 0.7).astype(int)
    weights = metrics.cluster_weights(pd.Series(np.arange(200)), 200, rng)
    table = metrics.intervals(y, score, decision, weights).set_index("metric")
    assert list(table.index) == ["roc_auc", "average_precision", "accuracy", "precision", "recall", "f1"]
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    low, high = metrics.percentile_interval(metrics.auc_draws(y, score, weights))
    assert table.loc["roc_auc", ["low", "high"]].tolist() == [float(low), float(high)]
    recalls = [recall_score(y, decision, sample_weight=w) for w in weights]
    assert table.loc["recall", "low"] == pytest.approx(np.quantile(recalls, 0.025))


def test_simultaneous_intervals_of_one_value_are_as_wide_as_its_draws_stray_and_of_many_wider():
    draws = 0.6 + 0.1 * np.random.default_rng(5).normal(size=(20_000, 9))
    low, high = metrics.simultaneous_intervals(np.array([0.6]), draws[:, :1])
    assert (low[0], high[0]) == (pytest.approx(0.6 - 0.196, abs=0.004), pytest.approx(0.6 + 0.196, abs=0.004))
    low, high = metrics.simultaneous_intervals(np.full(9, 0.6), draws)
    assert high[0] - 0.6 == pytest.approx(0.1 * norm.ppf(0.5 + 0.95 ** (1 / 9) / 2), abs=0.004)
    assert np.mean(((low <= draws) & (draws <= high)).all(axis=1)) == pytest.approx(0.95, abs=0.002)


def test_simultaneous_intervals_of_values_that_move_as_one_are_those_of_one():
    one = 0.6 + 0.1 * np.random.default_rng(6).normal(size=(500, 1))
    alone = metrics.simultaneous_intervals(np.array([0.6]), one)
    many = metrics.simultaneous_intervals(np.full(4, 0.6), np.repeat(one, 4, axis=1))
    np.testing.assert_allclose(np.ravel(many), np.repeat(np.ravel(alone), 4))


def test_a_value_that_never_moves_has_no_width_and_undefined_resamples_are_left_out():
    draws = np.array([[0.5, 0.6], [0.5, 0.8], [np.nan, 0.7]])
    low, high = metrics.simultaneous_intervals(np.array([0.5, 0.7]), draws)
    assert low[0] == high[0] == 0.5
    assert low[1] < 0.7 < high[1]
    assert np.isnan(metrics.simultaneous_intervals(np.array([0.5]), np.full((3, 1), np.nan))).all()


def test_a_permutation_null_forgets_what_the_scores_know():
    rng = np.random.default_rng(4)
    y = np.array([0, 1] * 40)
    scores = {"oracle": y + 0.0, "noise": rng.random(80), "other": rng.random(80)}
    null = metrics.permutation_null(y, scores, 400, np.random.default_rng(5))
    assert metrics.roc_auc(y, scores["oracle"]) == 1
    assert null[["oracle", "noise", "other"]].mean().to_numpy() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(null["best"], null[["oracle", "noise", "other"]].max(axis=1))
    assert null["best"].mean() > null["noise"].mean() + 0.02


def test_the_null_of_an_auc_spreads_as_mann_and_whitney_say():
    rng = np.random.default_rng(6)
    y = np.array([0] * 30 + [1] * 20)
    null = metrics.permutation_null(y, {"m": rng.random(50)}, 2000, rng)
    assert null["m"].std() == pytest.approx(np.sqrt((30 + 20 + 1) / (12 * 30 * 20)), rel=0.06)


def test_the_same_generator_gives_the_same_null_and_no_other():
    y, score = np.array([0, 1] * 20), np.random.default_rng(7).random(40)
    draws = [metrics.permutation_null(y, {"m": score}, 20, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(draws[0], draws[1])
    assert not draws[0].equals(draws[2])


def test_random_classification_calls_the_share_that_it_is_told_and_knows_nothing():
    y = np.array([1] * 300 + [0] * 700)
    drawn = metrics.chance_distribution(y, {"some": 0.2, "half": 0.5}, 400, np.random.default_rng(8))
    assert drawn["called"].value_counts().to_dict() == {"some": 400, "half": 400}
    for called, share in (("some", 0.2), ("half", 0.5)):
        mean = drawn[drawn["called"] == called].drop(columns="called").mean()
        assert mean["roc_auc"] == pytest.approx(0.5, abs=0.01)
        assert mean["precision"] == pytest.approx(0.3, abs=0.01)
        assert mean["recall"] == pytest.approx(share, abs=0.01)
        assert mean["accuracy"] == pytest.approx(0.3 * share + 0.7 * (1 - share), abs=0.01)


@pytest.mark.parametrize(("value", "expected"), [(0.9, 1 / 5), (0.7, 2 / 5), (0.65, 3 / 5), (0.1, 1)])
def test_the_p_value_counts_shuffles_that_reach_as_much_and_the_value_itself(value, expected):
    assert metrics.p_value(value, np.array([0.5, 0.6, 0.65, 0.7])) == pytest.approx(expected)


def test_p_values_of_scores_that_know_nothing_are_as_often_small_as_they_say():
    rng = np.random.default_rng(4)
    y = np.array([1] * 20 + [0] * 30)
    found = []
    for _ in range(300):
        score = rng.random(50)
        null = metrics.permutation_null(y, {"m": score}, 99, rng)["best"].to_numpy()
        found.append(metrics.p_value(metrics.roc_auc(y, score), null))
    assert np.mean(np.array(found) <= 0.1) == pytest.approx(0.1, abs=0.05)


@brisk
@given(ROWS)
def test_the_threshold_is_the_one_that_trying_all_of_them_finds(rows):
    y, score, _, _ = columns([(*row[:3], 1) for row in rows])
    chosen = thresholds.best_balanced(y, score)
    tried = {cut: balanced_accuracy_score(y, (score >= cut).astype(int)) for cut in np.unique(score)}
    best = max(tried.values())
    assert tried[chosen] == pytest.approx(best)
    assert chosen <= min(cut for cut, told in tried.items() if told > best - 1e-12) + 1e-12


def test_a_model_that_knows_little_does_not_call_nearly_everything_1_as_f1_would_have_it():
    rng = np.random.default_rng(3)
    y = (rng.random(1_000) < 0.4).astype(int)
    score = rng.random(1_000) + 0.15 * y
    by_f1 = max(np.unique(score), key=lambda cut: f1_score(y, (score >= cut).astype(int)))
    assert (score >= by_f1).mean() > 0.85
    assert 0.2 < (score >= thresholds.best_balanced(y, score)).mean() < 0.8


@pytest.mark.parametrize("outcome", [0, 1])
def test_a_threshold_needs_both_outcomes(outcome):
    with pytest.raises(ValueError, match="3 held-out rows with one outcome only"):
        thresholds.best_balanced(np.full(3, outcome), np.arange(3.0))


@brisk
@given(ROWS)
def test_nothing_that_is_handed_in_is_changed(rows):
    given_in = columns(rows)
    copies = [column.copy() for column in given_in]
    metrics.evaluate(*given_in)
    for column, copy in zip(given_in, copies, strict=True):
        np.testing.assert_array_equal(column, copy)
