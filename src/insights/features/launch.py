"""Features of a product at a launch decision, seen from its plan, from journeys and from social feeds."""

from collections.abc import Iterable

import ibis
import numpy as np
import pandas as pd
from ibis import _

from insights import asof
from insights.contract import EVENT_KINDS, LEVELS
from insights.features.need import LITTLE, MODEL, against_need
from insights.features.registry import JOURNEY, PANEL, PLAN, Past, compute, family
from insights.features.voices import KEYS, LAST_MONTH, topics
from insights.params import Params

PRE_LAUNCH_PAGES = ("announcement", "waiting_list")
EVENT_TITLES = {kind: kind.replace("_", " ") for kind in EVENT_KINDS}


def launch_features(
    con: ibis.BaseBackend,
    tables: dict[str, ibis.Table],
    rows: pd.DataFrame,
    params: Params,
    known: pd.DataFrame | None = None,
    changed: Iterable[str] = (),
    only: set[str] | None = None,
) -> pd.DataFrame:
    """Return the launch rows with a column per feature, and the panel's vote where there is one.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Cleaned tables by name; those the source lacks are absent.
    rows : pandas.DataFrame
        From :func:`insights.rows.launch_rows`.
    params : Params
    known, changed, only : optional
        As of :func:`insights.features.registry.compute`.

    Returns
    -------
    pandas.DataFrame
        The rows, then features as float64; missing where nothing is known.
    """
    lookback = ibis.interval(months=params.launch.lookback_months)
    past = Past(tables, {"": asof.moments(con, rows)}, lookback, params.compute)
    built = pd.concat([rows.reset_index(drop=True), compute(MODEL, past, rows, KEYS, known, changed, only)], axis=1)
    built = built.assign(log_hurdle=np.log1p(built["asked"].clip(lower=0)), **_persistence(built))
    return pd.concat([built, against_need(built, params.launch.lookback_months)], axis=1)


@family(
    MODEL, "plan", view=PLAN, sources=["products"],
    features={
        "price": ("list price", "USD"),
        "level": ("level, 0 beginner to 2 advanced", "rank"),
        "months_on_sale": ("time since launch, 0 before it", "months"),
        "months_announced": ("time since the announcement", "months"),
        "log_hurdle": ("margin asked for in a whole horizon, logarithm", "log USD"),
        "rivals": ("other products of the topic on sale", "products"),
        "price_against_topic": ("price over the mean price of the topic", "ratio"),
    },
)  # fmt: skip
def plan(past: Past) -> ibis.Table:
    """Describe the product by its own plan and its neighbours in the topic."""
    p = past.entities("products")
    p = p.mutate(price=p.price.cast("float64"))
    on_sale = p.launched_at.notnull()
    peers = (
        p.filter(on_sale)
        .group_by("topic", "as_of")
        .agg(peers=_.count(), peer_price=_.price.cast("decimal(12, 2)").sum().cast("float64") / _.count())
    )
    both = p.left_join(peers, ["topic", "as_of"])
    return both.select(
        "product_id", "as_of", "price",
        level=_.level.cases(*[(name, rank) for rank, name in enumerate(LEVELS)]),
        months_on_sale=ibis.ifelse(_.launched_at.notnull(), _months(_.as_of, _.launched_at), 0.0),
        months_announced=_months(_.as_of, _.announced_at),
        rivals=(_.peers - _.launched_at.notnull().cast("int64")).fill_null(0),
        price_against_topic=_.price / _.peer_price.nullif(0),
    )  # fmt: skip


@family(
    MODEL, "sales", view=JOURNEY, sources=["enrollments"],
    features={
        "units_last_month": ("net units sold in the last month", "units"),
        "units_lookback": ("net units sold in the look-back", "units"),
        "buyers": ("different buyers in the look-back", "buyers"),
        "amount_last_month": ("net amount of the last month", "USD a month"),
        "sales_trend": ("share of the look-back's units that were sold in its last month", "share"),
        "sales_acceleration": (
            "growth of units in the last month over that in the month before, logarithm", "log factor"
        ),
        "persistence": ("margin of the last month over the margin asked for now", "ratio"),
    },
)  # fmt: skip
def sales(past: Past) -> ibis.Table:
    """Describe the product by what was sold of it."""
    e = past.events("enrollments")
    last = e.enrolled_at >= e.as_of - LAST_MONTH
    sold = e.group_by(*KEYS).agg(
        units_last_month=e.units.sum(where=last).fill_null(0),
        units_lookback=e.units.sum(),
        buyers=e.learner_id.nunique(),
        amount_last_month=e.amount.sum(where=last).fill_null(0),
    )
    faster = _acceleration(e, e.enrolled_at, e.units)
    described = sold.mutate(sales_trend=_trend(sold.units_last_month, sold.units_lookback))
    return described.inner_join(faster.rename(sales_acceleration="acceleration"), KEYS)


@family(
    MODEL, "topic_sales", view=JOURNEY, sources=["enrollments", "products"],
    features={
        "topic_units_last_month": ("units of the whole topic in the last month", "units"),
        "topic_trend": ("share of the topic's units that were sold in the last month", "share"),
        "topic_units_per_product": ("units of the topic in the look-back per product that sold", "units a product"),
    },
)  # fmt: skip
def topic_sales(past: Past) -> ibis.Table:
    """Describe the product by how its topic sells: what it has before it sells itself."""
    p = topics(past)
    e = past.events("enrollments").inner_join(p, KEYS)
    last = e.enrolled_at >= e.as_of - LAST_MONTH
    topic = e.group_by("topic", "as_of").agg(
        topic_units_last_month=e.units.sum(where=last).fill_null(0),
        units=e.units.sum(),
        sellers=e.product_id.nunique(),
    )
    described = topic.mutate(
        topic_trend=_trend(topic.topic_units_last_month, topic.units),
        topic_units_per_product=topic.units / topic.sellers,
    )
    return p.inner_join(described, ["topic", "as_of"])


@family(
    MODEL, "web", view=JOURNEY, sources=["page_views"],
    features={
        "views_last_month": ("views of the product's pages in the last month", "views"),
        "views_lookback": ("views of the product's pages in the look-back", "views"),
        "pre_launch_views": ("views of announcement and waiting list in the look-back", "views"),
        "visitors": ("different known visitors in the look-back", "visitors"),
        "views_trend": ("share of the look-back's views that fell in its last month", "share"),
        "views_acceleration": (
            "growth of views in the last month over that in the month before, logarithm", "log factor"
        ),
    },
)  # fmt: skip
def web(past: Past) -> ibis.Table:
    """Describe the product by the visits to its pages."""
    v = _looks(past)
    last = v.viewed_at >= v.as_of - LAST_MONTH
    seen = v.group_by(*KEYS).agg(
        views_last_month=v.views.sum(where=last).fill_null(0),
        views_lookback=v.views.sum(),
        pre_launch_views=v.views.sum(where=v.page_type.isin(PRE_LAUNCH_PAGES)).fill_null(0),
        visitors=v.learner_id.nunique(),
    )
    faster = _acceleration(v, v.viewed_at, v.views)
    described = seen.mutate(views_trend=_trend(seen.views_last_month, seen.views_lookback))
    return described.inner_join(faster.rename(views_acceleration="acceleration"), KEYS)


@family(
    MODEL, "interest", view=JOURNEY, sources=["page_views", "enrollments"],
    features={
        "views_without_purchase": (
            "views in the last month by people who did not buy it then, not from an e-mail", "views"
        ),
        "views_without_purchase_before": ("the same of the month before", "views"),
    },
)  # fmt: skip
def interest(past: Past) -> ibis.Table:
    """Describe the product by looks that were not the way to a purchase: those say no more than the sales do."""
    v = _looks(past).filter(~(_.utm_medium == "email").fill_null(False))
    e = past.events("enrollments").filter(_.units > 0)
    bought = e.select(*KEYS, "learner_id", ago=_ago(e.as_of, e.enrolled_at)).distinct()
    seen = v.mutate(ago=_ago(v.as_of, v.viewed_at)).filter(_.ago < 2)
    only = seen.anti_join(bought, [*KEYS, "learner_id", "ago"])
    return only.group_by(*KEYS).agg(
        views_without_purchase=only.views.sum(where=only.ago == 0).fill_null(0),
        views_without_purchase_before=only.views.sum(where=only.ago == 1).fill_null(0),
    )


@family(
    MODEL, "email", view=JOURNEY, sources=["email_events"],
    features={
        "clicks_last_month": ("clicks by people on e-mails about it, last month", "clicks"),
        "clicks_lookback": ("clicks by people on e-mails about it, look-back", "clicks"),
        "emails_delivered": ("e-mails about it that were delivered", "e-mails"),
        "click_rate": ("clicks per delivered e-mail", "ratio"),
    },
)  # fmt: skip
def email(past: Past) -> ibis.Table:
    """Describe the product by clicks that a person made; opens are not used, machines make them."""
    m = past.events("email_events").filter(_.product_id.notnull())
    clicked = (m.event == "clicked") & (m.human_probability >= 0.5)
    counted = m.group_by(*KEYS).agg(
        clicks_last_month=(clicked & (m.happened_at >= m.as_of - LAST_MONTH)).sum(),
        clicks_lookback=clicked.sum(),
        emails_delivered=(m.event == "delivered").sum(),
    )
    return counted.mutate(click_rate=counted.clicks_lookback / counted.emails_delivered.nullif(0))


@family(
    MODEL, "events", view=JOURNEY, sources=["event_registrations", "events", "products"],
    features={
        "topic_registrations": ("registrations for events of its topic", "registrations"),
        "topic_attendance": ("share of them that came, of those known", "share"),
        **{
            f"topic_{kind}_registrations": (f"those of them that were for {title}s", "registrations")
            for kind, title in EVENT_TITLES.items()
        },
    },
)  # fmt: skip
def events(past: Past) -> ibis.Table:
    """Describe the product by the events on its topic."""
    held = past.entities("events").select("event_id", "as_of", "topic", held="kind")
    r = past.events("event_registrations").inner_join(held, ["event_id", "as_of"])
    topic = r.group_by("topic", "as_of").agg(
        topic_registrations=r.count(),
        topic_attendance=r.attended.cast("int64").mean(),
        **{f"topic_{kind}_registrations": (r.held == kind).sum() for kind in EVENT_TITLES},
    )
    return topics(past).inner_join(topic, ["topic", "as_of"])


@family(
    MODEL, "expected_completions", view=JOURNEY, sources=["expected_completions"],
    features={
        "expected_completions": ("completions expected of those who enrolled in the look-back", "completions"),
        "expected_completion_rate": ("share of them that is expected to complete", "share"),
    },
)  # fmt: skip
def expected_completions(past: Past) -> ibis.Table:
    """Describe the product by what the journey model of the time said of its learners."""
    e = past.events("expected_completions")
    said = e.group_by(*KEYS).agg(
        expected_completions=e.expected.cast("decimal(18, 6)").sum().cast("float64"),
        asked=e.enrollments.cast("decimal(18, 6)").sum().cast("float64"),
    )
    return said.mutate(expected_completion_rate=said.expected_completions / said.asked.nullif(0))


@family(
    MODEL, "panel", view=PANEL, sources=["panel_votes"],
    features={"panel_vote": ("share of the panel that voted for it at this decision", "share")},
)  # fmt: skip
def panel(past: Past) -> ibis.Table:
    """Return the panel's vote: the human baseline, never a feature of a model."""
    votes = past.events("panel_votes")
    return votes.filter(votes.decision_at == votes.as_of).group_by(*KEYS).agg(panel_vote=_.vote.cast("int64").mean())


def _persistence(built):
    if "amount_last_month" not in built:
        return {}
    earned = built["amount_last_month"].fillna(0.0) * built["margin_rate"]
    asked = built["asked"].where(built["asked"] > 0)
    return {"persistence": (earned / asked).where(built["months_on_sale"] > 0)}


def _months(later, earlier):
    return (later.epoch_seconds() - earlier.epoch_seconds()) / (30.4375 * 86_400)


def _looks(past):
    """Return the views of products' pages outside the courses, before the launch and after it."""
    v = past.events("page_views")
    return v.filter(v.product_id.notnull(), v.page_type.isin(("product", *PRE_LAUNCH_PAGES)))


def _ago(as_of, at):
    """Return how many whole months before the moment something happened; 2 for whatever is longer ago."""
    return ibis.cases((at >= as_of - LAST_MONTH, 0), (at >= as_of - ibis.interval(months=2), 1), else_=2)


def _acceleration(events, at, counted):
    """Return by how much the logarithm of what is counted grew more in the last month than in the one before."""
    logs = []
    for ago in range(3):
        began, ended = (ibis.interval(months=months) for months in (ago + 1, ago))
        inside = (at < events.as_of - ended) & (at >= events.as_of - began)
        logs.append((ibis.greatest(counted.sum(where=inside).fill_null(0), 0) + LITTLE).log())
    return events.group_by(*KEYS).agg(acceleration=logs[0] - 2 * logs[1] + logs[2])


def _trend(last, lookback):
    return last / lookback.nullif(0)
