"""Findings about fresh data: whether promises hold, what changed and why, and what is to be done."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, listing, number, p_value, say
from insights.findings.words import METRICS, ROWS, TITLES, opening
from insights.verdicts import (
    AS_PROMISED,
    BETTER,
    DRIFTED,
    KEEP,
    KEEP_WATCHING,
    MEND,
    RECALIBRATE,
    RETRAIN,
    UNKNOWN,
    WORSE,
    WORSE_THAN_PROMISED,
)  # fmt: skip

TO_DO = {
    KEEP: "keep it", KEEP_WATCHING: "keep it, and look again next month", RECALIBRATE: "recalibrate it",
    RETRAIN: "retrain it", MEND: "mend the records first",
}  # fmt: skip


def in_short(found) -> Prose:
    """Say what each model in use promised and reached, what is to be done with it, and why."""
    if found.champions.empty:
        return say(
            "**There is no earlier model to judge.** {lacking}", lacking=found.lacking or "No model was fitted."
        )
    told = []
    for r in found.champions.itertuples():
        decision = found.decisions.set_index("model").loc[r.model]
        told += [
            say(
                "**The {model} model of {window}{promoted}: {what}** ({why}).",
                model=r.model, window=r.window, promoted=", in use" if r.promoted else "",
                what=TO_DO[decision["decision"]], why=decision["why"],
            ),
            _promises(found.performance[found.performance["model"] == r.model]),
            say("Likely cause of what changed: {cause}.", cause=decision["cause"]),
            _challenger(r, found.fights[found.fights["model"] == r.model], decision["promotable"]),
        ]  # fmt: skip
    return bullets(*told)


def performance(table: pd.DataFrame) -> pd.DataFrame:
    """Return promised and realised figures in words, a row per measure."""
    return pd.DataFrame(
        [
            {
                "model": r.model, "rows": ROWS.get(r.rows, r.rows), "measure": _measure(r.measure),
                "promised": _bounds(r.promised, r.promised_low, r.promised_high),
                "realised": _bounds(r.realised, r.realised_low, r.realised_high),
                "change": _bounds(r.change, r.low, r.high), "verdict": r.verdict,
                "specification": r.specification or "none",
            }
            for r in table.itertuples()
        ]
    )  # fmt: skip


def fights(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the challenger has over the champion in words, a row per measure; measures differ in size."""
    columns = ["model", "rows", "measure", "n", "champion", "challenger", "difference", "verdict"]
    told = [
        [r.model, ROWS.get(r.rows, r.rows), _measure(r.measure), r.n, number(r.champion, 3), number(r.challenger, 3),
         _bounds(r.difference, r.low, r.high), r.verdict]
        for r in table.itertuples()
    ]  # fmt: skip
    return pd.DataFrame(told, columns=columns)


def drift(inputs: pd.DataFrame, joint: pd.DataFrame, outcomes: pd.DataFrame) -> Prose:
    """Say which inputs drift, whether all of them together do, and whether outcomes do."""
    told = []
    for model, mine in inputs.groupby("model", sort=False):
        drifted = mine[mine["verdict"] == DRIFTED].sort_values("p")
        asked = mine["p"].notna().sum()
        names = [f"{r.feature.replace('_', ' ')} ({p_value(r.p_adjusted)})" for r in drifted.itertuples()]
        told.append(
            say("{model}, of {n}: {names}.", model=opening(model), n=count(int(asked), "input"),
                names=f"drifting are {listing(names, most=8)}" if names else "none is shown to drift")
        )  # fmt: skip
    for r in joint.dropna(subset="told_apart").itertuples():
        told.append(
            say(
                "{model}, all together: fresh rows are told from those before with a ROC AUC of {apart}; the months "
                "before from theirs with {before}. {verdict}.",
                model=opening(r.model), apart=number(r.told_apart, 2), before=number(r.before, 2),
                verdict=opening(r.verdict),
            )
        )  # fmt: skip
    for r in outcomes.itertuples():
        told.append(
            say(
                "{model}, outcomes of {rows}: {verdict}; they come true {change} more often than the model says than "
                "they did before.", model=opening(r.model), rows=ROWS.get(r.rows, r.rows), verdict=r.verdict,
                change=f"{number(100 * r.change, 1)} of 100",
            )
        )  # fmt: skip
    return bullets(*told) if told else say("Nothing could be compared.")


def records(quality: pd.DataFrame) -> Prose:
    """Say which records of the fresh months are worse than the alert allows."""
    if quality.empty:
        return say("No check of records could be made.")
    worse = quality[quality["alarm"].astype(bool)]
    if worse.empty:
        return say(
            "Of {n}, none alarms in any fresh month.", n=count(len(quality), "check of records", "checks of records")
        )
    names = [f"{r.title} ({r.month}, {number(r.level, 3)} above {number(r.limit, 3)})" for r in worse.itertuples()]
    return say("Of {n}, these alarm: {names}.", n=count(len(quality), "check of records", "checks of records"),
               names=listing(names, most=8))  # fmt: skip


def over_windows(windows: pd.DataFrame) -> Prose:
    """Say how often promises were kept over all windows that were run."""
    auc = windows[windows["measure"] == "roc_auc"]
    if auc.empty:
        return say("No other window of these records has judged an earlier model here.")
    worse = auc[auc["verdict"] == WORSE_THAN_PROMISED]
    inside = ((auc["realised_low"] <= auc["promised"]) & (auc["promised"] <= auc["realised_high"])).sum()
    names = [f"{r.model} in {r.window} ({ROWS.get(r.rows, r.rows)})" for r in worse.itertuples()]
    return say(
        "Of {n} of ROC AUC in other windows, {inside} lie in the interval of what was realised; surely worse: "
        "{names}.",
        n=count(len(auc), "promise"), inside=number(int(inside)), names=listing(names, most=8),
    )  # fmt: skip


def log(decisions: pd.DataFrame) -> Prose:
    """Say which models are in use, and by which decision."""
    if decisions.empty:
        return say("No model has been promoted yet: make promote WINDOW=… WHY=… does, make rollback takes it back.")
    last = decisions.groupby("model").tail(1)
    return bullets(
        *(
            say("{model}: that of {window} is in use since {at} ({action}): {why}.", model=opening(r.model),
                window=r.window, at=r.decided_at[:10], action=r.action, why=r.why.rstrip("."))
            for r in last.itertuples()
        )
    )  # fmt: skip


def _promises(table):
    kept = {verdict: table[table["verdict"] == verdict] for verdict in (AS_PROMISED, WORSE_THAN_PROMISED, UNKNOWN)}
    auc = table[table["measure"] == "roc_auc"]
    told = [
        f"{_bounds(r.realised, r.realised_low, r.realised_high)} on {ROWS.get(r.rows, r.rows)}, promised "
        f"{number(r.promised)}"
        for r in auc.itertuples()
    ]
    worse = [f"{_measure(r.measure)} of {ROWS.get(r.rows, r.rows)}" for r in kept[WORSE_THAN_PROMISED].itertuples()]
    return say(
        "ROC AUC: {told}. Of {n}, {good} surely hold, of {open} nobody can tell; worse than promised: {worse}.",
        told=listing(told), n=count(len(table), "promise"), good=number(len(kept[AS_PROMISED])),
        open=number(len(kept[UNKNOWN])), worse=listing(worse),
    )  # fmt: skip


def _challenger(champion, fights, promotable):
    better = [
        f"{_measure(r.measure)} on {ROWS.get(r.rows, r.rows)}" for r in fights.itertuples() if r.verdict == BETTER
    ]
    worse = [
        f"{_measure(r.measure)} on {ROWS.get(r.rows, r.rows)}" for r in fights.itertuples() if r.verdict == WORSE
    ]
    return say(
        "This window's model ({name}) is surely better in {better}, surely worse in {worse}: {verdict}.",
        name=TITLES.get(champion.challenger, champion.challenger), better=listing(better), worse=listing(worse),
        verdict="it may be promoted" if promotable else "there is no ground to promote it",
    )  # fmt: skip


def _measure(name):
    return METRICS.get(name, name.replace("_", " "))


def _bounds(value, low, high):
    return f"{number(value, 3)} ({number(low, 3)} to {number(high, 3)})"
