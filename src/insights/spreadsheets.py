"""Spreadsheets: tables as comma-separated text that a spreadsheet opens safely.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break is run as a formula by spreadsheets. Text
that people wrote gets an apostrophe before it, which spreadsheets take as: this is text. Numbers stay numbers. The
mark at the beginning of the file says that it is UTF-8, which spreadsheets do not guess.

Source: OWASP, "CSV Injection".
"""

import pandas as pd

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_csv(table: pd.DataFrame) -> bytes:
    """Return a table as bytes of a file."""
    safe = table.rename(columns=lambda name: text(str(name)))
    for place, column in enumerate(safe.columns):
        if not (pd.api.types.is_numeric_dtype(safe[column]) or pd.api.types.is_bool_dtype(safe[column])):
            safe = safe.assign(**{column: [text(value) for value in safe.iloc[:, place]]})
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def text(value: object) -> str:
    """Return a value as a cell that is no formula; nothing of what is missing."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    written = str(value)
    return f"'{written}" if written.lstrip(" ").startswith(DANGEROUS) else written
