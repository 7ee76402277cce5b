"""Walked: what each window's models promised, and what became of it in the window after."""

import pandas as pd

from insights import lineage, paths, store
from insights import params as parameters
from insights.params import Params

STEP = "10_fresh_data"
COLUMNS = [
    "window", "of", "model", "rows", "measure", "promised", "promised_low", "promised_high", "realised",
    "realised_low", "realised_high", "verdict",
]  # fmt: skip
STORED = COLUMNS[2:]  # what notebook 10 writes; whose model it was stands in its manifest


def over_windows(params: Params) -> pd.DataFrame:
    """Return promises and what was realised, over the windows of these records that were run on this machine.

    Parameters
    ----------
    params : Params

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``: ``window`` is where it was realised, ``of`` the window whose model it is.
    """
    others = [
        one.window for one in parameters.readable()
        if one.window != params.window and _has_run(one.window) and lineage.same_records(one, params)
    ]  # fmt: skip
    parts = [of_window(name) for name in others]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def of_window(window: str) -> pd.DataFrame:
    """Return what notebook 10 of one window told of earlier models, in ``COLUMNS``."""
    champions = {one["model"]: one["window"] for one in store.facts(window, STEP).get("champions", [])}
    table = store.table(window, STEP, "table_10_1_performance", STORED)
    return table.assign(window=window, of=table["model"].map(champions))[COLUMNS]


def _has_run(window):
    return (paths.step(window, STEP) / "tables" / "table_10_1_performance.parquet").exists()
