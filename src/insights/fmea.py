"""Failure modes and their effects: what can go wrong, rated by what was measured, the worst first.

What is written by hand (effect, cause, action) stands in ``registers/fmea.yaml``; no rating does. Each is read from a
measurement of notebook 08 on the scale of 1 to 10 that is customary (AIAG and VDA 2019):

* **Severity**, from the largest loss at any level that was tried: of launches the share of the value of decisions
  that is lost, of completions the share of the ranking above chance.
* **Occurrence**, from the share of the window's months in which the check alarmed, or the share of a table's records
  that cleaning took or mended for it, whichever is larger.
* **Detection**, from the share of injected faults that was noticed, of the harmful ones where there are enough.

The risk priority number is their product. The priority of action is a rule of our own in the spirit of AIAG and VDA:
it looks at severity first, then at occurrence and detection.
"""

from typing import Annotated

import numpy as np
import pandas as pd
import pydantic

from insights import paths, yamls
from insights.tolerance.disturbances import DISTURBANCES
from insights.verdicts import AS_TRAINED, HIGH, LOW, MEDIUM, RETRAINED

OCCURRENCE = (0.0, 1e-4, 1e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1)  # rates above which the rating is 2, 3, … 10
ENOUGH = 3  # harmful faults, from which on detection is that of these alone
BLIND = 10  # detection where no record tells
COLUMNS = [
    "mode", "title", "effect", "cause", "noticed_by", "action", "loss", "severity", "rate", "occurrence", "noticed",
    "detection", "rpn", "priority", "loss_after", "severity_after", "noticed_after", "detection_after", "rpn_after",
]  # fmt: skip


class RegisterError(ValueError):
    """A register of failure modes that cannot be used; the message names the entry and the remedy."""


class Entry(pydantic.BaseModel):
    """What people have written down about a failure mode.

    Attributes
    ----------
    mode : str
        A disturbance.
    effect, cause, action : str
    rules : list of str
        Rules of cleaning that take or mend such records.
    table : str
        The table of these rules.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    mode: str
    effect: Annotated[str, pydantic.StringConstraints(min_length=3)]
    cause: Annotated[str, pydantic.StringConstraints(min_length=3)]
    action: Annotated[str, pydantic.StringConstraints(min_length=3)]
    rules: list[str] = []
    table: str = ""


def register() -> list[Entry]:
    """Return the entries of the register, in its order.

    Raises
    ------
    RegisterError
        If it cannot be read, names a mode that is no disturbance, names one twice, or leaves one out.
    """
    file = paths.failure_modes()
    entries = yamls.entries(file, Entry, RegisterError)
    known, named = [one.name for one in DISTURBANCES], [entry.mode for entry in entries]
    wrong = [name for name in named if name not in known]
    twice = sorted({name for name in named if named.count(name) > 1})
    absent = [name for name in known if name not in named]
    if wrong or twice or absent:
        raise RegisterError(
            f"{file.name}: no disturbance {', '.join(wrong) or 'is misnamed'}; twice: {', '.join(twice) or 'none'}; "
            f"missing: {', '.join(absent) or 'none'}. Each disturbance has one entry."
        )
    return entries


def rated(
    entries: list[Entry], curves: pd.DataFrame, caught: pd.DataFrame, faults: pd.DataFrame, alerts: pd.DataFrame,
    ledger: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Return the failure modes with their ratings, the highest risk priority number first.

    Parameters
    ----------
    entries : list of Entry
    curves, caught, faults, alerts : pandas.DataFrame
        Of :class:`insights.tolerance.core.Study`.
    ledger : pandas.DataFrame
        Of cleaning: ``table, rule, rows_in, changed, set_aside``.

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``. *After* is what is measured once the model was retrained on such records (loss) and once the
        limit of control alarms instead of the tolerance (noticed). Modes that no model of the window can suffer are
        left out.
    """
    titles = {one.name: one.title for one in DISTURBANCES}
    checks = caught.set_index("disturbance")
    early = _early(faults, alerts)
    rows = []
    for entry in entries:
        mine = curves[curves["disturbance"] == entry.mode]
        if mine.empty:
            continue
        modes = set(mine["mode"])
        before, after = loss(mine, AS_TRAINED if AS_TRAINED in modes else RETRAINED), loss(mine, RETRAINED)
        told = entry.mode in checks.index
        noticed = _share(checks.loc[entry.mode]) if told else 0.0
        later = max(noticed, early.get(entry.mode, 0.0)) if told else 0.0
        rate = _rate(entry, checks, ledger)
        ratings = severity(before), occurrence(rate), detection(noticed) if told else BLIND
        again = severity(after), ratings[1], detection(later) if told else BLIND
        rows.append(
            [entry.mode, titles[entry.mode], entry.effect, entry.cause, _check(entry, told), entry.action, before,
             ratings[0], rate, ratings[1], noticed, ratings[2], int(np.prod(ratings)), priority(*ratings), after,
             again[0], later, again[2], int(np.prod(again))]
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(["rpn", "severity"], ascending=False, kind="stable", ignore_index=True)


def loss(curves: pd.DataFrame, mode: str) -> float:
    """Return the largest share that any model loses at any level, 0 to 1.

    Parameters
    ----------
    curves : pandas.DataFrame
        Of one disturbance: ``model, mode, level, measure, value``.
    mode : str
    """
    found = [0.0]
    for _, part in curves[curves["mode"] == mode].groupby("model"):
        by = part.pivot_table(index="level", columns="measure", values="value")
        floor = 0.0 if "value" in by else 0.5
        measured = by["value"] if "value" in by else by["roc_auc"]
        if measured.iloc[0] > floor:
            found.append((measured.iloc[0] - measured.min()) / (measured.iloc[0] - floor))
    return float(np.clip(max(found), 0.0, 1.0))


def severity(loss: float) -> int:
    """Return the rating of a loss: 1 for none, 10 for all."""
    return 1 + round(9 * float(np.clip(loss, 0, 1)))


def occurrence(rate: float) -> int:
    """Return the rating of a rate, by ``OCCURRENCE``: 1 for never, 10 for more than one in five."""
    return 1 + sum(rate > step for step in OCCURRENCE)


def detection(noticed: float) -> int:
    """Return the rating of the share of faults that is noticed: 1 for all, 10 for none."""
    return 1 + round(9 * (1 - float(np.clip(noticed, 0, 1))))


def priority(severity: int, occurrence: int, detection: int) -> str:
    """Return the priority of action: high, medium or low.

    It is high where the effect is severe and it happens or passes unnoticed, medium where it is felt and either
    happens often or passes unnoticed, and low otherwise.
    """
    if (severity >= 7 and (occurrence >= 4 or detection >= 7)) or (severity >= 5 and occurrence >= 7):
        return HIGH
    if severity >= 3 and (occurrence >= 4 or detection >= 7):
        return MEDIUM
    return LOW


def _share(check):
    return float(check["harmful_share"] if check["harmful"] >= ENOUGH else check["share"])


def _early(faults, alerts):
    """Return the share of faults that the limit of control notices."""
    control = alerts.set_index("disturbance")["control"]
    seen = faults["measured"] > faults["disturbance"].map(control)
    return seen.groupby(faults["disturbance"]).mean().to_dict() if len(faults) else {}


def _rate(entry, checks, ledger):
    """Return how often a mode happens: the share of months that alarmed, or of records that cleaning took for it."""
    rates = [0.0]
    if entry.mode in checks.index and checks.loc[entry.mode, "months"]:
        rates.append(checks.loc[entry.mode, "false_alarms"] / checks.loc[entry.mode, "months"])
    taken = ledger[(ledger["table"] == entry.table) & ledger["rule"].isin(entry.rules)]
    if len(taken) and taken["rows_in"].max():
        rates.append((taken["changed"].sum() + taken["set_aside"].sum()) / taken["rows_in"].max())
    return float(max(rates))


def _check(entry, told):
    names = [f"cleaning: {rule}" for rule in entry.rules] + (["level of the month"] if told else [])
    return ", ".join(names) or "nothing"
