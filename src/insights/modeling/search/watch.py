"""The watch over a search: it starts the process, says how far it has come, and ends it at the limit."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from insights.modeling.search import log as search_log
from insights.modeling.search import process as search_process
from insights.modeling.search.log import EVALUATED
from insights.modeling.search.task import Task
from insights.parallel import SINGLE
from insights.params import Compute
from insights.progress import report

PROCESS = search_process.__name__
PAUSE = 0.2  # seconds between two looks at the log


@dataclass(frozen=True)
class End:
    """How a search ended.

    Attributes
    ----------
    stopped : bool
        Whether the limit ended it.
    trouble : str
        With what its process broke off, empty where it did not.
    """

    stopped: bool
    trouble: str


def run(task: Task, folder: Path, log: Path, compute: Compute, minutes: float) -> End:
    """Search in a process of its own, and return how it ended.

    When this returns, or raises, the process and all that it started are gone.

    Parameters
    ----------
    task : Task
    folder : pathlib.Path
        For files that nobody needs afterwards.
    log : pathlib.Path
        Where each pipeline is written when its evaluation ends.
    compute : Compute
        ``threads`` pipelines are evaluated at a time, or as many as the workers of ``dask`` can.
    minutes : float
        The limit, on all that the search does.
    """
    deadline = monotonic() + 60 * minutes
    task.save(folder)
    with _started(folder, log, compute) as process:
        told = None
        while process.poll() is None and monotonic() < deadline:
            told = _tell(task, log, told)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PAUSE)
        stopped = process.poll() is None
    _tell(task, log, told)
    return End(stopped, _broken_off(process.returncode, folder) if process.returncode and not stopped else "")


@contextlib.contextmanager
def _started(folder, log, compute) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-P", "-m", PROCESS, str(folder), str(log), str(compute.threads)]
    command += [compute.dask] if compute.dask else []
    found = [str(Path(place).resolve()) for place in sys.path]
    environment = os.environ | SINGLE | {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(found)}
    with (
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(  # noqa: S603
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
            start_new_session=True,
        ) as process,
    ):  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _tell(task, log, told):
    entries = search_log.read(log)
    if len(entries) != told:
        scores = [entry["roc_auc"] for entry in entries if entry["status"] == EVALUATED]
        failed = f", {len(entries) - len(scores)} failed" if len(scores) < len(entries) else ""
        best = f", best ROC AUC {max(scores):.3f}" if scores else ""
        report(f"tpot: {len(scores)} of {task.budget} evaluated{failed}{best}")
    return len(entries)


def _broken_off(code, folder):
    lines = (folder / "errors").read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")
    return f"Its process broke off with code {code}: {last}"
