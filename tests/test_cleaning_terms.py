"""Terms: what the rule tables say of places and titles, and that the tables themselves are sound."""

import pytest

from insights import texts
from insights.cleaning import terms


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("USA", "United States"), ("u.s.", "United States"), ("Deutschland", "Germany"), ("EIRE", "Ireland"),
        ("TÜRKİYE", "Turkey"), ("GB", "United Kingdom"), ("NA", None), ("Unspecified", None), ("in", None),
    ],
)  # fmt: skip
def test_a_country_has_one_name_however_it_is_written(written, country):
    assert terms.country(written) == country


@pytest.mark.parametrize(
    ("city", "country"),
    [
        ("Bangalore", "India"), ("Bengalru", "India"), ("sao paulo", "Brazil"), ("Austin, TX", "United States"),
        ("München", "Germany"), ("Hyderabad", None), ("Nowhere", None), ("", None),
    ],
)  # fmt: skip
def test_a_city_tells_its_country_unless_it_has_a_rival_elsewhere(city, country):
    assert terms.country_of(city) == country


@pytest.mark.parametrize(
    ("title", "family", "seniority"),
    [
        ("Senior Sofware Engineer", "engineering", "senior"), ("Ingénieure logiciel", "engineering", None),
        ("PhD student", "research", "entry"), ("medical student", "health", "entry"),
        ("CEO", "business", "executive"),
        ("Head of Data & Analytics", "data", "lead"), ("Cientifica de datos", "data", None),
        ("Freelancer", None, None),
    ],
)  # fmt: skip
def test_a_title_tells_its_family_and_seniority(title, family, seniority):
    assert (terms.job_family(title), terms.seniority(title)) == (family, seniority)


def test_a_topic_that_is_a_letter_away_is_written_as_the_catalogue_does():
    known = ["Deep Learning", "Agents", "MLOps"]
    asked = ["Deep Lerning", "DEEP LEARNING", "Agnets", "Cooking", "MLOp"]
    assert [terms.respelled(one, known) for one in asked] == [
        "Deep Learning", "Deep Learning", "Agents", "Cooking", "MLOp",
    ]  # fmt: skip


def test_a_country_lies_on_a_continent():
    assert [terms.continent(one) for one in ("UK", "Kenya", "Atlantis")] == ["Europe", "Africa", None]


@pytest.mark.parametrize("table", ["countries", "cities"])
def test_no_spelling_of_a_place_means_two_countries(table):
    meant = {}
    for row in terms._rows(table):
        for written in (row.get("city", row["country"]), *filter(None, row["also"].split("|"))):
            meant.setdefault(texts.key(written), set()).add(row["country"])
    assert {written: places for written, places in meant.items() if len(places) > 1} == {}


def test_every_city_lies_in_a_country_of_the_other_table():
    assert {row["country"] for row in terms._rows("cities")} <= {row["country"] for row in terms._rows("countries")}


@pytest.mark.parametrize("table", ["job_families", "seniority"])
def test_the_words_of_a_rule_are_written_as_titles_are_compared(table):
    phrases = [phrase for row in terms._rows(table) for phrase in row["words"].split("|")]
    assert [phrase for phrase in phrases if texts.key(phrase) != phrase] == []
