"""Effects of experiments, held against those that were planted."""

import ibis
import pandas as pd

from insights import cleaning
from insights.certification.certified import KIND
from insights.collection import simulated
from insights.experiments import outcomes
from insights.experiments.core import PRIMARY
from insights.experiments.registered import base_name
from insights.store import Step
from insights.verdicts import LOWERS, RAISES

FACTORS = {"subject_line": "experiments, subject line", "send_hour": "experiments, send hour"}
REMINDER = "reminder"
COLUMNS = ["experiment", "metric", "effect", "truth", "value", "low", "high", "inside", "verdict", "holds"]
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
        in the interval)``, verdict, holds`` (whether a difference is named if and only if there is one, or none is
        shown for lack of records).
    """
    params = step.params
    if params.source.kind != KIND or "experiments" not in params.simulation.planted:
        return None
    truth = simulated.world_folder(params) / "truth"
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
        rows.append(
            [r.experiment, r.metric, *found, found[3] <= found[1] <= found[4], r.verdict, _right(r, found[1])]
        )
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
    watched = pd.Timestamp(step.params.end) - pd.Timedelta(days=outcomes.COMPLETED_WITHIN)
    met = met[(met["enrolled_at"] >= met["assigned_at"]) & (met["enrolled_at"] <= watched)]
    true = pd.read_parquet(truth / "completion_probability.parquet")
    kept = true[true["enrollment_id"].isin(met["enrollment_id"])]
    return float((kept["with_reminder"] - kept["without_reminder"]).mean())


def _right(row, truth):
    if row.verdict in (RAISES, LOWERS):
        return (row.verdict == RAISES) == (truth > 0) and truth != 0
    return True if truth == 0 else row.low <= 0 <= row.high
