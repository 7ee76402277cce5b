"""Findings about paths: the sentences of notebook 03 on what people do next, what speeds them up, and what to do."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, say, share
from insights.verdicts import FINE, LOSES, NO_ACTION, NOTHING, WINS

SHOWN = 3
HEADINGS = {
    "visit": "visits", "click in an e-mail": "clicks", "registration for an event": "registered",
    "attendance": "attended", "enrollment": "enrolled",
}  # fmt: skip


def transitions(table: pd.DataFrame) -> Prose:
    """Say what goes in circles, and where ways end.

    Parameters
    ----------
    table : pandas.DataFrame
        ``before, after, n, share``.
    """
    told = [_loops(table[table["before"] == table["after"]]), _ends(table[table["after"] == NOTHING])]
    return bullets(*told)


def sequences(table: pd.DataFrame) -> Prose:
    """Say which ways win and which lose, beside the most common one."""
    common, told = table.iloc[0], []
    told.append(
        say(
            "Most common is “{path}”: seen {times}, {won} of them followed by an enrollment.",
            path=common["path"], times=count(int(common["people"]), "time"), won=share(common["share"]),
        )
    )  # fmt: skip
    for verdict, words, surely in (
        (WINS, "More often than on other ways people enroll after", "low"),
        (LOSES, "Less often after", "high"),
    ):
        found = table[table["verdict"] == verdict].sort_values(surely, ascending=verdict == LOSES, kind="stable")
        if len(found):
            named = [f"“{row.path}” ({share(row.share)})" for row in found.head(SHOWN).itertuples()]
            told.append(
                say("{words} {ways}, {n} in all.", words=words, ways=listing(named), n=count(len(found), "way"))
            )
    return bullets(*told)


def kinds(table: pd.DataFrame) -> Prose:
    """Say how many kinds of journeys there are, and of the greatest how many make it and complete a course."""
    most = table.loc[table["part"].idxmax()]
    return say(
        "People fall into {n}; the greatest, “{kind}”, is {part} of them, and {completed} of it complete a course.",
        n=count(len(table), "kind"), kind=most["kind"], part=share(most["part"]), completed=share(most["completed"]),
    )  # fmt: skip


def of_kinds(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns of the table of kinds that a page shows, with short headings."""
    known = {"kind": "kind", "people": "people", "part": "share", "completed": "completed"} | HEADINGS
    return {column: heading for column, heading in known.items() if column in table}


def speed(table: pd.DataFrame) -> Prose:
    """Say what goes with completing sooner or later, and whether its ratio holds over the days."""
    sure = table[table["p_adjusted"] < 0.05]
    sooner, later = sure[sure["ratio"] > 1], sure[sure["ratio"] < 1].iloc[::-1]
    told = [
        say(
            "Over {n}, {done} of them completed, these go with completing **sooner**: {sooner}; with completing "
            "later: {later}. The figure gives the ratios.",
            n=count(int(table["n"].iloc[0]), "enrollment"), done=number(int(table["completed"].iloc[0])),
            sooner=listing(sooner["what"].head(SHOWN)), later=listing(later["what"].head(SHOWN)),
        )
    ]  # fmt: skip
    changing = table.loc[table["proportional"] != "yes", "what"]
    if len(changing):
        told.append(
            say(
                "The effect of {what} **changes over the days**: its ratio is a mean of them.",
                what=listing([f"“{one}”" for one in changing]),
            )
        )
    else:
        told.append(say("That each ratio is the same on every day, as the model assumes, is not contradicted."))
    return bullets(*told)


def actions(table: pd.DataFrame) -> Prose:
    """Say what raises completion most, for everybody and for whom that differs."""
    groups = table.iloc[1:]
    helped = groups[groups["action"] != NO_ACTION]
    return bullets(
        for_everybody(table),
        say(
            "In {helped} of {n} an action is shown to help, allowing for the number of comparisons; elsewhere the "
            "groups are too small, or it does not.",
            helped=number(len(helped)), n=count(len(groups), "group"),
        ),
    )  # fmt: skip


def for_everybody(table: pd.DataFrame) -> Prose:
    """Say what raises completion most for everybody together, and what that rests on."""
    whole = table.iloc[0]
    if whole["action"] == NO_ACTION:
        return say("For everybody together no action is shown to raise completion.")
    return say(
        "For everybody together the step that most raises completion is to **{action}**: {adds} ({evidence}).",
        action=whole["action"], evidence=whole["evidence"],
        adds=interval(whole["adds"], whole["low"], whole["high"], kind="points"),
    )  # fmt: skip


def integrity(table: pd.DataFrame) -> Prose:
    """Say how many checks passed, and which to mind."""
    mind = table.loc[table["verdict"] != FINE, "check"]
    if len(mind):
        return say("Of {n}, **mind {which}**.", n=count(len(table), "check"), which=listing(mind))
    return say("{n} ran by themselves, and all are in order.", n=count(len(table), "check").capitalize())


def _loops(table):
    often = table.sort_values("share", ascending=False).head(SHOWN)
    named = [f"{row.before} ({share(row.share)} of the times)" for row in often.itertuples()]
    return say("What most often leads back to itself: {loops}.", loops=listing(named))


def _ends(table):
    often = table.sort_values("share", ascending=False).head(SHOWN)
    named = [f"{row.before} ({share(row.share)})" for row in often.itertuples()]
    return say("After which most often nothing more is recorded: {ends}.", ends=listing(named))
