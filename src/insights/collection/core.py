"""Collecting: from a source's raw tables to a window's tables without identities, and an account of it."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType

import ibis
import pandas as pd

from insights import asof, contract, paths, store, warehouse
from insights.collection import (
    database,
    derived,
    erasure,
    folder,
    identities,
    layout,
    online_retail,
    oulad,
    simulated,
    window,
)
from insights.collection.source import CollectionError, Exclusion, Extract, Input, Unmapped, first_line
from insights.params import Mark, Params

SOURCES: dict[str, ModuleType] = {
    "simulation": simulated, "folder": folder, "database": database, "oulad": oulad, "online_retail": online_retail,
}  # fmt: skip
COLLECTED, ABSENT = "collected", "not in this source"


@dataclass(frozen=True)
class Collected:
    """The account of a collection, ready to be shown.

    Attributes
    ----------
    tables : pandas.DataFrame
        A row per table of the contract: ``table, status, rows_read, rows, rows_outside_window, first, last,
        files``. ``first`` and ``last`` are the earliest and latest time at which a kept record happened.
    columns : pandas.DataFrame
        A row per column of the contract: ``table, column, sensitivity, treatment, note``. The treatment is
        ``kept``, ``pseudonymised``, ``dropped``, ``scrubbed`` or ``absent``.
    inputs : pandas.DataFrame
        A row per file that was read: ``file, bytes, sha256``.
    exclusions : pandas.DataFrame
        Rows that are no records of their table: ``table, reason, rows``.
    unmapped : pandas.DataFrame
        Columns of the source that are not read: ``place, column``.
    coverage : pandas.DataFrame
        Rows of each table by the month in which they happened, over all that the source has of the time before the
        window's end: ``table, month, rows``.
    marks : pandas.DataFrame
        Known breaks: ``table, month, what``.
    """

    tables: pd.DataFrame
    columns: pd.DataFrame
    inputs: pd.DataFrame
    exclusions: pd.DataFrame
    unmapped: pd.DataFrame
    coverage: pd.DataFrame
    marks: pd.DataFrame


def collect(step: store.Step, con: ibis.BaseBackend, progress: Callable[[str], None] | None = None) -> Collected:
    """Collect a window's tables from its source into the step's folder, without identities.

    Parameters
    ----------
    step : insights.store.Step
        The opened step ``00_data_collection``.
    con : ibis.BaseBackend
        From :func:`insights.warehouse.connect`.
    progress : callable, optional
        Told in a few words what is being done.

    Returns
    -------
    Collected

    Raises
    ------
    CollectionError
        If the source is absent, broken or misshapen.
    """
    params, tell = step.params, progress or _silent
    check_source(params)
    try:
        with _extracted(params, con, tell) as extract:
            return _collect(step, con, extract, tell)
    except warehouse.FAILURES as error:
        raise CollectionError(
            f"window {params.window}, source {params.source.kind}: the records could not be read to their "
            f"end and written ({first_line(error)}). Correct the value or file named, or export it again."
        ) from None


def check_source(params: Params) -> None:
    """Refuse a source that is absent, wrongly mapped or too short for the window; reads no records.

    Raises
    ------
    CollectionError
        With the value, the place and the remedy.
    """
    SOURCES[params.source.kind].check(params)


def source_files(params: Params) -> list[Path]:
    """Return the files that a source is read from, and the folders in which others would be found."""
    return [*SOURCES[params.source.kind].files_of(params), *erasure.files()]


def coverage(params: Params, con: ibis.BaseBackend, since: datetime.date) -> pd.DataFrame:
    """Return how many rows of each table a source has in the year before a day, and from then to the window's end.

    Parameters
    ----------
    params : Params
    con : ibis.BaseBackend
    since : datetime.date
        From when on it is asked how many of them are the same to the last value.

    Returns
    -------
    pandas.DataFrame
        ``table, month, rows``, and ``copies``: how often each record that happened in that month stands there on
        average, 1 where none is another's copy, and in months before.

    Raises
    ------
    CollectionError
        If the source is absent, broken or misshapen.
    """
    check_source(params)
    begin = pd.Timestamp(since) - pd.DateOffset(years=1)
    with _extracted(params, con, _silent) as extract:
        raw = {
            n: _since(n, window.shaped(n, extract.tables[n]), begin).cache()
            for n in contract.TABLES
            if n in extract.tables
        }
        counted = _coverage(replace(extract, history={}), raw, params.end)
        fresh = {name: _since(name, records, pd.Timestamp(since)) for name, records in raw.items()}
        copies = pd.concat([_copies(name, records, params.end) for name, records in fresh.items()], ignore_index=True)
    return counted.merge(copies, on=["table", "month"], how="left").fillna({"copies": 1.0})


def _since(name, records, day):
    return records.filter(records[contract.TABLES[name].happened] >= ibis.literal(day))


def _copies(name, records, end):
    """Return how often each record of a month stands there, by month."""
    rows, distinct = (_by_month(name, part, end) for part in (records, records.distinct()))
    return distinct.assign(copies=rows["rows"] / distinct["rows"]).drop(columns="rows")


def _silent(text):
    pass


@contextmanager
def _extracted(params, con, tell) -> Iterator[Extract]:
    """Read a source; DuckDB reads exports, whatever engine works on them from then on."""
    source = SOURCES[params.source.kind]
    if con.name == warehouse.DUCKDB or source is simulated:
        yield source.read(params, con, tell)
        return
    extract = source.read(params, warehouse.local(params.compute), tell)
    with warehouse.handed_over(con, paths.cache()) as given:
        yield replace(extract, tables=given(extract.tables), history=given(extract.history), monthly=False)


def _collect(step, con, extract, tell):
    params = step.params
    tables, notes = derived.described(extract.tables, params)
    named = identities.known_names(tables)
    tables, erased = erasure.without(con, tables, erasure.withdrawn())
    notes, exclusions = {**notes, **extract.notes}, [*extract.exclusions, *erased]
    extract = replace(extract, tables=tables, notes=notes, exclusions=exclusions)
    raw = {name: window.shaped(name, extract.tables[name]) for name in contract.TABLES if name in extract.tables}
    seen = {n: window.restrict(contract.TABLES[n], t, params.start, params.end) for n, t in raw.items()}
    blank = {name: _blank(name, seen[name], params.end) for name in seen}
    read, undated = _counted(params, raw, extract.unread)
    tell("replacing identities")
    coverage = _coverage(extract, raw, params.end)
    known = {n: asof.blank_unknown(contract.TABLES[n], t, params.end) for n, t in seen.items()}
    with identities.replacements(con, known, extract.key, named) as held:
        for name, records in known.items():
            tell(f"writing {name}")
            months = layout.months(name, records, read[name], params.compute.rows_a_file)
            private = identities.protect(name, records, held)
            layout.write_sorted(con, name, private, step.place(_path(step, name)), months, staged=not extract.monthly)
    return _account(step, con, extract, read, blank, undated, coverage)


def _counted(params, raw, unread):
    """Count the rows of each table, and those whose time is missing; refuse a table with too many of these."""
    read, undated = {}, {}
    for name, table in raw.items():
        nobody_knows = table[contract.TABLES[name].happened].isnull() | table.recorded_at.isnull()
        counts = table.aggregate(rows=table.count(), undated=nobody_knows.sum().fill_null(0)).to_pyarrow().to_pylist()
        others = [one for one in unread if one.table == name]
        read[name] = counts[0]["rows"] + sum(one.rows for one in others)
        undated[name] = counts[0]["undated"] + sum(one.undated for one in others)
        budget = params.cleaning.max_loss
        if undated[name] > budget * read[name]:
            raise CollectionError(
                f"{name}, window {params.window}: {undated[name]:,} of {read[name]:,} rows do not say when they "
                f"happened ({contract.TABLES[name].happened}) or were recorded, above the {budget:.0%} budget. "
                f"Check the export, or raise cleaning.max_loss in params/{params.window}.yaml and say why."
            )
    return read, undated


def _blank(name, records, end):
    """Count what is blanked and refuse identifiers that hold addresses, in one pass over the table."""
    later = window.blanked(contract.TABLES[name], records, end)
    things = identities.addresses(name, records)
    asked = {f"b_{c}": e for c, e in later.items()} | {f"a_{c}": e for c, e in things.items()}
    if not asked:
        return {}
    counts = records.aggregate(**asked).to_pyarrow().to_pylist()[0]
    identities.require_no_addresses(name, {column: counts[f"a_{column}"] for column in things})
    return {column: counts[f"b_{column}"] for column in later}


def _path(step, name):
    if name == "protected":
        return paths.protected(step.params.window)
    return paths.collected(step.params.window, name)


def _account(step, con, extract, read, blank, undated, coverage) -> Collected:
    tables = [_table_row(step, con, extract, name, read, undated) for name in contract.TABLES]
    columns = [
        _column_row(extract, column, blank) for name in contract.TABLES for column in contract.columns(name).values()
    ]
    return Collected(
        tables=pd.DataFrame(tables),
        columns=pd.DataFrame(columns),
        inputs=_frame(extract.inputs, Input),
        exclusions=_frame([*extract.exclusions, *_without_a_date(undated)], Exclusion),
        unmapped=_frame(extract.unmapped, Unmapped),
        coverage=coverage,
        marks=_marks([*extract.marks, *step.params.documentation.marks]),
    )


def _coverage(extract, raw, end) -> pd.DataFrame:
    counted = [_by_month(name, extract.history.get(name, table), end) for name, table in raw.items()]
    others = [
        (one.table, month, rows)
        for one in extract.unread
        for month, rows in one.months.items()
        if month <= f"{end - datetime.timedelta(microseconds=1):%Y-%m}"
    ]
    every = pd.concat([*counted, pd.DataFrame(others, columns=["table", "month", "rows"])], ignore_index=True)
    every["table"] = pd.Categorical(every["table"], categories=list(contract.TABLES))
    summed = every.groupby(["table", "month"], as_index=False, observed=True)["rows"].sum()
    return summed.astype({"table": "str", "rows": "int64"})


def _by_month(name, records, end):
    happened = records[contract.TABLES[name].happened]
    months = records.filter(happened < end).group_by(month=happened.strftime("%Y-%m")).agg(rows=ibis._.count())
    return months.order_by("month").to_pandas().assign(table=name)[["table", "month", "rows"]]


def _marks(marks):
    return pd.DataFrame([mark.model_dump() for mark in marks], columns=list(Mark.model_fields))


def _without_a_date(undated):
    why = "no date: nobody can tell when it happened or was recorded"
    return [Exclusion(name, why, int(rows)) for name, rows in undated.items() if rows]


def _table_row(step, con, extract: Extract, name, read, undated):
    if name not in read:
        return {"table": name, "status": ABSENT, "rows_read": 0, "rows": 0, "rows_outside_window": 0,
                "first": pd.NaT, "last": pd.NaT, "files": ""}  # fmt: skip
    written = warehouse.read(con, step.place(_path(step, name)))
    happened = written[contract.TABLES[name].happened]
    found = written.aggregate(rows=written.count(), first=happened.min(), last=happened.max())
    summary = found.to_pyarrow().to_pylist()[0]
    outside = read[name] - undated[name] - summary["rows"]
    return {"table": name, "status": COLLECTED, "rows_read": read[name], "rows": summary["rows"],
            "rows_outside_window": outside, "first": summary["first"], "last": summary["last"],
            "files": extract.files.get(name, "")}  # fmt: skip


def _column_row(extract: Extract, column: contract.Column, blank: Mapping):
    raw = extract.tables.get(column.table)
    present = raw is not None and column.name in raw.columns
    notes = [extract.notes.get((column.table, column.name), "")] if present else []
    unknown = blank.get(column.table, {}).get(column.name, 0)
    if unknown:
        known = "value that was" if unknown == 1 else "values that were"
        notes.append(f"blank: {unknown:,} {known} known only at or after the end of the window")
    return {
        "table": column.table, "column": column.name, "sensitivity": column.sensitivity,
        "treatment": _treatment(column) if present else "absent", "note": "; ".join(filter(None, notes)),
    }  # fmt: skip


def _treatment(column: contract.Column) -> str:
    if column.name in contract.DROPPED:
        return "dropped"
    if column.name in contract.pseudonymised(column.table):
        return "pseudonymised"
    scrubbed = [*contract.typed(column.table), *identities.ADDRESSES]
    return "scrubbed" if column.name in scrubbed else "kept"


def _frame(items, kind):
    return pd.DataFrame([asdict(item) for item in items], columns=list(kind.__dataclass_fields__))
