"""Tuning: from the defaults on, the same twice, and judged on rows that no search saw."""

import logging
from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from synthetic import launch_data

from insights.modeling import comparison, learned, metrics, saved, tuning
from insights.timeline import TimeFolds, WindowError, evenly

PARAMS = window(modeling={"tuning_trials": 3, "forest_trees": 6})
MAKERS = {"logistic": learned.logistic, "forest": learned.forest, "boosting": learned.boosting}
NAMES = list(MAKERS)


@pytest.fixture(scope="module")
def data():
    return launch_data(PARAMS)


@pytest.fixture(scope="module")
def found(data):
    return {name: tuning.tune(made(name, data), data.train, PARAMS) for name in NAMES}


def made(name, data, params=PARAMS, **values):
    """Return a model of the ladder with its defaults, or with some of them worse."""
    model = MAKERS[name](data.features, params)
    model.estimator.set_params(**{f"model__{key}": value for key, value in values.items()})
    return model


def own(model):
    """Return the hyper-parameters of a model's last step."""
    return model.estimator.named_steps["model"].get_params()


def values(trials, number):
    """Return the hyper-parameters of a trial as text."""
    return {key: str(trials.at[number, key]) for key in trials if key not in ("trial", "roc_auc")}


def grouped(data, *sizes):
    """Return a dataset whose products fall into as many families as there are sizes, alike in share to these."""
    names = np.repeat([f"G{k}" for k in range(len(sizes))], sizes)
    place = data.frame["product_id"].str[1:].astype(int) % len(names)
    return replace(data, frame=data.frame.assign(family=names[place]))


def limited(**modeling):
    """Return the parameters of these tests with some of them changed."""
    return window(modeling={"tuning_trials": 3, "forest_trees": 6} | modeling)


def out_of_fold(model, rows, folds):
    return comparison.judge_out_of_fold(model, rows, folds).scores["roc_auc"].mean()


@pytest.mark.parametrize("name", NAMES)
def test_trial_0_has_the_defaults_and_is_judged_on_the_folds_of_everything_else(name, data, found):
    trials, model = found[name].trials, made(name, data)
    assert values(trials, 0) == {key: str(own(model)[key]) for key in tuning.SPACES[name]}
    assert trials.at[0, "roc_auc"] == out_of_fold(model, data.train, TimeFolds(data.train, PARAMS.modeling.folds))


@pytest.mark.parametrize("name", NAMES)
def test_the_tuned_model_has_the_values_of_the_best_trial_and_reaches_what_that_reached(name, data, found):
    tuned, trials = found[name].model, found[name].trials
    best = trials["roc_auc"].idxmax()
    assert values(trials, best) == {key: str(own(tuned)[key]) for key in tuning.SPACES[name]}
    folds = TimeFolds(data.train, PARAMS.modeling.folds)
    assert trials.at[best, "roc_auc"] == out_of_fold(tuned, data.train, folds)
    assert found[name].seen_gain == trials.at[best, "roc_auc"] - trials.at[0, "roc_auc"]


@pytest.mark.parametrize("name", NAMES)
def test_tuning_changes_nothing_of_a_model_but_what_it_searches(name, data):
    before = replace(made(name, data), threshold_=0.3)
    tuned = tuning.tune(before, data.train, PARAMS).model
    assert (tuned.name, tuned.features, tuned.threshold_) == (name, data.features, 0.3)
    assert not hasattr(tuned, "fitted_") and not hasattr(before, "fitted_")
    fixed = own(before).keys() - tuning.SPACES[name].keys()
    assert {key: own(tuned)[key] for key in fixed} == {key: own(before)[key] for key in fixed}
    assert own(before) == own(made(name, data))


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_lie_within_the_space(name, data):
    defaults = own(made(name, data))
    for key, space in tuning.SPACES[name].items():
        assert space._contains(space.to_internal_repr(defaults[key])), key


def test_a_forest_is_tuned_with_fewer_trees_and_keeps_its_own(data, monkeypatch):
    seen = []
    monkeypatch.setattr(tuning, "_over", lambda model, *rest: seen.append(own(model)["n_estimators"]) or 0.5)
    for trees in (250, 20):
        model = made("forest", data, n_estimators=trees)
        assert own(tuning.tune(model, data.train, PARAMS).model)["n_estimators"] == trees
    assert seen == [tuning.TREES] * 3 + [20] * 3


@pytest.mark.parametrize("name", NAMES)
def test_two_searches_try_and_find_the_same_however_many_threads(name, data, found):
    params = window(modeling={"tuning_trials": 3, "forest_trees": 6}, compute={"threads": 3 - PARAMS.compute.threads})
    again = tuning.tune(made(name, data, params), data.train, params)
    assert again.trials.to_csv().encode() == found[name].trials.to_csv().encode()


def test_another_seed_tries_other_values(data, found):
    other = tuning.tune(made("logistic", data), data.train, limited(seed=8)).trials
    assert other["C"].iloc[0] == found["logistic"].trials["C"].iloc[0]
    assert not set(other["C"].iloc[1:]) & set(found["logistic"].trials["C"])


def searched(name, data, score, params):
    """Tune where a function of the hyper-parameters stands in for fitting and judging."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "_over", lambda model, *rest: score(own(model)))
        return tuning.tune(made(name, data), data.train, params)


@given(st.sampled_from(NAMES), st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 7))
@brisk
def test_every_trial_lies_within_the_space_and_the_best_is_found(data, name, seed, trials, steps):
    rough = {"logistic": "C", "forest": "min_samples_leaf", "boosting": "max_iter"}[name]
    tuned = searched(
        name, data, lambda v: round(np.sin(v[rough]) * steps) / steps, limited(seed=seed, tuning_trials=trials)
    )
    assert tuned.trials["trial"].tolist() == list(range(trials))
    assert tuned.seen_gain >= 0
    assert round(np.sin(own(tuned.model)[rough]) * steps) / steps == tuned.trials["roc_auc"].max()
    for key, space in tuning.SPACES[name].items():
        tried = tuned.trials[key]
        if isinstance(space, optuna.distributions.CategoricalDistribution):
            assert set(tried) <= {str(choice) for choice in space.choices}
        else:
            assert tried.between(space.low, space.high).all()


@pytest.mark.parametrize("name", NAMES)
def test_where_nothing_beats_the_defaults_they_stay(name, data):
    tuned = searched(name, data, lambda _: 0.5, limited(tuning_trials=8))
    assert own(tuned.model) == own(made(name, data))
    assert tuned.seen_gain == 0


def test_later_trials_follow_what_earlier_ones_told(data):
    at = {
        sign: searched("logistic", data, lambda v, s=sign: s * np.log(v["C"]), limited(tuning_trials=40)).trials["C"]
        for sign in (1, -1)
    }
    assert at[1].iloc[1 : tuning.RANDOM].tolist() == at[-1].iloc[1 : tuning.RANDOM].tolist()
    assert at[1].iloc[20:].median() > 10 * at[-1].iloc[20:].median()


def test_more_rows_than_allowed_are_thinned_out_evenly(data, monkeypatch):
    seen = []
    monkeypatch.setattr(tuning, "_over", lambda model, rows, folds: seen.append((rows, folds)) or 0.5)
    tuning.tune(made("logistic", data), data.train, limited(tpot_rows=120))
    for rows, folds in seen:
        pd.testing.assert_frame_equal(rows, evenly(data.train, 120))
        assert folds.get_n_splits() == TimeFolds(evenly(data.train, 120), 3).get_n_splits()


def test_a_model_without_a_space_is_refused_and_gets_no_row(data):
    margin = replace(made("logistic", data), name="margin")
    with pytest.raises(ValueError, match="margin is not tuned; those that are: logistic, forest, boosting"):
        tuning.tune(margin, data.train, PARAMS)
    table = tuning.bought([margin, made("logistic", data)], data.train, limited(tuning_trials=1))
    assert table["model"].tolist() == ["logistic"]


def test_rows_that_are_too_few_for_folds_are_refused_with_the_arithmetic(data):
    with pytest.raises(WindowError, match="4 training rows of 4 product families"):
        tuning.tune(made("logistic", data), data.train.iloc[:4], PARAMS)


@pytest.mark.parametrize("name", NAMES)
def test_a_tuned_model_and_its_trials_can_be_saved(name, data, found, tmp_path):
    model = replace(found[name].model).fit(data.train, data.train["y"].to_numpy(dtype=int))
    saved.save(model, tmp_path / "model.skops")
    np.testing.assert_array_equal(
        saved.load(tmp_path / "model.skops").score(data.validate), model.score(data.validate)
    )
    assert not any(isinstance(value, np.generic) for value in own(model).values())
    found[name].trials.to_parquet(tmp_path / "trials.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "trials.parquet"), found[name].trials)


def test_progress_is_told_trial_by_trial_and_by_fold_where_there_are_folds(data, monkeypatch):
    told = []
    monkeypatch.setattr(tuning, "report", told.append)
    tuning.tune(made("logistic", data), data.train, PARAMS, "launch")
    tuning.tune(made("logistic", data), data.train, limited(tuning_trials=1))
    assert told[1:] == [
        "launch: tuning logistic, 2 of 3 trials",
        "launch: tuning logistic, 3 of 3 trials",
        "tuning logistic, 1 of 1 trials",
    ]
    told.clear()
    tuning.bought([made("logistic", data)], data.train, limited(tuning_trials=1), "launch")
    assert told == [f"launch, fold {k} of 3: tuning logistic, 1 of 1 trials" for k in (1, 2, 3)]


class Heard(logging.Handler):
    """A handler that keeps what is said."""

    def __init__(self):
        super().__init__()
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


@pytest.fixture
def heard():
    """Return what optuna says from here on, at its usual loudness."""
    handler, before = Heard(), optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.INFO)
    logging.getLogger("optuna").addHandler(handler)
    yield handler.said
    logging.getLogger("optuna").removeHandler(handler)
    optuna.logging.set_verbosity(before)


def test_optuna_says_nothing_of_trials_and_is_as_loud_as_before_afterwards(data, heard):
    tuning.tune(made("logistic", data), data.train, PARAMS)
    assert heard == []
    optuna.create_study()
    assert len(heard) == 1


def test_an_error_in_a_trial_comes_through_and_leaves_optuna_as_loud_as_before(data, heard, monkeypatch):
    monkeypatch.setattr(tuning, "_over", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tuning.tune(made("logistic", data), data.train, PARAMS)
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def by_hand(name, data, params):
    """Return, fold by fold, what was promised, and the outcomes, families and scores of rows held out."""
    rows, y = data.train, data.train["y"].to_numpy(dtype=int)
    for fit, judge in TimeFolds(rows, params.modeling.folds).split():
        tuned = tuning.tune(made(name, data), rows.iloc[fit].reset_index(drop=True), params)
        scores = [
            model.fit(rows.iloc[fit], y[fit]).score(rows.iloc[judge]) for model in (made(name, data), tuned.model)
        ]
        yield tuned.seen_gain, y[judge], rows["family"].iloc[judge], *scores


@pytest.mark.parametrize("name", ["logistic", "forest"])
def test_what_tuning_bought_is_that_of_tuning_within_each_fold_by_hand(name, data):
    row = tuning.bought([made(name, data)], data.train, PARAMS).iloc[0]
    folds = list(by_hand(name, data, PARAMS))
    default, tuned = (np.mean([metrics.roc_auc(fold[1], fold[k]) for fold in folds]) for k in (3, 4))
    assert row[["default", "tuned", "gain"]].tolist() == pytest.approx([default, tuned, tuned - default])
    assert row["seen_gain"] == pytest.approx(np.mean([fold[0] for fold in folds]))
    assert row[["model", "trials", "folds", "left_out"]].tolist() == [name, 3, 3, 0]
    rng, draws = np.random.default_rng([PARAMS.modeling.seed, 7]), []
    for _, y, family, one, other in folds:
        weights = metrics.cluster_weights(family, PARAMS.modeling.bootstrap_repeats, rng)
        draws.append(metrics.auc_draws(y, other, weights) - metrics.auc_draws(y, one, weights))
    assert row[["low", "high"]].tolist() == pytest.approx(np.quantile(np.mean(draws, axis=0), [0.025, 0.975]))


def test_no_search_sees_a_row_that_its_fold_holds_out(data, monkeypatch):
    seen, original = [], tuning._search

    def watched(model, rows, *rest):
        seen.append(rows)
        return original(model, rows, *rest)

    monkeypatch.setattr(tuning, "_search", watched)
    tuning.bought([made("logistic", data)], data.train, limited(tuning_trials=1, tpot_rows=60))
    splits = list(TimeFolds(data.train, 3).split())
    assert len(seen) == len(splits)
    for rows, (fit, judge) in zip(seen, splits, strict=True):
        held_out = data.train.iloc[judge]
        assert len(rows) == min(60, len(fit))
        assert not set(rows["family"]) & set(held_out["family"])
        assert rows["resolved_at"].max() <= held_out["as_of"].min()


def test_defaults_that_are_kept_buy_exactly_nothing_and_are_not_worth_changing(data):
    models = [made(name, data) for name in NAMES]
    table = tuning.bought(models, data.train, limited(tuning_trials=1))
    assert list(table) == list(tuning.COLUMNS)
    assert table["model"].tolist() == NAMES
    assert (table[["gain", "low", "high", "seen_gain"]] == 0).all(axis=None)
    assert not any(tuning.worth(row) for _, row in table.iterrows())
    assert not any(hasattr(model, "fitted_") for model in models)


def test_a_planted_fault_of_the_defaults_is_found_and_worth_mending(data):
    unable = made("forest", data, min_samples_leaf=60)
    row = tuning.bought([unable], data.train, limited(tuning_trials=4)).iloc[0]
    assert 0 < row["low"] <= row["gain"] <= row["high"]
    assert row["tuned"] > row["default"] + 0.1
    assert tuning.worth(row)


def test_of_noise_tuning_promises_what_rows_it_did_not_see_do_not_confirm():
    params = limited(tuning_trials=5)
    promised, kept = [], []
    for seed in range(2):
        data = launch_data(params, strength=0.0, seed=seed)
        row = tuning.bought([made("forest", data)], data.train, params).iloc[0]
        promised.append(row["seen_gain"])
        kept.append(row["gain"])
        assert not tuning.worth(row)
    assert min(promised) > 0
    assert np.mean(promised) > np.mean(kept) + 0.005


def test_whole_families_are_resampled_so_that_one_family_a_fold_leaves_nothing_to_vary(data):
    data, params = grouped(data, 1, 1, 1), limited()
    row = tuning.bought([made("forest", data)], data.train, params).iloc[0]
    assert row["folds"] == 3 and row["gain"] != 0
    assert row[["low", "high"]].tolist() == pytest.approx([row["gain"]] * 2)


def test_a_fold_that_cannot_be_tuned_in_is_left_out_of_every_figure_and_counted(data):
    data, params = grouped(data, 2, 1, 1), limited(folds=2)
    fits = [data.train["family"].iloc[fit].nunique() for fit, _ in TimeFolds(data.train, 2).split()]
    assert sorted(fits) == [1, 2]
    row = tuning.bought([made("logistic", data)], data.train, params).iloc[0]
    assert row[["folds", "left_out"]].tolist() == [1, 1]
    alone = list(TimeFolds(data.train, 2).split())[fits.index(2)]
    y = data.train["y"].to_numpy(dtype=int)
    score = made("logistic", data).fit(data.train.iloc[alone[0]], y[alone[0]]).score(data.train.iloc[alone[1]])
    assert row["default"] == metrics.roc_auc(y[alone[1]], score)
    assert row[["tuned", "gain", "low", "high", "seen_gain"]].notna().all()


def test_where_no_fold_can_be_tuned_in_nothing_is_claimed_and_the_defaults_stay(data):
    data, params = grouped(data, 1, 1), limited(folds=2)
    row = tuning.bought([made("logistic", data)], data.train, params).iloc[0]
    assert row[["folds", "left_out"]].tolist() == [0, 2]
    assert row[["default", "tuned", "gain", "low", "high", "seen_gain"]].isna().all()
    assert tuning.worth(row) is False


@pytest.mark.parametrize(
    ("low", "used"), [(0.001, True), (0.0, False), (-0.001, False), (np.nan, False)]
)  # fmt: skip
def test_tuned_values_are_used_only_where_the_whole_interval_of_the_gain_lies_above_0(low, used):
    assert tuning.worth(pd.Series({"gain": 0.1, "low": low, "high": 0.2, "seen_gain": 0.3})) is used


def test_models_that_tuning_is_worth_are_tuned_in_their_place_and_the_others_stay(data):
    poor = made("forest", data, min_samples_leaf=60)
    models = [made("logistic", data), poor]
    params = limited(tuning_trials=4)
    proposals, gains = tuning.applied(models, data.train, params)
    assert [model.name for model in proposals] == ["logistic", "forest"] == gains["model"].tolist()
    for before, after, (_, row) in zip(models, proposals, gains.iterrows(), strict=True):
        tuned = tuning.tune(before, data.train, params).model
        expected = tuned if tuning.worth(row) else before
        assert str(own(after)) == str(own(expected))
    assert tuning.worth(gains.iloc[1])


def test_without_trials_nothing_is_tuned_and_nothing_claimed(data):
    models = [made("logistic", data)]
    proposals, gains = tuning.applied(models, data.train, limited(tuning_trials=0))
    assert proposals is models and gains.empty
