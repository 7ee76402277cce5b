"""Feature tables with planted truths: one driver, one weak driver, and features that mean nothing."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectPercentile
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from insights import timeline
from insights.modeling.dataset import Dataset, from_frame
from insights.modeling.learned import Learned, Searched
from insights.params import Params

DRIVER, WEAK, NOISES = "survey_intent", "views_lookback", ("price", "linkedin_posts", "click_rate")


def launch_frame(params: Params, families: int = 40, seed: int = 0, strength: float = 2.5) -> pd.DataFrame:
    """Return a row per family and month of the window, and ten candidates; ``y`` follows the driver.

    The driver is standard normal and moves the log odds by ``strength`` a unit, the weak one by a third of that.
    """
    rng = np.random.default_rng(seed)
    decisions = timeline.decision_dates(params)
    frame = pd.DataFrame(
        [(f"P{f:02d}", f"F{f:02d}", "catalogue", as_of) for as_of in decisions for f in range(families)],
        columns=["product_id", "family", "kind", "as_of"],
    )
    frame["resolved_at"] = frame["as_of"] + pd.DateOffset(months=params.launch.horizon_months)
    frame["role"] = timeline.roles(frame, params.split, params.end)
    candidates = pd.DataFrame({"product_id": [f"C{i}" for i in range(10)], "kind": "candidate"})
    candidates = candidates.assign(family=candidates["product_id"], as_of=pd.Timestamp(params.end), role="unresolved")
    frame = pd.concat([frame, candidates], ignore_index=True)
    for name in (DRIVER, WEAK, *NOISES):
        frame[name] = rng.normal(size=len(frame))
    frame.loc[rng.random(len(frame)) < 0.1, WEAK] = np.nan
    odds = strength * (frame[DRIVER] + frame[WEAK].fillna(0) / 3)
    outcome = (rng.random(len(frame)) < 1 / (1 + np.exp(-odds))).astype("float64")
    frame["y"] = outcome.where(frame["kind"] != "candidate")
    return frame.assign(
        panel_vote=rng.random(len(frame)), survey_top_two=1 / (1 + np.exp(-frame[DRIVER])), persistence=np.nan
    )


def launch_data(params: Params, **planted) -> Dataset:
    """Return the dataset of :func:`launch_frame`."""
    return from_frame("launch", launch_frame(params, **planted))


def boosted(features: list[str]) -> Searched:
    """Return what a search may find: gradient boosting on selected features."""
    steps = [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("select", SelectPercentile(percentile=50)),
        ("model", HistGradientBoostingClassifier(max_iter=10)),
    ]
    return Searched("tpot", Pipeline(steps), features)


def formula(odds, features, threshold=0.5):
    """Return a fitted model whose log odds are a formula of its features."""

    def predict_proba(rows):
        probability = expit(odds(rows))
        return np.column_stack([1 - probability, probability])

    model = Learned("formula", None, list(features), threshold)
    model.fitted_ = SimpleNamespace(predict_proba=predict_proba)
    return model
