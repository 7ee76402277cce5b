"""Voices: social posts, survey answers and the panel, each seeing the coming demand in its own way."""

import numpy as np
import pandas as pd

from insights.contract import NETWORKS, TEAMS
from insights.simulation.people import FIRST_NAMES, LAST_NAMES
from insights.simulation.products import Catalogue
from insights.simulation.world import TOPICS, World, autoregressive

POSTS_A_MONTH = {"facebook": 2.0, "instagram": 1.4, "linkedin": 3.0}
HEARS = {"facebook": 0.5, "instagram": 0.35, "linkedin": 0.8}
HYPE_SD = 0.6
EMPTY_HYPE, EMPTY_HYPE_SD = ("Agents", "AI for Business"), 0.8  # topics whose waves of talk nobody buys after
REACTIONS = {"facebook": 8.0, "instagram": 20.0, "linkedin": 12.0}
SCRIPT_POST = 'Best course ever <script>alert("post")</script> trust me'
SPAM, REPOSTED = 0.03, 0.05
SPAM_POSTS = (
    "Earn 5000 a week from home, ask me how",
    "Follow @fast.certificates for certificates without studying",
    "CHEAP FOLLOWERS https://example.com/followers",
)
GOOD, BAD = "great useful clear inspiring practical", "boring confusing overpriced shallow late"
PANELISTS = 8
PANEL_SKILL, SURVEY_SKILL = 0.7, 0.65
ANSWERS_A_MONTH = 5.0
PANEL_PRODUCTS = 150


def social_posts(
    world: World, catalogue: Catalogue, names: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Return posts about products from their announcement on; networks hear the buzz of the coming month."""
    redundant = "redundant_source" in world.planted
    own = [network for network in NETWORKS if network != "instagram" or not redundant]
    empty = _empty_hype(world, rng)
    posts = pd.concat([_network(world, catalogue, network, empty, rng) for network in own], ignore_index=True)
    posts["text"] = _texts(posts, catalogue, names, rng)
    if redundant:
        posts = pd.concat(
            [posts, _cross_posted(posts[posts["network"] == "facebook"], rng)], ignore_index=True
        )
    posts = pd.concat([posts, _reposts(posts, rng), _spam(world, len(posts), rng)], ignore_index=True)
    posts = posts.sort_values(["day", "network", "product"], kind="stable", ignore_index=True)
    named = posts["product"].to_numpy() >= 0
    at = pd.Series(world.at(posts["day"]))
    author = (
        rng.choice(FIRST_NAMES, size=len(posts)).astype(object)
        + " "
        + rng.choice(LAST_NAMES, size=len(posts))
    )
    return pd.DataFrame(
        {
            "post_id": [f"S{i:07d}" for i in range(len(posts))], "network": posts["network"], "posted_at": at,
            "recorded_at": at + pd.Timedelta(days=1), "author": author,
            "text": posts["text"],
            "product_id": catalogue.table["product_id"].iloc[posts["product"]].where(named).to_numpy(),
            "topic": catalogue.table["topic"].iloc[posts["product"]].where(named).to_numpy(),
            "reactions": posts["reactions"].astype("int32"),
        }
    ).loc[lambda t: t["recorded_at"] < pd.Timestamp(world.end)]  # fmt: skip


def survey_responses(
    world: World, catalogue: Catalogue, learners: pd.DataFrame, keenness: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Return answers of the keen, who like what they are asked about more than others would.

    Parameters
    ----------
    keenness : array of shape (people, topics)
        How likely each person is to answer a survey on each topic, relative to others.
    """
    alive = _talked_about(world, catalogue)
    scale = (world.people / 300_000) ** 0.25
    product, month = np.nonzero(rng.poisson(ANSWERS_A_MONTH * scale * alive))
    number = rng.poisson(ANSWERS_A_MONTH * scale, size=len(product)) + 1
    product, month = np.repeat(product, number), np.repeat(month, number)
    liking = SURVEY_SKILL * catalogue.surprise[product, month + 1] + _taste(product, rng)
    intent = np.clip(np.round(3.4 + liking + rng.normal(scale=1.0, size=len(product))), 1, 5)
    begin = world.days(world.starts)
    day = begin[month] + rng.random(len(product)) * (begin[month + 1] - begin[month])
    at = pd.Series(world.at(day))
    person = _respondents(keenness, catalogue.topic[product], rng)
    frame = pd.DataFrame(
        {
            "learner_id": learners["learner_id"].to_numpy()[person],
            "product_id": catalogue.table["product_id"].to_numpy()[product], "answered_at": at,
            "recorded_at": at + pd.Timedelta(hours=1), "intent": intent.astype("int8"),
            "comment": _comments(intent, learners, person, rng),
        }
    )  # fmt: skip
    known = (learners["registered_at"].to_numpy()[person] < at.to_numpy()) & (
        frame["recorded_at"] < pd.Timestamp(world.end)
    )
    return frame[known].sort_values(["answered_at", "product_id", "learner_id"], ignore_index=True)


def panel_votes(world: World, catalogue: Catalogue, rng: np.random.Generator) -> pd.DataFrame:
    """Return the votes of eight panelists, each with a skill, a bias for topics and a mood of their own."""
    favour = rng.normal(scale=0.35, size=(PANELISTS, len(TOPICS)))
    parts = []
    for month in range(world.months):
        asked = _asked(world, catalogue, month)
        shared = rng.normal(scale=0.75, size=len(asked))
        for panelist in range(PANELISTS):
            seen = PANEL_SKILL * catalogue.surprise[asked, month] / 0.55 + shared
            score = seen + favour[panelist, catalogue.topic[asked]] + rng.normal(scale=0.9, size=len(asked))
            parts.append(_ballot(world, catalogue, month, panelist, asked, score, rng))
    return pd.concat(parts, ignore_index=True)


def _empty_hype(world, rng):
    """Return waves of talk about some topics, shape (topics, months), that come and go without demand."""
    waves = autoregressive(rng, len(TOPICS), world.months, EMPTY_HYPE_SD, 0.8)
    return np.where(np.isin(list(TOPICS), EMPTY_HYPE)[:, None], waves, 0.0)


def _network(world, catalogue, network, empty, rng):
    alive = _talked_about(world, catalogue)
    hype = rng.normal(scale=HYPE_SD, size=alive.shape) + catalogue.whim[:, 1 : world.months + 1]
    hype = hype + empty[catalogue.topic][:, : world.months]
    coming = catalogue.surprise[:, 1 : world.months + 1]
    rate = POSTS_A_MONTH[network] * np.exp(HEARS[network] * coming + hype - 0.3) * alive
    product, month = np.nonzero(number := rng.poisson(rate))
    repeat = number[product, month]
    product, month = np.repeat(product, repeat), np.repeat(month, repeat)
    begin = world.days(world.starts)
    loud = np.exp(0.4 * HEARS[network] * coming[product, month])
    return pd.DataFrame(
        {
            "network": network, "product": product,
            "day": begin[month] + rng.random(len(product)) * (begin[month + 1] - begin[month]),
            "reactions": rng.poisson(REACTIONS[network] * loud * rng.gamma(1.0, 1.0, size=len(product))),
            "liked": coming[product, month] + rng.normal(scale=0.8, size=len(product)) > 0,
        }
    )  # fmt: skip


def _talked_about(world, catalogue):
    """From the announcement on; the older a product, the less it is talked about."""
    announced = world.days(catalogue.table["announced_at"].to_numpy(dtype="datetime64[us]"))
    begin = world.days(world.starts)
    age = (begin[None, :-1] - announced[:, None]) / 365
    return np.where(age > 0, np.exp(-0.5 * age), 0.0)


def _texts(posts, catalogue, names, rng):
    topics = catalogue.table["topic"].to_numpy()[posts["product"]]
    titles = catalogue.table["title"].to_numpy()[posts["product"]]
    spice = rng.random(len(posts))
    texts = []
    for topic, title, liked, chance in zip(topics, titles, posts["liked"], spice, strict=True):
        words = TOPICS[topic].split()
        mood = rng.choice((GOOD if liked else BAD).split())
        texts.append(
            _odd(chance, names, rng)
            or f"{title}: {mood}, lots of {rng.choice(words)} and {rng.choice(words)}"
        )
    return texts


def _cross_posted(posts, rng):
    """Let Instagram only repeat what stands on Facebook, within the hour."""
    again = REACTIONS["instagram"] / REACTIONS["facebook"]
    reactions = np.round(posts["reactions"] * again).astype(int)
    return posts.assign(
        network="instagram", reactions=reactions, day=posts["day"] + rng.random(len(posts)) / 24
    )


def _reposts(posts, rng):
    """Copy some posts to a network, days later: loud, and no new voice."""
    copied = posts[rng.random(len(posts)) < REPOSTED]
    network = rng.choice(NETWORKS, size=len(copied))
    return copied.assign(network=network, day=copied["day"] + rng.exponential(2.0, size=len(copied)))


def _spam(world, count, rng):
    """Return posts that name no product and mean nothing."""
    n = rng.poisson(SPAM * count)
    return pd.DataFrame(
        {
            "network": rng.choice(NETWORKS, size=n), "product": -1,
            "day": rng.random(n) * world.days(world.end), "reactions": rng.poisson(0.3, size=n),
            "liked": True, "text": rng.choice(SPAM_POSTS, size=n),
        }
    )  # fmt: skip


def _odd(chance, names, rng):
    """Let a post in a hundred name somebody, give an address away, or attack the reader."""
    if chance < 0.002:
        return SCRIPT_POST
    if chance < 0.006:
        return f"Thanks to {rng.choice(names)} for the study group!"
    if chance < 0.010:
        return f"Write to study.group{rng.integers(100)}@example.com or call +1 555 {rng.integers(100, 999)} 0199"
    return None


def _respondents(keenness, topic, rng):
    total = np.cumsum(keenness, axis=0)
    drawn = rng.random(len(topic)) * total[-1, topic]
    person = np.empty(len(topic), dtype=int)
    for one in np.unique(topic):
        person[topic == one] = np.searchsorted(total[:, one], drawn[topic == one], side="right")
    return person


def _taste(product, rng):
    return rng.normal(scale=0.45, size=product.max() + 1 if len(product) else 0)[product]


def _comments(intent, learners, person, rng):
    chance = rng.random(len(intent))
    names, emails = learners["name"].to_numpy()[person], learners["email"].to_numpy()[person]
    texts = np.where(intent >= 4, "Looking forward to it", "Not what I need right now").astype(object)
    texts[chance > 0.3] = None
    signed = chance < 0.01
    texts[signed] = [
        f"Call me, {name}, or mail {email}" for name, email in zip(names[signed], emails[signed], strict=True)
    ]
    return texts


def _asked(world, catalogue, month):
    launched = world.days(catalogue.table["launched_at"].to_numpy(dtype="datetime64[us]"))
    announced = world.days(catalogue.table["announced_at"].to_numpy(dtype="datetime64[us]"))
    begin, end = world.days(world.starts)[[month, month + 1]]
    on_sale = np.flatnonzero(launched < begin)
    best = on_sale[np.argsort(-catalogue.foreseen[on_sale, month], kind="stable")[:PANEL_PRODUCTS]]
    launching = np.flatnonzero((launched >= begin) & (launched < end))
    waiting = np.flatnonzero(np.isnan(launched) & (announced < begin))
    return np.unique(np.concatenate([best, launching, waiting]))


def _ballot(world, catalogue, month, panelist, asked, score, rng):
    decision = world.starts[month]
    at = pd.Timestamp(decision) - pd.to_timedelta(
        np.round(rng.uniform(1, 5, size=len(asked)) * 86_400), unit="s"
    )
    return pd.DataFrame(
        {
            "panelist_id": f"panelist-{panelist + 1}", "team": TEAMS[panelist % 2],
            "product_id": catalogue.table["product_id"].to_numpy()[asked], "decision_at": pd.Timestamp(decision),
            "voted_at": at, "recorded_at": at + pd.Timedelta(hours=1), "vote": score > 0.15,
            "probability": np.round(1 / (1 + np.exp(-(score - 0.15))), 2),
        }
    )  # fmt: skip
