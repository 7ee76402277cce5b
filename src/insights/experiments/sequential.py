"""Always-valid results: intervals and p values that hold however often, and whenever, somebody looks.

The interval is the confidence sequence of a normal mixture: over all looks together it leaves out the truth at most
so often as an ordinary interval does at one look. It costs width, least where it was told to, at the planned number
of units.

Sources: I. Waudby-Smith, D. Arbour, R. Sinha, E. Kennedy, A. Ramdas, "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52 (2024), for the interval and its tuning; R. Johari,
P. Koomen, L. Pekelis, D. Walsh, "Always Valid Inference", Operations Research 70 (2022), for the p value.
"""

import numpy as np

FIRST = 100  # units from which on looks count: the sequence rests on the central limit theorem


def half_width(error: np.ndarray, planned_error: float, level: float = 0.05) -> np.ndarray:
    """Return half the width of the always-valid interval at looks with these standard errors.

    Parameters
    ----------
    error : numpy.ndarray
        Standard error of the difference at each look.
    planned_error : float
        Standard error that is expected at the planned end, where the interval shall be narrowest.
    level : float
        How often the truth may be left out, over all looks together.
    """
    variance, mixture = np.square(error), _mixture(planned_error, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = np.sqrt(
            variance * (variance + mixture) / mixture * np.log((variance + mixture) / (variance * level**2))
        )
    return np.where(variance > 0, wide, 0.0)


def p_value(difference: np.ndarray, error: np.ndarray, planned_error: float, level: float = 0.05) -> np.ndarray:
    """Return the always-valid p value of no difference at each look, by itself: the least so far is valid too."""
    variance, mixture = np.square(error), _mixture(planned_error, level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        against = 0.5 * np.log(variance / (variance + mixture)) + np.square(difference) * mixture / (
            2 * variance * (variance + mixture)
        )
        p = np.minimum(np.exp(-against), 1.0)
    return np.where(variance > 0, p, np.where(np.asarray(difference) == 0, 1.0, 0.0))


def always(difference: float, error: float, planned_error: float, level: float = 0.05) -> tuple[float, float, float]:
    """Return the bounds of the always-valid interval around a difference, and its p value."""
    half = float(half_width(error, planned_error, level))
    return difference - half, difference + half, float(p_value(difference, error, planned_error, level))


def _mixture(planned_error, level):
    return planned_error**2 * (-2 * np.log(level) + np.log(1 - 2 * np.log(level)))
