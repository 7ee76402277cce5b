"""Features of a product from the market it comes to: the season, its rivals, and how launches like it did."""

import ibis
from ibis import _

from insights.features.need import LITTLE, MODEL, NO_MARGIN
from insights.features.registry import JOURNEY, Past, beside, family
from insights.features.voices import DRAWN_BY, KEYS, LAST_MONTH

YEAR = ibis.interval(months=12)


@family(
    MODEL, "season", view=JOURNEY, sources=["learners"],
    features={
        "season_ahead": (
            "registrations in the coming month a year ago, over the mean month of that year since, logarithm",
            "log factor",
        )
    },
)  # fmt: skip
def season(past: Past) -> ibis.Table:
    """Describe the coming month by what it brought a year ago: for all products alike, missing without that year."""
    people = past.entities("learners")
    ahead = people.registered_at < people.as_of - YEAR + LAST_MONTH
    year = people.registered_at >= people.as_of - YEAR
    counted = people.group_by("as_of").agg(
        ahead=(year & ahead).sum(), year=year.sum(), before=people.registered_at.min() <= people.as_of.max() - YEAR
    )
    ratio = ((counted.ahead + LITTLE) / (counted.year / 12 + LITTLE)).log()
    return counted.select("as_of", season_ahead=ibis.ifelse(counted.before, ratio, ibis.null("float64")))


@family(
    MODEL, "rivalry", view=JOURNEY, sources=["enrollments", "products"],
    features={
        "rival_units_last_month": ("units of the topic's other products in the last month", "units"),
        "share_of_topic": ("share of the topic's units in the look-back that were its own", "share"),
        "launches_beside": ("other products of the topic announced and not on sale yet", "products"),
    },
)  # fmt: skip
def rivalry(past: Past) -> ibis.Table:
    """Describe the product by what shares its topic's buyers with it, now and soon."""
    p = past.entities("products").filter(_.topic.notnull()).select(*KEYS, "topic", "launched_at")
    e = past.events("enrollments").inner_join(p, KEYS)
    last = e.enrolled_at >= e.as_of - LAST_MONTH
    own = e.group_by(*KEYS).agg(own=e.units.sum(), own_last=e.units.sum(where=last).fill_null(0))
    topic = e.group_by("topic", "as_of").agg(all=e.units.sum(), all_last=e.units.sum(where=last).fill_null(0))
    coming = p.group_by("topic", "as_of").agg(coming=_.launched_at.isnull().sum())
    both = beside(p, own, KEYS)
    for more in (topic, coming):
        both = beside(both, more, ["topic", "as_of"])
    return both.select(
        *KEYS,
        rival_units_last_month=_.all_last.fill_null(0) - _.own_last.fill_null(0),
        share_of_topic=_.own.fill_null(0) / _["all"].nullif(0),
        launches_beside=_.coming - _.launched_at.isnull().cast("int64"),
    )


@family(
    MODEL, "past_launches", view=JOURNEY, sources=["enrollments", "products"],
    features={
        "topic_launches": ("launches of its topic whose first month is over and on record", "products"),
        "topic_launches_reached": (
            "logarithm of first month's margin over hurdle in launches of its topic, drawn to 0 where few", "lean"
        ),
        "kind_launches_reached": ("the same of launches of its kind", "lean"),
    },
)  # fmt: skip
def past_launches(past: Past) -> ibis.Table:
    """Describe the product by how launches of its topic and of its kind did in their first month."""
    p = past.entities("products")
    launched = _launched(past, p)
    like_topic = launched.filter(_.topic.notnull()).group_by("topic", "as_of").agg(
        topic_launches=_.count(), topic_launches_reached=_lean()
    )  # fmt: skip
    like_kind = launched.filter(_.kind.notnull()).group_by("kind", "as_of").agg(kind_launches_reached=_lean())
    described = p.select(*KEYS, "topic", "kind")
    for alike, by in ((like_topic, "topic"), (like_kind, "kind")):
        described = beside(described, alike, [by, "as_of"])
    return described


def _launched(past, p):
    """Return the launches whose first month lies in the records, with the logarithm of margin over hurdle in it."""
    e = past.entities("enrollments")
    begun = e.group_by("as_of").agg(since=e.enrolled_at.min())
    over = p.launched_at + LAST_MONTH <= p.as_of
    p = p.mutate(margin=p.margin.fill_null(1.0)).filter(over, p.monthly_hurdle > 0).inner_join(begun, "as_of")
    p = p.filter(p.launched_at >= p.since).drop("since")
    met = p.left_join(e.select(*KEYS, "enrolled_at", "amount"), KEYS)
    first = (met.enrolled_at >= met.launched_at) & (met.enrolled_at < met.launched_at + LAST_MONTH)
    sold = met.group_by(*KEYS, "topic", "kind", "margin", "monthly_hurdle").agg(
        amount=met.amount.sum(where=first).fill_null(0)
    )
    earned = sold.amount.cast("float64") * sold.margin / sold.monthly_hurdle.cast("float64")
    # Sums of decimals come out the same in any order.
    reached = ((ibis.greatest(earned, 0.0) + NO_MARGIN) / (1 + NO_MARGIN)).log()
    return sold.mutate(reached=reached.cast("decimal(18, 9)"))


def _lean():
    return _.reached.sum().cast("float64") / (_.count() + DRAWN_BY)
