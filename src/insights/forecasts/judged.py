"""How good forecasts are: discrimination, calibration, and what acting on them would find."""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from insights.forecasts.model import log_odds
from insights.modeling import metrics

TENTHS = 10


def performance(
    rows: pd.DataFrame, probability: np.ndarray, usual: float, repeats: int, seed: int
) -> dict[str, float]:
    """Return how good the forecasts of some rows are, with 95 % intervals from resampling people.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``learner_id`` and ``y``; both outcomes must occur.
    probability : array of shape (rows,)
    usual : float
        Share of ones among the training rows: what one would say of everybody without a model.
    repeats, seed : int

    Returns
    -------
    dict of str to float
        ``n, share`` (of ones), ``roc_auc, brier, slope`` each with ``_low, _high``, and ``brier_usual``, the Brier
        score of saying ``usual`` of everybody. The slope is that of the outcome on the log odds: 1 where
        probabilities are calibrated, below 1 where they are too sure; missing where all are told the same.
    """
    y = rows["y"].to_numpy(dtype=int)
    weights = metrics.cluster_weights(rows["learner_id"], repeats, np.random.default_rng([seed, 4]))
    aucs = metrics.auc_draws(y, probability, weights)
    squares = (probability - y) ** 2
    found = {
        "roc_auc": (metrics.roc_auc(y, probability), *metrics.percentile_interval(aucs)),
        "brier": (squares.mean(), *metrics.percentile_interval(weights @ squares / weights.sum(axis=1))),
        "slope": _slope(y, probability, rows["learner_id"]),
    }
    table = {"n": len(y), "share": float(y.mean())}
    for name, (value, low, high) in found.items():
        table |= {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
    return table | {"brier_usual": float(((usual - y) ** 2).mean())}


def tenths(rows: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    """Return people in ten equal groups by their probability, highest first: what was said and what came.

    Returns
    -------
    pandas.DataFrame
        ``tenth, n, predicted`` (mean), ``observed, low, high`` (95 %, Wilson), ``lift`` (observed over the share of
        all), ``found`` (share of all ones that lie in this tenth or a higher one).
    """
    order = np.argsort(-probability, kind="stable")
    y = rows["y"].to_numpy(dtype=int)[order]
    parts, found = [], 0
    for tenth, places in enumerate(np.array_split(np.arange(len(y)), min(TENTHS, len(y))), start=1):
        ones, n = int(y[places].sum()), len(places)
        found += ones
        low, high = proportion_confint(ones, n, method="wilson")
        said = float(probability[order][places].mean())
        parts.append([tenth, n, said, ones / n, low, high, ones / n / y.mean(), found / y.sum()])
    return pd.DataFrame(parts, columns=["tenth", "n", "predicted", "observed", "low", "high", "lift", "found"])


def _slope(y, probability, people):
    if len(np.unique(probability)) < 2:
        return np.nan, np.nan, np.nan
    said = sm.add_constant(log_odds(probability)[:, 0])
    groups = pd.factorize(people)[0]
    fitted = sm.Logit(y, said).fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    value, reach = fitted.params[1], norm.ppf(0.975) * fitted.bse[1]
    return value, value - reach, value + reach
