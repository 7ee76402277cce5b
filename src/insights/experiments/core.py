"""The study of notebook 09: what the experiments of a window say, and how the next are to be designed."""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, paths
from insights.cleaning import terms
from insights.experiments import blinded, design, followed, frames, market, outcomes, ratio, registered, segments
from insights.experiments.analysis import COLUMNS, analyse, judge
from insights.modeling import saved, value
from insights.modeling.evaluation import agreement, standing
from insights.modeling.evaluation.differences import holm
from insights.modeling.evaluation.examined import PANEL
from insights.progress import report
from insights.store import Step, table
from insights.verdicts import HARMS, KEEPS, MISMATCH, UNKNOWN

PRIMARY, SECONDARY, GUARDRAIL = "primary", "secondary", "guardrail"
ASSIGNED = ["experiment", "registered", "began", "days", "arm", "n", "meant", "p", "verdict", "crossed"]
EFFECTS = ["experiment", "role", "title", "finished", *COLUMNS]
GROUPED = ("continent", "job_family", "seniority")
SIZES = np.geomspace(500, 200_000, 25).round()


@dataclass(frozen=True)
class Study:
    """What notebook 09 shows.

    Attributes
    ----------
    assigned : pandas.DataFrame
        In ``ASSIGNED``: the arms of each experiment, whether they are as large as meant, and how many people were
        left out because they are in two.
    effects : pandas.DataFrame
        In ``EFFECTS``: a row per experiment, arm and metric. The primary metrics of all experiments are corrected
        together, the secondary ones of each; of a guardrail the verdict is ``kept``, ``harmed`` or ``cannot tell``.
    looks, lasting, segments : pandas.DataFrame
        From :mod:`insights.experiments.followed` and :mod:`insights.experiments.segments`, with ``experiment``.
    designs, curve : pandas.DataFrame
        From :mod:`insights.experiments.design`.
    market : pandas.DataFrame
        From :func:`insights.experiments.market.designs`.
    blinded, cases : pandas.DataFrame
        From :mod:`insights.experiments.blinded`: of validation rows, and of the candidates.
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
    parts = {name: [] for name in ("assigned", "effects", "looks", "lasting", "segments")}
    register = registered.register()
    designs = pd.DataFrame(), pd.DataFrame()
    if "assignments" in tables:
        units = outcomes.assigned(tables, params)
        plans = {name: register.get(registered.base_name(name)) for name in sorted(units["experiment"].unique())}
        days = {name: plan.days for name, plan in plans.items() if plan is not None}
        done = outcomes.counted(con, tables, units[units["experiment"].isin(days)], days, params)
        groups = _groups(tables)
        for name, plan in plans.items():
            report(f"experiment {name}")
            mine = done[done["experiment"] == name]
            for key, found in _one(name, plan, units, mine, tables, groups, params).items():
                parts[key].append(found)
        designs = _designs(plans, units, done, tables, params)
    joined = {key: _joined(some, _COLUMNS[key]) for key, some in parts.items()}
    effects = _corrected(joined.pop("effects"), register, params)
    told, cases, key = _recommender(tables, params)
    found = Study(
        joined["assigned"], effects, joined["looks"], joined["lasting"], joined["segments"], *designs, *told, cases
    )
    _keep(step, found, key)
    return found


def _one(name, plan, units, done, tables, groups, params):
    """Return what there is to say of one experiment; of one that is not registered only its arms."""
    mine = units[units["experiment"] == name]
    kept = mine[~mine["crossed"]].reset_index(drop=True)
    arms = ratio.compare(kept["arm"]).assign(
        experiment=name, registered=plan is not None, began=mine["assigned_at"].min(),
        days=np.nan if plan is None else plan.days, crossed=int(mine["crossed"].sum()),
    )  # fmt: skip
    found = {"assigned": arms[ASSIGNED]}
    if plan is None or (arms["verdict"] == MISMATCH).any() or not {plan.control} < {*kept["arm"]}:
        return found
    there = outcomes.measurable(tables, plan.metrics)
    if plan.primary not in there or kept["arm"].value_counts().min() < 2:
        return found
    frame = outcomes.frame(kept, done, there)
    ends = mine["assigned_at"].max() + pd.Timedelta(days=plan.days)
    found["effects"] = _effects(frame, plan, there, params).assign(
        experiment=name, finished=bool(ends <= pd.Timestamp(params.end))
    )
    [metric] = frames.metrics_of(outcomes.asked([plan.primary]))
    counts = frames.Metric(metric.name, metric.kind, *outcomes.METRICS[plan.primary].counts)
    asked = kept[["learner_id", "arm"]], done, counts, plan.control, plan.days, params.experiments.level
    found["looks"] = followed.daily(*asked).assign(experiment=name)
    found["lasting"] = followed.lasting(*asked).assign(experiment=name)
    if groups is not None:
        found["segments"] = segments.by_group(
            frame, groups.reindex(frame["learner_id"]).reset_index(drop=True), "arm", plan.control,
            outcomes.asked([plan.primary]), _covariates(frame), fewest=params.experiments.smallest_group,
            level=params.experiments.level,
        ).assign(experiment=name)  # fmt: skip
    return found


def _effects(frame, plan, there, params):
    """Return the effects on each metric, the primary, the secondary ones and the guardrails each by themselves."""
    roles = {PRIMARY: [plan.primary], SECONDARY: plan.secondary, GUARDRAIL: [*plan.guardrails]}
    parts = []
    for role, names in roles.items():
        if asked := [name for name in names if name in there]:
            told = analyse(
                frame, "arm", plan.control, outcomes.asked(asked), _covariates(frame), margin=plan.margin,
                level=params.experiments.level,
            )  # fmt: skip
            measured = told["metric"].map(outcomes.named(asked))
            titles = measured.map({name: outcomes.METRICS[name].title for name in asked})
            parts.append(told.assign(role=role, metric=measured, title=titles))
    return pd.concat(parts, ignore_index=True)


def _corrected(effects, register, params):
    """Return the effects with the primary metrics of all experiments corrected together, and the verdicts anew.

    Of an experiment that is still running nothing counts but what holds at any look.
    """
    if effects.empty:
        return effects
    level = params.experiments.level
    told = effects.assign(p_at=effects["p"].where(effects["finished"], effects["always_p"]))
    first = told["role"] == PRIMARY
    told.loc[first, "p_adjusted"] = holm(told.loc[first, "p_at"])
    running = ~told["finished"] & ~first
    told.loc[running, "p_adjusted"] = told.loc[running, "always_p"]
    verdicts = []
    for r in told.itertuples():
        plan = register[registered.base_name(r.experiment)]
        seen = r if r.finished else r._replace(low=r.always_low, high=r.always_high)
        verdicts.append(
            guarded(seen, plan.guardrails[r.metric]) if r.role == GUARDRAIL else judge(seen, plan.margin, level)
        )
    return told.assign(verdict=verdicts)[EFFECTS]


def guarded(row, most: float) -> str:
    """Return whether a guardrail is kept: its interval lies within what it may get worse by, or above no harm.

    Parameters
    ----------
    row : named tuple
        ``metric, difference, low, high, value_control``.
    most : float
        Share of the control's value by which it may get worse.
    """
    low, high = (row.low, row.high) if outcomes.METRICS[row.metric].worse == "higher" else (-row.high, -row.low)
    if high < most * abs(row.value_control):
        return KEEPS
    return HARMS if low > 0 else UNKNOWN


def _covariates(frame):
    return [name for name in frame if name.endswith("_before")]


def _groups(tables):
    if "learners" not in tables:
        return None
    there = [name for name in ("learner_id", "country", *GROUPED[1:]) if name in tables["learners"].columns]
    people = tables["learners"].select(*there).to_pandas().set_index("learner_id")
    if "country" in people:
        known = terms.continents(people["country"].dropna().unique())
        people = people.assign(continent=people.pop("country").map(known))
    return people[[name for name in GROUPED if name in people]]


def _designs(plans, units, done, tables, params):
    """Return what an experiment on each metric would take, by the last registered experiment that is long enough."""
    last = max((name for name, plan in plans.items() if plan is not None), key=lambda name: (
        units.loc[units["experiment"] == name, "assigned_at"].min(), name), default=None)  # fmt: skip
    if last is None:
        return pd.DataFrame(), pd.DataFrame()
    mine = units[(units["experiment"] == last) & ~units["crossed"]].reset_index(drop=True)
    named = dict.fromkeys(name for plan in plans.values() if plan is not None for name in plan.metrics)
    there = outcomes.measurable(tables, [name for name in outcomes.METRICS if name in named])
    frame = outcomes.frame(mine, done[done["experiment"] == last], there)
    people = int(tables["learners"].count().execute()) if "learners" in tables else len(frame)
    a_day = people / max((params.end - params.start).days, 1) if people else 0.0
    asked = params.experiments
    rows, known = [], {}
    for name in there:
        [metric] = frames.metrics_of(outcomes.asked([name]))
        if not all(frame[column].sum() > 0 for column in metric.columns):
            continue
        value, plan = design.measured(frame, metric, _covariates(frame), level=asked.level, power=asked.power)
        margin = plans[last].margin
        row = design.table(name, metric.kind, value, plan, len(frame), a_day, margin)
        rows.append({"title": outcomes.METRICS[name].title} | row)
        known[outcomes.METRICS[name].title] = value, plan
    return pd.DataFrame(rows), design.curve(known, SIZES)


def _recommender(tables, params):
    """Return how the recommender could be tested, the panel against it on validation rows, and the next cases."""
    file = paths.predictions(params.window, "launch")
    nothing = pd.DataFrame(columns=market.COLUMNS), pd.DataFrame(columns=["rows", *blinded.COLUMNS])
    if not file.exists():
        return nothing, pd.DataFrame(columns=blinded.CASES), pd.DataFrame(columns=blinded.KEY)
    predictions = pd.read_parquet(file)
    chosen = saved.load(paths.model(params.window, "launch")).name
    rows = pd.read_parquet(paths.features(params.window, "launch"))
    cases, key = pd.DataFrame(columns=blinded.CASES), pd.DataFrame(columns=blinded.KEY)
    if PANEL not in {*predictions["model"]}:
        return nothing, cases, key
    tested = market.designs(tables, predictions, chosen, PANEL, params)
    parts = [
        _blinded(part.reset_index(drop=True), rows, chosen, params).assign(rows=kind)
        for kind, part in predictions.groupby("kind")
    ]
    advice = table(params.window, "05_modeling", "table_5_9_recommendations")
    votes = rows[rows["product_id"].isin(advice["product_id"]) & rows["panel_vote"].notna()]
    votes = (
        votes.sort_values("as_of").drop_duplicates("product_id", keep="last").set_index("product_id")["panel_vote"]
    )
    if len(advice):
        cases, key = blinded.sheet(advice, votes, params.modeling.seed)
    return (tested, pd.concat(parts, ignore_index=True)), cases, key


def _blinded(predictions, rows, chosen, params):
    weights = standing.resamples(predictions, "family", params)
    asked, _ = agreement.among(predictions, weights, agreement.answered(predictions, rows))
    model, panel = (asked[asked["model"] == name].reset_index(drop=True) for name in (chosen, PANEL))
    apart = (model["decision"] != panel["decision"]).to_numpy()
    if apart.sum() < 2:
        return pd.DataFrame(columns=blinded.COLUMNS)
    gain = value.gain(model)
    return blinded.compared(
        model.loc[apart, "y"].to_numpy(dtype=int), None if gain is None else gain.to_numpy()[apart],
        model.loc[apart, "decision"].to_numpy(dtype=int), panel.loc[apart, "decision"].to_numpy(dtype=int),
        model.loc[apart, "family"], params.modeling.bootstrap_repeats, params.modeling.seed,
    )  # fmt: skip


def _joined(parts, columns):
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True)[columns] if kept else pd.DataFrame(columns=columns)


_COLUMNS = {
    "assigned": ASSIGNED, "effects": EFFECTS, "looks": ["experiment", *followed.LOOKS],
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
    folder = step.place(paths.blinding_key(step.params.window))
    folder.parent.mkdir(parents=True, exist_ok=True)
    key.to_csv(folder, index=False)
    for r in found.effects.itertuples():
        by = {"experiment": r.experiment, "arm": r.arm, "metric": r.metric, "role": r.role}
        bounds = {"low": r.low, "high": r.high, "n": int(r.n + r.n_control)}
        step.record("experiment.effect", r.difference, **bounds, by=by, unit=outcomes.METRICS[r.metric].title)
    for r in found.market.itertuples():
        if np.isfinite(r.detectable):
            step.record("market.detectable", r.detectable, by={"design": r.design}, unit=r.unit)
