"""Bias on real people: gaps by gender, age, deprivation and disability at the Open University, beside fairlearn's."""

import pandas as pd
import pytest
from collecting import HERE
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from micro import window
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from insights.bias import measures, null, origins
from insights.bias.groups import NOT_DECLARED
from insights.verdicts import GAP_SHOWN

PARAMS = window(bias={"smallest_group": 30, "margin": 0.05, "permutations": 99})
ATTRIBUTES = {"gender": "gender", "age_band": "age_band", "imd_band": "deprivation_band", "disability": "disability"}
ORACLES = {
    "selection_rate": selection_rate, "recall": true_positive_rate, "false_positive_rate": false_positive_rate,
    "precision": precision_score,
}  # fmt: skip


@pytest.fixture(scope="module")
def judged():
    """Who passed a course of 2014, as foreseen from what was known at its start by a model of those of 2013."""
    places = [HERE / place for place in ("data/oulad", "../shared/data/oulad") if (HERE / place).exists()]
    files = [file for place in places for file in sorted(place.rglob("studentInfo*"))]
    if not files:
        pytest.skip("the real OULAD is neither in data/oulad nor in ../shared/data/oulad")
    people = pd.read_parquet(files[0]) if files[0].suffix == ".parquet" else pd.read_csv(files[0])
    people = people.rename(columns=ATTRIBUTES)
    people["y"] = people["final_result"].isin(["Pass", "Distinction"]).astype(int)
    numbers, words = ["num_of_prev_attempts", "studied_credits"], ["code_module", "highest_education"]
    model = make_pipeline(
        make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words)),
        LogisticRegression(max_iter=1000),
    )
    early = people["code_presentation"].str.startswith("2013")
    model.fit(people.loc[early, numbers + words], people.loc[early, "y"])
    late = people[~early].reset_index(drop=True)
    late["score"] = model.predict_proba(late[numbers + words])[:, 1]
    late["decision"] = (late["score"] > late["score"].median()).astype(int)
    late["learner_id"] = late["id_student"].astype("str")
    return late.assign(**{name: late[name].fillna(NOT_DECLARED).astype("str") for name in ATTRIBUTES.values()})


@pytest.mark.parametrize("attribute", ATTRIBUTES.values())
def test_every_measure_of_every_group_is_fairlearns_on_the_same_predictions(judged, attribute):
    table = measures.by_group(judged, attribute, PARAMS)
    kept = judged[judged.groupby(attribute)["learner_id"].transform("nunique") >= 30]
    for measure, oracle in ORACLES.items():
        own = table[table["measure"] == measure].set_index("group")
        frame = MetricFrame(
            metrics=oracle, y_true=kept["y"], y_pred=kept["decision"], sensitive_features=kept[attribute]
        )
        assert own["value"].astype(float).to_dict() == pytest.approx(frame.by_group.astype(float).to_dict())
        for group in own.index:
            inside = kept[attribute] == group
            gap = oracle(kept["y"][inside], kept["decision"][inside]) - oracle(
                kept["y"][~inside], kept["decision"][~inside]
            )
            assert own.loc[group, "gap"] == pytest.approx(gap)
            assert own.loc[group, "low"] <= own.loc[group, "value"] <= own.loc[group, "high"]
            assert own.loc[group, "gap_low"] <= own.loc[group, "gap"] <= own.loc[group, "gap_high"]
    assert table["n"].min() >= PARAMS.privacy.smallest_group


def test_people_of_the_most_deprived_places_complete_less_and_chance_does_not_explain_it(judged):
    table = measures.by_group(judged, "deprivation_band", PARAMS).set_index(["group", "measure"])
    assert table.loc[("0-10%", "base_rate"), "verdict"] == GAP_SHOWN
    assert table.loc[("0-10%", "base_rate"), "gap"] < -0.05
    largest = null.largest(judged, "deprivation_band", PARAMS).set_index("measure")
    assert largest.loc["base_rate", "p"] == 0.01


def test_the_parts_of_data_and_model_are_the_whole_gap_of_each_group(judged):
    table = origins.divided(judged, "disability", PARAMS).set_index("group")
    rates = judged.groupby("disability")["decision"].mean()
    assert table.loc["Y", "of_data"] + table.loc["Y", "of_model"] == pytest.approx(rates["Y"] - rates["N"])
