"""Seen: what each export of events holds of which months, remembered so that old exports are not read again.

An export that is unchanged, and was read by the same mapping and the same code, need not be opened to know that none
of its records can belong to a window. What is remembered are dates and counts, no records. A record that arrives late
lies in the export of the month in which it was recorded, and is found there.
"""

import datetime
import functools
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from insights import contract, paths, store
from insights.collection.mapping import Export
from insights.params import Params


@dataclass(frozen=True)
class Span:
    """What an export holds: how many rows, of which dates.

    Attributes
    ----------
    rows : int
        Records of the table, those without a date included.
    others : int
        Rows that are something else.
    undated : int
        Records that do not say when they happened or were recorded.
    first, last : str or None
        When the earliest and the latest of the others happened, as ISO 8601.
    known : str or None
        When the earliest of them was recorded.
    months : dict of str to int
        Records by the month in which they happened.
    """

    rows: int
    others: int
    undated: int
    first: str | None
    last: str | None
    known: str | None
    months: dict[str, int] = field(default_factory=dict)

    def matters(self, params: Params) -> bool:
        """Tell whether any of the records can belong to a window."""
        if self.first is None:
            return False
        first, last, known = (datetime.datetime.fromisoformat(t) for t in (self.first, self.last, self.known))
        return first < params.end and last >= params.start and known < params.end


class Seen:
    """What is remembered of a folder of exports.

    Parameters
    ----------
    folder : pathlib.Path
        On this machine.
    """

    def __init__(self, folder: Path):
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._folder, self._file = folder, paths.cache() / "seen" / f"{name}.json"
        self._spans = _remembered(self._file)

    def span(self, name: str, export: Export, file: Path) -> Span | None:
        """Return what an export of a table holds; None where it is new, changed, or was read otherwise."""
        return self._spans.get(self._key(name, export, file))

    def remember(self, name: str, export: Export, file: Path, span: Span) -> None:
        """Remember what an export holds, as it is now; a collection that breaks off later does not lose it."""
        below = f"{name}|{file.relative_to(self._folder).as_posix()}|"
        self._spans = {key: kept for key, kept in self._spans.items() if not key.startswith(below)}
        self._spans[self._key(name, export, file)] = span
        content = {key: asdict(kept) for key, kept in sorted(self._spans.items())}
        store.write_atomically(self._file, json.dumps(content, indent=1).encode())

    def _key(self, name, export, file):
        found = file.stat()
        way = hashlib.sha256(f"{export.model_dump_json()}{_code()}".encode()).hexdigest()[:16]
        return f"{name}|{file.relative_to(self._folder).as_posix()}|{found.st_size}|{found.st_mtime_ns}|{way}"


def _remembered(file):
    """Return what is remembered; nothing where that cannot be read, for it is found anew."""
    try:
        held = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return {key: Span(**span) for key, span in held.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def is_by_month(name: str) -> bool:
    """Tell whether a table is of what happens at a moment, so that an export of old months does not matter."""
    return not contract.TABLES[name].entity


@functools.cache
def _code() -> str:
    """Return a digest of the code that reads exports: other code may read the same export otherwise."""
    digest = hashlib.sha256()
    for package in (contract.__file__, __file__):
        for file in sorted(Path(package).parent.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
