"""Quality of fresh records: every month of validation against what months before it rarely exceed.

Where notebook 08 of the window before found a tolerance its alert is the limit; where it found none, or has not run,
it is the limit of control of the months before, and no less than ``LEAST``, below which nothing is worth an alarm.
"""

from collections.abc import Mapping

import ibis
import pandas as pd

from insights import paths, store
from insights.params import Params
from insights.tolerance import quality
from insights.tolerance.disturbances import DISTURBANCES
from insights.verdicts import CONTROL

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
    for one in DISTURBANCES:
        if one.measure is None or not one.possible(tables):
            continue
        months = one.measure(tables)
        months = months[(months.index >= pd.Timestamp(params.start)) & (months.index < pd.Timestamp(params.end))]
        is_fresh = months.index >= pd.Timestamp(params.split)
        old, fresh = months[~is_fresh].dropna(), months[is_fresh].dropna()
        if len(old) < 2 or fresh.empty:
            continue
        control = max(quality.control(old), LEAST[one.unit]), CONTROL
        limit, of = max(known.get(one.name, control), control, key=lambda pair: pair[0])
        month, level = fresh.idxmax(), max(float(fresh.max()), 0.0)
        named = ", ".join(one.tables)
        rows.append([one.name, one.title, one.unit, f"{month:%Y-%m}", level, limit, of, level > limit, named])
    return pd.DataFrame(rows, columns=COLUMNS)


def _alerts(window):
    if window is None or not (paths.step(window, "08_tolerance") / "tables" / "table_8_7_alerts.parquet").exists():
        return {}
    table = store.table(window, "08_tolerance", "table_8_7_alerts")
    measured = table[table["of"] != CONTROL].dropna(subset="alert")
    return {r.disturbance: (float(r.alert), r.of) for r in measured.itertuples()}
