"""Findings about a model's components: which earn their place, which replace each other, which model is simpler."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, say
from insights.findings.words import QUESTIONS, ROWS, in_words, opening
from insights.verdicts import EARNS, MAY_GO, NOT_WORSE, REPLACE, UNKNOWN, WORSE

STEP = "step"
DRAWN = ("source", "view")  # what is drawn; families are many, and tables list them


def added(model: str, kind: str, table: pd.DataFrame, noise: pd.DataFrame, margin: float) -> Prose:
    """Say which components earn their place on one kind of rows, which may go, and what noise seems to add.

    Parameters
    ----------
    model, kind : str
    table : pandas.DataFrame
        What each component adds on this kind of rows: ``kind, component, verdict`` and ROC AUC.
    noise : pandas.DataFrame
        ``roc_auc_adds`` of each draw of noise, on the same rows.
    margin : float
        ROC AUC.
    """
    by = labelled(table).groupby("verdict")["label"].agg(list)
    earn = by.get(EARNS, [])
    return bullets(
        say(
            "**For {question} ({kind}), {earn}**: {names}.",
            question=QUESTIONS[model], kind=ROWS[kind], names=listing(earn),
            earn=count(len(earn), "component earns its place", "components earn their place"),
        ),
        say(
            "May go, as each surely adds less than {margin} of ROC AUC beside the others: {names}. Of {unknown} the "
            "data do not tell. Columns of noise seem to add up to {noise}.",
            margin=number(margin), names=listing(by.get(MAY_GO, []), most=8),
            unknown=count(len(by.get(UNKNOWN, [])), "other"), noise=number(max(noise["roc_auc_adds"].max(), 0.0), 3),
        ),
    )  # fmt: skip


def simplified(model: str, beside: pd.DataFrame, takes: pd.DataFrame, verdict: str, margin: float) -> Prose:
    """Say what the simplified model needs, what it loses, and whether it is the one to deploy.

    Parameters
    ----------
    model : str
    beside : pandas.DataFrame
        ``rows, metric, full, simplified, loss, low, high``.
    takes : pandas.DataFrame
        ``what, full, simplified``: features, then tables.
    verdict : str
    margin : float
        ROC AUC.
    """
    features, collected = takes.iloc[0], takes.iloc[1]
    if features["simplified"] >= features["full"]:
        return bullets(
            say(
                "**For {question} no simpler model is offered**: on rows that folds held out each loses more than "
                "{margin}.",
                question=QUESTIONS[model], margin=number(margin),
            )
        )  # fmt: skip
    first = say(
        "**For {question}, the simplified model keeps {few} of {all} features**, from {tables} of {whole} tables "
        "beside products and sales.",
        question=QUESTIONS[model], few=number(int(features["simplified"])), all=number(int(features["full"])),
        tables=number(int(collected["simplified"])), whole=number(int(collected["full"])),
    )  # fmt: skip
    judged = [
        say(
            "{kind}: ROC AUC {simple} beside {full} of the full model, a loss of {loss}.", kind=opening(ROWS[r.rows]),
            simple=number(r.simplified, 3), full=number(r.full, 3), loss=interval(r.loss, r.low, r.high),
        )
        for r in beside[beside["metric"] == "roc_auc"].itertuples()
    ]  # fmt: skip
    return bullets(first, *judged, say(ADVICE[verdict], margin=number(margin)))


ADVICE = {
    NOT_WORSE: "**It is offered as the one to deploy**: surely it loses less than {margin}.",
    UNKNOWN: "Nobody can tell yet whether it loses more than {margin}: let it run beside the full model before it "
    "takes its place.",
    WORSE: "It loses more than {margin}: keep the full model.",
}


def interactions(table: pd.DataFrame) -> Prose:
    """Say which components replace each other: each alone seems useless, and without both something is lost."""
    found = in_words(table[table["verdict"] == REPLACE])
    if found.empty:
        return say(
            "Of {n} looked at, no two components are shown to replace each other.", n=count(len(table), "pair")
        )
    return bullets(
        *(
            say(
                "{one} and {other} replace each other ({kind}): without both {both} is lost, {beyond} more than the "
                "sum of what is lost without either.",
                one=opening(r.one), other=r.other, kind=r.rows, both=number(r.both_add, 3),
                beyond=interval(r.beyond, r.low, r.high),
            )
            for r in found.itertuples()
        )
    )  # fmt: skip


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of components with a label in words for each: its kind and its name; a step is named alone."""
    words = in_words(table)
    kind = table["kind"].where(table["kind"] != STEP, "").astype("str")
    return words.assign(label=(kind + " " + words["component"]).str.strip())


def truth(table: pd.DataFrame) -> Prose:
    """Say how many verdicts on planted components hold."""
    return say(
        "Of {n} on planted components **{held} hold**: what is essential is not said to go, what repeats another or "
        "does nothing is.",
        n=count(len(table), "verdict"), held=number(int(table["holds"].sum())),
    )  # fmt: skip


def no_truth() -> Prose:
    """Say that the truth of this source is not known."""
    return say("These records are real: which component is truly needed nobody knows.")
