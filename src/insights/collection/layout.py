"""How collected tables lie on disk: sorted as the contract says, large ones in a file per month.

Sorting a month at a time takes a fifth of the memory of sorting a year.
"""

import datetime
from pathlib import Path

import ibis

from insights import contract, warehouse


def months(name: str, records: ibis.Table, rows: int, most: int) -> list[datetime.datetime]:
    """Return the first instants of the months that a table is split into; none where it is not split.

    Parameters
    ----------
    name : str
        Table of the contract. One of things, which has no months, is never split.
    records : ibis.Table
    rows : int
        How many rows it has at most.
    most : int
        Rows up to which a table is one file (``compute.rows_a_file``).
    """
    spec = contract.TABLES[name]
    if spec.entity or rows <= most:
        return []
    month = records[spec.happened].truncate("M").name("month").as_table().distinct()
    return sorted(month.to_pyarrow()["month"].to_pylist())


def write_sorted(
    con: ibis.BaseBackend, name: str, records: ibis.Table, path: Path, months: list[datetime.datetime], staged: bool
) -> None:
    """Write a table in the contract's order, so that the same records give the same bytes.

    Parameters
    ----------
    con : ibis.BaseBackend
    name : str
        Table of the contract.
    records : ibis.Table
    path : pathlib.Path
        A file; a folder of files named ``YYYY-MM.parquet`` where there are months.
    months : list of datetime.datetime
        From :func:`months`.
    staged : bool
        Whether to write a large table once before it is sorted, for a source that would have to be read whole for
        each month.
    """
    if not months:
        warehouse.write(records, path, contract.order(name, records))
    elif staged:
        stage = path.with_name(f"{path.stem}.unsorted.parquet")
        warehouse.write(records, stage)
        _write_months(name, warehouse.read(con, stage), path, months)
        stage.unlink()
    else:
        _write_months(name, records, path, months)


def _write_months(name, records, path, months):
    happened = records[contract.TABLES[name].happened]
    for first in months:
        part = records.filter(happened >= first, happened < _next(first))
        warehouse.write(part, path / f"{first:%Y-%m}.parquet", contract.order(name, part))


def _next(month):
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
