"""The launch model examined: whether its probabilities come true, what it finds, beside whom, with how much data."""

from dataclasses import dataclass

import pandas as pd

from insights.modeling.comparison import Contest
from insights.modeling.evaluation import (
    agreement,
    calibration,
    curves,
    learning_curves,
    lift,
    portfolio,
    raters,
    standing,
)
from insights.params import Params
from insights.rows import LAUNCH

PANEL = "panel"


@dataclass(frozen=True)
class Beside:
    """The panel and the model on the rows that the panel voted on; what it did not see is not held against it.

    Attributes
    ----------
    right : pandas.DataFrame
        From :func:`insights.modeling.evaluation.agreement.who_was_right`.
    decisions : pandas.DataFrame
        From :func:`insights.modeling.evaluation.agreement.decisions`.
    reached : pandas.DataFrame
        From :func:`insights.modeling.evaluation.agreement.reached`.
    """

    right: pd.DataFrame
    decisions: pd.DataFrame
    reached: pd.DataFrame


@dataclass(frozen=True)
class Examined:
    """What is to be known of the chosen model on one kind of rows, beside its scores.

    Attributes
    ----------
    kind : str
    reliability, expected_error, probabilities : pandas.DataFrame
        From :mod:`insights.modeling.evaluation.calibration`, of the chosen model and the panel's votes;
        ``probabilities`` holds the Brier score with its parts, and the slope and intercept of the outcome on the log
        odds.
    lift : pandas.DataFrame
        From :func:`insights.modeling.evaluation.lift.table`, of the chosen model and the baselines.
    early : pandas.DataFrame or None
        From :func:`insights.modeling.evaluation.curves.early`, of the chosen model and the baselines, as far as so
        many launches can be wrong as are possible; of new launches alone.
    groups : pandas.DataFrame
        From :func:`insights.modeling.evaluation.lift.by_group`, by month and by topic.
    beside : Beside or None
        The panel and the model together; None where the panel did not vote.
    raters : pandas.DataFrame or None
        From :func:`insights.modeling.evaluation.raters.of_teams`; None where nobody of the panel voted on these rows.
    curve, last_step : pandas.DataFrame
        From :mod:`insights.modeling.evaluation.learning_curves`.
    capacity, costs : pandas.DataFrame or None
        From :mod:`insights.modeling.evaluation.portfolio`: earned with few launches a quarter (of new launches
        alone), and if all asked more or less.
    """

    kind: str
    reliability: pd.DataFrame
    expected_error: pd.DataFrame
    probabilities: pd.DataFrame
    lift: pd.DataFrame
    early: pd.DataFrame | None
    groups: pd.DataFrame
    beside: Beside | None
    raters: pd.DataFrame | None
    curve: pd.DataFrame
    last_step: pd.DataFrame
    capacity: pd.DataFrame | None
    costs: pd.DataFrame | None


def examine(
    contest: Contest, predictions: pd.DataFrame, topics: pd.Series, params: Params, votes: pd.DataFrame | None = None
) -> dict[str, Examined]:
    """Return the chosen launch model of a contest examined on each kind of rows.

    Parameters
    ----------
    contest : insights.modeling.comparison.Contest
    predictions : pandas.DataFrame
        Of the validation rows; kinds of rows with one outcome are left out.
    topics : pandas.Series
        Topic by product; empty where the source has none.
    params : Params
    votes : pandas.DataFrame, optional
        Of the people of the panel, where the source has them.
    """
    model = contest.models[contest.chosen]
    refits = pd.concat(
        [
            learning_curves.by_products(model, contest.dataset, params),
            learning_curves.by_months(model, contest.dataset),
        ],
        ignore_index=True,
    )
    return {
        kind: _examined(contest, rows, refits[refits["kind"] == kind], topics, votes, params)
        for kind, rows in predictions.groupby("kind")
        if rows["y"].nunique() == 2
    }


def _examined(contest, rows, refits, topics, votes, params):
    weights = standing.resamples(rows, contest.dataset.clusters, params)
    own, kind = rows[rows["model"] == contest.chosen], rows["kind"].iloc[0]
    telling = standing.telling(rows, contest.chosen)
    shown = standing.without_rivals(telling, contest.chosen)
    said = calibration.probabilities(rows, {contest.chosen, PANEL} & {*rows["model"]})
    return Examined(
        kind=kind,
        reliability=calibration.reliability(said, contest.dataset.clusters),
        expected_error=calibration.expected_error(said, params),
        probabilities=pd.concat(
            [calibration.brier(said, weights), calibration.cox(said, weights)], ignore_index=True
        ),
        lift=lift.table(shown, weights),
        early=curves.early(shown, weights, params.launch.capacity) if kind == LAUNCH else None,
        groups=_by_group(own, weights, topics),
        beside=_beside(contest, rows, weights),
        raters=_raters(votes, rows, weights),
        curve=learning_curves.curve(refits),
        last_step=learning_curves.last_step(refits, weights, params),
        capacity=portfolio.within(telling, params.launch.capacity, weights) if kind == LAUNCH else None,
        costs=portfolio.by_costs(telling, {n: m.threshold_at for n, m in contest.models.items()}, weights),
    )


def _by_group(own, weights, topics):
    told = lift.with_month(own).assign(topic=own["product_id"].map(topics))
    columns = ["month", *(["topic"] if told["topic"].notna().any() else [])]
    return pd.concat([lift.by_group(told, column, weights) for column in columns], ignore_index=True)


def _raters(votes, rows, weights):
    found = None if votes is None else raters.of_teams(votes, rows, weights)
    return None if found is None or found.empty else found


def _beside(contest, rows, weights):
    if PANEL not in {*rows["model"]}:
        return None
    voted = agreement.answered(rows, contest.dataset.validate)
    asked, drawn = agreement.among(rows, weights, voted)
    if asked["y"].nunique() < 2:
        return None
    return Beside(
        right=agreement.who_was_right(asked, PANEL, contest.chosen),
        decisions=agreement.decisions(asked, PANEL, contest.chosen, drawn),
        reached=agreement.reached(asked, PANEL, contest.chosen, drawn),
    )
