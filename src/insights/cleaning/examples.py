"""Examples: three rows of what each repair changed and each rule took, masked so that nobody is shown."""

import re

import ibis
import pandas as pd

from insights import contract
from insights.cleaning.flagged import BETWEEN, was
from insights.cleaning.steps import RULE

MOST = 3
COLUMNS = ["table", "rule", "example"]
LONGEST, BLANK = 60, "blank"
TOLD = {"crawler": ("anonymous_id", "seconds", "user_agent")}
MOST_COLUMNS = 3
TYPED_BY_ONE = ("city", "job_title")  # words that may be those of one person alone


def of(name: str, held: ibis.Table, flagged) -> pd.DataFrame:
    """Return masked examples of what cleaning did to a table: ``table, rule, example``.

    Of a repair the value before and after; of a rule some columns of the row. The first rows in the order of the
    table are shown, so that the same records give the same examples.
    """
    rows = [
        [name, repair.name, _change(name, row, row[was(repair)])]
        for repair in flagged.repairs(name)
        for row in _first(name, held, held[was(repair)].notnull())
    ]
    rows += [
        [name, rule.name, _row(name, rule.name, row)]
        for rule in flagged.rules(name)
        for row in _first(name, held, held[RULE] == rule.name)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def masked(column: contract.Column | None, value) -> str:
    """Return a value as it may be shown: of an identifier its beginning, of typed words their ends."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return BLANK
    text = f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, pd.Timestamp) else str(value)[:LONGEST]
    if column is not None and column.sensitivity == contract.IDENTIFYING:
        return f"{text[:4]}…"
    if column is None or (column.sensitivity != contract.FREE_TEXT and column.name not in TYPED_BY_ONE):
        return text
    return re.sub(r"(?<=[A-Za-z])[A-Za-z](?=[A-Za-z])", "•", text)


def _first(name, held, condition):
    rows = held.filter(condition)
    return rows.order_by(contract.order(name, rows)).limit(MOST).to_pandas().to_dict("records")


def _change(name, row, before):
    column, _, old = before.partition(BETWEEN)
    declared = contract.columns(name).get(column)
    return f"{column}: {masked(declared, old or None)} → {masked(declared, row[column])}"


def _row(name, rule, row):
    columns = contract.columns(name)
    asked = TOLD.get(rule) or (*contract.TABLES[name].key, contract.TABLES[name].happened, *columns)
    shown = [c for c in dict.fromkeys(asked) if c in row and c in columns][:MOST_COLUMNS]
    return ", ".join(f"{c} {masked(columns[c], row[c])}" for c in shown)
