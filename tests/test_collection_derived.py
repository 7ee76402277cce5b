"""Derived: campaign tags from addresses, registrations from first activities, names in damaged text."""

import datetime

import ibis
import pandas as pd
from micro import table

from insights import privacy
from insights.collection import derived, identities

MAY = datetime.datetime(2025, 5, 1)
DAY = datetime.timedelta(days=1)


def view(url, **told):
    return {"learner_id": "L1", "viewed_at": MAY, "page_type": "home", "url": url} | told


def test_campaign_tags_are_read_from_the_query_before_it_is_dropped():
    con = ibis.duckdb.connect()
    urls = [
        "https://x.example/a?utm_source=the_batch&utm_medium=email#top",
        "/b?q=1&utm_campaign=may",
        "/c?utm_source=",
        "/d",
    ]
    found = (
        derived.tagged(table(con, "page_views", [view(url) for url in urls])).to_pandas().set_index("url").fillna("")
    )
    assert found.loc[urls, list(derived.TAGS)].to_numpy().tolist() == [
        ["the_batch", "email", ""], ["", "", "may"], ["", "", ""], ["", "", ""],
    ]  # fmt: skip


def test_a_source_with_tags_of_its_own_keeps_them():
    con = ibis.duckdb.connect()
    views = table(con, "page_views", [view("/a?utm_source=other", utm_source="own")])
    assert derived.tagged(views) is views


def test_a_missing_registration_is_the_first_activity_and_known_when_that_was():
    con = ibis.duckdb.connect()
    people = [
        {"learner_id": "L1", "registered_at": None, "recorded_at": MAY + 9 * DAY},
        {"learner_id": "L2", "registered_at": MAY - 9 * DAY, "recorded_at": MAY},
        {"learner_id": "L3", "registered_at": None, "recorded_at": MAY},
    ]  # fmt: skip
    views = [view("/a", viewed_at=MAY + n * DAY, recorded_at=MAY + (n + 1) * DAY) for n in (3, 1, 2)]
    sale = {"enrollment_id": "N1", "learner_id": "L2", "product_id": "P", "enrolled_at": MAY - 90 * DAY, "units": 1}
    tables = {"learners": table(con, "learners", people), "page_views": table(con, "page_views", views),
              "enrollments": table(con, "enrollments", [sale])}  # fmt: skip
    found = derived.registered(tables).to_pandas().set_index("learner_id")
    assert found.loc["L1", ["registered_at", "recorded_at"]].tolist() == [
        pd.Timestamp(MAY + DAY),
        pd.Timestamp(MAY + 2 * DAY),
    ]
    assert found.loc["L2", ["registered_at", "recorded_at"]].tolist() == [
        pd.Timestamp(MAY - 9 * DAY),
        pd.Timestamp(MAY),
    ]
    assert pd.isna(found.loc["L3", "registered_at"])


def test_people_who_all_have_a_registration_are_left_alone():
    con = ibis.duckdb.connect()
    people = table(con, "learners", [{"learner_id": "L1", "registered_at": MAY}])
    assert not derived._lacks_registrations(people)


def test_a_name_in_damaged_text_is_found_and_the_text_then_kept_as_it_was_meant():
    names = privacy.full_names(["Lucía García"])
    damaged = "thanks to Lucía García!".encode().decode("latin-1")
    assert identities._scrubbed(damaged, names) == "thanks to [name]!"
    assert identities._scrubbed("thanks to Luc&iacute;a Garc&iacute;a", names) == "thanks to [name]"
    assert identities._scrubbed("mail <b>ann</b>@x.example", names) == "mail [e-mail]"


def test_damaged_text_that_names_nobody_is_left_for_cleaning_to_count():
    damaged = "München".encode().decode("latin-1")
    assert identities._scrubbed(damaged, frozenset()) == damaged
    assert identities._scrubbed("<b>good</b>", frozenset()) == "<b>good</b>"
