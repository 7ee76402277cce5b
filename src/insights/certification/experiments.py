"""Effects of experiments, held against those that were planted."""

import ibis
import pandas as pd

from insights import cleaning
from insights.certification.certified import KIND
from insights.collection import simulated
from insights.experiments import outcomes
from insights.experiments.effects import PRIMARY
from insights.experiments.registered import base_name, register
from insights.journey import times
from insights.store import Step
from insights.verdicts import LOWERS, NO_EFFECT, RAISES

FACTORS = {"subject_line": "experiments, subject line", "send_hour": "experiments, send hour"}
REMINDER = "reminder"
COLUMNS = ["experiment", "metric", "effect", "truth", "value", "low", "high", "inside", "verdict", "right"]
RELATIVE, ABSOLUTE = "share of the control", "difference"


def beside(effects: pd.DataFrame, step: Step, con: ibis.BaseBackend) -> pd.DataFrame | None:
    """Return the effects on primary metrics beside the planted ones; None unless simulated.

    A subject line and a send hour multiply clicks, so that their effect is read as a share of the control. A reminder
    raises effort; what that does to completion is the mean over the enrollments of both arms.

    Parameters
    ----------
    effects : pandas.DataFrame
        Of the study of notebook 09.
    step : insights.store.Step
    con : ibis.BaseBackend

    Returns
    -------
    pandas.DataFrame
        ``experiment, metric, effect`` (how it is read)``, truth, value, low, high, inside`` (whether the truth lies
        in the interval)``, verdict, right`` (a difference is named with its sign where there is one, none that
        matters where there is none; where nobody can tell nothing is wrong).
    """
    params = step.params
    if params.source.kind != KIND or "experiments" not in params.simulation.planted:
        return None
    truth = simulated.world_folder(params) / "truth"
    plans = register()
    sizes = pd.read_parquet(truth / "planted.parquet").set_index("planted")["size"]
    rows = []
    for r in effects[effects["role"] == PRIMARY].itertuples():
        name = base_name(r.experiment)
        if name in FACTORS:
            found = [RELATIVE, float(sizes[FACTORS[name]] - 1), r.relative, r.relative_low, r.relative_high]
        elif name == REMINDER:
            found = [ABSOLUTE, _reminder(r.experiment, step, con, truth), r.difference, r.low, r.high]
        else:
            continue
        margin, control = plans[name].margin, 1.0 if found[0] == RELATIVE else r.value_control
        inside = found[3] <= found[1] <= found[4]
        rows.append([r.experiment, r.metric, *found, inside, r.verdict, _right(r, found[1], control, margin)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _reminder(experiment, step, con, truth):
    tables = cleaning.tables(con, step.params.window)
    units = outcomes.assigned(tables, step.params)
    units = units[units["experiment"] == experiment]
    sold = (
        tables["enrollments"]
        .filter(ibis._.units > 0)
        .select("enrollment_id", "learner_id", "enrolled_at")
        .to_pandas()
    )
    met = sold.merge(units, on="learner_id")
    watched = times.watched_until(step.params)
    met = met[(met["enrolled_at"] >= met["assigned_at"]) & (met["enrolled_at"] <= watched)]
    true = pd.read_parquet(truth / "completion_probability.parquet")
    kept = true[true["enrollment_id"].isin(met["enrollment_id"])]
    return float((kept["with_reminder"] - kept["without_reminder"]).mean())


def _right(row, truth, control, margin):
    """Return whether a verdict is right: of nobody can tell nothing is wrong."""
    if row.verdict in (RAISES, LOWERS):
        return (row.verdict == RAISES) == (truth > 0) and truth != 0
    return row.verdict != NO_EFFECT or abs(truth) < margin * control
