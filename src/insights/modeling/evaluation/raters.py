"""Raters: how often the people of the panel are right, whether what they say comes true, and how far they agree.

The panel's baseline is the share of votes; here each vote counts for itself, team by team. Only what was recorded
before its decision counts, so that nobody is judged by what they said afterwards. Nobody is named: of single people
only the lowest and the highest are told, and only where there are several.

Sources: G. W. Brier, Monthly Weather Review 78 (1950); J. L. Fleiss and J. Cuzick, "The reliability of dichotomous
judgments: unequal numbers of judgments per subject", Applied Psychological Measurement 3 (1979), for kappa where not
everybody voted on everything.
"""

import numpy as np
import pandas as pd

from insights.modeling import metrics, value
from insights.verdicts import BOTH_TEAMS

ACCURACY, BRIER, CONSTANT, KAPPA = "accuracy", "brier", "constant", "kappa"
FEWEST = 20  # votes of somebody who counts among the lowest and the highest
SEVERAL = 3  # people of a team, below which the lowest and the highest would be known
COLUMNS = ["team", "metric", "value", "low", "high", "least", "most", "raters", "votes", "n"]


def of_teams(votes: pd.DataFrame, predictions: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """Return what is to be known of the raters of each team, and of all.

    Parameters
    ----------
    votes : pandas.DataFrame
        ``panelist_id, team, product_id, decision_at, recorded_at, vote`` and, where it was stated, ``probability``.
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, of one kind of rows.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`.

    Returns
    -------
    pandas.DataFrame
        ``team, metric, value, low, high`` (95 %, over resamples), ``least, most`` (of single people), ``raters,
        votes, n`` (rows that were voted on). Metrics: ``accuracy`` (share of votes that were right), ``brier`` (mean
        squared error of the stated probabilities, 0 is best), ``constant`` (that of stating the share of ones each
        time), ``kappa`` (agreement on a row beyond what the share of votes for 1 brings by chance: 1 is full, 0
        none). What cannot be told is missing.
    """
    rows = value.once(predictions).reset_index(drop=True).reset_index(names="row")
    before = votes[votes["recorded_at"] <= votes["decision_at"]].rename(columns={"decision_at": "as_of"})
    cast = before.merge(rows[["row", "product_id", "as_of", "y"]], on=["product_id", "as_of"])
    cast = cast.assign(right=(cast["vote"].astype(int) == cast["y"]).astype(float), error=_error(cast))
    teams = dict(list(cast.groupby("team", sort=True))) | {BOTH_TEAMS: cast}
    told = [_row(team, part, metric, weights) for team, part in teams.items() if len(part) for metric in _OF]
    return pd.DataFrame(told, columns=COLUMNS)


def _error(cast):
    if "probability" not in cast:
        return np.nan
    return (cast["probability"] - cast["y"]) ** 2


def _row(team, cast, metric, weights):
    of = _OF[metric]
    whole, draws = of(cast, np.ones((1, weights.shape[1])))[0], of(cast, weights)
    low, high = metrics.percentile_interval(draws)
    least = most = np.nan
    if metric in _SINGLE:
        single = cast.groupby("panelist_id")[_SINGLE[metric]].agg(["mean", "count"])
        single = single.loc[single["count"] >= FEWEST, "mean"]
        if len(single) >= SEVERAL:
            least, most = single.min(), single.max()
    people, rows = cast["panelist_id"].nunique(), cast["row"].nunique()
    return [team, metric, whole, float(low), float(high), least, most, people, len(cast), rows]


def _mean(column):
    """Return what takes votes and weights of rows, and returns the mean of a column in each resample."""

    def of(cast, weights):
        known = cast.dropna(subset=column)
        drawn = weights[:, known["row"].to_numpy()]
        with np.errstate(invalid="ignore", divide="ignore"):
            return drawn @ known[column].to_numpy() / drawn.sum(axis=1)

    return of


def _constant(cast, weights):
    """Return the Brier score of stating the share of ones each time, of the votes for which something was stated."""
    share = _mean("y")(cast.dropna(subset="error"), weights)
    return share * (1 - share)


def _kappa(cast, weights):
    """Return Fleiss's kappa in each resample, of the rows on which at least two voted (Fleiss and Cuzick 1979)."""
    counted = cast.groupby("row")["vote"].agg(["sum", "count"])
    counted = counted[counted["count"] > 1]
    ones, voted = (counted[c].to_numpy(dtype=float) for c in ("sum", "count"))
    drawn = weights[:, counted.index.to_numpy(dtype=int)].astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = drawn @ ones / (drawn @ voted)
        unlike = drawn @ (ones * (voted - ones) / voted)
        return 1 - unlike / (drawn @ (voted - 1) * share * (1 - share))


_SINGLE = {ACCURACY: "right", BRIER: "error"}
_OF = {ACCURACY: _mean("right"), BRIER: _mean("error"), CONSTANT: _constant, KAPPA: _kappa}
