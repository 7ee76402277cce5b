"""What is said of people and of the highest scores: each sentence by hand, above all where it should not be said."""

from types import SimpleNamespace

import pandas as pd
import pytest
from prose import read

from insights.findings import launches
from insights.findings.journey import people

OPEN = pd.DataFrame(
    [["registered", "registered", 1.0], ["clicked", "clicked in an e-mail", 0.25], ["enrolled", "enrolled", 0.45],
     ["completed", "completed", 0.18], ["repeated", "enrolled again", 0.01]],
    columns=["stage", "title", "share"],
)  # fmt: skip


def test_who_goes_past_a_stage_is_not_lost_there_and_what_comes_after_the_goal_is_no_step():
    told = read(people._loss(OPEN))
    assert "The narrowest step is from “enrolled” (45.0 % of all) to “completed” (18.0 %)." in told
    assert "Not everybody passes through “clicked in an e-mail”." in told
    assert "enrolled again" not in told


def test_a_stage_that_nobody_goes_past_may_be_the_narrowest():
    told = read(people._loss(OPEN.assign(share=[1.0, 0.5, 0.45, 0.4, 0.01])))
    assert "from “registered” (100.0 % of all) to “clicked in an e-mail” (50.0 %)." in told
    assert "Not everybody" not in told


@pytest.mark.parametrize(("adds", "more"), [(0.16, False), (0.2, True)])
def test_the_best_next_step_is_not_said_twice_where_it_is_the_event(adds, more):
    effect = SimpleNamespace(estimates=pd.DataFrame({"difference": [0.3, 0.16]}))
    found = SimpleNamespace(effect=effect, actions=pd.DataFrame({"adds": [adds]}))
    assert people._says_more(found) == more
    assert people._says_more(SimpleNamespace(effect=None, actions=found.actions))
    assert not people._says_more(SimpleNamespace(effect=effect, actions=found.actions.head(0)))


@pytest.mark.parametrize(("called", "few"), [(9, True), (10, False)])
def test_nothing_is_said_of_a_tenth_that_is_a_handful(called, few):
    table = pd.DataFrame(
        {"share": [0.1, 0.5], "called": [called, 5 * called], "precision": 0.6, "lift": 1.5, "low": 1.1, "high": 2.0,
         "recall": [0.2, 0.7]}
    )  # fmt: skip
    told = read(launches.found_first(SimpleNamespace(kind="launch", lift=table)))
    assert ("a tenth is too few to judge" in told) == few and ("60.0 % came true" in told) != few
    assert "half with the highest scores holds 70.0 %" in told
