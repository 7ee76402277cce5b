"""The threshold that turns a probability into 0 or 1, chosen on training folds."""

import numpy as np


def best_f1(y: np.ndarray, score: np.ndarray) -> float:
    """Return the score from which calling rows 1 gives the highest F1; the lowest such score on ties.

    Parameters
    ----------
    y : array of shape (rows,)
        Outcomes of rows that the scoring model was not fitted on.
    score : array of shape (rows,)

    Raises
    ------
    ValueError
        If there is no positive outcome, so that F1 says nothing.
    """
    y = np.asarray(y)
    if not (y == 1).any():
        raise ValueError(f"{len(y)} held-out rows without a positive: no threshold can be chosen on them.")
    order = np.argsort(-score, kind="stable")
    hits, called = np.cumsum(y[order]), np.arange(1, len(y) + 1)
    last_of_tie = np.r_[score[order][1:] != score[order][:-1], True]
    f1 = np.where(last_of_tie, 2 * hits / (called + hits[-1]), -1.0)
    best = np.flatnonzero(f1 == f1.max())[-1]
    return float(score[order][best])
