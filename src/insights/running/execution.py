"""Execution: a notebook run by papermill in a guarded kernel, away from the user's settings."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from insights import offline, paths, progress
from insights.parallel import SINGLE
from insights.running import troubles
from insights.running.kernel import GuardedKernelManager
from insights.running.watch import Watch

START_TIMEOUT = 120  # seconds; kernels start slowly when all processors are busy
LONGEST_PLACE = 70  # characters; the name of a socket has 103 at most


class NotebookError(RuntimeError):
    """A notebook that did not run to its end; the message names the cell and the reason."""


@dataclass(frozen=True)
class Execution:
    """A notebook that ran to its end.

    Attributes
    ----------
    notebook : nbformat.NotebookNode
        With its outputs.
    seconds : float
        Wall time, the start of the kernel included.
    peak_bytes : int
        Most memory its processes held together.
    """

    notebook: NotebookNode
    seconds: float
    peak_bytes: int


def execute(window: str, step: str, kept: Path, tell: Callable[[str], None]) -> Execution:
    """Run the notebook of a step on a window.

    Parameters
    ----------
    window, step : str
    kept : pathlib.Path
        Where papermill writes the notebook as it runs, so that it can be read if it fails.
    tell : callable
        Is handed each line of progress.

    Raises
    ------
    NotebookError
        If a cell raises, or the kernel dies or does not start.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        aside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="insights-", dir=_short_place())))
        stack.enter_context(_surroundings(aside))
        watch = stack.enter_context(Watch(aside / "progress", tell))
        stack.enter_context(_explained(kept))
        notebook = papermill.execute_notebook(
            paths.notebook(step),
            kept,
            parameters={"WINDOW": window},
            cwd=paths.root() / "notebooks",
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            kernel_manager_class=GuardedKernelManager,
        )
    notebook.metadata.papermill = {"parameters": {"WINDOW": window}, "version": papermill.__version__}
    return Execution(notebook, time.monotonic() - began, watch.peak_bytes)


@contextlib.contextmanager
def _explained(kept: Path) -> Iterator[None]:
    try:
        yield
    except PapermillExecutionError as error:
        line = next((line.strip() for line in error.source.splitlines() if line.strip()), "")
        remedy = troubles.remedy(error.ename, error.evalue)
        raise NotebookError(
            f"in cell In [{error.exec_count}], {_shortened(line)}\n  {error.ename}: {error.evalue}"
            + (f"\n  {remedy}" if remedy else "")
        ) from None
    except DeadKernelError:
        raise NotebookError(
            "the kernel was killed, most often because memory ran out\n  Give the machine more memory, or ask "
            "for less in the window's parameters (simulation.people, modeling.max_training_rows)."
        ) from None
    except FileNotFoundError:
        if kept.parent.exists():
            raise
        raise NotebookError("the outputs of the window were removed while it ran") from None
    except RuntimeError as error:
        raise NotebookError(f"the kernel did not work\n  {error}") from None


def _short_place():
    """Return below which folder a kernel's sockets get names that the system takes; None for the usual one."""
    return None if len(tempfile.gettempdir()) <= LONGEST_PLACE else "/tmp"  # noqa: S108


def _shortened(line, most=60):
    return line if len(line) <= most else f"{line[: most - 1]}…"


@contextlib.contextmanager
def _surroundings(aside: Path) -> Iterator[None]:
    """Set the environment a kernel inherits, and give the old one back afterwards."""
    before = dict(os.environ)
    ours = {
        "INSIGHTS_ROOT": str(paths.root()),
        "IPYTHONDIR": str(aside / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(aside),
        "PYTHONHASHSEED": "0",
        progress.VARIABLE: str(aside / "progress"),
    }
    os.environ |= offline.quiet() | SINGLE | ours
    if not os.access(Path.home(), os.W_OK):
        os.environ.setdefault("MPLCONFIGDIR", str(aside / "matplotlib"))  # or it warns, which a page must not show
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
