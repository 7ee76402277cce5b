"""Features of a product from what people say of it: in surveys and on social networks."""

import ibis
from ibis import _

from insights.contract import NETWORK_TITLES, NETWORKS
from insights.features.need import MODEL
from insights.features.registry import JOURNEY, SOCIAL, Past, beside, family
from insights.features.tone import tone

KEYS = ["product_id", "as_of"]
LAST_MONTH = ibis.interval(months=1)
SPAM = r"(?i)https?://|www\.|\bfollow\s+@\w"  # links, and calls to follow an account
MIDDLE, DRAWN_BY = 3, 4  # of the scale of intent; and how many neutral answers or posts a mean is drawn by


def topics(past: Past) -> ibis.Table:
    """Return the topic of each product at each moment, of those that have one."""
    return past.entities("products").select("product_id", "as_of", "topic").filter(_.topic.notnull())


@family(
    MODEL, "survey", view=JOURNEY, sources=["survey_responses"],
    features={
        "survey_answers": ("survey answers about it in the look-back", "answers"),
        "survey_intent": ("mean intent to buy, 1 to 5", "points"),
        "survey_top_two": ("share that answered 4 or 5", "share"),
    },
)  # fmt: skip
def survey(past: Past) -> ibis.Table:
    """Describe the product by the voice of the customer."""
    s = past.events("survey_responses")
    return s.group_by(*KEYS).agg(
        survey_answers=s.count(),
        survey_intent=s.intent.cast("int64").mean(),
        survey_top_two=(s.intent >= 4).cast("int64").mean(),
    )


@family(
    MODEL, "opinion", view=JOURNEY, sources=["survey_responses"],
    features={
        "opinion": ("intent to buy in last month's answers above the middle, drawn to it where few answered", "lean"),
        "opinion_before": ("the same of all answers before last month", "lean"),
    },
)  # fmt: skip
def opinion(past: Past) -> ibis.Table:
    """Describe the product by what was answered last, and before: some products are always spoken of well.

    In a few answers chance is drawn to the middle of the scale.
    """
    s = past.entities("survey_responses")
    late = s.answered_at >= s.as_of - LAST_MONTH
    above = s.intent.cast("int64") - MIDDLE
    return s.group_by(*KEYS).agg(
        opinion=above.sum(where=late).fill_null(0) / (late.sum() + DRAWN_BY),
        opinion_before=above.sum(where=~late).fill_null(0) / ((~late).sum() + DRAWN_BY),
    )


@family(
    MODEL, "tone", view=SOCIAL, sources=["social_posts"],
    features={
        "tone": ("tone of last month's posts about it, −1 to 1, drawn to 0 where there are few", "lean"),
        "novelty": ("different texts per post about it in the look-back", "share"),
        "spam_share": ("share of the look-back's posts about it with a link or a call to follow an account", "share"),
    },
)  # fmt: skip
def tone_of_posts(past: Past) -> ibis.Table:
    """Describe the product by how posts speak of it, and whether they only repeat each other."""
    posts = past.events("social_posts").filter(_.product_id.notnull(), _.text.notnull())
    posts = posts.mutate(late=posts.posted_at >= posts.as_of - LAST_MONTH)
    # Sums of decimals come out the same in any order.
    late = posts.filter(posts.late).mutate(tone=lambda t: tone(t.text).cast("decimal(9, 4)"))
    said = late.group_by(*KEYS).agg(tone=_.tone.sum().cast("float64") / (_.count() + DRAWN_BY))
    spam = posts.text.re_search(SPAM).cast("int64")
    every = posts.group_by(*KEYS).agg(novelty=_.text.nunique() / _.count(), spam_share=spam.mean())
    return beside(every, said, KEYS)


def _network(name):
    @family(
        MODEL, name, view=SOCIAL, sources=["social_posts", "products"],
        features={
            f"{name}_posts": (f"posts about it on {NETWORK_TITLES[name]} in the look-back", "posts"),
            f"{name}_posts_last_month": (f"posts about it on {NETWORK_TITLES[name]}, last month", "posts"),
            f"{name}_reactions": (f"reactions to them on {NETWORK_TITLES[name]}", "reactions"),
            f"{name}_reactions_per_post": (f"reactions per post on {NETWORK_TITLES[name]}", "ratio"),
            f"{name}_topic_posts": (f"posts about its topic on {NETWORK_TITLES[name]}, last month", "posts"),
        },
    )  # fmt: skip
    def social(past: Past) -> ibis.Table:
        posts = past.events("social_posts").filter(_.network == name)
        lately = (_.posted_at >= _.as_of - LAST_MONTH).sum()
        measured = {
            f"{name}_posts": _.count(),
            f"{name}_posts_last_month": lately,
            f"{name}_reactions": _.reactions.sum().fill_null(0),
            f"{name}_reactions_per_post": _.reactions.mean(),
        }
        own = posts.filter(_.product_id.notnull()).group_by(*KEYS).agg(**measured)
        topic = posts.group_by("topic", "as_of").agg(**{f"{name}_topic_posts": lately})
        both = beside(topics(past), own, KEYS)
        return both.left_join(topic, ["topic", "as_of"])

    return social


for _name in NETWORKS:
    _network(_name)
