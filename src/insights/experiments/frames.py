"""Frames: the table of an experiment, a row per unit or per observation, checked and brought into one form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from pandas.api import types

RATE, MEAN, RATIO = KINDS = ("rate", "mean", "ratio")
PER = "/"  # between numerator and denominator of a ratio


class ExperimentError(ValueError):
    """A table that cannot be analysed; the message names the value, the place and the remedy."""


@dataclass(frozen=True)
class Metric:
    """What is measured of each unit.

    Attributes
    ----------
    name : str
    kind : str
        ``rate`` (0 or 1), ``mean``, or ``ratio`` (of two sums).
    numerator : str
        Column.
    denominator : str or None
        Column; of a ratio only.
    """

    name: str
    kind: str
    numerator: str
    denominator: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return (self.numerator,) if self.denominator is None else (self.numerator, self.denominator)


def metrics_of(asked: Mapping[str, str]) -> list[Metric]:
    """Return the metrics that names and kinds stand for.

    Parameters
    ----------
    asked : mapping of str to str
        Column to ``rate`` or ``mean``, or two columns such as ``clicks / delivered`` to ``ratio``.
    """
    if not asked:
        raise ExperimentError("metrics is empty: name at least one, such as {'enrolled': 'rate'}.")
    return [_metric(name, kind) for name, kind in asked.items()]


def checked(
    frame: pd.DataFrame,
    arm: str,
    control: str,
    metrics: Sequence[Metric],
    covariates: Sequence[str],
    cluster: str | None,
) -> pd.DataFrame:
    """Return the columns that an analysis reads, as numbers, after checking each.

    Raises
    ------
    ExperimentError
        For a column that is not there, values that are missing, infinite or no numbers, a rate that is not 0 or 1, a
        control that is no arm, fewer than two arms, fewer than two units in an arm, or a cluster in two arms.
    """
    if isinstance(covariates, str):
        raise ExperimentError(f"covariates is the text {covariates!r}: give a list, such as [{covariates!r}].")
    numbers = [*dict.fromkeys([name for metric in metrics for name in metric.columns] + [*covariates])]
    for name in [arm, *numbers, *([cluster] if cluster else [])]:
        _present(frame, name)
    arms = frame[arm]
    if control not in set(arms):
        raise ExperimentError(f"control={control!r} is no arm of column {arm}; it holds {_some(arms)}.")
    if arms.nunique() < 2:
        raise ExperimentError(
            f"column {arm} holds only {control!r}: nobody got anything else, so nothing can be compared."
        )
    for name in numbers:
        _numeric(frame, name)
    for metric in metrics:
        _of_its_kind(frame, metric)
    if cluster:
        _in_one_arm(frame, arm, cluster)
    kept = frame[[*dict.fromkeys([arm, *numbers, *([cluster] if cluster else [])])]].reset_index(drop=True)
    units = kept.drop_duplicates(cluster)[arm] if cluster else kept[arm]
    fewest = units.value_counts()
    if fewest.min() < 2:
        raise ExperimentError(
            f"{fewest.idxmin()!r} has {fewest.min()} unit: an arm needs at least two for an interval."
        )
    return kept.assign(**{name: kept[name].astype("float64") for name in numbers})


def arms_of(frame: pd.DataFrame, arm: str, control: str) -> list:
    """Return the arms other than the control, in the order in which they sort."""
    return sorted((one for one in frame[arm].unique() if one != control), key=str)


def _metric(name, kind):
    if kind not in KINDS:
        raise ExperimentError(f"metrics[{name!r}] is {kind!r}; it must be one of {', '.join(KINDS)}.")
    if kind != RATIO:
        return Metric(name, kind, name)
    parts = [part.strip() for part in name.split(PER)]
    if len(parts) != 2 or not all(parts):
        raise ExperimentError(f"metrics[{name!r}] is a ratio: name two columns, such as 'clicks / delivered'.")
    return Metric(name, kind, *parts)


def _present(frame, name):
    if name not in frame:
        raise ExperimentError(f"column {name!r} is not in the table; it has {', '.join(map(str, frame.columns))}.")
    if isinstance(frame[name], pd.DataFrame):
        raise ExperimentError(f"column {name!r} is in the table more than once. Rename or drop all but one.")
    missing = int(frame[name].isna().sum())
    if missing:
        raise ExperimentError(
            f"column {name}: {missing:,} of {len(frame):,} values are missing. Fill them with what they mean, such "
            "as 0 where nothing was bought, or leave these units out and say why."
        )


def _numeric(frame, name):
    values = frame[name]
    exact = types.is_object_dtype(values) and all(isinstance(one, Decimal | bool) for one in values)
    if not (exact or types.is_bool_dtype(values) or types.is_numeric_dtype(values)):
        raise ExperimentError(f"column {name} holds {values.dtype} such as {_some(values)}; numbers are needed.")
    if not np.isfinite(values.to_numpy(dtype="float64")).all():
        raise ExperimentError(f"column {name} holds infinite values. Mend them, or leave these units out.")


def _of_its_kind(frame, metric):
    if metric.kind == RATE and not frame[metric.numerator].isin([0, 1]).all():
        others = frame.loc[~frame[metric.numerator].isin([0, 1]), metric.numerator]
        raise ExperimentError(
            f"column {metric.name} is called a rate and holds {_some(others)}; a rate is 0 or 1 for each unit. "
            "Call it a mean, or name a ratio of two columns."
        )
    if metric.denominator is not None and not frame[metric.denominator].sum() > 0:
        raise ExperimentError(f"column {metric.denominator}, under {metric.name}, does not add up to more than 0.")


def _in_one_arm(frame, arm, cluster):
    arms = frame.groupby(cluster)[arm].nunique()
    if arms.max() > 1:
        both = arms[arms > 1]
        raise ExperimentError(
            f"column {cluster}: {len(both):,} clusters, such as {both.index[0]!r}, are in more than one arm. A "
            "cluster is what was assigned as a whole; name that column, or none."
        )


def _some(values, most=5):
    told = [repr(one) for one in pd.unique(values)[:most]]
    return ", ".join(told) + (", …" if values.nunique() > most else "")
