"""Outcomes: what each person who was assigned did after it, and before, counted from the clean tables.

Everybody who was assigned counts, whatever they did (intention to treat), except those who are in two arms of the
same experiment, as two contacts that turned out to be one person. Before the assignment counts what was known then;
after it, what happened within the days of the experiment and was known at the end of the window.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import contract
from insights.experiments.frames import MEAN, RATE, RATIO
from insights.journey.times import WATCHED
from insights.params import Params

ANNOUNCEMENTS = "course_announcements"
BEFORE = "_before"
EXACT = "decimal(18, 6)"  # sums of it do not depend on the order of rows


@dataclass(frozen=True)
class Measure:
    """A metric of registered experiments, made from counts.

    Attributes
    ----------
    title : str
    kind : str
    counts : tuple of str
        Of ``COUNTS``: one, or for a ratio two.
    worse : str
        ``lower`` or ``higher``: which direction is harm.
    """

    title: str
    kind: str
    counts: tuple[str, ...]
    worse: str = "lower"


METRICS = {
    "click_rate": Measure("clicks on an announcement", RATIO, ("clicks", "delivered")),
    "visited": Measure("share that visited", RATE, ("views",)),
    "visits": Measure("page views", MEAN, ("views",)),
    "enrolled": Measure("share that enrolled", RATE, ("enrollments",)),
    "amount": Measure("amount paid (USD)", MEAN, ("amount",)),
    "completion_rate": Measure("completed enrollments", RATIO, ("completions", "watched")),
    "unsubscribed": Measure("share that left a newsletter", RATE, ("unsubscriptions",), "higher"),
}
COUNTS = {  # the table that each is counted from
    "clicks": "email_events", "delivered": "email_events", "unsubscriptions": "email_events", "views": "page_views",
    "enrollments": "enrollments", "amount": "enrollments", "completions": "enrollments", "watched": "enrollments",
}  # fmt: skip


def assigned(tables: Mapping[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return who was assigned within the window, once per experiment.

    Returns
    -------
    pandas.DataFrame
        ``experiment, learner_id, arm, assigned_at, crossed``; ``crossed`` is True of people in more than one arm.
    """
    drawn = contract.complete("assignments", tables["assignments"])
    drawn = drawn.filter(
        drawn.assigned_at >= params.start, drawn.assigned_at < params.end, drawn.recorded_at < params.end
    )
    frame = drawn.select("experiment", "learner_id", "arm", "assigned_at").to_pandas()
    frame = frame.sort_values(["experiment", "learner_id", "assigned_at", "arm"], ignore_index=True)
    arms = frame.groupby(["experiment", "learner_id"])["arm"].transform("nunique")
    return frame.assign(crossed=arms > 1).drop_duplicates(["experiment", "learner_id"], ignore_index=True)


def counted(
    con: ibis.BaseBackend,
    tables: Mapping[str, ibis.Table],
    units: pd.DataFrame,
    days: Mapping[str, int],
    params: Params,
) -> pd.DataFrame:
    """Return what each unit did, by day.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : mapping of str to ibis.Table
        Clean tables.
    units : pandas.DataFrame
        ``experiment, learner_id, assigned_at``.
    days : mapping of str to int
        Days after the assignment in which outcomes of each experiment count.
    params : Params
        ``experiments.covariate_days`` before the assignment are counted too.

    Returns
    -------
    pandas.DataFrame
        ``experiment, learner_id, count`` (one of ``COUNTS``)``, day`` (since the assignment, below 0 before it)``,
        value``.
    """
    asked = units[["experiment", "learner_id", "assigned_at"]].assign(days=units["experiment"].map(days))
    asked = con.create_table(ibis.util.gen_name("units"), obj=asked, temp=True)
    parts = [
        _of_units(asked, done, params).mutate(count=ibis.literal(name))
        for name, done in _done(tables, params).items()
    ]
    order = ["experiment", "learner_id", "count", "day"]
    return (
        ibis.union(*parts, distinct=False).order_by(order).to_pandas()
        if parts
        else pd.DataFrame(columns=[*order, "value"])
    )


def frame(units: pd.DataFrame, done: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Return a row per unit of one experiment with its metrics after the assignment, and what was counted before.

    Parameters
    ----------
    units : pandas.DataFrame
        ``learner_id, arm``.
    done : pandas.DataFrame
        From :func:`counted`, of this experiment.
    measures : list of str
        Of ``METRICS``.

    Returns
    -------
    pandas.DataFrame
        ``learner_id, arm``, the counts of each metric (of a rate 1 or 0), and ``<count>_before``.
    """
    after, before = (_wide(units, part) for part in (done[done["day"] >= 0], done[done["day"] < 0]))
    columns = {"learner_id": units["learner_id"].to_numpy(), "arm": units["arm"].to_numpy()}
    for name in measures:
        for count in METRICS[name].counts:
            values = after(count)
            key = column(name, count)
            columns[key] = (values > 0).astype(float) if METRICS[name].kind == RATE else values
            columns[f"{count}{BEFORE}"] = before(count)
    return pd.DataFrame(columns)


def column(measure: str, count: str) -> str:
    """Return the column of a count under a metric: a rate is a column of its own."""
    return measure if METRICS[measure].kind == RATE else count


def asked(measures: list[str]) -> dict[str, str]:
    """Return metrics as :func:`insights.experiments.analyse` takes them: columns and kinds."""
    return {_key(name): METRICS[name].kind for name in measures}


def named(measures: list[str]) -> dict[str, str]:
    """Return the metric that stands behind each key of :func:`asked`."""
    return {_key(name): name for name in measures}


def covariates(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a frame that were known before the assignment."""
    return [name for name in frame if name.endswith(BEFORE)]


def measurable(tables: Mapping[str, ibis.Table], measures: list[str]) -> list[str]:
    """Return those metrics whose tables are there."""
    return [name for name in measures if all(COUNTS[count] in tables for count in METRICS[name].counts)]


def _key(name):
    return " / ".join(column(name, count) for count in METRICS[name].counts)


def _wide(units, done):
    wide = done.pivot_table(index="learner_id", columns="count", values="value", aggfunc="sum")
    wide = wide.reindex(units["learner_id"]).fillna(0.0)
    return lambda count: wide[count].to_numpy() if count in wide else np.zeros(len(units))


def _done(tables, params):
    """Return for each count a table ``learner_id, at, known, value``."""
    found = {}
    if "email_events" in tables:
        mails = contract.complete("email_events", tables["email_events"])
        mails = mails.mutate(at=mails.happened_at, known=mails.recorded_at)
        announced = mails.filter(mails.newsletter == ANNOUNCEMENTS)
        found["delivered"] = _ones(announced.filter(announced.event == "delivered"))
        clicks = announced.filter(announced.event == "clicked")
        found["clicks"] = _valued(clicks, clicks.human_probability)
        found["unsubscriptions"] = _ones(mails.filter(mails.event == "unsubscribed"))
    if "page_views" in tables:
        views = contract.complete("page_views", tables["page_views"])
        found["views"] = _valued(views.mutate(at=views.viewed_at, known=views.recorded_at), views.views)
    if "enrollments" in tables:
        sales = contract.complete("enrollments", tables["enrollments"])
        sales = sales.mutate(at=sales.enrolled_at, known=sales.recorded_at)
        found["amount"] = _valued(sales, sales.amount)
        bought = sales.filter(sales.units > 0)
        found["enrollments"] = _ones(bought)
        within = ibis.interval(days=WATCHED)
        watched = bought.filter(bought.at + within <= ibis.literal(params.end))
        found["watched"] = _ones(watched)
        done = (watched.completed_at < watched.at + within) & (watched.completion_recorded_at < params.end)
        found["completions"] = _ones(watched.filter(done))
    return found


def _ones(table):
    return _valued(table, ibis.literal(1))


def _valued(table, value):
    kept = table.filter(table.learner_id.notnull())
    return kept.select("learner_id", "at", "known", value=value.cast("float64").fill_null(0.0).cast(EXACT))


def _of_units(units, done, params):
    met = units.inner_join(done, "learner_id")
    day = (met.at.epoch_seconds() - met.assigned_at.epoch_seconds()) // 86_400
    met = met.mutate(day=day.cast("int64"))
    after = (met.at >= met.assigned_at) & (met.day < met.days) & (met.at < params.end) & (met.known < params.end)
    before = (
        (met.day >= -params.experiments.covariate_days) & (met.at < met.assigned_at) & (met.known < met.assigned_at)
    )
    kept = met.filter(after | before)
    return kept.group_by("experiment", "learner_id", "day").agg(value=kept.value.sum().cast("float64"))
