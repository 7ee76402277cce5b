"""Features of an enrolled learner at an ``as_of`` date, absolute and against the course's own norm."""

from collections.abc import Iterable

import ibis
import pandas as pd
from ibis import _

from insights import asof
from insights.contract import NEWSLETTERS
from insights.features.days import days_seen
from insights.features.norms import against_course
from insights.features.registry import JOURNEY, PLAN, Past, beside, compute, declare, family, features
from insights.params import Params

MODEL = "completion"
KEYS = ["learner_id", "product_id", "as_of"]
PERSON = ["learner_id", "as_of"]
WEEK, FORTNIGHT = ibis.interval(days=7), ibis.interval(days=14)
EDUCATION = (
    "No Formal quals", "Lower Than A Level", "A Level or Equivalent", "HE Qualification",
    "Post Graduate Qualification",
)  # fmt: skip
COUNTED_PAGES = ("lesson", "quiz", "forum", "resource", "course_home", "course_page")


def completion_features(
    con: ibis.BaseBackend,
    tables: dict[str, ibis.Table],
    rows: pd.DataFrame,
    params: Params,
    known: pd.DataFrame | None = None,
    changed: Iterable[str] = (),
    only: set[str] | None = None,
) -> pd.DataFrame:
    """Return the completion rows with a column per feature.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Cleaned tables by name; those the source lacks are absent.
    rows : pandas.DataFrame
        From :func:`insights.rows.completion_rows`.
    params : Params
    known, changed, only : optional
        As of :func:`insights.features.registry.compute`.

    Returns
    -------
    pandas.DataFrame
        The rows, then features as float64; missing where nothing is known.
    """
    at = {identity: asof.moments(con, rows, identity) for identity in ("learner_id", "product_id")}
    past = Past(tables, at, ibis.interval(days=params.completion.lookback_days), params.compute)
    absolute = compute(MODEL, past, rows, KEYS, known, changed, only)
    relative = against_course(rows, absolute[[name for name in NORMED if name in absolute]])
    return pd.concat([rows.reset_index(drop=True), absolute, relative], axis=1)


@family(
    MODEL, "activity", view=JOURNEY, sources=["page_views"],
    features={
        "course_views": ("views of the course's pages", "views"),
        "course_days": ("days with activity in the course", "days seen"),
        "course_pages": ("different pages of the course", "pages"),
        "course_page_types": ("different kinds of pages of the course", "pages"),
        "course_views_last_week": ("views of the course's pages in the last 7 days", "views"),
        "course_views_last_fortnight": ("views of the course's pages in the last 14 days", "views"),
        "course_days_last_fortnight": ("days with activity in the last 14 days", "days seen"),
        "days_since_active": ("days since the last activity in the course", "days"),
        "days_since_first": ("days since the first activity in the course", "days"),
        **{
            f"course_views_{kind}": (f"views of {kind.removesuffix('_page').replace('_', ' ')} pages", "views")
            for kind in COUNTED_PAGES
        },
    },
)  # fmt: skip
def activity(past: Past) -> ibis.Table:
    """Describe what the learner did in the course."""
    v = past.events("page_views").filter(_.product_id.notnull())
    last_week, last_fortnight = v.viewed_at >= v.as_of - WEEK, v.viewed_at >= v.as_of - FORTNIGHT
    day = v.viewed_at.truncate("D")
    seen = v.group_by(*KEYS).agg(
        course_views=v.views.sum(),
        course_days=day.nunique(),
        course_pages=v.url.nunique(),
        course_page_types=v.page_type.nunique(),
        course_views_last_week=v.views.sum(where=last_week).fill_null(0),
        course_views_last_fortnight=v.views.sum(where=last_fortnight).fill_null(0),
        course_days_last_fortnight=days_seen(v.viewed_at, v.as_of, 14),
        last=v.viewed_at.max(),
        first=v.viewed_at.min(),
        **{f"course_views_{kind}": v.views.sum(where=v.page_type == kind).fill_null(0) for kind in COUNTED_PAGES},
    )
    return seen.mutate(
        days_since_active=_days(seen.as_of, seen["last"]), days_since_first=_days(seen.as_of, seen["first"])
    )


@family(
    MODEL, "rhythm", view=JOURNEY, sources=["page_views", "enrollments", "products"],
    features={
        "views_before": ("views of the course's pages before it began for the learner", "views"),
        "days_before": ("days with activity before it began for the learner", "days seen"),
        "pages_before": ("different pages of the course seen before it began for the learner", "pages"),
        "views_a_day": ("views on a day with activity, since it began", "views a day"),
        "pause_mean": ("mean days from one day with activity to the next, since it began", "days"),
        "pause_longest": ("most days from one day with activity to the next, since it began", "days"),
    },
)  # fmt: skip
def rhythm(past: Past) -> ibis.Table:
    """Describe when the learner was there: before the course began for them, and how regularly since."""
    begun = _begun(past)
    v = past.events("page_views").filter(_.product_id.notnull()).inner_join(begun, KEYS)
    early = v.viewed_at < v.begins_at
    seen = v.group_by(*KEYS).agg(
        views_before=v.views.sum(where=early).fill_null(0),
        days_before=v.viewed_at.truncate("D").nunique(where=early),
        pages_before=v.url.nunique(where=early),
    )
    since = v.filter(~early)
    days = since.group_by(*KEYS, day=since.viewed_at.truncate("D")).agg(views=since.views.sum())
    before = days.day.lag().over(ibis.window(group_by=[days[key] for key in KEYS], order_by=days.day))
    paused = days.mutate(pause=(days.day.epoch_seconds() - before.epoch_seconds()) // 86_400)
    regular = paused.group_by(*KEYS).agg(
        views_a_day=paused.views.sum() / paused.count(),
        pause_mean=paused.pause.sum() / paused.pause.count().nullif(0),
        pause_longest=paused.pause.max(),
    )
    return beside(seen, regular, KEYS)


@family(
    MODEL, "submissions", view=JOURNEY, sources=["submissions"],
    features={
        "submissions": ("pieces of work handed in", "submissions"),
        "score_mean": ("mean score of them", "points"),
        "score_lowest": ("lowest score of them", "points"),
        "days_early": ("mean days between handing in and the due date", "days"),
    },
)  # fmt: skip
def submissions(past: Past) -> ibis.Table:
    """Describe the work that was handed in; a score counts as known on the day of submission."""
    s = past.events("submissions")
    score = s.score.cast("decimal(9, 3)")
    early = s.due_at.epoch_seconds() - s.submitted_at.epoch_seconds()
    counted = s.group_by(*KEYS).agg(
        submissions=s.count(),
        total=score.sum(),
        scored=s.score.count(),
        score_lowest=s.score.min(),
        days_early=early.mean() / 86_400,
    )
    return counted.mutate(score_mean=counted.total.cast("float64") / counted.scored.nullif(0))


@family(
    MODEL, "site", view=JOURNEY, sources=["page_views"],
    features={
        "site_views": ("views of any page in the look-back", "views"),
        "site_days": ("days with any page view in the look-back", "days seen"),
        "site_views_last_week": ("views of any page in the last 7 days", "views"),
    },
)  # fmt: skip
def site(past: Past) -> ibis.Table:
    """Describe the learner's use of the whole site."""
    v = past.events("page_views")
    return v.group_by(*PERSON).agg(
        site_views=v.views.sum(),
        site_days=v.viewed_at.truncate("D").nunique(),
        site_views_last_week=v.views.sum(where=v.viewed_at >= v.as_of - WEEK).fill_null(0),
    )


@family(
    MODEL, "email", view=JOURNEY, sources=["email_events"],
    features={
        "emails_delivered": ("marketing e-mails delivered in the look-back", "e-mails"),
        "email_clicks": ("clicks on them that a person made", "clicks"),
    },
)  # fmt: skip
def email(past: Past) -> ibis.Table:
    """Describe the answer to e-mails by clicks that a person made; opens are not used."""
    m = past.events("email_events")
    return m.group_by(*PERSON).agg(
        emails_delivered=(m.event == "delivered").sum(),
        email_clicks=((m.event == "clicked") & (m.human_probability >= 0.5)).sum(),
    )


@family(
    MODEL, "events", view=JOURNEY, sources=["event_registrations"],
    features={
        "event_registrations": ("registrations for events in the look-back", "registrations"),
        "events_attended": ("events attended in the look-back, as far as known", "registrations"),
    },
)  # fmt: skip
def events(past: Past) -> ibis.Table:
    """Describe the learner's part in the community."""
    r = past.events("event_registrations")
    return r.group_by(*PERSON).agg(
        event_registrations=r.count(), events_attended=r.attended.fill_null(False).cast("int64").sum()
    )


@family(
    MODEL, "history", view=JOURNEY, sources=["enrollments"],
    features={
        "earlier_enrollments": ("enrollments in the look-back, this one included", "enrollments"),
        "earlier_completions": ("courses completed in the look-back, as far as known", "enrollments"),
        "earlier_withdrawals": ("courses given up in the look-back, as far as known", "enrollments"),
    },
)  # fmt: skip
def history(past: Past) -> ibis.Table:
    """Describe what became of the learner's other enrollments."""
    e = past.events("enrollments")
    e = e.filter(e.units > 0)
    return e.group_by(*PERSON).agg(
        earlier_enrollments=e.count(),
        earlier_completions=e.completed_at.count(),
        earlier_withdrawals=e.withdrawn_at.count(),
    )


@family(
    MODEL, "enrollment", view=PLAN, sources=["enrollments", "products"],
    features={
        "amount_paid": ("amount paid for the course", "USD"),
        "days_enrolled": ("days since the enrollment", "days"),
        "prior_attempts": ("earlier attempts at the same course", "attempts"),
        "study_load": ("credits studied at the same time", "credits"),
    },
)  # fmt: skip
def enrollment(past: Past) -> ibis.Table:
    """Describe the enrollment itself."""
    e = past.events("enrollments")
    e = e.filter(e.units > 0)
    return e.group_by(*KEYS).agg(
        amount_paid=e.amount.max().cast("float64"),
        days_enrolled=_days(e.as_of.max(), e.enrolled_at.min()),
        prior_attempts=e.prior_attempts.max(),
        study_load=e.study_load.max(),
    )


@family(
    MODEL, "course", view=PLAN, sources=["products"],
    features={
        "course_price": ("list price of the course", "USD"),
        "course_level": ("level of the course, 0 beginner to 2 advanced", "rank"),
        "course_months_on_sale": ("time since the course was launched", "months"),
    },
)  # fmt: skip
def course(past: Past) -> ibis.Table:
    """Describe the course."""
    p = past.entities("products")
    ranks = [("beginner", 0), ("intermediate", 1), ("advanced", 2)]
    return p.select(
        "product_id",
        "as_of",
        course_price=p.price.cast("float64"),
        course_level=p.level.cases(*ranks),
        course_months_on_sale=_days(p.as_of, p.launched_at) / 30.4375,
    )


@family(
    MODEL, "person", view=JOURNEY, sources=["learners"],
    features={
        "education": ("highest education, 0 none to 4 postgraduate", "rank"),
        "days_registered": ("days since registration", "days"),
    },
)  # fmt: skip
def person(past: Past) -> ibis.Table:
    """Describe the learner by what was told at registration."""
    people = past.entities("learners")
    return people.select(
        *PERSON,
        education=people.education.cases(*[(name, rank) for rank, name in enumerate(EDUCATION)]),
        days_registered=_days(people.as_of, people.registered_at),
    )


@family(
    MODEL, "newsletters", view=JOURNEY, sources=["subscriptions"],
    features={
        f"subscribed_{name}": (f"subscribed to {name.replace('_', ' ')} at the time", "lists")
        for name in NEWSLETTERS
    },
)  # fmt: skip
def newsletters(past: Past) -> ibis.Table:
    """Describe the learner by the newsletters subscribed to at the time."""
    s = past.entities("subscriptions")
    running = s.unsubscribed_at.isnull()
    return s.group_by(*PERSON).agg(
        **{f"subscribed_{name}": (running & (s.newsletter == name)).max().cast("int8") for name in NEWSLETTERS}
    )


NORMED = (
    "course_views", "course_days", "course_pages", "course_page_types", "course_views_last_week",
    "course_views_last_fortnight", "course_days_last_fortnight", "days_since_active", "days_since_first",
    "course_views_lesson", "course_views_quiz", "course_views_forum", "course_views_resource",
    "course_views_course_home", "course_views_course_page", "views_before", "days_before", "pages_before",
    "views_a_day", "pause_mean", "pause_longest", "submissions", "score_mean", "days_early", "days_enrolled",
)  # fmt: skip


_AGAINST = "against others on the course (0 least, 1 most)"
_MEANINGS = {feature.name: feature.meaning for feature in features(MODEL)}
declare(
    MODEL, "norms", view=JOURNEY,
    features={
        f"{name}_rank": (f"{_MEANINGS[name]}, {_AGAINST}", "rank") for name in NORMED
    },
    of={f"{name}_rank": name for name in NORMED},
)  # fmt: skip


def _begun(past):
    """Return when each course began for each learner: at the enrollment, or at the course's own start if later."""
    bought = past.entities("enrollments")  # however old: a course may begin long after the enrollment
    bought = bought.filter(bought.units > 0)
    first = bought.group_by(*KEYS).agg(enrolled_at=bought.enrolled_at.min())
    starts = past.entities("products").select("product_id", "as_of", "launched_at").distinct()
    dated = first.left_join(starts, ["product_id", "as_of"])
    return dated.select(*KEYS, begins_at=ibis.greatest(dated.enrolled_at, dated.launched_at))


def _days(later, earlier):
    return (later.epoch_seconds() - earlier.epoch_seconds()) / 86_400
