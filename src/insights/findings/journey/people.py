"""Findings about people: how far they come, where they fall out, what goes with completing."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, number, points, say, share
from insights.findings.journey import channels, ways
from insights.verdicts import DIFFER

BALANCED = 0.1  # standard deviations between groups that count as alike


def journey(found, budget: int) -> Prose:
    """Say how far people come, where most fall out, and what goes with completing.

    Parameters
    ----------
    found : insights.journey.Journey
    budget : int
        Days in which a stage counts.
    """
    told = [_far(found.open, budget), _loss(found.open)]
    told += [_event(found.effect)] if found.effect is not None else []
    told += [channels.credit(found.credits)] if found.credits is not None else []
    told += [channels.lift(found.lifts)] if len(found.lifts) else []
    told += [_segments(found.segments)]
    told += [ways.for_everybody(found.actions)] if _says_more(found) else []
    told += [_forecast(found.forecasts["completion"].performance)] if "completion" in found.forecasts else []
    if found.lacking:
        told.append(say("This source says nothing of who {stages}.", stages=listing(found.lacking)))
    return bullets(*told)


def _says_more(found):
    """Tell whether the best next step is another one than the event, whose effect stands above it."""
    if found.effect is None or len(found.actions) == 0:
        return len(found.actions) > 0
    return found.actions["adds"].iloc[0] != found.effect.estimates["difference"].iloc[1]


def no_people() -> Prose:
    """Say that a source without registrations has no journeys."""
    return say("This source does not support the journey, for it lacks learners; the notebook goes on without it.")


def not_told() -> Prose:
    """Say, below a heading, that a source does not tell enough for what the heading promises."""
    return say("This source does not tell enough for this part, or too few people would stand in it.")


def unfinished(open_funnel: pd.DataFrame) -> Prose:
    """Say how many people could not be watched to the end of the budget, and how many steps came out of order."""
    later = open_funnel.iloc[1:]
    return bullets(
        say(
            "Of {people}, up to {unfinished} had not been watched to the end of the budget when the window "
            "ended. They count for as long as they were watched, not as drop-outs.",
            people=count(int(open_funnel["people"].iloc[0]), "person", "people"),
            unfinished=number(int(later["unfinished"].max())),
        ),
        say(
            "Steps out of order, a stage reached before the one before it: {before}.",
            before=listing([f"{r.title} ({number(int(r.before))})" for r in later.itertuples() if r.before]),
        ),
        say(
            "Stages are reached again: {again}.",
            again=listing([f"{r.title} {number(r.again, 1)} times" for r in later.itertuples() if r.again > 1]),
        ),
    )  # fmt: skip


def pauses(cut_off: float | None, chosen: int) -> Prose:
    """Say where the pauses between page views part, and whether the parameter lies near."""
    if cut_off is None:
        return say("The pauses do not part into two kinds: these records do not tell visits apart.")
    near = "which is near" if 0.5 <= cut_off / chosen <= 2 else "which is **far from**"
    return say(
        f"Pauses are rarest at about {{valley}} minutes, {near} the {{chosen}} minutes that end a visit here.",
        valley=number(round(cut_off)), chosen=number(chosen),
    )  # fmt: skip


def effect(found) -> Prose:
    """Say what coming to an event does to completion, as far as people alike can tell."""
    naive, alike = (found.estimates.iloc[place] for place in (0, 1))
    worst = found.balance["after"].abs().max()
    verdict = "balanced" if worst < BALANCED else "**not balanced**"
    told = [
        say(
            "Of {n}, {came} followed an event within the weeks before. Those who came complete more often by "
            "{naive}; among people alike before the event the difference is **{alike}**.",
            n=count(int(alike["n"]), "enrollment"), came=number(int(alike["came"])),
            naive=interval(naive["difference"], naive["low"], naive["high"], kind="points"),
            alike=interval(alike["difference"], alike["low"], alike["high"], kind="points"),
        ),
        say(
            "After weighing, those who came and the others differ in what was recorded by at most {worst} standard "
            f"deviations, which is {verdict}.",
            worst=number(worst),
        ),
    ]  # fmt: skip
    if found.e_value > 1:
        told.append(
            say(
                "To explain the estimate away, something unrecorded would have to make both coming and completing "
                "{e} times as likely.",
                e=number(found.e_value),
            )
        )
    else:
        told.append(say("The interval holds 0: that events do nothing is not excluded."))
    return bullets(*told)


def in_points(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return differences of shares, with their bounds, in percentage points, as a figure draws them."""
    return estimates.assign(**{name: 100 * estimates[name] for name in ("difference", "low", "high")})


def against_truth(found, true: float) -> Prose:
    """Say whether the intervals of both estimates hold the effect that was planted in the simulated company."""
    held = {r.estimate: r.low <= true <= r.high for r in found.estimates.itertuples()}
    words = {name: "holds it" if holds else "does **not** hold it" for name, holds in held.items()}
    return say(
        "In the simulated company coming to an event truly adds {true}. The interval of the adjusted estimate "
        "(doubly "
        f"robust) {words['doubly robust']}; that of the difference as seen {words['naive']}.",
        true=points(true),
    )


def _forecast(table):
    first, last = (_auc(table.iloc[place]) for place in (0, -1))
    early, late = (number(int(table["day"].iloc[place])) for place in (0, -1))
    return say(
        "Who will complete can be foreseen: of two learners the right one is picked in {first} of cases on day "
        "{early} and in {last} on day {late} (ROC AUC; 0.5 is guessing).",
        first=first, early=early, last=last, late=late,
    )  # fmt: skip


def _auc(row):
    return interval(row["roc_auc"], row["roc_auc_low"], row["roc_auc_high"])


def _far(table, budget):
    by = table.set_index("stage")
    asked = [name for name in ("enrolled", "completed") if name in by.index] or [table["stage"].iloc[-1]]
    rows = [by.loc[name] for name in asked]
    parts = [f"{interval(r['share'], r['low'], r['high'], kind='share')} {_verb(r['title'])}" for r in rows]
    return say(
        "**Of {people} who registered in the window, {parts} within {days} days.**",
        people=count(int(table["people"].iloc[0]), "person", "people"), parts=listing(parts), days=number(budget),
    )  # fmt: skip


def _verb(title):
    return {"enrolled in a course": "enroll in a course", "completed a course": "complete one"}.get(title, title)


def _loss(table):
    """Name the narrowest step among stages that no later one outnumbers: who goes past a stage is not lost there."""
    until = table.iloc[: list(table["stage"]).index("completed") + 1] if "completed" in set(table["stage"]) else table
    beyond = until["share"][::-1].cummax()[::-1].shift(-1, fill_value=0)
    steps = until[until["share"] >= beyond]
    steps = steps.assign(before=steps["title"].shift(), of=steps["share"].shift()).iloc[1:]
    steps = steps[steps["of"] > 0]
    if steps.empty:
        return say("No stage after the registration is known.")
    worst = steps.loc[(steps["share"] / steps["of"]).idxmin()]
    passed = until.loc[until["share"] < beyond, "title"]
    return say(
        "The narrowest step is from “{before}” ({of} of all) to “{title}” ({part}).{optional}",
        before=worst["before"], title=worst["title"], of=share(worst["of"]), part=share(worst["share"]),
        optional=f" Not everybody passes through {listing([f'“{t}”' for t in passed])}." if len(passed) else "",
    )  # fmt: skip


def _event(found):
    alike = found.estimates.iloc[1]
    shown = alike["low"] > 0 or alike["high"] < 0
    words = "moves people on" if shown else "is not shown to move people on"
    return say(
        f"Coming to an event {words}: among people alike before it, the share that completes the course they begin "
        "next is higher by {difference}. This is a comparison, not an experiment{caveat}.",
        caveat=""
        if found.balance["after"].abs().max() < BALANCED
        else ", and the two still differ in what is known of them",
        difference=interval(alike["difference"], alike["low"], alike["high"], kind="points"),
    )


def _segments(table):
    if len(table) == 0:
        return say("Completion was not compared between groups: too little is known of learners and courses.")
    differ = table[table["verdict"] == DIFFER]
    if differ.empty:
        return say(
            "Completion differs between none of {n} groupings, allowing for the number of comparisons.",
            n=number(table["segment"].nunique()),
        )
    named = [_extremes(segment, part) for segment, part in differ.groupby("segment", sort=False)]
    return say("Completion differs, allowing for the number of comparisons, by {segments}.", segments=listing(named))


def _extremes(segment, part):
    best, worst = part.loc[part["share"].idxmax()], part.loc[part["share"].idxmin()]
    return f"{segment} ({best['group']} {share(best['share'])}, {worst['group']} {share(worst['share'])})"
