"""Journals: what people or runs wrote down, a line of JSON each, to which lines are only added.

Several processes may add to one journal: each takes the file for itself while it writes. What was written stands on
the disk before the call returns.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

MOST_LETTERS = 100_000  # of a line
LARGEST = 2**63  # of a whole number: what lies beyond fits no table
NOTHING = type(None)


class JournalError(ValueError):
    """A journal that cannot be read or added to; the message names file and line."""


def append(file: Path, records: Iterable[dict]) -> None:
    """Add records to a journal, which is begun where there is none.

    Raises
    ------
    JournalError
        If its last line was cut off, to which nothing can be added without losing it, or a record holds half a
        letter.
    """
    text = "".join(json.dumps(record, ensure_ascii=False, default=_plain) + "\n" for record in records)
    try:
        lines = text.encode()
    except UnicodeEncodeError as error:
        raise JournalError(
            f"{file.name}: {text[error.start]!r} is no whole letter and cannot be written. Type it anew."
        ) from None
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        if journal.seek(0, os.SEEK_END):
            journal.seek(-1, os.SEEK_END)
            if journal.read(1) != b"\n":
                raise JournalError(
                    f"{file.name}: its last line is cut off. Restore the file from its copy, or end it."
                )
        journal.write(lines)
        journal.flush()
        os.fsync(journal.fileno())


def read(file: Path, columns: Sequence[str], kinds: Mapping[str, tuple[type, ...]] | None = None) -> pd.DataFrame:
    """Return a journal in these columns, the oldest line first; no rows where there is none.

    Parameters
    ----------
    file : Path
    columns : sequence of str
    kinds : mapping of str to tuple of type, optional
        Of columns, what stands there; of others anything may.

    Raises
    ------
    JournalError
        If a line is no record with these columns, or what stands there is of another kind.
    """
    rows = []
    for number, line in enumerate(_lines(file), start=1):
        try:
            record = _record(line)
            rows.append([_of_kind(name, record[name], (kinds or {}).get(name)) for name in columns])
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise JournalError(
                f"{file.name}, line {number}: no record of it ({str(error)[:200]}). Restore it from its copy."
            ) from None
    return pd.DataFrame(rows, columns=list(columns), dtype=object).infer_objects()


def _lines(file):
    """Return the lines of a journal; nothing else ends one."""
    content = file.read_bytes() if file.exists() else b""
    return content.removesuffix(b"\n").split(b"\n") if content else []


def _record(line):
    if len(line) > MOST_LETTERS:
        raise ValueError(f"{len(line):,} bytes, above {MOST_LETTERS:,}")
    return json.loads(line.decode("utf-8"))


def _of_kind(name, value, kinds):
    if kinds is not None and not isinstance(value, kinds):
        raise TypeError(f"{name} is {type(value).__name__}, not {' or '.join(kind.__name__ for kind in kinds)}")
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise ValueError(f"{name} has {value.bit_length()} bits")
    if isinstance(value, str):
        value.encode()  # half a letter can be shown nowhere
    return value


def _plain(value):
    """Return numbers of other libraries, and days, as JSON knows them."""
    return value.item() if hasattr(value, "item") else str(value)
