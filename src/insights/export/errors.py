"""What is raised where a notebook cannot become a page."""


class ExportError(ValueError):
    """A notebook that cannot become a page; the message names the cell and the remedy."""
