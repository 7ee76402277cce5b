"""Features of an enrolled learner: each family on a handful of records, worked out by hand.

Learner x enrolled in COURSE on 24 April 2025 and is asked about on 1 May; the look-back is 90 days.
"""

import ibis
import numpy as np
import pandas as pd
from micro import table, window

from insights import cleaning, rows
from insights.features import completion

AS_OF = pd.Timestamp("2025-05-01")
ROWS = pd.DataFrame({"learner_id": ["x", "y"], "product_id": ["COURSE", "COURSE"], "as_of": [AS_OF, AS_OF]}).astype(
    {"as_of": "datetime64[us]"}
)


def features(rows=ROWS, **records):
    """Return the features of the rows by learner, given records of some tables."""
    con = ibis.duckdb.connect()
    tables = {name: table(con, name, listed) for name, listed in records.items()}
    return completion.completion_features(con, tables, rows, window()).set_index("learner_id")


def view(viewed_at, page_type="lesson", learner_id="x", product_id="COURSE", views=1, url="u", **more):
    return {
        "learner_id": learner_id, "viewed_at": viewed_at, "page_type": page_type, "product_id": product_id,
        "views": views, "url": url,
    } | more  # fmt: skip


VIEWS = [
    view("2025-01-30 23:59", views=100),
    view("2025-03-01 12:00", "course_page", product_id="OTHER", views=5),
    view("2025-04-16 12:00", "course_home", url="h"),
    view("2025-04-17 12:00", "quiz", views=2, url="q"),
    view("2025-04-24 00:00", views=3),
    view("2025-04-24 18:00"),
    view("2025-04-29 12:00", url="v"),
    view("2025-04-30 12:00", views=50, recorded_at="2025-05-01"),
    view("2025-05-01", views=50),
    view("2025-04-28 12:00", product_id=None, page_type="home"),
    view("2025-04-28 12:00", learner_id="y", views=7),
]


def test_activity_in_the_course_is_counted_by_pages_days_and_recency():
    own = features(page_views=VIEWS).loc["x"]
    expected = {
        "course_views": 8, "course_days": 4, "course_pages": 4, "course_page_types": 3,
        "course_views_last_week": 5, "course_views_last_fortnight": 7, "course_days_last_fortnight": 3,
        "days_since_active": 1.5, "days_since_first": 14.5, "course_views_lesson": 5, "course_views_quiz": 2,
        "course_views_forum": 0, "course_views_resource": 0, "course_views_course_home": 1,
        "course_views_course_page": 0,
    }  # fmt: skip
    assert own[list(expected)].to_dict() == expected


def test_activity_anywhere_counts_for_the_site():
    own = features(page_views=VIEWS).loc["x"]
    assert own[["site_views", "site_days", "site_views_last_week"]].tolist() == [14, 6, 6]


def test_one_learners_activity_is_not_anothers():
    assert features(page_views=VIEWS).loc["y", ["course_views", "site_views"]].tolist() == [7, 7]


def test_who_did_nothing_has_counts_of_0_and_was_never_active():
    own = features(page_views=[v for v in VIEWS if v["learner_id"] == "x"]).loc["y"]
    assert own[["course_views", "course_days", "site_views"]].tolist() == [0, 0, 0]
    assert np.isnan(own["days_since_active"])


def work(submitted_at, score, due_at, **more):
    return {
        "learner_id": "x", "product_id": "COURSE", "submitted_at": submitted_at, "score": score, "due_at": due_at,
    } | more  # fmt: skip


def test_work_handed_in_has_a_mean_a_lowest_score_and_a_distance_to_the_due_date():
    handed = [
        work("2025-04-20", 60.0, "2025-04-22"), work("2025-04-25", 90.5, "2025-04-24"),
        work("2025-04-26", None, None), work("2025-05-01", 0.0, "2025-05-09"),
    ]  # fmt: skip
    own = features(submissions=handed).loc["x"]
    expected = {"submissions": 3, "score_mean": 75.25, "score_lowest": 60, "days_early": 0.5}
    assert own[list(expected)].to_dict() == expected


def test_work_in_a_source_without_due_dates_still_counts():
    own = features(submissions=[{k: v for k, v in work("2025-04-20", 60.0, None).items() if k != "due_at"}])
    assert own.loc["x", ["submissions", "score_mean"]].tolist() == [1, 60]
    assert own["days_early"].isna().all()


def test_clicks_on_emails_count_where_a_person_made_them():
    events = [
        {"learner_id": "x", "happened_at": f"2025-04-{day}", "event": event, "campaign": "c", "human_probability": p}
        for day, event, p in [(1, "delivered", None), (2, "delivered", None), (2, "opened", 1.0),
                              (2, "clicked", 0.5), (3, "clicked", 0.4)]
    ]  # fmt: skip
    own = features(email_events=events)
    assert own.loc["x", ["emails_delivered", "email_clicks"]].tolist() == [2, 1]
    assert own.loc["y", ["emails_delivered", "email_clicks"]].tolist() == [0, 0]


def test_events_attended_are_those_known_to_be():
    registered = [
        {"event_id": e, "learner_id": "x", "registered_at": "2025-04-01", "attended": came,
         "attendance_recorded_at": known}
        for e, came, known in [("a", True, "2025-04-09"), ("b", True, "2025-05-01"), ("c", False, "2025-04-09"),
                               ("d", None, None)]
    ]  # fmt: skip
    assert features(event_registrations=registered).loc["x", ["event_registrations", "events_attended"]].tolist() == [
        4,
        1,
    ]


def enrolled(product_id, enrolled_at, completed=None, withdrawn=None, **more):
    return {
        "enrollment_id": f"{product_id} {enrolled_at}", "learner_id": "x", "product_id": product_id,
        "enrolled_at": enrolled_at, "units": 1, "amount": 40, "completed_at": completed, "withdrawn_at": withdrawn,
        "completion_recorded_at": completed, "withdrawal_recorded_at": withdrawn,
    } | more  # fmt: skip


ENROLLMENTS = [
    enrolled("COURSE", "2025-04-24 06:00", completed="2025-05-20", prior_attempts=1, study_load=60),
    enrolled("EARLIER", "2025-02-10", completed="2025-03-01"),
    enrolled("GIVEN_UP", "2025-02-11", withdrawn="2025-03-01"),
    enrolled("LATE_NEWS", "2025-02-12", completed="2025-03-01", completion_recorded_at="2025-05-01"),
    enrolled("LONG_AGO", "2025-01-30", completed="2025-02-20"),
]


def test_history_counts_what_was_known_of_other_enrollments():
    own = features(enrollments=ENROLLMENTS).loc["x"]
    assert own[["earlier_enrollments", "earlier_completions", "earlier_withdrawals"]].tolist() == [4, 1, 1]


def test_money_that_was_paid_back_adds_no_enrollment_to_the_history():
    refund = enrolled("GIVEN_UP", "2025-02-13", units=-1, enrollment_id="R1")
    own = features(enrollments=[*ENROLLMENTS, refund]).loc["x"]
    assert own["earlier_enrollments"] == 4


PRODUCTS = [
    {"product_id": "COURSE", "family": "f", "title": "t", "announced_at": "2025-01-01", "price": 49,
     "launched_at": "2025-03-01", "level": "intermediate"},
]  # fmt: skip


def test_the_enrollment_and_the_course_are_described():
    own = features(enrollments=ENROLLMENTS, products=PRODUCTS)
    expected = {
        "amount_paid": 40, "days_enrolled": 6.75, "prior_attempts": 1, "study_load": 60, "course_price": 49,
        "course_level": 1, "course_months_on_sale": 61 / 30.4375,
    }  # fmt: skip
    assert own.loc["x", list(expected)].to_dict() == expected
    assert own.loc["y", "course_price"] == 49
    assert np.isnan(own.loc["y", "days_enrolled"])


def test_a_person_is_described_by_education_and_time_since_registration():
    people = [
        {"learner_id": "x", "registered_at": "2023-05-02", "education": "HE Qualification"},
        {"learner_id": "y", "registered_at": "2025-04-30 12:00", "education": None},
    ]
    built = features(learners=people)
    assert built["education"].tolist()[0] == 3
    assert np.isnan(built.loc["y", "education"])
    assert built["days_registered"].tolist() == [730, 0.5]


def test_a_newsletter_is_subscribed_to_until_its_end_is_known():
    lists = [
        {"learner_id": "x", "newsletter": name, "subscribed_at": "2020-01-01", "unsubscribed_at": end,
         "unsubscription_recorded_at": known}
        for name, end, known in [("the_batch", None, None), ("events", "2025-04-01", "2025-04-02"),
                                 ("course_announcements", "2025-04-01", "2025-05-01")]
    ]  # fmt: skip
    built = features(subscriptions=lists)
    names = ["subscribed_the_batch", "subscribed_events", "subscribed_course_announcements"]
    assert built.loc["x", names].tolist() == [1, 0, 1]
    assert built.loc["y", names].tolist() == [0, 0, 0]


def test_ranks_stand_beside_what_they_rank_and_rows_keep_their_order():
    crowd = pd.DataFrame({"learner_id": [f"l{i:02d}" for i in range(12)][::-1], "product_id": "COURSE"})
    crowd = crowd.assign(as_of=AS_OF.as_unit("us"))
    views = [view("2025-04-20", learner_id=f"l{i:02d}", views=i + 1) for i in range(12)]
    built = features(crowd, page_views=views)
    assert built.index.tolist() == crowd["learner_id"].tolist()
    assert built["course_views"].tolist() == list(range(12, 0, -1))
    np.testing.assert_allclose(built["course_views_rank"], (np.arange(12)[::-1] + 0.5) / 12)
    assert "score_mean_rank" not in built


def test_protected_attributes_reach_features_only_where_a_parameter_hands_them_over(company, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(company.root))
    rows_given = rows.completion_rows(company.params, company.tables["products"], company.tables["enrollments"]).head(
        200
    )
    asked = cleaning.tables(company.con, "tiny", protected=True)
    names = {"declared_woman", "age"}
    for tables, reached in ((company.tables, set()), (asked, names)):
        built = completion.completion_features(company.con, tables, rows_given, company.params)
        assert names & {*built.columns} == reached
    ages = built["age"].dropna()
    assert len(ages) and ages.between(15, 75).all()
