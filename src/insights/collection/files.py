"""Export files: opening them lazily, whatever their format, and saying plainly which one is broken.

CSV and JSON Lines are read as text and cast by the caller, so that a value that does not fit is reported
with its file and column. Parquet and Excel keep their types.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import pandas as pd

from insights import store
from insights.collection.source import CollectionError, Input

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "json", ".ndjson": "json", ".xlsx": "excel",
}  # fmt: skip
COMPRESSED = (".gz", ".zst")


def format_of(path: Path) -> str:
    """Return ``csv``, ``parquet``, ``json`` or ``excel``, by the extension and whatever it is compressed with.

    Raises
    ------
    CollectionError
        For any other extension.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    known = FORMATS.get(suffixes[-1] if suffixes else "")
    if known is None:
        raise CollectionError(
            f"{path.name}: the format of this file is not known by its name. Give it one of the endings "
            f"{', '.join(FORMATS)}; CSV and JSON Lines may be compressed ({' or '.join(COMPRESSED)})."
        )
    return known


def open_files(
    con: ibis.BaseBackend,
    files: Sequence[Path],
    *,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    missing: Sequence[str] = ("",),
) -> ibis.Table:
    """Return files of one format as one lazy table.

    Parameters
    ----------
    con : ibis.BaseBackend
    files : sequence of pathlib.Path
        At least one, all of the same format.
    delimiter : str, optional
        Of a CSV file; by default a tab for ``.tsv`` and a comma else.
    encoding : str
        Of a CSV file: ``utf-8``, ``utf-16`` or ``latin-1``.
    missing : sequence of str
        What stands in a CSV file where a value is missing.

    Raises
    ------
    CollectionError
        If a file is broken; the message names it.
    """
    with reading(files):
        match format_of(files[0]):
            case "csv":
                mark = delimiter or ("\t" if ".tsv" in files[0].suffixes else ",")
                return _csv(con, files, mark, encoding, missing)
            case "json":
                return _json(con, files)
            case "excel":
                return ibis.memtable(pd.concat(_excel(file) for file in files))
            case _:
                return con.read_parquet([str(file) for file in files], union_by_name=True)


@contextmanager
def reading(files: Iterable[Path]) -> Iterator[None]:
    """Turn the engine's complaint about unreadable files into one sentence that names the file.

    Raises
    ------
    CollectionError
    """
    try:
        yield
    except (duckdb.Error, UnicodeDecodeError, EOFError) as error:
        files = list(files)
        named = [file.name for file in files if str(file) in str(error)]
        raise CollectionError(
            f"{', '.join(named or [file.name for file in files])}: not readable as {format_of(files[0])} "
            f"({_reason(error, files)}). The file may be cut short or of another format: export it again."
        ) from None


def inputs(files: Iterable[Path], folder: Path) -> list[Input]:
    """Return name below ``folder``, size and SHA-256 of each file, in the order of the names."""
    below = {file.relative_to(folder).as_posix(): file for file in files}
    return [Input(name, file.stat().st_size, store.file_hash(file)) for name, file in sorted(below.items())]


def _csv(con, files, delimiter, encoding, missing):
    return con.read_csv(
        [str(file) for file in files],
        header=True, delim=delimiter, quote='"', escape='"', encoding=encoding, all_varchar=True,
        nullstr=list(missing), union_by_name=True,
    )  # fmt: skip


def _json(con, files):
    texts = [str(file) for file in files]
    options = {"format": "newline_delimited", "union_by_name": True}
    names = con.read_json(texts, sample_size=-1, **options).columns
    return con.read_json(texts, columns=dict.fromkeys(names, "VARCHAR"), **options)


def _excel(file):
    frame = pd.read_excel(file, engine="openpyxl", dtype=object).infer_objects()
    mixed = [name for name, dtype in frame.dtypes.items() if pd.api.types.is_object_dtype(dtype)]
    return frame.assign(**{name: frame[name].map(str, na_action="ignore").astype("str") for name in mixed})


def _reason(error, files):
    """Return the first line of the engine's complaint: those after it may quote the data."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if "sniffing" in first:
        return "its lines do not fall into the columns of the first one"
    for file in files:
        first = first.replace(str(file), file.name)
    return first.partition("Error: ")[2].rstrip(".")[:200] or first.rstrip(".")[:200]
