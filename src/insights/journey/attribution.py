"""Attribution: what each channel is credited with, by four rules side by side, with intervals.

None of them is a cause. A channel that the keen use before they would have bought anyway gets credit by each rule;
only an experiment, or a comparison of people alike, tells what a channel does (:mod:`insights.journey.effects`).

A path is what reached a person in the days before a date, in order, each channel once in a row; the outcomes are
whether the person enrolled in the days after it, and whether a course that was begun then was completed by the end of
the window. People who did not are counted like those who did.

Sources: E. Anderl et al., "Mapping the customer journey", International Journal of Research in Marketing 33 (2016),
for the removal effect of a first-order Markov chain; L. S. Shapley, "A value for n-person games" (1953), for the
value of a channel in the game whose worth is what those enrolled whom no other channel reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import ibis
import numpy as np
import pandas as pd
from scipy import sparse

from insights import contract
from insights.journey import stages
from insights.params import Params

BUCKET = 2  # characters at the end of an identifier; people who share them are resampled together
LONGEST = 8  # touches of a path that count, the last ones
BETWEEN = " > "
OUTCOMES = ("enrolled", "completed")
RULES = ("first touch", "last touch", "markov", "shapley")


@dataclass(frozen=True)
class Design:
    """What each path adds to the sums from which credit is computed: sparse matrices, a row per path.

    Attributes
    ----------
    names : list of str
        Channels.
    first, last, parts : scipy.sparse.csr_array of shape (paths, channels)
        The first channel, the last one, and each with an equal part.
    steps : scipy.sparse.csr_array of shape (paths, (channels + 1) ** 2)
        How often one follows the other, the start before the first, as a matrix laid out row by row.
    """

    names: list[str]
    first: sparse.csr_array
    last: sparse.csr_array
    parts: sparse.csr_array
    steps: sparse.csr_array


def enrollments(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return enrollments of somebody known: ``learner_id, at, completed`` (by the end of the window)."""
    sold = stages.bought({name: contract.complete(name, table) for name, table in tables.items()})
    told = sold.select("learner_id", at=sold.enrolled_at, completed=sold.completed_at.notnull())
    return told.filter(told.learner_id.notnull(), told["at"].notnull())


def paths(con: ibis.BaseBackend, touches: ibis.Table, enrolled: ibis.Table, params: Params) -> pd.DataFrame:
    """Return the paths of people to each date of the window, and how many of them enrolled and completed after it.

    Parameters
    ----------
    con : ibis.BaseBackend
    touches : ibis.Table
        From :func:`insights.journey.channels.touches`.
    enrolled : ibis.Table
        From :func:`enrollments`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``bucket`` (a 256th of the people, for resampling), ``path, people`` (person-dates), ``enrolled``,
        ``completed``.
    """
    days = params.journey.touch_days
    dates = pd.date_range(
        params.start + pd.Timedelta(days=days), params.end - pd.Timedelta(days=days), freq=f"{days}D"
    )
    parts = [_until(touches, enrolled, date, days) for date in dates]
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    sums = {outcome: every[outcome].sum() for outcome in OUTCOMES}
    counted = every.group_by("bucket", "path").agg(people=every.count(), **sums)
    frame = counted.order_by("bucket", "path").to_pandas()
    return frame.astype(dict.fromkeys(("people", *OUTCOMES), "int64"))


def credits(counted: pd.DataFrame, outcome: str = "enrolled") -> pd.DataFrame:
    """Return the share of the outcomes that each rule credits each channel with; each column sums to 1.

    Parameters
    ----------
    counted : pandas.DataFrame
        ``path, people`` and the outcome.
    outcome : str
        ``enrolled`` or ``completed``.

    Returns
    -------
    pandas.DataFrame
        A row per channel, a column per rule.
    """
    by_path = counted.groupby("path")[["people", outcome]].sum()
    return _credits(design(by_path.index), by_path["people"].to_numpy(), by_path[outcome].to_numpy())


def design(paths: pd.Index) -> Design:
    """Return what each path adds to the sums of :func:`credits`."""
    touched = [path.split(BETWEEN) for path in paths]
    names = sorted({channel for path in touched for channel in path})
    place = {name: number for number, name in enumerate(names, start=1)}
    went = [[0, *(place[channel] for channel in path)] for path in touched]
    firsts, lasts = ([[path[end] - 1] for path in went] for end in (1, -1))
    once = [sorted({at - 1 for at in path[1:]}) for path in went]
    side = len(names) + 1
    pairs = [[a * side + b for a, b in pairwise(path)] for path in went]
    parts = _matrix(once, len(names))
    return Design(
        names, first=_matrix(firsts, len(names)), last=_matrix(lasts, len(names)),
        parts=sparse.csr_array(parts.multiply(1 / parts.sum(axis=1)[:, None])), steps=_matrix(pairs, side * side),
    )  # fmt: skip


def removal_effects(made: Design, people: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Return by which share the outcome would fall if whoever comes to a channel went no further.

    Parameters
    ----------
    made : Design
    people, won : numpy.ndarray of shape (paths,)
        How many went each path, and how many of them reached the outcome.

    Returns
    -------
    numpy.ndarray of shape (channels,)
        Shares of 0 to 1; all 0 where nobody reached the outcome.
    """
    side = len(made.names) + 1
    flow = (people @ made.steps).reshape(side, side)
    reach, ended = np.append(0.0, won @ made.last), np.append(0.0, people @ made.last)
    total = (flow.sum(axis=1) + ended)[:, None]
    step = np.divide(flow, total, out=np.zeros_like(flow, dtype=float), where=total > 0)
    wins = np.divide(reach, total[:, 0], out=np.zeros(side), where=total[:, 0] > 0)
    whole = _reaches(step, wins, None)
    if whole <= 0:
        return np.zeros(len(made.names))
    return np.array([1 - _reaches(step, wins, gone) / whole for gone in range(1, side)])


def study(counted: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the credit of each channel by each rule, with 95 % intervals from resampling people.

    Parameters
    ----------
    counted : pandas.DataFrame
        From :func:`paths`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``outcome, channel, rule, share, low, high``; for each outcome that somebody reached, the channel with the
        greatest removal effect first.
    """
    wide = {
        name: counted.pivot_table(index="path", columns="bucket", values=name, fill_value=0)
        for name in ("people", *OUTCOMES)
    }
    made, n = design(wide["people"].index), wide["people"].shape[1]
    rng = np.random.default_rng([params.modeling.seed, 11])
    drawn = [np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(params.journey.resamples)]
    weights = np.column_stack([np.ones(n, dtype=int), *drawn])
    counts = {name: by_bucket.to_numpy() @ weights for name, by_bucket in wide.items()}
    parts = [_of_outcome(made, counts, outcome) for outcome in OUTCOMES if counts[outcome].any()]
    return pd.concat(parts, ignore_index=True)


def _of_outcome(made, counts, outcome):
    """Return the credit of each channel from counts by path: those of all people first, then of each resample."""
    whole, *draws = (
        _credits(made, people, won) for people, won in zip(counts["people"].T, counts[outcome].T, strict=True)
    )
    low, high = np.nanpercentile(np.stack([draw.to_numpy() for draw in draws]), [2.5, 97.5], axis=0)
    table = pd.DataFrame(
        {
            "outcome": outcome, "channel": np.repeat(whole.index, len(RULES)), "rule": np.tile(RULES, len(whole)),
            "share": whole.to_numpy().ravel(), "low": low.ravel(), "high": high.ravel(),
        }
    )  # fmt: skip
    order = whole.sort_values("markov", ascending=False, kind="stable").index
    table["channel"] = pd.Categorical(table["channel"], categories=list(order))
    return table.sort_values("channel", kind="stable", ignore_index=True).astype({"channel": "str"})


def agreement(credits: pd.DataFrame, added: pd.DataFrame, planted: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return how each rule orders the channels for enrollments, against the lift or against what was planted.

    Parameters
    ----------
    credits : pandas.DataFrame
        From :func:`study`.
    added : pandas.DataFrame
        From :func:`insights.journey.lifts.study`.
    planted : pandas.DataFrame or None
        ``channel, owed``, where it is known. Channels that only one of two orders knows are left out.

    Returns
    -------
    pandas.DataFrame
        ``rule, agreement`` (Spearman's rank correlation, −1 to 1), ``against`` (``lift``, or ``planted``; then the
        lift is among the rules).
    """
    ruled = credits[credits["outcome"] == "enrolled"]
    wide = ruled.pivot(index="channel", columns="rule", values="share")[[*RULES]]
    lift, against = added.set_index("channel")["owed"], "lift"
    reference = lift
    if planted is not None:
        wide, reference, against = wide.assign(lift=lift), planted.set_index("channel")["owed"], "planted"
    known = wide.index.intersection(reference.index)
    agreed = wide.loc[known].corrwith(reference.loc[known], method="spearman")
    return pd.DataFrame({"rule": agreed.index, "agreement": agreed.to_numpy(), "against": against})


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
    after = enrolled.filter(enrolled["at"] >= now, enrolled["at"] < now + span)
    won = after.group_by("learner_id").agg(finished=after.completed.any())
    told = joined.left_join(won, "learner_id")
    return told.select(
        "path", bucket=told.learner_id.right(BUCKET),  # the end of a pseudonym is as good as drawn, on any engine
        enrolled=told.learner_id_right.notnull().cast("int64"),
        completed=told.finished.fill_null(False).cast("int64"),
    )  # fmt: skip


def _matrix(places, width):
    """Return a sparse matrix that counts in each row the places of a list."""
    rows = np.repeat(np.arange(len(places)), [len(one) for one in places])
    columns = np.concatenate([np.array(one, dtype=int) for one in places])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(places), width))


def _credits(made, people, won):
    """Return the credit of each channel by each rule, from counts by path."""
    sums = [won @ made.first, won @ made.last, removal_effects(made, people, won), won @ made.parts]
    table = pd.DataFrame(dict(zip(RULES, sums, strict=True)), index=made.names)
    return table / table.sum().where(table.sum() > 0)


def _reaches(step, wins, removed):
    """Return the probability that a walk from the start reaches the outcome; a removed place leads nowhere."""
    step, wins = step.copy(), wins.copy()
    if removed is not None:
        step[removed], wins[removed] = 0.0, 0.0
    return float(np.linalg.solve(np.eye(len(wins)) - step, wins)[0])
