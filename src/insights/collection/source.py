"""What every source hands over: raw tables in contract columns, and an account of where they came from.

A source is a module of this package with three functions: ``check(params)`` refuses what cannot be collected and
reads no records; ``files_of(params)`` lists the files that it is read from; ``read(params, con, tell)`` returns an
:class:`Extract`. The key of its pseudonyms is :func:`insights.privacy.secret_key`, unless its people are invented or
were anonymous before they came here.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis

from insights import paths, privacy
from insights.params import Mark, Params

MOST_NAMED = 12
MOST_LETTERS = 200  # of a name, for which one like it is looked for


class CollectionError(ValueError):
    """A source that cannot be collected; the message names the value, the place and the remedy."""


@dataclass(frozen=True)
class Input:
    """A file that was read: its name below the source's folder, its size, and its SHA-256 where taken."""

    file: str
    bytes: int
    sha256: str | None


@dataclass(frozen=True)
class Exclusion:
    """Rows of a source that are no records of the contract's table: which, why, how many."""

    table: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Unmapped:
    """A column of a source that the mapping does not read."""

    place: str
    column: str


@dataclass(frozen=True)
class Unread:
    """Records that were not read because none can belong to the window: of which table, how many, of which months."""

    table: str
    rows: int
    undated: int
    months: Mapping[str, int]


@dataclass(frozen=True)
class Extract:
    """Everything a source holds for a window, before any of it is restricted or made private.

    Attributes
    ----------
    tables : mapping of str to ibis.Table
        Raw tables by their name in the contract, lazy, with columns named as in the contract.
    key : bytes
        Key of the pseudonyms.
    inputs : sequence of Input
        Files that were read.
    files : mapping of str to str
        For each table, the files it came from, in words.
    notes : mapping of (str, str) to str
        Conventions by table and column: what was assumed where the source does not say.
    exclusions : sequence of Exclusion
        Rows left out because they are something else.
    unmapped : sequence of Unmapped
        Columns that are not read.
    history : mapping of str to ibis.Table
        Tables that hold more than ``tables`` do, of months that the window does not read; their rows are counted by
        month and not read any further.
    unread : sequence of Unread
        Records of other months that the source knows of without having read them now.
    marks : sequence of Mark
        Breaks that the source knows of.
    monthly : bool
        Whether large tables lie in files by month, so that a month can be read by itself.
    """

    tables: Mapping[str, ibis.Table]
    key: bytes
    inputs: Sequence[Input]
    files: Mapping[str, str]
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    exclusions: Sequence[Exclusion] = ()
    unmapped: Sequence[Unmapped] = ()
    history: Mapping[str, ibis.Table] = field(default_factory=dict)
    unread: Sequence[Unread] = ()
    marks: Sequence[Mark] = ()
    monthly: bool = False


def locate(params: Params, remedy: str) -> Path:
    """Return the folder (or file) of a source: ``source.path``, or its name in ``data/`` or ``../shared/data/``.

    Parameters
    ----------
    params : Params
    remedy : str
        What to download and what to do with it, for the error.

    Raises
    ------
    CollectionError
        If it is not there.
    """
    named, kind = params.source.path, params.source.kind
    looked = [named] if named else [f"data/{kind}", f"../shared/data/{kind}"]
    for place in looked:
        if (paths.root() / place).exists():
            return (paths.root() / place).resolve()
    raise CollectionError(
        f"window {params.window}: the files of source {kind} are not in {' or '.join(looked)}. {remedy}"
    )


def require_reach(params: Params, first, last, data: str) -> None:
    """Refuse a window that is not within ``[first, last)``, the dates that the data cover.

    Raises
    ------
    CollectionError
    """
    dates = params.dates
    if dates.start < first or dates.end > last:
        raise CollectionError(
            f"params/{params.window}.yaml: the window {dates.start} to {dates.end} reaches past {data}, "
            f"which cover {first} to {last}. Choose dates within."
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known names, or all of them where none is near."""
    known = list(known)
    near = difflib.get_close_matches(name[:MOST_LETTERS], known, n=2, cutoff=0.5)
    if near:
        return f"the nearest known is {' or '.join(near)}"
    shown = [privacy.scrub(str(one)) for one in known[:MOST_NAMED]]  # a file without a header shows its first record
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"known are {', '.join(shown)}{more}"


def first_line(error: Exception) -> str:
    """Return the first line of a complaint, its kind where it says nothing; those after it may quote the data."""
    lines = (line.strip() for line in str(error).splitlines() if line.strip())
    return next(lines, type(error).__name__)
