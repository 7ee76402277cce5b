"""Findings about channels: the sentences of notebook 03 on what gets credit for enrollments and what adds to them."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, say, share
from insights.verdicts import ADDS, NOT_SHOWN, TAKES

SHOWN = 3
LIFT, TRUE = "lift", "true"


def credit(table: pd.DataFrame) -> Prose:
    """Say what reaches people most before they enroll.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`insights.journey.attribution.study`.
    """
    markov = table[(table["outcome"] == "enrolled") & (table["rule"] == "markov")].head(SHOWN)
    return say(
        "Before they enroll, people are reached most by {channels} (share of enrollments that would be missing "
        "without it). Credit is **not cause**: the keen use these ways anyway.",
        channels=listing([f"{r.channel} ({share(r.share)})" for r in markov.itertuples()]),
    )


def completed(credits: pd.DataFrame) -> Prose:
    """Say whether completed courses are credited to other channels than enrollments.

    Parameters
    ----------
    credits : pandas.DataFrame
        From :func:`insights.journey.attribution.study`.
    """
    markov = credits[credits["rule"] == "markov"].pivot(index="channel", columns="outcome", values=["low", "high"])
    if "completed" not in markov["low"]:
        return say("Of no course that was begun within the window it is known that it was completed.")
    apart = (markov["low"]["completed"] > markov["high"]["enrolled"]) | (
        markov["high"]["completed"] < markov["low"]["enrolled"]
    )
    if not apart.any():
        return say(
            "Completed courses are credited like enrollments: by removal no channel's two intervals lie apart."
        )
    return say(
        "Completed courses are credited otherwise than enrollments for {apart}: by removal their two intervals lie "
        "apart.",
        apart=listing(markov.index[apart]),
    )


def lift(table: pd.DataFrame) -> Prose:
    """Say which channels add to enrollments, each person held against themselves.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`insights.journey.lifts.study`.
    """
    adding = table[table["verdict"] == ADDS]
    if adding.empty:
        return say("Of no channel is it shown that it adds to enrollments, each person held against themselves.")
    shown = adding.head(SHOWN)
    named = [f"{r.channel} ({share(r.owed)} of all)" for r in shown.itertuples()]
    apart = len(shown) < 2 or shown["owed_low"].iloc[0] > shown["owed_high"].iloc[1:].max()
    order = "" if apart else " Which of them comes first nobody can tell: their intervals overlap."
    return say(
        f"Each person held against themselves, **enrollments are owed to {{channels}}**.{order} This is a "
        f"comparison, not an experiment.",
        channels=listing(named),
    )


def lifts_in_full(table: pd.DataFrame) -> Prose:
    """Say by how much each channel multiplies enrollments, which are not shown to do anything, and on what it rests.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`insights.journey.lifts.study`.
    """
    strong = table[table["verdict"] == ADDS].sort_values("ratio", ascending=False)
    named = [f"{r.channel}, {interval(r.ratio, r.low, r.high)} times as many" for r in strong.itertuples()]
    silent = table.loc[table["verdict"] == NOT_SHOWN, "channel"]
    against = table.loc[table["verdict"] == TAKES, "channel"]
    if strong.empty:
        return lift(table)
    told = [
        say(
            "Over {people} with {enrolled}, more enrollments than in their other months follow in the month after a "
            "touch by {named}; allowing for the number of comparisons.",
            people=count(int(table["people"].iloc[0]), "person", "people"),
            enrolled=count(int(table["enrolled"].iloc[0]), "enrollment"), named=listing(named),
        )
    ]  # fmt: skip
    told += [say("Nothing is shown for {silent}.", silent=listing(silent))] if len(silent) else []
    told += [say("Fewer enrollments follow {against}.", against=listing(against))] if len(against) else []
    return bullets(*told)


def side_by_side(credits: pd.DataFrame, added: pd.DataFrame, planted: pd.DataFrame | None) -> pd.DataFrame:
    """Return the shares that each rule credits, what is owed by the lift, and what truly is where that is known.

    Parameters
    ----------
    credits, added : pandas.DataFrame
        From :func:`insights.journey.attribution.study` and :func:`insights.journey.lifts.study`.
    planted : pandas.DataFrame or None
        ``channel, owed``, where it is known.

    Returns
    -------
    pandas.DataFrame
        ``channel``, a column per rule, ``lift`` and, where known, ``true``; the channel first to which most is owed.
    """
    ruled = credits[credits["outcome"] == "enrolled"]
    wide = ruled.pivot(index="channel", columns="rule", values="share")[[*ruled["rule"].unique()]]
    wide[LIFT] = added.set_index("channel")["owed"]
    by = LIFT
    if planted is not None:
        wide[TRUE], by = planted.set_index("channel")["owed"], TRUE
    return wide.sort_values(by, ascending=False, kind="stable").rename_axis(columns=None).reset_index()


def orders(agreed: pd.DataFrame) -> Prose:
    """Say how the order of channels by each rule agrees with that by lift, or with the true one where it is known.

    Parameters
    ----------
    agreed : pandas.DataFrame
        From :func:`insights.journey.attribution.agreement`.
    """
    words = {"lift": "what is owed to them by the lift", "planted": "what is truly owed to them, as it was planted"}
    return say(
        "The order of the channels by each rule, against {reference} (rank correlation, 1 the same order, −1 the "
        "reverse): {agreed}.",
        reference=words[agreed["against"].iloc[0]],
        agreed=listing([f"{r.rule} {number(r.agreement, 2)}" for r in agreed.itertuples()]),
    )


def against_planted(added: pd.DataFrame, planted: pd.DataFrame) -> Prose:
    """Say how many of the lifts hold the planted ratio in their interval, and which do not."""
    both = added.merge(planted[["channel", "ratio"]], on="channel", suffixes=("", "_true"))
    held = (both["low"] <= both["ratio_true"]) & (both["ratio_true"] <= both["high"])
    missed = [f"{r.channel} (truly {number(r.ratio_true, 2)} times)" for r in both[~held].itertuples()]
    most = added.loc[added["owed"].idxmax(), "channel"]
    true = planted.loc[planted["owed"].idxmax(), "channel"]
    words = "which is so" if most == true else f"in truth it is {true}"
    return say(
        "In the simulated company the ratios were planted: {held} of {n} intervals hold theirs{missed}. Most is owed "
        "to {most} by the lift; {words}.",
        held=number(int(held.sum())), n=number(len(both)), most=most, words=words,
        missed=f", those of {listing(missed)} do not" if missed else "",
    )  # fmt: skip
