"""The gates of Design for Six Sigma, as a scorecard: each criterion with what was measured and whether it is met.

The phases are those of Design for Six Sigma (Yang and El-Haik 2009): concept, design, optimisation, verification, and
feasibility before production. Nothing is judged by hand: each criterion reads results that a notebook of the window
has stored. A criterion that cannot be measured on a source is said to be so, and is not met.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights import store
from insights.feasibility import Economics
from insights.params import Params
from insights.tolerance.core import Study as Tolerances
from insights.verdicts import AS_TRAINED, GAP_SHOWN, MET, MISSED, NO_LIMIT, NOT_WORSE, UNKNOWN, WITHIN

GATES = ("concept", "design", "optimisation", "verification", "feasibility")
COLUMNS = ["gate", "criterion", "measured", "low", "high", "limit", "unit", "source", "verdict"]
PAYBACK = 12  # months, within which what was spent must have come back
NOTICED = 0.8  # share of harmful faults that checks must notice


@dataclass(frozen=True)
class Measured:
    """What a criterion rests on: a value with its bounds, where it is known."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan


def scorecard(
    params: Params, results: pd.DataFrame, tolerances: Tolerances, economics: Economics | None, schedule: pd.DataFrame
) -> pd.DataFrame:
    """Return every criterion with its measured value and verdict.

    Parameters
    ----------
    params : Params
    results : pandas.DataFrame
        The window's results store.
    tolerances : insights.tolerance.core.Study
    economics : insights.feasibility.Economics or None
    schedule : pandas.DataFrame
        From :func:`insights.plan.scheduled`.

    Returns
    -------
    pandas.DataFrame
        ``gate, criterion, measured, low, high, limit, unit, source, verdict``.
    """
    read = _Results(results)
    rows = [
        *_concept(read, tolerances), *_design(read), *_optimisation(params, tolerances),
        *_verification(params, tolerances), *_feasibility(params, economics, schedule),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def by_gate(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many criteria of each gate are met: ``gate, criteria, met, verdict``."""
    rows = []
    for gate in GATES:
        mine = table.loc[table["gate"] == gate, "verdict"]
        met = int((mine == MET).sum())
        rows.append([gate, len(mine), met, MET if met == len(mine) else MISSED])
    return pd.DataFrame(rows, columns=["gate", "criteria", "met", "verdict"])


class _Results:
    """The results store, asked for one number at a time."""

    def __init__(self, results):
        self._results = results

    def one(self, name, model=None, **by):
        """Return a record's value and bounds; nan where it was not recorded."""
        found = self._results[self._results["name"] == name]
        if model is not None:
            found = found[found["model"] == model]
        for key, wanted in by.items():
            found = found[np.array([keys.get(key) == wanted for keys in found["by"]], dtype=bool)]
        whole = found[np.array(["without" not in keys for keys in found["by"]], dtype=bool)]
        if whole.empty:
            return Measured()
        row = whole.iloc[0]
        return Measured(float(row["value"]), *(np.nan if pd.isna(row[b]) else float(row[b]) for b in ("low", "high")))

    def chosen(self, question):
        """Return the name of the model that was chosen for a question; None where there is none."""
        found = self._results[self._results["name"] == f"{question}.chosen"]
        return None if found.empty else found["model"].iloc[0]


def _row(gate, criterion, measured, limit, unit, source, met):
    known = not np.isnan(measured.value)
    verdict = (MET if met else MISSED) if known else UNKNOWN
    return [gate, criterion, measured.value, measured.low, measured.high, limit, unit, source, verdict]


def _concept(read, tolerances):
    asked, spec = Measured(float(len(tolerances.specification))), len(tolerances.specification)
    yield _row("concept", "critical qualities with a limit and a measured value", asked, 1, "qualities",
               "table_8_1_specification", spec > 0)  # fmt: skip
    gaps = read.one("dictionary.gaps")
    yield _row("concept", "information gaps are listed with what they switch off", gaps, 0, "gaps", "table_1_4_gaps",
               gaps.value >= 0)  # fmt: skip


def _design(read):
    for question, kind in (("launch", "catalogue"), ("launch", "launch"), ("completion", "enrolled")):
        chosen = read.chosen(question)
        if chosen is None:
            continue
        auc = read.one(f"{question}.roc_auc", chosen, split="validation", rows=kind)
        null = read.one(f"{question}.roc_auc_null_95", "best", split="validation", rows=kind)
        if not np.isnan(auc.value):
            yield _row("design", f"{question} model, {kind} rows: ranks beyond the best of chance", auc, null.value,
                       "ROC AUC", "notebook 05", auc.value > null.value)  # fmt: skip
        rivals = ("panel", "survey") if question == "launch" else ("last_week",)
        for rival in rivals:
            ahead = read.one(f"{question}.roc_auc_difference", chosen, rows=kind, against=rival)
            if not np.isnan(ahead.value):
                yield _row("design", f"{question} model, {kind} rows: ahead of {rival.replace('_', ' ')}", ahead, 0,
                           "ROC AUC", "notebook 05", ahead.low > 0)  # fmt: skip


def _optimisation(params, tolerances):
    limits = tolerances.limits
    kept = limits[limits["mode"] == AS_TRAINED]
    robust = kept["verdict"].isin([WITHIN, NO_LIMIT])
    share = Measured(float(robust.mean())) if len(kept) else Measured()
    yield _row("optimisation", "inputs that are within half their tolerance today", share, 1.0, "share",
               "table_8_3_tolerances", share.value == 1.0)  # fmt: skip
    for place, model in ((7, "launch"), (13, "completion")):
        found = store.table_if_there(params.window, "06_ablation", f"table_6_{place}_{model}_simplified")
        auc = found[found["metric"] == "roc_auc"] if found is not None else pd.DataFrame()
        if len(auc):
            worst = auc.loc[auc["high"].idxmax()]
            yield _row("optimisation", f"{model} model: the simplified one loses less than the margin",
                       Measured(worst["loss"], worst["low"], worst["high"]), params.ablation.margin, "ROC AUC",
                       "notebook 06", set(auc["verdict"]) == {NOT_WORSE})  # fmt: skip


def _verification(params, tolerances):
    for r in tolerances.specification.itertuples():
        criterion = f"{r.model} model, {r.rows} rows: {r.measure.replace('_', ' ')}"
        measured = Measured(r.value, r.low, r.high)
        yield _row("verification", criterion, measured, r.limit, "", "table_8_1_specification", r.verdict == MET)
    limit = params.specification.completion.gap
    groups = store.table_if_there(params.window, "07_bias_checks", "table_7_1_groups")
    if limit is not None and groups is not None:
        recall = groups[(groups["measure"] == "recall") & groups["gap"].notna()]
        shown = recall[recall["verdict"] == GAP_SHOWN]
        if len(recall):
            widest = (shown if len(shown) else recall).assign(size=lambda t: t["gap"].abs().astype("float64"))
            row = widest.loc[widest["size"].idxmax()]
            sides = sorted([row["gap_low"], row["gap_high"]], key=abs)
            sure = abs(row["gap"]) <= limit if len(shown) else abs(sides[1]) <= limit
            yield _row("verification", "completion model: widest gap in recall between groups of people",
                       Measured(abs(row["gap"]), abs(sides[0]), abs(sides[1])), limit, "share", "table_7_1_groups",
                       sure)  # fmt: skip
    caught = tolerances.caught
    if len(caught) and caught["harmful"].sum():
        share = Measured(float(caught["harmful_noticed"].sum() / caught["harmful"].sum()))
        yield _row("verification", "harmful faults that the checks notice", share, NOTICED, "share",
                   "table_8_9_noticed", share.value >= NOTICED)  # fmt: skip


def _feasibility(params, economics, schedule):
    if economics is not None:
        worth, back = economics.of("net present value"), economics.of("payback")
        yield _row("feasibility", "net present value above 0, and its whole interval", _of(worth), 0, "USD",
                   "table_8_12_economics", worth["low"] > 0)  # fmt: skip
        months = Measured(min(back["value"], 1e6), min(back["low"], 1e6), min(back["high"], 1e6))
        yield _row("feasibility", "payback within a year", months, PAYBACK, "months", "table_8_12_economics",
                   back["value"] <= PAYBACK)  # fmt: skip
        needed, reached = economics.of("break-even precision"), economics.of("precision on new launches")
        yield _row("feasibility", "precision on new launches above break-even", _of(reached), needed["value"],
                   "share", "table_8_12_economics", reached["low"] > needed["value"])  # fmt: skip
    ends = float(schedule["ends"].max()) if len(schedule) else np.nan
    yield _row("feasibility", "the plan to production fits its working days", Measured(ends),
               params.feasibility.working_days, "working days", "table_8_14_plan",
               ends <= params.feasibility.working_days)  # fmt: skip


def _of(row):
    return Measured(float(row["value"]), float(row["low"]), float(row["high"]))
