"""Work on several cores, or on a cluster: the same function on many items, the answers in the order of the items.

Each item is worked on by one thread of one process, so that sums come in the same order wherever, and however many
work at once.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits

from insights import cluster
from insights.params import Compute
from insights.progress import report

Item, Answer = TypeVar("Item"), TypeVar("Answer")
# The environment of a process with one thread to a sum or a fit, whatever the machine has: sums come in one order,
# and work side by side does not wait for each other. It has to be known before numpy is imported.
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
FEWEST = 2  # items for which other processes are worth their time
TOLD = 8  # items of which progress is reported


def each(work: Callable[[Item], Answer], items: Iterable[Item], compute: Compute, about: str = "") -> list[Answer]:
    """Return what a function answers for each item, in their order.

    Parameters
    ----------
    work : callable
        Can be sent to another process, as can the items and the answers.
    items : iterable
    compute : Compute
        ``threads`` processes work at once; with 1, or few items, it is this one. Where ``dask`` names a scheduler,
        its workers do.
    about : str
        What progress is reported of; of a few items none is, nor without it.

    Returns
    -------
    list

    Raises
    ------
    insights.cluster.ClusterError
        If the scheduler cannot be used.
    """
    items, alone = list(items), functools.partial(_alone, work)
    if len(items) < FEWEST:
        answers = map(alone, items)
    elif compute.dask is not None:
        answers = cluster.each(alone, items, compute.dask)
    elif compute.threads == 1:
        answers = map(alone, items)
    else:
        answers = Parallel(n_jobs=compute.threads, return_as="generator")(delayed(alone)(item) for item in items)
    done = []
    for answer in answers:
        done.append(answer)
        if about and len(items) >= TOLD:
            report(f"{about}: {len(done)} of {len(items)}")
    return done


@contextmanager
def processes() -> Iterator[None]:
    """Let what scikit-learn fits on several cores use processes, and one core only where it is in one of several.

    Left to itself it takes threads for a forest. They share Python's list of warning filters, and each of them
    empties and refills it; where two meet it stays empty for good, and every later call that reads it warns.
    """
    with parallel_config(backend="loky" if parent_process() is None else "sequential"):
        yield


def _alone(work, item):
    with threadpool_limits(1):
        return work(item)
