"""Machines: crawlers among the visitors, privacy proxies and link scanners among the readers of e-mail.

What a crawler does is set aside. An open or click is never set aside for having been made by a machine: it carries
the probability that a person made it. Privacy proxies fetch images on delivery whoever reads; scanners follow links
within seconds. Both name themselves in part of the cases only.
"""

import ibis

NAMED = "bot|crawl|spider|headless|scrapy|curl/|python-requests|slurp"
READERS = "proxy|bot|crawler|scanner|safelinks|barracuda|proofpoint|mimecast|preview"
VIEWS_A_DAY, SHORT, SHARE_SHORT = 40, 2, 0.8  # views a day, seconds, share of views as short as that
SECONDS_TO_OPEN, SECONDS_TO_CLICK = 120, 30  # after delivery; what comes sooner is a machine's


def crawlers(views: ibis.Table) -> ibis.Value:
    """Return which page views are a crawler's: by its name, or by how its browser behaves.

    A crawler does not sign in, reads many pages on a day and hardly stays on any. Each day is judged by itself: what
    a browser does later tells nothing about what it did before.
    """
    named = ibis.literal(False)
    if "user_agent" in views.columns:
        named = views.user_agent.lower().re_search(NAMED).fill_null(False)
    if not {"anonymous_id", "learner_id", "seconds"} <= {*views.columns}:
        return named
    day = views.viewed_at.truncate("D").epoch_seconds()
    days = views.group_by(views.anonymous_id, day=day).agg(
        views=views.count(), known=views.learner_id.count(), short=(views.seconds <= SHORT).sum().fill_null(0)
    )
    reads_nothing = days.short >= SHARE_SHORT * days.views
    crawls = days.filter((days.known == 0) & (days.views >= VIEWS_A_DAY) & reads_nothing)
    crawls = crawls.filter(crawls.anonymous_id.notnull())
    crawling = views.anonymous_id.isin(crawls.anonymous_id) & _on(views.anonymous_id, day).isin(
        crawls.select(visit=_on(crawls.anonymous_id, crawls.day)).visit
    )
    return named | crawling.fill_null(False)


def with_human_probability(events: ibis.Table) -> ibis.Table:
    """Return e-mail events with the probability that a person, not a machine, made each open or click.

    Parameters
    ----------
    events : ibis.Table

    Returns
    -------
    ibis.Table
        With ``human_probability``: below a half where the program names itself a machine, or where it opened or
        clicked sooner after delivery than people do; 1 for what is neither open nor click.
    """
    delivered = events.filter(events.event == "delivered")
    first = delivered.group_by("learner_id", "campaign").agg(delivered_at=delivered.happened_at.min())
    timed = events.left_join(first, ["learner_id", "campaign"]).drop("learner_id_right", "campaign_right")
    after = timed.happened_at.epoch_seconds() - timed.delivered_at.epoch_seconds()
    named = ibis.literal(False)
    if "user_agent" in events.columns:
        named = timed.user_agent.lower().re_search(READERS).fill_null(False)
    opened = ibis.ifelse(named | (after < SECONDS_TO_OPEN).fill_null(False), _decimal(0.05), _decimal(0.90))
    clicked = ibis.ifelse(named | (after < SECONDS_TO_CLICK).fill_null(False), _decimal(0.02), _decimal(0.95))
    probability = timed.event.cases(("opened", opened), ("clicked", clicked), else_=_decimal(1.0))
    return timed.mutate(human_probability=probability).drop("delivered_at")


def _on(browser, day):
    return browser + "/" + day.cast("string")


def _decimal(value):
    return ibis.literal(value).cast("decimal(3, 2)")
