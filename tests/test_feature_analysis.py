"""Feature analysis: planted drivers are seen, noise is not, and what is too good to be true is named."""

import numpy as np
import pandas as pd
import pytest
from micro import window
from scipy.stats import t
from sklearn.linear_model import LinearRegression
from synthetic import DRIVER, NOISES, WEAK, launch_data, launch_frame

from insights import feature_analysis
from insights.modeling.dataset import from_frame

PARAMS = window()


@pytest.fixture(scope="module", autouse=True)
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feature_analysis, "TREES", 25)
        yield


def analysed(frame):
    """Return the analysis of a feature table without the survey's copy of the driver."""
    data = from_frame("launch", frame.drop(columns="survey_top_two"))
    return feature_analysis.analyse(data, PARAMS).set_index("feature")


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
        assert feature_analysis.suspects(table).index.tolist() == ["persistence"]


def test_an_honest_driver_is_no_suspect(table):
    assert feature_analysis.suspects(table).empty
    assert 0.5 <= table["single_auc"].min() <= table["single_auc"].max() < feature_analysis.SUSPICIOUS_AUC


def test_a_suspect_is_named_from_the_limit_on():
    table = pd.DataFrame({"feature": ["a", "b", "c"], "single_auc": [0.9499, 0.95, 1.0]})
    assert feature_analysis.suspects(table)["feature"].tolist() == ["b", "c"]


def test_validation_rows_do_not_enter(table):
    frame = launch_frame(PARAMS, families=60)
    spoiled = frame["role"] != "train"
    frame.loc[spoiled, [DRIVER, WEAK, *NOISES]] = 1e6
    frame.loc[spoiled, "y"] = 1.0
    pd.testing.assert_frame_equal(analysed(frame), table)


@pytest.fixture(scope="module")
def linear():
    rows = launch_data(PARAMS, families=60).train
    return rows, feature_analysis.ols(rows, [DRIVER, WEAK, *NOISES])


def standardised(rows, names):
    filled = rows[names].fillna(rows[names].median())
    return (filled - filled.mean()) / filled.std(ddof=0)


def test_ols_coefficients_are_those_of_least_squares_on_standardised_features(linear):
    rows, table = linear
    fitted = LinearRegression().fit(standardised(rows, list(table.index)), rows["y"])
    np.testing.assert_allclose(table["coefficient"], fitted.coef_)


def test_ols_intervals_come_from_a_sandwich_over_whole_families(linear):
    rows, table = linear
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


def test_with_too_few_families_ols_gives_coefficients_and_no_intervals(linear):
    rows, table = linear
    few = rows.assign(family=rows["family"].str[-1])
    assert few["family"].nunique() < feature_analysis.FEWEST_FAMILIES
    found = feature_analysis.ols(few, list(table.index))
    pd.testing.assert_series_equal(found["coefficient"], table["coefficient"])
    assert found[["coefficient_low", "coefficient_high", "p_adjusted"]].isna().all().all()
    assert (
        feature_analysis.analyse(from_frame("launch", launch_frame(PARAMS, families=12)), PARAMS)["seen_by"]
        .isin(["forest only", "neither"])
        .all()
    )


def test_a_vif_is_one_over_what_the_other_features_leave_unexplained(linear):
    rows, _ = linear
    rows = rows.assign(price=rows[DRIVER] + 0.5 * rows["price"])
    table = feature_analysis.ols(rows, [DRIVER, WEAK, *NOISES])
    x = standardised(rows, list(table.index))
    others = x.drop(columns="price")
    unexplained = 1 - LinearRegression().fit(others, x["price"]).score(others, x["price"])
    assert table.loc["price", "vif"] == pytest.approx(1 / unexplained)
    assert table.loc["price", "vif"] > 4


def test_a_feature_that_repeats_earlier_ones_gets_no_coefficient(linear):
    rows, table = linear
    doubled = rows.assign(survey_answers=2 * rows[DRIVER] + 3, survey_top_two=rows[DRIVER] - rows["price"])
    found = feature_analysis.ols(doubled, [DRIVER, WEAK, *NOISES, "survey_answers", "survey_top_two"])
    assert found.loc[["survey_answers", "survey_top_two"]].isna().all().all()
    pd.testing.assert_frame_equal(found.loc[table.index], table)


def test_p_values_are_corrected_for_their_number_as_benjamini_and_hochberg_say(linear):
    rows, table = linear
    freedom = rows["family"].nunique() - 1
    error = (table["coefficient_high"] - table["coefficient"]) / t.ppf(0.975, freedom)
    p = pd.Series(2 * t.sf((table["coefficient"] / error).abs(), freedom), index=table.index)
    descending = p.sort_values(ascending=False)
    corrected = (descending * len(p) / np.arange(len(p), 0, -1)).cummin()
    np.testing.assert_allclose(table["p_adjusted"], corrected.reindex(p.index), rtol=1e-6)


def test_families_are_summed_without_negative_importances():
    table = pd.DataFrame(
        {
            "feature": ["a", "b", "c"], "view": ["v", "v", "w"], "family": ["f", "f", "g"],
            "permutation": [0.1, -0.3, 0.2], "p_adjusted": [0.01, 0.2, np.nan],
        }
    )  # fmt: skip
    found = feature_analysis.by_family(table)
    assert found.to_numpy().tolist() == [["w", "g", 1, 0.2, 0], ["v", "f", 2, 0.1, 1]]


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
