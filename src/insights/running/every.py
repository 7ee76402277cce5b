"""All windows at once, as many as the memory holds, here or on the machines of a cluster.

A notebook may look at the windows before its own. So a window's notebook waits for the same notebook of the window
before it, as well as for its own notebooks before; then everything comes out as if the windows were run one by one.
The order is Dask's to keep, as is the limit: each worker says how much memory it has, each window how much it needs.
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from insights import cluster, lineage, params, paths
from insights.params import Params

MEMORY = "MEMORY"  # what workers call it: dask worker ADDRESS --resources "MEMORY=24e9"
BESIDE = 1.5e9  # bytes that a notebook takes beside the table engine
KEPT_FREE = 0.1  # of this machine's memory
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
FAILED, REFUSED = 1, 2


@dataclass(frozen=True)
class Done:
    """How one notebook of one window ended: whether it is there, in how many seconds, and what it said."""

    window: str
    step: str
    good: bool
    seconds: float = 0.0
    said: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Run the windows that are named, or every quarter; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.running.every", description=__doc__.split("\n\n")[0])
    parser.add_argument("windows", nargs="*")
    names = parser.parse_args(arguments).windows
    try:
        asked = [params.load(name) for name in names or params.quarters()]
        return run(asked)
    except (params.ParameterError, cluster.ClusterError) as error:
        print(error, file=sys.stderr)
        return REFUSED


def run(asked: Sequence[Params]) -> int:
    """Bring windows to their reports, side by side; return the exit code.

    Parameters
    ----------
    asked : sequence of Params
        All with the same scheduler, or none.

    Raises
    ------
    insights.params.ParameterError
        If windows name different schedulers, or one needs more memory than there is.
    insights.cluster.ClusterError
        If the scheduler cannot be used.
    """
    from distributed import as_completed

    ordered = sorted(asked, key=lambda one: (one.dates.end, one.window))
    with _helpers(ordered) as client:
        futures = {}
        for one, step in itertools.product(ordered, paths.STEPS):
            waits = [futures[key] for key in _before(one, step, ordered) if key in futures]
            futures[one.window, step] = client.submit(
                _after, str(paths.root()), one.window, step, *waits,
                resources={MEMORY: needed(one)}, pure=False,
            )  # fmt: skip
        ended = [_told(future.result()) for future in as_completed(futures.values())]
    failed = sorted({done.window for done in ended if not done.good})
    print(f"{len(ordered) - len(failed)} of {len(ordered)} windows are done{_named(failed)}.")
    return FAILED if failed else 0


def needed(one: Params) -> float:
    """Return how many bytes a window needs: what its tables may take, and what a notebook takes beside them."""
    number, unit = re.fullmatch(r"([\d.]+)([KMGT])B", one.compute.memory).groups()
    return float(number) * UNITS[unit] + BESIDE


def notebook(root: str, window: str, step: str) -> Done:
    """Run one notebook of a window, and after the last write its pages."""
    if not Path(root, "params").is_dir():
        return Done(
            window, step, False, said=f"{root} is not on this machine; workers must share the project's disk."
        )
    until = [] if step == paths.STEPS[-1] else ["--until", step]
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "insights.running.pipeline", "run", window, *until], cwd=root,
        env=os.environ | {"INSIGHTS_ROOT": root}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
    return Done(window, step, done.returncode == 0, time.monotonic() - began, "" if done.returncode == 0 else said)


def _after(root, window, step, *waits):
    """Do a notebook whose forerunners are all there."""
    missing = next((done for done in waits if not done.good), None)
    if missing is None:
        return notebook(root, window, step)
    return Done(window, step, False, said=f"not run: {missing.window} {missing.step} is missing")


def _before(one, step, ordered):
    """Return what a notebook waits for: the notebook before it, and the same one of the window before."""
    place = paths.STEPS.index(step)
    mine = [(one.window, paths.STEPS[place - 1])] if place else []
    earlier = [other for other in ordered if lineage.same_records(one, other) and other.dates.end < one.dates.end]
    return [*mine, *((other.window, step) for other in earlier[-1:])]


@contextmanager
def _helpers(ordered) -> Iterator:
    """Hold a client whose workers say how much memory they have."""
    addresses = {one.compute.dask for one in ordered}
    if len(addresses) > 1:
        raise params.ParameterError(
            f"compute.dask differs between windows ({', '.join(sorted(map(str, addresses)))}). Name one for all."
        )
    (address,) = addresses
    if address is None:
        here = psutil.virtual_memory().available * (1 - KEPT_FREE)
        _require_room(ordered, here, "this machine has free")
        with cluster.in_process(len(ordered), resources={MEMORY: here}) as client:
            yield client
        return
    with cluster.connected(address) as client:
        there = [
            worker.get("resources", {}).get(MEMORY, 0) for worker in client.scheduler_info(-1)["workers"].values()
        ]
        if not all(there):
            raise cluster.ClusterError(
                f"compute.dask is {address}, where a worker does not say how much memory it has. Start each with: "
                f'dask worker {address} --resources "{MEMORY}=24e9"'
            )
        _require_room(ordered, max(there), f"no worker of {address} has more than")
        yield client


def _require_room(ordered, there, what):
    for one in ordered:
        if needed(one) > there:
            raise params.ParameterError(
                f"params/{one.window}.yaml: compute.memory is {one.compute.memory}, and {what} "
                f"{there / UNITS['G']:.1f} GB. Lower compute.memory, or free some."
            )


def _told(done):
    state = f"{done.seconds:.0f} s" if done.good else done.said
    print(f"{done.window}  {done.step}: {state}", flush=True)
    return done


def _named(failed):
    return f"; not {', '.join(failed)}" if failed else ""


if __name__ == "__main__":
    sys.exit(main())
