"""Shipped mappings: each reads a small example in the documented format of its system, as worked out by hand."""

import shutil

import pandas as pd
import pytest
import yaml
from collecting import HERE, collected, make_project, run, write_window

from insights import contract
from insights.collection import identities, shipped

EXAMPLES = HERE / "examples" / "systems"
KEY = b"a key of at least sixteen bytes"


def name_of(kind, *values):
    """Return the pseudonyms of identifiers, in order."""
    return identities.pseudonyms(kind, values, KEY)


def maria():
    return name_of("learner_id", "maria.okafor@example.com")[0]


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = make_project(tmp_path_factory.mktemp("shipped"), patch)
        shutil.copytree(EXAMPLES, root / "systems")
        window = write_window(root, source={"kind": "folder", "mapping": "systems/mapping.yaml"})
        account = run(window)
        tables = account.tables.set_index("table")
        yield account, {n: collected(window, n) for n in tables.index[tables["status"] == "collected"]}


def test_every_shipped_mapping_is_used_by_the_example_and_fills_the_table_it_says():
    used = yaml.safe_load((EXAMPLES / "mapping.yaml").read_text())["tables"]
    places = {e["use"]: table for table, es in used.items() for e in (es if isinstance(es, list) else [es])}
    assert places == {name: shipped.told(name)["table"] for name in shipped.names()}


@pytest.mark.parametrize("name", shipped.names())
def test_what_a_shipped_mapping_does_not_fill_is_what_it_asks_for(name):
    table, export = shipped.read(name)
    spec, filled = contract.TABLES[table], {*export["columns"], *export.get("constants", {})}
    needed = {*contract.required(table), *(r for v, r in spec.later.items() if v in filled)} - {"recorded_at"}
    assumed = {r for v, r in spec.later.items() if v in filled and contract.columns(table)[v].dtype.is_timestamp()}
    asked = {*filter(None, shipped.told(name)["ask"].split(", "))}
    assert needed - filled - assumed == asked


@pytest.mark.parametrize("name", shipped.names())
def test_every_shipped_mapping_is_described_for_its_users(name):
    assert f"`{name}`" in (HERE / "docs" / "bring_your_own_data.md").read_text()


def test_a_hubspot_contact_is_read_in_the_zone_of_the_account(account):
    learners = account[1]["learners"].set_index("learner_id")
    found = learners.loc[maria()]
    assert found["registered_at"] == pd.Timestamp("2025-01-14 17:12")
    assert found[["country", "city", "job_title"]].tolist() == ["Nigeria", "Lagos", "Data Analyst"]
    assert len(learners) == 7


def test_two_audience_exports_of_mailchimp_are_one_table_though_one_has_no_end(account):
    held = account[1]["subscriptions"].set_index("learner_id")
    left, stayed = name_of("learner_id", "jonas.lindqvist@example.org", "maria.okafor@example.com")
    assert len(held) == 8
    assert held.loc[left, "unsubscribed_at"] == pd.Timestamp("2025-03-04 15:21:40")
    assert pd.isna(held.loc[stayed, "unsubscribed_at"])


def test_mails_of_hubspot_and_mailchimp_come_together_and_what_is_neither_is_left_out(account):
    mails = account[1]["email_events"]
    assert mails["event"].value_counts().to_dict() == {
        "opened": 5, "bounced": 3, "sent": 2, "delivered": 2, "clicked": 2, "unsubscribed": 1,
    }  # fmt: skip
    opened = mails[(mails["learner_id"] == maria()) & (mails["event"] == "opened")]
    assert opened["happened_at"].min() == pd.Timestamp("2025-03-04 15:01:31.234")


def test_a_page_view_of_ga4_is_found_in_its_nested_parameters(account):
    views = account[1]["page_views"].sort_values("viewed_at").reset_index(drop=True)
    assert views["page_type"].tolist() == ["home", "product", "blog", "catalogue", "waiting_list", "other"]
    assert views["product_id"].dropna().tolist() == ["rag-201"]
    assert views.loc[0, "viewed_at"] == pd.Timestamp("2025-03-18 08:00:01.123456")
    assert views.loc[1, "anonymous_id"] == views.loc[0, "anonymous_id"]
    assert views.loc[1, "referrer"] == "www.example.com"
    assert set(views["user_agent"]) == {"Chrome", "Safari", "Firefox"}


def test_who_cancelled_or_waits_did_not_register(account):
    came = account[1]["event_registrations"].groupby("event_id").size()
    assert came.to_dict() == {"1200000000101": 3, "1200000000202": 2, "meetup-307000001": 4}


def test_posts_of_three_networks_come_together_and_reactions_are_known_on_the_day_of_the_download(account):
    posts = account[1]["social_posts"]
    assert posts.groupby("network").size().to_dict() == {"facebook": 6, "instagram": 5, "linkedin": 5}
    counted = posts[posts["reactions"].notna()]
    assert set(counted["network"]) == {"facebook"}
    assert counted["reactions"].max() == 1204
    assert (counted["recorded_at"] == pd.Timestamp("2025-05-01 07:00")).all()


def test_a_survey_answer_loses_the_name_in_its_comment(account):
    answers = account[1]["survey_responses"]
    assert sorted(answers["intent"]) == [1, 2, 4, 5]
    assert "Yes please! Ask my colleague [name], too." in answers["comment"].tolist()


def test_a_refund_is_a_record_of_its_own_on_the_day_it_was_paid(account):
    sales = account[1]["enrollments"].set_index("enrollment_id")
    whole = sales.loc["ch_3Qexample0003 2025-03-05 10:00:00"]
    part = sales.loc["ch_3Qexample0005 2025-03-20 09:00:00"]
    assert (whole["units"], float(whole["amount"])) == (-1, -79.0)
    assert (part["units"], float(part["amount"])) == (0, -20.0)
    assert len(sales) == 8


def test_what_was_left_out_is_counted_with_its_reason(account):
    left = account[0].exclusions.set_index("reason")["rows"]
    assert left["event_name is not page_view (ga4-events-20250318.jsonl)"] == 4
    assert left["Post type is not Organic (linkedin-all-posts.csv)"] == 1


def test_columns_that_no_mapping_reads_are_listed(account):
    unread = account[0].unmapped
    assert ("hubspot-contacts.csv", "Company Name") in set(zip(unread["place"], unread["column"], strict=True))
    assert "Email" not in unread.loc[unread["place"] == "hubspot-contacts.csv", "column"].tolist()
