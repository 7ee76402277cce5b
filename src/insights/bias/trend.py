"""Over windows: whether a gap grows."""

import numpy as np
import pandas as pd

from insights import params as parameters
from insights import store
from insights.params import Params
from insights.verdicts import GROWING, SHRINKING, UNKNOWN

KEYS = ("attribute", "group", "measure")
FEWEST = 3  # windows, below which no slope is drawn
BOUND = 1.96


def over_windows(windows: list[str], own: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return every gap of every window, this one's from its own table.

    Parameters
    ----------
    windows : list of str
        From :func:`insights.lineage.earlier`.
    own : pandas.DataFrame
        This window's gaps, from :func:`insights.bias.measures.by_group`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``window, end, attribute, group, measure, gap, low, high``.
    """
    mine = own.dropna(subset="gap")[[*KEYS, "gap", "gap_low", "gap_high"]]
    mine = mine.rename(columns={"gap_low": "low", "gap_high": "high"})
    parts = [mine.assign(window=params.window, end=pd.Timestamp(params.end))]
    for window in windows:
        if window != params.window:
            records = store.results(window)
            gaps = records[records["name"] == "bias.gap"].reset_index(drop=True)
            of = store.restrictions(gaps, KEYS)
            ends = pd.Timestamp(parameters.load(window).end)
            parts.append(of.assign(gap=gaps["value"], low=gaps["low"], high=gaps["high"], window=window, end=ends))
    return pd.concat(parts, ignore_index=True).sort_values(["end", *KEYS], ignore_index=True)


def slopes(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return how much further from 0 each gap comes in a year, by least squares weighted by their intervals.

    Parameters
    ----------
    gaps : pandas.DataFrame
        From :func:`over_windows`.

    Returns
    -------
    pandas.DataFrame
        ``attribute, group, measure, windows, first, last, a_year, low, high, verdict``; empty where fewer than three
        windows have a gap. Windows that overlap resemble each other, so that intervals are too narrow: a verdict is a
        reason to look, no proof.
    """
    rows = []
    for keys, part in gaps.dropna(subset=["low", "high"]).groupby(list(KEYS), sort=False):
        error = (part["high"] - part["low"]) / 2 / BOUND
        if len(part) >= FEWEST and (error > 0).all():
            years = (part["end"] - part["end"].min()).dt.days.to_numpy() / 365.25
            side = np.sign(np.average(part["gap"], weights=1 / error**2)) or 1.0
            slope, spread = _line(years, side * part["gap"].to_numpy(), error.to_numpy())
            low, high = slope - BOUND * spread, slope + BOUND * spread
            verdict = GROWING if low > 0 else SHRINKING if high < 0 else UNKNOWN
            rows.append([*keys, len(part), part["gap"].iloc[0], part["gap"].iloc[-1], slope, low, high, verdict])
    columns = [*KEYS, "windows", "first", "last", "a_year", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _line(x, y, error):
    """Return the slope of y over x and its standard error, of points with known errors."""
    weight = 1 / error**2
    middle = np.average(x, weights=weight)
    spread = (weight * (x - middle) ** 2).sum()
    return float((weight * (x - middle) * y).sum() / spread), float(np.sqrt(1 / spread))
