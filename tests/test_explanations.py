"""Explanations of launch recommendations: signals in words, reasons, flips and similar launches, worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from scipy.special import expit
from synthetic import DRIVER, NOISES, WEAK, formula, launch_data

from insights.features import registry
from insights.modeling import learned
from insights.modeling.dataset import Dataset
from insights.modeling.explanation import reasons as explanations
from insights.modeling.explanation import shapley, signals, similar

PARAMS = window()
A, B, C = "visitors", "survey_intent", "clicks_last_month"
APART = {"web": [A], "survey": [B], "email": [C]}


def test_every_feature_of_a_launch_belongs_to_one_signal_that_has_a_title():
    names = [f.name for f in registry.features("launch")]
    found = signals.groups("launch", names)
    assert sorted(name for members in found.values() for name in members) == sorted(names)
    assert set(found) == set(signals.TITLES)


def test_a_ratio_to_the_need_belongs_with_the_signal_that_it_is_made_from():
    found = signals.groups("launch", [f.name for f in registry.features("launch")])
    assert {"visitors", "visitors_per_need", "views_trend"} <= set(found["web"])
    assert "units_before_per_need" in found["sales"] and "topic_registrations_per_need" in found["events"]
    assert found["need"] == ["units_needed", "log_hurdle"]
    assert "linkedin_posts_last_month_per_need" in found["linkedin"]
    ranked = signals.groups("completion", [f.name for f in registry.features("completion")])
    families = {f.name: f.family for f in registry.features("completion")}
    for name, members in ranked.items():
        assert {families[m.removesuffix("_rank")] for m in members} == {name}


NEED = {"units_needed": np.log(200 + 0.5)}


@pytest.mark.parametrize(
    ("name", "value", "row", "words"),
    [
        ("visitors", 1234.0, {}, "different known visitors in the look-back: 1,234 visitors"),
        ("visitors", 1.0, {}, "different known visitors in the look-back: 1 visitor"),
        ("survey_top_two", 0.25, {}, "share that answered 4 or 5: 25.0\u00a0%"),
        ("survey_intent", 3.5, {}, "mean intent to buy, 1 to 5: 3.50 points"),
        ("price", 99.5, {}, "list price: USD\u00a099.50"),
        ("log_hurdle", np.log1p(5000), {}, "margin asked for in a whole horizon: USD\u00a05,000"),
        ("units_needed", np.log(200.5), {}, "units to be sold to reach the hurdle: 200 units"),
        ("click_rate", np.nan, {}, "clicks per delivered e-mail: not known"),
        ("click_rate", 0.125, {}, "clicks per delivered e-mail: 0.125"),
        (
            "season_ahead", np.log(1.25), NEED,
            "registrations in the coming month a year ago, over the mean month of that year since: 1.25 times",
        ),
        (
            "visitors_per_need", np.log(50.5 / 200.5), NEED,
            "different known visitors in the look-back: 50 against 200 units to be sold",
        ),
        (
            "visitors_per_need", np.log(0.25), {},
            "different known visitors in the look-back: 0.250 for each unit to be sold",
        ),
        (
            "views_without_purchase_before_per_need", np.log(0.5 / 200.5), NEED,
            "views in the month before the last by people who did not buy it then: 0 against 200 units to be sold",
        ),
    ],
)  # fmt: skip
def test_a_value_is_told_with_its_meaning_and_its_unit_and_logarithms_are_undone(name, value, row, words):
    assert signals.value_in_words("launch", name, pd.Series(row | {name: value})) == words


@pytest.mark.parametrize(
    ("value", "others", "words"),
    [
        (5.0, [1, 2, 3, 4, 9], "above 8 of 10 past launches"),
        (0.0, [1, 2, 3, 4, 9], "below all past launches"),
        (0.0, [0, 0, 0, 1], "like 7 of 10 past launches"),
        (99.5, range(100), "above all past launches"),
        (98.5, range(100), "above 9 of 10 past launches"),
        (2.0, [1, np.nan, np.nan], "above all past launches"),
        (np.nan, [1, 2], "not to be compared with past launches"),
        (1.0, [np.nan], "not to be compared with past launches"),
    ],
)
def test_a_value_stands_above_or_below_so_many_tenths_of_the_others_and_never_more(value, others, words):
    assert signals.standing(value, np.array([*others], dtype=float), "past launches") == words


def test_of_products_of_which_nothing_was_seen_the_one_that_needs_less_is_no_better_seen():
    seen, units = np.array([0, 0, 30]), np.array([10, 900, 60])
    rows = pd.DataFrame({"units_needed": np.log(units + 0.5)})
    rows["visitors_per_need"] = np.log(seen + 0.5) - rows["units_needed"]
    assert signals.comparable("visitors_per_need", rows).tolist() == pytest.approx([0, 0, 0.5])
    assert signals.comparable("units_needed", rows).tolist() == rows["units_needed"].tolist()
    alone = rows[["visitors_per_need"]]
    assert signals.comparable("visitors_per_need", alone).tolist() == alone["visitors_per_need"].tolist()


EIGHT = {
    "web": ["visitors"], "survey": ["survey_intent"], "email": ["clicks_last_month"], "plan": ["price"],
    "events": ["topic_registrations"], "interest": ["views_without_purchase"], "sales": ["buyers"],
    "topic_sales": ["topic_trend"],
}  # fmt: skip
WEIGHTS = {
    "visitors": 1.0, "survey_intent": 2.0, "clicks_last_month": 0.5, "price": 0.25, "topic_registrations": -1.0,
    "views_without_purchase": -0.5, "buyers": -0.001, "topic_trend": -0.25,
}  # fmt: skip


def weighed(ones=1.0, weights=WEIGHTS, groups=EIGHT):
    """Return the reasons of a candidate that is 1 everywhere, against ten launches that are 0 everywhere."""
    names = [name for members in groups.values() for name in members]
    model = formula(lambda r: sum(weights[name] * r[name] for name in names), names)
    candidate = pd.DataFrame(ones, index=[0], columns=names).assign(product_id="C", kind="candidate")
    background = pd.DataFrame(0.0, index=range(10), columns=names).assign(kind="launch")
    moved = shapley.values(model, candidate, background, groups, PARAMS)
    return explanations.reasons(model, candidate, background, groups, moved)


def test_reasons_are_the_three_that_raise_most_and_the_two_that_lower_most():
    told = weighed()
    assert told["signal"].tolist() == ["survey", "web", "email", "events", "interest"]
    assert told["direction"].tolist() == ["raises"] * 3 + ["lowers"] * 2
    assert told["place"].tolist() == [1, 2, 3, 1, 2]
    assert told["log_odds"].tolist() == pytest.approx([2, 1, 0.5, -1, -0.5])


def test_the_effect_of_a_signal_is_the_probability_minus_that_without_its_log_odds():
    told = weighed().set_index("signal")
    odds = sum(WEIGHTS.values())
    assert told.loc["survey", "effect"] == pytest.approx(expit(odds) - expit(odds - 2))
    assert told.loc["events", "effect"] == pytest.approx(expit(odds) - expit(odds + 1))


def test_a_signal_that_hardly_moves_the_probability_is_no_reason():
    quiet = dict.fromkeys(WEIGHTS, 0.0) | {"buyers": -0.001, "visitors": 1.0}
    assert weighed(weights=quiet)["signal"].tolist() == ["web"]
    assert weighed(ones=0.0).empty
    assert list(weighed(ones=0.0)) == list(weighed())


def test_a_reason_names_the_feature_that_alone_moves_most_in_the_signals_direction():
    groups = {"survey": ["survey_answers", "survey_intent", "survey_top_two"]}
    told = weighed(weights={"survey_answers": -3.0, "survey_intent": 1.5, "survey_top_two": 2.5}, groups=groups)
    assert told[["signal", "direction", "feature"]].to_numpy().tolist() == [["survey", "raises", "survey_top_two"]]
    told = weighed(weights={"survey_answers": -3.0, "survey_intent": 1.5, "survey_top_two": 1.0}, groups=groups)
    assert told[["direction", "feature"]].to_numpy().tolist() == [["lowers", "survey_answers"]]


def test_a_reason_is_worded_with_its_size_its_value_and_its_standing():
    text = weighed().set_index("signal").loc["web", "text"]
    odds = sum(WEIGHTS.values())
    points = f"{100 * (expit(odds) - expit(odds - 1)):.1f}"
    assert text == (
        f"raises it by {points} percentage points: visits to its pages (different known visitors in the look-back: "
        "1 visitor; above all past launches)"
    )


ELEVEN = pd.DataFrame({A: np.arange(11.0), B: np.arange(11.0), C: np.nan, "kind": "launch"})


def flipped(odds, candidate, groups, features=(A, B, C), background=ELEVEN, threshold=0.5):
    row = pd.DataFrame({name: [candidate.get(name, 0.0)] for name in features}).assign(product_id="X")
    return explanations.flips(formula(odds, features, threshold), row, background, groups).set_index("signal")


def test_a_candidate_below_the_threshold_needs_the_lowest_decile_from_which_all_reach_it():
    found = flipped(lambda r: r[A] - 6.5, {}, {"web": [A]}).loc["web"]
    assert (found["needed"], found["decile"], found["probability"]) == ("at least", 7, pytest.approx(expit(0.5)))
    assert found["text"] == (
        "visits to its pages: at least the 7th decile of past launches, all else as it is; there the model would "
        "say 62.2\u00a0%, at or above the threshold of 50.0\u00a0%"
    )


def test_the_threshold_itself_is_enough():
    assert flipped(lambda r: r[A] - 7, {}, {"web": [A]}).loc["web", "decile"] == 7


def test_a_candidate_that_reaches_the_threshold_would_fall_short_with_at_most_a_decile():
    found = flipped(lambda r: r[A] - 3.5, {A: 9.0}, {"web": [A]}).loc["web"]
    assert (found["needed"], found["decile"], found["probability"]) == ("at most", 3, pytest.approx(expit(-0.5)))
    assert "below the threshold" in found["text"]


def test_no_decile_is_named_where_none_turns_the_verdict_or_where_higher_ones_turn_it_back():
    assert flipped(lambda r: r[A] - 20, {}, {"web": [A]}).loc["web", "decile"] is pd.NA
    hump = flipped(lambda r: 1 - (r[A] - 5) ** 2, {}, {"web": [A]}).loc["web"]
    assert hump["decile"] is pd.NA and np.isnan(hump["probability"])
    dent = flipped(lambda r: np.where((r[A] > 1) & (r[A] < 5), 1, np.where(r[A] > 6.5, 1, -1)), {}, {"web": [A]})
    assert dent.loc["web", "decile"] == 7


def test_all_features_of_a_signal_move_together_and_the_others_stay():
    together = flipped(lambda r: r[A] + r[B] - 9, {C: 1.0}, {"web": [A, B], "email": [C]})
    assert together["decile"].tolist() == [5, pd.NA]
    apart = flipped(lambda r: r[A] + r[B] - 9, {B: 4.0}, {"web": [A], "survey": [B]})
    assert apart["decile"].tolist() == [5, 9]


def test_a_feature_that_the_background_does_not_know_stays_as_it_is():
    found = flipped(lambda r: r[A] + r[C] - 9.5, {C: 3.0}, {"web": [A, C]})
    assert found["decile"].tolist() == [7]


def test_only_what_is_open_before_a_launch_and_read_by_the_model_is_tried():
    groups = {"web": [A], "sales": [B], "email": [C], "plan": ["price"], "need": ["units_needed"]}
    assert flipped(lambda r: r[A], {}, groups, features=(A, B)).index.tolist() == ["web"]


@brisk
@given(st.floats(-3, 3), st.floats(0.2, 0.8), st.floats(0, 12))
def test_at_the_decile_the_verdict_turns_and_at_the_one_before_it_does_not(slope, threshold, own):
    found = flipped(lambda r: slope * (r[A] - 5), {A: own}, {"web": [A]}, threshold=threshold).loc["web"]
    at = expit(slope * (np.arange(1, 10) - 5.0))
    reaches = expit(slope * (own - 5)) >= threshold
    turned = (at >= threshold) != reaches
    if found["decile"] is pd.NA:
        assert not turned[0 if reaches else -1]
    else:
        place = found["decile"] - 1
        assert turned[: place + 1].all() if reaches else turned[place:].all()
        before = place + 1 if reaches else place - 1
        assert before in (-1, 9) or not turned[before]


def launches(**columns):
    """Return a dataset of four launches that may train, one that may not, a catalogue row and a candidate at 0."""
    rows = pd.DataFrame(
        {
            "product_id": ["P1", "P2", "P2", "P3", "V", "K", "C"],
            "kind": ["launch"] * 5 + ["catalogue", "candidate"],
            "role": ["train"] * 4 + ["validate", "train", "unresolved"],
            "as_of": [pd.Timestamp(2025, month, 1) for month in (4, 5, 6, 7, 10, 7, 12)],
            A: [3.0, 1.0, 2.0, 9.0, 0.0, 0.0, 0.0],
            B: [0.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0],
            "y": [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, np.nan],
            "hurdle": [100.0, 200.0, 100.0, 0.0, 1.0, 1.0, 1.0],
            "margin_earned": [150.0, 50.0, 110.0, 5.0, 1.0, 1.0, np.nan],
        }
    )  # fmt: skip
    return Dataset("launch", rows.assign(**columns), [A, B])


def resembling(web=1.0, survey=0.0, data=None, **more):
    importance = pd.DataFrame({"signal": ["web", "survey"], "importance": [web, survey]})
    return similar.similar_launches(
        data or launches(), formula(lambda r: r[A] + r[B], [A, B]), APART, importance, **more
    )


def test_the_nearest_launches_that_trained_are_told_each_product_once_with_what_became_of_them():
    found = resembling()
    assert found["similar"].tolist() == ["P2", "P1", "P3"]
    assert found["month"].tolist() == ["2025-05", "2025-04", "2025-07"]
    assert found["y"].tolist() == [0, 1, 0]
    assert found["earned"].tolist()[:2] == [0.25, 1.5] and np.isnan(found["earned"].iloc[2])
    assert found["reached"].tolist() == pytest.approx([1 / 3] * 3) and (found["nearest"] == 3).all()
    assert found["text"].tolist() == [
        "P2 (May 2025) missed its hurdle, it earned 25\u00a0% of it",
        "P1 (April 2025) reached its hurdle, it earned 150\u00a0% of it",
        "P3 (July 2025) missed its hurdle",
    ]


def test_the_distance_is_in_standard_deviations_of_training_rows():
    spread = np.std([3.0, 1.0, 2.0, 9.0, 0.0])
    assert resembling()["distance"].tolist() == pytest.approx([1 / spread, 3 / spread, 9 / spread])


def test_a_signal_counts_by_its_importance_and_all_alike_where_there_is_none():
    assert resembling(web=0.0, survey=1.0)["similar"].tolist() == ["P1", "P3", "P2"]
    pd.testing.assert_frame_equal(resembling(web=0.0, survey=0.0), resembling(web=1.0, survey=1.0))
    a, b = np.std([3.0, 1.0, 2.0, 9.0, 0.0]), np.std([0, 5.0, 5.0, 0, 0])
    first = resembling(3.0, 1.0).set_index("similar")["distance"]
    assert first["P2"] == pytest.approx(np.sqrt(0.75 * (1 / a) ** 2 + 0.25 * (5 / b) ** 2))


def test_the_features_of_a_signal_share_its_weight():
    data = launches(**{C: [0.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0]})
    model = formula(lambda r: r[A] + r[B] + r[C], [A, B, C])
    importance = pd.DataFrame({"signal": ["web", "survey"], "importance": [3.0, 1.0]})
    twice = similar.similar_launches(data, model, {"web": [A], "survey": [B, C]}, importance)
    np.testing.assert_allclose(twice["distance"], resembling(3.0, 1.0)["distance"])


def test_a_gap_is_taken_for_the_median_of_training_rows():
    found = resembling(data=launches(**{A: [np.nan, 1.0, 2.0, 9.0, 0.0, 0.0, np.nan]}))
    spread = np.std([1.5, 1.0, 2.0, 9.0, 0.0])
    assert found["similar"].tolist() == ["P1", "P2", "P3"]
    assert found["distance"].tolist() == pytest.approx([0, 0.5 / spread, 7.5 / spread])


def test_the_ten_nearest_say_how_many_reached_their_hurdle():
    rows = pd.DataFrame({"product_id": [f"P{i:02d}" for i in range(15)], A: np.arange(15.0), B: 0.0})
    rows = rows.assign(kind="launch", role="train", as_of=pd.Timestamp("2025-04-01"), y=(rows[A] < 4) | (rows[A] > 9))
    rows["y"] = rows["y"].astype(float)
    candidate = {"product_id": "C", A: 0.0, B: 0.0, "kind": "candidate", "role": "unresolved"}
    found = resembling(data=Dataset("launch", pd.concat([rows, pd.DataFrame([candidate])]), [A, B]), most=2)
    assert found["similar"].tolist() == ["P00", "P01"]
    assert found["reached"].tolist() == [0.4, 0.4] and found["nearest"].tolist() == [10, 10]
    assert found["earned"].isna().all()


def test_without_candidates_or_past_launches_there_are_empty_tables():
    data = launches()
    nobody = Dataset("launch", data.frame[data.frame["kind"] != "candidate"], data.features)
    never = Dataset("launch", data.frame[data.frame["kind"] != "launch"], data.features)
    assert resembling(data=nobody).empty and resembling(data=never).empty
    assert list(resembling(data=nobody)) == list(resembling())
    none, model = ELEVEN.iloc[:0].assign(product_id=""), formula(lambda r: r[A], [A])
    moved = shapley.values(model, none, ELEVEN, APART, PARAMS)
    assert explanations.reasons(model, none, ELEVEN, APART, moved).empty
    assert explanations.flips(model, none, ELEVEN, APART).empty


def test_explaining_leaves_the_model_and_the_rows_as_they_were():
    data = launch_data(PARAMS)
    model = learned.logistic(data.features, PARAMS)
    model.fit(data.train, data.train["y"].to_numpy(dtype=int))
    before, rows = model.score(data.candidates), data.candidates
    groups, background = signals.groups("launch", data.features), shapley.background(data)
    moved = shapley.values(model, rows, background, groups, PARAMS)
    told = explanations.reasons(model, rows, background, groups, moved)
    explanations.flips(model, rows, background, groups)
    np.testing.assert_array_equal(model.score(data.candidates), before)
    pd.testing.assert_frame_equal(rows, data.candidates)
    assert told[told["place"] == 1]["feature"].isin([DRIVER, WEAK, *NOISES, "survey_top_two"]).all()
    assert (told.groupby("product_id")["place"].count() <= 5).all()
