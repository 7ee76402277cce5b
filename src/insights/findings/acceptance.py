"""Findings on acceptance: what of it is met, and what waits for people."""

import pandas as pd

from insights.display import tables
from insights.display.wording import Prose, bullets, count, date, listing, number, say
from insights.verdicts import ACCEPTED, HELD_BY_TESTS, MET, MISSED, NOT_TRIED, REFUSED, UNKNOWN


def acceptance(table: pd.DataFrame) -> Prose:
    """Say how many acceptance tests there are, which are met, and which nobody has tried.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`insights.acceptance.study`.
    """
    if table.empty:
        return say("No acceptance test is written down.")
    by = table["verdict"].value_counts()
    of_window = int(by.get(MET, 0) + by.get(MISSED, 0) + by.get(UNKNOWN, 0))
    told = [
        say(
            "Of {all}, this window's results judge {n}: {met} met, {missed}; tests of the code hold {held}.",
            all=count(len(table), "acceptance test"), n=number(of_window), met=number(int(by.get(MET, 0))),
            missed=_named(table, MISSED, "missed"), held=number(int(by.get(HELD_BY_TESTS, 0))),
        ),
        say(
            "People are to judge {n}: {accepted}, {refused}, {waiting}.",
            n=number(int(sum(by.get(v, 0) for v in (ACCEPTED, REFUSED, NOT_TRIED)))),
            accepted=_named(table, ACCEPTED, "accepted"), refused=_named(table, REFUSED, "refused"),
            waiting=_named(table, NOT_TRIED, "not tried yet"),
        ),
    ]  # fmt: skip
    return bullets(*told)


def tests(table: pd.DataFrame) -> tables.Table:
    """Return the acceptance tests as a table for readers."""
    signed = [f"{r.says} by {r.signed}, {date(r.signed_at[:10])}" if r.signed else None for r in table.itertuples()]
    return tables.show(
        table.assign(signed=signed), "User acceptance tests", name="table_11_7_acceptance", most=len(table),
        columns=["test", "who", "given", "when", "then", "verdict", "shown", "signed"],
        formats={"test": lambda name: name.replace("-", " "), "shown": _shown},
    )  # fmt: skip


def _named(table, verdict, words):
    names = table.loc[table["verdict"] == verdict, "test"].str.replace("-", " ")
    return f"none {words}" if names.empty else f"{number(len(names))} {words} ({listing(names)})"


def _shown(text):
    """Name a test of the code by what it says, without its file."""
    file, _, name = text.partition("::")
    return name.removeprefix("test_").replace("_", " ") if name else file
