"""Saved models: written and read without pickle, so that reading one runs no foreign code."""

import zipfile
from dataclasses import astuple
from pathlib import Path

import numpy as np
import skops.io
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import Tree

from insights.modeling.cotrained import CoTrained
from insights.modeling.learned import Learned, MarginModel, Searched
from insights.modeling.thresholds import Worth

KINDS = {"margin": MarginModel, "cotraining": CoTrained, "tpot": Searched}
TRUSTED = (
    "insights.modeling.boosted.BoostedTrees",
    "insights.modeling.cotraining.CoTrainingClassifier",
    "insights.modeling.learned.Reaches",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.tree._tree.Tree",
)


MOST_BYTES, MOST_NAMED = 500_000_000, 500  # unpacked; letters of an error


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
        If the file holds types that no model of ours has, is larger than any, or is no model at all.
    """
    try:
        _require_size(path)
        foreign = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
        if foreign:
            raise ModelFileError(
                f"{path}: holds {', '.join(foreign)[:MOST_NAMED]}, which no model of ours has. Do not load it. If "
                "you have just added a model that has it, name it in insights.modeling.saved.TRUSTED."
            )
        return _model(skops.io.load(path, trusted=list(TRUSTED)))
    except (ModelFileError, FileNotFoundError):
        raise
    except Exception as error:  # whatever the library says of a file that nobody should have made
        raise ModelFileError(
            f"{path}: no model ({type(error).__name__}: {str(error)[:MOST_NAMED]}). Run notebook 05 again, or "
            "restore it from its copy."
        ) from None


def _require_size(path):
    """Refuse a file that is far larger than it looks, or than any model of ours."""
    with zipfile.ZipFile(path) as file:
        held = sum(part.file_size for part in file.infolist())
    if held > MOST_BYTES:
        raise ModelFileError(f"{path}: {held:,} bytes once it is unpacked, above {MOST_BYTES:,}. Do not load it.")


def _model(content):
    name, features = content["name"], content["features"]
    numbers = [content["threshold"], *content["calibration"], *(content.get("worth") or ())]
    if not (isinstance(name, str) and isinstance(features, list) and all(isinstance(one, str) for one in features)):
        raise TypeError("name and features are no texts")
    if len(content["calibration"]) != 2 or not all(isinstance(one, float) for one in numbers):
        raise TypeError("threshold and calibration are no numbers")
    if not hasattr(content["estimator"], "predict_proba") and not hasattr(content["estimator"], "predict"):
        raise TypeError("the estimator predicts nothing")
    for tree, given in _trees(content["estimator"], set()):
        _require_sound(tree, given)
    model = KINDS.get(name, Learned)(
        name, content["estimator"], features, content["threshold"], tuple(content["calibration"]),
        Worth(*content["worth"]) if content.get("worth") else None,
    )  # fmt: skip
    model.fitted_ = content["estimator"]
    return model


def _trees(held, seen, features=0):
    """Yield every tree within a fitted estimator, whatever it stands in, and how many features it is given."""
    if id(held) in seen:
        return
    seen.add(id(held))
    parts = ()
    if isinstance(held, Tree | TreePredictor):
        yield held, features
    elif isinstance(held, np.ndarray):
        parts = held.ravel().tolist() if held.dtype == object else ()
    elif isinstance(held, dict | list | tuple):
        parts = held.values() if isinstance(held, dict) else held
    elif hasattr(held, "__dict__"):
        parts, features = vars(held).values(), vars(held).get("n_features_in_", features)
    for part in parts:
        yield from _trees(part, seen, features)


def _require_sound(tree, features):
    """Refuse a tree that leads outside of itself, or round: it is walked by compiled code that asks nothing."""
    if isinstance(tree, Tree):
        inner, read, sound = tree.children_left != -1, tree.feature, True
        left, right = tree.children_left, tree.children_right
    else:
        nodes = tree.nodes
        inner, read = nodes["is_leaf"] == 0, nodes["feature_idx"]
        left, right = nodes["left"].astype("int64"), nodes["right"].astype("int64")
        sets = nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)]
        sound = bool((sets < len(tree.raw_left_cat_bitsets)).all())
    places = np.arange(len(inner))[inner]
    below = [(child[inner] > places) & (child[inner] < len(inner)) for child in (left, right)]
    if not (sound and len(inner) and np.all(below) and np.all((read[inner] >= 0) & (read[inner] < features))):
        raise ValueError("a tree leads outside of itself")
