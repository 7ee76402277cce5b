"""Walked: what each window's models promised, and what became of it in the window after."""

import pandas as pd

from insights import lineage, paths, store
from insights import params as parameters
from insights.params import Params

COLUMNS = [
    "window", "of", "model", "rows", "measure", "promised", "promised_low", "promised_high", "realised",
    "realised_low", "realised_high", "verdict",
]  # fmt: skip


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
    parts = []
    for name in parameters.windows():
        file = paths.step(name, "10_fresh_data") / "tables" / "table_10_1_performance.parquet"
        if not file.exists() or name == params.window or not lineage.same_records(parameters.load(name), params):
            continue
        champions = {one["model"]: one["window"] for one in store.facts(name, "10_fresh_data").get("champions", [])}
        table = pd.read_parquet(file)
        parts.append(table.assign(window=name, of=table["model"].map(champions))[COLUMNS])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
