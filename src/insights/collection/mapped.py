"""Records as a source keeps them, read as a table of the contract by what a mapping says.

Every value is read as the contract's type or reported: place, column, how many, an example, the remedy. An example
of a column that may identify somebody is masked.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt

from insights import contract, privacy
from insights.collection import mapping, parsing
from insights.collection.mapping import Export
from insights.collection.seen import Span
from insights.collection.source import CollectionError, Exclusion, Extract, Input, Unmapped, nearest

_FIELD = re.compile(r"^(?P<column>[^\[.]+)(?:\.(?P<path>.+)|\[(?P<key>.+)\])$")
MOST_WORDS = 1_000  # of a column, among which a misspelt one is looked for
_VALUES = ("string_value", "int_value", "float_value", "double_value")


@dataclass(frozen=True)
class Records:
    """What lies in one place.

    Attributes
    ----------
    table : ibis.Table
        Lazy, in the columns of the source; those at least that the mapping names.
    columns : sequence of str
        All columns that lie there.
    place : str
        What to call it in an error, such as ``contacts.csv and 3 more``.
    reading : callable
        Returns a context in which it is read, which turns the engine's complaints into a sentence.
    checked : tuple of int, optional
        Where every value was tried before: how many rows are records of the table, and how many are something else.
    """

    table: ibis.Table
    columns: Sequence[str]
    place: str
    reading: Callable[[], AbstractContextManager] = nullcontext
    checked: tuple[int, int] | None = None


def extract(
    found: Iterable[tuple[str, Export, Records]], inputs: Sequence[Input], files: Mapping[str, str]
) -> Extract:
    """Return what a source of real people holds, in the columns of the contract, with the account of it.

    Every value is tried once, so that a bad one is named here.

    Parameters
    ----------
    found : iterable of (str, insights.collection.mapping.Export, Records)
        Each with the table of the contract that it fills. Several may fill one.
    inputs, files
        As :class:`insights.collection.source.Extract` has them.

    Raises
    ------
    CollectionError
        For a mapped column that is not there, and for values that cannot be read.
    """
    parts, left_out, unread, told = {}, [], {}, {}
    for name, export, records in found:
        table, (_, another) = _of_contract(name, export, records)
        parts.setdefault(name, []).append(table)
        left_out += [Exclusion(name, _why(export, records.place), another)] if another else []
        mine = unmapped(export, records.columns)
        unread[records.place] = [one for one in unread.get(records.place, mine) if one in mine]  # by no entry at all
        told |= {(name, column): note for column, note in _notes(name, _present(export, records.columns)).items()}
    others = [Unmapped(place, column) for place, columns in unread.items() for column in columns]
    return Extract(
        tables={name: _together(name, tables) for name, tables in parts.items()},
        key=privacy.secret_key(), inputs=inputs, files=files, notes=told, exclusions=left_out, unmapped=others,
    )  # fmt: skip


def span(name: str, export: Export, records: Records) -> Span:
    """Return what records hold of which months; every value is tried, so that a bad one is named here.

    Raises
    ------
    CollectionError
    """
    table, (rows, another) = _of_contract(name, export, records)
    happened, known = table[contract.TABLES[name].happened], table.recorded_at
    dated = table.filter(happened.notnull(), known.notnull())
    by_month = dated.group_by(month=happened.strftime("%Y-%m")).agg(
        rows=ibis._.count(), first=happened.min(), last=happened.max(), known=known.min()
    )
    with records.reading():
        found = by_month.order_by("month").to_pyarrow().to_pylist()
    ends = [
        of(month[end] for month in found).isoformat() if found else None
        for end, of in (("first", min), ("last", max), ("known", min))
    ]
    months = {month["month"]: month["rows"] for month in found}
    return Span(rows, another, rows - sum(months.values()), *ends, months)


def require_columns(name: str, export: Export, place: str, there: Sequence[str]) -> None:
    """Refuse records that lack a column which the mapping names and which they may not lack.

    Raises
    ------
    CollectionError
    """
    may_lack = {*export.if_there} - {*contract.required(name)}
    wanted = {f"{name}.{c}": parts for c, parts in export.columns.items() if c not in may_lack}
    wanted |= {f"rows of {name}": [column] for column in export.only}
    for what, parts in wanted.items():
        for part in parts:
            if origin(part, there) is None:
                raise CollectionError(
                    f"{place}: no column {part!r}, which the mapping names for {what}; "
                    f"{nearest(part, there)}. Correct the mapping, or export the column."
                )


def origin(part: str, there: Sequence[str]) -> str | None:
    """Return the column that a part of a mapping is read from: itself, or whose field it is; None if neither."""
    field = _FIELD.match(part)
    if part in there or field is None:
        return part if part in there else None
    return field["column"] if field["column"] in there else None


def unmapped(export: Export, there: Sequence[str]) -> list[str]:
    """Return the columns of records that the mapping does not read."""
    read_from = {origin(part, there) for part in export.parts()}
    return [column for column in there if column not in read_from]


@ibis.udf.scalar.builtin
def json_extract_string(text: dt.json, path: str) -> str:
    """Return a field of an object as text, null where it is not there (DuckDB)."""


def _of_contract(name, export, records) -> tuple[ibis.Table, tuple[int, int]]:
    """Return records in the columns of the contract, how many they are, and how many rows are something else."""
    require_columns(name, export, records.place, records.columns)
    here = _present(export, records.columns)
    among = _among(here, records.table)
    table = records.table.filter(among) if among is not None else records.table
    written, values = _values(name, here, table, export.time_zone)
    counts = records.checked
    if counts is None:
        with records.reading():
            every = None if among is None else records.table.count().to_pyarrow().as_py()
            rows = _require_readable(name, here, records.place, table.select(**_failures(written, values)))
            if every and not rows:
                _require_spelt(here, records)
        counts = rows, 0 if every is None else every - rows
    return table.select(**_with_assumptions(name, values)), counts


def _require_spelt(export, records):
    """Refuse a mapping that takes no row, where one of its words differs from one that stands there by capitals only.

    No row at all may be right: a year without a refund.
    """
    for column, wanted in export.only.items():
        values = parsing.as_text(_source(records.table, column)).name("said")
        there = values.as_table().distinct().limit(MOST_WORDS).to_pyarrow()["said"].to_pylist()
        alike = {str(one).strip().casefold(): one for one in there if one is not None}
        for word in wanted:
            meant = alike.get(word.strip().casefold())
            if word not in there and meant is not None:
                raise CollectionError(
                    f"{records.place}: no row has {word!r} in column {column!r}, but {meant!r} stands there. "
                    "Write it so under only, in the mapping."
                )


def _why(export, place):
    why = ", or ".join(f"{column} is not {' or '.join(wanted)}" for column, wanted in export.only.items())
    return f"{why} ({place})"


def _present(export, there) -> Export:
    """Return an export without the columns that these records lack."""
    kept = {c: parts for c, parts in export.columns.items() if all(origin(part, there) for part in parts)}
    return export.model_copy(update={"columns": kept})


def _notes(name, export) -> dict[str, str]:
    """Return, by contract column, where it comes from and what is assumed of it."""
    told = {column: f"from {' + '.join(parts)}" for column, parts in export.columns.items()}
    told |= {column: f"{value!r} in every row" for column, value in export.constants.items()}
    for recorded, value in mapping.assumptions(name).items():
        if recorded not in told and value in told:
            told[recorded] = f"assumed equal to {value}: the export does not say when it became known"
    return told


def _together(name, parts) -> ibis.Table:
    """Return the records of several exports as one table; what one of them lacks is missing there."""
    declared = contract.schema(name)
    columns = [column for column in declared if any(column in part.columns for part in parts)]
    filled = [
        part.select(
            **{c: part[c].cast(declared[c]) if c in part.columns else ibis.null(declared[c]) for c in columns}
        )
        for part in parts
    ]
    return ibis.union(*filled) if len(filled) > 1 else parts[0]


def _among(export, table):
    """Tell which rows are records of the table; None where all are."""
    asked = [
        ibis.or_(*(parsing.as_text(_source(table, column)).re_search(_pattern(value)) for value in wanted))
        for column, wanted in export.only.items()
    ]
    return ibis.and_(*asked).fill_null(False) if asked else None


def _source(table, part):
    """Return a column, a field of an object (``device.category``), or a value of a list of keys and values."""
    if part in table.columns:
        return table[part]
    field = _FIELD.match(part)
    held = table[field["column"]].cast("json")
    if field["path"]:
        return json_extract_string(held, f"$.{field['path']}")
    pairs = held.cast("array<json>")
    found = pairs.filter(lambda pair: json_extract_string(pair, "$.key") == field["key"])[0]
    return ibis.coalesce(*(json_extract_string(found, f"$.value.{kind}") for kind in _VALUES))


def _values(name, export, table, zone):
    """Return, by contract column, what the export says as text and what it is read as."""
    written, values = {}, {}
    for column, spec in contract.columns(name).items():
        if column in export.columns:
            written[column] = _text(table, export, column)
            values[column] = _read(table, export, spec, written[column], zone)
        elif column in export.constants:
            written[column] = ibis.literal(export.constants[column])
            values[column] = _parsed(export, spec, written[column], zone)
    return written, values


def _text(table, export, column):
    texts = [parsing.as_text(_source(table, part), export.missing) for part in export.columns[column]]
    text = texts[0] if len(texts) == 1 else ibis.literal(" ").join(texts).strip().nullif("")
    text = parsing.identifier(text) if column.endswith("_id") else text
    return _translated(text, export.values.get(column, {}))


def _translated(text, meanings):
    if not meanings:
        return text
    like = ((text.re_search(_pattern(key)), ibis.literal(value)) for key, value in meanings.items())
    return ibis.cases(*like, else_=text).nullif("")


def _pattern(key):
    return "^" + ".*".join(re.escape(part) for part in key.split("*")) + "$"


def _read(table, export, spec, text, zone):
    source = _source(table, export.columns[spec.name][0])
    if spec.dtype.is_timestamp() and (source.type().is_timestamp() or source.type().is_date()):
        return parsing.plausible_in_utc(source, zone)
    return _parsed(export, spec, text, zone, typed=source.type().is_numeric())


def _parsed(export, spec, text, zone, typed=False):
    mark = "." if typed else export.decimal_mark  # the mark of an export is that of its texts
    text = parsing.named(text) if spec.name.endswith("_id") else text
    formats = export.dates.get(spec.name, [parsing.ISO])
    value = ibis.coalesce(
        *(parsing.parsed(text, spec.dtype, date_format=f, zone=zone, decimal_mark=mark) for f in formats)
    )
    value = -value if spec.name in export.negated else value
    return ibis.ifelse(value.isin(spec.allowed), value, ibis.null("string")) if spec.allowed else value


def _with_assumptions(name, values):
    assumed = {
        recorded: values[value]
        for recorded, value in mapping.assumptions(name).items()
        if recorded not in values and value in values
    }
    return values | assumed


def _failures(written, values):
    return {
        column: ibis.ifelse(text.notnull() & values[column].isnull(), text, ibis.null("string"))
        for column, text in written.items()
    }


def _require_readable(name, export, place, failing):
    """Refuse values that could not be read; return how many rows there are."""
    asked = {f"n_{c}": failing[c].count() for c in failing.columns}
    asked |= {f"x_{c}": failing[c].min() for c in failing.columns}
    answer = failing.aggregate(**asked, rows=failing.count()).to_pyarrow().to_pylist()[0]
    for column in failing.columns:
        if answer[f"n_{column}"]:
            count = f"{answer[f'n_{column}']:,} of {answer['rows']:,}"
            raise CollectionError(_unreadable(name, export, place, column, count, answer[f"x_{column}"]))
    return answer["rows"]


def _unreadable(name, export, place, column, count, example):
    spec = contract.columns(name)[column]
    one_word = spec.sensitivity == contract.INTERNAL and " " not in example  # two may be somebody's name
    scrubbed = privacy.scrub(example)
    told = spec.dtype.is_string() or scrubbed == example
    shown = (scrubbed if one_word and told else _masked(example))[:40]
    said = " + ".join(export.columns.get(column, ["constants"]))
    wanted, remedy = _wanted(spec)
    return (
        f"{place}, column {said!r} ({name}.{column}): {count} values are not {wanted}, such as {shown!r}. "
        f"Correct the export, or {remedy} for {column} in the mapping."
    )


def _wanted(spec: contract.Column):
    if spec.allowed:
        return f"any of {', '.join(spec.allowed)}", "say under values what they mean"
    if spec.dtype.is_timestamp():
        return "a time in the format expected", "name the format under dates"
    if spec.dtype.is_boolean():
        return "true or false", "say under values what they mean"
    kind = "a whole number" if spec.dtype.is_integer() else "a number"
    return f"{kind} within the type {spec.dtype}", "set decimal_mark or missing"


def _masked(text):
    return re.sub(r"\d", "9", re.sub(r"[^\W\d]", "x", text))
