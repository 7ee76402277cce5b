"""Completion rows: who is asked about, when, and what became of them; dates worked out by hand."""

import datetime

import ibis
import pandas as pd
import pytest
from micro import table, window

from insights import rows
from insights.timeline import PURGED, TRAIN, VALIDATE

PLANS = ["launched_at", "ends_at"]


def product(name, launched_at, **more):
    """A course announced at new year."""
    listed = {"product_id": name, "family": name, "title": name, "announced_at": "2025-01-01"}
    return listed | {"launched_at": launched_at} | more


COURSES = [
    product("COURSE", "2025-02-01", ends_at="2025-08-01"),
    product("OTHER", "2025-10-05", ends_at="2025-12-20"),
]


def enrolled(learner_id, enrolled_at="2025-05-01 10:00", completed=None, withdrawn=None, product_id="COURSE", **more):
    """An enrollment that was completed or given up, each recorded when it happened unless said."""
    return {
        "enrollment_id": f"{learner_id} {enrolled_at}", "learner_id": learner_id, "product_id": product_id,
        "enrolled_at": enrolled_at, "units": 1, "completed_at": completed, "completion_recorded_at": completed,
        "withdrawn_at": withdrawn, "withdrawal_recorded_at": withdrawn,
    } | more  # fmt: skip


BOTH_ROLES = [
    enrolled("t0"), enrolled("t1", completed="2025-05-20"),
    enrolled("v0", "2025-10-01"), enrolled("v1", "2025-10-01", completed="2025-11-01"),
]  # fmt: skip


def asked(records, products=COURSES, **completion):
    """Return the completion rows of the records, beside four that give the window both roles."""
    con = ibis.duckdb.connect()
    parameters = window(completion=completion) if completion else window()
    enrollments = table(con, "enrollments", [*BOTH_ROLES, *records])
    return rows.completion_rows(parameters, table(con, "products", products, PLANS), enrollments)


def one(records, **completion):
    """Return the rows of learner x."""
    frame = asked(records, **completion)
    return frame[frame["learner_id"] == "x"]


def test_a_learner_is_asked_about_a_week_after_the_day_of_enrollment_and_resolves_six_weeks_later():
    own = one([enrolled("x", "2025-05-01 23:59")]).iloc[0]
    assert own["as_of"] == pd.Timestamp("2025-05-08")
    assert own["resolved_at"] == pd.Timestamp("2025-06-19")
    assert (own["kind"], own["role"], own["y"]) == (rows.ENROLLED, TRAIN, 0.0)


@pytest.mark.parametrize(
    ("completed", "recorded", "y"),
    [
        ("2025-06-18 23:59:59.999999", "2025-06-18 23:59:59.999999", [1.0]),
        ("2025-06-19", "2025-06-19", [0.0]),
        ("2025-06-10", "2025-06-19", [0.0]),
        ("2025-05-08", "2025-05-08", [1.0]),
        ("2025-05-07", "2025-05-08", [1.0]),
        ("2025-05-07 23:59:59.999999", "2025-05-07 23:59:59.999999", []),
    ],
)
def test_completion_counts_from_the_moment_it_is_known_and_who_is_known_to_have_completed_is_not_asked(
    completed, recorded, y
):
    assert one([enrolled("x", completed=completed, completion_recorded_at=recorded)])["y"].tolist() == y


@pytest.mark.parametrize(
    ("withdrawn", "recorded", "rows_left"),
    [("2025-05-06", "2025-05-06", 0), ("2025-05-06", "2025-05-08", 1), ("2025-05-20", "2025-05-20", 1)],
)
def test_who_is_known_to_have_withdrawn_is_not_asked_about(withdrawn, recorded, rows_left):
    own = one([enrolled("x", withdrawn=withdrawn, withdrawal_recorded_at=recorded)])
    assert len(own) == rows_left
    assert (own["y"] == 0.0).all()


def test_an_enrollment_that_is_not_yet_recorded_is_not_asked_about():
    assert one([enrolled("x", recorded_at="2025-05-08")]).empty
    assert len(one([enrolled("x", recorded_at="2025-05-07 23:59")])) == 1


def test_a_look_back_that_begins_before_the_window_gives_no_row():
    assert one([enrolled("x", "2025-03-24 12:00")]).empty is True
    assert one([enrolled("x", "2025-03-25 12:00")])["as_of"].tolist() == [pd.Timestamp("2025-04-01")]


def test_without_a_horizon_a_row_resolves_the_day_after_its_course_ends():
    late = enrolled("x", completed="2025-08-01 18:00")
    validation = [enrolled("v2", "2025-10-06", product_id="OTHER"),
                  enrolled("v3", "2025-10-06", product_id="OTHER", completed="2025-12-20 08:00")]  # fmt: skip
    own = one([late, *validation], horizon_days=None).iloc[0]
    assert (own["resolved_at"], own["y"]) == (pd.Timestamp("2025-08-02"), 1.0)
    assert one([enrolled("x", completed="2025-08-02"), *validation], horizon_days=None)["y"].tolist() == [0.0]


def test_without_a_horizon_a_course_without_an_end_gives_no_rows():
    validation = [enrolled("v2", "2025-10-06", product_id="OTHER"),
                  enrolled("v3", "2025-10-06", product_id="OTHER", completed="2025-12-01")]  # fmt: skip
    open_ended = [*COURSES, product("OPEN", "2025-02-01", ends_at=None)]
    frame = asked([enrolled("x", product_id="OPEN"), *validation], open_ended, horizon_days=None)
    assert "x" not in frame["learner_id"].tolist()


def test_nobody_is_asked_about_a_course_that_is_over():
    validation = [enrolled("v2", "2025-10-06", product_id="OTHER"),
                  enrolled("v3", "2025-10-06", product_id="OTHER", completed="2025-12-01")]  # fmt: skip
    frame = asked([enrolled("x", "2025-07-25"), *validation], horizon_days=None)
    assert frame.query("learner_id == 'x'")["as_of"].tolist() == [pd.Timestamp("2025-08-01")]
    late = asked([enrolled("x", "2025-07-26"), *validation], horizon_days=None)
    assert "x" not in late["learner_id"].tolist()


def test_a_row_may_be_dated_from_the_start_of_the_course():
    second = product("SECOND", "2025-10-01")
    validation = [enrolled("v4", "2025-10-01", product_id="SECOND"),
                  enrolled("v5", "2025-10-01", product_id="SECOND", completed="2025-11-20")]  # fmt: skip
    begun = [product("COURSE", "2025-04-01"), second]
    early = [enrolled("x", "2025-02-01"), enrolled("t2", "2025-02-02", completed="2025-06-01")]
    frame = asked([*early, *validation], begun, anchor="course_start", day=30)
    assert frame.query("learner_id == 'x'")["as_of"].tolist() == [pd.Timestamp("2025-05-01")]


def test_a_learner_has_one_row_per_course_and_date_however_often_enrolled_that_day():
    twice = [enrolled("x", "2025-05-01 10:00"), enrolled("x", "2025-05-01 15:00")]
    own = one(twice)
    assert len(own) == 1
    assert own.iloc[0]["enrollment_id"] == "x 2025-05-01 10:00"


def test_a_sale_to_nobody_in_particular_is_not_asked_about():
    frame = asked([enrolled(None, "2025-05-03")])
    assert frame["learner_id"].notna().all()
    assert len(frame) == len(BOTH_ROLES)


def test_a_source_without_withdrawals_asks_about_everybody():
    con = ibis.duckdb.connect()
    enrollments = table(con, "enrollments", BOTH_ROLES).drop("withdrawn_at", "withdrawal_recorded_at")
    assert len(rows.completion_rows(window(), table(con, "products", COURSES, PLANS), enrollments)) == 4


def test_sampling_keeps_to_the_limits_by_role_and_drops_what_is_of_no_use():
    as_of = pd.date_range("2025-04-01", periods=100, freq="D")
    frame = pd.DataFrame({"as_of": as_of, "product_id": "P", "learner_id": [f"L{i:02d}" for i in range(100)]})
    frame["role"] = [TRAIN] * 60 + [PURGED] * 10 + [VALIDATE] * 30
    limits = {"max_training_rows": 20, "max_validation_rows": 40}
    drawn = rows.sample(window(modeling=limits), frame)
    assert drawn["role"].value_counts().to_dict() == {TRAIN: 20, VALIDATE: 30}
    assert drawn["as_of"].is_monotonic_increasing
    assert datetime.timedelta(days=25) < drawn["as_of"].iloc[10] - drawn["as_of"].iloc[0]


def test_money_that_was_paid_back_is_no_enrollment():
    refund = enrolled("x", "2025-05-03", units=-1, enrollment_id="R1")
    assert one([enrolled("x", "2025-05-01"), refund])["enrolled_at"].tolist() == [pd.Timestamp("2025-05-01")]
