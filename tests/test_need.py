"""Signals over the units that a product needs, and the model that learns how far the margin lies from its hurdle."""

import ibis
import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, table, window
from sklearn.linear_model import LinearRegression

from insights.features import launch, need, registry
from insights.modeling import comparison, dataset, learned, metrics, saved

PARAMS = window()


def product(**values):
    """Return one launch row that has to earn 300 with units that bring 15 each: it needs 20."""
    row = {"asked": 300.0, "margin_rate": 0.5, "price": 30.0, "units_last_month": 8.0, "units_lookback": 26.0}
    return pd.DataFrame([row | {"visitors": 99.0, "linkedin_posts_last_month": 0.0} | values])


def test_signals_over_the_need_by_hand():
    found = need.against_need(product(), months=3).iloc[0]
    needed = np.log(20.5)
    assert found["units_needed"] == pytest.approx(needed)
    assert found["units_last_month_per_need"] == pytest.approx(np.log(8.5) - needed)
    assert found["units_before_per_need"] == pytest.approx(np.log(9.5) - needed)
    assert found["visitors_per_need"] == pytest.approx(np.log(99.5) - needed)
    assert found["linkedin_posts_last_month_per_need"] == pytest.approx(np.log(0.5) - needed)


def test_without_a_price_a_unit_brings_what_was_paid_for_it():
    found = need.against_need(product(price=np.nan, amount_last_month=240.0), months=3)
    assert found["units_needed"].iloc[0] == pytest.approx(np.log(20.5))


def test_returns_that_even_out_the_sales_of_a_month_tell_nothing_of_a_unit():
    returned = product(price=np.nan, amount_last_month=12.0, units_last_month=0.0)
    both = pd.concat([product(), returned], ignore_index=True)
    assert need.against_need(both, months=3).loc[1].isna().all()


def test_nothing_is_said_where_nothing_tells_what_a_unit_brings():
    assert need.against_need(product(price=np.nan), months=3).empty
    both = pd.concat([product(), product(price=0.0)], ignore_index=True)
    found = need.against_need(both, months=3)
    assert found.loc[0].notna().all() and found.loc[1].isna().all()


def test_a_look_back_of_one_month_has_no_month_before():
    assert "units_before_per_need" not in need.against_need(product(), months=1)


@given(st.floats(1.0, 1e4), st.floats(1e-2, 1e2))
@brisk
def test_another_currency_changes_nothing(price, rate):
    one = need.against_need(product(price=price), months=3)
    other = need.against_need(product(price=price * rate, asked=300.0 * rate), months=3)
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_every_column_that_is_made_is_registered_with_its_view():
    families = {f.name: f for f in registry.features("launch")}
    made = need.against_need(product(), months=3)
    assert {*made.columns} <= {*families}
    assert families["visitors_per_need"].view == registry.JOURNEY
    assert families["linkedin_posts_last_month_per_need"].view == registry.SOCIAL


def seen(learner, day, kind="product", **more):
    return {"product_id": "A", "learner_id": learner, "viewed_at": day, "page_type": kind, "views": 1} | more


def test_looks_that_were_the_way_to_a_purchase_or_came_by_mail_are_no_interest():
    con = ibis.duckdb.connect()
    views = [
        seen("buyer", "2025-03-10"), seen("buyer", "2025-02-10"), seen("looker", "2025-03-10"),
        seen("looker", "2025-03-11"), seen(None, "2025-03-12"), seen("reader", "2025-03-12", utm_medium="email"),
        seen("looker", "2025-02-10"), seen("looker", "2025-01-10"), seen("looker", "2025-03-10", kind="lesson"),
    ]  # fmt: skip
    sold = [{"enrollment_id": "e", "product_id": "A", "learner_id": "buyer", "enrolled_at": "2025-03-20", "units": 1}]
    listed = [{"product_id": "A", "announced_at": "2024-01-01", "launched_at": "2024-03-01", "price": 30}]
    tables = {
        "page_views": table(con, "page_views", views, ["utm_medium"]), "products": table(con, "products", listed),
        "enrollments": table(con, "enrollments", sold, ["amount"]),
    }  # fmt: skip
    rows = pd.DataFrame(
        {"product_id": ["A"], "as_of": pd.to_datetime(["2025-04-01"]), "asked": 300.0, "margin_rate": 0.5}
    )
    built = launch.launch_features(con, tables, rows.astype({"as_of": "datetime64[us]"}), PARAMS).iloc[0]
    assert built["views_without_purchase"] == 3
    assert built["views_without_purchase_before"] == 2


# The model of the margin.


def world(rows=400, seed=0, noise=0.6):
    """Return launch rows whose margin follows one signal, on months of the window, with the outcome it implies."""
    rng = np.random.default_rng(seed)
    months = pd.date_range("2025-04-01", "2025-11-01", freq="MS")
    as_of = months[np.sort(rng.integers(len(months), size=rows))].as_unit("us")
    frame = pd.DataFrame({"product_id": [f"P{i}" for i in range(rows)], "as_of": as_of, "kind": "catalogue"})
    frame["family"] = [f"F{i % 40}" for i in range(rows)]
    for name in (
        "visitors_per_need",
        "units_last_month_per_need",
        "linkedin_posts_last_month_per_need",
        "survey_intent",
    ):
        frame[name] = rng.normal(size=rows)
    log_ratio = 0.7 * frame["visitors_per_need"] - 0.3 + noise * rng.normal(size=rows)
    frame["hurdle"] = rng.uniform(100, 1_000, size=rows)
    frame["margin_earned"] = np.exp(log_ratio) * frame["hurdle"]
    frame["resolved_at"] = frame["as_of"] + pd.DateOffset(months=1)
    frame["role"] = np.where(frame["resolved_at"] <= PARAMS.split, "train", "validate")
    return frame.assign(y=(frame["margin_earned"] >= frame["hurdle"]).astype(float))


@pytest.fixture(scope="module")
def data():
    return dataset.from_frame("launch", world())


def test_the_margin_is_told_by_ratios_alone_and_better_than_its_side_of_the_hurdle(data):
    model = learned.margin(data.features, PARAMS)
    assert "survey_intent" in data.features and "survey_intent" not in model.features
    gains = []
    for seed in range(8):
        drawn = dataset.from_frame("launch", world(rows=150, seed=seed))
        y, asked = drawn.train["y"].to_numpy(dtype=int), drawn.validate
        scores = [
            m.fit(drawn.train, y).score(asked)
            for m in (learned.margin(drawn.features, PARAMS), learned.logistic(drawn.features, PARAMS))
        ]
        gains.append(np.subtract(*(metrics.roc_auc(asked["y"].to_numpy(), score) for score in scores)))
    assert np.mean(gains) > 0


def test_probabilities_of_reaching_the_hurdle_are_those_that_come_true(data):
    rows = world(rows=20_000, seed=5)
    model = learned.margin(data.features, PARAMS).fit(data.train, data.train["y"].to_numpy(dtype=int))
    fifths = pd.qcut(model.score(rows), 5, labels=False)
    told, true = (pd.Series(v).groupby(fifths).mean() for v in (model.score(rows), rows["y"].to_numpy()))
    assert (told - true).abs().max() < 0.08


def test_earning_nothing_is_a_number_and_the_hurdle_is_zero():
    model = learned.margin(["visitors_per_need"], PARAMS)
    rows = pd.DataFrame({"margin_earned": [100.0, 0.0, -20.0, 200.0], "hurdle": 100.0})
    target = model.target(rows, np.zeros(4))
    assert target[0] == 0 and target[1] == target[2] == pytest.approx(np.log(0.05 / 1.05)) and target[3] > 0


def test_the_spread_of_errors_decides_how_sure_a_probability_is():
    x, t = np.arange(6.0)[:, None], np.array([0.0, 1.0, 2.0, 3.0, 4.0, 8.0])
    told = learned.Reaches(LinearRegression()).fit(x, t)
    error = t - LinearRegression().fit(x, t).predict(x)
    assert told.spread_ == pytest.approx(np.sqrt((error**2).sum() / 4))
    chances = told.predict_proba(np.array([[-50.0], [50.0]]))
    assert chances[0, 1] < 0.01 < 0.99 < chances[1, 1]
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_other_features_leave_the_kind_of_model_as_it_is(data):
    fewer = learned.margin(data.features, PARAMS).on(["visitors_per_need"])
    assert isinstance(fewer, learned.MarginModel) and fewer.features == ["visitors_per_need"]


def test_the_margin_model_is_saved_read_back_and_fitted_again_on_margins(data, tmp_path):
    model = learned.margin(data.features, PARAMS).fit(data.train, data.train["y"].to_numpy(dtype=int))
    saved.save(model, tmp_path / "m.skops")
    np.testing.assert_array_equal(saved.load(tmp_path / "m.skops").score(data.validate), model.score(data.validate))
    again = saved.load(tmp_path / "m.skops").on(model.features).fit(data.train, data.train["y"].to_numpy(dtype=int))
    np.testing.assert_array_equal(again.score(data.validate), model.score(data.validate))
    assert "insights.modeling.learned.Reaches" in skops.io.get_untrusted_types(file=tmp_path / "m.skops")


def test_a_model_of_the_margin_is_offered_only_where_there_is_one_to_learn_from(data):
    names = [model.name for model in comparison.hand_made(data, PARAMS)]
    assert names == ["margin", "logistic", "forest", "boosting"]
    blind = dataset.from_frame("launch", data.frame.drop(columns="margin_earned"))
    assert [model.name for model in comparison.hand_made(blind, PARAMS)] == names[1:]
    other = dataset.from_frame("launch", data.frame.drop(columns=[c for c in data.frame if c.endswith("per_need")]))
    assert [model.name for model in comparison.hand_made(other, PARAMS)] == names[1:]
