"""Studies: who enrolls in what, how they work at it, and whether they complete it."""

import numpy as np
import pandas as pd

from insights.simulation import experiments, shift
from insights.simulation.choice import choose_products, choose_topics
from insights.simulation.people import People
from insights.simulation.products import CANNIBALISATION, ENROLLMENTS_A_MONTH, WEEKS, Catalogue, topic_totals
from insights.simulation.world import World, at_home, within

PAGES = np.array(["lesson", "quiz", "forum", "resource", "course_home"])
PAGE_SHARES = (0.55, 0.12, 0.08, 0.1, 0.15)
COMMUNITY_EFFECT = 0.6
COMMUNITY_DAYS = 45
LISTED, LISTED_SHARE = 1.0, 0.17  # effort that goes with being on the list of events; about how many are
UNTOUCHED = 0.93  # makes up for what touches add, so that plans are right on average
LUCK_SD = 0.8
STEEPNESS = 1.75
DISPARITY = 0.4
DRIFT_A_YEAR = 0.15
TOOK_LOG = (-0.1, 0.35)
LEAVES, LEAVES_SHARE = (0.05, 0.9), 0.45
VIEWS_PER_ENROLLMENT, PAGES_A_SITTING = 7.0, 3
REFUNDED, REFUND_DAYS = 0.2, 14.0  # of those who leave a course early; in how many days they may


def topic_demand(world: World, people: People, ready: np.ndarray) -> np.ndarray:
    """Return what these people would buy of each topic in each month, shape (topics, months).

    Parameters
    ----------
    ready : numpy.ndarray of shape (people, months)
        Share of each month in which a person was there, times how eager they are.
    """
    return wanting(people).T @ ready * world.season[None, : world.months]


def wanting(people: People) -> np.ndarray:
    """Return how many products of each topic a person buys in an ordinary month, shape (people, topics)."""
    return people.interest * people.activity[:, None] * ENROLLMENTS_A_MONTH * UNTOUCHED


def enroll(
    world: World,
    people: People,
    catalogue: Catalogue,
    ready: np.ndarray,
    attended: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Let people enroll, and settle how it ends.

    Parameters
    ----------
    ready : numpy.ndarray of shape (people, months)
        As in :func:`topic_demand`.
    attended : pandas.DataFrame
        From :func:`insights.simulation.community.attend`.

    Returns
    -------
    pandas.DataFrame
        ``person, product, day, amount, came, effort, propensity, length, finish, leave, wants_refund``; days since
        the start of the history, ``finish`` and ``leave`` missing where it never happened.
    """  # fmt: skip
    person, product, month = _purchases(world, people, catalogue, ready, rng)
    n = len(person)
    begin = world.days(world.starts)
    launched = np.nan_to_num(world.days(_launched(catalogue)))
    earliest = np.maximum.reduce([begin[month], launched[product], people.registered[person]])
    day = earliest + rng.random(n) * np.maximum(begin[month + 1] - earliest, 0.02)
    frame = pd.DataFrame({"person": person, "product": product, "day": day})
    frame = frame.sort_values(["person", "day"], kind="stable").drop_duplicates(["person", "product"])
    return _settle(world, people, catalogue, frame.reset_index(drop=True), attended, rng)


def course_views(world: World, people: People, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the page views within courses, as :func:`insights.simulation.visits.browse` does.

    A person studies for some pages at a time, at an hour of the day at which people do.
    """
    number = rng.poisson(VIEWS_PER_ENROLLMENT * np.exp(0.45 * frame["effort"] - 0.1))
    sittings = -(-number // PAGES_A_SITTING)
    sitting = np.repeat(np.arange(len(frame)), sittings)
    begun = frame["day"].to_numpy()[sitting]
    fading = np.where(
        frame["finish"].isna().to_numpy()[sitting],
        rng.exponential(0.35, size=len(sitting)),
        rng.random(len(sitting)),
    )
    day = begun + np.minimum(fading, 1.0) * _active_until(frame)[sitting] + rng.random(len(sitting)) * 0.2
    local = at_home(day, people.offset[frame["person"].to_numpy()[sitting]], rng)
    day = np.where(local >= begun, local, day)
    row = np.repeat(np.arange(len(frame)), number)
    first = np.cumsum(number) - number
    place = np.arange(len(row)) - first[row]
    visit = (np.cumsum(sittings) - sittings)[row] + place // PAGES_A_SITTING
    seconds = np.minimum(rng.lognormal(5.2, 0.9, size=len(row)), 7200).astype("int32")
    person = frame["person"].to_numpy()[row]
    views = pd.DataFrame(
        {
            "person": person, "cookie": person, "product": frame["product"].to_numpy()[row],
            "day": day[visit] + within(seconds, place % PAGES_A_SITTING == 0) / 86_400,
            "page_type": rng.choice(PAGES, size=len(row), p=PAGE_SHARES), "seconds": seconds,
            "page": rng.integers(1, 25, size=len(row)), "visit": visit, "referrer": 0, "mailing": -1,
        }
    )  # fmt: skip
    return views[views["day"] < world.days(world.end)]


def completes_with(world: World, effort: np.ndarray) -> np.ndarray:
    """Return the probability of ever completing a course with so much effort."""
    return 1 / (1 + np.exp(-STEEPNESS / world.difficulty * effort))


def refunds(frame: pd.DataFrame) -> np.ndarray:
    """Return the positions of the enrollments that were paid back: the course was left early, and people asked."""
    early = frame["leave"] - frame["day"] <= REFUND_DAYS
    return np.flatnonzero(early & frame["wants_refund"])


def submissions(world: World, people: People, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the quizzes handed in: ``person, product, day, due, score, work``."""
    chance = 1 / (1 + np.exp(-(frame["effort"] + 0.3)))
    number = rng.binomial(3, chance)
    row = np.repeat(np.arange(len(frame)), number)
    work = np.concatenate([np.arange(k) for k in number]) if len(number) else np.array([], dtype=int)
    start = frame["day"].to_numpy()[row]
    length = frame["length"].to_numpy()[row]
    day = start + (work + 0.4 + 0.6 * rng.random(len(row))) * length / 3
    score = 68 + 8 * people.skill[frame["person"].to_numpy()[row]] + rng.normal(scale=11, size=len(row))
    handed = pd.DataFrame(
        {
            "person": frame["person"].to_numpy()[row], "product": frame["product"].to_numpy()[row], "day": day,
            "due": start + (work + 1) * length / 3, "score": np.round(score.clip(0, 100), 0), "work": work,
        }
    )  # fmt: skip
    left = frame["leave"].to_numpy()[row]
    return handed[(day < world.days(world.end)) & ~(day > left)]


def _launched(catalogue):
    return catalogue.table["launched_at"].to_numpy(dtype="datetime64[us]")


def _purchases(world, people, catalogue, ready, rng):
    """Draw purchases by month: how many of each topic, then which product of the topic, by attraction."""
    attraction = catalogue.attraction()[:, : world.months]
    pull = topic_totals(attraction.T, catalogue.topic).T
    with np.errstate(divide="ignore"):
        drawn = np.where(pull > 0, pull ** (1 - CANNIBALISATION), 0.0) * world.season[None, : world.months]
    number = rng.poisson(ready * (wanting(people) @ drawn))
    person, month = np.nonzero(number)
    repeat = number[person, month]
    person, month = np.repeat(person, repeat), np.repeat(month, repeat)
    by_topic = people.interest[person] * drawn.T[month]
    topic = choose_topics(by_topic, rng)
    return person, choose_products(attraction, catalogue.topic, month, topic, rng), month


def _planted(world, people, person, day):
    """Return what is planted in the effort: a reminder's effect, a disparity, a drift over the years."""
    planted = experiments.REMINDER * people.arms.variant("reminder", person, day)
    if "disparity" in world.planted:
        planted = planted - DISPARITY * people.woman[person]
    if "drift" in world.planted:
        planted = planted - DRIFT_A_YEAR * (day / 365 - world.months / 24)
    return planted - shift.effort(world, day) if "shift" in world.planted else planted


def _settle(world, people, catalogue, frame, attended, rng):
    person, product, n = frame["person"].to_numpy(), frame["product"].to_numpy(), len(frame)
    table = catalogue.table
    level = table["level"].map({"beginner": 0, "intermediate": 1, "advanced": 2}).to_numpy()[product]
    match = people.interest[person, catalogue.topic[product]]
    came, day = _came_lately(frame, attended), frame["day"].to_numpy()
    listed = people.listed("events", person, day)
    effort = (
        0.85 * people.diligence[person] + 1.2 * (match - 0.2) - 0.25 * level + 0.2 * people.skill[person]
        + COMMUNITY_EFFECT * came + LISTED * (listed - LISTED_SHARE) + rng.normal(scale=LUCK_SD, size=n) - 0.1
        + _planted(world, people, person, day)
    )  # fmt: skip
    propensity = completes_with(world, effort)
    length = 7.0 * table["kind"].map(WEEKS).to_numpy()[product]
    took = length * rng.lognormal(*TOOK_LOG, size=n)
    completes = rng.random(n) < propensity
    leaves = ~completes & (rng.random(n) < LEAVES_SHARE)
    paid = table["price"].astype(float).to_numpy()[product] * np.where(rng.random(n) < 0.25, 0.6, 1.0)
    return frame.assign(
        amount=np.round(paid, 2), came=came, effort=effort, propensity=propensity, length=length,
        finish=np.where(completes, day + took, np.nan),
        leave=np.where(leaves, day + length * rng.uniform(*LEAVES, size=n), np.nan),
        wants_refund=rng.random(n) < REFUNDED,
    )  # fmt: skip


def _came_lately(frame, attended):
    """Whether the person came to an event in the weeks before the enrollment: a cause of completing."""
    came = attended[["person", "day"]].dropna().sort_values("day", kind="stable")
    left = frame[["person", "day"]].reset_index(names="row").sort_values("day", kind="stable")
    last = pd.merge_asof(
        left,
        came.assign(event_day=came["day"]),
        on="day",
        by="person",
        direction="backward",
        tolerance=COMMUNITY_DAYS,
    )
    return last.sort_values("row")["event_day"].notna().to_numpy().astype(float)


def _active_until(frame):
    end = np.fmin(frame["finish"].to_numpy(), frame["leave"].to_numpy())
    stopped = np.where(np.isnan(end), frame["day"].to_numpy() + frame["length"].to_numpy(), end)
    return np.maximum(stopped - frame["day"].to_numpy(), 0.05)
