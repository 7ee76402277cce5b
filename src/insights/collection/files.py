"""Export files: opening them lazily, whatever their format, and saying plainly which one is broken.

CSV and JSON Lines are read as text and cast by the caller, so that a value that does not fit is reported
with its file and column. Parquet and Excel keep their types.
"""

import glob
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
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
MOST_UNPACKED, MOST_CELLS = 1_000_000_000, 20_000_000  # bytes of a workbook, cells of its sheet
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
    with reading(files, Exception):  # whatever a library says of a file that it cannot open
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
    with reading([file], Exception):
        match format_of(file):
            case "csv":
                options = CSV | {"header": False, "delim": delimiter or delimiter_of(file), "encoding": encoding}
                first = con.read_csv(_named([file]), **options).limit(1).to_pyarrow().to_pylist()
                return [str(name).strip() for row in first for name in row.values() if name is not None]
            case "excel":
                with _workbook(file) as book:
                    return [str(name) for name in pd.read_excel(book, header=None, nrows=1).iloc[0].dropna()]
            case "parquet":
                with file.open("rb") as opened:
                    return pq.read_schema(opened).names
    return []


@contextmanager
def reading(files: Iterable[Path], broken: type[Exception] | tuple = BROKEN) -> Iterator[None]:
    """Turn the engine's complaint about unreadable files into one sentence that names the file.

    Parameters
    ----------
    files : iterable of pathlib.Path
    broken : type of Exception, or several
        What is a complaint.

    Raises
    ------
    CollectionError
    """
    try:
        yield
    except CollectionError:
        raise
    except broken as error:
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
    # What lies deeper than a record's fields is text here, however deep it is.
    names = con.read_json(
        _named(files), sample_size=-1, map_inference_threshold=-1, maximum_depth=1, **options
    ).columns
    return con.read_json(_named(files), columns=dict.fromkeys(names, "VARCHAR"), **options)


def _excel(file):
    words = {"keep_default_na": False, "na_values": [""]}  # NA and None are words like others
    with _workbook(file) as book:
        frame = pd.read_excel(book, dtype=object, **words).infer_objects()
    return _texts(frame.rename(columns=str))


@contextmanager
def _workbook(file):
    """Open a workbook that is no larger than it looks: its parts unpacked, and its first sheet with all its gaps."""
    with file.open("rb") as opened:
        with zipfile.ZipFile(opened) as parts:
            held = sum(part.file_size for part in parts.infolist())
        if held > MOST_UNPACKED:
            raise CollectionError(
                f"{file.name}: {held:,} bytes once it is unpacked, above {MOST_UNPACKED:,}. Export it as CSV."
            )
        with pd.ExcelFile(opened, engine="openpyxl") as book:
            sheet = book.book.worksheets[0]
            sheet.iter_rows = partial(_within, file, sheet.iter_rows)
            yield book


def _within(file, rows, *given, **named):
    """Yield the rows of a sheet until they would fill a table that is larger than any export."""
    widest = 1
    for number, row in enumerate(rows(*given, **named), start=1):
        widest = max(widest, len(row))
        if number * widest > MOST_CELLS:
            raise CollectionError(
                f"{file.name}: its first sheet has more than {MOST_CELLS:,} cells, empty ones between others among "
                "them. Delete what stands far from the table, or export it as CSV."
            )
        yield row


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
