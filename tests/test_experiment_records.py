"""Registered experiments, what people did in them, how results came about, how the next are designed."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, table, window
from statsmodels.stats.power import NormalIndPower, tt_ind_solve_power

from insights.experiments import (
    ExperimentError,
    blinded,
    design,
    effects,
    followed,
    frames,
    market,
    outcomes,
    registered,
    segments,
)  # fmt: skip
from insights.findings import experiments as findings
from insights.verdicts import EFFECT_DIFFERS, FADES, HARMS, KEEPS, NO_CHANGE, NOT_ENOUGH, UNKNOWN

PARAMS = window("sample")
BEGAN = "2025-07-01"


@pytest.fixture
def con():
    return ibis.duckdb.connect()


def records(con):
    """Ada and Bo in the variant, Cy in the control; Di in both; what each did before and after the first of July."""
    drawn = [("ada", "variant"), ("bo", "variant"), ("cy", "none"), ("di", "none"), ("di", "variant")]
    mail = {"newsletter": "course_announcements", "campaign": "c", "human_probability": 1.0}
    mails = [
        {"learner_id": "ada", "event": "delivered", "happened_at": "2025-07-10"} | mail,
        {"learner_id": "ada", "event": "clicked", "happened_at": "2025-07-10"} | mail | {"human_probability": 0.25},
        {"learner_id": "ada", "event": "clicked", "happened_at": "2025-06-30"} | mail,
        {"learner_id": "ada", "event": "clicked", "happened_at": "2025-06-20", "recorded_at": "2025-07-02"} | mail,
        {"learner_id": "bo", "event": "delivered", "happened_at": "2025-07-20"} | mail,
        {"learner_id": "bo", "event": "delivered", "happened_at": "2025-07-20"} | mail | {"newsletter": "events"},
        {"learner_id": "cy", "event": "delivered", "happened_at": "2025-12-30"} | mail,
        {"learner_id": "cy", "event": "unsubscribed", "happened_at": "2025-08-01"} | mail,
    ]
    sale = {"units": 1, "amount": 40.0, "product_id": "P"}
    sales = [
        {"enrollment_id": "1", "learner_id": "ada", "enrolled_at": "2025-07-02", "completed_at": "2025-08-10",
         "completion_recorded_at": "2025-08-11"} | sale,
        {"enrollment_id": "2", "learner_id": "ada", "enrolled_at": "2025-07-05", "units": -1, "amount": -40.0,
         "product_id": "P"},
        {"enrollment_id": "3", "learner_id": "bo", "enrolled_at": "2025-07-02", "completed_at": "2025-09-10",
         "completion_recorded_at": "2025-09-11"} | sale,
        {"enrollment_id": "4", "learner_id": "cy", "enrolled_at": "2025-12-01"} | sale,
        {"enrollment_id": "5", "learner_id": "cy", "enrolled_at": "2025-06-01"} | sale,
    ]  # fmt: skip
    assigned = [
        {"experiment": "subject_line_6", "learner_id": who, "arm": arm, "assigned_at": BEGAN} for who, arm in drawn
    ]
    tables = {"assignments": assigned, "email_events": mails, "enrollments": sales}
    return {name: table(con, name, rows) for name, rows in tables.items()}


def of_records(con, measures, days=181):
    tables = records(con)
    units = outcomes.assigned(tables, PARAMS)
    done = outcomes.counted(con, tables, units, {"subject_line_6": days}, PARAMS)
    return outcomes.frame(units[~units["crossed"]], done, measures).set_index("learner_id")


def test_people_in_two_arms_are_told_apart_and_everybody_stands_once(con):
    units = outcomes.assigned(records(con), PARAMS)
    assert units["learner_id"].tolist() == ["ada", "bo", "cy", "di"]
    assert units.set_index("learner_id")["crossed"].to_dict() == {"ada": False, "bo": False, "cy": False, "di": True}


def test_what_is_counted_after_and_before_the_assignment_by_hand(con):
    frame = of_records(con, ["click_rate", "enrolled", "amount", "completion_rate", "unsubscribed"])
    assert frame["clicks"].to_dict() == {"ada": 0.25, "bo": 0, "cy": 0}
    assert frame["clicks_before"].to_dict() == {"ada": 1, "bo": 0, "cy": 0}, "what became known later does not count"
    assert frame["delivered"].to_dict() == {"ada": 1, "bo": 1, "cy": 0}, "other lists, and mails after its days"
    assert frame["amount"].to_dict() == {"ada": 0, "bo": 40, "cy": 40}, "what was paid back is taken off"
    assert frame["enrolled"].to_dict() == {"ada": 1, "bo": 1, "cy": 1}
    assert frame["enrollments_before"].to_dict() == {"ada": 0, "bo": 0, "cy": 1}
    assert frame["watched"].to_dict() == {"ada": 1, "bo": 1, "cy": 0}, "the last is not watched for 49 days"
    assert frame["completions"].to_dict() == {"ada": 1, "bo": 0, "cy": 0}, "one took 70 days"
    assert frame["unsubscribed"].to_dict() == {"ada": 0, "bo": 0, "cy": 1}


def test_nothing_counts_after_the_days_of_an_experiment(con):
    assert of_records(con, ["click_rate"], days=10)["delivered"].to_dict() == {"ada": 1, "bo": 0, "cy": 0}


@pytest.mark.parametrize(("days", "counted"), [(19, 0), (20, 1)])
def test_of_an_experiment_of_twenty_days_the_twentieth_is_the_last_that_counts(con, days, counted):
    assert of_records(con, ["click_rate"], days)["delivered"]["bo"] == counted, "a mail on the twentieth of July"


def test_metrics_whose_tables_are_missing_are_left_out(con):
    tables = records(con)
    assert outcomes.measurable(tables, ["visited", "click_rate"]) == ["click_rate"]


def test_the_register_of_the_repository_can_be_used():
    assert {"subject_line", "send_hour", "reminder"} <= {*registered.register()}


def test_a_repetition_is_registered_under_the_name_without_its_number():
    assert [registered.base_name(n) for n in ("subject_line_12", "reminder", "a_b_c")] == [
        "subject_line",
        "reminder",
        "a_b_c",
    ]


ENTRY = """- name: hour
  control: none
  change: sent later
  hypothesis: read more
  days: 30
  primary: {primary}
  guardrails: {guardrails}
  margin: 0.1
"""


@pytest.mark.parametrize(
    "text, message",
    [
        (
            ENTRY.format(primary="opens", guardrails="{}"),
            "hour names opens, which is no metric. There are click_rate",
        ),
        (ENTRY.format(primary="amount", guardrails="{}") * 2, "hour is registered twice"),
        (ENTRY.format(primary="amount", guardrails="{visits: 2}"), "entry 0, guardrails.visits"),
        ("- name: hour", "entry 0, control: Field required"),
    ],
)
def test_a_register_that_cannot_be_used_is_refused(tmp_path, monkeypatch, text, message):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "experiments.yaml").write_text(text)
    with pytest.raises(registered.RegistrationError, match=message):
        registered.register()


def by_day(effect_early, effect_late, n=2_000, days=20, seed=1):
    """Units whose daily counts are raised by an effect in each half of an experiment."""
    rng = np.random.default_rng(seed)
    units = pd.DataFrame(
        {"learner_id": [f"p{i}" for i in range(n)], "arm": np.array(["none", "variant"])[np.arange(n) % 2]}
    )
    treated = (np.arange(n) % 2)[:, None]
    rate = 0.2 + treated * np.where(np.arange(days) < days // 2, effect_early, effect_late)[None, :]
    value = rng.poisson(rate * np.exp(rng.normal(size=(n, 1), scale=0.5)))
    place, day = np.nonzero(value)
    done = pd.DataFrame(
        {
            "learner_id": units["learner_id"].to_numpy()[place],
            "count": "views",
            "day": day,
            "value": value[place, day],
        }
    )
    return units, done


VIEWS = frames.Metric("views", "mean", "views")


def test_the_last_look_is_the_analysis_of_the_whole():
    units, done = by_day(0.02, 0.02)
    last = followed.daily(units, done, VIEWS, "none", 20).iloc[-1]
    total = done.groupby("learner_id")["value"].sum().reindex(units["learner_id"]).fillna(0).to_numpy()
    means = pd.Series(total).groupby(units["arm"].to_numpy()).mean()
    assert last["day"] == 20
    assert last["difference"] == pytest.approx(means["variant"] - means["none"])
    assert last["always_low"] < last["low"] < last["high"] < last["always_high"]


def test_an_effect_that_fades_is_told_from_one_that_lasts():
    told = [
        followed.lasting(*by_day(*effects), VIEWS, "none", 20)["verdict"].iloc[0]
        for effects in ((0.1, 0.0), (0.1, 0.1))
    ]
    assert told == [FADES, NO_CHANGE]


def test_daily_looks_at_people_who_go_on_keep_the_error_rate():
    """Of 100 experiments without an effect on people who differ for good, about 5 may ever seem to have one."""
    wrong, peeking = 0, 0
    for seed in range(100):
        looks = followed.daily(*by_day(0, 0, n=300, days=10, seed=seed), VIEWS, "none", 10)
        wrong += ((looks["always_low"] > 0) | (looks["always_high"] < 0)).any()
        peeking += ((looks["low"] > 0) | (looks["high"] < 0)).any()
    assert wrong <= 10 and peeking > 10


def test_with_too_little_to_count_there_is_no_look():
    units, done = by_day(0, 0, n=150)
    assert followed.daily(units, done, VIEWS, "none", 20).empty, "fewer than 100 units an arm"
    assert followed.lasting(units, done[done["day"] > 12], VIEWS, "none", 20).empty, "nothing in the first half"


def segmented(effect, seed=2, n=8_000):
    rng = np.random.default_rng(seed)
    arm, place = rng.integers(0, 2, n), rng.choice(["here", "there", "elsewhere"], n)
    y = rng.normal(size=n) + effect * arm * (place == "here")
    return pd.DataFrame({"arm": np.array(["none", "variant"])[arm], "y": y}), pd.DataFrame({"place": place})


def test_a_group_that_answers_differently_is_found_and_the_looks_are_counted():
    found = segments.by_group(*segmented(0.4), "arm", "none", {"y": "mean"}, fewest=50).set_index("group")
    assert found.loc["here", "verdict"] == EFFECT_DIFFERS and (found["looks"] == 3).all()
    assert found.loc["here", "apart"] == pytest.approx(0.4, abs=0.12)


def test_where_all_answer_alike_a_group_is_named_in_few_of_many_experiments():
    named = [
        (
            segments.by_group(*segmented(0.0, seed, 1_500), "arm", "none", {"y": "mean"}, fewest=50)["p_adjusted"]
            < 0.05
        ).any()
        for seed in range(60)
    ]
    assert sum(named) <= 8  # 5 % of 60 are 3; 8 or more come about in 1 of 100


def test_small_groups_and_people_of_no_known_group_are_not_looked_at():
    frame, groups = segmented(0.0, n=400)
    groups["place"] = groups["place"].where(groups["place"] != "there").mask(groups.index < 390, "here")
    assert segments.by_group(frame, groups, "arm", "none", {"y": "mean"}, fewest=50).empty


def test_units_for_a_mean_are_those_of_statsmodels():
    planned = design.Design(spread=4.0, power=0.9)
    assert planned.units(1.0) == pytest.approx(2 * tt_ind_solve_power(0.25, power=0.9, alpha=0.05), abs=4)
    assert planned.units(1.0) == np.ceil(2 * NormalIndPower().solve_power(0.25, alpha=0.05, power=0.9))


def test_units_for_a_rate_by_the_textbook():
    """10 % against 12 %, level 5 %, power 80 %: (1.96 + 0.84)² times both variances over 0.02² are 3,839 an arm."""
    assert design.of_rate(0.10, 0.02).units(0.02) == pytest.approx(2 * 3_839, abs=6)


def test_a_share_of_one_in_ten_needs_more_units_than_half():
    even, uneven = (design.Design(1.0, share=share).units(0.1) for share in (0.5, 0.1))
    assert uneven == pytest.approx(even * 0.25 / (0.1 * 0.9), rel=1e-3)


@given(spread=st.floats(0.1, 100), effect=st.floats(0.01, 0.2), foretold=st.floats(0, 0.9))
@brisk
def test_units_effect_and_power_agree(spread, effect, foretold):
    planned = design.Design(spread, foretold=foretold)
    units = planned.units(effect * spread)
    assert planned.effect(units) == pytest.approx(effect * spread, rel=0.02)
    assert planned.reached(effect * spread, units) >= 0.8 - 1e-6
    assert planned.reached(effect * spread, int(0.7 * units)) < 0.8


def test_what_is_foretold_saves_units_and_clusters_and_looking_cost_them():
    base = design.Design(1.0).units(0.1)
    assert design.Design(1.0, foretold=0.5).units(0.1) == pytest.approx(base / 2, abs=2)
    assert design.Design(1.0, cluster_size=21, likeness=0.05).units(0.1) == pytest.approx(2 * base, abs=3)
    assert design.Design(1.0, cluster_size=20, likeness=0.05, cluster_variation=1).units(0.1) == pytest.approx(
        2.95 * base, abs=4
    )
    assert 1.5 * base < design.Design(1.0, looked=design.ALWAYS).units(0.1) < 2.5 * base


@pytest.mark.parametrize(
    "asked", [{"spread": 0}, {"level": 1.5}, {"power": 0}, {"share": 1}, {"foretold": 1}, {"likeness": -0.1},
              {"cluster_size": 0}, {"looked": "often"}]
)  # fmt: skip
def test_a_design_that_is_none_is_refused(asked):
    with pytest.raises(ExperimentError):
        design.Design(**({"spread": 1.0} | asked))
    with pytest.raises(ExperimentError):
        design.Design(1.0).units(0)
    with pytest.raises(ExperimentError):
        design.of_rate(0.9, 0.2)


def test_the_spread_and_what_is_foretold_are_measured_within_arms():
    rng = np.random.default_rng(4)
    past = rng.normal(size=30_000)
    arm = rng.integers(0, 2, 30_000)
    frame = pd.DataFrame(
        {"arm": arm, "y": 5 + 3 * (0.6 * past + 0.8 * rng.normal(size=30_000)) + 50 * arm, "before": past}
    )
    value, planned = design.measured(frame, frames.Metric("y", "mean", "y"), ["before"])
    assert value == pytest.approx(30, abs=0.6)
    assert (planned.spread, planned.foretold) == pytest.approx((3.0, 0.36), abs=0.03)


def sold(regions=24, weeks=52, noise=0.2, seed=5):
    rng = np.random.default_rng(seed)
    size = np.sort(rng.lognormal(sigma=1, size=regions))[::-1]
    return 1_000 * size[:, None] * np.exp(noise * rng.normal(size=(regions, weeks)))


def changed_by_region(sales, rng):
    begin = rng.integers(market.WEEKS, sales.shape[1] - market.WEEKS + 1)
    cells = np.zeros(sales.shape, dtype=bool)
    cells[market._one_of_each(len(sales), 2, rng) == 0, begin : begin + market.WEEKS] = True
    return cells


def changed_by_week(sales, rng):
    begin = rng.integers(0, sales.shape[1] - market.WEEKS + 1)
    cells = np.zeros(sales.shape, dtype=bool)
    cells[:, begin + np.flatnonzero(market._one_of_each(market.WEEKS, 2, rng) == 0)] = True
    return cells


def changed_by_wave(sales, rng):
    steps = market.WAVES + 1
    length = market.WEEKS // steps
    begin = rng.integers(0, sales.shape[1] - steps * length + 1)
    wave = market._one_of_each(len(sales), market.WAVES, rng)
    cells = np.zeros(sales.shape, dtype=bool)
    for region, its in enumerate(wave):
        cells[region, begin + (its + 1) * length : begin + steps * length] = True
    return cells


@pytest.mark.parametrize(
    ("replay", "changed"),
    [(market.by_region, changed_by_region), (market.by_week, changed_by_week), (market.by_wave, changed_by_wave)],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_replay_finds_the_change_that_was_planted_where_it_changes_something(replay, changed, seed):
    """Sales are multiplied by 1.2 in those cells; the effect is higher by its logarithm."""
    sales = sold()
    raised = np.where(changed(sales, np.random.default_rng(seed)), 1.2 * sales, sales)
    without, planted = (replay(cells, np.random.default_rng(seed)) for cells in (sales, raised))
    assert planted - without == pytest.approx(np.log(1.2), abs=1e-9)


@pytest.mark.parametrize("replay", [market.by_region, market.by_week, market.by_wave])
def test_a_replay_finds_nothing_on_average_where_nothing_is_changed(replay):
    rng = np.random.default_rng(6)
    found = np.array([replay(sold(), rng) for _ in range(200)])
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(200)
    assert 0 < found.std() < 0.2
    still = np.array([replay(np.ones((24, 52)), rng) for _ in range(5)])
    np.testing.assert_allclose(still, 0, atol=1e-12)


def test_things_are_dealt_evenly_over_parts():
    rng = np.random.default_rng(7)
    dealt = market._one_of_each(24, 3, rng).reshape(8, 3)
    assert (np.sort(dealt, axis=1) == [0, 1, 2]).all()
    assert len(market._one_of_each(13, 2, rng)) == 13


def decided(n, model_gains, seed=8):
    """Rows on which model and panel disagree; what the model takes earns ``model_gains`` on average."""
    rng = np.random.default_rng(seed)
    takes = rng.integers(0, 2, n)
    gain = np.where(takes == 1, model_gains, -model_gains) + 100 * rng.normal(size=n)
    base = {"family": [f"F{i}" for i in range(n)], "margin_earned": 500 + gain, "hurdle": 500.0}
    rows = [
        pd.DataFrame(base | {"model": who, "decision": d}) for who, d in (("margin", takes), ("panel", 1 - takes))
    ]
    return pd.concat(rows, ignore_index=True)


def test_the_design_by_products_expects_what_was_earned_more_and_its_error_is_that_of_theory():
    found = market.designs({}, decided(400, 50), "margin", "panel", PARAMS).iloc[0]
    assert (found["design"], found["units"]) == (market.PRODUCTS, 400)
    assert found["expected"] == pytest.approx(50, abs=12)
    assert found["detectable"] == pytest.approx((1.96 + 0.8416) * found["error"], rel=1e-3)
    assert found["quarters"] == pytest.approx((found["detectable"] / found["expected"]) ** 2, rel=1e-6)
    assert found["quarters_always"] > found["quarters"]


def test_a_model_that_earns_less_than_the_panel_needs_no_test():
    found = market.designs({}, decided(400, -50), "margin", "panel", PARAMS).iloc[0]
    assert np.isinf(found["quarters"]) and np.isinf(found["cost"])
    assert "no more than the panel" in str(
        findings.tested(market.designs({}, decided(400, -50), "margin", "panel", PARAMS))
    )


def compared(gain, model, y, deals=2_000):
    clusters = pd.Series([f"F{i}" for i in range(len(y))])
    return blinded.compared(y, gain, model, 1 - model, clusters, deals, 3).set_index("measure")


def test_ten_right_choices_of_ten_come_about_by_two_deals_of_1024():
    y = np.array([0, 1] * 5)
    row = compared(None, y, y, 20_000).loc["right"]
    assert (row["model"], row["panel"], row["difference"]) == (1, 0, 1)
    assert row["p"] == pytest.approx(2 / 1024, abs=0.001)


def test_what_is_earned_a_case_by_hand():
    row = compared(np.array([100.0, -50.0, 30.0]), np.array([1, 0, 0]), np.array([1, 0, 1])).loc["earned"]
    assert (row["model"], row["panel"]) == pytest.approx((100 / 3, -20 / 3))


def test_choices_that_are_dealt_by_chance_are_called_better_in_few_of_many():
    rng = np.random.default_rng(9)
    p = [compared(None, rng.integers(0, 2, 30), rng.integers(0, 2, 30), 200).loc["right", "p"] for _ in range(200)]
    assert 0 < np.mean(np.array(p) < 0.05) <= 0.085


def candidates():
    verdicts = ["1", "0", NOT_ENOUGH, "1", "0"]
    advice = pd.DataFrame({"product_id": [f"P{i}" for i in range(5)], "verdict": verdicts})
    return advice, pd.Series([0.2, 0.9, 0.9, 0.8, 0.1], index=advice["product_id"])


def test_cases_are_the_products_on_which_they_disagree_and_the_key_says_whose_choice_is_whose():
    cases, key = blinded.sheet(*candidates(), seed=1)
    assert sorted(cases["product_id"]) == ["P0", "P1"]
    assert (cases["left"] + cases["right"] == 1).all()
    told = cases.merge(key, on="case").set_index("product_id")
    model = np.where(told["left_is"] == "model", told["left"], told["right"])
    assert dict(zip(told.index, model, strict=True)) == {"P0": 1, "P1": 0}


def test_where_nothing_is_recommended_there_is_no_case():
    advice, votes = candidates()
    cases, key = blinded.sheet(advice.assign(verdict=NOT_ENOUGH), votes, seed=1)
    assert cases.empty and key.empty


def test_sides_and_what_is_followed_are_dealt_evenly():
    n = 2_000
    advice = pd.DataFrame({"product_id": [f"P{i:04}" for i in range(n)], "verdict": "1"})
    cases, key = blinded.sheet(advice, pd.Series(0.0, index=advice["product_id"]), seed=1)
    for share in ((key["left_is"] == "model").mean(), (cases["followed"] == "left").mean(), cases["left"].mean()):
        assert share == pytest.approx(0.5, abs=0.04)


def guardrail(low, high, value=0.1):
    row = pd.Series({"metric": "unsubscribed", "low": low, "high": high, "value_control": value})
    return effects.guarded(row, 0.2)


def test_a_guardrail_is_kept_harmed_or_nobody_can_tell():
    assert [guardrail(-0.01, 0.01), guardrail(0.01, 0.05), guardrail(-0.01, 0.05)] == [KEEPS, HARMS, UNKNOWN]


def test_of_money_harm_is_a_fall():
    row = pd.Series({"metric": "amount", "low": -9.0, "high": -4.0, "value_control": 20.0})
    assert effects.guarded(row, 0.2) == HARMS
