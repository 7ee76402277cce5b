"""Signals: the features that tell of one thing, together, and their values in words.

A number, its trend and its ratio to the need say the same in three ways. Which of them a model leans on is chance; a
reason therefore names the signal, and shows its leading feature.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from insights.contract import NETWORK_TITLES
from insights.display import wording
from insights.features import need, registry

TITLES = {
    "need": "how much it has to sell",
    "plan": "its plan (price, level, dates, rivals)",
    "sales": "its own sales",
    "topic_sales": "sales of its topic",
    "web": "visits to its pages",
    "interest": "looks at it that led to no purchase",
    "email": "clicks on e-mails about it",
    "events": "events on its topic",
    "expected_completions": "completions expected of its learners",
    "survey": "answers to the survey",
    "opinion": "what was answered lately, and before",
    "tone": "the tone of posts about it",
    "themes": "what posts about it speak of",
    "audience": "how much visitors and learners look at it",
    "overlap": "what its visitors and learners bought",
    "season": "the season",
    "rivalry": "its rivals' sales and launches",
    "past_launches": "how launches like it did",
} | {name: f"posts on {title}" for name, title in NETWORK_TITLES.items()}
BELONGS = {"log_hurdle": "need", "units_before_per_need": "sales"}  # what no name of a feature tells
DERIVED = (need.SUFFIX, "_rank")
_MEANINGS = {
    "views_without_purchase_before": "views in the month before the last by people who did not buy it then",
    "opinion_before": "intent to buy in answers before last month above the middle, drawn to it where few answered",
    "kind_launches_reached": "first month's margin over hurdle in launches of its kind, logarithm, drawn to 0 if few",
}


def groups(model: str, features: Iterable[str]) -> dict[str, list[str]]:
    """Return features by signal, in the order of the register.

    Parameters
    ----------
    model : str
        Whose features these are: ``launch``, ``completion`` or ``enrollment``.
    features : iterable of str

    Returns
    -------
    dict of str to list of str
        The signal is the family of a feature; what is made from another feature belongs to the family of that one.
    """
    families = {f.name: f.family for f in registry.features(model)}
    found: dict[str, list[str]] = {}
    for feature in registry.features(model, features):
        found.setdefault(_signal(feature.name, families), []).append(feature.name)
    return found


def title(signal: str) -> str:
    """Return a signal in words for a planner."""
    return TITLES.get(signal, signal.replace("_", " "))


def titled(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of signals with the ``title`` of each."""
    return table.assign(title=[title(signal) for signal in table["signal"]])


def value_in_words(model: str, name: str, row: pd.Series) -> str:
    """Return what a feature means and its value in a row, with the unit.

    Parameters
    ----------
    model : str
        Whose feature it is.
    name : str
    row : pandas.Series
        Holds the feature; logarithms are undone, and a signal over the need stands beside the need where the row has
        ``units_needed``.
    """
    unit = _feature(model, name).unit
    return f"{meaning(model, name)}: {_written(row[name], unit, row.get('units_needed'))}"


def meaning(model: str, name: str) -> str:
    """Return what a feature means, in words for a planner: one over the need is called like what stands over it."""
    base = name.removesuffix(need.SUFFIX)
    over = _MEANINGS.get(base) or (need.SEEN | need.SAID).get(base) if base != name else None
    return over or _MEANINGS.get(name) or _feature(model, name).meaning.removesuffix(", logarithm")


def _feature(model, name):
    return next(f for f in registry.features(model) if f.name == name)


def comparable(name: str, rows: pd.DataFrame) -> np.ndarray:
    """Return a feature as it is compared between rows, shape (rows,).

    Of a signal over the need, that is what was seen over the units needed, without what was added for the logarithm:
    of two products of which nothing was seen, the one that needs less is no better seen.
    """
    values = rows[name].to_numpy(dtype="float64")
    if not name.endswith(need.SUFFIX) or "units_needed" not in rows:
        return values
    seen, units = _seen_and_needed(values, rows["units_needed"].to_numpy(dtype="float64"))
    return np.divide(seen, units, out=np.full(len(rows), np.nan), where=units > 0)


def standing(value: float, others: np.ndarray, noun: str) -> str:
    """Return how a value stands against others, in tenths of them: ``above 8 of 10 past launches``.

    Of those below it, equal to it and above it, the most are named; tenths are rounded down, so that 9.9 of 10 are
    never all.
    """
    known = others[~np.isnan(others)]
    if np.isnan(value) or len(known) == 0:
        return f"not to be compared with {noun}"
    sides = {"above": (known < value).sum(), "below": (known > value).sum(), "like": (known == value).sum()}
    side = max(sides, key=sides.get)
    tenths = int(10 * sides[side] // len(known))
    return f"{side} {'all' if tenths == 10 else f'{tenths} of 10'} {noun}"


def _signal(name, families):
    base = name
    for ending in DERIVED:
        base = base.removesuffix(ending)
    return BELONGS.get(name) or families.get(base) or families[name]


def _written(value, unit, needed):
    if pd.isna(value):
        return wording.NOT_KNOWN
    match unit:
        case "share":
            return wording.share(value)
        case "ratio" | "rank" | "lean":
            return _plain(value)
        case "USD" | "USD a month":
            return f"{wording.money(value)}{unit.removeprefix('USD')}"
        case "log USD":
            return wording.money(np.expm1(value))
        case "log units":
            return _counted(np.exp(value) - need.LITTLE, "units")
        case "log factor":
            return f"{_plain(np.exp(value))} times"
        case "log ratio":
            return _against_need(value, needed)
    return _counted(value, unit)


def _against_need(ratio, needed):
    if needed is None or pd.isna(needed):
        return f"{_plain(np.exp(ratio))} for each unit to be sold"
    seen, units = _seen_and_needed(ratio, needed)
    return f"{_plain(seen)} against {_counted(units, 'units')} to be sold"


def _seen_and_needed(ratio, needed):
    """Undo the logarithms; rounded, so that what was nothing is nothing again."""
    return tuple(np.round(np.exp(log) - need.LITTLE, 6) for log in (ratio + needed, needed))


def _counted(value, unit):
    text = _plain(value)
    return f"{text} {unit.removesuffix('s') if text == '1' else unit}"


def _plain(value):
    """Write counts without decimals, and other numbers with three digits that count."""
    near = round(float(value))
    whole = abs(value) >= 100 or abs(value - near) < 1e-6
    return wording.number(near) if whole else wording.number(float(value))
