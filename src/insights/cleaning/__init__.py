"""Cleaning: named repairs, fills and rules, each with its reason, and a ledger that balances.

A repair changes values and keeps the row; a fill closes a gap from what the data say elsewhere, and marks the row. A
rule sets rows aside; it never deletes them: what is set aside is written beside the clean table with the name of the
first rule that took it, so that rows in = kept + set aside by rule, can be browsed (:func:`set_aside`) and be brought
back (``cleaning.bring_back`` in the parameters). Opens and clicks are never set aside for having been made by a
machine: each carries the probability that a person made it (:mod:`insights.cleaning.machines`).
"""

from insights.cleaning.core import Cleaned, by_table, check, clean, set_aside, tables
from insights.cleaning.repairs import REPAIRS
from insights.cleaning.rules import RULES
from insights.cleaning.steps import FILLED, KEPT, RULE, CleaningError

__all__ = [
    "FILLED", "KEPT", "REPAIRS", "RULE", "RULES", "Cleaned", "CleaningError", "by_table", "check", "clean",
    "set_aside",
    "tables",
]  # fmt: skip
