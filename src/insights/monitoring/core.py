"""The study of notebook 10: the model in use on this window's fresh rows, before anything is trained anew."""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, lineage, paths
from insights import params as parameters
from insights.ablation.components import tables as read_tables
from insights.features import registry
from insights.modeling import saved
from insights.modeling.dataset import MODELS, Dataset
from insights.modeling.dataset import load as load_dataset
from insights.modeling.learned import Learned
from insights.monitoring import deployed, drift, duel, fresh, quality, rule, scorecard, walked
from insights.params import Params
from insights.progress import report
from insights.store import Step, file_hash, joined
from insights.timeline import TRAIN, VALIDATE
from insights.verdicts import DRIFTED

CHAMPIONS = ["model", "window", "name", "promoted", "sha256", "challenger"]
DECISIONS = ["model", "decision", "why", "cause", "promotable"]
OUTCOMES = ["model", "rows", *drift.OUTCOMES]


@dataclass(frozen=True)
class Study:
    """What notebook 10 shows.

    Attributes
    ----------
    champions : pandas.DataFrame
        In ``CHAMPIONS``: the model that is judged, from which window, whether it was promoted.
    performance : pandas.DataFrame
        From :func:`insights.monitoring.fresh.beside`.
    inputs, joint, outcomes : pandas.DataFrame
        From :mod:`insights.monitoring.drift`.
    scorecard : pandas.DataFrame
        From :func:`insights.monitoring.scorecard.monthly`.
    quality : pandas.DataFrame
        From :func:`insights.monitoring.quality.alarms`.
    fights : pandas.DataFrame
        From :func:`insights.monitoring.duel.fought`.
    decisions : pandas.DataFrame
        In ``DECISIONS``: by the written rule.
    windows : pandas.DataFrame
        From :func:`insights.monitoring.walked.over_windows`; what has been run on this machine, stored nowhere.
    log : pandas.DataFrame
        From :func:`insights.monitoring.deployed.log`.
    lacking : str
        Why there is nothing to judge; empty where there is.
    """

    champions: pd.DataFrame
    performance: pd.DataFrame
    inputs: pd.DataFrame
    joint: pd.DataFrame
    outcomes: pd.DataFrame
    scorecard: pd.DataFrame
    quality: pd.DataFrame
    fights: pd.DataFrame
    decisions: pd.DataFrame
    windows: pd.DataFrame
    log: pd.DataFrame
    lacking: str


def study(step: Step, con: ibis.BaseBackend) -> Study:
    """Return how the models in use do on this window's fresh rows, and what to do; stored and recorded."""
    params = step.params
    tables = cleaning.tables(con, params.window)
    parts = {name: [] for name in _COLUMNS}
    before, lacking = lineage.before(params), []
    alarms = quality.alarms(tables, params, before and before.window)
    for name in MODELS:
        dataset = load_dataset(params.window, name)
        if dataset is None:
            continue
        champion, why = champion_of(name, params)
        if champion is None:
            lacking.append(why)
            continue
        report(f"{name}: the model of {champion.window} on fresh rows")
        known = pd.read_parquet(paths.features(champion.window, name))
        challenger = saved.load(paths.model(params.window, name))
        for key, found in judged(name, champion, known, dataset, challenger, params).items():
            parts[key].append(found)
    tables_of = {key: joined(some, _COLUMNS[key]) for key, some in parts.items()}
    decisions = decided(tables_of, alarms)
    found = Study(
        **tables_of, quality=alarms, decisions=decisions, windows=walked.over_windows(params), log=deployed.log(),
        lacking=" ".join(dict.fromkeys(lacking)),
    )  # fmt: skip
    _keep(step, found)
    return found


@dataclass(frozen=True)
class Champion:
    """A model that was made before this window's fresh rows came.

    Attributes
    ----------
    window : str
        Whose notebook 05 made it.
    model : insights.modeling.learned.Learned
    promoted : bool
        Whether it was put into use; else it is the window before's.
    sha256 : str
    """

    window: str
    model: Learned
    promoted: bool
    sha256: str


def champion_of(name: str, params: Params) -> tuple[Champion | None, str]:
    """Return the model that is judged on this window's fresh rows, and without one why there is none.

    It is the model in use, if it was made before this window's validation began; else the window before's.
    """
    decision = deployed.in_use(name)
    if decision is not None and _made_before(decision["window"], params):
        of = decision["window"]
        if not lineage.has_model(of, name):
            return None, f"What the model in use, of {of}, was made of is gone here: make run WINDOW={of}."
        return Champion(of, deployed.load(name), True, decision["sha256"]), ""
    before = lineage.before(params)
    if before is None:
        return None, "No window of the same records ends where the validation of this one begins."
    if not lineage.has_model(before.window, name):
        return None, f"The window before, {before.window}, has not been run here: make run WINDOW={before.window}."
    file = paths.model(before.window, name)
    return Champion(before.window, saved.load(file), False, file_hash(file)), ""


def judged(
    name: str, champion: Champion, known: pd.DataFrame, dataset: Dataset, challenger: Learned, params: Params
) -> dict[str, pd.DataFrame]:
    """Return all that is measured of one model on fresh rows.

    Parameters
    ----------
    name : str
    champion : Champion
    known : pandas.DataFrame
        The feature table that the champion was made of.
    dataset : insights.modeling.dataset.Dataset
        Of this window.
    challenger : insights.modeling.learned.Learned
        This window's model.
    params : Params

    Returns
    -------
    dict of str to pandas.DataFrame
        ``champions, performance, inputs, joint, outcomes, scorecard, fights``.
    """
    asked, model = params.monitoring, champion.model
    known = known[known["role"].isin([TRAIN, VALIDATE])].reset_index(drop=True)
    rows, history = fresh.said(model, dataset.validate), fresh.said(model, known)
    promised = history[history["role"] == VALIDATE]
    performance, outcomes, cards = [], [], []
    kinds = sorted({*promised["kind"]} & {*rows["kind"]})
    for number, kind in enumerate(kinds):
        pair = [part[part["kind"] == kind].reset_index(drop=True) for part in (promised, rows)]
        both = [fresh.judged(part, dataset.clusters, params, 2 * number + at) for at, part in enumerate(pair)]
        if all(both):
            limits, looks = getattr(params.specification, name), len(kinds) * len(both[0].names)
            performance.append(fresh.beside(name, kind, *both, limits, asked.margin, looks))
        cards.append(scorecard.monthly(name, *pair))
        told = drift.outcomes(*pair, dataset.clusters, asked.level, history[history["kind"] == kind])
        outcomes.append({"model": name, "rows": kind} | told)
    families = {f.name: f.family for f in registry.features(name, {*known.columns} | {*rows.columns})}
    read = {feature: families.get(feature, "") for feature in model.features}
    told = [name, champion.window, model.name, champion.promoted, champion.sha256, challenger.name]
    return {
        "champions": pd.DataFrame([told], columns=CHAMPIONS),
        "performance": joined(performance, fresh.COLUMNS),
        "inputs": drift.inputs(name, known, rows, read, asked.level),
        "joint": drift.joint(name, known, rows, [*read], dataset.clusters, asked.apart, params.modeling.seed),
        "outcomes": pd.DataFrame(outcomes, columns=OUTCOMES),
        "scorecard": joined(cards, scorecard.COLUMNS),
        "fights": duel.fought(name, dataset, model, challenger, params),
    }  # fmt: skip


def decided(found: dict[str, pd.DataFrame], alarms: pd.DataFrame) -> pd.DataFrame:
    """Return what to do with each model by the written rule, and the likely cause of what changed.

    Parameters
    ----------
    found : dict of str to pandas.DataFrame
        From :func:`judged`, of all models.
    alarms : pandas.DataFrame
        From :func:`insights.monitoring.quality.alarms`.
    """
    worse = alarms[alarms["alarm"].astype(bool)]
    rows = []
    for name in found["champions"]["model"]:
        mine = {key: part[part["model"] == name] for key, part in found.items()}
        read = read_tables(name, mine["inputs"]["feature"])
        harmed = [r.title for r in worse.itertuples() if read & {*r.tables.split(", ")}]
        outcomes = bool((mine["outcomes"]["verdict"] == DRIFTED).any())
        drifts = rule.drifting(mine["inputs"], mine["joint"], outcomes)
        decision, why = rule.decide(mine["performance"], drifts, harmed)
        rows.append([name, decision, why, cause(mine["inputs"], outcomes, harmed), duel.promotable(mine["fights"])])
    return pd.DataFrame(rows, columns=DECISIONS)


def cause(inputs: pd.DataFrame, outcomes: bool, harmed: list[str]) -> str:
    """Return the likely cause of what changed, the nearest first: records, then what they tell, then people.

    Parameters
    ----------
    inputs : pandas.DataFrame
        From :func:`insights.monitoring.drift.inputs`.
    outcomes : bool
        Whether they drifted.
    harmed : list of str
        Inputs whose records are worse than the alert allows.
    """
    if harmed:
        return f"records are worse: {', '.join(harmed)}"
    drifted = inputs[inputs["verdict"] == DRIFTED]
    if len(drifted):
        families = drifted["family"].value_counts()
        told = ", ".join(f"{family} ({n} of {(inputs['family'] == family).sum()})" for family, n in families.items())
        also = "outcomes changed with them" if outcomes else "outcomes did not, as far as can be told"
        return f"what is recorded changed: {told}; {also}"
    if outcomes:
        return "people, or what is asked of products, changed: the same records are followed by other outcomes"
    return "nothing is shown to have changed"


def _made_before(window, params):
    """Return whether a window of the same records learned from nothing that this one validates on."""
    if window not in parameters.windows():
        return False
    other = parameters.load(window)
    return lineage.same_records(other, params) and other.dates.split < params.dates.split


_COLUMNS = {
    "champions": CHAMPIONS, "performance": fresh.COLUMNS, "inputs": [*drift.INPUTS], "joint": drift.JOINT,
    "outcomes": OUTCOMES, "scorecard": scorecard.COLUMNS, "fights": duel.COLUMNS,
}  # fmt: skip
# What is stored, by the name it is cited by.
TABLES = {
    "table_10_1_performance": "performance", "table_10_2_inputs": "inputs", "table_10_3_joint": "joint",
    "table_10_4_outcomes": "outcomes", "table_10_5_quality": "quality", "table_10_6_fights": "fights",
    "table_10_7_decisions": "decisions", "table_10_8_scorecard": "scorecard",
}  # fmt: skip


def _keep(step, found):
    for name, attribute in TABLES.items():
        step.table(name, getattr(found, attribute))
    for r in found.performance.itertuples():
        by = {"rows": r.rows, "split": "fresh"}
        bounds = {"low": r.realised_low, "high": r.realised_high}
        if np.isfinite(r.realised):
            step.record(f"fresh.{r.measure}", r.realised, **bounds, n=int(r.n), model=r.model, by=by)
    for r in found.decisions.itertuples():
        step.record("fresh.decision", 1, model=r.model, by={"decision": r.decision}, unit="decision")
    step.note(
        champions=found.champions.to_dict("records"), windows=found.windows.to_dict("records"), lacking=found.lacking
    )
