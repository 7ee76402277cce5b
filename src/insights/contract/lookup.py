"""What the contract says of a table: its columns, which of them people may not see, how records are ordered."""

from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt

from insights.contract.declaration import DERIVED, FREE_TEXT, IDENTIFYING, QUASI_IDENTIFYING, TABLES, Table

DROPPED = ("email", "name", "author")
OWNERS = {"learner_id": "learners", "product_id": "products", "event_id": "events"}


@dataclass(frozen=True)
class Column:
    """A column of the contract, read from its pandera declaration."""

    table: str
    name: str
    dtype: dt.DataType
    nullable: bool
    required: bool
    meaning: str
    unit: str
    sensitivity: str
    source: str
    blank: str
    filled_from: str
    minimum: float | None
    maximum: float | None
    allowed: tuple[str, ...]


def entry(table: str) -> Table:
    """Return a table of the contract, or one that is derived.

    Raises
    ------
    KeyError
        If there is no such table.
    """
    return DERIVED[table] if table in DERIVED else TABLES[table]


def columns(table: str) -> dict[str, Column]:
    """Return the columns of a table by name, in the order of their declaration.

    Raises
    ------
    KeyError
        If the contract has no such table.
    """
    declared = entry(table).model.to_schema().columns
    return {name: _column(table, name, spec) for name, spec in declared.items()}


def schema(table: str, names: list[str] | None = None) -> ibis.Schema:
    """Return the Ibis schema of a table, or of some of its columns."""
    declared = columns(table)
    return ibis.schema({name: declared[name].dtype for name in names or declared})


def complete(name: str, records: ibis.Table) -> ibis.Table:
    """Return a table with every column of the contract: those that its source lacks are there, and hold nothing."""
    declared = schema(name)
    absent = {column: ibis.null(declared[column]) for column in declared if column not in records.columns}
    return records.mutate(**absent) if absent else records


def required(table: str) -> list[str]:
    """Return the columns that a source must have if it has the table at all."""
    return [c.name for c in columns(table).values() if c.required]


def collected(table: str) -> list[str]:
    """Return the columns that exist after collection: all but the identifying ones that are dropped."""
    return [name for name in columns(table) if name not in DROPPED]


def pseudonymised(table: str) -> list[str]:
    """Return the identifying columns that collection replaces by a keyed pseudonym."""
    return [c.name for c in columns(table).values() if c.sensitivity == IDENTIFYING and c.name not in DROPPED]


def order(name: str, records: ibis.Table) -> list[ibis.Value]:
    """Return what a table is sorted by: month, then person, then time, then everything else.

    Sorted so within months, one person's records lie together and files are read fast; sorted by every
    column in the end, the same records always give the same bytes.
    """
    spec = TABLES[name]
    happened = records[spec.happened]
    leading = [records[c] for c in ("learner_id",) if c in records.columns]
    rest = [records[c] for c in records.columns if c not in ("learner_id", spec.happened)]
    month = [] if spec.entity else [happened.truncate("M")]
    return [*month, *leading, happened, *rest]


def references(table: str) -> dict[str, str]:
    """Return the columns by which a table refers to people, products and events, and the tables they lie in."""
    return {c: owner for c, owner in OWNERS.items() if owner != table and c in columns(table)}


def systems() -> list[str]:
    """Return the source systems that the contract names, sorted."""
    return sorted({column.source for name in TABLES for column in columns(name).values()})


def free_text(table: str) -> list[str]:
    """Return the columns of free text, which collection scrubs of identifying words."""
    return [c.name for c in columns(table).values() if c.sensitivity == FREE_TEXT]


def typed(table: str) -> list[str]:
    """Return the columns that people typed: free text, and quasi-identifying words."""
    quasi = [
        column.name
        for column in columns(table).values()
        if column.sensitivity == QUASI_IDENTIFYING and column.name != "user_agent"
    ]
    return free_text(table) + quasi


def _column(table, name, spec):
    limits = {"ge": None, "le": None, "isin": ()}
    for check in spec.checks:
        limits |= _limit(check)
    return Column(
        table=table, name=name, dtype=spec.dtype.type, nullable=spec.nullable, required=spec.required,
        minimum=limits["ge"], maximum=limits["le"], allowed=tuple(limits["isin"]),
        **{key: spec.metadata[key] for key in ("meaning", "unit", "sensitivity", "source", "blank", "filled_from")},
    )  # fmt: skip


def _limit(check):
    kept = check.statistics
    names = {"min_value": "ge", "max_value": "le", "allowed_values": "isin"}
    return {names[key]: value for key, value in kept.items() if key in names}
