"""Look-alikes: what is found among the few that have a neighbour is what is found among all."""

import ibis
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from micro import brisk

from insights.cleaning import alike

NOON = pd.Timestamp("2025-05-01 12:00")
VIEW = ["anonymous_id", "learner_id", "url", "viewed_at", "recorded_at"]
CON = ibis.duckdb.connect()
SALE = ["enrollment_id", "learner_id", "enrolled_at", "recorded_at"]


def table(frame):
    times = {c: "datetime64[us]" for c in frame if c.endswith("_at")}
    kinds = {c: "timestamp(6)" if c in times else "string" for c in frame}
    return CON.create_table(
        "records", obj=ibis.memtable(frame.astype(times), schema=kinds), temp=True, overwrite=True
    )


def marked(name, frame, columns):
    """Return the rows of a table with their marks."""
    numbered = table(frame).mutate(**{alike.ROW: ibis.row_number()})
    return alike.marked(numbered, alike.marks(name, numbered, columns)).to_pandas()


def by_hand(frame, same, order):
    """Return the place of each row among those of the same values, and the seconds since the one before it."""
    ordered = frame.sort_values(order, kind="stable", na_position="last")
    of = ordered.groupby(same, dropna=False, sort=False)
    since = of[next(c for c in order if c in ("viewed_at", "enrolled_at"))].diff().dt.total_seconds()
    return of.cumcount(), since


seen = st.tuples(
    st.sampled_from(["b1", "b2", None]), st.sampled_from(["ann", None]), st.sampled_from(["/a", "/b", None]),
    st.integers(0, 7), st.integers(0, 2),
)  # fmt: skip


@brisk
@example([("b1", None, "/a", 1, 0), ("b1", "ann", "/a", 2, 0)])  # at once across the border of a stretch
@example([(None, None, None, 0, 0), (None, None, None, 0, 1)])  # twice without a visitor
@given(st.lists(seen, min_size=1, max_size=12))
def test_views_are_marked_as_if_all_had_been_sorted(views):
    frame = pd.DataFrame(views, columns=VIEW)
    frame["viewed_at"] = NOON + pd.to_timedelta(frame["viewed_at"], unit="s")
    frame["recorded_at"] = frame["viewed_at"] + pd.to_timedelta(frame["recorded_at"], unit="s")
    place, _ = by_hand(frame, VIEW[:4], ["recorded_at", "viewed_at"])
    _, since = by_hand(frame, VIEW[:1] + VIEW[2:3], ["viewed_at", "learner_id", "recorded_at"])
    known = frame["anonymous_id"].notna() & frame["url"].notna()
    expected = frame.assign(**{alike.AGAIN: place > 0, alike.AT_ONCE: known & (since < alike.SECONDS["page_views"])})
    found = marked("page_views", frame, VIEW)
    columns = [*VIEW, alike.AGAIN, alike.AT_ONCE]
    told = [sorted(part[columns].fillna("nobody").astype(str).agg(" ".join, axis=1)) for part in (found, expected)]
    assert told[0] == told[1]


@pytest.mark.parametrize(("ids", "again"), [(["s1", "s2"], 0), (["s1", "s1"], 1), (["s1", "s1", "s1"], 2)])
def test_a_sale_is_the_same_again_by_its_key_and_the_first_recorded_stays(ids, again):
    frame = pd.DataFrame({"enrollment_id": ids, "learner_id": "ann", "enrolled_at": NOON})
    frame["recorded_at"] = NOON - pd.to_timedelta(range(len(ids)), unit="D")
    found = marked("enrollments", frame, SALE)
    assert found[alike.AGAIN].sum() == again and alike.AT_ONCE not in found
    assert not found.sort_values("recorded_at")[alike.AGAIN].iloc[0]
