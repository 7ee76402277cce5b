"""Design: how many units an experiment needs, what it can show, and how long it takes.

The spread of one unit's outcome decides. Covariates that foretell a share of it take that share off; units that are
assigned in clusters tell less than as many single ones; looking all the time costs a wider interval.

Sources: J. Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), by the normal distribution, as in
statsmodels, whose solver does not converge for large effects; for clusters of unequal size S. Eldridge, D. Ashby,
S. Kerry, International Journal of Epidemiology 35 (2006).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from insights.experiments import estimates, frames, outcomes, sequential
from insights.experiments.frames import ExperimentError, Metric
from insights.params import Experiments

ONCE, ALWAYS = "once", "always"
SIZES = np.geomspace(500, 200_000, 25).round()
COLUMNS = [
    "metric", "title", "kind", "value", "spread", "foretold", "there", "detectable", "detectable_share", "margin",
    "units", "units_without_covariates", "units_always", "power",
]  # fmt: skip


@dataclass(frozen=True)
class Design:
    """What is planned.

    Attributes
    ----------
    spread : float
        Standard deviation of one unit's outcome.
    level : float
        How often an interval may leave out the truth.
    power : float
        How often an effect shall be shown that is as large as asked.
    share : float
        Of the units in the other arm; the rest are in the control.
    looked : str
        ``once``, at the end, or ``always``.
    foretold : float
        Share of the variance that covariates foretell (the square of the correlation).
    cluster_size : float
        Mean units in a cluster; 1 where each is assigned by itself.
    cluster_variation : float
        Standard deviation of the clusters' sizes over their mean.
    likeness : float
        Correlation of two units of a cluster.
    """

    spread: float
    level: float = 0.05
    power: float = 0.8
    share: float = 0.5
    looked: str = ONCE
    foretold: float = 0.0
    cluster_size: float = 1.0
    cluster_variation: float = 0.0
    likeness: float = 0.0

    def __post_init__(self):
        """Refuse what is no design.

        Raises
        ------
        insights.experiments.frames.ExperimentError
        """
        inside = {"level": self.level, "power": self.power, "share": self.share}
        for name, value in inside.items():
            if not 0 < value < 1:
                raise ExperimentError(f"{name}={value!r}: it must lie between 0 and 1.")
        if not self.spread > 0:
            raise ExperimentError(f"spread={self.spread!r}: units that do not differ need no experiment.")
        if not (0 <= self.foretold < 1 and 0 <= self.likeness <= 1 and self.cluster_size >= 1):
            raise ExperimentError(
                f"foretold={self.foretold!r}, likeness={self.likeness!r} must lie between 0 and 1, "
                f"cluster_size={self.cluster_size!r} not below 1."
            )
        if self.looked not in (ONCE, ALWAYS):
            raise ExperimentError(f"looked={self.looked!r}: it must be {ONCE!r} or {ALWAYS!r}.")

    @property
    def inflation(self) -> float:
        """By how much clusters multiply the variance (the design effect)."""
        size = (1 + self.cluster_variation**2) * self.cluster_size
        return 1 + (size - 1) * self.likeness if self.cluster_size > 1 else 1.0

    def units(self, effect: float) -> int:
        """Return the units, of both arms together, with which an effect of this size is shown."""
        if effect == 0:
            raise ExperimentError("effect=0: no number of units shows that there is nothing; name a smallest effect.")
        return int(np.ceil((self._needed * self._noise / effect) ** 2))

    def effect(self, units: int) -> float:
        """Return the smallest effect that so many units show."""
        return float(self._needed * self._noise / np.sqrt(units))

    def reached(self, effect: float, units: int) -> float:
        """Return how often so many units show an effect of this size."""
        errors = abs(effect) * np.sqrt(units) / self._noise
        return float(norm.sf(self._bound - errors) + norm.cdf(-self._bound - errors))

    @property
    def _noise(self):
        """Standard error of the difference times the root of the units of both arms."""
        variance = self.spread**2 * (1 - self.foretold) * self.inflation
        return np.sqrt(variance / (self.share * (1 - self.share)))

    @property
    def _bound(self):
        """Standard errors beyond which a difference is shown."""
        once = norm.ppf(1 - self.level / 2)
        return float(once if self.looked == ONCE else sequential.half_width(1.0, 1.0, self.level))

    @property
    def _needed(self):
        return self._bound + norm.ppf(self.power)


def of_rate(value: float, effect: float, **planned) -> Design:
    """Return a design for a rate, whose spread follows from the rate in both arms.

    Parameters
    ----------
    value : float
        In the control.
    effect : float
        That is asked for.
    **planned
        Of :class:`Design`.
    """
    other = value + effect
    if not (0 <= value <= 1 and 0 <= other <= 1):
        raise ExperimentError(f"a rate of {value!r} with an effect of {effect!r} does not lie between 0 and 1.")
    share = planned.get("share", 0.5)
    variance = share * value * (1 - value) + (1 - share) * other * (1 - other)
    return Design(float(np.sqrt(variance)), **planned)


def measured(
    frame: pd.DataFrame, metric: Metric, covariates: list[str], arm: str = "arm", **planned
) -> tuple[float, Design]:
    """Return the value of a metric in units of the past, and a design with their spread.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per unit.
    metric : insights.experiments.frames.Metric
    covariates : list of str
        That were known before; what they foretell is measured.
    arm : str
        Column; the spread is that within arms.
    **planned
        Of :class:`Design`.
    """
    rows = estimates.prepared(frame, arm, metric, covariates, None)
    value, part = estimates.parts(rows)
    before = rows.get(estimates.BEFORE)
    within = pd.DataFrame({"part": part, "before": 0.0 if before is None else before})
    within = within - within.groupby(rows["arm"].to_numpy()).transform("mean")
    known = np.ptp(within["before"]) > 0
    foretold = float(np.corrcoef(within["part"], within["before"])[0, 1] ** 2) if known else 0.0
    return value, Design(float(within["part"].std()), foretold=min(foretold, 0.99), **planned)


def by_metric(frame: pd.DataFrame | None, asked: Experiments) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what an experiment on each metric takes, by what the units of an earlier one did.

    Parameters
    ----------
    frame : pandas.DataFrame or None
        From :func:`insights.experiments.outcomes.frame`, with ``margin``; None where there was no experiment.
    asked : insights.params.Experiments

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        In ``COLUMNS``: ``value`` and ``spread`` of a unit, the share of the variance that covariates ``foretold``,
        the smallest effect ``detectable`` by as many units as were ``there``, also as a share of the value; the
        ``units`` that the smallest effect that matters takes (``margin``, a share of the value), without covariates,
        and looked at always; ``power`` to show it with those there. And from :func:`curve`.
    """
    if frame is None:
        return pd.DataFrame(columns=COLUMNS), curve({}, SIZES)
    rows, known, margin = [], {}, float(frame["margin"].iloc[0])
    for name, measure in outcomes.METRICS.items():
        [metric] = frames.metrics_of(outcomes.asked([name]))
        if not all(column in frame and frame[column].sum() > 0 for column in metric.columns):
            continue
        before = outcomes.covariates(frame)
        value, plan = measured(frame, metric, before, level=asked.level, power=asked.power)
        rows.append([name, measure.title, metric.kind, *_needed(value, plan, len(frame), margin)])
        known[measure.title] = value, plan
    return pd.DataFrame(rows, columns=COLUMNS), curve(known, SIZES)


def _needed(value, plan, there, margin):
    effect, detectable = margin * abs(value), plan.effect(there)
    without, always = replace(plan, foretold=0.0), replace(plan, looked=ALWAYS)
    units = [one.units(effect) for one in (plan, without, always)]
    return [
        value, plan.spread, plan.foretold, there, detectable, detectable / abs(value), margin, *units,
        plan.reached(effect, there),
    ]  # fmt: skip


def curve(designs: dict[str, tuple[float, Design]], sizes: np.ndarray) -> pd.DataFrame:
    """Return the smallest effect that experiments of several sizes show, as a share of the value.

    Parameters
    ----------
    designs : dict of str to (float, Design)
        Value and design by metric.
    sizes : numpy.ndarray
        Units.

    Returns
    -------
    pandas.DataFrame
        ``metric, units, detectable_share``.
    """
    rows = [
        [name, int(size), design.effect(int(size)) / value]
        for name, (value, design) in designs.items()
        if value
        for size in sizes
    ]
    return pd.DataFrame(rows, columns=["metric", "units", "detectable_share"])
