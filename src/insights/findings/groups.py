"""Findings about groups of people: who is served worse, whether the model makes it so, of whom nobody can tell."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, points, say, share
from insights.findings.answer import _are
from insights.findings.words import in_words, opening
from insights.verdicts import GAP_EXCLUDED, GAP_SHOWN, GROWING, PROXIED, TOO_FEW, UNKNOWN, USED

LIMIT = 0.05


def bias(used: list[str], detected: pd.DataFrame, table: pd.DataFrame, margin: float, lacking: list[str]) -> Prose:
    """Say whether protected attributes are features, which gaps are shown, and which nobody can tell.

    Parameters
    ----------
    used : list of str
        Features that are protected attributes or computed from them.
    detected : pandas.DataFrame
        ``attribute, verdict, proxies``.
    table : pandas.DataFrame
        Outcomes and errors by group.
    margin : float
    lacking : list of str
        What the source lacks for a check by person.
    """
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
    return bullets(first, *_present(detected), *_gaps(table, margin))


def chance(table: pd.DataFrame) -> Prose:
    """Say which of the largest gaps are larger than chance would show among so many groups."""
    beyond = table[table["p"] < LIMIT]
    if beyond.empty:
        return say(
            "Of {n}, the largest among the groups of an attribute, none is larger than chance alone would show.",
            n=count(len(table), "gap"),
        )
    names = [f"{r.measure} of {r.attribute}: {r.group} ({points(r.gap)})" for r in in_words(beyond).itertuples()]
    return say(
        "Larger than chance alone would show among so many groups: {names}; of {rest} this is not shown.",
        names=listing(names, most=8), rest=count(len(table) - len(beyond), "other"),
    )  # fmt: skip


def origins(table: pd.DataFrame) -> Prose:
    """Say of each group whose gap is surely made in part by the model how much is of the data and how much is not."""
    made = in_words(table[(table["model_low"] > 0) | (table["model_high"] < 0)])
    if made.empty:
        return say("Of no group is the model shown to add to what the data differ by, or to take from it.")
    return bullets(
        *(
            say(
                "{attribute}, {group}: of a gap of {gap} in the share called 1, {data} is of the data and {model} of "
                "the model.",
                attribute=opening(r.attribute), group=r.group, gap=points(r.gap), data=points(r.of_data),
                model=interval(r.of_model, r.model_low, r.model_high, kind="points"),
            )
            for r in made.itertuples()
        )
    )  # fmt: skip


def refits(table: pd.DataFrame) -> Prose:
    """Say what it does to ranking if protected attributes are features, or if their proxies are none."""
    told = [
        say(
            "{model}: ROC AUC {auc}, {change} against the model as it is.",
            model=r.model.capitalize(), auc=number(r.roc_auc, 3), change=interval(r.difference, r.low, r.high),
        )
        for r in table.itertuples()
        if r.model != "as it is"
    ]  # fmt: skip
    return bullets(*told) if told else say("There was nothing to take out and nothing to put in.")


def audience(table: pd.DataFrame, margin: float) -> Prose:
    """Say whose interest the products serve that are called 1, against all that were decided on."""
    if table.empty:
        return say(
            "Whose interest a catalogue serves nobody can say here: too little is known of who looks at products."
        )
    shown, apart = table[table["verdict"] == GAP_SHOWN], (table["verdict"] == GAP_EXCLUDED).sum()
    if shown.empty:
        return say(
            "Of {n}, {apart} within ±{margin} for sure: the audience of products called 1 is made up like that of "
            "all, as far as it can be told.",
            n=count(len(table), "difference"), apart=_are(int(apart)), margin=number(margin),
        )  # fmt: skip
    names = [f"{r.attribute}: {r.group} ({points(r.difference)})" for r in in_words(shown).itertuples()]
    return say(
        "The audience of products that are called 1 differs from that of all by more than chance in {names}.",
        names=listing(names, most=6),
    )


def trend(table: pd.DataFrame, windows: int) -> Prose:
    """Say which gaps grow over the windows that have been run."""
    if table.empty:
        return say(
            "Whether a gap grows nobody can say yet: of {windows} the gaps are recorded, and it takes three.",
            windows=count(windows, "window"),
        )  # fmt: skip
    growing = in_words(table[table["verdict"] == GROWING])
    names = [f"{r.measure} of {r.attribute}: {r.group} ({points(r.a_year)} a year)" for r in growing.itertuples()]
    return say(
        "Over {windows}, of {n} these grow: {names}. By chance alone about {chance} would seem to.",
        windows=count(windows, "window"), n=count(len(table), "gap"), names=listing(names, most=6),
        chance=number(round(len(table) / 40)),
    )  # fmt: skip


def _present(detected):
    """Say which attributes are present through other features."""
    hidden = in_words(detected[detected["verdict"] == PROXIED])
    if len(hidden):
        named = [name.replace("_", " ") for text in hidden["proxies"] for name in text.split(", ") if name]
        yield say(
            "Yet the features tell something of {names}; of single features most by {proxies}.",
            names=listing(hidden["attribute"]), proxies=listing(list(dict.fromkeys(named)), most=4),
        )  # fmt: skip
    silent = detected[~detected["verdict"].isin([PROXIED, USED])]
    if len(silent):
        yield say("Of {names} no feature is shown to tell anything.", names=listing(in_words(silent)["attribute"]))


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
        names = listing([f"{r.attribute}: {r.group}" for r in in_words(few).itertuples()], most=6)
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


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of groups with a label in words for each: its attribute and its name."""
    words = in_words(table)
    return table.assign(label=words["attribute"] + ": " + words["group"])


def some(names: str, most: int = 4) -> str:
    """Return the first of several names, with commas between them, in words; ``none`` where there are none."""
    return listing(names.replace("_", " ").split(", "), most=most) if names else "none"
