"""A database server as a source: its tables or views, mapped to the contract like the exports of a folder.

It is read through Ibis, so that only mapped columns and the window's rows cross the wire. The address carries no
password: the server's own ways of keeping one (``PGPASSWORD``, ``~/.pgpass``) are used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import ibis
import psycopg

from insights import contract, privacy
from insights.collection import mapped, mapping
from insights.collection.mapping import Export
from insights.collection.source import CollectionError, Extract, Input, first_line, nearest
from insights.params import Params

SCHEMES = ("postgresql", "postgres")
ROWS_AT_ONCE = 100_000
ANY_ZONE = timedelta(days=1)  # no offset from UTC is longer


def check(params: Params) -> None:
    """Refuse an address without a server, a wrong mapping, and relations that are absent or lack a mapped column.

    Raises
    ------
    CollectionError
    """
    with _connected(params) as server:
        for name, export in _exports(params):
            mapped.require_columns(name, export, export.relation, _relation(server, export).columns)


def files_of(params: Params) -> list[Path]:
    """Return the mapping and the key: the records lie on the server."""
    return [mapping.file_of(params), *privacy.key_files()]


def read(params: Params, con: ibis.BaseBackend, progress) -> Extract:
    """Return the mapped relations, copied into the engine; each value is tried once, so a bad one is named here."""
    relations: dict[str, list[str]] = {}
    for name, export in _exports(params):
        relations.setdefault(name, []).append(export.relation)
    inputs = [Input(f"{relation}, as it stood", 0, None) for each in relations.values() for relation in each]
    with _connected(params) as server:
        found = _records(con, server, params, progress)
        return mapped.extract(found, inputs, {name: ", ".join(each) for name, each in relations.items()})


def _exports(params) -> list[tuple[str, Export]]:
    return mapping.load(mapping.file_of(params), mapping.RELATION)


def _records(con, server, params, progress) -> Iterator[tuple[str, Export, mapped.Records]]:
    for name, export in _exports(params):
        progress(f"reading {export.relation}")
        relation = _relation(server, export)
        held = _copied(con, _wanted(name, export, relation, params))
        yield name, export, mapped.Records(held, relation.columns, export.relation)


@contextmanager
def _connected(params) -> Iterator[ibis.BaseBackend]:
    address = _address(params)
    try:
        server = ibis.connect(address)
    except psycopg.OperationalError as error:
        raise CollectionError(
            f"params/{params.window}.yaml: source.path names {address}, which cannot be reached "
            f"({_said(error)}). Correct it, start the server, or set PGPASSWORD."
        ) from None
    try:
        server.raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").close()
        yield server
    except psycopg.Error as error:
        raise CollectionError(
            f"{address}: the records could not be read to their end ({_said(error)}). Try again, or "
            "correct what the server complains of."
        ) from None
    finally:
        server.disconnect()


def _address(params) -> str:
    address = params.source.path or ""
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES:
        raise CollectionError(
            f"params/{params.window}.yaml: source.kind is database and source.path is {params.source.path!r}. "
            "Name the server, such as postgresql://analyst@db.example.com/crm."
        )
    if parts.password or "password" in parse_qs(parts.query):
        raise CollectionError(
            f"params/{params.window}.yaml: source.path holds a password, which must not lie in a parameter file. "
            "Remove it, and set PGPASSWORD or use ~/.pgpass."
        )
    return address


def _relation(server, export) -> ibis.Table:
    schema, _, relation = export.relation.rpartition(".")
    known = server.list_tables(database=schema or None)
    if relation not in known:
        raise CollectionError(
            f"relation {export.relation!r} is not in the database; {nearest(relation, known)}. Correct the "
            "mapping, or let this user read it."
        )
    return server.table(relation, database=schema or None)


def _wanted(name, export, relation, params) -> ibis.Table:
    """Return the mapped columns of the rows that may belong to the window; the rest stays on the server."""
    rows, spec = relation, contract.TABLES[name]
    for column in (spec.happened, "recorded_at"):
        of = export.columns.get(column, [])
        when = rows[of[0]] if len(of) == 1 and of[0] in rows.columns else None
        if when is None or not (when.type().is_timestamp() or when.type().is_date()):
            continue
        rows = rows.filter(when.isnull() | (when < params.end + ANY_ZONE))
        if column == spec.happened and not spec.entity:
            rows = rows.filter(when.isnull() | (when >= params.start - ANY_ZONE))
    columns = dict.fromkeys(mapped.origin(part, relation.columns) for part in export.parts())
    return rows.select(**{c: _plain(rows[c]) for c in columns if c is not None})


def _plain(value):
    kept = value.type().is_primitive() or value.type().is_temporal() or value.type().is_decimal()
    return value if kept else value.cast("string")


def _copied(con, rows: ibis.Table) -> ibis.Table:
    with rows.to_pyarrow_batches(chunk_size=ROWS_AT_ONCE) as batches:
        name = ibis.util.gen_name("copied")
        con.con.register(name, batches)
        try:
            return con.create_table(ibis.util.gen_name("relation"), obj=con.table(name), temp=True)
        finally:
            con.con.unregister(name)


def _said(error) -> str:
    return first_line(error).rstrip(".")
