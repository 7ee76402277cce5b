"""Features of a product from who looks at it: how deep, how broad their interest is, and what they bought already."""

import ibis
from ibis import _

from insights.features.need import MODEL
from insights.features.registry import JOURNEY, Past, family
from insights.features.voices import KEYS, topics

VISIT = [*KEYS, "learner_id"]


@family(
    MODEL, "audience", view=JOURNEY, sources=["page_views", "products"],
    features={
        "views_per_visitor": ("views of its pages, lessons among them, per known visitor, look-back", "ratio"),
        "days_per_visitor": ("days on which a known visitor looked at or learned with it, mean, look-back", "ratio"),
        "topics_per_visitor": ("topics whose products its visitors looked at, mean, look-back", "ratio"),
    },
)  # fmt: skip
def audience(past: Past) -> ibis.Table:
    """Describe the product by how much its visitors look at it, and at how many topics beside."""
    looks = _visits(past)
    seen = looks.group_by(*VISIT).agg(views=_.views.sum(), days=_.viewed_at.truncate("D").nunique())
    broad = looks.inner_join(topics(past), KEYS).group_by("learner_id", "as_of").agg(topics=_.topic.nunique())
    both = seen.left_join(broad, ["learner_id", "as_of"])
    return both.group_by(*KEYS).agg(
        views_per_visitor=both.views.mean(), days_per_visitor=both.days.mean(), topics_per_visitor=both.topics.mean()
    )


@family(
    MODEL, "overlap", view=JOURNEY, sources=["page_views", "enrollments"],
    features={
        "buyers_among_visitors": ("share of its known visitors who bought another product, look-back", "share"),
        "products_per_visitor": ("other products that a known visitor bought, mean, look-back", "ratio"),
    },
)  # fmt: skip
def overlap(past: Past) -> ibis.Table:
    """Describe the product by what its visitors bought beside it."""
    visitors = _visits(past).select(*VISIT).distinct()
    e = past.events("enrollments").filter(_.units > 0, _.learner_id.notnull())
    bought = e.select("learner_id", "as_of", other=e.product_id).distinct()
    met = visitors.left_join(bought, ["learner_id", "as_of"])
    others = met.group_by(met.product_id, met.as_of, met.learner_id).agg(
        others=(met.other != met.product_id).fill_null(False).cast("int64").sum()
    )
    return others.group_by(*KEYS).agg(
        buyers_among_visitors=(others.others > 0).cast("int64").mean(), products_per_visitor=others.others.mean()
    )


def _visits(past):
    """Return the views of products' pages by known people, before they bought and while they learn."""
    return past.events("page_views").filter(_.product_id.notnull(), _.learner_id.notnull())
