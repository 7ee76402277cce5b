"""Tolerance: disturbances do what they say, limits are where curves cross them, designs tell effects apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk

from insights.contract import NETWORKS
from insights.features import build
from insights.modeling import learned
from insights.modeling.dataset import from_frame
from insights.params import Limits
from insights.tolerance import core, disturbances, factorial, faults, kit, limits, quality, responses
from insights.tolerance.disturbances import DISTURBANCES
from insights.tolerance.picking import picked
from insights.verdicts import AS_TRAINED, BEYOND, BROKEN, MET, MISSED, NEAR, NO_LIMIT, NOT_MEASURED, RETRAINED, WITHIN

BY = {one.name: one for one in DISTURBANCES}
RECORDS = [one for one in DISTURBANCES if not one.relabels]


def counted(tables, name):
    return int(tables[name].count().execute())


# --- disturbances ---


@pytest.mark.parametrize("one", RECORDS, ids=lambda one: one.name)
def test_at_level_0_nothing_happens_and_other_tables_are_never_touched(one, company):
    calm, wild = (one.apply(company.tables, level, 1) for level in (0.0, one.levels[-1]))
    for name, table in company.tables.items():
        if name in one.tables:
            before, after = (t.mutate(n=1).order_by(*t.columns).limit(200).to_pandas() for t in (table, calm[name]))
            pd.testing.assert_frame_equal(after[before.columns], before, check_dtype=False)
            assert counted(calm, name) == counted(company.tables, name)
        else:
            assert wild[name] is table


@pytest.mark.parametrize("one", RECORDS, ids=lambda one: one.name)
def test_a_disturbance_keeps_the_columns_and_types_of_its_tables(one, company):
    after = one.apply(company.tables, one.levels[0], 1)
    for name in one.tables:
        assert dict(after[name].schema().items()) == dict(company.tables[name].schema().items())


def test_what_is_picked_at_a_share_is_about_that_share_and_picked_at_larger_ones(company):
    views = company.tables["page_views"]
    few, many, other = (views.filter(picked("page_views", views, share, seed)) for share, seed in
                        ((0.2, 1), (0.5, 1), (0.2, 2)))  # fmt: skip
    assert few.count().execute() / views.count().execute() == pytest.approx(0.2, abs=0.02)
    assert few.count().execute() == few.intersect(many).count().execute()
    assert few.intersect(other).count().execute() < 0.3 * few.count().execute()


@pytest.mark.parametrize("name", ["lost_views", "lost_mail", "lost_sales", "lost_submissions"])
def test_a_share_of_records_is_lost(name, company):
    one = BY[name]
    table = one.tables[0]
    left = counted(one.apply(company.tables, 0.5, 1), table) / counted(company.tables, table)
    assert left == pytest.approx(0.5, abs=0.06)


def test_doubled_records_are_exact_repetitions(company):
    twice = BY["doubled_views"].apply(company.tables, 0.5, 1)["page_views"]
    views = company.tables["page_views"]
    assert twice.distinct().count().execute() == views.distinct().count().execute()
    assert twice.count().execute() / views.count().execute() == pytest.approx(1.5, abs=0.03)


def test_late_records_are_recorded_later_and_happened_as_before(company):
    late = BY["late_sales"].apply(company.tables, 3, 1)["enrollments"]
    sales = company.tables["enrollments"]
    gap = late.recorded_at.max().execute() - sales.recorded_at.max().execute()
    assert gap == pd.Timedelta(days=3)
    assert late.enrolled_at.max().execute() == sales.enrolled_at.max().execute()


@pytest.mark.parametrize("network", NETWORKS)
def test_an_outage_silences_one_network_alone(network, company):
    posts = BY[f"outage_{network}"].apply(company.tables, 1.0, 1)["social_posts"]
    before, after = (t.group_by("network").agg(n=t.count()).to_pandas().set_index("network")["n"].to_dict()
                     for t in (company.tables["social_posts"], posts))  # fmt: skip
    assert after == {name: n for name, n in before.items() if name != network}


def test_a_survey_that_only_the_keen_answer_has_no_lukewarm_answer(company):
    answers = BY["keen_survey"].apply(company.tables, 1.0, 1)["survey_responses"]
    everyone = company.tables["survey_responses"]
    assert answers.intent.min().execute() == quality.LUKEWARM + 1
    warm = everyone.filter(everyone.intent > quality.LUKEWARM)
    assert answers.count().execute() == warm.count().execute()


def test_prices_are_raised_for_half_of_the_products(company):
    products = company.tables["products"].order_by("product_id").to_pandas()
    raised = BY["repriced"].apply(company.tables, 1.0, 1)["products"].order_by("product_id").to_pandas()
    factor = (raised["price"].astype(float) / products["price"].astype(float)).dropna().round(6)
    assert set(factor) == {1.0, 2.0}
    assert (factor == 2.0).mean() == pytest.approx(0.5, abs=0.1)


def test_bots_look_at_products_whatever_people_want(company):
    tables = BY["bots"].apply(company.tables, 2.0, 1)
    views, people = (t["page_views"].filter(lambda v: v.product_id.notnull()) for t in (tables, company.tables))
    assert views.count().execute() / people.count().execute() == pytest.approx(3.0, abs=0.1)
    share = views.group_by("product_id").agg(n=views.count()).to_pandas()["n"]
    own = people.group_by("product_id").agg(n=people.count()).to_pandas()["n"]
    assert share.std() / share.mean() < own.std() / own.mean()


def test_wrong_outcomes_are_those_of_training_rows_and_what_they_earned_agrees():
    frame = pd.DataFrame({"role": ["train"] * 400 + ["validate"] * 100, "y": np.tile([0.0, 1.0], 250)})
    frame = frame.assign(hurdle=100.0, margin_earned=np.where(frame["y"] == 1, 300.0, 20.0))
    wrong = responses.relabelled(frame, 0.25, 1)
    changed = wrong["y"] != frame["y"]
    assert changed[:400].mean() == pytest.approx(0.25, abs=0.05) and not changed[400:].any()
    assert ((wrong["margin_earned"] >= wrong["hurdle"]) == (wrong["y"] == 1)).all()
    pd.testing.assert_frame_equal(responses.relabelled(frame, 0.0, 1), frame)


def test_only_disturbances_of_what_a_model_reads_are_tried(company):
    names = {one.name for one in disturbances.of(company.tables, {"page_views"})}
    assert {"lost_views", "bots", "wrong_outcomes"} <= names and "lost_mail" not in names
    assert {one.name for one in disturbances.of({}, {"page_views"})} == {"wrong_outcomes"}


# --- quality ---

TOLD = {
    "doubled_views": 0.05, "late_views": 0.1, "skewed_clocks": 0.5, "doubled_sales": 0.05, "late_sales": 0.1,
    "no_prices": 0.06, "no_topics": 0.06, "lost_views": 0.35,
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_the_level_of_a_disturbance_is_measured_in_its_own_unit(name, company):
    one = BY[name]
    level = one.levels[1]
    calm = limits.today(one, company.tables).level
    measured = limits.today(one, faults.last_month(company.tables, one, level, 1)).level
    assert measured - calm == pytest.approx(level, abs=TOLD[name] * max(level, 1))


@pytest.mark.parametrize("one", [o for o in RECORDS if o.measure], ids=lambda one: one.name)
def test_every_measure_has_a_level_for_each_month(one, company):
    months = one.measure(company.tables)
    assert len(months) > 3 and months.notna().mean() > 0.8
    assert months.index.is_monotonic_increasing


def test_the_limit_of_control_is_three_spreads_above_the_middle():
    assert quality.control(pd.Series([0.0, 0.1, 0.2, 0.3, 0.4])) == pytest.approx(0.2 + 3 * 1.4826 * 0.1)
    assert quality.control(pd.Series([-5.0, -5.0, -5.0])) == 0.0
    assert np.isnan(quality.control(pd.Series(dtype="float64")))


def test_a_fault_of_the_last_month_leaves_the_months_before_alone(company):
    one = BY["lost_views"]
    disturbed = faults.last_month(company.tables, one, 0.9, 1)["page_views"]
    by = [t.group_by(m=t.viewed_at.truncate("M")).agg(n=t.count()).order_by("m").to_pandas()["n"]
          for t in (company.tables["page_views"], disturbed)]  # fmt: skip
    assert by[0][:-1].tolist() == by[1][:-1].tolist()
    assert by[1].iloc[-1] < 0.25 * by[0].iloc[-1]


# --- limits ---


def one_curve(levels, values, limit, upper=False):
    return float(limits.crossing(np.array(levels), np.array(values, dtype=float)[:, None], limit, upper)[0])


@pytest.mark.parametrize(
    ("values", "limit", "upper", "level"),
    [
        ([0.8, 0.7, 0.6], 0.75, False, 0.5),
        ([0.8, 0.7, 0.6], 0.65, False, 1.5),
        ([0.8, 0.7, 0.6], 0.5, False, np.inf),
        ([0.8, 0.7, 0.6], 0.9, False, 0.0),
        ([0.8, 0.6, 0.9], 0.7, False, 0.5),  # what comes back counts as lost
        ([0.1, 0.2, 0.4], 0.3, True, 1.5),
        ([0.8, 0.8, 0.8], 0.8, False, np.inf),
    ],
)
def test_a_limit_is_where_the_curve_crosses_it(values, limit, upper, level):
    assert one_curve([0, 1, 2], values, limit, upper) == pytest.approx(level)


@brisk
@given(st.lists(st.floats(0, 1), min_size=3, max_size=6), st.floats(0, 1))
def test_no_level_below_the_limit_breaks_it_and_the_next_one_does(values, limit):
    levels = np.arange(len(values), dtype=float)
    found = one_curve(levels, values, limit)
    fine = np.linspace(0, levels[-1], 601)
    worst = np.minimum.accumulate(np.interp(fine, levels, np.minimum.accumulate(values)))
    assert (worst[fine < found - 1e-9] >= limit - 1e-9).all()
    assert np.isinf(found) == bool(min(values) >= limit)


@pytest.mark.parametrize(
    ("tolerance", "level", "verdict"),
    [
        (0.0, 0.1, BROKEN), (np.inf, 0.9, NO_LIMIT), (0.5, np.nan, NOT_MEASURED), (0.5, 0.6, BEYOND),
        (0.5, 0.3, NEAR), (0.5, 0.2, WITHIN),
    ],
)  # fmt: skip
def test_a_level_is_judged_by_its_tolerance(tolerance, level, verdict):
    assert limits.judge(tolerance, level) == verdict


def test_what_is_not_asked_is_no_limit():
    asked = Limits(roc_auc=0.7, recall=0.5, value=None, calibration=0.1, gap=None, latency=1.0)
    assert limits.specification(asked) == {"roc_auc": 0.7, "recall": 0.5, "calibration": 0.1}
    assert core.meets(0.7, 0.7, "roc_auc") == MET and core.meets(0.69, 0.7, "roc_auc") == MISSED
    assert core.meets(0.1, 0.1, "calibration") == MET and core.meets(0.11, 0.1, "calibration") == MISSED


def test_an_alert_is_the_lower_bound_of_the_least_tolerance_and_never_what_every_month_exceeds(company):
    told = [BY["lost_views"], BY["doubled_views"], BY["lost_mail"]]
    rows = [
        ("lost_views", "launch", 0.8, 0.6),
        ("lost_views", "completion", 0.9, 0.7),
        ("doubled_views", "launch", 0.5, 0.3),
    ]
    found = pd.DataFrame(rows, columns=["disturbance", "model", "tolerance", "low"]).assign(mode=AS_TRAINED)
    alerts = core.alert_limits(found, told, company.tables).set_index("disturbance")
    control = alerts["control"]
    assert alerts.loc["lost_views", ["alert", "of"]].tolist() == (
        [0.6, "launch"] if control["lost_views"] <= 0.6 else [control["lost_views"], "above launch"]
    )
    assert alerts.loc["doubled_views", ["alert", "of"]].tolist() == [0.3, "launch"]
    tight = core.alert_limits(found.assign(low=-1.0), told, company.tables).set_index("disturbance")
    assert tight.loc["lost_views", ["alert", "of"]].tolist() == [control["lost_views"], "above launch"]
    assert alerts.loc["lost_mail", ["alert", "of"]].tolist() == [control["lost_mail"], "control"]


# --- responses ---


@pytest.fixture(scope="module")
def launch_kit(company):
    _, frame = build.build_launch(company.con, company.tables, company.params)
    dataset = from_frame("launch", frame)
    model = learned.margin(dataset.features, company.params)
    return kit.kit(company.con, "launch", dataset, model, company.tables, settings(company)), settings(company)


def settings(company):
    params = company.params
    tolerance = params.tolerance.model_copy(update={"levels": 2, "seeds": 1, "resamples": 30, "runs": 8, "faults": 6})
    compute = params.compute.model_copy(update={"threads": 1})
    return params.model_copy(update={"tolerance": tolerance, "compute": compute})


@pytest.fixture(scope="module")
def answered(launch_kit, company):
    one, params = launch_kit
    tried = [BY[name] for name in ("machine_opens", "lost_views", "drift", "late_views", "wrong_outcomes")]
    return responses.respond(company.con, one, tried, params)


def test_what_no_feature_reads_changes_nothing_to_the_last_bit(answered):
    opens = answered[0]
    for values in opens.values.values():
        assert (values == values[0]).all()


def test_an_answer_is_what_the_model_says_of_features_of_disturbed_records(launch_kit, answered, company):
    one, params = launch_kit
    level = BY["lost_views"].levels[-1]
    tables = BY["lost_views"].apply(one.tables, level, 1)
    frame = build.again(company.con, "launch", one.dataset.frame, tables, params, ["page_views"])
    rows = frame[frame["role"] == "validate"].reset_index(drop=True)
    by_hand = one.measured(one.model.score(rows), one.model.decide(rows), False)[0]
    values = answered[1].values[AS_TRAINED]
    np.testing.assert_allclose(values[-1], by_hand, rtol=1e-12)
    np.testing.assert_array_equal(values[0], one.measured(one.trial.score, one.trial.decision, False)[0])
    assert (values[-1] != values[0]).any()


def test_wrong_outcomes_can_only_be_learned_from(answered):
    assert list(answered[-1].values) == [RETRAINED]


def test_the_same_disturbance_gives_the_same_answer_twice(launch_kit, answered, company):
    again = responses.respond(company.con, launch_kit[0], [BY["lost_views"]], launch_kit[1])[0]
    for mode, values in again.values.items():
        np.testing.assert_array_equal(values, answered[1].values[mode])


def test_response_curves_are_listed_with_bounds_that_hold_them(launch_kit, answered):
    table = responses.table(launch_kit[0], answered)
    known = table[table["measure"] == "roc_auc"]
    assert (known["low"] <= known["value"] + 0.02).all() and (known["value"] <= known["high"] + 0.02).all()
    assert len(table) == (4 * 2 + 1) * 3 * 4
    found = limits.found(launch_kit[0], answered, launch_kit[1].specification.launch, np.zeros(4))
    assert found["disturbance"].tolist().count("lost_views") == 2
    assert (found["low"] <= found["tolerance"]).all()


def test_several_disturbances_at_once_are_run_by_the_design(launch_kit, answered, company):
    done = factorial.run(company.con, launch_kit[0], answered, launch_kit[1])
    assert len(done.runs) == 8 and len(done.main) == 4
    assert done.runs["roc_auc"].iloc[0] == answered[0].values[AS_TRAINED][0, 0]  # the run without any


def test_faults_are_injected_as_many_as_asked_and_found_again(company):
    params = settings(company)
    told = [BY["doubled_views"], BY["no_prices"]]
    found = faults.inject(company.tables, told, {"doubled_views": 0.0, "no_prices": 2.0}, {"no_prices": 0.3}, params)
    assert found.groupby("disturbance").size().to_dict() == {"doubled_views": 3, "no_prices": 3}
    assert found.loc[found["disturbance"] == "doubled_views", "noticed"].all()
    assert not found.loc[found["disturbance"] == "no_prices", "noticed"].any()
    alarms = faults.false_alarms(company.tables, told, {"doubled_views": -1.0, "no_prices": 2.0})
    table = faults.caught(found, told, alarms).set_index("disturbance")
    assert table.loc["doubled_views", ["faults", "noticed", "share"]].tolist() == [3, 3, 1.0]
    assert table.loc["doubled_views", "false_alarms"] == table.loc["doubled_views", "months"]
    harmful = found.loc[found["disturbance"] == "no_prices", "level"] >= 0.3
    assert table.loc["no_prices", "harmful"] == harmful.sum()


def test_few_people_are_drawn_by_whom_they_are(company):
    some = kit._of_people(company.con, company.tables, 100)
    people = some["learners"].count().execute()
    assert 60 < people < 140
    ids = set(some["learners"].learner_id.to_pandas())
    assert set(some["enrollments"].learner_id.to_pandas().dropna()) <= ids
    assert some["products"].count().execute() == company.tables["products"].count().execute()


# --- designs ---


@pytest.mark.parametrize(("factors", "runs"), [(4, 8), (7, 16), (3, 16)])
def test_every_factor_is_present_in_half_the_runs_and_none_goes_with_another(factors, runs):
    signs = factorial.design(factors, runs)
    assert signs.shape == (runs, factors)
    np.testing.assert_array_equal(signs.T @ signs, runs * np.eye(factors))
    pairs = [signs[:, i] * signs[:, j] for i in range(factors) for j in range(i)]
    assert all(abs(signs[:, k] @ pair) == 0 for k in range(factors) for pair in pairs)  # resolution IV


def test_a_design_has_no_room_for_more_factors():
    with pytest.raises(ValueError, match="5 disturbances in a design of 8 runs, which has room for 4"):
        factorial.design(5, 8)


def test_planted_effects_and_a_planted_pair_are_found():
    names = ["lost_views", "bots", "drift", "late_views", "lost_mail", "no_prices", "keen_survey"]
    signs = factorial.design(7, 16)
    rng = np.random.default_rng(0)
    y = (
        0.8
        - 0.03 * signs[:, 0]
        - 0.02 * signs[:, 1]
        + 0.015 * signs[:, 0] * signs[:, 1]
        + rng.normal(scale=5e-4, size=16)
    )
    runs = pd.DataFrame(signs, columns=names).assign(roc_auc=y)
    found = factorial.analysed("launch", runs, [(BY[name], 1.0) for name in names])
    main = found.main.set_index("disturbance")
    assert main.loc["lost_views", "effect"] == pytest.approx(-0.06, abs=0.002)
    assert main.loc["lost_views", "p"] < 0.05
    assert abs(main.loc["keen_survey", "effect"]) < 0.002
    assert found.pairs.loc[found.pairs["matters"].astype(bool), "pairs"].str.contains("lost_views × bots").all()
    assert found.pairs["matters"].sum() == 1


def test_lenths_margin_is_his_own():
    effects = np.array([-0.25, -3.5, 0.5, 4.25, -0.5, 0.25, 0.75, 5.75, -1.0, 0.25, 0.5, 0.25, -1.0, 0.25, -0.25])
    size = np.abs(effects)
    pseudo = 1.5 * np.median(size[size <= 2.5 * 1.5 * np.median(size)])
    assert factorial.lenth(effects) == pytest.approx(2.5706 * pseudo, rel=1e-3)  # 5 degrees of freedom of 15 effects


def test_disturbances_need_no_column_that_a_source_may_lack(company):
    views = company.tables["page_views"].drop("anonymous_id", "seconds", "referrer", "user_agent")
    bare = {"page_views": views, "products": company.tables["products"].drop("price", "topic")}
    bare["enrollments"] = company.tables["enrollments"].drop("amount")
    tried = disturbances.of(bare, {*bare})
    assert {"lost_views", "drift", "late_sales"} <= {one.name for one in tried}
    assert not {"bots", "no_prices", "no_topics", "repriced"} & {one.name for one in tried}
    for one in tried:
        after = one.apply(bare, one.levels[-1], 1)
        assert all(after[name].count().execute() > 0 for name in one.tables)
        assert one.measure is None or len(one.measure(bare))
