"""Verification: a window is run again from nothing, in a project of its own, and what both runs wrote is compared.

The project beside holds the same parameters, notebooks and registers, and looks at the same records, keys, other
windows and models in use. Only what this window made is not there. It is gone afterwards; the outputs stay as they
are.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from insights import params, paths, store
from insights.params import Params
from insights.running import windows

COMPARED = (".parquet", ".csv", "results.json")  # what tells no times, as manifests and pages do
COPIED, LINKED = ("Makefile", "params", "notebooks", "registers"), ("data", "deployed", "planners", "secrets")
DIFFERENT, NAMED = 1, 10
HIGHEST = 3  # folders above the project in which records may lie when their place is named from it


def verify(asked: Params) -> int:
    """Run a window again beside its outputs, compare, and say what came out; return 0 where nothing differs.

    Parameters
    ----------
    asked : Params
        Of a window that nothing is left to do for.

    Raises
    ------
    insights.running.windows.BusyError
        If a run is at work on the window.
    insights.params.ParameterError
        If its records lie where the project beside cannot see them.
    """
    window = asked.window
    with windows.lock(window), beside(asked) as project:
        if _run(project, window):
            print(f"{window}: the run beside did not reach its end; above it says why.", file=sys.stderr)
            return DIFFERENT
        before, again = contents(paths.window(window)), contents(project / "outputs" / window)
    different = sorted(name for name in before.keys() | again.keys() if before.get(name) != again.get(name))
    if different:
        named = ", ".join(different[:NAMED]) + (" and others" if len(different) > NAMED else "")
        print(f"{window}: {len(different)} of {len(before)} files come out otherwise: {named}.", file=sys.stderr)
        return DIFFERENT
    print(
        f"{window}: all {len(before)} files of tables and metrics came out the same again, byte for byte "
        f"(results.json, SHA-256 {before['results.json']})."
    )
    return 0


@contextmanager
def beside(asked: Params) -> Iterator[Path]:
    """Make a project that has all that this one has, but for what a window made; it is gone on leaving."""
    root = paths.root()
    paths.cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="verified-", dir=paths.cache()) as folder:
        project = Path(folder, *map(str, range(HIGHEST)), "project")
        project.mkdir(parents=True)
        for name in COPIED:
            if (root / name).is_dir():
                shutil.copytree(root / name, project / name)
            elif (root / name).exists():
                shutil.copy(root / name, project / name)
        others = [f"outputs/{other}" for other in params.windows() if other != asked.window]
        for name in (*LINKED, *others, "../shared", *_records(asked)):
            here = Path(os.path.normpath(project / name))
            if not here.is_relative_to(folder):
                raise params.ParameterError(
                    f"params/{asked.window}.yaml: source names {name}, more than {HIGHEST} folders above the "
                    "project. Give the whole path, beginning with /, to verify the window."
                )
            _link(root / name, here)
        yield project


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder of outputs whose bytes are the same in every run, by name."""
    every = {file.relative_to(folder): file for file in sorted(folder.rglob("*"))}
    kept = {name: file for name, file in every.items() if not any(part.startswith(".") for part in name.parts)}
    return {str(n): store.file_hash(f) for n, f in kept.items() if f.is_file() and n.name.endswith(COMPARED)}


def _records(asked):
    """Return where the window's records lie, if that is named from the project."""
    named = [asked.source.path, asked.source.mapping]
    return [place for place in named if place and "://" not in place and not Path(place).is_absolute()]


def _link(there, here):
    """Let a place in the project beside be the one that stands at the same place here, where there is one."""
    if there.exists() and not here.exists():
        here.parent.mkdir(parents=True, exist_ok=True)
        here.symlink_to(there.resolve(), target_is_directory=there.is_dir())


def _run(project, window):
    own = (windows.HELD_VARIABLE, "WINDOW", "BEFORE", "UNTIL", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", "run", f"WINDOW={window}"]
    made = [f"PYTHON={sys.executable}", "INSTALLED="]  # with what is installed here
    done = subprocess.run(  # noqa: S603
        [*command, *made], cwd=project, env=environment | {"INSIGHTS_ROOT": str(project)}, check=False
    )
    return done.returncode
