"""Ablation: a group that carries the outcome earns its place, one that carries nothing may go."""

import pandas as pd
import pytest
from micro import window
from synthetic import DRIVER, NOISES, WEAK, launch_data

from insights import ablation
from insights.features import registry
from insights.modeling import learned, metrics
from insights.modeling.dataset import Dataset

PARAMS = window(ablation={"margin": 0.03})


@pytest.fixture(scope="module")
def data():
    whole = launch_data(PARAMS, families=60)
    return Dataset("launch", whole.frame, [DRIVER, WEAK, *NOISES])


@pytest.fixture(scope="module")
def table(data):
    return ablation.drop_one(data, learned.logistic(data.features, PARAMS), PARAMS).set_index("group")


def test_an_essential_group_earns_its_place_and_is_named_first(table):
    assert table.index[0] in ("family survey", "view journey")
    assert table.loc["family survey", "verdict"] == ablation.EARNS
    assert table.loc["family survey", "adds"] > 0.1


def test_useless_groups_may_go(table):
    assert table.loc[["family plan", "family linkedin", "family email"], "verdict"].tolist() == [ablation.MAY_GO] * 3


def test_what_a_group_adds_is_the_loss_when_it_is_left_out(data, table):
    y, rows = data.train["y"].to_numpy(dtype=int), data.validate
    auc = [
        metrics.roc_auc(
            rows["y"].to_numpy(dtype=int), learned.logistic(features, PARAMS).fit(data.train, y).score(rows)
        )
        for features in (data.features, [WEAK, *NOISES])
    ]
    survey = table.loc["family survey"]
    assert survey["roc_auc_without"] == auc[1]
    assert survey["adds"] == auc[0] - auc[1]
    assert survey["low"] < survey["adds"] < survey["high"]
    assert survey["n"] == len(rows)


def test_products_on_sale_and_new_launches_are_judged_apart(data):
    frame = data.frame.copy()
    launches = (frame["role"] == "validate") & frame["family"].isin([f"F{i:02d}" for i in range(20)])
    frame.loc[launches, "kind"] = "launch"
    mixed = Dataset("launch", frame, data.features)
    found = ablation.drop_one(mixed, learned.logistic(data.features, PARAMS), PARAMS)
    assert found.groupby("rows")["n"].first().to_dict() == {"catalogue": 120, "launch": 60}
    rows = mixed.validate[mixed.validate["kind"] == "launch"]
    y = mixed.train["y"].to_numpy(dtype=int)
    score = learned.logistic([WEAK, *NOISES], PARAMS).fit(mixed.train, y).score(rows)
    own = found.set_index(["rows", "group"]).loc[("launch", "family survey")]
    assert own["roc_auc_without"] == metrics.roc_auc(rows["y"].to_numpy(dtype=int), score)


def groups_of(data):
    """Return the groups of a model that reads every feature."""
    return ablation.groups(data, learned.logistic(data.features, PARAMS))


def test_groups_are_of_the_features_that_the_model_reads(data):
    assert ablation.groups(data, learned.logistic([DRIVER, "price"], PARAMS)) == {
        "family plan": ["price"], "family survey": [DRIVER],
    }  # fmt: skip


def test_groups_are_families_and_the_views_that_hold_several(data):
    assert groups_of(data) == {
        "family plan": ["price"], "family web": [WEAK], "family email": ["click_rate"], "family survey": [DRIVER],
        "family linkedin": ["linkedin_posts"], "view journey": [DRIVER, WEAK, "click_rate"],
    }  # fmt: skip


def test_the_only_family_is_never_removed(data):
    assert groups_of(Dataset("launch", data.frame, ["survey_intent", "survey_answers"])) == {}


def test_what_a_family_adds_is_listed_under_each_of_its_tables():
    judged = pd.DataFrame(
        [["launch", "family topic_sales", 1, 0.6, 0.02, 0.01, 0.03, "earns its place", 9],
         ["launch", "view journey", 1, 0.6, 0.02, 0.01, 0.03, "earns its place", 9]],
        columns=["rows", "group", "features", "roc_auc_without", "adds", "low", "high", "verdict", "n"],
    )  # fmt: skip
    found = ablation.by_source({"launch": judged})
    assert found["table"].tolist() == ["enrollments", "products"] and (found["adds"] == 0.02).all()


@pytest.mark.parametrize("model", ["launch", "completion"])
def test_every_feature_is_in_one_family_and_in_one_view_at_most(data, model):
    names = [f.name for f in registry.features(model)]
    found = groups_of(Dataset(model, pd.DataFrame(), names))
    families = [m for name, members in found.items() if name.startswith("family") for m in members]
    views = [m for name, members in found.items() if name.startswith("view") for m in members]
    assert sorted(families) == sorted(names)
    assert len(views) == len(set(views))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.5, ablation.EARNS),
        (0.001, 0.005, ablation.EARNS),
        (0.0, 0.009, ablation.MAY_GO),
        (-0.3, -0.1, ablation.MAY_GO),
        (0.0, 0.01, ablation.UNKNOWN),
        (-0.1, 0.1, ablation.UNKNOWN),
    ],
)
def test_the_verdict_follows_the_interval_and_the_margin_stated_before(low, high, verdict):
    assert ablation.judge(low, high, 0.01) == verdict


def test_ablation_comes_out_the_same_twice_and_leaves_the_model_alone(data, table):
    model = learned.logistic(data.features, PARAMS)
    again = ablation.drop_one(data, model, PARAMS).set_index("group")
    pd.testing.assert_frame_equal(again, table)
    assert model.features == data.features
    assert not hasattr(model, "fitted_")
