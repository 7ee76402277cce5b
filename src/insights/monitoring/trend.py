"""Trend: where a straight line through the months before puts another one, and how surely."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """A straight line through months.

    Attributes
    ----------
    middle : float
        Mean of the months' numbers.
    level, slope : float
        Of the line, at the middle and a month.
    spread : float
        Variance of a month around it.
    n : int
    wide : float
        Sum of squares of the months' numbers around their middle.
    """

    middle: float
    level: float
    slope: float
    spread: float
    n: int
    wide: float

    @property
    def free(self) -> int:
        """Degrees of freedom that are left."""
        return self.n - 2

    def at(self, month: float) -> float:
        """Return what the line says of a month."""
        return self.level + self.slope * (month - self.middle)

    def variance(self, month: float, k: int = 1) -> float:
        """Return the variance of the mean of ``k`` more months around the line, ``month`` in their middle."""
        return self.spread * (1 / k + 1 / self.n + (month - self.middle) ** 2 / self.wide)


def line(months: np.ndarray, values: np.ndarray, least: float = 0.0) -> Line:
    """Return the line through values by month.

    Parameters
    ----------
    months, values : numpy.ndarray of shape (months,)
        At least three.
    least : float
        What a month varies by at least, as a variance.
    """
    middle = months.mean()
    slope, level = np.polyfit(months - middle, values, 1)
    rest = values - (level + slope * (months - middle))
    spread = max(float((rest**2).sum() / (len(months) - 2)), least)
    return Line(float(middle), float(level), float(slope), spread, len(months), float(((months - middle) ** 2).sum()))
