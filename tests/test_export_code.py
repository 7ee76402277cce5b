"""The code of a pipeline: run alone, it makes a model that says the same to the bit."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from insights.modeling.search import space as search_space
from insights.modeling.search.code import export_code

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
FEATURES = ["a", "b", "views_last_month", "d", "e"]


def rows():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(160, 5)), columns=FEATURES)
    frame["y"] = (frame["a"] + rng.normal(size=160) > 0).astype(int)
    return frame.mask(rng.random(frame.shape) < 0.05).assign(y=frame["y"])


def of_the_space(name, values):
    steps = [["VarianceThreshold", {}], ["StandardScaler", {}], ["SelectPercentile", {"percentile": 63}]]
    return search_space.made([*steps, [name, values]])


PIPELINES = {
    "logistic": of_the_space("LogisticRegression", {"C": 0.0158494273317, "max_iter": 2000}),
    "forest": of_the_space("RandomForestClassifier", {"n_estimators": 20, "max_features": 0.37, "random_state": 7}),
    "trees": of_the_space("ExtraTreesClassifier", {"n_estimators": 20, "min_samples_leaf": 3, "random_state": 7}),
    "boosting": of_the_space("HistGradientBoostingClassifier", {"learning_rate": 0.11, "random_state": 7}),
}


def made(pipeline, features=()):
    """Return what the code of a pipeline makes."""
    module = {}
    exec(export_code(pipeline, list(features)), module)
    assert module["FEATURES"] == list(features)
    return module["make_model"]()


def test_code_run_without_tpot_and_without_insights_predicts_the_same_to_the_bit(tmp_path):
    rows().to_parquet(tmp_path / "rows.parquet")
    frame = pd.read_parquet(tmp_path / "rows.parquet")
    for name, pipeline in PIPELINES.items():
        (tmp_path / f"{name}.py").write_text(export_code(pipeline, FEATURES))
    subprocess.run([sys.executable, "-c", ALONE, str(tmp_path)], check=True)
    for name, pipeline in PIPELINES.items():
        expected = pipeline.fit(frame[FEATURES], frame["y"]).predict_proba(frame[FEATURES])
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), expected, err_msg=name)


@pytest.mark.parametrize("name", PIPELINES)
def test_a_formatter_and_a_linter_have_nothing_to_say(name):
    code = export_code(PIPELINES[name], FEATURES)
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


@pytest.mark.parametrize("name", PIPELINES)
def test_what_is_made_again_has_every_hyper_parameter_and_is_written_the_same(name):
    again = made(PIPELINES[name], FEATURES)
    assert export_code(again, FEATURES) == export_code(PIPELINES[name], FEATURES)
    assert repr(again) == repr(PIPELINES[name])
    given, held = PIPELINES[name].get_params(), again.get_params()
    assert given.keys() == held.keys()
    plain = [key for key, value in given.items() if isinstance(value, float | int | str)]
    assert len(plain) > 10 and all(held[key] == given[key] for key in plain if given[key] == given[key])


def test_every_class_of_the_search_space_can_be_written():
    for known in search_space.CLASSES.values():
        again = made(search_space.made([[known.__name__, {}]]))
        assert type(again.steps[-1][1]) is known
    assert {HistGradientBoostingClassifier, ExtraTreesClassifier} <= set(search_space.CLASSES.values())
