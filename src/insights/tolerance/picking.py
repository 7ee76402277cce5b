"""Picking records: by a hash of what tells a record from others, so that the same are picked every time."""

import ibis

from insights import contract

STEPS = 100_000
TELLING = (
    "learner_id",
    "anonymous_id",
    "product_id",
    "url",
    "campaign",
    "event",
    "work_id",
)  # of records without a key


def picked(name: str, table: ibis.Table, share: float, seed: int) -> ibis.Value:
    """Return whether each record of a table is among a share of them that is picked at random.

    Parameters
    ----------
    name : str
        Of the contract; its key identifies a record, else when it happened, to whom, and what it was.
    table : ibis.Table
    share : float
        0 to 1; what is picked at a share is picked at every larger one.
    seed : int
    """
    return (hashed(table, telling(name, table), seed) % STEPS) < round(share * STEPS)


def telling(name: str, table: ibis.Table) -> list[str]:
    """Return the columns that tell a record of a table from others, as far as the source has them."""
    entry = contract.entry(name)
    return list(entry.key) or [entry.happened, *(column for column in TELLING if column in table.columns)]


def hashed(table: ibis.Table, columns: list[str], seed: int) -> ibis.Value:
    """Return a number from 0 up that is the same for the same values and seed."""
    text = ibis.literal(str(seed))
    for column in columns:
        text = text + "|" + table[column].cast("string").fill_null("")
    return text.hash().abs()
