"""The process in which TPOT searches; it can be ended at any moment without losing what was evaluated.

TPOT's own limits do not end a fit that is running, nor can a thread be ended. So the search has a process to itself,
started by :mod:`insights.modeling.search.watch`: ``python -m insights.modeling.search.process folder log threads``,
and the address of a scheduler where its workers are to evaluate the pipelines.
"""

import contextlib
import os
import shutil
import sys
import threading
from pathlib import Path

import numpy as np

from insights import cluster, offline
from insights.modeling.search import space as search_space
from insights.modeling.search.judge import Judge


def main(folder: Path, log: Path, threads: int, address: str | None = None) -> None:
    """Search the pipelines of the task in a folder, and write each to the log when its evaluation ends."""
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    offline.forbid()
    _stay_silent()
    judge = Judge(folder, log)
    with contextlib.ExitStack() as opened:
        if address is not None:
            helpers = opened.enter_context(cluster.connected(address))
            threads = judge.memory.sent_to(helpers)
        evolve(judge, opened.enter_context(cluster.in_process(threads, local_directory=str(folder))))


def evolve(judge: Judge, client: object) -> None:
    """Let TPOT (Olson and Moore 2016) evolve pipelines, generation by generation.

    Individuals are drawn, mutated, crossed and selected in one thread from one seed, so that neither the number of
    workers nor the scores that were known before change the course of the search.

    Parameters
    ----------
    judge : Judge
    client : dask.distributed.Client
        Evaluates as many pipelines at a time as it has workers.
    """
    from tpot.evolvers import BaseEvolver

    settings = judge.memory.task.settings
    rng = np.random.default_rng(settings["seed"])
    space = search_space.space(settings["seed"])
    evolver = BaseEvolver(
        individual_generator=iter(lambda: space.generate(rng), None),
        objective_functions=[judge], objective_function_weights=[1], objective_names=["roc_auc"],
        population_size=settings["population"], max_time_mins=None, max_eval_time_mins=float("inf"),
        client=client, rng=rng,
    )  # fmt: skip
    for generation in range(settings["generations"]):
        judge.memory.generation = generation
        evolver.optimize(generations=1)


def _end_with_parent(folder):
    """End this process, and leave no data, when the one that started it is gone and standard input with it."""
    os.read(sys.stdin.fileno(), 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _stay_silent():
    """Ask nobody: TPOT asks a package index for updates on import."""
    import update_checker

    update_checker.update_check = lambda *args, **kwargs: None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
