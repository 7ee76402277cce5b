"""Agreement of two deciders: by hand, as scikit-learn has it, and only where both decided."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from judged import drawn, long, once, resampled
from micro import brisk
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score

from insights.modeling import metrics
from insights.modeling.evaluation import agreement, standing

EIGHT = long(
    [1, 1, 1, 1, 0, 0, 0, 0],
    panel=[0.75, 0.5, 0.0, 0.25, 0.0, 0.25, 1.0, 0.75],
    model=[0.9, 0.8, 0.7, 0.1, 0.2, 0.3, 0.4, 0.6],
)
DECIDED = st.lists(st.tuples(*[st.integers(0, 1)] * 3, st.integers(0, 3)), min_size=3, max_size=30)


def value(table, metric, column="value"):
    """Return one number of a table with a row per metric."""
    return table.set_index("metric").loc[metric, column]


def deciders(y, first, second):
    """Return predictions of two that say nothing but 0 and 1."""
    return long(y, a=first, b=second)


def test_who_was_right_by_hand():
    found = agreement.who_was_right(EIGHT, "panel", "model")
    assert found.to_numpy().tolist() == [
        ["right", "right", 4, 0.5, 2], ["right", "wrong", 0, 0.0, 0],
        ["wrong", "right", 2, 0.25, 1], ["wrong", "wrong", 2, 0.25, 1],
    ]  # fmt: skip


def test_agreement_of_eight_rows_by_hand():
    found = agreement.decisions(EIGHT, "panel", "model", once(8))
    assert value(found, "agreement") == 6 / 8
    assert value(found, "kappa") == pytest.approx((6 / 8 - 1 / 2) / (1 - 1 / 2))
    assert value(found, "accuracy_difference") == -2 / 8
    assert value(found, "accuracy_difference", "p") == pytest.approx(2 * 1 / 4)
    assert found.loc[0, ["first", "second", "n"]].tolist() == ["panel", "model", 8]


def test_the_exact_test_is_that_of_the_binomial_distribution():
    """One is right alone once, the other five times: of six coins at most one shows heads, twice."""
    y, one = np.ones(10), np.array([1, 0, 0, 0, 0, 0, 1, 1, 1, 0])
    other = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    assert agreement.mcnemar_p(y, one, other) == pytest.approx(2 * (1 + 6) / 64)
    assert agreement.mcnemar_p(y, other, one) == pytest.approx(2 * (1 + 6) / 64)
    assert agreement.mcnemar_p(1 - y, 1 - one, 1 - other) == pytest.approx(2 * (1 + 6) / 64)
    assert agreement.mcnemar_p(y, one, one) == 1


@brisk
@given(DECIDED)
def test_kappa_is_scikit_learns_in_a_resample(rows):
    y, one, other, weight = (np.array(column) for column in zip(*rows, strict=True))
    drawn_one, drawn_other = one[weight > 0], other[weight > 0]
    assume(len({*drawn_one, *drawn_other}) == 2)
    found = agreement.decisions(deciders(y, one, other), "a", "b", weight[None].astype("float32"))
    assert value(found, "kappa", "low") == pytest.approx(cohen_kappa_score(one, other, sample_weight=weight))
    assert value(found, "agreement", "low") == pytest.approx(np.average(one == other, weights=weight))


@brisk
@given(DECIDED)
def test_the_two_sides_change_places(rows):
    y, one, other, _ = (np.array(column) for column in zip(*rows, strict=True))
    both = deciders(y, one, other)
    ab, ba = (agreement.decisions(both, *pair, resampled(len(y))) for pair in (("a", "b"), ("b", "a")))
    for metric in ("agreement", "kappa"):
        assert value(ab, metric) == pytest.approx(value(ba, metric), nan_ok=True)
    assert value(ab, "accuracy_difference") == pytest.approx(-value(ba, "accuracy_difference"))
    assert value(ab, "accuracy_difference", "low") == pytest.approx(-value(ba, "accuracy_difference", "high"))
    assert value(ab, "accuracy_difference", "p") == pytest.approx(value(ba, "accuracy_difference", "p"))


def test_who_always_says_the_same_agrees_beyond_chance_with_nobody():
    assert np.isnan(value(agreement.decisions(deciders([0, 1], [1, 1], [1, 1]), "a", "b", once(2)), "kappa"))
    half = agreement.decisions(deciders([0, 1], [1, 1], [0, 1]), "a", "b", once(2))
    assert value(half, "kappa") == 0


def test_a_vote_that_was_filled_in_is_no_vote():
    rows = EIGHT[EIGHT["model"] == "panel"][["product_id", "kind", "as_of"]]
    rows = rows.assign(panel_vote=[0.75, None, 0.0, None, 0.0, 0.25, 1.0, 0.75])
    other_month = rows.assign(as_of=pd.Timestamp("2025-11-01"), panel_vote=1.0)
    table = pd.concat([other_month, rows]).sample(frac=1, random_state=1)
    voted = agreement.answered(EIGHT, table)
    assert voted.tolist() == [True, False, True, False, True, True, True, True]
    weights = np.arange(16, dtype="float32").reshape(2, 8)
    kept, drawn_weights = agreement.among(EIGHT, weights, voted)
    assert kept.groupby("model")["product_id"].apply(list).tolist() == [[f"F{i:03d}" for i in (0, 2, 4, 5, 6, 7)]] * 2
    np.testing.assert_array_equal(drawn_weights, weights[:, voted])
    assert agreement.decisions(kept, "panel", "model", drawn_weights)["n"].tolist() == [6] * 3


def way(table, name, column):
    """Return a column of one way."""
    return table.loc[table["model"] == name, column].tolist()


def test_both_and_either_by_hand():
    found = agreement.together(EIGHT, "panel", "model")
    assert way(found, agreement.BOTH, "decision") == [1, 1, 0, 0, 0, 0, 0, 1]
    assert way(found, agreement.EITHER, "decision") == [1, 1, 1, 0, 0, 0, 1, 1]
    assert way(found, agreement.BOTH, "score") == way(found, agreement.BOTH, "decision")
    assert way(found, "panel", "score") == [0.75, 0.5, 0.0, 0.25, 0.0, 0.25, 1.0, 0.75]


def test_the_mean_of_ranks_by_hand_calls_as_many_as_the_second():
    found = agreement.together(EIGHT, "panel", "model")
    ranks = np.array([6.5 + 8, 5 + 7, 1.5 + 6, 3.5 + 1, 1.5 + 2, 3.5 + 3, 8 + 4, 6.5 + 5]) / 16
    assert way(found, agreement.RANKS, "score") == pytest.approx(ranks)
    assert way(found, agreement.RANKS, "decision") == [1, 1, 0, 0, 0, 0, 1, 1]
    assert sum(way(found, "model", "decision")) == 4
    surest = EIGHT["decision"].where(EIGHT["model"] == "panel", EIGHT["score"] > 0.85)
    fewer = agreement.together(EIGHT.assign(decision=surest.astype(int)), "panel", "model")
    assert way(fewer, agreement.RANKS, "decision") == [1, 0, 0, 0, 0, 0, 0, 0]


def test_where_scores_are_tied_at_the_last_call_all_of_them_are_called():
    tied = long([1, 0, 1], a=[0.9, 0.4, 0.4], b=[0.1, 0.1, 0.9], decisions={"b": [0, 1, 1]})
    found = agreement.together(tied, "a", "b")
    assert way(found, agreement.RANKS, "score") == pytest.approx([1.5 / 2 * 1, 1.5 / 3, 4.5 / 6])
    assert way(found, agreement.RANKS, "decision") == [1, 0, 1]
    nobody = agreement.together(tied.assign(decision=0), "a", "b")
    assert sum(way(nobody, agreement.RANKS, "decision")) == 0


def test_the_mean_of_log_odds_is_a_geometric_mean_of_odds_and_finite_where_a_panel_is_of_one_mind():
    sure = long([1, 0], a=[0.8, 1.0], b=[0.5, 0.001])
    found = way(agreement.together(sure, "a", "b"), agreement.LOG_ODDS, "score")
    assert found == pytest.approx([2 / 3, 0.5])


def test_scores_that_are_no_probabilities_have_ranks_but_no_log_odds():
    ways = agreement.together(long([1, 0], a=[0.8, 1.2], b=[0.5, 0.1]), "a", "b")["model"].unique()
    assert agreement.RANKS in ways
    assert agreement.LOG_ODDS not in ways


def test_ranks_do_not_ask_for_the_scale_of_a_score():
    y, score = drawn(60, 1)
    noise = np.random.default_rng(2).random(60)
    plain = agreement.together(long(y, a=score, b=noise), "a", "b")
    bent = agreement.together(long(y, a=np.exp(5 * score), b=noise), "a", "b")
    assert way(bent, agreement.RANKS, "score") == way(plain, agreement.RANKS, "score")


def test_two_half_informed_reach_more_together():
    rng = np.random.default_rng(3)
    y = rng.integers(2, size=500)
    halves = {name: y + 1.2 * rng.normal(size=500) for name in "ab"}
    found = agreement.reached(long(y, **halves), "a", "b", resampled(500))
    auc = found[found["metric"] == "roc_auc"].set_index("model")
    assert auc.loc[agreement.RANKS, "value"] > auc.loc[["a", "b"], "value"].max() + 0.03
    recall = found[found["metric"] == "recall"].set_index("model")["value"]
    assert recall[agreement.BOTH] < recall[["a", "b"]].min()
    assert recall[agreement.EITHER] > recall[["a", "b"]].max()


def test_what_is_reached_is_the_performance_of_each_way():
    weights = resampled(8)
    found = agreement.reached(EIGHT, "panel", "model", weights)
    whole = standing.performance(agreement.together(EIGHT, "panel", "model"), weights)
    assert found["metric"].unique().tolist() == ["roc_auc", "precision", "recall"]
    merged = found.merge(whole, on=[*found.columns], how="left", indicator=True)
    assert (merged["_merge"] == "both").all()
    assert len(found) == 3 * 6


def test_the_roc_auc_of_a_vote_is_the_mean_of_both_shares_told_right():
    y = EIGHT["y"].to_numpy()[:8]
    found = agreement.together(EIGHT, "panel", "model")
    decided = np.array(way(found, agreement.EITHER, "decision"))
    assert metrics.roc_auc(y, decided) == pytest.approx(balanced_accuracy_score(y, decided))


@pytest.mark.parametrize("ask", [agreement.who_was_right, agreement.together])
def test_who_said_nothing_cannot_be_asked(ask):
    with pytest.raises(ValueError, match=r"forest: no predictions of it. There are those of panel, model"):
        ask(EIGHT, "panel", "forest")
