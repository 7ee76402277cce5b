"""Launch models, held against the true probabilities."""

import numpy as np
import pandas as pd

from insights import paths
from insights.certification.certified import KIND
from insights.collection import simulated
from insights.modeling import metrics, value
from insights.params import Params
from insights.store import Step

YESTERDAY = "yesterday"


def ceiling(step: Step) -> pd.DataFrame | None:
    """Return how near each model of launches comes to deciding by the true probabilities; None unless simulated.

    Parameters
    ----------
    step : insights.store.Step
        Step 05, at work: its predictions lie in its own folder.

    Returns
    -------
    pandas.DataFrame
        From :func:`nearness`.
    """
    path = step.place(paths.predictions(step.params.window, "launch"))
    if step.params.source.kind != KIND or not path.exists():
        return None
    return step.table("table_5_10_ceiling", nearness(beside_truth(pd.read_parquet(path), step.params)))


def beside_truth(predictions: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return predictions of launches with the truth of their month, and those of who knew the month before.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`.
    params : Params
        Of a simulated window.

    Returns
    -------
    pandas.DataFrame
        The predictions with ``probability, expected_margin``, and those of one more model, ``YESTERDAY``, that knows
        exactly what demand truly was in the month that has just ended; where a product was not on sale then, none.
    """
    true = pd.read_parquet(simulated.world_folder(params) / "truth" / "launch_probability.parquet")
    true = true.rename(columns={"decision_at": "as_of"})
    before = true.assign(as_of=true["as_of"] + pd.DateOffset(months=1))
    before = before[["product_id", "as_of", "expected_margin"]].rename(columns={"expected_margin": "before"})
    once = value.once(predictions)
    knew = once.merge(before, on=["product_id", "as_of"], validate="one_to_one")
    knew = knew.assign(
        model=YESTERDAY, score=knew["before"] / knew["hurdle"], decision=knew["before"] >= knew["hurdle"]
    )
    whole = knew["kind"].map(knew["kind"].value_counts()) == knew["kind"].map(once["kind"].value_counts())
    both = pd.concat([predictions, knew[whole].drop(columns="before")], ignore_index=True)
    return both.merge(true, on=["product_id", "as_of"], validate="many_to_one")


def nearness(told: pd.DataFrame) -> pd.DataFrame:
    """Return how near each model comes to deciding by the true probabilities.

    Parameters
    ----------
    told : pandas.DataFrame
        From :func:`beside_truth`, of one window or of several.

    Returns
    -------
    pandas.DataFrame
        ``kind`` of rows, ``model, n, roc_auc``, ``best`` (ROC AUC of the true probability on the same rows: outcomes
        are drawn, so that nobody reaches 1) and ``fraction``, the one over the other; ``value`` of the decisions in
        USD, ``best_value`` of launching where the true expected margin reaches the hurdle, ``value_fraction``.
    """
    rows = [
        [kind, model, len(part), *_near(part.assign(gain=value.gain(part)))]
        for (kind, model), part in told.groupby(["kind", "model"], sort=False)
        if part["y"].nunique() == 2
    ]
    columns = ["kind", "model", "n", "roc_auc", "best", "fraction", "value", "best_value", "value_fraction"]
    return pd.DataFrame(rows, columns=columns)


def _near(part):
    y, by_truth = part["y"].to_numpy(), (part["expected_margin"] >= part["hurdle"]).to_numpy()
    own, best = (metrics.roc_auc(y, part[column].to_numpy()) for column in ("score", "probability"))
    earned, possible = ((part["gain"] * called).sum() for called in (part["decision"], by_truth))
    return own, best, own / best, earned, possible, earned / possible if possible > 0 else np.nan
