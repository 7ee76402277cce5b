"""What the simulated company costs: rows, seconds and memory at growing numbers of people.

``make bench`` prints a row per size. Cost a person, as a ratio to that of the size before, says whether it grows
faster than people do: above 1 it does. Each size is simulated in a process of its own, into a folder that is removed.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from insights import params, simulation
from insights.display import tables

SIZES = (3_000, 30_000, 300_000)


def measure(people: int) -> dict:
    """Return rows, seconds and peak memory of simulating so many people with the default parameters."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_simulated, people).result()


def table(sizes=SIZES) -> pd.DataFrame:
    """Return a row per size, smallest first, with the cost a person against the size before."""
    frame = pd.DataFrame([measure(people) for people in sorted(sizes)])
    each = frame["seconds"] / frame["people"]
    return frame.assign(rows_a_second=frame["rows"] / frame["seconds"], cost_a_person=each / each.shift())


def _simulated(people):
    settings = params.load("2025Q4")
    with tempfile.TemporaryDirectory() as aside:
        folder, began = Path(aside) / "world", time.monotonic()
        changed = settings.simulation.model_copy(update={"people": people})
        simulation.simulate(changed, folder, workers=settings.compute.threads)
        seconds = time.monotonic() - began
        rows = sum(pq.read_metadata(file).num_rows for file in (folder / "raw").rglob("*.parquet"))
    return {"people": people, "rows": rows, "seconds": seconds, "peak_memory_mb": _peak_mb(settings.compute.threads)}


def _peak_mb(workers):
    """Return the most memory that this process and its workers held, if all held their most at once."""
    own, worker = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return (own + workers * worker) / unit


if __name__ == "__main__":
    print(tables.show(table(), "Simulating the company, 36 months", formats={"cost_a_person": "number"}))
