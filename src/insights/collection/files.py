"""Export files: opening them lazily, whatever their format, and saying plainly which one is broken.

CSV and JSON Lines are read as text and cast by the caller, so that a value that does not fit is reported
with its file and column. Parquet and Excel keep their types.
"""

import glob
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import ibis
import pandas as pd
import pyarrow.parquet as pq
from upath import UPath

from insights import store
from insights.collection.source import CollectionError, Input, first_line

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "json", ".ndjson": "json", ".xlsx": "excel",
}  # fmt: skip
COMPRESSED = (".gz", ".zst")
READ_AHEAD = 65_536  # bytes
BROKEN = (
    duckdb.Error, UnicodeDecodeError, EOFError, OSError, RecursionError, KeyError, zipfile.BadZipFile, zlib.error,
    ElementTree.ParseError,
)  # fmt: skip
# Nothing is guessed: no line is skipped, none is a comment.
CSV = {"quote": '"', "escape": '"', "skip": 0, "comment": "", "all_varchar": True}
REASONS = {
    "nvalid unicode": "a letter in it is not of this encoding: set encoding in the mapping",
    "aximum line size": "a line of it is longer than 2,000,000 bytes, or delimiter is to be set in the mapping",
}


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
        _require_content(files)
        match format_of(files[0]):
            case "csv":
                return _csv(con, files, delimiter or delimiter_of(files[0]), encoding, missing)
            case "json":
                return _json(con, files)
            case "excel":
                return ibis.memtable(_texts(pd.concat([_excel(file) for file in files], ignore_index=True)))
            case _:
                return con.read_parquet(_named(files), union_by_name=True)


def is_remote(folder: Path) -> bool:
    """Tell whether a folder lies in object storage."""
    return isinstance(folder, UPath) and folder.protocol not in ("", "file")


def mount(con: ibis.BaseBackend, folder: Path) -> None:
    """Let the engine read from where a folder lies, if that is object storage."""
    if is_remote(folder):
        con.con.register_filesystem(folder.fs)


def delimiter_of(path: Path) -> str:
    """Return what separates the columns of a file by its name: a tab for ``.tsv``, a comma else."""
    return "\t" if ".tsv" in [suffix.lower() for suffix in path.suffixes] else ","


def header(con: ibis.BaseBackend, file: Path, delimiter: str | None = None, encoding: str = "utf-8") -> list[str]:
    """Return the names of a file's columns as they stand there, twice where one stands twice; none of JSON Lines."""
    with reading([file]):
        match format_of(file):
            case "csv":
                options = CSV | {"header": False, "delim": delimiter or delimiter_of(file), "encoding": encoding}
                first = con.read_csv(_named([file]), **options).limit(1).to_pyarrow().to_pylist()
                return [str(name).strip() for row in first for name in row.values() if name is not None]
            case "excel":
                with file.open("rb") as opened:
                    return [str(name) for name in pd.read_excel(opened, header=None, nrows=1).iloc[0].dropna()]
            case "parquet":
                with file.open("rb") as opened:
                    return pq.read_schema(opened).names
    return []


@contextmanager
def reading(files: Iterable[Path]) -> Iterator[None]:
    """Turn the engine's complaint about unreadable files into one sentence that names the file.

    Raises
    ------
    CollectionError
    """
    try:
        yield
    except BROKEN as error:
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


def _named(files):
    """Return the files' names for the engine, which would take brackets and stars for patterns."""
    return [glob.escape(str(file)) for file in files]


def _require_content(files):
    for file in files:
        with file.open("rb") as opened:
            begins = opened.read(READ_AHEAD)
        if not begins.strip():
            raise CollectionError(f"{file.name}: holds nothing. Export it again, or take it out of the mapping.")


def _csv(con, files, delimiter, encoding, missing):
    options = {"header": True, "delim": delimiter, "encoding": encoding, "nullstr": list(missing)}
    return con.read_csv(_named(files), union_by_name=True, **CSV | options)


def _json(con, files):
    options = {"format": "newline_delimited", "records": "true", "union_by_name": True}
    names = con.read_json(_named(files), sample_size=-1, map_inference_threshold=-1, **options).columns
    return con.read_json(_named(files), columns=dict.fromkeys(names, "VARCHAR"), **options)


def _excel(file):
    words = {"keep_default_na": False, "na_values": [""]}  # NA and None are words like others
    with file.open("rb") as opened:
        frame = pd.read_excel(opened, engine="openpyxl", dtype=object, **words).infer_objects()
    return _texts(frame.rename(columns=str))


def _texts(frame):
    """Return a frame whose columns of mixed type are text."""
    mixed = [name for name, dtype in frame.dtypes.items() if pd.api.types.is_object_dtype(dtype)]
    return frame.assign(**{name: frame[name].map(str, na_action="ignore").astype("str") for name in mixed})


def _reason(error, files):
    """Return what the engine complains of, in our words where it is known."""
    for sign, reason in REASONS.items():
        if sign in str(error):
            return reason
    first = first_line(error)
    if "sniffing" in first:
        return "its lines do not fall into the columns of the first one"
    for file in files:
        first = first.replace(str(file), file.name)
    return first.partition("Error: ")[2].rstrip(".")[:200] or first.rstrip(".")[:200]
