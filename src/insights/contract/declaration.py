"""How a table of the contract is declared: its columns with what they mean, and what tells its time and identity."""

from dataclasses import dataclass

import pandera.ibis as pa

IDENTIFYING = "identifying"
QUASI_IDENTIFYING = "quasi-identifying"
FREE_TEXT = "free text"
PROTECTED = "protected"
INTERNAL = "internal"


@dataclass(frozen=True)
class Table:
    """A table of the contract: its model, and which columns tell time and identity.

    Attributes
    ----------
    name : str
        Name of the table.
    model : type of pandera.ibis.DataFrameModel
        Columns, types and checks.
    happened : str
        The column that tells when a record happened.
    later : dict of str to str
        Columns that become known later than their row, and when each did.
    key : tuple of str
        Columns that identify a record; empty where none do.
    entity : bool
        Whether a row is a thing that lasts (a person, a product) rather than something that happened
        at one moment. A window reads all entities known before its end, but only its own events.
    """

    name: str
    model: type[pa.DataFrameModel]
    happened: str
    later: dict[str, str]
    key: tuple[str, ...]
    entity: bool


TABLES: dict[str, Table] = {}
DERIVED: dict[str, Table] = {}  # what one notebook works out and another reads as records; no source has them


def table(name, *, happened, later=None, key=(), entity=False, derived=False):
    """Enter a pandera model into the contract under a name; see :class:`Table`."""

    def enter(model):
        (DERIVED if derived else TABLES)[name] = Table(name, model, happened, later or {}, key, entity)
        return model

    return enter


def column(meaning, *, unit="", sensitivity=INTERNAL, source="", nullable=False, blank="", filled_from="", **checks):
    """Declare a column: its meaning first, then unit, sensitivity, source, what a blank means, and checks.

    Parameters
    ----------
    meaning : str
        A sentence fragment that a planner understands.
    unit : str
        Unit of measurement, empty for categories and identifiers.
    sensitivity : str
        One of ``IDENTIFYING`` (dropped or replaced at collection), ``QUASI_IDENTIFYING``,
        ``FREE_TEXT`` (scrubbed at collection), ``PROTECTED`` (kept apart), ``INTERNAL``.
    source : str
        The kind of system it usually comes from.
    nullable : bool
        Whether a value may be missing.
    blank : str
        What a missing value tells; empty where it tells nothing, so that many of them are a gap.
    filled_from : str
        Column of this table, or ``table.column``, from which cleaning fills missing values; empty where from none.
    **checks
        Passed to :func:`pandera.Field`: ``ge``, ``le``, ``isin``.
    """
    described = {
        "meaning": meaning, "unit": unit, "sensitivity": sensitivity, "source": source, "blank": blank,
        "filled_from": filled_from,
    }  # fmt: skip
    return pa.Field(nullable=nullable, metadata=described, **checks)
