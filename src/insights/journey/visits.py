"""Visits: where one ends and the next begins, by what the pauses between page views say."""

import ibis
import numpy as np
import pandas as pd

STEPS_A_DECADE = 8
SHORTEST, LONGEST = 1.0, 30 * 86_400.0  # seconds
BETWEEN = (120.0, 43_200.0)  # the cut-off is looked for between two minutes and twelve hours


def pauses(views: ibis.Table) -> pd.DataFrame:
    """Return how many pauses between two page views of a browser (else of a person) last how long.

    Returns
    -------
    pandas.DataFrame
        ``seconds`` (the least of a step of equal ratio), ``pauses``.
    """
    who = "anonymous_id" if "anonymous_id" in views.columns else "learner_id"
    known = views.filter(views[who].notnull())
    before = known.viewed_at.lag().over(ibis.window(group_by=known[who], order_by=known.viewed_at))
    seconds = known.viewed_at.epoch_seconds() - before.epoch_seconds()
    lasting = known.mutate(seconds=seconds).filter(ibis._.seconds >= SHORTEST, ibis._.seconds < LONGEST)
    counted = lasting.group_by(step=(lasting.seconds.log10() * STEPS_A_DECADE).floor().cast("int64")).agg(
        pauses=ibis._.count()
    )
    frame = counted.order_by("step").to_pandas()
    return pd.DataFrame(
        {"seconds": 10 ** (frame["step"] / STEPS_A_DECADE), "pauses": frame["pauses"].astype("int64")}
    )


def cut_off(counted: pd.DataFrame) -> float | None:
    """Return the pause, in minutes, that is rarest between those within a visit and those between visits.

    None where there is no valley between two heights: the data do not tell visits apart.
    """
    seconds, pauses = counted["seconds"].to_numpy(), counted["pauses"].to_numpy(dtype=float)
    smooth = np.convolve(pauses, [0.25, 0.5, 0.25], mode="same")
    inside = (seconds >= BETWEEN[0]) & (seconds <= BETWEEN[1])
    if not inside.any():
        return None
    lowest = np.flatnonzero(inside)[np.argmin(smooth[inside])]
    before, after = smooth[:lowest], smooth[lowest + 1 :]
    is_valley = len(before) and len(after) and smooth[lowest] < 0.8 * min(before.max(), after.max())
    return float(seconds[lowest] / 60) if is_valley else None
