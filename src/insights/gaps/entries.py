"""What people have written down about gaps: ``registers/gaps.yaml``, kept by hand, checked when it is read."""

import datetime
from typing import Literal

import pydantic

from insights import contract, paths, yamls


class GapError(ValueError):
    """A register of gaps that cannot be used; the message names the entry and the remedy."""


class Entry(pydantic.BaseModel):
    """What is done about one gap of one source.

    Attributes
    ----------
    source : str
        Kind of source, as in ``source.kind``.
    gap : str
        A table of the contract, or a column as ``table.column``.
    status : str
        ``requested`` of its owner, ``accepted`` as it is, or ``open``. It closes by itself when its gap is gone.
    since : datetime.date
        When that was decided.
    owner, how : str
        Instead of what the parameters and the contract say.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    source: str
    gap: str
    status: Literal["open", "requested", "accepted"]
    since: datetime.date
    owner: str = ""
    how: str = ""


def read(source: str) -> dict[str, Entry]:
    """Return the entries about a kind of source, by gap; none where there is no register.

    Raises
    ------
    GapError
        For an entry that is misshapen, or about something that is not in the contract.
    """
    file = paths.gap_register()
    if not file.exists():
        return {}
    entries = yamls.entries(file, Entry, GapError, _explain)
    for entry in entries:
        _require_known(entry, file)
    return {entry.gap: entry for entry in entries if entry.source == source}


def _explain(error):
    number, *key = error["loc"] or ("",)
    place = f"entry {number + 1}, {'.'.join(map(str, key))}" if isinstance(number, int) else "the file"
    return f"{place} is {yamls.shown(repr(error['input']), 200)}: {error['msg']}"


def _require_known(entry, file):
    table, _, column = entry.gap.partition(".")
    if table not in contract.TABLES or (column and column not in contract.columns(table)):
        raise GapError(f"{file.name}: {entry.gap} is not in the contract. Write a table, or table.column.")
