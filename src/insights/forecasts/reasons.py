"""Reasons: what speaks for and against a forecast, in words, from the linear half of the model.

A feature's contribution is its coefficient times its distance from the mean of the training rows, in standard
deviations: how far it moves the log odds away from those of the average learner.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from insights.features import registry

LEAST = 0.02  # log odds; less is no reason


def contributions(linear: Pipeline, rows: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return how far each feature moves the log odds of each row.

    Parameters
    ----------
    linear : sklearn.pipeline.Pipeline
        From :func:`insights.forecasts.model.linear`.
    rows : pandas.DataFrame
    features : sequence of str
        What it was fitted on.

    Returns
    -------
    pandas.DataFrame
        A column per feature, and ``family`` where it reads one; what a missing value says is added to its feature.
    """
    columns, logistic = linear.named_steps["columns"], linear.named_steps["model"]
    read = [*(["family"] if "family" in columns.named_transformers_ else []), *features]
    standardised = logistic.named_steps["scale"].transform(columns.transform(rows[read]))
    moved = pd.DataFrame(standardised * logistic.named_steps["model"].coef_[0], index=rows.index)
    moved.columns = [str(name).removeprefix("missingindicator_") for name in columns.get_feature_names_out()]
    return moved.T.groupby(level=0, sort=False).sum().T


def told(model: str, moved: pd.DataFrame, rows: pd.DataFrame, most: int = 2) -> list[str]:
    """Return for each row what speaks most for it and what most against it.

    Parameters
    ----------
    model : str
        Whose features these are.
    moved : pandas.DataFrame
        From :func:`contributions`.
    rows : pandas.DataFrame
    most : int
        Reasons of either kind.
    """
    meanings = {f.name: (f.meaning, f.unit) for f in registry.features(model)}
    values, names = moved.to_numpy(), list(moved.columns)
    order = np.argsort(values, axis=1, kind="stable")
    read = rows[[name for name in names if name in rows]].to_dict("records")
    return [
        "; ".join(_sides(moves, ranked, names, row, meanings, most))
        for moves, ranked, row in zip(values, order, read, strict=True)
    ]


def _sides(moves, ranked, names, row, meanings, most):
    """Yield what speaks for, then what speaks against."""
    highest = [place for place in ranked[::-1][:most] if moves[place] > LEAST]
    lowest = [place for place in ranked[:most] if moves[place] < -LEAST]
    for side, found in (("for", highest), ("against", lowest)):
        if found:
            yield f"{side}: {', '.join(_named(names[place], row, meanings) for place in found)}"


def _named(name, row, meanings):
    if name == "family":
        return f"how often its courses are completed ({row[name]})"
    meaning, unit = meanings[name]
    unit = "" if unit == "rank" else f" {unit}"
    return f"{meaning} ({_written(row[name])}{unit})" if pd.notna(row[name]) else f"{meaning} (none)"


def _written(value):
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
