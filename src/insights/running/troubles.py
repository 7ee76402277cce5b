"""Troubles: what the machine refuses, such as room, memory or a place to write, told in words with the remedy."""

import errno
import os
from pathlib import Path

from insights import paths

FULL = "The disk is full: free some space there, or let the project lie on a larger disk."
CLOSED = "Nothing can be written there: mount it for writing, or give this user the right to."
MEMORY = (
    "Memory ran out. Give the machine more memory, or ask for less in the window's parameters (simulation.people, "
    "modeling.max_training_rows)."
)
REMEDIES = {
    errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EROFS: CLOSED, errno.EACCES: CLOSED,
    errno.EPERM: CLOSED, errno.ENOMEM: MEMORY,
    errno.EMFILE: "Too many files are open: raise the limit, as with ulimit -n 4096.",
    errno.EIO: "The disk or its connection fails: look after it before the next run.",
}  # fmt: skip
_OUT_OF_MEMORY = ("MemoryError", "OutOfMemory")


def told(error: OSError, place: Path | None = None) -> str:
    """Return in words what the system refused: the place, its own words, and the remedy.

    Parameters
    ----------
    error : OSError
    place : pathlib.Path, optional
        Where it happened, for one that does not name its file, as where a disk is full; the outputs by default.
    """
    if error.errno is None:
        return str(error)
    where = _place(error.filename or place or paths.window(""))
    return f"{where}: {error.strerror}. {remedy('', str(error.strerror))}".strip()


def remedy(kind: str, message: str) -> str:
    """Return what helps against an error of this type and message; empty where nobody knows."""
    if any(name in kind for name in _OUT_OF_MEMORY):
        return MEMORY
    return next((words for code, words in REMEDIES.items() if os.strerror(code) in message), "")


def _place(file):
    """Return a path from the root where it lies below it."""
    path = os.path.relpath(os.fsdecode(file), paths.root())
    return os.fsdecode(file) if path.startswith("..") else path
