"""The notebook lint: what a committed notebook must and must not hold.

``python -m insights.running.notebook_lint notebooks/*.ipynb`` prints ``file:cell: problem`` for each finding, the
cells counted from 1, and exits with 1 where there is any.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

MOST_LINES = 19
PROSE_SHARE = (0.35, 0.75)
OPENING, CLOSING = "## In short", "## What this notebook established"
_GLOBAL_STATE = {
    "np.random.seed": "seeds a global generator; pass a numpy Generator along",
    "numpy.random.seed": "seeds a global generator; pass a numpy Generator along",
    "random.seed": "seeds a global generator; pass a numpy Generator along",
    "warnings.filterwarnings": "silences warnings; mend their cause",
    "warnings.simplefilter": "silences warnings; mend their cause",
    "sys.path": "edits the import path; install the package instead",
}


def main(arguments: list[str] | None = None) -> int:
    """Check notebooks, print what is wrong with them, and return the exit code."""
    found = [
        f"{file}:{cell}: {problem}"
        for file in (sys.argv[1:] if arguments is None else arguments)
        for cell, problem in check(nbformat.read(file, as_version=4))
    ]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def check_file(file: Path) -> list[tuple[int, str]]:
    """Return the number of a cell and its problem, for each that a notebook file has."""
    return list(check(nbformat.read(file, as_version=4)))


def check(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield the number of a cell, counted from 1, and its problem; 0 stands for the notebook as a whole."""
    for place, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            yield from ((place, problem) for problem in _code_problems(cell))
    yield from ((0, problem) for problem in _parameter_problems(notebook.cells))
    yield from ((0, problem) for problem in _prose_problems(notebook.cells))


def _code_problems(cell) -> Iterator[str]:
    if cell.outputs:
        yield "holds outputs; clear them before committing"
    if cell.execution_count is not None:
        yield "holds an execution count; clear it before committing"
    lines = len(cell.source.splitlines())
    if lines > MOST_LINES:
        yield f"has {lines} lines, more than {MOST_LINES}; move the logic into the library"
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        yield f"is not plain Python: {error.msg}"
        return
    for node in ast.walk(tree):
        yield from _node_problems(node)


def _node_problems(node) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield "defines a function or a class; it belongs into the library"
        case ast.ImportFrom(names=[ast.alias(name="*"), *_]):
            yield "imports *; name what is used"
        case ast.Attribute() if (name := ast.unparse(node)) in _GLOBAL_STATE:
            yield f"{name}: {_GLOBAL_STATE[name]}"


def _parameter_problems(cells) -> Iterator[str]:
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells are tagged parameters; have one"
    for cell in tagged:
        if not re.fullmatch(r'WINDOW = "[\w.-]+"', cell.source.strip()):
            yield 'the parameters cell holds more than WINDOW = "sample"; put parameters into params/'


def _prose_problems(cells) -> Iterator[str]:
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    headings = [line for source in prose for line in _headings(source)]
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        yield "does not begin with a first-level heading"
    if sum(line.startswith("# ") for line in headings) > 1:
        yield "has more than one first-level heading"
    second = [line for line in headings if line.startswith("## ")]
    if second[:1] != [OPENING]:
        yield f"its first section is not {OPENING!r}"
    if second[-1:] != [CLOSING]:
        yield f"its last section is not {CLOSING!r}"
    share = len(prose) / len(cells) if cells else 0
    if not PROSE_SHARE[0] <= share <= PROSE_SHARE[1]:
        yield f"{share:.0%} of its cells are prose; have between {PROSE_SHARE[0]:.0%} and {PROSE_SHARE[1]:.0%}"


def _headings(source):
    outside_code = re.sub(r"(?ms)^```.*?^```", "", source)
    return [line.strip() for line in outside_code.splitlines() if re.match(r"#{1,6} ", line)]


if __name__ == "__main__":
    sys.exit(main())
