"""Fresh data: what a model reaches on rows that nobody had when it was made, beside what it promised."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.modeling import metrics, value
from insights.modeling.learned import Learned
from insights.params import Limits, Params
from insights.tolerance.kit import MEASURES, UPPER, VALUE, measured
from insights.tolerance.limits import specification
from insights.verdicts import AS_PROMISED, MET, MISSED, UNKNOWN, WORSE_THAN_PROMISED

LEVEL = 0.05
COLUMNS = [
    "model", "rows", "measure", "n", "promised", "promised_low", "promised_high", "realised", "realised_low",
    "realised_high", "change", "low", "high", "verdict", "limit", "specification",
]  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What a model reaches on rows of one kind.

    Attributes
    ----------
    names : tuple of str
        Of the measures: ROC AUC, recall, value as a share of hindsight's where rows tell it, calibration.
    values : numpy.ndarray of shape (measures,)
    draws : numpy.ndarray of shape (repeats, measures)
        The same in each resample of whole clusters.
    n : int
    """

    names: tuple[str, ...]
    values: np.ndarray
    draws: np.ndarray
    n: int


def said(model: Learned, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with what a model says of them: ``score`` and ``decision``; features that are gone are missing."""
    lacking = [name for name in model.features if name not in rows]
    asked = rows.assign(**dict.fromkeys(lacking, np.nan))
    return rows.assign(score=model.score(asked), decision=model.decide(asked))


def judged(rows: pd.DataFrame, clusters: str, params: Params, draw: int) -> Judged | None:
    """Return what was reached on rows of one kind; None where they hold one outcome only.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``y, score, decision`` and, of launches, ``margin_earned, hurdle``.
    clusters : str
        Column.
    params : Params
    draw : int
        Tells sets of rows apart whose resamples must be independent.
    """
    y = rows["y"].to_numpy(dtype=int)
    if len(np.unique(y)) < 2:
        return None
    gain = value.gain(rows)
    gain = None if gain is None else gain.to_numpy()
    names = tuple(name for name in MEASURES if name != VALUE or gain is not None)
    rng = np.random.default_rng([params.modeling.seed, 51, draw])
    weights = metrics.cluster_weights(rows[clusters], params.modeling.bootstrap_repeats, rng).astype("float64")
    asked = y, gain, rows["score"].to_numpy(), rows["decision"].to_numpy()
    return Judged(names, measured(*asked, np.ones((1, len(y))))[0], measured(*asked, weights), len(y))


def beside(
    name: str, kind: str, promised: Judged, realised: Judged, limits: Limits, margin: float, looks: int = 1
) -> pd.DataFrame:
    """Return what was reached beside what was promised.

    Parameters
    ----------
    name, kind : str
    promised, realised : Judged
        On rows that share no moment, so that their resamples are independent.
    limits : Limits
        The specification.
    margin : float
        By which a measure may be worse and still be as promised.
    looks : int
        Measures of the model over all kinds of rows: the intervals of all changes hold together (Bonferroni).

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``, a row per measure; ``change`` is realised minus promised. ``verdict``: ``worse than promised``
        if the interval of the change lies on the bad side of 0, ``as promised`` if it excludes a loss of more than
        the margin, else ``cannot tell``. ``specification``: ``met``, ``missed`` if the whole interval lies beyond the
        limit, else ``cannot tell``; nothing where none is asked.
    """
    spec, rows = specification(limits), []
    for place, measure in enumerate(promised.names):
        change = realised.draws[:, place] - promised.draws[:, place]
        low, high = metrics.percentile_interval(change[np.isfinite(change)], 1 - LEVEL / looks)
        bounds = [metrics.percentile_interval(one.draws[:, place]) for one in (promised, realised)]
        loss = (float(low), float(high)) if measure in UPPER else (-float(high), -float(low))
        limit = spec.get(measure, np.nan)
        reached = realised.values[place]
        rows.append(
            [name, kind, measure, realised.n, promised.values[place], *map(float, bounds[0]), reached,
             *map(float, bounds[1]), reached - promised.values[place], float(low), float(high),
             kept(*loss, margin), limit, meets(reached, *map(float, bounds[1]), limit, measure)]
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def kept(low: float, high: float, margin: float) -> str:
    """Return what an interval of a loss says of a promise; a loss is above 0."""
    if low > 0:
        return WORSE_THAN_PROMISED
    return AS_PROMISED if high < margin else UNKNOWN


def meets(reached: float, low: float, high: float, limit: float, measure: str) -> str:
    """Return how a measure stands to its specification: missed only if its whole interval lies beyond the limit."""
    if np.isnan(limit):
        return ""
    within, beyond = (reached <= limit, low > limit) if measure in UPPER else (reached >= limit, high < limit)
    return MET if within else MISSED if beyond else UNKNOWN
