"""A model by FLAML, LightGBM or AutoGluon at a limit of seconds: ``python automl.py TOOL FILE SECONDS OUT``.

FILE holds numeric features, ``y`` and ``role`` (``train`` or ``validate``); OUT gets the probabilities of the rows to
validate, in their order. Nothing but the features, the outcomes of training and the limit is given.
"""

import sys
import tempfile

import measured
import pandas as pd


def with_lightgbm(train, validate, seconds):
    """Return what LightGBM says, with its settings as they come."""
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(random_state=0, n_jobs=2, verbose=-1)
    return model.fit(train.drop(columns="y"), train["y"]).predict_proba(validate)[:, 1]


def with_flaml(train, validate, seconds):
    """Return what FLAML's choice says."""
    from flaml import AutoML

    model = AutoML()
    model.fit(
        train.drop(columns="y"), train["y"], task="classification", metric="roc_auc", time_budget=seconds, seed=0,
        n_jobs=2, verbose=0,
    )  # fmt: skip
    return model.predict_proba(validate)[:, 1]


def with_autogluon(train, validate, seconds):
    """Return what AutoGluon's ensemble says."""
    from autogluon.tabular import TabularPredictor

    with tempfile.TemporaryDirectory() as folder:
        model = TabularPredictor(label="y", eval_metric="roc_auc", path=folder, verbosity=0)
        model.fit(train, time_limit=seconds, presets="best_quality", num_cpus=2, dynamic_stacking=False)
        return model.predict_proba(validate)[1].to_numpy()


TOOLS = {"lightgbm": with_lightgbm, "flaml": with_flaml, "autogluon": with_autogluon}


def main():
    """Fit, predict, and say what it took."""
    tool, file, seconds, out = sys.argv[1:]
    frame = pd.read_parquet(file)
    train, validate = (frame[frame["role"] == role].drop(columns="role") for role in ("train", "validate"))

    def work():
        said = TOOLS[tool](train.astype({"y": int}), validate.drop(columns="y"), float(seconds))
        pd.DataFrame({"score": said}).to_parquet(out)

    measured.tell(work)


if __name__ == "__main__":
    main()
