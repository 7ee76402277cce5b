"""What the forest and mutual information see in features, on rows that a fold held out.

The forest's importance is the loss of ROC AUC when a feature is shuffled (Breiman 2001). Features that say the same
stand in for each other, so whole groups are shuffled as well. Impurity importance favours features with many values.
"""

import numpy as np
import pandas as pd
from sklearn.feature_selection import mutual_info_classif
from sklearn.inspection import permutation_importance

from insights.modeling import learned, metrics
from insights.params import Params
from insights.timeline import TimeFolds, evenly

SHUFFLES = 3
MOST_JUDGED = 1_000
TREES = 100


def of_features(rows: pd.DataFrame, names: list[str], params: Params) -> pd.DataFrame:
    """Return permutation importance on held-out folds, with its range over folds, and impurity importance."""
    y = rows["y"].to_numpy(dtype=int)
    shuffled, impurity = [], []
    for fit, judge in TimeFolds(rows, params.modeling.folds).split():
        model = learned.forest(names, params, TREES).fit(rows.iloc[fit], y[fit])
        judged = _thinned(judge)
        measured = permutation_importance(
            model.fitted_, rows.iloc[judged][names], y[judged], scoring="roc_auc",
            n_repeats=SHUFFLES, random_state=params.modeling.seed,
        )  # fmt: skip
        shuffled.append(measured.importances_mean)
        impurity.append(_impurity(model.fitted_, names))
    return pd.DataFrame(
        {
            "permutation": np.mean(shuffled, axis=0),
            "permutation_low": np.min(shuffled, axis=0),
            "permutation_high": np.max(shuffled, axis=0),
            "impurity": np.mean(impurity, axis=0),
        },
        index=names,
    )


def of_groups(
    rows: pd.DataFrame, names: list[str], members: dict[str, list[str]], params: Params
) -> pd.DataFrame:
    """Return the loss of ROC AUC on held-out rows when all features of a group are shuffled alike, with its range."""
    y = rows["y"].to_numpy(dtype=int)
    lost = []
    for fit, judge in TimeFolds(rows, params.modeling.folds).split():
        model = learned.forest(names, params, TREES).fit(rows.iloc[fit], y[fit])
        judged = rows.iloc[_thinned(judge)]
        rng = np.random.default_rng([params.modeling.seed, 10])
        lost.append({group: _loss(model, judged, columns, rng) for group, columns in members.items()})
    lost = pd.DataFrame(lost)
    return pd.DataFrame(
        {"permutation": lost.mean(), "permutation_low": lost.min(), "permutation_high": lost.max()}
    )


def mutual_information(rows: pd.DataFrame, names: list[str], params: Params) -> pd.Series:
    """Return the mutual information of each feature with the outcome, in nats; 0 tells nothing, straight or not.

    By nearest neighbours (Ross 2014), on at most ``MOST_JUDGED`` rows, gaps filled.
    """
    judged = evenly(rows, MOST_JUDGED)
    filled = learned.filling().fit_transform(judged[names])
    told = mutual_info_classif(filled, judged["y"].astype(int), random_state=params.modeling.seed)
    return pd.Series(told, index=names)


def _loss(model, rows, columns, rng):
    y = rows["y"].to_numpy(dtype=int)
    whole = metrics.roc_auc(y, model.score(rows))
    shuffled = []
    for _ in range(SHUFFLES):
        dealt = rows.assign(
            **{c: rows[c].to_numpy()[order] for order in [rng.permutation(len(rows))] for c in columns}
        )
        shuffled.append(metrics.roc_auc(y, model.score(dealt)))
    return whole - np.mean(shuffled)


def _thinned(places):
    return places[np.linspace(0, len(places) - 1, min(len(places), MOST_JUDGED)).astype(int)]


def _impurity(pipeline, names):
    impute, model = pipeline.named_steps["impute"], pipeline.named_steps["model"]
    sources = impute.get_feature_names_out(names)
    total = pd.Series(model.feature_importances_, index=sources)
    return [total[name] + total.get(f"missingindicator_{name}", 0.0) for name in names]
