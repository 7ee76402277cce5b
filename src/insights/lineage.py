"""Lineage: which windows are of the same records, and which of them came before."""

from insights import params as parameters
from insights import paths
from insights.params import Params


def same_records(one: Params, other: Params) -> bool:
    """Return whether two windows look at the same records."""
    return (one.source, one.simulation) == (other.source, other.simulation)


def earlier(params: Params) -> list[str]:
    """Return the windows of the same records that end no later than this one and have been run, in order."""
    every = parameters.readable()
    found = [one for one in every if same_records(one, params) and one.end <= params.end and _has_results(one)]
    return [one.window for one in sorted(found, key=lambda one: one.end)]


def before(params: Params) -> Params | None:
    """Return the window of the same records that ends where the validation of this one begins; None without one."""
    for other in parameters.readable():
        if other.dates.end == params.dates.split and same_records(other, params):
            return other
    return None


def has_model(window: str, model: str) -> bool:
    """Return whether a window's model and the rows that it was made of are there to be asked."""
    return paths.model(window, model).exists() and paths.features(window, model).exists()


def _has_results(one):
    return paths.results(one.window).exists()
