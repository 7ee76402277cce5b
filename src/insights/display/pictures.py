"""Pictures: figures stored with the data behind them, and displayed with a text for those who cannot see them."""

import base64
import html
import io
import sys
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from insights.display import tables, wording
from insights.store import DPI, Step

MOST_BYTES = 150_000
SHORTEST_ALT = 20


@dataclass(frozen=True)
class Picture:
    """A picture ready for display.

    Attributes
    ----------
    caption : str
        What it shows, its citation name first.
    alt : str
        What is seen in it, in words.
    png : bytes
    data : insights.display.tables.Table
        The numbers behind it.
    """

    caption: str
    alt: str
    png: bytes
    data: tables.Table

    def __str__(self) -> str:
        return f"{self.caption}\n{self.alt}"

    def _repr_html_(self) -> str:
        source = f"data:image/png;base64,{base64.b64encode(self.png).decode()}"
        note = f'<p class="note">{html.escape(self.data.note)}</p>\n' if self.data.note else ""
        label = html.escape(f"Data of {self.caption}", quote=True)
        return (
            f'<figure class="picture">\n<img src="{source}" alt="{html.escape(self.alt, quote=True)}">\n'
            f"<figcaption>{html.escape(self.caption)}</figcaption>\n"
            f"<details><summary>The numbers behind it</summary>\n"
            f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n{self.data.grid()}\n</div>\n'
            f"{note}</details>\n</figure>"
        )


def show(step: Step, name: str, figure: Figure, caption: str, alt: str, data: pd.DataFrame) -> Picture:
    """Store a figure with its data, and return it for display.

    Parameters
    ----------
    step : insights.store.Step
        The notebook's step; PNG and CSV go among its figures.
    name : str
        Such as ``roc``; stored as ``figure_5_2_roc`` and cited as "Figure 5.2" if it is the second of notebook 05.
    figure : matplotlib.figure.Figure
        Closed afterwards.
    caption : str
        What it shows.
    alt : str
        What is seen in it, for those who cannot; at least twenty characters.
    data : pandas.DataFrame
        The numbers behind it.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If the alt text or the caption is missing, or the PNG is larger than 150 KB.
    """
    _require_words(name, alt, caption)
    path = step.figure(name, figure, data)
    _close(figure)
    return _picture(
        name, path.read_bytes(), tables.cited(path.stem, caption), alt, tables.show(data, caption, most=20)
    )


def drawn(figure: Figure, caption: str, alt: str, data: pd.DataFrame) -> Picture:
    """Return a figure for display on a page that is no notebook's, with its data; it is stored nowhere else.

    Raises
    ------
    ValueError
        If the alt text or the caption is missing, or the PNG is larger than 150 KB.
    """
    _require_words(caption, alt, caption)
    with io.BytesIO() as held:
        figure.savefig(held, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        png = held.getvalue()
    _close(figure)
    return _picture(caption, png, caption, alt, tables.show(data, caption, most=20))


def _require_words(name, alt, caption):
    if len(alt.strip()) < SHORTEST_ALT:
        raise ValueError(f"{name}: the alt text {alt!r} is too short. Say in words what is seen in it.")
    if not caption.strip():
        raise ValueError(f"{name}: no caption. Say in a line what the figure shows.")


def _picture(name, png, caption, alt, shown):
    if len(png) > MOST_BYTES:
        raise ValueError(
            f"{name}: {wording.number(len(png))} bytes, above {wording.number(MOST_BYTES)}. Aggregate before drawing."
        )
    return Picture(caption, alt.strip(), png, shown)


def _close(figure):
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)
