"""The page: an nbconvert exporter with a template of our own."""

from pathlib import Path

from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

import insights
from insights import paths
from insights.export import content
from insights.export.errors import ExportError

MOST_BYTES = 2_000_000
_FOLDER = Path(__file__).parent


class PageExporter(TemplateExporter):
    """Exports an executed notebook as one HTML file without code, scripts or outside references.

    Its resources are ``window``, ``step`` and ``parameters`` (the digest of the window's parameters).
    """

    export_from_notebook = "Insights page"
    output_mimetype = "text/html"

    def __init__(self, **settings):
        super().__init__(template_paths=[str(_FOLDER)], template_file="page.html.j2", **settings)

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
            "window": "", "step": "", "parameters": "", **(resources or {}),
            "title": content.title(nb), "sections": content.sections(nb),
            "style": (_FOLDER / "page.css").read_text(encoding="utf-8"),
            "pages": [(step, _label(step)) for step in paths.STEPS], "version": insights.__version__,
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
    resources = {"window": window, "step": step, "parameters": parameters}
    return PageExporter().from_notebook_node(notebook, resources)[0]


def _label(step):
    number, _, name = step.partition("_")
    return f"{number} {name.replace('_', ' ').capitalize()}"
