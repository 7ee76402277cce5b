"""Feature analysis: planted drivers are seen, noise is not, and what is too good to be true is named."""

import numpy as np
import pandas as pd
import pytest
from micro import window
from scipy.stats import t
from sklearn.linear_model import LinearRegression
from synthetic import DRIVER, NOISES, WEAK, launch_data, launch_frame

from insights.feature_analysis import core as feature_analysis
from insights.feature_analysis import importance, leaks, linear
from insights.modeling.dataset import from_frame

PARAMS = window()


@pytest.fixture(scope="module", autouse=True)
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importance, "TREES", 25)
        yield


def analysed(frame):
    """Return the analysis of a feature table without the survey's copy of the driver."""
    data = from_frame("launch", frame.drop(columns="survey_top_two"))
    return feature_analysis.analyse(data, PARAMS)[0].set_index("feature")


@pytest.fixture(scope="module")
def table():
    return analysed(launch_frame(PARAMS, families=60))


def test_a_planted_driver_is_seen_by_both_and_comes_first(table):
    assert table.loc[DRIVER, "seen_by"] == "both"
    assert table.index[0] == DRIVER
    assert table.loc[DRIVER, "coefficient_low"] > 0


def test_what_means_nothing_is_not_seen_by_both(table):
    assert not (table.loc[[*NOISES, feature_analysis.NOISE], "seen_by"] == "both").any()


def test_each_feature_has_a_line_with_its_meaning_and_noise_is_the_yardstick(table):
    assert set(table.index) == {DRIVER, WEAK, *NOISES, feature_analysis.NOISE}
    assert table.loc[DRIVER, ["meaning", "family", "view"]].tolist() == [
        "mean intent to buy, 1 to 5", "survey", "journey",
    ]  # fmt: skip
    assert table.loc[feature_analysis.NOISE, "meaning"] == "random numbers"
    assert table["permutation"].is_monotonic_decreasing
    assert (table["permutation_low"] <= table["permutation"]).all()
    assert (table["permutation"] <= table["permutation_high"]).all()


def test_the_share_of_missing_values_is_that_of_training_rows(table):
    train = launch_data(PARAMS, families=60).train
    assert table.loc[WEAK, "missing"] == train[WEAK].isna().mean() > 0
    assert table.loc[DRIVER, "missing"] == 0


def test_impurity_importance_is_shared_out_whole(table):
    assert table["impurity"].sum() == pytest.approx(1)


def test_a_leak_is_suspected_by_name_and_nothing_else_is():
    frame = launch_frame(PARAMS)
    leak = frame["y"].fillna(0) + np.random.default_rng(1).normal(scale=0.1, size=len(frame))
    for sign in (1, -1):
        table = analysed(frame.assign(persistence=sign * leak))
        assert leaks.of_outcome(table).index.tolist() == ["persistence"]


def test_an_honest_driver_is_no_suspect(table):
    assert leaks.of_outcome(table).empty
    assert 0.5 <= table["single_auc"].min() <= table["single_auc"].max() < leaks.SUSPICIOUS


def test_a_column_that_is_filled_in_once_the_outcome_is_there_is_a_suspect():
    frame = launch_frame(PARAMS)
    filled = pd.Series(np.random.default_rng(1).normal(size=len(frame))).where(frame["y"] == 1)
    assert leaks.of_outcome(analysed(frame.assign(persistence=filled))).index.tolist() == ["persistence"]


def test_a_feature_that_counts_the_days_tells_the_time_and_not_the_outcome():
    frame = launch_frame(PARAMS)
    days = (frame["as_of"] - frame["as_of"].min()).dt.days + np.random.default_rng(2).normal(size=len(frame))
    table = analysed(frame.assign(persistence=days))
    assert leaks.of_time(table).index.tolist() == ["persistence"]
    assert leaks.of_outcome(table).empty


def test_a_suspect_is_named_from_the_limit_on():
    table = pd.DataFrame({"feature": ["a", "b", "c"], "single_auc": [0.9499, 0.95, 1.0]})
    assert leaks.of_outcome(table)["feature"].tolist() == ["b", "c"]


def test_validation_rows_do_not_enter(table):
    frame = launch_frame(PARAMS, families=60)
    spoiled = frame["role"] != "train"
    frame.loc[spoiled, [DRIVER, WEAK, *NOISES]] = 1e6
    frame.loc[spoiled, "y"] = 1.0
    pd.testing.assert_frame_equal(analysed(frame), table)


@pytest.fixture(scope="module")
def linear_rows():
    rows = launch_data(PARAMS, families=60).train
    return rows, linear.coefficients(linear.fit(rows, [DRIVER, WEAK, *NOISES]))


def standardised(rows, names):
    filled = rows[names].fillna(rows[names].median())
    return (filled - filled.mean()) / filled.std(ddof=0)


def test_ols_coefficients_are_those_of_least_squares_on_standardised_features(linear_rows):
    rows, table = linear_rows
    fitted = LinearRegression().fit(standardised(rows, list(table.index)), rows["y"])
    np.testing.assert_allclose(table["coefficient"], fitted.coef_)


def test_ols_intervals_come_from_a_sandwich_over_whole_families(linear_rows):
    rows, table = linear_rows
    x = standardised(rows, list(table.index)).to_numpy()
    x = np.c_[np.ones(len(x)), x]
    bread = np.linalg.inv(x.T @ x)
    residual = rows["y"].to_numpy() - x @ bread @ x.T @ rows["y"].to_numpy()
    scores = pd.DataFrame(x * residual[:, None]).groupby(rows["family"].to_numpy()).sum().to_numpy()
    g, (n, k) = len(scores), x.shape
    variance = bread @ scores.T @ scores @ bread * g / (g - 1) * (n - 1) / (n - k)
    half = t.ppf(0.975, g - 1) * np.sqrt(np.diag(variance))[1:]
    np.testing.assert_allclose(table["coefficient_high"] - table["coefficient"], half, rtol=1e-6)
    np.testing.assert_allclose(table["coefficient"] - table["coefficient_low"], half, rtol=1e-6)


def test_with_too_few_families_ols_gives_coefficients_and_no_intervals(linear_rows):
    rows, table = linear_rows
    few = rows.assign(family=rows["family"].str[-1])
    assert few["family"].nunique() < linear.FEWEST_FAMILIES
    found = linear.coefficients(linear.fit(few, list(table.index)))
    pd.testing.assert_series_equal(found["coefficient"], table["coefficient"])
    assert found[["coefficient_low", "coefficient_high", "p_adjusted"]].isna().all().all()
    assert (
        feature_analysis.analyse(from_frame("launch", launch_frame(PARAMS, families=12)), PARAMS)[0]["seen_by"]
        .isin(["forest only", "neither"])
        .all()
    )


def test_a_vif_is_one_over_what_the_other_features_leave_unexplained(linear_rows):
    rows, _ = linear_rows
    rows = rows.assign(price=rows[DRIVER] + 0.5 * rows["price"])
    table = linear.coefficients(linear.fit(rows, [DRIVER, WEAK, *NOISES]))
    x = standardised(rows, list(table.index))
    others = x.drop(columns="price")
    unexplained = 1 - LinearRegression().fit(others, x["price"]).score(others, x["price"])
    assert table.loc["price", "vif"] == pytest.approx(1 / unexplained)
    assert table.loc["price", "vif"] > 4


def test_a_feature_that_repeats_earlier_ones_gets_no_coefficient(linear_rows):
    rows, table = linear_rows
    doubled = rows.assign(survey_answers=2 * rows[DRIVER] + 3, survey_top_two=rows[DRIVER] - rows["price"])
    found = linear.coefficients(linear.fit(doubled, [DRIVER, WEAK, *NOISES, "survey_answers", "survey_top_two"]))
    assert found.loc[["survey_answers", "survey_top_two"]].isna().all().all()
    pd.testing.assert_frame_equal(found.loc[table.index], table)


def test_p_values_are_corrected_for_their_number_as_benjamini_and_hochberg_say(linear_rows):
    rows, table = linear_rows
    freedom = rows["family"].nunique() - 1
    error = (table["coefficient_high"] - table["coefficient"]) / t.ppf(0.975, freedom)
    p = pd.Series(2 * t.sf((table["coefficient"] / error).abs(), freedom), index=table.index)
    descending = p.sort_values(ascending=False)
    corrected = (descending * len(p) / np.arange(len(p), 0, -1)).cummin()
    np.testing.assert_allclose(table["p_adjusted"], corrected.reindex(p.index), rtol=1e-6)


def test_a_family_is_judged_whole_by_every_method(table):
    data = from_frame("launch", launch_frame(PARAMS, families=60).drop(columns="survey_top_two"))
    found = feature_analysis.analyse(data, PARAMS)[1].set_index("family")
    assert found.index[0] == "survey" and found.loc["survey", "seen_by"] == "both"
    assert not (found.loc[["plan", "linkedin", "email", "noise"], "seen_by"] == "both").any()
    assert found["features"].sum() == len(table)
    assert found.loc["survey", "stability"] == 1


def test_features_that_say_the_same_stand_in_for_each_other_but_their_family_is_seen():
    rows = launch_data(PARAMS, families=60).train
    rng = np.random.default_rng(3)
    rows = rows.assign(**{f"copy{i}": rows[DRIVER] + 0.05 * rng.normal(size=len(rows)) for i in range(3)})
    names = [f"copy{i}" for i in range(3)] + list(NOISES)
    folds = importance.held_out(rows, names, PARAMS)
    alone = importance.of_features(folds, PARAMS)
    together = importance.of_groups(folds, {"copies": names[:3], "price": ["price"]}, PARAMS)
    assert together.loc["copies", "permutation_low"] > 2 * alone.loc[names[:3], "permutation"].max()
    assert abs(together.loc["price", "permutation"]) < 0.03


def test_a_group_of_one_is_shuffled_as_the_feature_is(monkeypatch):
    monkeypatch.setattr(importance, "SHUFFLES", 60)
    rows = launch_data(PARAMS, families=60).train
    folds = importance.held_out(rows, [DRIVER, WEAK, *NOISES], PARAMS)
    found = importance.of_groups(folds, {"driver": [DRIVER]}, PARAMS).loc["driver", "permutation"]
    assert found == pytest.approx(importance.of_features(folds, PARAMS).loc[DRIVER, "permutation"], abs=0.03)


def test_evidence_that_copies_share_out_is_found_by_testing_them_together():
    rows = launch_data(PARAMS, families=60, strength=0.6).train
    rng = np.random.default_rng(3)
    rows = rows.assign(**{f"copy{i}": rows[DRIVER] + 0.2 * rng.normal(size=len(rows)) for i in range(4)})
    names = [f"copy{i}" for i in range(4)] + list(NOISES)
    fitted = linear.fit(rows, names)
    alone = linear.coefficients(fitted)["p_adjusted"]
    together = linear.of_groups(fitted, {"copies": names[:4], "noises": names[4:]})
    assert together["copies"] < alone[names[:4]].min() and together["copies"] < 0.001
    assert together["noises"] > 0.05


def test_a_group_test_of_one_feature_is_its_own_test(linear_rows):
    rows, table = linear_rows
    alone = linear.of_groups(linear.fit(rows, list(table.index)), {name: [name] for name in table.index})
    np.testing.assert_allclose(alone, table["p_adjusted"], rtol=1e-6)
    few = rows[rows["family"] < "F20"]
    assert linear.of_groups(linear.fit(few, list(table.index)), {"driver": [DRIVER]}).isna().all()


def test_mutual_information_sees_what_is_not_straight():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"bent": rng.normal(size=900), "nothing": rng.normal(size=900)})
    rows["y"] = (rows["bent"].abs() > 0.7).astype(float)
    told = importance.mutual_information(rows, ["bent", "nothing"], PARAMS)
    assert told["bent"] > 0.4 and told["nothing"] < 0.05


@pytest.mark.parametrize(
    ("low", "p", "seen"),
    [(0.03, 0.01, "both"), (0.03, 0.06, "forest only"), (0.01, 0.01, "OLS only"), (0.02, 0.05, "neither")],
)
def test_who_sees_a_feature_is_decided_by_noise_and_by_the_corrected_p(low, p, seen):
    table = pd.DataFrame(
        {"permutation_low": [low, -0.01], "permutation_high": [0.1, 0.02], "p_adjusted": [p, 0.5]},
        index=["f", feature_analysis.NOISE],
    )
    assert feature_analysis._seen_by(table).tolist() == [seen, "neither"]


def test_ols_sees_only_what_it_is_surer_of_than_of_noise():
    table = pd.DataFrame(
        {"permutation_low": -1.0, "permutation_high": 0.1, "p_adjusted": [0.01, 0.03, np.nan, 0.02]},
        index=["sure", "unsure", "left out", feature_analysis.NOISE],
    )
    assert feature_analysis._seen_by(table).tolist() == ["OLS only", "neither", "neither", "neither"]
    unfitted = table.assign(p_adjusted=[0.01, 0.03, np.nan, np.nan])
    assert feature_analysis._seen_by(unfitted).tolist() == ["OLS only", "OLS only", "neither", "neither"]


def test_noise_below_zero_is_no_licence_for_a_feature_below_zero():
    table = pd.DataFrame(
        {"permutation_low": [-0.01, -0.05], "permutation_high": [0.1, -0.02], "p_adjusted": [0.5, 0.5]},
        index=["f", feature_analysis.NOISE],
    )
    assert feature_analysis._seen_by(table).tolist() == ["neither", "neither"]
