"""Imports: which files of this package a notebook rests on, found without running it.

The runner writes them down for make, so that a changed library reruns the notebooks that import it and no
other.
"""

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path

import insights

PACKAGE = Path(insights.__file__).parent
_NO_SOURCE = {".py", ".pyc"}


def closure(notebook: Path) -> list[Path]:
    """Return the files of the package that a notebook imports, and those that they import in turn.

    Data files beside an imported module of a subpackage count as imported with it.

    Parameters
    ----------
    notebook : pathlib.Path

    Returns
    -------
    list of pathlib.Path
        Sorted.
    """
    found, waiting = set(), list(_imported(_source(notebook), "insights"))
    while waiting:
        file = _file(waiting.pop())
        if file is not None and file not in found:
            found.add(file)
            waiting += _imported(file.read_text(encoding="utf-8"), _package(file))
    folders = {file.parent for file in found} - {PACKAGE}
    data = {file for folder in folders for file in folder.rglob("*") if _is_data(file)}
    return sorted(found | data)


def check(notebook: Path) -> None:
    """Refuse a notebook that cannot be read.

    Raises
    ------
    ValueError
        If it is not the JSON of a notebook, or a cell is not Python; the message names the remedy.
    """
    try:
        closure(notebook)
    except (ValueError, LookupError, TypeError, SyntaxError) as error:
        raise ValueError(
            f"notebooks/{notebook.name} cannot be read as a notebook ({type(error).__name__}: {error}). Mend it, or "
            "restore it from version control."
        ) from None


def make_rule(target: Path, files: list[Path], root: Path) -> str:
    """Return a rule by which ``target`` rests on files, in make's syntax.

    Each file is a target without a recipe as well: one that is deleted later means "changed", not an error.
    """
    names = [_escaped(os.path.relpath(file, root)) for file in files]
    rule = " \\\n  ".join([f"{_escaped(os.path.relpath(target, root))}:", *names])
    return "\n".join([rule, *(f"{name}:" for name in names)]) + "\n"


def _source(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def _imported(source, package) -> Iterator[str]:
    """Yield the dotted names below ``insights`` that some source imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in _prefixes(alias.name))
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute(node, package)
            yield from _prefixes(origin)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _prefixes(name):
    """Return a module behind the packages that are imported with it: a, a.b, a.b.c."""
    parts = name.split(".")
    return [".".join(parts[: length + 1]) for length in range(len(parts))]


def _absolute(node, package):
    if not node.level:
        return node.module
    around = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*around, *([node.module] if node.module else [])])


def _package(file):
    return ".".join(["insights", *file.parent.relative_to(PACKAGE).parts])


def _file(module):
    parts = module.split(".")
    if parts[0] != "insights":
        return None
    place = PACKAGE.joinpath(*parts[1:])
    candidates = (place.with_suffix(".py"), place / "__init__.py") if parts[1:] else (place / "__init__.py",)
    return next((file for file in candidates if file.is_file()), None)


def _is_data(file):
    return file.is_file() and file.suffix not in _NO_SOURCE and not file.name.startswith(".")


def _escaped(path):
    return str(path).replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#")
