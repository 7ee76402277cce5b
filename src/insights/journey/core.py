"""The study of the journey: what notebook 03 shows of a window, stored and recorded."""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, forecasts
from insights.journey import attribution, channels, effects, funnel, segments, stages, times, visits
from insights.progress import report
from insights.store import Step

CURVE_DAYS = 180


@dataclass(frozen=True)
class Journey:
    """What notebook 03 shows; a part is None where the source does not support it.

    Attributes
    ----------
    lacking : list of str
        Stages that the parameters ask for and the source does not know of.
    open, closed : pandas.DataFrame
        From :mod:`insights.journey.funnel`.
    cohorts : pandas.DataFrame
        ``month, stage, title, people, share``: the open funnel by month of registration.
    curves : pandas.DataFrame
        From :func:`insights.journey.times.until_stages`.
    endings : pandas.DataFrame
        From :func:`insights.journey.times.endings`.
    pauses : pandas.DataFrame or None
        From :func:`insights.journey.visits.pauses`.
    cut_off : float or None
        From :func:`insights.journey.visits.cut_off`.
    credits : pandas.DataFrame or None
        From :func:`insights.journey.attribution.study`.
    effect : insights.journey.effects.Effect or None
    segments : pandas.DataFrame
        From :func:`insights.journey.segments.compare`.
    forecasts : dict of str to insights.forecasts.Forecasts
        ``completion`` and ``enrollment``, as far as the source supports them.
    """

    lacking: list[str]
    open: pd.DataFrame
    closed: pd.DataFrame
    cohorts: pd.DataFrame
    curves: pd.DataFrame
    endings: pd.DataFrame
    pauses: pd.DataFrame | None
    cut_off: float | None
    credits: pd.DataFrame | None
    effect: effects.Effect | None
    segments: pd.DataFrame
    forecasts: dict[str, forecasts.Forecasts]


def study(step: Step, con: ibis.BaseBackend) -> Journey | None:
    """Study the journeys of a window; store and record what was found. None where the source has no learners."""
    params, tables = step.params, cleaning.tables(con, step.params.window)
    if "learners" not in tables:
        return None
    report("when each stage was reached")
    people, names = stages.people(con, tables, params), stages.present(params, tables)
    courses = times.enrollments(tables, params) if "enrolled" in names else None
    budget = params.journey.step_days
    report("how courses end")
    pauses = _pauses(tables)
    found = Journey(
        lacking=[stages.TITLES[name] for name in params.journey.stages if name not in names],
        open=step.table("table_3_1_open", funnel.open_funnel(people, names, budget)),
        closed=step.table("table_3_2_closed", _enough(funnel.closed_funnel(people, names, budget), params)),
        cohorts=step.table("table_3_3_cohorts", _cohorts(people, names, params)),
        curves=step.table("table_3_4_curves", times.until_stages(people, names, CURVE_DAYS)),
        endings=step.table("table_3_5_endings", _endings(courses, params)),
        pauses=pauses,
        cut_off=None if pauses is None else visits.cut_off(pauses),
        credits=_credits(step, con, tables, names),
        effect=_effect(step, con, tables, courses, names),
        segments=step.table("table_3_9_segments", _segments(tables, courses, params)),
        forecasts=forecasts.study(step, con, tables),
    )
    _record(step, found)
    return found


def _enough(table, params):
    """Leave out stages at which so few people stand that they might be recognised."""
    return table[table["people"] >= params.privacy.smallest_group].reset_index(drop=True)


def _cohorts(people, names, params):
    month = people["registered_at"].dt.strftime("%Y-%m")
    smallest = params.privacy.smallest_group
    by = funnel.by_segment(people.assign(month=month), "month", names, params.journey.step_days, smallest)
    columns = {"group": "month", "stage": "stage", "title": "title", "people": "people", "share": "share"}
    return by[list(columns)].rename(columns=columns).sort_values("month", kind="stable", ignore_index=True)


def _endings(courses, params):
    if courses is None or courses.empty:
        return pd.DataFrame(columns=["outcome", "day", "share", "low", "high", "at_risk"])
    most = int(min(CURVE_DAYS * 2, np.ceil(courses["days"].max())))
    return times.endings(courses, most, params.modeling.seed)


def _pauses(tables):
    views = tables.get("page_views")
    return None if views is None else visits.pauses(views)


def _credits(step, con, tables, names):
    touches = channels.touches(tables)
    if touches is None or "enrolled" not in names:
        return None
    report("what reached people before they enrolled")
    counted = attribution.paths(con, touches, stages.reached("enrolled", tables), step.params)
    if counted["enrolled"].sum() < effects.FEWEST:
        return None
    report("crediting channels")
    return step.table("table_3_6_credits", attribution.study(counted, step.params))


def _effect(step, con, tables, courses, names):
    if courses is None or not {"event_attended", "completed"} <= {*names}:
        return None
    report("what coming to an event does")
    found = effects.estimate(effects.rows(con, tables, courses, step.params), step.params.modeling.seed)
    if found is not None:
        step.table("table_3_7_effect", found.estimates)
        step.table("table_3_8_balance", found.balance)
    return found


def _segments(tables, courses, params):
    if courses is None:
        return pd.DataFrame(columns=segments.COLUMNS)
    return segments.compare(segments.described(tables, courses), params)


def _record(step, found):
    for row in found.open.itertuples():
        by = {"stage": row.stage}
        step.record(
            "journey.reached", row.share, low=row.low, high=row.high, n=row.people, by=by, unit="share"
        )
    for row in found.closed.itertuples():
        if row.people:
            by = {"stage": row.stage, "funnel": "in order"}
            step.record(
                "journey.goes_on", row.share, low=row.low, high=row.high, n=row.people, by=by, unit="share"
            )
    if found.effect is not None:
        for row in found.effect.estimates.itertuples():
            by = {"estimate": row.estimate}
            step.record(
                "journey.event_effect",
                row.difference,
                low=row.low,
                high=row.high,
                n=row.n,
                by=by,
                unit="share",
            )
        step.record("journey.event_e_value", found.effect.e_value, unit="risk ratio")
    if found.credits is not None:
        for row in found.credits.itertuples():
            by = {"channel": row.channel, "rule": row.rule}
            step.record("journey.credit", row.share, low=row.low, high=row.high, by=by, unit="share")
