"""The rule: what to do with a model after a look at fresh data, written down once and followed each time.

In this order, and the first that applies counts:

1. Records are worse than the alert allows: **mend the records**. Nothing that is learned from them can be trusted.
2. The model ranks worse than promised, or leaves its specification in ranking: **retrain**, which is to promote the
   challenger where it is shown to be better, and to look for the cause where it is not.
3. Its ranking holds, and its probabilities miss: **recalibrate**.
4. Inputs or outcomes drift, and all promises hold as far as can be told: **keep, and look again next month**.
5. Otherwise: **keep**.
"""

import pandas as pd

from insights.verdicts import DRIFTED, KEEP, KEEP_WATCHING, MEND, MISSED, RECALIBRATE, RETRAIN, WORSE_THAN_PROMISED

RANKING = ("roc_auc", "recall", "value")


def decide(performance: pd.DataFrame, drifts: list[str], alarms: list[str]) -> tuple[str, str]:
    """Return what to do with a model, and why.

    Parameters
    ----------
    performance : pandas.DataFrame
        From :func:`insights.monitoring.fresh.beside`, of one model.
    drifts : list of str
        What drifts: of inputs and outcomes.
    alarms : list of str
        Inputs whose records are worse than the alert allows.
    """
    worse = performance[performance["verdict"] == WORSE_THAN_PROMISED]
    out = performance[performance["specification"] == MISSED]
    ranks = [*_named(worse, RANKING, "worse than promised"), *_named(out, ("roc_auc",), "out of specification")]
    odds = ("calibration",)
    misses = [*_named(worse, odds, "worse than promised"), *_named(out, odds, "out of specification")]
    if alarms:
        return MEND, f"records: {', '.join(alarms)}"
    if ranks:
        return RETRAIN, ", ".join(ranks)
    if misses:
        return RECALIBRATE, ", ".join(misses)
    if drifts:
        return KEEP_WATCHING, f"drifting: {', '.join(drifts)}"
    return KEEP, "no promise is shown to be broken"


def drifting(inputs: pd.DataFrame, joint: pd.DataFrame, outcomes: bool) -> list[str]:
    """Return what drifts of a model, by name; ``outcomes`` says whether these do."""
    found = inputs.loc[inputs["verdict"] == DRIFTED, "feature"].str.replace("_", " ").tolist()
    if (joint["verdict"] == DRIFTED).any():
        found.append("inputs together")
    return [*found, "outcomes"] if outcomes else found


def _named(rows, measures, what):
    return [f"{r.measure.replace('_', ' ')} {what} ({r.rows})" for r in rows.itertuples() if r.measure in measures]
