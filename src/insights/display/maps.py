"""Maps: how tables refer to each other, and which months they cover."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from insights.display.drawing import BLUE, GREY, ORANGE, SKY, drawing, height, name_rows, require

SHADES = 4  # of how much there is in a month, beside its table's greatest
MOST_TICKS = 6


def months(coverage: pd.DataFrame, marks: pd.DataFrame) -> Figure:
    """Draw how many rows each table has in each month, against its own greatest, and the breaks that are known.

    Parameters
    ----------
    coverage : pandas.DataFrame
        Columns ``table``, ``month`` (``2024-06``) and ``rows``.
    marks : pandas.DataFrame
        Columns ``table``, ``month`` and ``what``; each is numbered as it stands there.
    """
    require(coverage, "table", "month", "rows")
    every = [str(m) for m in pd.period_range(coverage["month"].min(), coverage["month"].max(), freq="M")]
    wide = coverage.pivot(index="table", columns="month", values="rows").reindex(columns=every).fillna(0)
    wide = wide.loc[coverage["table"].unique()]
    share = wide.div(wide.max(axis=1).replace(0, 1), axis=0).to_numpy()
    with drawing(height(len(wide))) as (figure, axes):
        for row, shares in enumerate(share):
            shades = np.ceil(shares * SHADES) / SHADES
            axes.bar(np.arange(len(every)), 0.7, 1.0, row - 0.35, color=[_shade(s) for s in shades], linewidth=0)
        shown = marks[marks["table"].isin(wide.index) & marks["month"].isin(every)]
        for number, mark in zip(shown.index + 1, shown.itertuples(), strict=True):
            row, place = list(wide.index).index(mark.table), every.index(mark.month)
            axes.plot([place - 0.5] * 2, [row - 0.5, row + 0.5], color=ORANGE, linewidth=2)
            axes.annotate(str(number), (place - 0.5, row - 0.5), (2, -1), textcoords="offset points", color=ORANGE)
        name_rows(axes, wide.index)
        step = -(-len(every) // MOST_TICKS)
        axes.set_xticks(np.arange(0, len(every), step), every[::step], rotation=30, ha="right")
        axes.set_xlim(-0.6, len(every) - 0.4)
        axes.grid(visible=False)
        axes.set_xlabel("month in which it happened; darker where there is more")
    return figure


def heat(frame: pd.DataFrame, row: str, column: str, value: str, of: str = "the people of the row") -> Figure:
    """Draw shares as a table of shades, each with its number, so that none rests on colour alone.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per cell, in the order in which rows and columns shall stand.
    row, column, value : str
        Columns of the frame; the values are shares.
    of : str
        What they are shares of.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import seaborn  # here, for it brings pyplot along, which chooses a backend

    require(frame, row, column, value)
    rows, columns = list(dict.fromkeys(frame[row])), list(dict.fromkeys(frame[column]))
    cells = frame.pivot_table(index=row, columns=column, values=value, sort=False).reindex(
        index=rows, columns=columns
    )
    with drawing(1.6 + 0.27 * len(rows)) as (figure, axes):
        seaborn.heatmap(100 * cells, vmin=0, vmax=100, cmap="Blues", annot=True, fmt=".0f", cbar=False, ax=axes,
                        annot_kws={"fontsize": 8.5})  # fmt: skip
        axes.set_xticklabels(columns, rotation=40, ha="right")
        axes.set_ylabel("")
        axes.grid(visible=False)
        axes.set_xlabel(f"per cent of {of}")
    return figure


def diagram(references: Mapping[str, Mapping[str, str]], missing: set[str]) -> Figure:
    """Draw tables as boxes, those that others refer to in the middle, and a line for each reference.

    Parameters
    ----------
    references : mapping of str to mapping of str to str
        By table, the tables that it refers to, by column.
    missing : set of str
        Tables that this source lacks; drawn with a dashed edge.
    """
    places = _places(references)
    with drawing(0.6 + 0.52 * max(y for _, y in places.values())) as (figure, axes):
        for name, owners in references.items():
            for owner in owners.values():
                (x0, y0), (x1, y1) = places[name], places[owner]
                axes.plot([x0, x1], [y0, y1], color=GREY, linewidth=0.9, zorder=1)
        hubs = {owner for owners in references.values() for owner in owners.values()}
        for name, (x, y) in places.items():
            _box(axes, name, x, y, name in hubs, name in missing)
        axes.set(xlim=(-0.2, 4.2), ylim=(-0.6, max(y for _, y in places.values()) + 0.6))
        axes.axis("off")
    return figure


def _shade(share):
    return (*[int(BLUE[i : i + 2], 16) / 255 for i in (1, 3, 5)], share) if share else "#F4F4F4"


def _places(references):
    """Put what refers to one hub at its side, what refers to several in the middle, and the hubs between."""
    hubs = sorted({owner for owners in references.values() for owner in owners.values()})
    others = [name for name in references if name not in hubs]
    sides = {0.4: [], 2.0: [], 3.6: []}
    for name in others:
        owners = set(references[name].values())
        x = 2.0 if len(owners) != 1 else 0.4 if owners == {"learners"} else 3.6
        sides[x].append(name)
    places = {name: (x, 1.0 + y) for x, names in sides.items() for y, name in enumerate(names)}
    tallest = max(y for _, y in places.values())
    known = {"learners": (1.2, 0.0), "products": (2.8, 0.0), "events": (3.6, tallest)}
    return places | {hub: known.get(hub, (2.0, tallest + 1)) for hub in hubs}


def _box(axes, name, x, y, hub, missing):
    style = {"facecolor": SKY if hub else "white", "edgecolor": GREY, "linestyle": "--" if missing else "-"}
    axes.add_patch(FancyBboxPatch((x - 0.46, y - 0.2), 0.92, 0.4, boxstyle="round,pad=0.02", zorder=2, **style))
    axes.text(x, y, name.replace("_", " "), ha="center", va="center", fontsize=7.5, zorder=3, color="black")
