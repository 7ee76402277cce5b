"""What the forest and mutual information see in features, on rows that a fold held out.

The forest's importance is the loss of ROC AUC when a feature is shuffled (Breiman 2001). Features that say the same
stand in for each other, so whole groups are shuffled as well. Impurity importance favours features with many values.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_selection import mutual_info_classif
from sklearn.inspection import permutation_importance

from insights.modeling import learned, metrics
from insights.modeling.learned import Learned
from insights.params import Params
from insights.timeline import TimeFolds, evenly

SHUFFLES = 3
MOST_JUDGED = 1_000
TREES = 100


@dataclass(frozen=True)
class HeldOut:
    """A forest that was fitted in a fold, and the rows that it is judged on."""

    model: Learned
    rows: pd.DataFrame

    @property
    def y(self) -> np.ndarray:
        """The outcomes of the rows, 0 or 1."""
        return self.rows["y"].to_numpy(dtype=int)


def held_out(rows: pd.DataFrame, names: list[str], params: Params) -> list[HeldOut]:
    """Return a forest for each fold of training rows, with at most ``MOST_JUDGED`` of the rows that it holds out."""
    y = rows["y"].to_numpy(dtype=int)
    return [
        HeldOut(learned.forest(names, params, TREES).fit(rows.iloc[fit], y[fit]), rows.iloc[_thinned(judge)])
        for fit, judge in TimeFolds(rows, params.modeling.folds).split()
    ]


def of_features(folds: list[HeldOut], params: Params) -> pd.DataFrame:
    """Return permutation importance over folds, with its range, and impurity importance, by feature."""
    shuffled, impurity, names = [], [], folds[0].model.features
    for fold in folds:
        measured = permutation_importance(
            fold.model.fitted_, fold.rows[names], fold.y, scoring="roc_auc", n_repeats=SHUFFLES,
            random_state=params.modeling.seed,
        )  # fmt: skip
        shuffled.append(measured.importances_mean)
        impurity.append(_impurity(fold.model.fitted_, names))
    return _over_folds(pd.DataFrame(shuffled, columns=names)).assign(impurity=np.mean(impurity, axis=0))


def of_groups(folds: list[HeldOut], members: dict[str, list[str]], params: Params) -> pd.DataFrame:
    """Return the loss of ROC AUC over folds when all features of a group are shuffled alike, with its range."""
    lost = []
    for fold in folds:
        rng = np.random.default_rng([params.modeling.seed, 10])
        whole = metrics.roc_auc(fold.y, fold.model.score(fold.rows))
        lost.append({group: whole - _shuffled(fold, columns, rng) for group, columns in members.items()})
    return _over_folds(pd.DataFrame(lost))


def mutual_information(rows: pd.DataFrame, names: list[str], params: Params) -> pd.Series:
    """Return the mutual information of each feature with the outcome, in nats; 0 tells nothing, straight or not.

    By nearest neighbours (Ross 2014), on at most ``MOST_JUDGED`` rows, gaps filled.
    """
    judged = evenly(rows, MOST_JUDGED)
    filled = learned.filling().fit_transform(judged[names])
    told = mutual_info_classif(filled, judged["y"].astype(int), random_state=params.modeling.seed)
    return pd.Series(told, index=names)


def _over_folds(lost):
    return pd.DataFrame({"permutation": lost.mean(), "permutation_low": lost.min(), "permutation_high": lost.max()})


def _shuffled(fold, columns, rng):
    """Return the mean ROC AUC with some columns dealt to other rows, all alike."""
    scores = []
    for _ in range(SHUFFLES):
        order = rng.permutation(len(fold.rows))
        dealt = fold.rows.assign(**{name: fold.rows[name].to_numpy()[order] for name in columns})
        scores.append(metrics.roc_auc(fold.y, fold.model.score(dealt)))
    return np.mean(scores)


def _thinned(places):
    return places[np.linspace(0, len(places) - 1, min(len(places), MOST_JUDGED)).astype(int)]


def _impurity(pipeline, names):
    impute, model = pipeline.named_steps["impute"], pipeline.named_steps["model"]
    sources = impute.get_feature_names_out(names)
    total = pd.Series(model.feature_importances_, index=sources)
    return [total[name] + total.get(f"missingindicator_{name}", 0.0) for name in names]
