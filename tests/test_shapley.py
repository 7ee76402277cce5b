"""Shapley values: beside closed forms, beside all coalitions, and how alike refits order what matters."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from scipy.special import logit
from synthetic import WEAK, formula, launch_data

from insights.modeling import learned, probabilities, recommendation
from insights.modeling.dataset import Dataset
from insights.modeling.explanation import shapley, signals

PARAMS = window()
A, B, C = "visitors", "survey_intent", "clicks_last_month"
APART = {"web": [A], "survey": [B], "email": [C]}


def frame(rows, features=(A, B, C), kind="launch", seed=0):
    values = np.random.default_rng(seed).normal(size=(rows, len(features)))
    products = [f"P{number}" for number in range(rows)]
    return pd.DataFrame(values, columns=list(features)).assign(product_id=products, kind=kind)


def by_all_coalitions(model, row, background, groups):
    """Return the Shapley values of a row by their definition, over every coalition of groups."""

    def worth(coalition):
        mixed = background.copy()
        for feature in (f for name in coalition for f in groups[name]):
            mixed[feature] = row[feature]
        return logit(model.score(mixed)).mean()

    found = {}
    for name in groups:
        others = [other for other in groups if other != name]
        found[name] = sum(
            factorial(size) * factorial(len(others) - size) / factorial(len(groups))
            * (worth((*coalition, name)) - worth(coalition))
            for size in range(len(groups)) for coalition in combinations(others, size)
        )  # fmt: skip
    return found


def tangled(rows):
    a, b, c = (np.tanh(rows[name]) for name in (A, B, C))
    return a * b + np.maximum(b, c) - 2 * a * b * c


def linear(rows):
    return 0.8 * rows[A] - 1.5 * rows[B] + 0.1 * rows[C] + 0.3


def values(model, rows, background, groups=APART, **more):
    return shapley.values(model, rows, background, groups, PARAMS, **more)


def test_of_a_model_that_is_linear_in_log_odds_the_values_are_coefficients_times_distances_from_the_mean():
    rows, background = frame(5, seed=1), frame(20, seed=2)
    found = values(formula(linear, [A, B, C]), rows, background, {"both": [A, C], "survey": [B]})
    away = rows[[A, B, C]] - background[[A, B, C]].mean()
    np.testing.assert_allclose(found["both"], 0.8 * away[A] + 0.1 * away[C], atol=1e-12)
    np.testing.assert_allclose(found["survey"], -1.5 * away[B], atol=1e-12)


def test_of_a_fitted_logistic_regression_the_values_are_those_of_its_columns_gaps_among_them():
    data = launch_data(PARAMS)
    model = learned.logistic(data.features, PARAMS)
    model.fit(data.train, data.train["y"].to_numpy(dtype=int))
    groups, background = signals.groups("launch", data.features), shapley.background(data)
    impute, scale, last = model.fitted_.named_steps.values()
    names = [name.removeprefix("missingindicator_") for name in impute.get_feature_names_out(model.features)]

    def columns(rows):
        return scale.transform(impute.transform(rows[model.features])) * last.coef_[0]

    moved = pd.DataFrame(columns(data.candidates) - columns(background).mean(axis=0), columns=names)
    assert names.count(WEAK) == 2 and background[WEAK].isna().any()
    found = values(model, data.candidates, background, groups)
    for name, members in groups.items():
        expected = moved.loc[:, moved.columns.isin(members)].sum(axis=1)
        np.testing.assert_allclose(found[name], expected, atol=1e-9)


def test_of_two_groups_one_walk_there_and_back_is_the_definition():
    rows, background = frame(4, seed=1), frame(7, seed=2)
    groups = {"web": [A, C], "survey": [B]}
    model = formula(tangled, [B, A, C])
    found = values(model, rows, background, groups)
    for number in range(len(rows)):
        expected = by_all_coalitions(model, rows.iloc[number], background, groups)
        assert found.iloc[number].to_dict() == pytest.approx(expected, abs=1e-10)


def test_of_three_groups_many_walks_come_near_the_definition():
    rows, background = frame(2, seed=3), frame(5, seed=4)
    model = formula(tangled, [A, B, C])
    found = values(model, rows, background, pairs=400)
    for number in range(len(rows)):
        expected = by_all_coalitions(model, rows.iloc[number], background, APART)
        assert found.iloc[number].to_dict() == pytest.approx(expected, abs=0.03)


@brisk
@given(
    st.lists(st.floats(-1.5, 1.5), min_size=7, max_size=7), st.integers(1, 12), st.integers(1, 5), st.integers(0, 99)
)  # fmt: skip
def test_the_values_of_a_row_add_up_to_its_log_odds_minus_the_mean_of_the_background(weights, many, few, seed):
    def odds(rows):
        a, b, c = (np.tanh(rows[name]) for name in (A, B, C))
        return sum(w * term for w, term in zip(weights, (a, b, c, a * b, b * c, a * c, a * b * c), strict=True))

    model, rows, background = formula(odds, [A, B, C]), frame(few, seed=seed), frame(many, seed=seed + 100)
    away = shapley.log_odds(model, rows) - shapley.log_odds(model, background).mean()
    np.testing.assert_allclose(values(model, rows, background).sum(axis=1), away, atol=1e-9)


def test_a_forest_adds_up_too_and_its_log_odds_are_no_surer_than_those_of_the_recommendation():
    data = launch_data(PARAMS)
    model = learned.forest(data.features, PARAMS, trees=10)
    model.fit(data.train, data.train["y"].to_numpy(dtype=int))
    background = shapley.background(data, most=10)
    found = values(model, data.candidates, background, signals.groups("launch", data.features))
    sure = probabilities.log_odds(np.array([0.0, 1.0]))
    own, others = (probabilities.log_odds(model.score(rows)) for rows in (data.candidates, background))
    np.testing.assert_allclose(found.sum(axis=1), own - others.mean(), atol=1e-9)
    assert sure.tolist() == pytest.approx([-np.log(999), np.log(999)])


def test_a_group_that_says_nothing_gets_nothing_whether_it_is_read_or_not():
    rows, background = frame(4), frame(9, seed=1)
    model = formula(lambda r: r[A] * r[B], [A, B, C])
    found = values(model, rows, background, APART | {"plan": ["price"]})
    assert list(found) == ["web", "survey", "email", "plan"]
    assert (found[["email", "plan"]] == 0).all(axis=None)
    assert (found[["web", "survey"]] != 0).all(axis=None)


def test_groups_that_are_alike_get_alike():
    rows, background = frame(3), frame(10, seed=1)
    rows[B], background[B] = rows[A], background[A]
    model = formula(lambda r: np.tanh(r[A] * r[C]) + np.tanh(r[B] * r[C]) + r[A] * r[B], [A, B, C])
    found = values(model, rows, background, pairs=200)
    np.testing.assert_allclose(found["web"], found["survey"], atol=0.03)


def test_values_come_out_the_same_twice_and_for_a_row_alone(monkeypatch):
    rows, background = frame(6), frame(9, seed=1)
    model = formula(tangled, [A, B, C])
    found = values(model, rows, background)
    pd.testing.assert_frame_equal(values(model, rows, background), found, check_exact=True)
    pd.testing.assert_frame_equal(values(model, rows.iloc[[4]], background), found.iloc[[4]])
    monkeypatch.setattr(shapley, "AT_ONCE", 7)
    pd.testing.assert_frame_equal(values(model, rows, background), found)
    assert values(model, rows.iloc[:0], background).shape == (0, 3)


def test_a_feature_in_no_group_and_an_empty_background_are_refused():
    rows = frame(3)
    with pytest.raises(ValueError, match=f"{B}.*in no group"):
        values(formula(linear, [A, B, C]), rows, rows, {"web": [A], "email": [C]})
    with pytest.raises(ValueError, match="no background rows"):
        values(formula(linear, [A, B, C]), rows, rows.iloc[:0])


def dated(launches, role="train"):
    """Return a dataset of catalogue rows and launches, a day after the other."""
    both = pd.concat([frame(60, kind="catalogue"), frame(launches, seed=1)], ignore_index=True)
    return Dataset("launch", both.assign(role=role), [A, B, C])


def test_the_background_is_launches_drawn_evenly_and_all_rows_where_launches_are_few():
    data = dated(40)
    assert shapley.background(data, most=4)["product_id"].tolist() == ["P0", "P13", "P26", "P39"]
    assert (shapley.background(data)["kind"] == "launch").all()
    few = dated(shapley.FEWEST_LAUNCHES - 1)
    assert shapley.background(few, most=500)["kind"].value_counts()["catalogue"] == 60
    assert shapley.background(dated(40, role="validate")).empty


def test_global_importance_is_the_mean_absolute_value_the_largest_first():
    rows, background = frame(30, seed=1), frame(20, seed=2)
    model = formula(linear, [A, B, C])
    table = shapley.global_importance(model, rows, background, APART, PARAMS, most=2)
    mean = background[[A, B, C]].mean()
    expected = {
        "survey": 1.5 * (rows[B] - mean[B]).abs().iloc[[0, 29]].mean(),
        "web": 0.8 * (rows[A] - mean[A]).abs().iloc[[0, 29]].mean(),
        "email": 0.1 * (rows[C] - mean[C]).abs().iloc[[0, 29]].mean(),
    }
    assert dict(zip(table["signal"], table["importance"], strict=True)) == pytest.approx(expected)
    assert table["signal"].tolist() == sorted(expected, key=expected.get, reverse=True)
    assert table["share"].sum() == pytest.approx(1)
    assert table["title"].iloc[0] == signals.TITLES[table["signal"].iloc[0]]
    assert table["features"].tolist() == [1, 1, 1]


def agreed(monkeypatch, *weights):
    """Return the agreement of refits that are linear with given weights of the three features."""
    refits = [formula(lambda r, w=w: w[0] * r[A] + w[1] * r[B] + w[2] * r[C], [A, B, C]) for w in weights]
    monkeypatch.setattr(recommendation, "refitted", lambda *_: iter(refits))
    return shapley.agreement(None, refits[0], frame(9), frame(9, seed=1), APART | {"plan": ["price"]}, PARAMS)


def test_refits_agree_as_far_as_they_order_the_signals_alike(monkeypatch):
    steep, turned = (0.01, 0.1, 1.0), (1.0, 0.1, 0.01)
    assert agreed(monkeypatch, steep, steep, steep) == shapley.Agreement(1.0, 1.0, 1.0, 3)
    mixed = agreed(monkeypatch, steep, steep, turned)
    assert (mixed.value, mixed.low) == pytest.approx((-1 / 3, -1))
    assert mixed.low <= mixed.value <= mixed.high
    assert agreed(monkeypatch, steep, (0.1, 0.01, 1.0)).value == pytest.approx(0.5)


@pytest.mark.filterwarnings("error")
def test_where_nothing_is_ordered_there_is_no_agreement(monkeypatch):
    assert np.isnan(agreed(monkeypatch, (0, 0, 0), (0, 0, 0)).value)
    assert np.isnan(agreed(monkeypatch, (0.01, 0.1, 1), (0, 0, 0)).value)
    assert np.isnan(agreed(monkeypatch, (0.01, 0.1, 1)).value)


def test_refits_on_resampled_families_agree_on_a_planted_driver():
    data = launch_data(PARAMS)
    model, groups = learned.logistic(data.features, PARAMS), signals.groups("launch", data.features)
    found = shapley.agreement(data, model, data.validate, shapley.background(data), groups, PARAMS, refits=4)
    assert found.refits == 4
    assert 0.3 < found.low <= found.value <= found.high <= 1
    assert not hasattr(model, "fitted_")
