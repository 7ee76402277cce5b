"""The recommender: how the launch model could be tested, how it stands against the panel, and the next cases."""

from dataclasses import dataclass

import pandas as pd

from insights import paths
from insights.experiments import blinded, market
from insights.modeling import saved, value
from insights.modeling.evaluation import agreement, standing
from insights.modeling.evaluation.examined import PANEL
from insights.params import Params
from insights.store import table

BLINDED = ["rows", *blinded.COLUMNS]


@dataclass(frozen=True)
class Recommender:
    """What there is to say of testing the launch model; all empty without a launch model or without a panel.

    Attributes
    ----------
    market : pandas.DataFrame
        From :func:`insights.experiments.market.designs`.
    blinded : pandas.DataFrame
        From :func:`insights.experiments.blinded.compared`, by kind of validation rows.
    cases, key : pandas.DataFrame
        From :func:`insights.experiments.blinded.sheet`, of the candidates.
    """

    market: pd.DataFrame
    blinded: pd.DataFrame
    cases: pd.DataFrame
    key: pd.DataFrame


def study(tables: dict, params: Params) -> Recommender:
    """Return how the launch model of a window could be tested, by its predictions and its clean tables."""
    columns = (market.COLUMNS, BLINDED, blinded.CASES, blinded.KEY)
    nothing = Recommender(*(pd.DataFrame(columns=names) for names in columns))
    file = paths.predictions(params.window, "launch")
    if not file.exists():
        return nothing
    predictions = pd.read_parquet(file)
    if PANEL not in {*predictions["model"]}:
        return nothing
    chosen = saved.load(paths.model(params.window, "launch")).name
    rows = pd.read_parquet(paths.features(params.window, "launch"))
    parts = [
        _compared(part.reset_index(drop=True), rows, chosen, params).assign(rows=kind)
        for kind, part in predictions.groupby("kind")
    ]
    advice = table(params.window, "05_modeling", "table_5_9_recommendations")
    return Recommender(
        market.designs(tables, predictions, chosen, PANEL, params), pd.concat(parts, ignore_index=True)[BLINDED],
        *blinded.sheet(advice, _votes(rows), params.modeling.seed),
    )  # fmt: skip


def _votes(rows):
    """Return the panel's latest vote on each product."""
    voted = rows[rows["panel_vote"].notna()].sort_values("as_of")
    return voted.drop_duplicates("product_id", keep="last").set_index("product_id")["panel_vote"]


def _compared(predictions, rows, chosen, params):
    weights = standing.resamples(predictions, "family", params)
    asked, _ = agreement.among(predictions, weights, agreement.answered(predictions, rows))
    model, panel = (asked[asked["model"] == name].reset_index(drop=True) for name in (chosen, PANEL))
    apart = (model["decision"] != panel["decision"]).to_numpy()
    if apart.sum() < 2:
        return pd.DataFrame(columns=blinded.COLUMNS)
    gain = value.gain(model)
    return blinded.compared(
        model.loc[apart, "y"].to_numpy(dtype=int), None if gain is None else gain.to_numpy()[apart],
        model.loc[apart, "decision"].to_numpy(dtype=int), panel.loc[apart, "decision"].to_numpy(dtype=int),
        model.loc[apart, "family"], params.modeling.bootstrap_repeats, params.modeling.seed,
    )  # fmt: skip
