"""Content: what of an executed notebook stands in its page, in sections."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from insights.export import markdown
from insights.export.errors import ExportError
from insights.export.sanitising import clean_output

HIDDEN_TAGS = {"parameters", "injected-parameters"}


@dataclass(frozen=True)
class Section:
    """A part of a page: its heading, empty for the part before the first one, and its HTML."""

    heading: str
    markup: str

    @property
    def name(self) -> str:
        """What the part is called where pages lead to it."""
        return markdown.slug(self.heading)


def title(notebook: NotebookNode) -> str:
    """Return the title of a notebook, its only first-level heading.

    Raises
    ------
    ExportError
        If there is none, or more than one.
    """
    found = [
        text
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for text in markdown.titles(_joined(cell.source))
    ]
    if len(found) != 1:
        raise ExportError(
            f"{len(found)} first-level headings ({', '.join(found) or 'none'}). "
            "A page has one; begin the notebook with a line like: # Modelling"
        )
    return found[0]


def sections(notebook: NotebookNode) -> list[Section]:
    """Return everything that a page shows, in order, code and parameters left out.

    Raises
    ------
    ExportError
        If a cell printed something, warned, failed, or shows a picture without a text; the message says which.
    """
    found = [Section("", "")]
    for heading, markup in _pieces(notebook):
        if heading is None:
            found[-1] = Section(found[-1].heading, f"{found[-1].markup}{markup}\n")
        else:
            found.append(Section(heading, f"{markup}\n"))
    return [section for section in found if section.markup.strip()]


def _pieces(notebook) -> Iterator[tuple[str | None, str]]:
    shown = [cell for cell in notebook.cells if "injected-parameters" not in _tags(cell)]
    for place, cell in enumerate(shown, start=1):
        if _tags(cell) & HIDDEN_TAGS:
            continue
        if cell.cell_type == "markdown":
            yield from markdown.pieces(_joined(cell.source))
        elif cell.cell_type == "code":
            yield from ((None, _output(output, f"cell {place}")) for output in cell.outputs)


def _tags(cell):
    return set(cell.metadata.get("tags", []))


def _output(output, place):
    match output.output_type:
        case "stream":
            raise ExportError(_printed(output, place))
        case "error":
            raise ExportError(f"{place} ended in {output.ename}: {output.evalue}. Mend it and run again.")
    data = output.data
    if "text/html" in data:
        return f'<div class="output">\n{_checked(clean_output(_joined(data["text/html"])), place)}\n</div>'
    if any(kind.startswith("image/") for kind in data):
        raise ExportError(f"{place} shows a picture without a text for it. Show it with plots.show.")
    text = _joined(data.get("text/plain", ""))
    return f'<pre class="output" tabindex="0">{html.escape(text)}</pre>'


def _printed(output, place):
    kind = "a warning to stderr" if output.name == "stderr" else "to stdout"
    first = _joined(output.text).strip()[:300]
    return f"{place} printed {kind}: {first!r}. Mend its cause, or show it by wording, tables or plots."


def _checked(markup, place):
    for picture in re.findall(r"<img[^>]*>", markup):
        if not re.search(r'alt="[^"]*\S[^"]*"', picture):
            raise ExportError(f"{place} shows a picture without a text for it. Show it with plots.show.")
        if "src=" not in picture:
            raise ExportError(f"{place} shows a picture that is not a PNG inside the page. Use plots.show.")
    return markup


def _joined(text):
    whole = text if isinstance(text, str) else "".join(text)
    return whole.encode("utf-8", "replace").decode()  # half a letter becomes a question mark
