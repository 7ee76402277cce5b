"""Arrivals: which window comes next, and whether the exports that it needs are there, whole and once.

The next window is the newest one of the same records, moved on by its validation span. Its months are *arrived* if
every table that has records in each of the months before has about as many in the last of them; *half* if some have
clearly fewer, *twice* if most records of some stand there again to the last value, and *not at all* if none has any.
Usual is the median of the last three months, less where records become fewer.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights import contract, lineage
from insights import params as parameters
from insights.params import Params

ARRIVED, HALF, TWICE, NOTHING = "arrived", "half", "twice", "not at all"
LOOKED_AT = 6  # months before, in each of which a table has records
RECENT = 3  # of them, by which what is usual is told
FEWEST = 20  # records of a usual month, below which a table tells nothing
WHOLE, DOUBLE = 0.6, 1.5  # of what is to be expected, and copies of a record
SHRINKING = (0.8, 1.0)  # from month to month, as far as it is believed
LABEL = re.compile(r"(\d{4}Q[1-4]|\d{4}-\d{2})$")
COLUMNS = ["table", "month", "rows", "usual", "share", "copies"]


@dataclass(frozen=True)
class Next:
    """The window that comes next.

    Attributes
    ----------
    window : str
    of : str
        The window that it follows.
    dates : dict of str to datetime.date
    """

    window: str
    of: str
    dates: dict


def newest(params: Params) -> Params:
    """Return the newest window of the same records and the same spans, this one where there is no newer."""
    alike = [
        one for one in parameters.readable() if lineage.same_records(one, params) and _spans(one) == _spans(params)
    ]
    return max(alike, key=lambda one: (one.dates.end, one.window == params.window))


def after(params: Params) -> Next:
    """Return the window that follows one, by its validation span."""
    months = _months(params.dates.split, params.dates.end)
    dates = {
        name: (pd.Timestamp(getattr(params.dates, name)) + pd.DateOffset(months=months)).date()
        for name in ("start", "split", "end")
    }
    last = pd.Timestamp(dates["end"]) - pd.Timedelta(days=1)
    label = f"{last.year}Q{last.quarter}" if months == 3 and last.month % 3 == 0 else f"{last:%Y-%m}"
    stem = LABEL.sub("", params.window)
    stem = stem if stem != params.window else f"{params.window}-"
    return Next(f"{stem}{label}", params.window, dates)


def judged(coverage: pd.DataFrame, since, until) -> tuple[str, pd.DataFrame]:
    """Return whether the exports of some months have arrived, and the tables that speak against it.

    Parameters
    ----------
    coverage : pandas.DataFrame
        ``table, month, rows, copies``, from :func:`insights.collection.coverage` since the new months began.
    since, until : datetime.date
        The new months, half-open.

    Returns
    -------
    (str, pandas.DataFrame)
        ``arrived``, ``half``, ``twice`` or ``not at all``; and in ``COLUMNS`` the months of tables that decided so,
        with what is usual.
    """
    before = pd.period_range(end=pd.Period(since, "M") - 1, periods=LOOKED_AT, freq="M")
    fresh = pd.period_range(pd.Period(since, "M"), pd.Timestamp(until) - pd.Timedelta(days=1), freq="M")
    rows = []
    for table, part in coverage.groupby("table", sort=False):
        by_month = part.set_index(pd.PeriodIndex(part["month"], freq="M"))
        counts, copies = by_month["rows"], by_month["copies"].reindex(fresh, fill_value=1.0)
        usual = counts.reindex(before, fill_value=0)
        if contract.TABLES[table].entity or usual.min() == 0 or usual.median() < FEWEST:
            continue
        expected = float(usual.iloc[-RECENT:].median())
        for month, n in counts.reindex(fresh, fill_value=0).items():
            expected *= _shrinks(usual)
            rows.append([table, str(month), int(n), expected, n / expected, float(copies[month])])
    table = pd.DataFrame(rows, columns=COLUMNS)
    if table.empty or (table["rows"] == 0).all():
        return NOTHING, table
    if (short := table["share"] < WHOLE).any():
        return HALF, table[short]
    if (double := table["copies"] > DOUBLE).any():
        return TWICE, table[double]
    return ARRIVED, table.head(0)


def _shrinks(counts):
    """Return what is left of a month in the one after, where records become fewer; 1 where they do not."""
    return float(np.clip((counts / counts.shift()).median(), *SHRINKING))


def _spans(params):
    return _months(params.dates.start, params.dates.split), _months(params.dates.split, params.dates.end)


def _months(first, last):
    return int(np.round((last - first).days / 30.4375))
