"""Feature tables: modelling rows joined with what was known of them, ready for every later notebook."""

from collections.abc import Callable, Iterable

import ibis
import pandas as pd

from insights import rows
from insights.features import completion, launch, registry
from insights.params import Params


def build_launch(
    con: ibis.BaseBackend, tables: dict[str, ibis.Table], params: Params
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all launch rows, and the same with a column per feature."""
    every = rows.launch_rows(params, tables["products"], tables["enrollments"])
    return every, launch.launch_features(con, tables, every, params)


def build_completion(
    con: ibis.BaseBackend, tables: dict[str, ibis.Table], params: Params
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all completion rows, and those sampled for modelling with a column per feature."""
    every = rows.completion_rows(params, tables["products"], tables["enrollments"])
    return every, completion.completion_features(con, tables, rows.sample(params, every), params)


def again(
    con: ibis.BaseBackend,
    model: str,
    frame: pd.DataFrame,
    tables: dict[str, ibis.Table],
    params: Params,
    changed: Iterable[str],
    read: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return a feature table as it would be if some tables were others; rows and outcomes stay.

    Parameters
    ----------
    con : ibis.BaseBackend
    model : str
        ``launch`` or ``completion``.
    frame : pandas.DataFrame
        The feature table as it is.
    tables : dict of str to ibis.Table
        All tables, the changed ones in place of those that they were. A table that is not there takes the features
        that need it away.
    params : Params
    changed : iterable of str
        Names of the tables that are others; features that rest on none of them are taken from ``frame``.
    read : iterable of str, optional
        Features that matter: families that make none of them are taken from ``frame`` as they were.

    Returns
    -------
    pandas.DataFrame
    """
    rows = frame[[column for column in frame if column not in registry.computed(model)]]
    only = None if read is None else registry.making(model, read)
    return FEATURES[model](con, tables, rows, params, known=frame, changed=changed, only=only)


FEATURES: dict[str, Callable] = {
    launch.MODEL: launch.launch_features,
    completion.MODEL: completion.completion_features,
}
BUILDERS: dict[str, Callable] = {launch.MODEL: build_launch, completion.MODEL: build_completion}
