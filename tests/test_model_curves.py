"""Curves of ROC and of precision and recall: scikit-learn's, from corner to corner, with bands of the resamples."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from judged import drawn, long, once, resampled
from micro import brisk
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from insights.modeling import metrics
from insights.modeling.evaluation import curves

TIED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4)), min_size=3, max_size=30)
WAYS = {"roc": curves.roc, "precision and recall": curves.precision_recall}


@brisk
@given(TIED)
def test_curves_are_scikit_learns_with_ties(rows):
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(len({*y}) == 2)
    frame = long(y, m=score)
    false, true, _ = roc_curve(y, score, drop_intermediate=False)
    found = curves.roc(frame, once(len(y)), "m")
    assert found["false_positive_rate"].tolist() == pytest.approx(false.tolist())
    assert found["true_positive_rate"].tolist() == pytest.approx(true.tolist())
    precision, recall, _ = precision_recall_curve(y, score)
    theirs = {(round(r, 9), round(p, 9)) for r, p in zip(recall, precision, strict=True)}
    told = curves.precision_recall(frame, once(len(y)), "m")
    ours = [(round(r, 9), round(p, 9)) for r, p in zip(told["recall"], told["precision"], strict=True)]
    assert set(ours) <= theirs and {r for r, _ in ours} == {r for r, _ in theirs if r > 0}


def test_a_roc_curve_runs_from_corner_to_corner_with_few_points():
    y, score = drawn(5_000, 9)
    curve = curves.roc(long(y, m=score), once(len(y)), "m", points=50)
    x, found = curve["false_positive_rate"], curve["true_positive_rate"]
    assert len(curve) <= 50
    assert (x.iloc[0], found.iloc[0], x.iloc[-1], found.iloc[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(found, x) == pytest.approx(metrics.roc_auc(y, score), abs=0.01)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_only_one_model_has_a_band_which_is_the_curve_itself_where_every_row_counts_once(way):
    y, score = drawn(60, 3)
    found = way(long(y, m=score, other=1 - score), once(len(y)), "m")
    x, height = found.columns[1:3]
    own, other = found[found["model"] == "m"], found[found["model"] == "other"]
    upper = own.groupby(x)[height].transform("max")
    np.testing.assert_allclose(own["low"], upper)
    np.testing.assert_allclose(own["high"], upper)
    assert other[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_band_holds_the_curve_and_narrows_with_rows(way):
    wide = {}
    for n in (200, 5_000):
        y, score = drawn(n, 5)
        found = way(long(y, m=score), resampled(n), "m")
        x, height = found.columns[1:3]
        inner = found[found[x].between(0.2, 0.8)]
        assert (inner["low"] <= inner[height] + 1e-9).mean() > 0.95
        assert (inner[height] <= inner["high"] + 1e-9).mean() > 0.95
        wide[n] = (inner["high"] - inner["low"]).mean()
    assert wide[5_000] < wide[200] / 2


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_resamples_of_one_outcome_only_say_nothing_of_a_band(way):
    y = np.array([1, 0, 1, 0])
    weights = np.vstack([np.ones(4), [2, 0, 2, 0], [0, 2, 0, 2]]).astype("float32")
    whole, lacking = (way(long(y, m=[4, 3, 2, 1]), w, "m") for w in (weights[:1], weights))
    assert lacking["low"].notna().all()
    if way is curves.roc:
        np.testing.assert_allclose(lacking["low"], whole["low"])


def test_a_model_that_ranks_all_ones_first_finds_them_without_a_wrong_one():
    found = curves.precision_recall(long([1, 1, 0, 0], m=[4, 3, 2, 1]), once(4), "m")
    assert found[["recall", "precision"]].to_numpy().tolist() == [[0.5, 1], [1, 1]]


@brisk
@given(TIED, st.integers(1, 5))
def test_the_early_area_is_scikit_learns_up_to_the_share_of_zeros_that_so_many_calls_can_hit(rows, most):
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    assume(len({*y}) == 2)
    zeros = (y == 0).sum()
    found = curves.early(long(y, m=score), once(len(y)), most).loc[0]
    assert found["share"] == min(1, most / zeros)
    expected = roc_auc_score(y, score, max_fpr=most / zeros) if most < zeros else roc_auc_score(y, score)
    assert found[["value", "low", "high"]].tolist() == pytest.approx([expected] * 3)


def test_a_perfect_order_is_1_early_and_what_knows_nothing_a_half():
    y, _ = drawn(20_000, 2)
    noise = np.random.default_rng(3).random(len(y))
    found = curves.early(long(y, knows=y, noise=noise), resampled(len(y)), 3_000).set_index("model")["value"]
    assert found["knows"] == 1 and found["noise"] == pytest.approx(0.5, abs=0.01)


def test_the_early_area_of_a_resample_is_that_of_the_rows_as_often_as_they_were_drawn():
    y, score = [1, 0, 1, 0, 0], [5, 4, 3, 2, 1]
    found = curves.early(long(y, m=score), np.array([[1, 1, 3, 1, 1]], dtype="float32"), 2).loc[0]
    drawn = curves.early(long([*y, 1, 1], m=[*score, 3, 3]), once(7), 2).loc[0, "value"]
    assert found[["low", "high"]].tolist() == pytest.approx([drawn] * 2) and found["value"] != pytest.approx(drawn)
