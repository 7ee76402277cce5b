"""Time: roles of rows, decisions of a window, folds; each with dates that can be checked by hand."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights import params, timeline
from insights.timeline import PURGED, TRAIN, UNRESOLVED, VALIDATE, TimeFolds, WindowError

SPLIT, END = datetime.datetime(2025, 10, 1), datetime.datetime(2026, 1, 1)
DAY = pd.Timedelta(days=1)


def rows(*pairs):
    return pd.DataFrame([(pd.Timestamp(a), pd.Timestamp(b)) for a, b in pairs], columns=["as_of", "resolved_at"])


def training_rows(n=120, families=12, months=6, horizon=30):
    """Rows by month, families in turn, outcomes by lot."""
    month = (np.arange(n) // families) % months
    as_of = pd.Timestamp("2025-04-01") + pd.to_timedelta(30 * month, unit="D")
    frame = pd.DataFrame({"as_of": as_of, "family": [f"F{i % families}" for i in range(n)]})
    frame["resolved_at"] = frame["as_of"] + horizon * DAY
    outcome = np.random.default_rng(n).integers(2, size=n)
    return frame.assign(y=outcome).sort_values("as_of", ignore_index=True)


def test_a_row_trains_if_its_outcome_is_known_at_the_split():
    assert timeline.roles(rows(("2025-08-01", "2025-10-01")), SPLIT, END).tolist() == [TRAIN]


def test_a_row_that_resolves_an_instant_after_the_split_is_purged():
    late = rows(("2025-08-01", "2025-10-01 00:00:01"))
    assert timeline.roles(late, SPLIT, END).tolist() == [PURGED]


def test_a_row_validates_if_decided_at_the_split_and_resolved_at_the_end():
    assert timeline.roles(rows(("2025-10-01", "2026-01-01")), SPLIT, END).tolist() == [VALIDATE]


def test_a_row_that_resolves_after_the_end_is_unresolved_and_never_used():
    assert timeline.roles(rows(("2025-12-15", "2026-01-02")), SPLIT, END).tolist() == [UNRESOLVED]


@given(st.lists(st.tuples(st.integers(-300, 200), st.integers(1, 200)), min_size=1, max_size=40))
def test_no_row_that_trains_resolves_after_any_validation_row_is_decided(spans):
    at = [pd.Timestamp(SPLIT) + a * DAY for a, _ in spans]
    frame = pd.DataFrame({"as_of": at, "resolved_at": [a + h * DAY for a, (_, h) in zip(at, spans, strict=True)]})
    role = timeline.roles(frame, SPLIT, END)
    trained, judged = frame[role == TRAIN], frame[role == VALIDATE]
    assert trained.empty or judged.empty or trained["resolved_at"].max() <= judged["as_of"].min()
    assert (judged["resolved_at"] <= pd.Timestamp(END)).all()


def test_decisions_of_a_quarter_window_are_month_starts_with_full_lookback_and_horizon():
    dates = timeline.decision_dates(params.load("2025Q4"))
    assert [f"{d:%Y-%m-%d}" for d in dates] == [f"2025-{m:02d}-01" for m in range(4, 13)]


def test_a_window_without_validation_rows_is_refused_with_the_arithmetic():
    frame = rows(("2025-04-01", "2025-05-01"), ("2025-04-01", "2025-05-01")).assign(y=[0.0, 1.0])
    frame["role"] = timeline.roles(frame, SPLIT, END)
    with pytest.raises(WindowError) as error:
        timeline.require_both_roles(frame, params.load("2025Q4"), "launch")
    told = str(error.value)
    assert "0 rows to validate on" in told
    assert "decided at or after 2025-10-01 and resolved by 2026-01-01" in told
    assert "2025-04-01 to 2025-04-01" in told
    assert "resolves 1 month(s) after" in told


def dated(start, split, end):
    window = params.load("2025Q4")
    dates = {"start": start, "split": split, "end": end}
    days = {name: datetime.date.fromisoformat(day) for name, day in dates.items()}
    return window.model_copy(update={"dates": params.Dates(**days)})


@pytest.mark.parametrize("name", params.windows())
def test_every_window_that_we_ship_is_long_enough(name):
    timeline.require_span(params.load(name))


def test_a_window_is_long_enough_to_the_day():
    timeline.require_span(dated("2025-01-01", "2025-10-01", "2025-11-12"))
    with pytest.raises(WindowError, match="resolves on 2025-11-12, after 2025-11-11"):
        timeline.require_span(dated("2025-01-01", "2025-10-01", "2025-11-11"))


def test_a_window_whose_horizon_leaves_nothing_to_validate_is_refused_before_any_record_is_read():
    with pytest.raises(WindowError) as error:
        timeline.require_span(dated("2025-01-01", "2025-12-15", "2026-01-01"))
    assert "launch model: nothing to validate on" in str(error.value)
    assert "resolves on 2026-02-01, after 2026-01-01" in str(error.value)


def test_a_window_whose_lookback_leaves_nothing_to_train_on_is_refused():
    with pytest.raises(WindowError, match=r"nothing to train on.*resolves on 2025-05-01, after 2025-04-15"):
        timeline.require_span(dated("2025-01-01", "2025-04-15", "2026-01-01"))


def test_folds_are_judged_on_rows_decided_after_everything_they_were_fitted_on_resolved():
    frame = training_rows()
    folds = TimeFolds(frame, 3)
    assert folds.ordered
    for fit, judge in folds.split():
        assert frame["resolved_at"].iloc[fit].max() <= frame["as_of"].iloc[judge].min()


def test_no_product_family_is_on_both_sides_of_a_fold():
    frame = training_rows()
    for fit, judge in TimeFolds(frame, 3).split():
        assert not set(frame["family"].iloc[fit]) & set(frame["family"].iloc[judge])


def test_one_cohort_gives_folds_by_family_and_says_so():
    frame = training_rows().assign(as_of=pd.Timestamp("2025-03-01"), resolved_at=pd.Timestamp("2025-09-01"))
    folds = TimeFolds(frame, 3)
    assert not folds.ordered
    judged = np.concatenate([judge for _, judge in folds.split()])
    assert sorted(judged) == list(range(len(frame)))


def test_folds_need_both_outcomes():
    with pytest.raises(WindowError, match="no fold has both outcomes"):
        TimeFolds(training_rows().assign(y=1), 3)


@settings(max_examples=30, deadline=None)
@given(st.integers(120, 300), st.integers(8, 20), st.integers(2, 4))
def test_folds_never_mix_families_or_times_whatever_the_shape(n, families, k):
    frame = training_rows(n, families)
    for fit, judge in TimeFolds(frame, k).split():
        assert not set(frame["family"].iloc[fit]) & set(frame["family"].iloc[judge])
        assert frame["resolved_at"].iloc[fit].max() <= frame["as_of"].iloc[judge].min()


def test_thinning_keeps_order_and_the_same_share_of_every_stretch():
    frame = pd.DataFrame({"as_of": pd.date_range("2025-01-01", periods=1000, freq="h")})
    thin = timeline.evenly(frame, 100)
    assert len(thin) == 100
    assert thin["as_of"].is_monotonic_increasing
    assert abs((thin["as_of"] < frame["as_of"][500]).mean() - 0.5) <= 0.01
