"""Spreadsheets: tables as comma-separated text that a spreadsheet opens safely.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break is run as a formula by spreadsheets. Text
that people wrote gets an apostrophe before it, which spreadsheets take as: this is text. Numbers stay numbers. Line
breaks within a cell are written in the one way that is quoted, so that no cell ends where it should not.

Source: OWASP, "CSV Injection".
"""

import re

import pandas as pd
from pandas.api import types

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNSEEN = " \0\x0b\x0c\u00a0\u200b\u3000\ufeff"
_BREAK = re.compile(r"\r\n?")


def as_csv(table: pd.DataFrame) -> bytes:
    """Return a table as bytes of a file for a spreadsheet: the mark at its beginning says that it is UTF-8."""
    safe = table.rename(columns=lambda name: text(str(name)))
    for place, dtype in enumerate(safe.dtypes):
        if not (types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype)):
            safe.isetitem(place, _column(safe, place, text))
    return _encoded(safe.to_csv(index=False, lineterminator="\r\n"), "utf-8-sig")


def plain_csv(table: pd.DataFrame) -> bytes:
    """Return a table as bytes of a file beside its Parquet: only text is written otherwise than pandas writes it."""
    safe = table.rename(columns=lambda name: text(str(name)))
    for place, dtype in enumerate(safe.dtypes):
        if not (types.is_numeric_dtype(dtype) or types.is_datetime64_any_dtype(dtype)):
            safe.isetitem(place, _column(safe, place, lambda value: text(value) if isinstance(value, str) else value))
    return _encoded(safe.to_csv(index=False, lineterminator="\n"), "utf-8")


def text(value: object) -> str:
    """Return a value as a cell that is no formula; nothing of what is missing."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    written = _BREAK.sub("\n", str(value))
    return f"'{written}" if written.lstrip(_UNSEEN).startswith(DANGEROUS) else written


def _column(table, place, written):
    return pd.Series([written(value) for value in table.iloc[:, place]], index=table.index, dtype=object)


def _encoded(written, encoding):
    return written.encode("utf-8", "replace").decode().encode(encoding)  # half a letter becomes a question mark
