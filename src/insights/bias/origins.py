"""Where a gap comes from: differences in the data, told from those that the model makes.

A group is foreseen to complete more often because more of it does, or because the model calls more of it among those
who do and those who do not. The gap in the share called 1 is divided between the two (Kitagawa 1955): the part of the
data is the difference in base rates at the mean of both sides' errors, the part of the model the difference in recall
and false positives at the mean of both sides' base rates. Together they are the gap.
"""

import numpy as np
import pandas as pd

from insights.bias.groups import NOT_DECLARED
from insights.modeling import metrics
from insights.params import Params

COLUMNS = [
    "attribute", "group", "gap", "of_data", "data_low", "data_high", "of_model", "model_low", "model_high", "n",
]  # fmt: skip


def divided(rows: pd.DataFrame, attribute: str, params: Params) -> pd.DataFrame:
    """Return, for each large enough group, its gap in the share called 1, and how much of it is of data and model.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``learner_id, y, decision`` and the attribute.
    attribute : str
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``attribute, group, gap, of_data, data_low, data_high, of_model, model_low, model_high, n`` (people).
    """
    y, called = rows["y"].to_numpy(dtype=int), rows["decision"].to_numpy(dtype=int)
    rng = np.random.default_rng([params.modeling.seed, 14])
    weights = metrics.cluster_weights(rows["learner_id"], params.modeling.bootstrap_repeats, rng)
    once, found = np.ones((1, len(rows)), dtype="float32"), []
    for group, part in rows.groupby(attribute):
        people = part["learner_id"].nunique()
        if group == NOT_DECLARED or people < params.bias.smallest_group:
            continue
        own = (rows[attribute] == group).to_numpy()
        data, model = (float(side[0]) for side in _parts(y, called, own, once))
        bounds = [metrics.percentile_interval(draws) for draws in _parts(y, called, own, weights)]
        (data_low, data_high), (model_low, model_high) = ([float(b) for b in pair] for pair in bounds)
        found.append(
            [attribute, group, data + model, data, data_low, data_high, model, model_low, model_high, people]
        )
    return pd.DataFrame(found, columns=COLUMNS)


def _parts(y, called, own, weights):
    """Return the parts of data and of model in each resample."""
    (base, recall, false), (other_base, other_recall, other_false) = (
        _rates(y[side], called[side], weights[:, side]) for side in (own, ~own)
    )
    mean_recall, mean_false, mean_base = (
        (recall + other_recall) / 2,
        (false + other_false) / 2,
        (base + other_base) / 2,
    )
    of_data = (base - other_base) * (mean_recall - mean_false)
    of_model = mean_base * (recall - other_recall) + (1 - mean_base) * (false - other_false)
    return of_data, of_model


def _rates(y, called, weights):
    with np.errstate(divide="ignore", invalid="ignore"):
        ones, zeros = weights @ y, weights @ (1 - y)
        return ones / (ones + zeros), (weights @ (y * called)) / ones, (weights @ ((1 - y) * called)) / zeros
