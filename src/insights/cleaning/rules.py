"""Rules: what sets rows aside, in the order in which they are asked; the first that takes a row keeps it."""

from collections.abc import Iterable

import ibis

from insights import contract
from insights.cleaning import accounts, alike, machines
from insights.cleaning.steps import KEPT, RULE, Rule


def _missing_value(name, table, tables):
    needed = [c.name for c in contract.columns(name).values() if not c.nullable and c.name in table.columns]
    return _any([table[c].isnull() for c in needed])


def _merged(name, table, tables):
    contacts = accounts.second_contacts(tables.collected[name]) if name == accounts.PEOPLE else None
    return None if contacts is None else table.learner_id.isin(contacts.account)


def _own_account(name, table, tables):
    own = accounts.own(tables.collected.get(accounts.PEOPLE))
    if own is None or "learner_id" not in table.columns:
        return None
    return table.learner_id.isin(own.account)


def _crawler(name, table, tables):
    return machines.crawlers(table) if name == "page_views" else None


def _duplicate(name, table, tables):
    return table[alike.AGAIN]


def _fired_twice(name, table, tables):
    """Find what one person did again at once: a page that reported itself twice, an answer sent twice."""
    return table[alike.AT_ONCE] if alike.AT_ONCE in table.columns else None


def _recorded_too_early(name, table, tables):
    return table.recorded_at < table[contract.TABLES[name].happened]


def _out_of_range(name, table, tables):
    checks = [_beyond(table[c.name], c) for c in contract.columns(name).values() if c.name in table.columns]
    return _any([check for check in checks if check is not None])


def _beyond(value, column):
    parts = []
    if column.minimum is not None:
        parts.append(value < column.minimum)
    if column.maximum is not None:
        parts.append(value > column.maximum)
    if column.allowed:
        parts.append(value.notnull() & ~value.isin(column.allowed))
    return _any(parts)


def _unknown_product(name, table, tables):
    return _orphan(name, table, tables, "product_id")


def _unknown_learner(name, table, tables):
    return _orphan(name, table, tables, "learner_id")


def _orphan(name, table, tables, key):
    owner = contract.OWNERS[key]
    if name == owner or owner not in tables or key not in table.columns:
        return None
    owners = tables[owner]
    known = owners.filter(owners[RULE] == KEPT, owners[key].notnull())[key]
    return table[key].notnull() & table[key].notin(known)


def _any(conditions: Iterable):
    conditions = list(conditions)
    return ibis.or_(*(c.fill_null(False) for c in conditions)) if conditions else None


RULES = (
    Rule("missing value", "every record must have it", _missing_value),
    Rule("merged contact", "its person has an earlier account, which its records went to", _merged),
    Rule("own account", "staff and tests are no customers", _own_account),
    Rule("crawler", "a program read the page, not a person", _crawler),
    Rule("duplicate", "the same record twice would count twice", _duplicate),
    Rule("sent twice", "the same by the same person again at once: a page or form that reported twice", _fired_twice),
    Rule("recorded before it happened", "its time cannot be trusted", _recorded_too_early),
    Rule("out of range", "the contract does not allow the value", _out_of_range),
    Rule("unknown product", "it belongs to no product of the catalogue", _unknown_product),
    Rule("unknown learner", "it belongs to no registered person", _unknown_learner),
)
