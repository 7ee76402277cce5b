"""What a contender took: seconds of its work, and the most memory that it or a process of its held."""

import json
import resource
import time
from collections.abc import Callable


def took(work: Callable) -> dict[str, float]:
    """Do some work, and return what it took."""
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    held = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"seconds": seconds, "peak_memory_mb": max(held) / 2**10}


def tell(measured: dict[str, float]) -> None:
    """Print what work took as a line of JSON."""
    print(json.dumps(measured))
