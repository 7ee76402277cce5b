"""Landmarks: the rows of a day to be asked about, and for training those of the days around it."""

from collections.abc import Mapping

import ibis
import pandas as pd

from insights import rows, timeline
from insights.features import completion, registry
from insights.modeling.dataset import varies
from insights.params import Params

SPREAD = (0.7, 0.85, 1.0, 1.15, 1.3)
DAYS_AT_ONCE = 9  # more at a time need more memory, fewer read the tables more often
EVERY_ROLE = (timeline.TRAIN, timeline.PURGED, timeline.VALIDATE, timeline.UNRESOLVED)
COUNTED_HERE = ("activity", "rhythm", "site")  # families of counts that mean another thing in another course


def around(day: int) -> list[int]:
    """Return the days whose rows train a model for a day: from seven tenths of it to thirteen."""
    return sorted({round(day * part) for part in SPREAD})


def described(con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return completion rows with features at every day that is asked about and around it.

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`insights.rows.completion_rows` with features and ``weight``, how many rows each stands for. On
        a day that is asked about they train and validate, on the days around it they train only; on the main day,
        ``completion.day``, rows of every role are there. Each role is sampled down evenly.
    """
    asked = {*params.completion.days, params.completion.day}
    every = sorted({near for day in asked for near in around(day)} | asked)
    batches = [every[first : first + DAYS_AT_ONCE] for first in range(0, len(every), DAYS_AT_ONCE)]
    parts = [_of_days(con, tables, params, {day: _roles(day, asked, params) for day in days}) for days in batches]
    return pd.concat(parts, ignore_index=True)


def training(frame: pd.DataFrame, day: int) -> pd.DataFrame:
    """Return the rows that train a model for a day, those of its landmarks."""
    return _of_role(frame[frame["day"].isin(around(day))], timeline.TRAIN)


def judged(frame: pd.DataFrame, day: int) -> pd.DataFrame:
    """Return the validation rows of a day."""
    return _of_role(frame[frame["day"] == day], timeline.VALIDATE)


def candidates(training: pd.DataFrame) -> dict[str, list[str]]:
    """Return the sets of features to choose from: all, or without counts that do not carry over between courses."""
    known = [f for f in registry.features(completion.MODEL, training.columns) if varies(training[f.name])]
    relative = [f.name for f in known if f.family not in COUNTED_HERE]
    return {"all": [f.name for f in known], "relative to the course": relative}


def _of_days(con, tables, params, roles):
    parts = [_of_day(tables, params, day, of_day) for day, of_day in roles.items()]
    return completion.completion_features(con, dict(tables), pd.concat(parts, ignore_index=True), params)


def _roles(day, asked, params):
    if day == params.completion.day:
        return EVERY_ROLE
    return (timeline.TRAIN, timeline.VALIDATE) if day in asked else (timeline.TRAIN,)


def _of_day(tables, params, day, roles):
    judged_too = timeline.VALIDATE in roles
    found = rows.completion_rows(params, tables["products"], tables["enrollments"], day, both_roles=judged_too)
    found = found[found["as_of"] < params.end]
    limits = dict.fromkeys(EVERY_ROLE, params.modeling.max_validation_rows)
    limits[timeline.TRAIN] = params.modeling.max_training_rows // len(SPREAD)
    of_role = {role: found[found["role"] == role].reset_index(drop=True) for role in roles}
    parts = [_drawn(part, limits[role]) for role, part in of_role.items() if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else found.head(0).assign(weight=1.0)


def _drawn(part, most):
    """Return at most so many rows, and how many of the whole each stands for."""
    drawn = timeline.evenly(part, most)
    return drawn.assign(weight=len(part) / len(drawn))


def _of_role(frame, role):
    return frame[frame["role"] == role].reset_index(drop=True)
