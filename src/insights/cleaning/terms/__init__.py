"""Terms: what typed words mean, read from the rule tables beside this file."""

import csv
import difflib
import functools
from collections.abc import Collection, Iterable
from importlib import resources

from insights import texts

SHORTEST_MISSPELT, ALIKE = 5, 0.83  # letters; similarity from which one word is taken for another, misspelt


def country(value: str) -> str | None:
    """Return the one name of a country however it was written, its ISO code included; None for what no rule names."""
    return _countries().get(texts.key(value)) or _codes().get(value.strip())


def country_of(city: str) -> str | None:
    """Return the country that a city is in; None where the tables do not know it, or know two of a similar size.

    What follows a comma, as in ``Austin, TX``, and letters that are missing, doubled or swapped make no difference.
    """
    known, asked = _cities(), texts.key(city)
    for written in (asked, texts.key(city.split(",")[0])):
        if written in known:
            return known[written]
    near = _nearest(asked, known)
    return known[near] if near else None


def continent(country_name: str) -> str | None:
    """Return the continent of a country, by any of its names; None for what no rule names."""
    named = country(country_name)
    return next((row["continent"] for row in _rows("countries") if row["country"] == named), None)


def iso(country_name: str) -> str | None:
    """Return the ISO 3166 code of a country, by any of its names; None for what no rule names."""
    named = country(country_name)
    return next((row["iso"] for row in _rows("countries") if row["country"] == named), None)


def continents(countries: Iterable[str]) -> dict[str, str | None]:
    """Return the continent of each of the countries that are named."""
    return {name: continent(name) for name in set(countries) if isinstance(name, str)}


def job_family(title: str) -> str | None:
    """Return the family of jobs that a title belongs to; None for what no rule names."""
    return _first_rule("job_families", "family", title)


def seniority(title: str) -> str | None:
    """Return how senior a title is, None where it does not say."""
    return _first_rule("seniority", "seniority", title)


def respelled(value: str, known: Collection[str]) -> str:
    """Return the known spelling that a value comes near to; the value itself where none is near."""
    by_key = {texts.key(one): one for one in sorted(known)}
    asked = texts.key(value)
    near = asked if asked in by_key else _nearest(asked, by_key)
    return by_key[near] if near else value


def _nearest(asked, known):
    if len(asked) < SHORTEST_MISSPELT:
        return None
    near = difflib.get_close_matches(asked, _of_similar_length(asked, known), n=1, cutoff=ALIKE)
    return near[0] if near else None


def _of_similar_length(asked, known):
    """Return the known words that can be near: of the same first letter and a length not far off."""
    return [word for word in known if word[:1] == asked[:1] and abs(len(word) - len(asked)) <= 2]


def _first_rule(table, column, title):
    words = f" {' '.join(_word(word) for word in texts.key(title).split())} "
    for row in _rows(table):
        if any(f" {phrase} " in words for phrase in row["words"].split("|")):
            return row[column]
    return None


@functools.lru_cache(maxsize=100_000)
def _word(typed):
    """Return the word of the rule tables that a typed one is, or is near to; the typed one where none is near."""
    known = _vocabulary()
    return typed if typed in known else _nearest(typed, known) or typed


@functools.cache
def _vocabulary():
    phrases = [row["words"] for table in ("job_families", "seniority") for row in _rows(table)]
    return {word: None for phrase in phrases for word in phrase.replace("|", " ").split()}


@functools.cache
def _countries():
    return {
        texts.key(written): row["country"]
        for row in _rows("countries")
        for written in (row["country"], *filter(None, row["also"].split("|")))
    }


@functools.cache
def _codes():
    """Return countries by ISO code; that of Namibia, NA, means "not available" more often than Namibia."""
    return {row["iso"]: row["country"] for row in _rows("countries") if row["iso"] != "NA"}


@functools.cache
def _cities():
    return {
        texts.key(written): row["country"]
        for row in _rows("cities")
        for written in (row["city"], *filter(None, row["also"].split("|")))
    }


@functools.cache
def _rows(table):
    with resources.files(__package__).joinpath(f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
