"""Steps of cleaning: what a repair and a rule are, and the names that every part of cleaning uses."""

from collections.abc import Callable
from dataclasses import dataclass

KEPT = "kept"
RULE = "set_aside_by"
FILLED = "filled"


class CleaningError(ValueError):
    """A window that cannot be cleaned as asked; the message names the value, the place and the remedy."""


@dataclass(frozen=True)
class Rule:
    """A reason to set rows aside.

    Attributes
    ----------
    name : str
        Named after the defect.
    why : str
        What would go wrong if the rows stayed.
    broken : callable
        Takes the table's name, the table with its values repaired, and all tables (:class:`Flagged`); returns a
        boolean column that is true for rows to set aside, or None where the rule does not apply.
    """

    name: str
    why: str
    broken: Callable


@dataclass(frozen=True)
class Repair:
    """A reason to change values.

    Attributes
    ----------
    name : str
        Named after the defect, or the gap.
    why : str
        What would go wrong if the values stayed.
    mended : callable
        Takes the table's name, the table with earlier repairs made, and all tables (:class:`Flagged`); returns the
        table, with whatever it was joined to, and the new value of each column that it changes, by name; None where
        the repair does not apply.
    fills : bool
        Whether it closes a gap: the row is marked, in the column ``filled``, with the names of the columns.
    """

    name: str
    why: str
    mended: Callable
    fills: bool = False
