"""A feature table split by role: what every model is fitted and judged on."""

from dataclasses import dataclass

import pandas as pd

from insights import paths, rows, timeline
from insights.features import registry

MODELS = ("launch", "completion")


@dataclass(frozen=True)
class Dataset:
    """The rows of one model in one window.

    Attributes
    ----------
    model : str
        ``launch`` or ``completion``.
    frame : pandas.DataFrame
        Rows with identity, role, outcome ``y`` and features.
    features : list of str
        Columns that a model may learn from; those that do not vary over training rows are left out.
    """

    model: str
    frame: pd.DataFrame
    features: list[str]

    @property
    def train(self) -> pd.DataFrame:
        """Rows that may train."""
        return self._role(timeline.TRAIN)

    @property
    def validate(self) -> pd.DataFrame:
        """Rows that may validate; opened once, after everything is chosen."""
        return self._role(timeline.VALIDATE)

    @property
    def unlabelled(self) -> pd.DataFrame:
        """Rows that waited for an outcome before the split; only co-training learns from them."""
        return self._role(timeline.UNLABELLED)

    @property
    def candidates(self) -> pd.DataFrame:
        """Products without an outcome, which the recommendation is for."""
        return self.frame[self.frame["kind"] == rows.CANDIDATE].reset_index(drop=True)

    @property
    def clusters(self) -> str:
        """The column within which rows resemble each other: resampling keeps its groups whole."""
        return "family" if self.model == "launch" else "learner_id"

    def thinned(self, most: int) -> "Dataset":
        """Return at most so many rows to train on and to judge by, the same share of every stretch of time."""
        roles = [timeline.evenly(rows, most) for rows in (self.train, self.validate)]
        others = self.frame[~self.frame["role"].isin([timeline.TRAIN, timeline.VALIDATE])]
        return Dataset(self.model, pd.concat([*roles, others], ignore_index=True), self.features)

    def _role(self, role):
        return self.frame[self.frame["role"] == role].reset_index(drop=True)


def load(window: str, model: str) -> Dataset | None:
    """Return the dataset of a model, or None where the source does not support the model.

    Parameters
    ----------
    window : str
    model : str
        ``launch`` or ``completion``.
    """
    path = paths.features(window, model)
    return from_frame(model, pd.read_parquet(path)) if path.exists() else None


def from_frame(model: str, frame: pd.DataFrame) -> Dataset:
    """Return the dataset of a feature table."""
    registered = [f.name for f in registry.features(model, frame.columns)]
    trained = frame.loc[frame["role"] == timeline.TRAIN, registered]
    return Dataset(model, frame, [name for name in registered if varies(trained[name])])


def row_hash(rows: pd.DataFrame) -> int:
    """Return a number that tells a set of rows from others, whatever their order, by what a row is about and when."""
    identity = [c for c in ("learner_id", "product_id", "as_of") if c in rows]
    return int(pd.util.hash_pandas_object(rows[identity], index=False).sum())


def varies(values: pd.Series) -> bool:
    """Say whether a column holds two values, or a value here and none there."""
    return values.min() < values.max() or (values.isna().any() and values.notna().any())
