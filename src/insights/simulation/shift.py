"""A shift: from one day on people try less hard, and a third of the visits is not recorded; off by default."""

import numpy as np
import pandas as pd

from insights.simulation.world import World

BEFORE_END = 6  # months
EFFORT, UNRECORDED = 0.8, 3  # what effort falls by; every how manieth view is lost


def begins(world: World) -> float:
    """Return the day from which on things are otherwise; never, unless it is planted."""
    return float(world.days(world.starts[-1 - BEFORE_END])) if "shift" in world.planted else np.inf


def effort(world: World, day: np.ndarray) -> np.ndarray:
    """Return by how much less people try, by the day of the enrollment."""
    return EFFORT * (day >= begins(world))


def recorded(world: World, views: pd.DataFrame) -> pd.DataFrame:
    """Return the page views that are recorded: of those after the shift every third is lost, without chance."""
    lost = (views["day"].to_numpy() >= begins(world)) & (np.arange(len(views)) % UNRECORDED == 0)
    return views if not lost.any() else views[~lost].reset_index(drop=True)
