"""The first screen of the report: what to launch, what it is worth, how sure that is, what to beware of.

Four short answers, each with the page and section that its figure comes from, for a reader who has two minutes.
"""

import html
from dataclasses import dataclass, replace

import pandas as pd

from insights import store
from insights.display.wording import Prose, count, listing, money, number, points, say, share
from insights.findings.answer import to_know
from insights.findings.beyond import earned, named, served_less
from insights.findings.words import BASELINES, against, beats_chance, on_launches, opening, products, span
from insights.params import Params
from insights.verdicts import ALL, HOLD, KEEP, LAUNCH, NOT_ENOUGH

NAMED, WIDE = 3, 0.1
RECOMMENDATIONS = ("11_report", "recommendations", "Recommendations")
RANKING = ("05_modeling", "all-models-and-baselines", "05, all models and baselines")
WORTH = ("05_modeling", "what-it-is-worth", "05, what it is worth")
GATES = ("08_tolerance", "the-gates", "08, the gates")
FRESH = ("10_fresh_data", "what-is-to-be-done", "10, what is to be done")
SERVED = ("07_bias_checks", "who-is-served-worse", "07, who is served worse")
WRONG = ("11_report", "what-could-be-wrong", "What could be wrong")


@dataclass(frozen=True)
class Answer:
    """One of the four: its question, the figure that answers it, a sentence or two, and where they come from."""

    question: str
    figure: str
    told: Prose
    sources: tuple[tuple[str, str, str], ...]


def first_screen(
    advice: pd.DataFrame, headline: pd.DataFrame, results: pd.DataFrame, params: Params, pages: str = ""
) -> Prose:
    """Return the four answers side by side.

    Parameters
    ----------
    advice : pandas.DataFrame
        Recommendations with titles, from :mod:`insights.report`.
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    results : pandas.DataFrame
        The results store of the window.
    params : insights.params.Params
        Of the window.
    pages : str
        Where the window's pages are, seen from the page that shows the answers; empty beside them.
    """
    found = answers(advice, headline, results, params.launch.horizon_months)
    text = "\n\n".join(f"{one.question}: {one.figure}. {one.told.text}" for one in found)
    return Prose(text, '<div class="screen">\n' + "\n".join(_cell(one, pages) for one in found) + "\n</div>")


def answers(advice: pd.DataFrame, headline: pd.DataFrame, results: pd.DataFrame, months: int) -> list[Answer]:
    """Return the four answers one by one, in their order; ``months`` are those in which a hurdle is to be reached."""
    keyed = results.join(store.restrictions(results, ("rows", "split", "measure", "decision")))
    launch = _launch(advice)
    launch = replace(launch, told=launch.told + _changing(advice, headline)) if len(advice) else launch
    return [launch, _worth(advice, keyed, months), _sure(headline), _beware(headline, keyed)]


def _launch(advice):
    by, go = advice["verdict"].value_counts(), advice[advice["verdict"] == LAUNCH].sort_values("place")
    now, sources = go[go["within_capacity"]], (RECOMMENDATIONS,)
    if advice.empty:
        told = say("This source lists no candidates that could be launched.")
        return Answer("What to launch", "Nothing to recommend", told, sources)
    if len(go):
        more = (
            f" {number(len(go))} of {count(len(advice), 'candidate')} are expected to pay; a quarter can carry "
            f"{number(len(now))}, and these are expected to bring most."
        )
        names = listing(products(now, advice), most=NAMED)
        told = say("{names}.{more}", names=names, more=more if len(now) < len(go) else "")
        return Answer("What to launch", count(len(now), "product"), told, sources)
    if by.get(HOLD, 0):
        told = say("None of {n} is expected to pay.", n=count(len(advice), "candidate"))
        return Answer("What to launch", "Nothing", told, sources)
    told = say(
        "The model can neither recommend nor rule out any of {n}. Decide as today.", n=count(len(advice), "candidate")
    )
    return Answer("What to launch", "Not enough evidence", told, sources)


def _changing(advice, headline):
    """Say what would change the answer: a product's own signals, or a model that is shown to be better."""
    if set(advice["verdict"]) != {NOT_ENOUGH}:
        return say("What would turn the answer for one product is on its page in make planner.")
    judged, _ = on_launches(headline)
    if judged is None:
        return say("What would change that: launches to judge the model by.")
    n, more = int(judged["n"]), to_know(judged)[1]
    if more <= n:
        return say("What would change that: a model that ranks launches better.")
    return say(
        "What would change that: a model that ranks better, or more launches to see it by; {n} were judged, and some "
        "{more} tell the ranking to 10 percentage points.",
        more=number(more), n=number(n),
    )  # fmt: skip


def _worth(advice, keyed, months):
    now = advice[advice["within_capacity"]]
    past, told = say("No launch of this window could be judged."), earned(keyed, ("panel", ALL))
    if told is not None:
        past = say(
            "Of the window's {n}, those that the model chose brought {own} beyond their hurdles in the {time} after "
            "the decision; {others}.",
            n=count(told.all, "launch", "launches"), own=told.own, time=span(months), others=told.others,
        )  # fmt: skip
    expected = now["expected_gain"].sum(min_count=1)
    figure = money(expected) if len(now) and pd.notna(expected) else "Nothing to expect"
    about = (
        f"Expected beyond their hurdles in the {span(months)} after the decision."
        if len(now)
        else "Nothing is recommended."
    )
    return Answer("What it is worth", figure, say(about) + past, (WORTH,))


def _sure(headline):
    r, baselines = on_launches(headline)
    if r is None:
        return Answer(
            "How sure that is", "Not judged", say("No new launch could be judged in this window."), (RANKING,)
        )
    best = baselines.loc[baselines["value"].idxmax()]
    told = say(
        "Of two new launches, one that reached its hurdle and one that did not, the model ranks the right one higher "
        "in so many cases (95\u00a0% interval {low} to {high}; 50\u00a0% is guessing), over {n}. It {against} the "
        "best rule, {other}, with {rule}.",
        low=share(r["low"], 0), high=share(r["high"], 0), n=count(int(r["n"]), "launch", "launches"),
        against=against(r, best), other=BASELINES[best["model"]][0], rule=share(best["value"], 0),
    )  # fmt: skip
    return Answer("How sure that is", f"{share(r['value'], 0)} ranked rightly", told, (RANKING,))


def _beware(headline, keyed):
    found = [*_of_ranking(headline), *_of_use(keyed), *_of_people(keyed)]
    told = say(" ".join(warning for warning, _ in found) or "None of the checks found any.")
    sources = (WRONG, *dict.fromkeys(source for _, source in found))
    return Answer("What to beware of", opening(count(len(found), "warning")), told, sources)


def _of_ranking(headline):
    r, _ = on_launches(headline)
    if r is None:
        return
    half = to_know(r)[0]
    if not beats_chance(r):
        yield "The model is not shown to beat chance on new launches.", RANKING
    elif half > WIDE:
        yield f"Few launches were judged: the share ranked rightly could be {points(half)} higher or lower.", RANKING


def _of_use(keyed):
    fresh = named(keyed, "fresh.decision", model="launch")
    for r in fresh[fresh["decision"] != KEEP].itertuples():
        yield f"The written rule says of the model in use: {r.decision}.", FRESH
    gates = named(keyed, "gates.met")
    if missed := int((gates["n"] - gates["value"]).sum()):
        every = count(int(gates["n"].sum()), "criterion", "criteria")
        yield f"{number(missed)} of {every} before use {'is' if missed == 1 else 'are'} not met.", GATES


def _of_people(keyed):
    if n := len(served_less(keyed)):
        yield f"{opening(count(n, 'group'))} of learners {'is' if n == 1 else 'are'} served less well.", SERVED


def _cell(one, pages):
    links = ", ".join(
        f'<a href="{html.escape(pages, quote=True)}{page}.html#{section}">{html.escape(text)}</a>'
        for page, section, text in one.sources
    )
    return (
        f'<div class="answer"><h3>{html.escape(one.question)}</h3>\n<p class="figure">{html.escape(one.figure)}</p>\n'
        f'{one.told.markup}\n<p class="source">{links}</p></div>'
    )
