"""What a contender took: seconds of its work, and the most memory that it or a process of its held."""

import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def tell(work: Callable) -> None:
    """Do some work, and print what it took as a line of JSON; what the work prints goes elsewhere."""
    began = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        work()
    seconds = time.perf_counter() - began
    held = max(_own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    print(json.dumps({"seconds": seconds, "peak_memory_mb": held / 2**10}))


def _own_peak() -> int:
    """Return the most that this process held, in KB; Linux counts into its usage what its parent held."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
