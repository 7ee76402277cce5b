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


def break_even(gain: np.ndarray, score: np.ndarray) -> float:
    """Return the score from which calling rows 1 is expected to bring something.

    A line through the gains over the scores (least squares) crosses nothing there. What earned most on these very
    rows would be another answer; but a few large rows decide it, and on other rows it earns less.

    Parameters
    ----------
    gain : array of shape (rows,)
        What each row brings for each dollar that is asked of it, of rows that the scoring model was not fitted on; a
        loss is negative.
    score : array of shape (rows,)

    Notes
    -----
    Where gains do not rise with the score, all rows are called if they bring something together; else only what
    scores as high as the highest. The same holds of a crossing beyond the scores.
    """
    lowest, highest = float(score.min()), float(score.max())
    slope = np.cov(score, gain, bias=True)[0, 1]
    if slope <= 0:
        return lowest if gain.mean() > 0 else highest
    crossing = score.mean() - gain.mean() * score.var() / slope
    return float(np.clip(crossing, lowest, highest))


def _by_score(score):
    """Return the order of rows from the highest score down, and which of them are the last of their score."""
    order = np.argsort(-score, kind="stable")
    return order, np.r_[score[order][1:] != score[order][:-1], True]
