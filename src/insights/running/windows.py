"""Windows: their names, the lock on one, and how far each has come."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from typing import TextIO

from insights import params, paths

HELD_VARIABLE = "INSIGHTS_LOCK_HELD"


class BusyError(RuntimeError):
    """A window on which another run is at work."""


def hold(window: str) -> TextIO:
    """Hold a window, so that no two runs write it at the same time, until the file returned is closed.

    Programs that this process becomes or starts hold it as well; ``INSIGHTS_LOCK_HELD`` tells them so.

    Raises
    ------
    BusyError
        If another run holds it.
    """
    folder = paths.root() / "outputs" / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    held = (folder / params.checked(window)).open("w")
    os.set_inheritable(held.fileno(), True)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise BusyError(
            f"{window}: another run is at work on this window. Wait for it to end, or stop it first."
        ) from None
    return held


@contextlib.contextmanager
def lock(window: str) -> Iterator[None]:
    """Hold a window for the length of a block, unless the run that started this process holds it already."""
    if os.environ.get(HELD_VARIABLE) == window:
        yield
        return
    with hold(window):
        yield


def is_busy(window: str) -> bool:
    """Say whether a run is at work on a window."""
    try:
        with lock(window):
            return False
    except BusyError:
        return True


def remove(window: str) -> None:
    """Remove everything that a window made, and nothing else.

    Raises
    ------
    insights.params.ParameterError
        If the name cannot name a window.
    BusyError
        If a run is at work on it.
    """
    with lock(params.checked(window)):
        if paths.window(window).exists():
            shutil.rmtree(paths.window(window))


def state(window: str) -> str:
    """Return how far a window has come, in a few words."""
    done = [stamp for step in paths.STEPS if (stamp := paths.stamp(window, step)).exists()]
    if is_busy(window):
        return f"running, {len(done)} of {len(paths.STEPS)} notebooks done"
    if not done:
        return "not run"
    last = time.strftime("%Y-%m-%d %H:%M", time.localtime(max(stamp.stat().st_mtime for stamp in done)))
    if len(done) < len(paths.STEPS):
        return f"{len(done)} of {len(paths.STEPS)} notebooks done, last {last}"
    return f"done {last}"
