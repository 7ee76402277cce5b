"""Complexity: numbers that a fitted model needs, counted by hand."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectPercentile
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from insights.modeling.search.complexity import complexity

X = np.random.default_rng(0).normal(size=(200, 4))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(
    ("model", "numbers"),
    [
        (LogisticRegression(), 4 + 1),
        (make_pipeline(SelectPercentile(percentile=50), LogisticRegression()), 2 + 1),
        (RandomForestClassifier(3, max_depth=1, random_state=0), 3 * (2 + 2)),
        (ExtraTreesClassifier(2, max_leaf_nodes=3, random_state=0), 2 * (2 * 2 + 3)),
        (HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=2), 1 + 5 * (2 + 2)),
        (HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=150), 1 + 5 * 1),
    ],
)
def test_the_numbers_of_a_model_are_those_counted_by_hand(model, numbers):
    assert complexity(model.fit(X, Y)) == numbers
    assert isinstance(complexity(model), int)


def test_a_model_without_a_measure_is_refused():
    with pytest.raises(TypeError, match="complexity of GaussianNB"):
        complexity(GaussianNB().fit(X, Y))
