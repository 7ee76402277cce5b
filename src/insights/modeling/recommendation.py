"""The recommendation: 1, 0 or "not enough evidence" for each product that could be launched next."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from insights.modeling import metrics, value
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.modeling.probabilities import log_odds
from insights.params import Params
from insights.verdicts import HOLD, LAUNCH, NOT_ENOUGH

REFITS = 20
LEVEL = 0.8
COLUMNS = ("product_id", "probability", "low", "high", "verdict", "expected_gain", "place", "within_capacity")


def recommend(
    dataset: Dataset, model: Learned, trusted: bool, params: Params, refits: Iterable[Learned] | None = None
) -> pd.DataFrame:
    """Return a verdict for every candidate, with its probability and interval.

    Parameters
    ----------
    dataset : Dataset
        The launch dataset.
    model : Learned
        The chosen model, fitted and with its threshold.
    trusted : bool
        Whether the model is shown to beat chance on launches that it had not seen; without that every
        verdict is "not enough evidence".
    params : Params
    refits : iterable of Learned, optional
        From :func:`refitted`, where they have been made already.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, most probable first. ``expected_gain`` is what the product is expected to bring beyond what it
        asks in a horizon, in USD, missing where the model does not say it; ``place`` orders those called 1 by it and
        by probability, and the first of them are ``within_capacity`` of a quarter. The interval (80 %) lies around
        the probability, as wide on the log-odds scale as refits of the model on resampled product families vary (the
        standard interval with a bootstrap error; Efron and Tibshirani 1993, chapter 12). Resamples that hold one
        outcome only are left out.
    """
    candidates = dataset.candidates
    if candidates.empty:
        return pd.DataFrame(columns=list(COLUMNS)).astype({"place": "float64", "within_capacity": bool})
    probability = model.score(candidates)
    refits = refitted(dataset, model, params) if refits is None else refits
    others = np.array([refit.score(candidates) for refit in refits])
    low, high = interval(probability, others)
    table = candidates[["product_id"]].assign(probability=probability, low=low, high=high)
    table["verdict"] = [decide(r.low, r.high, model.threshold_, trusted) for r in table.itertuples()]
    table["expected_gain"] = value.expected(model.worth_, probability, candidates)
    go = table[table["verdict"] == LAUNCH]
    go = go.sort_values(["expected_gain", "probability"], ascending=False, kind="stable")
    table["place"] = pd.Series(np.arange(1.0, len(go) + 1), index=go.index)  # of which no gain is known come last
    table["within_capacity"] = table["place"] <= params.launch.capacity
    return table.sort_values(["probability", "product_id"], ascending=[False, True], ignore_index=True)


def decide(low: float, high: float, threshold: float, trusted: bool) -> str:
    """Return 1 if the whole interval reaches the threshold, 0 if none of it does."""
    if not trusted or low < threshold <= high:
        return NOT_ENOUGH
    return LAUNCH if low >= threshold else HOLD


def beats_chance(value: float, null: np.ndarray) -> bool:
    """Tell whether a score lies above what shuffled outcomes reach in 95 of 100 cases."""
    return bool(value > np.quantile(null, 0.95))


def interval(probability: np.ndarray, refits: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds around probabilities, from how much refits of the model disagree.

    Parameters
    ----------
    probability : array of shape (rows,)
    refits : array of shape (refits, rows)
        What the model says when it was fitted on other resamples; at least two.
    level : float

    Returns
    -------
    array of shape (rows,), array of shape (rows,)
        Both within 0 and 1, the probability between them.
    """
    error = log_odds(refits).std(axis=0, ddof=1) * norm.ppf((1 + level) / 2)
    centre = log_odds(probability)
    low, high = expit(centre - error), expit(centre + error)
    return np.minimum(low, probability), np.maximum(high, probability)  # log odds are bounded, probabilities are not


def refitted(dataset: Dataset, model: Learned, params: Params) -> Iterator[Learned]:
    """Yield the model fitted anew on each resample of whole clusters of the training rows.

    Resamples that hold one outcome only are left out: they teach a model nothing.
    """
    rows = dataset.train
    rng = np.random.default_rng([params.modeling.seed, 6])
    weights = metrics.cluster_weights(rows[dataset.clusters], REFITS, rng).astype(int)
    y = rows["y"].to_numpy()
    teaching = [counts for counts in weights if len(np.unique(y[counts > 0])) == 2]
    yield from (_refit(dataset, model, counts) for counts in teaching)


def _refit(dataset, model, counts):
    drawn = dataset.train.iloc[np.repeat(np.arange(len(counts)), counts)]
    return model.on(model.features).fit(drawn, drawn["y"].to_numpy(dtype=int), dataset.unlabelled)
