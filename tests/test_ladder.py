"""The ladder: which rungs bear, and the simplest model near the best is chosen."""

import pandas as pd
import pytest
from prose import read

from insights.findings import scores
from insights.modeling import ladder


def means(**by_model):
    """Return out-of-fold scores of two folds with the given means."""
    rows = [(model, fold, mean + 0.01 * (2 * fold - 1)) for model, mean in by_model.items() for fold in (0, 1)]
    return pd.DataFrame(rows, columns=["model", "fold", "roc_auc"])


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        ({"logistic": 0.70, "forest": 0.70, "tpot": 0.70}, "logistic"),
        ({"logistic": 0.692, "forest": 0.70, "tpot": 0.70}, "logistic"),
        ({"logistic": 0.68, "forest": 0.695, "tpot": 0.70}, "forest"),
        ({"logistic": 0.68, "forest": 0.68, "tpot": 0.70}, "tpot"),
        ({"logistic": 0.75, "forest": 0.70, "tpot": 0.70}, "logistic"),
        ({"tpot": 0.70, "forest": 0.70}, "forest"),
    ],
)
def test_the_simplest_model_within_the_margin_of_the_best_is_chosen(scores, chosen):
    assert ladder.choose(means(**scores), 0.01) == chosen


def test_without_a_margin_the_best_is_chosen():
    assert ladder.choose(means(logistic=0.7, forest=0.701), 0.0) == "forest"


NOBODY = means().iloc[:0]


def test_a_rung_stays_if_it_is_better_by_the_margin_than_the_last_that_stayed():
    found = ladder.rungs(
        means(logistic=0.700, forest=0.708, boosting=0.712, tpot=0.709), means(panel=0.60, survey=0.55), 0.01
    ).set_index("model")
    assert found.index.tolist() == ["chance", "panel", "logistic", "forest", "boosting", "tpot"]
    assert found["stays"].tolist() == [True, True, True, False, True, False]
    assert found["against"].tolist() == ["", "chance", "panel", "logistic", "logistic", "boosting"]
    assert found["gain"].tolist()[1:] == pytest.approx([0.1, 0.1, 0.008, 0.012, -0.003])


def test_folds_in_which_a_rung_is_ahead_are_counted():
    uneven = pd.concat([means(logistic=0.7), means(forest=0.7).assign(roc_auc=[0.8, 0.6])])
    found = ladder.rungs(uneven, NOBODY, 0.01).set_index("model")
    assert found.loc["forest", "folds_ahead"] == 1
    assert found.loc["forest", "gain"] == pytest.approx(0)
    assert found.loc["logistic", "folds_ahead"] == 2


def test_a_rule_below_chance_is_no_rung_and_without_rules_the_ladder_begins_at_chance():
    assert not ladder.rungs(means(logistic=0.7), means(panel=0.45), 0.01).set_index("model").loc["panel", "stays"]
    assert ladder.rungs(means(logistic=0.7), NOBODY, 0.01)["model"].tolist() == ["chance", "logistic"]


def test_the_page_says_which_rungs_bear():
    told = ladder.rungs(means(logistic=0.700, forest=0.708, tpot=0.75), means(panel=0.6), 0.01)
    said = read(scores.climbed(told, 0.01))
    assert "Those that stay: the panel of R&D and Marketing, logistic regression and TPOT." in said
    assert "the Random Forest (by 0.008 than logistic regression)" in said
    all_stay = read(scores.climbed(told[told["stays"]], 0.01))
    assert "That is every one." in all_stay and "on other products" in read(scores.climbed(told, 0.01, False))
