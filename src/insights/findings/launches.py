"""Findings about single recommendations: why a product is called 1 or 0, what would turn it, what it resembles."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, points, say, share
from insights.findings.words import ROWS, TEAMS, TITLES, in_words
from insights.verdicts import BOTH_TEAMS, HOLD

NAMED = 5
FEWEST = 10  # rows below which nothing is said of the tenth with the highest scores
WHY = {
    "product": "product",
    "verdict": "verdict",
    "probability": "probability",
    "raises": "raised by",
    "lowers": "lowered by",
    "turns": "would turn with",
    "alike": "like it, reached",
}


def weighed(importance: pd.DataFrame, agreement) -> Prose:
    """Say what the launch model weighs most, and how alike refits of it order the signals.

    Parameters
    ----------
    importance : pandas.DataFrame
        ``title, share``, the most important first.
    agreement : insights.modeling.explanation.shapley.Agreement
    """
    return say(
        "On new launches the model weighs most: {titles}. Fitted again on other products it ranks the signals "
        "similarly where this is near 1: {value} ({low} to {high} over {refits} refits; rank correlation).",
        titles=listing([f"{r.title} ({share(r.share)})" for r in importance.head(4).itertuples()]),
        value=number(agreement.value), low=number(agreement.low), high=number(agreement.high),
        refits=number(agreement.refits),
    )  # fmt: skip


def why(advice: pd.DataFrame, reasons: pd.DataFrame, flips: pd.DataFrame, similar: pd.DataFrame) -> pd.DataFrame:
    """Return, of what to launch now and of the last held, what moved them, would turn them, and is like them.

    Parameters
    ----------
    advice : pandas.DataFrame
        From :func:`insights.modeling.recommendation.recommend`, with ``title`` where the source has it.
    reasons, flips : pandas.DataFrame
        Of the candidates, from :mod:`insights.modeling.explanation.reasons`, with the ``title`` of each signal.
    similar : pandas.DataFrame
        From :func:`insights.modeling.explanation.similar.similar_launches`.

    Returns
    -------
    pandas.DataFrame
        ``product, verdict, probability, raises, lowers, turns, alike``; in words, effects in percentage points.
    """
    now = advice[advice["within_capacity"].astype(bool)].sort_values("place")
    named = pd.concat([now, advice[advice["verdict"] == HOLD].tail(NAMED)])
    table = [_of(row, reasons, flips, similar) for row in named.to_dict("records")]
    return pd.DataFrame(table, columns=list(WHY))


def nothing_to_explain() -> Prose:
    """Say that no verdict is given, so that none is explained."""
    return say("No product is called 1 or 0 in this window, so there is no verdict to explain.")


def _of(row, reasons, flips, similar):
    own, turning, alike = (t[t["product_id"] == row["product_id"]] for t in (reasons, flips, similar))
    moved = {
        way: "; ".join(f"{r.title} {_signed(100 * r.effect)}" for r in part.itertuples())
        for way, part in own.groupby("direction")
    }
    first = next(turning.dropna(subset="decile").itertuples(), None)
    turns = f"{first.title}: {first.needed} decile {first.decile:.0f}" if first else "no single signal"
    reached = f"{int(alike['y'].sum())} of {len(alike)}: {', '.join(alike['similar'])}"
    return [
        row.get("title") or row["product_id"], row["verdict"], row["probability"], moved.get("raises", ""),
        moved.get("lowers", ""), turns, reached if len(alike) else "",
    ]  # fmt: skip


def _signed(value):
    return f"{round(value):+d}".replace("-", "\N{MINUS SIGN}") if round(value) else "below 1"


def probabilities(examined, chosen: str) -> Prose:
    """Say whether the chosen model's probabilities come true on one kind of rows, and the panel's.

    Parameters
    ----------
    examined : insights.modeling.evaluation.examined.Examined
    chosen : str
    """
    told = examined.probabilities.set_index(["model", "metric"])
    errors = examined.expected_error.set_index("model")
    return bullets(*(_comes_true(examined.kind, name, told.loc[name], errors.loc[name]) for name in
                     (chosen, *(m for m in errors.index if m != chosen))))  # fmt: skip


def found_first(examined, chosen: str) -> Prose:
    """Say what calling only the highest scores of the chosen model finds."""
    table = examined.lift[examined.lift["model"] == chosen]
    tenth, half = table.iloc[0], table.iloc[(table["share"] - 0.5).abs().argmin()]
    if tenth["called"] < FEWEST:
        return say(
            "On {kind} a tenth is too few to judge; the half with the highest scores holds {recall} of all that came "
            "true.",
            kind=ROWS[examined.kind],
            recall=share(half["recall"]),
        )
    return say(
        "On {kind}, of the tenth with the highest scores {precision} came true, {lift} times as often as of all; the "
        "half with the highest scores holds {recall} of all that came true.",
        kind=ROWS[examined.kind], precision=share(tenth["precision"]),
        lift=interval(tenth["lift"], tenth["low"], tenth["high"]), recall=share(half["recall"]),
    )  # fmt: skip


def early(examined, chosen: str, most: int) -> Prose:
    """Say how well those are ordered that can be launched: the ROC AUC as far as so many can be wrong."""
    by = examined.early.set_index("model")
    reached = {r.Index: interval(r.value, r.low, r.high) for r in by.itertuples()}
    others = by["value"].drop(index=chosen)
    best = None if others.empty else others.idxmax()
    beside = f"; of the baselines {TITLES[best]} comes first with {reached[best]}" if best else ""
    return say(
        "With {most} a quarter no more can be wrong, {part} of all that did not come true. Counted only so far, the "
        "ROC AUC of {chosen} is {auc}{beside}. There too 0.5 is guessing and 1 a perfect order.",
        most=count(most, "launch", "launches"), part=share(by.loc[chosen, "share"]), chosen=TITLES[chosen],
        auc=reached[chosen], beside=beside,
    )  # fmt: skip


def f1(examined) -> pd.DataFrame:
    """Return the F1 of the chosen model and each baseline by the share of rows that is called, a column a share."""
    told = in_words(examined.lift)
    wide = told.pivot(index="model", columns="share", values="f1").loc[told["model"].unique()]
    return wide.rename(columns=share).reset_index()


def panel(examined, chosen: str) -> Prose:
    """Say how panel and model agree on what the panel voted on, who is right more often, and what both reach."""
    if examined.beside is None:
        return say("On {kind} nobody voted.", kind=ROWS[examined.kind])
    said = examined.beside.decisions.set_index("metric")
    right = examined.beside.right.set_index(["first", "second"])["n"]
    auc = examined.beside.reached.query("metric == 'roc_auc'").set_index("model")
    ranks, gap = auc.loc["mean of ranks"], said.loc["accuracy_difference"]
    return say(
        "On {kind} the panel voted on {n}. It agrees with {chosen} on {agreement} of them (kappa, which is 0 for "
        "agreement by chance and 1 for full: {kappa}). Where only one is right it is the model {model} times and "
        "the panel {panel} times: {verdict}. The mean of both ranks reaches a ROC AUC of {together}, the model "
        "alone {own}.",
        kind=ROWS[examined.kind], n=count(int(gap["n"]), "row"), chosen=TITLES[chosen],
        agreement=share(said.loc["agreement", "value"]),
        kappa=interval(*said.loc["kappa", ["value", "low", "high"]]), model=number(int(right["wrong", "right"])),
        panel=number(int(right["right", "wrong"])), verdict=_more_often(gap),
        together=interval(ranks["value"], ranks["low"], ranks["high"]), own=number(auc.loc[chosen, "value"]),
    )  # fmt: skip


def more_data(examined) -> Prose:
    """Say whether learning from more products or more months would help on one kind of rows."""
    told = [
        f"{r.verdict} ({r.size_before} to {r.size} {r.varied}: {interval(r.gain, r.low, r.high)})"
        for r in examined.last_step.itertuples()
    ]
    return say("On {kind}: {told}.", kind=ROWS[examined.kind], told=listing(told))


def _comes_true(kind, name, told, error):
    off, slope = told.loc["mean_error"], told.loc["slope"]
    verdict = "no more than chance brings" if error["p"] >= 0.05 else "more than chance brings"
    return say(
        "On {kind} {who} says {off} too {way} on average. What is said and what comes true lie {error} apart, "
        "{verdict} ({right} if all were right). Calibration slope (1 is right, below it too sure): {slope}; squared "
        "error less than by saying the same of every row, as a share (Brier skill): {skill}.",
        kind=ROWS[kind], who=TITLES[name], off=points(abs(off["value"])), way="high" if off["value"] > 0 else "low",
        slope=interval(slope["value"], slope["low"], slope["high"]), error=number(error["error"]),
        verdict=verdict, right=number(error["error_if_right"]),
        skill=interval(*told.loc["skill", ["value", "low", "high"]]),
    )  # fmt: skip


def raters(examined) -> Prose:
    """Say how often votes of the panel are right, whether stated probabilities come true, and how far all agree."""
    if examined.raters is None:
        return say("On {kind} no vote of a single person is known.", kind=ROWS[examined.kind])
    by = examined.raters.set_index(["metric", "team"])
    right, kappa = by.loc[("accuracy", BOTH_TEAMS)], by.loc[("kappa", BOTH_TEAMS)]
    told = (
        "On {kind}, {votes} of {people} were right in {right} of all cases; {teams}. Beyond chance they agree by a "
        "kappa of {kappa}."
    )
    teams = by.loc["accuracy"].drop(index=BOTH_TEAMS)["value"]
    values = {
        "kind": ROWS[examined.kind], "votes": count(int(right["votes"]), "vote"),
        "people": count(int(right["raters"]), "person", "people"), "right": _between(right, "share"),
        "teams": listing([f"those of {TEAMS[team]} in {share(part)}" for team, part in teams.items()]),
        "kappa": _between(kappa),
    }  # fmt: skip
    if pd.notna(right["least"]):
        told += " Single people range from {least} to {most}."
        values |= {"least": share(right["least"]), "most": share(right["most"])}
    stated = by.loc[("brier", BOTH_TEAMS)]
    if pd.notna(stated["value"]):
        told += (
            " The probabilities that they state are off by a Brier score of {brier}; whoever states the same share "
            "each time reaches {constant}."
        )
        values |= {"brier": _between(stated), "constant": number(by.loc[("constant", BOTH_TEAMS), "value"])}
    return say(told, **values)


def _between(row, kind="number"):
    return interval(row["value"], row["low"], row["high"], kind)


def _more_often(gap):
    if gap["high"] < 0:
        return "the model is right more often"
    return "the panel is right more often" if gap["low"] > 0 else "nobody can tell who is right more often"
