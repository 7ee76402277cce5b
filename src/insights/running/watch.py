"""The watch: what a running notebook says of its progress, and how much memory it holds."""

import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

EVERY = 0.2  # seconds between looks
SILENCE = 600  # seconds without a word of the notebook, after which its silence is told
IDLE = 0.01  # processor seconds per second, below which nothing is computed


class Watch:
    """Looks after the processes below this one until it is left.

    Parameters
    ----------
    lines : pathlib.Path
        File to which :func:`insights.progress.report` appends.
    tell : callable
        Is handed each line.

    Attributes
    ----------
    peak_bytes : int
        Most memory that all processes below this one held together, and never less than the most that one
        of them held by the system's own account. Pages that processes share are counted for each.
    """

    def __init__(self, lines: Path, tell: Callable[[str], None]):
        self.peak_bytes = 0
        self._lines, self._tell, self._read = lines, tell, 0
        self._heard, self._computed = time.monotonic(), 0.0
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._left.set()
        self._thread.join()
        self._pass_on()
        self.peak_bytes = max(self.peak_bytes, _largest_child())

    def _look(self):
        while not self._left.wait(EVERY):
            self.peak_bytes = max(self.peak_bytes, _held())
            self._pass_on()
            self._tell_of_silence()

    def _tell_of_silence(self):
        """Say that nothing was heard, and whether anything is computed; the notebook itself is left to go on."""
        silent = time.monotonic() - self._heard
        if silent < SILENCE:
            return
        used, before = _computed(), self._computed
        self._heard, self._computed = time.monotonic(), used
        state = "it computes" if used - before > IDLE * silent else "and nothing is computed: it may hang"
        self._tell(f"nothing heard for {silent / 60:.0f} minutes, {state}. Ctrl-C ends it; what is finished stays.")

    def _pass_on(self):
        if not self._lines.exists():
            return
        with self._lines.open(encoding="utf-8", errors="replace") as lines:
            lines.seek(self._read)
            whole = lines.read().rpartition("\n")[0]
        if whole:
            self._read += len(whole.encode()) + 1
            self._heard, self._computed = time.monotonic(), _computed()
            for line in whole.split("\n"):
                self._tell(line)


def _held():
    return _together(lambda child: child.memory_info().rss)


def _computed():
    return _together(lambda child: sum(child.cpu_times()[:2]))


def _together(measure):
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            total += measure(child)
        except psutil.Error:
            continue  # it ended between the two looks
    return total


def _largest_child():
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
