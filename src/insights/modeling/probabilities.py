"""Probabilities: what an estimator says, turned into how often it comes true.

Models are sure beyond what they know, or not sure enough. A logistic regression of the outcomes of held-out rows on
the log odds that were said of them puts that right (Platt 1999; with few rows better than isotonic regression:
Niculescu-Mizil and Caruana 2005). It never changes the order of rows.
"""

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


def log_odds(probability: np.ndarray, surest: float = SUREST) -> np.ndarray:
    """Return the logarithm of the odds, no surer either way than ``surest``."""
    return logit(np.clip(probability, surest, 1 - surest))
