"""Slides: the results of a window for a presentation, a slide per question, from the tables that its notebooks wrote.

A slide whose notebook had nothing to say of this source is left out. The deck is one file without scripts: it is
scrolled or stepped through by the keyboard, and prints a slide per page.
"""

from collections.abc import Iterator
from functools import partial

import pandas as pd

from insights import export, gates, params, paths, store
from insights.display import plots, tables
from insights.display.pictures import drawn
from insights.display.wording import Prose, count, date, number, say
from insights.findings import answer, beyond, experiments, first_screen, fresh, trust, words
from insights.params import Params
from insights.publishing import overview
from insights.publishing.errors import PublishingError

MOST = 8  # rows of a table that a slide can carry


def write(window: str) -> str:
    """Write the slides of a window, and return where they are, seen from the project's root.

    Raises
    ------
    PublishingError
        If the window has no report to present.
    """
    asked = params.load(window)
    if not overview.has_report(window):
        raise PublishingError(f"{window} has no report yet. Make it first: make run WINDOW={window}")
    markup = export.write_slides(export.compose(*pieces(asked)), window, asked.digest())
    store.write_atomically(paths.slides(window), markup.encode())
    return str(paths.slides(window).relative_to(paths.root()))


def pieces(asked: Params) -> Iterator:
    """Yield what the slides show, in order; a second-level heading begins a slide.

    Parameters
    ----------
    asked : Params
        Of a window that has a report.
    """
    advice, headline, results = overview.answer(asked.window)
    yield "# What to launch, how sure that is, and what moves learners on"
    yield say(
        "Window {window}, judged on {split} to {last}.",
        window=asked.window, split=date(asked.split), last=date(asked.end - pd.Timedelta(days=1)),
    )  # fmt: skip
    yield beyond.about(asked)
    if len(advice):
        yield "## The answer"
        yield first_screen.first_screen(advice, headline, results, asked)
        yield from _recommendations(advice)
    yield from _against(headline)
    for title, told in _chapters(asked, headline, results):
        yield f"## {title}"
        yield from told
    yield "## What not to conclude"
    yield answer.cautions()
    yield "## How this was made"
    yield _made(asked, results)


def _chapters(asked, headline, results) -> Iterator[tuple[str, list]]:
    read = partial(store.table_if_there, asked.window)
    yield "How sure that is", [answer.headline(headline)]
    yield "Learners, money and people", [beyond.beyond(results, asked)]
    if (reached := read("03_learner_journey", "table_3_1_open")) is not None:
        alt = "Bars of the share of people who come to each stage of the journey, each with its interval."
        yield "How far people come", [drawn(plots.funnel(reached), "People who come to each stage", alt, reached)]
    if (spec := read("08_tolerance", "table_8_1_specification")) is not None:
        limits, modes = (read("08_tolerance", f"table_8_{name}") for name in ("3_tolerances", "10_failure_modes"))
        passed = gates.by_gate(read("08_tolerance", "table_8_11_gates"))
        yield "Is it ready, and what fails first?", [trust.in_short(spec, limits, modes, passed)]
    if (assigned := read("09_experiments", "table_9_1_assigned")) is not None:
        names = ("2_effects", "8_market", "9_blinded")
        effects, market, blinded = (read("09_experiments", f"table_9_{name}") for name in names)
        yield "What experiments showed", [experiments.in_short(assigned, effects, market, words.in_words(blinded))]
    if (kept := read("10_fresh_data", "table_10_1_performance")) is not None and len(kept):
        shown = fresh.performance(kept[kept["measure"] == "roc_auc"])
        table = tables.show(shown, "ROC AUC that last window's models promised, and what they reach", most=MOST)
        yield "Does the model in use keep its promise?", [*_decisions(results), table]


def _recommendations(advice):
    ordered = advice.sort_values(["place", "probability"], ascending=[True, False], na_position="last")
    yield "## What to launch"
    yield tables.show(
        ordered, "Candidates in the order of launching, then by probability", name="table_11_1_recommendations",
        columns=["title", "verdict", "probability", "low", "high", "expected_gain"],
        formats=dict.fromkeys(("probability", "low", "high"), "share") | {"expected_gain": "money"}, most=MOST,
    )  # fmt: skip


def _against(headline):
    for (question, kind), group in headline.groupby(["question", "rows"], sort=False):
        told = words.in_words(group)
        picture = plots.intervals(told, "model", "value", "low", "high", reference=0.5, xlabel="ROC AUC")
        about = f"{words.QUESTIONS[question]}, {words.ROWS[kind]}"
        judged_on = words.units(group.loc[group["chosen"], "n"].max(), kind)
        caption = f"ROC AUC on {judged_on} that came later, with 95 % intervals"
        alt = f"Dots with intervals of the ROC AUC of each model and baseline: {about}."
        yield f"## Against today's ways of deciding: {about}"
        yield drawn(picture, caption, alt, told[["model", "value", "low", "high", "n"]])


def _decisions(results):
    found = results[results["name"] == "fresh.decision"]
    for model, keys in zip(found["model"], found["by"], strict=True):
        yield say("The {model} model: **{decision}**.", model=model, decision=keys["decision"])


def _made(asked, results) -> Prose:
    rows = results.loc[results["name"] == "collection.rows", "value"].sum()
    return say(
        "{rows} were collected without names or addresses, described, cleaned, and turned into features that read "
        "only what was known before each decision. Models were chosen on rows before {split} and judged on later "
        "ones.\n\n"
        "Each number is a record of outputs/{window}/results.json, written by the notebook that its page is made of; "
        "make run WINDOW={window} makes them again, by {notebooks} notebooks; parameters {digest}.",
        rows=count(int(rows), "row"), split=date(asked.split), window=asked.window,
        notebooks=number(len(paths.STEPS)), digest=asked.digest()[:12],
    )  # fmt: skip
