"""Repairs: what changes values and keeps the row, in the order in which it is done."""

import ibis

from insights import contract, texts
from insights.cleaning import accounts, clocks, pages, terms
from insights.cleaning.steps import Repair


def _second_contact(name, table, tables):
    """Put the person in the place of the second contact, wherever it left a record."""
    contacts = accounts.second_contacts(tables.collected.get(accounts.PEOPLE))
    if contacts is None or name == accounts.PEOPLE or "learner_id" not in table.columns:
        return None
    known = table.left_join(contacts, table.learner_id == contacts.account)
    return known, {"learner_id": known.person.fill_null(known.learner_id)}


def _wrong_clock(name, table, tables):
    if name != "page_views" or "anonymous_id" not in table.columns:
        return None
    wrong = clocks.hours_wrong(table)
    known = table.left_join(wrong, "anonymous_id").drop("anonymous_id_right")
    return known, {"viewed_at": known.viewed_at + known.hours.fill_null(0).as_interval("h")}


def _impossible_order(name, table, tables):
    """Blank an end before the beginning; without it the row is what was known of it when it began."""
    spec = contract.TABLES[name]
    blanks = {}
    for end, recorded in spec.later.items():
        if end in table.columns and table[end].type().is_timestamp() and (name, end) not in _MAY_COME_FIRST:
            wrong = (table[end] < table[spec.happened]).fill_null(False)
            for column in {end, recorded} & {*table.columns}:
                blanks[column] = ibis.ifelse(wrong, ibis.null(table[column].type()), table[column])
    return (table, blanks) if blanks else None


_MAY_COME_FIRST = {("products", "launched_at")}


def _damaged_text(name, table, tables):
    """Put typed text right; a text of nothing but markup becomes a blank, if the contract allows one."""
    columns = [c for c in (*contract.typed(name), "title", "description") if c in table.columns]
    if not columns:
        return None
    wide = table
    for column in columns:
        wide = _beside(wide, column, tables.lookup(table[column], texts.repaired))
    return wide, {column: _mended(wide, column, contract.columns(name)[column].nullable) for column in columns}


def _mended(wide, column, nullable):
    found, new = wide[_found(column)], wide[_new(column)]
    return ibis.ifelse(found.notnull(), new if nullable else new.fill_null(found), wide[column])


def _spelled_otherwise(name, table, tables):
    if "country" not in table.columns:
        return None
    known = tables.lookup(table.country, lambda value: terms.country(value) or value)
    return _replaced(table, "country", known)


def _misspelt_topic(name, table, tables):
    """Write a topic as the catalogue does, where it is a letter or two away."""
    if name == "products" or "topic" not in table.columns or "products" not in tables:
        return None
    topics = pages.topics(tables.collected["products"])
    known = tables.lookup(table.topic, lambda value: terms.respelled(value, topics))
    return _replaced(table, "topic", known)


def _country_from_city(name, table, tables):
    if not {"country", "city"} <= {*table.columns} or name != "learners":
        return None
    return _filled(table, "country", tables.lookup(table.city, terms.country_of), "city")


def _job_family(name, table, tables):
    return _from_title(name, table, tables, "job_family", terms.job_family)


def _seniority(name, table, tables):
    return _from_title(name, table, tables, "seniority", terms.seniority)


def _from_title(name, table, tables, column, meaning):
    if name != "learners" or "job_title" not in table.columns:
        return None
    if column not in table.columns:
        table = table.mutate(**{column: ibis.null("string")})
    told = tables.lookup(table.job_title, meaning)
    return _filled(table, column, told, "job_title")


def _topic_from_page(name, table, tables):
    if name != "products" or "topic" not in table.columns or "page_views" not in tables:
        return None
    found = pages.topics_of(table, tables.collected["page_views"])
    if found is None:
        return None
    told = tables.lookup(table.product_id, found.get)
    return _filled(table, "topic", told, "product_id")


def _beside(table, column, lookup):
    """Return a table with what a lookup found of a column, and what replaces it, beside it."""
    named = lookup.select(**{_found(column): lookup.value, _new(column): lookup.replacement})
    return table.left_join(named, table[column] == named[_found(column)]).select(
        *table.columns, _found(column), _new(column)
    )


def _found(column):
    return f"{column} found"


def _new(column):
    return f"{column} new"


def _replaced(table, column, lookup):
    wide = _beside(table, column, lookup)
    return wide, {column: _mended(wide, column, nullable=True)}


def _filled(table, column, lookup, told_by):
    wide = _beside(table, told_by, lookup)
    return wide, {column: wide[column].fill_null(wide[_new(told_by)])}


REPAIRS = (
    Repair("second contact", "one person would count as two", _second_contact),
    Repair("wrong clock", "the browser's clock is off by hours: its time is put right", _wrong_clock),
    Repair("impossible order", "it ended before it began: the end is blanked", _impossible_order),
    Repair("damaged text", "markup, stray spaces, or letters read in the wrong encoding", _damaged_text),
    Repair("country spelled otherwise", "one country would count as several", _spelled_otherwise),
    Repair("misspelt topic", "one topic would count as two", _misspelt_topic),
    Repair("country from city", "the city tells it", _country_from_city, fills=True),
    Repair("job family from title", "the title tells it", _job_family, fills=True),
    Repair("seniority from title", "the title tells it", _seniority, fills=True),
    Repair("topic from page", "the path of its pages tells it", _topic_from_page, fills=True),
)
