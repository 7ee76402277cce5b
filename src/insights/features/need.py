"""Signals against the need: what was seen of a product over the units that it has to sell to reach its hurdle.

A thousand views are many for a product that must sell ten units and few for one that must sell a thousand. Logarithms
make of the ratio a difference, so that a linear model can weigh one signal against the other.
"""

import numpy as np
import pandas as pd

from insights.contract import NETWORK_TITLES, NETWORKS
from insights.features.registry import JOURNEY, PLAN, SOCIAL, declare

MODEL = "launch"
SEEN = {
    "views_without_purchase": "views by people who did not buy it, last month",
    "views_without_purchase_before": "the same of the month before",
    "visitors": "different known visitors in the look-back",
    "pre_launch_views": "views of announcement and waiting list in the look-back",
    "clicks_last_month": "clicks by people on e-mails about it, last month",
    "units_last_month": "net units sold in the last month",
    "units_before": "net units sold in a month of the look-back before it",
    "topic_units_last_month": "units of the whole topic in the last month",
    "topic_units_per_product": "units of the topic in the look-back per product that sold",
    "topic_registrations": "registrations for events of its topic",
}  # fmt: skip
SAID = {f"{name}_posts_last_month": f"posts about it on {NETWORK_TITLES[name]}, last month" for name in NETWORKS}
MADE_FROM = {"units_before": "units_lookback"}  # signals that are no features themselves
SUFFIX = "_per_need"  # of the name of a signal over the units needed
FAMILIES = ("need", "seen_per_need", "said_per_need")
LITTLE = 0.5  # added to counts before the logarithm is taken
NO_MARGIN = 0.05  # of the hurdle: added, so that the logarithm of earning nothing is a number

declare(
    MODEL, FAMILIES[0], view=PLAN,
    features={"units_needed": ("units to be sold to reach the hurdle, logarithm", "log units")},
    of={"units_needed": "price"},
)  # fmt: skip
for _family, _view, _signals in zip(FAMILIES[1:], (JOURNEY, SOCIAL), (SEEN, SAID), strict=True):
    declare(
        MODEL, _family, view=_view,
        features={
            f"{name}{SUFFIX}": (f"{meaning}, over the units needed, logarithm", "log ratio")
            for name, meaning in _signals.items()
        },
        of={f"{name}{SUFFIX}": MADE_FROM.get(name, name) for name in _signals},
    )  # fmt: skip


def against_need(built: pd.DataFrame, months: int) -> pd.DataFrame:
    """Return each signal over the units that the product has to sell.

    Parameters
    ----------
    built : pandas.DataFrame
        Launch rows with ``asked``, ``margin_rate`` and features.
    months : int
        Length of the look-back.

    Returns
    -------
    pandas.DataFrame
        ``units_needed`` and a column ``<signal>_per_need`` for each signal that is there; missing where neither a
        price nor sales tell what a unit brings. Empty where nothing tells it of any product.
    """
    unit = _unit_margin(built)
    if unit.isna().all():
        return pd.DataFrame(index=built.index)
    needed = np.log(built["asked"].clip(lower=0) / unit + LITTLE)
    known = built.assign(**_units_before(built, months))
    signals = {name: np.log(known[name].clip(lower=0) + LITTLE) for name in (*SEEN, *SAID) if name in known}
    ratios = {f"{name}{SUFFIX}": seen - needed for name, seen in signals.items()}
    return pd.DataFrame({"units_needed": needed} | ratios, index=built.index)


def _unit_margin(built):
    """Return what a unit brings: by its price, else by what was paid for it last month."""
    nothing = pd.Series(np.nan, index=built.index)
    sold = built.get("units_last_month", nothing)
    paid = built.get("amount_last_month", nothing) / sold.where(sold != 0)
    unit = built.get("price", nothing).fillna(paid) * built["margin_rate"]
    return unit.where(unit > 0)


def _units_before(built, months):
    if "units_lookback" not in built or months < 2:
        return {}
    return {"units_before": (built["units_lookback"] - built["units_last_month"]) / (months - 1)}
