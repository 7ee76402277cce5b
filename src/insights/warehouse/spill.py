"""Where an engine puts what its memory does not hold: a folder of its own, which nobody else may read.

Left to itself DuckDB takes one folder for all that work in the same place, and two that spill at once overwrite each
other's files. What a killed process leaves there may name people; the next engine removes it.
"""

import os
import platform
import shutil
import uuid
from pathlib import Path

import psutil

from insights import paths


def folder() -> Path:
    """Return where one engine is to spill, once what processes of this machine left that are gone is removed.

    The engine makes the folder when it first spills, and removes it when it is closed.
    """
    below = paths.spilled()
    below.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in below.glob(f"{platform.node()}.*.*"):
        process = other.name.split(".")[-2]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(other, ignore_errors=True)  # another engine may be removing it at this moment
    return below / f"{platform.node()}.{os.getpid()}.{uuid.uuid4().hex}"
