"""Five thousand planted identifiers: none in anything that was collected, and how many of each kind scrubbing found.

Each is written in one of the ways in which people write it, in a sentence of a post, a comment, a job title or a
city, or stands in a column of its own. What scrubbing does not promise is tested too: a name that is in no export.
"""

import numpy as np
import pandas as pd
import pytest
from collecting import collected, everything, make_project, run, use_tables, write_window

from insights import privacy

EACH = 1_000
JUNE = pd.Timestamp("2025-06-15 12:00")
SYLLABLES = ["ba", "ko", "mi", "ru", "ne", "zo", "ta", "vi", "lu", "se", "dar", "mon", "kel", "tor", "fen", "gar"]
WAYS = {
    "name": [
        lambda n: n, lambda n: n.upper(), lambda n: n.lower(), lambda n: n.replace(" ", "  "), lambda n: f"{n}'s",
        lambda n: n.replace(" ", "-"), lambda n: f"({n})", lambda n: n.replace(" ", "\u00a0"),
    ],
    "e-mail": [
        lambda m: m, lambda m: m.upper(), lambda m: f"<{m}>", lambda m: f"mailto:{m}", lambda m: f"{m}.",
        lambda m: m.replace("@", "+x@"),
    ],
    "phone": [
        lambda d: f"+49 {d[:3]} {d[3:]}", lambda d: f"({d[:3]}) {d[3:6]}-{d[6:]}",
        lambda d: f"{d[:3]}.{d[3:6]}.{d[6:]}",
        lambda d: f"{d[:3]}\u2013{d[3:6]}\u2013{d[6:]}", lambda d: f"+1{d}",
        lambda d: f"{d[:3]}\u00a0{d[3:6]}\u00a0{d[6:]}",
    ],
    "handle": [lambda h: f"@{h}", lambda h: f"(@{h})", lambda h: f"@{h},", lambda h: f"@{h.title()}"],
    "link": [
        lambda p: f"https://x.example/u/{p}?token={p}", lambda p: f"HTTP://x.example/{p}",
        lambda p: f"www.x.example/{p}",
        lambda p: f"linkedin.com/in/{p}",
    ],
}  # fmt: skip
SENTENCES = ("Ask {} about it", "{} said so", "thanks to {} for the group", "write to {} or wait, 3 of 12 did")


def word(rng, syllables):
    return "".join(rng.choice(SYLLABLES, size=syllables))


def identifiers(kind, rng):
    """Return a thousand identifiers of a kind, all different, whose letters stand nowhere else."""
    if kind == "name":
        made = (f"{word(rng, 3).title()} {word(rng, 4).title()}" for _ in range(3 * EACH))
    elif kind == "phone":
        made = (f"{rng.integers(2_000_000_000, 9_999_999_999)}" for _ in range(3 * EACH))
    else:
        made = (f"{word(rng, 3)}.{word(rng, 4)}" for _ in range(3 * EACH))
    plain = list(dict.fromkeys(made))[:EACH]
    return [f"{one}@mail.example" for one in plain] if kind == "e-mail" else plain


@pytest.fixture(scope="module")
def planted():
    """Return every identifier with its kind and the text that it was planted in."""
    rng = np.random.default_rng(5)
    rows = [
        (kind, one, rng.choice(SENTENCES).format(WAYS[kind][i % len(WAYS[kind])](one)))
        for kind in WAYS
        for i, one in enumerate(identifiers(kind, rng))
    ]
    return pd.DataFrame(rows, columns=["kind", "identifier", "text"])


@pytest.fixture(scope="module")
def written(planted, tmp_path_factory):
    """Return everything that was collected from tables that hold the identifiers in columns and in texts."""
    with pytest.MonkeyPatch.context() as patch:
        window = write_window(make_project(tmp_path_factory.mktemp("recall"), patch), source={"kind": "folder"})
        use_tables(patch, tables(planted))
        run(window)
        posts = collected(window, "social_posts").set_index("topic")["text"]
        return everything(window), posts


def tables(planted):
    by = {kind: part["identifier"].tolist() for kind, part in planted.groupby("kind")}
    n = len(planted)
    at = {"recorded_at": JUNE}
    people = pd.DataFrame(
        {"learner_id": by["e-mail"], "registered_at": JUNE, "name": by["name"], "email": by["e-mail"]}
    )
    typed = planted["text"].sample(EACH, random_state=1).tolist()
    return {
        "learners": people.assign(registered_at=JUNE, job_title=typed, city=typed[::-1], **at),
        "social_posts": pd.DataFrame(
            {"post_id": planted["identifier"], "network": "linkedin", "posted_at": JUNE, "text": planted["text"],
             "author": np.resize(by["name"], n), "topic": [f"t{i}" for i in range(n)]}
        ).assign(**at),
        "survey_responses": pd.DataFrame(
            {"learner_id": np.resize(by["e-mail"], n), "product_id": "p1", "answered_at": JUNE, "intent": 3,
             "comment": planted["text"]}
        ).assign(**at),
        "page_views": pd.DataFrame(
            {"learner_id": by["e-mail"], "anonymous_id": by["handle"], "viewed_at": JUNE, "page_type": "home",
             "views": 1,
             "url": [f"/u/{mail}?t={tel}" for mail, tel in zip(by["e-mail"], by["phone"], strict=True)],
             "referrer": [f"https://x.example/in/{link}" for link in by["link"]]}
        ).assign(**at),
    }  # fmt: skip


def test_none_of_five_thousand_identifiers_is_in_anything_that_was_collected(planted, written):
    assert len(planted) == 5 * EACH and planted["identifier"].is_unique
    text = written[0].casefold()
    assert [one for one in planted["identifier"] if one.casefold() in text] == []
    digits = "".join(c if c.isalnum() else "" for c in text)
    assert [one for one in planted.loc[planted["kind"] == "phone", "identifier"] if one in digits] == []


@pytest.mark.parametrize("kind", WAYS)
def test_the_recall_of_scrubbing_is_1_for_each_kind_in_each_way_of_writing(planted, written, kind):
    posts = written[1]
    rows = planted[planted["kind"] == kind]
    found = [f"[{kind}]" in posts[f"t{i}"] for i in rows.index]
    assert np.mean(found) == 1.0, rows["text"][~np.array(found)].head(3).tolist()


def test_the_rest_of_each_sentence_is_left_as_it_was(planted, written):
    left = written[1].str.replace(r"\[[\w-]+\]", "", regex=True)
    words = {word for sentence in SENTENCES for word in sentence.replace("{}", " ").split()}
    kept = left.str.findall(r"[\w']+").map(lambda found: len([w for w in found if w in words]))
    assert (kept >= 2).mean() > 0.99


def test_the_name_of_somebody_in_no_export_is_not_found():
    assert privacy.scrub("Ask Zelda Quackenbush", privacy.full_names(["Ann Lee"])) == "Ask Zelda Quackenbush"
