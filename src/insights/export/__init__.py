"""Export: an executed notebook as a page that anyone can open, read and print.

The code is left out of the file, text from outside is shown as text, and the page asks nothing of any
network. What does not belong in a report, such as a warning, stops the export instead of being dropped.
"""

from insights.export.composing import compose
from insights.export.errors import ExportError
from insights.export.page import PageExporter, label, write, write_front, write_slides

__all__ = ["ExportError", "PageExporter", "compose", "label", "write", "write_front", "write_slides"]
