"""The recommendation: 1, 0 or "not enough evidence" for each product that could be launched next."""

import numpy as np
import pandas as pd

from insights.modeling import metrics
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.params import Params

LAUNCH, HOLD, NOT_ENOUGH = "1", "0", "not enough evidence"
REFITS = 20
LEVEL = 0.8


def recommend(dataset: Dataset, model: Learned, trusted: bool, params: Params) -> pd.DataFrame:
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

    Returns
    -------
    pandas.DataFrame
        ``product_id, probability, low, high, verdict``, most probable first. The interval (80 %) comes from
        refitting the model on resampled product families, where these hold both outcomes.
    """
    candidates = dataset.candidates
    columns = ["product_id", "probability", "low", "high", "verdict"]
    if candidates.empty:
        return pd.DataFrame(columns=columns)
    low, high = _interval(dataset, model, candidates, params)
    table = candidates[["product_id"]].assign(probability=model.score(candidates), low=low, high=high)
    table["verdict"] = [decide(r.low, r.high, model.threshold_, trusted) for r in table.itertuples()]
    return table.sort_values(["probability", "product_id"], ascending=[False, True], ignore_index=True)


def decide(low: float, high: float, threshold: float, trusted: bool) -> str:
    """Return 1 if the whole interval reaches the threshold, 0 if none of it does."""
    if not trusted or low < threshold <= high:
        return NOT_ENOUGH
    return LAUNCH if low >= threshold else HOLD


def beats_chance(value: float, null: np.ndarray, level: float = 0.95) -> bool:
    """Tell whether a score lies above what shuffled outcomes reach in 95 of 100 cases."""
    return bool(value > np.quantile(null, level))


def _interval(dataset, model, candidates, params):
    rows = dataset.train
    rng = np.random.default_rng([params.modeling.seed, 6])
    weights = metrics.cluster_weights(rows[dataset.clusters], REFITS, rng).astype(int)
    y = rows["y"].to_numpy()
    # A resample that drew one outcome only teaches a model nothing.
    teaching = [counts for counts in weights if len(np.unique(y[counts > 0])) == 2]
    scores = [_refit(model, rows, counts).score(candidates) for counts in teaching]
    return metrics.percentile_interval(np.array(scores), LEVEL)


def _refit(model, rows, counts):
    drawn = rows.iloc[np.repeat(np.arange(len(rows)), counts)]
    return model.on(model.features).fit(drawn, drawn["y"].to_numpy(dtype=int))
