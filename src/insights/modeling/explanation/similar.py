"""Similar launches: which past launches resemble a candidate in what the model reads, and what became of them."""

import numpy as np
import pandas as pd

from insights import rows
from insights.display import wording
from insights.modeling.dataset import Dataset
from insights.modeling.explanation.shapley import Groups
from insights.modeling.learned import Learned

SIMILAR, NEAREST = 3, 10
_COLUMNS = ["product_id", "place", "similar", "month", "y", "earned", "distance", "reached", "nearest", "text"]


def similar_launches(
    dataset: Dataset, model: Learned, groups: Groups, importance: pd.DataFrame, most: int = SIMILAR
) -> pd.DataFrame:
    """Return for each candidate the past launches that resemble it most, and what became of them.

    Parameters
    ----------
    dataset : Dataset
    model : Learned
        Whose features are compared.
    groups : dict of str to list of str
    importance : pandas.DataFrame
        From :func:`insights.modeling.explanation.shapley.global_importance`.
    most : int
        Launches for each candidate, of different products.

    Returns
    -------
    pandas.DataFrame
        ``product_id, place, similar`` (product)``, month, y, earned`` (over the hurdle, missing where unknown)``,
        distance, reached`` (share of the ten nearest that reached their hurdle)``, nearest`` (how many there
        are)``, text``. Launches are training rows, whose outcome was known at the split. The distance is Euclidean
        over features standardised on training rows, gaps at their median, each signal weighing its importance.
    """
    train, candidates = dataset.train, dataset.candidates
    past = train[train["kind"] == rows.LAUNCH].reset_index(drop=True)
    if candidates.empty or past.empty:
        return pd.DataFrame(columns=_COLUMNS)
    weights = _weights(model.features, groups, importance)
    apart = _apart(*_standardised(train, (candidates, past), model.features), weights)
    lines = [
        line
        for product, distances in zip(candidates["product_id"], apart, strict=True)
        for line in _resembling(product, past, distances, most)
    ]
    return pd.DataFrame(lines, columns=_COLUMNS)


def _weights(features, groups, importance):
    """Return the weight of each feature: its signal's importance, shared among the signal's features."""
    shares = importance.set_index("signal")["importance"]
    weight = dict.fromkeys(features, 0.0)
    for name, members in groups.items():
        read = [feature for feature in members if feature in weight]
        weight |= {feature: shares.get(name, 0.0) / len(read) for feature in read}
    found = np.array([weight[feature] for feature in features])
    return found / found.sum() if found.sum() > 0 else np.full(len(features), 1 / len(features))


def _standardised(train, frames, features):
    centre = train[features].median().fillna(0.0)
    filled = train[features].fillna(centre)
    spread = filled.std(ddof=0).replace(0.0, 1.0)
    return [((frame[features].fillna(centre) - filled.mean()) / spread).to_numpy() for frame in frames]


def _apart(own, past, weights):
    return np.sqrt(((own[:, None, :] - past[None, :, :]) ** 2 * weights).sum(axis=-1))


def _resembling(product, past, distances, most):
    """Yield the lines of one candidate: the nearest launches of different products."""
    order = np.argsort(distances, kind="stable")
    different = ~past["product_id"].iloc[order].duplicated().to_numpy()
    nearest = order[different][:NEAREST]
    reached = float(past["y"].iloc[nearest].mean())
    for number, place in enumerate(nearest[:most], start=1):
        one = past.iloc[place]
        earned = _earned(one)
        known = [one["product_id"], f"{one['as_of']:%Y-%m}", int(one["y"]), earned, distances[place]]
        yield [product, number, *known, reached, len(nearest), _became(one, earned)]


def _earned(one):
    hurdle, margin = one.get("hurdle", np.nan), one.get("margin_earned", np.nan)
    return float(margin / hurdle) if pd.notna(hurdle) and hurdle > 0 else float("nan")


def _became(one, earned):
    month = f"{one['as_of'].month_name()} {one['as_of'].year}"
    verb = "reached" if one["y"] == 1 else "missed"
    part = "" if np.isnan(earned) else f", it earned {wording.share(earned, 0)} of it"
    return f"{one['product_id']} ({month}) {verb} its hurdle{part}"
