"""Work on the machines of a Dask cluster: the same function on many items, wherever a worker is free.

A worker may be lost at any moment: what it was doing, and what it held, is done again by another. Dask takes what is
sent to it for code, so a scheduler must be one that only its users can reach (``tls://``, or a closed network).
"""

import functools
import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from insights import offline

LIBRARIES = ("dask", "distributed", "numpy", "pandas", "scikit-learn", "scipy", "statsmodels", "xgboost")
SECONDS = 10  # that a scheduler may take to answer


class ClusterError(RuntimeError):
    """A cluster that cannot be used; the message names the address and the remedy."""


@contextmanager
def connected(address: str) -> Iterator:
    """Hold a client of a scheduler whose workers have the same libraries and the same code as this process.

    Parameters
    ----------
    address : str
        Such as ``tcp://host:8786``.

    Yields
    ------
    dask.distributed.Client

    Raises
    ------
    ClusterError
        If nobody answers there, no worker is there, or one has other code or other versions.
    """
    from distributed import Client

    try:
        offline.allow(urlsplit(address).hostname)
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ClusterError(
            f"compute.dask is {address}, where no scheduler answers ({str(error) or type(error).__name__}). Start "
            "it, correct the address, or set compute.dask to null."
        ) from None
    with client:
        _require_alike(client, address)
        yield client


@contextmanager
def in_process(threads: int, **settings: object) -> Iterator:
    """Hold a client of a scheduler in this process, which asks no other host for this one's address.

    Parameters
    ----------
    threads : int
        Tasks at a time.
    **settings : object
        Of the worker, such as ``resources``.

    Yields
    ------
    dask.distributed.Client
    """
    from distributed import Client
    from distributed.comm import inproc

    inproc.get_ip = lambda: "127.0.0.1"
    shape = {"processes": False, "dashboard_address": None, "memory_limit": None}
    with Client(**shape, n_workers=1, threads_per_worker=threads, **settings) as client:
        yield client


def check(address: str | None) -> None:
    """Refuse a cluster that cannot be used; without an address there is none to be refused.

    Raises
    ------
    ClusterError
    """
    if address is not None:
        with connected(address):
            pass


def each(work: Callable, items: Sequence, address: str) -> Iterator:
    """Yield what a function answers for each item, in their order.

    Parameters
    ----------
    work : callable
        Can be sent to another machine, as can the items and the answers.
    items : sequence
    address : str

    Raises
    ------
    ClusterError
    """
    with connected(address) as client:
        held = hold(client, work)
        futures = [client.submit(_call, held, item, pure=False) for item in items]
        for future in futures:
            yield future.result()


def hold(client: object, thing: object) -> object:
    """Return a future that stands for a thing on the cluster; a worker that lost it gets it again."""
    return client.submit(_same, thing, pure=False)


def threads(client: object) -> int:
    """Return how many items a cluster works on at once."""
    return sum(client.nthreads().values())


def workers(client: object) -> set[str]:
    """Return the addresses of the workers that a scheduler has."""
    return set(client.nthreads())


def cancel(client: object) -> None:
    """Give up all that a client waits for."""
    from distributed import Future

    client.cancel([Future(key, client) for key in [*client.futures]])


def _here():
    return installed()


def _same(thing):
    return thing


def _call(work, item):
    return work(item)


def _require_alike(client, address):
    here, told = _here(), client.run(installed, on_error="return")
    there = {worker: found for worker, found in told.items() if not isinstance(found, OSError)}  # not lost
    if not there:
        raise ClusterError(f"compute.dask is {address}, which has no worker. Start one: dask worker {address}")
    for worker, found in there.items():
        if isinstance(found, Exception):
            raise ClusterError(
                f"compute.dask is {address}, whose worker {worker} cannot tell what is installed there "
                f"({type(found).__name__}: {found}). Install the same code and requirements.lock there."
            )
        other = [name for name in here if found.get(name) != here[name]]
        if other:
            said = ", ".join(f"{name} {found.get(name)} instead of {here[name]}" for name in other)
            raise ClusterError(
                f"compute.dask is {address}, whose worker {worker} would give other results: it has {said}. Install "
                "the same code and requirements.lock there."
            )


@functools.cache
def installed() -> dict[str, str]:
    """Return the versions of the libraries that decide results, and a digest of this library's code."""
    digest, package = hashlib.sha256(), Path(__file__).parent
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package)} ".encode() + file.read_bytes())
    return {name: importlib.metadata.version(name) for name in LIBRARIES} | {"insights": digest.hexdigest()[:12]}
