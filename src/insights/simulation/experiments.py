"""Experiments: randomised changes to e-mails, run every half year, with effects that are known.

Each draws a fifth of the people who are registered when it begins and gives half of them the variant. The variant of
one of them does nothing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.simulation.world import World

SHARE = 0.2
CLICKS = {
    "subject_line": 1.35,
    "send_hour": 1.0,
}  # what the variant multiplies clicks on course announcements by
REMINDER = 0.35  # what the reminder adds to the effort of who enrolls while it runs
NAMES = (*CLICKS, "reminder")
MONTHS = 6
OUT, CONTROL, VARIANT = 0, 1, 2


@dataclass(frozen=True)
class Arms:
    """Who is in which arm of each experiment, in each half year.

    Attributes
    ----------
    arm : dict of str to numpy.ndarray of shape (people, half years)
        ``OUT``, ``CONTROL`` or ``VARIANT``.
    begins : numpy.ndarray
        Day on which each half year begins.
    """

    arm: dict[str, np.ndarray]
    begins: np.ndarray

    def variant(self, name: str, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return whether each person was in the variant of an experiment on each day."""
        half = np.searchsorted(self.begins, day, side="right") - 1
        return (half >= 0) & (self.arm[name][person, np.maximum(half, 0)] == VARIANT)

    def table(self, world: World, ids: np.ndarray) -> pd.DataFrame:
        """Return the assignments in the contract's columns."""
        parts = [self._half(world, ids, name, half) for name in self.arm for half in range(len(self.begins))]
        return pd.concat(parts, ignore_index=True)

    def _half(self, world, ids, name, half):
        arm = self.arm[name][:, half]
        drawn = np.flatnonzero(arm != OUT)
        at = world.at(np.full(len(drawn), self.begins[half]))
        return pd.DataFrame(
            {
                "experiment": f"{name}_{half + 1}", "learner_id": ids[drawn],
                "arm": np.where(arm[drawn] == VARIANT, "variant", "none"), "assigned_at": at,
                "recorded_at": at + np.timedelta64(1, "h"),
            }
        )  # fmt: skip


def assign(world: World, registered: np.ndarray, rng: np.random.Generator) -> Arms:
    """Draw who takes part in each experiment, among those registered when it begins, and in which arm.

    Parameters
    ----------
    registered : numpy.ndarray of shape (people,)
        Days since the start of the history.
    """
    begins = world.days(world.starts[:-1:MONTHS])
    here = registered[:, None] < begins[None, :]
    arm = {}
    for name in NAMES:
        drawn = here & (rng.random(here.shape) < SHARE)
        arm[name] = np.where(drawn, np.where(rng.random(here.shape) < 0.5, VARIANT, CONTROL), OUT).astype(
            "int8"
        )
    return Arms(
        arm if "experiments" in world.planted else {n: np.zeros_like(a) for n, a in arm.items()}, begins
    )
