"""Touches: which channels reached whom in which month, and how much more is bought for it in the month after.

Search and direct visits do nothing: who has made up their mind uses them. That is what rules of credit get wrong.
"""

import numpy as np
import pandas as pd

from insights.simulation.mailings import followed
from insights.simulation.people import People
from insights.simulation.visits import REFERRERS
from insights.simulation.world import World

# What a channel adds to the logarithm of the rate of purchases in the month after one in which it reached somebody.
EFFECTS = {
    "the_batch": 0.15, "events": 0.1, "course_announcements": 0.5, "meetup": 0.2, "expert_panel": 0.45,
    "learner_event": 0.3, "social": 0.12, "search": 0.0, "direct": 0.0,
}  # fmt: skip
SITES = {"social": ("linkedin.com", "facebook.com", "instagram.com"), "search": ("google.com", "bing.com")}
SITES |= {"direct": ("",)}


def touched(
    world: World,
    people: People,
    events: pd.DataFrame,
    came: pd.DataFrame,
    mailings: pd.DataFrame,
    mails: pd.DataFrame,
    visits: pd.DataFrame,
) -> np.ndarray:
    """Return whether each channel of ``EFFECTS`` reached each person in each month.

    Parameters
    ----------
    events, came : pandas.DataFrame
        From :func:`insights.simulation.community.make_events` and :func:`insights.simulation.community.attend`.
    mailings, mails : pandas.DataFrame
        The plan, and what :func:`insights.simulation.mailings.deliver` made of it.
    visits : pandas.DataFrame
        From :func:`insights.simulation.visits.browse`.

    Returns
    -------
    numpy.ndarray of bool, shape (channels, people, months)
    """  # fmt: skip
    there = came.dropna(subset="day")
    kind = there["event_id"].map(events.set_index("event_id")["kind"])
    clicks = followed(mails)
    newsletter = mailings["newsletter"].to_numpy()[clicks["mailing"]]
    site = {place: name for name, places in SITES.items() for place in places}
    referrer = np.array([site[place] for place in REFERRERS])[visits["referrer"]]
    parts = [
        pd.DataFrame({"person": there["person"], "day": there["day"], "channel": kind}),
        pd.DataFrame({"person": clicks["person"], "day": clicks["day"], "channel": newsletter}),
        pd.DataFrame({"person": visits["cookie"], "day": visits["day"], "channel": referrer}),
    ]
    every = pd.concat(parts, ignore_index=True)
    month = world.month_of(world.at(every["day"].to_numpy()))
    inside = (month >= 0) & (month < world.months)
    channel = every["channel"].map({name: place for place, name in enumerate(EFFECTS)}).to_numpy()
    reached = np.zeros((len(EFFECTS), len(people), world.months), dtype=bool)
    reached[channel[inside], every["person"].to_numpy()[inside], month[inside]] = True
    return reached


def eagerness(reached: np.ndarray) -> np.ndarray:
    """Return what the touches of the month before multiply purchases by, shape (people, months)."""
    return np.exp(np.tensordot(_effects(), _before(reached), axes=1))


def caused(world: World, reached: np.ndarray, courses: pd.DataFrame) -> pd.DataFrame:
    """Return how many of the enrollments would not be there without each channel, by month.

    Of a purchase in a month after a touch, the share 1 − exp(−effect) is owed to it. What two channels did together
    counts for both: the sum over channels is more than all of them did.

    Parameters
    ----------
    reached : numpy.ndarray
        From :func:`touched`.
    courses : pandas.DataFrame
        From :func:`insights.simulation.studies.enroll`.

    Returns
    -------
    pandas.DataFrame
        ``channel, month, caused``, and ``sold``, all enrollments of the month; for each channel and month.
    """
    month = world.month_of(world.at(courses["day"].to_numpy()))
    owed = _before(reached)[:, courses["person"].to_numpy(), month] * -np.expm1(-_effects())[:, None]
    names = [*EFFECTS]
    return pd.DataFrame(
        {
            "channel": np.repeat(names, world.months), "month": np.tile(world.starts[:-1], len(names)),
            "caused": np.concatenate([np.bincount(month, row, world.months) for row in owed]),
            "sold": np.tile(np.bincount(month, minlength=world.months), len(names)),
        }
    )  # fmt: skip


def _before(reached):
    """Move each month's touches to the month after; nobody knows what reached people before the history."""
    return np.concatenate([np.zeros_like(reached[:, :, :1]), reached[:, :, :-1]], axis=2)


def _effects():
    return np.array([*EFFECTS.values()])
