"""Pages: what the desk answers, in words and tables, as HTML. Everything inserted is escaped."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from insights.contract import LEVELS
from insights.display import tables
from insights.display.wording import Prose, count, listing, money, number, say, share
from insights.findings import answer as findings
from insights.findings import planners as told
from insights.findings.planners import VERDICTS
from insights.findings.words import opening
from insights.planners import judgements, trial
from insights.scoring import read
from insights.serving.desk import LAST, Case, Desk, Said
from insights.verdicts import NOT_ENOUGH

MOST = 100  # candidates on a page
_FOLDER = Path(__file__).parent
_STYLES = (_FOLDER.parent / "export" / "page.css", _FOLDER / "planner.css")
_LABELS = {
    "title": "Title", "topic": "Topic", "price": "List price, USD", "monthly_hurdle": "Margin asked for a month, USD",
    "level": "Level", "description": "Description", "margin": "Margin, as a share of the price", "kind": "Kind",
    "launch_cost": "Launch cost, USD", "family": "Family of products", "announced_at": "Announced on",
}  # fmt: skip
_HINTS = {
    "margin": "0 to 1", "announced_at": "such as 2025-10-31; left empty, the last day of the window",
    "price": "0 to 1,000,000", "monthly_hurdle": "above 0: what it has to earn in a month",
}  # fmt: skip
FIELDS = (
    "title",
    "topic",
    "price",
    "monthly_hurdle",
    "level",
    "description",
    "margin",
    "launch_cost",
    "announced_at",
)
_JINJA = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_JINJA.filters["opening"] = opening


def style() -> str:
    """Return the style sheet: that of the notebooks' pages, and what forms need beside it."""
    return "\n".join(file.read_text(encoding="utf-8") for file in _STYLES)


def desk(one: Desk, find: str = "", verdict: str = "") -> str:
    """Return the first page: the answer, and the candidates to choose from."""
    every = one.candidates.sort_values("place", kind="stable", na_position="last")
    mine = every[(every["verdict"] == verdict) | (verdict == "")]
    words = mine[["product_id", "title", "topic"]].astype(str).agg(" ".join, axis=1).str.casefold()
    mine = mine[[find.casefold() in text for text in words]]
    shown = mine.head(MOST)
    return _rendered(
        "desk.html.j2", one, "/", answer=_markup(findings.recommendation(every, one.headline)),
        find=find, verdict=verdict, verdicts=[*VERDICTS.items()],
        counted=f"{count(len(mine), 'product')} of {number(len(every))}",
        listed=[_listed(r) for r in shown.itertuples()], placed=bool(every["place"].notna().any()),
        left_out=f"The first {number(MOST)} are shown; look for a title or topic." if len(mine) > MOST else "",
    )  # fmt: skip


def product(
    one: Desk, case: Case, changes: Mapping[str, int], xsrf: str, entered: Mapping[str, str] | None = None,
    notice: str = "", problem: str = "", typed: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """Return the page of a product.

    Parameters
    ----------
    one : Desk
    case : Case
    changes : mapping of str to int
        Deciles that the planner set, by signal.
    xsrf : str
        The token that forms are sent with.
    entered : mapping of str to str, optional
        What was typed of a product that is not in the list.
    notice, problem : str
        Said at the top.
    typed : mapping of str to str, optional
        A judgement that could not be taken, so that nothing of it is lost.
    """
    now, grid = one.changed(case, changes) if changes else case.said, _grid(one, case, changes)
    return _rendered(
        "product.html.j2", one, "/new" if entered else "", title=case.facts.get("title") or case.product_id,
        notice=notice, problem=problem, facts=_facts(case.facts), answer=_markup(_answer(one, case.said)),
        reasons=case.reasons["text"].tolist(), warnings=case.warnings,
        entered=dict(entered or {}), action="/new" if entered else f"/product/{case.product_id}",
        signals=one.signals(), changes=dict(changes), changed=_markup(_changed(one, case.said, now)),
        threshold=f"From {share(one.threshold)} on, marked ▲, a launch is expected to pay.",
        flips=_flips(grid), grid=grid,
        similar=case.similar["text"].tolist(), nearest=_nearest(case), product_id=case.product_id,
        question=f"The model says: {VERDICTS[now.verdict]}.", grounds=judgements.GROUNDS,
        most_comment=judgements.MOST_COMMENT, most_name=judgements.MOST_NAME, xsrf=xsrf,
        typed={"says": "", "ground": "", "comment": "", "who": "", **(typed or {})}, judged=_judged(one, case),
    )  # fmt: skip


def new(one: Desk, values: Mapping[str, str], wrong: list[str], xsrf: str) -> str:
    """Return the form for a product that is not in the list, with what was typed and what is wrong with it."""
    choices = {"level": list(LEVELS), "topic": sorted(one.scorer.topics)}
    fields = [
        {"name": name, "label": _LABELS[name], "asked": name in read.ASKED, "hint": _HINTS.get(name, ""),
         "value": values.get(name, ""), "choices": choices.get(name, [])}
        for name in FIELDS
    ]  # fmt: skip
    wait = "some seconds, for its features are computed from all records of the window"
    return _rendered("new.html.j2", one, "/new", fields=fields, wrong=wrong, wait=wait, xsrf=xsrf)


def said(one: Desk) -> str:
    """Return what planners said of this window, counted, and where they disagree in their words."""
    mine = judgements.of_window(one.params.window)
    comments, agreed = (
        mine[(mine["says"] == judgements.DISAGREE) & (mine["comment"] != "")],
        judgements.agreement(mine),
    )
    shown = [_markup(table) for table in told.judgement_tables(agreed, judgements.grounds(mine))]
    return _rendered(
        "said.html.j2", one, "/said", answer=_markup(told.agreement(agreed)), tables=shown,
        comments=[f"{r.title} ({VERDICTS[r.verdict]}): {r.comment}" for r in comments.itertuples()],
    )  # fmt: skip


def trial_begin(one: Desk, xsrf: str) -> str:
    """Return the page on which a planner learns what the trial is, and begins."""
    return _rendered(
        "trial.html.j2", one, "/trial", heading="A trial with planners", problem="", begin=True, task=None, tables=[],
        prose=[_markup(told.invitation(trial.CASES))], xsrf=xsrf,
    )  # fmt: skip


def trial_task(
    one: Desk, task: trial.Task, tasks: int, token: str, xsrf: str, problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """Return one task: a past launch as it was known then, with advice or without."""
    shown = "" if task.advice is None else (
        f"{VERDICTS[str(task.advice)]}. Probability of reaching its hurdle: {share(task.probability)}; a launch is "
        f"expected to pay from {share(one.threshold)} on."
    )  # fmt: skip
    return _rendered(
        "trial.html.j2", one, "/trial", heading=f"Task {number(task.place)} of {number(tasks)}", problem=problem,
        begin=False, prose=[], task=task, token=token, advice=shown, facts=one.known_of(task.product_id), tables=[],
        xsrf=xsrf, typed={"confidence": "", **(typed or {})},
    )  # fmt: skip


def trial_end(one: Desk, decided: pd.DataFrame, token: str) -> str:
    """Return the page after the last task: how the planner decided, and where advice was turned on purpose.

    Nothing is said of other planners: whoever has not decided yet must not learn how the trial stands.
    """
    mine = decided[decided["token"] == token]
    return _rendered(
        "trial.html.j2", one, "/trial", heading="Thank you", problem="", begin=False, task=None,
        tables=[_markup(told.tasks(mine, one.facts["title"]))], prose=[_markup(told.debriefing(mine))], xsrf="",
    )  # fmt: skip


def message(one: Desk, heading: str, text: str) -> str:
    """Return a page that says one thing."""
    return _rendered("message.html.j2", one, "", heading=heading, text=text)


def _rendered(template, one, here, **values):
    return _JINJA.get_template(template).render(window=one.params.window, digest=one.digest, here=here, **values)


def _markup(part: Prose | tables.Table) -> Markup:
    return Markup(part._repr_html_())  # noqa: S704 what was inserted is escaped by the classes themselves


def _listed(r):
    return {
        "product_id": r.product_id, "title": r.title, "topic": r.topic, "verdict": VERDICTS[r.verdict],
        "place": "" if pd.isna(r.place) else number(int(r.place)) + ("" if r.within_capacity else " (has to wait)"),
        "probability": f"{share(r.probability)} ({share(r.low, 0)} to {share(r.high, 0)})",
        "gain": money(r.expected_gain),
    }  # fmt: skip


def _facts(facts):
    known = {
        name: value for name, value in facts.items() if name != "title" and value is not None and not pd.isna(value)
    }
    written = {name: money(float(value)) if name in read.NUMBERS else str(value) for name, value in known.items()}
    return "; ".join(f"{_LABELS[name].removesuffix(', USD').lower()}: {value}" for name, value in written.items())


def _answer(one, said: Said) -> Prose:
    found = say(
        "**{verdict}.** The probability of reaching its hurdle is {probability} (80 % interval {low} to {high}); a "
        "launch is expected to pay from {threshold} on.{gain}",
        verdict=VERDICTS[said.verdict].capitalize(), probability=share(said.probability), low=share(said.low),
        high=share(said.high), threshold=share(one.threshold),
        gain="" if pd.isna(said.expected_gain) else
        f" It is expected to bring {money(said.expected_gain)} beyond its hurdle in the time after the decision.",
    )  # fmt: skip
    return found if one.scorer.trusted else found + say(
        "{why} Whatever is changed below, its verdict stays {verdict}: decide as today.",
        why=findings.held_back(one.headline), verdict=NOT_ENOUGH,
    )  # fmt: skip


def _changed(one, before: Said, now: Said) -> Prose:
    crossed = (before.probability >= one.threshold) != (now.probability >= one.threshold)
    moved = "it **crosses** the threshold" if crossed else "it stays on the same side of the threshold"
    verdict = "changes from {before} to {verdict}" if before.verdict != now.verdict else "stays {verdict}"
    given = {"before": VERDICTS[before.verdict]} if before.verdict != now.verdict else {}
    return say(
        f"The probability goes from {{was}} to **{{is_now}}** (80 % interval {{low}} to {{high}}): {moved} of "
        f"{{threshold}}. The verdict {verdict}.",
        was=share(before.probability), is_now=share(now.probability), low=share(now.low), high=share(now.high),
        threshold=share(one.threshold), verdict=VERDICTS[now.verdict], **given,
    )  # fmt: skip


def _grid(one, case, changes):
    return [
        {"title": row["title"],
         "cells": [{"text": number(100 * row[d], 0), "reached": row[d] >= one.threshold} for d in range(1, LAST + 1)]}
        for row in one.grid(case, changes).to_dict("records")
    ]  # fmt: skip


def _flips(grid):
    turning = [row["title"] for row in grid if len({cell["reached"] for cell in row["cells"]}) > 1]
    if not turning:
        return "No signal carries it over the threshold alone."
    return f"Of these, {listing(turning, most=4)} can carry it over the threshold alone, or below it."


def _nearest(case):
    if case.similar.empty:
        return ""
    one = case.similar.iloc[0]
    nearest, reached = number(int(one["nearest"])), share(one["reached"], 0)
    return f"Of the {nearest} past launches most like it, {reached} reached their hurdle."


def _judged(one, case):
    mine = judgements.of_window(one.params.window)
    mine = mine[(mine["product_id"] == case.product_id) & (mine["title"] == (case.facts.get("title") or ""))]
    return [_said_before(**record) for record in mine[["at", "who", "says", "ground", "comment"]].to_dict("records")]


def _said_before(at, who, says, ground, comment):
    why = f" ({judgements.GROUNDS[ground]})" if ground else ""
    return f"{at[:10]}, {who}: {says}s{why}{f': {comment}' if comment else ''}"
