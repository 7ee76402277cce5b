"""The funnel: which share of the people reach each stage in time, and where they fall out.

Somebody who registered a week ago has had a week. The share that reaches a stage within ``journey.step_days`` is
therefore that of Kaplan and Meier, in which everybody counts for as long as they could be watched; those who were not
watched to the end of the budget are no drop-outs, and are counted as unfinished.

Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from statsmodels.stats.proportion import proportion_confint

from insights.journey.stages import TITLES

DAY = pd.Timedelta(days=1)
COLUMNS = ["stage", "title", "people", "reached", "share", "low", "high", "unfinished"]


def open_funnel(people: pd.DataFrame, stages: Sequence[str], budget: int) -> pd.DataFrame:
    """Return the share of all people that reach each stage within so many days of their registration.

    Parameters
    ----------
    people : pandas.DataFrame
        From :func:`insights.journey.stages.people`.
    stages : sequence of str
    budget : int
        Days.

    Returns
    -------
    pandas.DataFrame
        ``stage, title, people`` (asked about), ``reached`` (in time, as seen), ``share, low, high`` (95 %),
        ``unfinished`` (not reached and not watched to the end of the budget), ``before`` (reached before the
        registration, or before the stage before it), ``again`` (mean number of times, of those who reached it).
    """
    start, rows = people["registered_at"], []
    for place, name in enumerate(stages):
        if place == 0:
            rows.append([name, TITLES[name], len(people), len(people), 1.0, 1.0, 1.0, 0, 0, 1.0])
            continue
        days = (people[name] - start) / DAY
        previous = people[stages[place - 1]] if place > 1 else start
        before = int((people[name] < previous).sum())
        times = people.loc[people[name].notna(), f"{name}_times"]
        rows.append([name, TITLES[name], *_step(days, people["followed"], budget), before, times.mean()])
    return pd.DataFrame(rows, columns=[*COLUMNS, "before", "again"])


def closed_funnel(people: pd.DataFrame, stages: Sequence[str], budget: int) -> pd.DataFrame:
    """Return, stage by stage in their order, the share of those at the stage before that go on within the budget.

    Returns
    -------
    pandas.DataFrame
        ``stage, title, people`` (who reached all stages before), ``reached, share, low, high, unfinished`` as in
        :func:`open_funnel`; ``of_all`` is the product of the shares so far.
    """
    rows, at, of_all = [], people["registered_at"], 1.0
    end = people["registered_at"] + pd.to_timedelta(people["followed"], unit="D")
    for place, name in enumerate(stages):
        if place == 0:
            rows.append([name, TITLES[name], len(people), len(people), 1.0, 1.0, 1.0, 0, 1.0])
            continue
        asked = at.notna()
        then = people[f"{name}_in_order"]
        step = _step(((then - at) / DAY)[asked], ((end - at) / DAY)[asked], budget)
        of_all *= step[2]
        rows.append([name, TITLES[name], *step, of_all])
        at = then
    return pd.DataFrame(rows, columns=[*COLUMNS, "of_all"])


def by_segment(people: pd.DataFrame, segment: str, stages: Sequence[str], budget: int, smallest: int) -> pd.DataFrame:
    """Return the open funnel of each group of a segment that has at least ``smallest`` people, largest first."""
    sizes = people[segment].value_counts()
    parts = [
        open_funnel(people[people[segment] == group], stages, budget).assign(segment=segment, group=group)
        for group, size in sizes.items()
        if size >= smallest
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, "segment", "group"])


def reached_by(days: pd.Series, watched: pd.Series, budget: float) -> tuple[float, float, float]:
    """Return the share that reached a stage in time, with its 95 % interval (log-log Greenwood, else Wilson).

    Parameters
    ----------
    days : pandas.Series
        Days until it was reached, missing where it was not; negative counts as at once.
    watched : pandas.Series
        Days for which each was watched.
    budget : float
    """
    if len(days) == 0:
        return np.nan, np.nan, np.nan
    event = days.notna() & (days <= budget)
    time = days.where(event, np.minimum(watched, budget)).clip(lower=0)
    if event.all() or not event.any():  # Greenwood's interval has no width there; Wilson's has
        low, high = proportion_confint(int(event.sum()), len(days), method="wilson")
        return float(event.all()), float(low), float(high)
    fitted = KaplanMeierFitter().fit(time.to_numpy(), event.to_numpy())
    share = 1 - float(fitted.predict(budget))
    bounds = fitted.confidence_interval_.loc[:budget].iloc[-1].to_numpy()
    low, high = 1 - bounds.max(), 1 - bounds.min()
    return share, float(min(low, share)), float(max(high, share))


def _step(days, watched, budget):
    reached = days.notna() & (days <= budget)
    unfinished = ~reached & (watched < budget)
    share, low, high = reached_by(days, watched, budget)
    return [len(days), int(reached.sum()), share, low, high, int(unfinished.sum())]
