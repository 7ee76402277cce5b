"""Findings about trust: how bad inputs may get, what fails worst, and which gates are passed."""

import numpy as np
import pandas as pd

from insights.display.wording import Prose, bullets, count, interval, listing, money, number, say, share
from insights.findings.words import METRICS
from insights.verdicts import ABOVE, AS_TRAINED, BEYOND, CONTROL, HIGH, MET, NEAR, NO_LIMIT

UNITS = {"share": share, "days": lambda n: f"{n:.1f} days", "hours": lambda n: f"{n:.1f} hours"}


def in_short(specification: pd.DataFrame, limits: pd.DataFrame, modes: pd.DataFrame, by_gate: pd.DataFrame) -> Prose:
    """Say whether the specification is kept, which inputs have least room, what fails worst, which gates are passed.

    Parameters
    ----------
    specification, limits, modes, by_gate : pandas.DataFrame
        Of the study of notebook 08.
    """
    return bullets(
        _kept(specification), *_room(limits), _worst(modes),
        say(
            "**Gates passed: {passed}**; missed in: {missed}.",
            passed=listing(by_gate.loc[by_gate["verdict"] == MET, "gate"]),
            missed=listing(
                [f"{r.gate} ({r.criteria - r.met} of {r.criteria} criteria)" for r in by_gate.itertuples()
                 if r.verdict != MET]
            ),
        ),
    )  # fmt: skip


def level(value: float, unit: str) -> str:
    """Return a level in its unit."""
    return UNITS[unit](value)


def tolerated(limits: pd.DataFrame) -> pd.DataFrame:
    """Return tolerances in words, a row per input and model: what it may get to, where it is today, what breaks."""
    rows = []
    for r in limits.itertuples():
        free = np.isinf(r.tolerance)
        rows.append(
            {
                "input": r.title, "model": r.model, "mode": r.mode,
                "tolerance": f"above {level(r.largest, r.unit)}" if free else level(r.tolerance, r.unit),
                "interval": _bounds(r), "breaks first": METRICS.get(r.breaks, r.breaks) or "nothing",
                "today": "not measured" if np.isnan(r.today) else level(r.today, r.unit), "verdict": r.verdict,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def alerts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the limits of alert in words: of what each is, and where the last month was."""
    rows = [
        {"input": r.title, "alert above": level(r.alert, r.unit), "set by": _set_by(r.of),
         "a month hardly exceeds": level(r.control, r.unit), "last month": level(r.today, r.unit)}
        for r in table.dropna(subset=["alert", "today"]).itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def noticed(caught: pd.DataFrame) -> Prose:
    """Say how many of the injected faults were noticed, of the harmful ones apart, and how many alarms were false."""
    faults, harmful = int(caught["faults"].sum()), int(caught["harmful"].sum())
    told = [
        say(
            "Of {n} injected, **{share} were noticed**; of {harmful} that break the specification, {caught}.",
            n=count(faults, "fault"), share=share(caught["noticed"].sum() / max(faults, 1)),
            harmful=number(harmful), caught=number(int(caught["harmful_noticed"].sum())),
        ),
        say(
            "False alarms in {months} that nobody disturbed: {alarms}.",
            months=count(int(caught["months"].sum()), "month of an input", "months of inputs"),
            alarms=number(int(caught["false_alarms"].sum())),
        ),
    ]  # fmt: skip
    return bullets(*told)


def together(main: pd.DataFrame, pairs: pd.DataFrame) -> Prose:
    """Say which disturbances move ranking when several come together, and whether any pair matters beyond them."""
    told = []
    for model, part in main.groupby("model", sort=False):
        sure = part[(part["low"] > 0) | (part["high"] < 0)]
        names = [f"{r.disturbance.replace('_', ' ')} ({number(r.effect, 3)})" for r in sure.itertuples()]
        mine = pairs[(pairs["model"] == model) & pairs["matters"].astype(bool)]
        told.append(
            say(
                "{model}: of {n} together, those that surely move ROC AUC are {names}; of pairs {pairs}.",
                model=model.capitalize(), n=count(len(part), "disturbance"), names=listing(names),
                pairs=listing([p.replace("_", " ") for p in mine["pairs"]]) if len(mine)
                else "none is shown to do more than the sum of its parts",
            )
        )  # fmt: skip
    return bullets(*told) if told else say("No model could be tried.")


def worth(economics) -> Prose:
    """Say what the launch model is worth, and which assumption decides; that nobody knows where rows say no money."""
    if economics is None:
        return say("What it is worth nobody can say here: no new launch of this window tells what it brought.")
    value, chance, payback = (
        economics.of(what) for what in ("net present value", "chance that it is worth more than it costs", "payback")
    )
    first = economics.tornado.iloc[0]
    months = f"{number(payback['value'], 1)} months" if np.isfinite(payback["value"]) else "never, as things stand"
    return bullets(
        say(
            "**Net present value against {others}: {value}**; it is worth more than it costs in {chance} of draws; "
            "paid back after: {months}.",
            others=economics.against, chance=share(chance["value"]), months=months,
            value=interval(value["value"], value["low"], value["high"], kind="money"),
        ),
        say(
            "What decides most is {what}: between its bounds the net present value goes from {low} to {high}.",
            what=first["what"], low=money(min(first["npv_low"], first["npv_high"])),
            high=money(max(first["npv_low"], first["npv_high"])),
        ),
    )  # fmt: skip


def _kept(specification):
    missed = specification[specification["verdict"] != MET]
    if missed.empty:
        return (
            say("**Both models keep their specification** ({n}).", n=count(len(specification), "limit"))
            if len(specification)
            else say("No model of this window has a specification to keep.")
        )
    names = [f"{r.measure.replace('_', ' ')} of the {r.model} model ({number(r.value)}, limit {number(r.limit)})"
             for r in missed.itertuples()]  # fmt: skip
    return say("**Out of specification: {names}.**", names=listing(names))


def _room(limits):
    kept = limits[limits["mode"] == AS_TRAINED]
    for verdict, words in ((BEYOND, "Beyond its tolerance"), (NEAR, "Near it")):
        mine = kept[kept["verdict"] == verdict]
        if len(mine):
            yield say("{words}: {names}.", words=words, names=listing(mine["title"].drop_duplicates(), most=6))
    found = kept[np.isfinite(kept["tolerance"]) & (kept["tolerance"] > 0)]
    free = kept[kept["verdict"] == NO_LIMIT]["title"].nunique()
    names = [f"{r.title} ({level(r.tolerance, r.unit)}, {r.model})" for r in found.itertuples()]
    yield say(
        "Inputs that may break it, and where: {names}. Of {free} no level that was tried does.",
        names=listing(names, most=6), free=count(free, "other"),
    )  # fmt: skip


def _worst(modes):
    if modes.empty:
        return say("No failure mode could be rated.")
    high = modes[modes["priority"] == HIGH]
    top = modes.iloc[0]
    return say(
        "The failure mode with the highest risk priority is **{title}** ({rpn}: severity {s}, occurrence {o}, "
        "detection {d}). Of high priority: {high}.",
        title=top["title"], rpn=number(int(top["rpn"])), s=number(int(top["severity"])),
        o=number(int(top["occurrence"])), d=number(int(top["detection"])), high=listing(high["title"]),
    )  # fmt: skip


def _bounds(row):
    if np.isinf(row.low):
        return ""
    high = f"above {level(row.largest, row.unit)}" if np.isinf(row.high) else level(row.high, row.unit)
    return f"{level(row.low, row.unit)} to {high}"


def _set_by(of):
    if of == CONTROL:
        return "limit of control"
    if of.startswith(ABOVE):
        return f"limit of control, above the tolerance of the {of.removeprefix(ABOVE)} model"
    return f"tolerance of the {of} model"


def drawn(curves: pd.DataFrame, limits: pd.DataFrame, most: int = 3) -> list[tuple[str, pd.DataFrame]]:
    """Return the response curves of ROC AUC of the inputs that each model stands least, ``most`` of each.

    Parameters
    ----------
    curves, limits : pandas.DataFrame
        Of the study of notebook 08.
    most : int

    Returns
    -------
    list of (str, pandas.DataFrame)
        The model, and ``mode, level, value, low, high, title, unit, disturbance``.
    """
    auc = curves[curves["measure"] == "roc_auc"]
    titles = limits.drop_duplicates("disturbance").set_index("disturbance")["title"]
    found = []
    for model, part in auc.groupby("model", sort=False):
        kept = part[part["mode"] == AS_TRAINED].groupby("disturbance", sort=False)["value"]
        harm = (kept.first() - kept.min()).sort_values(ascending=False, kind="stable")
        for name in harm.index[:most]:
            found.append((model, part[part["disturbance"] == name].assign(title=titles[name])))
    return found


def summarised(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of economic feasibility in words."""
    write = {"USD": money, "share": share, "months": lambda m: f"{m:.1f} months" if np.isfinite(m) else "never",
             "days": lambda d: count(round(d), "day")}  # fmt: skip
    rows = [
        {"what": r.what, "value": write[r.unit](r.value),
         "interval": "" if np.isnan(r.low) else f"{write[r.unit](r.low)} to {write[r.unit](r.high)}"}
        for r in summary.itertuples()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def figure(value: float) -> str:
    """Return a number of any size as it is read beside others of other units."""
    return f"{value:,.0f}".replace("-", "−") if abs(value) >= 100 else number(value, 3 if value % 1 else 0)
