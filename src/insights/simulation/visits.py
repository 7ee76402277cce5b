"""Visits: what people look at outside their courses, before they register and after."""

import numpy as np
import pandas as pd

from insights.simulation.choice import choose_products, choose_topics
from insights.simulation.people import People
from insights.simulation.products import Catalogue, topic_totals
from insights.simulation.world import World

VIEWS_A_MONTH = 1.6
ANONYMOUS = 0.12
LOOKS_BEFORE_BUYING, DAYS_BEFORE_BUYING = 0.8, 3.0
PAGES = np.array(["home", "catalogue", "blog", "newsletter", "account", "event", "about_product"])
PAGE_SHARES = (0.16, 0.14, 0.14, 0.06, 0.06, 0.06, 0.38)
REFERRERS = np.array(["search", "direct", "newsletter", "linkedin", "facebook", "instagram"])
REFERRER_SHARES = (0.38, 0.25, 0.17, 0.1, 0.06, 0.04)
AGENTS = np.array(["Chrome", "Safari", "Firefox", "Edge", "Mobile Safari", "Chrome Mobile"])
AGENT_SHARES = (0.4, 0.12, 0.08, 0.1, 0.14, 0.16)


def browse(
    world: World, people: People, catalogue: Catalogue, chances: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Return page views outside courses, by interest; ``person`` is −1 while anonymous, ``product`` −1 for none.

    Parameters
    ----------
    chances : numpy.ndarray of shape (products, months)
        From :func:`look_chances`: how much each product draws looks in each month.
    """
    begin = world.days(world.starts)
    here = people.registered[:, None] < begin[None, 1 : world.months + 1]
    number = rng.poisson(VIEWS_A_MONTH * np.where(here, people.activity[:, None], 0.0))
    person, month = np.nonzero(number)
    repeat = number[person, month]
    person, month = np.repeat(person, repeat), np.repeat(month, repeat)
    n = len(person)
    kind = rng.choice(PAGES, size=n, p=PAGE_SHARES)
    product = np.full(n, -1)
    about = np.flatnonzero(kind == "about_product")
    product[about] = _looked_at(people, catalogue, chances, person[about], month[about], rng)
    earliest = begin[month]
    earliest[about] = np.maximum(earliest[about], _announced(world, catalogue)[product[about]])
    day = earliest + rng.random(n) * (begin[month + 1] - earliest)
    return _views(people, person, product, day, kind, rng)


def consider(
    world: World, people: People, catalogue: Catalogue, courses: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the looks that buyers took at what they then bought, as :func:`browse` does.

    They lie in the month of the purchase: what nobody can foresee of a month must not show before it.
    """
    row = np.repeat(np.arange(len(courses)), rng.poisson(LOOKS_BEFORE_BUYING, size=len(courses)))
    person, product, bought = (courses[name].to_numpy()[row] for name in ("person", "product", "day"))
    begin = world.days(world.starts)[world.month_of(world.at(bought))]
    earliest = np.maximum(begin, _announced(world, catalogue)[product])
    day = bought - rng.exponential(DAYS_BEFORE_BUYING, size=len(row))
    day = np.where(day < earliest, earliest + rng.random(len(row)) * (bought - earliest), day)
    return _views(people, person, product, day, np.full(len(row), "about_product"), rng)


def look_chances(world: World, catalogue: Catalogue, attention: np.ndarray) -> np.ndarray:
    """Return how much each product draws looks by month: from its announcement on, shape (products, months)."""
    announced = _announced(world, catalogue)
    begin = world.days(world.starts)
    length = np.diff(begin)
    share = ((begin[None, 1:] - np.maximum(begin[None, :-1], announced[:, None])) / length).clip(0, 1)
    return attention[:, : world.months] * share


def page_type(
    product_days: np.ndarray, kind: np.ndarray, launched: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the kind of page: a product's page after launch, announcement or waiting list before it."""
    before = ~(product_days >= launched)
    early = np.where(rng.random(len(kind)) < 0.3, "waiting_list", "announcement")
    return np.where(kind == "about_product", np.where(before, early, "product"), kind)


def devices(people: People, rng: np.random.Generator) -> np.ndarray:
    """Return the two browsers of each person, the usual one first, shape (people, 2), as indices of AGENTS."""
    return rng.choice(len(AGENTS), size=(len(people), 2), p=AGENT_SHARES)


def _announced(world, catalogue):
    return world.days(catalogue.table["announced_at"].to_numpy(dtype="datetime64[us]"))


def _looked_at(people, catalogue, chances, person, month, rng):
    drawn = topic_totals(chances.T, catalogue.topic)[month] * people.interest[person]
    return choose_products(chances, catalogue.topic, month, choose_topics(drawn, rng), rng)


def _views(people, person, product, day, kind, rng):
    n = len(person)
    anonymous = (day < people.registered[person]) | (rng.random(n) < ANONYMOUS)
    return pd.DataFrame(
        {
            "person": np.where(anonymous, -1, person), "cookie": person, "product": product, "day": day,
            "page_type": kind, "seconds": np.minimum(rng.lognormal(3.4, 1.0, size=n), 3600).astype("int32"),
            "page": rng.integers(1, 40, size=n),
        }
    )  # fmt: skip
