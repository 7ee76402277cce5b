"""Progress: a word from long work while it runs, and no trace of it afterwards.

In a run started by make the lines go to the terminal, through the file that ``INSIGHTS_PROGRESS`` names; in
JupyterLab one line below the cell replaces itself; anywhere else nothing is shown. The exported page never
has any.
"""

import os
import sys
from pathlib import Path

VARIABLE = "INSIGHTS_PROGRESS"

_shown = {}


def report(text: str) -> None:
    """Say how far the work has come, in one line."""
    file = os.environ.get(VARIABLE)
    if file:
        _append(Path(file), text)
    elif shell := _shell():
        _show(shell, text)


def _append(file, text):
    line = " ".join(text.split())
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")


def _shell():
    """Return the running IPython kernel's shell, without importing IPython where there is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if getattr(shell, "kernel", None) else None


def _show(shell, text):
    from IPython.display import Pretty, display

    line, cell = Pretty(text), shell.execution_count
    if cell in _shown:
        _shown[cell].update(line)
    else:
        _shown.clear()
        _shown[cell] = display(line, display_id=True)
