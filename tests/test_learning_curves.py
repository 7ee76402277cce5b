"""Learning curves: whole families, most recent months, one validation, and a verdict that can be each of three."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from judged import once, resampled
from micro import window
from synthetic import DRIVER, NOISES, WEAK, launch_data

from insights.modeling import learned
from insights.modeling.evaluation import learning_curves
from insights.modeling.learned import Learned

PARAMS = window()
DATA = launch_data(PARAMS, families=30)
FEATURES = [DRIVER, WEAK, *NOISES]


class Watched(Learned):
    """A logistic regression that remembers the rows that it was fitted on."""

    seen: ClassVar[list] = []

    def fit(self, rows, y, unlabelled=None):
        self.seen.append(rows)
        return super().fit(rows, y, unlabelled)


@pytest.fixture
def watched():
    Watched.seen.clear()
    plain = learned.logistic(FEATURES, PARAMS)
    return Watched(plain.name, plain.estimator, plain.features, 0.3)


def test_whole_families_are_drawn_the_smaller_within_the_larger(watched):
    refits = learning_curves.by_products(watched, DATA, PARAMS, shares=(0.2, 0.5, 1.0), draws=2)
    told = refits[["size", "draw", "training_rows"]].drop_duplicates().to_numpy().tolist()
    months = len(DATA.train) // 30
    assert told == [[6, 0, 6 * months], [15, 0, 15 * months], [30, 0, 30 * months],
                    [6, 1, 6 * months], [15, 1, 15 * months]]  # fmt: skip
    families = [set(rows["family"]) for rows in Watched.seen]
    assert [len(f) for f in families] == [6, 15, 30, 6, 15]
    assert families[0] < families[1] < families[2]
    assert families[3] < families[4]
    assert families[0] != families[3]


def test_no_validation_row_is_learned_from_and_all_are_judged(watched):
    refits = pd.concat(
        [learning_curves.by_products(watched, DATA, PARAMS, draws=1), learning_curves.by_months(watched, DATA)]
    )
    assert all((rows["role"] == "train").all() for rows in Watched.seen)
    for _, part in refits.groupby(learning_curves.REFIT):
        assert part["product_id"].tolist() == DATA.validate["product_id"].tolist()
        assert part["y"].tolist() == DATA.validate["y"].tolist()


def test_months_grow_from_the_most_recent_back(watched):
    refits = learning_curves.by_months(watched, DATA)
    months = sorted(DATA.train["as_of"].unique(), reverse=True)
    assert [set(rows["as_of"]) for rows in Watched.seen] == [{*months[: k + 1]} for k in range(len(months))]
    assert refits["size"].unique().tolist() == list(range(1, len(months) + 1))
    assert (refits["varied"] == "months").all()


def test_the_model_that_is_handed_over_stays_as_it_is(watched):
    fitted = watched.fit(DATA.train, DATA.train["y"].to_numpy(dtype=int)).fitted_
    learning_curves.by_products(watched, DATA, PARAMS, shares=(0.3,), draws=1)
    learning_curves.by_months(watched, DATA)
    assert watched.fitted_ is fitted
    assert watched.threshold_ == 0.3


def test_with_all_families_the_score_is_that_of_the_model_fitted_on_all(watched):
    refits = learning_curves.by_products(watched, DATA, PARAMS, shares=(1.0,))
    whole = watched.fit(DATA.train, DATA.train["y"].to_numpy(dtype=int)).score(DATA.validate)
    np.testing.assert_array_equal(refits["score"], whole)


def test_a_model_of_the_margin_learns_from_the_margin_and_not_from_the_outcome():
    frame = DATA.frame.assign(hurdle=100.0, margin_earned=100 + 50 * DATA.frame[DRIVER])
    data = replace(DATA, frame=frame.assign(y=DATA.frame["y"].where(DATA.frame["role"] != "train", 0)))
    flipped = data.frame["role"] == "train"
    data = replace(data, frame=data.frame.assign(y=data.frame["y"].where(~flipped, np.arange(len(frame)) % 2)))
    told = learned.margin([], PARAMS)
    refits = learning_curves.by_products(replace(told, features=[DRIVER]), data, PARAMS, draws=1)
    assert (learning_curves.curve(refits)["roc_auc"] > 0.85).all()


def test_the_same_is_drawn_twice_and_other_seeds_draw_others(watched):
    def drawn(seed):
        params = window(modeling={"seed": seed})
        return learning_curves.by_products(watched, DATA, params, shares=(0.3,), draws=2)

    pd.testing.assert_frame_equal(drawn(7), drawn(7))
    assert not drawn(7)["score"].equals(drawn(8)["score"])


def test_a_model_that_learns_many_weights_from_few_products_gains_by_more():
    model = Learned("forest", learned.forest(FEATURES, PARAMS).estimator, FEATURES)
    refits = learning_curves.by_products(model, DATA, PARAMS, shares=(0.1, 1.0), draws=4)
    curve = learning_curves.curve(refits)
    assert curve.loc[1, "roc_auc"] > curve.loc[0, "high"]
    assert curve["draws"].tolist() == [4, 1]
    found = learning_curves.last_step(refits, resampled(len(DATA.validate)), PARAMS)
    assert found["verdict"].tolist() == ["more products would help"]


def refit(size, draw, score, y, varied="products", rows=100):
    """Return what one refit says of some rows."""
    told = {"varied": varied, "size": size, "draw": draw, "training_rows": rows}
    return pd.DataFrame({"y": y, "score": score}).assign(**told)


Y = np.array([0, 1] * 20)
RIGHT, NOTHING = Y.astype(float), np.zeros(40)
HALF = np.where(np.arange(40) < 20, Y, 0.5)


def by_hand(*parts):
    """Return refits of 40 rows by size, draw and score."""
    return pd.concat([refit(*part, Y) for part in parts], ignore_index=True)


def test_the_curve_is_the_mean_and_the_range_over_draws():
    refits = by_hand((8, 0, RIGHT), (4, 0, NOTHING), (4, 1, RIGHT), (4, 2, NOTHING))
    refits.loc[refits["draw"] == 1, "training_rows"] = 400
    found = learning_curves.curve(refits)
    assert found.to_numpy().tolist() == [
        ["products", 4, 200.0, pytest.approx(2 / 3), 0.5, 1.0, 3, 40],
        ["products", 8, 100.0, 1.0, 1.0, 1.0, 1, 40],
    ]


def test_the_last_step_by_hand():
    refits = by_hand((2, 0, NOTHING), (4, 0, NOTHING), (8, 0, RIGHT))
    found = learning_curves.last_step(refits, once(40), PARAMS).iloc[0]
    assert found[["size_before", "size", "draws", "n"]].tolist() == [4, 8, 1, 40]
    assert found[["gain", "low", "high"]].tolist() == [0.5] * 3
    assert found[["slope", "slope_low", "slope_high"]].tolist() == [0.125] * 3
    assert found["verdict"] == "more products would help"


def test_draws_that_vary_widen_the_interval_of_the_last_step():
    refits = by_hand((4, 0, NOTHING), (4, 1, RIGHT), (8, 0, HALF))
    found = learning_curves.last_step(refits, np.ones((400, 40)), PARAMS).iloc[0]
    assert found["gain"] == pytest.approx(0.875 - 0.75)
    assert found[["low", "high"]].tolist() == pytest.approx([0.875 - 1, 0.875 - 0.5])
    assert found["verdict"] == "cannot tell"
    assert found["draws"] == 2


def test_rows_that_vary_widen_it_too():
    refits = by_hand((4, 0, NOTHING), (8, 0, HALF))
    found = learning_curves.last_step(refits, resampled(40, 400), PARAMS).iloc[0]
    assert found["low"] < found["gain"] - 0.05 < found["gain"] + 0.05 < found["high"]


def test_each_curve_has_a_step_of_its_own_and_a_single_size_has_none():
    months = by_hand((1, 0, RIGHT), (2, 0, RIGHT)).assign(varied="months")
    refits = pd.concat([by_hand((4, 0, NOTHING)), months], ignore_index=True)
    found = learning_curves.last_step(refits, once(40), PARAMS)
    assert found[["varied", "verdict"]].to_numpy().tolist() == [["months", "no sign that more months would help"]]
    assert len(learning_curves.last_step(by_hand((4, 0, NOTHING)), once(40), PARAMS)) == 0


@pytest.mark.parametrize(
    ("low", "high", "n", "verdict"),
    [
        (0.001, 0.2, 30, "more months would help"), (0.0, 0.2, 30, "cannot tell"),
        (-0.1, 0.0099, 30, "no sign that more months would help"), (-0.1, 0.01, 30, "cannot tell"),
        (-0.2, -0.1, 30, "no sign that more months would help"), (np.nan, np.nan, 30, "cannot tell"),
        (0.001, 0.2, 29, "cannot tell"), (-0.2, -0.1, 29, "cannot tell"),
    ],
)  # fmt: skip
def test_the_verdict_is_that_of_the_interval(low, high, n, verdict):
    assert learning_curves.judge("months", low, high, 0.01, n) == verdict


def test_a_draw_of_one_outcome_is_left_out_and_only_such_draws_are_an_error(watched):
    positive = DATA.frame["family"].isin(["F00"]) | (DATA.frame["role"] != "train")
    frame = DATA.frame.assign(y=DATA.frame["y"].where(positive, 0))
    refits = learning_curves.by_products(watched, replace(DATA, frame=frame), PARAMS, (0.1, 1.0), draws=6)
    assert 0 < refits.loc[refits["size"] == 3, "draw"].nunique() < 6
    assert all(rows["y"].nunique() == 2 for rows in Watched.seen)
    same = replace(DATA, frame=frame.assign(y=frame["y"].where(frame["role"] != "train", 0)))
    with pytest.raises(ValueError, match="nothing to learn from"):
        learning_curves.by_products(watched, same, PARAMS, (1.0,))
