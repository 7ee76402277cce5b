"""What the channels of the simulated company do: by hand, and in the purchases of a world."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from insights import params
from insights.simulation import company, people, studies, touches, truth
from insights.simulation.mailings import CLICKED, OPENED, PERSON, PROXY, SCANNER
from insights.simulation.visits import REFERRERS
from insights.simulation.world import make_world

SAMPLE = params.load("sample").simulation
WORLD = make_world(SAMPLE, np.random.default_rng(0))
CROWD = people.make_people(WORLD, 0, 200, np.random.default_rng(0))
CHANNELS = [*touches.EFFECTS]
AGENTS = [PERSON, PROXY, SCANNER]
CAME, MAILS = ["person", "event_id", "day"], ["person", "mailing", "kind", "agent", "day"]
VISITS, WHOLE = ["cookie", "referrer", "day"], ("person", "mailing", "cookie", "referrer")


def reached(came=(), mails=(), visits=()):
    """Return who was reached by what, of events, e-mails and visits given by hand; days count from the start."""
    events = pd.DataFrame({"event_id": ["E1", "E2"], "kind": ["meetup", "expert_panel"]})
    came, mails, visits = (
        pd.DataFrame([*rows], columns=names).astype({name: int for name in names if name in WHOLE} | {"day": float})
        for rows, names in ((came, CAME), (mails, MAILS), (visits, VISITS))
    )
    plan = pd.DataFrame({"newsletter": ["the_batch", "course_announcements"]})
    return touches.touched(WORLD, CROWD, events, came, plan, mails, visits)


def told(found):
    return [(CHANNELS[c], int(p), int(m)) for c, p, m in zip(*np.nonzero(found), strict=True)]


def test_an_event_that_somebody_came_to_is_a_touch_of_its_kind():
    assert told(reached(came=[(3, "E2", 33.0), (4, "E1", np.nan)])) == [("expert_panel", 3, 1)]


def test_a_click_of_a_person_is_a_touch_and_opens_and_machines_are_none():
    rows = [(5, 1, CLICKED, AGENTS.index(agent), 2.0) for agent in AGENTS]
    rows += [(6, 0, OPENED, AGENTS.index(PERSON), 2.0), (7, 0, CLICKED, AGENTS.index(PERSON), -3.0)]
    assert told(reached(mails=rows[1:])) == []
    assert told(reached(mails=rows)) == [("course_announcements", 5, 0)]


@pytest.mark.parametrize(("site", "channel"), [("linkedin.com", "social"), ("google.com", "search"), ("", "direct")])
def test_a_visit_is_a_touch_of_where_it_came_from(site, channel):
    row = (9, [*REFERRERS].index(site), 40.0)
    assert told(reached(visits=[row])) == [(channel, 9, 1)]


def test_a_touch_makes_eager_in_the_month_after_only():
    found = reached(came=[(3, "E2", 33.0), (3, "E1", 34.0)])
    eager = touches.eagerness(found)
    expected = np.ones_like(eager)
    expected[3, 2] = np.exp(touches.EFFECTS["expert_panel"] + touches.EFFECTS["meetup"])
    np.testing.assert_allclose(eager, expected)


def test_what_is_owed_to_a_channel_by_hand():
    found = reached(came=[(3, "E2", 33.0)])
    courses = pd.DataFrame({"person": [3, 3, 4], "day": [62.0, 95.0, 63.0]})
    owed = touches.caused(WORLD, found, courses)
    by = owed.set_index(["channel", "month"])
    assert by.loc[("expert_panel", WORLD.starts[2]), "caused"] == pytest.approx(1 - np.exp(-0.45))
    assert owed["caused"].sum() == pytest.approx(1 - np.exp(-0.45))
    assert by.loc["meetup", "sold"].tolist()[:5] == [0, 0, 2, 1, 0]
    whole = truth.channels([owed, owed])
    assert whole["caused"].sum() == pytest.approx(2 * owed["caused"].sum())
    assert whole.groupby("channel")["effect"].first().to_dict() == touches.EFFECTS


def test_somebody_is_listed_from_joining_to_leaving_and_after_joining_again():
    spans = pd.DataFrame(
        {"person": [3, 3, 4], "newsletter": ["events", "events", "the_batch"], "begin": [1.0, 9.0, 0.0],
         "leave": [5.0, 12.0, 99.0]}
    )  # fmt: skip
    crowd = dataclasses.replace(CROWD, subscriptions=spans)
    days = np.array([0.9, 1.0, 4.9, 5.0, 9.5, 12.0])
    assert crowd.listed("events", np.full(6, 3), days).tolist() == [False, True, True, False, True, False]
    assert not crowd.listed("events", np.full(6, 4), days).any()
    grid = crowd.listed("events", np.arange(5)[:, None], days[None, :])
    assert grid.shape == (5, 6) and grid.sum() == 3


def test_the_eager_buy_as_much_more_as_the_touches_say():
    setting = company.make_setting(SAMPLE, np.random.SeedSequence(1))
    crowd = people.make_people(setting.world, 0, 4_000, np.random.default_rng(1))
    nobody = pd.DataFrame({"person": [], "day": []}).astype({"person": int, "day": float})
    here = crowd.here(setting.world)
    sold = [
        len(studies.enroll(setting.world, crowd, setting.catalogue, here * eager, nobody, np.random.default_rng(2)))
        for eager in (1.0, np.exp(0.5))
    ]
    assert 1.4 < sold[1] / sold[0] < np.exp(0.5) * 1.02
    demand = [studies.topic_demand(setting.world, crowd, here * eager) for eager in (1.0, np.exp(0.5))]
    np.testing.assert_allclose(demand[1], demand[0] * np.exp(0.5))
