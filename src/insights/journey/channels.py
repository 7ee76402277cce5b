"""Channels: by which way each touch reached a person.

A visit is credited to where it came from: the newsletter or network that its first page is tagged with, the site that
its referrer names, or none, when it was opened directly. Clicks count for the newsletter of their e-mail, attendances
for the kind of event. What a machine did is no touch.
"""

from collections.abc import Mapping

import ibis

from insights import contract
from insights.journey import stages

SEARCH = r"(^|\.)(google|bing|duckduckgo|baidu|yahoo|yandex|ecosia)\.|^search$"
SOCIAL = r"(^|\.)(facebook|instagram|linkedin|twitter|youtube|reddit)(\.|$)|^(x\.com|t\.co)$"
DIRECT, SEARCHED, NETWORKS, OTHER = "opened directly", "search", "social networks", "other sites"
LISTS = {name: name.replace("_", " ").title() for name in contract.NEWSLETTERS}
EVENTS = {"meetup": "meetups", "expert_panel": "expert panels", "learner_event": "learner events"}


def touches(tables: Mapping[str, ibis.Table]) -> ibis.Table | None:
    """Return every touch of somebody known: ``learner_id, at, channel``; None where the source tells of none.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
        Clean tables by name.
    """
    full = {name: contract.complete(name, table) for name, table in tables.items()}
    told = {name for name in full if name != "page_views" or _tells_source(tables[name])}
    parts = [find(full) for name, find in _FOUND.items() if name in told]
    known = [part.filter(part.learner_id.notnull(), part.channel.notnull(), part["at"].notnull()) for part in parts]
    return ibis.union(*known) if len(known) > 1 else known[0] if known else None


def of_visit(views: ibis.Table) -> ibis.Value:
    """Return the channel of the first page of a visit; null for pages that follow another one, and for mail.

    A visit from an e-mail is left to the click in the e-mail, which says the same and is there without page views.
    """
    site = views.referrer.lower()
    inside = site.startswith("/").fill_null(False)
    mailed = (views.utm_medium == "email").fill_null(False) | site.isin(["newsletter", "email"]).fill_null(False)
    tagged = (views.utm_medium == "social").fill_null(False) | site.re_search(SOCIAL).fill_null(False)
    none = ibis.null("string")
    return ibis.cases(
        (inside | mailed, none), (tagged, NETWORKS), (site.re_search(SEARCH).fill_null(False), SEARCHED),
        (site.isnull() | (site == "direct"), DIRECT), else_=OTHER,
    )  # fmt: skip


def _tells_source(views):
    """Say whether page views tell where they come from; tags that cleaning looked for in addresses may be nowhere."""
    if "referrer" in views.columns:
        return True
    return "utm_source" in views.columns and views.utm_source.count().to_pyarrow().as_py() > 0


def _visits(tables):
    views = tables["page_views"]
    starts = views.filter(~views.page_type.isin(COURSE_PAGES))
    return starts.select("learner_id", at=starts.viewed_at, channel=of_visit(starts))


def _clicks(tables):
    clicked = stages.by_people(tables, "clicked")
    return clicked.select("learner_id", "at", channel=clicked.newsletter.cases(*LISTS.items()))


def _attended(tables):
    came = stages.attendances(tables)
    kind = came.kind.cases(*EVENTS.items(), else_=ibis.ifelse(came.kind.isnull(), "events", ibis.null("string")))
    return came.select("learner_id", "at", channel=kind)


COURSE_PAGES = ("course_home", "course_page", "lesson", "forum", "quiz", "resource")
_FOUND = {"page_views": _visits, "email_events": _clicks, "event_registrations": _attended}
