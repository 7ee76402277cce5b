"""Speed: what goes with completing sooner, by the proportional hazards of Cox, and whether they are proportional.

Withdrawal counts as not watched any longer: the hazards are those of completing among those still at it. Enrollments
of one person resemble each other; the errors are robust to that.

Sources: D. R. Cox, "Regression models and life-tables", JRSS B 34 (1972); P. M. Grambsch and T. M. Therneau,
Biometrika 81 (1994), for the check.
"""

import warnings

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.statistics import proportional_hazard_test
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.multitest import multipletests

from insights.features import completion, registry
from insights.journey import times
from insights.modeling.dataset import varies

MOST = 8_000  # enrollments; more are sampled down
FEWEST = 100  # completions, below which nothing is fitted
COVARIATES = (
    "came", "site_days", "email_clicks", "earlier_enrollments", "earlier_completions", "days_registered",
    "subscribed_events", "course_level", "course_price", "course_months_on_sale", "study_load", "prior_attempts",
)  # fmt: skip
CAME = "came to an event in the weeks before"
COLUMNS = ["what", "ratio", "low", "high", "p_adjusted", "p_proportional", "proportional", "n", "completed"]


def study(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return by which factor the rate of completing changes with each covariate.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`insights.journey.effects.rows`, with ``learner_id, days, outcome`` and covariates.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``what`` (a standard deviation more of it; for ``came``, yes against no), ``ratio`` of hazards, ``low, high``
        (95 %), ``p_adjusted`` (for all covariates), ``p_proportional`` (Grambsch and Therneau, adjusted),
        ``proportional`` (``yes``, or ``changes over time``: then the ratio is a mean over the days), ``n``,
        ``completed``.
    """
    known = [name for name in COVARIATES if name in frame and varies(frame[name])]
    drawn = frame if len(frame) <= MOST else frame.sample(MOST, random_state=seed)
    if not known or (drawn["outcome"] == times.COMPLETED).sum() < FEWEST:
        return pd.DataFrame(columns=COLUMNS)
    table = _ready(drawn, known)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*convergence.*")
        fitted = CoxPHFitter().fit(table, "days", "completed", cluster_col="learner", robust=True)
    checked = proportional_hazard_test(fitted, table, time_transform="rank").summary["p"]
    summary = fitted.summary
    changes = multipletests(checked.reindex(summary.index), method="fdr_bh")[1]
    return pd.DataFrame(
        {
            "what": [_titles(name) for name in summary.index], "ratio": summary["exp(coef)"],
            "low": summary["exp(coef) lower 95%"], "high": summary["exp(coef) upper 95%"],
            "p_adjusted": multipletests(summary["p"], method="fdr_bh")[1], "p_proportional": changes,
            "proportional": np.where(changes < 0.05, "changes over time", "yes"), "n": len(table),
            "completed": int(table["completed"].sum()),
        }
    ).sort_values("ratio", ascending=False, ignore_index=True)  # fmt: skip


def _ready(frame, known):
    values = frame[known].fillna(frame[known].median())
    scaled = pd.DataFrame(StandardScaler().fit_transform(values), columns=known, index=frame.index)
    if "came" in known:
        scaled["came"] = values["came"].to_numpy()
    return scaled.assign(
        days=frame["days"].clip(lower=0.01), completed=(frame["outcome"] == times.COMPLETED).astype(int),
        learner=pd.factorize(frame["learner_id"])[0],
    )  # fmt: skip


def _titles(name):
    meanings = {f.name: f.meaning for f in registry.features(completion.MODEL)}
    return CAME if name == "came" else meanings[name]
