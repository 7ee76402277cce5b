"""Raters: by hand, against statsmodels' kappa, under resamples, and without telling who is who."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from judged import long, once, resampled
from micro import brisk
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from insights.modeling.evaluation import raters
from insights.verdicts import BOTH_TEAMS

DECISION = pd.Timestamp("2025-10-01")
RND, MARKETING = "research_and_development", "marketing"


def votes(*cast, late=0):
    """Return votes of ``(rater, team, row, vote, probability)``, so many hours before or after the decision."""
    table = pd.DataFrame(cast, columns=["panelist_id", "team", "row", "vote", "probability"])
    recorded = DECISION + pd.Timedelta(hours=late)
    return table.assign(
        product_id=[f"F{row:03d}" for row in table["row"]], decision_at=DECISION, recorded_at=recorded,
        vote=table["vote"].astype(bool),
    ).drop(columns="row")  # fmt: skip


def found(cast, y, weights=None):
    rows = long(y, m=np.zeros(len(y)), other=np.ones(len(y)))
    return raters.of_teams(cast, rows, once(len(y)) if weights is None else weights).set_index(["team", "metric"])


CAST = votes(
    ("a", RND, 0, 1, 0.9), ("b", RND, 0, 0, 0.4), ("c", MARKETING, 0, 1, None),
    ("a", RND, 1, 1, 0.7), ("b", RND, 1, 0, 0.1), ("d", MARKETING, 2, 0, 0.5),
)  # fmt: skip


def test_votes_and_what_was_stated_are_judged_by_hand_team_by_team():
    told = found(CAST, [1, 0, 0])
    assert told.loc[(RND, "accuracy"), ["value", "low", "high"]].tolist() == [0.5] * 3
    assert told.loc[(MARKETING, "accuracy"), "value"] == 1 and told.loc[(BOTH_TEAMS, "accuracy"), "value"] == 4 / 6
    assert told.loc[(RND, "brier"), "value"] == pytest.approx((0.01 + 0.36 + 0.49 + 0.01) / 4)
    assert told.loc[(MARKETING, "brier"), "value"] == 0.25  # of the one who stated something
    assert told.loc[(RND, "constant"), "value"] == 0.25 and told.loc[(MARKETING, "constant"), "value"] == 0
    assert told.loc[(BOTH_TEAMS, "accuracy"), ["raters", "votes", "n"]].tolist() == [4, 6, 3]


def test_kappa_of_rows_with_few_and_many_votes_by_hand_and_missing_where_nobody_shares_a_row():
    told = found(CAST, [1, 0, 0])["value"]
    p = 3 / 5  # on rows 0 and 1 five voted, three of them for 1
    unlike = 2 * 1 / 3 + 1 * 1 / 2
    assert told[BOTH_TEAMS, "kappa"] == pytest.approx(1 - unlike / (3 * p * (1 - p)))
    assert np.isnan(told[MARKETING, "kappa"])


@brisk
@given(st.integers(2, 5), st.integers(2, 12), st.integers(0, 10_000))
def test_kappa_is_statsmodels_where_everybody_voted_on_everything(people, rows, seed):
    ballots = np.random.default_rng(seed).integers(2, size=(rows, people))
    assume(0 < ballots.sum() < ballots.size)
    cast = votes(*((f"p{p}", RND, row, ballots[row, p], 0.5) for row in range(rows) for p in range(people)))
    counted, _ = aggregate_raters(ballots, n_cat=2)
    told = found(cast, [0, 1] * (rows // 2) + [1] * (rows % 2))
    assert told.loc[(RND, "kappa"), "value"] == pytest.approx(fleiss_kappa(counted))


def test_a_vote_that_was_recorded_after_its_decision_does_not_count():
    y = [1, 0, 0]
    after = votes(("a", RND, 0, 1, 0.9), ("e", RND, 1, 0, 0.0), late=1)
    pd.testing.assert_frame_equal(found(pd.concat([CAST, after]), y), found(CAST, y))
    assert raters.of_teams(after, long(y, m=[0, 0, 0]), once(3)).empty


def test_of_single_people_the_lowest_and_highest_are_told_only_where_there_are_several_and_nobody_is_named():
    y = [1, 0] * 15
    right = {"a": 1, "b": 0, "c": 1, "d": 1, "e": 0}
    teams = dict.fromkeys("abc", RND) | dict.fromkeys("de", MARKETING)
    ballots = [(p, teams[p], row, y[row] if right[p] else 1 - y[row], 0.5) for p in right for row in range(30)]
    cast = votes(*ballots, *(("f", RND, row, y[row], 0.5) for row in range(raters.FEWEST - 1)))
    told = found(cast, y)
    assert told.loc[(RND, "accuracy"), ["least", "most"]].tolist() == [0, 1]
    assert told.loc[(MARKETING, "accuracy"), ["least", "most"]].isna().all()
    assert told.loc[(RND, "kappa"), ["least", "most"]].isna().all()
    assert "panelist_id" not in told.reset_index().columns


def test_whoever_voted_seldom_is_neither_the_lowest_nor_the_highest():
    y = [1, 0] * 15
    ballots = [(p, RND, row, row % 3 == 0, 0.5) for p in "abc" for row in range(30)]
    seldom = [("f", RND, row, y[row], 0.5) for row in range(raters.FEWEST - 1)]
    for cast, most in (
        (ballots, 0.5),
        (ballots + seldom, 0.5),
        (ballots + [("f", RND, r, y[r], 0.5) for r in range(30)], 1),
    ):
        told = found(votes(*cast), y).loc[(RND, "accuracy")]
        assert told[["least", "most"]].tolist() == [0.5, most] and told["raters"] == len({one[0] for one in cast})


def test_a_row_that_was_drawn_twice_is_the_row_twice():
    rng = np.random.default_rng(5)
    y, again = [1, 0, 0, 1], [1, 0, 0, 1, 1, 0]
    ballots = [(p, RND, row, rng.integers(2), rng.random()) for row in range(4) for p in "abc"]
    copied = [(p, team, row + 4, *said) for p, team, row, *said in ballots if row < 1]
    drawn = found(votes(*ballots), y, np.array([[2, 1, 1, 1]], dtype="float32"))
    twice = found(votes(*ballots, *copied), again[:5])
    for metric in ("accuracy", "brier", "constant", "kappa"):
        assert drawn.loc[(RND, metric), "low"] == pytest.approx(twice.loc[(RND, metric), "value"])


def test_raters_who_toss_coins_agree_by_chance_and_are_right_half_of_the_time():
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=400)
    cast = votes(*((p, RND, row, rng.integers(2), rng.random()) for row in range(400) for p in "abcd"))
    told = found(cast, y, resampled(400))
    for metric, expected in (("accuracy", 0.5), ("kappa", 0.0), ("brier", 1 / 3)):
        row = told.loc[(RND, metric)]
        assert row["value"] == pytest.approx(expected, abs=0.04) and row["low"] < row["value"] < row["high"]
