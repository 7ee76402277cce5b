"""Truth: what lies beneath the records. Only tests, benchmarks and the certification read it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import lognorm

from insights.simulation import experiments, shift
from insights.simulation.people import People
from insights.simulation.products import CANNIBALISATION, SHOCK_SD, Catalogue, topic_totals
from insights.simulation.studies import (
    COMMUNITY_EFFECT,
    DISPARITY,
    DRIFT_A_YEAR,
    LEAVES,
    LEAVES_SHARE,
    TOOK_LOG,
    completes_with,
    wanting,
)
from insights.simulation.touches import EFFECTS
from insights.simulation.world import TOPICS, World

BUYERS = 3_000
DAY, HORIZON_DAYS = 7, 42


@dataclass(frozen=True)
class Buyers:
    """Some of the people, evenly drawn, who stand for all: what each wants, and when each was there and eager.

    Attributes
    ----------
    wanting : numpy.ndarray of shape (people, topics)
        Products of each topic bought in an ordinary month.
    ready : numpy.ndarray of shape (people, months)
        Share of each month in which the person was registered, times how eager they were.
    """

    wanting: np.ndarray
    ready: np.ndarray


def some_buyers(world: World, people: People, ready: np.ndarray) -> Buyers:
    """Return the buyers of a chunk of people that stand for all."""
    every = slice(None, None, max(1, world.people // BUYERS))
    return Buyers(wanting(people)[every], ready[every])


def fresh_share(world: World, catalogue: Catalogue, buyers: list[Buyers]) -> np.ndarray:
    """Return the share of the demand for a product that comes from people who do not have it yet.

    Nobody buys a product twice, and those who want much have most of it already. Demand before the month counts as
    it was, demand in the month as it was foreseen.

    Returns
    -------
    numpy.ndarray of shape (products, months)
    """
    wants = np.concatenate([one.wanting for one in buyers])
    ready = np.concatenate([one.ready for one in buyers])
    met = _per_wanting(world, catalogue, catalogue.attraction())
    foreseen = np.exp(catalogue.foreseen + (SHOCK_SD * world.difficulty) ** 2 / 2) * catalogue.on_sale
    coming = _per_wanting(world, catalogue, foreseen)
    share = np.ones_like(met)
    for product, topic in enumerate(catalogue.topic):
        before = np.cumsum(ready * met[product], axis=1) - ready * met[product]
        so_far = wants[:, topic, None] * (before + ready * coming[product] / 2)
        weight = wants[:, topic, None] * ready
        share[product] = (weight * np.exp(-so_far)).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
    return share


def completion_probability(
    world: World, people: People, catalogue: Catalogue, courses: pd.DataFrame, ids: list[str]
) -> pd.DataFrame:
    """Return the true chances of each enrollment.

    Returns
    -------
    pandas.DataFrame
        ``propensity`` is the probability of ever completing. ``probability`` is that of completing between ``DAY``
        and ``DAY + HORIZON_DAYS`` days after the purchase, for one still at it on ``DAY``; missing where it was over
        by then. ``effort`` is what drives both. ``without_event`` and ``with_event`` are the probabilities of
        completing within ``DAY + HORIZON_DAYS`` days had the person not come to an event lately, and had they come;
        ``without_reminder`` and ``with_reminder`` the same of the experiment's reminder.
    """
    length, chance = courses["length"].to_numpy(), courses["propensity"].to_numpy()
    early, late = (_done_by(length, day) for day in (DAY, DAY + HORIZON_DAYS))
    first, last = LEAVES
    left = ((DAY / length - first) / (last - first)).clip(0, 1) * LEAVES_SHARE
    at_it = chance * (1 - early) + (1 - chance) * (1 - left)
    alone = courses["effort"].to_numpy() - COMMUNITY_EFFECT * courses["came"].to_numpy()
    reminded = people.arms.variant("reminder", courses["person"].to_numpy(), courses["day"].to_numpy())
    unreminded = courses["effort"].to_numpy() - experiments.REMINDER * reminded
    over = courses["day"].to_numpy() + DAY > courses[["finish", "leave"]].min(axis=1).to_numpy()
    return pd.DataFrame(
        {
            "enrollment_id": ids, "learner_id": people.ids[courses["person"]],
            "product_id": catalogue.table["product_id"].to_numpy()[courses["product"]],
            "effort": courses["effort"].to_numpy(), "propensity": chance,
            "without_event": completes_with(world, alone) * late,
            "with_event": completes_with(world, alone + COMMUNITY_EFFECT) * late,
            "without_reminder": completes_with(world, unreminded) * late,
            "with_reminder": completes_with(world, unreminded + experiments.REMINDER) * late,
            "probability": np.where(over, np.nan, chance * (late - early) / at_it),
        }
    )  # fmt: skip


def channels(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return what each channel does, from :func:`insights.simulation.touches.caused` of all people.

    Returns
    -------
    pandas.DataFrame
        ``channel, month, caused, sold``, and ``effect``: what a touch adds to the logarithm of the rate of purchases
        in the month after.
    """
    whole = pd.concat(parts).groupby(["channel", "month"], sort=False, as_index=False).sum()
    return whole.assign(effect=whole["channel"].map(EFFECTS))


def latent_people(people: People) -> pd.DataFrame:
    """Return what drives each person: activity, traits, and the interest in each topic."""
    traits = {name: getattr(people, name) for name in ("activity", "diligence", "community", "skill")}
    interest = {f"interest_{topic}": people.interest[:, index] for index, topic in enumerate(TOPICS)}
    return pd.DataFrame({"learner_id": people.ids, "woman": people.woman} | traits | interest)


def planted(world: World) -> pd.DataFrame:
    """Return what is planted and how large it is: ``planted, size, scale``; of what is not planted the size is 0."""
    sizes = {
        "experiments, subject line": (experiments.CLICKS["subject_line"], "factor on clicks"),
        "experiments, send hour": (experiments.CLICKS["send_hour"], "factor on clicks"),
        "experiments, reminder": (experiments.REMINDER, "effort"), "disparity": (-DISPARITY, "effort of women"),
        "drift": (-DRIFT_A_YEAR, "effort a year"), "shift": (-shift.EFFORT, "effort"),
    }  # fmt: skip
    rows = [
        [name, size if name.split(",")[0] in world.planted else 0.0, scale]
        for name, (size, scale) in sizes.items()
    ]
    return pd.DataFrame(
        [*rows, ["community", COMMUNITY_EFFECT, "effort"]], columns=["planted", "size", "scale"]
    )


def latent_products(world: World, catalogue: Catalogue) -> pd.DataFrame:
    """Return what drives the sales of each product in each month, on the scale of the logarithm."""
    n, months = len(catalogue.table), world.months
    series = {name: getattr(catalogue, name) for name in ("foreseen", "shock", "buzz", "surprise", "on_sale")}
    return pd.DataFrame(
        {
            "product_id": np.repeat(catalogue.table["product_id"].to_numpy(), months),
            "month": np.tile(world.starts[:months], n),
        }
        | {name: values[:, :months].ravel() for name, values in series.items()}
    )


def write(name: str, table: pd.DataFrame, folder: Path) -> None:
    """Write a table of the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / f"{name}.parquet")


def _per_wanting(world, catalogue, attraction):
    """Purchases of each product per unit of wanting and month, shape (products, months)."""
    total = topic_totals(attraction.T, catalogue.topic).T
    shared = np.where(total > 0, np.maximum(total, 1e-12) ** -CANNIBALISATION, 0.0)
    return (attraction * shared[catalogue.topic] * world.season)[:, : world.months]


def _done_by(length, day):
    mean, sd = TOOK_LOG
    return lognorm.cdf(day / length, s=sd, scale=np.exp(mean))
