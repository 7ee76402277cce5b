"""Times: how long each step takes, and how courses end; who is still under way counts for as long as they were seen.

Completion and withdrawal compete: who has withdrawn cannot complete any more. The share that has completed by a day
is therefore that of Aalen and Johansen, not one minus a survival curve in which withdrawal counts as not watched.

Source: O. O. Aalen and S. Johansen, "An empirical transition matrix for non-homogeneous Markov chains based on
censored observations", Scandinavian Journal of Statistics 5 (1978).
"""

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from scipy.stats import norm
from statsmodels.duration.survfunc import CumIncidenceRight

from insights import contract
from insights.journey import stages
from insights.journey.stages import TITLES
from insights.params import Params

DAY = pd.Timedelta(days=1)
COMPLETED, WITHDREW, OPEN = 1, 2, 0
OUTCOMES = {COMPLETED: "completed", WITHDREW: "withdrew"}
MOST = 20_000  # enrollments that a curve of endings is drawn from
POINTS = 120
WATCHED = 49  # days after the enrollment in which a completion counts, where people are compared


def until_stages(people: pd.DataFrame, stages: Sequence[str], most: int) -> pd.DataFrame:
    """Return the share of people that have reached each stage by each day after their registration.

    Returns
    -------
    pandas.DataFrame
        ``stage, day, share, low, high, at_risk`` (watched and not there yet), a row per stage and day up to ``most``.
    """
    parts = []
    for name in stages[1:]:
        days = ((people[name] - people["registered_at"]) / DAY).clip(lower=0)
        time = days.fillna(people["followed"]).to_numpy()
        fitted = KaplanMeierFitter().fit(time, days.notna().to_numpy())
        asked = np.arange(0, most + 1)
        bounds = 1 - fitted.confidence_interval_.reindex(asked, method="ffill").to_numpy()
        parts.append(
            pd.DataFrame(
                {
                    "stage": TITLES[name], "day": asked, "share": 1 - fitted.predict(asked).to_numpy(),
                    "low": bounds.min(axis=1), "high": bounds.max(axis=1),
                    "at_risk": [(time >= d).sum() for d in asked],
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def enrollments(tables: dict[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return how each enrollment of the window stands at its end.

    Returns
    -------
    pandas.DataFrame
        ``enrollment_id, learner_id, product_id, enrolled_at, days`` (until it ended, or the window did), ``outcome``
        (1 completed, 2 withdrew, 0 neither so far).
    """
    sales = stages.bought({"enrollments": contract.complete("enrollments", tables["enrollments"])})
    kept = sales.filter(sales.learner_id.notnull(), sales.enrolled_at >= params.start)
    columns = ["enrollment_id", "learner_id", "product_id", "enrolled_at", "completed_at", "withdrawn_at"]
    frame = kept.select(columns).order_by("enrollment_id").to_pandas()
    ended = frame["completed_at"].fillna(frame["withdrawn_at"])
    outcome = np.where(
        frame["completed_at"].notna(), COMPLETED, np.where(frame["withdrawn_at"].notna(), WITHDREW, OPEN)
    )
    days = (ended.fillna(params.end) - frame["enrolled_at"]) / DAY
    return frame[columns[:4]].assign(days=days.clip(lower=0), outcome=outcome)


def completed_in_time(frame: pd.DataFrame) -> pd.Series:
    """Return which enrollments were completed within 49 days."""
    return (frame["outcome"] == COMPLETED) & (frame["days"] <= WATCHED)


def watched_until(params: Params) -> pd.Timestamp:
    """Return the time from which on an enrollment is not watched for 49 days within the window."""
    return pd.Timestamp(params.end) - pd.Timedelta(days=WATCHED)


def endings(frame: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """Return the share of enrollments that were completed, and that were given up, by each day.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`enrollments`; of more than 20,000 a sample is drawn.
    most : int
        Last day.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``outcome, day, share, low, high, at_risk``.
    """
    drawn = frame if len(frame) <= MOST else frame.sample(MOST, random_state=seed)
    asked = np.unique(np.linspace(0, most, POINTS + 1).round())
    parts = []
    for outcome, title in OUTCOMES.items():
        if (drawn["outcome"] == outcome).any():
            curve = _incidence(drawn, outcome, asked)
            at_risk = [int((drawn["days"] >= day).sum()) for day in asked]
            parts.append(curve.assign(outcome=title, at_risk=at_risk))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["outcome", "day", "share"])


def _incidence(frame, outcome, asked):
    with np.errstate(divide="ignore", invalid="ignore"):  # of nobody left the last error stays
        fitted = CumIncidenceRight(frame["days"].to_numpy(), frame["outcome"].to_numpy())
    curve = pd.DataFrame(
        {"share": fitted.cinc[outcome - 1], "error": fitted.cinc_se[outcome - 1]}, index=fitted.times
    ).ffill()
    at = curve.reindex(asked, method="ffill").fillna(0.0).reset_index(drop=True)
    reach = norm.ppf(0.975) * at["error"]
    return pd.DataFrame(
        {
            "day": asked.astype(int), "share": at["share"], "low": (at["share"] - reach).clip(lower=0),
            "high": (at["share"] + reach).clip(upper=1),
        }
    )  # fmt: skip
