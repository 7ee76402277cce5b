"""The launch model examined and explained: on its own rows, beside the panel where it voted, and said as it is."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from micro import window
from prose import read
from synthetic import launch_data

from insights.findings import launches as launch_findings
from insights.modeling import baselines, comparison, learned, recommendation, thresholds
from insights.modeling.dataset import Dataset
from insights.modeling.evaluation import examined, standing
from insights.modeling.explanation import explained
from insights.modeling.search import automl

PARAMS = window()


@pytest.fixture(scope="module")
def contest():
    """Return a contest of logistic regression and the baselines; the panel did not vote on a quarter of the rows."""
    frame = launch_data(PARAMS, families=60).frame
    unseen = frame["product_id"].isin([f"P{i:02d}" for i in range(15)])
    frame = frame.assign(panel_vote=frame["panel_vote"].mask(unseen), asked=100.0)
    data = Dataset("launch", frame, ["survey_intent", "views_lookback", "price"])
    rows, y = data.train, data.train["y"].to_numpy(dtype=int)
    models = {rule.name: rule.fit(rows, y) for rule in baselines.available("launch", rows)}
    models["logistic"] = learned.logistic(data.features, PARAMS).fit(rows, y)
    search = automl.Search(models["logistic"], pd.DataFrame({"roc_auc": [0.7]}))
    return comparison.Contest(data, models, pd.DataFrame(), "logistic", search, True)


@pytest.fixture(scope="module")
def found(contest):
    topics = pd.Series({f"P{i:02d}": "agents" if i % 2 else "vision" for i in range(60)})
    return examined.examine(contest, contest.predictions(contest.dataset.validate), topics, PARAMS)["catalogue"]


def test_the_chosen_model_and_the_panel_are_asked_whether_they_come_true(found):
    assert set(found.reliability["model"]) == {"logistic", "panel"}
    told = found.probabilities.set_index(["model", "metric"])["value"]
    assert told["logistic", "skill"] > 0 > told["panel", "skill"]


def test_months_and_topics_are_told_apart_and_a_source_without_topics_has_months_alone(contest, found):
    assert set(found.groups["column"]) == {"month", "topic"}
    assert set(found.groups.query("column == 'topic'")["group"]) == {"agents", "vision"}
    nothing = pd.Series(dtype="object")
    rows = contest.predictions(contest.dataset.validate)
    bare = examined.examine(contest, rows, nothing, PARAMS)["catalogue"]
    assert set(bare.groups["column"]) == {"month"}


def test_the_panel_is_judged_on_what_it_voted_on(found):
    assert found.beside.decisions["n"].tolist() == [45 * 3] * 3
    assert found.beside.right["n"].sum() == 45 * 3


def test_where_nobody_votes_nobody_is_set_beside_the_model(contest):
    rows = contest.predictions(contest.dataset.validate)
    rows = rows[rows["model"] != "panel"]
    alone = examined.examine(contest, rows, pd.Series(dtype="object"), PARAMS)["catalogue"]
    assert alone.beside is None
    assert "nobody voted" in read(launch_findings.panel(alone, "logistic"))


def test_votes_of_people_are_judged_on_the_rows_that_they_are_of_where_the_source_has_them(contest, found):
    rows = contest.predictions(contest.dataset.validate)
    asked = rows[rows["model"] == "panel"].iloc[:6]
    votes = asked[["product_id"]].assign(
        panelist_id="a",
        team="marketing",
        decision_at=asked["as_of"],
        recorded_at=asked["as_of"],
        vote=asked["y"] == 1,
    )
    elsewhere = votes.assign(decision_at=pd.Timestamp("1999-01-01"))
    nothing = pd.Series(dtype="object")
    own, other = (examined.examine(contest, rows, nothing, PARAMS, v)["catalogue"].raters for v in (votes, elsewhere))
    assert own.set_index(["team", "metric"]).loc[("marketing", "accuracy"), ["value", "n"]].tolist() == [1, 6]
    assert other is None and found.raters is None


def test_the_curve_ends_with_the_model_as_it_is(contest, found):
    auc = standing.performance(
        contest.predictions(contest.dataset.validate).query("model == 'logistic'"), np.ones((2, 180))
    ).set_index("metric")["value"]["roc_auc"]
    last = found.curve.sort_values("size").groupby("varied").last()["roc_auc"]
    assert last.tolist() == pytest.approx([auc, auc])


def test_every_candidate_is_explained_by_what_the_model_reads(contest):
    told = explained.explain(contest, PARAMS)
    assert set(told.reasons["product_id"]) <= set(contest.dataset.candidates["product_id"])
    assert told.importance["signal"].iloc[0] == "survey"
    assert told.agreement.low <= told.agreement.value <= told.agreement.high


def test_the_page_says_whether_probabilities_come_true_and_for_whom_more_often(found):
    told = read(launch_findings.probabilities(found, "logistic"))
    assert "On products on sale logistic regression says" in told and "the panel of R&D and Marketing" in told
    low = found.probabilities.set_index(["model", "metric"]).loc[("logistic", "mean_error"), "value"]
    assert f"percentage points too {'high' if low > 0 else 'low'}" in told
    assert "the model is right more often" in read(launch_findings.panel(found, "logistic"))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-0.2, -0.1, "the model is right"), (0.1, 0.2, "the panel is right"), (-0.1, 0.1, "nobody can tell")],
)
def test_who_is_right_more_often_is_said_only_where_the_interval_tells(low, high, said):
    assert said in launch_findings._more_often({"low": low, "high": high})


def test_what_to_launch_now_and_the_last_held_are_told_with_reasons_turning_points_and_forerunners():
    advice = pd.DataFrame(
        {"product_id": list("ABCDE"), "probability": [0.9, 0.8, 0.5, 0.2, 0.1],
         "verdict": ["1", "1", "not enough evidence", "0", "0"], "title": ["First", "Later", "Open", "Low", "Lowest"],
         "place": [1, 2, np.nan, np.nan, np.nan], "within_capacity": [True, False, False, False, False]}
    )  # fmt: skip
    reasons = pd.DataFrame(
        [["A", "raises", "looks", 0.334], ["A", "raises", "mails", 0.02], ["A", "lowers", "season", -0.05],
         ["E", "lowers", "looks", -0.4]],
        columns=["product_id", "direction", "title", "effect"],
    )  # fmt: skip
    flips = pd.DataFrame(
        {"product_id": ["A", "E", "E"], "decile": [None, 4, 9], "needed": "at least",
         "title": ["looks", "mails", "looks"]}
    )  # fmt: skip
    similar = pd.DataFrame({"product_id": ["A", "A", "E"], "similar": ["P1", "P2", "P3"], "y": [1.0, 0.0, 0.0]})
    told = launch_findings.why(advice, reasons, flips, similar)
    assert told.to_numpy().tolist() == [
        ["First", "1", 0.9, "looks +33; mails +2", "season \N{MINUS SIGN}5", "no single signal", "1 of 2: P1, P2"],
        ["Low", "0", 0.2, "", "", "no single signal", ""],
        ["Lowest", "0", 0.1, "", "looks \N{MINUS SIGN}40", "mails: at least decile 4", "0 of 1: P3"],
    ]
    assert list(told) == list(launch_findings.WHY)
    unsure = advice.assign(verdict="not enough evidence", within_capacity=False)
    assert launch_findings.why(unsure, reasons, flips, similar).empty
    nobody = pd.DataFrame(columns=list(recommendation.COLUMNS))
    assert launch_findings.why(nobody, reasons, flips, similar).empty
    assert "no verdict to explain" in read(launch_findings.nothing_to_explain())


def test_what_is_launched_first_is_told_first_and_of_those_held_the_last_five():
    ids = [f"P{i}" for i in range(9)]
    advice = pd.DataFrame(
        {"product_id": ids, "probability": np.linspace(0.9, 0.1, 9), "verdict": ["1"] * 2 + ["0"] * 7}
    )
    advice = advice.assign(place=[2.0, 1.0] + [np.nan] * 7, within_capacity=[True] * 2 + [False] * 7)
    nothing = pd.DataFrame(columns=["product_id", "direction", "title", "effect", "decile", "needed", "similar", "y"])
    told = launch_findings.why(advice, nothing, nothing, nothing)
    assert told["product"].tolist() == ["P1", "P0", "P4", "P5", "P6", "P7", "P8"]


def test_what_is_weighed_most_is_named_with_how_alike_refits_are():
    importance = pd.DataFrame({"title": ["looks", "mails"], "share": [0.6, 0.4]})
    agreement = SimpleNamespace(value=0.7, low=0.5, high=0.9, refits=10)
    told = read(launch_findings.weighed(importance, agreement))
    assert (
        "looks (60.0 %) and mails (40.0 %)" in told
        and "0.700 (0.500 to 0.900 over 10 refits; rank correlation)" in told
    )


def test_what_is_earned_with_few_launches_is_told_of_new_launches_and_at_other_costs_of_all_rows(contest):
    frame = contest.dataset.frame
    new = (frame["product_id"] < "P20") & (frame["kind"] == "catalogue")
    frame = frame.assign(hurdle=100.0, margin_earned=100 * (0.4 + frame["y"]), kind=frame["kind"].mask(new, "launch"))
    priced = replace(contest, dataset=replace(contest.dataset, frame=frame))
    model = priced.models["logistic"]
    model.worth_ = thresholds.Worth(-0.6, 1.0)
    rows = priced.predictions(priced.dataset.validate)
    few = window(launch={"capacity": 3})
    found = examined.examine(priced, rows, pd.Series(dtype="object"), few)
    model.worth_ = None
    assert found["catalogue"].capacity is None and (found["launch"].capacity["called"] <= 3 + 1e-9).all()
    for one in found.values():
        called = one.costs[one.costs["model"] == "logistic"].set_index("costs")["called"]
        assert called[0.5] > called[1.0] > called[1.5]
        assert "persistence" not in set(one.costs["model"])  # says the same of every row
