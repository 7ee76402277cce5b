"""The front page: the newest answer, every window with its headline figures, and how they went over windows."""

from collections.abc import Iterator

import pandas as pd

from insights import export, paths, store
from insights.display import plots, tables
from insights.display.pictures import Picture, drawn
from insights.display.wording import bounds, bullets, count, date, number, say
from insights.findings import beyond, first_screen, words
from insights.publishing import overview
from insights.publishing.overview import Overview
from insights.verdicts import NOT_ENOUGH

RECORDS = {
    "simulation": "simulated company", "folder": "exports", "database": "data base", "oulad": "Open University",
    "online_retail": "Online Retail",
}  # fmt: skip
FIGURES = {
    "judged": "judged on", "records": "records", "answer": "launch", "expected": "expected gain",
    "rank": "ROC AUC, new launches", "completion_rank": "ROC AUC, completion", "gates": "criteria met",
}  # fmt: skip
DRAWN = ("chosen", "panel", "survey")  # the model, the human baseline, the simple heuristic
FEWEST = 2  # windows of which a trend can be drawn


def write() -> dict[str, str]:
    """Write the front page, and return why windows that have a report cannot be shown there, by window."""
    found = overview.study()
    store.write_atomically(paths.front(), export.write_front(export.compose(*pieces(found))).encode())
    return found.unread


def pieces(found: Overview) -> Iterator:
    """Yield what the front page shows, in order.

    Parameters
    ----------
    found : Overview
    """
    yield "# What to launch, and what moves learners on"
    if found.newest is None:
        yield "No window has a report yet. `make run` makes one; `make run WINDOW=sample` a small one, in minutes."
    else:
        yield from _of_windows(found)
    if found.unread:
        yield "## Windows that cannot be shown"
        yield bullets(*(say("**{window}**: {why}", window=one, why=why) for one, why in found.unread.items()))
    if paths.close_out().exists():
        yield "- [Close-out](close_out.html): what was asked for, and what of it is there"


def _of_windows(found):
    yield f"## The newest answer: window {found.newest.window}"
    advice, headline, results = overview.answer(found.newest.window)
    if len(advice):
        yield first_screen.first_screen(advice, headline, results, found.newest, f"{found.newest.window}/html/")
    yield beyond.about(found.newest)
    yield "## Windows"
    yield _windows(found.windows)
    if found.trend["window"].nunique() >= FEWEST:
        yield "## From window to window"
        yield from _trend(found)
    yield _pages(found.windows["window"])


def _windows(windows):
    shown = windows.assign(
        judged=[f"{date(r.split)} to {date(r.last)}" for r in windows.itertuples()],
        records=windows["records"].map(RECORDS),
        answer=[_answer(r) for r in windows.itertuples()],
        rank=[_rank(r.launch, r.launch_low, r.launch_high) for r in windows.itertuples()],
        completion_rank=[_rank(r.completion, r.completion_low, r.completion_high) for r in windows.itertuples()],
        gates=[None if pd.isna(r.met) else f"{number(int(r.met))} of {number(int(r.criteria))}"
               for r in windows.itertuples()],
        report=[f"{window}/html/{paths.STEPS[-1]}.html" for window in windows["window"]],
    )  # fmt: skip
    return tables.show(
        shown, "Windows that have a report, with 95 % intervals", columns={"window": "window", **FIGURES},
        formats={"expected": "money"}, links="report", most=len(shown),
    )  # fmt: skip


def _answer(row):
    if pd.isna(row.recommended):
        return None
    if row.recommended:
        return count(int(row.recommended), "product")
    return "none" if row.held else NOT_ENOUGH


def _rank(value, low, high):
    return None if pd.isna(value) else bounds(value, low, high)


def _pages(windows):
    """Return every page of every window as a list of links, in Markdown."""
    lines = []
    for window in windows:
        there = [step for step in paths.STEPS if paths.page(window, step).exists()]
        links = [f"[{export.label(step)}]({window}/html/{step}.html)" for step in there]
        lines.append(f"- **{window}**: {' · '.join(links)}")
    return "## All pages\n\n" + "\n".join(lines)


def _trend(found) -> Iterator[Picture]:
    drawn_ones = found.trend[found.trend["who"].isin(DRAWN)]
    told = drawn_ones.assign(who=words.in_words(drawn_ones.rename(columns={"who": "model"}))["model"])
    of_model = told[told["who"] == words.LABELS["chosen"]]
    yield say(
        "Each window's model was chosen on earlier decisions and is judged on new launches, of which there are few: "
        "{n} in {windows}. Intervals overlap for that reason, and one window that lies lower is no trend by itself.",
        n=count(int(of_model["n"].sum()), "launch", "launches"), windows=count(len(of_model), "window"),
    )  # fmt: skip
    picture = plots.dots(
        told, label="window", kind="who", value="value", low="low", high="high", xlabel="ROC AUC on new launches",
        reference=0.5,
    )  # fmt: skip
    alt = (
        "For each window, the ROC AUC on new launches of the chosen model, the panel and the survey, with intervals."
    )
    yield drawn(picture, "ROC AUC on new launches, with 95 % intervals; 0.5 is guessing", alt, told)
