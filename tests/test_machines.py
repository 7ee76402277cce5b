"""Machines: crawlers by name and by behaviour, opens and clicks by name and by haste."""

import ibis
import pandas as pd
import pytest

from insights.cleaning import machines

NOON = pd.Timestamp("2025-05-01 12:00")
SECOND, DAY = pd.Timedelta(seconds=1), pd.Timedelta(days=1)


def visits(browser, views, seconds=1, learner=None, day=0, agent="Chrome"):
    """Return so many page views of a browser on one day."""
    at = [NOON + day * DAY + 7 * i * SECOND for i in range(views)]
    return pd.DataFrame(
        {"anonymous_id": browser, "learner_id": learner, "viewed_at": at, "seconds": seconds, "user_agent": agent}
    )


def called(*parts):
    """Return, by browser, the share of its views that is called a crawler's."""
    frame = pd.concat(parts, ignore_index=True)
    types = {
        "anonymous_id": "string", "learner_id": "string", "viewed_at": "timestamp(6)", "seconds": "int32",
        "user_agent": "string",
    }  # fmt: skip
    table = ibis.memtable(frame, schema=ibis.schema(types))
    found = table.select("anonymous_id", crawler=machines.crawlers(table)).to_pandas()
    return found.groupby("anonymous_id")["crawler"].mean().to_dict()


def test_a_browser_that_reads_much_and_stays_nowhere_is_a_crawler():
    assert called(visits("x", machines.VIEWS_A_DAY)) == {"x": 1.0}


@pytest.mark.parametrize(
    "change", [{"views": machines.VIEWS_A_DAY - 1}, {"seconds": machines.SHORT + 1}, {"learner": "L1"}]
)
def test_one_that_reads_less_or_stays_longer_or_signs_in_is_none(change):
    assert called(visits("x", **({"views": machines.VIEWS_A_DAY} | change))) == {"x": 0.0}


def test_each_day_is_judged_by_itself_so_that_later_days_change_no_earlier_one():
    quiet, busy = visits("x", 3), visits("x", 100, day=1)
    assert called(quiet) == {"x": 0.0}
    assert called(quiet, busy)["x"] == pytest.approx(100 / 103)


def test_a_crawler_that_names_itself_is_one_after_a_single_view():
    assert called(visits("x", 1, seconds=90, agent="Mozilla/5.0 (compatible; Googlebot/2.1)")) == {"x": 1.0}


def test_what_a_source_does_not_tell_makes_nobody_a_crawler():
    table = ibis.memtable(visits("x", 100)[["anonymous_id", "viewed_at"]])
    assert not table.select(c=machines.crawlers(table)).to_pandas()["c"].any()


def probability(event, seconds=None, agent="Mail client", columns=True):
    """Return the probability that a person made an event so long after the delivery, if there was one."""
    rows = [("L1", "c", event, NOON + (seconds or 0) * SECOND, agent)]
    rows += [("L1", "c", "delivered", NOON, agent)] if seconds is not None else []
    rows += [("L2", "c", "delivered", NOON - DAY, agent)]
    names = ["learner_id", "campaign", "event", "happened_at", "user_agent"]
    types = dict.fromkeys(names, "string") | {"happened_at": "timestamp(6)"}
    table = ibis.memtable(pd.DataFrame(rows, columns=names), schema=ibis.schema(types))
    table = table if columns else table.drop("user_agent")
    found = machines.with_human_probability(table).to_pandas()
    assert len(found) == len(rows)
    return float(found.loc[(found["learner_id"] == "L1") & (found["event"] == event), "human_probability"].iloc[0])


@pytest.mark.parametrize(
    ("event", "seconds", "agent", "human"),
    [
        ("opened", machines.SECONDS_TO_OPEN, "Mail client", 0.9),
        ("opened", machines.SECONDS_TO_OPEN - 1, "Mail client", 0.05),
        ("opened", 40_000, "GoogleImageProxy", 0.05), ("opened", None, None, 0.9),
        ("clicked", machines.SECONDS_TO_CLICK, None, 0.95),
        ("clicked", machines.SECONDS_TO_CLICK - 1, "Chrome", 0.02),
        ("clicked", -5, "Chrome", 0.02), ("clicked", 9_000, "Barracuda scanner", 0.02), ("sent", 0, "proxy", 1.0),
    ],
)  # fmt: skip
def test_an_open_or_click_carries_the_probability_that_a_person_made_it(event, seconds, agent, human):
    assert probability(event, seconds, agent) == human


def test_without_user_agents_haste_alone_tells():
    assert probability("clicked", 5, columns=False) == 0.02
    assert probability("clicked", 500, columns=False) == 0.95
