"""The world around the company: topics and their fashions, countries, seasons, months."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.params import Simulation

TOPICS = {
    "Generative AI": "diffusion images prompts creative generation models multimodal",
    "LLM Applications": "retrieval agents tools chat embeddings context orchestration",
    "Agents": "planning tools memory autonomy workflows evaluation multi-agent",
    "MLOps": "pipelines deployment monitoring drift containers serving versioning",
    "Deep Learning": "networks backpropagation layers gradients convolution training",
    "Natural Language": "tokens transformers attention translation sentiment parsing",
    "Computer Vision": "detection segmentation cameras features recognition tracking",
    "Reinforcement Learning": "rewards policies exploration games control simulation",
    "Data Engineering": "warehouse streaming quality schemas orchestration lakes",
    "AI for Business": "strategy value adoption roadmap teams governance leaders",
    "AI in Healthcare": "patients imaging trials diagnosis records prognosis",
    "Mathematics": "algebra calculus probability statistics optimisation matrices",
}
COUNTRIES = {
    "United States": 0.22, "India": 0.20, "China": 0.07, "Brazil": 0.05, "United Kingdom": 0.05, "Germany": 0.04,
    "Canada": 0.04, "France": 0.03, "Nigeria": 0.03, "Indonesia": 0.03, "Pakistan": 0.03, "Mexico": 0.03,
    "Japan": 0.03, "Spain": 0.02, "Italy": 0.02, "Australia": 0.02, "Turkey": 0.02, "Egypt": 0.02, "Kenya": 0.01,
    "Vietnam": 0.01, "Poland": 0.01, "Colombia": 0.01, "South Korea": 0.01,
}  # fmt: skip
CITIES = {
    "United States": ("New York", "San Francisco", "Austin"), "India": ("Bengaluru", "Delhi", "Pune"),
    "China": ("Shanghai", "Shenzhen"), "Brazil": ("São Paulo", "Recife"), "United Kingdom": ("London", "Leeds"),
    "Germany": ("Berlin", "München"), "Canada": ("Toronto", "Montréal"), "France": ("Paris", "Lyon"),
    "Nigeria": ("Lagos", "Abuja"), "Indonesia": ("Jakarta",), "Pakistan": ("Karachi", "Lahore"),
    "Mexico": ("Ciudad de México",), "Japan": ("Tokyo", "Osaka"), "Spain": ("Madrid",), "Italy": ("Milano",),
    "Australia": ("Sydney",), "Turkey": ("Istanbul",), "Egypt": ("Cairo",), "Kenya": ("Nairobi",),
    "Vietnam": ("Hanoi",), "Poland": ("Warszawa",), "Colombia": ("Bogotá",), "South Korea": ("Seoul",),
}  # fmt: skip
HOURS_FROM_UTC = {
    "United States": -6, "India": 5.5, "China": 8, "Brazil": -3, "United Kingdom": 0, "Germany": 1, "Canada": -5,
    "France": 1, "Nigeria": 1, "Indonesia": 7, "Pakistan": 5, "Mexico": -6, "Japan": 9, "Spain": 1, "Italy": 1,
    "Australia": 10, "Turkey": 3, "Egypt": 2, "Kenya": 3, "Vietnam": 7, "Poland": 1, "Colombia": -5, "South Korea": 9,
}  # fmt: skip
# How much is done in each hour of the day, by the clock on the wall.
HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 7, 7, 7, 7, 7, 7, 7, 8, 10, 11, 10, 7, 4]) / 138
SEASON = (1.15, 1.05, 1.05, 1.0, 0.95, 0.9, 0.85, 0.85, 1.05, 1.1, 1.1, 0.95)
FASHION_SD, FASHION_MEMORY = 0.25, 0.85


@dataclass(frozen=True)
class World:
    """What everybody in the simulation lives in.

    Attributes
    ----------
    people : int
    starts : numpy.ndarray
        First instants of the months, ``datetime64[us]``, one more than there are months: the last is the end.
    season : numpy.ndarray of shape (months + 1,)
        Multiplies demand.
    fashion : numpy.ndarray of shape (topics, months + 1)
        Adds to the logarithm of demand for a topic; drifts slowly.
    planted : frozenset of str
        What is planted, of :data:`insights.params.PLANTED`.
    difficulty : float
        Multiplies what nobody can foresee.
    """

    people: int
    starts: np.ndarray
    season: np.ndarray
    fashion: np.ndarray
    planted: frozenset[str] = frozenset()
    difficulty: float = 1.0

    @property
    def months(self) -> int:
        """Number of months."""
        return len(self.starts) - 1

    @property
    def end(self) -> np.datetime64:
        """First instant after the history."""
        return self.starts[-1]

    def month_of(self, moments: np.ndarray) -> np.ndarray:
        """Return the index of the month that each moment lies in; −1 before the history."""
        return np.searchsorted(self.starts, moments, side="right") - 1

    def days(self, moments: np.ndarray) -> np.ndarray:
        """Return days since the start of the history, with fractions."""
        return (moments - self.starts[0]) / np.timedelta64(1, "D")

    def at(self, days: np.ndarray) -> np.ndarray:
        """Return the moment so many days after the start of the history, to the second."""
        seconds = (np.asarray(days) * 86_400).astype("timedelta64[s]")
        return self.starts[0] + seconds.astype("timedelta64[us]")


def at_home(day: np.ndarray, offset: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the same days, each at an hour at which people do things where they live.

    Parameters
    ----------
    day : numpy.ndarray
        Days since the start of the history.
    offset : numpy.ndarray
        Hours by which each person's clock is ahead of UTC.
    """
    hour = rng.choice(len(HOURS), size=len(day), p=HOURS) + rng.random(len(day))
    return np.floor(day) + ((hour - offset) % 24) / 24


def begins(visit: np.ndarray) -> np.ndarray:
    """Return which pages are the first of their visit, of pages that lie visit by visit."""
    return np.append(True, visit[1:] != visit[:-1])[: len(visit)]


def within(seconds: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return how many seconds into its visit each page begins, from the time on each and which are the first."""
    before = np.cumsum(seconds) - seconds
    return before - np.maximum.accumulate(np.where(first, before, 0))


def span(simulation: Simulation) -> tuple[datetime.date, datetime.date]:
    """Return the first day of the history and the first day after it."""
    first = pd.Timestamp(simulation.start)
    return first.date(), (first + pd.DateOffset(months=simulation.months)).date()


def make_world(simulation: Simulation, rng: np.random.Generator) -> World:
    """Make the world: months, seasons and the fashions of topics."""
    first = pd.Timestamp(simulation.start)
    starts = [first + pd.DateOffset(months=m) for m in range(simulation.months + 1)]
    season = np.array([SEASON[s.month - 1] for s in starts])
    fashion = autoregressive(rng, len(TOPICS), simulation.months + 1, FASHION_SD, FASHION_MEMORY)
    return World(
        simulation.people, np.array(starts, dtype="datetime64[us]"), season, fashion, frozenset(simulation.planted),
        simulation.difficulty,
    )  # fmt: skip


def autoregressive(rng: np.random.Generator, rows: int, steps: int, sd: float, memory: float) -> np.ndarray:
    """Return stationary AR(1) series, shape (rows, steps)."""
    noise = rng.normal(size=(rows, steps)) * sd
    series = np.empty((rows, steps))
    series[:, 0] = noise[:, 0]
    for step in range(1, steps):
        series[:, step] = memory * series[:, step - 1] + np.sqrt(1 - memory**2) * noise[:, step]
    return series
