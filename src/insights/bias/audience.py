"""Whose interest a catalogue serves: the make-up of the audience of products that are called 1, against all.

A launch row is a product, not a person. Its audience are the people who looked at its pages or bought it in the
window. Each product counts once, however large its audience; groups are those that people declared, or where they
live. A difference within the margin is *excluded*, even where it is sure: of many products small ones are.
"""

import ibis
import numpy as np
import pandas as pd

from insights.bias.groups import NOT_DECLARED
from insights.modeling import metrics
from insights.params import Params
from insights.verdicts import GAP_EXCLUDED, GAP_SHOWN, UNKNOWN

COLUMNS = [
    "attribute", "group", "people", "audience", "called", "difference", "low", "high", "products", "called_products",
    "verdict",
]  # fmt: skip


def of_products(tables: dict[str, ibis.Table], products: list[str]) -> pd.DataFrame:
    """Return who looked at, or bought, each product: ``product_id, learner_id``, once each."""
    parts = []
    for name, identity in (("page_views", "product_id"), ("enrollments", "product_id")):
        if name in tables and {"learner_id", identity} <= {*tables[name].columns}:
            seen = tables[name].filter(lambda t: t.learner_id.notnull() & t.product_id.isin(products))
            parts.append(seen.select("product_id", "learner_id").distinct())
    if not parts:
        return pd.DataFrame(columns=["product_id", "learner_id"])
    both = parts[0] if len(parts) == 1 else ibis.union(*parts, distinct=True)
    return both.order_by("product_id", "learner_id").to_pandas()


def served(audience: pd.DataFrame, called: pd.Series, groups: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return how the audience of products that are called 1 differs from that of all products decided on.

    Parameters
    ----------
    audience : pandas.DataFrame
        From :func:`of_products`.
    called : pandas.Series
        0 or 1 by product; where a product was decided on several times, the share of ones.
    groups : pandas.DataFrame
        Attributes by ``learner_id``.
    params : Params
        Products with fewer than ``privacy.smallest_group`` people of known group are left out.

    Returns
    -------
    pandas.DataFrame
        ``attribute, group, people`` (share of all people of known group)``, audience`` (mean share over all
        products)``, called`` (over those called 1)``, difference`` of the latter two with ``low, high`` (products are
        resampled)``, products, called_products, verdict``.
    """
    found = []
    for attribute in groups:
        mine = audience.assign(group=audience["learner_id"].map(groups[attribute])).dropna(subset="group")
        mine = mine[mine["group"] != NOT_DECLARED]
        sizes = mine.groupby("product_id").size()
        counted = sizes.index[sizes >= params.privacy.smallest_group].intersection(called.index)
        known = groups.loc[groups[attribute] != NOT_DECLARED, attribute]
        if len(counted) < 2 or called[counted].sum() == 0:
            continue
        shares = pd.crosstab(mine["product_id"], mine["group"], normalize="index").reindex(counted)
        large = known.value_counts()
        for group in sorted(large.index[large >= params.bias.smallest_group].intersection(shares.columns)):
            one = _compared(shares[group].to_numpy(), called[counted].to_numpy(dtype=float), params)
            found.append([attribute, group, (known == group).mean(), *one])
    return pd.DataFrame(found, columns=COLUMNS)


def judge(low: float, high: float, margin: float) -> str:
    """Return the verdict on a difference from its interval and the margin within which it is small."""
    if -margin < low and high < margin:
        return GAP_EXCLUDED
    return GAP_SHOWN if low > 0 or high < 0 else UNKNOWN


def _compared(share, called, params):
    rng = np.random.default_rng([params.modeling.seed, 18])
    weights = metrics.cluster_weights(
        pd.Series(np.arange(len(share))), params.modeling.bootstrap_repeats, rng
    ).astype("float64")
    every, chosen = share.mean(), np.average(share, weights=called)
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = (weights * called) @ share / (weights @ called) - weights @ share / weights.sum(axis=1)
    low, high = (float(bound) for bound in metrics.percentile_interval(draws))
    said = judge(low, high, params.bias.margin)
    return [every, chosen, chosen - every, low, high, len(share), int((called > 0).sum()), said]
