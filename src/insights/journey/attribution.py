"""Attribution: what each channel is credited with, by four rules side by side, with intervals.

None of them is a cause. A channel that the keen use before they would have bought anyway gets credit by each rule;
only an experiment, or a comparison of people alike, tells what a channel does (:mod:`insights.journey.effects`).

A path is what reached a person in the days before a date, in order, each channel once in a row; the outcome is
whether the person enrolled in the days after it. People who did not are counted like those who did.

Sources: E. Anderl et al., "Mapping the customer journey", International Journal of Research in Marketing 33 (2016),
for the removal effect of a first-order Markov chain; L. S. Shapley, "A value for n-person games" (1953), for the
value of a channel in the game whose worth is what those enrolled whom no other channel reached.
"""

from collections import Counter

import ibis
import numpy as np
import pandas as pd

from insights.params import Params

BUCKETS = 100
LONGEST = 8  # touches of a path that count, the last ones
BETWEEN = " > "
START, ENROLLED, NOT = "start", "enrolled", "not enrolled"


def paths(con: ibis.BaseBackend, touches: ibis.Table, enrolled: ibis.Table, params: Params) -> pd.DataFrame:
    """Return the paths of people to each date of the window, and how many of them enrolled after it.

    Parameters
    ----------
    con : ibis.BaseBackend
    touches : ibis.Table
        From :func:`insights.journey.channels.touches`.
    enrolled : ibis.Table
        ``learner_id, at`` of each enrollment.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``bucket`` (a hundredth of the people, for resampling), ``path, people`` (person-dates), ``enrolled``.
    """
    days = params.journey.touch_days
    dates = pd.date_range(
        params.start + pd.Timedelta(days=days), params.end - pd.Timedelta(days=days), freq=f"{days}D"
    )
    parts = [_until(touches, enrolled, date, days) for date in dates]
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    counted = every.group_by("bucket", "path").agg(people=every.count(), enrolled=every.enrolled.sum())
    frame = counted.order_by("bucket", "path").to_pandas()
    return frame.astype({"people": "int64", "enrolled": "int64"})


def credits(counted: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the enrollments that each rule credits each channel with; each column sums to 1.

    Parameters
    ----------
    counted : pandas.DataFrame
        ``path, people, enrolled``.

    Returns
    -------
    pandas.DataFrame
        A row per channel, a column per rule.
    """
    by_path = counted.groupby("path", as_index=False)[["people", "enrolled"]].sum()
    steps = [path.split(BETWEEN) for path in by_path["path"]]
    won = by_path["enrolled"].to_numpy()
    first, last, shapley = Counter(), Counter(), Counter()
    for path, enrolled in zip(steps, won, strict=True):
        first[path[0]] += enrolled
        last[path[-1]] += enrolled
        for channel in set(path):
            shapley[channel] += enrolled / len(set(path))
    names = sorted({channel for path in steps for channel in path})
    found = {
        "first touch": first,
        "last touch": last,
        "markov": removal_effects(steps, by_path),
        "shapley": shapley,
    }
    table = pd.DataFrame(
        {rule: [float(credit[name]) for name in names] for rule, credit in found.items()}, index=names
    )
    return table / table.sum().where(table.sum() > 0)


def removal_effects(steps: list[list[str]], counted: pd.DataFrame) -> dict[str, float]:
    """Return by which share fewer would enroll if whoever comes to a channel went no further."""
    names = sorted({channel for path in steps for channel in path})
    place = {name: number for number, name in enumerate([START, *names, ENROLLED, NOT])}
    flow = np.zeros((len(place), len(place)))
    people, enrolled = counted["people"].to_numpy(), counted["enrolled"].to_numpy()
    for path, n, won in zip(steps, people, enrolled, strict=True):
        at = [place[START], *(place[channel] for channel in path)]
        np.add.at(flow, (at[:-1], at[1:]), n)
        flow[at[-1], place[ENROLLED]] += won
        flow[at[-1], place[NOT]] += n - won
    whole = _reaches(flow, place, None)
    return {name: 1 - _reaches(flow, place, place[name]) / whole if whole > 0 else 0.0 for name in names}


def study(counted: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the credit of each channel by each rule, with 95 % intervals from resampling people.

    Returns
    -------
    pandas.DataFrame
        ``channel, rule, share, low, high``; the channel with the greatest removal effect first.
    """
    whole = credits(counted)
    rng = np.random.default_rng([params.modeling.seed, 11])
    by_bucket = counted.pivot_table(
        index="path", columns="bucket", values=["people", "enrolled"], fill_value=0
    )
    draws = [_drawn(by_bucket, rng).reindex(whole.index).fillna(0.0) for _ in range(params.journey.resamples)]
    low, high = np.percentile(np.stack([d.to_numpy() for d in draws]), [2.5, 97.5], axis=0)
    order = whole.sort_values("markov", ascending=False).index
    rows = [
        [channel, rule, whole.loc[channel, rule], low[i, j], high[i, j]]
        for i, channel in enumerate(whole.index)
        for j, rule in enumerate(whole.columns)
    ]
    table = pd.DataFrame(rows, columns=["channel", "rule", "share", "low", "high"])
    table["channel"] = pd.Categorical(table["channel"], categories=list(order))
    return table.sort_values(["channel"], kind="stable", ignore_index=True).astype({"channel": "str"})


def _until(touches, enrolled, date, days):
    """Return the paths of the days before a date, and whether each person enrolled in the days after it."""
    span = ibis.interval(days=days)
    now = ibis.timestamp(date.to_pydatetime())
    before = touches.filter(touches["at"] >= now - span, touches["at"] < now)
    earlier = ibis.window(group_by=before.learner_id, order_by=[before["at"], before.channel])
    marked = before.mutate(again=(before.channel == before.channel.lag().over(earlier)).fill_null(False))
    once = marked.filter(~marked.again)
    place = ibis.window(group_by=once.learner_id, order_by=[ibis.desc(once["at"]), ibis.desc(once.channel)])
    last = once.mutate(place=ibis.row_number().over(place)).filter(ibis._.place < LONGEST)
    joined = last.group_by("learner_id").agg(
        path=last.channel.group_concat(BETWEEN, order_by=[last["at"], last.channel])
    )
    after = (
        enrolled.filter(enrolled["at"] >= now, enrolled["at"] < now + span).select("learner_id").distinct()
    )
    won = joined.learner_id.isin(after.learner_id).cast("int64")
    bucket = joined.learner_id.hash().abs() % BUCKETS
    return joined.select("path", bucket=bucket.cast("int64"), enrolled=won)


def _drawn(by_bucket, rng):
    people = by_bucket["people"]
    weights = np.bincount(rng.integers(people.shape[1], size=people.shape[1]), minlength=people.shape[1])
    counts = {name: by_bucket[name].to_numpy() @ weights for name in ("people", "enrolled")}
    return credits(pd.DataFrame({"path": by_bucket.index, **counts}))


def _reaches(flow, place, removed):
    """Return the probability that a walk from the start ends enrolled; a removed place leads nowhere."""
    total = flow.sum(axis=1, keepdims=True)
    step = np.divide(flow, total, out=np.zeros_like(flow), where=total > 0)
    if removed is not None:
        step[removed] = 0.0
    inner = [at for name, at in place.items() if name not in (ENROLLED, NOT)]
    chances = np.linalg.solve(np.eye(len(inner)) - step[np.ix_(inner, inner)], step[inner, place[ENROLLED]])
    return float(chances[inner.index(place[START])])
