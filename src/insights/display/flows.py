"""Flows: how many go from where to where, as a graph of activities and as ribbons between steps."""

import itertools

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.path import Path

from insights.display.drawing import COLOURS, GREY, SKY, drawing, require
from insights.display.wording import number, share

LEAST_SHARE = 0.03  # of the times that something followed; rarer arrows are left out
LEAST_RIBBON = 0.01  # of the people; thinner ribbons are left out
GAP = 0.02  # between the bars of a column, as part of its height
BAR = 0.09


def graph(frame: pd.DataFrame) -> Figure:
    """Draw activities in a circle and what follows each as arrows, the wider the more often.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``before, after, share``: of the times that something followed ``before``. What leads back to itself is told
        beside the name.

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, "before", "after", "share")
    names = list(dict.fromkeys([*frame["before"], *frame["after"]]))
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(names)) / len(names)
    places = {name: (np.cos(a), np.sin(a)) for name, a in zip(names, angles, strict=True)}
    again = frame[frame["before"] == frame["after"]].set_index("before")["share"]
    with drawing(4.6) as (figure, axes):
        for row in frame[(frame["before"] != frame["after"]) & (frame["share"] >= LEAST_SHARE)].itertuples():
            axes.add_patch(_arrow(places[row.before], places[row.after], row.share))
        for name, (x, y) in places.items():
            text = _broken(name) + (f"\n(again {share(again[name], 0)})" if name in again.index else "")
            box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": SKY, "linewidth": 1.4}
            axes.text(x, y, text, ha="center", va="center", fontsize=8, bbox=box, zorder=3)
        axes.set(xlim=(-1.45, 1.45), ylim=(-1.25, 1.25))
        axes.axis("off")
    return figure


def alluvial(frame: pd.DataFrame, steps: list[str], size: str) -> Figure:
    """Draw people as ribbons from step to step, as wide as they are many.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per way: what was done at each of ``steps``, and ``size``, how many people.
    steps : list of str
        Columns, in order.
    size : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    require(frame, *steps, size)
    names = list(dict.fromkeys(pd.concat([frame[step] for step in steps])))
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
    total = frame[size].sum()
    tops = [_stacked(frame, step, size, names) for step in steps]
    with drawing(4.4) as (figure, axes):
        for place, (left, right) in enumerate(itertools.pairwise(steps)):
            _ribbons(axes, frame, place, (left, right), size, (tops[place], tops[place + 1]), colours)
        for place, (step, top) in enumerate(zip(steps, tops, strict=True)):
            for name, (upper, lower) in top.items():
                across = [place - BAR, place + BAR]
                axes.fill_between(across, lower, upper, color=colours[name], linewidth=0, zorder=2)
                held = frame.loc[frame[step] == name, size].sum()
                label = f"{_broken(name)}\n{number(int(held))}"
                if held / total > 0.03:
                    axes.text(place, (upper + lower) / 2, label, ha="center", va="center", fontsize=7, zorder=3,
                              bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.6})  # fmt: skip
        axes.set_xticks(range(len(steps)), steps)
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.grid(visible=False)
        axes.set(xlim=(-0.35, len(steps) - 0.65), ylabel="people")
    return figure


def _arrow(start, end, part):
    return FancyArrowPatch(
        start, end, connectionstyle="arc3,rad=0.16", arrowstyle="-|>", mutation_scale=8 + 6 * part,
        linewidth=0.6 + 5 * part, color=GREY, alpha=0.35 + 0.5 * part, shrinkA=26, shrinkB=30, zorder=1,
    )  # fmt: skip


def _broken(name):
    words = name.split(" for ") if " for " in name else name.split(" in ")
    joint = " for" if " for " in name else " in"
    return f"{joint}\n".join(words)


def _stacked(frame, step, size, names):
    """Return where the bar of each name begins and ends, the first on top; the whole column has height 1."""
    held = frame.groupby(step)[size].sum()
    present = [name for name in names if name in held.index]
    room, at, found = 1 - GAP * (len(present) - 1), 1.0, {}
    for name in present:
        tall = room * held[name] / held.sum()
        found[name] = (at, at - tall)
        at -= tall + GAP
    return found


def _ribbons(axes, frame, place, steps, size, tops, colours):
    left, right = steps
    flows = frame.groupby([left, right], sort=False)[size].sum()
    used = [dict.fromkeys(top, 0.0) for top in tops]
    widths = [{name: upper - lower for name, (upper, lower) in top.items()} for top in tops]
    held = [frame.groupby(step)[size].sum() for step in steps]
    order = [(a, b) for a in tops[0] for b in tops[1] if (a, b) in flows.index]
    least = LEAST_RIBBON * flows.sum()
    for a, b in order:
        ends = []
        for side, name in enumerate((a, b)):
            tall = widths[side][name] * flows[a, b] / held[side][name]
            upper = tops[side][name][0] - used[side][name]
            used[side][name] += tall
            ends.append((upper, upper - tall))
        if flows[a, b] >= least:
            axes.add_patch(_ribbon(place + BAR, place + 1 - BAR, *ends, colours[a]))


def _ribbon(x0, x1, start, end, colour):
    middle = (x0 + x1) / 2
    points = [
        (x0, start[0]), (middle, start[0]), (middle, end[0]), (x1, end[0]),
        (x1, end[1]), (middle, end[1]), (middle, start[1]), (x0, start[1]), (x0, start[0]),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return PathPatch(Path(points, codes), facecolor=colour, alpha=0.35, linewidth=0, zorder=1)
