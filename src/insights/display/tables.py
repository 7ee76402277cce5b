"""Tables: results frames as tables that a person reads.

A table carries its caption and the name it is cited by, says so when rows were left out, writes each column
in one manner, and escapes every cell: text from outside is shown as text.
"""

import datetime
import html
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number

import pandas as pd

from insights.display import wording

MISSING = "–"
MOST_ABREAST = 3  # columns that fit beside each other on a telephone
FORMATS: dict[str, Callable] = {
    "number": wording.number,
    "share": wording.share,
    "points": wording.bare_points,
    "money": wording.money,
    "date": wording.date,
    "day": lambda value: wording.date(value) if re.match(r"\d{4}-\d\d-\d\d", str(value)) else str(value),
    "hash": lambda value: f"{value[:12]}…",
    "p": lambda value: "< 0.001" if value < 0.001 else wording.number(value, 3),
}


@dataclass(frozen=True)
class Table:
    """A table ready for display.

    Attributes
    ----------
    caption : str
        What the table shows, its citation name first.
    header : tuple of str
        Column headings.
    rows : tuple of tuple of str
        Cells as text.
    numeric : tuple of bool
        Which columns hold numbers, and so are aligned to the right.
    note : str
        What was left out, empty where nothing was.
    links : tuple of str
        Where the first cell of each row leads, empty where it leads nowhere; none at all without links.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    note: str
    links: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [self.caption, " | ".join(self.header), *(" | ".join(row) for row in self.rows), self.note]
        return "\n".join(line for line in lines if line)

    def _repr_html_(self) -> str:
        label = html.escape(self.caption, quote=True)
        note = f'<p class="note">{html.escape(self.note)}</p>\n' if self.note else ""
        return (
            f'<figure class="table">\n<figcaption>{html.escape(self.caption)}</figcaption>\n'
            f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n{self.grid()}\n</div>\n'
            f"{note}</figure>"
        )

    def grid(self) -> str:
        """Return the bare ``<table>``, without caption or note.

        The cells of a wide table name their columns, for narrow screens, on which its rows stand below each other.
        """
        wide = len(self.header) > MOST_ABREAST
        labels = [f' data-label="{html.escape(name, quote=True)}"' if wide else "" for name in self.header]
        head = _row("th", map(html.escape, self.header), self.numeric, [' scope="col"'] * len(self.header))
        body = "\n".join(_row("td", row, self.numeric, labels) for row in self._linked())
        opened = '<table class="wide">' if wide else "<table>"
        return f"{opened}\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"

    def _linked(self):
        for row, link in zip(self.rows, self.links or [""] * len(self.rows), strict=True):
            first, *others = map(html.escape, row)
            yield [f'<a href="{html.escape(link, quote=True)}">{first}</a>' if link else first, *others]


def show(
    frame: pd.DataFrame,
    caption: str,
    name: str | None = None,
    columns: Mapping[str, str] | Sequence[str] | None = None,
    formats: Mapping[str, str | Callable] | None = None,
    units: Mapping[str, str] | None = None,
    most: int = 30,
    links: str | None = None,
) -> Table:
    """Return a results frame as a table for display.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index is not shown.
    caption : str
        What the table shows.
    name : str, optional
        The name it is stored and cited by: ``table_5_1_performance`` reads "Table 5.1".
    columns : mapping or sequence of str, optional
        Which columns are shown, in order; a mapping gives each its heading. Without headings the column's
        name is used, underscores as spaces.
    formats : mapping, optional
        How a column is written: a key of :data:`FORMATS` or a function from a value to text. Without one,
        numbers, days and truth values are written by their type.
    units : mapping, optional
        Unit of a column, set in its heading.
    most : int
        Rows shown at most; the note says how many there are.
    links : str, optional
        Column of addresses within the outputs, to which the first cell of each row leads.

    Raises
    ------
    ValueError
        If a column is not in the frame, a format is unknown, or the caption is empty.
    """
    if not caption.strip():
        raise ValueError(f"table {name or ''}: no caption. Say in a line what the table shows.")
    headings = _headings(frame, columns)
    _require(frame, [*headings, *(formats or {}), *(units or {}), *([links] if links else [])])
    shown = frame.head(most)
    cells = [_cells(shown[column], (formats or {}).get(column)) for column in headings]
    return Table(
        caption=cited(name, caption),
        header=tuple(_heading(text, (units or {}).get(column)) for column, text in headings.items()),
        rows=tuple(zip(*cells, strict=True)),
        numeric=tuple(_is_numeric(frame[column]) for column in headings),
        note=_note(len(shown), len(frame)),
        links=tuple(shown[links]) if links else (),
    )


def beside(frame: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    """Return values with their bounds as text, a column per metric: ``0.843 (0.793 to 0.887)``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``value``, ``low`` and ``high``, and those that name the row and the column of each.
    rows, columns : str
        What stands at the side and what at the head; both in the order in which they first appear.
    """
    written = frame.assign(text=[wording.bounds(r.value, r.low, r.high) for r in frame.itertuples()])
    wide = written.pivot(index=rows, columns=columns, values="text")
    return wide.loc[frame[rows].unique(), frame[columns].unique()].reset_index()


def with_bounds(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame in which some columns are text with the bounds from ``<column>_low`` and ``<column>_high``."""
    return _with_text(frame, columns, wording.bounds)


def in_percent(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame in which some shares are text with their bounds: ``41.2 % (38.0 % to 44.5 %)``."""
    return _with_text(frame, columns, _bounded_share)


def cited(name: str | None, caption: str) -> str:
    """Return a caption behind the name it is cited by: ``table_5_1_performance`` gives "Table 5.1 · …"."""
    parts = (name or "").split("_")
    if len(parts) < 3 or not (parts[1].isdigit() and parts[2].isdigit()):
        return caption
    return f"{parts[0].capitalize()} {int(parts[1])}.{int(parts[2])} · {caption}"


def _headings(frame, columns):
    if columns is None:
        columns = list(frame.columns)
    if isinstance(columns, Mapping):
        return dict(columns)
    return {column: str(column).replace("_", " ") for column in columns}


def _require(frame, columns):
    if unknown := [column for column in columns if column not in frame.columns]:
        raise ValueError(
            f"a table of {wording.listing(frame.columns)} has no column {wording.listing(unknown)}. Correct its name."
        )


def _heading(text, unit):
    return f"{text}, {unit}" if unit else text


def _note(shown, there):
    if shown == there:
        return "" if there else "No rows."
    return f"Showing {wording.number(shown)} of {wording.count(there, 'row')}."


def _cells(values, form):
    written = _writer(form, values)
    return [MISSING if _is_missing(value) else written(value) for value in values]


def _is_missing(value):
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _writer(form, values):
    if callable(form):
        return lambda value: str(form(value))
    if form is not None:
        if form not in FORMATS:
            raise ValueError(f"format {form!r} of a column: write one of {wording.listing(FORMATS)}.")
        return FORMATS[form]
    if _is_numeric(values):
        return _numbers(values)
    return _by_type


def _numbers(values):
    """One number of decimals for a whole column, so that its points stand below each other."""
    known = [value for value in values if not _is_missing(value) and math.isfinite(value)]
    if all(float(value).is_integer() for value in known):
        return lambda value: wording.number(value, 0)
    largest = max(abs(value) for value in known)
    decimals = 1 if largest > 10 else 3 if largest >= 0.01 else None
    return lambda value: wording.number(value, decimals)


def _by_type(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if pd.api.types.is_number(value):
        return wording.number(value)
    if isinstance(value, datetime.date):
        return wording.date(value)
    return str(value)


def _is_numeric(values):
    if pd.api.types.is_bool_dtype(values.dtype):
        return False
    if pd.api.types.is_object_dtype(values.dtype):
        known = [value for value in values if not _is_missing(value)]
        return bool(known) and all(isinstance(value, Number) and not isinstance(value, bool) for value in known)
    return pd.api.types.is_numeric_dtype(values.dtype)


def _row(tag, cells, numeric, attributes):
    aligned = {True: ' class="number"', False: ""}
    written = (
        f"<{tag}{aligned[right]}{extra}>{cell}</{tag}>"
        for cell, right, extra in zip(cells, numeric, attributes, strict=True)
    )
    return f"<tr>{''.join(written)}</tr>"


def _with_text(frame, columns, write):
    """Replace columns by what ``write`` makes of each value, its lower and its upper bound."""
    bounded = {name: frame[[name, f"{name}_low", f"{name}_high"]].to_numpy() for name in columns}
    return frame.assign(**{name: [write(*values) for values in rows] for name, rows in bounded.items()})


def _bounded_share(value, low, high):
    return f"{wording.share(value)} ({wording.share(low)} to {wording.share(high)})"
