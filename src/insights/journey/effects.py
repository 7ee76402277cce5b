"""Effects: what coming to an event does to completion, estimated from people who are alike before it.

People who come to events are keener; comparing them with the others flatters events. The doubly robust estimate
weighs people by how likely they were to come, and corrects by what would be expected of them anyway: it is right if
either of the two models is. What nobody recorded it cannot balance; the E-value says how strong that would have to
be.

Sources: J. M. Robins, A. Rotnitzky and L. P. Zhao, JASA 89 (1994), for the estimator; V. Chernozhukov et al., The
Econometrics Journal 21 (2018), for cross-fitting; T. J. VanderWeele and P. Ding, Annals of Internal Medicine 167
(2017), for the E-value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from insights.features import completion, registry
from insights.journey import stages, times
from insights.params import Params

MOST = 20_000  # enrollments; more are sampled down
FEWEST = 30  # of either kind, below which nothing is estimated
FOLDS, CLIP = 5, 0.01
NOT_BEFORE = ("events", "norms", "protected", "enrollment")  # families that hold the event itself, or come after it
NO_COVARIATES = ("enrollment_id", "learner_id", "came", "y", "days", "outcome")
COLUMNS = ["estimate", "difference", "low", "high", "n", "came"]


@dataclass(frozen=True)
class Effect:
    """What coming to an event does to completion.

    Attributes
    ----------
    estimates : pandas.DataFrame
        ``estimate`` (``naive`` or ``doubly robust``), ``difference`` (share that completes, of those who came minus
        of the others), ``low, high`` (95 %, people resampled as clusters), ``n`` (enrollments), ``came``.
    balance : pandas.DataFrame
        ``covariate, before, after``: standardised mean differences, unweighted and weighted.
    overlap : pandas.DataFrame
        ``chance, came, others``: people by how likely they were to come, in ten steps.
    e_value : float
        Risk ratio that something unrecorded would need with both coming and completing to explain the estimate away;
        1 where its interval holds 0.
    influence : pandas.DataFrame
        ``enrollment_id, learner_id, influence``: what each enrollment adds to the doubly robust estimate; the mean
        over a group is the estimate for the group.
    """

    estimates: pd.DataFrame
    balance: pd.DataFrame
    overlap: pd.DataFrame
    e_value: float
    influence: pd.DataFrame


def rows(
    con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], courses: pd.DataFrame, params: Params
) -> pd.DataFrame:
    """Return enrollments that were watched long enough, with what was known before each, and whether it came to this.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : mapping of str to ibis.Table
        Clean tables.
    courses : pandas.DataFrame
        From :func:`insights.journey.times.enrollments`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``enrollment_id, learner_id, came`` (to an event in the ``journey.community_days`` before the enrollment),
        ``y`` (completed within 49 days), ``days, outcome`` (how it stands, as in :mod:`insights.journey.times`), and
        covariates.
    """
    first, last = span(params)
    kept = courses[(courses["enrolled_at"] >= first) & (courses["enrolled_at"] < last)]
    kept = kept.sample(min(len(kept), MOST), random_state=params.modeling.seed).sort_values("enrollment_id")
    kept = kept.drop_duplicates(["learner_id", "product_id", "enrolled_at"])
    asked = kept[["learner_id", "product_id"]].assign(as_of=kept["enrolled_at"].astype("datetime64[us]"))
    built = completion.completion_features(con, dict(tables), asked.reset_index(drop=True), params)
    names = [f.name for f in registry.features(completion.MODEL, built.columns) if f.family not in NOT_BEFORE]
    varying = [name for name in names if len(built[name].unique()) > 1]
    came = _came(con, tables, asked, params.journey.community_days)
    y = times.completed_in_time(kept).astype(int).to_numpy()
    told = kept[["enrollment_id", "days", "outcome"]].reset_index(drop=True)
    return pd.concat([told, built[["learner_id", *varying]]], axis=1).assign(came=came, y=y)


def span(params: Params) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return from when to when an enrollment has both its past and its future within the window."""
    first = pd.Timestamp(params.start) + pd.Timedelta(days=params.journey.community_days)
    return first, times.watched_until(params)


def estimate(frame: pd.DataFrame, seed: int) -> Effect | None:
    """Estimate the effect; None where fewer than 30 came, or fewer than 30 did not.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`rows`.
    seed : int
    """
    came, y = frame["came"].to_numpy(dtype=int), frame["y"].to_numpy(dtype=int)
    if min(came.sum(), (1 - came).sum()) < FEWEST or len(np.unique(y)) < 2:
        return None
    names = [name for name in frame.columns if name not in NO_COVARIATES]
    x, people = frame[names], frame["learner_id"].to_numpy()
    chance, with_event, without = _nuisances(x, came, y, people, seed)
    influence = with_event - without + came * (y - with_event) / chance - (1 - came) * (y - without) / (1 - chance)
    found = [
        ["naive", y[came == 1].mean() - y[came == 0].mean(), error(of_difference(came, y), people)],
        ["doubly robust", influence.mean(), error(influence - influence.mean(), people)],
    ]
    z = norm.ppf(0.975)
    table = pd.DataFrame(
        [[name, d, d - z * se, d + z * se, len(frame), int(came.sum())] for name, d, se in found], columns=COLUMNS
    )
    weights = np.where(came == 1, 1 / chance, 1 / (1 - chance))
    return Effect(
        estimates=table,
        balance=_balance(x, came, weights),
        overlap=_overlap(chance, came),
        e_value=_e_value(table.iloc[1], without.mean()),
        influence=frame.reindex(columns=["enrollment_id", "learner_id"]).assign(influence=influence),
    )


def _came(con, tables, asked, days):
    attended = stages.reached("event_attended", tables)
    keys = asked.reset_index(drop=True).reset_index(names="row")
    mine = con.create_table(ibis.util.gen_name("asked"), obj=keys, temp=True)
    lately = ibis.interval(days=days)
    near = mine.inner_join(attended, "learner_id")
    near = near.filter(near["at"] < near.as_of, near["at"] >= near.as_of - lately)
    found = near.select("row").distinct().to_pandas()["row"]
    return keys["row"].isin(found).astype(int).to_numpy()


def _nuisances(x, came, y, people, seed):
    """Return the chance to have come, and those to complete with and without it, by models of other people."""
    chance, with_event, without = np.zeros(len(y)), np.zeros(len(y)), np.zeros(len(y))
    folds = GroupKFold(min(FOLDS, len(np.unique(people))), shuffle=True, random_state=seed)
    for fit, judge in folds.split(x, y, people):
        chance[judge] = _model().fit(x.iloc[fit], came[fit]).predict_proba(x.iloc[judge])[:, 1]
        for into, kind in ((with_event, 1), (without, 0)):
            of = fit[came[fit] == kind]
            into[judge] = _chances(x.iloc[of], y[of], x.iloc[judge])
    return chance.clip(CLIP, 1 - CLIP), with_event, without


def _chances(x, y, asked):
    return np.full(len(asked), y.mean()) if len(np.unique(y)) < 2 else _model().fit(x, y).predict_proba(asked)[:, 1]


def _model():
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return make_pipeline(fill, StandardScaler(), LogisticRegression(C=1.0, max_iter=1_000))


def of_difference(got: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return what each row adds to the error of the mean of those who got something minus that of the others."""
    with_it, without = y[got == 1].mean(), y[got == 0].mean()
    return got * (y - with_it) / got.mean() - (1 - got) * (y - without) / (1 - got.mean())


def error(influence: np.ndarray, people: np.ndarray) -> float:
    """Return the standard error of a mean of influences, people as clusters."""
    sums = pd.Series(influence).groupby(people).sum().to_numpy()
    return float(np.sqrt((sums**2).sum()) / len(influence))


def _balance(x, came, weights):
    scale = np.sqrt((x[came == 1].var() + x[came == 0].var()) / 2).replace(0, np.nan)
    before = (x[came == 1].mean() - x[came == 0].mean()) / scale
    after = (_weighted(x, weights * came) - _weighted(x, weights * (1 - came))) / scale
    table = pd.DataFrame({"covariate": x.columns, "before": before.to_numpy(), "after": after.to_numpy()})
    order = table["before"].abs().sort_values(ascending=False).index
    return table.loc[order].dropna().reset_index(drop=True)


def _weighted(x, weights):
    there = x.notna().mul(weights, axis=0)
    return x.fillna(0).mul(weights, axis=0).sum() / there.sum()


def _overlap(chance, came):
    edges = np.quantile(chance, np.linspace(0, 1, 11))
    step = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, 9)
    rows = [
        [chance[step == s].mean(), int(came[step == s].sum()), int((came[step == s] == 0).sum())]
        for s in range(10)
        if (step == s).any()
    ]
    return pd.DataFrame(rows, columns=["chance", "came", "others"])


def _e_value(row, base):
    if row["low"] <= 0 <= row["high"]:
        return 1.0
    ratio = max((base + row["difference"]) / base, 1e-6)
    ratio = ratio if ratio > 1 else 1 / ratio
    return float(ratio + np.sqrt(ratio * (ratio - 1)))
