"""The next window: prepared and run once its exports have arrived; safe to be called by a timer.

Each outcome has an exit code of its own, a message, and is written to ``outputs/next.json``:

0 the window was run, 1 it failed, 2 it cannot be prepared, 4 nothing has arrived yet, 5 nothing has arrived and it is
overdue, 6 only part has arrived, 7 something has arrived twice, 9 another run is at work.
"""

import argparse
import datetime
import json
import subprocess
import sys

import pandas as pd
import yaml

from insights import arrivals, collection, contract, lineage, offline, params, paths, store, warehouse
from insights.collection.source import CollectionError
from insights.params import Params
from insights.running import pipeline, windows

RAN, FAILED, REFUSED, WAITING, OVERDUE, INCOMPLETE, DOUBLED, BUSY = 0, 1, 2, 4, 5, 6, 7, 9
ARRIVING = ("folder", "database")
LOCK = "next"


def main(arguments: list[str] | None = None) -> int:
    """Run the next window if it can be; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.running.upcoming", description=__doc__.split("\n\n")[0])
    parser.add_argument("window", help="a window of the records that are watched")
    parser.add_argument("--today", type=datetime.date.fromisoformat, default=datetime.date.today())
    given = parser.parse_args(arguments)
    try:
        held = windows.hold(LOCK)
    except windows.BusyError:
        return _told("", BUSY, "another make next is at work. Nothing was done.", given.today)
    with held:
        try:
            window, code, message = advance(params.load(given.window), given.today)
        except (params.ParameterError, CollectionError) as error:
            window, code, message = given.window, REFUSED, str(error)
    return _told(window, code, message, given.today)


def advance(asked: Params, today: datetime.date) -> tuple[str, int, str]:
    """Return the next window of the same records, the outcome's exit code and its message, having done what it takes.

    Parameters
    ----------
    asked : Params
        Any window of these records.
    today : datetime.date
    """
    if asked.source.kind not in ARRIVING:
        message = (
            f"{asked.window}: source {asked.source.kind} gets no new exports. Name a window of a folder or database."
        )
        return asked.window, REFUSED, message
    newest = arrivals.newest(asked)
    if not windows.state(newest.window).startswith("done"):  # prepared before, and never finished
        first = lineage.before(newest) is None  # written by hand, and there is nothing that it could be held against
        return _run(newest.window) if first else _run_if_arrived(newest, newest, today)
    following = arrivals.after(newest)
    dates = params.Dates.model_validate(following.dates)
    moved = newest.model_copy(update={"window": following.window, "dates": dates})
    return _run_if_arrived(newest, moved, today)


def _run_if_arrived(newest, moved, today):
    """Run a window, which is prepared first if it is not, if the exports of its last months are there."""
    since = newest.dates.end if moved is not newest else moved.dates.split
    verdict, told = arrivals.judged(_coverage(moved, since), since, moved.dates.end)
    if verdict != arrivals.ARRIVED:
        return moved.window, *_outcome(verdict, told, moved, today)
    if moved is not newest:
        _prepare(newest, moved)
    return _run(moved.window)


def _coverage(moved, since):
    con = warehouse.connect(moved.compute)
    ended = moved.monitoring.not_awaited
    if unknown := [name for name in ended if name not in contract.TABLES]:
        raise params.ParameterError(
            f"monitoring.not_awaited: {', '.join(unknown)} is no table. Tables are {', '.join(contract.TABLES)}."
        )
    every = collection.coverage(moved, con, since)
    return every[~every["table"].isin(ended)]


def _outcome(verdict, told, moved, today):
    due = moved.dates.end + datetime.timedelta(days=moved.monitoring.due_days)
    span = f"{moved.window} (to {moved.dates.end - datetime.timedelta(days=1)})"
    if verdict == arrivals.NOTHING and today <= due:
        return WAITING, f"{span}: nothing has arrived yet; it is due by {due}."
    if verdict == arrivals.NOTHING:
        return OVERDUE, f"{span}: nothing has arrived, and it was due by {due}. Ask those who export it."
    if verdict == arrivals.HALF:
        named = ", ".join(f"{r.table} of {r.month} ({r.rows:,} of about {r.usual:,.0f})" for r in told.itertuples())
        late = "" if today <= due else f" It was due by {due}: ask those who export it."
        return (
            INCOMPLETE,
            f"{span}: only part has arrived: {named}. Nothing was run; it is looked at again next time.{late}",
        )
    named = ", ".join(f"{r.table} of {r.month} ({r.copies:.2g} times)" for r in told.itertuples())
    return DOUBLED, f"{span}: delivered more than once: {named}. Nothing was run; remove what was delivered again."


def _prepare(newest, moved):
    """Write the next window's parameters: those of the window before, its dates moved on."""
    file = paths.params_file(moved.window)
    content = yaml.safe_load(paths.params_file(newest.window).read_text(encoding="utf-8"))
    text = yaml.safe_dump({**content, "dates": moved.dates.model_dump()}, sort_keys=False, allow_unicode=True)
    store.write_atomically(file, f"# Written by make next, from {newest.window}.\n{text}".encode())
    params.load(moved.window)


def _run(window):
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "insights.running.pipeline", "run", window], cwd=paths.root(), check=False
    )
    if done.returncode == pipeline.BUSY:
        return window, BUSY, f"{window}: somebody else runs it. Nothing was done."
    if done.returncode:
        message = (
            f"{window}: its run ended with an error, which the log of this call tells. It is begun again next time."
        )
        return window, FAILED, message
    return window, RAN, f"{window}: was run."


def _told(window, code, message, today):
    facts = {"day": str(today), "window": window, "exit_code": code, "message": message}
    facts["at"] = pd.Timestamp.now(tz="UTC").isoformat(timespec="seconds")
    if code != BUSY:  # the call that is at work will tell
        store.write_atomically(paths.root() / "outputs" / "next.json", f"{json.dumps(facts, indent=1)}\n".encode())
    print(message, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    offline.forbid()
    sys.exit(main())
