"""Cleaning a window: every table flagged, the kept rows and those set aside written, the ledger kept."""

import difflib
from dataclasses import dataclass

import ibis
import pandas as pd

from insights import contract, paths, warehouse
from insights.cleaning import examples, machines, mail
from insights.cleaning.flagged import Flagged
from insights.cleaning.rules import RULES
from insights.cleaning.steps import KEPT, RULE, CleaningError
from insights.params import Params
from insights.progress import report
from insights.store import Step

LEDGER_COLUMNS = [
    "table", "rule", "why", "rows_in", "changed", "set_aside", "brought_back", "rows_out", "share",
]  # fmt: skip


@dataclass(frozen=True)
class Cleaned:
    """What cleaning did to a window.

    Attributes
    ----------
    ledger : pandas.DataFrame
        A row per table and each repair, fill and rule that applies to it: ``rows_in, changed, set_aside,
        brought_back, rows_out``, ``share`` of the table's rows that was set aside, ``why``.
    examples : pandas.DataFrame
        Three masked examples of each that found something: ``table, rule, example``.
    mail : pandas.DataFrame or None
        From :func:`insights.cleaning.mail.response`; None where the source has no e-mail to newsletters.
    """

    ledger: pd.DataFrame
    examples: pd.DataFrame
    mail: pd.DataFrame | None


def clean(step: Step, con: ibis.BaseBackend, tables: dict[str, ibis.Table]) -> Cleaned:
    """Clean every table of a window and write it.

    Parameters
    ----------
    step : insights.store.Step
        Step 02, which owns the clean tables.
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Collected tables by name.

    Returns
    -------
    Cleaned

    Raises
    ------
    CleaningError
        If a table loses more than ``cleaning.max_loss`` of its rows. Nothing of an earlier run is lost.
    """
    back = {(one.table, one.rule): one.why for one in step.params.cleaning.bring_back}
    with Flagged(con, tables, back, step.folder / "held") as flagged:
        books, shown = zip(*(_clean_table(step, flagged, name) for name in tables), strict=True)
    ledger = pd.concat(books, ignore_index=True)
    _keep_budget(ledger, step.params)
    step.table("table_2_1_ledger", ledger)
    found = Cleaned(ledger, step.table("table_2_3_examples", pd.concat(shown, ignore_index=True)), _mail(step, con))
    for name, part in ledger.groupby("table", sort=False):
        step.record("cleaning.rows_in", int(part["rows_in"].iloc[0]), by={"table": name}, unit="rows")
        step.record("cleaning.rows_out", int(part["rows_out"].iloc[-1]), by={"table": name}, unit="rows")
    return found


def by_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return a row per table: ``rows_in, changed, set_aside, rows_out, share``; the books balance."""
    grouped = ledger.groupby("table", sort=False)
    return grouped.agg(
        rows_in=("rows_in", "first"), changed=("changed", "sum"), set_aside=("set_aside", "sum"),
        rows_out=("rows_out", "last"), share=("share", "sum"),
    ).reset_index()  # fmt: skip


def tables(con: ibis.BaseBackend, window: str, protected: bool = False) -> dict[str, ibis.Table]:
    """Return the clean tables of a window by name; those its source lacks are absent.

    Protected attributes, which are not cleaned, are among them only where ``protected`` asks for them.
    """
    found = {name: paths.clean(window, name) for name in contract.TABLES}
    if protected:
        found["protected"] = paths.protected(window)
    return {name: warehouse.read(con, path) for name, path in found.items() if path.exists()}


def set_aside(con: ibis.BaseBackend, window: str, name: str, rule: str | None = None) -> ibis.Table:
    """Return the rows of a table that cleaning set aside, with ``set_aside_by``; of one rule, or of all.

    Raises
    ------
    FileNotFoundError
        If no row of the table was set aside.
    """
    aside = warehouse.read(con, paths.set_aside(window, name))
    return aside if rule is None else aside.filter(aside[RULE] == rule)


def check(params: Params) -> None:
    """Refuse a request to bring rows back that names no table or no rule.

    Raises
    ------
    CleaningError
    """
    known = {"table": [*contract.TABLES], "rule": [rule.name for rule in RULES]}
    for one in params.cleaning.bring_back:
        for kind, names in known.items():
            named = getattr(one, kind)
            if named not in names:
                near = difflib.get_close_matches(named, names, n=1)
                hint = f"the nearest is {near[0]}" if near else f"there are {', '.join(names)}"
                raise CleaningError(
                    f"params/{params.window}.yaml: cleaning.bring_back names {kind} {named!r}, which does not "
                    f"exist; {hint}."
                )


def _clean_table(step, flagged, name):
    report(f"cleaning {name}")
    held = flagged[name]
    counts = held.group_by(RULE).agg(rows=held.count()).to_pandas().set_index(RULE)["rows"]
    kept = held.filter(held[RULE] == KEPT).select(flagged.columns(name))
    if name == "email_events":
        kept = machines.with_human_probability(kept)
    warehouse.write(kept, step.place(paths.clean(step.params.window, name)), contract.order(name, kept))
    if counts.drop(KEPT, errors="ignore").sum():
        aside = held.filter(held[RULE] != KEPT).select(*flagged.columns(name), RULE)
        path = step.place(paths.set_aside(step.params.window, name))
        warehouse.write(aside, path, contract.order(name, aside))
    shown = examples.of(name, held, flagged)
    ledger = _ledger(name, counts, flagged)
    flagged.release(name)
    return ledger, shown


def _mail(step, con):
    events = step.place(paths.clean(step.params.window, "email_events"))
    answers = mail.response(warehouse.read(con, events)) if events.exists() else pd.DataFrame()
    return step.table("table_2_4_mail", answers) if len(answers) else None


def _ledger(name, counts, flagged):
    total = int(counts.sum())
    rows = [
        [name, repair.name, repair.why, total, changed, 0, 0, total, 0.0]
        for repair, changed in flagged.changed(name).items()
    ]
    left, back = total, flagged.brought_back(name)
    for rule in flagged.rules(name):
        gone = int(counts.get(rule.name, 0))
        why = f"brought back: {back[rule][1]}" if rule in back else rule.why
        returned = back[rule][0] if rule in back else 0
        share = gone / total if total else 0.0
        rows.append([name, rule.name, why, left, 0, gone, returned, left - gone, share])
        left -= gone
    return pd.DataFrame(rows, columns=LEDGER_COLUMNS)


def _keep_budget(ledger, params: Params):
    lost = ledger.groupby("table")[["set_aside", "share"]].sum()
    for name, row in lost[lost["share"] > params.cleaning.max_loss].iterrows():
        part = ledger[(ledger["table"] == name) & (ledger["set_aside"] > 0)]
        reasons = ", ".join(f"{r.rule} {r.set_aside:,}" for r in part.itertuples())
        rows_in = int(ledger.loc[ledger["table"] == name, "rows_in"].max())
        raise CleaningError(
            f"{name}, window {params.window}: {int(row['set_aside']):,} of {rows_in:,} rows "
            f"({row['share']:.1%}) set aside ({reasons}), above the {params.cleaning.max_loss:.0%} budget. "
            f"Check the export, or raise cleaning.max_loss in params/{params.window}.yaml and say why."
        )
