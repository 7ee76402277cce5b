"""Transitions: what people do next, which ways are common, which go in circles and which end.

What a person does is told as activities: a visit (page views without a long pause between them), a click in an
e-mail, a registration for an event, an attendance, an enrollment, a completion. After the last one comes nothing
more, if the window could still have shown something for as long as touches count; else the way is left out.
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from insights import contract
from insights.journey import stages
from insights.params import Params
from insights.verdicts import AS_OTHERS, LOSES, NOTHING, WINS

TITLES = {
    "viewed": "visit", "clicked": "click in an e-mail", "event_registered": "registration for an event",
    "event_attended": "attendance", "enrolled": "enrollment", "completed": "completion",
}  # fmt: skip
STEPS = ("first", "second", "third")
COLUMNS = ["before", "after", "n", "share"]
SEQUENCES = ["path", "people", "enrolled", "share", "low", "high", "p_adjusted", "verdict"]


def activities(tables: Mapping[str, ibis.Table], names: list[str], params: Params) -> ibis.Table | None:
    """Return what everybody known did within the window: ``learner_id, at, activity``; None where nothing is told.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
        Clean tables.
    names : list of str
        Stages that the source knows of.
    params : Params
    """
    parts = []
    for name in (name for name in TITLES if name in names):
        records = visits(tables, params) if name == "viewed" else stages.reached(name, tables)
        parts.append(
            records.select("learner_id", at=records["at"].cast(contract.Instant), activity=ibis.literal(TITLES[name]))
        )
    if not parts:
        return None
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return every.filter(every["at"] >= params.start, every["at"] < params.end)


def visits(tables: Mapping[str, ibis.Table], params: Params) -> ibis.Table:
    """Return when each visit of somebody known began: ``learner_id, at``."""
    views = tables["page_views"].filter(ibis._.learner_id.notnull()).select("learner_id", at="viewed_at")
    before = views["at"].lag().over(ibis.window(group_by=views.learner_id, order_by=views["at"]))
    pause = views["at"].epoch_seconds() - before.epoch_seconds()
    marked = views.mutate(begins=(pause > params.journey.session_minutes * 60).fill_null(True))
    return marked.filter(marked.begins).select("learner_id", "at")


def matrix(done: ibis.Table, params: Params) -> pd.DataFrame:
    """Return how often each activity follows each.

    Parameters
    ----------
    done : ibis.Table
        From :func:`activities`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``before, after, n`` (times), ``share`` (of the times that something was known to follow ``before``).
    """
    order = ibis.window(group_by=done.learner_id, order_by=[done["at"], done.activity])
    then = done.mutate(after=done.activity.lead().over(order))
    watched = ibis.timestamp(params.end) - ibis.interval(days=params.journey.touch_days)
    known = then.filter(then.after.notnull() | (then["at"] < watched))
    counted = known.group_by(before=known.activity, after=known.after.fill_null(NOTHING)).agg(n=known.count())
    frame = counted.order_by("before", "after").to_pandas()
    frame = frame[frame["n"] >= params.privacy.smallest_group]
    share = frame["n"] / frame.groupby("before")["n"].transform("sum")
    ordered = pd.CategoricalDtype([*TITLES.values(), NOTHING], ordered=True)
    return (
        frame.assign(share=share)
        .astype({"before": ordered, "after": ordered})
        .sort_values(["before", "after"], ignore_index=True)
        .astype({"before": "str", "after": "str"})[COLUMNS]
    )


def first_steps(done: ibis.Table, people: pd.DataFrame, con: ibis.BaseBackend, params: Params) -> pd.DataFrame:
    """Return what people did first, second and third after they registered, the same activity in a row once.

    Parameters
    ----------
    done : ibis.Table
        From :func:`activities`.
    people : pandas.DataFrame
        From :func:`insights.journey.stages.people`; who was not watched for ``journey.step_days`` is left out.
    con : ibis.BaseBackend
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``first, second, third`` (an activity, or ``nothing more``), ``people``; most people first, ways of fewer than
        ``privacy.smallest_group`` left out.
    """
    watched = people.loc[people["followed"] >= params.journey.step_days, ["learner_id", "registered_at"]]
    cohort = con.create_table(ibis.util.gen_name("cohort"), obj=watched, temp=True)
    after = done.inner_join(cohort, "learner_id").filter(ibis._["at"] >= ibis._.registered_at)
    order = ibis.window(group_by=after.learner_id, order_by=[after["at"], after.activity])
    marked = after.mutate(again=(after.activity == after.activity.lag().over(order)).fill_null(False))
    once = marked.filter(~marked.again)
    place = ibis.row_number().over(ibis.window(group_by=once.learner_id, order_by=[once["at"], once.activity]))
    first = once.mutate(place=place).filter(ibis._.place < len(STEPS))
    wide = first.group_by("learner_id").agg(
        **{name: first.activity.max(where=first.place == number) for number, name in enumerate(STEPS)}
    )
    all_of_them = cohort.left_join(wide, "learner_id").mutate(
        **{name: ibis._[name].fill_null(NOTHING) for name in STEPS}
    )
    counted = all_of_them.group_by(*STEPS).agg(people=ibis._.count())
    frame = counted.filter(counted.people >= params.privacy.smallest_group).to_pandas()
    return frame.sort_values(["people", *STEPS], ascending=[False, True, True, True], ignore_index=True)


def sequences(counted: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Return the ways on which something reached people, and how many of them enrolled in the days after.

    Parameters
    ----------
    counted : pandas.DataFrame
        From :func:`insights.journey.attribution.paths`.
    smallest : int
        Ways of fewer people are not shown.

    Returns
    -------
    pandas.DataFrame
        ``path, people, enrolled, share, low, high`` (95 %, Wilson), ``p_adjusted`` (share against that of all other
        ways, adjusted for all ways), ``verdict`` (``wins``, ``loses``, ``as others``); most people first.
    """
    by_path = counted.groupby("path", as_index=False)[["people", "enrolled"]].sum()
    shown = by_path[by_path["people"] >= smallest].sort_values("people", ascending=False, ignore_index=True)
    if len(shown) < 2:
        return pd.DataFrame(columns=SEQUENCES)
    everybody, won = by_path["people"].sum(), by_path["enrolled"].sum()
    share, rest = (shown["enrolled"] / shown["people"], (won - shown["enrolled"]) / (everybody - shown["people"]))
    usual = won / everybody
    error = np.sqrt(usual * (1 - usual) * (1 / shown["people"] + 1 / (everybody - shown["people"])))
    chance = 2 * norm.sf(np.abs(share - rest) / error)
    adjusted = multipletests(chance, method="fdr_bh")[1]
    low, high = proportion_confint(shown["enrolled"], shown["people"], method="wilson")
    verdict = np.where(adjusted >= 0.05, AS_OTHERS, np.where(share > rest, WINS, LOSES))
    return shown.assign(share=share, low=low, high=high, p_adjusted=adjusted, verdict=verdict)[SEQUENCES]
