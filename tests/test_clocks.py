"""Clocks: one that is off by hours is found and put right, one that is right is left alone."""

import ibis
import pandas as pd
import pytest

from insights.cleaning import clocks
from insights.cleaning.flagged import Flagged, _before
from insights.cleaning.repairs import _wrong_clock

NOON = pd.Timestamp("2025-05-01 12:00")
MINUTE, HOUR = pd.Timedelta(minutes=1), pd.Timedelta(hours=1)


def views(**browsers):
    """Return views of browsers whose clock is so many hours ahead; minutes until the server recorded each view."""
    rows = [
        (name, NOON + i * HOUR + hours * HOUR, NOON + i * HOUR + lag * MINUTE)
        for name, (hours, lags) in browsers.items()
        for i, lag in enumerate(lags)
    ]
    return ibis.memtable(pd.DataFrame(rows, columns=["anonymous_id", "viewed_at", "recorded_at"]))


def wrong(**browsers):
    found = clocks.hours_wrong(views(**browsers)).to_pandas()
    return dict(zip(found["anonymous_id"], found["hours"], strict=True))


RIGHT = {f"right{i}": (0, [3, 40, 9]) for i in range(20)}


@pytest.mark.parametrize("hours", [-5, -3, -2, 2, 3, 8])
def test_a_clock_that_is_off_is_found_with_its_hours(hours):
    assert wrong(off=(hours, [3, 40, 9]), **RIGHT) == {"off": -hours}


def test_one_view_suffices_for_a_clock_that_is_ahead_and_not_for_one_behind():
    assert wrong(off=(3, [10]), **RIGHT) == {"off": -3}
    assert wrong(off=(-3, [10]), **RIGHT) == {}


def test_a_record_that_arrived_late_is_no_wrong_clock():
    assert wrong(late=(0, [5, 60 * 24 * 9, 7]), **RIGHT) == {}


def test_a_source_that_records_at_night_says_nothing_of_clocks_that_are_behind():
    nightly = {f"n{i}": (0, [700, 640, 580]) for i in range(20)}
    assert wrong(**nightly) == {}
    assert wrong(off=(15, [700, 640, 580]), **nightly) == {"off": -6}


def test_the_time_of_each_view_is_put_right_and_nothing_else_changes():
    table = views(off=(3, [3, 40, 9]), **RIGHT)
    wide, values = _wrong_clock("page_views", table, Flagged(None, {"page_views": table}))
    mended = wide.mutate(**values).select(table.columns).to_pandas()
    assert (mended["recorded_at"] - mended["viewed_at"]).between(3 * MINUTE, 40 * MINUTE).all()
    assert len(mended) == 63
    assert wide.agg(n=_before(wide, values).count()).to_pandas()["n"].iloc[0] == 3
