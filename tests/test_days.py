"""Days counted as bits are days counted one by one."""

import datetime

import ibis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from micro import brisk

from insights.features.days import MOST, days_seen

AS_OF = datetime.datetime(2025, 10, 1, 13, 30)
ago = st.timedeltas(min_value=datetime.timedelta(days=-2), max_value=datetime.timedelta(days=MOST + 3))


@brisk
@example([datetime.timedelta(0)], 1)
@example([datetime.timedelta(days=7)], 7)
@given(st.lists(ago, min_size=1, max_size=30), st.integers(1, MOST))
def test_days_are_those_of_a_calendar_within_the_look_back(agos, days):
    times = [AS_OF - past for past in agos]
    held = ibis.memtable({"at": times, "as_of": [AS_OF] * len(times)})
    within = {at.date() for at in times if AS_OF - datetime.timedelta(days=days) <= at < AS_OF}
    assert held.agg(days=days_seen(held["at"], held.as_of, days)).execute()["days"][0] == len(within)


def test_more_days_than_a_number_has_bits_are_refused():
    held = ibis.memtable({"at": [AS_OF]})
    with pytest.raises(ValueError, match="63 days do not fit"):
        days_seen(held["at"], held["at"], MOST + 1)
