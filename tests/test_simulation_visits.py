"""Visits, refunds and talk in the simulated company: what a learning-platform analyst would expect to see."""

import numpy as np
import pandas as pd
import pytest

from insights import params, simulation
from insights.simulation.mailings import EVERY_DAYS
from insights.simulation.studies import REFUND_DAYS
from insights.simulation.voices import EMPTY_HYPE
from insights.simulation.world import HOURS_FROM_UTC

PEOPLE = 2_500
MINUTE = pd.Timedelta(minutes=1)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Return a function that reads a raw table of a clean world, or of its truth."""
    folder = tmp_path_factory.mktemp("visits") / "world"
    changed = {"people": PEOPLE, "defects": False}
    simulation.simulate(params.load("sample").simulation.model_copy(update=changed), folder, workers=1)

    def read(name):
        files = sorted((folder / "raw" / name).rglob("*.parquet"))
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)

    return read


@pytest.fixture(scope="module")
def views(raw):
    return raw("page_views").sort_values(["anonymous_id", "viewed_at"], kind="stable", ignore_index=True)


def test_the_pages_of_a_visit_follow_each_other_and_name_the_page_before(views):
    inside = views[views["referrer"].fillna("").str.startswith("/")]
    before = views.shift(1).loc[inside.index]
    follows = (before["anonymous_id"] == inside["anonymous_id"]) & (before["url"] == inside["referrer"])
    assert follows.mean() > 0.97  # but for two visits at once, and pages recorded after the end
    gap = (inside["viewed_at"] - before["viewed_at"])[follows]
    longest = pd.to_timedelta(before["seconds"][follows].astype(float), unit="s") + pd.Timedelta(seconds=2)
    assert (gap <= longest).mean() > 0.97


def test_a_visit_has_a_few_pages_and_visits_lie_far_apart(views):
    visits = views["referrer"].fillna("").str.startswith("/")
    assert 1.8 < len(views) / (~visits).sum() < 3.2
    gaps = views.groupby("anonymous_id")["viewed_at"].diff().dropna()
    assert ((gaps > 35 * MINUTE) & (gaps < 120 * MINUTE)).mean() < 0.05 < (gaps < 35 * MINUTE).mean()


def test_campaign_tags_stand_on_first_pages_alone_and_name_the_mailing(views):
    tagged = views[views["utm_source"].notna()]
    assert not tagged["referrer"].fillna("").str.startswith("/").any()
    by_mail = tagged[tagged["utm_medium"] == "email"]
    assert set(by_mail["utm_source"]) == set(EVERY_DAYS)
    assert (by_mail["utm_campaign"].str.rpartition("-")[0] == by_mail["utm_source"]).all()
    assert set(tagged["utm_medium"]) == {"email", "social"}


def test_every_visit_from_a_mail_follows_a_click_of_a_person_within_seconds(raw, views):
    mails = raw("email_events")
    clicks = mails[(mails["event"] == "clicked") & (mails["user_agent"] == "Mail client")]
    followed = views[views["utm_medium"] == "email"].merge(
        clicks.assign(anonymous_id="c" + clicks["learner_id"].str[1:]),
        left_on=["anonymous_id", "utm_campaign"], right_on=["anonymous_id", "campaign"],
    )  # fmt: skip
    lag = followed["viewed_at"] - followed["happened_at"]
    assert len(followed) > 500 and lag.between(pd.Timedelta(0), pd.Timedelta(seconds=10)).mean() > 0.98


def test_people_are_awake_where_they_live(raw, views):
    country = raw("learners").set_index("learner_id")["country"]
    lived = views["learner_id"].map(country)
    night = []
    for place in ("United States", "India", "Japan"):
        hour = views.loc[lived == place, "viewed_at"].dt.hour + HOURS_FROM_UTC[place]
        night.append(((hour % 24) < 6).mean())
    assert max(night) < 0.16  # a quarter, if they did not sleep


def test_a_refund_gives_back_what_was_paid_for_a_course_that_was_left_early(raw):
    sold = raw("enrollments")
    back, bought = sold[sold["units"] < 0], sold[sold["units"] > 0]
    pairs = back.merge(bought, on=["learner_id", "product_id"], suffixes=("", "_bought"))
    assert len(pairs) == len(back) > 50
    assert (pairs["amount"] == -pairs["amount_bought"]).all()
    days = (pairs["enrolled_at"] - pairs["enrolled_at_bought"]) / pd.Timedelta(days=1)
    assert days.between(0, REFUND_DAYS).all()
    assert 0.02 < len(back) / len(bought) < 0.06 and back["completed_at"].isna().all()


def test_of_some_topics_the_networks_talk_in_waves_that_nobody_buys_after(raw):
    posts = raw("social_posts").dropna(subset="topic")
    said = posts.groupby([posts["posted_at"].dt.to_period("M"), "topic"]).size().unstack().iloc[6:]
    waves = np.log(said).diff().std()
    assert waves[list(EMPTY_HYPE)].min() > waves.drop(list(EMPTY_HYPE)).median()
