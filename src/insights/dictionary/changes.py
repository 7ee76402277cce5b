"""Changes: this window's columns against those of the window before it, where that was run.

Shift is the population stability index over the same steps: below 0.1 it is small, above 0.25 large.
Source: N. Siddiqi, Credit Risk Scorecards, 2006.
"""

import ibis
import numpy as np
import pandas as pd

from insights import lineage, paths
from insights.dictionary import looks, shapes
from insights.params import Params, readable

SMALL, LARGE = 0.1, 0.25
LEAST = 1e-4  # share of a step that is empty


def window_before(params: Params) -> str | None:
    """Return the window of the same source that ended last before this one did, if it was collected; else None."""
    ended = {}
    for other in readable():
        collected = paths.step(other.window, "00_data_collection").exists()
        if lineage.same_records(other, params) and other.end < params.end and collected:
            ended[other.window] = other.end
    return max(ended, key=ended.__getitem__) if ended else None


def against(con: ibis.BaseBackend, before: str, columns: pd.DataFrame, spread: pd.DataFrame) -> pd.DataFrame:
    """Return what changed in each column since the window before.

    Parameters
    ----------
    con : ibis.BaseBackend
    before : str
        From :func:`window_before`.
    columns : pandas.DataFrame
        From :func:`insights.dictionary.looks.profile`.
    spread : pandas.DataFrame
        From :func:`insights.dictionary.shapes.measure`.

    Returns
    -------
    pandas.DataFrame
        ``table, column, rows_before, rows, missing_before, missing, shift, verdict``, those that changed most first;
        of columns that are in both. Times always shift, and have none.
    """
    there = looks.collected_tables(con, before)
    known = ["table", "column", "status", "rows", "missing"]
    held = columns[known].merge(looks.profile(there)[known], on=["table", "column"], suffixes=("", "_before"))
    here = held[held["status"].isin(["here", "empty"]) & held["status_before"].isin(["here", "empty"])]
    counts = zip(spread.itertuples(), shapes.again(spread, there), strict=True)
    shift = {(s.table, s.column): stability(s.counts, c) for s, c in counts if c and not s.column.endswith("_at")}
    found = here.assign(shift=[shift.get((r.table, r.column)) for r in here.itertuples()])
    found = found.assign(verdict=[_verdict(r) for r in found.itertuples()])
    kept = ["table", "column", "rows_before", "rows", "missing_before", "missing", "shift", "verdict"]
    most = found.assign(most=found["shift"].fillna(0) + (found["missing"] - found["missing_before"]).abs())
    return most.sort_values(["most", "table", "column"], ascending=[False, True, True])[kept].reset_index(drop=True)


def stability(now: str, before: list[int]) -> float | None:
    """Return the population stability index of counts against earlier ones; None where there were none."""
    p, q = np.array([int(n) for n in now.split(",")], dtype=float), np.array(before, dtype=float)
    if not p.sum() or not q.sum():
        return None
    p, q = np.maximum(p / p.sum(), LEAST), np.maximum(q / q.sum(), LEAST)
    return float(((p - q) * np.log(p / q)).sum())


def _verdict(row):
    moved = abs(row.missing - row.missing_before) if row.rows and row.rows_before else 0.0
    shift = row.shift if row.shift is not None and not pd.isna(row.shift) else 0.0
    if shift > LARGE or moved > LARGE:
        return "changed much"
    return "changed" if shift > SMALL or moved > SMALL else "as before"
