"""Visits: what people look at outside their courses, before they register and after."""

import numpy as np
import pandas as pd

from insights.simulation.choice import choose_products, choose_topics
from insights.simulation.people import People
from insights.simulation.products import Catalogue, topic_totals
from insights.simulation.world import World, at_home, begins, within

VIEWS_A_MONTH, VIEWS_A_VISIT = 1.6, 2.5
ANONYMOUS = 0.12
SECONDS = (3.4, 1.0)  # lognormal: time on a page
LOOKS_BEFORE_BUYING, DAYS_BEFORE_BUYING = 0.8, 3.0
PAGES = np.array(["home", "catalogue", "blog", "newsletter", "account", "event", "about_product"])
PAGE_SHARES = (0.16, 0.14, 0.14, 0.06, 0.06, 0.06, 0.38)
# Where visits come from; one that was opened directly has no referrer. Visits from e-mails come beside these.
REFERRERS = np.array(["", "google.com", "bing.com", "linkedin.com", "facebook.com", "instagram.com"])
REFERRER_SHARES = (0.32, 0.40, 0.06, 0.12, 0.06, 0.04)
DIRECT = 0
AGENTS = np.array(["Chrome", "Safari", "Firefox", "Edge", "Mobile Safari", "Chrome Mobile"])
AGENT_SHARES = (0.4, 0.12, 0.08, 0.1, 0.14, 0.16)
COLUMNS = [
    "person",
    "cookie",
    "product",
    "day",
    "page_type",
    "seconds",
    "page",
    "visit",
    "referrer",
    "mailing",
]


def browse(
    world: World, people: People, catalogue: Catalogue, chances: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Return page views outside courses, by interest; ``person`` is −1 while anonymous, ``product`` −1 for none.

    Parameters
    ----------
    chances : numpy.ndarray of shape (products, months)
        From :func:`look_chances`: how much each product draws looks in each month.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``: ``visit`` numbers the visits of these people, ``referrer`` is an index of ``REFERRERS``,
        ``mailing`` that of the mailing whose link was followed, −1 for none.
    """
    begin = world.days(world.starts)
    here = people.registered[:, None] < begin[None, 1 : world.months + 1]
    number = rng.poisson(VIEWS_A_MONTH / VIEWS_A_VISIT * np.where(here, people.activity[:, None], 0.0))
    person, month = np.nonzero(number)
    repeat = number[person, month]
    person, month = np.repeat(person, repeat), np.repeat(month, repeat)
    visit = np.repeat(np.arange(len(person)), rng.geometric(1 / VIEWS_A_VISIT, size=len(person)))
    kind = rng.choice(PAGES, size=len(visit), p=PAGE_SHARES)
    product = np.full(len(visit), -1)
    about = np.flatnonzero(kind == "about_product")
    product[about] = _looked_at(people, catalogue, chances, person[visit[about]], month[visit[about]], rng)
    earliest = begin[month]
    np.maximum.at(earliest, visit[about], _announced(world, catalogue)[product[about]])
    day = earliest + rng.random(len(person)) * (begin[month + 1] - earliest)
    local = at_home(day, people.offset[person], rng)
    day = np.where((local >= earliest) & (local < begin[month + 1]), local, day)
    referrer = rng.choice(len(REFERRERS), size=len(person), p=REFERRER_SHARES)
    return _pages(people, person, visit, product, day, kind, referrer, np.full(len(person), -1), rng)


def follow(
    world: World, people: People, mailings: pd.DataFrame, clicks: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the page views of people who followed a link in an e-mail, as :func:`browse` does.

    Parameters
    ----------
    mailings : pandas.DataFrame
        From :func:`insights.simulation.mailings.make_mailings`.
    clicks : pandas.DataFrame
        ``person, mailing, day`` of each click that a person made.
    """
    person, mailing, day = (clicks[name].to_numpy() for name in ("person", "mailing", "day"))
    visit = np.repeat(np.arange(len(person)), rng.geometric(1 / VIEWS_A_VISIT, size=len(person)))
    first = begins(visit)
    subject = mailings["product"].to_numpy()[mailing[visit]]
    plain = rng.choice(PAGES[:-1], size=len(visit), p=np.array(PAGE_SHARES[:-1]) / sum(PAGE_SHARES[:-1]))
    landing = np.where(subject >= 0, "about_product", "blog")
    kind, product = np.where(first, landing, plain), np.where(first, subject, -1)
    direct = np.full(len(person), DIRECT)
    views = _pages(people, person, visit, product, day + 5 / 86_400, kind, direct, mailing, rng)
    return views[views["day"] < world.days(world.end)]


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
    referrer = rng.choice(len(REFERRERS), size=len(row), p=REFERRER_SHARES)
    kind, none = np.full(len(row), "about_product"), np.full(len(row), -1)
    return _pages(people, person, np.arange(len(row)), product, day, kind, referrer, none, rng)


def visited(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return page views of several kinds together, their visits numbered on."""
    first = np.cumsum([0, *(part["visit"].max() + 1 if len(part) else 0 for part in parts)])[:-1]
    numbered = [part.assign(visit=part["visit"] + start) for part, start in zip(parts, first, strict=True)]
    return pd.concat(numbered, ignore_index=True)


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


def _pages(people, person, visit, product, day, kind, referrer, mailing, rng):
    """Return the pages of visits one after the other, each begun when the time on the one before was over."""
    n = len(visit)
    seconds = np.minimum(rng.lognormal(*SECONDS, size=n), 3600).astype("int32")
    at = day[visit] + within(seconds, begins(visit)) / 86_400
    unknown = rng.random(len(person)) < ANONYMOUS
    anonymous = (at < people.registered[person[visit]]) | unknown[visit]
    return pd.DataFrame(
        {
            "person": np.where(anonymous, -1, person[visit]), "cookie": person[visit], "product": product, "day": at,
            "page_type": kind, "seconds": seconds, "page": rng.integers(1, 40, size=n), "visit": visit,
            "referrer": referrer[visit], "mailing": mailing[visit],
        }
    )[COLUMNS]  # fmt: skip
