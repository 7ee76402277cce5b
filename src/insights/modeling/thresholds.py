"""The threshold that turns a probability into 0 or 1, chosen on training folds."""

import numpy as np


def best_balanced(y: np.ndarray, score: np.ndarray) -> float:
    """Return the score from which calling rows 1 tells best between 1 and 0; the lowest such score on ties.

    It maximises the share of positives called 1 minus the share of negatives called 1 (Youden 1950). The F1 score
    would, of a model that knows little, make one that calls everything 1.

    Parameters
    ----------
    y : array of shape (rows,)
        Outcomes of rows that the scoring model was not fitted on.
    score : array of shape (rows,)

    Raises
    ------
    ValueError
        If only one outcome occurs, so that nothing can be told apart.
    """
    y = np.asarray(y)
    if len(np.unique(y)) < 2:
        raise ValueError(f"{len(y)} held-out rows with one outcome only: no threshold can be chosen on them.")
    order = np.argsort(-score, kind="stable")
    found, called = np.cumsum(y[order]), np.arange(1, len(y) + 1)
    told = found / found[-1] - (called - found) / (len(y) - found[-1])
    last_of_tie = np.r_[score[order][1:] != score[order][:-1], True]
    told = np.where(last_of_tie, told, -np.inf)
    best = np.flatnonzero(told == told.max())[-1]
    return float(score[order][best])
