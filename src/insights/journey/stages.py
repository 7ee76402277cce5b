"""Stages: what each step of the journey is, in one place, and when each person reached it.

A stage is reached at its first record. In the *open* funnel it counts whatever came before; in the *closed* one only
after the stage before it, in the order of ``journey.stages``. People are those who registered within the window: of
others the beginning of the journey is not in the window's records.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis
import pandas as pd

from insights import contract
from insights.params import Params

PERSON = 0.5  # probability from which an open or click counts as a person's
TITLES = {
    "registered": "registered", "viewed": "looked at a page", "opened": "opened an e-mail",
    "clicked": "clicked in an e-mail", "event_registered": "registered for an event",
    "event_attended": "came to an event",
    "enrolled": "enrolled in a course", "completed": "completed a course", "repeated": "enrolled again",
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A step of the journey.

    Attributes
    ----------
    needs : dict of str to list of str
        Tables and columns without which nobody can be said to have reached it.
    reached : callable
        Takes the clean tables and returns a table of ``learner_id, at``, a row each time it was reached.
    """

    needs: Mapping[str, list[str]]
    reached: Callable[[Mapping[str, ibis.Table]], ibis.Table]


def present(params: Params, tables: Mapping[str, ibis.Table]) -> list[str]:
    """Return the stages that the parameters ask for and the source knows of, in order."""
    return [name for name in params.journey.stages if _known(STAGES[name], tables)]


def reached(name: str, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return each time that a stage was reached by somebody known: ``learner_id, at``."""
    records = STAGES[name].reached({key: contract.complete(key, table) for key, table in tables.items()})
    return records.filter(records.learner_id.notnull(), records["at"].notnull())


def people(con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return everybody who registered within the window, with the time at which each stage was reached.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : mapping of str to ibis.Table
        Clean tables by name.
    params : Params

    Returns
    -------
    pandas.DataFrame
        A row per person: ``learner_id, registered_at``; for each later stage ``<stage>`` (first time),
        ``<stage>_times`` (how often) and ``<stage>_in_order`` (first time after those before it, in order);
        ``followed`` (days from the registration to the window's end).
    """
    cohort = _cohort(con, tables["learners"], params)
    frame = cohort.to_pandas()
    before = cohort.select("learner_id", since=cohort.registered_at)
    for name in present(params, tables)[1:]:
        records = reached(name, tables)
        known = records.inner_join(cohort, "learner_id")
        first = known.group_by("learner_id").agg(first=known["at"].min(), times=known.count())
        later = records.inner_join(before, "learner_id").filter(ibis._["at"] >= ibis._.since)
        before = con.create_table(
            ibis.util.gen_name("reached"), obj=later.group_by("learner_id").agg(since=later["at"].min()), temp=True
        )
        columns = {"first": name, "times": f"{name}_times", "since": f"{name}_in_order"}
        both = first.to_pandas().merge(before.to_pandas(), on="learner_id", how="left").rename(columns=columns)
        frame = frame.merge(both, on="learner_id", how="left")
        frame[f"{name}_times"] = frame[f"{name}_times"].fillna(0).astype("int64")
    frame["followed"] = (params.end - frame["registered_at"]) / pd.Timedelta(days=1)
    return frame.sort_values("learner_id", ignore_index=True)


def _cohort(con, learners, params):
    kept = learners.filter(learners.registered_at >= params.start, learners.registered_at < params.end)
    return con.create_table(ibis.util.gen_name("cohort"), obj=kept.select("learner_id", "registered_at"), temp=True)


def _known(stage, tables):
    return all(name in tables and {*columns} <= {*tables[name].columns} for name, columns in stage.needs.items())


def by_people(tables: Mapping[str, ibis.Table], event: str) -> ibis.Table:
    """Return the e-mail events of a kind that people, not machines, made: ``learner_id, at, newsletter``."""
    mails = tables["email_events"]
    made = mails.filter(mails.event == event, mails.human_probability >= PERSON)
    return made.select("learner_id", "newsletter", at=made.happened_at)


def attendances(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return who came to events: ``learner_id, at, kind``; without a list of events when it was recorded."""
    came = tables["event_registrations"]
    came = came.filter(came.attended)
    if "events" not in tables:
        return came.select("learner_id", at=came.attendance_recorded_at, kind=ibis.null("string"))
    held = tables["events"].select("event_id", "kind", "starts_at")
    return came.inner_join(held, "event_id").select("learner_id", "kind", at=ibis._.starts_at)


def bought(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return the enrollments that are no refunds."""
    sales = tables["enrollments"]
    return sales.filter(sales.units > 0)


def _of(table, at):
    return table.select("learner_id", at=table[at])


def _mail(event):
    needs = {"email_events": ["learner_id", "human_probability"]}
    return Stage(needs, lambda tables: _of(by_people(tables, event), "at"))


def _repeated(tables):
    sales = bought(tables)
    earlier = ibis.window(group_by=sales.learner_id, order_by=[sales.enrolled_at, sales.enrollment_id])
    ranked = sales.mutate(rank=ibis.row_number().over(earlier))
    return ranked.filter(ranked["rank"] > 0).select("learner_id", at=ibis._.enrolled_at)


SALES = {"enrollments": ["learner_id", "enrolled_at"]}
STAGES = {
    "registered": Stage({"learners": ["registered_at"]}, lambda t: _of(t["learners"], "registered_at")),
    "viewed": Stage({"page_views": ["learner_id"]}, lambda t: _of(t["page_views"], "viewed_at")),
    "opened": _mail("opened"),
    "clicked": _mail("clicked"),
    "event_registered": Stage({"event_registrations": []}, lambda t: _of(t["event_registrations"], "registered_at")),
    "event_attended": Stage({"event_registrations": ["attended"]}, lambda t: _of(attendances(t), "at")),
    "enrolled": Stage(SALES, lambda t: _of(bought(t), "enrolled_at")),
    "completed": Stage({"enrollments": ["learner_id", "completed_at"]}, lambda t: _of(bought(t), "completed_at")),
    "repeated": Stage(SALES, _repeated),
}  # fmt: skip
