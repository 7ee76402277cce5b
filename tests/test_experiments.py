"""Experiments on plain tables: figures analysed by hand, refusals, invariances, and error rates of known truth."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from insights.experiments import ExperimentError, SampleRatioError, analyse, estimates, frames, ratio, sequential
from insights.verdicts import LOWERS, MISMATCH, NO_EFFECT, RAISES, TOO_FEW, UNKNOWN


def people(n=4_000, effect=0.0, before=0.6, seed=1, arms=("none", "variant")):
    """People whose spending before foretells theirs after by the correlation ``before``."""
    rng = np.random.default_rng(seed)
    past = rng.normal(size=n)
    later = before * past + np.sqrt(1 - before**2) * rng.normal(size=n)
    arm = rng.choice(arms, size=n)
    frame = pd.DataFrame({"variant": arm, "amount_before": 50 + 10 * past})
    frame["amount"] = 50 + 10 * later + 10 * effect * (arm != arms[0])
    frame["visited"] = (rng.random(n) < 0.3 + 0.1 * effect * (arm != arms[0])).astype(int)
    frame["visits"] = 1 + rng.poisson(2, n)
    return frame


def of(table, metric, arm="variant"):
    return table.set_index(["arm", "metric"]).loc[(arm, metric)]


def test_a_mean_has_the_figures_of_welch_in_statsmodels():
    frame = people(effect=0.2)
    row = of(analyse(frame, "variant", "none", {"amount": "mean"}), "amount")
    other, control = (DescrStatsW(frame.loc[frame["variant"] == arm, "amount"]) for arm in ("variant", "none"))
    welch = CompareMeans(other, control)
    low, high = welch.tconfint_diff(usevar="unequal")
    assert row["difference"] == pytest.approx(other.mean - control.mean, rel=1e-12)
    assert (row["low"], row["high"]) == pytest.approx((low, high), rel=1e-9)
    assert row["p"] == pytest.approx(welch.ttest_ind(usevar="unequal")[1], rel=1e-9)


def test_a_rate_analysed_by_hand():
    """60 of 200 against 40 of 200: a difference of 0.1, with the interval of Agresti and Caffo worked out by hand."""
    frame = pd.DataFrame({"arm": ["a"] * 200 + ["b"] * 200, "came": [1] * 40 + [0] * 160 + [1] * 60 + [0] * 140})
    row = of(analyse(frame, "arm", "a", {"came": "rate"}), "came", "b")
    p1, p0 = 61 / 202, 41 / 202
    reach = 1.959963985 * np.sqrt(p1 * (1 - p1) / 202 + p0 * (1 - p0) / 202)
    assert row["difference"] == pytest.approx(0.1)
    assert (row["low"], row["high"]) == pytest.approx((p1 - p0 - reach, p1 - p0 + reach), rel=1e-7)
    assert (row["low"], row["high"]) == confint_proportions_2indep(60, 200, 40, 200, "agresti-caffo", "diff")
    assert (row["value"], row["value_control"], row["n"], row["n_control"]) == (0.3, 0.2, 200, 200)
    assert row["relative"] == pytest.approx(0.5)


def test_covariates_give_what_a_regression_on_them_gives():
    frame = people(n=20_000, effect=0.1)
    row = of(analyse(frame, "variant", "none", {"amount": "mean"}, ["amount_before"]), "amount")
    exog = pd.DataFrame(
        {"one": 1.0, "arm": (frame["variant"] == "variant").astype(float), "before": frame["amount_before"]}
    )
    fitted = sm.OLS(frame["amount"], exog).fit(cov_type="HC2")
    low, high = fitted.conf_int().loc["arm"]
    assert row["difference"] == pytest.approx(fitted.params["arm"], abs=1e-3)
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=2e-3)


@pytest.mark.parametrize("before", [0.0, 0.5, 0.8])
def test_covariates_narrow_an_interval_by_what_theory_says(before):
    """The variance falls by the squared correlation, the interval by the root of what is left."""
    row = of(
        analyse(people(40_000, before=before), "variant", "none", {"amount": "mean"}, ["amount_before"]), "amount"
    )
    assert row["narrowed"] == pytest.approx(1 - np.sqrt(1 - before**2), abs=0.01)


def test_a_ratio_has_the_figures_of_the_delta_method():
    frame = people(effect=0.3)
    row = of(analyse(frame, "variant", "none", {"amount / visits": "ratio"}), "amount / visits")
    value, variance = {}, {}
    for arm, part in frame.groupby("variant"):
        r = part["amount"].sum() / part["visits"].sum()
        value[arm] = r
        variance[arm] = (part["amount"] - r * part["visits"]).var() / part["visits"].mean() ** 2 / len(part)
    reach = 1.96 * np.sqrt(variance["variant"] + variance["none"])
    assert row["difference"] == pytest.approx(value["variant"] - value["none"], rel=1e-9)
    assert row["high"] - row["difference"] == pytest.approx(reach, rel=2e-3)


def test_clusters_of_one_row_change_nothing_and_copies_of_rows_do_not_narrow():
    frame = people(2_000, effect=0.1).assign(who=lambda f: np.arange(len(f)))
    alone = of(analyse(frame, "variant", "none", {"amount": "mean"}), "amount")
    each = of(analyse(frame, "variant", "none", {"amount": "mean"}, cluster="who"), "amount")
    copied = pd.concat([frame] * 5, ignore_index=True)
    together = of(analyse(copied, "variant", "none", {"amount": "mean"}, cluster="who"), "amount")
    naive = of(analyse(copied, "variant", "none", {"amount": "mean"}), "amount")
    for row in (each, together):
        assert (row["difference"], row["low"]) == pytest.approx((alone["difference"], alone["low"]), rel=1e-6)
        assert row["n"] == alone["n"]
    assert naive["high"] - naive["low"] < 0.5 * (alone["high"] - alone["low"])


def test_a_row_per_arm_and_metric_in_the_order_asked():
    frame = people(9_000, arms=("none", "short", "long"))
    table = analyse(frame, "variant", "none", {"visited": "rate", "amount": "mean"})
    assert [*zip(table["arm"], table["metric"], strict=True)] == [
        ("long", "visited"), ("long", "amount"), ("short", "visited"), ("short", "amount"),
    ]  # fmt: skip
    assert (table["p_adjusted"] >= table["p"]).all()


def test_all_rows_of_a_table_are_corrected_together_as_in_statsmodels():
    frame = people(9_000, effect=0.04, arms=("none", "short", "long"))
    table = analyse(frame, "variant", "none", {"visited": "rate", "amount": "mean"})
    assert table["p_adjusted"].to_numpy() == pytest.approx(multipletests(table["p"], method="holm")[1], rel=1e-12)
    assert (table["p_adjusted"] > table["p"]).any()


def test_amounts_as_a_database_gives_them_are_numbers():
    frame = people(500)
    exact = frame.assign(amount=[Decimal(str(one)) for one in frame["amount"]], visited=frame["visited"].astype(bool))
    asked = "variant", "none", {"amount": "mean", "visited": "rate"}
    pd.testing.assert_frame_equal(analyse(exact, *asked), analyse(frame, *asked))


def test_what_is_asked_is_left_as_it_was():
    frame = people(500)
    kept = frame.copy()
    analyse(frame, "variant", "none", {"amount": "mean"}, ["amount_before"])
    pd.testing.assert_frame_equal(frame, kept)


def test_verdicts_name_a_rise_a_fall_none_that_matters_and_what_nobody_can_tell():
    up, down, none = (people(20_000, effect=e) for e in (0.2, -0.2, 0.0))
    told = [of(analyse(f, "variant", "none", {"amount": "mean"}, margin=0.02), "amount") for f in (up, down, none)]
    few = of(analyse(people(60), "variant", "none", {"amount": "mean"}, margin=0.02), "amount")
    assert [row["verdict"] for row in [*told, few]] == [RAISES, LOWERS, NO_EFFECT, UNKNOWN]
    assert of(analyse(none, "variant", "none", {"amount": "mean"}), "amount")["verdict"] == UNKNOWN


def test_a_planted_sample_ratio_mismatch_stops_the_analysis():
    frame = people(10_000)
    lost = frame[(frame["variant"] == "none") | (frame.index % 12 != 0)]
    with pytest.raises(SampleRatioError, match=r"variant 4,\d{3} instead of about 4,\d{3}"):
        analyse(lost, "variant", "none", {"amount": "mean"})
    assert (ratio.compare(lost["variant"])["verdict"] == MISMATCH).all()


def test_shares_that_were_meant_to_differ_do_not_stop_it():
    frame = people(10_000)
    kept = frame[(frame["variant"] == "none") | (frame.index % 3 == 0)]
    with pytest.raises(SampleRatioError):
        analyse(kept, "variant", "none", {"amount": "mean"})
    assert len(analyse(kept, "variant", "none", {"amount": "mean"}, shares={"none": 3, "variant": 1})) == 1


def test_few_units_are_not_asked_whether_their_ratio_is_as_meant():
    found = ratio.compare(pd.Series(["a"] * 70 + ["b"] * 20))
    assert (found["verdict"] == TOO_FEW).all() and found["p"].isna().all()


REFUSED = {
    "no such column": (lambda f: f.drop(columns="amount"), {}, "'amount' is not in the table"),
    "a missing value": (lambda f: f.assign(amount=f["amount"].where(f.index > 3)), {}, "4 of 500 values are missing"),
    "text": (lambda f: f.assign(amount="much"), {}, "numbers are needed"),
    "infinite": (lambda f: f.assign(amount=np.inf), {}, "infinite"),
    "no control": (lambda f: f, {"control": "nobody"}, "'nobody' is no arm"),
    "one arm": (lambda f: f[f["variant"] == "none"], {}, "holds only 'none'"),
    "no rate": (lambda f: f, {"metrics": {"visits": "rate"}}, "a rate is 0 or 1"),
    "unknown kind": (lambda f: f, {"metrics": {"amount": "median"}}, "one of rate, mean, ratio"),
    "half a ratio": (lambda f: f, {"metrics": {"amount": "ratio"}}, "name two columns"),
    "no metric": (lambda f: f, {"metrics": {}}, "metrics is empty"),
    "covariates as text": (lambda f: f, {"covariates": "amount_before"}, r"give a list, such as \['amount_before'\]"),
    "a level of 5": (lambda f: f, {"level": 5}, "between 0 and 1"),
    "a margin of 0": (lambda f: f, {"margin": 0}, "between 0 and 1"),
    "shares of others": (lambda f: f, {"shares": {"none": 1}}, "each arm needs a share"),
    "a cluster in two arms": (lambda f: f.assign(who=1), {"cluster": "who"}, "in more than one arm"),
    "columns of one name": (lambda f: pd.concat([f, f["amount"]], axis=1), {}, "more than once"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_that_cannot_be_analysed_is_refused_with_value_place_and_remedy(case):
    change, asked, message = REFUSED[case]
    given_ = {"arm": "variant", "control": "none", "metrics": {"amount": "mean"}} | asked
    with pytest.raises(ExperimentError, match=message):
        analyse(change(people(500)), **given_)


def test_nothing_that_varies_gives_no_effect_for_certain():
    frame = people(400).assign(amount=3.0, visited=0)
    table = analyse(frame, "variant", "none", {"amount": "mean", "visited": "rate"}, ["amount_before"])
    assert (table["difference"] == 0).all() and (table["p"] > 0.9).all()
    assert np.isfinite(table[["low", "high", "always_low", "always_high"]]).all(axis=None)


def test_of_what_is_about_nothing_the_difference_is_told_and_no_share():
    frame = people(2_000, effect=0.3).assign(amount=lambda f: f["amount"] - 50, visits=1)
    for metric, kind in (("amount", "mean"), ("amount / visits", "ratio")):
        row = of(analyse(frame, "variant", "none", {metric: kind}), metric)
        whole = of(analyse(frame.assign(amount=frame["amount"] + 50), "variant", "none", {metric: kind}), metric)
        assert np.isnan(row["relative"]) and np.isfinite(whole["relative"])
        for column in ("difference", "low", "high", "p"):
            assert row[column] == pytest.approx(whole[column], rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10_000), scale=st.floats(0.01, 100), shift=st.floats(-5, 5),
    covariates=st.sampled_from([[], ["amount_before"]]),
)  # fmt: skip
def test_units_order_and_names_of_arms_do_not_matter(seed, scale, shift, covariates):
    frame = people(300, effect=0.3, seed=seed)
    base = of(analyse(frame, "variant", "none", {"amount": "mean"}, covariates), "amount")
    moved = frame.assign(amount=frame["amount"] * scale + shift).sample(frac=1, random_state=seed)
    again = of(analyse(moved, "variant", "none", {"amount": "mean"}, covariates), "amount")
    named = analyse(
        frame.replace({"variant": {"none": "Z", "variant": "A"}}), "variant", "Z", {"amount": "mean"}, covariates
    )
    for column in ("difference", "low", "high", "always_low"):
        assert again[column] == pytest.approx(scale * base[column], rel=1e-6, abs=1e-9 * scale)
        assert of(named, "amount", "A")[column] == pytest.approx(base[column], rel=1e-9)
    swapped = of(analyse(frame, "variant", "variant", {"amount": "mean"}, covariates), "amount", "none")
    assert swapped["difference"] == pytest.approx(-base["difference"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", ["mean", "rate", "ratio"])
def test_intervals_hold_the_truth_in_95_of_100_experiments(kind):
    """1,000 experiments of 400 units with a known effect: between 93 and 97 % are expected."""
    rng, held = np.random.default_rng(7), 0
    for _ in range(1_000):
        arm = np.arange(400) % 2
        past = rng.normal(size=400)
        if kind == "rate":
            truth, value = 0.1, (rng.random(400) < 0.2 + 0.1 * arm).astype(float)
        elif kind == "mean":
            truth, value = 0.5, past + rng.exponential(size=400) + 0.5 * arm
        else:
            visits = 1 + rng.poisson(3, 400)
            truth, value = 0.05, rng.poisson(visits * (0.2 + 0.05 * arm)).astype(float)
        frame = pd.DataFrame({"arm": arm, "y": value, "past": past} | ({"per": visits} if kind == "ratio" else {}))
        metric = frames.Metric("y", kind, "y", "per" if kind == "ratio" else None)
        rows = estimates.prepared(frame, "arm", metric, ["past"] if kind != "rate" else [], None)
        found = estimates.compared(rows, metric, 1, 0, 0.05)
        held += found.low <= truth <= found.high
    assert 930 <= held <= 970


def daily_looks(repeats, days, a_day, rng):
    """Differences and errors of experiments without an effect, at the end of each day."""
    values = rng.exponential(size=(repeats, 2, days * a_day)) - 1
    n = np.arange(1, days + 1) * a_day
    sums, squares = (np.cumsum(v, axis=2)[:, :, a_day - 1 :: a_day] for v in (values, values**2))
    means = sums / n
    spread = (squares - n * means**2) / (n - 1)
    return means[:, 1] - means[:, 0], np.sqrt(spread.sum(axis=1) / n)


def test_always_valid_intervals_keep_their_error_rate_under_daily_looks_and_others_do_not():
    """Of 1,000 experiments without an effect, looked at on 50 days, at most 50 may ever seem to have one."""
    difference, error = daily_looks(1_000, 50, 50, np.random.default_rng(3))
    looked = slice(1, None)  # from 100 units on
    planned = np.median(error[:, -1])
    wide = sequential.half_width(error, planned)
    wrong = (np.abs(difference) > wide)[:, looked].any(axis=1)
    peeking = (np.abs(difference) > 1.96 * error)[:, looked].any(axis=1)
    assert wrong.mean() <= 0.05
    assert peeking.mean() > 0.2
    smallest = sequential.p_value(difference, error, planned)[:, looked].min(axis=1)
    np.testing.assert_array_equal(smallest < 0.05, wrong)


@given(error=st.floats(1e-3, 10), planned=st.floats(1e-3, 10), level=st.floats(0.001, 0.2))
def test_an_always_valid_interval_is_wider_than_that_of_one_look(error, planned, level):
    from scipy.stats import norm

    assert sequential.half_width(error, planned, level) > norm.ppf(1 - level / 2) * error


def test_an_always_valid_interval_is_narrowest_about_where_it_was_told_to_be():
    """Among all plans, the one for the error at hand gives nearly the narrowest interval at that error."""
    plans = np.geomspace(0.1, 10, 400)
    widths = np.array([sequential.half_width(1.0, plan) for plan in plans])
    assert sequential.half_width(1.0, 1.0) <= widths.min() * 1.001
