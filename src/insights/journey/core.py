"""The study of the journey: what notebook 03 shows of a window, stored and recorded."""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, forecasts
from insights.journey import (
    actions,
    attribution,
    channels,
    effects,
    funnel,
    integrity,
    kinds,
    lifts,
    segments,
    speed,
    stages,
    times,
    transitions,
    visits,
)
from insights.progress import report
from insights.store import Step

CURVE_DAYS = 180


@dataclass(frozen=True)
class Journey:
    """What notebook 03 shows; a part is None, or empty, where the source does not support it.

    Attributes
    ----------
    lacking : list of str
        Stages that the parameters ask for and the source does not know of.
    open, closed : pandas.DataFrame
        From :mod:`insights.journey.funnel`.
    cohorts : pandas.DataFrame
        ``month, stage, title, people, share``: the open funnel by month of registration.
    groups : pandas.DataFrame
        ``segment, group, people`` and the shares of the group that enroll and complete, with ``_low, _high``.
    curves : pandas.DataFrame
        From :func:`insights.journey.times.until_stages`.
    endings : pandas.DataFrame
        From :func:`insights.journey.times.endings`.
    pauses : pandas.DataFrame or None
        From :func:`insights.journey.visits.pauses`.
    cut_off : float or None
        From :func:`insights.journey.visits.cut_off`.
    transitions : pandas.DataFrame
        From :func:`insights.journey.transitions.matrix`.
    first_steps : pandas.DataFrame
        From :func:`insights.journey.transitions.first_steps`.
    sequences : pandas.DataFrame
        From :func:`insights.journey.transitions.sequences`.
    kinds : pandas.DataFrame
        From :func:`insights.journey.kinds.found`.
    credits : pandas.DataFrame or None
        From :func:`insights.journey.attribution.study`.
    lifts : pandas.DataFrame
        From :func:`insights.journey.lifts.study`.
    effect : insights.journey.effects.Effect or None
    speed : pandas.DataFrame
        From :func:`insights.journey.speed.study`.
    segments : pandas.DataFrame
        From :func:`insights.journey.segments.compare`.
    actions : pandas.DataFrame
        From :func:`insights.journey.actions.best`.
    forecasts : dict of str to insights.forecasts.Forecasts
        ``completion`` and ``enrollment``, as far as the source supports them.
    integrity : pandas.DataFrame
        From :func:`insights.journey.integrity.check`.
    """

    lacking: list[str]
    open: pd.DataFrame
    closed: pd.DataFrame
    cohorts: pd.DataFrame
    groups: pd.DataFrame
    curves: pd.DataFrame
    endings: pd.DataFrame
    pauses: pd.DataFrame | None
    cut_off: float | None
    transitions: pd.DataFrame
    first_steps: pd.DataFrame
    sequences: pd.DataFrame
    kinds: pd.DataFrame
    credits: pd.DataFrame | None
    lifts: pd.DataFrame
    effect: effects.Effect | None
    speed: pd.DataFrame
    segments: pd.DataFrame
    actions: pd.DataFrame
    forecasts: dict[str, forecasts.Forecasts]
    integrity: pd.DataFrame


def study(step: Step, con: ibis.BaseBackend) -> Journey | None:
    """Study the journeys of a window; store and record what was found. None where the source has no learners."""
    params, tables = step.params, cleaning.tables(con, step.params.window)
    if "learners" not in tables:
        return None
    report("when each stage was reached")
    people, names = stages.people(con, tables, params), stages.present(params, tables)
    touches = channels.touches(tables)
    courses = times.enrollments(tables, params) if "enrolled" in names else None
    parts = _funnels(con, tables, people, names, touches, params)
    parts |= _times(tables, people, names, courses, params)
    parts |= _ways(con, tables, people, names, touches, params)
    parts |= _moves(con, tables, courses, names, params)
    parts["integrity"] = _checked(people, names, parts, params)
    found = Journey(
        lacking=[stages.TITLES[name] for name in params.journey.stages if name not in names],
        forecasts=forecasts.study(step, con, tables),
        **{name: part for name, part in parts.items() if name not in ("described", "rows")},
    )
    _store(step, found)
    _record(step, found)
    return found


def _funnels(con, tables, people, names, touches, params):
    budget = params.journey.step_days
    return {
        "open": funnel.open_funnel(people, names, budget),
        "closed": _enough(funnel.closed_funnel(people, names, budget), params),
        "cohorts": _cohorts(people, names, params),
        "groups": _groups(segments.of_people(con, tables, people, touches), names, params),
    }


def _times(tables, people, names, courses, params):
    report("how courses end")
    pauses = _pauses(tables)
    return {
        "curves": times.until_stages(people, names, CURVE_DAYS),
        "endings": _endings(courses, params),
        "pauses": pauses,
        "cut_off": None if pauses is None else visits.cut_off(pauses),
    }


def _ways(con, tables, people, names, touches, params):
    report("what people do next")
    done = transitions.activities(tables, names, params)
    credited = _credits(con, tables, names, touches, params)
    if done is None:
        return credited | {
            "transitions": pd.DataFrame(columns=transitions.COLUMNS), "first_steps": pd.DataFrame(),
            "kinds": pd.DataFrame(columns=kinds.COLUMNS),
        }  # fmt: skip
    done = con.create_table(ibis.util.gen_name("done"), obj=done, temp=True)
    return credited | {
        "transitions": transitions.matrix(done, params),
        "first_steps": transitions.first_steps(done, people, con, params),
        "kinds": kinds.found(kinds.counts(done), params),
    }


def _moves(con, tables, courses, names, params):
    described = pd.DataFrame() if courses is None else segments.described(tables, courses)
    compared = pd.DataFrame(columns=segments.COLUMNS) if courses is None else segments.compare(described, params)
    known = {"described": described, "segments": compared, "effect": None, "rows": None}
    known |= {"speed": pd.DataFrame(columns=speed.COLUMNS), "actions": pd.DataFrame(columns=actions.COLUMNS)}
    if courses is None or not {"event_attended", "completed"} <= {*names}:
        return known
    report("what coming to an event does")
    rows = effects.rows(con, tables, courses, params)
    effect = effects.estimate(rows, params.modeling.seed)
    report("what goes with completing sooner")
    every = actions.study(described, rows, effect, tables, params)
    return known | {
        "rows": rows, "effect": effect, "speed": speed.study(rows, params.modeling.seed),
        "actions": actions.best(every),
    }  # fmt: skip


def _checked(people, names, parts, params):
    shown = {
        "funnel": parts["open"], "cohorts": parts["cohorts"], "groups": parts["groups"],
        "segments": parts["segments"], "sequences": parts["sequences"],
    }  # fmt: skip
    return integrity.check(people, names, shown, parts["described"], parts["rows"], params)


def _groups(people, names, params):
    """Return the shares that enroll and complete in each group of people."""
    asked = [name for name in ("enrolled", "completed") if name in names]
    tables = []
    for column, title in segments.OF_PEOPLE.items():
        by = funnel.by_segment(
            people, column, ["registered", *asked], params.journey.step_days, params.bias.smallest_group
        )
        if len({*by["group"]}) > 1:
            tables.append(_wide(by, asked).assign(segment=title))
    columns = ["segment", "group", "people", *(f"{name}{end}" for name in asked for end in ("", "_low", "_high"))]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _wide(by, asked):
    sizes = by[by["stage"] == "registered"][["group", "people"]]
    for name in asked:
        of_stage = by[by["stage"] == name][["group", "share", "low", "high"]]
        sizes = sizes.merge(of_stage.set_axis(["group", name, f"{name}_low", f"{name}_high"], axis=1), on="group")
    return sizes


def _store(step, found):
    named = {
        "3_1_open": found.open, "3_2_closed": found.closed, "3_3_cohorts": found.cohorts, "3_4_curves": found.curves,
        "3_5_endings": found.endings, "3_6_credits": found.credits, "3_9_segments": found.segments,
        "3_14_groups": found.groups, "3_15_transitions": found.transitions, "3_16_first_steps": found.first_steps,
        "3_17_sequences": found.sequences, "3_18_kinds": found.kinds, "3_19_speed": found.speed,
        "3_20_actions": found.actions, "3_21_integrity": found.integrity, "3_22_lifts": found.lifts,
    }  # fmt: skip
    if found.effect is not None:
        named |= {"3_7_effect": found.effect.estimates, "3_8_balance": found.effect.balance}
    for name, frame in named.items():
        if frame is not None:
            step.table(f"table_{name}", frame)


def _enough(table, params):
    """Leave out stages at which so few people stand that they might be recognised."""
    return table[table["people"] >= params.privacy.smallest_group].reset_index(drop=True)


def _cohorts(people, names, params):
    """Return the funnel of each month of registration of which somebody could be watched for the whole budget."""
    dated = people.assign(month=people["registered_at"].dt.strftime("%Y-%m"))
    longest = dated.groupby("month")["followed"].transform("max")
    watched, budget = dated[longest >= params.journey.step_days], params.journey.step_days
    by = funnel.by_segment(watched, "month", names, budget, params.privacy.smallest_group)
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


def _credits(con, tables, names, touches, params):
    nothing = {
        "credits": None,
        "sequences": pd.DataFrame(columns=transitions.SEQUENCES),
        "lifts": pd.DataFrame(columns=lifts.COLUMNS),
    }
    if touches is None or "enrolled" not in names:
        return nothing
    report("what reached people before they enrolled")
    enrolled = attribution.enrollments(tables)
    counted = attribution.paths(con, touches, enrolled, params)
    if counted["enrolled"].sum() < effects.FEWEST:
        return nothing
    report("crediting channels")
    return {
        "credits": attribution.study(counted, params),
        "sequences": transitions.sequences(counted, params.privacy.smallest_group),
        "lifts": lifts.study(lifts.person_months(con, tables, touches, enrolled, params)),
    }


def _record(step, found):
    for row in found.open.itertuples():
        by = {"stage": row.stage}
        step.record("journey.reached", row.share, low=row.low, high=row.high, n=row.people, by=by, unit="share")
    for row in found.closed.itertuples():
        if row.people:
            by = {"stage": row.stage, "funnel": "in order"}
            step.record("journey.goes_on", row.share, low=row.low, high=row.high, n=row.people, by=by, unit="share")
    if found.effect is not None:
        for row in found.effect.estimates.itertuples():
            by = {"estimate": row.estimate}
            step.record(
                "journey.event_effect", row.difference, low=row.low, high=row.high, n=row.n, by=by, unit="share"
            )
        step.record("journey.event_e_value", found.effect.e_value, unit="risk ratio")
    if found.credits is not None:
        for row in found.credits.itertuples():
            by = {"outcome": row.outcome, "channel": row.channel, "rule": row.rule}
            step.record("journey.credit", row.share, low=row.low, high=row.high, by=by, unit="share")
    for row in found.lifts.itertuples():
        by = {"channel": row.channel}
        step.record(
            "journey.lift", row.ratio, low=row.low, high=row.high, n=row.touched, by=by, unit="ratio of rates"
        )
        owed = {"low": row.owed_low, "high": row.owed_high}
        step.record("journey.owed", row.owed, **owed, n=row.enrolled, by=by, unit="share")
