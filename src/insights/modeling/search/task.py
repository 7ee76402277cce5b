"""What a search is given: rows, folds, budget and seed; handed to another process without pickle."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from insights.params import Params
from insights.timeline import TimeFolds, evenly

LIBRARIES = ("tpot", "configspace", "scikit-learn", "scipy", "numpy")
CODE = (
    "learned",
    "metrics",
    *(f"search/{name}" for name in ("complexity", "hyperparameters", "judge", "process", "space")),
)


@dataclass(frozen=True)
class Task:
    """A search to be done.

    Attributes
    ----------
    matrix : numpy.ndarray of shape (rows, features)
        Numbers; missing ones are nan, and are filled within each fold.
    y : numpy.ndarray of shape (rows,)
        Outcomes, 0 or 1.
    folds : list of (numpy.ndarray, numpy.ndarray)
        Positions of the rows to fit and to judge.
    settings : dict
        ``seed``, ``population`` and ``generations``.
    """

    matrix: np.ndarray
    y: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]
    settings: dict[str, int]

    @property
    def budget(self) -> int:
        """How many pipelines may be evaluated."""
        return self.settings["population"] * self.settings["generations"]

    @cached_property
    def digest(self) -> str:
        """A SHA-256 over all that a score or the course of the search depends on: data, code and libraries too."""
        hashed = hashlib.sha256()
        for array in self._arrays().values():
            hashed.update(f"{array.dtype.str} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
        versions = {name: metadata.version(name) for name in LIBRARIES}
        hashed.update(json.dumps([self.settings, versions], sort_keys=True).encode())
        for name in CODE:
            hashed.update((Path(__file__).parents[1] / f"{name}.py").read_bytes())
        return hashed.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the task into a folder."""
        np.savez(folder / "task.npz", **self._arrays())
        (folder / "task.json").write_text(json.dumps(self.settings), encoding="utf-8")

    def _arrays(self):
        arrays = {"matrix": self.matrix, "y": self.y}
        for number, (fit, judge) in enumerate(self.folds):
            arrays |= {f"fit_{number}": fit, f"judge_{number}": judge}
        return arrays


def load(folder: Path) -> Task:
    """Read the task that was written into a folder."""
    with np.load(folder / "task.npz", allow_pickle=False) as arrays:
        count = sum(name.startswith("fit_") for name in arrays)
        folds = [(arrays[f"fit_{i}"], arrays[f"judge_{i}"]) for i in range(count)]
        settings = json.loads((folder / "task.json").read_text(encoding="utf-8"))
        return Task(arrays["matrix"], arrays["y"], folds, settings)


def task(rows: pd.DataFrame, features: list[str], params: Params) -> Task:
    """Return the search of a window's training rows, thinned out evenly to ``modeling.tpot_rows``.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows in the order of time, with the features, ``y`` and what the folds need.
    features : list of str
    params : Params
    """
    modeling = params.modeling
    searched = evenly(rows, modeling.tpot_rows)
    matrix = searched[features].to_numpy(dtype="float64", na_value=np.nan)
    settings = {
        "seed": modeling.seed,
        "population": modeling.tpot_population,
        "generations": modeling.tpot_generations,
    }
    folds = list(TimeFolds(searched, modeling.folds).split())
    return Task(matrix, searched["y"].to_numpy(dtype="int64"), folds, settings)
