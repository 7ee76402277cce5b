"""Findings about money: what decisions earn, with few launches, at other costs, and what could be known."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, money, number, say, share
from insights.findings.words import DECISIONS, HURDLES, LEARNED, ROWS, TITLES
from insights.verdicts import ALL, HINDSIGHT


def brought(hurdle: str) -> Prose:
    """Say what a decision is taken to bring, where a product is asked for a hurdle (a key of ``words.HURDLES``)."""
    return say(
        "A product that is called 1 brings the margin it earned minus its **hurdle**: {hurdle}. One that is called 0 "
        "brings nothing.",
        hurdle=HURDLES[hurdle],
    )  # fmt: skip


def value(kind: str, table: pd.DataFrame, chosen: str) -> Prose:
    """Say what the chosen model's decisions earn beyond what was asked, beside launching all and the best baseline.

    Parameters
    ----------
    kind : str
        Of rows.
    table : pandas.DataFrame
        From :func:`insights.modeling.value.of_decisions`.
    chosen : str
    """
    by = table.set_index("model")
    own, everything, best = by.loc[chosen], by.loc[ALL], by.loc[HINDSIGHT]
    others = by.drop(index=[n for n in (*LEARNED, *DECISIONS, "chance") if n in by.index])
    rival = others["value"].idxmax() if len(others) else None
    return say(
        "On {kind}, launching what {chosen} calls 1 brings **{own}** beyond what was asked; launching all {all}"
        "{rival}, a coin {coin}, hindsight {best}. Launching none is worth nothing.{few}",
        kind=ROWS[kind], chosen=TITLES[chosen], own=interval(own["value"], own["low"], own["high"], kind="money"),
        all=money(everything["value"]), best=money(best["value"]), coin=money(by.loc["chance", "value"]),
        rival=f", deciding by {TITLES[rival]} {money(by.loc[rival, 'value'])}" if rival else "",
        few=" They are few: one product can turn such a sum." if kind == "launch" else "",
    )  # fmt: skip


def capacity(kind: str, table: pd.DataFrame, chosen: str, most: int) -> Prose:
    """Say what the chosen model earns where only so many can be launched a quarter, beside baselines and hindsight.

    Parameters
    ----------
    kind : str
        Of rows.
    table : pandas.DataFrame
        From :func:`insights.modeling.evaluation.portfolio.within`.
    chosen : str
    most : int
        Launches a quarter.
    """
    by = table.set_index("model")
    own, others = by.loc[chosen], by.drop(index=[n for n in (*LEARNED, HINDSIGHT) if n in by.index])
    of_best = f", {share(own['of_best'])} of what hindsight would" if own["of_best"] > 0 else ""
    beside = others.sort_values("value", ascending=False).iterrows()
    return say(
        "On {kind}, with at most {most} a quarter, {chosen} launches {called} and brings **{own}**{of_best}; "
        "{others}.",
        kind=ROWS[kind], most=number(most), chosen=TITLES[chosen], called=number(round(own["called"])),
        own=interval(own["value"], own["low"], own["high"], kind="money"), of_best=of_best,
        others=listing([f"{TITLES[name]} {money(one['value'])}" for name, one in beside]),
    )  # fmt: skip


def costs(kind: str, table: pd.DataFrame, chosen: str) -> Prose:
    """Say at how many levels of costs the chosen model's decisions earn something, and as much as every baseline's.

    Parameters
    ----------
    kind : str
        Of rows.
    table : pandas.DataFrame
        From :func:`insights.modeling.evaluation.portfolio.by_costs`.
    chosen : str
    """
    by = table.pivot(index="costs", columns="model", values="value")
    rivals = by.drop(columns=[n for n in (*LEARNED, HINDSIGHT) if n in by])
    earns, leads = by.index[by[chosen] > 0], by.index[by[chosen] >= rivals.max(axis=1)]
    return say(
        "On {kind}, {chosen} earns something at {earns} of {n} levels of costs ({all}), and as much as launching all "
        "and every baseline at {leads}.",
        kind=ROWS[kind], chosen=TITLES[chosen], earns=number(len(earns)), n=number(len(by)),
        all=f"{number(by.index[0])} to {number(by.index[-1])} times as planned", leads=number(len(leads)),
    )  # fmt: skip


def ceiling(table: pd.DataFrame, chosen: str) -> Prose:
    """Say how near the chosen launch model comes to deciding by what is true in the simulated company.

    Parameters
    ----------
    table : pandas.DataFrame
        ``kind, model, n, roc_auc, best, fraction``.
    chosen : str
    """
    told = [
        say(
            "On {n} ({kind}) deciding by the true probabilities reaches a ROC AUC of {best}, for outcomes are drawn; "
            "{chosen} reaches **{fraction} of that**, and its decisions {value} of what those by the truth earn.",
            n=count(int(r.n), "row"), kind=ROWS[r.kind], best=number(r.best), chosen=TITLES[chosen],
            fraction=share(r.fraction), value=share(r.value_fraction),
        )
        for r in table[table["model"] == chosen].itertuples()
    ]  # fmt: skip
    knew = [
        say(
            "On {kind} who knew exactly what demand was in the month that has just ended would reach {fraction}: "
            "what the model misses is mostly what the coming month changes.",
            kind=ROWS[r.kind], fraction=share(r.fraction),
        )
        for r in table[table["model"] == "yesterday"].itertuples()
    ]  # fmt: skip
    return bullets(*told, *knew)


def no_ceiling() -> Prose:
    """Say that of a real source nobody knows how much could be foreseen."""
    return say("Of this source nobody knows the true probabilities: how much could be foreseen at best is not known.")
