"""Models, baselines and datasets: small promises, each kept to the letter."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from micro import window
from synthetic import DRIVER, NOISES, WEAK, boosted, launch_data, launch_frame

from insights.features import need, registry
from insights.modeling import baselines, dataset, learned, saved, value
from insights.modeling.search import space
from insights.modeling.thresholds import Worth

PARAMS = window()


@pytest.fixture(scope="module")
def data():
    return launch_data(PARAMS)


def fitted(model, data):
    """Return a model fitted on the training rows."""
    return model.fit(data.train, data.train["y"].to_numpy(dtype=int))


MAKERS = {
    "logistic": lambda data: learned.logistic(data.features, PARAMS),
    "forest": lambda data: learned.forest(data.features, PARAMS),
    "boosting": lambda data: learned.boosting(data.features, PARAMS),
    "tpot": lambda data: boosted(data.features),
}


def test_rows_that_train_and_validate_are_apart(data):
    assert (data.train["resolved_at"] <= PARAMS.split).all()
    assert (data.validate["as_of"] >= PARAMS.split).all()
    assert len(data.train) + len(data.validate) == data.frame["y"].notna().sum()


def test_features_are_registered_columns_that_vary_where_models_are_fitted():
    frame = launch_frame(PARAMS)
    trained = frame["role"] == "train"
    frame["level"] = 1.0
    frame["rivals"] = np.where(trained, 3.0, np.arange(len(frame)))
    frame["months_on_sale"] = np.where(np.arange(len(frame)) % 2, 1.0, np.nan)
    frame["buyers"] = np.nan
    frame["unheard_of"] = np.arange(len(frame))
    found = dataset.from_frame("launch", frame).features
    assert sorted(found) == sorted([DRIVER, WEAK, *NOISES, "months_on_sale", "survey_top_two"])


def test_candidates_have_no_outcome_and_neither_train_nor_validate(data):
    assert len(data.candidates) == 10
    assert data.candidates["y"].isna().all()
    assert not set(data.candidates["product_id"]) & {*data.train["product_id"], *data.validate["product_id"]}


def test_rows_resemble_each_other_within_a_family_or_a_learner(data):
    assert data.clusters == "family"
    assert dataset.Dataset("completion", data.frame, []).clusters == "learner_id"


@pytest.mark.parametrize("name", MAKERS)
def test_a_model_learns_the_planted_driver_and_gives_probabilities(data, name):
    model = fitted(MAKERS[name](data), data)
    score = model.score(data.validate)
    assert score.shape == (len(data.validate),)
    assert ((score >= 0) & (score <= 1)).all()
    high = data.validate[DRIVER] > 1
    assert score[high].mean() > score[~high].mean() + 0.2


@pytest.mark.parametrize("name", MAKERS)
def test_scores_are_the_same_to_the_bit_however_many_threads(data, name):
    one, two = window(compute={"threads": 1}), window(compute={"threads": 2})
    if name == "forest":
        models = [learned.forest(data.features, params) for params in (one, two)]
        assert [m.estimator.named_steps["model"].n_jobs for m in models] == [1, 2]
    else:
        models = [MAKERS[name](data), MAKERS[name](data)]
    first, second = (fitted(model, data).score(data.validate) for model in models)
    np.testing.assert_array_equal(first, second)


def test_a_fitted_forest_predicts_on_one_thread(data):
    model = fitted(learned.forest(data.features, window(compute={"threads": 2})), data)
    assert model.fitted_.named_steps["model"].n_jobs == 1


def test_fitting_leaves_the_estimator_itself_unfitted_and_the_rows_unchanged(data):
    model, before = learned.logistic(data.features, PARAMS), data.train.copy()
    fitted(model, data)
    assert not hasattr(model.estimator.named_steps["model"], "coef_")
    pd.testing.assert_frame_equal(data.train, before)


def test_a_decision_is_1_from_the_threshold_on(data):
    model = fitted(learned.logistic(data.features, PARAMS), data)
    score = model.score(data.validate)
    model.threshold_ = float(np.sort(score)[-7])
    assert model.decide(data.validate).sum() == 7


def test_a_model_reads_its_own_features_and_no_others(data):
    model = fitted(learned.logistic(data.features, PARAMS).on([DRIVER]), data)
    spoiled = data.validate.assign(**dict.fromkeys([WEAK, *NOISES, "y"], 99.0))
    np.testing.assert_array_equal(model.score(data.validate), model.score(spoiled))


def test_a_feature_that_is_missing_everywhere_stops_no_model(data):
    rows = data.train.assign(**{WEAK: np.nan})
    for name in ("logistic", "forest"):
        model = MAKERS[name](data).fit(rows, rows["y"].to_numpy(dtype=int))
        assert np.isfinite(model.score(data.validate)).all()


def test_a_searched_pipeline_says_the_share_of_1_where_no_known_value_varies(data):
    steps = [["VarianceThreshold", {}], ["StandardScaler", {}], ["LogisticRegression", {}]]
    rows = data.train.assign(**{DRIVER: np.where(np.arange(len(data.train)) % 2, 3.0, np.nan)})
    model = learned.Searched("tpot", space.made(steps), [DRIVER])
    said = model.fit(rows, rows["y"].to_numpy()).score(data.validate)
    np.testing.assert_allclose(said, rows["y"].mean())
    assert np.ptp(model.fit(data.train, data.train["y"].to_numpy()).score(data.validate)) > 0


@pytest.mark.parametrize("features", [[DRIVER], [DRIVER, WEAK], [DRIVER, WEAK, *NOISES]])
def test_a_searched_pipeline_keeps_at_least_one_feature_to_learn_from(data, features):
    steps = [["SelectPercentile", {"percentile": 20}], ["LogisticRegression", {}]]
    model = learned.Searched("tpot", space.made(steps), features)
    said = model.fit(data.train, data.train["y"].to_numpy()).score(data.validate)
    assert np.ptp(said) > 0.2
    assert model.estimator.named_steps["selectpercentile"].percentile == 20


@pytest.mark.parametrize("name", MAKERS)
def test_a_saved_model_says_the_same_when_it_is_read_again(data, name, tmp_path):
    model = fitted(MAKERS[name](data), data)
    model.threshold_, model.calibration_, model.worth_ = 0.375, (0.5, -1.0), Worth(-0.5, 1.5)
    saved.save(model, tmp_path / "folder" / "model.skops")
    read = saved.load(tmp_path / "folder" / "model.skops")
    assert (read.name, read.features, read.threshold_) == (model.name, model.features, 0.375)
    assert read.calibration_ == (0.5, -1.0) == read.on([DRIVER]).calibration_
    assert read.worth_ == model.worth_
    np.testing.assert_array_equal(read.score(data.validate), model.score(data.validate))
    np.testing.assert_array_equal(read.decide(data.validate), model.decide(data.validate))


def test_a_model_that_was_read_can_be_fitted_again_on_fewer_features(data, tmp_path):
    saved.save(fitted(learned.logistic(data.features, PARAMS), data), tmp_path / "model.skops")
    read = saved.load(tmp_path / "model.skops").on([DRIVER])
    expected = fitted(learned.logistic([DRIVER], PARAMS), data).score(data.validate)
    np.testing.assert_array_equal(fitted(read, data).score(data.validate), expected)


class Foreign:
    """Something that no model of ours holds."""

    def __init__(self):
        self.command = "whoami"


def test_a_model_file_with_a_foreign_type_is_refused_by_name(data, tmp_path):
    path = tmp_path / "model.skops"
    content = {"name": "m", "estimator": Foreign(), "features": [], "threshold": 0.5}
    skops.io.dump(content, path)
    with pytest.raises(saved.ModelFileError, match=r"model\.skops: holds test_models\.Foreign"):
        saved.load(path)


def scored(values, cutoff=None):
    """Return scores and decisions of a rule on values, fitted on 1, 2 and 6."""
    rule = baselines.ColumnRule("r", "v", cutoff).fit(pd.DataFrame({"v": [1.0, 2.0, 6.0]}), np.zeros(3))
    rows = pd.DataFrame({"v": values})
    return rule.score(rows).tolist(), rule.decide(rows).tolist()


def test_a_rule_scores_by_its_column_and_decides_from_the_training_median():
    assert scored([1.9, 2.0, 7.0]) == ([1.9, 2.0, 7.0], [0, 1, 1])


def test_a_rule_gives_a_missing_value_the_training_median():
    assert scored([np.nan]) == ([2.0], [1])


def test_a_rule_with_a_cutoff_decides_from_it_on():
    assert scored([2.9, 3.0, np.nan], cutoff=3.0) == ([2.9, 3.0, 2.0], [0, 1, 0])


def test_a_rule_whose_column_was_empty_in_training_says_0():
    rule = baselines.ColumnRule("r", "v", 0.5).fit(pd.DataFrame({"v": [np.nan]}), np.zeros(1))
    assert rule.decide(pd.DataFrame({"v": [np.nan, 0.6]})).tolist() == [0, 1]


def test_baselines_are_those_whose_column_the_source_fills(data):
    assert [rule.name for rule in baselines.available("launch", data.train)] == ["panel", "survey"]
    assert baselines.available("completion", data.train) == []


def test_each_call_gives_baselines_of_its_own(data):
    first = baselines.available("launch", data.train)[0].fit(data.train, data.train["y"])
    assert not hasattr(baselines.available("launch", data.train)[0], "median_")
    assert first is not baselines.RULES["launch"][0]


def test_the_margin_is_read_from_what_stands_for_demand():
    every = [f.name for f in registry.features("launch")]
    model = learned.margin(every, PARAMS)
    families = {f.family for f in registry.features("launch", model.features)}
    assert families == {*need.FAMILIES, "opinion", "tone", "season", "audience", "overlap"}
    net = model.estimator.regressor.named_steps["model"]
    assert (net.l1_ratio, net.cv) == (0.5, 4)


def test_what_a_row_is_expected_to_bring_is_not_told_where_nothing_is_asked(data):
    model = fitted(learned.logistic(data.features, PARAMS), data)
    model.worth_ = Worth(-0.5, 1.0)
    rows = data.validate.assign(asked=200.0)
    np.testing.assert_allclose(value.expected(model.worth_, model.score(rows), rows), 200 * (model.score(rows) - 0.5))
    assert np.isnan(value.expected(model.worth_, model.score(rows), rows.drop(columns="asked"))).all()


def test_past_launches_are_followed_from_where_they_reached_their_hurdles():
    rows = pd.DataFrame({"topic_launches_reached": [-0.1, 0.0, 0.1, np.nan]})
    (rule,) = [rule for rule in baselines.available("launch", rows) if rule.name == "past_launches"]
    assert rule.fit(rows, np.zeros(4)).decide(rows).tolist() == [0, 1, 1, 1]
