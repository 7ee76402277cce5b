"""The company: people in chunks, each with a seed of its own, so that workers do not change a byte."""

import datetime
import hashlib
import json
import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from insights.params import Simulation
from insights.simulation import (
    defects,
    extract,
    mailings,
    products,
    shift,
    studies,
    touches,
    truth,
    typing,
    visits,
    voices,
)
from insights.simulation.community import attend, make_events
from insights.simulation.people import make_people
from insights.simulation.world import World, make_world, span

CHUNK = 10_000


@dataclass(frozen=True)
class Setting:
    """Everything that all people share."""

    world: World
    catalogue: products.Catalogue
    chances: np.ndarray
    plan: mailings.Mailings
    events: pd.DataFrame


@dataclass(frozen=True)
class Told:
    """What a chunk hands back: small tables, the demand it stands for, the truth beneath it."""

    learners: pd.DataFrame
    demand: np.ndarray
    buyers: truth.Buyers
    completion: pd.DataFrame
    latent: pd.DataFrame
    channels: pd.DataFrame
    planted: pd.DataFrame
    paid: float
    paid_back: float


def coverage(simulation: Simulation) -> tuple[datetime.date, datetime.date]:
    """Return the first day of the simulated history and the first day after it."""
    return span(simulation)


def breaks(simulation: Simulation) -> list[tuple[str, str, str]]:
    """Return the breaks in the history of the exports: table, month, and what changed then."""
    since = pd.Timestamp(simulation.start) + pd.DateOffset(months=mailings.PROXIES_SINCE)
    known = [("email_events", f"{since:%Y-%m}", "mail programs began to open messages by proxy")]
    return known if simulation.months > mailings.PROXIES_SINCE else []


def world_digest(simulation: Simulation) -> str:
    """Return a SHA-256 over the parameters and the source of the simulation: the name of a world in the cache."""
    known = hashlib.sha256(json.dumps(simulation.model_dump(mode="json"), sort_keys=True).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        known.update(file.read_bytes())
    return known.hexdigest()


def simulate(
    simulation: Simulation, folder: Path, workers: int = 2, progress: Callable[[str], None] | None = None
) -> None:
    """Simulate the company and write its extracts and the truth.

    Parameters
    ----------
    simulation : insights.params.Simulation
    folder : pathlib.Path
        Made as a whole when all is written: ``raw/<table>/…`` and ``truth/``. Must not exist yet.
    workers : int
        Processes at a time; the bytes do not depend on it.
    progress : callable, optional
        Told in a few words how far it is.

    Raises
    ------
    FileExistsError
        If the folder is there already.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already. Remove it, or simulate into another folder.")
    aside = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(aside, ignore_errors=True)
    shared, *seeds = np.random.SeedSequence(simulation.seed).spawn(_chunks(simulation) + 1)
    setting = make_setting(simulation, shared)
    told = _people(simulation, setting, seeds, aside / "raw", workers, progress or _silent)
    _write_shared(setting, told, shared, simulation.defects, aside)
    aside.rename(folder)


def make_setting(simulation: Simulation, seed: np.random.SeedSequence) -> Setting:
    """Make what all people share, from its own seed."""
    rng = np.random.default_rng(seed)
    world = make_world(simulation, rng)
    catalogue = products.make_products(world, rng)
    attention = catalogue.attention(rng)
    plan = mailings.make_mailings(world, catalogue, attention, rng)
    chances = visits.look_chances(world, catalogue, attention)
    return Setting(world, catalogue, chances, plan, make_events(world, rng))


def _chunks(simulation):
    return -(-simulation.people // CHUNK)


def _people(simulation, setting, seeds, raw, workers, progress):
    jobs = [(setting, simulation, chunk, seed, raw) for chunk, seed in enumerate(seeds)]
    if len(jobs) == 1 or workers == 1:
        return [_live(job) for job in jobs]
    told = []
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for number, one in enumerate(pool.map(_live, jobs), start=1):
            told.append(one)
            progress(f"simulated {min(number * CHUNK, simulation.people):,} of {simulation.people:,} people")
    return told


def _live(job):
    setting, simulation, chunk, seed, raw = job
    rng, world, catalogue = np.random.default_rng(seed), setting.world, setting.catalogue
    dirt = np.random.default_rng(seed.spawn(1)[0])
    people = make_people(world, chunk * CHUNK, min(CHUNK, simulation.people - chunk * CHUNK), rng)
    found = defects.plant(world, people, dirt) if simulation.defects else defects.none(people)
    came = attend(world, people, setting.events, rng)
    mails = mailings.deliver(world, people, setting.plan, rng)
    browsed = visits.browse(world, people, catalogue, setting.chances, rng)
    reached = touches.touched(world, people, setting.events, came, setting.plan.table, mails, browsed)
    ready = people.here(world) * touches.eagerness(reached)
    courses = studies.enroll(world, people, catalogue, ready, came, rng)
    looks = visits.visited(
        [
            browsed,
            visits.follow(world, people, setting.plan.table, mailings.followed(mails), rng),
            visits.consider(world, people, catalogue, courses, rng),
            studies.course_views(world, people, courses, rng),
            defects.crawls(world, people, found, catalogue, dirt),
        ]
    )
    looks = shift.recorded(world, looks)
    views, twice = extract.page_views(world, people, catalogue, setting.plan, looks, found, rng)
    extract.write_by_month("page_views", world, views, raw, chunk)
    mails = defects.machines(found, mails)
    sent, by_machine = extract.email_events(world, people, catalogue, setting.plan, mails, found, rng)
    extract.write_by_month("email_events", world, sent, raw, chunk)
    handed = studies.submissions(world, people, courses, rng)
    small = {
        "learners": found.learners, "protected": people.protected, "subscriptions": people.subscriptions,
        "assignments": people.arms.table(world, people.ids),
        "event_registrations": defects.registered(found, world, came, dirt),
        "enrollments": extract.enrollments(world, people, catalogue, courses, chunk, found, rng),
        "submissions": extract.submissions(world, catalogue, handed, found, rng),
    }  # fmt: skip
    for name, table in small.items():
        if len(table):
            extract.write(name, _before(world, table), raw / name / f"part-{chunk:03d}.parquet")
    names = people.learners[["learner_id", "name", "email", "registered_at"]]
    ids = extract.enrollment_ids(chunk, len(courses))
    return Told(
        learners=names, demand=studies.topic_demand(world, people, ready),
        buyers=truth.some_buyers(world, people, ready), channels=touches.caused(world, reached, courses),
        completion=truth.completion_probability(world, people, catalogue, courses, ids),
        latent=truth.latent_people(people), planted=_planted(found, twice, by_machine, chunk),
        paid=float(courses["amount"].sum()), paid_back=float(courses["amount"].iloc[studies.refunds(courses)].sum()),
    )  # fmt: skip


def _planted(found, twice, by_machine, chunk):
    """Return what was planted; of the events of machines, which are many, in the first chunk only."""
    mails = by_machine if chunk == 0 else by_machine[by_machine["kind"] == "duplicate"]
    return pd.concat([*found.planted, twice, mails], ignore_index=True) if found.share else twice


def _before(world, table):
    return table[table["recorded_at"] < pd.Timestamp(world.end)]


def _write_shared(setting, told, seed, defects_planted, folder):
    world, catalogue = setting.world, setting.catalogue
    rng = np.random.default_rng(seed.spawn(1)[0])
    learners = pd.concat([one.learners for one in told], ignore_index=True)
    latent = pd.concat([one.latent for one in told], ignore_index=True)
    keenness = latent.filter(like="interest_").to_numpy() * latent[["activity"]].to_numpy() ** 0.5
    some_names = learners["name"].head(500).tolist()
    shared = {
        "products": catalogue.table, "events": setting.events,
        "social_posts": voices.social_posts(world, catalogue, some_names, rng),
        "survey_responses": voices.survey_responses(world, catalogue, learners, keenness, rng),
        "panel_votes": voices.panel_votes(world, catalogue, rng),
    }  # fmt: skip
    shared, mistyped = typing.mistype(shared, rng) if defects_planted else (shared, typing.NOTHING)
    for name, table in shared.items():
        extract.write(name, _before(world, table), folder / "raw" / name / "part-000.parquet")
    _write_truth(setting, told, mistyped, folder / "truth", rng)


def _write_truth(setting, told, mistyped, folder, rng):
    world, catalogue = setting.world, setting.catalogue
    demand = np.sum([one.demand for one in told], axis=0)
    fresh = truth.fresh_share(world, catalogue, [one.buyers for one in told])
    kept = 1 - sum(one.paid_back for one in told) / max(sum(one.paid for one in told), 1.0)
    tables = {
        "launch_probability": products.launch_probability(world, catalogue, demand, fresh, kept, rng),
        "completion_probability": pd.concat([one.completion for one in told], ignore_index=True),
        "people": pd.concat([one.latent for one in told], ignore_index=True),
        "products": truth.latent_products(world, catalogue),
        "planted": truth.planted(world),
        "channels": truth.channels([one.channels for one in told]),
    }
    if any(len(one.planted) for one in told):
        tables["defects"] = pd.concat([*(one.planted for one in told), mistyped], ignore_index=True)
    for name, table in tables.items():
        truth.write(name, table, folder)


def _silent(text):
    pass
