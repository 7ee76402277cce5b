"""Findings about single recommendations: why a product is called 1 or 0, what would turn it, what it resembles."""

import pandas as pd

from insights.wording import Prose, bullets, listing, number, say, share

NAMED = 5


def weighed(importance: pd.DataFrame, agreement) -> Prose:
    """Say what the launch model weighs most, and how alike refits of it order the signals.

    Parameters
    ----------
    importance : pandas.DataFrame
        ``title, share``, the most important first.
    agreement : insights.modeling.shapley.Agreement
    """
    return say(
        "On new launches the model weighs most: {titles}. Fitted again on other products it orders the signals alike "
        "where this is near 1: rank correlation {value} ({low} to {high} over {refits} refits).",
        titles=listing([f"{r.title} ({share(r.share)})" for r in importance.head(4).itertuples()]),
        value=number(agreement.value), low=number(agreement.low), high=number(agreement.high),
        refits=number(agreement.refits),
    )  # fmt: skip


def why(advice: pd.DataFrame, reasons: pd.DataFrame, flips: pd.DataFrame, similar: pd.DataFrame) -> Prose:
    """Say of the surest products of each verdict what moved them, what would turn them, and what they resemble.

    Parameters
    ----------
    advice : pandas.DataFrame
        Recommendations, the most probable first, with ``title`` where the source has it.
    reasons, flips, similar : pandas.DataFrame
        Of the candidates, each with ``product_id`` and ``text``.
    """
    launched, held = advice[advice["verdict"] == "1"], advice[advice["verdict"] == "0"]
    named = pd.concat([launched.head(NAMED), held.tail(NAMED)])
    return bullets(*(_of(r, reasons, flips, similar) for r in named.to_dict("records")))


def _of(row, reasons, flips, similar):
    known = {name: t[t["product_id"] == row["product_id"]] for name, t in
             (("reasons", reasons), ("flips", flips.dropna(subset="decile")), ("similar", similar))}  # fmt: skip
    name = row.get("title") or row["product_id"]
    return say(
        "**{name}** ({verdict}, probability {probability}): {reasons}. {turned} Most like it: {similar}.",
        name=name, verdict=row["verdict"], probability=share(row["probability"]),
        reasons=listing(known["reasons"]["text"]), turned=_turned(known["flips"]),
        similar=listing(known["similar"]["text"]),
    )  # fmt: skip


def _turned(flips):
    if flips.empty:
        return "No single signal would turn it."
    return f"It would turn with {flips.iloc[0]['text']}."
