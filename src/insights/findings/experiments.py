"""Findings about experiments: what they showed, whether it may be read, and how the next is to be run."""

import numpy as np
import pandas as pd

from insights.display.wording import (
    Prose,
    bullets,
    count,
    interval,
    listing,
    money,
    number,
    p_value,
    say,
    share,
)  # fmt: skip
from insights.verdicts import FADES, GROWS, HARMS, KEEPS, LOWERS, MISMATCH, NO_EFFECT, RAISES, UNKNOWN

SHARES = ("rate", "ratio")
VERDICTS = {
    RAISES: "raises", LOWERS: "lowers", NO_EFFECT: "has no effect that matters on",
    UNKNOWN: "may or may not change",
}  # fmt: skip


def in_short(assigned: pd.DataFrame, effects: pd.DataFrame, market: pd.DataFrame, blinded: pd.DataFrame) -> Prose:
    """Say what the experiments showed, which were stopped, and what would test the recommender.

    Parameters
    ----------
    assigned, effects, market, blinded : pandas.DataFrame
        Of the study of notebook 09.
    """
    return bullets(*_stopped(assigned), *_shown(effects), *_guarded(effects), tested(market), *_panel(blinded))


def effects_in_words(effects: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return effects as a table for readers, a row per experiment, arm and metric of one role."""
    rows = [
        {
            "experiment": _name(r.experiment), "arm": r.arm, "metric": r.title, "people": r.n + r.n_control,
            "control": _value(r.value_control, r.kind), "effect": _effect(r, r.difference, r.low, r.high),
            "as a share": _relative(r), "at any look": _bounds(r.always_low, r.always_high, r.kind),
            "p, corrected": p_value(r.p_adjusted),
            "verdict": r.verdict if r.finished else f"{r.verdict} (still running)",
        }
        for r in effects[effects["role"] == role].itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def narrowed(effects: pd.DataFrame) -> Prose:
    """Say by how much what people did before narrows the intervals, and what that saves."""
    if effects.empty:
        return say("No experiment was analysed.")
    told = effects[effects["narrowed"] != 0]
    if told.empty:
        return say("Nothing was on record of the time before these assignments, so that nothing could be taken off.")
    best = told.loc[told["narrowed"].idxmax()]
    middle = float(told["narrowed"].median())
    return say(
        "What people did before narrows intervals by {middle} (median of {n}) and at most by {most}, of {metric}: as "
        "if there were {more} more people.",
        middle=share(middle), n=count(len(told), "effect"), most=share(best["narrowed"]), metric=best["title"],
        more=share(1 / (1 - best["narrowed"]) ** 2 - 1, 0),
    )  # fmt: skip


def looked(looks: pd.DataFrame) -> pd.DataFrame:
    """Return looks, one interval below the other: ``day, difference, low, high, interval``."""
    ends = {"at one look": ("low", "high"), "at any look": ("always_low", "always_high")}
    parts = [
        looks[["day", "difference"]].assign(low=looks[low], high=looks[high], interval=name)
        for name, (low, high) in ends.items()
    ]
    return pd.concat(parts, ignore_index=True)


def lasts(lasting: pd.DataFrame) -> Prose:
    """Say of which experiments the effect changes between the first and the second half."""
    if lasting.empty:
        return say("No experiment has enough to count in both of its halves.")
    changed = lasting[lasting["verdict"].isin([GROWS, FADES])]
    told = [f"{_name(r.experiment)} ({r.verdict}, {p_value(r.p)})" for r in changed.itertuples()]
    return say(
        "Of {n}, the effect changes between the first and the second half in: {told}. Of so many, {chance} would "
        "seem to by chance alone.",
        n=count(len(lasting), "experiment"), told=listing(told), chance=number(0.05 * len(lasting), 1),
    )  # fmt: skip


def groups(table: pd.DataFrame) -> Prose:
    """Say whether any group answers differently from all others, and how many were looked at."""
    if table.empty:
        return say("No group is large enough in both arms to be looked at by itself.")
    differ = table[table["p_adjusted"] < 0.05]
    if differ.empty:
        raw = int((table["p"] < 0.05).sum())
        return say(
            "Of {n} that were looked at, no group is shown to answer differently from the others; without correction "
            "{raw} would have seemed to, and {chance} would by chance alone.",
            n=count(len(table), "group"), raw=number(raw), chance=number(0.05 * len(table), 1),
        )  # fmt: skip
    told = [f"{r.group} in {_name(r.experiment)} ({p_value(r.p_adjusted)})" for r in differ.itertuples()]
    return say("Of {n} that were looked at, different from the others: {told}.", n=count(len(table), "group"),
               told=listing(told, most=8))  # fmt: skip


def tested(market: pd.DataFrame) -> Prose:
    """Say which design would show the advantage of the model over the panel soonest, and what it costs."""
    if market.empty:
        return say(
            "How the launch model could be tested in the market nobody can say here: there is no panel to test it "
            "against, or no money on record."
        )
    able = market[np.isfinite(market["quarters"].astype(float))]
    if able.empty:
        return say(
            "On validation rows the launch model earned no more than the panel, so that no test in the market could "
            "be expected to show an advantage."
        )
    best = able.loc[able["quarters"].idxmin()]
    others = able.drop(best.name)
    return say(
        "**To test the launch model in the market, assign {assigned}**: the advantage over the panel that validation "
        "rows promise shows in {quarters}, at about {cost}; looked at all the time, in {always}. By {others}.",
        assigned=best["assigned"], quarters=_quarters(best["quarters"]), cost=money(best["cost"]),
        always=_quarters(best["quarters_always"]),
        others=listing([f"{r.design} it takes {_quarters(r.quarters)}" for r in others.itertuples()]) if len(others)
        else "other designs it cannot be told",
    )  # fmt: skip


def stopping(market: pd.DataFrame, level: float, power: float) -> Prose:
    """Say when a test of the recommender is to be stopped."""
    able = market[np.isfinite(market["quarters"].astype(float))] if len(market) else market
    if able.empty:
        return say("There is no advantage to look for, so that there is no test to stop.")
    best = able.loc[able["quarters"].idxmin()]
    return bullets(
        say("**For the model**, as soon as the always-valid interval of its advantage lies above 0."),
        say("**For harm**, as soon as it lies below 0."),
        say(
            "**For lack of evidence**, after {quarters}: an advantage as large as promised would have been shown by "
            "then in {power} of tests, and what is left to find is smaller than promised.",
            quarters=_quarters(best["quarters_always"]), power=share(power, 0),
        ),
        say(
            "Looked at only once, after {quarters}, an ordinary interval does; looked at in between, it would be "
            "wrong more often than in {level}.", quarters=_quarters(best["quarters"]), level=share(level, 0),
        ),
    )  # fmt: skip


def _stopped(assigned):
    if assigned.empty:
        yield say("**No experiment is on record**: this source has no assignments.")
        return
    stopped = assigned.loc[assigned["verdict"] == MISMATCH, "experiment"].unique()
    if len(stopped):
        yield say(
            "**Not analysed, for a sample ratio mismatch: {names}.** Something besides the draw decided who is "
            "counted.",
            names=listing([_name(one) for one in stopped]),
        )
    loose = assigned.loc[~assigned["registered"].astype(bool), "experiment"].unique()
    if len(loose):
        yield say("Not analysed, for nobody wrote down before what decides: {names}.",
                  names=listing([_name(one) for one in loose]))  # fmt: skip


def _shown(effects):
    for r in effects[effects["role"] == "primary"].itertuples() if len(effects) else ():
        yield say(
            "**{name}** ({arm}): {verdict} {metric}: {effect}, {relative} of the control, from {people}{running}.",
            name=_name(r.experiment), arm=r.arm, verdict=VERDICTS[r.verdict], metric=r.title,
            effect=_effect(r, r.difference, r.low, r.high), relative=_relative(r),
            people=count(int(r.n + r.n_control), "person", "people"),
            running="" if r.finished else "; it is still running, and only what holds at any look counts",
        )  # fmt: skip


def _guarded(effects):
    guards = effects[effects["role"] == "guardrail"] if len(effects) else effects
    if len(guards):
        harmed = guards[guards["verdict"] == HARMS]
        yield say(
            "Of {n}, kept: {kept}; harmed: {harmed}; of the rest nobody can tell.{names}",
            n=count(len(guards), "guardrail"), kept=number(int((guards["verdict"] == KEEPS).sum())),
            harmed=number(len(harmed)),
            names=f" Harmed: {listing([f'{r.title} in {_name(r.experiment)}' for r in harmed.itertuples()])}."
            if len(harmed) else "",
        )  # fmt: skip


def _panel(blinded):
    for r in blinded[blinded["measure"] == "earned"].itertuples() if len(blinded) else ():
        yield say(
            "Where the model and the panel disagree ({rows}, {n}), the model's choices earn {difference} a case "
            "more; {p} by what chance could have dealt.",
            rows=r.rows, n=count(int(r.n), "case"), p=p_value(r.p),
            difference=interval(r.difference, r.low, r.high, kind="money"),
        )  # fmt: skip


def _name(experiment):
    return experiment.replace("_", " ")


def _value(value, kind):
    return share(value) if kind in SHARES else number(value, 2)


def _effect(row, value, low, high):
    return interval(value, low, high, kind="points" if row.kind in SHARES else "number")


def _bounds(low, high, kind):
    told = [f"{100 * end:.1f}" if kind in SHARES else number(end, 2) for end in (low, high)]
    return f"{told[0]} to {told[1]}".replace("-", "\N{MINUS SIGN}")


def _relative(row):
    if not np.isfinite(row.relative):
        return "not known"
    return f"{share(row.relative)} ({share(row.relative_low)} to {share(row.relative_high)})"


def _quarters(value):
    if not np.isfinite(value):
        return "no time at all that could be stated"
    if value <= 1:
        return "one quarter"
    return f"{number(int(np.ceil(value)))} quarters"
