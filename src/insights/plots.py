"""Plots: results frames as figures, in one theme.

Each function takes a frame and returns a matplotlib figure; :func:`~insights.pictures.show` stores it with
the data behind it and returns what a page displays. Figures are drawn small with large letters, so that
they are read on a telephone as well; colours are those of Okabe and Ito, which colour-blind readers tell
apart, and no difference rests on colour alone.

Source of the palette: M. Okabe and K. Ito, Color Universal Design, 2008.
"""

import contextlib
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from insights import wording
from insights.pictures import Picture, show

__all__ = (
    "Picture", "calibration", "coverage", "distribution", "importance", "intervals", "loss_ledger", "roc",
    "show",
)  # fmt: skip

BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#6B6B6B",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY)
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
WIDTH = 4.8  # inches; 10 points are then ten pixels on a telephone

THEME = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 10.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.labelsize": 10, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": GREY, "axes.grid": True,
    "grid.color": "#E4E4E4", "grid.linewidth": 0.7, "axes.axisbelow": True, "legend.frameon": False,
    "legend.fontsize": 9.5, "figure.facecolor": "white", "lines.linewidth": 1.8, "figure.dpi": 100,
}  # fmt: skip


def roc(frame: pd.DataFrame, title: str = "") -> Figure:
    """Draw ROC curves; the diagonal is what guessing reaches.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``model``, ``false_positive_rate``, ``true_positive_rate`` and, where there is a band, ``low``
        and ``high`` of the latter; a row per point.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    _require(frame, "model", "false_positive_rate", "true_positive_rate")
    with _drawing(4.6, title) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (model, points), colour, dash in zip(
            frame.groupby("model", sort=False), *_styles(frame["model"]), strict=True
        ):
            x = points["false_positive_rate"]
            axes.plot(x, points["true_positive_rate"], color=colour, linestyle=dash, label=model)
            if {"low", "high"} <= set(frame.columns):
                axes.fill_between(x, points["low"], points["high"], color=colour, alpha=0.15, linewidth=0)
        _unit_square(axes)
        axes.set(xlabel="share of negatives flagged", ylabel="share of positives found")
        _legend_below(figure, axes)
    return figure


def intervals(
    frame: pd.DataFrame, label: str, value: str, low: str, high: str,
    reference: float | None = None, xlabel: str = "", title: str = "",
) -> Figure:  # fmt: skip
    """Draw values with their intervals, a line per row, the first row on top.

    Parameters
    ----------
    frame : pandas.DataFrame
    label, value, low, high : str
        Columns. Where a bound is missing the value stands alone.
    reference : float, optional
        What the values are compared with: 0 for a difference, 0.5 for an AUC.
    xlabel, title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    _require(frame, label, value, low, high)
    places = np.arange(len(frame))
    with _drawing(_height(len(frame)), title) as (figure, axes):
        if reference is not None:
            axes.axvline(reference, color=GREY, linewidth=1, linestyle="--")
        axes.hlines(places, frame[low], frame[high], color=BLUE, linewidth=2)
        axes.plot(frame[value], places, "o", color=BLUE, markersize=6)
        axes.margins(x=0.06)
        _name_rows(axes, frame[label])
        axes.set_xlabel(xlabel)
    return figure


def importance(
    frame: pd.DataFrame, label: str = "feature", value: str = "importance",
    low: str | None = None, high: str | None = None, most: int = 15,
    xlabel: str = "importance", title: str = "",
) -> Figure:  # fmt: skip
    """Draw the greatest values as bars, with whiskers where there are intervals.

    The label of the axis says how many of how many are shown.
    """
    _require(frame, label, value, *filter(None, (low, high)))
    shown = frame.nlargest(most, value, keep="first")
    places = np.arange(len(shown))
    with _drawing(_height(len(shown)), title) as (figure, axes):
        axes.barh(places, shown[value], color=SKY, height=0.62)
        if low and high:
            axes.hlines(places, shown[low], shown[high], color="black", linewidth=1.2)
        _name_rows(axes, shown[label])
        axes.set_xlabel(f"{xlabel}{_of(len(shown), len(frame))}")
    return figure


def loss_ledger(
    frame: pd.DataFrame, label: str = "table", lost: str = "share",
    budget: float | None = None, title: str = "",
) -> Figure:  # fmt: skip
    """Draw the share of rows set aside, a bar per table or step, beside the budget.

    Parameters
    ----------
    frame : pandas.DataFrame
    label, lost : str
        Columns; ``lost`` holds shares between 0 and 1.
    budget : float, optional
        The share at which a run stops.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    _require(frame, label, lost)
    with _drawing(_height(len(frame)), title) as (figure, axes):
        places = np.arange(len(frame))
        axes.barh(places, frame[lost], color=ORANGE, height=0.62)
        for place, share in zip(places, frame[lost], strict=True):
            axes.annotate(
                wording.share(share), (share, place), (4, 0), textcoords="offset points", va="center"
            )
        if budget is not None:
            axes.axvline(budget, color="black", linewidth=1.2, linestyle="--", label="budget")
            _legend_below(figure, axes)
        _name_rows(axes, frame[label])
        _percent(axes.xaxis)
        axes.set_xlim(0, max([*frame[lost], budget or 0, 0.001]) * 1.25)
        axes.set_xlabel("rows set aside")
    return figure


def calibration(frame: pd.DataFrame, title: str = "") -> Figure:
    """Draw how often it happened against how often it was predicted; on the diagonal both agree.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``predicted``, ``observed`` and, where known, ``low``, ``high`` and ``model``; a row per bin.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    _require(frame, "predicted", "observed")
    named = frame if "model" in frame.columns else frame.assign(model="")
    with _drawing(4.6, title) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
        for (model, bins), colour, dash in zip(
            named.groupby("model", sort=False), *_styles(named["model"]), strict=True
        ):
            axes.plot(bins["predicted"], bins["observed"], "o", color=colour, linestyle=dash, label=model)
            if {"low", "high"} <= set(frame.columns):
                axes.vlines(bins["predicted"], bins["low"], bins["high"], color=colour, linewidth=1.2)
        _unit_square(axes)
        axes.set(xlabel="predicted", ylabel="observed")
        if "model" in frame.columns:
            _legend_below(figure, axes)
    return figure


def distribution(
    values, marks: Mapping[str, float] | None = None, xlabel: str = "", title: str = "", bins: int = 40
) -> Figure:
    """Draw a histogram, with a named line for each value that it is compared with."""
    known = pd.Series(np.asarray(values, dtype=float)).dropna()
    with _drawing(3.0, title) as (figure, axes):
        axes.hist(known, bins=bins, color=SKY)
        for (name, place), colour, dash in zip((marks or {}).items(), COLOURS, DASHES, strict=False):
            axes.axvline(place, color=colour, linestyle=dash, label=f"{name}: {wording.number(place)}")
        axes.set(xlabel=xlabel, ylabel="count")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        if marks:
            _legend_below(figure, axes)
    return figure


def coverage(
    frame: pd.DataFrame, label: str = "column", value: str = "share", xlabel: str = "filled", title: str = ""
) -> Figure:
    """Draw shares between 0 and 1 as bars on a common scale, such as how much of each column is filled."""
    _require(frame, label, value)
    with _drawing(_height(len(frame)), title) as (figure, axes):
        places = np.arange(len(frame))
        axes.barh(places, np.ones(len(frame)), color="#EFEFEF", height=0.62)
        axes.barh(places, frame[value], color=GREEN, height=0.62)
        _name_rows(axes, frame[label])
        _percent(axes.xaxis)
        axes.set_xlim(0, 1)
        axes.set_xlabel(xlabel)
    return figure


@contextlib.contextmanager
def _drawing(height, title):
    """Yield a figure in the theme; outside pyplot nothing is registered that would have to be closed."""
    with mpl.rc_context(THEME):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title)
        yield figure, axes


def _height(rows):
    return 1.0 + 0.3 * max(rows, 2)


def _styles(models):
    kinds = models.nunique()
    if kinds > len(COLOURS):
        raise ValueError(
            f"{kinds} models in one plot, of which {len(COLOURS)} can be told apart. Draw fewer."
        )
    return COLOURS[:kinds], DASHES[:kinds]


def _name_rows(axes, labels):
    axes.set_yticks(np.arange(len(labels)), [_shortened(str(label)) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))


def _shortened(text, most=34):
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _unit_square(axes):
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    _percent(axes.xaxis)
    _percent(axes.yaxis)


def _percent(axis):
    axis.set_major_formatter(PercentFormatter(1, decimals=None, symbol=" %"))


def _legend_below(figure, axes):
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1)


def _of(shown, there):
    return "" if shown == there else f" (the greatest {shown} of {there})"


def _require(frame, *columns):
    if unknown := [column for column in columns if column not in frame.columns]:
        raise ValueError(
            f"a plot of {wording.listing(frame.columns)} has no column {wording.listing(unknown)}. "
            "Correct its name."
        )
