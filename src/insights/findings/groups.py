"""Findings about groups of people: who is served worse, and of whom nobody can tell."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, say, share
from insights.findings.answer import _are
from insights.verdicts import GAP_EXCLUDED, GAP_SHOWN, TOO_FEW, UNKNOWN


def bias(used: list[str], table: pd.DataFrame, margin: float, lacking: list[str]) -> Prose:
    """Say whether protected attributes are features, which gaps are shown, and which nobody can tell."""
    first = (
        say("**Protected attributes among the features: {names}.**", names=listing(used))
        if used
        else say("**No protected attribute is a feature of a model**, nor is any feature computed from them.")
    )
    if lacking:
        return bullets(
            first,
            say(
                "Who is served worse nobody can say here, for this source lacks {lacking}. No group is guessed from "
                "names or places.",
                lacking=listing(lacking, most=4),
            ),
        )
    return bullets(first, *_gaps(table, margin))


def _gaps(table, margin):
    verdicts = table["verdict"].value_counts()
    compared = int(verdicts.drop(TOO_FEW, errors="ignore").sum())
    yield from _served(table)
    yield say(
        "Of {n} compared, {shown} shown (the interval excludes 0), {excluded} excluded within ±{margin}, and of "
        "{unknown} nobody can tell. By chance alone about {chance} would be shown.",
        n=count(compared, "gap"), shown=_are(int(verdicts.get(GAP_SHOWN, 0))),
        excluded=_are(int(verdicts.get(GAP_EXCLUDED, 0))), margin=number(margin),
        unknown=number(int(verdicts.get(UNKNOWN, 0))), chance=number(round(compared / 20)),
    )  # fmt: skip
    few = table[(table["verdict"] == TOO_FEW) & table["measure"].isna()]  # of others one measure alone is too few
    if len(few):
        names = listing([f"{r.attribute}: {r.group}" for r in few.itertuples()], most=6)
        yield say("Too few to say anything: {names}.", names=names)


def _served(table):
    """Say of whom the model foresees fewer, or more, of those who completed than of everybody else."""
    for r in table[(table["verdict"] == GAP_SHOWN) & (table["measure"] == "recall")].itertuples():
        yield say(
            "Of {n} ({attribute}: {group}) who completed, the model foresaw {value}; of everybody else "
            "**{gap} {way}**. Help that follows the model alone would pass {them} by.",
            n=count(int(r.n), "learner"), attribute=r.attribute, group=r.group, value=share(r.value),
            gap=interval(-r.gap, -r.gap_high, -r.gap_low, kind="points") if r.gap < 0
            else interval(r.gap, r.gap_low, r.gap_high, kind="points"),
            way="more" if r.gap < 0 else "fewer", them="them" if r.gap < 0 else "the others",
        )  # fmt: skip
