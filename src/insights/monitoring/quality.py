"""Quality of fresh records: every month of validation against what months before it rarely exceed.

Where notebook 08 of the window before found a tolerance its alert is the limit; where it found none, or has not run,
it is what no month would exceed that is like those before, in 99 of 100 windows over all checks and months together
(``monitoring.level``), and no less than ``LEAST``, below which nothing is worth an alarm.
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from scipy.stats import t as student

from insights import paths, store
from insights.monitoring import trend
from insights.params import Params
from insights.tolerance.disturbances import DISTURBANCES
from insights.verdicts import CONTROL

FEWEST_MONTHS = 4
LEAST = {"share": 0.05, "days": 0.5, "hours": 0.5}
COLUMNS = ["disturbance", "title", "unit", "month", "level", "limit", "of", "alarm", "tables"]


def alarms(tables: Mapping[str, ibis.Table], params: Params, before: str | None = None) -> pd.DataFrame:
    """Return what the records of each fresh month show of every disturbance that records tell.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
        Clean tables.
    params : Params
    before : str, optional
        The window whose notebook 08 says how much of each is tolerated.

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``: the worst month of validation, its ``level``, the ``limit`` and what it is of, ``alarm``, and
        the ``tables`` whose records are meant.
    """
    known, rows = _alerts(before), []
    told = [one for one in DISTURBANCES if one.measure is not None and one.possible(tables)]
    for one in told:
        months = one.measure(tables)
        months = months[(months.index >= pd.Timestamp(params.start)) & (months.index < pd.Timestamp(params.end))]
        is_fresh = months.index >= pd.Timestamp(params.split)
        old, fresh = months[~is_fresh].dropna(), months[is_fresh].dropna()
        if len(old) < FEWEST_MONTHS or fresh.empty:
            continue
        level = params.monitoring.level / (len(told) * len(fresh))
        month, limit = _farthest(old, fresh, level, LEAST[one.unit])
        limit, of = max((limit, CONTROL), known.get(one.name, (limit, CONTROL)), key=lambda pair: pair[0])
        found, named = max(float(fresh[month]), 0.0), ", ".join(one.tables)
        rows.append([one.name, one.title, one.unit, f"{month:%Y-%m}", found, limit, of, found > limit, named])
    return pd.DataFrame(rows, columns=COLUMNS)


def _farthest(old, fresh, level, least):
    """Return the fresh month that lies highest above what it exceeds by chance so seldom, and that limit.

    What is usual follows the trend of the months before, for more people make more records.
    """
    numbers = [part.index.to_period("M").astype("int64").to_numpy(dtype=float) for part in (old, fresh)]
    usual = trend.line(numbers[0], old.to_numpy())
    bound = student.isf(level, usual.free)
    limits = pd.Series(
        [max(usual.at(month) + bound * np.sqrt(usual.variance(month)), least) for month in numbers[1]], fresh.index
    )
    month = (fresh - limits).idxmax()
    return month, float(limits[month])


def _alerts(window):
    if window is None or not (paths.step(window, "08_tolerance") / "tables" / "table_8_7_alerts.parquet").exists():
        return {}
    table = store.table(window, "08_tolerance", "table_8_7_alerts", ["disturbance", "of", "alert"])
    measured = table[table["of"] != CONTROL].dropna(subset="alert")
    return {r.disturbance: (float(r.alert), r.of) for r in measured.itertuples()}
