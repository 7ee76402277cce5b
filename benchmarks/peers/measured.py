"""What a contender took: seconds of its work, and the most memory that it or a process of its held."""

import json
import resource
import time
from collections.abc import Callable


def tell(work: Callable, *arguments) -> None:
    """Do some work, and print what it took as a line of JSON."""
    began = time.perf_counter()
    work(*arguments)
    seconds = time.perf_counter() - began
    held = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "peak_memory_mb": max(held) / 2**10}))
