import base64
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from insights.display import pictures, plots

ALT = "Two bars, of which the first is the longer one."
GROUPS = pd.DataFrame(
    {"group": ["a", "b", "c"], "value": [0.7, 0.6, 0.5], "low": [0.6, 0.5, np.nan], "high": [0.8, 0.7, np.nan]}
)
RATES = np.linspace(0, 1, 5)
CURVES = pd.concat(
    pd.DataFrame({"model": name, "false_positive_rate": RATES, "true_positive_rate": RATES**power})
    for name, power in (("forest", 0.5), ("survey", 0.8))
)
FOUND = CURVES.rename(columns={"true_positive_rate": "recall"}).assign(precision=0.6)
MONTHS = pd.DataFrame(
    {"table": ["views", "views", "mails"], "month": ["2025-01", "2025-03", "2025-02"], "rows": [4, 8, 1]}
)
BREAKS = pd.DataFrame({"table": ["gone", "mails"], "month": "2025-02", "what": ["left", "a new tool"]})
TABLES = {"learners": {}, "products": {}, "views": {"learner_id": "learners", "product_id": "products"}}
DRAWN = {
    "months": lambda: plots.months(MONTHS, BREAKS),
    "diagram": lambda: plots.diagram(TABLES, {"products"}),
    "roc": lambda: plots.roc(CURVES),
    "precision and recall": lambda: plots.precision_recall(FOUND, 0.3),
    "roc with bands": lambda: plots.roc(CURVES.assign(low=0.1, high=0.9)),
    "intervals": lambda: plots.intervals(GROUPS, "group", "value", "low", "high", reference=0.5),
    "importance": lambda: plots.importance(GROUPS, "group", "value", "low", "high"),
    "loss_ledger": lambda: plots.loss_ledger(GROUPS, "group", "value", budget=0.05),
    "calibration": lambda: plots.calibration(pd.DataFrame({"predicted": [0.1, 0.9], "observed": [0.2, 0.8]})),
    "distribution": lambda: plots.distribution([0.1, 0.4, np.nan], {"model": 0.5}),
    "coverage": lambda: plots.coverage(GROUPS, "group", "value"),
}


class Folder:
    """A step that keeps its figures in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def figure(self, name, figure, data):
        data.to_csv(self.folder / f"{name}.csv", index=False)
        figure.savefig(self.folder / f"{name}.png", dpi=160, bbox_inches="tight")
        return self.folder / f"{name}.png"


@pytest.mark.parametrize("kind", DRAWN)
def test_every_plot_makes_a_figure_of_its_own(kind):
    assert isinstance(DRAWN[kind](), Figure)


@pytest.mark.parametrize("kind", DRAWN)
def test_no_plot_is_too_heavy_for_a_page(kind, tmp_path):
    picture = pictures.show(Folder(tmp_path), "figure_1_1_x", DRAWN[kind](), "C", ALT, GROUPS)
    assert 2_000 < len(picture.png) < pictures.MOST_BYTES


def test_values_are_drawn_where_they_are_and_the_first_row_is_on_top():
    axes = DRAWN["intervals"]().axes[0]
    assert list(axes.lines[1].get_xdata()) == [0.7, 0.6, 0.5]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_greatest_are_drawn_first_and_the_axis_says_how_many_of_how_many():
    axes = plots.importance(GROUPS.iloc[::-1], "group", "value", most=2).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.7, 0.6]
    assert axes.get_xlabel() == "importance (the greatest 2 of 3)"


def test_a_month_without_records_is_drawn_and_a_break_has_the_number_it_has_in_its_table():
    axes = plots.months(MONTHS, BREAKS).axes[0]
    assert len(axes.patches) == 2 * 3
    assert [text.get_text() for text in axes.texts] == ["2"]
    shades = [patch.get_facecolor()[3] for patch in axes.patches[:3]]
    assert shades == [0.5, 1.0, 1.0] and axes.patches[1].get_facecolor()[0] > 0.9


def test_every_reference_is_a_line_and_a_table_that_is_lacking_has_a_dashed_edge():
    axes = plots.diagram(TABLES, {"products"}).axes[0]
    assert len(axes.lines) == 2
    edges = dict(zip([t.get_text() for t in axes.texts], [p.get_linestyle() for p in axes.patches], strict=True))
    assert edges == {"learners": "-", "products": "--", "views": "-"}


def test_more_models_than_can_be_told_apart_are_an_error():
    many = pd.concat(CURVES.assign(model=f"{name} {k}") for k in range(4) for name in ("x",))
    crowd = pd.concat([many.assign(model=many["model"] + str(k)) for k in range(2)])
    with pytest.raises(ValueError, match="8 models in one plot"):
        plots.roc(crowd)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="has no column true_positive_rate"):
        plots.roc(CURVES.drop(columns="true_positive_rate"))


def test_a_picture_holds_its_png_its_text_and_the_numbers_behind_it(tmp_path):
    figure = DRAWN["coverage"]()
    picture = pictures.show(Folder(tmp_path), "figure_1_2_filled", figure, "How <full>", f'{ALT} "x"', GROUPS)
    markup = picture._repr_html_()
    embedded = re.search(r'src="data:image/png;base64,([^"]+)"', markup).group(1)
    assert base64.b64decode(embedded) == (tmp_path / "figure_1_2_filled.png").read_bytes()
    assert f'alt="{ALT} &quot;x&quot;"' in markup
    assert "<figcaption>Figure 1.2 · How &lt;full&gt;</figcaption>" in markup
    assert '<td class="number" data-label="value">0.700</td>' in markup


@pytest.mark.parametrize("alt", ["", "a bar chart", " " * 30])
def test_a_picture_without_a_text_for_it_is_refused(alt, tmp_path):
    with pytest.raises(ValueError, match="alt text"):
        pictures.show(Folder(tmp_path), "figure_1_1_x", DRAWN["coverage"](), "C", alt, GROUPS)
    assert not any(tmp_path.iterdir())


def test_a_picture_too_heavy_for_a_page_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match="above 100"):
        pictures.show(Folder(tmp_path), "figure_1_1_x", DRAWN["coverage"](), "C", ALT, GROUPS)


def test_importing_the_plots_chooses_no_backend_and_registers_nothing():
    code = "import sys, insights.display.plots; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_theme_does_not_leak_into_other_figures():
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        before = dict(mpl.rcParams)
        DRAWN["roc"]()
        assert dict(mpl.rcParams) == before
