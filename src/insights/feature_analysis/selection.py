"""Which features would be chosen again, and what choosing is worth when it happens inside the folds.

Stability selection (Meinshausen and Bühlmann 2010, with the complementary halves of Shah and Samworth 2013): on many
halves of the product families the lasso takes the few features that enter it first; a feature is stable if it is
among them in most halves. Of features that say the same the lasso takes one or the other, so families of features
are counted as well: one is taken where one of its features is. So many may enter that at most one is expected to be
stable by chance.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path

from insights.features import registry
from insights.modeling import learned, metrics
from insights.modeling.dataset import Dataset
from insights.params import Params
from insights.timeline import TimeFolds, evenly

PAIRS = 25
STABLE = 0.6
MOST_ROWS = 3_000
TREES = 100


def taken(rows: pd.DataFrame, names: list[str], params: Params) -> pd.DataFrame:
    """Return which features enter the lasso first in each half of the families, a row per half, a column per name.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows with ``y``, ``family`` and the features; more than ``MOST_ROWS`` are thinned out evenly.
    names : list of str
    params : Params
    """
    rows = evenly(rows, MOST_ROWS)
    matrix = learned.standardised(rows, names)
    y, codes = rows["y"].to_numpy(), pd.factorize(rows["family"])[0]
    rng = np.random.default_rng([params.modeling.seed, 8])
    halves = []
    for _ in range(PAIRS):
        side = rng.permutation(codes.max() + 1)[codes] % 2
        halves += [_first(matrix[side == half], y[side == half], most_to_enter(len(names))) for half in (0, 1)]
    return pd.DataFrame(halves, columns=names)


def stability(halves: pd.DataFrame) -> pd.Series:
    """Return the share of halves, from :func:`taken`, in which each feature is taken, by name."""
    return halves.mean(axis=0).rename("stability")


def stability_of_families(halves: pd.DataFrame, model: str) -> pd.Series:
    """Return the share of halves in which at least one feature of each family of features is taken."""
    family = {f.name: f.family for f in registry.features(model)}
    return halves.T.groupby(lambda name: family.get(name, name)).max().T.mean(axis=0).rename("stability")


def stable(rows: pd.DataFrame, names: list[str], params: Params) -> list[str]:
    """Return the features that are taken in most halves; where none is, the one taken most often."""
    share = stability(taken(rows, names, params))
    return share.index[share >= min(STABLE, share.max())].tolist()


def of_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table whose ``stability`` is that of most halves, the most stable first."""
    most = table[table["stability"] >= STABLE]
    return most.sort_values("stability", ascending=False, kind="stable")


def inside_folds(dataset: Dataset, params: Params) -> pd.DataFrame:
    """Return what models lose or gain on held-out rows if they read only what the rows they learn from would choose.

    Parameters
    ----------
    dataset : Dataset
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``model, fold, features, every, chosen``: number of features chosen, ROC AUC with all and with those.
    """
    rows, y = dataset.train, dataset.train["y"].to_numpy(dtype=int)
    found = []
    for number, (fit, judge) in enumerate(TimeFolds(rows, params.modeling.folds).split()):
        chosen = stable(rows.iloc[fit], dataset.features, params)
        for make in (learned.logistic, _small_forest):
            scores = [
                make(names, params).fit(rows.iloc[fit], y[fit]).score(rows.iloc[judge])
                for names in (dataset.features, chosen)
            ]
            auc = [metrics.roc_auc(y[judge], score) for score in scores]
            found.append([make(chosen, params).name, number, len(chosen), *auc])
    return pd.DataFrame(found, columns=["model", "fold", "features", "every", "chosen"])


def most_to_enter(features: int) -> int:
    """Return how many features may enter, so that at most one is expected to be stable by chance."""
    return max(1, int(np.sqrt((2 * STABLE - 1) * features) + 1e-9))


def _small_forest(names, params):
    return learned.forest(names, params, TREES)


def _first(matrix, y, many):
    """Return which features enter the lasso first."""
    varies = matrix.std(axis=0) > 1e-9
    columns = (matrix[:, varies] - matrix[:, varies].mean(axis=0)) / matrix[:, varies].std(axis=0)
    with warnings.catch_warnings():
        # In few rows features may say the same; the path leaves them out or ends early, as it should, and warns.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, active, _ = lars_path(columns, y - y.mean(), max_iter=many, method="lasso")
    taken = np.zeros(matrix.shape[1], dtype=bool)
    taken[np.flatnonzero(varies)[active[:many]]] = True
    return taken
