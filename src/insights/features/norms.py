"""The course's own norm: where a learner stands among those on the same course.

Courses differ in how much activity they ask for; a rank among peers carries over to a course that was never
trained on. Peers are the rows of the same product, asked about at the same day of the course, decided within the 90
days up to the row's own ``as_of``, so a rank reads nothing later than the row does.
"""

import numpy as np
import pandas as pd

PEER_DAYS = 90
FEWEST_PEERS = 10
AT_ONCE = 500_000  # comparisons of each with each that are held in memory


def against_course(rows: pd.DataFrame, absolute: pd.DataFrame) -> pd.DataFrame:
    """Return the mid-rank of each value among its peers, 0 (lowest) to 1 (highest).

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``product_id`` and ``as_of``; where there is a ``day`` only rows of the same day are peers.
    absolute : pandas.DataFrame
        Features to be ranked, in the order of the rows.

    Returns
    -------
    pandas.DataFrame
        A column ``<name>_rank`` for each; missing where the value is missing or has fewer than ten peers.
    """
    ranks = np.full(absolute.shape, np.nan)
    values = absolute.to_numpy()
    days = rows["as_of"].to_numpy().astype("datetime64[s]").astype("int64") / 86_400
    alike = [column for column in ("product_id", "day") if column in rows]
    for positions in rows.reset_index(drop=True).groupby(alike).indices.values():
        for cohort, peers in _cohorts(positions, days):
            ranks[cohort] = _mid_ranks(values[cohort], values[peers])
    return pd.DataFrame(ranks, columns=[f"{name}_rank" for name in absolute])


def _cohorts(positions, days):
    own = days[positions]
    for day in np.unique(own):
        yield positions[own == day], positions[(own <= day) & (own > day - PEER_DAYS)]


def _mid_ranks(values, peers):
    known = (~np.isnan(peers)).sum(axis=0)
    compared = _compare if len(values) * peers.size <= AT_ONCE else _search
    below, up_to = compared(values, peers)
    enough = (known >= FEWEST_PEERS) & ~np.isnan(values)
    return np.divide(below + up_to, 2 * known, out=np.full(values.shape, np.nan), where=enough)


def _compare(values, peers):
    """Count by comparing each with each: fast for few rows."""
    asked = values[:, None, :]
    return (peers < asked).sum(axis=1), (peers <= asked).sum(axis=1)


def _search(values, peers):
    """Count by searching in sorted columns: fast for many rows. What is missing is sorted last, and never counted."""
    below, up_to = np.zeros(values.shape), np.zeros(values.shape)
    for column in range(values.shape[1]):
        known = np.sort(peers[~np.isnan(peers[:, column]), column])
        below[:, column] = np.searchsorted(known, values[:, column], side="left")
        up_to[:, column] = np.searchsorted(known, values[:, column], side="right")
    return below, up_to
