"""The code of a pipeline: run alone, it makes a model that says the same to the bit."""

import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_selection import SelectFromModel, SelectPercentile, mutual_info_classif
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import BayesianRidge, LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, PredefinedSplit, RepeatedKFold, StratifiedKFold
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from synthetic import launch_data

from insights.modeling import learned, search_space
from insights.modeling.export_code import ExportError, export_code

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, *rest):
        if name.split(".")[0] in ("tpot", "insights"):
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Refuse())
from pathlib import Path
import numpy as np, pandas as pd
for refused in ("tpot", "insights"):
    try:
        __import__(refused)
    except ImportError:
        continue
    raise SystemExit(f"{refused} could be imported")
folder = Path(sys.argv[1])
rows = pd.read_parquet(folder / "rows.parquet")
for file in sorted(folder.glob("*.py")):
    module = {}
    exec(file.read_text(), module)
    model = module["make_model"]().fit(rows[module["FEATURES"]], rows["y"])
    np.save(folder / f"{file.stem}.npy", model.predict_proba(rows[module["FEATURES"]]))
"""
FEATURES = ["a", "b", "c d", 'e"f', "g'h"]


def rows():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(160, 5)), columns=FEATURES)
    frame["y"] = (frame["a"] + rng.normal(size=160) > 0).astype(int)
    return frame.mask(rng.random(frame.shape) < 0.05).assign(y=frame["y"])


def of_the_space(name, values):
    steps = [["VarianceThreshold", {}], ["StandardScaler", {}], ["SelectPercentile", {"percentile": 63}]]
    return search_space.made([*steps, [name, values]])


def nested():
    filled = make_pipeline(SimpleImputer(fill_value=np.nan), FunctionTransformer(expit))
    columns = ColumnTransformer(
        [("some", filled, ["a", 'e"f']), ("rest", MinMaxScaler(clip=np.bool_(True)), make_column_selector("c|g"))],
        remainder="passthrough",
    )
    union = FeatureUnion([("columns", columns), ("all", "passthrough")], transformer_weights={"all": 0.3})
    chosen = GridSearchCV(
        StackingClassifier(
            [("linear", LogisticRegression(C=np.float64(0.1), class_weight={0: 1, 1: 2.5})), ("kernel", SVC())],
            final_estimator=CalibratedClassifierCV(LogisticRegression(), cv=StratifiedKFold(3)),
        ),
        {"linear__C": [0.1, 1 / 3]},
        cv=PredefinedSplit(np.arange(160) % 2),
    )
    return Pipeline(
        [
            ("union", union),
            ("fill", IterativeImputer(BayesianRidge(), max_iter=np.int64(2), random_state=1)),
            ("select", SelectPercentile(mutual_info_classif, percentile=np.int64(60))),
            ("drop", SelectFromModel(RandomForestClassifier(7, random_state=3))),
            ("chosen", chosen),
        ]
    )


PIPELINES = {
    "logistic": of_the_space("LogisticRegression", {"C": 0.0158494273317, "max_iter": 2000}),
    "forest": of_the_space("RandomForestClassifier", {"n_estimators": 20, "max_features": 0.37, "random_state": 7}),
    "trees": of_the_space("ExtraTreesClassifier", {"n_estimators": 20, "min_samples_leaf": 3, "random_state": 7}),
    "boosting": of_the_space("HistGradientBoostingClassifier", {"learning_rate": 0.11, "random_state": 7}),
    "process": make_pipeline(SimpleImputer(), GaussianProcessClassifier(2.0 * RBF(0.5) + WhiteKernel(1e-3, "fixed"))),
}


def made(pipeline, features=()):
    """Return what the code of a pipeline makes."""
    module = {}
    exec(export_code(pipeline, list(features)), module)
    assert module["FEATURES"] == list(features)
    return module["make_model"]()


def test_code_run_without_tpot_and_without_insights_predicts_the_same_to_the_bit(tmp_path):
    rows().to_parquet(tmp_path / "rows.parquet")
    frame, pipelines = pd.read_parquet(tmp_path / "rows.parquet"), PIPELINES | {"nested": nested()}
    for name, pipeline in pipelines.items():
        (tmp_path / f"{name}.py").write_text(export_code(pipeline, FEATURES))
    subprocess.run([sys.executable, "-c", ALONE, str(tmp_path)], check=True)
    for name, pipeline in pipelines.items():
        expected = pipeline.fit(frame[FEATURES], frame["y"]).predict_proba(frame[FEATURES])
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), expected, err_msg=name)


@pytest.mark.parametrize("name", [*PIPELINES, "nested"])
def test_a_formatter_and_a_linter_have_nothing_to_say(name):
    code = export_code(PIPELINES.get(name) or nested(), FEATURES)
    options = ["--isolated", "--line-length", "88"]
    for command in (["format"], ["check", "--select", "E,F,I,W,UP,Q", "--ignore", "F401", "-q", "--fix"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, "-"],
            input=code,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == code


def test_the_code_holds_only_what_differs_from_the_defaults():
    code = export_code(PIPELINES["logistic"], ["price", "views"])
    assert 'FEATURES = ["price", "views"]' in code
    assert "LogisticRegression(C=0.0158494273317, max_iter=2000)" in code
    assert '("standardscaler", StandardScaler()),' in code
    assert "np." not in code and "tpot" not in code.lower()


def test_a_fitted_pipeline_is_written_as_one_that_is_not():
    pipeline, frame = PIPELINES["logistic"], rows()
    assert export_code(pipeline.fit(frame[FEATURES], frame["y"]), FEATURES) == export_code(
        of_the_space("LogisticRegression", {"C": 0.0158494273317, "max_iter": 2000}), FEATURES
    )


def test_what_is_made_again_has_every_hyper_parameter_and_is_written_the_same():
    pipeline = nested()
    again = made(pipeline, FEATURES)
    assert export_code(again, FEATURES) == export_code(pipeline, FEATURES)
    given, held = pipeline.get_params(), again.get_params()
    assert given.keys() == held.keys()
    plain = [key for key, value in given.items() if isinstance(value, float | int | str | np.generic)]
    assert len(plain) > 60 and all(held[key] == given[key] for key in plain if given[key] == given[key])


def test_the_hand_made_models_can_be_written_too():
    features = launch_data(window()).features
    for model in (learned.logistic, learned.forest, learned.boosting):
        estimator = model(features, window()).estimator
        assert repr(made(estimator, features)) == repr(estimator)


values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6),
        st.floats(width=32).map(np.float32), st.integers(-9, 9).map(np.int8), st.text(max_size=3).map(np.str_),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3),
    ),
)  # fmt: skip


def without_numpy(value):
    if isinstance(value, dict):
        return {key: without_numpy(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_numpy(one) for one in value)
    return value.item() if isinstance(value, np.generic) else value


@brisk
@given(values)
def test_any_nested_value_is_made_again_the_same(value):
    again = made(FunctionTransformer(kw_args={"value": value}))
    assert repr(again.kw_args["value"]) == repr(without_numpy(value))


@pytest.mark.parametrize(
    "array",
    [np.array([[1.5, np.nan], [np.inf, -0.0]]), np.array([True]), np.array(["a", "bc"]), np.arange(3, dtype="u1")],
)
def test_an_array_is_made_again_with_its_type(array):
    again = made(FunctionTransformer(kw_args={"value": array})).kw_args["value"]
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


def test_a_set_is_written_in_one_order():
    codes = {export_code(FunctionTransformer(kw_args={"v": set(order)}), []) for order in ("abc", "cab", "bca")}
    assert len(codes) == 1
    assert made(FunctionTransformer(kw_args={"v": set()})).kw_args == {"v": set()}


@pytest.mark.parametrize("kind", [float, np.float32])
def test_a_type_is_written_by_its_name(kind):
    assert made(OneHotEncoder(dtype=kind)).dtype is kind


def test_two_things_of_one_name_are_not_taken_for_each_other():
    for both in ([sum, np.sum], [np.sum, sum]):
        with pytest.raises(ExportError, match=r"sum is a name in (builtins|numpy) and in (builtins|numpy)"):
            export_code(FunctionTransformer(kw_args={"both": both}), [])


def outside(X):
    return X


class Own(StandardScaler):
    pass


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (FunctionTransformer(lambda X: X), r"FunctionTransformer.func is .*<lambda>, which is not a public name"),
        (FunctionTransformer(outside), "outside, which is not a public name"),
        (FunctionTransformer(partial(np.clip, a_min=0)), "is a partial of functools"),
        (make_pipeline(Own()), r"Pipeline.steps\[0\]\[1\] is a Own of .*, which is not plain scikit-learn"),
        (learned.Reaches(LogisticRegression()), "Reaches of insights.modeling.learned, which is not plain"),
        (RandomForestClassifier(random_state=np.random.RandomState(1)), "RandomState of numpy"),
        (make_pipeline(StandardScaler().set_output(transform="pandas")), "was changed by set_output"),
        (FrozenEstimator(LogisticRegression()), "holds a fitted model"),
        (SelectFromModel(LogisticRegression(), prefit=True), "uses a model that was fitted before"),
        (StackingClassifier([("a", LogisticRegression())], cv="prefit"), "uses a model that was fitted before"),
        (GridSearchCV(LogisticRegression(), {}, scoring=make_scorer(outside)), "_Scorer"),
        (GridSearchCV(LogisticRegression(), {}, cv=RepeatedKFold()), "RepeatedKFold does not keep its argument"),
        (FunctionTransformer(kw_args={"X": np.array([None])}), r"kw_args\['X'\] is an array of object"),
        (FunctionTransformer(kw_args={"X": 1j}), "is a complex of builtins"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_by_name_and_reason(refused, told):
    with pytest.raises(ExportError, match=told):
        export_code(refused, [])


def test_every_class_of_the_search_space_can_be_written():
    for known in search_space.CLASSES.values():
        assert type(made(known())) is known
    assert {HistGradientBoostingClassifier, ExtraTreesClassifier} <= set(search_space.CLASSES.values())
