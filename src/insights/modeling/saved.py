"""Saved models: written and read without pickle, so that reading one runs no foreign code."""

from dataclasses import astuple
from pathlib import Path

import skops.io

from insights.modeling.cotrained import CoTrained
from insights.modeling.learned import Learned, MarginModel, Searched
from insights.modeling.thresholds import Worth

KINDS = {"margin": MarginModel, "cotraining": CoTrained, "tpot": Searched}
TRUSTED = (
    "insights.modeling.cotraining.CoTrainingClassifier",
    "insights.modeling.learned.Reaches",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.tree._tree.Tree",
)


class ModelFileError(ValueError):
    """A model file that holds more than the types we write."""


def save(model: Learned, path: Path) -> None:
    """Write a fitted model: its pipeline, the features it reads, threshold, calibration, and what a dollar brings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "name": model.name, "estimator": model.fitted_, "features": list(model.features),
        "threshold": float(model.threshold_), "calibration": list(model.calibration_),
        "worth": list(astuple(model.worth_)) if model.worth_ else None,
    }  # fmt: skip
    skops.io.dump(content, path)


def load(path: Path) -> Learned:
    """Read a fitted model.

    Raises
    ------
    ModelFileError
        If the file holds types that no model of ours has.
    """
    foreign = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
    if foreign:
        raise ModelFileError(
            f"{path}: holds {', '.join(foreign)}, which no model of ours has. Do not load it. If you have just added "
            "a model that has it, name it in insights.modeling.saved.TRUSTED."
        )
    content = skops.io.load(path, trusted=list(TRUSTED))
    kind = KINDS.get(content["name"], Learned)
    model = kind(
        content["name"], content["estimator"], content["features"], content["threshold"],
        tuple(content["calibration"]), Worth(*content["worth"]) if content.get("worth") else None,
    )  # fmt: skip
    model.fitted_ = content["estimator"]
    return model
