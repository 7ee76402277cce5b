"""The simulated company as a source: made once for a set of parameters, kept in the cache, read by months.

The simulator is imported only when it is needed: its code decides the name of the cache folder, and a run on
real data has no use for it.
"""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import ibis

from insights import contract, paths, privacy
from insights.collection.source import Extract, Input, require_reach
from insights.params import Mark, Params

NOTES = {("protected", "declared_at"): "self-declared, mostly missing"}


def check(params: Params) -> None:
    """Refuse a window beyond the simulated history.

    Raises
    ------
    CollectionError
    """
    from insights import simulation

    require_reach(params, *simulation.coverage(params.simulation), "the simulated company's records")


def world_folder(params: Params) -> Path:
    """Return the folder of the simulated world of a window, in the cache."""
    from insights import simulation

    return paths.cache() / "simulation" / simulation.world_digest(params.simulation)[:16]


def first_people(params: Params) -> list[str]:
    """Return the identifiers of the people whose truth is kept to the last e-mail."""
    from insights import simulation

    return [simulation.person(number) for number in range(min(params.simulation.people, simulation.CHUNK))]


def files_of(params: Params) -> list[Path]:
    """Return nothing: the simulated company is made."""
    return []


def read(params: Params, con: ibis.BaseBackend, progress: Callable[[str], None]) -> Extract:
    """Return the raw tables of the simulated company, which is simulated now if it is not in the cache."""
    from insights import simulation

    digest, world = simulation.world_digest(params.simulation), made(params, progress)
    every = {name: sorted((world / "raw" / name).rglob("*.parquet")) for name in contract.TABLES}
    parts = {name: _that_matter(name, files, params) for name, files in every.items()}
    parts = {name: files for name, files in parts.items() if files}
    return Extract(
        tables={name: con.read_parquet([str(file) for file in files]) for name, files in parts.items()},
        history={name: con.read_parquet([str(file) for file in files]) for name, files in every.items() if files},
        marks=[
            Mark(table=table, month=month, what=what) for table, month, what in simulation.breaks(params.simulation)
        ],
        key=privacy.public_key("simulation"),
        inputs=[Input("the simulated world", 0, digest), *_sizes(parts)],
        files={name: _words(name, files) for name, files in parts.items()},
        notes=NOTES,
        monthly=True,
    )


def made(params: Params, progress: Callable[[str], None]) -> Path:
    """Return the folder of the simulated world of a window, which is simulated now if it is not in the cache."""
    from insights import simulation

    world = world_folder(params)
    with _lock(world):
        if not world.exists():
            progress(f"simulating {params.simulation.people:,} people")
            simulation.simulate(params.simulation, world, workers=params.compute.threads, progress=progress)
    return world


def write_exports(params: Params, folder: Path, progress: Callable[[str], None]) -> Path:
    """Write the simulated company's records as its systems would export them; return their mapping."""
    from insights.simulation import exports

    world = made(params, progress)
    progress("writing exports")
    return exports.write_exports(world, folder)


def _that_matter(name: str, every: list[Path], params: Params) -> list[Path]:
    """Return the files of a table that can matter: of one kept by month of recording, only the window's months.

    Nothing is recorded before it happened, so what was recorded before the window starts happened before it.
    """
    if contract.TABLES[name].entity:
        return every
    first, last = f"{params.start:%Y-%m}", f"{params.end:%Y-%m}"
    return [file for file in every if file.parent.name == name or first <= file.parent.name <= last]


def _sizes(parts):
    return [
        Input(f"raw/{name} ({_words(name, files)})", sum(file.stat().st_size for file in files), None)
        for name, files in parts.items()
    ]


def _words(name, files):
    months = {file.parent.name for file in files} - {name}
    if not months:
        return f"{len(files)} files" if len(files) > 1 else files[0].name
    return f"{len(files)} files of {len(months)} months"


@contextlib.contextmanager
def _lock(world: Path) -> Iterator[None]:
    """Let one run simulate while others wait for it."""
    world.parent.mkdir(parents=True, exist_ok=True)
    with (world.parent / f".{world.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
