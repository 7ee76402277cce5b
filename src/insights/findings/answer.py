"""The answer: what to launch, and how sure that is."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, say, share
from insights.findings.words import (
    HURDLES,
    LEARNED,
    QUESTIONS,
    ROWS,
    TITLES,
    against,
    beats_chance,
    on_launches,
    opening,
    products,
    span,
    units,
)
from insights.verdicts import HOLD, LAUNCH, NOT_ENOUGH

AIM = 0.1
SHOWN = ("title", "verdict", "place", "probability", "low", "high", "expected_gain", "topic", "product_id")
EVERY, FEW = 300, 20
_STRESSED = {
    "beats": "beats", "is worse than": "**is worse than**", "is not shown to beat": "is **not shown to beat**",
}  # fmt: skip


def recommendation(advice: pd.DataFrame, headline: pd.DataFrame) -> Prose:
    """Say what to launch: the answer first, and what it would take to know more.

    Parameters
    ----------
    advice : pandas.DataFrame
        A row per candidate with its ``verdict``, from :func:`insights.modeling.recommendation.recommend`.
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    """
    if advice.empty:
        return say("**Nothing to recommend**: this source lists no candidates that could be launched.")
    by = advice["verdict"].value_counts()
    told = _answer(advice, by, headline)
    if len(by) > 1:
        told += _counted(advice, by)
    return told + _would_take(headline)


def headline(table: pd.DataFrame) -> Prose:
    """Say, for each question, how sure the answer is: the chosen model beside the best baseline."""
    told = []
    for (question, kind), group in table.groupby(["question", "rows"], sort=False):
        chosen = group[group["chosen"]].iloc[0]
        others = group[~group["model"].isin(LEARNED)]
        best = others.loc[others["value"].idxmax()]
        told.append(
            say(
                "{kind}, {question}: of two, one that came true and one that did not, {chosen} ranks the right one "
                "higher in **{auc}** of cases (ROC AUC; 0.5 is guessing), over {n}; it "
                f"{_STRESSED[against(chosen, best)]} the best baseline, {{other}}, with {{baseline}}.",
                kind=opening(ROWS[kind]), question=QUESTIONS[question], chosen=TITLES[chosen["model"]],
                auc=interval(chosen["value"], chosen["low"], chosen["high"]),
                n=units(chosen["n"], kind),
                other=TITLES[best["model"]], baseline=interval(best["value"], best["low"], best["high"]),
            )
        )  # fmt: skip
    return bullets(*told)


def cautions() -> Prose:
    """Say what is not to be concluded from a report, whatever its figures are."""
    return bullets(
        say(
            "A score is an average over past products and people. It does not say that a recommendation is right for "
            "one product."
        ),
        say(
            "Small numbers: a window holds few new launches. Intervals are wide for that reason, and a difference "
            "whose interval spans 0 is no difference that anybody has shown."
        ),
        say(
            "What the features tell are associations. Raising a product's page views by advertising does not by "
            "itself raise its sales."
        ),
        say("The bias check names the groups for which nobody can tell. It is not a certificate."),
    )


def rows_shown(advice: pd.DataFrame) -> int:
    """Return how many recommendations a page shows: where all have one verdict, which orders nothing, only some."""
    return EVERY if len(set(advice["verdict"])) > 1 else FEW


def how_to_read(hurdle: str, months: int, level: float) -> Prose:
    """Say what verdict, probability, interval, gain and place mean in the table of recommendations.

    Parameters
    ----------
    hurdle : str
        What a product is asked to earn, a key of ``words.HURDLES``.
    months : int
        After the decision, in which it is asked to.
    level : float
        Of the interval around the probability.
    """
    return bullets(
        say(
            "The **probability** is that of earning, in the {time} after the decision, the **hurdle**: {hurdle}. Its "
            "interval ({level}) says how far the answer moves when the model is fitted again on resampled products.",
            time=span(months), hurdle=HURDLES[hurdle], level=share(level, 0),
        ),
        "The verdict is 1 (launch) where the whole interval lies above the threshold from which on a launch is "
        "expected to pay, 0 (do not) where all of it lies below. Where it lies on both sides, or on new launches the "
        "model is not shown to beat chance or lies below a baseline, there is not enough evidence.",
        say(
            "The **expected gain** is what the product is expected to bring in that time beyond its hurdle; the "
            "**place** orders by it what is called 1. A quarter can carry the first of them.",
        ),
    )  # fmt: skip


def _answer(advice, by, headline):
    go = advice[advice["verdict"] == LAUNCH].sort_values("place")
    now = go[go["within_capacity"]]
    names = listing(products(now, advice), most=5)
    if len(now) < len(go):
        return say(
            "**Launch {n} of the {all} that are expected to pay: {names}.** A quarter can carry {n}; these are "
            "expected to bring most.",
            n=number(len(now)), all=number(len(go)), names=names,
        )  # fmt: skip
    if len(go):
        return say("**Launch {n}: {names}.**", n=number(len(go)), names=names)
    if by.get(HOLD, 0):
        return say("**Launch none of the {n}.**", n=count(len(advice), "candidate"))
    return say(
        "**Not enough evidence to recommend or to rule out any of the {n}.** {why} Until that changes, decide as "
        "today, keep every vote and outcome on record, and do not rank products by the probabilities below.",
        n=count(len(advice), "candidate"),
        why=held_back(headline),
    )  # fmt: skip


def held_back(headline: pd.DataFrame) -> str:
    """Return why no verdict is given: chance or a baseline is not beaten, none was judged, or all intervals are wide.

    Parameters
    ----------
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    """
    r, baselines = on_launches(headline)
    if r is None:
        return "No launch was there on which the model could be shown to beat chance."
    ahead = [f"{TITLES[o.model]} ({number(o.value, 3)})" for o in baselines.itertuples() if o.value > r["value"]]
    reasons = []
    if not beats_chance(r):
        reasons.append(
            "is not shown to beat chance (with outcomes shuffled, the best of all that were tried reaches "
            f"{number(r['shuffled'], 3)} in 95 of 100 cases)"
        )
    if ahead:
        reasons.append(f"lies below {listing(ahead)}")
    if not reasons:
        return "The interval of each lies on both sides of the threshold from which on a launch is expected to pay."
    judged, auc = count(int(r["n"]), "new launch", "new launches"), number(r["value"], 3)
    return f"On {judged} the model, with a ROC AUC of {auc}, {' and '.join(reasons)}."


def _counted(advice, by):
    return say(
        "Of {n} judged, {one} recommended (1), {zero} not (0), and for {unknown} there is not enough evidence.",
        n=count(len(advice), "candidate"), one=_are(int(by.get(LAUNCH, 0))), zero=_are(int(by.get(HOLD, 0))),
        unknown=number(int(by.get(NOT_ENOUGH, 0))),
    )  # fmt: skip


def _would_take(headline):
    r, _ = on_launches(headline)
    if r is None:
        return say("No new launch could be judged in this window.")
    half, more = to_know(r)
    return say(
        "What it would take to know: {n} were judged, so few that the ROC AUC could lie {half} higher or lower; some "
        "{more} would bring that down to {aim}.",
        n=count(int(r["n"]), "new launch", "new launches"), half=number(half, 2),
        more=count(more, "launch", "launches"), aim=number(AIM, 2),
    )  # fmt: skip


def to_know(judged: pd.Series) -> tuple[float, int]:
    """Return how far a ROC AUC could lie off, and how many launches would bring that down to 0.1.

    Parameters
    ----------
    judged : pandas.Series
        The chosen model's row of the headline, on new launches.
    """
    half = (judged["high"] - judged["low"]) / 2
    return half, round(judged["n"] * (half / AIM) ** 2)


def _are(n):
    return f"{number(int(n))} {'is' if n == 1 else 'are'}"
