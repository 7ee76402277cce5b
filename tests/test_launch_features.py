"""Features of a product at a decision: each family on a handful of records, worked out by hand."""

import ibis
import numpy as np
import pandas as pd
import pytest
from launches import PRODUCTS, SALES, asked, features, mail, post, sale, view, vote
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from insights.features.tone import tone


def test_the_plan_is_read_from_the_catalogue_as_it_was_known():
    built = features()
    assert built["price"].tolist() == [30, 60, 90, 5, pytest.approx(np.nan, nan_ok=True)]
    assert built["level"].tolist()[:3] == [2, 0, 1]
    assert built.loc["A", "months_on_sale"] == pytest.approx(31 / 30.4375)
    assert built.loc["A", "months_announced"] == pytest.approx(121 / 30.4375)
    assert built["log_hurdle"].tolist() == [pytest.approx(np.log(101))] * 5


def test_a_product_that_is_not_yet_launched_has_been_on_sale_for_no_time():
    assert features().loc[["NEW", "ALONE"], "months_on_sale"].tolist() == [0.0, 0.0]


def test_rivals_are_the_other_products_of_the_topic_on_sale_at_the_decision():
    built = features()
    assert built["rivals"].to_dict() == {"A": 1, "B": 1, "NEW": 2, "ALONE": 0, "BLANK": 0}


def test_a_source_without_topics_knows_of_no_rivals():
    assert features(drop=["topic"])["rivals"].tolist() == [0] * 5


def test_a_price_is_set_against_the_mean_of_those_on_sale_in_the_topic():
    built = features()
    assert built.loc[["A", "B", "NEW"], "price_against_topic"].tolist() == [30 / 45, 60 / 45, 90 / 45]
    assert built.loc[["ALONE", "BLANK"], "price_against_topic"].isna().all()


def test_sales_are_those_of_the_lookback_with_the_last_month_apart():
    own = features(enrollments=SALES).loc["A"]
    assert own[["units_last_month", "units_lookback", "buyers", "amount_last_month"]].tolist() == [3, 8, 2, 30]
    assert own["sales_trend"] == 3 / 8


def test_what_did_not_sell_has_counts_of_0_and_no_trend():
    own = features(enrollments=SALES).loc["NEW"]
    assert own[["units_last_month", "units_lookback", "buyers"]].tolist() == [0, 0, 0]
    assert np.isnan(own["sales_trend"])


def test_returns_that_even_out_the_sales_leave_no_trend_rather_than_an_infinite_one():
    even = [sale("A", "2025-02-01", units=2), sale("A", "2025-03-01", units=-2)]
    assert np.isnan(features(enrollments=even).loc["A", "sales_trend"])


def test_persistence_is_last_months_margin_over_the_hurdle_and_says_nothing_before_a_launch():
    built = features(enrollments=SALES)
    assert built["persistence"].to_dict() == {
        "A": 30 * 0.5 / 100, "B": 0.0, "NEW": pytest.approx(np.nan, nan_ok=True),
        "ALONE": pytest.approx(np.nan, nan_ok=True), "BLANK": 0.0,
    }  # fmt: skip


def test_persistence_of_a_hurdle_of_nothing_is_missing():
    assert features(asked(hurdle=0.0), enrollments=SALES)["persistence"].isna().all()


def test_topic_sales_are_those_of_the_whole_topic_for_each_of_its_products():
    built = features(enrollments=SALES)
    names = ["topic_units_last_month", "topic_trend", "topic_units_per_product"]
    for product in ("A", "B", "NEW"):
        assert built.loc[product, names].tolist() == [3, 3 / 10, 10 / 2]
    assert built.loc[["ALONE", "BLANK"], "topic_units_last_month"].tolist() == [0, 0]
    assert built.loc[["ALONE", "BLANK"], "topic_units_per_product"].isna().all()


def test_visits_are_views_of_the_products_own_pages_and_announcements_are_counted_apart():
    views = [
        view("2024-12-31"), view("2025-01-01", views=4), view("2025-02-01", "announcement", learner_id="p"),
        view("2025-03-01", "waiting_list", learner_id="p", views=2), view("2025-03-02", learner_id="q"),
        view("2025-03-03", "lesson", learner_id="r"), view("2025-04-01", learner_id="s"),
        view("2025-03-31", learner_id="t", recorded_at="2025-04-01"), view("2025-03-05", product_id=None),
    ]  # fmt: skip
    built = features(page_views=views)
    names = ["views_last_month", "views_lookback", "pre_launch_views", "visitors", "views_trend"]
    assert built.loc["A", names].tolist() == [3, 8, 3, 2, 3 / 8]
    assert built.loc["B", names[:4]].tolist() == [0, 0, 0, 0]


def test_clicks_count_where_a_person_made_them_and_opens_never():
    events = [
        *[mail("2025-02-01", "delivered")] * 4, mail("2025-02-02", "clicked"), mail("2025-03-02", "clicked", 0.5),
        mail("2025-03-03", "clicked", 0.49), mail("2025-03-03", "opened"), mail("2025-04-01", "clicked"),
        mail("2025-03-03", "clicked", product_id="B"),
    ]  # fmt: skip
    built = features(email_events=events)
    names = ["clicks_last_month", "clicks_lookback", "emails_delivered", "click_rate"]
    assert built.loc["A", names].tolist() == [1, 2, 4, 2 / 4]
    assert built.loc["B", names[:3]].tolist() == [1, 1, 0]
    assert np.isnan(built.loc["B", "click_rate"])


def test_events_speak_for_their_topic_and_attendance_counts_once_it_is_known():
    held = [
        {"event_id": event, "kind": "meetup", "announced_at": "2025-01-05", "starts_at": "2025-03-01", "topic": topic}
        for event, topic in [("e", "agents"), ("v", "vision")]
    ]
    known = {"attendance_recorded_at": "2025-03-02"}
    registered = [
        {"event_id": "e", "learner_id": who, "registered_at": "2025-02-01"} | more
        for who, more in {
            "a": {"attended": True} | known, "b": {"attended": False} | known,
            "c": {"attended": True, "attendance_recorded_at": "2025-04-01"}, "d": {},
        }.items()
    ]  # fmt: skip
    built = features(events=held, event_registrations=registered)
    assert built.loc[["A", "B", "NEW"], "topic_registrations"].tolist() == [4, 4, 4]
    assert built.loc["NEW", "topic_attendance"] == 0.5
    assert built.loc[["ALONE", "BLANK"], "topic_registrations"].tolist() == [0, 0]


def test_survey_answers_give_a_mean_and_the_share_of_the_two_top_answers():
    answers = [
        {"learner_id": None, "product_id": "NEW", "answered_at": at, "intent": intent}
        for at, intent in [("2025-03-01", 5), ("2025-03-02", 4), ("2025-03-03", 3), ("2025-04-01", 1)]
    ]
    built = features(survey_responses=answers)
    assert built.loc["NEW", ["survey_answers", "survey_intent", "survey_top_two"]].tolist() == [3, 4, 2 / 3]
    assert built.loc["A", "survey_answers"] == 0
    assert np.isnan(built.loc["A", "survey_intent"])


def test_an_opinion_is_last_months_intent_above_the_middle_drawn_to_it_by_four_answers():
    answers = [
        {"learner_id": None, "product_id": product, "answered_at": at, "intent": intent}
        for product, at, intent in [
            ("NEW", "2025-02-28", 1), ("NEW", "2025-03-01", 5), ("NEW", "2025-03-31", 4), ("A", "2025-03-05", 1),
            ("B", "2025-02-01", 5), ("A", "2025-04-01", 5), ("ALONE", "2024-06-01", 5),
        ]
    ]  # fmt: skip
    built = features(survey_responses=answers)
    assert built["opinion"].to_dict() == {
        "A": -2 / 5, "B": 0, "NEW": (2 + 1) / 6, "ALONE": 0, "BLANK": 0,
    }  # fmt: skip
    assert built["opinion_before"].to_dict() == {"A": 0, "B": 2 / 5, "NEW": -2 / 5, "ALONE": 2 / 5, "BLANK": 0}


def test_the_panels_vote_is_that_for_this_decision_cast_before_it():
    votes = [
        vote("p", True), vote("q", False), vote("r", True), vote("s", True), vote("t", False, "2025-03-01"),
        vote("u", False, voted_at="2025-04-01"),
    ]  # fmt: skip
    assert features(panel_votes=votes)["panel_vote"].tolist()[:2] == [0.75, pytest.approx(np.nan, nan_ok=True)]


def test_a_network_tells_of_the_product_and_of_its_topic():
    posts = [
        post("1", "2025-01-15"), post("2", "2025-03-01", reactions=30), post("3", "2025-03-02", product_id=None),
        post("4", "2025-03-02", network="facebook"), post("5", "2025-04-01"), post("6", "2024-12-31"),
    ]  # fmt: skip
    built = features(social_posts=posts)
    names = ["posts", "posts_last_month", "reactions", "reactions_per_post", "topic_posts"]
    assert built.loc["A", [f"linkedin_{n}" for n in names]].tolist() == [2, 1, 40, 20, 2]
    assert built.loc["A", [f"facebook_{n}" for n in names]].tolist() == [1, 1, 10, 10, 1]
    assert built.loc["NEW", [f"linkedin_{n}" for n in names if n != "reactions_per_post"]].tolist() == [0, 0, 0, 2]
    assert built.loc["ALONE", "linkedin_topic_posts"] == 0


def test_the_tone_is_that_of_last_months_posts_drawn_to_0_where_there_are_few():
    told = SentimentIntensityAnalyzer().polarity_scores
    posts = [
        post("1", "2025-03-01", text="great and useful"), post("2", "2025-03-09", text="boring", network="facebook"),
        post("3", "2025-02-01", text="awful"), post("4", "2025-04-01", text="awful"),
        post("5", "2025-03-01", "linkedin", "B", text="boring"),
    ]  # fmt: skip
    built = features(social_posts=posts)
    great, boring = (told(text)["compound"] for text in ("great and useful", "boring"))
    assert great > 0.5 > 0 > boring
    assert built.loc["A", "tone"] == pytest.approx((great + boring) / 6, abs=1e-4)
    assert built.loc["B", "tone"] == pytest.approx(boring / 5, abs=1e-4)
    assert built.loc["NEW", "tone"] == 0


def test_posts_that_repeat_each_other_bring_nothing_new():
    texts = ["same", "same", "same", "another"]
    posts = [post(str(i), "2025-02-01", text=text, network="facebook") for i, text in enumerate(texts)]
    built = features(social_posts=[*posts, post("4", "2025-03-01", product_id="B"), post("5", "2024-12-31")])
    assert built.loc[["A", "B"], "novelty"].tolist() == [0.5, 1.0]
    assert np.isnan(built.loc["NEW", "novelty"])


def test_links_and_calls_to_follow_an_account_are_spam():
    texts = ["see https://x.example", "Follow @fast.certificates for more", "I follow it @ home", "great"]
    posts = [post(str(i), "2025-02-01", text=text) for i, text in enumerate(texts)]
    assert features(social_posts=posts).loc["A", "spam_share"] == 0.5


def test_a_tone_is_neutral_where_no_word_is_known():
    con = ibis.duckdb.connect()
    words = con.create_table("w", obj=pd.DataFrame({"text": ["", "wunderbar", "GREAT!!!", "not great"]}))
    told = words.mutate(tone=tone(words.text)).order_by("text").to_pandas().set_index("text")["tone"]
    assert told[""] == told["wunderbar"] == 0
    assert told["not great"] < 0 < told["GREAT!!!"] <= 1


def test_each_decision_sees_its_own_lookback():
    rows = pd.concat([asked(), asked(pd.Timestamp("2025-05-01"))], ignore_index=True)
    built = features(rows, enrollments=SALES)
    assert built.loc["A", "units_lookback"].tolist() == [8, 2 + 4 - 1 + 70 + 90]


def test_rows_keep_their_order_and_families_without_tables_are_left_out():
    rows = asked().iloc[::-1].reset_index(drop=True)
    built = features(rows)
    assert built.index.tolist() == rows["product_id"].tolist()
    assert "views_lookback" not in built
    assert built.loc["A", "price"] == 30


def test_shifting_every_date_changes_no_feature():
    weeks = pd.Timedelta(days=364)
    at = pd.Timestamp("2025-04-01")

    def later(records):
        times = ("enrolled_at", "recorded_at", "announced_at", "launched_at")
        return [{k: str(pd.Timestamp(v) + weeks) if k in times and v else v for k, v in r.items()} for r in records]

    before = features(asked(at), enrollments=SALES)
    after = features(asked(at + weeks), later(PRODUCTS), enrollments=later(SALES))
    kept = ["months_on_sale", "months_announced", "rivals", "units_lookback", "buyers", "topic_units_last_month"]
    pd.testing.assert_frame_equal(before[kept], after[kept])
