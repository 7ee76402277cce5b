"""Readiness: failure modes, feasibility, the plan and the gates, from what was measured by then."""

import time
from dataclasses import dataclass

import pandas as pd

from insights import feasibility, fmea, gates, paths, plan, store
from insights.modeling import saved
from insights.modeling.dataset import MODELS, load
from insights.params import Params
from insights.store import Step
from insights.tolerance.core import Study as Tolerances
from insights.verdicts import MET, MISSED


@dataclass(frozen=True)
class Readiness:
    """What notebook 08 shows beside tolerances.

    Attributes
    ----------
    modes : pandas.DataFrame
        From :func:`insights.fmea.rated`.
    economics : insights.feasibility.Economics or None
    schedule : pandas.DataFrame
        From :func:`insights.plan.scheduled`.
    scorecard, by_gate : pandas.DataFrame
        From :mod:`insights.gates`.
    latency : pandas.DataFrame
        ``model, milliseconds`` (that it takes to say what it says of a row, on one core)``, limit, verdict``; no
        criterion of a gate and stored in the manifest alone, for no two runs agree.
    """

    modes: pd.DataFrame
    economics: feasibility.Economics | None
    schedule: pd.DataFrame
    scorecard: pd.DataFrame
    by_gate: pd.DataFrame
    latency: pd.DataFrame


def study(step: Step, tolerances: Tolerances) -> Readiness:
    """Return failure modes, feasibility, plan and gates; stored and recorded."""
    params = step.params
    ledger = store.table(params.window, "02_data_cleaning", "table_2_1_ledger")
    modes = fmea.rated(
        fmea.register(), tolerances.curves, tolerances.caught, tolerances.faults, tolerances.alerts, ledger
    )
    economics = _economics(params)
    schedule = plan.scheduled(plan.read(), params.feasibility)
    card = gates.scorecard(params, store.results(params.window), tolerances, economics, schedule)
    found = Readiness(modes, economics, schedule, card, gates.by_gate(card), _latency(params))
    _keep(step, found)
    return found


def _economics(params):
    path = paths.predictions(params.window, "launch")
    if not path.exists():
        return None
    chosen = saved.load(paths.model(params.window, "launch")).name
    return feasibility.study(pd.read_parquet(path), chosen, params)


def _latency(params):
    took = {name: _milliseconds(params, name) for name in MODELS if paths.model(params.window, name).exists()}
    limits = {name: getattr(params.specification, name).latency for name in took}
    rows = [[name, ms, limits[name], MET if ms <= limits[name] else MISSED] for name, ms in took.items()]
    return pd.DataFrame(rows, columns=["model", "milliseconds", "limit", "verdict"])


def _milliseconds(params: Params, name: str) -> float:
    """Return how many thousandths of a second a model takes a row; the least of three times."""
    model, rows = saved.load(paths.model(params.window, name)), load(params.window, name).validate
    took = []
    for _ in range(3):
        began = time.perf_counter()
        model.score(rows)
        took.append(time.perf_counter() - began)
    return 1000 * min(took) / len(rows)


def _keep(step, found):
    step.table("table_8_10_failure_modes", found.modes)
    step.table("table_8_11_gates", found.scorecard)
    if found.economics is not None:
        step.table("table_8_12_economics", found.economics.summary.replace({float("inf"): None}))
        step.table("table_8_13_tornado", found.economics.tornado)
        worth = found.economics.of("net present value")
        step.record("feasibility.net_present_value", worth["value"], low=worth["low"], high=worth["high"], unit="USD")
    step.table("table_8_14_plan", found.schedule)
    for r in found.by_gate.itertuples():
        step.record("gates.met", r.met, n=r.criteria, by={"gate": r.gate}, unit="criteria")
    for r in found.modes.itertuples():
        step.record("fmea.rpn", r.rpn, by={"mode": r.mode})
    step.note(milliseconds_a_row=found.latency.set_index("model")["milliseconds"].to_dict())
    step.note(gates_met=bool((found.by_gate["verdict"] == MET).all()))
