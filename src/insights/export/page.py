"""The page: an nbconvert exporter with a template of our own."""

from collections.abc import Sequence
from pathlib import Path

from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

import insights
from insights import paths
from insights.export import content
from insights.export.errors import ExportError

MOST_BYTES = 2_000_000
_SHORT = {
    "data_collection": "collection", "data_dictionary": "dictionary", "data_cleaning": "cleaning",
    "learner_journey": "journey", "feature_analysis": "features", "bias_checks": "bias",
}  # fmt: skip
_FOLDER = Path(__file__).parent


class PageExporter(TemplateExporter):
    """Exports an executed notebook as one HTML file without code, scripts or outside references.

    ``template`` and ``styles`` are files beside this one; a page is the usual one.

    Its resources are ``window``, ``step`` and ``parameters`` (the digest of the window's parameters), and
    ``pages``: the pages that it leads to, an address and a label each.
    """

    export_from_notebook = "Insights page"
    output_mimetype = "text/html"

    def __init__(self, template: str = "page.html.j2", styles: Sequence[str] = ("page.css",), **settings):
        self._style = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in styles)
        super().__init__(template_paths=[str(_FOLDER)], template_file=template, **settings)

    def _file_extension_default(self):
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources=None, **settings):
        """Return the page of a notebook, and nbconvert's resources.

        Raises
        ------
        ExportError
            If the notebook holds what a page must not show, or the page is larger than 2 MB.
        """
        described = {
            "window": "", "step": "", "parameters": "", "pages": [], **(resources or {}),
            "title": content.title(nb), "sections": content.sections(nb),
            "style": self._style, "version": insights.__version__,
        }  # fmt: skip
        markup, described = super().from_notebook_node(nb, described, **settings)
        size = len(markup.encode())
        if size > MOST_BYTES:
            raise ExportError(f"the page has {size:,} bytes, above {MOST_BYTES:,}. Aggregate before showing.")
        return markup, described


def write(notebook: NotebookNode, window: str, step: str, parameters: str = "") -> str:
    """Return the HTML page of an executed notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    window, step : str
    parameters : str
        Digest of the window's parameters, shown shortened at the foot of the page.

    Raises
    ------
    ExportError
        If the notebook holds what a page must not show; the message names the cell.
    """
    pages = [(f"{other}.html", label(other)) for other in paths.STEPS]
    resources = {"window": window, "step": step, "parameters": parameters, "pages": pages}
    return PageExporter().from_notebook_node(notebook, resources)[0]


def write_front(notebook: NotebookNode) -> str:
    """Return a page that belongs to no window, such as the one that lists them.

    Raises
    ------
    ExportError
        If the notebook holds what a page must not show.
    """
    return PageExporter().from_notebook_node(notebook)[0]


def write_slides(notebook: NotebookNode, window: str, parameters: str) -> str:
    """Return a deck of slides, of which every second-level heading begins one.

    Raises
    ------
    ExportError
        If the notebook holds what a page must not show.
    """
    exporter = PageExporter("slides.html.j2", ("page.css", "slides.css"))
    return exporter.from_notebook_node(notebook, {"window": window, "parameters": parameters})[0]


def label(step: str) -> str:
    """Return how a notebook is called where pages lead to it: ``05 Modeling``."""
    number, _, name = step.partition("_")
    return f"{number} {_SHORT.get(name, name).replace('_', ' ').capitalize()}"
