"""Wording: how numbers stand in sentences.

Every number in the prose of a notebook passes through here, so that one quantity reads the same on every page
and no typed number outlives the window it was true for. Units keep to their number by a no-break space.
"""

import datetime
import html
import math
import re
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import pandas as pd

NOT_KNOWN = "not known"
_SPACE = "\u00a0"
_MINUS = "\u2212"
_MOST_DECIMALS = 6


def number(value, decimals: int | None = None) -> str:
    """Return a number as text: ``12,408``, ``0.712``, ``−3.10``.

    Parameters
    ----------
    value : number or None
        Integers are written in full. None and NaN read "not known".
    decimals : int, optional
        Digits after the point. Without it they are three from 0.01 to 1, elsewhere as many as show three
        significant digits and the whole part.
    """
    if _missing(value):
        return NOT_KNOWN
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if 0 < abs(value) < 10.0**-_MOST_DECIMALS and decimals is None:
        return f"{'below' if value > 0 else 'above minus'} {10.0**-_MOST_DECIMALS:.{_MOST_DECIMALS}f}"
    return _fixed(value, _decimals(value) if decimals is None else decimals)


def share(value, decimals: int = 1) -> str:
    """Return a share between 0 and 1 as a percentage: ``41.2 %``.

    What is not quite nothing or not quite everything never reads as ``0.0 %`` or ``100.0 %``.
    """
    if _missing(value):
        return NOT_KNOWN
    percent, step = 100 * float(value), 10.0**-decimals
    text = _fixed(percent, decimals)
    if percent > 0 and float(f"{percent:.{decimals}f}") == 0:
        text = f"below {_fixed(step, decimals)}"
    elif percent < 100 and float(f"{percent:.{decimals}f}") == 100:
        text = f"above {_fixed(100 - step, decimals)}"
    return f"{text}{_SPACE}%"


def bare_points(difference) -> str:
    """Return a difference of two shares in percentage points, where their name stands elsewhere: ``4.1``."""
    return _fixed(100 * float(difference), 1)


def points(difference) -> str:
    """Return a difference of two shares: ``4.1 percentage points``."""
    return NOT_KNOWN if _missing(difference) else f"{bare_points(difference)}{_SPACE}percentage points"


def money(value, decimals: int | None = None) -> str:
    """Return an amount in US dollars: ``USD 1,234``; without ``decimals``, cents only below a thousand."""
    if _missing(value):
        return NOT_KNOWN
    return f"USD{_SPACE}{_fixed(value, _cents(value) if decimals is None else decimals)}"


def interval(value, low, high, kind: str = "number") -> str:
    """Return a value with the interval around it: ``0.712 (95 % interval 0.690 to 0.733)``.

    Parameters
    ----------
    value, low, high : number or None
        Without both bounds the text says that there is no interval.
    kind : {"number", "share", "points", "money"}
        How all three are written; a difference of two shares is in points, which its bounds do not say again.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    written = _writer(kind, (value, low, high))
    if _missing(low) or _missing(high):
        return f"{written(value)} (no interval)"
    bound = bare_points if kind == "points" else written
    return f"{written(value)} (95{_SPACE}% interval {bound(low)} to {bound(high)})"


def bounds(value, low, high) -> str:
    """Return a value and its bounds for the cell of a table, whose caption says their level: ``0.8 (0.7 to 0.9)``."""
    written = _writer("number", (value, low, high))
    if _missing(low) or _missing(high):
        return written(value)
    return f"{written(value)} ({written(low)}{_SPACE}to{_SPACE}{written(high)})"


def count(n, noun: str, plural: str | None = None) -> str:
    """Return how many there are of something: ``1 row``, ``12,408 rows``, ``no rows``.

    Parameters
    ----------
    n : int
    noun : str
        In the singular.
    plural : str, optional
        Where the regular one is wrong.
    """
    plural = plural or _plural(noun)
    if n == 0:
        return f"no {plural}"
    return f"{number(int(n))}{_SPACE}{noun if n == 1 else plural}"


def ordinal(n: int) -> str:
    """Return a place in an order: ``1st``, ``12th``, ``23rd``."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{number(n)}{ending}"


def date(value) -> str:
    """Return a day: ``1 October 2025``."""
    if value is None or pd.isna(value):
        return NOT_KNOWN
    day = value if isinstance(value, datetime.date) else pd.Timestamp(value)
    return f"{day.day}{_SPACE}{_MONTHS[day.month - 1]}{_SPACE}{day.year}"


def p_value(value) -> str:
    """Return a p value: ``p = 0.031``, ``p < 0.001``."""
    if _missing(value):
        return f"p{_SPACE}{NOT_KNOWN}"
    if value < 0.001:
        return f"p{_SPACE}<{_SPACE}0.001"
    return f"p{_SPACE}={_SPACE}{min(value, 1):.{2 if value >= 0.1 else 3}f}"


def listing(items: Iterable, most: int | None = None) -> str:
    """Return things as a list in a sentence: ``a, b and c``, or ``a, b and 4 more``."""
    items = [str(item) for item in items]
    if most is not None and len(items) > most:
        items = [*items[:most], f"{number(len(items) - most)} more"]
    if not items:
        return "none"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


@dataclass(frozen=True)
class Prose:
    """Computed sentences: plain text for reading, HTML for pages.

    Attributes
    ----------
    text : str
        The sentences without markup.
    markup : str
        The same as HTML, everything inserted escaped.
    """

    text: str
    markup: str

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: "Prose") -> "Prose":
        """Return these sentences followed by others, as a paragraph of their own."""
        return Prose(f"{self.text}\n\n{other.text}", f"{self.markup}\n{other.markup}")

    def _repr_html_(self) -> str:
        return self.markup


def say(template: str, **values) -> Prose:
    """Return sentences with values inserted, for display as the last expression of a cell.

    Parameters
    ----------
    template : str
        Text with ``{names}``. ``**bold**`` is marked up and an empty line begins a new paragraph;
        in the values neither means anything.
    **values
        Texts stand as they are; bare numbers pass through :func:`number`.

    Raises
    ------
    ValueError
        If a name in the template has no value, or a value no place in the template.
    """
    _check_names(template, values)
    texts = {name: number(value) if _is_number(value) else str(value) for name, value in values.items()}
    safe = {name: html.escape(text) for name, text in texts.items()}
    return Prose(template.replace("**", "").format(**texts), _paragraphs(template, safe))


def bullets(*sentences: Prose | str) -> Prose:
    """Return sentences as a bulleted list."""
    told = [sentence if isinstance(sentence, Prose) else say("{text}", text=sentence) for sentence in sentences]
    inner = [re.sub(r"^<p>|</p>$", "", sentence.markup) for sentence in told]
    rows = "\n".join(f"<li>{one}</li>" for one in inner)
    return Prose("\n".join(f"- {sentence.text}" for sentence in told), f"<ul>\n{rows}\n</ul>")


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def _missing(value):
    return value is None or bool(pd.isna(value))


def _is_number(value):
    return pd.api.types.is_number(value) and not isinstance(value, bool)


def _decimals(*values):
    """Digits after the point for values of one kind: three from 0.01 to 1, else three significant ones."""
    if all(pd.api.types.is_integer(value) for value in values):
        return 0
    largest = max(abs(float(value)) for value in values)
    if largest == 0 or 0.01 <= largest <= 1:
        return 3
    return min(max(2 - math.floor(math.log10(largest)), 0), _MOST_DECIMALS)


def _cents(*values):
    return 2 if max(abs(value) for value in values) < 1000 else 0


def _fixed(value, decimals):
    text = f"{value:,.{decimals}f}"
    if not text.startswith("-"):
        return text
    return _MINUS + text[1:] if any(digit in "123456789" for digit in text) else text[1:]


def _writer(kind, values) -> Callable:
    known = [value for value in values if not _missing(value) and math.isfinite(value)]
    match kind:
        case "share":
            return share
        case "number":
            return partial(number, decimals=_decimals(*known) if known else None)
        case "money":
            return partial(money, decimals=_cents(*known) if known else None)
        case "points":
            return points
    raise ValueError(f"interval of kind {kind!r}: write number, share, points or money.")


def _plural(noun):
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|ch|sh)$", noun) else f"{noun}s"


def _check_names(template, values):
    wanted = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if missing := sorted(wanted - values.keys()):
        raise ValueError(f"{template!r}: no value for {listing(missing)}. Pass it by that name.")
    if spare := sorted(values.keys() - wanted):
        raise ValueError(f"{template!r}: no place for {listing(spare)}. Name it in the text or leave it out.")


def _paragraphs(template, safe):
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", template.strip())]
    return "\n".join(f"<p>{_bold(html.escape(part, quote=False)).format(**safe)}</p>" for part in paragraphs)


def _bold(text):
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
