"""Picking records: by a hash of what tells a record from others, so that the same are picked every time."""

import ibis

from insights import contract

STEPS = 100_000


def picked(name: str, table: ibis.Table, share: float, seed: int) -> ibis.Value:
    """Return whether each record of a table is among a share of them that is picked at random.

    Parameters
    ----------
    name : str
        Of the contract; its key identifies a record, else all that is known of it but when it was recorded.
    table : ibis.Table
    share : float
        0 to 1; what is picked at a share is picked at every larger one.
    seed : int
    """
    key = list(contract.entry(name).key)
    columns = key or [column for column in table.columns if column != "recorded_at"]
    return (hashed(table, columns, seed) % STEPS) < round(share * STEPS)


def hashed(table: ibis.Table, columns: list[str], seed: int) -> ibis.Value:
    """Return a number from 0 up that is the same for the same values and seed."""
    text = ibis.literal(str(seed))
    for column in columns:
        text = text + "|" + table[column].cast("string").fill_null("")
    return text.hash().abs()
