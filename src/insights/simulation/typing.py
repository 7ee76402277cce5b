"""Typing: what people and export programs do to words, planted here and written down for the truth.

Letters are missing, doubled or swapped; accents were read in the wrong encoding; markup stands between words; places
are written in several ways; and some fields are left empty that other records tell.
"""

import numpy as np
import pandas as pd

from insights.simulation.people import SPAM_TITLE
from insights.simulation.planted import TOLD, told
from insights.simulation.voices import SCRIPT_POST

MISTYPED, DAMAGED, MARKED_UP, OTHER_CASE = 0.04, 0.4, 0.03, 0.12
OTHERWISE = 0.15  # places that have another name are written by it
NO_TOPIC = 0.04
ALSO = {
    "United States": ("USA", "U.S.", "United States of America"), "United Kingdom": ("UK", "Great Britain"),
    "Germany": ("Deutschland",), "Brazil": ("Brasil",), "Spain": ("España",), "Mexico": ("México",),
    "Turkey": ("Türkiye",), "South Korea": ("Korea", "Republic of Korea"), "Vietnam": ("Viet Nam",),
    "Italy": ("Italia",), "Poland": ("Polska",),
    "New York": ("NYC", "New York, NY"), "Bengaluru": ("Bangalore",), "Delhi": ("New Delhi",), "München": ("Munich",),
    "São Paulo": ("Sao Paulo",), "Montréal": ("Montreal",), "Ciudad de México": ("Mexico City", "CDMX"),
    "Milano": ("Milan",), "Warszawa": ("Warsaw",), "Bogotá": ("Bogota",), "San Francisco": ("SF",),
    "Austin": ("Austin, TX",), "Istanbul": ("İstanbul",),
}  # fmt: skip
MARKUP = ("<b>{}</b>", "{}&nbsp;", '<span class="x">{}</span>', "<p>{}</p>")
WITHOUT_MARKUP = {SPAM_TITLE: None, SCRIPT_POST: "Best course ever trust me"}
NOTHING = pd.DataFrame(columns=TOLD)


def mistype_contacts(
    learners: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return contacts as people typed them and the CRM exported them, and what was planted.

    Of a damaged text the truth is what it was before, of a country its one name.
    """
    country = learners["country"].copy()
    typed = learners.assign(
        job_title=_cased(_misspelt(learners["job_title"], rng), rng),
        city=_misspelt(_otherwise(learners["city"], rng), rng),
        country=_otherwise(country, rng),
    )
    written = country.notna() & (typed["country"] != country)
    planted = [_told("country", learners["learner_id"], "country", country, written)]
    for column in ("job_title", "city"):
        typed, damage = _damaged(typed, "learner_id", column, rng)
        planted.append(damage)
    return typed, planted


def mistype(
    shared: dict[str, pd.DataFrame], rng: np.random.Generator
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the catalogue, events and posts as they were typed, and what was planted in the columns of the truth."""
    events, products = shared["events"], shared["products"]
    topic = _misspelt(events["topic"], rng)
    lost = pd.Series(rng.random(len(products)) < NO_TOPIC, index=products.index)
    posts, damage = _damaged(shared["social_posts"], "post_id", "text", rng, _plain_posts)
    planted = [
        _told("topic", events["event_id"], "topic", events["topic"], topic != events["topic"]),
        _told("no topic", products["product_id"], "topic", products["topic"], lost),
        damage,
    ]
    typed = {
        "events": events.assign(topic=topic),
        "products": products.assign(topic=products["topic"].mask(lost)),
        "social_posts": posts,
    }
    return shared | typed, pd.concat(planted, ignore_index=True)


def _told(kind, ids, column, true, where):
    return told(
        kind, account=ids[where].to_numpy(), of=true[where].to_numpy(), event=np.repeat(column, where.sum())
    )


def _plain_posts(values):
    """Leave out posts that hold an address, a link, a handle or markup: what scrubbing makes of these differs."""
    return ~values.str.contains(r"[<@]|https?:|\+\d|Thanks to", regex=True)


def _damaged(table, key, column, rng, among=None):
    """Let some texts lose their accents to a wrong encoding, and some gain markup."""
    values, known = table[column], table[column].notna()
    if among is not None:
        known = known & among(values.fillna(""))
    has_markup = values.str.contains("[<>]", regex=True).fillna(False).astype(bool)
    chance, way = rng.random(len(table)), rng.integers(len(MARKUP), size=len(table))
    accented = values.fillna("").map(lambda v: not v.isascii()).astype(bool)
    wrong = known & ~has_markup & accented & (chance < DAMAGED)
    marked = known & ~has_markup & ~wrong & (chance > 1 - MARKED_UP)
    damaged = values.copy()
    damaged[wrong] = [_misread(value) for value in values[wrong]]
    damaged[marked] = [
        MARKUP[w].format(v.replace("&", "&amp;")) for v, w in zip(values[marked], way[marked], strict=True)
    ]
    meant = values.map(lambda v: WITHOUT_MARKUP.get(v, v))
    spam = values.isin(list(WITHOUT_MARKUP))
    planted = _told("text", table[key], column, meant, spam | (wrong | marked) & (damaged != values))
    return table.assign(**{column: damaged}), planted


def _misread(text):
    return text.encode().decode("latin-1")


def _otherwise(values, rng):
    chosen = (rng.random(len(values)) < OTHERWISE) & values.isin(list(ALSO)).to_numpy()
    lot = rng.random(len(values))
    changed = values.copy()
    changed[chosen] = [
        ALSO[v][int(u * len(ALSO[v]))] for v, u in zip(values[chosen], lot[chosen], strict=True)
    ]
    return changed


def _cased(values, rng):
    chance = rng.random(len(values))
    lower, upper = chance < OTHER_CASE / 2, (chance >= OTHER_CASE / 2) & (chance < OTHER_CASE)
    markup = values.str.contains("<", regex=False).fillna(False).astype(bool)
    return values.mask(lower & ~markup, values.str.lower()).mask(upper & ~markup, values.str.upper())


def _misspelt(values, rng):
    """Let some long words lose a letter, double one, or swap two."""
    chosen = (rng.random(len(values)) < MISTYPED) & values.notna().to_numpy()
    place, way = rng.random(len(values)), rng.integers(3, size=len(values))
    changed = values.copy()
    changed[chosen] = [
        _slip(value, at, how)
        for value, at, how in zip(values[chosen], place[chosen], way[chosen], strict=True)
    ]
    return changed


def _slip(text, at, how):
    word = max(text.split(), key=len)
    if len(word) < 6 or "<" in text:
        return text
    spot = 1 + int(at * (len(word) - 3))
    slips = (
        word[:spot] + word[spot + 1 :],
        word[:spot] + word[spot] + word[spot:],
        word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :],
    )
    return text.replace(word, slips[how], 1)
