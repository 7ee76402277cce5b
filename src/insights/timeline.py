"""Time: which rows may train, which may validate, and the folds in between.

The one rule of leakage lives here. A row has an ``as_of`` instant, at which its features are taken, and a
``resolved_at`` instant, by which the outcome of *every* row of its kind is known. It trains only if
``resolved_at <= split``; it validates only if ``as_of >= split`` and ``resolved_at <= end``. Rows in between are
purged and counted. In forward validation it is the purge that matters; an embargo after the validation span
would matter only if training could use later data, which it never does here.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator

from insights.params import Params

TRAIN, VALIDATE, PURGED, UNRESOLVED = "train", "validate", "purged", "unresolved"
UNLABELLED = "unlabelled"  # waits for an outcome; may be learned from, as far as it was known at the split


class WindowError(ValueError):
    """A window that leaves nothing to train or to validate on; the message shows the arithmetic."""


def decision_dates(params: Params) -> list[pd.Timestamp]:
    """Return the launch decisions of a window: first instants of months with full look-back and horizon.

    A decision is taken at the close of the last day of a month; its ``as_of`` is the instant after.
    """
    first = pd.Timestamp(params.start) + pd.DateOffset(months=params.launch.lookback_months)
    last = pd.Timestamp(params.end) - pd.DateOffset(months=params.launch.horizon_months)
    return list(pd.date_range(_next_month_start(first), last, freq="MS"))


def require_span(params: Params) -> None:
    """Refuse a window that is too short for its look-backs and horizons, before any record is read.

    Raises
    ------
    WindowError
        With the arithmetic, and what to change.
    """
    for model, need in (("launch", _launch_need(params)), ("completion", _completion_need(params))):
        for span, first, last in need:
            if first > last:
                raise WindowError(
                    f"window {params.window}, {model} model: nothing to {span} on. {_horizon(params, model)}"
                    f"The first row that could {span} resolves on {first:%Y-%m-%d}, after {last:%Y-%m-%d}. "
                    f"Move the dates or shorten the horizon in params/{params.window}.yaml."
                )


def roles(rows: pd.DataFrame, split: datetime.datetime, end: datetime.datetime) -> pd.Series:
    """Return what each row may be used for.

    Parameters
    ----------
    rows : pandas.DataFrame
        With columns ``as_of`` and ``resolved_at``.
    split, end : datetime.datetime
        First instant of validation, and first instant after the window.

    Returns
    -------
    pandas.Series of str
        ``train``, ``validate``, ``purged`` (its outcome was not known at the split, or its features began
        before it) or ``unresolved`` (its outcome is not known at the end).
    """
    conditions = [
        rows["resolved_at"] <= split,
        (rows["as_of"] >= split) & (rows["resolved_at"] <= end),
        rows["resolved_at"] > end,
    ]
    chosen = np.select(conditions, [TRAIN, VALIDATE, UNRESOLVED], PURGED)
    return pd.Series(chosen, index=rows.index, dtype="str")


def require_both_roles(rows: pd.DataFrame, params: Params, model: str) -> None:
    """Refuse a window whose label horizon leaves nothing to train or to validate on.

    Raises
    ------
    WindowError
        With the arithmetic: dates, horizon, and how many rows fell where.
    """
    counts = rows["role"].value_counts()
    for role, need in ((TRAIN, f"resolved by {params.dates.split}"), (VALIDATE, _validation_need(params))):
        usable = rows[rows["role"] == role]
        if usable["y"].nunique() < 2:
            raise WindowError(
                f"window {params.window}, {model} model: {len(usable)} rows to {role} on, holding "
                f"{usable['y'].nunique()} of 2 outcomes. Rows must be {need}. {_horizon(params, model)}"
                f"{_span(rows)} Fell: {', '.join(f'{n} {name}' for name, n in counts.items()) or 'no rows'}. "
                f"Move the dates or shorten the horizon in params/{params.window}.yaml."
            )


def effective(rows: pd.DataFrame) -> pd.DataFrame:
    """Return, by role and kind of row: decisions, months, rows, products and positives."""
    grouped = rows.assign(month=rows["as_of"].dt.to_period("M")).groupby(["kind", "role"], sort=True)
    counted = grouped.agg(
        first_as_of=("as_of", "min"),
        last_as_of=("as_of", "max"),
        months=("month", "nunique"),
        rows=("y", "size"),
        products=("product_id", "nunique"),
        positives=("y", "sum"),
    )
    return counted.reset_index()


def evenly(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows, the same share of every stretch; rows must be in the order of time."""
    if len(rows) <= most:
        return rows
    return rows.iloc[np.linspace(0, len(rows) - 1, most).round().astype(int)].reset_index(drop=True)


@dataclass(frozen=True)
class Fold:
    """Positions of the rows that one fold fits and is judged on."""

    fit: np.ndarray
    judge: np.ndarray


class TimeFolds(BaseCrossValidator):
    """Time-ordered folds, grouped by product family and purged like the window itself.

    Families are dealt into as many groups as there are folds. Fold ``i`` cuts time at an instant of its own:
    it is judged on the rows of group ``i`` decided at or after the cut, and fitted on rows of the
    other groups that had resolved by then. Where nothing resolves before a later row is decided (one cohort
    only), the folds are by family alone; :attr:`ordered` says which it was.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows with ``as_of``, ``resolved_at``, ``family`` and ``y``, in the order of the matrix.
    folds : int
        How many; fewer are made where there are fewer families, or where a fold lacks an outcome.

    Raises
    ------
    WindowError
        If no fold has both outcomes on both of its sides.
    """

    def __init__(self, rows: pd.DataFrame, folds: int):
        cuts = _cuts(rows, folds)
        self.ordered = cuts is not None
        groups = _groups(rows["family"], folds)
        proposed = [_fold(rows, groups == i, cuts[i] if self.ordered else None) for i in range(folds)]
        self.folds = [fold for fold in proposed if _has_both(rows["y"].to_numpy(), fold)]
        if not self.folds:
            raise WindowError(
                f"{len(rows)} training rows of {rows['family'].nunique()} product families: no fold has both "
                "outcomes to fit and to be judged on. Lengthen the window or lower modeling.folds."
            )

    def split(self, X=None, y=None, groups=None):
        """Yield the positions to fit and to judge, fold by fold."""
        yield from ((fold.fit, fold.judge) for fold in self.folds)

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of folds."""
        return len(self.folds)


def _launch_need(params):
    """When the first training and the first validation row resolve, and by when they have to."""
    launch, horizon = params.launch, pd.DateOffset(months=params.launch.horizon_months)
    first = _next_month_start(pd.Timestamp(params.start) + pd.DateOffset(months=launch.lookback_months))
    later = max(first, _next_month_start(pd.Timestamp(params.split)))
    yield TRAIN, first + horizon, pd.Timestamp(params.split)
    yield VALIDATE, later + horizon, pd.Timestamp(params.end)


def _completion_need(params):
    if params.completion.horizon_days is None:
        return
    horizon = pd.Timedelta(days=params.completion.horizon_days)
    first = pd.Timestamp(params.start) + pd.Timedelta(days=params.completion.lookback_days)
    yield TRAIN, first + horizon, pd.Timestamp(params.split)
    yield VALIDATE, max(first, pd.Timestamp(params.split)) + horizon, pd.Timestamp(params.end)


def _next_month_start(moment):
    floor = moment.normalize().replace(day=1)
    return floor if floor == moment else floor + pd.DateOffset(months=1)


def _validation_need(params):
    return f"decided at or after {params.dates.split} and resolved by {params.dates.end}"


def _horizon(params, model):
    if model == "launch":
        return f"A launch resolves {params.launch.horizon_months} month(s) after its decision. "
    days = params.completion.horizon_days
    horizon = f"{days} days after" if days else "when its course ends after"
    anchor = params.completion.anchor.replace("_", " ")
    return f"A completion resolves {horizon} its as-of date (day {params.completion.day} from {anchor}). "


def _span(rows):
    if rows.empty:
        return "No row can be formed in these dates."
    return (
        f"Rows are decided from {rows['as_of'].min():%Y-%m-%d} to {rows['as_of'].max():%Y-%m-%d} and resolve "
        f"from {rows['resolved_at'].min():%Y-%m-%d} to {rows['resolved_at'].max():%Y-%m-%d}."
    )


def _cuts(rows, folds) -> Sequence | None:
    decided = np.sort(rows["as_of"].to_numpy())
    cuttable = decided[decided >= rows["resolved_at"].min().to_datetime64()]
    if len(cuttable) == 0:
        return None
    places = np.linspace(0.25, 0.75, folds) if folds > 1 else np.array([0.5])
    return [cuttable[int(place * (len(cuttable) - 1))] for place in places]


def _groups(family: pd.Series, folds: int) -> np.ndarray:
    sizes = family.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    loads, dealt = np.zeros(folds), {}
    for name, size in sizes.items():
        lightest = int(np.argmin(loads))
        dealt[name] = lightest
        loads[lightest] += size
    return family.map(dealt).to_numpy()


def _fold(rows, judged_group, cut):
    fit, judge = ~judged_group, judged_group
    if cut is not None:
        fit = fit & (rows["resolved_at"].to_numpy() <= cut)
        judge = judge & (rows["as_of"].to_numpy() >= cut)
    return Fold(np.flatnonzero(fit), np.flatnonzero(judge))


def _has_both(y, fold):
    return len(np.unique(y[fold.fit])) == 2 and len(np.unique(y[fold.judge])) == 2
