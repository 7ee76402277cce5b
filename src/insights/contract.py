"""The data contract: every table and column that Insights knows, as code.

Each table is a pandera model over Ibis tables. Beside its type and its checks, a
column carries its meaning, unit, sensitivity and source system; validation, the
simulator, the dictionary notebook and disclosure control all read them here.

Times are UTC. Spans are half-open, ``[from, to)``. Every table says which column
tells when a record *happened*; ``recorded_at`` tells when it became known. What
becomes known later than the rest of its row (a completion, a withdrawal, an
attendance) has a recording time of its own, named in ``later``.
"""

from dataclasses import dataclass
from typing import Optional

import ibis
import ibis.expr.datatypes as dt
import pandera.ibis as pa

Instant = dt.Timestamp(scale=6)
Money = dt.Decimal(12, 2)

NEWSLETTERS = ("the_batch", "events", "course_announcements")
NETWORKS = ("facebook", "instagram", "linkedin")
NETWORK_TITLES = {"facebook": "Facebook", "instagram": "Instagram", "linkedin": "LinkedIn"}
EMAIL_EVENTS = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed")
EVENT_KINDS = ("meetup", "expert_panel", "learner_event")
ACCOUNT_KINDS = ("person", "staff", "test")
TEAMS = ("research_and_development", "marketing")
LEVELS = ("beginner", "intermediate", "advanced")
PAGE_TYPES = (
    "home", "catalogue", "product", "announcement", "waiting_list", "course_home",
    "course_page", "lesson", "forum", "quiz", "resource", "event", "newsletter", "blog",
    "account", "other",
)  # fmt: skip

IDENTIFYING = "identifying"
QUASI_IDENTIFYING = "quasi-identifying"
FREE_TEXT = "free text"
PROTECTED = "protected"
INTERNAL = "internal"


def column(meaning, *, unit="", sensitivity=INTERNAL, source="", nullable=False, blank="", filled_from="", **checks):
    """Declare a column: its meaning first, then unit, sensitivity, source, what a blank means, and checks.

    Parameters
    ----------
    meaning : str
        A sentence fragment that a planner understands.
    unit : str
        Unit of measurement, empty for categories and identifiers.
    sensitivity : str
        One of ``IDENTIFYING`` (dropped or replaced at collection), ``QUASI_IDENTIFYING``,
        ``FREE_TEXT`` (scrubbed at collection), ``PROTECTED`` (kept apart), ``INTERNAL``.
    source : str
        The kind of system it usually comes from.
    nullable : bool
        Whether a value may be missing.
    blank : str
        What a missing value tells; empty where it tells nothing, so that many of them are a gap.
    filled_from : str
        Column of this table, or ``table.column``, from which cleaning fills missing values; empty where from none.
    **checks
        Passed to :func:`pandera.Field`: ``ge``, ``le``, ``isin``.
    """
    described = {
        "meaning": meaning, "unit": unit, "sensitivity": sensitivity, "source": source, "blank": blank,
        "filled_from": filled_from,
    }  # fmt: skip
    return pa.Field(nullable=nullable, metadata=described, **checks)


def learner_id(nullable=False, meaning="the person, as a keyed pseudonym", blank=""):
    """Declare the identifier of a person, replaced by its pseudonym at collection."""
    return column(meaning, sensitivity=IDENTIFYING, source="CRM", nullable=nullable, blank=blank)


def recorded_at():
    """Declare the time at which a record became known to the company."""
    return column("when the record became known", unit="UTC", source="export")


@dataclass(frozen=True)
class Table:
    """A table of the contract: its model, and which columns tell time and identity.

    Attributes
    ----------
    name : str
        Name of the table.
    model : type of pandera.ibis.DataFrameModel
        Columns, types and checks.
    happened : str
        The column that tells when a record happened.
    later : dict of str to str
        Columns that become known later than their row, and when each did.
    key : tuple of str
        Columns that identify a record; empty where none do.
    entity : bool
        Whether a row is a thing that lasts (a person, a product) rather than something that happened
        at one moment. A window reads all entities known before its end, but only its own events.
    """

    name: str
    model: type[pa.DataFrameModel]
    happened: str
    later: dict[str, str]
    key: tuple[str, ...]
    entity: bool


TABLES: dict[str, Table] = {}
DERIVED: dict[str, Table] = {}  # what one notebook works out and another reads as records; no source has them


def table(name, *, happened, later=None, key=(), entity=False, derived=False):
    """Enter a pandera model into the contract under a name; see :class:`Table`."""

    def enter(model):
        (DERIVED if derived else TABLES)[name] = Table(name, model, happened, later or {}, key, entity)
        return model

    return enter


@table("learners", happened="registered_at", key=("learner_id",), entity=True)
class Learners(pa.DataFrameModel):
    """A person who registered."""

    learner_id: str = learner_id()
    registered_at: Instant = column("when the person registered", unit="UTC", source="CRM")
    recorded_at: Instant = recorded_at()
    email: Optional[str] = column("e-mail address", sensitivity=IDENTIFYING, source="CRM", nullable=True)
    name: Optional[str] = column("full name", sensitivity=IDENTIFYING, source="CRM", nullable=True)
    contact_id: Optional[str] = column(
        "e-mail address, however it was written, as a keyed pseudonym",
        sensitivity=IDENTIFYING, source="CRM", nullable=True,
    )  # fmt: skip
    account_kind: Optional[str] = column(
        "whose account it is: a person's, or one of the company's own",
        source="CRM",
        nullable=True,
        isin=ACCOUNT_KINDS,
    )
    country: Optional[str] = column(
        "country of residence", sensitivity=QUASI_IDENTIFYING, source="CRM", nullable=True, filled_from="city"
    )
    city: Optional[str] = column("city, as typed", sensitivity=QUASI_IDENTIFYING, source="CRM", nullable=True)
    job_title: Optional[str] = column(
        "job title, as typed", sensitivity=QUASI_IDENTIFYING, source="CRM", nullable=True
    )
    job_family: Optional[str] = column(
        "family of jobs that the title belongs to", sensitivity=QUASI_IDENTIFYING, source="CRM", nullable=True,
        filled_from="job_title",
    )  # fmt: skip
    seniority: Optional[str] = column(
        "how senior the title is: entry, senior, lead or executive", sensitivity=QUASI_IDENTIFYING, source="CRM",
        nullable=True, blank="the title does not say", filled_from="job_title",
    )  # fmt: skip
    education: Optional[str] = column("highest education", sensitivity=QUASI_IDENTIFYING, source="CRM", nullable=True)
    wants_the_batch: Optional[bool] = column("ticked The Batch at registration", source="CRM", nullable=True)
    wants_events: Optional[bool] = column("ticked Events at registration", source="CRM", nullable=True)
    wants_course_announcements: Optional[bool] = column(
        "ticked Course Announcements at registration", source="CRM", nullable=True
    )


@table("protected", happened="declared_at", key=("learner_id",), entity=True)
class Protected(pa.DataFrameModel):
    """Protected attributes of a person, self-declared and mostly missing; for bias checks only."""

    learner_id: str = learner_id()
    declared_at: Instant = column("when they were declared", unit="UTC", source="CRM")
    recorded_at: Instant = recorded_at()
    gender: Optional[str] = column("gender", sensitivity=PROTECTED, source="CRM", nullable=True)
    ethnicity: Optional[str] = column("race or ethnicity", sensitivity=PROTECTED, source="CRM", nullable=True)
    birth_year: Optional[dt.Int16] = column(
        "year of birth", unit="year", sensitivity=PROTECTED, source="CRM", nullable=True, ge=1900, le=2020
    )
    age_band: Optional[str] = column("age band", sensitivity=PROTECTED, source="CRM", nullable=True)
    disability: Optional[str] = column("declared disability", sensitivity=PROTECTED, source="CRM", nullable=True)
    deprivation_band: Optional[str] = column(
        "deprivation band of the place of residence", sensitivity=PROTECTED, source="CRM", nullable=True
    )


@table(
    "subscriptions",
    happened="subscribed_at",
    later={"unsubscribed_at": "unsubscription_recorded_at"},
    key=("learner_id", "newsletter", "subscribed_at"),
    entity=True,
)
class Subscriptions(pa.DataFrameModel):
    """A newsletter subscription, from when to when."""

    learner_id: str = learner_id()
    newsletter: str = column("the list", source="e-mail platform", isin=NEWSLETTERS)
    subscribed_at: Instant = column("start of the subscription", unit="UTC", source="e-mail platform")
    recorded_at: Instant = recorded_at()
    unsubscribed_at: Optional[Instant] = column(
        "end of the subscription", unit="UTC", source="e-mail platform", nullable=True, blank="it lasts"
    )
    unsubscription_recorded_at: Optional[Instant] = column(
        "when its end became known", unit="UTC", source="export", nullable=True, blank="it lasts"
    )


@table("page_views", happened="viewed_at")
class PageViews(pa.DataFrameModel):
    """A page view, or the views of one page by one person on one day where only sums exist."""

    learner_id: Optional[str] = learner_id(nullable=True, meaning="the person", blank="anonymous")
    anonymous_id: Optional[str] = column(
        "browser cookie, as a keyed pseudonym", sensitivity=IDENTIFYING, source="web analytics", nullable=True
    )
    viewed_at: Instant = column("when the page was opened", unit="UTC", source="web analytics")
    recorded_at: Instant = recorded_at()
    page_type: str = column("kind of page", source="web analytics", isin=PAGE_TYPES)
    product_id: Optional[str] = column(
        "product the page is about", source="web analytics", nullable=True, blank="about no product"
    )
    views: dt.Int32 = column("views that the record stands for", unit="views", source="web analytics", ge=1)
    url: Optional[str] = column("address without its query", source="web analytics", nullable=True)
    referrer: Optional[str] = column(
        "where the visit came from", source="web analytics", nullable=True, blank="opened directly"
    )
    utm_source: Optional[str] = column(
        "campaign tag of the link: where it stood", source="web analytics", nullable=True, blank="no tagged link"
    )
    utm_medium: Optional[str] = column(
        "campaign tag of the link: its kind, such as email", source="web analytics", nullable=True,
        blank="no tagged link",
    )  # fmt: skip
    utm_campaign: Optional[str] = column(
        "campaign tag of the link: the mailing or campaign", source="web analytics", nullable=True,
        blank="no tagged link",
    )  # fmt: skip
    user_agent: Optional[str] = column(
        "browser family", sensitivity=QUASI_IDENTIFYING, source="web analytics", nullable=True
    )
    seconds: Optional[dt.Int32] = column(
        "time on the page", unit="s", source="web analytics", nullable=True, ge=0, le=86_400
    )


@table("email_events", happened="happened_at")
class EmailEvents(pa.DataFrameModel):
    """Something that happened to a marketing e-mail."""

    learner_id: str = learner_id()
    happened_at: Instant = column("when it happened", unit="UTC", source="e-mail platform")
    recorded_at: Instant = recorded_at()
    event: str = column("what happened", source="e-mail platform", isin=EMAIL_EVENTS)
    campaign: str = column("the mailing", source="e-mail platform")
    newsletter: Optional[str] = column(
        "list it was sent to", source="e-mail platform", nullable=True, blank="sent to no list", isin=NEWSLETTERS
    )
    product_id: Optional[str] = column(
        "product it was about", source="e-mail platform", nullable=True, blank="about no product"
    )
    user_agent: Optional[str] = column(
        "software that opened or clicked",
        sensitivity=QUASI_IDENTIFYING,
        source="e-mail platform",
        nullable=True,
        blank="neither open nor click",
    )


@table("events", happened="announced_at", key=("event_id",), entity=True)
class Events(pa.DataFrameModel):
    """A meetup, expert panel or learner community event."""

    event_id: str = column("the event", source="event platform")
    kind: str = column("kind of event", source="event platform", isin=EVENT_KINDS)
    announced_at: Instant = column("when it was announced", unit="UTC", source="event platform")
    recorded_at: Instant = recorded_at()
    starts_at: Instant = column("when it begins", unit="UTC", source="event platform")
    topic: Optional[str] = column("topic", source="event platform", nullable=True)
    country: Optional[str] = column("country", source="event platform", nullable=True, blank="online")
    city: Optional[str] = column("city", source="event platform", nullable=True, blank="online")


@table(
    "event_registrations",
    happened="registered_at",
    later={"attended": "attendance_recorded_at"},
    key=("event_id", "learner_id"),
)
class EventRegistrations(pa.DataFrameModel):
    """A person who registered for an event; staying away is a value, not a missing one."""

    event_id: str = column("the event", source="event platform")
    learner_id: str = learner_id()
    registered_at: Instant = column("when the person registered", unit="UTC", source="event platform")
    recorded_at: Instant = recorded_at()
    attended: Optional[bool] = column(
        "came, stayed away, or not known", source="event platform", nullable=True, blank="not known yet"
    )
    attendance_recorded_at: Optional[Instant] = column(
        "when attendance became known", unit="UTC", source="export", nullable=True, blank="not known yet"
    )


@table("products", happened="announced_at", later={"launched_at": "launched_at"}, key=("product_id",), entity=True)
class Products(pa.DataFrameModel):
    """A course or other product, on sale, announced, or only a candidate."""

    product_id: str = column("the product", source="catalogue")
    family: str = column("editions and relaunches of one product share it", source="catalogue")
    title: str = column("title", source="catalogue")
    announced_at: Instant = column("when it was first made known", unit="UTC", source="catalogue")
    recorded_at: Instant = recorded_at()
    launched_at: Optional[Instant] = column(
        "first day on sale", unit="UTC", source="catalogue", nullable=True, blank="a candidate"
    )
    ends_at: Optional[Instant] = column(
        "last day of a course that runs once", unit="UTC", source="catalogue", nullable=True, blank="it does not end"
    )
    kind: Optional[str] = column("kind of product", source="catalogue", nullable=True)
    topic: Optional[str] = column("topic", source="catalogue", nullable=True, filled_from="page_views.url")
    level: Optional[str] = column("level", source="catalogue", nullable=True, isin=LEVELS)
    description: Optional[str] = column("text of the announcement", source="catalogue", nullable=True)
    price: Optional[Money] = column("list price at announcement", unit="USD", source="catalogue", nullable=True)
    margin: Optional[dt.Float64] = column(
        "share of the amount paid that is contribution margin", source="finance", nullable=True, ge=0, le=1
    )
    launch_cost: Optional[Money] = column("planned cost of the launch", unit="USD", source="finance", nullable=True)
    monthly_hurdle: Optional[Money] = column(
        "contribution margin a month that the plan asked for: the launch cost, amortised",
        unit="USD", source="finance", nullable=True,
    )  # fmt: skip


@table(
    "enrollments",
    happened="enrolled_at",
    later={"completed_at": "completion_recorded_at", "withdrawn_at": "withdrawal_recorded_at"},
    key=("enrollment_id",),
)
class Enrollments(pa.DataFrameModel):
    """A sale of a product, with completion and withdrawal where it is a course."""

    enrollment_id: str = column("the sale", source="sales")
    learner_id: Optional[str] = learner_id(nullable=True, meaning="the buyer")
    product_id: str = column("what was bought", source="sales")
    enrolled_at: Instant = column("when it was bought", unit="UTC", source="sales")
    recorded_at: Instant = recorded_at()
    units: dt.Int32 = column("units; negative for a return", unit="units", source="sales")
    amount: Optional[Money] = column("amount paid; negative for a refund", unit="USD", source="sales", nullable=True)
    completed_at: Optional[Instant] = column(
        "when it was completed", unit="UTC", source="learning", nullable=True, blank="not completed so far"
    )
    completion_recorded_at: Optional[Instant] = column(
        "when the completion became known", unit="UTC", source="export", nullable=True, blank="not completed so far"
    )
    withdrawn_at: Optional[Instant] = column(
        "when it was given up", unit="UTC", source="learning", nullable=True, blank="not given up"
    )
    withdrawal_recorded_at: Optional[Instant] = column(
        "when the withdrawal became known", unit="UTC", source="export", nullable=True, blank="not given up"
    )
    prior_attempts: Optional[dt.Int16] = column(
        "earlier attempts at the same course", unit="attempts", source="learning", nullable=True, ge=0
    )
    study_load: Optional[dt.Int16] = column(
        "credits studied at the same time", unit="credits", source="learning", nullable=True, ge=0
    )


@table("submissions", happened="submitted_at")
class Submissions(pa.DataFrameModel):
    """A piece of work that was handed in."""

    learner_id: str = learner_id()
    product_id: str = column("course it belongs to", source="learning")
    work_id: Optional[str] = column("piece of work that was asked for", source="learning", nullable=True)
    submitted_at: Instant = column("when it was handed in", unit="UTC", source="learning")
    recorded_at: Instant = recorded_at()
    due_at: Optional[Instant] = column("when it was due", unit="UTC", source="learning", nullable=True)
    score: Optional[dt.Float64] = column(
        "score", unit="points of 100", source="learning", nullable=True, ge=0, le=100
    )


@table("social_posts", happened="posted_at", key=("post_id",))
class SocialPosts(pa.DataFrameModel):
    """A post on Facebook, Instagram or LinkedIn."""

    post_id: str = column("the post, as a keyed pseudonym", sensitivity=IDENTIFYING, source="social network")
    network: str = column("the network", source="social network", isin=NETWORKS)
    posted_at: Instant = column("when it was posted", unit="UTC", source="social network")
    recorded_at: Instant = recorded_at()
    author: Optional[str] = column("who posted", sensitivity=IDENTIFYING, source="social network", nullable=True)
    text: Optional[str] = column("text of the post", sensitivity=FREE_TEXT, source="social network", nullable=True)
    product_id: Optional[str] = column(
        "product it names", source="social network", nullable=True, blank="names no product"
    )
    topic: Optional[str] = column("topic", source="social network", nullable=True)
    reactions: Optional[dt.Int32] = column(
        "reactions when the post was recorded", unit="reactions", source="social network", nullable=True, ge=0
    )


@table("survey_responses", happened="answered_at")
class SurveyResponses(pa.DataFrameModel):
    """The voice of the customer: how likely somebody is to buy a product."""

    learner_id: Optional[str] = learner_id(nullable=True, meaning="the person", blank="anonymous")
    product_id: str = column("product asked about", source="survey tool")
    answered_at: Instant = column("when it was answered", unit="UTC", source="survey tool")
    recorded_at: Instant = recorded_at()
    intent: dt.Int8 = column(
        "intent to buy, 1 (no) to 5 (certainly)", unit="points", source="survey tool", ge=1, le=5
    )
    comment: Optional[str] = column(
        "comment", sensitivity=FREE_TEXT, source="survey tool", nullable=True, blank="nothing to add"
    )


@table("panel_votes", happened="voted_at", key=("panelist_id", "product_id", "decision_at"))
class PanelVotes(pa.DataFrameModel):
    """The human baseline: a panelist's 0 or 1 on a product."""

    panelist_id: str = column("the panelist, as a keyed pseudonym", sensitivity=IDENTIFYING, source="panel")
    team: str = column("team of the panelist", source="panel", isin=TEAMS)
    product_id: str = column("product voted on", source="panel")
    decision_at: Instant = column("decision that the vote was for", unit="UTC", source="panel")
    voted_at: Instant = column("when the vote was cast", unit="UTC", source="panel")
    recorded_at: Instant = recorded_at()
    vote: bool = column("launch or keep (1), or not (0)", source="panel")
    probability: Optional[dt.Float64] = column(
        "stated probability of reaching the hurdle",
        source="panel",
        nullable=True,
        blank="none was stated",
        ge=0,
        le=1,
    )


@table("assignments", happened="assigned_at", key=("experiment", "learner_id"))
class Assignments(pa.DataFrameModel):
    """Who got which arm of an experiment."""

    experiment: str = column("the experiment", source="e-mail platform")
    learner_id: str = learner_id()
    arm: str = column("the arm", source="e-mail platform")
    assigned_at: Instant = column("when it was assigned", unit="UTC", source="e-mail platform")
    recorded_at: Instant = recorded_at()


@table("expected_completions", happened="told_at", derived=True)
class ExpectedCompletions(pa.DataFrameModel):
    """What could be told at the time of learners who had enrolled: how many of them will complete."""

    product_id: str = column("the product")
    told_at: Instant = column("when it could be told", unit="UTC")
    recorded_at: Instant = recorded_at()
    enrollments: float = column("enrollments that were asked about", unit="enrollments")
    expected: float = column("completions expected among them", unit="completions")


DROPPED = ("email", "name", "author")
OWNERS = {"learner_id": "learners", "product_id": "products", "event_id": "events"}


@dataclass(frozen=True)
class Column:
    """A column of the contract, read from its pandera declaration."""

    table: str
    name: str
    dtype: dt.DataType
    nullable: bool
    required: bool
    meaning: str
    unit: str
    sensitivity: str
    source: str
    blank: str
    filled_from: str
    minimum: float | None
    maximum: float | None
    allowed: tuple[str, ...]


def entry(table: str) -> Table:
    """Return a table of the contract, or one that is derived.

    Raises
    ------
    KeyError
        If there is no such table.
    """
    return DERIVED[table] if table in DERIVED else TABLES[table]


def columns(table: str) -> dict[str, Column]:
    """Return the columns of a table by name, in the order of their declaration.

    Raises
    ------
    KeyError
        If the contract has no such table.
    """
    declared = entry(table).model.to_schema().columns
    return {name: _column(table, name, spec) for name, spec in declared.items()}


def schema(table: str, names: list[str] | None = None) -> ibis.Schema:
    """Return the Ibis schema of a table, or of some of its columns."""
    declared = columns(table)
    return ibis.schema({name: declared[name].dtype for name in names or declared})


def complete(name: str, records: ibis.Table) -> ibis.Table:
    """Return a table with every column of the contract: those that its source lacks are there, and hold nothing."""
    declared = schema(name)
    absent = {column: ibis.null(declared[column]) for column in declared if column not in records.columns}
    return records.mutate(**absent) if absent else records


def required(table: str) -> list[str]:
    """Return the columns that a source must have if it has the table at all."""
    return [c.name for c in columns(table).values() if c.required]


def collected(table: str) -> list[str]:
    """Return the columns that exist after collection: all but the identifying ones that are dropped."""
    return [name for name in columns(table) if name not in DROPPED]


def pseudonymised(table: str) -> list[str]:
    """Return the identifying columns that collection replaces by a keyed pseudonym."""
    return [c.name for c in columns(table).values() if c.sensitivity == IDENTIFYING and c.name not in DROPPED]


def order(name: str, records: ibis.Table) -> list[ibis.Value]:
    """Return what a table is sorted by: month, then person, then time, then everything else.

    Sorted so within months, one person's records lie together and files are read fast; sorted by every
    column in the end, the same records always give the same bytes.
    """
    spec = TABLES[name]
    happened = records[spec.happened]
    leading = [records[c] for c in ("learner_id",) if c in records.columns]
    rest = [records[c] for c in records.columns if c not in ("learner_id", spec.happened)]
    month = [] if spec.entity else [happened.truncate("M")]
    return [*month, *leading, happened, *rest]


def references(table: str) -> dict[str, str]:
    """Return the columns by which a table refers to people, products and events, and the tables they lie in."""
    return {c: owner for c, owner in OWNERS.items() if owner != table and c in columns(table)}


def systems() -> list[str]:
    """Return the source systems that the contract names, sorted."""
    return sorted({column.source for name in TABLES for column in columns(name).values()})


def free_text(table: str) -> list[str]:
    """Return the columns of free text, which collection scrubs of identifying words."""
    return [c.name for c in columns(table).values() if c.sensitivity == FREE_TEXT]


def typed(table: str) -> list[str]:
    """Return the columns that people typed: free text, and quasi-identifying words."""
    quasi = [
        column.name
        for column in columns(table).values()
        if column.sensitivity == QUASI_IDENTIFYING and column.name != "user_agent"
    ]
    return free_text(table) + quasi


def _column(table, name, spec):
    limits = {"ge": None, "le": None, "isin": ()}
    for check in spec.checks:
        limits |= _limit(check)
    return Column(
        table=table, name=name, dtype=spec.dtype.type, nullable=spec.nullable, required=spec.required,
        minimum=limits["ge"], maximum=limits["le"], allowed=tuple(limits["isin"]),
        **{key: spec.metadata[key] for key in ("meaning", "unit", "sensitivity", "source", "blank", "filled_from")},
    )  # fmt: skip


def _limit(check):
    kept = check.statistics
    names = {"min_value": "ge", "max_value": "le", "allowed_values": "isin"}
    return {names[key]: value for key, value in kept.items() if key in names}
