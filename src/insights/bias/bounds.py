"""What people who declare nothing may hide: how large a gap in recall could be, whatever groups they are of.

The worst case lets every person who declared nothing be of whichever group makes the gap largest (Manski 1990). The
second lets as many of them be of the group as of those who declared, and only which of them is unknown.
"""

import numpy as np
import pandas as pd

from insights.bias.groups import NOT_DECLARED
from insights.params import Params

COLUMNS = ["attribute", "group", "declared", "gap", "worst_low", "worst_high", "same_low", "same_high"]


def of_recall(rows: pd.DataFrame, attribute: str, params: Params) -> pd.DataFrame:
    """Return bounds of each group's gap in recall.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``learner_id, y, decision`` and the attribute; of those who completed the foreseen are counted.
    attribute : str
    params : Params
        Groups of fewer than ``bias.smallest_group`` people who completed are left out.

    Returns
    -------
    pandas.DataFrame
        ``attribute, group, declared`` (share of those who completed that declared the attribute)``, gap`` (among
        these)``, worst_low, worst_high, same_low, same_high``.
    """
    ones = rows[rows["y"] == 1]
    told = ones[ones[attribute] != NOT_DECLARED]
    silent = ones[ones[attribute] == NOT_DECLARED]
    found = []
    for group, own in told.groupby(attribute):
        if own["learner_id"].nunique() < params.bias.smallest_group:
            continue
        counts = [int((told[attribute] == group).sum()), int(own["decision"].sum())]
        others = told[told[attribute] != group]
        counts += [len(others), int(others["decision"].sum()), len(silent), int(silent["decision"].sum())]
        share = counts[0] / (counts[0] + counts[2])
        known = gap(counts[0], counts[1], counts[2], counts[3])
        worst, same = bounds(*counts), bounds(*counts, of_group=round(share * counts[4]))
        found.append([attribute, group, len(told) / len(ones), known, *worst, *same])
    return pd.DataFrame(found, columns=COLUMNS)


def gap(own: int, own_called: int, others: int, others_called: int) -> float:
    """Return the recall of a group minus that of all others; nan where either has nobody."""
    return own_called / own - others_called / others if own and others else float("nan")


def bounds(
    own: int, own_called: int, others: int, others_called: int, silent: int, silent_called: int,
    of_group: int | None = None,
) -> tuple[float, float]:  # fmt: skip
    """Return the smallest and the largest gap in recall that people of unknown group allow.

    Parameters
    ----------
    own, own_called, others, others_called, silent, silent_called : int
        Who completed, and of these who was called 1: of the group, of all others, and of unknown group.
    of_group : int, optional
        How many of unknown group are of it; any number where not given.
    """
    sizes = np.arange(silent + 1) if of_group is None else np.array([of_group])
    found = []
    for called in (np.maximum(0, sizes - (silent - silent_called)), np.minimum(sizes, silent_called)):
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = (own_called + called) / (own + sizes)
            found.append(inside - (others_called + silent_called - called) / (others + silent - sizes))
    return float(np.nanmin(found)), float(np.nanmax(found))
