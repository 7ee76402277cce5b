"""What keeps the regression of the margin from the best possible: rows, noise of outcomes, the season, the features.

``make walk`` prints it last. The same model is fitted in ways that nobody has in practice, each judged on all
products but those it learned from: on the rows of all quarters at once, later ones among them; and on these, taught
the true expected margin instead of the one that was drawn. What is still missing then, neither more rows nor cleaner
outcomes would bring: the features do not say it. Beside it stand the chosen models as they were, told of each month
how much better or worse it truly was than they expected: what no feature tells of the season costs them the rest.
"""

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from insights import params, paths, timeline, walk
from insights.certification import launches
from insights.modeling import learned, value
from insights.modeling.dataset import from_frame
from insights.modeling.probabilities import log_odds

FOLDS = 8
USABLE = [timeline.TRAIN, timeline.VALIDATE]
SHOWN = ["kind", "model", "n", "roc_auc", "best", "fraction"]


def rows(windows: list[str]) -> pd.DataFrame:
    """Return the launch rows of all windows once each, with their features and what is true of them."""
    parts = []
    for window in windows:
        frame = pd.read_parquet(paths.features(window, walk.MODEL))
        told = frame[frame["role"].isin(USABLE)].assign(model="none", score=0.0, decision=0)
        beside = launches.beside_truth(told, params.load(window))
        parts.append(beside[beside["model"] == "none"])
    every = pd.concat(parts, ignore_index=True)
    every["judged"] = every["role"] == timeline.VALIDATE
    judged = every.groupby(["product_id", "as_of"])["judged"].transform("max")
    return every.assign(judged=judged).drop_duplicates(["product_id", "as_of"], ignore_index=True)


def limits(every: pd.DataFrame, settings: params.Params) -> pd.DataFrame:
    """Return how near the model comes to the truth with all rows, and with all rows and true margins to learn from.

    Returns
    -------
    pandas.DataFrame
        From :func:`insights.certification.launches.nearness`, ``model`` being the way in which it was fitted.
    """
    model = learned.margin(from_frame(walk.MODEL, every).features, settings)
    drawn = model.target(every, every["y"].to_numpy())
    true = model.target(every.assign(margin_earned=every["expected_margin"]), every["y"].to_numpy())
    parts = [
        every.assign(model=name, score=_elsewhere(model, every, target))
        for name, target in (("all rows", drawn), ("all rows, true margins", true))
    ]
    return launches.nearness(pd.concat(parts).query("judged"))


def levelled(told: pd.DataFrame) -> pd.DataFrame:
    """Return how near the chosen models come to the truth once they are told the true level of each month.

    Parameters
    ----------
    told : pandas.DataFrame
        From :func:`insights.certification.launches.beside_truth`, with ``model``.
    """
    own = told[told["model"] == walk.CHOSEN]
    said, true = (log_odds(own[column].to_numpy()) for column in ("score", "probability"))
    missed = pd.Series(true - said, index=own.index).groupby([own["kind"], own["as_of"]]).transform("mean")
    return launches.nearness(own.assign(model="chosen, true level of months", score=expit(said + missed)))


def expected(told: pd.DataFrame) -> pd.DataFrame:
    """Return what decisions are worth once outcomes are not drawn: by the true expected margin of each product.

    Parameters
    ----------
    told : pandas.DataFrame
        From :func:`insights.certification.launches.beside_truth`, with ``model`` and ``window``.

    Returns
    -------
    pandas.DataFrame
        ``kind, model, drawn`` and ``expected`` (USD), each with its ``_fraction`` of what deciding by the truth
        earns, and ``dearest``, the part of what is missed in expectation that one product alone costs.
    """
    rows = []
    for (kind, model), part in told.groupby(["kind", "model"], sort=False):
        true = (part["expected_margin"] - part["hurdle"]).to_numpy()
        drawn, launched, right = value.gain(part).to_numpy(), part["decision"].to_numpy() == 1, true >= 0
        missed = np.abs(true) * (launched != right)
        fractions = [(gain * launched).sum() / (gain * right).sum() for gain in (drawn, true)]
        sums = [(gain * launched).sum() for gain in (drawn, true)]
        rows.append([kind, model, sums[0], fractions[0], sums[1], fractions[1], missed.max() / missed.sum()])
    columns = ["kind", "model", "drawn", "drawn_fraction", "expected", "expected_fraction", "dearest"]
    return pd.DataFrame(rows, columns=columns)


def _elsewhere(model, every, target):
    """Return what the model says of each product after learning from others."""
    score = np.empty(len(every))
    for fit, judge in GroupKFold(FOLDS).split(every, groups=every["family"]):
        fitted = clone(model.estimator).fit(every[model.features].iloc[fit], target[fit])
        score[judge] = fitted.predict_proba(every[model.features].iloc[judge])[:, 1]
    return score
