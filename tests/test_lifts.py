"""Lifts of channels: the conditional Poisson model against another library and by hand, and which touches count."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, table, window
from statsmodels.discrete.conditional_models import ConditionalPoisson

from insights.findings.journey import channels as findings
from insights.journey import attribution, channels, lifts

PARAMS = window("sample")
START = PARAMS.start


def drawn(seed, people=300, months=8, effect=0.5, keen=1.0):
    """Return months of people of whom the keen are reached more and buy more; a touch multiplies purchases."""
    rng = np.random.default_rng(seed)
    keenness = np.exp(keen * rng.normal(size=people))
    group = np.repeat(np.arange(people), months)
    touched = (rng.random(len(group)) < np.clip(0.2 * keenness[group], 0, 0.9)).astype(float)
    y = rng.poisson(0.3 * keenness[group] * np.exp(effect * touched)).astype(float)
    return touched[:, None], y, group


@pytest.mark.parametrize("seed", [0, 1])
def test_coefficients_are_those_of_another_library(seed):
    x, y, group = drawn(seed, people=60)
    x = np.column_stack([x, np.tile(np.arange(8) == 3, 60)]).astype(float)
    told = np.isin(group, np.flatnonzero(np.bincount(group, y) > 0))
    ours, _ = lifts.conditional_poisson(x, y, group)
    theirs = ConditionalPoisson(y[told], x[told], groups=group[told]).fit(disp=False).params
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_one_touch_a_person_by_hand():
    """Two months each: 30 buy in the touched one, 10 in the other; the odds of the touched month are 3."""
    x = np.tile([1.0, 0.0], 40)[:, None]
    y = np.concatenate([np.tile([1.0, 0.0], 30), np.tile([0.0, 1.0], 10)])
    found, error = lifts.conditional_poisson(x, y, np.repeat(np.arange(40), 2))
    assert np.exp(found[0]) == pytest.approx(3.0)
    assert error[0] == pytest.approx(np.sqrt(1 / 30 + 1 / 10))


def test_the_planted_effect_is_in_the_interval_and_a_comparison_between_people_is_not_there():
    held, between = 0, []
    for seed in range(40):
        x, y, group = drawn(seed)
        found, error = lifts.conditional_poisson(x, y, group)
        held += abs(found[0] - 0.5) < 1.96 * error[0]
        between.append(np.log(y[x[:, 0] > 0].mean() / y[x[:, 0] == 0].mean()))
    assert 35 <= held <= 40
    assert np.mean(between) > 1.0


@given(factors=st.lists(st.integers(1, 5), min_size=20, max_size=20), order=st.randoms())
@brisk
def test_people_who_say_nothing_and_the_order_of_rows_change_nothing(factors, order):
    x, y, group = drawn(3, people=20)
    whole, error = lifts.conditional_poisson(x, y, group)
    silent = np.repeat(np.arange(20, 22), 8)
    rows = list(range(len(y) + len(silent)))
    order.shuffle(rows)
    more = np.concatenate([x, np.tile([[1.0], [0.0]], (8, 1))])[rows]
    counts, groups = np.append(y, np.zeros(16))[rows], np.append(group, silent)[rows]
    np.testing.assert_allclose(lifts.conditional_poisson(more, counts, groups), (whole, error), rtol=1e-6)


def test_a_channel_that_is_always_there_for_everybody_is_refused():
    x, y, group = drawn(0, people=30)
    with pytest.raises(ValueError, match="does not vary within people"):
        lifts.conditional_poisson(np.column_stack([x, np.ones(len(y))]), y, group)


# Which months and touches count.


def studied(registered, bought, touched):
    """Return what is made of records: who registered when, who bought when, what reached whom when."""
    con = ibis.duckdb.connect()
    people = [{"learner_id": who, "registered_at": at} for who, at in registered.items()]

    def moments(rows, columns):
        made = con.create_table(ibis.util.gen_name("t"), obj=pd.DataFrame(rows, columns=columns))
        return made.mutate(at=made["at"].cast("timestamp(6)"))

    bought = moments([[who, pd.Timestamp(at)] for who, at in bought], ["learner_id", "at"])
    touched = moments([[w, pd.Timestamp(at), c] for w, at, c in touched], ["learner_id", "at", "channel"])
    clean = {"learners": table(con, "learners", people)}
    return lifts.person_months(con, clean, touched, bought, PARAMS)


def touched_months(rows, channel):
    return sorted(rows.loc[rows[channel] == 1, "month"].dt.strftime("%m"))


def test_a_touch_counts_in_the_month_after_it_and_a_purchase_in_its_own():
    rows = studied(
        {"a": "2024-05-01"}, [("a", "2025-04-10"), ("a", "2025-04-11")],
        [("a", "2025-03-31 23:00", "meetups"), ("a", "2025-03-01", "meetups"), ("a", "2024-12-31", "meetups"),
         ("a", "2025-12-31", "meetups")],
    )  # fmt: skip
    assert rows["month"].dt.strftime("%m").tolist() == [f"{m:02d}" for m in range(2, 13)]
    assert touched_months(rows, "meetups") == ["04"]
    assert rows.set_index("month")["y"].to_dict() == dict.fromkeys(rows["month"], 0) | {pd.Timestamp("2025-04-01"): 2}


def test_months_begin_with_the_one_after_the_first_whole_month_of_a_person():
    rows = studied({"a": "2025-06-02"}, [("a", "2025-09-10")], [("a", "2025-08-02", "meetups")])
    assert rows["month"].dt.strftime("%m").tolist() == ["08", "09", "10", "11", "12"]


def test_who_never_enrolled_in_the_months_asked_about_is_left_out():
    registered = {"a": "2024-05-01", "b": "2024-05-01"}
    rows = studied(registered, [("a", "2025-09-10"), ("b", "2025-01-05")], [("b", "2025-08-02", "meetups")])
    assert rows["learner_id"].unique().tolist() == ["a"]


@pytest.mark.parametrize(
    ("channel", "touched", "counts"),
    [
        (channels.SEARCHED, "2025-04-09", False),
        (channels.SEARCHED, "2025-04-02", True),
        (channels.SEARCHED, "2025-04-11", True),
        (channels.NETWORKS, "2025-04-09", False),
        ("meetups", "2025-04-09", True),
        ("The Batch", "2025-04-09", True),
    ],
)
def test_a_visit_in_the_week_before_a_purchase_of_the_same_month_is_its_companion(channel, touched, counts):
    other = ("a", "2025-08-01", channel)
    rows = studied({"a": "2024-05-01"}, [("a", "2025-04-10")], [("a", touched, channel), other])
    assert touched_months(rows, channel) == (["05", "09"] if counts else ["09"])


def test_a_visit_before_a_purchase_of_the_next_month_counts():
    rows = studied({"a": "2024-05-01"}, [("a", "2025-04-02")], [("a", "2025-03-30", channels.SEARCHED)])
    assert touched_months(rows, channels.SEARCHED) == ["04"]


def crowd(seed, people=400, effect=0.9):
    """Return records of people whom meetups make buy, and search does not."""
    rng = np.random.default_rng(seed)
    names = [f"p{number}" for number in range(people)]
    keen = np.exp(rng.normal(size=people))
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    reached = {
        c: rng.random((people, 12)) < np.clip(0.2 * keen, 0, 0.8)[:, None] for c in ("meetups", channels.SEARCHED)
    }
    before = np.column_stack([np.zeros(people, dtype=bool), reached["meetups"][:, :-1]])
    sold = rng.poisson(0.2 * keen[:, None] * np.exp(effect * before))
    bought = [
        (names[i], f"{months[m]}-01") for i, m in zip(*np.nonzero(sold), strict=True) for _ in range(sold[i, m])
    ]
    touched = [
        (names[i], f"{months[m]}-20", c) for c, r in reached.items() for i, m in zip(*np.nonzero(r), strict=True)
    ]
    return dict.fromkeys(names, "2024-05-01"), bought, touched


def test_what_adds_is_told_from_what_only_goes_along_and_what_is_owed_follows():
    found = lifts.study(studied(*crowd(0))).set_index("channel")
    assert found.index.tolist() == ["meetups", channels.SEARCHED]
    assert found["verdict"].tolist() == [lifts.ADDS, lifts.NOT_SHOWN]
    meetups = found.loc["meetups"]
    assert meetups["low"] < np.exp(0.9) < meetups["high"]
    assert meetups["owed_low"] < meetups["owed"] < meetups["owed_high"] < 1
    rows = studied(*crowd(0))
    after = rows.loc[rows["meetups"] == 1, "y"].sum() / rows["y"].sum()
    assert meetups["owed"] == pytest.approx((1 - 1 / meetups["ratio"]) * after)
    assert meetups["touched"] == rows["meetups"].sum() and meetups["enrolled"] == rows["y"].sum()


def test_a_channel_that_reached_few_is_left_out_and_few_buyers_give_nothing():
    registered, bought, touched = crowd(1)
    few = [(who, at, "expert panels") for who, at, _ in touched[:10]]
    assert "expert panels" not in lifts.study(studied(registered, bought, touched + few))["channel"].tolist()
    assert lifts.study(studied(*crowd(1, people=20))).empty


def test_a_channel_that_reaches_everybody_every_month_tells_nothing_and_is_left_out():
    rows = studied(*crowd(0)).assign(everywhere=1.0)
    pd.testing.assert_frame_equal(lifts.study(rows), lifts.study(rows.drop(columns="everywhere")))


def test_many_buyers_are_sampled_down_and_the_sample_is_the_same_each_time(monkeypatch):
    monkeypatch.setattr(lifts, "MOST", 100)
    rows, again = (studied(*crowd(0)) for _ in range(2))
    assert rows["learner_id"].nunique() == 100
    pd.testing.assert_frame_equal(rows, again)


# What the page says.

LIFTS = pd.DataFrame(
    [["meetups", 90, 1.5, 1.2, 1.9, 0.001, "adds", 0.04], ["search", 800, 1.01, 0.9, 1.1, 0.9, "not shown", 0.01]],
    columns=["channel", "touched", "ratio", "low", "high", "p_adjusted", "verdict", "owed"],
).assign(people=100, enrolled=300)  # fmt: skip
CREDITS = pd.DataFrame(
    [[outcome, c, rule, share, share - 0.1, share + 0.1] for outcome in ("enrolled", "completed")
     for rule in attribution.RULES for c, share in (("search", 0.8), ("meetups", 0.2))],
    columns=["outcome", "channel", "rule", "share", "low", "high"],
)  # fmt: skip


def test_the_page_says_what_adds_and_of_what_nothing_is_shown():
    told = str(findings.lifts_in_full(LIFTS))
    assert "meetups, 1.5" in told and "Nothing is shown for search" in told
    assert "owed to meetups (4.0" in str(findings.lift(LIFTS)).replace("\N{NO-BREAK SPACE}", " ")
    nothing = LIFTS.assign(verdict="not shown")
    assert "Of no channel" in str(findings.lift(nothing)) and "Of no channel" in str(findings.lifts_in_full(nothing))


def test_credit_lift_and_truth_stand_side_by_side_in_the_order_of_what_is_best_known():
    assert findings.side_by_side(CREDITS, LIFTS, None)["channel"].tolist() == ["meetups", "search"]
    planted = pd.DataFrame({"channel": ["meetups", "search"], "owed": [0.0, 0.5], "ratio": [1.4, 1.2]})
    beside = findings.side_by_side(CREDITS, LIFTS, planted)
    assert beside["channel"].tolist() == ["search", "meetups"]
    assert beside.columns.tolist() == ["channel", *attribution.RULES, "lift", "true"]
    told = str(findings.against_planted(LIFTS, planted))
    assert "1 of 2 intervals hold theirs, those of search" in told and "in truth it is search" in told


def test_completed_courses_are_said_to_be_credited_otherwise_only_where_intervals_lie_apart():
    assert "like enrollments" in str(findings.completed(CREDITS))
    moved = CREDITS.copy()
    done = moved["outcome"] == "completed"
    moved.loc[done, ["share", "low", "high"]] = 0.5
    assert "otherwise than enrollments for meetups and search" in str(findings.completed(moved))
    assert "Of no course" in str(findings.completed(CREDITS[~done]))
    one = CREDITS.copy()
    one.loc[done & (one["channel"] == "meetups"), ["share", "low", "high"]] = 0.5
    assert "otherwise than enrollments for meetups:" in str(findings.completed(one))


def test_channels_are_not_ranked_where_the_intervals_of_what_is_owed_to_them_overlap():
    both = LIFTS.assign(verdict="adds", owed=[0.04, 0.03], owed_low=[0.035, 0.02])
    apart, close = (str(findings.lift(both.assign(owed_high=[0.05, high]))) for high in (0.034, 0.04))
    assert "nobody can tell" not in apart and "Which of them comes first nobody can tell" in close
