"""Sample ratio: whether arms have as many units as were meant to be in them.

If not, something decided who is counted that the draw did not, and no comparison of the arms can be trusted.

Source: A. Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD 2019.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import chisquare

from insights.experiments.frames import ExperimentError
from insights.verdicts import MISMATCH, RATIO_KEPT, TOO_FEW

FEWEST = 100  # units below which a mismatch is not asked about
LEVEL = 0.001  # of the test; low, because it is asked of every experiment and stops it


class SampleRatioError(ExperimentError):
    """Arms that differ in size by more than chance: the analysis stops."""


def compare(arms: pd.Series, shares: Mapping[object, float] | None = None) -> pd.DataFrame:
    """Return how many units each arm has beside how many were meant.

    Parameters
    ----------
    arms : pandas.Series
        The arm of each unit.
    shares : mapping, optional
        Share of units meant for each arm; the same for all where not given.

    Returns
    -------
    pandas.DataFrame
        ``arm, n, meant, p, verdict``; ``p`` of the chi-squared test of all arms, missing below ``FEWEST`` units.

    Raises
    ------
    ExperimentError
        If ``shares`` do not name each arm once, or are not above 0.
    """
    counts = arms.value_counts().sort_index(key=lambda names: names.map(str))
    if shares is None:
        shares = dict.fromkeys(counts.index, 1.0)
    if {*shares} != {*counts.index} or min(shares.values()) <= 0:
        raise ExperimentError(
            f"shares={dict(shares)}: each arm needs a share above 0; arms are {', '.join(map(str, counts.index))}."
        )
    asked = np.array([shares[name] for name in counts.index], dtype="float64")
    meant = counts.sum() * asked / asked.sum()
    p = float(chisquare(counts.to_numpy(), meant).pvalue) if counts.sum() >= FEWEST else np.nan
    verdict = TOO_FEW if np.isnan(p) else MISMATCH if p < LEVEL else RATIO_KEPT
    return pd.DataFrame({"arm": counts.index, "n": counts.to_numpy(), "meant": meant, "p": p, "verdict": verdict})


def require(arms: pd.Series, shares: Mapping[object, float] | None = None) -> None:
    """Stop where arms differ in size by more than chance.

    Raises
    ------
    SampleRatioError
    """
    found = compare(arms, shares)
    if (found["verdict"] == MISMATCH).any():
        told = ", ".join(f"{r.arm} {r.n:,} instead of about {r.meant:,.0f}" for r in found.itertuples())
        raise SampleRatioError(
            f"sample ratio mismatch (p = {found['p'].iloc[0]:.1g}): {told}. Something besides the draw decided who "
            "is counted; look for it in assignment, logging and filters before reading any effect. If other shares "
            "were planned, name them in shares."
        )
