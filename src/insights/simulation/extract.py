"""Extracts: the simulated records as the exports of a company, one file a table, or one a month and chunk."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from insights import contract
from insights.simulation import mailings as mail
from insights.simulation.defects import AGAIN_MAIL, AGAIN_VIEW, CRAWLER, Defects, cookies, fired, repeated
from insights.simulation.people import People
from insights.simulation.planted import told
from insights.simulation.products import Catalogue
from insights.simulation.studies import refunds
from insights.simulation.visits import AGENTS, REFERRERS, devices, page_type
from insights.simulation.world import TOPICS, World, begins

EVENT_NAMES = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed")
PAGE_KINDS = [
    "home", "catalogue", "blog", "newsletter", "account", "event", "product", "announcement", "waiting_list",
    "lesson", "quiz", "forum", "resource", "course_home",
]  # fmt: skip
PAGES_OF_A_KIND = 41
# Addresses by kind, topic (none first) and number of the page.
ADDRESSES = np.array(
    [
        f"/{kind.replace('_', '-')}{topic}/{number}"
        for kind in PAGE_KINDS
        for topic in ["", *(f"/{name.lower().replace(' ', '-')}" for name in TOPICS)]
        for number in range(PAGES_OF_A_KIND)
    ]
)
TAGGED = {"linkedin.com": "linkedin", "facebook.com": "facebook", "instagram.com": "instagram"}
LATE = 0.01
OTHER_DEVICE = 0.2
LEAK, LEAK_NOISE = 30, 0.04  # credits that somebody fills in once a course is completed


def recorded(day: np.ndarray, rng: np.random.Generator, hours: float = 1.0) -> np.ndarray:
    """Return when each record became known: soon after it happened, a few of them days later."""
    late = (rng.random(len(day)) < LATE) * rng.uniform(1, 25, size=len(day))
    return day + rng.exponential(hours / 24, size=len(day)) + late


def enrollment_ids(chunk: int, count: int) -> list[str]:
    """Return the identifiers of the enrollments of a chunk of people."""
    return [f"N{chunk:03d}-{i:07d}" for i in range(count)]


def enrollments(
    world: World,
    people: People,
    catalogue: Catalogue,
    frame: pd.DataFrame,
    chunk: int,
    defects: Defects,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return enrollments in the contract's columns; what is not recorded by the end is not in the export."""
    day, finish, leave = (frame[name].to_numpy() for name in ("day", "finish", "leave"))
    ended = {
        "completed_at": finish, "completion_recorded_at": recorded(finish, rng, 12.0),
        "withdrawn_at": leave, "withdrawal_recorded_at": recorded(leave, rng, 24.0),
    }  # fmt: skip
    end = world.days(world.end)
    table = pd.DataFrame(
        {
            "enrollment_id": enrollment_ids(chunk, len(frame)),
            "learner_id": defects.accounts[defects.used(frame["person"].to_numpy(), day, rng)],
            "product_id": catalogue.table["product_id"].to_numpy()[frame["product"]],
            "enrolled_at": world.at(day), "recorded_at": world.at(recorded(day, rng)),
            "units": np.ones(len(frame), dtype="int32"), "amount": frame["amount"].to_numpy(),
        }
    )  # fmt: skip
    for value, known in (
        ("completed_at", "completion_recorded_at"),
        ("withdrawn_at", "withdrawal_recorded_at"),
    ):
        seen = ended[known] < end
        for name in (value, known):
            table[name] = pd.Series(world.at(np.nan_to_num(ended[name]))).where(seen)
    if "leaking_column" in world.planted:
        load = np.where(
            rng.random(len(frame)) < LEAK_NOISE, rng.integers(2, size=len(frame)), ~np.isnan(finish)
        )
        table["study_load"] = (LEAK * load).astype("int16")
    table = pd.concat([table, _refunds(world, table, frame, chunk, rng)], ignore_index=True)
    return table[table["recorded_at"] < pd.Timestamp(world.end)]


def _refunds(world, sold, frame, chunk, rng):
    """Return what was paid back, on the day on which the course was left: a sale of minus one unit."""
    rows = refunds(frame)
    day = frame["leave"].to_numpy()[rows]
    told_later = [
        "completed_at",
        "completion_recorded_at",
        "withdrawn_at",
        "withdrawal_recorded_at",
        "study_load",
    ]
    back = sold.iloc[rows].drop(columns=[c for c in told_later if c in sold])
    return back.assign(
        enrollment_id=[f"R{chunk:03d}-{i:07d}" for i in range(len(rows))], units=np.int32(-1), amount=-back["amount"],
        enrolled_at=world.at(day), recorded_at=world.at(recorded(day, rng)),
    )  # fmt: skip


def submissions(
    world: World, catalogue: Catalogue, frame: pd.DataFrame, defects: Defects, rng: np.random.Generator
) -> pd.DataFrame:
    """Return submissions in the contract's columns."""
    used = defects.used(frame["person"].to_numpy(), frame["day"].to_numpy(), rng)
    table = pd.DataFrame(
        {
            "learner_id": defects.accounts[used],
            "product_id": catalogue.table["product_id"].to_numpy()[frame["product"]],
            "work_id": "quiz-" + (frame["work"] + 1).astype("str"),
            "submitted_at": world.at(frame["day"]), "recorded_at": world.at(recorded(frame["day"].to_numpy(), rng)),
            "due_at": world.at(frame["due"]), "score": frame["score"].to_numpy(dtype="float64"),
        }
    )  # fmt: skip
    return table[(table["recorded_at"] < pd.Timestamp(world.end)).to_numpy()]


def page_views(
    world: World,
    people: People,
    catalogue: Catalogue,
    plan: mail.Mailings,
    frame: pd.DataFrame,
    defects: Defects,
    rng: np.random.Generator,
) -> tuple[pa.Table, pd.DataFrame]:
    """Return page views in the contract's columns, as Arrow, and those that arrived or were reported twice.

    They are sorted by month of recording, then person, then time.
    """
    frame = fired(_addressed(world, catalogue, frame, rng), len(people), defects, rng)
    known = recorded(frame["day"].to_numpy(), rng, 0.5)
    frame = frame.assign(recorded=known)[(known < world.days(world.end))]
    frame = frame.iloc[
        np.lexsort((frame["day"], frame["cookie"], world.month_of(world.at(frame["recorded"]))))
    ]
    product, n = frame["product"].to_numpy(), len(frame)
    person, cookie = frame["person"].to_numpy(), frame["cookie"].to_numpy()
    agent = browsers(people, defects, rng)[cookie, (rng.random(n) < OTHER_DEVICE).astype(int)]
    clock = np.concatenate([defects.clock, np.zeros(defects.crawlers, dtype=int)])
    viewed = world.at(frame["day"].to_numpy() + clock[cookie] / 24)
    account = defects.used(np.maximum(person, 0), frame["day"].to_numpy(), rng)
    names = cookies(people, defects)
    table = pa.table(
        {
            "learner_id": _coded(defects.accounts, np.where(person < 0, 0, account), person < 0),
            "anonymous_id": _coded(names, cookie, None),
            "viewed_at": viewed, "recorded_at": world.at(frame["recorded"]),
            "page_type": _named(PAGE_KINDS, frame["kind"]),
            "product_id": _coded(catalogue.table["product_id"].to_numpy(), np.maximum(product, 0), product < 0),
            "views": np.ones(n, dtype="int32"), "url": _named(ADDRESSES, frame["url"]),
            "referrer": _named(np.append(ADDRESSES, REFERRERS), frame["from"]), **_tags(plan, frame),
            "user_agent": _coded(np.append(AGENTS, CRAWLER), agent, None),
            "seconds": frame["seconds"].to_numpy(dtype="int32"),
        }
    )  # fmt: skip
    table, again = _with_repeats(world, table, AGAIN_VIEW * defects.share, rng)
    view, at_once = np.repeat("page_view", n), np.flatnonzero(frame["again"].to_numpy())
    twice = [
        told(kind, cookie=names[cookie[rows]], at=viewed[rows], event=view[rows])
        for kind, rows in (("duplicate", again), ("sent twice", at_once))
    ]
    return table, pd.concat(twice, ignore_index=True)


def _addressed(world, catalogue, frame, rng):
    """Return page views with indices of the kind and address of each page, and of where each view came from."""
    product = frame["product"].to_numpy()
    launched = world.days(catalogue.table["launched_at"].to_numpy(dtype="datetime64[us]"))
    kind = page_type(frame["day"].to_numpy(), frame["page_type"].to_numpy(), launched[product], rng)
    codes = pd.Index(PAGE_KINDS).get_indexer(kind)
    topic = np.where(product < 0, 0, 1 + catalogue.topic[product])
    url = (codes * (len(TOPICS) + 1) + topic) * PAGES_OF_A_KIND + frame["page"].to_numpy()
    visit, outside = frame["visit"].to_numpy(), frame["referrer"].to_numpy()
    first = begins(visit)
    origin = np.where(outside > 0, len(ADDRESSES) + outside, -1)
    return frame.assign(
        kind=codes, url=url, first=first, **{"from": np.where(first, origin, np.roll(url, 1))}
    )


def _tags(plan, frame):
    """Return the campaign tags of the first page of a visit: from e-mails, and from half the links on networks."""
    first, mailing = frame["first"].to_numpy(), frame["mailing"].to_numpy()
    outside = frame["referrer"].to_numpy()
    social = np.isin(REFERRERS[outside], list(TAGGED)) & (frame["visit"].to_numpy() % 2 == 0)
    lists = list(mail.EVERY_DAYS)
    by_mail = pd.Index(lists).get_indexer(plan.table["newsletter"])[np.maximum(mailing, 0)]
    sources = np.array([*lists, *TAGGED.values()])
    network = len(lists) + pd.Index(list(TAGGED)).get_indexer(REFERRERS[outside])
    source = np.where(mailing >= 0, by_mail, np.where(social, network, -1))
    medium = np.where(mailing >= 0, 0, np.where(social, 1, -1))
    return {
        "utm_source": _named(sources, np.where(first, source, -1)),
        "utm_medium": _named(np.array(["email", "social"]), np.where(first, medium, -1)),
        "utm_campaign": _named(plan.table["campaign"].to_numpy(), np.where(first, mailing, -1)),
    }


def browsers(people: People, defects: Defects, rng: np.random.Generator) -> np.ndarray:
    """Return the two browsers of each person, then of each crawler, as indices of AGENTS and CRAWLER."""
    crawling = np.where(np.arange(defects.crawlers) % 2 == 0, len(AGENTS), 0)
    return np.concatenate([devices(people, rng), np.column_stack([crawling, crawling])])


def email_events(
    world: World, people: People, catalogue: Catalogue, plan: mail.Mailings, frame: pd.DataFrame, defects: Defects,
    rng: np.random.Generator,
) -> tuple[pa.Table, pd.DataFrame]:  # fmt: skip
    """Return e-mail events in the contract's columns, as Arrow, and those made by machines or delivered twice.

    They are sorted by month of recording, then person, then time.
    """
    known = recorded(frame["day"].to_numpy(), rng, 0.3)
    frame = frame.assign(recorded=known)[known < world.days(world.end)]
    frame = frame.iloc[
        np.lexsort((frame["day"], frame["person"], world.month_of(world.at(frame["recorded"]))))
    ]
    mailing = frame["mailing"].to_numpy()
    product = plan.table["product"].to_numpy()[mailing]
    lists, codes = np.unique(plan.table["newsletter"], return_inverse=True)
    table = pa.table(
        {
            "learner_id": _coded(people.ids, frame["person"].to_numpy(), None),
            "happened_at": world.at(frame["day"]), "recorded_at": world.at(frame["recorded"]),
            "event": _coded(np.array(EVENT_NAMES), frame["kind"].to_numpy(), None),
            "campaign": _coded(plan.table["campaign"].to_numpy(), mailing, None),
            "newsletter": _coded(lists, codes[mailing], None),
            "product_id": _coded(catalogue.table["product_id"].to_numpy(), np.maximum(product, 0), product < 0),
            "user_agent": _coded(np.array([mail.PERSON, mail.PROXY, mail.SCANNER]), frame["agent"].to_numpy(), None),
        }
    )  # fmt: skip
    table, again = _with_repeats(world, table, AGAIN_MAIL * defects.share, rng)
    one = _mail_told(world, people, plan, frame)
    twice, by_machine = one.iloc[again].assign(kind="duplicate"), one[frame["machine"].to_numpy()]
    return table, pd.concat([twice, by_machine], ignore_index=True)


def _mail_told(world, people, plan, frame):
    kind = frame["kind"].to_numpy()
    columns = {
        "account": people.ids[frame["person"]], "campaign": plan.table["campaign"].to_numpy()[frame["mailing"]],
        "event": np.array(EVENT_NAMES)[kind], "at": world.at(frame["day"]),
    }  # fmt: skip
    return told("", **columns).assign(kind=np.where(kind == mail.OPENED, "machine open", "scanner click"))


def _with_repeats(world, table, share, rng):
    """Return a table with a share of its records once more, where they belong in the order of recording.

    The positions of those that arrived a second time before the end are returned as well.
    """
    again, later = repeated(share, len(table), rng)
    known = table["recorded_at"].to_numpy()[again] + (later * 86_400e6).astype("timedelta64[us]")
    again, known = again[known < world.end], known[known < world.end]
    if len(again) == 0:
        return table, again
    once_more = table.take(again)
    place = once_more.schema.get_field_index("recorded_at")
    once_more = once_more.set_column(place, "recorded_at", pa.array(known, table.schema.field(place).type))
    both = pa.concat_tables([table, once_more]).combine_chunks()
    position = np.concatenate([np.arange(len(table)), again + 0.5])
    return both.take(np.lexsort((position, world.month_of(both["recorded_at"].to_numpy())))), again


def write(name: str, table: pd.DataFrame | pa.Table, path: Path) -> None:
    """Write a table of the contract, with the contract's columns, order and types."""
    typed = _typed(name, table) if isinstance(table, pd.DataFrame) else table
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(typed, path, compression="zstd", compression_level=1, store_schema=False)


def write_by_month(name: str, world: World, table: pa.Table, folder: Path, chunk: int) -> None:
    """Write a table that is sorted by month of recording, a file per month."""
    month = world.month_of(table["recorded_at"].to_numpy())
    edges = np.searchsorted(month, np.arange(world.months + 1))
    for m, (start, stop) in enumerate(pairwise(edges)):
        if stop > start:
            label = str(world.starts[m])[:7]
            write(name, table.slice(start, stop - start), folder / name / label / f"part-{chunk:03d}.parquet")


def _typed(name, frame):
    declared = contract.schema(name, [c for c in contract.columns(name) if c in frame.columns])
    return pa.Table.from_pandas(frame[list(declared)].reset_index(drop=True), preserve_index=False).cast(
        declared.to_pyarrow(), safe=False
    )


def _named(values, codes):
    """Return the values at some indices; a negative one stands for none."""
    codes = np.asarray(codes)
    return _coded(values, np.maximum(codes, 0), codes < 0)


def _coded(values, codes, missing):
    indices = pa.array(np.asarray(codes, dtype="int32"), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(np.asarray(values).astype(object)))
