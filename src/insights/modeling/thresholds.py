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
    order, last_of_tie = _by_score(score)
    found, called = np.cumsum(y[order]), np.arange(1, len(y) + 1)
    told = found / found[-1] - (called - found) / (len(y) - found[-1])
    told = np.where(last_of_tie, told, -np.inf)
    best = np.flatnonzero(told == told.max())[-1]
    return float(score[order][best])


def best_value(gain: np.ndarray, score: np.ndarray) -> float:
    """Return the score from which calling rows 1 earned most; the highest such score on ties.

    Parameters
    ----------
    gain : array of shape (rows,)
        What each row brings if it is called 1, of rows that the scoring model was not fitted on; a loss is negative.
    score : array of shape (rows,)

    Notes
    -----
    Where calling any row 1 loses, it is the best score: the one row that the model believes in most.
    """
    order, last_of_tie = _by_score(score)
    earned = np.where(last_of_tie, np.cumsum(np.asarray(gain, dtype="float64")[order]), -np.inf)
    return float(score[order][int(np.argmax(earned))])


def _by_score(score):
    """Return the order of rows from the highest score down, and which of them are the last of their score."""
    order = np.argsort(-score, kind="stable")
    return order, np.r_[score[order][1:] != score[order][:-1], True]
