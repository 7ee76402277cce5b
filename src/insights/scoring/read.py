"""Reading: a file of candidates as people write it, row by row; what cannot be used is refused with its reasons.

A file that is none (not readable, not a table, without the columns that are asked for, too large) is refused as a
whole. A row that is broken is refused by itself, and the others go on.
"""

import csv
import datetime
import difflib
import io
import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from insights.contract import LEVELS
from insights.params import Params

ASKED = ("product_id", "title", "topic", "price", "monthly_hurdle")
OPTIONAL = ("family", "kind", "level", "description", "margin", "launch_cost", "announced_at")
NUMBERS = {  # least, most, and what it is
    "price": (0.0, 1e6, "the list price in USD"),
    "monthly_hurdle": (1e-9, 1e8, "the margin asked for a month, in USD"),
    "margin": (0.0, 1.0, "the share of the price that is margin"),
    "launch_cost": (0.0, 1e9, "the planned cost of the launch, in USD"),
}
MOST_BYTES, MOST_ROWS, MOST_LETTERS = 5_000_000, 10_000, 5_000
ALIKE = 0.8  # of two names, from which on one is taken for the other misspelt
REFUSED = ["line", "product_id", "reasons"]


class CandidateError(ValueError):
    """A file of candidates that cannot be used at all; the message names value, place and remedy."""


def candidates(file: Path, known: set[str], params: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of a file that can be scored, and those that cannot.

    Parameters
    ----------
    file : Path
        Comma-separated, UTF-8, a header in its first line.
    known : set of str
        Products of the catalogue, which are no new candidates.
    params : Params
        Candidates are decided on at the end of its window.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        ``ASKED`` and ``OPTIONAL``, typed; and in ``REFUSED`` the number of the line, what stands for the product, and
        all that is wrong with it.

    Raises
    ------
    CandidateError
    """
    rows = _lines(file)
    counts = pd.Series([row.get("product_id", "").strip() for _, row in rows]).value_counts()
    kept, refused = [], []
    for line, row in rows:
        values, wrong = candidate(row, known, params)
        name = values.get("product_id", "")
        if name and counts.get(name, 0) > 1:
            wrong.append(f"product_id {name} stands in {counts[name]} lines")
        if wrong:
            refused.append([line, row.get("product_id", "")[:100], "; ".join(wrong)])
        else:
            kept.append(values)
    return pd.DataFrame(kept, columns=[*ASKED, *OPTIONAL]), pd.DataFrame(refused, columns=REFUSED)


def candidate(row: Mapping[str, str], known: set[str], params: Params) -> tuple[dict, list[str]]:
    """Return the values of one candidate, and all that is wrong with it; nothing where it can be scored.

    Parameters
    ----------
    row : mapping of str to str
        By name of the column, as people wrote it.
    known, params
        As in :func:`candidates`.
    """
    values, wrong = _read(row, params)
    if values["product_id"] in known:
        wrong.append(f"product_id {values['product_id']} is a product of the catalogue already")
    return values, wrong


def _lines(file):
    """Return the number and the cells of each line that is not empty."""
    try:
        size = file.stat().st_size
    except OSError as error:
        raise CandidateError(
            f"{file}: cannot be read ({error.strerror}). Name a file: PRODUCTS=candidates.csv."
        ) from None
    if not file.is_file() or size > MOST_BYTES:
        raise CandidateError(f"{file.name}: no file of at most {MOST_BYTES:,} bytes. Split it, or name another.")
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CandidateError(f"{file.name}: not UTF-8 (byte {error.start:,}). Save it as UTF-8.") from None
    if "\0" in text:
        raise CandidateError(f"{file.name}: holds a zero byte, so it is no text. Save it as comma-separated text.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(file, header)
        found = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, _named(header, cells)))
            if len(found) > MOST_ROWS:
                raise CandidateError(f"{file.name}: more than {MOST_ROWS:,} rows. Split it.")
    except csv.Error as error:
        raise CandidateError(f"{file.name}, line {reader.line_num}: {error}. Mend that line.") from None
    if not found:
        raise CandidateError(f"{file.name}: no row below its header. There is nothing to score.")
    return found


def _check_header(file, header):
    if lacking := [name for name in ASKED if name not in header]:
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise CandidateError(
                f"{file.name}: its cells are not separated by commas. Save it as comma-separated text."
            )
        raise CandidateError(
            f"{file.name}: no column {', '.join(lacking)}. Its first line must name {', '.join(ASKED)}; it may name "
            f"{', '.join(OPTIONAL)}."
        )
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise CandidateError(f"{file.name}: column {', '.join(twice)} stands twice. Remove one of them.")
    known = (*ASKED, *OPTIONAL)
    for name in sorted({*header} - {*known}):
        if meant := difflib.get_close_matches(name, [one for one in known if one not in header], n=1, cutoff=ALIKE):
            raise CandidateError(
                f"{file.name}: column {name} is not read. Is {meant[0]} meant? Rename it, or leave it out."
            )


def _named(header, cells):
    row = dict(zip(header, cells, strict=False))
    return row | ({"": "cells"} if len(cells) != len(header) else {})


def _read(row, params):
    """Return the values of a row, and what is wrong with it."""
    wrong = ["it has more or fewer cells than the header"] if "" in row else []
    values = {name: row.get(name, "").strip() for name in (*ASKED, *OPTIONAL)}
    for name, text in values.items():
        if len(text) > MOST_LETTERS:
            wrong.append(f"{name} has more than {MOST_LETTERS:,} letters")
    wrong += [f"{name} is empty" for name in ASKED if not values[name]]
    for name, (least, most, what) in NUMBERS.items():
        values[name], complaint = _number(name, values[name], least, most, what)
        wrong += complaint
    if values["level"] and values["level"] not in LEVELS:
        wrong.append(f"level {values['level'][:40]!r} is none of {', '.join(LEVELS)}")
    values["announced_at"], complaint = _date(values["announced_at"], params)
    wrong += complaint
    values["family"] = values["family"] or values["product_id"]
    for name in ("kind", "level", "description"):
        values[name] = values[name] or None
    return values, wrong


def _number(name, text, least, most, what):
    if not text:
        return math.nan, []
    try:
        value = float(text)
    except ValueError:
        return math.nan, [f"{name} {text[:40]!r} is no number ({what})"]
    if not least <= value <= most:
        return math.nan, [f"{name} {text[:40]!r} does not lie between {least:g} and {most:g} ({what})"]
    return value, []


def _date(text, params):
    """Return a day; without one the last of the window."""
    if not text:
        return params.end - datetime.timedelta(days=1), []
    try:
        day = datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time())
    except ValueError:
        return None, [f"announced_at {text[:40]!r} is no day such as 2025-10-31"]
    if not datetime.datetime(2000, 1, 1) <= day < params.end:
        return None, [f"announced_at {text} does not lie between 2000 and {params.dates.end}, where the window ends"]
    return day, []
