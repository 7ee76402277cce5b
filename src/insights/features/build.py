"""Feature tables: modelling rows joined with what was known of them, ready for every later notebook."""

from collections.abc import Callable

import ibis
import pandas as pd

from insights import rows
from insights.features import completion, launch
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


BUILDERS: dict[str, Callable] = {launch.MODEL: build_launch, completion.MODEL: build_completion}
