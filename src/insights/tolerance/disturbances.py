"""Disturbances: what can happen to each input, how it is done to clean records, and how much of it there is today.

Each is declared once: the tables that it changes, the levels that it is tried at, and a measure that estimates its
level from the records of each month, in the same unit. What a disturbance picks is decided by a hash of the record
and a seed, so that the same level and seed change the same records every time, and a higher level changes those of a
lower one as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis

from insights.contract import NETWORK_TITLES, NETWORKS
from insights.tolerance import quality
from insights.tolerance.picking import hashed, picked, telling

Tables = Mapping[str, ibis.Table]
SHARES = (0.2, 0.5, 0.9)


@dataclass(frozen=True)
class Disturbance:
    """Something that can happen to an input.

    Attributes
    ----------
    name : str
    title : str
        For readers: what happens, as a noun.
    unit : str
        Of its level: ``share``, ``days``, ``hours``.
    tables : tuple of str
        Those that it changes; none where it changes outcomes.
    levels : tuple of float
        Those that it is tried at, least first; at 0 nothing happens.
    apply : callable
        Takes tables, a level and a seed and returns the tables.
    measure : callable or None
        Takes tables and returns its level in each month; see :mod:`insights.tolerance.quality`. None where records do
        not tell it.
    relabels : bool
        Whether it changes outcomes of training rows instead of records.
    random : bool
        Whether records are picked, so that seeds differ.
    needs : tuple of str
        Columns without which there is nothing to disturb or to measure, as ``table.column``.
    """

    name: str
    title: str
    unit: str
    tables: tuple[str, ...]
    levels: tuple[float, ...]
    apply: Callable[[Tables, float, int], Tables]
    measure: quality.Measure | None
    relabels: bool = False
    random: bool = True
    needs: tuple[str, ...] = ()

    def possible(self, tables: Tables) -> bool:
        """Say whether the tables have what it changes and what tells it."""
        there = {f"{name}.{column}" for name in tables for column in tables[name].columns}
        return {*self.tables} <= {*tables} and {*self.needs} <= there


def _lost(name):
    def apply(tables, level, seed):
        table = tables[name]
        return {**tables, name: table.filter(~picked(name, table, level, seed))}

    return apply


def _twice(name):
    def apply(tables, level, seed):
        table = tables[name]
        again = table.filter(picked(name, table, level, seed))
        return {**tables, name: table.union(again)}

    return apply


def _late(name):
    def apply(tables, level, seed):
        table = tables[name]
        late = table.recorded_at + ibis.interval(seconds=int(level * 86_400))
        return {**tables, name: table.mutate(recorded_at=late)}

    return apply


def _skewed(tables, level, seed):
    """Set the clocks of browsers back: what they saw seems to have happened hours earlier."""
    views = tables["page_views"]
    return {
        **tables,
        "page_views": views.mutate(viewed_at=views.viewed_at - ibis.interval(seconds=int(level * 3_600))),
    }


def _bots(tables, level, seed):
    """Let programs that nobody noticed look at any product: so many views more for each that people made."""
    views = tables["page_views"]
    copied = views.filter(picked("page_views", views, min(level, 1.0), seed))
    for more in range(1, int(level)):
        copied = copied.union(views.filter(picked("page_views", views, 1.0, seed + more)))
    return {
        **tables,
        "page_views": views.union(_elsewhere(tables, copied, seed).mutate(seconds=ibis.literal(1, "int32"))),
    }


def _elsewhere(tables, views, seed):
    """Return views with the product of each put on another one, the same number on each in the long run."""
    listed = (
        tables["products"].select("product_id").distinct().order_by("product_id").to_pandas()["product_id"].tolist()
    )
    place = (hashed(views, telling("page_views", views), seed) % len(listed)).cast("int32")
    other = ibis.array(listed)[place]
    return views.mutate(product_id=ibis.ifelse(views.product_id.notnull(), other, views.product_id))


def _drifted(tables, level, seed):
    """Let a share of people be interested in other products than those they look at, so that visits mislead."""
    views = tables["page_views"]
    changed = picked("page_views", views, level, seed)
    return {**tables, "page_views": views.filter(~changed).union(_elsewhere(tables, views.filter(changed), seed))}


def _machine_opens(tables, level, seed):
    return {**tables, "email_events": _added(tables["email_events"], "opened", level, seed)}


def _scanner_clicks(tables, level, seed):
    return {**tables, "email_events": _added(tables["email_events"], "clicked", level, seed)}


def _added(mails, event, level, seed):
    """Return e-mail events with an open or click by nobody after a share of deliveries, taken for a person's."""
    delivered = mails.filter(mails.event == "delivered")
    made = delivered.filter(picked("email_events", delivered, level, seed))
    human = {"human_probability": ibis.literal(1.0).cast(mails.human_probability.type())}
    made = made.mutate(event=ibis.literal(event), happened_at=made.happened_at + ibis.interval(hours=1),
                       recorded_at=made.recorded_at + ibis.interval(hours=1), **human)  # fmt: skip
    return mails.union(made.select(*mails.columns))


def _outage(network):
    def apply(tables, level, seed):
        posts = tables["social_posts"]
        gone = picked("social_posts", posts, level, seed) & (posts.network == network)
        return {**tables, "social_posts": posts.filter(~gone)}

    return apply


def _keen(tables, level, seed):
    """Let a share of those who would answer 3 or less answer nothing."""
    answers = tables["survey_responses"]
    silent = picked("survey_responses", answers, level, seed) & (answers.intent <= quality.LUKEWARM)
    return {**tables, "survey_responses": answers.filter(~silent)}


def _priceless(tables, level, seed):
    products = tables["products"]
    gone = picked("products", products, level, seed)
    return {
        **tables,
        "products": products.mutate(price=ibis.ifelse(gone, ibis.null(products.price.type()), products.price)),
    }


def _repriced(tables, level, seed):
    """Overwrite the price of half of the products with one that is higher by a share, as if it always had been."""
    products = tables["products"]
    changed = ibis.ifelse(picked("products", products, 0.5, seed), 1.0 + level, 1.0)
    price = (products.price.cast("float64") * changed).cast(products.price.type())
    return {**tables, "products": products.mutate(price=price)}


def _topicless(tables, level, seed):
    products = tables["products"]
    gone = picked("products", products, level, seed)
    return {**tables, "products": products.mutate(topic=ibis.ifelse(gone, ibis.null("string"), products.topic))}


def _unchanged(tables, level, seed):
    return tables


_VIEWS, _MAIL, _SALES = "page_views", "email_events", "enrollments"
DISTURBANCES = (
    Disturbance("lost_views", "page views lost", "share", (_VIEWS,), SHARES, _lost(_VIEWS), quality.fewer(_VIEWS)),
    Disturbance("doubled_views", "page views recorded twice", "share", (_VIEWS,), SHARES, _twice(_VIEWS),
                quality.repeated(_VIEWS)),
    Disturbance("late_views", "page views arriving late", "days", (_VIEWS,), (3, 10, 30), _late(_VIEWS),
                quality.delay(_VIEWS), random=False),
    Disturbance("skewed_clocks", "clocks of browsers set back", "hours", (_VIEWS,), (6, 24, 96), _skewed,
                quality.skew, random=False),
    Disturbance("bots", "views by programs, for each by a person", "share", (_VIEWS,), (0.3, 1.0, 3.0), _bots,
                quality.glances, needs=("page_views.product_id", "page_views.seconds", "products.product_id")),
    Disturbance("drift", "people whose visits mislead", "share", (_VIEWS,), SHARES, _drifted, quality.misled,
                needs=("page_views.product_id", "products.product_id", "enrollments.product_id")),
    Disturbance("lost_mail", "e-mail events lost", "share", (_MAIL,), SHARES, _lost(_MAIL), quality.fewer(_MAIL)),
    Disturbance("machine_opens", "e-mails opened by machines unnoticed", "share", (_MAIL,), SHARES, _machine_opens,
                quality.machines("opened"), needs=("email_events.human_probability",)),
    Disturbance("scanner_clicks", "e-mails clicked by machines unnoticed", "share", (_MAIL,), SHARES, _scanner_clicks,
                quality.machines("clicked"), needs=("email_events.human_probability",)),
    Disturbance("lost_sales", "enrollments missing from the export", "share", (_SALES,), SHARES, _lost(_SALES),
                quality.fewer(_SALES)),
    Disturbance("doubled_sales", "enrollments exported twice", "share", (_SALES,), SHARES, _twice(_SALES),
                quality.repeated(_SALES)),
    Disturbance("late_sales", "enrollments arriving late", "days", (_SALES,), (3, 10, 30), _late(_SALES),
                quality.delay(_SALES), random=False),
    *(
        Disturbance(f"outage_{name}", f"posts on {NETWORK_TITLES[name]} missing", "share", ("social_posts",),
                    (0.3, 0.7, 1.0), _outage(name), quality.silent(name))
        for name in NETWORKS
    ),
    Disturbance("keen_survey", "lukewarm answers missing from the survey", "share", ("survey_responses",),
                (0.3, 0.7, 1.0), _keen, quality.keen, needs=("survey_responses.intent",)),
    Disturbance("lost_registrations", "registrations for events lost", "share", ("event_registrations",), SHARES,
                _lost("event_registrations"), quality.fewer("event_registrations")),
    Disturbance("lost_submissions", "submissions lost", "share", ("submissions",), SHARES, _lost("submissions"),
                quality.fewer("submissions")),
    Disturbance("no_prices", "products without a price", "share", ("products",), SHARES, _priceless,
                quality.empty("products", "price"), needs=("products.price",)),
    Disturbance("repriced", "prices raised after the fact, of half the products", "share", ("products",),
                (0.2, 0.5, 2.0), _repriced, quality.repriced, needs=("products.price", "enrollments.amount")),
    Disturbance("no_topics", "products without a topic", "share", ("products",), SHARES, _topicless,
                quality.empty("products", "topic"), needs=("products.topic",)),
    Disturbance("wrong_outcomes", "outcomes of training rows recorded wrongly", "share", (), (0.05, 0.15, 0.3),
                _unchanged, None, relabels=True),
)  # fmt: skip


def of(tables: Tables, read: set[str]) -> list[Disturbance]:
    """Return the disturbances of tables that are there and that a model reads, and those of its outcomes."""
    return [one for one in DISTURBANCES if one.possible(tables) and ({*one.tables} & read or one.relabels)]
