"""Erasure: whoever is on the list is in nothing that is collected, under any account, in any later run."""

import ibis
import pytest
from collecting import collected, make_project, run, write_window
from micro import table

from insights import collection, paths, store
from insights.collection import CollectionError, derived, erasure

MAY = "2025-05-01"


def people(con):
    rows = [
        {"learner_id": "L1", "email": "ann@x.example", "name": "Ann Lee"},
        {"learner_id": "L2", "email": " ANN+courses@x.example", "name": "Ann Lee"},
        {"learner_id": "L3", "email": "bo@x.example", "name": "Bo Li"},
    ]  # fmt: skip
    learners = table(con, "learners", [{"registered_at": MAY} | row for row in rows])
    views = [("L1", "c1"), (None, "c1"), ("L2", "c2"), (None, "c3"), ("L3", "c3"), (None, None)]
    seen = [
        {"learner_id": who, "anonymous_id": cookie, "viewed_at": MAY, "page_type": "home", "views": 1}
        for who, cookie in views
    ]
    vote = {"team": "marketing", "product_id": "P1", "decision_at": MAY, "voted_at": MAY, "vote": True}
    post = {"network": "linkedin", "posted_at": MAY}
    tables = {
        "learners": learners,
        "page_views": table(con, "page_views", seen),
        "panel_votes": table(con, "panel_votes", [vote | {"panelist_id": p} for p in ("p1", "L1")]),
        "social_posts": table(con, "social_posts", [post | {"post_id": a, "author": a} for a in ("Ann Lee", "Bo")]),
    }
    return tables | {"learners": derived.contacts.described(learners, [])}


def left(names):
    con = ibis.duckdb.connect()
    kept, told = erasure.without(con, people(con), names)
    frames = {name: one.to_pandas() for name, one in kept.items()}
    return frames, {one.table: one.rows for one in told}


@pytest.mark.parametrize("name", ["L1", " L1", "ann@x.example", "ANN@X.EXAMPLE", "ann+courses@x.example", "L2"])
def test_a_person_goes_with_every_account_of_one_address_and_every_browser_signed_in_with(name):
    frames, told = left([name.strip()])
    assert frames["learners"]["learner_id"].tolist() == ["L3"]
    assert frames["page_views"]["anonymous_id"].fillna("").tolist() == ["c3", "c3", ""]
    assert told["learners"] == 2 and told["page_views"] == 3


def test_authors_and_panelists_go_by_the_name_that_their_source_has():
    frames, told = left(["Ann Lee", "p1"])
    assert frames["social_posts"]["author"].tolist() == ["Bo"]
    assert frames["panel_votes"]["panelist_id"].tolist() == ["L1"]
    assert told == {"social_posts": 1, "panel_votes": 1}


def test_an_empty_list_takes_nobody_and_a_name_that_nobody_has_takes_nothing():
    assert left([])[1] == {} and left(["nobody", "no@body.example"])[1] == {}


@pytest.fixture
def project(tmp_path, monkeypatch):
    make_project(tmp_path, monkeypatch)
    write_window(tmp_path, "test", source={"kind": "simulation"}, simulation={"people": 500, "defects": False})
    return tmp_path


def test_the_list_is_read_without_comments_and_blank_lines(project):
    assert erasure.withdrawn() == [] and erasure.files() == []
    paths.withdrawn().parent.mkdir()
    assert erasure.files() == []  # the folder also gets the key, which changes nothing of what was read
    paths.withdrawn().write_text("\ufeffL1 # asked on 2 May\n\n# all of it\nann@x.example\nL1\n", encoding="utf-8")
    assert erasure.withdrawn() == ["L1", "ann@x.example"]
    assert erasure.files() == [paths.withdrawn()]
    assert paths.withdrawn() in collection.source_files(store.load("test"))


def test_a_list_that_cannot_be_read_stops_the_run(project):
    paths.withdrawn().parent.mkdir()
    paths.withdrawn().write_bytes("Müller".encode("latin-1"))
    with pytest.raises(CollectionError, match=r"withdrawn\.txt.*UTF-8"):
        erasure.withdrawn()


def test_a_run_after_the_request_holds_nothing_of_the_person(project):
    run("test")
    before = collected("test", "learners")
    paths.withdrawn().parent.mkdir()
    paths.withdrawn().write_text("L0000003\nL0000007\n")
    account = run("test")
    after = collected("test", "learners")
    gone = set(before["learner_id"]) - set(after["learner_id"])
    assert len(gone) == 2
    for name in ("page_views", "email_events", "enrollments", "subscriptions", "event_registrations"):
        assert not gone & set(collected("test", name)["learner_id"])
    reasons = account.exclusions.set_index("table")["reason"]
    assert reasons["learners"] == erasure.WHY
