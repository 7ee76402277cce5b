"""Followed: how a result came about, look by look, and whether the effect lasts.

Outcomes of people who were assigned at the same time add up day by day. An ordinary interval at each look leaves out
the truth far more often than it says once somebody looks daily; the always-valid one does not.
"""

import numpy as np
import pandas as pd

from insights.experiments import estimates, sequential
from insights.experiments.frames import RATE, Metric
from insights.verdicts import FADES, GROWS, NO_CHANGE

FEWEST = 20  # of what is counted, in each arm, before a look counts
LOOKS = ["arm", "day", "difference", "low", "high", "always_low", "always_high", "always_p"]
LASTING = ["arm", "early", "late", "change", "low", "high", "p", "verdict"]


def daily(
    units: pd.DataFrame, done: pd.DataFrame, metric: Metric, control: str, days: int, level: float = 0.05
) -> pd.DataFrame:
    """Return what each look at an experiment would have shown, a look at the end of each day.

    Parameters
    ----------
    units : pandas.DataFrame
        ``learner_id, arm``.
    done : pandas.DataFrame
        ``learner_id, count, day, value``, from :func:`insights.experiments.outcomes.counted`.
    metric : insights.experiments.frames.Metric
        Its columns are counts.
    control : str
    days : int
        Length of the experiment.
    level : float

    Returns
    -------
    pandas.DataFrame
        In ``LOOKS``; from the first day on which each arm has at least 100 units and 20 of what is counted.
    """
    found = []
    for one in sorted({*units["arm"]} - {control}):
        here = units[units["arm"].isin([one, control])].reset_index(drop=True)
        found += _looks(here, _by_day(here, done, metric, days), metric, one, control, level)
    return pd.DataFrame(found, columns=LOOKS)


def lasting(
    units: pd.DataFrame, done: pd.DataFrame, metric: Metric, control: str, days: int, level: float = 0.05
) -> pd.DataFrame:
    """Return whether an effect is the same in the first and in the second half of an experiment.

    Each person's two halves are held against each other, so that what they have in common does not count. Of a
    ratio, a person's part in it is taken.

    Returns
    -------
    pandas.DataFrame
        A row per arm, unless a half has too little to count: ``arm, early, late`` (the difference in each half),
        ``change`` (late minus early) with ``low, high, p``, ``verdict``: ``fades``, ``grows``, or
        ``no change shown``.
    """
    found = []
    for one in sorted({*units["arm"]} - {control}):
        here = units[units["arm"].isin([one, control])].reset_index(drop=True)
        by_day = _by_day(here, done, metric, days)
        spans = ((0, days // 2), (days // 2, days))
        sums = [[values[first:last].sum(axis=0) for values in by_day] for first, last in spans]
        if not all(_enough(here["arm"], half) for half in sums):
            continue
        halves = [_parts(here["arm"], _of_kind(half, metric)) for half in sums]
        effects = [_between(here["arm"], part, one, control, level) for part in halves]
        change = _between(here["arm"], halves[1] - halves[0], one, control, level)
        found.append(
            [one, effects[0].difference, effects[1].difference, change.difference, change.low, change.high, change.p,
             _lasts(change, effects[0].difference, level)]
        )  # fmt: skip
    return pd.DataFrame(found, columns=LASTING)


def _looks(units, by_day, metric, one, control, level):
    told, at_first = [], None
    sums = [np.zeros(len(units)) for _ in by_day]
    sizes = units["arm"].value_counts()
    for day in range(len(by_day[0])):
        sums = [total + values[day] for total, values in zip(sums, by_day, strict=True)]
        if sizes.min() < sequential.FIRST or not _enough(units["arm"], sums):
            continue
        now = _between(units["arm"], _parts(units["arm"], _of_kind(sums, metric)), one, control, level)
        at_first = at_first or now.error * np.sqrt((day + 1) / len(by_day[0]))
        always = sequential.always(now.difference, now.error, at_first, level)
        told.append([one, day + 1, now.difference, now.low, now.high, *always])
    return told


def _of_kind(sums, metric):
    return [(sums[0] > 0).astype(float)] if metric.kind == RATE else sums


def _by_day(units, done, metric, days):
    """Return for each count of a metric an array of shape (units,) a day."""
    place = pd.Series(np.arange(len(units)), index=units["learner_id"])
    found = []
    for count in metric.columns:
        mine = done[(done["count"] == count) & done["day"].between(0, days - 1)]
        mine = mine[mine["learner_id"].isin(place.index)]
        values = np.zeros((days, len(units)))
        np.add.at(values, (mine["day"].to_numpy(dtype=int), place[mine["learner_id"]].to_numpy()), mine["value"])
        found.append(values)
    return found


def _parts(arms, sums):
    """Return each unit's part in what its arm reaches."""
    rows = pd.DataFrame(dict(zip((estimates.VALUE, estimates.PER), sums, strict=False)))
    found = np.empty(len(rows))
    for places in arms.reset_index(drop=True).groupby(arms.to_numpy()).indices.values():
        found[places] = estimates.parts(rows.iloc[places])[1]
    return found


def _enough(arms, sums):
    """Return whether each arm has enough of what is counted, and of a ratio something to count it by."""
    least = [pd.Series(one).groupby(arms.to_numpy()).sum().min() for one in sums]
    return least[0] >= FEWEST and min(least) > 0


def _between(arms, values, one, control, level):
    rows = pd.DataFrame({"arm": arms.to_numpy(), estimates.VALUE: values})
    return estimates.compared(rows, MEAN_OF_PARTS, one, control, level)


def _lasts(change, early, level):
    if change.p >= level:
        return NO_CHANGE
    return GROWS if change.difference * early > 0 else FADES


MEAN_OF_PARTS = Metric("part", "mean", estimates.VALUE)
