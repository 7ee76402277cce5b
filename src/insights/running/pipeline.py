"""The pipeline: what make's targets about windows do.

make is the graph; this module names the window, checks its parameters, holds it, and hands over to make.
"""

import argparse
import os
import subprocess
import sys

from insights import lineage, params, paths, privacy
from insights.running import exports, seals, troubles, verification, windows

REFUSED, BUSY = 2, 9


def main(arguments: list[str] | None = None) -> int:
    """Run, verify, list or clean windows; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.running.pipeline", description=__doc__.split("\n\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (
        ("run", "make a window's report"),
        ("verify", "run a window again beside its outputs, and compare"),
        ("clean", "remove a window's outputs"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("window", nargs="?", default="")
        if name == "run":
            action.add_argument("--until", default="", choices=["", *paths.STEPS], metavar="NOTEBOOK")
    actions.add_parser("list", help="list windows and how far each has come")
    given = parser.parse_args(arguments)
    try:
        match given.action:
            case "run":
                return run(given.window, given.until)
            case "verify":
                return verify(given.window)
            case "clean":
                return clean(given.window)
        return show()
    except params.ParameterError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except windows.BusyError as error:
        print(error, file=sys.stderr)
        return BUSY
    except OSError as error:
        print(troubles.told(error), file=sys.stderr)
        return REFUSED


def run(window: str, until: str = "") -> int:
    """Bring a window, the newest one where none is named, to its report, or only as far as one notebook.

    Where there is something to do this process becomes make, which keeps hold of the window.
    """
    asked = params.load(window or params.newest())
    window = asked.window
    privacy.key_files()
    held, environment = windows.hold(window), _environment(asked)
    target = f"outputs/{window}/.done/{until}" if until else "window"
    for line in seals.mend(window):
        print(line, file=sys.stderr, flush=True)
    if exports.are_others(asked):
        paths.stamp(window, paths.STEPS[0]).unlink(missing_ok=True)
    elif _is_made(window, until or "pages", environment):
        print(f"{window}: nothing to do, all is newer than what it rests on.\nReport: {report(window)}")
        held.close()
        return 0
    os.chdir(paths.root())
    make = _make()
    os.execvpe(make, [make, "--no-print-directory", target, f"WINDOW={window}"], environment)  # noqa: S606


def verify(window: str) -> int:
    """Verify a window, by default the newest quarter, if nothing is left to do for it."""
    asked = params.load(window or params.newest())
    if not is_fresh(asked.window):
        print(
            f"{asked.window}: not run yet, or older than its notebooks, parameters, code or records. "
            f"First: make run WINDOW={asked.window}",
            file=sys.stderr,
        )
        return REFUSED
    return verification.verify(asked)


def clean(window: str) -> int:
    """Remove everything that a window made."""
    if not paths.window(params.checked(window)).exists():
        print(f"{window}: there is no outputs/{window} to remove. make windows lists what there is.", file=sys.stderr)
        return REFUSED
    windows.remove(window)
    print(f"{window}: outputs/{window} is removed.")
    return 0


def show() -> int:
    """Print every window and how far it has come."""
    privacy.key_files()
    readable = {one.window for one in params.readable()}
    for window in params.windows():
        if window not in readable:
            print(f"{window:16}cannot be read; make run WINDOW={window} says why")
            continue
        state = windows.state(window)
        stale = state.startswith("done") and not is_fresh(window)
        print(f"{window:16}{state}{', stale: run it again' if stale else ''}")
    return 0


def is_fresh(window: str, stamp: str = "pages") -> bool:
    """Say whether make would have nothing to do for a notebook, or for the pages of all."""
    asked = params.load(window)
    others = exports.are_others(asked) or seals.broken(window, thoroughly=False)
    return not others and _is_made(window, stamp, _environment(asked))


def _is_made(window, stamp, environment):
    """Ask make, which goes by the times of files."""
    question = [_make(), "--question", "--silent", f"outputs/{window}/.done/{stamp}", f"WINDOW={window}"]
    quiet = environment | {"MAKEFLAGS": ""}
    asked = subprocess.run(question, cwd=paths.root(), env=quiet, capture_output=True, check=False)  # noqa: S603
    return asked.returncode == 0


def report(window: str) -> str:
    """Return where a window's report is, seen from the project's root."""
    return os.path.relpath(paths.page(window, paths.STEPS[-1]), paths.root())


def _make():
    return os.environ.get("MAKE", "make")


def _environment(asked):
    before, window = lineage.before(asked), asked.window
    return os.environ | {windows.HELD_VARIABLE: window, "WINDOW": window, "BEFORE": before.window if before else ""}


if __name__ == "__main__":
    sys.exit(main())
