"""Journals: what people or runs wrote down, a line of JSON each, to which lines are only added.

Several processes may add to one journal: each takes the file for itself while it writes. What was written stands on
the disk before the call returns.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd


class JournalError(ValueError):
    """A journal that cannot be read or added to; the message names file and line."""


def append(file: Path, records: Iterable[dict]) -> None:
    """Add records to a journal, which is begun where there is none.

    Raises
    ------
    JournalError
        If its last line was cut off, to which nothing can be added without losing it.
    """
    lines = "".join(json.dumps(record, ensure_ascii=False, default=_plain) + "\n" for record in records).encode()
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


def read(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a journal in these columns, the oldest line first; no rows where there is none.

    Raises
    ------
    JournalError
        If a line is no record with these columns.
    """
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):  # no other line ends
        try:
            record = json.loads(line)
            rows.append([record[name] for name in columns])
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise JournalError(
                f"{file.name}, line {number}: no record of it ({error}). Restore it from its copy."
            ) from None
    return pd.DataFrame(rows, columns=list(columns), dtype=object).infer_objects()


def _plain(value):
    """Return numbers of other libraries, and days, as JSON knows them."""
    return value.item() if hasattr(value, "item") else str(value)
