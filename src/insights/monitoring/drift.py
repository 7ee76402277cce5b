"""Drift: whether inputs, outcomes or the quality of records differ from before by more than months do by themselves.

Months differ anyway: by season, by fashion, and because things grow. What is asked is therefore not whether a feature
has another distribution than before, which with enough rows it always has, but whether the fresh months lie where the
trend and the spread of the months before would not have put them. Each month is summed up by the chance that a row of
it lies above one of before (0.5: as before), which no outlier moves; a straight line through the months before says
where the fresh ones were to be expected, and how surely: by how far months lie from the line, or, where that is more,
by how far they wander from one to the next, for fashions last.

Source: the interval of prediction of a regression, as in N. Draper and H. Smith, "Applied Regression Analysis"
(1998); for telling times apart by a classifier D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests"
(2017); for drawing in two ways at once A. Owen and D. Eckles, "Bootstrapping Data Arrays of Arbitrary Order" (2012).
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from insights.modeling import metrics
from insights.modeling.evaluation.differences import holm
from insights.modeling.learned import filled
from insights.monitoring import trend
from insights.verdicts import DRIFTED, NO_DRIFT, TOO_FEW

FEWEST_MONTHS = 5  # before, to tell a trend and a spread
FEWEST_ROWS = 5  # of a month, to be one
FOLDS = 5
LONGER = 2.0  # of the months before
RESAMPLES = 400
INPUTS = [
    "model", "feature", "family", "months", "before", "expected", "fresh", "low", "high", "p", "p_adjusted",
    "verdict",
]  # fmt: skip
JOINT = ["model", "n", "told_apart", "before", "difference", "low", "high", "verdict"]


def inputs(
    model: str, before: pd.DataFrame, fresh: pd.DataFrame, features: dict[str, str], level: float
) -> pd.DataFrame:
    """Return which features differ from before by more than months do by themselves.

    Parameters
    ----------
    model : str
    before, fresh : pandas.DataFrame
        Rows with ``as_of`` and features; a feature that one of them lacks is all missing there.
    features : dict of str to str
        Family by feature.
    level : float
        How often anything may be said to drift where nothing does, over all features.

    Returns
    -------
    pandas.DataFrame
        In ``INPUTS``: ``before, expected, fresh`` are the chance that a row lies above one of before (missing values
        below all others): on average then, where the trend puts the fresh months, and there; ``low, high`` hold it in
        95 of 100 cases without a drift.
    """
    rows = []
    for name, family in features.items():
        months = _monthly(*(_column(part, name) for part in (before, fresh)), before["as_of"], fresh["as_of"])
        rows.append([model, name, family, *_beyond_trend(*months)])
    table = pd.DataFrame(rows, columns=INPUTS[:10])
    table["p_adjusted"] = holm(table["p"])
    return table.assign(verdict=[_verdict(p, level) for p in table["p_adjusted"]])


def joint(
    model: str,
    before: pd.DataFrame,
    fresh: pd.DataFrame,
    features: list[str],
    clusters: str,
    margin: float,
    seed: int,
) -> pd.DataFrame:
    """Return how well all features together tell fresh rows from those before, beside the same a span earlier.

    Some difference there is between any two spans of time. A drift is more of it than there was between the last
    months before and those before them, and more than single months bring about: a span's rows share its months, so
    that months are drawn anew as well as clusters, and a row counts as often as both (Owen and Eckles 2012).

    Parameters
    ----------
    model : str
    before, fresh : pandas.DataFrame
    features : list of str
    clusters : str
        Column whose groups are kept together in the folds.
    margin : float
        By which the ROC AUC must surely be larger.
    seed : int

    Returns
    -------
    pandas.DataFrame
        In ``JOINT``, one row: ``told_apart`` and ``before`` are ROC AUC, 0.5 where they are alike.
    """
    cut = before["as_of"].max() - (fresh["as_of"].max() - fresh["as_of"].min())
    earlier, later = before[before["as_of"] < cut], before[before["as_of"] >= cut]
    parts = [(before, fresh), (earlier, later)]
    if min(min(len(old), len(new)) for old, new in parts) < 10 * FEWEST_ROWS:
        return pd.DataFrame([[model, len(fresh), *[np.nan] * 5, TOO_FEW]], columns=JOINT)
    scored = [_told(old, new, features, clusters, seed) for old, new in parts]
    rng = np.random.default_rng([seed, 52])
    draws = [
        metrics.auc_draws(y, score, metrics.cluster_weights(groups, RESAMPLES, rng) * _months_drawn(y, months, rng))
        for y, score, groups, months in scored
    ]
    values = [metrics.roc_auc(y, score) for y, score, *_ in scored]
    low, high = (float(end) for end in metrics.percentile_interval(draws[0] - draws[1]))
    verdict = DRIFTED if low > margin else NO_DRIFT
    return pd.DataFrame([[model, len(fresh), *values, values[0] - values[1], low, high, verdict]], columns=JOINT)


def outcomes(
    before: pd.DataFrame, fresh: pd.DataFrame, clusters: str, level: float, history: pd.DataFrame | None = None
) -> dict:
    """Return whether outcomes come true more or less often than the model says, beyond what they did before.

    Parameters
    ----------
    before, fresh : pandas.DataFrame
        Rows that the model did not learn from, with ``as_of, y, score``.
    clusters : str
        Column within which rows depend on each other.
    level : float
    history : pandas.DataFrame, optional
        Rows of all months before, those that the model learned from among them, which tell how far months differ by
        themselves; ``before`` and ``fresh`` where not given.

    Returns
    -------
    dict
        ``before, fresh`` (mean of outcome minus probability)``, change, low, high, p, verdict``. The error is that of
        rows or that of months, whichever is larger: months have ups and downs in common.
    """
    errors = [part.assign(error=part["y"] - part["score"]) for part in (before, fresh)]
    means = [float(part["error"].mean()) for part in errors]
    monthly = [_by_month(part) for part in errors]
    of_rows = np.hypot(*(_error(part["error"], part[clusters]) for part in errors))
    told = monthly if history is None else [_by_month(history.assign(error=history["y"] - history["score"]))]
    free = sum(map(len, told)) - len(told)
    if free < 1 or min(map(len, monthly)) == 0:
        return dict(zip(OUTCOMES, [*means, means[1] - means[0], np.nan, np.nan, np.nan, TOO_FEW], strict=True))
    spread = np.sqrt(sum(((m - m.mean()) ** 2).sum() for m in told) / free)
    error = max(of_rows, spread * np.sqrt(sum(1 / len(m) for m in monthly)))
    change, reach = means[1] - means[0], student.ppf(0.975, free) * error
    p = float(2 * student.sf(abs(change) / error, free)) if error > 0 else 1.0
    return dict(zip(OUTCOMES, [*means, change, change - reach, change + reach, p, _verdict(p, level)], strict=True))


OUTCOMES = ["before", "fresh", "change", "low", "high", "p", "verdict"]


def _by_month(rows):
    """Return the mean error of each month that has rows enough."""
    by = rows.groupby(rows["as_of"].dt.to_period("M"))["error"].agg(["mean", "size"])
    return by.loc[by["size"] >= FEWEST_ROWS, "mean"]


def _column(rows, name):
    return rows[name].astype("float64") if name in rows else pd.Series(np.nan, index=rows.index)


def _monthly(before, fresh, at, fresh_at):
    """Return the mean place of each month's rows among those before, and the rows of each month, before and fresh."""
    lowest = np.nanmin([before.min(), fresh.min(), 0.0]) - 1.0
    old, new = before.fillna(lowest).to_numpy(), fresh.fillna(lowest).to_numpy()
    ordered = np.sort(old)
    places = [(rankdata(old) - 0.5) / len(old), _placed(ordered, new)]
    found = []
    for place, when in zip(places, (at, fresh_at), strict=True):
        by = pd.Series(place).groupby(when.dt.to_period("M").to_numpy()).agg(["mean", "size"])
        found.append(by[by["size"] >= FEWEST_ROWS])
    return found


def _placed(ordered, values):
    below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (below + up_to) / 2 / len(ordered)


def _beyond_trend(before, fresh):
    """Return months, the mean before, where the trend puts the fresh months, where they are, its bounds, and p."""
    n, k = len(before), len(fresh)
    if n < FEWEST_MONTHS or k == 0:
        return [n, *[np.nan] * 6]
    months, values = before.index.astype("int64").to_numpy(dtype=float), before["mean"].to_numpy()
    middle = fresh.index.astype("int64").to_numpy(dtype=float).mean()
    by_chance = (1 / 12 / before["size"]).mean()  # of a month's mean place, rows drawn independently
    fitted = trend.line(months, values, by_chance)
    expected = fitted.at(middle)
    error = np.sqrt(max(fitted.variance(middle, k), _wandering(values, k, by_chance)))
    reached = float(fresh["mean"].mean())
    reach = student.ppf(0.975, n - 2) * error
    p = float(2 * student.sf(abs(reached - expected) / error, n - 2)) if error > 0 else 1.0
    return [n, float(values.mean()), float(expected), reached, float(expected - reach), float(expected + reach), p]


def _wandering(y, k, by_chance):
    """Return the variance of the mean of the next ``k`` months if each month begins where the one before ended.

    What rows drawn anew add to each month is taken out of the steps, and added once.
    """
    step = max(np.mean(np.diff(y) ** 2) - 2 * by_chance, 0.0)
    return step * (k + 1) * (2 * k + 1) / (6 * k) + by_chance * (1 + 1 / k)


def _told(old, new, features, clusters, seed):
    """Return whether each row is a new one, the probability out of folds that it is, its cluster and its month."""
    most = int(LONGER * len(new))
    old = old if len(old) <= most else old.sample(most, random_state=seed)
    rows = pd.concat([old, new], ignore_index=True)
    y = np.repeat([0, 1], [len(old), len(new)])
    read = pd.DataFrame({name: _column(rows, name) for name in features})
    model = filled(("scale", StandardScaler()), ("model", LogisticRegression(C=0.05, max_iter=2_000)))
    folds = GroupKFold(min(FOLDS, rows[clusters].nunique()))
    score = cross_val_predict(model, read, y, groups=rows[clusters], cv=folds, method="predict_proba")[:, 1]
    return y, score, rows[clusters], rows["as_of"].dt.to_period("M")


def _months_drawn(y, months, rng):
    """Return how often each row counts in each resample of the months of old rows, and of those of new ones."""
    weights = np.zeros((RESAMPLES, len(y)))
    for side in (0, 1):
        weights[:, y == side] = metrics.cluster_weights(months[y == side], RESAMPLES, rng)
    return weights


def _error(values, clusters):
    """Return the standard error of a mean whose rows depend on each other within clusters."""
    sums = (values - values.mean()).groupby(clusters.to_numpy()).sum()
    return float(np.sqrt((sums**2).sum()) / len(values))


def _verdict(p, level):
    if np.isnan(p):
        return TOO_FEW
    return DRIFTED if p < level else NO_DRIFT
