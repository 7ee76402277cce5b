"""Effects of registered experiments: on what decides, on what explains, and on what must not get worse."""

import pandas as pd

from insights.experiments import outcomes, registered
from insights.experiments.analysis import COLUMNS, analyse, judge
from insights.experiments.registered import Experiment
from insights.modeling.evaluation.differences import holm
from insights.verdicts import HARMS, KEEPS, UNKNOWN

PRIMARY, SECONDARY, GUARDRAIL = "primary", "secondary", "guardrail"
EFFECTS = ["experiment", "role", "title", "finished", *COLUMNS]


def measured(frame: pd.DataFrame, plan: Experiment, there: list[str], level: float) -> pd.DataFrame:
    """Return the effects of one experiment, each role corrected among itself.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`insights.experiments.outcomes.frame`.
    plan : Experiment
    there : list of str
        Metrics that the source can tell.
    level : float

    Returns
    -------
    pandas.DataFrame
        As of :func:`insights.experiments.analyse`, with ``role`` and ``title``.
    """
    roles = {PRIMARY: [plan.primary], SECONDARY: plan.secondary, GUARDRAIL: [*plan.guardrails]}
    parts = []
    for role, names in roles.items():
        if asked := [name for name in names if name in there]:
            told = analyse(
                frame, "arm", plan.control, outcomes.asked(asked), outcomes.covariates(frame), margin=plan.margin,
                level=level,
            )  # fmt: skip
            metric = told["metric"].map(outcomes.named(asked))
            titles = metric.map({name: outcomes.METRICS[name].title for name in asked})
            parts.append(told.assign(role=role, metric=metric, title=titles))
    return pd.concat(parts, ignore_index=True)


def corrected(effects: pd.DataFrame, register: dict[str, Experiment], level: float) -> pd.DataFrame:
    """Return effects with the primary metrics of all experiments corrected together, and the verdicts anew.

    Of an experiment that is still running nothing counts but what holds at any look.

    Parameters
    ----------
    effects : pandas.DataFrame
        From :func:`measured`, of all experiments, with ``experiment`` and ``finished``.
    register : dict of str to Experiment
    level : float

    Returns
    -------
    pandas.DataFrame
        In ``EFFECTS``; of a guardrail the verdict is ``kept``, ``harmed`` or ``cannot tell``.
    """
    if effects.empty:
        return effects
    told = effects.assign(p_at=effects["p"].where(effects["finished"], effects["always_p"]))
    first = told["role"] == PRIMARY
    told.loc[first, "p_adjusted"] = holm(told.loc[first, "p_at"])
    running = ~told["finished"] & ~first
    told.loc[running, "p_adjusted"] = told.loc[running, "always_p"]
    verdicts = []
    for r in told.itertuples():
        plan = register[registered.base_name(r.experiment)]
        seen = r if r.finished else r._replace(low=r.always_low, high=r.always_high)
        if r.role == GUARDRAIL:
            verdicts.append(guarded(seen, plan.guardrails[r.metric]))
        else:
            verdicts.append(judge(seen, plan.margin, level))
    return told.assign(verdict=verdicts)[EFFECTS]


def guarded(row, most: float) -> str:
    """Return whether a guardrail is kept: its interval lies within what it may get worse by, or above no harm.

    Parameters
    ----------
    row : named tuple
        ``metric, difference, low, high, value_control``.
    most : float
        Share of the control's value by which it may get worse.
    """
    low, high = (row.low, row.high) if outcomes.METRICS[row.metric].worse == "higher" else (-row.high, -row.low)
    if high < most * abs(row.value_control):
        return KEEPS
    return HARMS if low > 0 else UNKNOWN
