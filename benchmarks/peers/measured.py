"""What a contender took: seconds of its work, and the most memory that it or a process of its held."""

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path


def took(work: Callable) -> dict[str, float]:
    """Do some work, and return what it took."""
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    held = max(_own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return {"seconds": seconds, "peak_memory_mb": held / 2**10}


def _own_peak() -> int:
    """Return the most that this process held, in KB; Linux counts into its usage what its parent held."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def tell(measured: dict[str, float]) -> None:
    """Print what work took as a line of JSON."""
    print(json.dumps(measured))
