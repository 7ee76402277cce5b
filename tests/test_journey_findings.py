"""What is said of people and of the highest scores: each sentence by hand, above all where it should not be said."""

from types import SimpleNamespace

import numpy as np
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
        {"model": "tpot", "share": [0.1, 0.5], "called": [called, 5 * called], "precision": 0.6, "lift": 1.5,
         "low": 1.1, "high": 2.0, "recall": [0.2, 0.7]}
    )  # fmt: skip
    others = pd.concat([table.assign(model="panel", precision=0.1, recall=0.1), table])
    told = read(launches.found_first(SimpleNamespace(kind="launch", lift=others), "tpot"))
    assert ("a tenth is too few to judge" in told) == few and ("60.0 % came true" in told) != few
    assert "half with the highest scores holds 70.0 %" in told


def test_f1_of_each_model_stands_by_share_of_rows_called_with_the_models_in_their_order():
    lift = pd.DataFrame(
        {"model": ["tpot", "tpot", "panel", "panel"], "share": [0.1, 0.5] * 2, "f1": [0.2, 0.6, 0.1, 0.4]}
    )
    told = launches.f1(SimpleNamespace(lift=lift))
    assert told["model"].tolist() == ["TPOT", "Panel of R&D and Marketing"]
    assert [round(f, 1) for f in told.iloc[:, 1]] == [0.2, 0.1] and list(told)[1:] == [
        "10.0\N{NO-BREAK SPACE}%",
        "50.0\N{NO-BREAK SPACE}%",
    ]


def test_what_few_launches_find_is_told_beside_the_best_baseline_if_there_is_one():
    table = pd.DataFrame(
        {"model": ["tpot", "panel", "survey"], "share": 0.2, "value": [0.7, 0.6, 0.65], "low": 0.5, "high": 0.8}
    )
    both, alone = (read(launches.early(SimpleNamespace(early=t), "tpot", 12)) for t in (table, table.head(1)))
    assert "With 12 launches a quarter no more can be wrong, 20.0 % of all that did not come true." in both
    assert "the ROC AUC of TPOT is 0.700" in both and "of the baselines the survey" in both and "0.650" in both
    assert "of the baselines" not in alone and "the ROC AUC of TPOT is 0.700" in alone


def test_what_votes_of_single_people_are_worth_is_told_without_names_and_only_as_far_as_it_is_known():
    rows = [
        ("research_and_development", "accuracy", 0.6, np.nan, np.nan),
        ("marketing", "accuracy", 0.5, np.nan, np.nan),
        ("both teams", "accuracy", 0.55, 0.4, 0.7),
        ("both teams", "kappa", 0.2, np.nan, np.nan),
        ("both teams", "brier", 0.3, 0.25, 0.35),
        ("both teams", "constant", 0.24, np.nan, np.nan),
    ]
    table = pd.DataFrame(rows, columns=["team", "metric", "value", "least", "most"])
    table = table.assign(low=table["value"] - 0.1, high=table["value"] + 0.1, raters=8, votes=80, n=20)
    told = read(launches.raters(SimpleNamespace(kind="launch", raters=table)))
    assert "On new launches, 80 votes of 8 people were right in 55.0 %" in told
    assert "those of R&D in 60.0 % and those of Marketing in 50.0 %" in told
    assert "Single people range from 40.0 % to 70.0 %." in told
    assert "Brier score of 0.300" in told and "reaches 0.240" in told
    silent = table.assign(value=table["value"].where(~table["metric"].isin(["brier", "constant"])), least=np.nan)
    assert "Brier" not in (less := read(launches.raters(SimpleNamespace(kind="launch", raters=silent))))
    assert "Single people" not in less
    assert "no vote" in read(launches.raters(SimpleNamespace(kind="launch", raters=None)))
