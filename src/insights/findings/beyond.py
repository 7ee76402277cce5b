"""Findings beyond the recommendation: what the report repeats of the journey, of money and of people."""

import pandas as pd

from insights import store
from insights.display.wording import Prose, bullets, count, date, interval, listing, money, number, points, say
from insights.findings.words import TITLES, decider
from insights.verdicts import ALL

KEYS = ("stage", "estimate", "rows", "split", "attribute", "group", "measure")


def about(params) -> Prose:
    """Say of when the data are, on which of them models were judged, and whether the company is simulated.

    Parameters
    ----------
    params : insights.params.Params
    """
    simulated = "**The company is simulated: no figure here is about real learners.** "
    opening = simulated if params.source.kind == "simulation" else ""
    return say(
        f"{opening}Data from {{start}} to {{last}}; models are judged on what came from {{split}} on, which none of "
        "them had seen.",
        start=date(params.start), split=date(params.split), last=date(params.end - pd.Timedelta(days=1)),
    )  # fmt: skip


def beyond(results: pd.DataFrame) -> Prose:
    """Say how far people come, what goes with completing, what decisions earn, and who is served worse.

    Parameters
    ----------
    results : pandas.DataFrame
        The results store of a window, from :func:`insights.store.results`; what it lacks is not said.
    """
    keyed = results.join(store.restrictions(results, KEYS))
    return bullets(*_journey(keyed), *_event(keyed), *_money(keyed), *_served(keyed))


def _named(keyed, name, **by):
    found = keyed[keyed["name"] == name]
    for key, value in by.items():
        found = found[found[key] == value]
    return found


def _journey(keyed):
    stages = _named(keyed, "journey.reached").set_index("stage")
    parts = [
        f"{interval(*stages.loc[stage, ['value', 'low', 'high']], kind='share')} {verb}"
        for stage, verb in (("enrolled", "enroll in a course"), ("completed", "complete one"))
        if stage in stages.index
    ]
    if parts:
        people = count(int(stages["n"].iloc[0]), "person", "people")
        yield say("Of {people} who registered, {parts} (page 03).", people=people, parts=listing(parts))


def _event(keyed):
    for r in _named(keyed, "journey.event_effect", estimate="doubly robust").itertuples():
        yield say(
            "Among people alike, those who came to an event completed the course they began next more often by "
            "{difference} (page 03).",
            difference=interval(r.value, r.low, r.high, kind="points"),
        )


def _money(keyed):
    value = _named(keyed, "launch.value", rows="launch", split="validation").set_index("model")
    chosen = _named(keyed, "launch.chosen")["model"]
    if value.empty or chosen.empty:
        return
    own = value.loc[chosen.iloc[0]]
    others = [name for name in ("panel", "survey", ALL) if name in value.index]
    yield say(
        "Of {all}, the {called} that {chosen} calls 1 brought {own} beyond what was asked; {others} (page 05).",
        all=count(int(value.loc[ALL, "n"]), "new launch", "new launches"), called=number(int(own["n"])),
        chosen=TITLES[chosen.iloc[0]],
        own=interval(own["value"], own["low"], own["high"], kind="money"),
        others=listing([f"{decider(name)} {money(value.loc[name, 'value'])}" for name in others]),
    )  # fmt: skip


def _served(keyed):
    gaps = _named(keyed, "bias.gap", measure="recall")
    for r in gaps[gaps["high"] < 0].itertuples():
        yield say(
            "The completion model foresees fewer of those who complete among one group ({attribute}: {group}) than "
            "among everybody else, by {gap} (page 07).",
            attribute=r.attribute.replace("_", " "), group=r.group, gap=points(-r.value),
        )  # fmt: skip
