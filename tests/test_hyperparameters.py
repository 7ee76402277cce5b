"""Hyper-parameters: those that differ from the defaults, as Python's own values."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectPercentile, f_classif, mutual_info_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedKFold, StratifiedKFold
from sklearn.preprocessing import MinMaxScaler

from insights.modeling.search.hyperparameters import changed


@pytest.mark.parametrize(
    ("estimator", "arguments"),
    [
        (LogisticRegression(), {}),
        (LogisticRegression(C=1.0, max_iter=100), {}),
        (LogisticRegression(C=1), {"C": 1}),
        (LogisticRegression(C=0.5, class_weight="balanced"), {"C": 0.5, "class_weight": "balanced"}),
        (SimpleImputer(missing_values=float("nan")), {}),
        (SimpleImputer(missing_values=0), {"missing_values": 0}),
        (MinMaxScaler(feature_range=(0, 1)), {}),
        (MinMaxScaler(feature_range=(False, True)), {"feature_range": (False, True)}),
        (SelectPercentile(f_classif), {}),
        (SelectPercentile(mutual_info_classif), {"score_func": mutual_info_classif}),
        (StratifiedKFold(3, shuffle=True), {"n_splits": 3, "shuffle": True}),
    ],
)
def test_only_arguments_that_differ_from_the_defaults_are_told(estimator, arguments):
    assert changed(estimator) == arguments


def test_scalars_of_numpy_become_those_of_python():
    forest = RandomForestClassifier(np.int64(5), criterion=np.str_("log_loss"), bootstrap=np.bool_(False))
    values = changed(forest)
    assert {name: type(value) for name, value in values.items()} == {
        "n_estimators": int, "criterion": str, "bootstrap": bool,
    }  # fmt: skip
    assert values == {"n_estimators": 5, "criterion": "log_loss", "bootstrap": False}
    assert changed(LogisticRegression(C=np.float64(1.0))) == {}


def test_an_object_that_does_not_keep_its_arguments_is_refused():
    with pytest.raises(ValueError, match="RepeatedKFold does not keep its argument n_splits"):
        changed(RepeatedKFold())
