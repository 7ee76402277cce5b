"""Mailings: three newsletters, delivered, opened and clicked by people and by machines."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.simulation import experiments
from insights.simulation.people import People
from insights.simulation.products import Catalogue
from insights.simulation.world import World

EVERY_DAYS = {"the_batch": 14.0, "events": 30.4, "course_announcements": 15.2}
PROXIES_SINCE = 8  # months after the history begins
BOUNCES = 0.008
OPENS, CLICKS = 0.3, 0.035
PERSON, PROXY, SCANNER = "Mail client", "Mail Privacy Proxy", "Link scanner"
SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED = range(6)


@dataclass(frozen=True)
class Mailings:
    """The mailings of the history, a row each: ``newsletter, day, campaign, product`` (−1 for none), ``pull``."""

    table: pd.DataFrame


def make_mailings(
    world: World, catalogue: Catalogue, attention: np.ndarray, rng: np.random.Generator
) -> Mailings:
    """Plan the mailings; a course announcement is about a product that was announced or launched lately."""
    length = world.days(world.end)
    parts = []
    for newsletter, every in EVERY_DAYS.items():
        days = np.arange(rng.uniform(1, every), length, every)
        parts.append(pd.DataFrame({"newsletter": newsletter, "day": days, "number": np.arange(len(days))}))
    table = pd.concat(parts, ignore_index=True)
    table["campaign"] = table["newsletter"] + "-" + table["number"].map("{:03d}".format)
    table["product"], table["pull"] = -1, 1.0
    about = table.index[table["newsletter"] == "course_announcements"]
    for row in about:
        table.loc[row, ["product", "pull"]] = _subject(
            world, catalogue, attention, table.loc[row, "day"], rng
        )
    return Mailings(table.astype({"product": int}))


def deliver(world: World, people: People, mailings: Mailings, rng: np.random.Generator) -> pd.DataFrame:
    """Return what happened to every e-mail: ``person, mailing, kind, day, agent``."""
    parts = [
        _deliver_list(world, people, mailings.table[mailings.table["newsletter"] == name], name, rng)
        for name in EVERY_DAYS
    ]
    return pd.concat(parts, ignore_index=True)


def followed(mails: pd.DataFrame) -> pd.DataFrame:
    """Return the clicks that a person made: ``person, mailing, day``."""
    by_person = (mails["kind"] == CLICKED) & (mails["agent"] == [PERSON, PROXY, SCANNER].index(PERSON))
    return mails.loc[by_person, ["person", "mailing", "day"]]


def _subject(world, catalogue, attention, day, rng):
    announced = world.days(catalogue.table["announced_at"].to_numpy(dtype="datetime64[us]"))
    lately = np.flatnonzero((announced < day) & (announced > day - 90))
    product = rng.choice(lately) if len(lately) else -1
    month = int(world.month_of(world.at(np.array([day])))[0])
    return product, float(np.clip(attention[product, month], 0.2, 5.0)) if product >= 0 else 1.0


def _deliver_list(world, people, table, name, rng):
    spans = people.subscriptions[people.subscriptions["newsletter"] == name]
    row, which = np.nonzero(
        (spans["begin"].to_numpy()[:, None] <= table["day"].to_numpy()[None, :])
        & (spans["leave"].to_numpy()[:, None] > table["day"].to_numpy()[None, :])
    )
    person, mailing = spans["person"].to_numpy()[row], table.index.to_numpy()[which]
    day = table["day"].to_numpy()[which] + rng.random(len(row)) * 0.1
    bounced = rng.random(len(row)) < BOUNCES
    kept = ~bounced
    sent = bounced if name == "the_batch" else np.ones(len(row), dtype=bool)
    eager = 0.6 * np.log(people.activity[person] + 0.1)
    opened = kept & (rng.random(len(row)) < _logistic(np.log(OPENS / (1 - OPENS)) + eager))
    pull = table["pull"].to_numpy()[which]
    if name == "course_announcements":
        for experiment, effect in experiments.CLICKS.items():
            pull = pull * np.where(people.arms.variant(experiment, person, day), effect, 1.0)
    clicked = opened & (rng.random(len(row)) < np.minimum(CLICKS / OPENS * pull, 0.9))
    hidden = day >= world.days(world.starts[min(PROXIES_SINCE, world.months)])
    proxied, scanned = kept & people.proxied[person] & hidden, kept & people.scanned[person]
    leave = spans["leave"].to_numpy()[row]
    leaving = leave < np.append(table["day"].to_numpy()[1:], world.days(world.end))[which]
    hours = 1 / 24
    return pd.concat(
        [
            _rows(person, mailing, SENT, day, PERSON, sent),
            _rows(person, mailing, BOUNCED, day + 0.001, PERSON, bounced),
            _rows(person, mailing, DELIVERED, day + 0.0005, PERSON, kept),
            _rows(person, mailing, OPENED, day + rng.exponential(9 * hours, len(row)), PERSON, opened),
            _rows(person, mailing, OPENED, day + 0.001, PROXY, proxied),
            _rows(
                person, mailing, CLICKED, day + rng.exponential(10 * hours, len(row)) + 0.01, PERSON, clicked
            ),
            _rows(person, mailing, CLICKED, day + 0.0006, SCANNER, scanned),
            _rows(person, mailing, UNSUBSCRIBED, np.maximum(leave, day + 0.001), PERSON, leaving & kept),
        ],
        ignore_index=True,
    )


def _rows(person, mailing, kind, day, agent, chosen):
    chosen = np.asarray(chosen)
    return pd.DataFrame(
        {"person": person[chosen], "mailing": mailing[chosen], "kind": np.int8(kind), "day": day[chosen]}
    ).assign(agent=np.int8([PERSON, PROXY, SCANNER].index(agent)))


def _logistic(x):
    return 1 / (1 + np.exp(-x))
