"""Findings about records: what arrived, what is missing, what cleaning did."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, date, listing, number, say, share

MOST_REPAIRS = 3


def collection(window, tables: pd.DataFrame, columns: pd.DataFrame) -> Prose:
    """Say what arrived, from when to when, and what became of identities."""
    here = tables[tables["status"] == "collected"]
    treated = columns.groupby("treatment")["column"].size()
    return bullets(
        say(
            "**{rows} in {n} tables** were collected for window {window}, from {first} to {last}.",
            rows=count(int(here["rows"].sum()), "row"), n=number(len(here)), window=window,
            first=date(here["first"].min()), last=date(here["last"].max()),
        ),
        say(
            "{outside} of the source belong to other dates and are not used.",
            outside=count(int(here["rows_outside_window"].sum()), "row"),
        ),
        say(
            "Of the columns that identify people, {dropped} dropped and {replaced} replaced by keyed pseudonyms, "
            "codes that only who holds the key can link to a person; free text was scrubbed in {scrubbed}. "
            "Pseudonyms are still personal data, not anonymous data.",
            dropped=_were(treated.get("dropped", 0)), replaced=_were(treated.get("pseudonymised", 0)),
            scrubbed=count(int(treated.get("scrubbed", 0)), "column"),
        ),
    )  # fmt: skip


def dictionary(columns: pd.DataFrame, gaps: pd.DataFrame) -> Prose:
    """Say how much of the contract is here, and what the gaps switch off."""
    asked = columns[columns["status"] != "removed"]
    here = asked[asked["status"] == "here"]
    off = sorted({name for names in gaps["switches_off"] if names for name in names.split(", ")})
    return bullets(
        say(
            "**{here} of {asked} columns** that the contract (the agreed list of tables and columns) asks for hold "
            "values. Missing: {missing}.",
            here=number(len(here)), asked=number(len(asked)), missing=listing(_missing(asked), most=10),
        ),
        say(
            "{violations} break the rules of the contract.",
            violations=count(int(columns["violations"].sum()), "value").capitalize(),
        ),
        say("What is lacking switches off: {off}.", off=listing(off))
        if off
        else say("No analysis has to be left out for what is missing."),
    )  # fmt: skip


def cleaning(ledger: pd.DataFrame, budget: float) -> Prose:
    """Say how many rows were set aside, by which rules, and that the books balance."""
    rows_in = int(ledger.groupby("table")["rows_in"].first().sum())
    aside = int(ledger["set_aside"].sum())
    by_rule = ledger.groupby("rule", sort=False)["set_aside"].sum()
    reasons = [f"{name} ({number(int(rows))})" for name, rows in by_rule.items() if rows]
    worst = ledger.groupby("table")["share"].sum()
    mended = ledger.groupby("rule", sort=False)["changed"].sum()
    often = mended.sort_values(ascending=False, kind="stable")
    repairs = [f"{name} ({number(int(rows))})" for name, rows in often.items() if rows]
    return bullets(
        say(
            "**{part} of the rows were set aside**, {aside} of {rows}: {reasons}. They are kept beside the clean "
            "tables.",
            aside=number(aside), rows=count(rows_in, "row"), part=share(aside / max(rows_in, 1)),
            reasons=listing(reasons),
        ),
        say(
            "The table that lost most is {table}, {part} of its rows; a run stops above {budget}.",
            table=worst.idxmax().replace("_", " "), part=share(worst.max()), budget=share(budget, 0),
        ),
        say(
            "{n} values were repaired, most of them of {repairs}; the table lists all.",
            n=number(int(mended.sum())), repairs=listing(repairs[:MOST_REPAIRS]),
        )
        if repairs
        else say("No value had to be repaired."),
    )  # fmt: skip


def side_by_side(examples: pd.DataFrame) -> pd.DataFrame:
    """Return a row per table and step of cleaning, its examples after each other."""
    joined = examples.groupby(["table", "rule"], sort=False)["example"].agg(" · ".join)
    return joined.reset_index().rename(columns={"example": "examples"})


def mail(response: pd.DataFrame) -> Prose:
    """Say how many opens and clicks machines made, and whether newsletters rank otherwise without them.

    Parameters
    ----------
    response : pandas.DataFrame
        From :func:`insights.cleaning.mail.response`.
    """
    total = {name: (response[name] * response["delivered"]).sum() for name in response.columns[2:]}
    told = [
        say(
            "Of the {what} messages, {part} were {what} by machines alone.",
            what=what, part=share(1 - total[f"{what}_by_people"] / max(total[what], 1.0)),
        )
        for what in ("opened", "clicked")
    ]  # fmt: skip
    orders = {name: response.sort_values(name, ascending=False)["newsletter"].tolist() for name in total}
    moved = [what for what in ("opened", "clicked") if orders[what] != orders[f"{what}_by_people"]]
    best = orders["clicked_by_people"][0].replace("_", " ").title()
    return bullets(
        *told,
        say(
            "Without machines the newsletters rank {verdict}; by clicks of people {best} comes first.",
            verdict=f"otherwise, by what is {' and by what is '.join(moved)}" if moved else "the same",
            best=best,
        ),
    )


def cleaning_quality(quality: pd.DataFrame) -> Prose:
    """Say how much of what is wrong in the simulated exports was found, and which kind was found worst."""
    worst = quality.loc[quality[["precision", "recall"]].min(axis=1).idxmin()]
    return bullets(
        say(
            "Of the simulated company it is known what is wrong: {kinds} of defects were planted. The one found "
            "worst ({worst}) has a precision of {precision} and a recall of {recall}.",
            kinds=count(len(quality), "kind"), worst=worst["defect"], precision=share(worst["precision"]),
            recall=share(worst["recall"]),
        )
    )  # fmt: skip


def _missing(asked):
    lacking = asked[asked["status"] != "here"]
    return [f"{r.column} ({r.table.replace('_', ' ')})" for r in lacking.itertuples()]


def _were(n):
    return f"{number(int(n))} {'was' if n == 1 else 'were'}"
