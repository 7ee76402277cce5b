"""The table engine: an Ibis connection on DuckDB in process, or on a Spark cluster.

Sums must not depend on the order in which threads meet their rows, so what is summed here is an integer or
a decimal, never a float; files are written in a stated order. Then the same data give the same bytes.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis

from insights.params import Compute
from insights.warehouse import spill
from insights.warehouse.errors import EngineError

DUCKDB, SPARK = "duckdb", "spark"

FAILURES = (duckdb.DataError, duckdb.IOException, duckdb.InvalidInputException, EngineError)


def check(compute: Compute) -> None:
    """Refuse an engine that is not installed here.

    Raises
    ------
    EngineError
    """
    if compute.tables != SPARK:
        return
    if importlib.util.find_spec("pyspark") is None:
        raise EngineError(
            "compute.tables is spark, and pyspark is not installed. Run `make install-spark`, or set it to duckdb."
        )
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise EngineError(
            "compute.tables is spark, and there is no Java. Install Java 17 or 21, or set compute.tables to duckdb."
        )


def connect(compute: Compute) -> ibis.BaseBackend:
    """Open the engine within the window's limits on threads and memory.

    Raises
    ------
    EngineError
        If it is not installed, or cannot be reached.
    """
    if compute.tables == SPARK:
        check(compute)
        from insights.warehouse import spark

        return spark.connect(compute)
    return local(compute)


def local(compute: Compute | None = None) -> ibis.BaseBackend:
    """Open DuckDB in process, whatever engine works on the tables; without a window, with what the machine has."""
    limits = {} if compute is None else {"threads": compute.threads, "memory_limit": compute.memory}
    con = ibis.duckdb.connect(temp_directory=str(spill.folder()), **limits)
    con.raw_sql("SET TimeZone = 'UTC'")
    return con


@contextmanager
def handed_over(con: ibis.BaseBackend, below: Path) -> Iterator[Callable[[Mapping], dict[str, ibis.Table]]]:
    """Give tables that DuckDB reads to another engine, as files that are gone on leaving.

    Parameters
    ----------
    con : ibis.BaseBackend
        The engine that gets them.
    below : pathlib.Path
        The folder below which they lie meanwhile; every worker of the engine must be able to read it.

    Yields
    ------
    callable
        Takes tables by name and returns them as tables of the other engine.
    """
    below.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handed_over_", dir=below) as folder:

        def give(tables):
            places = {name: Path(folder) / f"{ibis.util.gen_name(name)}.parquet" for name in tables}
            for name, table in tables.items():
                write(table, places[name])
            return {name: read(con, place) for name, place in places.items()}

        yield give


def read(con: ibis.BaseBackend, path: Path) -> ibis.Table:
    """Return a Parquet file, or a folder of them, as a table; nothing is read yet.

    Raises
    ------
    FileNotFoundError
        If it is not there; the message names the file and what makes it.
    EngineError
        If it is no Parquet file, or half of one.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: not there. Run the notebook that writes it first ({_maker(path)}).")
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    try:
        return con.read_parquet([str(file) for file in files])
    except duckdb.Error as error:
        reason = str(error).split("\n")[0]
        raise EngineError(
            f"{path}: cannot be read as Parquet ({reason}). The next `make run` makes it again ({_maker(path)})."
        ) from None


def write(table: ibis.Table, path: Path, order_by: list[str] | None = None, compression: str = "zstd") -> None:
    """Write a table as one Parquet file; what a cluster writes may be a folder of them, in the same order.

    Parameters
    ----------
    table : ibis.Table
    path : pathlib.Path
        Its folder is made where missing.
    order_by : list of str, optional
        Columns that fix the order of rows. Without it the order of the table is kept.
    compression : {"zstd", "snappy"}, default "zstd"
        Small for what is kept, fast for what is read again at once and dropped.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = table.order_by(order_by) if order_by else table
    ordered.to_parquet(path, compression=compression)


def _maker(path):
    folders = [part for part in path.parts if part[:2].isdigit() and part[2:3] == "_"]
    return folders[-1] if folders else "see insights.paths"
