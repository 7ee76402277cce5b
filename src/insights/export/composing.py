"""Composing: a page that no notebook was executed for, of what the library says."""

from nbformat import NotebookNode, v4


def compose(*pieces) -> NotebookNode:
    """Return a notebook that shows pieces in order, ready for export.

    Parameters
    ----------
    *pieces : str or object
        Markdown, or what displays itself: prose, tables, pictures.
    """
    return v4.new_notebook(cells=[_cell(piece) for piece in pieces])


def _cell(piece):
    if isinstance(piece, str):
        return v4.new_markdown_cell(piece)
    shown = v4.new_output("display_data", {"text/html": piece._repr_html_(), "text/plain": str(piece)})
    return v4.new_code_cell(outputs=[shown])
