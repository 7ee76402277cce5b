"""People: who registers when, what they care for, and how much they do."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.contract import NEWSLETTERS
from insights.simulation.experiments import Arms, assign
from insights.simulation.products import popularity
from insights.simulation.world import CITIES, COUNTRIES, HOURS_FROM_UTC, TOPICS, World

BEFORE_HISTORY = 0.35
INTEREST_CONCENTRATION = 6.0
ACTIVITY_SD = 1.0
WANTED = {"the_batch": 0.5, "events": 0.25, "course_announcements": 0.4}
LEAVES_A_MONTH = 0.025
COMES_BACK = 0.12
GENDERS, GENDER_SHARES = ("woman", "man", "non-binary"), (0.34, 0.64, 0.02)
DECLARES = 0.24
SPAM = 0.008
SPAM_TITLE = '<script>alert("job title")</script>'
# Titles by family, each with the seniority that it tells; a word for seniority may come before the plain ones.
JOBS = {
    "engineering": {
        "Software Engineer": "", "ML Engineer": "", "Backend Developer": "", "DevOps Engineer": "",
        "Ingeniero de Software": "", "Développeur": "", "Softwareentwickler": "", "Desenvolvedor": "",
        "Software Engineer, R&D": "", "CTO": "executive",
    },
    "data": {
        "Data Scientist": "", "Data Analyst": "", "BI Analyst": "", "Data Engineer": "", "Científico de datos": "",
        "Datenanalystin": "", "Head of Data & Analytics": "lead",
    },
    "research": {
        "PhD Student": "entry", "Research Scientist": "", "Professor": "lead", "Postdoc": "", "Investigador": "",
        "Lecturer": "",
    },
    "business": {
        "Product Manager": "", "Consultant": "", "CEO": "executive", "Business Analyst": "", "Marketing Manager": "",
        "Head of Operations": "lead", "Geschäftsführer": "executive", "Gerente de Produto": "",
        "Founder": "executive",
    },
    "student": {"Student": "entry", "Undergraduate": "entry", "Intern": "entry", "Étudiante": "entry"},
    "health": {"Physician": "", "Nurse": "", "Radiologist": "", "Médico": "", "Pharmacist": ""},
}  # fmt: skip
PLACED_NOWHERE, NOWHERE = 0.02, ("Freelancer", "Self-employed", "Retired", "Explorer")
SENIORITIES = {"Senior": "senior", "Junior": "entry", "Lead": "lead"}
SENIORITY_SHARES, TELLS_SENIORITY = (0.6, 0.25, 0.15), 0.3
JOB_SHARES = (0.34, 0.18, 0.1, 0.18, 0.16, 0.04)
FAVOURITES = {
    "engineering": ("LLM Applications", "MLOps", "Agents"), "data": ("Data Engineering", "Deep Learning", "MLOps"),
    "research": ("Deep Learning", "Reinforcement Learning", "Mathematics"),
    "business": ("AI for Business", "Generative AI"), "student": ("Deep Learning", "Mathematics", "Generative AI"),
    "health": ("AI in Healthcare", "Computer Vision"),
}  # fmt: skip
EDUCATION = ("Lower Than A Level", "A Level or Equivalent", "HE Qualification", "Post Graduate Qualification")
FIRST_NAMES = [
    "Maria",
    "Wei",
    "Aisha",
    "John",
    "Priya",
    "Carlos",
    "Fatima",
    "Yuki",
    "Olga",
    "Ahmed",
    "Anna",
    "David",
    "Chloe",
    "Kwame",
    "Ines",
    "Raj",
    "Lucía",
    "Tomasz",
    "Mei",
    "Ibrahim",
    "Sofia",
    "Daniel",
    "Amara",
    "Hiroshi",
    "Elif",
    "Pedro",
    "Nadia",
    "Liam",
    "Zanele",
    "Minh",
]
LAST_NAMES = [
    "Silva",
    "Zhang",
    "Okafor",
    "Smith",
    "Sharma",
    "García",
    "Hassan",
    "Tanaka",
    "Petrova",
    "Khan",
    "Müller",
    "Johnson",
    "Dubois",
    "Mensah",
    "Rossi",
    "Patel",
    "Fernández",
    "Kowalski",
    "Li",
    "Diallo",
    "Novak",
    "Brown",
    "Adeyemi",
    "Sato",
    "Yılmaz",
    "Santos",
    "Haddad",
    "Murphy",
    "Dlamini",
    "Nguyen",
]
DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class People:
    """A chunk of people.

    Attributes
    ----------
    ids : numpy.ndarray of str
    registered : numpy.ndarray
        Days since the start of the history; negative before it.
    activity : numpy.ndarray
        How much they do, mean 1, heavy tail.
    interest : numpy.ndarray of shape (people, topics)
        Shares that sum to one.
    diligence, community, skill : numpy.ndarray
        Standard normal.
    proxied, scanned : numpy.ndarray of bool
        Whether a privacy proxy opens their mail, and whether a scanner follows its links.
    woman : numpy.ndarray of bool
        Whether a person is a woman, declared or not.
    job, seniority : numpy.ndarray of str
        Family of the job, and how senior the title is; empty where it does not say.
    country : numpy.ndarray of str
        Where they live, told or not.
    offset : numpy.ndarray
        Hours by which the clock on the wall is ahead of UTC.
    arms : insights.simulation.experiments.Arms
        Which experiments they take part in.
    learners, protected, subscriptions : pandas.DataFrame
        The contract's columns.
    """

    ids: np.ndarray
    registered: np.ndarray
    activity: np.ndarray
    interest: np.ndarray
    diligence: np.ndarray
    community: np.ndarray
    skill: np.ndarray
    proxied: np.ndarray
    scanned: np.ndarray
    woman: np.ndarray
    job: np.ndarray
    seniority: np.ndarray
    country: np.ndarray
    offset: np.ndarray
    arms: Arms
    learners: pd.DataFrame
    protected: pd.DataFrame
    subscriptions: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ids)

    def here(self, world: World) -> np.ndarray:
        """Return the share of each month in which a person was registered, shape (people, months)."""
        begin = world.days(world.starts)
        since = np.maximum(begin[None, :-1], self.registered[:, None])
        return np.clip((begin[None, 1:] - since) / np.diff(begin), 0.0, 1.0)

    def listed(self, newsletter: str, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return whether each person was subscribed to a newsletter on each day."""
        spans = self.subscriptions[self.subscriptions["newsletter"] == newsletter]
        again = spans["person"].duplicated().to_numpy()
        on = np.zeros(np.broadcast_shapes(person.shape, day.shape), dtype=bool)
        for some in (spans[~again], spans[again]):
            begin, leave = (np.full(len(self), np.inf) for _ in range(2))
            begin[some["person"]], leave[some["person"]] = some["begin"], some["leave"]
            on |= (begin[person] <= day) & (day < leave[person])
        return on


def make_people(world: World, first: int, count: int, rng: np.random.Generator) -> People:
    """Make the people numbered ``first`` to ``first + count``."""
    ids = np.array([person(number) for number in range(first, first + count)])
    registered = _registered(world, count, rng)
    job = rng.choice(len(JOBS), size=count, p=JOB_SHARES)
    activity = np.exp(rng.normal(scale=ACTIVITY_SD, size=count) - ACTIVITY_SD**2 / 2)
    diligence, community, skill = rng.normal(size=(3, count))
    country = rng.choice(list(COUNTRIES), size=count, p=_shares(COUNTRIES))
    titles, seniority = _titles(job, rng)
    learners = _learners(world, ids, registered, titles, country, rng)
    gender = rng.choice(GENDERS, size=count, p=GENDER_SHARES)
    return People(
        ids=ids, registered=registered, activity=activity, interest=_interest(job, rng),
        diligence=diligence, community=community, skill=skill, proxied=rng.random(count) < 0.35,
        scanned=rng.random(count) < 0.04, woman=gender == "woman",
        job=np.array(list(JOBS))[job],
        seniority=seniority, country=country, offset=pd.Series(country).map(HOURS_FROM_UTC).to_numpy(),
        arms=assign(world, registered, rng),
        learners=learners, protected=_protected(world, learners, activity, gender, rng),
        subscriptions=_subscriptions(world, ids, registered, learners, rng),
    )  # fmt: skip


def person(number: int) -> str:
    """Return the identifier of the person of a number."""
    return f"L{number:07d}"


def _registered(world, count, rng):
    """Registrations before the history, then growing over it with the seasons."""
    length = world.days(world.end)
    before = rng.random(count) < BEFORE_HISTORY
    weight = np.linspace(0.75, 1.25, world.months) * world.season[: world.months]
    month = rng.choice(world.months, size=count, p=weight / weight.sum())
    begin = world.days(world.starts)
    inside = begin[month] + rng.random(count) * np.diff(begin)[month]
    return np.where(before, -rng.uniform(1, 1000, size=count), np.minimum(inside, length - 0.01))


def _interest(job, rng):
    topics = list(TOPICS)
    taste = np.tile(popularity(), (len(JOBS), 1))
    for row, favourites in enumerate(FAVOURITES.values()):
        taste[row, [topics.index(name) for name in favourites]] *= 2.0
    taste /= taste.sum(axis=1, keepdims=True)
    drawn = rng.gamma(taste[job] * INTEREST_CONCENTRATION)
    return drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1e-9)


def _titles(job, rng):
    """Draw a title for each person, with the seniority that it tells."""
    n = len(job)
    drawn = [list(JOBS.values())[j] for j in job]
    place = (rng.random(n) * [len(titles) for titles in drawn]).astype(int)
    plain = [list(titles.items())[p] for titles, p in zip(drawn, place, strict=True)]
    word = rng.choice(list(SENIORITIES), size=n, p=SENIORITY_SHARES)
    says = rng.random(n) < TELLS_SENIORITY
    pairs = [
        (f"{w} {title}", SENIORITIES[w]) if tells and not told else (title, told)
        for (title, told), w, tells in zip(plain, word, says, strict=True)
    ]
    titles, seniority = (np.array(values, dtype=object) for values in zip(*pairs, strict=True))
    nowhere = rng.random(n) < PLACED_NOWHERE
    titles[nowhere], seniority[nowhere] = rng.choice(NOWHERE, size=nowhere.sum()), ""
    titles[rng.random(n) < 0.35] = None
    titles[rng.random(n) < SPAM] = SPAM_TITLE
    return titles, seniority


def _learners(world, ids, registered, titles, country, rng):
    n = len(ids)
    first, last = rng.choice(FIRST_NAMES, size=n), rng.choice(LAST_NAMES, size=n)
    domain = rng.choice(DOMAINS, size=n)
    at = pd.Series(world.at(registered))
    frame = pd.DataFrame({"learner_id": ids, "registered_at": at, "recorded_at": at + _minutes(rng, n)})
    frame["email"] = [
        f"{a}.{b}{int(c[1:])}@{d}".lower() for a, b, c, d in zip(first, last, ids, domain, strict=True)
    ]
    frame["name"] = [f"{a} {b}" for a, b in zip(first, last, strict=True)]
    frame["country"] = _mostly(country, 0.72, rng)
    frame["city"] = _mostly(np.array([rng.choice(CITIES[c]) for c in country]), 0.45, rng)
    frame["job_title"] = titles
    frame["education"] = _mostly(rng.choice(EDUCATION, size=n, p=(0.1, 0.25, 0.4, 0.25)), 0.5, rng)
    for name, share in WANTED.items():
        frame[f"wants_{name}"] = rng.random(n) < share
    return frame


def _protected(world, learners, activity, gender, rng):
    """Let some declare: the active more often, and women less often than men, so that silence tells something."""
    n = len(learners)
    keen = np.clip(0.6 + 0.4 * activity, 0.5, 2.0) * np.where(gender == "man", 1.0, 0.8)
    declares = rng.random(n) < DECLARES * keen
    at = learners["registered_at"] + pd.to_timedelta(rng.exponential(10, size=n), unit="D").round("s")
    ethnicity = rng.choice(
        ["Asian", "Black", "Hispanic", "White", "other"], size=n, p=(0.4, 0.13, 0.13, 0.28, 0.06)
    )
    frame = pd.DataFrame(
        {
            "learner_id": learners["learner_id"], "declared_at": at, "recorded_at": at,
            "gender": _mostly(gender, 0.85, rng), "ethnicity": _mostly(ethnicity, 0.6, rng),
            "birth_year": pd.array(_mostly(rng.integers(1955, 2006, size=n), 0.7, rng), dtype="Int16"),
        }
    )  # fmt: skip
    return frame[declares & (at < pd.Timestamp(world.end))].reset_index(drop=True)


def _subscriptions(world, ids, registered, learners, rng):
    parts = []
    for name in NEWSLETTERS:
        wanting = np.flatnonzero(learners[f"wants_{name}"])
        start = registered[wanting]
        stay = rng.exponential(30 / LEAVES_A_MONTH, size=len(wanting))
        parts.append((wanting, name, start, start + stay))
        again = rng.random(len(wanting)) < COMES_BACK
        second = start[again] + stay[again] + rng.uniform(30, 200, size=again.sum())
        parts.append((wanting[again], name, second, second + rng.exponential(400, size=again.sum())))
    people = np.concatenate([p[0] for p in parts])
    names = np.repeat([p[1] for p in parts], [len(p[0]) for p in parts])
    begin, leave = np.concatenate([p[2] for p in parts]), np.concatenate([p[3] for p in parts])
    inside = begin < world.days(world.end)
    people, names, begin, leave = people[inside], names[inside], begin[inside], leave[inside]
    left = pd.Series(world.at(leave)).where(leave < world.days(world.end))
    joined = pd.Series(world.at(begin))
    return pd.DataFrame(
        {
            "learner_id": ids[people], "newsletter": names, "subscribed_at": joined,
            "recorded_at": joined + _minutes(rng, len(people)), "unsubscribed_at": left,
            "unsubscription_recorded_at": left + _minutes(rng, len(people)), "person": people, "begin": begin,
            "leave": leave,
        }
    )  # fmt: skip


def _shares(named):
    values = np.array(list(named.values()))
    return values / values.sum()


def _mostly(values, share, rng):
    kept = np.asarray(values, dtype=object).copy()
    kept[rng.random(len(kept)) >= share] = None
    return kept


def _minutes(rng, n):
    return pd.to_timedelta(np.round(rng.exponential(600, size=n)), unit="s")
