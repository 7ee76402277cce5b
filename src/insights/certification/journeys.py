"""Effects of events and channels, held against those that were planted."""

import numpy as np
import pandas as pd

from insights import paths, warehouse
from insights.certification.certified import KIND
from insights.collection import simulated
from insights.journey import channels, effects
from insights.store import Step

CHANNELS = channels.LISTS | channels.EVENTS
CHANNELS |= {"social": channels.NETWORKS, "search": channels.SEARCHED, "direct": channels.DIRECT}
TRUE_ENROLLMENTS = "completion_probability.parquet"


def event_effect(step: Step, con) -> float | None:
    """Return what coming to an event truly adds to the share that completes within 49 days; None unless simulated.

    It is the mean over the enrollments that notebook 03 compares, of the probability with an event minus without one.
    """
    params = step.params
    if params.source.kind != KIND:
        return None
    true = pd.read_parquet(simulated.world_folder(params) / "truth" / TRUE_ENROLLMENTS)
    sold = warehouse.read(con, paths.clean(params.window, "enrollments"))
    first, last = effects.span(params)
    asked = sold.filter(sold.units > 0, sold.enrolled_at >= first, sold.enrolled_at < last)
    kept = true[true["enrollment_id"].isin(asked.enrollment_id.to_pandas())]
    return float((kept["with_event"] - kept["without_event"]).mean())


def channel_effects(step: Step) -> pd.DataFrame | None:
    """Return what each channel truly does to enrollments; None unless simulated.

    Returns
    -------
    pandas.DataFrame
        ``channel``, ``ratio`` (by which a touch multiplies purchases in the month after), ``owed`` (share of the
        enrollments from the second month of the window on that would not be there without the channel).
    """
    params = step.params
    if params.source.kind != KIND:
        return None
    truth = simulated.world_folder(params) / "truth"
    told = pd.read_parquet(truth / "channels.parquet")
    told = told[(told["month"] >= params.start + pd.DateOffset(months=1)) & (told["month"] < params.end)]
    by = told.groupby("channel", sort=False).agg(effect=("effect", "first"), caused=("caused", "sum"))
    sold = told.drop_duplicates("month")["sold"].sum()
    return pd.DataFrame(
        {"channel": by.index.map(CHANNELS), "ratio": np.exp(by["effect"]), "owed": by["caused"] / sold}
    ).reset_index(drop=True)
