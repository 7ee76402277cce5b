"""Bias: metrics by group are fairlearn's, a planted gap is shown, an even hand is not accused."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from insights.bias import core, groups, measures
from insights.features import registry
from insights.verdicts import GAP_EXCLUDED, GAP_SHOWN, TOO_FEW, UNKNOWN

PARAMS = window(bias={"smallest_group": 30, "margin": 0.05})
ORACLES = {
    "selection_rate": selection_rate,
    "recall": recall_score,
    "false_positive_rate": false_positive_rate,
    "precision": precision_score,
}


def judged(n=900, seed=0, served_worse=0.0):
    """Return validation rows of three groups; group c loses that share of the 1 it should have been given."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"learner_id": [f"L{i:04d}" for i in range(n)], "gender": np.tile(["a", "b", "c"], n // 3)})
    rows["y"] = rng.integers(2, size=n)
    rows["score"] = (0.25 * rows["y"] + 0.75 * rng.random(n)).round(3)
    lost = (rows["gender"] == "c") & (rng.random(n) < served_worse)
    return rows.assign(decision=((rows["score"] > 0.5) & ~lost).astype(int))


@pytest.fixture(scope="module")
def rows():
    return judged(served_worse=0.6)


@pytest.fixture(scope="module")
def table(rows):
    return measures.by_group(rows, "gender", PARAMS)


def measured(table, measure, column="value"):
    return table[table["measure"] == measure].set_index("group")[column]


@pytest.mark.parametrize("measure", ORACLES)
def test_each_measure_by_group_is_fairlearns(rows, table, measure):
    frame = MetricFrame(
        metrics=ORACLES[measure], y_true=rows["y"], y_pred=rows["decision"], sensitive_features=rows["gender"]
    )
    assert measured(table, measure).to_dict() == pytest.approx(frame.by_group.to_dict())


def test_base_rate_and_roc_auc_are_those_of_the_groups_rows(rows, table):
    for name, part in rows.groupby("gender"):
        assert measured(table, "base_rate")[name] == pytest.approx(part["y"].mean())
        assert measured(table, "roc_auc")[name] == pytest.approx(roc_auc_score(part["y"], part["score"]))


@pytest.mark.parametrize("measure", ORACLES)
def test_a_gap_is_a_group_minus_everybody_else(rows, table, measure):
    own = rows["gender"] == "c"
    here, there = (ORACLES[measure](part["y"], part["decision"]) for part in (rows[own], rows[~own]))
    assert measured(table, measure, "gap")["c"] == pytest.approx(here - there)


def test_a_planted_gap_is_shown_and_its_interval_holds_it(table):
    worst = table[(table["group"] == "c") & (table["measure"] == "recall")].iloc[0]
    assert worst["verdict"] == GAP_SHOWN
    assert worst["gap_low"] < worst["gap"] < worst["gap_high"] < 0
    assert worst["gap"] < -0.3


def test_groups_that_are_treated_alike_have_no_gap_to_the_last_bit():
    one = judged(n=300)
    twins = [one.assign(gender=g, learner_id=g + one["learner_id"]) for g in ("a", "b")]
    found = measures.by_group(pd.concat(twins, ignore_index=True), "gender", PARAMS)
    assert (found["gap"] == 0).all()
    assert not (found["verdict"] == GAP_SHOWN).any()


def test_a_small_group_is_named_as_too_few_and_compared_with_nobody(rows):
    small = judged(n=30, seed=1).head(29).assign(gender="d")
    small["learner_id"] = "S" + small["learner_id"]
    found = measures.by_group(pd.concat([rows, small], ignore_index=True), "gender", PARAMS)
    few = found[found["group"] == "d"]
    assert few[["verdict", "n"]].to_numpy().tolist() == [[TOO_FEW, 29]]
    assert few[["measure", "value", "gap"]].isna().all().all()
    rest = found[found["group"] != "d"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, measures.by_group(rows, "gender", PARAMS), check_dtype=False)


def test_a_group_is_small_by_people_and_not_by_their_rows(rows):
    few_people = judged(n=60, seed=1).assign(gender="d")
    few_people["learner_id"] = [f"S{i % 20}" for i in range(60)]
    found = measures.by_group(pd.concat([rows, few_people], ignore_index=True), "gender", PARAMS)
    assert found.loc[found["group"] == "d", ["verdict", "n"]].to_numpy().tolist() == [[TOO_FEW, 20]]


def test_one_group_large_enough_has_nobody_to_be_compared_with():
    alone = judged(n=90).assign(gender="a")
    assert measures.by_group(alone, "gender", PARAMS).empty


def test_renaming_groups_and_shuffling_rows_changes_no_value(rows, table):
    renamed = rows.assign(gender=rows["gender"].map({"a": "x", "b": "y", "c": "z"})).sample(frac=1, random_state=1)
    found = measures.by_group(renamed, "gender", PARAMS)
    for column in ("value", "gap"):
        np.testing.assert_allclose(found[column].astype(float), table[column].astype(float))


def test_a_group_without_a_single_1_has_no_precision_rather_than_one_of_0(rows):
    silent = rows.assign(decision=rows["decision"].where(rows["gender"] != "a", 0))
    found = measures.by_group(silent, "gender", PARAMS)
    own = found[(found["group"] == "a") & (found["measure"] == "precision")].iloc[0]
    assert np.isnan(own["value"])
    assert own["verdict"] == TOO_FEW


def test_what_rests_on_too_few_people_is_not_told_nor_how_many_they_are(rows):
    smallest = PARAMS.privacy.smallest_group
    positive = rows.index[(rows["gender"] == "a") & (rows["y"] == 1)]
    rare = rows.drop(positive[smallest - 1 :]).reset_index(drop=True)
    found = measures.by_group(rare, "gender", PARAMS)
    own = found[found["group"] == "a"].set_index("measure")
    told = ["value", "low", "high", "gap", "gap_low", "gap_high", "n"]
    assert own.loc[["recall", "roc_auc"], told].isna().all().all()
    assert (own.loc[["recall", "roc_auc"], "verdict"] == TOO_FEW).all()
    assert own.loc["selection_rate", told].notna().all()
    tiny = rows.head(3).assign(gender="d", learner_id=["x", "y", "z"])
    small = measures.by_group(pd.concat([rows, tiny], ignore_index=True), "gender", PARAMS)
    assert small.loc[small["group"] == "d", ["n", "verdict"]].isna().to_numpy().tolist() == [[True, False]]


def test_n_counts_the_people_that_a_measure_is_about(rows, table):
    own = rows[rows["gender"] == "b"]
    assert measured(table, "recall", "n")["b"] == (own["y"] == 1).sum()
    assert measured(table, "precision", "n")["b"] == (own["decision"] == 1).sum()
    assert measured(table, "selection_rate", "n")["b"] == len(own)


def test_a_rate_of_1_in_a_small_group_is_not_known_to_be_1(rows):
    sure = rows.assign(decision=rows["decision"].where(rows["gender"] != "a", 1)).iloc[:120]
    found = measures.by_group(sure, "gender", PARAMS)
    own = found[(found["group"] == "a") & (found["measure"] == "recall")].iloc[0]
    people = int(sure.loc[sure["gender"] == "a", "y"].sum())
    z2 = 1.959963984540054**2
    assert (own["value"], own["high"]) == (1.0, 1.0)
    assert own["low"] == pytest.approx(people / (people + z2))  # Wilson's interval of n in n
    assert own["gap_low"] < own["gap"] < own["gap_high"]


def test_the_interval_of_a_gap_is_newcombes():
    one = measures._rate_gap((56, 70), (48, 80))  # the example of Newcombe 1998, table II, case (a)
    assert one[2] == pytest.approx(0.2)
    assert one[3:] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_resampling_keeps_the_rows_of_a_person_together():
    once = judged(n=240, seed=2)
    often = pd.concat([once] * 9, ignore_index=True)
    widths = [
        (part["gap_high"] - part["gap_low"]).astype(float).to_numpy()
        for part in (measures.by_group(once, "gender", PARAMS), measures.by_group(often, "gender", PARAMS))
    ]
    np.testing.assert_allclose(widths[0], widths[1], rtol=1e-5)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.2, GAP_SHOWN),
        (-0.02, -0.001, GAP_SHOWN),
        (-0.049, 0.049, GAP_EXCLUDED),
        (0.0, 0.049, GAP_EXCLUDED),
        (-0.05, 0.01, UNKNOWN),
        (-0.01, 0.05, UNKNOWN),
        (float("nan"), 0.01, UNKNOWN),
    ],
)
def test_the_verdict_follows_the_interval_and_the_margin(low, high, verdict):
    assert measures.verdict(low, high, 0.05) == verdict


@brisk
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0.001, 1))
def test_turning_a_gap_round_turns_no_verdict_round(low, width, margin):
    assert measures.verdict(low, low + width, margin) == measures.verdict(-low - width, -low, margin)


def test_protected_attributes_become_groups_and_silence_a_group_of_its_own():
    people = pd.DataFrame(
        {
            "learner_id": list("pqrst"), "declared_at": pd.Timestamp("2025-01-01"),
            "gender": ["f", None, "m", "f", None],
            "birth_year": pd.array([1969, 1970, 1989, 1990, None], dtype="Int16"), "ethnicity": [None] * 5,
        }
    )  # fmt: skip
    table = groups.attributes(people)
    assert list(table) == ["gender", "birth_year"]
    assert table["gender"].tolist() == ["f", groups.NOT_DECLARED, "m", "f", groups.NOT_DECLARED]
    old, middle, young = groups.BANDS["birth_year"][1]
    assert table["birth_year"].tolist() == [old, middle, middle, young, groups.NOT_DECLARED]
    assert table.index.tolist() == list("pqrst")


@pytest.mark.parametrize("model", ["launch", "completion"])
def test_no_feature_is_a_protected_attribute(model):
    names = [f.name for f in registry.features(model) if f.sources != ("protected",)]
    assert core.used_as_features(model, names) == []


def test_a_feature_that_is_protected_or_made_from_protected_records_is_named(monkeypatch):
    def feature(name, sources):
        return registry.Feature(name, "m", "u", "launch", "f", "plan", sources)

    planted = [feature("gender", ()), feature("mostly_women", ("protected",)), feature("price", ("products",))]
    monkeypatch.setattr(registry, "features", lambda model, columns: planted)
    assert core.used_as_features("launch", []) == ["gender", "mostly_women"]
