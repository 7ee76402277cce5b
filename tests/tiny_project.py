"""A project of tiny notebooks in a temporary folder, for tests of running and exporting."""

import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from insights import paths

REPOSITORY = Path(__file__).resolve().parents[1]
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
OPENING = 'from insights import store\n\nstep = store.open_step("{step}", WINDOW)'


def make(root: Path) -> Path:
    """Make a project whose notebooks each record one number."""
    shutil.copytree(REPOSITORY / "params", root / "params")
    shutil.copy(REPOSITORY / "Makefile", root / "Makefile")
    (root / "notebooks").mkdir()
    for step in paths.STEPS:
        write_notebook(root, step, f'step.record("tiny.{step}", 1)')
    return root


def write_notebook(root: Path, step: str, *cells: str) -> None:
    """Write a notebook that opens its step, runs some cells and finishes."""
    sources = (OPENING.format(step=step), *cells, "step.finish()")
    parameters = new_code_cell('WINDOW = "sample"', metadata={"tags": ["parameters"]})
    prose = [new_markdown_cell(f"# {step}"), new_markdown_cell("## In short\n\nTiny.")]
    notebook = new_notebook(cells=[prose[0], parameters, prose[1], *map(new_code_cell, sources)], metadata=KERNEL)
    nbformat.write(notebook, root / "notebooks" / f"{step}.ipynb")


def shown(markup: str):
    """Return the output of a cell that displayed some HTML."""
    return new_output("execute_result", data={"text/html": markup, "text/plain": "plain"})


def executed(*outputs, before="# A title"):
    """Return an executed notebook with one code cell, the third."""
    parameters = new_code_cell('WINDOW = "sample"', metadata={"tags": ["parameters"]})
    secret = new_code_cell("secret_name = 1", outputs=list(outputs))
    return new_notebook(cells=[new_markdown_cell(before), parameters, secret])
