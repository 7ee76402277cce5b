"""The one rule of leakage, shown: whatever happens or is recorded at or after ``as_of`` changes no feature.

Every record from then on is replaced by garbage, once by its time of happening and once by its time of recording,
and the feature tables must stay the same to the bit. The last tests make features look one day ahead and must see
the difference: a test of leakage that cannot fail shows nothing.
"""

import datetime

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk

from insights import asof, contract, rows, timeline
from insights.features import completion, launch

DAY = pd.Timedelta(days=1)
VIEWS = {"learner_id": "string", "viewed_at": "timestamp(6)", "recorded_at": "timestamp(6)"}


def garbage(name, frame, moment, by):
    """Return a table with every value replaced in the records that happen, or become known, at or after a moment."""
    spec = contract.TABLES[name]
    frame = frame.copy()
    time = spec.happened if by == "happened" else "recorded_at"
    future = frame[time] >= moment
    for column in frame.columns.difference([spec.happened, "recorded_at", *spec.key, *spec.later.values()]):
        if column not in ("learner_id", "product_id"):
            frame[column] = frame[column].where(~future, _garbage(frame[column]))
    for value, recorded in spec.later.items():
        if value in frame and value != recorded:
            unknown = frame[recorded if by == "recorded" else value if _is_time(frame[value]) else recorded] >= moment
            frame[value] = frame[value].where(~unknown, _garbage(frame[value]))
    extra = frame[future].assign(**{time: frame.loc[future, time] + DAY})
    return pd.concat([frame, extra], ignore_index=True)


def _is_time(values):
    return pd.api.types.is_datetime64_any_dtype(values)


def _garbage(values):
    known = values.dropna()
    if len(known) == 0:
        return values
    if pd.api.types.is_bool_dtype(values):
        return ~values.astype("boolean")
    if _is_time(values):
        return values + 3 * DAY
    if pd.api.types.is_numeric_dtype(values):
        return values.max() - values + 1
    return pd.Series(np.roll(values.to_numpy(dtype=object), 1), index=values.index).astype(values.dtype)


def spoiled(company, moment, by):
    """Return the company's tables with a spoiled future."""
    con = ibis.duckdb.connect()
    tables = {}
    for name, table in company.tables.items():
        schema = table.schema()
        frame = garbage(name, table.to_pandas(), moment, by)
        tables[name] = con.create_table(name, obj=ibis.memtable(frame, schema=schema))
    return con, tables


def launch_at(company):
    """Return the launch rows of one decision, and that decision."""
    every = rows.launch_rows(company.params, company.tables["products"], company.tables["enrollments"])
    as_of = sorted(every.loc[every["kind"] == rows.CATALOGUE, "as_of"].unique())[4]
    return every[every["as_of"] == as_of].reset_index(drop=True), pd.Timestamp(as_of)


def completion_at(company):
    """Return the completion rows decided up to a moment in the window, and the last of them."""
    every = rows.completion_rows(company.params, company.tables["products"], company.tables["enrollments"])
    early = every[every["role"] == timeline.TRAIN].reset_index(drop=True)
    last = early["as_of"].max()
    return early, last


@pytest.mark.parametrize("by", ["happened", "recorded"])
def test_launch_features_do_not_change_when_the_future_does(company, by):
    asked, as_of = launch_at(company)
    before = launch.launch_features(company.con, company.tables, asked, company.params)
    con, tables = spoiled(company, as_of, by)
    after = launch.launch_features(con, tables, asked, company.params)
    assert len(before) > 50
    assert before["units_lookback"].sum() > 0
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_launch_features_do_not_tell_on_which_day_of_its_month_a_product_will_be_launched(company):
    asked, as_of = launch_at(company)
    products = company.tables["products"]
    later = (products.launched_at >= as_of) & (products.launched_at < as_of + 20 * DAY)
    moved = ibis.ifelse(later, products.launched_at + ibis.interval(days=8), products.launched_at)
    tables = company.tables | {"products": products.mutate(launched_at=moved)}
    every = rows.launch_rows(company.params, tables["products"], tables["enrollments"])
    again = every[every["as_of"] == as_of].reset_index(drop=True)
    launching = asked["kind"] == rows.LAUNCH
    assert launching.sum() >= 5 and (asked["hurdle"] != again["hurdle"])[launching].any()
    told = [
        launch.launch_features(company.con, named, built, company.params).drop(columns=["hurdle", "y"])
        for named, built in ((company.tables, asked), (tables, again))
    ]
    pd.testing.assert_frame_equal(*told, check_exact=True)


@pytest.mark.parametrize("by", ["happened", "recorded"])
def test_completion_features_do_not_change_when_the_future_does(company, by):
    asked, last = completion_at(company)
    before = completion.completion_features(company.con, company.tables, asked, company.params)
    con, tables = spoiled(company, last, by)
    after = completion.completion_features(con, tables, asked, company.params)
    assert len(before) > 50
    assert before["course_views"].sum() > 0
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def _one_day_ahead(known):
    """Let the gateway see one day more than it should, as a careless ``<=`` or a wrong date would."""

    def peeking(name, records, at, lookback=None):
        day = datetime.timedelta(days=1)
        later = None if at.table is None else at.table.mutate(as_of=at.table.as_of + day)
        ahead = asof.Moments(at.engine, at.only and at.only + day, later)
        seen = known(name, records, ahead, lookback)
        return seen.mutate(as_of=seen.as_of - ibis.interval(days=1))

    return peeking


@pytest.mark.parametrize("by", ["happened", "recorded"])
def test_a_launch_feature_that_looks_one_day_ahead_is_caught(company, by, monkeypatch):
    monkeypatch.setattr(asof, "known", _one_day_ahead(asof.known))
    asked, as_of = launch_at(company)
    before = launch.launch_features(company.con, company.tables, asked, company.params)
    con, tables = spoiled(company, as_of, by)
    after = launch.launch_features(con, tables, asked, company.params)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(before, after, check_exact=True)


@pytest.mark.parametrize("by", ["happened", "recorded"])
def test_a_completion_feature_that_looks_one_day_ahead_is_caught(company, by, monkeypatch):
    monkeypatch.setattr(asof, "known", _one_day_ahead(asof.known))
    early, _ = completion_at(company)
    busiest = early["as_of"].mode().iloc[0]
    asked = early[early["as_of"] == busiest].reset_index(drop=True)
    before = completion.completion_features(company.con, company.tables, asked, company.params)
    con, tables = spoiled(company, busiest, by)
    after = completion.completion_features(con, tables, asked, company.params)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(before, after, check_exact=True)


def one_view(viewed_at, recorded_at):
    """Return what a moment at noon on 1 May 2025 sees of a single page view."""
    con = ibis.duckdb.connect()
    frame = pd.DataFrame({"learner_id": ["a"], "viewed_at": [viewed_at], "recorded_at": [recorded_at], "views": [1]})
    frame = frame.astype({"viewed_at": "datetime64[us]", "recorded_at": "datetime64[us]"})
    views = con.create_table("views", obj=ibis.memtable(frame))
    at = asof.moments(
        con, pd.DataFrame({"learner_id": ["a"], "as_of": [pd.Timestamp("2025-05-01 12:00")]}), "learner_id"
    )
    return len(asof.known("page_views", views, at, ibis.interval(days=10)).to_pandas())


@pytest.mark.parametrize(
    ("viewed_at", "recorded_at", "seen"),
    [
        ("2025-05-01 11:59:59.999999", "2025-05-01 11:59:59.999999", 1),
        ("2025-05-01 11:00", "2025-05-01 12:00", 0),
        ("2025-05-01 12:00", "2025-05-01 12:00", 0),
        ("2025-05-01 12:00", "2025-05-01 11:00", 0),
        ("2025-04-21 12:00", "2025-04-21 12:00", 1),
        ("2025-04-21 11:59:59.999999", "2025-04-22 12:00", 0),
    ],
)
def test_the_boundary_instant_belongs_to_the_future(viewed_at, recorded_at, seen):
    assert one_view(viewed_at, recorded_at) == seen


def test_what_becomes_known_later_is_blank_until_then():
    con = ibis.duckdb.connect()
    frame = pd.DataFrame(
        {
            "event_id": ["e"], "learner_id": ["a"], "registered_at": ["2025-04-01"], "recorded_at": ["2025-04-01"],
            "attended": [True], "attendance_recorded_at": ["2025-05-01"],
        }
    ).astype(dict.fromkeys(["registered_at", "recorded_at", "attendance_recorded_at"], "datetime64[us]"))  # fmt: skip
    held = con.create_table("held", obj=ibis.memtable(frame))
    asked = pd.DataFrame({"learner_id": ["a", "a"], "as_of": pd.to_datetime(["2025-05-01", "2025-05-02"])})
    seen = (
        asof.known("event_registrations", held, asof.moments(con, asked, "learner_id")).order_by("as_of").to_pandas()
    )
    assert seen["attended"].isna().tolist() == [True, False]


@brisk
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 72), st.integers(0, 48)), min_size=1, max_size=12),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
)
def test_at_one_instant_is_known_what_is_known_at_it_among_others(records, people):
    con = ibis.duckdb.connect()
    noon, hour = pd.Timestamp("2025-05-01 12:00"), pd.Timedelta(hours=1)
    frame = pd.DataFrame(records, columns=["learner_id", "before", "late"])
    frame["viewed_at"] = noon - frame.pop("before") * hour
    frame["recorded_at"] = frame["viewed_at"] + frame.pop("late") * hour
    times = dict.fromkeys(["viewed_at", "recorded_at"], "datetime64[us]")
    views = con.create_table("views", obj=ibis.memtable(frame.astype({"learner_id": "str"} | times), schema=VIEWS))
    alone, both = (
        pd.DataFrame([(who, at) for who in people for at in instants], columns=["learner_id", "as_of"])
        for instants in ([noon], [noon, noon + hour])
    )
    told = []
    for asked in (alone, both):
        seen = asof.known("page_views", views, asof.moments(con, asked, "learner_id"), ibis.interval(days=2))
        mine = seen.filter(seen.learner_id.isin(people), seen.as_of == noon)
        told.append(mine.to_pandas().sort_values([*VIEWS], ignore_index=True))
    pd.testing.assert_frame_equal(*told)
