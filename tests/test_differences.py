"""Differences between ROC AUCs: DeLong from its definition, the paired bootstrap, and Holm by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from judged import drawn, long, resampled
from micro import brisk
from sklearn.metrics import roc_auc_score

from insights.modeling import metrics
from insights.modeling.evaluation import differences

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 4)), min_size=4, max_size=25)


def by_definition(y, first, second):
    """Return the difference and its error from every pair of a 1 and a 0, as DeLong and others define them."""
    wins = [
        np.where(p > n, 1.0, np.where(p == n, 0.5, 0.0))
        for p, n in ((s[y == 1][:, None], s[y == 0][None]) for s in (first, second))
    ]
    across, down = ([w.mean(axis=axis) for w in wins] for axis in (1, 0))
    s10, s01 = np.cov(across), np.cov(down)
    s = s10 / len(across[0]) + s01 / len(down[0])
    return wins[0].mean() - wins[1].mean(), np.sqrt(max(s[0, 0] + s[1, 1] - 2 * s[0, 1], 0))


@brisk
@given(ROWS)
def test_delong_by_midranks_is_delong_by_all_pairs(rows):
    y, first, second = (np.array(column) for column in zip(*rows, strict=True))
    assume(min((y == 1).sum(), (y == 0).sum()) >= 2)
    difference, error = differences.delong(y, first, second)
    expected = by_definition(y, first, second)
    assert difference == pytest.approx(expected[0])
    assert error == pytest.approx(expected[1], abs=1e-7)
    assert difference == pytest.approx(metrics.roc_auc(y, first) - metrics.roc_auc(y, second))


@pytest.mark.filterwarnings("error")
def test_delong_needs_two_rows_of_each_outcome():
    table = differences.between(long([1, 0, 0], a=[3, 2, 1], b=[1, 2, 3]), resampled(3))
    assert table[["delong_p", "delong_p_holm", "delong_low", "delong_high"]].isna().all().all()
    assert table["difference"].tolist() == [1.0]
    none = differences.between(long([1, 1, 1], a=[3, 2, 1], b=[1, 2, 3]), resampled(3))
    assert none.drop(columns=["model", "against", "n"]).isna().all().all()


def two_models(n, seed):
    """Return outcomes and two scores that know of them, one more than the other."""
    y, score = drawn(n, seed)
    rng = np.random.default_rng([seed, 1])
    return y, score, score + rng.normal(size=n) * 0.3


def test_delong_and_the_bootstrap_agree_on_independent_rows():
    y, better, worse = two_models(500, 1)
    draws = [metrics.auc_draws(y, s, resampled(500, 600)) for s in (better, worse)]
    _, error = differences.delong(y, better, worse)
    assert error == pytest.approx((draws[0] - draws[1]).std(), rel=0.1)


def test_delong_is_too_sure_where_the_rows_of_a_family_repeat_and_the_bootstrap_is_not():
    y, better, worse = (np.repeat(v, 4) for v in two_models(150, 2))
    families = np.repeat([f"F{i}" for i in range(150)], 4)
    weights = metrics.cluster_weights(pd.Series(families), 400, np.random.default_rng(3))
    found = differences.between(long(y, families, a=better, b=worse), weights).iloc[0]
    widths = found["high"] - found["low"], found["delong_high"] - found["delong_low"]
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.2)
    assert found["delong_p"] < found["p"]


def test_under_no_difference_delong_is_wrong_in_one_of_twenty():
    wrong = 0
    for seed in range(400):
        rng = np.random.default_rng([9, seed])
        y = rng.integers(2, size=120)
        difference, error = differences.delong(y, *(y + 1.5 * rng.normal(size=(2, 120))))
        wrong += abs(difference) > 1.959964 * error
    assert 0.025 < wrong / 400 < 0.08


def test_differences_and_their_intervals_are_those_of_each_resample():
    y, better, worse = two_models(120, 4)
    both = long(y, m=better, n=worse, o=1 - worse)
    weights = resampled(120)
    found = differences.between(both, weights, "n")
    expected = []
    for other in (better, 1 - worse):
        apart = [roc_auc_score(y, worse, sample_weight=w) - roc_auc_score(y, other, sample_weight=w) for w in weights]
        whole = roc_auc_score(y, worse) - roc_auc_score(y, other)
        expected.append([whole, *np.quantile(apart, [0.025, 0.975]), 120])
    assert found["against"].tolist() == ["m", "o"]
    columns = ["difference", "low", "high", "n"]
    np.testing.assert_allclose(found[columns], expected)
    others = differences.of_others(found)
    assert others["model"].tolist() == ["m", "o"]
    pd.testing.assert_frame_equal(others[columns], found[columns])


def test_every_pair_is_compared_once_unless_a_model_is_named():
    y, better, worse = two_models(60, 5)
    found = differences.between(long(y, a=better, b=worse, c=1 - worse), resampled(60))
    assert found[["model", "against"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert found["p_holm"].tolist() == differences.holm(found["p"]).tolist()
    assert found["delong_p_holm"].tolist() == differences.holm(found["delong_p"]).tolist()
    assert (found["p_holm"] >= found["p"]).all()
    with pytest.raises(ValueError, match="forest: no predictions"):
        differences.between(long(y, a=better), resampled(60), "forest")


def test_a_score_differs_from_itself_by_nothing():
    y, score, _ = two_models(60, 6)
    found = differences.between(long(y, a=score, b=np.exp(score)), resampled(60)).iloc[0]
    assert found[["difference", "low", "high", "delong_low", "delong_high"]].tolist() == [0.0] * 5
    assert found[["p", "p_holm", "delong_p", "delong_p_holm"]].tolist() == [1.0] * 4


def test_a_difference_without_spread_has_no_p_value():
    found = differences.between(long([1, 1, 0, 0], a=[4, 3, 2, 1], b=[1, 1, 1, 1]), resampled(4)).iloc[0]
    assert found["difference"] == 0.5
    assert np.isnan(found["delong_p"])


def test_the_p_value_of_the_bootstrap_by_hand():
    above = np.linspace(0.1, 1, 99)
    assert differences._resampled(above)[2] == 2 * 1 / 100
    assert differences._resampled(-above)[2] == 2 * 1 / 100
    assert differences._resampled(np.r_[above, np.full(20, -1.0)])[2] == pytest.approx(2 * 21 / 120)
    assert differences._resampled(np.r_[above, np.nan])[2] == 2 * 1 / 100
    assert differences._resampled(np.zeros(5))[2] == 1


def test_holm_by_hand_leaves_what_is_missing_out():
    found = differences.holm(pd.Series([0.01, np.nan, 0.04, 0.03]))
    np.testing.assert_allclose(found, [0.03, np.nan, 0.06, 0.06])
    assert np.isnan(differences.holm(pd.Series([np.nan]))).all()
