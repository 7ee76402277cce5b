"""What people do next, kinds of journeys, speed, actions and integrity: by hand, and against what was planted."""

import datetime

import ibis
import numpy as np
import pandas as pd
import pytest
from micro import table, window

from insights.findings.journey import ways
from insights.journey import actions, effects, integrity, kinds, segments, speed, stages, transitions

PARAMS = window("sample", privacy={"smallest_group": 1})
START = datetime.datetime(2025, 2, 1)
DAY = datetime.timedelta(days=1)


def done(*records):
    con = ibis.duckdb.connect()
    rows = [{"learner_id": who, "at": START + day * DAY, "activity": activity} for who, day, activity in records]
    made = con.create_table("done", obj=pd.DataFrame(rows))
    return con, made.mutate(at=made["at"].cast("timestamp(6)"))


# Transitions.


def test_views_half_an_hour_apart_are_one_visit_and_later_ones_another():
    con = ibis.duckdb.connect()
    minutes = (0, 30, 61, 1_000)
    views = [
        {"learner_id": "a", "viewed_at": START + datetime.timedelta(minutes=m), "page_type": "home", "views": 1}
        for m in minutes
    ]
    found = transitions.visits({"page_views": table(con, "page_views", views)}, PARAMS).to_pandas()
    begun = (found["at"] - pd.Timestamp(START)).dt.total_seconds() / 60
    assert sorted(begun) == [0, 61, 1_000]


def test_what_follows_is_counted_and_the_last_thing_is_followed_by_nothing_more():
    _, made = done(("a", 0, "visit"), ("a", 1, "visit"), ("a", 2, "enrollment"), ("b", 0, "visit"))
    found = transitions.matrix(made, PARAMS).set_index(["before", "after"])
    assert found["n"].to_dict() == {
        ("visit", "visit"): 1, ("visit", "enrollment"): 1, ("visit", "nothing more"): 1,
        ("enrollment", "nothing more"): 1,
    }  # fmt: skip
    assert found.loc[("visit", "visit"), "share"] == pytest.approx(1 / 3)


def test_the_end_of_the_window_is_no_end_of_a_way():
    late = (PARAMS.end - START).days - PARAMS.journey.touch_days
    _, made = done(("a", late - 1, "visit"), ("b", late + 1, "visit"))
    assert transitions.matrix(made, PARAMS)["n"].tolist() == [1]


def test_the_first_steps_leave_out_repetition_what_came_before_and_who_was_not_watched():
    con, made = done(
        ("a", -3, "enrollment"), ("a", 1, "visit"), ("a", 2, "visit"), ("a", 3, "enrollment"), ("b", 1, "visit"),
        ("c", 1, "visit"),
    )  # fmt: skip
    people = pd.DataFrame({"learner_id": ["a", "b", "c"], "registered_at": START, "followed": [90.0, 300.0, 89.0]})
    found = transitions.first_steps(made, people, con, PARAMS)
    assert found.to_dict("records") == [
        {"first": "visit", "second": "enrollment", "third": "nothing more", "people": 1},
        {"first": "visit", "second": "nothing more", "third": "nothing more", "people": 1},
    ]


def test_a_way_wins_only_beyond_chance_and_counts_of_others_do_not_hold_it():
    counted = pd.DataFrame(
        {"path": ["a", "b", "c", "rare"], "people": [1_000, 1_000, 40, 5], "enrolled": [300, 200, 11, 5]}
    )
    found = transitions.sequences(counted, smallest=10).set_index("path")
    assert found["verdict"].to_dict() == {"a": "wins", "b": "loses", "c": "as others"}
    assert found.loc["a", "share"] == 0.3 and found.loc["a", "low"] < 0.3 < found.loc["a", "high"]
    assert "rare" not in str(ways.sequences(found.reset_index()))


# Kinds.


def test_the_page_names_the_way_that_wins_most_surely_before_a_rare_one_that_won_each_time():
    table = pd.DataFrame(
        [["search", 900, 0.2, 0.18, 0.22, "loses"], ["rare", 5, 1.0, 0.57, 1.0, "wins"],
         ["common", 500, 0.9, 0.87, 0.92, "wins"], ["seldom", 9, 0.0, 0.0, 0.3, "loses"]],
        columns=["path", "people", "share", "low", "high", "verdict"],
    )  # fmt: skip
    told = str(ways.sequences(table))
    assert told.index("“common”") < told.index("“rare”")
    assert told.rindex("“search”") < told.index("“seldom”")


def test_kinds_that_were_planted_are_found_and_named_after_what_they_do():
    rng = np.random.default_rng(3)
    sizes = {"browsers": 400, "community members": 300, "quiet": 500}
    busy = {"browsers": (30, 0), "community members": (2, 9), "quiet": (1, 0)}
    rows = [rng.poisson(busy[name], size=(n, 2)) for name, n in sizes.items()]
    people = pd.DataFrame(np.concatenate(rows), columns=["visit", "attendance"]).astype(float)
    found = kinds.found(people, PARAMS).set_index("kind")
    assert found["people"].sum() == 1_200 and found["part"].sum() == pytest.approx(1)
    assert {"browsers", "community members", "quiet"} <= {*found.index}
    assert found.loc["community members", "people"] == pytest.approx(300, abs=15)


def test_too_few_people_make_no_kinds():
    assert kinds.found(pd.DataFrame({"visit": np.arange(20.0)}), PARAMS).empty


# Speed.


def hazards(seed, ratio, n=1_500, changing=False):
    """Return enrollments whose rate of completing is ``ratio`` times as high after an event; withdrawal competes."""
    rng = np.random.default_rng(seed)
    came = rng.integers(0, 2, size=n)
    done_at = (
        rng.exponential(30 / ratio**came)
        if not changing
        else np.where(came, rng.uniform(20, 30, n), rng.exponential(30, n))
    )
    left, end = rng.exponential(60, size=n), 90.0
    days = np.minimum(np.minimum(done_at, left), end)
    outcome = np.where(days == end, 0, np.where(done_at <= left, 1, 2))
    return pd.DataFrame(
        {"learner_id": np.arange(n).astype(str), "came": came, "course_level": rng.normal(size=n), "days": days,
         "outcome": outcome}
    )  # fmt: skip


def test_the_ratio_of_hazards_that_was_planted_lies_in_its_interval():
    held = 0
    for seed in range(20):
        row = speed.study(hazards(seed, 1.5), seed).set_index("what").loc[speed.CAME]
        held += row["low"] <= 1.5 <= row["high"]
    assert held >= 17 and row["proportional"] == "yes"


def test_a_ratio_that_changes_over_time_is_said_to():
    found = speed.study(hazards(1, 1.0, changing=True), 1).set_index("what")
    assert found.loc[speed.CAME, "proportional"] == "changes over time"
    assert "changes over the days" in str(ways.speed(found.reset_index()))


def test_too_few_completions_fit_nothing():
    assert speed.study(hazards(1, 1.0, n=60), 1).empty


# Next best action.


def described(frame):
    level = np.where(np.arange(len(frame)) % 2 == 0, "beginner", "advanced")
    told = frame[["enrollment_id", "learner_id"]].assign(
        enrolled_at=pd.Timestamp(PARAMS.start) + 10 * DAY, days=10.0, outcome=frame["y"], level=level
    )
    return told.assign(**dict.fromkeys(("continent", "job_family", "seniority", "topic"), None))


def people(effect, n=4_000, seed=2):
    rng = np.random.default_rng(seed)
    came = rng.integers(0, 2, size=n)
    level = np.arange(n) % 2 == 0
    y = (rng.random(n) < 0.4 + effect * came * level).astype(int)
    return pd.DataFrame(
        {"enrollment_id": np.arange(n).astype(str), "learner_id": np.arange(n).astype(str), "came": came, "y": y,
         "keen": rng.normal(size=n), "email_clicks": 0.0, "days": 10.0, "outcome": y}
    )  # fmt: skip


def test_the_action_is_found_where_it_helps_and_nowhere_else():
    frame = people(0.2)
    every = actions.study(described(frame), frame, effects.estimate(frame, 1), {}, PARAMS)
    best = actions.best(every).set_index("group")
    assert best.loc["beginner", "action"] == "come to an event" and best.loc["beginner", "low"] > 0.1
    assert best.loc["advanced", "action"] == actions.NO_ACTION
    assert best.loc["everybody", "adds"] == pytest.approx(0.1, abs=0.03)


def test_an_experiment_counts_for_those_who_enroll_after_it_and_by_the_arm_they_were_given():
    frame = people(0.0)
    con = ibis.duckdb.connect()
    arms = [
        {
            "experiment": "reminder_1",
            "learner_id": who,
            "arm": "variant" if kind else "none",
            "assigned_at": PARAMS.start,
        }
        for who, kind in zip(frame["learner_id"], frame["came"], strict=True)
    ]
    told = described(frame).assign(outcome=(np.arange(4_000) % 10 < np.where(frame["came"] == 1, 6, 4)).astype(int))
    tables = {"assignments": table(con, "assignments", arms)}
    every = actions.study(told, frame, None, tables, PARAMS)
    whole = every[every["group"] == "everybody"].iloc[0]
    assert whole["evidence"] == actions.EXPERIMENT and whole["low"] < 0.2 < whole["high"]
    late = told.assign(enrolled_at=PARAMS.start - DAY)
    assert actions.study(late, frame, None, tables, PARAMS).empty


def test_a_correlation_is_named_only_where_nothing_better_helps():
    rows = [["everybody", "everybody", name, adds, 0.01, 0.2, 0.001, evidence, 100] for name, adds, evidence in
            [("click", 0.3, actions.CORRELATION), ("event", 0.1, actions.ALIKE)]]  # fmt: skip
    every = pd.DataFrame(rows, columns=actions.COLUMNS)
    assert actions.best(every)["action"].tolist() == ["event"]
    assert actions.best(every[:1])["action"].tolist() == ["click"]
    assert actions.best(every.assign(p_adjusted=0.2))["action"].tolist() == [actions.NO_ACTION]


# Integrity.


def test_a_difference_that_turns_round_within_groups_is_named():
    """Among beginners and among the advanced those who came do better; they are mostly the advanced, who do worse."""
    counts = {
        ("beginner", 0): (800, 0.6),
        ("beginner", 1): (100, 0.7),
        ("advanced", 0): (100, 0.1),
        ("advanced", 1): (800, 0.2),
    }
    rows = [(level, came, int(i < n * share)) for (level, came), (n, share) in counts.items() for i in range(n)]
    frame = pd.DataFrame(rows, columns=["level", "came", "y"])
    frame = frame.assign(enrollment_id=np.arange(len(frame)).astype(str))
    told = integrity._simpson(frame[["enrollment_id", "level"]], frame[["enrollment_id", "came", "y"]])
    assert told[-1] == integrity.MIND and "level of the course" in told[2]
    alike = frame.assign(y=frame["came"])
    assert integrity._simpson(alike[["enrollment_id", "level"]], alike)[-1] == integrity.FINE


def test_tables_without_a_denominator_small_groups_and_sure_ways_are_minded():
    good = pd.DataFrame({"people": [50], "share": [0.2], "low": [0.1]})
    assert integrity._denominators({"a": good, "b": good.drop(columns="people")})[-1] == integrity.MIND
    assert integrity._denominators({"a": good})[-1] == integrity.FINE
    assert integrity._small({"a": good.assign(people=4)}, window("sample"))[-1] == integrity.MIND
    assert integrity._structural(good.assign(share=0.99, low=0.97))[-1] == integrity.MIND
    assert integrity._structural(good.assign(share=0.99, low=0.9))[-1] == integrity.FINE
    assert "**" not in str(ways.integrity(pd.DataFrame({"check": ["x"], "verdict": [integrity.MIND]})))


# Groups of people.


def test_people_are_grouped_by_what_was_known_a_week_after_they_registered():
    con = ibis.duckdb.connect()
    registered = [{"learner_id": who, "registered_at": START, "country": "France"} for who in "ab"]
    views = [
        {"learner_id": "a", "viewed_at": START + day * DAY, "page_type": "home", "views": 1}
        for day in (1, 2, 8, 9, 10, 11)
    ]
    lists = [
        {"learner_id": "a", "newsletter": "events", "subscribed_at": START + 1 * DAY},
        {"learner_id": "b", "newsletter": "events", "subscribed_at": START + 9 * DAY},
    ]
    touched = pd.DataFrame(
        {"learner_id": ["a", "a", "b"], "at": [START - 2 * DAY, START - 40 * DAY, START + 8 * DAY],
         "channel": ["search", "meetups", "search"]}
    )  # fmt: skip
    touches = con.create_table("touches", obj=touched)
    tables = {
        name: table(con, name, rows)
        for name, rows in (("learners", registered), ("page_views", views), ("subscriptions", lists))
    }
    found = segments.of_people(con, tables, stages.people(con, tables, PARAMS), touches).set_index("learner_id")
    assert found.loc["a", ["newsletter", "continent", "source", "first_week"]].tolist() == [
        "events", "Europe", "search", "fewer than 5 page views",
    ]  # fmt: skip
    assert found.loc["b", ["newsletter", "source", "first_week"]].tolist() == [
        "none",
        segments.NOT_SEEN,
        "no page view",
    ]


def test_the_error_of_a_difference_is_that_of_two_shares_and_people_count_whole():
    got, y = np.array([1] * 40 + [0] * 60), np.array([1] * 10 + [0] * 30 + [1] * 30 + [0] * 30)
    by_hand = np.sqrt(0.25 * 0.75 / 40 + 0.5 * 0.5 / 60)
    moved = effects.of_difference(got, y)
    assert moved.mean() == pytest.approx(0) and effects.error(moved, np.arange(100)) == pytest.approx(by_hand)
    twice = effects.of_difference(np.tile(got, 2), np.tile(y, 2))
    assert effects.error(twice, np.tile(np.arange(100), 2)) == pytest.approx(by_hand)
