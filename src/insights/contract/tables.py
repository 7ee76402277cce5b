"""The tables and columns that Insights knows: people, what they did, products, voices, decisions."""

from functools import partial
from typing import Optional

import ibis.expr.datatypes as dt
import pandera.ibis as pa

from insights.contract.declaration import FREE_TEXT, IDENTIFYING, PROTECTED, QUASI_IDENTIFYING, column, table

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

# The systems that columns usually come from.
crm = partial(column, source="CRM")
mail = partial(column, source="e-mail platform")
web = partial(column, source="web analytics")
event_platform = partial(column, source="event platform")
catalogue = partial(column, source="catalogue")
sales = partial(column, source="sales")
learning = partial(column, source="learning")
finance = partial(column, source="finance")
social = partial(column, source="social network")
survey = partial(column, source="survey tool")
panel = partial(column, source="panel")
exported = partial(column, source="export")


def learner_id(nullable=False, meaning="the person, as a keyed pseudonym", blank=""):
    """Declare the identifier of a person, replaced by its pseudonym at collection."""
    return crm(meaning, sensitivity=IDENTIFYING, nullable=nullable, blank=blank)


def recorded_at():
    """Declare the time at which a record became known to the company."""
    return exported("when the record became known", unit="UTC")


@table("learners", happened="registered_at", key=("learner_id",), entity=True)
class Learners(pa.DataFrameModel):
    """A person who registered."""

    learner_id: str = learner_id()
    registered_at: Instant = crm("when the person registered", unit="UTC")
    recorded_at: Instant = recorded_at()
    email: Optional[str] = crm("e-mail address", sensitivity=IDENTIFYING, nullable=True)
    name: Optional[str] = crm("full name", sensitivity=IDENTIFYING, nullable=True)
    contact_id: Optional[str] = crm(
        "e-mail address, however it was written, as a keyed pseudonym", sensitivity=IDENTIFYING, nullable=True
    )
    account_kind: Optional[str] = crm(
        "whose account it is: a person's, or one of the company's own", nullable=True, isin=ACCOUNT_KINDS
    )
    country: Optional[str] = crm(
        "country of residence", sensitivity=QUASI_IDENTIFYING, nullable=True, filled_from="city"
    )
    city: Optional[str] = crm("city, as typed", sensitivity=QUASI_IDENTIFYING, nullable=True)
    job_title: Optional[str] = crm("job title, as typed", sensitivity=QUASI_IDENTIFYING, nullable=True)
    job_family: Optional[str] = crm(
        "family of jobs that the title belongs to",
        sensitivity=QUASI_IDENTIFYING,
        nullable=True,
        filled_from="job_title",
    )
    seniority: Optional[str] = crm(
        "how senior the title is: entry, senior, lead or executive",
        sensitivity=QUASI_IDENTIFYING,
        nullable=True,
        blank="the title does not say",
        filled_from="job_title",
    )
    education: Optional[str] = crm("highest education", sensitivity=QUASI_IDENTIFYING, nullable=True)
    wants_the_batch: Optional[bool] = crm("ticked The Batch at registration", nullable=True)
    wants_events: Optional[bool] = crm("ticked Events at registration", nullable=True)
    wants_course_announcements: Optional[bool] = crm("ticked Course Announcements at registration", nullable=True)


@table("protected", happened="declared_at", key=("learner_id",), entity=True)
class Protected(pa.DataFrameModel):
    """Protected attributes of a person, self-declared and mostly missing; for bias checks only."""

    learner_id: str = learner_id()
    declared_at: Instant = crm("when they were declared", unit="UTC")
    recorded_at: Instant = recorded_at()
    gender: Optional[str] = crm("gender", sensitivity=PROTECTED, nullable=True)
    ethnicity: Optional[str] = crm("race or ethnicity", sensitivity=PROTECTED, nullable=True)
    birth_year: Optional[dt.Int16] = crm(
        "year of birth", unit="year", sensitivity=PROTECTED, nullable=True, ge=1900, le=2020
    )
    age_band: Optional[str] = crm("age band", sensitivity=PROTECTED, nullable=True)
    disability: Optional[str] = crm("declared disability", sensitivity=PROTECTED, nullable=True)
    deprivation_band: Optional[str] = crm(
        "deprivation band of the place of residence", sensitivity=PROTECTED, nullable=True
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
    newsletter: str = mail("the list", isin=NEWSLETTERS)
    subscribed_at: Instant = mail("start of the subscription", unit="UTC")
    recorded_at: Instant = recorded_at()
    unsubscribed_at: Optional[Instant] = mail("end of the subscription", unit="UTC", nullable=True, blank="it lasts")
    unsubscription_recorded_at: Optional[Instant] = exported(
        "when its end became known", unit="UTC", nullable=True, blank="it lasts"
    )


@table("page_views", happened="viewed_at")
class PageViews(pa.DataFrameModel):
    """A page view, or the views of one page by one person on one day where only sums exist."""

    learner_id: Optional[str] = learner_id(nullable=True, meaning="the person", blank="anonymous")
    anonymous_id: Optional[str] = web("browser cookie, as a keyed pseudonym", sensitivity=IDENTIFYING, nullable=True)
    viewed_at: Instant = web("when the page was opened", unit="UTC")
    recorded_at: Instant = recorded_at()
    page_type: str = web("kind of page", isin=PAGE_TYPES)
    product_id: Optional[str] = web("product the page is about", nullable=True, blank="about no product")
    views: dt.Int32 = web("views that the record stands for", unit="views", ge=1)
    url: Optional[str] = web("address without its query", nullable=True)
    referrer: Optional[str] = web("where the visit came from", nullable=True, blank="opened directly")
    utm_source: Optional[str] = web("campaign tag of the link: where it stood", nullable=True, blank="no tagged link")
    utm_medium: Optional[str] = web(
        "campaign tag of the link: its kind, such as email", nullable=True, blank="no tagged link"
    )
    utm_campaign: Optional[str] = web(
        "campaign tag of the link: the mailing or campaign", nullable=True, blank="no tagged link"
    )
    user_agent: Optional[str] = web("browser family", sensitivity=QUASI_IDENTIFYING, nullable=True)
    seconds: Optional[dt.Int32] = web("time on the page", unit="s", nullable=True, ge=0, le=86_400)


@table("email_events", happened="happened_at")
class EmailEvents(pa.DataFrameModel):
    """Something that happened to a marketing e-mail."""

    learner_id: str = learner_id()
    happened_at: Instant = mail("when it happened", unit="UTC")
    recorded_at: Instant = recorded_at()
    event: str = mail("what happened", isin=EMAIL_EVENTS)
    campaign: str = mail("the mailing")
    newsletter: Optional[str] = mail("list it was sent to", nullable=True, blank="sent to no list", isin=NEWSLETTERS)
    product_id: Optional[str] = mail("product it was about", nullable=True, blank="about no product")
    user_agent: Optional[str] = mail(
        "software that opened or clicked",
        sensitivity=QUASI_IDENTIFYING,
        nullable=True,
        blank="neither open nor click",
    )


@table("events", happened="announced_at", key=("event_id",), entity=True)
class Events(pa.DataFrameModel):
    """A meetup, expert panel or learner community event."""

    event_id: str = event_platform("the event")
    kind: str = event_platform("kind of event", isin=EVENT_KINDS)
    announced_at: Instant = event_platform("when it was announced", unit="UTC")
    recorded_at: Instant = recorded_at()
    starts_at: Instant = event_platform("when it begins", unit="UTC")
    topic: Optional[str] = event_platform("topic", nullable=True)
    country: Optional[str] = event_platform("country", nullable=True, blank="online")
    city: Optional[str] = event_platform("city", nullable=True, blank="online")


@table(
    "event_registrations",
    happened="registered_at",
    later={"attended": "attendance_recorded_at"},
    key=("event_id", "learner_id"),
)
class EventRegistrations(pa.DataFrameModel):
    """A person who registered for an event; staying away is a value, not a missing one."""

    event_id: str = event_platform("the event")
    learner_id: str = learner_id()
    registered_at: Instant = event_platform("when the person registered", unit="UTC")
    recorded_at: Instant = recorded_at()
    attended: Optional[bool] = event_platform("came, stayed away, or not known", nullable=True, blank="not known yet")
    attendance_recorded_at: Optional[Instant] = exported(
        "when attendance became known", unit="UTC", nullable=True, blank="not known yet"
    )


@table("products", happened="announced_at", later={"launched_at": "launched_at"}, key=("product_id",), entity=True)
class Products(pa.DataFrameModel):
    """A course or other product, on sale, announced, or only a candidate."""

    product_id: str = catalogue("the product")
    family: str = catalogue("editions and relaunches of one product share it")
    title: str = catalogue("title")
    announced_at: Instant = catalogue("when it was first made known", unit="UTC")
    recorded_at: Instant = recorded_at()
    launched_at: Optional[Instant] = catalogue("first day on sale", unit="UTC", nullable=True, blank="a candidate")
    ends_at: Optional[Instant] = catalogue(
        "last day of a course that runs once", unit="UTC", nullable=True, blank="it does not end"
    )
    kind: Optional[str] = catalogue("kind of product", nullable=True)
    topic: Optional[str] = catalogue("topic", nullable=True, filled_from="page_views.url")
    level: Optional[str] = catalogue("level", nullable=True, isin=LEVELS)
    description: Optional[str] = catalogue("text of the announcement", nullable=True)
    price: Optional[Money] = catalogue("list price at announcement", unit="USD", nullable=True)
    margin: Optional[dt.Float64] = finance(
        "share of the amount paid that is contribution margin", nullable=True, ge=0, le=1
    )
    launch_cost: Optional[Money] = finance("planned cost of the launch", unit="USD", nullable=True)
    monthly_hurdle: Optional[Money] = finance(
        "contribution margin a month that the plan asked for: the launch cost, amortised", unit="USD", nullable=True
    )


@table(
    "enrollments",
    happened="enrolled_at",
    later={"completed_at": "completion_recorded_at", "withdrawn_at": "withdrawal_recorded_at"},
    key=("enrollment_id",),
)
class Enrollments(pa.DataFrameModel):
    """A sale of a product, with completion and withdrawal where it is a course."""

    enrollment_id: str = sales("the sale")
    learner_id: Optional[str] = learner_id(nullable=True, meaning="the buyer")
    product_id: str = sales("what was bought")
    enrolled_at: Instant = sales("when it was bought", unit="UTC")
    recorded_at: Instant = recorded_at()
    units: dt.Int32 = sales("units; negative for a return", unit="units")
    amount: Optional[Money] = sales("amount paid; negative for a refund", unit="USD", nullable=True)
    completed_at: Optional[Instant] = learning(
        "when it was completed", unit="UTC", nullable=True, blank="not completed so far"
    )
    completion_recorded_at: Optional[Instant] = exported(
        "when the completion became known", unit="UTC", nullable=True, blank="not completed so far"
    )
    withdrawn_at: Optional[Instant] = learning(
        "when it was given up", unit="UTC", nullable=True, blank="not given up"
    )
    withdrawal_recorded_at: Optional[Instant] = exported(
        "when the withdrawal became known", unit="UTC", nullable=True, blank="not given up"
    )
    prior_attempts: Optional[dt.Int16] = learning(
        "earlier attempts at the same course", unit="attempts", nullable=True, ge=0
    )
    study_load: Optional[dt.Int16] = learning("credits studied at the same time", unit="credits", nullable=True, ge=0)


@table("submissions", happened="submitted_at")
class Submissions(pa.DataFrameModel):
    """A piece of work that was handed in."""

    learner_id: str = learner_id()
    product_id: str = learning("course it belongs to")
    work_id: Optional[str] = learning("piece of work that was asked for", nullable=True)
    submitted_at: Instant = learning("when it was handed in", unit="UTC")
    recorded_at: Instant = recorded_at()
    due_at: Optional[Instant] = learning("when it was due", unit="UTC", nullable=True)
    score: Optional[dt.Float64] = learning("score", unit="points of 100", nullable=True, ge=0, le=100)


@table("social_posts", happened="posted_at", key=("post_id",))
class SocialPosts(pa.DataFrameModel):
    """A post on Facebook, Instagram or LinkedIn."""

    post_id: str = social("the post, as a keyed pseudonym", sensitivity=IDENTIFYING)
    network: str = social("the network", isin=NETWORKS)
    posted_at: Instant = social("when it was posted", unit="UTC")
    recorded_at: Instant = recorded_at()
    author: Optional[str] = social("who posted", sensitivity=IDENTIFYING, nullable=True)
    text: Optional[str] = social("text of the post", sensitivity=FREE_TEXT, nullable=True)
    product_id: Optional[str] = social("product it names", nullable=True, blank="names no product")
    topic: Optional[str] = social("topic", nullable=True)
    reactions: Optional[dt.Int32] = social(
        "reactions when the post was recorded", unit="reactions", nullable=True, ge=0
    )


@table("survey_responses", happened="answered_at")
class SurveyResponses(pa.DataFrameModel):
    """The voice of the customer: how likely somebody is to buy a product."""

    learner_id: Optional[str] = learner_id(nullable=True, meaning="the person", blank="anonymous")
    product_id: str = survey("product asked about")
    answered_at: Instant = survey("when it was answered", unit="UTC")
    recorded_at: Instant = recorded_at()
    intent: dt.Int8 = survey("intent to buy, 1 (no) to 5 (certainly)", unit="points", ge=1, le=5)
    comment: Optional[str] = survey("comment", sensitivity=FREE_TEXT, nullable=True, blank="nothing to add")


@table("panel_votes", happened="voted_at", key=("panelist_id", "product_id", "decision_at"))
class PanelVotes(pa.DataFrameModel):
    """The human baseline: a panelist's 0 or 1 on a product."""

    panelist_id: str = panel("the panelist, as a keyed pseudonym", sensitivity=IDENTIFYING)
    team: str = panel("team of the panelist", isin=TEAMS)
    product_id: str = panel("product voted on")
    decision_at: Instant = panel("decision that the vote was for", unit="UTC")
    voted_at: Instant = panel("when the vote was cast", unit="UTC")
    recorded_at: Instant = recorded_at()
    vote: bool = panel("launch or keep (1), or not (0)")
    probability: Optional[dt.Float64] = panel(
        "stated probability of reaching the hurdle", nullable=True, blank="none was stated", ge=0, le=1
    )


@table("assignments", happened="assigned_at", key=("experiment", "learner_id"))
class Assignments(pa.DataFrameModel):
    """Who got which arm of an experiment."""

    experiment: str = mail("the experiment")
    learner_id: str = learner_id()
    arm: str = mail("the arm")
    assigned_at: Instant = mail("when it was assigned", unit="UTC")
    recorded_at: Instant = recorded_at()


@table("expected_completions", happened="told_at", derived=True)
class ExpectedCompletions(pa.DataFrameModel):
    """What could be told at the time of learners who had enrolled: how many of them will complete."""

    product_id: str = column("the product")
    told_at: Instant = column("when it could be told", unit="UTC")
    recorded_at: Instant = recorded_at()
    enrollments: float = column("enrollments that were asked about", unit="enrollments")
    expected: float = column("completions expected among them", unit="completions")
