"""What gaps chance alone would show: of many groups some always look worse.

Groups are dealt anew among people, so that none is served differently; the largest gap then, over all groups of an
attribute, is what the largest that was found is read against (Westfall and Young 1993). Gaps are set over their
standard errors first, so that a small group does not stand for all.
"""

import numpy as np
import pandas as pd

from insights.bias.groups import NOT_DECLARED
from insights.bias.measures import asked
from insights.params import Params

COLUMNS = ["attribute", "measure", "groups", "group", "gap", "largest", "by_chance", "p"]


def largest(rows: pd.DataFrame, attribute: str, params: Params) -> pd.DataFrame:
    """Return the largest gap of each rate among the groups of an attribute, and what chance alone would show.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``learner_id, y, decision`` and the attribute.
    attribute : str
    params : Params
        Groups are dealt ``bias.permutations`` times; those of fewer than ``bias.smallest_group`` people, and people
        who declared nothing, take no part.

    Returns
    -------
    pandas.DataFrame
        ``attribute, measure, groups, group`` (with the largest gap)``, gap``; ``largest`` is that gap over its
        standard error, ``by_chance`` what chance exceeds in 5 of 100 deals, ``p`` the share of deals that exceed what
        was found.
        Empty where fewer than two groups are left.
    """
    kept = rows[rows[attribute] != NOT_DECLARED]
    sizes = kept.groupby(attribute)["learner_id"].nunique()
    kept = kept[kept[attribute].isin(sizes.index[sizes >= params.bias.smallest_group])]
    codes, names = pd.factorize(kept[attribute], sort=True)
    if len(names) < 2:
        return pd.DataFrame(columns=COLUMNS)
    people = pd.factorize(kept["learner_id"])[0]
    of_person = codes[np.unique(people, return_index=True)[1]]
    rng = np.random.default_rng([params.modeling.seed, 13])
    found = []
    for measure, (hit, among) in asked(kept).items():
        own = _gaps(codes, len(names), hit, among)
        deals = [
            np.nanmax(np.abs(_gaps(rng.permutation(of_person)[people], len(names), hit, among)[1]))
            for _ in range(params.bias.permutations)
        ]
        place = int(np.nanargmax(np.abs(own[1])))
        exceeded = (1 + np.sum(np.array(deals) >= abs(own[1][place]))) / (1 + len(deals))
        found.append(
            [attribute, measure, len(names), names[place], own[0][place], abs(own[1][place]),
             float(np.quantile(deals, 0.95)), float(exceeded)]
        )  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS)


def _gaps(codes, groups, hit, among):
    """Return each group's rate minus that of all others, and the same over its standard error."""
    tries = np.bincount(codes[among], minlength=groups).astype(float)
    hits = np.bincount(codes[among], weights=hit[among], minlength=groups)
    others, other_hits = tries.sum() - tries, hits.sum() - hits
    whole = hits.sum() / max(tries.sum(), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = hits / tries - other_hits / others
        error = np.sqrt(whole * (1 - whole) * (1 / tries + 1 / others))
        return gap, np.where(error > 0, gap / error, np.nan)
