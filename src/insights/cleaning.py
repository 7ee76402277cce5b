"""Cleaning: named repairs and rules, each with its reason, and a ledger that balances.

A repair changes values and keeps the row; each is counted. A rule sets rows aside; it never deletes them: what is set
aside is written beside the clean table with the name of the first rule that took it, so that rows in = kept + set
aside by rule. Opens and clicks are never set aside for having been made by a machine: each carries the probability
that a person made it (:mod:`insights.machines`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import pandas as pd

from insights import accounts, clocks, contract, machines, paths, warehouse
from insights.params import Params
from insights.progress import report
from insights.store import Step

KEPT = "kept"
RULE = "set_aside_by"
LEDGER_COLUMNS = ["table", "rule", "why", "rows_in", "changed", "set_aside", "rows_out", "share"]


class CleaningError(ValueError):
    """More rows set aside than the budget allows; the message shows table, rules and counts."""


@dataclass(frozen=True)
class Rule:
    """A reason to set rows aside.

    Attributes
    ----------
    name : str
        Named after the defect.
    why : str
        What would go wrong if the rows stayed.
    broken : callable
        Takes the table's name and the tables, returns a boolean column that is true for rows to set aside,
        or None where the rule does not apply.
    """

    name: str
    why: str
    broken: Callable


@dataclass(frozen=True)
class Repair:
    """A reason to change values.

    Attributes
    ----------
    name : str
        Named after the defect.
    why : str
        What would go wrong if the values stayed.
    mended : callable
        Takes the table's name and the tables, returns the table, with whatever it was joined to, and the new value of
        each column that it changes, by name; None where the repair does not apply.
    """

    name: str
    why: str
    mended: Callable


def clean(step: Step, con: ibis.BaseBackend, tables: dict[str, ibis.Table]) -> pd.DataFrame:
    """Clean every table of a window and write it; return the ledger.

    Parameters
    ----------
    step : insights.store.Step
        Step 02, which owns the clean tables.
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Collected tables by name.

    Returns
    -------
    pandas.DataFrame
        A row per table and each repair and rule that applies to it: ``rows_in, changed, set_aside, rows_out``,
        ``share`` of the table's rows that was set aside, ``why``.

    Raises
    ------
    CleaningError
        If a table loses more than ``cleaning.max_loss`` of its rows. Nothing of an earlier run is lost.
    """
    ledger = pd.concat([_clean_table(step, con, name, tables) for name in tables], ignore_index=True)
    _keep_budget(ledger, step.params)
    step.table("table_2_1_ledger", ledger)
    for name, part in ledger.groupby("table", sort=False):
        step.record("cleaning.rows_in", int(part["rows_in"].iloc[0]), by={"table": name}, unit="rows")
        step.record("cleaning.rows_out", int(part["rows_out"].iloc[-1]), by={"table": name}, unit="rows")
    return ledger


def by_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return a row per table: ``rows_in, changed, set_aside, rows_out, share``; the books balance."""
    grouped = ledger.groupby("table", sort=False)
    return grouped.agg(
        rows_in=("rows_in", "first"), changed=("changed", "sum"), set_aside=("set_aside", "sum"),
        rows_out=("rows_out", "last"), share=("share", "sum"),
    ).reset_index()  # fmt: skip


def tables(con: ibis.BaseBackend, window: str) -> dict[str, ibis.Table]:
    """Return the clean tables of a window by name; those its source lacks are absent."""
    found = {name: paths.clean(window, name) for name in contract.TABLES}
    return {name: warehouse.read(con, path) for name, path in found.items() if path.exists()}


def rules_of(name: str, present: dict[str, ibis.Table]) -> list[tuple[Rule, ibis.Value]]:
    """Return the rules that apply to a table, each with its condition."""
    applied = [(rule, rule.broken(name, present)) for rule in RULES]
    return [(rule, condition) for rule, condition in applied if condition is not None]


def _clean_table(step, con, name, present):
    report(f"cleaning {name}")
    changed = [repair for repair in REPAIRS if repair.mended(name, present) is not None]
    held = con.create_table(ibis.util.gen_name(name), obj=_flag(name, present), temp=True)
    counts = held.group_by(RULE).agg(rows=held.count()).to_pandas().set_index(RULE)["rows"]
    kept = held.filter(held[RULE] == KEPT).drop(RULE)
    if name == "email_events":
        kept = machines.with_human_probability(kept)
    warehouse.write(kept, step.place(paths.clean(step.params.window, name)), contract.order(name, kept))
    if counts.drop(KEPT, errors="ignore").sum():
        aside = paths.set_aside(step.params.window, name)
        warehouse.write(held.filter(held[RULE] != KEPT), step.place(aside), contract.order(name, held))
    con.drop_table(held.op().name)
    rules = [rule for rule, _ in rules_of(name, present)]
    return _ledger(name, counts, rules, _changes(name, present, changed))


def _mend(name, present):
    """Return a table with its values repaired, one repair after the other."""
    for repair in REPAIRS:
        mended = repair.mended(name, present)
        if mended is not None:
            wide, values = mended
            present = present | {name: wide.mutate(**values).select(present[name].columns)}
    return present[name]


def _changes(name, present, repairs):
    """Count the rows that each repair changes."""
    return {repair: _changed(*repair.mended(name, present)) for repair in repairs}


def _changed(wide, values):
    differs = ibis.or_(*(~wide[column].identical_to(value) for column, value in values.items()))
    return int(wide.agg(rows=differs.sum().fill_null(0)).to_pandas()["rows"].iloc[0])


def _flag(name, present):
    present = present | {name: _mend(name, present)}
    first = [(condition.fill_null(False), rule.name) for rule, condition in rules_of(name, present)]
    return present[name].mutate(**{RULE: ibis.cases(*first, else_=KEPT) if first else ibis.literal(KEPT)})


def _ledger(name, counts, rules, changes):
    total = int(counts.sum())
    rows = [[name, r.name, r.why, total, changed, 0, total, 0.0] for r, changed in changes.items()]
    left = total
    for rule in rules:
        gone = int(counts.get(rule.name, 0))
        rows.append([name, rule.name, rule.why, left, 0, gone, left - gone, gone / total if total else 0.0])
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


def _second_contact(name, present):
    """Put the person in the place of the second contact, wherever it left a record."""
    table, contacts = present[name], _contacts(present)
    if contacts is None or name == accounts.PEOPLE or "learner_id" not in table.columns:
        return None
    known = table.left_join(contacts, table.learner_id == contacts.account)
    return known, {"learner_id": known.person.fill_null(known.learner_id)}


def _wrong_clock(name, present):
    table = present[name]
    if name != "page_views" or "anonymous_id" not in table.columns:
        return None
    wrong = clocks.hours_wrong(table)
    known = table.left_join(wrong, "anonymous_id").drop("anonymous_id_right")
    return known, {"viewed_at": known.viewed_at + known.hours.fill_null(0).as_interval("h")}


def _merged(name, present):
    contacts = _contacts(present) if name == accounts.PEOPLE else None
    return None if contacts is None else present[name].learner_id.isin(contacts.account)


def _contacts(present):
    return accounts.second_contacts(present[accounts.PEOPLE]) if accounts.PEOPLE in present else None


def _own_account(name, present):
    own = accounts.own(present[accounts.PEOPLE]) if accounts.PEOPLE in present else None
    if own is None or "learner_id" not in present[name].columns:
        return None
    return present[name].learner_id.isin(own.account)


def _crawler(name, present):
    return machines.crawlers(present[name]) if name == "page_views" else None


def _duplicate(name, present):
    table, key = present[name], list(contract.TABLES[name].key)
    same = key or _described(table)
    rest = [table[c] for c in table.columns if c not in same]
    window = ibis.window(group_by=[table[c] for c in same], order_by=[table.recorded_at, *rest])
    return ibis.row_number().over(window) > 0


def _described(table):
    return [c for c in table.columns if c != "recorded_at"]


def _recorded_too_early(name, present):
    table = present[name]
    return table.recorded_at < table[contract.TABLES[name].happened]


def _missing_value(name, present):
    table = present[name]
    needed = [c.name for c in contract.columns(name).values() if not c.nullable and c.name in table.columns]
    return _any([table[c].isnull() for c in needed])


def _out_of_range(name, present):
    table = present[name]
    checks = [_beyond(table[c.name], c) for c in contract.columns(name).values() if c.name in table.columns]
    found = [check for check in checks if check is not None]
    return _any(found)


def _beyond(value, column):
    parts = []
    if column.minimum is not None:
        parts.append(value < column.minimum)
    if column.maximum is not None:
        parts.append(value > column.maximum)
    if column.allowed:
        parts.append(value.notnull() & ~value.isin(column.allowed))
    return _any(parts)


def _impossible_order(name, present):
    """Blank an end before the beginning; without it the row is what was known of it when it began."""
    table, spec = present[name], contract.TABLES[name]
    blanks = {}
    for end, recorded in spec.later.items():
        if end in table.columns and table[end].type().is_timestamp() and (name, end) not in _MAY_COME_FIRST:
            wrong = (table[end] < table[spec.happened]).fill_null(False)
            for column in {end, recorded} & {*table.columns}:
                blanks[column] = ibis.ifelse(wrong, ibis.null(table[column].type()), table[column])
    return (table, blanks) if blanks else None


_MAY_COME_FIRST = {("products", "launched_at")}


def _unknown_product(name, present):
    return _orphan(name, present, "product_id", "products")


def _unknown_learner(name, present):
    return _orphan(name, present, "learner_id", "learners")


def _orphan(name, present, key, owner):
    if name == owner or owner not in present or key not in present[name].columns:
        return None
    value, owners = present[name][key], _flag(owner, present)
    known = owners.filter(owners[RULE] == KEPT, owners[key].notnull())[key]
    return value.notnull() & value.notin(known)


def _any(conditions: Iterable):
    conditions = list(conditions)
    return ibis.or_(*(c.fill_null(False) for c in conditions)) if conditions else None


REPAIRS = (
    Repair("second contact", "one person would count as two", _second_contact),
    Repair("wrong clock", "the browser's clock is off by hours: its time is put right", _wrong_clock),
    Repair("impossible order", "it ended before it began: the end is blanked", _impossible_order),
)
RULES = (
    Rule("missing value", "every record must have it", _missing_value),
    Rule("merged contact", "its person has an earlier account, which its records went to", _merged),
    Rule("own account", "staff and tests are no customers", _own_account),
    Rule("crawler", "a program read the page, not a person", _crawler),
    Rule("duplicate", "the same record twice would count twice", _duplicate),
    Rule("recorded before it happened", "its time cannot be trusted", _recorded_too_early),
    Rule("out of range", "the contract does not allow the value", _out_of_range),
    Rule("unknown product", "it belongs to no product of the catalogue", _unknown_product),
    Rule("unknown learner", "it belongs to no registered person", _unknown_learner),
)
