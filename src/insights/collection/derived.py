"""Derived: what an export tells about a record in another place, taken down before that place is gone.

An e-mail address tells who is one person and who is the company's own (:mod:`insights.collection.contacts`); the
query of a page's address tells the campaign that led there; a person's first activity tells the latest day of
registration.
"""

from collections.abc import Mapping

import ibis

from insights import contract
from insights.collection import contacts
from insights.params import Params

TAGS = ("utm_source", "utm_medium", "utm_campaign")
FROM_ADDRESS, FROM_QUERY = "from the e-mail address", "from the query of the page's address"
FROM_ACTIVITY = "where it is missing, the first activity of the person"


def described(
    tables: Mapping[str, ibis.Table], params: Params
) -> tuple[dict[str, ibis.Table], dict[tuple[str, str], str]]:
    """Return the raw tables of a source with what they tell in other places, and a note for each such column."""
    described, notes = dict(tables), {}
    for name, describe, note in (
        ("learners", lambda table: contacts.described(table, params.privacy.own_domains), FROM_ADDRESS),
        ("page_views", tagged, FROM_QUERY),
    ):
        if name in tables:
            described[name] = describe(tables[name])
            added = [column for column in described[name].columns if column not in tables[name].columns]
            notes |= {(name, column): note for column in added}
    if "learners" in tables and _lacks_registrations(tables["learners"]):
        described["learners"] = registered(described)
        notes["learners", "registered_at"] = FROM_ACTIVITY
    return described, notes


def tagged(views: ibis.Table) -> ibis.Table:
    """Return page views with the campaign tags of their addresses, where the source has none of its own."""
    if "url" not in views.columns or set(TAGS) & {*views.columns}:
        return views
    address = views.url.cast("string")
    tags = {tag: address.re_extract(rf"[?&]{tag}=([^&#]+)", 1).nullif("") for tag in TAGS}
    return views.mutate(**tags)


def registered(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return learners, those without a registration date with their first activity, known when that was known."""
    first = _first_activities(tables)
    learners = tables["learners"]
    if first is None:
        return learners
    joined = learners.left_join(first, learners.learner_id == first.active)
    missing = joined.registered_at.isnull()
    dated = joined.mutate(
        registered_at=joined.registered_at.fill_null(joined.first_at),
        recorded_at=ibis.ifelse(missing, joined.first_known, joined.recorded_at),
    )
    return dated.select(learners.columns)


def _first_activities(tables):
    parts = [
        table.filter(table.learner_id.notnull()).select(
            active=table.learner_id.cast("string"),
            at=table[contract.TABLES[name].happened].cast(contract.Instant),
            known=table.recorded_at.cast(contract.Instant),
        )
        for name, table in tables.items()
        if name not in ("learners", "protected") and "learner_id" in table.columns
    ]
    if not parts:
        return None
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return every.group_by("active").agg(
        first_at=every["at"].min(), first_known=every.known.first(order_by=[every["at"], every.known])
    )


def _lacks_registrations(learners):
    missing = learners.aggregate(n=learners.registered_at.isnull().sum().fill_null(0)).to_pyarrow()
    return missing["n"][0].as_py() > 0
