"""What a reader sees of sentences."""

from insights.display.wording import Prose


def read(prose: Prose) -> str:
    """Return the text of some sentences with ordinary spaces."""
    return prose.text.replace("\u00a0", " ")
