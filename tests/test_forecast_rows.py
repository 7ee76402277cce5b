"""What forecasts are made of, by hand: rhythm, peers of a day, rows, landmarks, and what launches read."""

import ibis
import numpy as np
import pandas as pd
import pytest
from micro import table, window

from insights import contract, rows
from insights.features import completion, launch, registry
from insights.features.norms import against_course
from insights.forecasts import landmarks
from insights.timeline import PURGED, TRAIN, UNRESOLVED, VALIDATE

PARAMS = window(completion={"days": [7, 9]}, modeling={"max_training_rows": 50, "max_validation_rows": 20})
MAY = pd.Timestamp("2025-05-01")
DAY = pd.Timedelta(days=1)


def enrolled(who, at, completed=None, product="COURSE", **more):
    return {
        "enrollment_id": f"{who} {at}", "learner_id": who, "product_id": product, "enrolled_at": at,
        "units": 1, "completed_at": completed, "completion_recorded_at": completed,
    } | more  # fmt: skip


def course(name="COURSE", launched_at="2025-02-01"):
    named = {"product_id": name, "family": name, "title": name}
    return named | {"announced_at": "2025-01-01", "launched_at": launched_at, "ends_at": None}


def source(**records):
    con = ibis.duckdb.connect()
    return con, {name: table(con, name, listed) for name, listed in records.items()}


def view(who, at, views=1, url="u"):
    return {"learner_id": who, "viewed_at": at, "page_type": "lesson", "product_id": "COURSE", "views": views,
            "url": url}  # fmt: skip


VIEWS = [
    view("x", "2025-04-09 10:00", 2, "a"), view("x", "2025-04-19 08:00", 1, "a"),
    view("x", "2025-04-19 23:59", 3, "b"), view("x", "2025-04-20", 4), view("x", "2025-04-21 10:00"),
    view("x", "2025-04-21 20:00", 3), view("x", "2025-04-28 23:00", 2), view("x", "2025-05-01", 50),
    view("late", "2025-04-24 12:00", 2), view("late", "2025-04-26 12:00", 5),
    view("refunded", "2025-04-26", 5),
]  # fmt: skip
SALES = [
    enrolled("x", "2025-04-10"), enrolled("x", "2025-04-22"), enrolled("late", "2025-04-25"),
    enrolled("idle", "2025-04-25"), enrolled("refunded", "2025-04-25", units=-1),
]  # fmt: skip


def rhythm(**records):
    con, made = source(**records)
    asked = pd.DataFrame({"learner_id": ["x", "late", "idle", "refunded"], "product_id": "COURSE"})
    asked = asked.assign(as_of=MAY.as_unit("us"))
    return completion.completion_features(con, made, asked, PARAMS).set_index("learner_id")


def test_rhythm_is_counted_from_the_later_of_enrollment_and_launch():
    built = rhythm(page_views=VIEWS, enrollments=SALES, products=[course(launched_at="2025-04-20")])
    names = [f.name for f in registry.FAMILIES["completion", "rhythm"].features]
    nan = float("nan")
    by_hand = {
        "x": [6, 2, 2, 10 / 3, 4, 7], "late": [2, 1, 1, 5, nan, nan], "idle": [0, 0, 0, nan, nan, nan],
        "refunded": [0, 0, 0, nan, nan, nan],
    }  # fmt: skip
    for who, values in by_hand.items():
        np.testing.assert_allclose(built.loc[who, names].astype(float), values, err_msg=who)


def test_an_enrollment_older_than_the_look_back_still_says_when_the_course_began():
    sold, seen = [enrolled("x", "2025-01-10")], [view("x", "2025-04-19", 3), view("x", "2025-04-22", 2)]
    built = rhythm(page_views=seen, enrollments=sold, products=[course(launched_at="2025-04-20")])
    assert built.loc["x", ["views_before", "views_a_day"]].tolist() == [3, 2]


def test_without_products_there_is_no_rhythm():
    built = rhythm(page_views=VIEWS, enrollments=SALES)
    assert "views_before" not in built and built.loc["x", "course_views"] == 16


def test_rows_of_another_day_are_no_peers():
    asked = pd.DataFrame({"product_id": "P", "as_of": MAY, "day": [7] * 10 + [14] * 9})
    values = pd.DataFrame({"v": [*range(10), *range(100, 109)]}, dtype="float64")
    ranks = against_course(asked, values)["v_rank"].to_numpy()
    np.testing.assert_allclose(ranks[:10], np.arange(0.05, 1, 0.1))
    assert np.isnan(ranks[10:]).all()
    assert not np.isnan(against_course(asked.drop(columns="day"), values)).to_numpy().any()


STEADY = [
    enrolled(f"l{i:03d}", at, at + 20 * DAY if i % 3 == 0 else None, "COURSE" if i % 2 else "OTHER")
    for i, at in enumerate(pd.date_range("2025-03-29", "2025-12-30", periods=250).floor("s"))
]
COURSES = [course(), course("OTHER")]


def asked_on(day=None, extra=()):
    _, made = source(products=COURSES, enrollments=[*STEADY, *extra])
    return rows.completion_rows(PARAMS, made["products"], made["enrollments"], day)


def test_the_day_moves_what_was_known_and_who_is_asked():
    extra = [enrolled("x", "2025-05-01 10:00"), enrolled("soon", "2025-05-01", "2025-05-10")]
    for day in (7, 14):
        found = asked_on(day, extra).set_index("learner_id")
        assert found.loc["x", ["as_of", "resolved_at"]].tolist() == [MAY + day * DAY, MAY + (day + 42) * DAY]
        assert set(found["day"]) == {day} and ("soon" in found.index) == (day == 7)
    pd.testing.assert_frame_equal(asked_on(), asked_on(7))


def who_enrolls(people, sales=(), horizon=30, **modeling):
    con, made = source(learners=people, enrollments=[enrolled("nobody", "2025-01-01"), *sales])
    return rows.enrollment_rows(con, window(enrollment={"horizon_days": horizon}, modeling=modeling), made)


@pytest.mark.parametrize(
    ("at", "recorded", "units", "y"),
    [
        ("2025-05-01", "2025-05-01", 1, 1),
        ("2025-04-30 23:59:59", "2025-04-30 23:59:59", 1, 0),
        ("2025-04-30", "2025-05-02", 1, 0),
        ("2025-05-30 23:59:59", "2025-05-30 23:59:59", 1, 1),
        ("2025-05-31", "2025-05-31", 1, 0),
        ("2025-05-10", "2025-05-30 23:59:59", 1, 1),
        ("2025-05-10", "2025-05-31", 1, 0),
        ("2025-05-10", "2025-05-10", -1, 0),
    ],
)
def test_an_enrollment_counts_inside_the_horizon_and_once_it_is_known(at, recorded, units, y):
    people = [{"learner_id": who, "registered_at": "2024-01-01"} for who in "xz"]
    found = who_enrolls(people, [enrolled("x", at, recorded_at=recorded, units=units)])
    found = found[found["as_of"] == MAY].set_index("learner_id")
    assert found["y"].to_dict() == {"x": y, "z": 0}
    assert set(found["resolved_at"]) == {pd.Timestamp("2025-05-31")}


def test_two_enrollments_in_a_month_make_one_row():
    found = who_enrolls([{"learner_id": "x", "registered_at": "2024-01-01"}],
                        [enrolled("x", "2025-05-03"), enrolled("x", "2025-05-04")])  # fmt: skip
    assert found.loc[found["as_of"] == MAY, "y"].tolist() == [1]


@pytest.mark.parametrize(
    ("registered", "recorded", "first"),
    [("2025-04-30 23:59", "2025-04-30 23:59", 5), ("2025-05-01", "2025-04-30", 6), ("2025-04-30", "2025-05-01", 6)],
)
def test_who_was_not_known_to_be_registered_is_not_asked(registered, recorded, first):
    person = {"learner_id": "x", "registered_at": registered, "recorded_at": recorded}
    found = who_enrolls([person], horizon=42)
    assert [at.month for at in found["as_of"]] == [month for month in (5, 6, 7, 8, 10, 11) if month >= first]
    assert found["role"].tolist() == [TRAIN if at.month < 9 else VALIDATE for at in found["as_of"]]


def test_limits_per_role_are_kept_and_the_draw_is_the_same_twice():
    people = [{"learner_id": f"l{i:02d}", "registered_at": "2024-01-01"} for i in range(40)]
    limits = {"max_training_rows": 60, "max_validation_rows": 25}
    drawn = who_enrolls(people, **limits)
    assert drawn["role"].value_counts().to_dict() == {TRAIN: 60, VALIDATE: 25}
    assert drawn["as_of"].nunique() == 9 and drawn["learner_id"].nunique() > 30
    pd.testing.assert_frame_equal(drawn, who_enrolls(people[::-1], **limits))


@pytest.fixture(scope="module")
def described():
    return landmarks.described(*source(products=COURSES, enrollments=STEADY), PARAMS)


def test_landmarks_lie_from_seven_tenths_to_thirteen():
    assert landmarks.around(7) == [5, 6, 7, 8, 9] and landmarks.around(14) == [10, 12, 14, 16, 18]
    assert landmarks.around(0) == [0]


def test_only_days_that_are_asked_about_are_judged_and_the_days_around_them_train(described):
    every = {TRAIN, PURGED, VALIDATE, UNRESOLVED}
    by_hand = {day: {TRAIN} for day in [5, 6, 8, 10, 12]} | {7: every, 9: {TRAIN, VALIDATE}}
    assert described.groupby("day")["role"].agg(set).to_dict() == by_hand
    for day in (7, 9):
        training, later = landmarks.training(described, day), landmarks.judged(described, day)
        assert sorted(training["day"].unique()) == landmarks.around(day) and set(later["day"]) == {day}
        assert training["resolved_at"].max() <= PARAMS.split <= later["as_of"].min()
        assert later["resolved_at"].max() <= PARAMS.end


def test_nobody_is_asked_about_on_a_day_that_lies_after_the_window(described):
    assert described["as_of"].max() < PARAMS.end <= asked_on(7)["as_of"].max()


def test_weights_tell_of_how_many_rows_the_drawn_ones_stand_for(described):
    drawn = described.groupby(["day", "role"])["weight"].agg(["sum", "size"])
    for (day, role), (total, size) in drawn.iterrows():
        every = asked_on(day)
        whole = ((every["role"] == role) & (every["as_of"] < PARAMS.end)).sum()
        assert total == pytest.approx(whole)
        assert size == min(whole, 10 if role == TRAIN else 20)
    assert drawn.loc[(7, TRAIN), "sum"] > 100


def test_counts_that_mean_another_thing_elsewhere_are_left_out_of_the_second_set():
    columns = ["course_views", "views_before", "site_views", "amount_paid", "course_views_rank"]
    frame = pd.DataFrame({name: [0.0, 1.0] for name in columns} | {"study_load": 3.0})
    assert landmarks.candidates(frame) == {"all": columns, "relative to the course": columns[3:]}


TOLD = [
    ("A", "2024-12-31", "2024-12-31", 100, 100.0), ("A", "2025-01-01", "2025-01-01", 2.5, 0.5),
    ("A", "2025-03-31", "2025-03-31", 7.5, 3.25), ("A", "2025-03-15", "2025-04-01", 100, 100.0),
    ("A", "2025-04-01", "2025-04-01", 100, 100.0), ("B", "2025-02-01", "2025-02-01", 1, 0.125),
]  # fmt: skip


def at_launch(told=None):
    con = ibis.duckdb.connect()
    asked = pd.DataFrame({"product_id": ["A", "B", "C"], "as_of": pd.Timestamp("2025-04-01"), "asked": 1.0})
    asked = asked.assign(margin_rate=1.0).astype({"as_of": "datetime64[us]"})
    made = {"products": table(con, "products", [course(name) for name in "ABC"])}
    if told is not None:
        columns = ["product_id", "told_at", "recorded_at", "enrollments", "expected"]
        times = dict.fromkeys(["told_at", "recorded_at"], "datetime64[us]")
        frame = pd.DataFrame(told, columns=columns).astype(times | {"enrollments": "float64"})
        made["expected_completions"] = con.create_table("told", obj=frame)
        assert columns == list(contract.columns("expected_completions"))
    return launch.launch_features(con, made, asked, window()).set_index("product_id")


def test_forecasts_told_and_known_before_the_decision_are_summed():
    built = at_launch(TOLD)
    assert built["expected_completions"].tolist()[:2] == [3.75, 0.125]
    assert built["expected_completion_rate"].tolist()[:2] == [0.375, 0.125]
    assert built.loc["C", ["expected_completions", "expected_completion_rate"]].isna().all()


def test_without_forecasts_a_launch_has_no_expected_completions():
    assert "expected_completions" not in at_launch() and "expected_completion_rate" not in at_launch()
