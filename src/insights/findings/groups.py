"""Findings about groups: of features that are left out, and of people."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, listing, number, say
from insights.findings.answer import _are
from insights.findings.words import QUESTIONS, ROWS, in_words, opening


def ablation(model: str, kind: str, table: pd.DataFrame, margin: float) -> Prose:
    """Say which groups of features earn their place on one kind of rows, and which may go."""
    by = in_words(table).groupby("verdict")["group"].agg(list)
    return bullets(
        say(
            "**For {question} ({kind}), {earn}**: {names}.",
            question=QUESTIONS[model], kind=ROWS[kind], earn=_earns(len(by.get("earns its place", []))),
            names=listing(by.get("earns its place", [])),
        ),
        say(
            "May go, as what they add lies below {margin} of ROC AUC: {names}. About the others nobody can tell: "
            "{unknown}.",
            margin=number(margin), names=listing(by.get("may go", [])), unknown=listing(by.get("cannot tell", [])),
        ),
    )  # fmt: skip


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
    compared = int(verdicts.drop("too few to say", errors="ignore").sum())
    yield say(
        "Of {n} compared, {shown} shown (the interval excludes 0), {excluded} excluded within ±{margin}, and of "
        "{unknown} nobody can tell. By chance alone about one in twenty would be shown.",
        n=count(compared, "gap"), shown=_are(int(verdicts.get("gap shown", 0))),
        excluded=_are(int(verdicts.get("gap excluded", 0))), margin=number(margin),
        unknown=number(int(verdicts.get("cannot tell", 0))),
    )  # fmt: skip
    few = int(verdicts.get("too few to say", 0))
    yield say("{few} too small to say anything about.", few=opening(count(few, "group is", "groups are")))


def _earns(n):
    return f"{number(n)} {'group earns its place' if n == 1 else 'groups earn their place'}"
