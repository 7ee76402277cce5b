"""Where gaps come from: chance, the data or the model, proxies, silence; what moves them, and what that costs."""

import json
import shutil
from itertools import product

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, true_positive_rate
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from tiny_project import REPOSITORY

from insights import params, paths, timeline
from insights.bias import audience, bounds, core, groups, mitigation, null, origins, propagation, proxies, trend
from insights.bias.groups import NOT_DECLARED
from insights.modeling import learned
from insights.modeling.dataset import Dataset
from insights.modeling.trials import Trials
from insights.verdicts import EXCLUDED, GAP_EXCLUDED, GAP_SHOWN, GROWING, PROXIED, SHRINKING, UNKNOWN, USED

PARAMS = window(bias={"smallest_group": 30, "margin": 0.05, "proxy": 0.05, "permutations": 99})


def people(n=1200, seed=0, worse=0.0, silent=0.0, fewer=0.0):
    """Return validation rows of women and men: those of women lose that share of their 1, or complete less."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"learner_id": [f"L{i:04d}" for i in range(n)], "gender": np.tile(["man", "woman"], n // 2)})
    woman = rows["gender"] == "woman"
    rows["y"] = (rng.random(n) < 0.5 - fewer * woman).astype(int)
    rows["score"] = (0.35 * rows["y"] + 0.65 * rng.random(n)).round(3)
    lost = woman & (rng.random(n) < worse)
    rows["decision"] = ((rows["score"] > 0.5) & ~lost).astype(int)
    rows.loc[rng.random(n) < silent, "gender"] = NOT_DECLARED
    return rows


# --- chance ---


def test_a_planted_gap_is_larger_than_chance_and_names_its_group():
    table = null.largest(people(worse=0.4), "gender", PARAMS).set_index("measure")
    assert table.loc["recall", "p"] == 0.01  # none of 99 deals comes near
    assert table.loc["recall", "largest"] > table.loc["recall", "by_chance"] > 0
    assert table.loc["base_rate", "p"] > 0.05


def test_where_nothing_is_planted_the_share_of_small_p_values_is_as_stated():
    rng = np.random.default_rng(3)
    small = []
    for seed in range(60):
        rows = people(300, seed)
        rows["gender"] = rng.choice(list("abcde"), size=len(rows))
        small += (null.largest(rows, "gender", PARAMS)["p"] < 0.05).tolist()
    assert np.mean(small) < 0.10


def test_rows_of_one_person_are_dealt_together():
    rows = people(600)
    twice = pd.concat([rows, rows], ignore_index=True)
    one, two = (null.largest(r, "gender", PARAMS)["p"] for r in (rows, twice))
    assert (one - two).abs().max() < 0.12  # twice the rows of the same people make nothing surer


def test_one_group_has_nobody_to_be_compared_with():
    assert null.largest(people().assign(gender="woman"), "gender", PARAMS).empty


# --- of the data, or of the model ---


def test_the_parts_of_data_and_model_are_the_gap_and_each_is_where_it_was_planted():
    data = origins.divided(people(4000, fewer=0.3), "gender", PARAMS).set_index("group").loc["woman"]
    model = origins.divided(people(4000, worse=0.4), "gender", PARAMS).set_index("group").loc["woman"]
    for row, rows in ((data, people(4000, fewer=0.3)), (model, people(4000, worse=0.4))):
        rates = rows.groupby("gender")["decision"].mean()
        assert row["gap"] == pytest.approx(rates["woman"] - rates["man"])
        assert row["of_data"] + row["of_model"] == pytest.approx(row["gap"])
    assert data["data_high"] < 0 and abs(data["of_model"]) < 0.05
    assert model["model_high"] < 0 and abs(model["of_data"]) < 0.05


def test_a_division_worked_out_by_hand():
    y, called = np.array([1, 1, 0, 0, 1, 0, 0, 0]), np.array([1, 0, 1, 0, 1, 0, 0, 0])
    own = np.array([True] * 4 + [False] * 4)
    data, model = (float(part[0]) for part in origins._parts(y, called, own, np.ones((1, 8))))
    # base rates 1/2 and 1/4, recall 1/2 and 1, false positives 1/2 and 0
    assert data == pytest.approx((1 / 2 - 1 / 4) * (3 / 4 - 1 / 4))
    assert model == pytest.approx(3 / 8 * (1 / 2 - 1) + 5 / 8 * (1 / 2 - 0))


# --- silence ---


@brisk
@given(st.tuples(*[st.integers(0, 4)] * 6))
def test_bounds_are_the_widest_gaps_that_any_answer_of_the_silent_allows(counts):
    own, called, others, others_called, silent, silent_called = counts
    called, others_called = min(called, own), min(others_called, others)
    silent_called = min(silent_called, silent)
    reached = []
    for of_called, of_missed in product(range(silent_called + 1), range(silent - silent_called + 1)):
        size = of_called + of_missed
        one = bounds.gap(
            own + size, called + of_called, others + silent - size, others_called + silent_called - of_called
        )
        reached += [] if np.isnan(one) else [(size, one)]
    if reached:
        gaps = [one for _, one in reached]
        found = bounds.bounds(own, called, others, others_called, silent, silent_called)
        assert found == pytest.approx((min(gaps), max(gaps)))
        size = reached[0][0]
        same = [one for n, one in reached if n == size]
        found = bounds.bounds(own, called, others, others_called, silent, silent_called, of_group=size)
        assert found == pytest.approx((min(same), max(same)))


def test_where_nobody_is_silent_there_is_nothing_to_hide():
    row = bounds.of_recall(people(worse=0.4), "gender", PARAMS).set_index("group").loc["woman"]
    assert row["declared"] == 1
    assert row[["worst_low", "worst_high", "same_low", "same_high"]].tolist() == pytest.approx([row["gap"]] * 4)


def test_silence_widens_what_is_possible_and_most_of_it_all():
    few, many = (bounds.of_recall(people(worse=0.4, silent=s), "gender", PARAMS).iloc[0] for s in (0.1, 0.7))
    assert many["worst_low"] < few["worst_low"] < few["same_low"] < few["gap"] < few["same_high"] < few["worst_high"]


# --- proxies ---


def told(n=900, seed=1, strength=1.0):
    """Return rows of people with a feature that tells gender, and two that tell nothing."""
    rng = np.random.default_rng(seed)
    rows = people(n, seed)
    rows["proxy"] = strength * (rows["gender"] == "woman") + rng.normal(size=n)
    return rows.assign(noise=rng.normal(size=n), age=rng.normal(size=n))


def test_a_feature_that_tells_a_group_is_found_and_those_that_do_not_are_not():
    found = proxies.find(told(), ["proxy", "noise", "age"], ["gender"], PARAMS)
    assert found.told["verdict"].tolist() == [PROXIED]
    assert found.told["low"].iloc[0] > 0.6 and found.features == ["proxy"]
    none = proxies.find(told(), ["noise", "age"], ["gender"], PARAMS)
    assert PROXIED not in set(none.told["verdict"]) and none.features == []


def test_outcomes_play_no_part_in_what_features_tell():
    rows = told()
    one, two = (proxies.find(r, ["proxy", "noise"], ["gender"], PARAMS) for r in (rows, rows.assign(y=1 - rows["y"])))
    pd.testing.assert_frame_equal(one.told, two.told)


def test_a_feature_that_is_missing_more_in_one_group_tells_it():
    rows = told()
    hidden = rows.assign(gap=np.where(rows["gender"] == "woman", np.nan, 1.0))
    found = proxies.find(hidden, ["gap"], ["gender"], PARAMS)
    assert found.alone["roc_auc"].iloc[0] == 1.0 and found.features == ["gap"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.51, 0.7, PROXIED), (0.45, 0.54, EXCLUDED), (0.45, 0.6, UNKNOWN)]
)
def test_whether_features_tell_a_group_follows_the_interval(low, high, verdict):
    assert proxies.judge(low, high, 0.05) == verdict


def test_the_verdict_on_an_attribute_begins_with_whether_it_is_read():
    rows = [["gender", "woman", 0.7, 0.6, 0.8, 90, PROXIED], ["ethnicity", "a", 0.5, 0.47, 0.53, 90, EXCLUDED]]
    tells = pd.DataFrame(rows, columns=proxies.TOLD)
    alone = pd.DataFrame([["gender", "woman", "site_views", 0.6, 0.001, True]], columns=proxies.ALONE)
    table = core.detected(["declared_woman"], tells, alone, ["gender", "ethnicity", "birth_year"])
    assert table["verdict"].tolist() == [USED, EXCLUDED, UNKNOWN]
    assert table["features"].tolist() == ["declared_woman", "", ""]
    unread = core.detected([], tells, alone, ["gender"]).iloc[0]
    assert unread["verdict"] == PROXIED and unread["proxies"] == "site_views"


# --- propagation ---


def dataset(n=4000, strength=3.0, seed=2):
    """Return a dataset whose outcome follows gender and one feature; another feature is a proxy of gender."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"learner_id": [f"L{i:04d}" for i in range(n)], "kind": "enrolled"})
    woman = np.tile([0, 1], n // 2)
    frame["as_of"] = pd.date_range("2025-01-01", "2025-12-01", periods=n).floor("D")
    frame["resolved_at"] = frame["as_of"] + pd.Timedelta(days=20)
    frame["role"] = timeline.roles(frame, PARAMS.split, PARAMS.end)
    frame["family"] = frame["product_id"] = [f"F{i % 12}" for i in range(n)]
    frame["site_views"], frame["site_days"] = rng.normal(size=n), woman + 0.5 * rng.normal(size=n)
    odds = 1.5 * frame["site_views"] - strength * (woman - 0.5)
    frame["y"] = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(float)
    declared = pd.DataFrame({"gender": np.where(woman == 1, "woman", "man")}, index=frame["learner_id"])
    return Dataset("completion", frame, ["site_views", "site_days"]), declared


@pytest.fixture(scope="module")
def moved():
    data, declared = dataset()
    model = learned.logistic(["site_views", "site_days"], PARAMS)
    return propagation.study(model, data, declared, ["site_days"], [], Trials(PARAMS, ""), PARAMS)


def test_a_gap_narrows_when_the_proxy_is_taken_away_and_that_costs_ranking(moved):
    models = moved.models.set_index("model")
    assert list(models.index) == ["as it is", "with protected attributes", "without proxies"]
    assert models.loc["without proxies", "high"] < 0
    gaps = moved.gaps.set_index(["model", "group", "measure"])
    row = gaps.loc[("without proxies", "woman", "selection_rate")]
    assert row["high"] < 0 and gaps.loc[("as it is", "woman", "selection_rate"), "gap"] < -0.1
    assert (moved.gaps.loc[moved.gaps["model"] == "as it is", "moved"] == 0).all()


def test_where_the_attribute_is_a_feature_declaring_the_other_group_flips_decisions(moved):
    flips = moved.flips.set_index(["one", "other"])
    assert {*moved.flips["model"]} == {"with protected attributes"}
    assert flips.loc[("woman", "man"), "mean_change"] > 0 > flips.loc[("man", "woman"), "mean_change"]
    assert flips["changed"].between(0, 1).all() and flips["changed"].max() > 0


def test_a_protected_attribute_that_is_read_is_taken_out():
    data, declared = dataset()
    model = learned.logistic(["site_views", "site_days"], PARAMS)
    found = propagation.study(model, data, declared, [], ["site_days"], Trials(PARAMS, ""), PARAMS)
    assert "without protected attributes" in set(found.models["model"])
    assert "without proxies" not in set(found.models["model"])


# --- mitigations ---


def test_reweighing_makes_outcomes_independent_of_groups():
    rng = np.random.default_rng(0)
    group = pd.Series(rng.choice(["a", "b"], size=400))
    y = (rng.random(400) < np.where(group == "a", 0.7, 0.3)).astype(int)
    weights = mitigation.weights_of(y, group)
    shares = pd.DataFrame({"g": group, "w": weights, "wy": weights * y}).groupby("g").sum()
    assert (shares["wy"] / shares["w"]).tolist() == pytest.approx([y.mean()] * 2)
    assert weights.sum() == pytest.approx(400)


def test_mitigations_narrow_the_gap_in_recall_and_say_what_they_cost():
    data, declared = dataset()
    model = learned.logistic(["site_views", "site_days"], PARAMS)
    trials = Trials(PARAMS, "")
    propagation.study(model, data, declared, [], [], trials, PARAMS)
    sides = [rows["learner_id"].map(declared["gender"]) for rows in (data.train, data.validate)]
    whole = trials.known[propagation.AS_IS]
    table = mitigation.offer(model, data, whole, mitigation.Asked("gender", "woman", *sides), PARAMS).set_index(
        "mitigation"
    )
    recall = MetricFrame(
        metrics=true_positive_rate, y_true=data.validate["y"], y_pred=whole.decision, sensitive_features=sides[1]
    ).by_group
    assert table.loc["none", "gap"] == pytest.approx(recall["woman"] - recall["man"])
    assert table.loc["none", "gap"] < -0.2
    for name in ("thresholds by group", "equal recall while learning"):
        assert table.loc[name, "low"] > 0 and abs(table.loc[name, "gap"]) < 0.15
        assert table.loc[name, "changed"] > 0.02
    assert table.loc["none", ["moved", "recall_change", "accuracy_change", "changed"]].tolist() == [0, 0, 0, 0]
    again = mitigation.offer(model, data, whole, mitigation.Asked("gender", "woman", *sides), PARAMS)
    pd.testing.assert_frame_equal(again.set_index("mitigation"), table)


def test_a_group_of_which_only_one_outcome_is_known_is_decided_on_like_those_who_declared_nothing():
    data, declared = dataset()
    model = learned.logistic(["site_views", "site_days"], PARAMS)
    trials = Trials(PARAMS, "")
    propagation.study(model, data, declared, [], [], trials, PARAMS)
    sides = [rows["learner_id"].map(declared["gender"]) for rows in (data.train, data.validate)]
    few = data.train.index[data.train["y"] == 1][-3:]
    sides = [side.mask(side.index.isin(few), "rare") for side in sides]
    asked = mitigation.Asked("gender", "woman", *sides)
    table = mitigation.offer(model, data, trials.known[propagation.AS_IS], asked, PARAMS)
    assert len(table) == 4 and np.isfinite(table[["gap", "recall", "changed"]]).all(axis=None)


def test_groups_are_named_as_far_as_both_outcomes_are_known_of_them():
    groups = pd.Series(["a", "a", "b", "b", "b", "c", NOT_DECLARED, NOT_DECLARED])
    named = mitigation.told_apart(groups, np.array([0, 1, 1, 0, 1, 1, 0, 1]))
    assert named(pd.Series(["a", "b", "c", "never seen"])).tolist() == ["a", "b", *[NOT_DECLARED] * 2]
    without = mitigation.told_apart(groups.iloc[:6], np.array([0, 1, 1, 0, 1, 1]))
    assert without(pd.Series(["a", "c"])).tolist() == ["a", "b"], "the largest of which both are known"


# --- whom a catalogue serves ---


def test_products_called_1_that_women_look_at_are_seen_to_serve_them():
    ids = [f"L{i}" for i in range(2000)]
    declared = pd.DataFrame({"gender": ["woman", "man"] * 1000}, index=ids)
    rng = np.random.default_rng(0)
    rows = []
    for product_ in range(40):
        share = 0.7 if product_ < 20 else 0.3
        women = rng.choice(1000, size=int(100 * share), replace=False) * 2
        men = rng.choice(1000, size=100 - int(100 * share), replace=False) * 2 + 1
        rows += [(f"P{product_:02d}", ids[i]) for i in (*women, *men)]
    seen = pd.DataFrame(rows, columns=["product_id", "learner_id"])
    called = pd.Series({f"P{i:02d}": float(i < 20) for i in range(40)})
    table = audience.served(seen, called, declared, PARAMS).set_index("group")
    assert table.loc["woman", ["people", "audience", "called", "difference"]].tolist() == pytest.approx(
        [0.5, 0.5, 0.7, 0.2]
    )
    assert table.loc["woman", "verdict"] == GAP_SHOWN
    even = audience.served(seen, called * 0 + 1, declared, PARAMS)
    assert (even["difference"].abs() < 1e-12).all() and set(even["verdict"]) == {GAP_EXCLUDED}


def test_a_product_that_few_of_known_group_look_at_takes_no_part():
    seen = pd.DataFrame([("P1", "L1"), ("P2", "L2")], columns=["product_id", "learner_id"])
    declared = pd.DataFrame({"gender": ["woman", "man"]}, index=["L1", "L2"])
    assert audience.served(seen, pd.Series({"P1": 1.0, "P2": 0.0}), declared, PARAMS).empty


# --- over windows ---


def test_gaps_of_earlier_windows_stand_before_those_of_this_one(tmp_path, monkeypatch):
    """This window's table has bounds of the value and of the gap; those of the gap are followed."""
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    shutil.copytree(REPOSITORY / "params", tmp_path / "params")
    by = {"attribute": "gender", "group": "woman", "measure": "recall"}
    record = {
        "name": "bias.gap",
        "by": by,
        "model": None,
        "value": -0.02,
        "low": -0.05,
        "high": 0.01,
        "n": 90,
        "unit": "",
    }
    paths.results("2025Q2").parent.mkdir(parents=True)
    paths.results("2025Q2").write_text(json.dumps([record]))
    own = pd.DataFrame(
        [by | {"value": 0.6, "low": 0.5, "high": 0.7, "gap": -0.03, "gap_low": -0.06, "gap_high": 0.0}]
    )
    found = trend.over_windows(["2025Q2", "2025Q3"], own, params.load("2025Q3"))
    assert found["window"].tolist() == ["2025Q2", "2025Q3"]
    assert found[["gap", "low", "high"]].to_numpy().tolist() == [[-0.02, -0.05, 0.01], [-0.03, -0.06, 0.0]]


def gaps_over(*values, error=0.01):
    ends = pd.date_range("2024-01-01", periods=len(values), freq="QS")
    return pd.DataFrame(
        {"window": [str(end) for end in ends], "end": ends, "attribute": "gender", "group": "woman",
         "measure": "recall", "gap": values, "low": np.array(values) - 1.96 * error,
         "high": np.array(values) + 1.96 * error}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((-0.02, -0.05, -0.08, -0.11), GROWING), ((-0.11, -0.08, -0.05, -0.02), SHRINKING), ((-0.05,) * 4, UNKNOWN)],
)
def test_a_gap_that_comes_further_from_0_grows_whichever_side_it_is_on(values, verdict):
    for side in (1, -1):
        row = trend.slopes(gaps_over(*(side * np.array(values)))).iloc[0]
        assert row["verdict"] == verdict and row["windows"] == 4
    years = (pd.Timestamp("2024-04-01") - pd.Timestamp("2024-01-01")).days / 365.25
    if verdict == GROWING:
        assert row["a_year"] == pytest.approx(0.03 / years, rel=0.02)


def test_two_windows_make_no_slope():
    assert trend.slopes(gaps_over(-0.01, -0.02)).empty


# --- groups ---


def test_intersections_name_both_and_leave_out_who_declared_one_only():
    table = pd.DataFrame(
        {"gender": ["w", "m", NOT_DECLARED], "ethnicity": ["x", NOT_DECLARED, "y"]}, index=list("abc")
    )
    both = groups.intersections(table)
    assert both["gender and ethnicity"].tolist() == ["w, x", NOT_DECLARED, NOT_DECLARED]


def test_places_are_those_of_the_country_and_nothing_else_is_guessed():
    people_ = pd.DataFrame({"learner_id": list("abcd"), "country": ["India", "Brazil", "USA", None]})
    table = groups.places(people_, PARAMS.split)
    assert table.loc["a"].tolist() == ["Asia", "Hindi", "UTC+3:30 to UTC+6:30"]
    assert table.loc["b"].tolist() == ["South America", "Portuguese", "UTC−12 to UTC−2"]
    assert table.loc["c", "language"] == "English"
    assert table.loc["d"].tolist() == [NOT_DECLARED] * 3
    assert groups.places(people_[["learner_id"]], PARAMS.split).empty


def test_rare_groups_are_put_together_and_silence_stays_apart():
    values = pd.Series(["a"] * 5 + ["b"] * 2 + ["c"] + [NOT_DECLARED])
    assert groups.common(values, 3).value_counts().to_dict() == {"a": 5, "other": 3, NOT_DECLARED: 1}
