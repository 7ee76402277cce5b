"""The threshold that turns a probability into 0 or 1, chosen on training folds."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Worth:
    """What calling a row 1 is expected to bring for each dollar that is asked of it, by its score: a line.

    What earned most on held-out rows would give another threshold; but a few large rows decide it, and on other rows
    it earns less.

    Attributes
    ----------
    intercept, slope : float
        Of the line; least squares.
    """

    intercept: float
    slope: float

    def expected(self, score: np.ndarray) -> np.ndarray:
        """Return what each dollar asked is expected to bring beyond itself, shape (rows,)."""
        return self.intercept + self.slope * np.asarray(score)

    def threshold(self, costs: float = 1.0) -> float:
        """Return the score from which calling a row 1 is expected to bring something.

        Parameters
        ----------
        costs : float
            How many times as much is asked of every row as when the line was drawn.

        Notes
        -----
        Where gains do not rise with the score, all rows are called if they bring something together, else none: the
        threshold is then infinite. A line that rises is followed beyond the scores it was drawn through.
        """
        dearer = costs - 1.0
        if self.slope <= 0:
            return -np.inf if self.intercept > dearer else np.inf
        return float((dearer - self.intercept) / self.slope)


def worth(gain: np.ndarray, score: np.ndarray) -> Worth:
    """Return the line through gains over scores; a flat one, through their mean, where gains do not rise.

    Parameters
    ----------
    gain : array of shape (rows,)
        What each row brings for each dollar that is asked of it, of rows that the scoring model was not fitted on; a
        loss is negative.
    score : array of shape (rows,)
    """
    variance = score.var()
    slope = float(max(np.cov(score, gain, bias=True)[0, 1] / variance, 0.0)) if variance > 0 else 0.0
    return Worth(float(gain.mean() - slope * score.mean()), slope)


def _by_score(score):
    """Return the order of rows from the highest score down, and which of them are the last of their score."""
    order = np.argsort(-score, kind="stable")
    return order, np.r_[score[order][1:] != score[order][:-1], True]
