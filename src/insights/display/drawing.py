"""Drawing: the theme that all figures share, and what they have in common.

Figures are drawn small with large letters, so that they are read on a telephone as well; colours are those of Okabe
and Ito, which colour-blind readers tell apart, and no difference rests on colour alone.

Source of the palette: M. Okabe and K. Ito, Color Universal Design, 2008.
"""

import contextlib
import textwrap

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from insights.display import wording

BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#6B6B6B",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY)
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
WIDTH = 4.8  # inches; 10 points are then ten pixels on a telephone
LONGEST = 34  # letters of a label in a line

THEME = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.labelsize": 10, "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": GREY,
    "axes.grid": True, "grid.color": "#E4E4E4", "grid.linewidth": 0.7, "axes.axisbelow": True,
    "legend.frameon": False, "legend.fontsize": 9.5, "figure.facecolor": "white", "lines.linewidth": 1.8,
    "figure.dpi": 100,
}  # fmt: skip


@contextlib.contextmanager
def drawing(height):
    """Yield a figure in the theme; outside pyplot nothing is registered that would have to be closed."""
    with mpl.rc_context(THEME):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        yield figure, axes


def height(rows):
    """Return the height of a figure with so many rows, in inches."""
    return 1.0 + 0.3 * max(rows, 2)


def styles(models):
    """Return a colour and a dash for each model."""
    kinds = models.nunique()
    if kinds > len(COLOURS):
        raise ValueError(f"{kinds} models in one plot, of which {len(COLOURS)} can be told apart. Draw fewer.")
    return COLOURS[:kinds], DASHES[:kinds]


def name_rows(axes, labels):
    """Write labels at the side, the first on top."""
    axes.set_yticks(np.arange(len(labels)), [_shortened(str(label)) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))


def _shortened(text):
    if len(text) <= LONGEST:
        return text
    return "\n".join(textwrap.wrap(text, LONGEST, max_lines=2, placeholder="…"))


def unit_square(axes):
    """Let both axes run from 0 to 1, in per cent, with room for a mark that stands at an end."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    percent(axes.xaxis)
    percent(axes.yaxis)


def percent(axis):
    """Write an axis in per cent."""
    axis.set_major_formatter(PercentFormatter(1, decimals=None, symbol=" %"))


def legend_below(figure, axes):
    """Put the legend below the axes."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1)


def of_how_many(shown, there):
    """Say how many of how many are shown; nothing where all are."""
    return "" if shown == there else f" (the greatest {shown} of {there})"


def require(frame, *columns):
    """Refuse a frame that lacks a column.

    Raises
    ------
    ValueError
    """
    if unknown := [column for column in columns if column not in frame.columns]:
        raise ValueError(
            f"a plot of {wording.listing(frame.columns)} has no column {wording.listing(unknown)}. Correct its name."
        )
