"""Scorecard: month by month, once outcomes are known, what the model in use foretold and what came.

The centre line is what the model said would come true; a month is out of control beyond three standard errors of it.
The error of a month is that of its rows, or what months of the promise differed by themselves, whichever is larger.
Several months in a row on the same side, each within its limits, are a run: chance makes eight in a row in 1 of 128.

Source: W. Shewhart, "Economic Control of Quality of Manufactured Product" (1931), for the limits; the Western
Electric "Statistical Quality Control Handbook" (1956) for the run.
"""

import numpy as np
import pandas as pd

from insights.modeling import metrics
from insights.verdicts import IN_CONTROL, OUT_OF_CONTROL, RUN_OF_MONTHS

SIGMAS, RUN = 3.0, 8
COLUMNS = [
    "model", "rows", "month", "n", "expected", "lower", "upper", "observed", "roc_auc", "errors", "verdict",
]  # fmt: skip


def monthly(model: str, promised: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Return the scorecard of one model and kind of rows.

    Parameters
    ----------
    model : str
    promised : pandas.DataFrame
        ``kind, as_of, y, score`` of the rows on which the promise rests.
    fresh : pandas.DataFrame
        The same of rows that came after.

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``: ``expected`` share with its limits, ``observed`` share, ROC AUC of the month (missing where
        one outcome only came), and how many standard ``errors`` it is off.
    """
    usual = _by_month(promised)
    between = usual["off"].std(ddof=1) if len(usual) > 1 else 0.0
    table = _by_month(fresh)
    error = np.maximum(table["error"], np.nan_to_num(between))
    off = table["off"] / error
    table = table.assign(
        model=model, rows=fresh["kind"].iloc[0], lower=(table["expected"] - SIGMAS * error).clip(lower=0),
        upper=(table["expected"] + SIGMAS * error).clip(upper=1), errors=off, verdict=_verdicts(off.to_numpy()),
    )  # fmt: skip
    return table[COLUMNS]


def _by_month(rows):
    found = []
    for month, part in rows.groupby(rows["as_of"].dt.to_period("M")):
        said, came = part["score"].to_numpy(), part["y"].to_numpy(dtype=float)
        found.append(
            {
                "month": str(month), "n": len(part), "expected": said.mean(), "observed": came.mean(),
                "off": came.mean() - said.mean(), "error": np.sqrt((said * (1 - said)).sum()) / len(part),
                "roc_auc": metrics.roc_auc(came.astype(int), said),
            }
        )  # fmt: skip
    return pd.DataFrame(found)


def _verdicts(off):
    verdicts, side, row = [], 0.0, 0
    for value in off:
        row = row + 1 if np.sign(value) == side and side != 0 else 1
        side = np.sign(value)
        beyond = abs(value) > SIGMAS
        verdicts.append(OUT_OF_CONTROL if beyond else RUN_OF_MONTHS if row >= RUN else IN_CONTROL)
    return verdicts
