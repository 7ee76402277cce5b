"""Probabilities: what an estimator says, turned into how often it comes true.

Models are sure beyond what they know, or not sure enough. A logistic regression of the outcomes of held-out rows on
the log odds that were said of them puts that right (Platt 1999; with few rows better than isotonic regression:
Niculescu-Mizil and Caruana 2005). It never changes the order of rows. But of a few months it also learns what was in
the air in them, which later months need not share; it is therefore used only where it carries over.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

AS_SAID = (1.0, 0.0)
SUREST = 1e-3  # no model on some hundred products knows better; a row of which more was said would decide a slope
NO_DOUBT = 1e-12


def calibration(y: np.ndarray, said: np.ndarray) -> tuple[float, float]:
    """Return the slope and the intercept that turn log odds as said into those that come true.

    Parameters
    ----------
    y : array of shape (rows,)
        Outcomes of rows that the model was not fitted on.
    said : array of shape (rows,)
        Probabilities.

    Notes
    -----
    Where the slope is not above 0 the model knows nothing of these rows, and what it says is left as it is.
    """
    return line(log_odds(said), y)


def carried_over(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Return the calibration of all parts together, if it is shown to carry over from some to the others.

    Parameters
    ----------
    parts : sequence of (array of shape (rows,), array of shape (rows,))
        Outcomes of the rows that each fold held out, and what was said of them.

    Returns
    -------
    tuple of float
        Slope and intercept; those that change nothing unless what is said of each part comes nearer to what happened
        (log loss) by the calibration of the other parts.
    """
    for place, (y, said) in enumerate(parts):
        others = [part for number, part in enumerate(parts) if number != place]
        if not others or _log_loss(y, calibrated(said, _together(others))) >= _log_loss(y, said):
            return AS_SAID
    return _together(parts)


def line(odds: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the slope and the intercept of outcomes on log odds of any size, both of shape (rows,).

    Where only one outcome occurs, or the slope is not above 0, it is the line that changes nothing.
    """
    if len(np.unique(y)) < 2:
        return AS_SAID
    fitted = LogisticRegression(C=1.0).fit(odds[:, None], y)
    slope = float(fitted.coef_[0, 0])
    return (slope, float(fitted.intercept_[0])) if slope > 0 else AS_SAID


def calibrated(said: np.ndarray, calibration: tuple[float, float]) -> np.ndarray:
    """Return probabilities as they come true, in the order in which they were said, shape (rows,)."""
    if calibration == AS_SAID:
        return said
    slope, intercept = calibration
    return expit(slope * log_odds(said, NO_DOUBT) + intercept)


def _together(parts):
    return calibration(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _log_loss(y, said):
    """Return the log loss of probabilities, no surer either way than anybody can be."""
    odds = log_odds(said)
    return float(np.mean(np.logaddexp(0.0, odds) - y * odds))


def log_odds(probability: np.ndarray, surest: float = SUREST) -> np.ndarray:
    """Return the logarithm of the odds, no surer either way than ``surest``."""
    return logit(np.clip(probability, surest, 1 - surest))
