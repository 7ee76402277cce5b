"""What closing a gap is worth, as far as ablation has measured what the table is worth that has the gap."""

import pandas as pd

from insights.gaps.register import is_closed

NOT_MEASURED = "not measured: nothing here rests on it"
COLUMNS = ["gap", "kind", "filled", "model", "rows", "group", "adds", "low", "high", "verdict"]


def worth(register: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Return the open gaps beside what the features computed from their tables add.

    What a table adds although it has a gap is the least that is known of what it would add without one; of a table
    that is not there nothing can be measured here.

    Parameters
    ----------
    register : pandas.DataFrame
        From :func:`insights.gaps.register`.
    sources : pandas.DataFrame
        From :func:`insights.ablation.by_table`.

    Returns
    -------
    pandas.DataFrame
        ``gap, kind, filled, model, rows, group, adds, low, high, verdict``: for each open gap, and each kind of rows,
        the group of features that adds most; ``verdict`` says so where nothing was measured.
    """
    unsolved = register[~is_closed(register)][["gap", "kind", "filled"]]
    unsolved = unsolved.assign(table=unsolved["gap"].str.partition(".")[0])
    most = sources.sort_values("adds", ascending=False, kind="stable").drop_duplicates(["table", "model", "rows"])
    beside = unsolved.merge(most, on="table", how="left")
    beside["verdict"] = beside["verdict"].fillna(NOT_MEASURED)
    return beside.sort_values(["adds", "gap"], ascending=[False, True], ignore_index=True)[COLUMNS]
