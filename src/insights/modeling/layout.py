"""Layout of Python expressions: on one line where it fits, otherwise an item to a line, as formatters do it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Items between brackets.

    Attributes
    ----------
    opening, closing : str
    items : list of (str, Group or str)
        What stands before each item, such as ``name=``, and the item.
    single : str
        What follows a sole item on one line: the comma of a tuple.
    """

    opening: str
    items: list[tuple[str, "Text"]]
    closing: str
    single: str = ""


Text = Group | str


def literal(value: bool | int | str | None) -> str:
    """Return a constant as it is written, texts in double quotes unless they hold some."""
    written = repr(value)
    if isinstance(value, str) and written.startswith("'") and '"' not in written:
        return f'"{written[1:-1]}"'
    return written


def flat(text: Text) -> str:
    """Return an expression on one line."""
    if isinstance(text, str):
        return text
    items = [before + flat(item) for before, item in text.items]
    return text.opening + ", ".join(items) + (text.single if len(items) == 1 else "") + text.closing


def laid(text: Text, width: int, indent: int, before: str = "") -> str:
    """Return an expression laid out within a width, with what stands before it; its first line is not indented.

    Parameters
    ----------
    text : Group or str
    width : int
        Characters to a line; a single constant may be longer.
    indent : int
        Of the line in which it begins.
    before : str
    """
    line = before + flat(text)
    if isinstance(text, str) or not text.items or indent + len(line) < width:
        return line
    inner = indent + 4
    items = [f"{' ' * inner}{laid(item, width, inner, start)},\n" for start, item in text.items]
    return f"{before}{text.opening}\n{''.join(items)}{' ' * indent}{text.closing}"


def imported(module: str, names: list[str], width: int) -> str:
    """Return the import of names from a module."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= width:
        return line
    return laid(Group("(", [("", name) for name in names], ")"), 0, 0, f"from {module} import ")
