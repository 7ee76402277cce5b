"""Products: a catalogue, launches every month, candidates never launched; their demand and their plans."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import poisson

from insights.contract import LEVELS
from insights.simulation.world import TOPICS, World, autoregressive

FIRST_CATALOGUE = 110
LAUNCHES, CANDIDATES = (8, 10), 3
PRICES = {"course": 49.0, "series": 149.0, "programme": 399.0}
KIND_SHARES = (0.7, 0.22, 0.08)
WEEKS = {"course": 2, "series": 4, "programme": 6}
QUALITY_SD, BUZZ_SD, BUZZ_MEMORY, SHOCK_SD, PLAN_SD = 0.42, 0.52, 0.5, 0.6, 0.25
AGEING = 0.03
WHIM_SD = 0.6
FIRST_MONTH = 0.35
CANNIBALISATION = 0.4
ENROLLMENTS_A_MONTH = 0.035
MEAN_PAID = 0.9
ASK = 1.25
SHOCK_DRAWS = 400


@dataclass(frozen=True)
class Catalogue:
    """All products, and what drives their sales.

    Attributes
    ----------
    table : pandas.DataFrame
        The contract's columns.
    topic : numpy.ndarray of shape (products,)
        Index of the topic.
    foreseen : numpy.ndarray of shape (products, months + 1)
        Logarithm of attraction as far as anybody could foresee it.
    shock : numpy.ndarray of shape (products, months + 1)
        What nobody can foresee.
    buzz : numpy.ndarray of shape (products, months + 1)
        The part of ``foreseen`` that is talked about.
    surprise : numpy.ndarray of shape (products, months + 1)
        ``foreseen`` minus what the plan expected.
    on_sale : numpy.ndarray of shape (products, months + 1)
        Share of the month in which the product was on sale.
    whim : numpy.ndarray of shape (products, months + 1)
        What misleads visitors and social feeds alike; 0 where the two views are independent given demand.
    """

    table: pd.DataFrame
    topic: np.ndarray
    foreseen: np.ndarray
    shock: np.ndarray
    buzz: np.ndarray
    surprise: np.ndarray
    on_sale: np.ndarray
    whim: np.ndarray

    def attraction(self) -> np.ndarray:
        """Return what draws buyers, shape (products, months + 1); 0 while not on sale."""
        return np.exp(self.foreseen + self.shock) * self.on_sale

    def attention(self, rng: np.random.Generator) -> np.ndarray:
        """Return what draws looks in each month: people look before they buy, so next month shows already."""
        coming = np.roll(self.foreseen, -1, axis=1)
        coming[:, -1] = self.foreseen[:, -1]
        noise = rng.normal(scale=0.25, size=coming.shape)
        return np.exp(0.35 * self.foreseen + 0.65 * coming + noise + np.roll(self.whim, -1, axis=1))


def make_products(world: World, rng: np.random.Generator) -> Catalogue:
    """Make every product of the history, its demand and its plan."""
    launched, announced = _dates(world, rng)
    n, steps = len(launched), world.months + 1
    topic = rng.choice(len(TOPICS), size=n, p=popularity())
    kind = rng.choice(list(PRICES), size=n, p=KIND_SHARES)
    quality = rng.normal(scale=QUALITY_SD, size=n)
    buzz = autoregressive(rng, n, steps, BUZZ_SD, BUZZ_MEMORY)
    age = _age(world, launched)
    planned = quality[:, None] - AGEING * age.clip(0) + FIRST_MONTH * (age == 0)
    foreseen = planned + buzz + world.fashion[topic]
    shock = rng.normal(scale=SHOCK_SD * world.difficulty, size=(n, steps))
    whim = WHIM_SD * rng.normal(size=(n, steps)) * ("independent_views" not in world.planted)
    on_sale = _on_sale(world, launched)
    table = _table(world, launched, announced, topic, kind, rng)
    table = _with_plan(world, table, topic, planned, on_sale, age, rng)
    return Catalogue(table, topic, foreseen, shock, buzz, buzz + world.fashion[topic], on_sale, whim)


def popularity() -> np.ndarray:
    """Return the share of interest that each topic has by itself, shape (topics,)."""
    weights = np.array([1.5, 1.6, 1.3, 0.9, 1.1, 0.9, 0.9, 0.6, 0.8, 0.9, 0.6, 0.7])
    return weights / weights.sum()


def expected_units(attraction: np.ndarray, topic: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Return expected sales from attraction: a topic's buyers are shared among its products.

    Parameters
    ----------
    attraction : array of shape (..., products)
    topic : array of shape (products,)
    demand : array of shape (topics,)
        What people would buy of a topic whose attractions sum to one.

    Returns
    -------
    array of shape (..., products)
    """
    total = topic_totals(attraction, topic)
    with np.errstate(invalid="ignore", divide="ignore"):
        per_attraction = np.where(total > 0, demand * total**-CANNIBALISATION, 0.0)
    return attraction * per_attraction[..., topic]


def topic_totals(values: np.ndarray, topic: np.ndarray) -> np.ndarray:
    """Return sums over the products of each topic, shape (..., topics)."""
    member = np.eye(len(TOPICS))[topic]
    return values @ member


def launch_probability(
    world: World,
    catalogue: Catalogue,
    demand: np.ndarray,
    fresh: np.ndarray,
    kept: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the true probability that a product's margin of a month reaches its hurdle.

    Everything is decided but the month's shocks and the chance of single purchases.

    Parameters
    ----------
    demand : array of shape (topics, months)
        From the people as they really are.
    fresh : array of shape (products, months)
        Share of demand from people who do not have the product yet.
    kept : float
        Share of what is paid that is not paid back.

    Returns
    -------
    pandas.DataFrame
        ``product_id, decision_at, probability, expected_margin``; a row per product and month on sale.
    """
    table = catalogue.table
    unit = (table["price"].astype(float) * MEAN_PAID * kept * table["margin"]).to_numpy()
    hurdle = table["monthly_hurdle"].astype(float).to_numpy()
    parts = []
    for month in range(world.months):
        share = catalogue.on_sale[:, month]
        shocks = rng.normal(scale=SHOCK_SD * world.difficulty, size=(SHOCK_DRAWS, len(table)))
        drawn = np.exp(catalogue.foreseen[:, month] + shocks) * share
        units = expected_units(drawn, catalogue.topic, demand[:, month]) * fresh[:, month]
        needed = np.ceil(hurdle * share / unit)
        probability = poisson.sf(needed - 1, units).mean(axis=0)
        part = pd.DataFrame(
            {
                "product_id": table["product_id"],
                "decision_at": world.starts[month],
                "probability": probability,
                "expected_margin": units.mean(axis=0) * unit,
            }
        )
        parts.append(part[share > 0])
    return pd.concat(parts, ignore_index=True)


def _dates(world, rng):
    first = -rng.uniform(30, 900, size=FIRST_CATALOGUE)
    months = world.days(world.starts)
    launches = [
        months[m] + rng.uniform(0, 12, size=rng.integers(LAUNCHES[0], LAUNCHES[1] + 1))
        for m in range(world.months)
    ]
    launched = np.concatenate([first, *launches])
    announced = launched - rng.uniform(35, 85, size=len(launched))
    never = np.concatenate([months[m] + rng.uniform(0, 28, size=CANDIDATES) for m in range(world.months)])
    coming = world.days(world.end) + rng.uniform(0, 12, size=LAUNCHES[1])
    launched = np.concatenate([launched, np.full(len(never), np.nan), np.full(len(coming), np.nan)])
    announced = np.concatenate([announced, never, coming - rng.uniform(35, 85, size=len(coming))])
    return np.floor(launched), np.floor(announced)


def _age(world, launched):
    begin = world.days(world.starts)[None, :]
    months = np.floor((begin - launched[:, None]) / 30.4375) + 1
    return np.where(np.isnan(launched)[:, None], 0.0, np.maximum(months, 0.0))


def _on_sale(world, launched):
    edges = np.append(world.days(world.starts), world.days(world.starts)[-1] + 31)
    length = np.diff(edges)
    share = (edges[None, 1:] - np.fmax(edges[None, :-1], launched[:, None])) / length
    return np.where(np.isnan(launched)[:, None], 0.0, share.clip(0, 1))


def _table(world, launched, announced, topic, kind, rng):
    n = len(launched)
    names = np.array(list(TOPICS))[topic]
    level = rng.choice(LEVELS, size=n, p=(0.45, 0.38, 0.17))
    base = np.array([PRICES[k] for k in kind]) * np.exp(rng.normal(scale=0.2, size=n))
    at = pd.Series(world.at(announced))
    out = pd.Series(world.at(np.nan_to_num(launched))).where(~np.isnan(launched))
    return pd.DataFrame(
        {
            "product_id": [f"P{i:04d}" for i in range(n)],
            "family": [f"F{i:04d}" for i in range(n)],
            "title": [_title(names[i], level[i], rng) for i in range(n)],
            "announced_at": at,
            "recorded_at": at + pd.Timedelta(hours=6),
            "launched_at": out,
            "kind": kind,
            "topic": names,
            "level": level,
            "description": [_describe(names[i], kind[i], rng) for i in range(n)],
            "price": np.round(base, 0) - 0.01,
            "margin": np.round(rng.uniform(0.55, 0.85, size=n), 2),
        }
    )


def _title(topic, level, rng):
    words = TOPICS[topic].split()
    first, second = rng.choice(words, size=2, replace=False)
    opening = {"beginner": "Introduction to", "intermediate": "Practical", "advanced": "Advanced"}[level]
    return f"{opening} {topic}: {first.title()} and {second.title()}"


def _describe(topic, kind, rng):
    words = rng.choice(TOPICS[topic].split(), size=4, replace=False)
    return f"A {kind} on {words[0]}, {words[1]} and {words[2]}, with projects on {words[3]}."


def _with_plan(world, table, topic, planned, on_sale, age, rng):
    """Plan from quality, age and the size of the topic, with an error; fashion and buzz are not foreseen."""
    unit = table["price"] * MEAN_PAID * table["margin"]
    at = np.clip(world.month_of(table["announced_at"].to_numpy(dtype="datetime64[us]")) + 2, 0, world.months)
    rivals = topic_totals((np.exp(planned) * on_sale).T, topic)[at, topic].clip(min=1.0)
    people = world.people * _registered_share(world)[at]
    demand = people * ENROLLMENTS_A_MONTH * popularity()[topic]
    own = np.exp(np.where(age[np.arange(len(table)), at] > 0, planned[np.arange(len(table)), at], 0.0))
    units = own * demand * rivals**-CANNIBALISATION
    error = np.exp(rng.normal(scale=PLAN_SD, size=len(table)))
    monthly = np.maximum(units * unit * error * ASK, unit)
    return table.assign(launch_cost=np.round(monthly * 12, 2), monthly_hurdle=np.round(monthly, 2))


def _registered_share(world):
    return np.linspace(0.35, 1.0, world.months + 1)
