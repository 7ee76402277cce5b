"""The table engine: an Ibis connection on DuckDB in process.

Sums must not depend on the order in which threads meet their rows, so what is summed here is an integer or
a decimal, never a float; files are written in a stated order. Then the same data give the same bytes.
"""

from pathlib import Path

import ibis

from insights.params import Compute


def connect(compute: Compute) -> ibis.BaseBackend:
    """Open the engine within the window's limits on threads and memory."""
    con = ibis.duckdb.connect(threads=compute.threads, memory_limit=compute.memory)
    con.raw_sql("SET TimeZone = 'UTC'")
    return con


def read(con: ibis.BaseBackend, path: Path) -> ibis.Table:
    """Return a Parquet file, or a folder of them, as a table; nothing is read yet.

    Raises
    ------
    FileNotFoundError
        If it is not there; the message names the file and what makes it.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: not there. Run the notebook that writes it first ({_maker(path)}).")
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    return con.read_parquet([str(file) for file in files])


def write(table: ibis.Table, path: Path, order_by: list[str] | None = None) -> None:
    """Write a table as one Parquet file.

    Parameters
    ----------
    table : ibis.Table
    path : pathlib.Path
        Its folder is made where missing.
    order_by : list of str, optional
        Columns that fix the order of rows. Without it the order of the table is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = table.order_by(order_by) if order_by else table
    ordered.to_parquet(path, compression="zstd")


def _maker(path):
    folders = [part for part in path.parts if part[:2].isdigit() and part[2:3] == "_"]
    return folders[-1] if folders else "see insights.paths"
