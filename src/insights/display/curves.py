"""Curves: shares of people, stage by stage and day by day, and several measures of one thing side by side."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from insights.display.drawing import (  # fmt: skip
    BLUE,
    COLOURS,
    GREY,
    drawing,
    height,
    legend_below,
    name_rows,
    percent,
    require,
    styles,
)
from insights.display.wording import number, share

MARKS = ("o", "s", "^", "D", "v", "P")


def funnel(frame: pd.DataFrame, label: str = "title", xlabel: str = "share of people") -> Figure:
    """Draw the share of people at each stage as bars with their intervals, the first stage on top.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``label``, ``share``, ``low``, ``high``; a row per stage.
    label, xlabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, label, "share", "low", "high")
    places = np.arange(len(frame))
    with drawing(height(len(frame))) as (figure, axes):
        axes.barh(places, frame["share"], color=BLUE, height=0.62)
        axes.hlines(places, frame["low"], frame["high"], color="black", linewidth=1.2)
        for place, row in zip(places, frame.itertuples(), strict=True):
            axes.annotate(share(row.share), (max(row.high, row.share), place), xytext=(4, 0), va="center",
                          textcoords="offset points", fontsize=9)  # fmt: skip
        name_rows(axes, frame[label])
        axes.set_xlim(0, 1.14)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        percent(axes.xaxis)
        axes.set_xlabel(xlabel)
    return figure


def curves(frame: pd.DataFrame, group: str, ylabel: str = "share", xlabel: str = "days") -> Figure:
    """Draw shares over days with their bands, and below the axes how many were still watched.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``group``, ``day``, ``share``, ``low``, ``high``, ``at_risk``.
    group, ylabel, xlabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, group, "day", "share", "low", "high", "at_risk")
    first, kinds = int(frame["day"].max()), frame[group].nunique()
    ticks = np.unique(np.linspace(0, first, 5).round().astype(int))
    with drawing(3.4 + 0.5 * kinds) as (figure, axes):
        for (name, points), colour, dash in zip(frame.groupby(group, sort=False), *styles(frame[group]), strict=True):
            axes.step(
                points["day"],
                points["share"],
                where="post",
                color=colour,
                linestyle=dash,
                label=_watched(name, points, ticks),
            )
            axes.fill_between(
                points["day"], points["low"], points["high"], step="post", color=colour, alpha=0.15, linewidth=0
            )
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, first), ylim=(0, None), xticks=ticks)
        percent(axes.yaxis)
        legend_below(figure, axes)
    return figure


def dots(
    frame: pd.DataFrame, label: str, kind: str, value: str, low: str, high: str, xlabel: str = "",
    reference: float | None = None,
) -> Figure:  # fmt: skip
    """Draw several measures of each thing with their intervals, a band of rows per thing.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per thing (``label``) and measure (``kind``).
    label, kind, value, low, high, xlabel : str
        Columns, and words.
    reference : float, optional
        What values are compared with, such as 0.5 for an AUC; without it they are shares, drawn from 0 on.

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, label, kind, value, low, high)
    names = list(dict.fromkeys(frame[label]))
    kinds = list(dict.fromkeys(frame[kind]))
    colours, _ = styles(frame[kind])
    with drawing(1.4 + 0.42 * len(names)) as (figure, axes):
        for place, (one, colour) in enumerate(zip(kinds, colours, strict=True)):
            part = frame[frame[kind] == one].set_index(label).reindex(names)
            at = np.arange(len(names)) + (place - (len(kinds) - 1) / 2) * 0.17
            axes.hlines(at, part[low], part[high], color=colour, linewidth=1.4)
            axes.plot(part[value], at, MARKS[place % len(MARKS)], color=colour, markersize=4.5, label=one)
        name_rows(axes, names)
        axes.axvline(reference or 0, color=GREY, linewidth=0.8)
        if reference is None:
            percent(axes.xaxis)
        axes.set_xlabel(xlabel)
        legend_below(figure, axes)
    return figure


def lines(
    frame: pd.DataFrame, group: str, x: str, y: str, xlabel: str = "", ylabel: str = "",
    reference: float | None = None,
) -> Figure:  # fmt: skip
    """Draw what becomes of a number as another one changes, a line per group.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per group and value of ``x``.
    group, x, y, xlabel, ylabel : str
        Columns, and words.
    reference : float, optional
        Value of ``x`` that is marked: where things stand now.

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, group, x, y)
    colours, _ = styles(frame[group])
    with drawing(4.2) as (figure, axes):
        for place, ((name, part), colour) in enumerate(zip(frame.groupby(group, sort=False), colours, strict=True)):
            axes.plot(part[x], part[y], color=colour, marker=MARKS[place % len(MARKS)], markersize=5, label=name)
        axes.axhline(0, color=GREY, linewidth=0.8)
        if reference is not None:
            axes.axvline(reference, color=GREY, linewidth=0.8, linestyle=":")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace("-", "\N{MINUS SIGN}"))
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        legend_below(figure, axes)
    return figure


def detectable(frame: pd.DataFrame) -> Figure:
    """Draw the smallest effect that experiments of several sizes show, a line per metric, on logarithmic scales.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``metric, units, detectable_share``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, "metric", "units", "detectable_share")
    with drawing(3.6) as (figure, axes):
        groups = frame.groupby("metric", sort=False)
        for (name, part), colour, dash in zip(groups, *styles(frame["metric"]), strict=True):
            axes.plot(part["units"], part["detectable_share"], color=colour, linestyle=dash, label=name)
        axes.set(xscale="log", yscale="log", xlabel="people in both arms", ylabel="share of the control's value")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        percent(axes.yaxis)
        legend_below(figure, axes)
    return figure


def pauses(frame: pd.DataFrame, cut_off: float | None, chosen: float) -> Figure:
    """Draw how many pauses last how long, on a scale of equal ratios; lines mark what ends a visit.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``seconds`` (the least of a step of equal ratio), ``pauses``.
    cut_off : float or None
        Minutes at which the data part.
    chosen : float
        Minutes that the parameters say.
    """
    require(frame, "seconds", "pauses")
    with drawing(3.2) as (figure, axes):
        axes.fill_between(frame["seconds"] / 60, frame["pauses"], step="post", color=BLUE, alpha=0.75, linewidth=0)
        axes.axvline(chosen, color="black", linewidth=1.4, label=f"{number(chosen)} minutes, as set")
        if cut_off is not None:
            axes.axvline(
                cut_off,
                color=COLOURS[1],
                linewidth=1.4,
                linestyle="--",
                label=f"{number(round(cut_off))} minutes, the valley",
            )
        axes.set_xscale("log")
        axes.set_xticks([1 / 60, 1, 60, 1440, 10080], ["1 s", "1 min", "1 h", "1 day", "1 week"])
        axes.set(xlabel="pause between two page views", ylabel="pauses", ylim=(0, None))
        legend_below(figure, axes)
    return figure


def _watched(name, points, ticks):
    held = points.set_index("day")["at_risk"].reindex(ticks, method="nearest")
    return f"{name}: {' · '.join(number(int(n)) for n in held)} watched"
