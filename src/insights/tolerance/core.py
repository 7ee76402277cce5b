"""The study of notebook 08: responses, tolerances, several disturbances at once, and which faults are noticed.

Disturbances are tried on the records of some people; what they cost there is taken off from what the model reaches
with the records of all.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, forecasts, paths
from insights.ablation.components import tables as read_tables
from insights.features import build
from insights.modeling import saved, value
from insights.modeling.dataset import load
from insights.params import Params
from insights.progress import report
from insights.store import Step
from insights.tolerance import disturbances, factorial, faults, kit, limits, responses
from insights.tolerance.disturbances import DISTURBANCES, Disturbance
from insights.tolerance.kit import UPPER, Kit
from insights.verdicts import ABOVE, AS_TRAINED, CONTROL, MET, MISSED

SPECIFICATION = ["model", "rows", "measure", "limit", "value", "low", "high", "verdict"]
ALERTS = ["disturbance", "title", "unit", "alert", "of", "control", "today"]


@dataclass(frozen=True)
class Study:
    """What notebook 08 shows of tolerances.

    Attributes
    ----------
    specification : pandas.DataFrame
        ``model, rows, measure, limit, value, low, high, verdict``: what a model must keep, and what it reaches.
    curves : pandas.DataFrame
        From :func:`insights.tolerance.responses.table`.
    limits : pandas.DataFrame
        From :func:`insights.tolerance.limits.found`.
    main, pairs, runs : pandas.DataFrame
        From :class:`insights.tolerance.factorial.Experiment`.
    alerts : pandas.DataFrame
        ``disturbance, title, unit, alert, of`` (the model whose tolerance it is; ``control``; or ``above`` a model,
        where control exceeds its tolerance)``, control, today``: the limits of monitoring.
    faults, caught : pandas.DataFrame
        From :mod:`insights.tolerance.faults`.
    """

    specification: pd.DataFrame
    curves: pd.DataFrame
    limits: pd.DataFrame
    main: pd.DataFrame
    pairs: pd.DataFrame
    runs: pd.DataFrame
    alerts: pd.DataFrame
    faults: pd.DataFrame
    caught: pd.DataFrame


def study(step: Step, con: ibis.BaseBackend) -> Study:
    """Return how bad each input may get before a model leaves its specification; stored and recorded."""
    params = step.params
    tables = cleaning.tables(con, params.window, protected=params.privacy.protected_features)
    tables |= forecasts.tables(con, params.window)
    asked, parts, kits = [], {name: [] for name in ("curves", "limits", "main", "pairs", "runs")}, []
    for name in build.BUILDERS:
        dataset = load(params.window, name)
        if dataset is None:
            continue
        model = saved.load(paths.model(params.window, name))
        report(f"{name}: features of the records that are disturbed")
        one = kit.kit(con, name, dataset, model, tables, params)
        kits.append(one)
        full, spec = reached(one, model.name, params)
        asked.append(spec)
        tried = disturbances.of(one.tables, read_tables(name, model.features))
        answers = responses.respond(con, one, tried, params)
        shift = full - one.measured(one.trial.score, one.trial.decision, False)[0]
        parts["curves"].append(responses.table(one, answers))
        parts["limits"].append(limits.found(one, answers, _limits(params, name), shift))
        designed = factorial.run(con, one, answers, params)
        for key in ("main", "pairs", "runs"):
            parts[key].append(getattr(designed, key))
    joined = {key: _joined(some, _COLUMNS[key]) for key, some in parts.items()}
    told = [one for one in DISTURBANCES if one.measure is not None and kits and one.possible(kits[0].tables)]
    alerts = alert_limits(joined["limits"], told, kits[0].tables if kits else {})
    injected, caught = _faults(kits[0].tables if kits else {}, told, alerts, joined["limits"], params)
    found = Study(_joined(asked, SPECIFICATION), *joined.values(), alerts, injected, caught)
    _keep(step, found)
    return found


def reached(one: Kit, chosen: str, params: Params) -> tuple[np.ndarray, pd.DataFrame]:
    """Return what a model reaches with the records of all people, and that beside its specification.

    Parameters
    ----------
    one : insights.tolerance.kit.Kit
    chosen : str
        Name of the model.
    params : Params

    Returns
    -------
    numpy.ndarray of shape (measures,), pandas.DataFrame
    """
    predictions = pd.read_parquet(paths.predictions(params.window, one.name))
    rows = predictions[(predictions["model"] == chosen) & (predictions["kind"] == one.kind)]
    gain = value.gain(rows)
    y, gain = rows["y"].to_numpy(dtype=int), None if gain is None else gain.to_numpy()
    said = rows["score"].to_numpy(), rows["decision"].to_numpy()
    weights = kit.resamples(rows["family" if one.name == "launch" else "learner_id"], params)
    values = kit.measured(y, gain, *said, np.ones((1, len(rows))))[0]
    low, high = np.nanquantile(kit.measured(y, gain, *said, weights), [0.025, 0.975], axis=0)
    spec = limits.specification(_limits(params, one.name))
    table = [
        [one.name, one.kind, measure, spec[measure], values[place], low[place], high[place],
         meets(values[place], spec[measure], measure)]
        for place, measure in enumerate(one.measures)
        if measure in spec
    ]  # fmt: skip
    return values, pd.DataFrame(table, columns=SPECIFICATION)


def meets(reached: float, limit: float, measure: str) -> str:
    """Return whether a measure keeps its limit."""
    return MET if (reached <= limit if measure in UPPER else reached >= limit) else MISSED


def alert_limits(found: pd.DataFrame, told: list[Disturbance], tables: dict) -> pd.DataFrame:
    """Return the limits of monitoring: the least tolerance of a model as trained, else the limit of control.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`insights.tolerance.limits.found`, of all models.
    told : list of Disturbance
        Those that records tell.
    tables : dict of str to ibis.Table

    Notes
    -----
    What is set by a tolerance is its lower bound, and never less than what months exceed by themselves: an alert that
    sounds every month is none.
    """
    rows = []
    for one in told:
        mine = found[
            (found["disturbance"] == one.name) & (found["mode"] == AS_TRAINED) & np.isfinite(found["tolerance"])
        ]
        now = limits.today(one, tables)
        of, alert = CONTROL, now.control
        if len(mine):
            least = mine.loc[mine["low"].idxmin()]
            of, alert = least["model"], float(least["low"])
            if alert < now.control:
                of, alert = f"{ABOVE}{of}", now.control
        rows.append([one.name, one.title, one.unit, alert, of, now.control, now.level])
    return pd.DataFrame(rows, columns=ALERTS)


def _faults(tables, told, alerts, found, params):
    limit = dict(zip(alerts["disturbance"], alerts["alert"], strict=True))
    harmful = found[found["mode"] == AS_TRAINED].groupby("disturbance")["tolerance"].min().to_dict()
    injected = faults.inject(tables, told, limit, harmful, params)
    return injected, faults.caught(injected, told, faults.false_alarms(tables, told, limit))


def _limits(params, name):
    return getattr(params.specification, name)


def _joined(parts, columns):
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


_COLUMNS = {
    "curves": responses.COLUMNS, "limits": limits.COLUMNS, "main": factorial.MAIN, "pairs": factorial.PAIRS,
    "runs": ["model"],
}  # fmt: skip
# What is stored, by the name it is cited by.
TABLES = {
    "table_8_1_specification": "specification", "table_8_2_curves": "curves", "table_8_3_tolerances": "limits",
    "table_8_4_main_effects": "main", "table_8_5_interactions": "pairs", "table_8_6_runs": "runs",
    "table_8_7_alerts": "alerts", "table_8_8_faults": "faults", "table_8_9_noticed": "caught",
}  # fmt: skip


def _keep(step, found):
    for name, attribute in TABLES.items():
        step.table(name, getattr(found, attribute))
    for r in found.limits[np.isfinite(found.limits["tolerance"])].itertuples():
        bounds = {side: getattr(r, side) if np.isfinite(getattr(r, side)) else None for side in ("low", "high")}
        by = {"input": r.disturbance, "mode": r.mode}
        step.record("tolerance.limit", r.tolerance, **bounds, model=r.model, by=by, unit=r.unit)
    for r in found.caught.itertuples():
        by = {"input": r.disturbance}
        step.record("tolerance.noticed", r.share, n=r.faults, by=by, unit="share of faults")
    for r in found.specification.itertuples():
        by = {"measure": r.measure, "rows": r.rows}
        step.record("specification.kept", int(r.verdict == MET), model=r.model, by=by)
