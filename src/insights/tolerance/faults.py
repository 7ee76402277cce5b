"""Faults: disturbances put into the records of the last month, and which of them the checks notice.

A check notices a disturbance if the level that it measures lies above the limit of alert: the tolerance where one was
measured, else the limit of control. A month that nobody disturbed and that is noticed all the same is a false alarm.
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd

from insights import contract
from insights.params import Params
from insights.progress import report
from insights.tolerance.disturbances import Disturbance, Tables
from insights.tolerance.limits import today

COLUMNS = ["disturbance", "level", "seed", "harmful", "measured", "alert", "noticed"]
CAUGHT = ["disturbance", "unit", "faults", "noticed", "share", "harmful", "harmful_noticed", "harmful_share",
          "months", "false_alarms"]  # fmt: skip


def inject(
    tables: Tables, disturbances: list[Disturbance], alerts: Mapping[str, float], tolerances: Mapping[str, float],
    params: Params,
) -> pd.DataFrame:  # fmt: skip
    """Return which faults are noticed.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
    disturbances : list of Disturbance
        Those that records can tell.
    alerts, tolerances : mapping of str to float
        By disturbance: the limit of alert, and the level from which on a fault does harm; infinite where none does.
    params : Params
        ``tolerance.faults`` are injected, the same number of each, at levels drawn evenly up to its highest.

    Returns
    -------
    pandas.DataFrame
        ``disturbance, level, seed, harmful, measured, alert, noticed``.
    """
    rng = np.random.default_rng([params.modeling.seed, 21])
    each = -(-params.tolerance.faults // max(len(disturbances), 1))
    rows = []
    for one in disturbances:
        report(f"faults: {one.title}")
        for seed in range(1, each + 1):
            level = float(rng.uniform(0.05, 1.0) * one.levels[-1])
            measured = today(one, last_month(tables, one, level, seed)).level
            alert = alerts.get(one.name, np.nan)
            rows.append(
                [one.name, level, seed, bool(level >= tolerances.get(one.name, np.inf)), measured, alert,
                 bool(measured > alert)]
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def last_month(tables: Tables, one: Disturbance, level: float, seed: int) -> Tables:
    """Return the tables with a disturbance of the records of the last month alone; of things that last, of all."""
    events = [name for name in one.tables if not contract.entry(name).entity]
    if not events:
        return one.apply(tables, level, seed)
    begins = {name: _last(tables[name], name) for name in events}
    late = {name: tables[name].filter(_at(tables[name], name) >= begins[name]) for name in events}
    changed = one.apply({**tables, **late}, level, seed)
    early = {name: tables[name].filter(_at(tables[name], name) < begins[name]) for name in events}
    return {**tables, **{name: early[name].union(changed[name]) for name in events}}


def caught(faults: pd.DataFrame, disturbances: list[Disturbance], alarms: pd.DataFrame) -> pd.DataFrame:
    """Return of each disturbance how many of its faults were noticed, and how many months alarmed without one.

    Parameters
    ----------
    faults : pandas.DataFrame
        From :func:`inject`.
    disturbances : list of Disturbance
    alarms : pandas.DataFrame
        From :func:`false_alarms`.
    """
    rows = []
    for one in disturbances:
        mine = faults[faults["disturbance"] == one.name]
        harmful = mine[mine["harmful"]]
        calm = alarms[alarms["disturbance"] == one.name]
        rows.append(
            [one.name, one.unit, len(mine), int(mine["noticed"].sum()), mine["noticed"].mean(), len(harmful),
             int(harmful["noticed"].sum()), harmful["noticed"].mean() if len(harmful) else np.nan, len(calm),
             int(calm["alarm"].sum())]
        )  # fmt: skip
    return pd.DataFrame(rows, columns=CAUGHT)


def false_alarms(tables: Tables, disturbances: list[Disturbance], alerts: Mapping[str, float]) -> pd.DataFrame:
    """Return of each month that nobody disturbed whether it alarms: ``disturbance, month, level, alarm``."""
    rows = [
        [one.name, month, level, bool(level > alerts.get(one.name, np.nan))]
        for one in disturbances
        for month, level in one.measure(tables).items()
    ]
    return pd.DataFrame(rows, columns=["disturbance", "month", "level", "alarm"])


def _at(table, name):
    return table[contract.entry(name).happened]


def _last(table: ibis.Table, name: str):
    return pd.Timestamp(_at(table, name).max().execute()).normalize().replace(day=1)
