"""The runner: one notebook, executed and exported in one process.

``python -m insights.running.runner step WINDOW STEP`` is what make calls. A step is done when its notebook ran to its
end and its page could be written: only then are the page, the executed notebook and the stamp put into place.
A notebook that failed is kept for reading and is never taken for done.
"""

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat

from insights import cluster, devices, offline, params, paths, store, warehouse
from insights.export import ExportError
from insights.export import write as export_page
from insights.privacy import PrivacyError
from insights.running import exports, imports, seals, troubles, windows
from insights.running.execution import Execution, NotebookError, execute

FAILED, REFUSED = 1, 2
REFUSALS = (
    ValueError, FileNotFoundError, PrivacyError, warehouse.EngineError, cluster.ClusterError, devices.DeviceError,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run a step, or write the pages of a window anew; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.running.runner", description=__doc__.split("\n\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    step = actions.add_parser("step", help="execute and export one notebook")
    step.add_argument("window")
    step.add_argument("step", choices=paths.STEPS)
    step.add_argument("rests_on", nargs="*", help="files on which it rests besides the library")
    pages = actions.add_parser("pages", help="write the pages anew that are older than their template")
    pages.add_argument("window")
    given = parser.parse_args(arguments)
    offline.forbid()
    for talkative in ("traitlets", "papermill", "asyncio"):
        logging.getLogger(talkative).setLevel(logging.CRITICAL)  # what matters is raised, and told in our words
    for asked_to_end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked_to_end, signal.default_int_handler)  # in the same way as Ctrl-C, leaving nothing behind
    try:
        parameters = params.load(given.window)
        with windows.lock(given.window):
            if given.action == "pages":
                return write_pages(parameters)
            return run(parameters, given.step, given.rests_on)
    except (params.ParameterError, windows.BusyError) as error:
        return _complain(str(error), REFUSED)
    except OSError as error:
        told = troubles.told(error, paths.window(given.window))
        return _complain(f"{_named(given)}: {told} Again: make run WINDOW={given.window}", FAILED)
    except KeyboardInterrupt:
        return _complain(f"{given.window}: stopped. Start again with: make run WINDOW={given.window}", 130)


def _named(given):
    return f"{given.window}  {given.step if given.action == 'step' else given.action}"


def run(parameters: params.Params, step: str, rests_on: Sequence[str | Path] = ()) -> int:
    """Execute and export a step; return the exit code.

    What cannot work is refused before a kernel starts.

    Parameters
    ----------
    parameters : Params
    step : str
    rests_on : sequence of str or pathlib.Path, optional
        Files from the root on which it rests besides the library and what the first step reads.
    """
    window = parameters.window
    try:
        _check(parameters, step)
    except REFUSALS as error:
        return _complain(f"{window}  {step}: {error}", REFUSED)
    _tell(window, step, "…")
    began, kept = time.time(), paths.failed(window, step)
    sources = _exports(parameters, step)
    read = exports.state(sources)
    library = imports.closure(paths.notebook(step))
    withdrawn = [paths.withdrawn()] if step == paths.STEPS[0] else []  # also where there is none yet
    rested_on = seals.state({*map(_absolute, rests_on), *library, *withdrawn} - set(map(_absolute, sources)))
    try:
        done = execute(window, step, kept, lambda line: _tell(window, step, line))
        page = export_page(done.notebook, window, step, parameters.digest())
    except (NotebookError, ExportError) as error:
        return _complain(_failure(window, step, error, kept), FAILED)
    _put_into_place(parameters, step, done, page, [*library, *sources])
    if step == paths.STEPS[0]:
        exports.keep(window, read)
    seals.keep(window, step, rested_on)
    _stamp(window, step, began)
    kept.unlink()
    _tell(window, step, f"{done.seconds:.0f} s, {done.peak_bytes / 2**20:,.0f} MB")
    return 0


def write_pages(parameters: params.Params) -> int:
    """Write anew, from the executed notebooks, the pages that are older than what exports them."""
    window, began = parameters.window, time.time()
    newest = max(file.stat().st_mtime for file in _exporting_files())
    for step in paths.STEPS:
        page, executed = paths.page(window, step), paths.executed(window, step)
        if executed.exists() and (not page.exists() or page.stat().st_mtime < newest):
            notebook = nbformat.read(executed, as_version=4)
            markup = export_page(notebook, window, step, parameters.digest())
            store.write_atomically(page, markup.encode())
            seals.keep_page(window, step)
    _stamp(window, "pages", began)
    return 0


def _check(parameters, step):
    notebook = paths.notebook(step)
    if not notebook.exists():
        raise FileNotFoundError(f"{notebook.name} is not in notebooks/. Restore it from version control.")
    imports.check(notebook)
    warehouse.check(parameters.compute)
    cluster.check(parameters.compute.dask)
    devices.check(parameters.compute)
    if step == paths.STEPS[0]:
        from insights import cleaning
        from insights.collection import check_source
        from insights.gaps import check_register
        from insights.timeline import require_span

        require_span(parameters)
        cleaning.check(parameters)
        check_register(parameters)
        check_source(parameters)


def _put_into_place(parameters, step, done: Execution, page, rests_on):
    window = parameters.window
    store.write_atomically(paths.executed(window, step), nbformat.writes(done.notebook).encode())
    store.write_atomically(paths.page(window, step), page.encode())
    store.write_cost(window, step, done.seconds, done.peak_bytes)
    rule = imports.make_rule(paths.stamp(window, step), rests_on, paths.root())
    store.write_atomically(paths.stamp(window, f"{step}.d"), rule.encode())


def _absolute(file):
    return paths.root() / file


def _exports(parameters, step):
    """Return the files and folders of the source, on which the first step rests."""
    if step != paths.STEPS[0]:
        return []
    from insights.collection import source_files

    return source_files(parameters)


def _stamp(window, name, began):
    """Stamp a step as done at the moment it began: what was changed since then is newer."""
    store.write_atomically(paths.stamp(window, name), b"")
    os.utime(paths.stamp(window, name), (began, began))


def _exporting_files():
    folder = imports.PACKAGE / "export"
    return [file for file in folder.iterdir() if file.is_file()]


def _failure(window, step, error, kept):
    stays = (
        "page of the last good run stays" if isinstance(error, ExportError) else "results of the last good run stay"
    )
    broken = seals.broken(window).items()
    garbled = "".join(f"  {name}: {said}; the next run makes it again.\n" for name, said in broken)
    where = f"  Kept for reading: {os.path.relpath(kept, paths.root())}\n" if kept.exists() else ""
    return (
        f"{window}  {step} failed: {error}\n{garbled}{where}  The {stays} in place. Again: make run WINDOW={window}"
    )


def _tell(window, step, line):
    """Say a line of progress; where nobody listens any more, as behind ``| head``, the work goes on unheard."""
    try:
        print(f"{time.strftime('%H:%M:%S')}  {window}  {step}  {line}", flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - until this process ends


def _complain(message, code):
    print(message, file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
