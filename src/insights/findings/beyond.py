"""Findings beyond the recommendation: what the report repeats of the journey, of money and of people."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from insights import store
from insights.display.wording import Prose, bullets, count, date, interval, listing, money, number, say
from insights.findings.words import TITLES, decider
from insights.params import Params
from insights.verdicts import ALL

KEYS = ("stage", "estimate", "rows", "split", "attribute", "group", "measure")


@dataclass(frozen=True)
class Earned:
    """What the chosen model's decisions on launches brought, and those of others, in words."""

    chosen: str
    called: int
    all: int
    own: str
    others: str


def about(params: Params) -> Prose:
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


def beyond(results: pd.DataFrame, params: Params) -> Prose:
    """Say how far people come, what goes with completing, what decisions earn, and who is served worse.

    Parameters
    ----------
    results : pandas.DataFrame
        The results store of a window, from :func:`insights.store.results`; what it lacks is not said.
    params : insights.params.Params
        Of the window.
    """
    keyed = results.join(store.restrictions(results, KEYS))
    return bullets(*_journey(keyed, params.journey.step_days), *_event(keyed), *_money(keyed), *_served(keyed))


def named(keyed: pd.DataFrame, name: str, **by: str) -> pd.DataFrame:
    """Return the records of a name, restricted as asked by columns of keys."""
    found = keyed[keyed["name"] == name]
    for key, value in by.items():
        found = found[found[key] == value]
    return found


def _journey(keyed, days):
    stages = named(keyed, "journey.reached").set_index("stage")
    parts = [
        f"{interval(*stages.loc[stage, ['value', 'low', 'high']], kind='share')} {verb}"
        for stage, verb in (("enrolled", "enroll in a course"), ("completed", "complete one"))
        if stage in stages.index
    ]
    if parts:
        people = count(int(stages["n"].iloc[0]), "person", "people")
        yield say(
            "Of {people} who registered, within {days} days {parts} (page 03).", people=people, days=number(days),
            parts=listing(parts),
        )  # fmt: skip


def _event(keyed):
    for r in named(keyed, "journey.event_effect", estimate="doubly robust").itertuples():
        yield say(
            "Among people alike, those who came to an event completed the course they began next more often by "
            "{difference} (page 03).",
            difference=interval(r.value, r.low, r.high, kind="points"),
        )


def earned(keyed: pd.DataFrame, beside: Sequence[str]) -> Earned | None:
    """Return what decisions on the window's launches brought, in words; nothing where none was judged.

    Parameters
    ----------
    keyed : pandas.DataFrame
        Results with ``rows`` and ``split``.
    beside : sequence of str
        Who decided otherwise, as far as they are there.
    """
    value = named(keyed, "launch.value", rows="launch", split="validation").set_index("model")
    chosen = named(keyed, "launch.chosen")["model"]
    if value.empty or chosen.empty:
        return None
    own = value.loc[chosen.iloc[0]]
    others = [f"{decider(name)} {money(value.loc[name, 'value'])}" for name in beside if name in value.index]
    return Earned(
        chosen=chosen.iloc[0], called=int(own["n"]), all=int(value.loc[ALL, "n"]), others=listing(others),
        own=interval(own["value"], own["low"], own["high"], kind="money"),
    )  # fmt: skip


def served_less(keyed: pd.DataFrame) -> pd.DataFrame:
    """Return the groups among whom surely fewer of those who complete are foreseen than among everybody else."""
    gaps = named(keyed, "bias.gap", measure="recall")
    return gaps[gaps["high"] < 0]


def _money(keyed):
    told = earned(keyed, ("panel", "survey", ALL))
    if told is None:
        return
    yield say(
        "Of {all}, the {called} that {chosen} calls 1 brought {own} beyond what was asked; {others} (page 05).",
        all=count(told.all, "new launch", "new launches"), called=number(told.called), chosen=TITLES[told.chosen],
        own=told.own, others=told.others,
    )  # fmt: skip


def _served(keyed):
    for r in served_less(keyed).itertuples():
        yield say(
            "The completion model foresees fewer of those who complete among one group ({attribute}: {group}) than "
            "among everybody else, by {gap}, over {n} of them (page 07).",
            attribute=r.attribute.replace("_", " "), group=r.group, n=number(int(r.n)),
            gap=interval(-r.value, -r.high, -r.low, kind="points"),
        )  # fmt: skip
