"""The close-out page: what was asked for and what of it is there, open risks, acceptance, and what is handed over."""

from collections.abc import Iterator

import pandas as pd

from insights import export, gates, paths, store
from insights.display import tables
from insights.display.wording import bullets, count, number, say
from insights.findings import acceptance
from insights.handover import registers
from insights.handover.registers import MET, MISSING, PARTLY
from insights.params import Params
from insights.publishing import overview
from insights.verdicts import HIGH
from insights.verdicts import MET as PASSED

STATES = {MET: "met", PARTLY: "in part", MISSING: "missing"}
WORST = 10  # failure modes shown
HANDED = (
    ("README.md", "everybody", "two commands, and where everything is"),
    ("docs/problem.md", "VPs", "what is decided, what a mistake costs, what was rejected"),
    ("docs/reading_a_report.md", "VPs, planners", "how to read a report; questions that are asked; words"),
    ("docs/user_guide.md", "data scientists", "the first hour, with files of one's own"),
    ("docs/bring_your_own_data.md", "data scientists", "how exports are mapped"),
    ("docs/operations.md", "operators", "the runbook: every quarter, models in use, recovery"),
    ("docs/architecture.md, CONTRIBUTING.md", "data scientists", "how the parts fit, and how to change them"),
    ("docs/methodology.md", "data scientists", "the methods, and the research with our own figures"),
    ("docs/validation.md, docs/walk.md", "all who decide", "what is reached over nine quarters, and what limits it"),
    ("docs/planner_experiment.md", "planners", "the protocol of the experiment with planners"),
    ("docs/assumptions.md", "all who decide", "what is taken for granted, rated"),
    ("docs/requirements.md", "all who asked", "line by line, with what is not there"),
    ("training/", "all", "four notebooks whose exercises check themselves"),
    ("registers/", "owners", "gaps, failure modes, plan, experiments, acceptance, requirements, papers, assumptions"),
)


def write() -> str:
    """Write the close-out page, and return where it is, seen from the project's root."""
    markup = export.write_front(export.compose(*pieces(overview.study().newest)))
    store.write_atomically(paths.close_out(), markup.encode())
    return str(paths.close_out().relative_to(paths.root()))


def pieces(newest: Params | None) -> Iterator:
    """Yield what the close-out page shows, in order.

    Parameters
    ----------
    newest : Params or None
        The window whose risks and acceptance are shown; without one the page goes without them.
    """
    asked, assumed = registers.requirements(), registers.assumptions()
    yield "# Close-out"
    yield "## In short"
    yield bullets(*_in_short(asked, assumed, newest))
    yield "## What was asked for"
    yield _counted(asked)
    yield _requirements([one for one in asked if one.state != MET], "Not there, or not all of it", "missing")
    yield _requirements([one for one in asked if one.state == MET], "There", "says")
    yield "## Open risks"
    yield from _risks(newest)
    yield _doubtful(assumed)
    found = _of(newest, overview.STEP, "table_11_7_acceptance")
    if found is not None:
        yield "## Acceptance"
        yield acceptance.acceptance(found)
        yield acceptance.tests(found)
    yield "## What is handed over"
    yield tables.show(pd.DataFrame(HANDED, columns=["where", "for", "what"]), "Documents", most=len(HANDED))


def _in_short(asked, assumed, newest):
    by = {state: sum(one.state == state for one in asked) for state in STATES}
    yield say(
        "Of {all} that were asked for, {met} are met, {partly} in part, {missing} not at all; each is held against "
        "what a first-rate answer would be.",
        all=count(len(asked), "thing"), met=number(by[MET]), partly=number(by[PARTLY]), missing=number(by[MISSING]),
    )  # fmt: skip
    red = sum(one.rating == "red" for one in assumed)
    yield say("Of {all}, {red} are red.", all=count(len(assumed), "assumption"), red=number(red))
    table = _of(newest, "08_tolerance", "table_8_11_gates")
    if table is None:
        yield say(
            "No window on this machine has a report that tells gates: risks and acceptance are not told either."
        )
        return
    passed = gates.by_gate(table)
    yield say(
        "Window {window} meets {met} of {all} of its gates.",
        window=newest.window, met=number(int(passed["met"].sum())),
        all=count(int(passed["criteria"].sum()), "criterion", "criteria"),
    )  # fmt: skip
    missed = passed.loc[passed["verdict"] != PASSED, "gate"]
    if len(missed):
        yield say("Gates that are not passed: {gates}.", gates=", ".join(missed))


def _counted(asked):
    frame = pd.DataFrame({"part": [_part(one.id) for one in asked], "state": [STATES[one.state] for one in asked]})
    wide = pd.crosstab(frame["part"], frame["state"]).reindex(columns=list(STATES.values()), fill_value=0)
    return tables.show(wide.loc[list(dict.fromkeys(frame["part"]))].reset_index(), "Requirements by part and state")


def _part(identifier):
    """Return the part of the request in which a line stands; the request numbers them so."""
    if identifier.startswith("C"):
        return "shape of the repository"
    n = int(identifier[1:3])
    return "mission, data, journey" if n <= 13 else "scope of work" if n <= 35 else "system design"


def _requirements(found, caption, column):
    frame = pd.DataFrame(
        [[one.id, one.asked, STATES[one.state], getattr(one, column)] for one in found],
        columns=["id", "asked for", "state", "what is missing" if column == "missing" else "how"],
    )
    return tables.show(frame, caption, most=len(frame))


def _risks(newest):
    modes = _of(newest, "08_tolerance", "table_8_10_failure_modes")
    if modes is None:
        return
    high = int((modes["priority"] == HIGH).sum())
    yield say("{n} of high priority, of {all}.", n=count(high, "failure mode"), all=number(len(modes)))
    yield tables.show(
        modes.sort_values("rpn", ascending=False), "What can fail, the worst first", "table_8_10_failure_modes",
        columns={"title": "what fails", "effect": "effect", "rpn": "risk", "priority": "priority"}, most=WORST,
    )  # fmt: skip


def _of(newest, step, name):
    return None if newest is None else store.table_if_there(newest.window, step, name)


def _doubtful(assumed):
    red = [[one.id, one.assumes, one.what_if_wrong] for one in assumed if one.rating == "red"]
    frame = pd.DataFrame(red, columns=["id", "we assume", "if it is wrong"])
    return tables.show(frame, "Assumptions that nothing checks, or that are doubtful", most=len(frame))
