"""Repairs and fills by hand: texts, places, titles, topics; what is marked, shown, counted and brought back."""

import datetime

import ibis
import pandas as pd
import pytest
from collecting import make_project, write_window
from micro import table

from insights import cleaning, contract, params, paths, store, warehouse
from insights.cleaning import KEPT, RULE, CleaningError, examples, mail
from insights.cleaning.flagged import Flagged

NOON = datetime.datetime(2025, 5, 1, 12)
SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)


@pytest.fixture
def con():
    return ibis.duckdb.connect()


def mended(con, name, records, **others):
    """Return a table of some records after its repairs, and how many rows each repair changed."""
    asked = {name: records} | others
    tables = Flagged(con, {one: table(con, one, rows) for one, rows in asked.items()})
    frame = tables[name].to_pandas()
    return frame, {repair.name: n for repair, n in tables.changed(name).items() if n}


def learner(number=1, **told):
    return {"learner_id": f"L{number}", "registered_at": NOON} | told


def test_damaged_text_is_put_right_and_text_of_nothing_but_markup_is_blank(con):
    people = [
        learner(1, job_title="MÃ©dico"),
        learner(2, job_title="<script>x()</script>"),
        learner(3, job_title="Nurse"),
    ]
    frame, changed = mended(con, "learners", people)
    assert frame.sort_values("learner_id")["job_title"].fillna("").tolist() == ["Médico", "", "Nurse"]
    assert changed["damaged text"] == 2


def test_a_required_text_of_nothing_but_markup_stays(con):
    product = {"product_id": "P1", "family": "F", "title": "<script>x()</script>", "announced_at": NOON}
    frame, changed = mended(con, "products", [product])
    assert frame["title"].tolist() == ["<script>x()</script>"] and changed == {}


def test_a_country_is_written_in_one_way_and_an_unknown_one_stays(con):
    people = [learner(1, country="Deutschland"), learner(2, country="Atlantis"), learner(3, country="Germany")]
    frame, changed = mended(con, "learners", people)
    assert sorted(frame["country"]) == ["Atlantis", "Germany", "Germany"]
    assert changed == {"country spelled otherwise": 1}


def test_a_country_is_filled_from_the_city_only_where_it_is_missing_and_the_row_is_marked(con):
    people = [
        learner(1, country=None, city="MÃ¼nchen"), learner(2, country="Austria", city="Munich"),
        learner(3, country=None, city="Hyderabad"), learner(4, country=None, city=None),
    ]  # fmt: skip
    frame, changed = mended(con, "learners", people)
    frame = frame.sort_values("learner_id").fillna("")
    assert frame["country"].tolist() == ["Germany", "Austria", "", ""]
    assert frame[cleaning.FILLED].tolist() == ["country", "", "", ""]
    assert changed["country from city"] == 1


def test_job_family_and_seniority_come_from_the_title_unless_the_source_tells_them(con):
    people = [
        learner(1, job_title="Senior Data Analyst", job_family=None),
        learner(2, job_title="Nurse", job_family="care"),
    ]
    frame, _ = mended(con, "learners", people)
    frame = frame.sort_values("learner_id").fillna("")
    assert frame["job_family"].tolist() == ["data", "care"]
    assert frame["seniority"].tolist() == ["senior", ""]
    assert frame[cleaning.FILLED].tolist() == ["job_family, seniority", ""]


def test_a_title_that_is_the_name_of_its_family_tells_it_too(con):
    frame, _ = mended(con, "learners", [learner(1, job_title="student")])
    assert frame["job_family"].tolist() == ["student"]


def product(number, **told):
    return {"product_id": f"P{number}", "family": "F", "title": "T", "announced_at": NOON} | told


def view(product_id, url, at=NOON, **told):
    return {
        "anonymous_id": "c1",
        "viewed_at": at,
        "page_type": "product",
        "product_id": product_id,
        "url": url,
    } | told


CATALOGUE = [product(n, topic="Deep Learning") for n in (1, 2)] + [
    product(3, topic="MLOps"),
    product(4, topic="MLOps"),
]


def test_a_topic_comes_from_the_paths_of_most_of_a_products_pages(con):
    lost = [product(7, topic=None), product(8, topic=None), product(9, topic=None)]
    views = [view("P7", "/courses/deep-learning/3"), view("P7", "/courses/Deep_Learning/4"), view("P7", "/checkout")]
    views += [view("P8", "/courses/mlops/1"), view("P8", "/a"), view("P8", "/b")]
    frame, changed = mended(con, "products", CATALOGUE + lost, page_views=views)
    topics = frame.set_index("product_id")["topic"].fillna("")
    assert topics[["P7", "P8", "P9"]].tolist() == ["Deep Learning", "", ""]
    assert changed["topic from page"] == 1


def test_a_misspelt_topic_is_written_as_the_catalogue_does(con):
    event = {"kind": "meetup", "announced_at": NOON, "starts_at": NOON + DAY}
    events = [event | {"event_id": "E1", "topic": "Deep Lerning"}, event | {"event_id": "E2", "topic": "Cooking"}]
    frame, changed = mended(con, "events", events, products=CATALOGUE)
    assert sorted(frame["topic"]) == ["Cooking", "Deep Learning"] and changed == {"misspelt topic": 1}


@pytest.mark.parametrize(("seconds", "url", "cookie", "twice"), [
    (1, "/a", "c1", True), (0, "/a", "c1", True), (2, "/a", "c1", False), (1, "/b", "c1", False),
    (1, "/a", "c2", False),
])  # fmt: skip
def test_a_page_that_reports_itself_again_within_two_seconds_counts_once(con, seconds, url, cookie, twice):
    again = view("P1", url, NOON + seconds * SECOND, anonymous_id=cookie, page_type="home")
    frame, _ = mended(con, "page_views", [view("P1", "/a"), again])
    assert sorted(frame[RULE]) == sorted([KEPT, "sent twice" if twice else KEPT])


def test_page_views_without_a_browser_or_an_address_are_never_sent_twice(con):
    rows = [view("P1", None, anonymous_id=None), view("P1", None, NOON + SECOND, anonymous_id=None)]
    frame, _ = mended(con, "page_views", rows)
    assert frame[RULE].tolist() == [KEPT, KEPT]


# What is shown of it.


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        (("learners", "job_title"), "Ann Lee, MÃ©dico", "A•n L•e, MÃ©d••o"),
        (("learners", "learner_id"), "abcdef12", "abcd…"),
        (("learners", "country"), "Brasil", "Brasil"), (("learners", "city"), None, "blank"),
        (("learners", "registered_at"), pd.Timestamp(NOON), "2025-05-01 12:00:00"),
        (("social_posts", "text"), "call me", "c••l me"),
    ],
)  # fmt: skip
def test_examples_are_masked_by_what_the_contract_says_of_the_column(column, value, shown):
    name, key = column
    assert examples.masked(contract.columns(name)[key], value) == shown


def test_examples_show_before_and_after_of_a_repair_and_some_columns_of_a_row(con):
    people = [learner(n, country="Brasil") for n in range(5)] + [learner(1, country="Brazil")]
    tables = Flagged(con, {"learners": table(con, "learners", people)})
    shown = examples.of("learners", tables["learners"], tables)
    assert shown.groupby("rule").size().to_dict() == {"country spelled otherwise": 3, "duplicate": 1}
    assert shown["example"].iloc[0] == "country: Brasil → Brazil"
    assert shown["example"].iloc[-1].startswith("learner_id L1…, registered_at 2025-05-01 12:00:00")


def test_answers_to_mail_count_a_message_once_and_machines_by_their_probability(con):
    def event(kind, person, probability=1.0):
        return {"learner_id": person, "campaign": "c", "newsletter": "events", "event": kind, "happened_at": NOON,
                "human_probability": probability}  # fmt: skip

    sent = [event("delivered", p) for p in "abcd"]
    opened = [
        event("opened", "a", 0.9),
        event("opened", "a", 0.05),
        event("opened", "b", 0.05),
        event("opened", "z", 0.9),
    ]
    found = mail.response(table(con, "email_events", [*sent, *opened, event("clicked", "a", 0.95)])).iloc[0]
    assert (found["newsletter"], found["delivered"]) == ("events", 4)
    assert (found["opened"], found["clicked"]) == (0.5, 0.25)
    assert found["opened_by_people"] == pytest.approx((0.9 + 0.05) / 4)
    assert found["clicked_by_people"] == pytest.approx(0.95 / 4)


# Bringing rows back.


@pytest.fixture
def project(tmp_path, monkeypatch):
    make_project(tmp_path, monkeypatch)
    return tmp_path


def cleaned(project, back=()):
    write_window(project, "test", cleaning={"max_loss": 1.0, "bring_back": list(back)})
    step = store.open_step("02_data_cleaning", "test")
    con = warehouse.connect(step.params.compute)
    people = table(con, "learners", [learner(1), learner(2), learner(2)])
    found = cleaning.clean(step, con, {"learners": people})
    step.finish()
    return con, found.ledger.set_index("rule").loc["duplicate"]


def test_what_is_set_aside_can_be_browsed_by_rule(project):
    con, duplicate = cleaned(project)
    assert (duplicate["set_aside"], duplicate["brought_back"]) == (1, 0)
    aside = cleaning.set_aside(con, "test", "learners", "duplicate").to_pandas()
    assert aside["learner_id"].tolist() == ["L2"]
    assert cleaning.set_aside(con, "test", "learners", "crawler").count().execute() == 0


def test_what_is_brought_back_is_kept_counted_and_says_why(project):
    _, duplicate = cleaned(project, [{"table": "learners", "rule": "duplicate", "why": "two people, one number"}])
    assert (duplicate["set_aside"], duplicate["brought_back"], duplicate["rows_out"]) == (0, 1, 3)
    assert duplicate["why"] == "brought back: two people, one number"
    assert not paths.set_aside("test", "learners").exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"table": "learner", "rule": "duplicate"}, "table 'learner', which does not exist; the nearest is learners"),
        (
            {"table": "learners", "rule": "duplicates"},
            "rule 'duplicates', which does not exist; the nearest is duplicate",
        ),
    ],
)  # fmt: skip
def test_bringing_back_what_does_not_exist_is_refused_before_work_starts(project, asked, said):
    write_window(project, "test", cleaning={"bring_back": [asked | {"why": "because"}]})
    with pytest.raises(CleaningError, match=said):
        cleaning.check(params.load("test"))
