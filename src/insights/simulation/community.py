"""Community: meetups, expert panels and learner events; who registers and who comes."""

import numpy as np
import pandas as pd

from insights.simulation.choice import choose_products, choose_topics
from insights.simulation.people import People
from insights.simulation.products import topic_totals
from insights.simulation.world import CITIES, COUNTRIES, TOPICS, World

A_MONTH = {"meetup": 12, "expert_panel": 3, "learner_event": 6}
REGISTRATIONS_A_MONTH = 0.06
TOLD, UNTOLD = 3.4, 0.5  # how much more often those on the list of events register, and how much less others
COMES, DILIGENT_COME = 0.55, 0.15


def make_events(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Make the events of the history and of the month after it, with ``month`` and ``topic_index``."""
    rows = [
        (kind, month, world.days(world.starts[month]) + rng.uniform(1, 27))
        for month in range(world.months + 1)
        for kind, number in A_MONTH.items()
        for _ in range(number)
    ]
    frame = pd.DataFrame(rows, columns=["kind", "month", "day"])
    topic = rng.choice(len(TOPICS), size=len(frame))
    country = rng.choice(list(COUNTRIES), size=len(frame))
    city = np.array([rng.choice(CITIES[name]) for name in country])
    local = (frame["kind"] == "meetup").to_numpy()
    announced = pd.Series(world.at(frame["day"] - rng.uniform(32, 45, size=len(frame))))
    return frame.assign(
        event_id=[f"E{i:05d}" for i in range(len(frame))],
        announced_at=announced, recorded_at=announced + pd.Timedelta(hours=2),
        starts_at=pd.Series(world.at(frame["day"])), topic=np.array(list(TOPICS))[topic], topic_index=topic,
        country=np.where(local, country, None), city=np.where(local, city, None),
    )  # fmt: skip


def attend(world: World, people: People, events: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let people register for events and come to them or not.

    Returns
    -------
    pandas.DataFrame
        The contract's columns, with ``person`` and ``day`` of the event.
    """
    rate = REGISTRATIONS_A_MONTH * people.activity**0.5 * np.exp(0.7 * people.community - 0.25)
    here = people.here(world)
    told = people.listed("events", np.arange(len(people))[:, None], world.days(world.starts)[None, :])
    often = np.where(told, TOLD, UNTOLD)
    number = rng.poisson(rate[:, None] * often * np.column_stack([here, here[:, -1]]))
    person, month = np.nonzero(number)
    person, month = np.repeat(person, number[person, month]), np.repeat(month, number[person, month])
    event = _choose_events(people, events, person, month, rng)
    pairs = pd.DataFrame({"person": person, "event": event}).drop_duplicates(ignore_index=True)
    return _registrations(world, people, events, pairs, rng)


def _choose_events(people, events, person, month, rng):
    """Draw an event of the month for each row, by the person's interest in its topic."""
    topics = events["topic_index"].to_numpy()
    held = np.eye(events["month"].max() + 1)[events["month"]]
    topic = choose_topics(topic_totals(held.T, topics)[month] * people.interest[person], rng)
    return choose_products(held, topics, month, topic, rng)


def _registrations(world, people, events, pairs, rng):
    n, person, event = len(pairs), pairs["person"].to_numpy(), pairs["event"].to_numpy()
    day = events["day"].to_numpy()[event]
    at = np.maximum(day - rng.exponential(8, size=n).clip(0.1, 30), people.registered[person] + 0.01)
    came = rng.random(n) < 1 / (
        1 + np.exp(-(np.log(COMES / (1 - COMES)) + DILIGENT_COME * people.diligence[person]))
    )
    known = day + rng.exponential(1.5, size=n) + (rng.random(n) < 0.03) * rng.uniform(5, 40, size=n)
    end = world.days(world.end)
    shown = (day < end) & (known < end)
    registered = pd.Series(world.at(np.minimum(at, day - 0.02)))
    frame = pd.DataFrame(
        {
            "event_id": events["event_id"].to_numpy()[event], "learner_id": people.ids[person],
            "registered_at": registered, "recorded_at": registered + pd.Timedelta(minutes=1),
            "attended": pd.array(np.where(shown, came, None), dtype="boolean"),
            "attendance_recorded_at": pd.Series(world.at(known)).where(shown),
            "person": person, "day": np.where(came & (day < end), day, np.nan),
        }
    )  # fmt: skip
    return frame[
        frame["registered_at"] >= frame["person"].map(pd.Series(world.at(people.registered)))
    ].reset_index(drop=True)
