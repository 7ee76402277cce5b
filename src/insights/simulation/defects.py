"""Defects: what the exports of real systems bring along, planted here and written down for the truth.

The world itself stays clean; each defect lies between it and its exports. People hold second contacts, browsers have
wrong clocks, crawlers read pages, mail is opened and its links followed by machines, records arrive twice, and staff
and test accounts look like customers.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.simulation import mailings as mail
from insights.simulation import typing
from insights.simulation.people import SPAM_TITLE, People
from insights.simulation.planted import told
from insights.simulation.products import Catalogue
from insights.simulation.world import World

OWN_DOMAIN = "academy.example"
SECOND_CONTACTS, OFTEN_SECOND, DAYS_TO_SECOND = 0.03, 0.6, 200.0
OWN_ACCOUNTS, TEST_SHARE = 0.004, 0.25
WRONG_CLOCKS, HOURS_WRONG = 0.015, (-5, -3, -2, 2, 3, 5, 8)
HIDDEN_PROXIES, LINKS_FOLLOWED = 0.4, 3
AGAIN_MAIL, AGAIN_VIEW, FIRED_TWICE = 0.007, 0.003, 0.004
PEOPLE_PER_CRAWLER, CRAWLS_A_MONTH, PAGES_A_CRAWL, SECONDS_A_PAGE = 750, 0.28, (60, 160), 7
CRAWLER = "Googlebot"


@dataclass(frozen=True)
class Defects:
    """The defects of a chunk of people.

    Attributes
    ----------
    accounts : numpy.ndarray of str
        Identifiers of the people, then of their second contacts.
    second : numpy.ndarray of int
        For each person the position of the second contact among the accounts, −1 where there is none.
    since : numpy.ndarray of float
        Day on which the second contact was made.
    clock : numpy.ndarray of int
        Hours by which the clock of each person's browser is ahead.
    hidden : numpy.ndarray of bool
        Whether the privacy proxy or scanner of a person does not name itself.
    learners : pandas.DataFrame
        The contacts as the CRM exports them.
    crawlers : int
        How many crawlers read pages beside these people.
    share : float
        1, or 0 where there are no defects.
    planted : list of pandas.DataFrame
        What was planted, in the columns of the truth: ``kind, account, of, cookie, campaign, event, at``.
    """

    accounts: np.ndarray
    second: np.ndarray
    since: np.ndarray
    clock: np.ndarray
    hidden: np.ndarray
    learners: pd.DataFrame
    crawlers: int
    share: float
    planted: list[pd.DataFrame] = field(default_factory=list)

    def used(self, person: np.ndarray, day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the position of the account that each person used on each day."""
        other = (
            (self.second[person] >= 0)
            & (day >= self.since[person])
            & (rng.random(len(person)) < OFTEN_SECOND)
        )
        return np.where(other, self.second[person], person)


def none(people: People) -> Defects:
    """Return no defects at all."""
    n = len(people)
    return Defects(
        accounts=people.ids, second=np.full(n, -1), since=np.full(n, np.inf), clock=np.zeros(n, dtype=int),
        hidden=np.zeros(n, dtype=bool), learners=people.learners, crawlers=0, share=0.0,
    )  # fmt: skip


def plant(world: World, people: People, rng: np.random.Generator) -> Defects:
    """Return the defects that lie with persons: their contacts, accounts, clocks and mail programs."""
    n = len(people)
    learners, own = _own_accounts(people, rng)
    second, since, contacts = _second_contacts(world, people, learners, rng)
    has, crawlers = np.flatnonzero(second >= 0), max(1, n // PEOPLE_PER_CRAWLER)
    every, mistyped = typing.mistype_contacts(pd.concat([learners, contacts], ignore_index=True), rng)
    clock = np.where(rng.random(n) < WRONG_CLOCKS, rng.choice(HOURS_WRONG, size=n), 0)
    wrong = np.flatnonzero(clock)
    planted = [
        told("identity", account=contacts["learner_id"].to_numpy(), of=people.ids[has]),
        told("own account", account=people.ids[own]),
        told("crawler", cookie=_crawling(people, crawlers)),
        told("clock", cookie=_cookies(people.ids[wrong]), of=clock[wrong].astype(str)),
        told("job family", account=people.ids[_placed(people)], of=people.job[_placed(people)]),
        told("seniority", account=people.ids[_ranked(people)], of=people.seniority[_ranked(people)]),
        told("no country", account=people.ids[_city_only(people)], of=people.country[_city_only(people)]),
        *mistyped,
    ]
    return Defects(
        accounts=np.concatenate([people.ids, contacts["learner_id"].to_numpy()]), second=second, since=since,
        clock=clock, hidden=rng.random(n) < HIDDEN_PROXIES,
        learners=every, planted=planted,
        crawlers=crawlers, share=1.0,
    )  # fmt: skip


def crawls(
    world: World, people: People, defects: Defects, catalogue: Catalogue, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the page views of crawlers, as :func:`insights.simulation.visits.browse` does.

    Their cookies are numbered on from those of the people.
    """
    often = (
        CRAWLS_A_MONTH * world.months * min(1.0, len(people) / PEOPLE_PER_CRAWLER) * (defects.crawlers > 0)
    )
    crawler = np.repeat(np.arange(defects.crawlers), rng.poisson(often, size=defects.crawlers))
    start = rng.uniform(30, world.days(world.end) - 1, size=len(crawler))
    pages = rng.integers(*PAGES_A_CRAWL, size=len(crawler))
    row = np.repeat(np.arange(len(crawler)), pages)
    place = np.arange(len(row)) - np.repeat(np.cumsum(pages) - pages, pages)
    day = start[row] + place * (SECONDS_A_PAGE / 86_400)
    announced = world.days(catalogue.table["announced_at"].to_numpy(dtype="datetime64[us]"))
    known = np.argsort(announced, kind="stable")
    product = known[(rng.random(len(row)) * np.searchsorted(announced[known], day)).astype(int)]
    about = rng.random(len(row)) < 0.7
    return pd.DataFrame(
        {
            "person": np.full(len(row), -1), "cookie": len(people) + crawler[row],
            "product": np.where(about, product, -1), "day": day,
            "page_type": np.where(about, "about_product", "catalogue"),
            "seconds": rng.integers(0, 2, size=len(row)).astype("int32"), "page": rng.integers(1, 40, size=len(row)),
            "visit": row, "referrer": 0, "mailing": -1,
        }
    )  # fmt: skip


def cookies(people: People, defects: Defects) -> np.ndarray:
    """Return the browser cookies of the people and then of the crawlers."""
    return np.concatenate([_cookies(people.ids), _crawling(people, defects.crawlers)])


def machines(defects: Defects, mails: pd.DataFrame) -> pd.DataFrame:
    """Return what happened to every e-mail, with every link that a scanner follows, and some machines unnamed.

    ``machine`` tells what no export does.
    """
    by_machine = (mails["agent"] != _agent(mail.PERSON)).to_numpy()
    every = mails.assign(machine=by_machine)
    followed = every[by_machine & (every["kind"] == mail.CLICKED).to_numpy()]
    more = [followed.assign(day=followed["day"] + link * 1.5 / 86_400) for link in range(1, LINKS_FOLLOWED)]
    every = pd.concat([every, *more], ignore_index=True) if defects.share else every
    hides = every["machine"].to_numpy() & defects.hidden[every["person"]]
    return every.assign(agent=np.where(hides, _agent(mail.PERSON), every["agent"]).astype("int8"))


def registered(defects: Defects, world: World, came: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return registrations for events under the accounts that people used."""
    day = world.days(came["registered_at"].to_numpy(dtype="datetime64[us]"))
    return came.assign(learner_id=defects.accounts[defects.used(came["person"].to_numpy(), day, rng)])


def fired(views: pd.DataFrame, people: int, defects: Defects, rng: np.random.Generator) -> pd.DataFrame:
    """Return page views with those of people that reported themselves twice, marked by ``again``, a second later."""
    twice = (rng.random(len(views)) < FIRED_TWICE * defects.share) & (views["cookie"] < people).to_numpy()
    more = views[twice].assign(day=views["day"][twice] + 1 / 86_400, seconds=np.int32(0), again=True)
    return pd.concat([views.assign(again=False), more], ignore_index=True)


def repeated(share: float, records: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of records that are delivered a second time, and how many days later each is."""
    again = np.flatnonzero(rng.random(records) < share)
    return again, rng.exponential(0.2 / 24, size=len(again)) + 0.001


def _placed(people):
    """Return whose job is known from a title, whether or not anybody could place it."""
    titles = people.learners["job_title"]
    return np.flatnonzero(titles.notna() & (titles != SPAM_TITLE))


def _ranked(people):
    return np.intersect1d(_placed(people), np.flatnonzero(people.seniority != ""))


def _city_only(people):
    return np.flatnonzero(people.learners["country"].isna() & people.learners["city"].notna())


def _crawling(people, crawlers):
    return np.array([f"x{people.ids[0][1:]}{i:03d}" for i in range(crawlers)], dtype=object)


def _cookies(ids):
    return np.array([f"c{identifier[1:]}" for identifier in ids], dtype=object)


def _agent(name):
    return [mail.PERSON, mail.PROXY, mail.SCANNER].index(name)


def _second_contacts(world, people, learners, rng):
    """Let some people register again, with the address written otherwise, so that they pass for somebody else."""
    n, end = len(people), world.days(world.end)
    since = np.maximum(people.registered, 0.0) + rng.exponential(DAYS_TO_SECOND, size=n)
    chosen = np.flatnonzero((rng.random(n) < SECOND_CONTACTS) & (since < end - 1))
    second = np.full(n, -1)
    second[chosen] = n + np.arange(len(chosen))
    at = pd.Series(world.at(since[chosen]))
    contacts = learners.iloc[chosen].reset_index(drop=True).assign(
        learner_id=[f"M{identifier[1:]}" for identifier in people.ids[chosen]], registered_at=at,
        recorded_at=at + pd.to_timedelta(rng.integers(60, 3_600, size=len(chosen)), unit="s"),
    )  # fmt: skip
    way = rng.integers(3, size=len(chosen))
    contacts["email"] = [_rewritten(email, w) for email, w in zip(contacts["email"], way, strict=True)]
    contacts["job_title"] = contacts["job_title"].where(rng.random(len(chosen)) < 0.5)
    return second, np.where(second >= 0, since, np.inf), contacts


def _rewritten(email, way):
    local, _, domain = email.partition("@")
    return (email.upper(), f"{local}+courses@{domain}", f" {local.title()}@{domain} ")[way]


def _own_accounts(people, rng):
    own = np.flatnonzero(rng.random(len(people)) < OWN_ACCOUNTS)
    test = rng.random(len(own)) < TEST_SHARE
    learners = people.learners.copy()
    local = learners["email"].str.partition("@")[0]
    learners.loc[own, "email"] = [
        f"test{number}@{OWN_DOMAIN}" if is_test else f"{local[number]}@{OWN_DOMAIN}"
        for number, is_test in zip(own, test, strict=True)
    ]
    learners.loc[own[test], "name"] = "Test Account"
    return learners, own
