"""The ladder from chance to the most complex model: which rungs bear, and which is chosen, on training folds."""

import pandas as pd

from insights.modeling.learned import HAND_MADE

CHANCE = "chance"
LADDER = (*HAND_MADE, "tpot", "cotraining")


def choose(out_of_fold: pd.DataFrame, margin: float) -> str:
    """Return the simplest model whose mean ROC AUC over folds is within ``margin`` of the best."""
    mean = out_of_fold.groupby("model")["roc_auc"].mean()
    good_enough = [name for name in LADDER if name in mean and mean[name] >= mean.max() - margin]
    return good_enough[0]


def rungs(out_of_fold: pd.DataFrame, rules: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Return the ladder, from chance up: a rung stays if it is better by ``margin`` than the last one that stayed.

    Parameters
    ----------
    out_of_fold, rules : pandas.DataFrame
        ``model, fold, roc_auc`` of models, and of baselines on the same held-out rows; of these the best is one rung.
    margin : float
        ROC AUC.

    Returns
    -------
    pandas.DataFrame
        ``model, roc_auc`` (mean over folds)``, against`` (the last rung that stayed below it)``, gain, folds_ahead``
        (folds in which it is the better one)``, stays``.
    """
    scores, said = _by_fold(out_of_fold), _by_fold(rules)
    mean = said.mean().dropna()
    best = [mean.idxmax()] if len(mean) else []
    scores = scores.join(said[best])
    under, below, found = CHANCE, 0.5, [[CHANCE, 0.5, "", float("nan"), 0, True]]
    for name in (*best, *(n for n in LADDER if n in scores)):
        gain = (scores[name] - below).mean()
        stays = bool(gain >= margin)
        found.append([name, scores[name].mean(), under, gain, int((scores[name] > below).sum()), stays])
        under, below = (name, scores[name]) if stays else (under, below)
    return pd.DataFrame(found, columns=["model", "roc_auc", "against", "gain", "folds_ahead", "stays"])


def _by_fold(scores):
    return scores.pivot_table(index="fold", columns="model", values="roc_auc")
