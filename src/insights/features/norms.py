"""The course's own norm: where a learner stands among those on the same course.

Courses differ in how much activity they ask for; a rank among peers carries over to a course that was never
trained on. Peers are the rows of the same product, asked about at the same day of the course, decided within the 90
days up to the row's own ``as_of``, so a rank reads nothing later than the row does.
"""

import numpy as np
import pandas as pd

PEER_DAYS = 90
FEWEST_PEERS = 10


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
            for column in range(values.shape[1]):
                ranks[cohort, column] = _mid_ranks(values[cohort, column], values[peers, column])
    return pd.DataFrame(ranks, columns=[f"{name}_rank" for name in absolute])


def _cohorts(positions, days):
    own = days[positions]
    for day in np.unique(own):
        yield positions[own == day], positions[(own <= day) & (own > day - PEER_DAYS)]


def _mid_ranks(values, peers):
    known = np.sort(peers[~np.isnan(peers)])
    if len(known) < FEWEST_PEERS:
        return np.full(len(values), np.nan)
    below = np.searchsorted(known, values, side="left")
    up_to = np.searchsorted(known, values, side="right")
    return np.where(np.isnan(values), np.nan, (below + up_to) / (2 * len(known)))
