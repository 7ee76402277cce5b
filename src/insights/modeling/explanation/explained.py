"""Why the launch model says what it says: reasons, turning points and forerunners of every candidate."""

from dataclasses import dataclass

import pandas as pd

from insights.features import launch
from insights.modeling.comparison import Contest
from insights.modeling.explanation import reasons as explanations
from insights.modeling.explanation import shapley, signals, similar
from insights.params import Params
from insights.rows import LAUNCH


@dataclass(frozen=True)
class Explained:
    """What the chosen model weighed.

    Attributes
    ----------
    importance : pandas.DataFrame
        From :func:`insights.modeling.explanation.shapley.global_importance`, on new launches where there are any to
        judge.
    agreement : insights.modeling.explanation.shapley.Agreement
        How alike refits of the model order the signals.
    reasons, flips, similar : pandas.DataFrame
        Of the candidates, from :mod:`insights.modeling.explanation.reasons` and
        :mod:`insights.modeling.explanation.similar`.
    """

    importance: pd.DataFrame
    agreement: shapley.Agreement
    reasons: pd.DataFrame
    flips: pd.DataFrame
    similar: pd.DataFrame


def explain(contest: Contest, params: Params) -> Explained:
    """Return why the chosen launch model of a contest says what it says of new launches and of candidates."""
    data, model = contest.dataset, contest.models[contest.chosen]
    judged = data.validate[data.validate["kind"] == LAUNCH]
    judged = data.validate if judged.empty else judged
    grouped, background = signals.groups(launch.MODEL, data.features), shapley.background(data)
    importance = shapley.global_importance(model, judged, background, grouped, params)
    moved = shapley.values(model, data.candidates, background, grouped, params)
    return Explained(
        importance=importance,
        agreement=shapley.agreement(data, model, judged, background, grouped, params),
        reasons=explanations.reasons(model, data.candidates, background, grouped, moved),
        flips=explanations.flips(model, data.candidates, background, grouped),
        similar=similar.similar_launches(data, model, grouped, importance),
    )
