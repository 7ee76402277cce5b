"""Forecasts: models, their judges and their reasons on problems whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk
from scipy.special import expit, logit
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from insights import contract
from insights.display import tables
from insights.findings.journey import forecasts
from insights.forecasts import expected, judged, model, reasons
from insights.timeline import TimeFolds

MAY = pd.Timestamp("2025-05-01")
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def problem(n, seed, families=12, prefix="F", own=0.0):
    """Return rows whose true log odds are known; each family has its own price, which tells nothing."""
    rng = np.random.default_rng(seed)
    place, effects, prices = rng.integers(families, size=n), rng.normal(size=families), rng.random(families)
    x, z = rng.normal(size=(2, n))
    truth = expit(1.2 * x - 0.6 * z - 0.3 + own * effects[place])
    as_of = MAY + pd.to_timedelta(np.sort(rng.integers(270, size=n)), unit="D")
    return pd.DataFrame(
        {"learner_id": np.arange(n).astype(str), "product_id": place.astype(str), "as_of": as_of,
         "family": [f"{prefix}{one:02d}" for one in place], "resolved_at": as_of + 20 * DAY, "x": x, "z": z,
         "price": prices[place], "local": x * np.where(place % 2, 1, -1), "truth": truth, "weight": 1.0,
         "y": (rng.random(n) < truth).astype(float)}
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    made = problem(6_000, 3, families=40, own=1.5)
    return made, model.fit(made, {"only": ["x", "price"]}, 3, 7)[1]


def test_probabilities_come_near_the_true_ones_on_fresh_rows():
    _, made = model.fit(problem(3_000, 1), {"only": ["x", "z"]}, 3, 7)
    fresh = problem(6_000, 2)
    said = made.probability(fresh)
    assert said.min() >= 0 and said.max() <= 1
    assert roc_auc_score(fresh["y"], fresh["truth"]) - roc_auc_score(fresh["y"], said) < 0.02
    assert 0.8 < judged.performance(fresh, said, 0.5, 5, 1)["slope"] < 1.2


def test_calibration_takes_back_what_would_be_too_sure_of_families_never_seen(fitted):
    never_seen = problem(4_000, 4, families=40, prefix="N", own=1.5)
    raw, said = fitted[1].raw(never_seen), fitted[1].probability(never_seen)
    assert log_loss(never_seen["y"], said) < log_loss(never_seen["y"], raw)
    before, after = (judged.performance(never_seen, p, 0.5, 5, 1)["slope"] for p in (raw, said))
    assert before < 0.85 and abs(after - 1) < abs(before - 1)


def test_calibration_is_that_of_the_rows_that_folds_held_out(fitted):
    made, forecaster = fitted
    odds, outcomes, aucs = [], [], []
    for fit_on, judge in TimeFolds(made, 3).split():
        raw = model._fitted(made.iloc[fit_on], ["x", "price"], 7).predict_proba(
            made.iloc[judge][["family", "x", "price"]])[:, 1]  # fmt: skip
        odds, outcomes = [*odds, *logit(raw)], [*outcomes, *made["y"].iloc[judge]]
        aucs.append(roc_auc_score(made["y"].iloc[judge], raw))
    slope, shift = forecaster.calibration.coef_[0, 0], forecaster.calibration.intercept_[0]
    others = [(shift, slope), (0, 1), (shift, 1.05 * slope), (shift, 0.95 * slope), (shift + 0.05, slope)]
    losses = [log_loss(outcomes, expit(a + b * np.array(odds))) for a, b in others]
    assert losses[0] == min(losses) and forecaster.fold_auc == pytest.approx(np.mean(aucs))
    said = logit(forecaster.probability(made))
    np.testing.assert_allclose(said, shift + slope * logit(forecaster.raw(made)))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    made = problem(500, 5, own=1.0)
    said = [model.fit(made, {"only": ["x"]}, 2, seed)[1].probability(made).tobytes() for seed in (7, 7, 8)]
    assert said[0] == said[1] != said[2]


@pytest.mark.parametrize("names", [["all", "relative"], ["relative", "all"]])
def test_what_carries_over_between_families_wins_over_what_does_not(names):
    sets = {"all": ["local"], "relative": ["x"]}
    chosen, made = model.fit(problem(500, 6), {name: sets[name] for name in names}, 2, 7)
    assert chosen == "relative" and made.features == ["x"] and made.fold_auc > 0.7


def test_rows_without_families_are_held_apart_by_learner():
    made = problem(1_000, 6, families=8, own=4.0).assign(learner_id=lambda rows: rows["family"])
    made = made.drop(columns="family")
    assert model.fit(made, {"who it is": ["price"], "what it does": ["x"]}, 2, 7)[0] == "what it does"


def test_a_family_never_seen_counts_as_the_mean():
    made = problem(500, 7, own=2.0)
    columns = model.linear(made, ["x"], 7).named_steps["columns"]
    share = made.groupby("family")["y"].mean()
    families = ["never", share.idxmin(), share.idxmax()]
    encoded = columns.transform(pd.DataFrame({"family": families, "x": 0.0}))[:, 0]
    assert encoded[0] == pytest.approx(made["y"].mean())
    assert encoded[1] < share.min() + 0.1 < encoded[0] < share.max() - 0.1 < encoded[2]


def holed(n=400):
    made = problem(n, 8, own=1.0)
    gone = np.random.default_rng(1).random((n, 2)) < np.c_[0.1 + 0.5 * made["y"], np.full(n, 0.2)]
    return made.assign(x=made["x"].mask(gone[:, 0]), z=made["z"].mask(gone[:, 1]))


def test_contributions_and_the_intercept_are_the_log_odds():
    made = holed()
    for frame, names in ((made, ["family", "x", "z"]), (made.drop(columns="family"), ["x", "z"])):
        linear = model.linear(frame, ["x", "z"], 7)
        moved = reasons.contributions(linear, frame, ["x", "z"])
        assert moved.columns.tolist() == names and moved.index.equals(frame.index)
        whole = moved.sum(axis=1) + linear[-1].named_steps["model"].intercept_[0]
        np.testing.assert_allclose(whole, linear.decision_function(frame), rtol=0, atol=1e-9)


def test_what_a_missing_value_says_is_added_to_its_feature():
    made = holed()
    linear = model.linear(made, ["x", "z"], 7)
    both = made.head(1).assign(z=0.0).loc[[0, 0]].assign(x=[made["x"].median(), np.nan])
    moved = reasons.contributions(linear, both, ["x", "z"]).diff().iloc[1]
    assert moved["x"] == pytest.approx(np.diff(linear.decision_function(both))[0], abs=1e-9)
    assert moved["x"] > 0.1
    assert moved[["family", "z"]].tolist() == [0, 0]


def test_the_largest_reasons_for_and_against_are_told():
    names = ["family", "course_days", "views_a_day", "pause_longest", "course_views_rank"]
    moved = [[0.5, 0.9, 0.4, -0.3, -0.01], [-0.5, 0.02, 0.0, -0.6, -0.7], [0.0] * 5]
    values = [["F", 1_234.0, 2.5, 3.0, 0.5], ["F", 0.0, 1.0, None, 0.25], ["F"] + [1.0] * 4]
    moved, values = (pd.DataFrame(listed, columns=names) for listed in (moved, values))
    assert reasons.told("completion", moved, values) == [
        "for: days with activity in the course (1,234 days seen), how often its courses are completed (F); "
        "against: most days from one day with activity to the next, since it began (3 days)",
        "against: views of the course's pages, against others on the course (0 least, 1 most) (0.25), "
        "most days from one day with activity to the next, since it began (none)",
        "",
    ]


def said_and_true(n, seed):
    truth = expit(np.random.default_rng(seed).normal(size=n))
    y = (np.random.default_rng(seed + 1_000).random(n) < truth).astype(float)
    return pd.DataFrame({"learner_id": np.arange(n).astype(str), "y": y}), truth


def test_performance_by_hand():
    asked = pd.DataFrame({"learner_id": list("abcd"), "y": [0.0, 0.0, 1.0, 1.0]})
    found = judged.performance(asked, np.array([0.1, 0.4, 0.35, 0.8]), 0.25, 50, 1)
    assert (found["n"], found["share"], found["roc_auc"], found["brier_usual"]) == (4, 0.5, 0.75, 0.3125)
    assert found["brier"] == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)


def test_the_slope_of_two_groups_is_the_ratio_of_their_log_odds():
    """Of ten called 0.25 four come, of ten called 0.75 six do: log odds of ±0.405 where ±1.099 was said."""
    came = [1] * 4 + [0] * 6 + [1] * 6 + [0] * 4
    asked = pd.DataFrame({"learner_id": np.arange(20).astype(str), "y": came})
    found = judged.performance(asked, np.repeat([0.25, 0.75], 10), 0.5, 5, 1)
    assert found["slope"] == pytest.approx(np.log(1.5) / np.log(3))


def test_true_probabilities_have_a_slope_of_1_in_about_95_of_100_intervals():
    found = [judged.performance(*said_and_true(400, seed), 0.5, 2, 1) for seed in range(100)]
    assert 90 <= sum(one["slope_low"] <= 1 <= one["slope_high"] for one in found) <= 99


def test_doubled_log_odds_have_half_the_slope_and_the_same_order():
    asked, truth = said_and_true(2_000, 5)
    plain, sure = (judged.performance(asked, p, 0.5, 5, 1) for p in (truth, expit(2 * logit(truth))))
    assert sure["slope"] == pytest.approx(plain["slope"] / 2) and sure["slope_high"] < 0.7
    assert sure["roc_auc"] == plain["roc_auc"] == roc_auc_score(asked["y"], truth)
    assert sure["brier"] > plain["brier"]


def test_asking_everybody_twice_tells_nothing_new():
    asked, truth = said_and_true(500, 6)
    once, twice = (judged.performance(pd.concat([asked] * k), np.tile(truth, k), 0.5, 50, 1) for k in (1, 2))
    for name in ("roc_auc", "brier", "slope"):
        for bound in ("", "_low", "_high"):
            assert twice[name + bound] == pytest.approx(once[name + bound], rel=2e-3)
        assert once[f"{name}_low"] < once[name] < once[f"{name}_high"]


def test_the_brier_score_of_unequal_people_stays_within_the_squares_that_it_averages():
    people = ["often"] * 30 + [f"once {i}" for i in range(30)]
    asked = pd.DataFrame({"learner_id": people, "y": np.random.default_rng(1).integers(2, size=60)})
    found = judged.performance(asked, np.tile([0.49, 0.51], 30), 0.5, 100, 1)
    assert 0.49**2 <= found["brier_low"] < found["brier"] < found["brier_high"] <= 0.51**2


def test_tenths_by_hand():
    asked = pd.DataFrame({"y": [1.0, 0, 1, 1, 0] + [0.0] * 15})
    found = judged.tenths(asked, np.array([0.9, 0.8, 0.95, 0.5, 0.45] + [0.1] * 15))
    assert found["tenth"].tolist() == [*range(1, 11)] and found["n"].tolist() == [2] * 10
    np.testing.assert_allclose(found["predicted"], [0.925, 0.65, 0.275] + [0.1] * 7)
    np.testing.assert_allclose(found["observed"], [1, 0.5] + [0] * 8)
    np.testing.assert_allclose(found["lift"], [1 / 0.15, 0.5 / 0.15] + [0] * 8)
    np.testing.assert_allclose(found["found"], [2 / 3] + [1] * 9)
    assert found.loc[1, ["low", "high"]].tolist() == pytest.approx([0.0945, 0.9055], abs=1e-4)


@brisk
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=10, max_size=60))
def test_tenths_hold_everybody_once(people):
    said, came = (np.array(one, dtype="float64") for one in zip(*people, strict=True))
    came[0] = 1
    found = judged.tenths(pd.DataFrame({"y": came}), said)
    assert found["n"].sum() == len(said) and np.ptp(found["n"]) <= 1
    assert (found["n"] * found["lift"]).sum() / len(said) == pytest.approx(1)
    assert (found["n"] * found["predicted"]).sum() == pytest.approx(said.sum())
    assert (found["predicted"].diff().dropna() <= 1e-12).all()
    assert found["found"].is_monotonic_increasing and found["found"].iloc[-1] == 1


def test_what_resolves_after_the_first_of_a_month_does_not_change_its_forecasts():
    made = problem(900, 9)
    found = expected.month_by_month(made, ["x", "z"], 7)
    months = found["told_at"].dt.to_period("M").dt.start_time
    assert months.nunique() >= 6 and found["told_at"].equals(found["recorded_at"])
    for first in months.unique():
        of_month, later = months == first, made["resolved_at"] > first
        same, other = (
            expected.month_by_month(made.assign(y=(made["y"] - turned).abs()), ["x", "z"], 7)[of_month]
            for turned in (later, ~later)
        )
        pd.testing.assert_frame_equal(same, found[of_month], check_exact=True)
        assert (other["expected"] != found.loc[of_month, "expected"]).all()


def test_a_row_that_stands_for_three_counts_three_times():
    made = problem(600, 9)
    one, three = (expected.month_by_month(made.assign(weight=w), ["x"], 7) for w in (1.0, 3.0))
    assert set(three["enrollments"]) == {3.0} and one["expected"].between(0, 1).all()
    np.testing.assert_allclose(three["expected"], 3 * one["expected"], atol=2e-6)


def test_a_month_before_which_fewer_than_200_rows_were_resolved_is_left_out():
    resolved = pd.Timestamp("2025-03-01")
    made = problem(230, 10).assign(as_of=[resolved - 30 * DAY] * 200 + [resolved + 5 * DAY] * 30)
    made["resolved_at"] = made["as_of"] + 30 * DAY
    found = expected.month_by_month(made, ["x"], 7)
    assert set(found["told_at"]) == {resolved + 5 * DAY} and len(found) == 30
    made.loc[0, "resolved_at"] += pd.Timedelta(seconds=1)
    nothing = expected.month_by_month(made, ["x"], 7)
    assert nothing.empty and list(nothing) == list(contract.columns("expected_completions")) == list(found)


def read(*, days=(7,), **changes):
    row = {"n": 12_000, "roc_auc": 0.75, "roc_auc_low": 0.7, "roc_auc_high": 0.8, "slope_low": 0.9,
           "slope_high": 1.1, "rule": "active_days", "rule_auc": 0.65}  # fmt: skip
    frame = pd.DataFrame([row | {"day": day} for day in days] or [row]).assign(**changes)
    tenths = pd.DataFrame({"observed": [0.8125, 0.5, 0.03]})
    return forecasts("completion" if days else "enrollment", frame, tenths).text.replace("\u00a0", " ")


def test_a_forecast_is_told_with_its_interval_its_rule_and_what_came_of_it():
    told = read()
    assert (
        "Asked on day 7, the forecaster puts one who will complete before one who will not in 0.750 (95 % "
        "interval 0.700 to 0.800) of pairs (ROC AUC), over 12,000 forecasts. The simple rule (active "
        "days) reaches 0.650."
    ) in told
    assert "The probabilities are calibrated: the interval of each calibration slope holds 1." in told
    assert "tenth called likeliest 81.2 % did complete, of the tenth called least likely 3.0 %" in told
    assert "The forecaster puts one who will enroll before" in read(days=())


def test_a_forecaster_that_does_not_beat_the_rule_is_said_not_to_be_shown_better():
    told = "It is not shown to be better than the simple rule (active days: 0.700)."
    assert told in read(rule_auc=0.7) and told not in read(rule_auc=0.699)


def test_probabilities_that_are_too_sure_are_named_with_their_day():
    told = read(days=(3, 7, 14), slope_low=[0.5, 0.9, 1.1], slope_high=[0.99, 1.1, 1.4])
    assert "too sure on day 3, not sure enough on day 14: there the calibration slope excludes 1" in told
    assert "calibrated:" not in told and "day 7:" not in told
    assert "The probabilities are too sure: there" in read(days=(), slope_low=0.5, slope_high=0.9)
    assert "The probabilities are calibrated:" in read(slope_low=0.5)


def test_bounds_stand_beside_their_value_and_the_rest_is_left_alone():
    frame = pd.DataFrame({"a": [0.8434, 0.5], "a_low": [0.7931, np.nan], "a_high": [0.887, np.nan], "n": [7, 8]})
    shown = tables.with_bounds(frame, ["a"])
    assert [cell.replace("\u00a0", " ") for cell in shown["a"]] == ["0.843 (0.793 to 0.887)", "0.500"]
    pd.testing.assert_frame_equal(shown.drop(columns="a"), frame.drop(columns="a"))
    assert frame["a"].tolist() == [0.8434, 0.5]


def test_nine_people_make_nine_groups_and_one_answer_for_all_has_no_slope():
    rows = pd.DataFrame({"learner_id": [*"abcdefghi"], "y": [1, 0, 1, 0, 1, 0, 1, 0, 1]})
    same = np.full(9, 0.5)
    assert judged.tenths(rows, same)["n"].tolist() == [1] * 9
    assert np.isnan(judged.performance(rows, same, 0.5, 20, 1)["slope"])


def test_without_a_rule_the_sentences_compare_with_none():
    rows = pd.DataFrame({"learner_id": [*"abcdefghij"], "y": [1, 0] * 5})
    chance = np.linspace(0.1, 0.9, 10)
    measured = judged.performance(rows, chance, 0.5, 20, 1) | {"rule": "", "rule_auc": float("nan")}
    said = str(forecasts("enrollment", pd.DataFrame([measured]), judged.tenths(rows, chance)))
    assert "No simple rule" in said and "not known" not in said
