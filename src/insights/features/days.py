"""How many different days something happened on, counted as bits of one number.

A set of values for each group takes more time and memory than anything else that is counted. The days of a short
look-back fit into the bits of a number instead; bits are set in any order and any number of times.
"""

import ibis

MOST = 62  # days that a number of 64 bits has room for, its sign left alone


@ibis.udf.scalar.builtin
def bit_count(bits: int) -> int:
    """Return how many bits of a number are set."""


def days_seen(at: ibis.Value, as_of: ibis.Value, days: int) -> ibis.Value:
    """Return on how many different days something happened in the days before a moment, an aggregate.

    Parameters
    ----------
    at, as_of : ibis.Value
        Times; what happened at or after ``as_of``, or earlier than ``days`` before it, does not count.
    days : int

    Raises
    ------
    ValueError
        For more than ``MOST`` days.
    """
    if days > MOST:
        raise ValueError(f"{days} days do not fit into the bits of a number; {MOST} do.")
    counts = (at < as_of) & (at >= as_of - ibis.interval(days=days))
    ago = as_of.date().delta(at.date(), unit="day")
    bit = ibis.ifelse(counts, ibis.literal(1, "int64") << ago.cast("int64"), ibis.literal(0, "int64"))
    return bit_count(bit.bit_or())
