"""Plots: results frames as figures, in one theme.

Each function takes a frame and returns a matplotlib figure; :func:`~insights.display.pictures.show` stores it with
the data behind it and returns what a page displays.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from insights.display import wording
from insights.display.curves import curves, dots, funnel, pauses
from insights.display.drawing import (  # fmt: skip
    BLUE,
    COLOURS,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    drawing,
    height,
    legend_below,
    name_rows,
    of_how_many,
    percent,
    require,
    styles,
    unit_square,
)
from insights.display.flows import alluvial, graph
from insights.display.maps import diagram, heat, months
from insights.display.pictures import Picture, show

__all__ = (
    "Picture", "alluvial", "calibration", "coverage", "curves", "diagram", "distribution", "dots", "front", "funnel",
    "graph", "heat", "importance", "intervals", "loss_ledger", "months", "pauses", "precision_recall", "responses",
    "roc", "show",
)  # fmt: skip


def roc(frame: pd.DataFrame) -> Figure:
    """Draw ROC curves; the diagonal is what guessing reaches.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``model``, ``false_positive_rate``, ``true_positive_rate`` and, where there is a band, ``low``
        and ``high`` of the latter; a row per point.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with drawing(4.6) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        _banded(axes, frame, "false_positive_rate", "true_positive_rate")
        axes.set(xlabel="share of negatives flagged", ylabel="share of positives found")
        legend_below(figure, axes)
    return figure


def precision_recall(frame: pd.DataFrame, positives: float) -> Figure:
    """Draw how many of those called came true against how many are found; the level line is what guessing reaches.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``model``, ``recall``, ``precision`` and, where there is a band, ``low`` and ``high`` of the latter; a
        row per point.
    positives : float
        Share of all rows that came true.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with drawing(4.6) as (figure, axes):
        axes.axhline(positives, color=GREY, linewidth=1, linestyle=":")
        _banded(axes, frame, "recall", "precision")
        axes.set(xlabel="recall: share of positives found", ylabel="precision: share that came true")
        legend_below(figure, axes)
    return figure


def intervals(
    frame: pd.DataFrame, label: str, value: str, low: str, high: str,
    reference: float | None = None, xlabel: str = "",
) -> Figure:  # fmt: skip
    """Draw values with their intervals, a line per row, the first row on top.

    Parameters
    ----------
    frame : pandas.DataFrame
    label, value, low, high : str
        Columns. Where a bound is missing the value stands alone.
    reference : float, optional
        What the values are compared with: 0 for a difference, 0.5 for an AUC.
    xlabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, label, value, low, high)
    places = np.arange(len(frame))
    with drawing(height(len(frame))) as (figure, axes):
        if reference is not None:
            axes.axvline(reference, color=GREY, linewidth=1, linestyle="--")
        axes.hlines(places, frame[low], frame[high], color=BLUE, linewidth=2)
        axes.plot(frame[value], places, "o", color=BLUE, markersize=6)
        axes.margins(x=0.06)
        name_rows(axes, frame[label])
        axes.set_xlabel(xlabel)
    return figure


def importance(
    frame: pd.DataFrame, label: str = "feature", value: str = "importance",
    low: str | None = None, high: str | None = None, most: int = 15,
    xlabel: str = "importance",
) -> Figure:  # fmt: skip
    """Draw the greatest values as bars, with whiskers where there are intervals.

    The label of the axis says how many of how many are shown.
    """
    require(frame, label, value, *filter(None, (low, high)))
    shown = frame.nlargest(most, value, keep="first")
    places = np.arange(len(shown))
    with drawing(height(len(shown))) as (figure, axes):
        axes.barh(places, shown[value], color=SKY, height=0.62)
        if low and high:
            axes.hlines(places, shown[low], shown[high], color="black", linewidth=1.2)
        name_rows(axes, shown[label])
        axes.set_xlabel(f"{xlabel}{of_how_many(len(shown), len(frame))}")
    return figure


def front(
    frame: pd.DataFrame, x: str, y: str, best: str, marks: Mapping[str, tuple[float, float]], xlabel: str, ylabel: str
) -> Figure:
    """Draw how good many things are against what they take, and those that none beats in both as a line.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, y, best : str
        Columns: what it takes, how good it is, and whether none that takes as little is as good.
    marks : mapping of str to (float, float)
        Points with a name.
    xlabel, ylabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, x, y, best)
    with drawing(3.6) as (figure, axes):
        axes.plot(frame[x], frame[y], ".", color=GREY, alpha=0.6, label="a model that was fitted")
        line = frame[frame[best]].sort_values(x)
        axes.step(line[x], line[y], where="post", color=BLUE, label="none is simpler and as good")
        for (name, (across, up)), colour, mark in zip(marks.items(), (ORANGE, GREEN, BLUE), "Ds^", strict=False):
            axes.plot([across], [up], mark, color=colour, markersize=9, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        legend_below(figure, axes)
    return figure


def responses(
    frame: pd.DataFrame, x: str, y: str, low: str, high: str, by: str, limit: float, limit_name: str, xlabel: str,
    ylabel: str,
) -> Figure:  # fmt: skip
    """Draw how something answers to rising levels, a line with a band for each of a few groups, beside a limit.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, y, low, high, by : str
        Columns.
    limit : float
    limit_name, xlabel, ylabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, x, y, low, high, by)
    with drawing(3.0) as (figure, axes):
        for (name, points), colour, dash in zip(frame.groupby(by, sort=False), *styles(frame[by]), strict=True):
            axes.plot(points[x], points[y], "o", color=colour, linestyle=dash, label=name, markersize=4)
            axes.fill_between(points[x], points[low], points[high], color=colour, alpha=0.12, linewidth=0)
        axes.axhline(limit, color="black", linewidth=1, linestyle=":", label=limit_name)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        legend_below(figure, axes)
    return figure


def loss_ledger(
    frame: pd.DataFrame, label: str = "table", lost: str = "share",
    budget: float | None = None,
) -> Figure:  # fmt: skip
    """Draw the share of rows set aside, a bar per table or step, beside the budget.

    Parameters
    ----------
    frame : pandas.DataFrame
    label, lost : str
        Columns; ``lost`` holds shares between 0 and 1.
    budget : float, optional
        The share at which a run stops.

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, label, lost)
    with drawing(height(len(frame))) as (figure, axes):
        places = np.arange(len(frame))
        axes.barh(places, frame[lost], color=ORANGE, height=0.62)
        for place, share in zip(places, frame[lost], strict=True):
            axes.annotate(wording.share(share), (share, place), (4, 0), textcoords="offset points", va="center")
        if budget is not None:
            axes.axvline(budget, color="black", linewidth=1.2, linestyle="--", label="budget")
            legend_below(figure, axes)
        name_rows(axes, frame[label])
        percent(axes.xaxis)
        axes.set_xlim(0, max([*frame[lost], budget or 0, 0.001]) * 1.25)
        axes.set_xlabel("rows set aside")
    return figure


def calibration(frame: pd.DataFrame) -> Figure:
    """Draw how often it happened against how often it was predicted; on the diagonal both agree.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``predicted``, ``observed`` and, where known, ``low``, ``high`` and ``model``; a row per bin.

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, "predicted", "observed")
    named = frame if "model" in frame.columns else frame.assign(model="")
    with drawing(4.6) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (model, bins), colour, dash in zip(
            named.groupby("model", sort=False), *styles(named["model"]), strict=True
        ):
            axes.plot(bins["predicted"], bins["observed"], "o", color=colour, linestyle=dash, label=model)
            if {"low", "high"} <= set(frame.columns):
                axes.vlines(bins["predicted"], bins["low"], bins["high"], color=colour, linewidth=1.2)
        unit_square(axes)
        axes.set(xlabel="predicted", ylabel="observed")
        if "model" in frame.columns:
            legend_below(figure, axes)
    return figure


def distribution(values, marks: Mapping[str, float] | None = None, xlabel: str = "", bins: int = 40) -> Figure:
    """Draw a histogram, with a named line for each value that it is compared with."""
    known = pd.Series(np.asarray(values, dtype=float)).dropna()
    with drawing(3.0) as (figure, axes):
        axes.hist(known, bins=bins, color=SKY)
        for (name, place), colour, dash in zip((marks or {}).items(), COLOURS, DASHES, strict=False):
            axes.axvline(place, color=colour, linestyle=dash, label=f"{name}: {wording.number(place)}")
        axes.set(xlabel=xlabel, ylabel="count")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        if marks:
            legend_below(figure, axes)
    return figure


def coverage(frame: pd.DataFrame, label: str = "column", value: str = "share", xlabel: str = "filled") -> Figure:
    """Draw shares between 0 and 1 as bars on a common scale, such as how much of each column is filled."""
    require(frame, label, value)
    with drawing(height(len(frame))) as (figure, axes):
        places = np.arange(len(frame))
        axes.barh(places, np.ones(len(frame)), color="#EFEFEF", height=0.62)
        axes.barh(places, frame[value], color=GREEN, height=0.62)
        name_rows(axes, frame[label])
        percent(axes.xaxis)
        axes.set_xlim(0, 1)
        axes.set_xlabel(xlabel)
    return figure


def _banded(axes, frame, x, y):
    """Draw a line for each model, with its band where there is one."""
    require(frame, "model", x, y)
    for (model, points), colour, dash in zip(
        frame.groupby("model", sort=False), *styles(frame["model"]), strict=True
    ):
        axes.plot(points[x], points[y], color=colour, linestyle=dash, label=model)
        if {"low", "high"} <= set(frame.columns):
            axes.fill_between(points[x], points["low"], points["high"], color=colour, alpha=0.15, linewidth=0)
    unit_square(axes)
