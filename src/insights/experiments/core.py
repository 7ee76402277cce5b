"""The study of notebook 09: what the experiments of a window say, and how the next are to be designed."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, paths, spreadsheets
from insights.cleaning import terms
from insights.experiments import design, effects, followed, frames, outcomes, ratio, recommender, registered, segments
from insights.params import Params
from insights.progress import report
from insights.store import Step, joined
from insights.verdicts import MISMATCH

ASSIGNED = ["experiment", "registered", "began", "days", "arm", "n", "meant", "p", "verdict", "crossed"]
GROUPED = ("continent", "job_family", "seniority")


@dataclass(frozen=True)
class Study:
    """What notebook 09 shows.

    Attributes
    ----------
    assigned : pandas.DataFrame
        In ``ASSIGNED``: the arms of each experiment, whether they are as large as meant, and how many people were
        left out because they are in two.
    effects : pandas.DataFrame
        From :func:`insights.experiments.effects.corrected`, a row per experiment, arm and metric.
    looks, lasting, segments : pandas.DataFrame
        From :mod:`insights.experiments.followed` and :mod:`insights.experiments.segments`, with ``experiment``.
    designs, curve : pandas.DataFrame
        From :func:`insights.experiments.design.by_metric`.
    market, blinded, cases : pandas.DataFrame
        Of :class:`insights.experiments.recommender.Recommender`.
    """

    assigned: pd.DataFrame
    effects: pd.DataFrame
    looks: pd.DataFrame
    lasting: pd.DataFrame
    segments: pd.DataFrame
    designs: pd.DataFrame
    curve: pd.DataFrame
    market: pd.DataFrame
    blinded: pd.DataFrame
    cases: pd.DataFrame


def study(step: Step, con: ibis.BaseBackend) -> Study:
    """Return what a window's experiments say and what the next ones take; stored and recorded."""
    params = step.params
    tables = cleaning.tables(con, params.window)
    register = registered.register()
    ran = _ran(con, tables, register, params) if "assignments" in tables else {}
    parts = {name: [found[name] for found in ran.values() if name in found] for name in _COLUMNS}
    tables_of = {name: joined(some, _COLUMNS[name]) for name, some in parts.items()}
    tables_of["effects"] = effects.corrected(tables_of["effects"], register, params.experiments.level)
    frame_of_last = next((found["frame"] for found in reversed(ran.values()) if "frame" in found), None)
    designs, curve = design.by_metric(frame_of_last, params.experiments)
    tested = recommender.study(tables, params)
    found = Study(
        **tables_of, designs=designs, curve=curve, market=tested.market, blinded=tested.blinded, cases=tested.cases
    )
    _keep(step, found, tested.key)
    return found


def _ran(con, tables, register, params) -> dict[str, dict]:
    """Return all that there is to say of each experiment, in the order in which they began."""
    units = outcomes.assigned(tables, params)
    began = units.groupby("experiment")["assigned_at"].min().sort_index().sort_values(kind="stable")
    plans = {name: register.get(registered.base_name(name)) for name in began.index}
    days = {name: plan.days for name, plan in plans.items() if plan is not None}
    done = outcomes.counted(con, tables, units[units["experiment"].isin(days)], days, params)
    every = [*dict.fromkeys(name for plan in register.values() for name in plan.metrics)]
    groups, found = _groups(tables), {}
    for name, plan in plans.items():
        report(f"experiment {name}")
        mine = units[units["experiment"] == name]
        found[name] = _one(mine, plan, every, done[done["experiment"] == name], tables, groups, params)
        for key, told in found[name].items():
            found[name][key] = told.assign(experiment=name)
    return found


def _one(units, plan, every, done, tables: Mapping, groups, params: Params) -> dict[str, pd.DataFrame]:
    """Return what there is to say of one experiment; of one that may not be read only its arms."""
    kept = units[~units["crossed"]].reset_index(drop=True)
    arms = ratio.compare(kept["arm"]).assign(
        registered=plan is not None, began=units["assigned_at"].min(),
        days=np.nan if plan is None else plan.days, crossed=int(units["crossed"].sum()),
    )  # fmt: skip
    found, asked = {"assigned": arms}, params.experiments
    if plan is None or (arms["verdict"] == MISMATCH).any() or not {plan.control} < {*kept["arm"]}:
        return found
    there = outcomes.measurable(tables, every)
    if plan.primary not in there or kept["arm"].value_counts().min() < 2:
        return found
    frame = outcomes.frame(kept, done, there)
    finished = bool(units["assigned_at"].max() + pd.Timedelta(days=plan.days) <= pd.Timestamp(params.end))
    found["effects"] = effects.measured(frame, plan, there, asked.level).assign(finished=finished)
    [metric] = frames.metrics_of(outcomes.asked([plan.primary]))
    counts = frames.Metric(metric.name, metric.kind, *outcomes.METRICS[plan.primary].counts)
    looked = kept[["learner_id", "arm"]], done, counts, plan.control, plan.days, asked.level
    found["looks"], found["lasting"] = followed.daily(*looked), followed.lasting(*looked)
    if groups is not None:
        found["segments"] = segments.by_group(
            frame, groups.reindex(frame["learner_id"]).reset_index(drop=True), "arm", plan.control,
            outcomes.asked([plan.primary]), outcomes.covariates(frame), fewest=asked.smallest_group,
            level=asked.level,
        )  # fmt: skip
    return found | {"frame": frame.assign(margin=plan.margin)}


def _groups(tables):
    if "learners" not in tables:
        return None
    there = [name for name in ("learner_id", "country", *GROUPED[1:]) if name in tables["learners"].columns]
    people = tables["learners"].select(*there).to_pandas().set_index("learner_id")
    if "country" in people:
        known = terms.continents(people["country"].dropna().unique())
        people = people.assign(continent=people.pop("country").map(known))
    return people[[name for name in GROUPED if name in people]]


_COLUMNS = {
    "assigned": ASSIGNED, "effects": effects.EFFECTS, "looks": ["experiment", *followed.LOOKS],
    "lasting": ["experiment", *followed.LASTING], "segments": ["experiment", *segments.COLUMNS],
}  # fmt: skip
# What is stored, by the name it is cited by.
TABLES = {
    "table_9_1_assigned": "assigned", "table_9_2_effects": "effects", "table_9_3_looks": "looks",
    "table_9_4_lasting": "lasting", "table_9_5_segments": "segments", "table_9_6_designs": "designs",
    "table_9_7_curve": "curve", "table_9_8_market": "market", "table_9_9_blinded": "blinded",
    "table_9_10_cases": "cases",
}  # fmt: skip


def _keep(step, found, key):
    for name, attribute in TABLES.items():
        step.table(name, getattr(found, attribute))
    file = step.place(paths.blinding_key(step.params.window))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(spreadsheets.plain_csv(key))
    for r in found.effects.itertuples():
        by = {"experiment": r.experiment, "arm": r.arm, "metric": r.metric, "role": r.role}
        bounds = {"low": r.low, "high": r.high, "n": int(r.n + r.n_control)}
        step.record("experiment.effect", r.difference, **bounds, by=by, unit=r.title)
    for r in found.market.itertuples():
        if np.isfinite(r.detectable):
            step.record("market.detectable", r.detectable, by={"design": r.design}, unit=r.unit)
