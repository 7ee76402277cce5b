"""`make next` under a timer, while the exports of a month arrive not at all, half, twice, and then rightly.

``make timer`` makes a small company, delivers its records up to the last whole month into a folder, and calls the
command of the runbook's cron line every half minute, whether or not the call before has ended, as cron does. What is
delivered changes as soon as a call has told what it made of what was there. It prints what each call said and ended
with, and fails where that is not what it should be, or a window was run twice.
"""

import datetime
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import yaml
from seeds import home

from insights import contract, params, paths
from insights.arrivals import after
from insights.collection import simulated
from insights.running import upcoming

EVERY = 30  # seconds between calls
MONTHS, TRAINING = 36, 9
TABLE, SHARE = "enrollments", 0.4  # what of which table comes in the half delivery
LESS = {  # it is the calls that are looked at here, not the models
    "simulation": {"people": 3_000},
    "completion": {"horizon_days": 14},  # so that some courses that began in the one month have ended
    "modeling": {"tuning_trials": 0, "tpot_rows": 400},
    "tolerance": {"levels": 1, "rows": 400, "faults": 21},
    "ablation": {"rows": 400},
}


@dataclass
class Timer:
    """Calls the command at even intervals until it is stopped.

    Attributes
    ----------
    root : pathlib.Path
        Of the project.
    window : str
        That the calls name.
    calls : list of tuple
        Each as it ended: seconds at which it began, exit code, what it said last.
    """

    root: Path
    window: str
    calls: list[tuple[float, int, str]] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Call, wait for what is left of the interval, and call again."""
        at_work = []
        while not self._stopped.wait(EVERY):
            at_work.append(threading.Thread(target=self._call))
            at_work[-1].start()
        for call in at_work:
            call.join()

    def stop(self) -> None:
        """Call no more."""
        self._stopped.set()

    def told(self, since: float) -> tuple[int, str]:
        """Return the code and the message of the first call that began after a time and found nobody at work."""
        while True:
            for began, code, said in list(self.calls):
                if began >= since and code != upcoming.BUSY:
                    return code, said
            time.sleep(1)

    def _call(self):
        began, command = time.monotonic(), [sys.executable, "-m", "insights.running.upcoming", self.window]
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(command, cwd=self.root, stdout=said, stderr=said, check=False)  # noqa: S603
            said.seek(0)
            last = said.read().strip().splitlines()[-1]
        self.calls.append((began, done.returncode, last))
        print(f"{datetime.datetime.now():%H:%M:%S}  {done.returncode}  {last}", flush=True)


def project(root: Path) -> None:
    """Put what the pipeline needs beside the parameters of a project of its own."""
    here = Path(__file__).parents[1]
    for name in ("notebooks", "registers", "Makefile", ".venv"):
        (root / name).symlink_to(here / name)


def company(root: Path, month: pd.Period) -> dict[str, pd.DataFrame]:
    """Return the records of a company that goes on for a month after a month, table by table."""
    content = yaml.safe_load((root / "params" / "sample.yaml").read_text())
    content |= {name: content.get(name, {}) | less for name, less in LESS.items()}
    content["simulation"] |= {"start": (month - MONTHS + 2).start_time.date(), "months": MONTHS, "defects": False}
    first = month - TRAINING - 1
    days = {"start": first, "split": first + TRAINING, "end": first + TRAINING + 1}
    content["dates"] = {name: one.start_time.date() for name, one in days.items()}
    (root / "params" / "sample.yaml").write_text(yaml.safe_dump(content))
    world = simulated.made(params.load("sample"), lambda text: print(text, file=sys.stderr))
    files = {name: sorted((world / "raw" / name).rglob("*.parquet")) for name in contract.TABLES}
    return {name: pd.concat([pd.read_parquet(file) for file in these]) for name, these in files.items() if these}


def watched(root: Path, records: dict[str, pd.DataFrame], month: pd.Period) -> str:
    """Write the mapping and the window that was validated on a month; return the window's name."""
    tables = {name: {"files": f"{name}/*.parquet", "columns": {c: c for c in rows}} for name, rows in records.items()}
    (root / "mapping.yaml").write_text(yaml.safe_dump({"tables": tables}))
    content = yaml.safe_load((root / "params" / "sample.yaml").read_text())
    content.pop("simulation")
    content["source"] = {"kind": "folder", "path": "exports", "mapping": "mapping.yaml"}
    (root / "params" / f"acme-{month}.yaml").write_text(yaml.safe_dump(content))
    return f"acme-{month}"


def deliver(
    root: Path,
    records: dict[str, pd.DataFrame],
    month: pd.Period,
    again: str = "",
    past: bool = False,
    **shares: float,
) -> None:
    """Write what became known in a month, or up to it, into the folder of exports, of some tables only a share."""
    for name, rows in records.items():
        known = rows["recorded_at"].dt.to_period("M")
        mine = rows[(known <= month) if past else (known == month)]
        if len(mine):
            file = root / "exports" / name / f"{month}{again}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            mine.head(int(shares.get(name, 1.0) * len(mine))).to_parquet(file)


def acted(root: Path, month: pd.Period) -> list[tuple[str, int, set[int], str]]:
    """Deliver in all ways, one after the other; return for each what was found, and the codes it may end with."""
    records = company(root, month)
    window = watched(root, records, month - 1)
    deliver(root, records, month - 1, past=True)
    timer = Timer(root, window)
    clock = threading.Thread(target=timer.run)
    clock.start()
    found = []

    def seen(what, *codes):
        code, said = timer.told(time.monotonic())
        found.append((what, code, {*codes}, said))

    try:
        seen("a first window that has not been run", upcoming.RAN)
        seen("nothing of the next month", upcoming.WAITING, upcoming.OVERDUE)
        deliver(root, records, month, **{TABLE: SHARE})
        seen("half of a table", upcoming.INCOMPLETE)
        deliver(root, records, month)
        deliver(root, records, month, again="-again")
        seen("all of it twice", upcoming.DOUBLED)
        for file in (root / "exports").rglob("*-again.parquet"):
            file.unlink()
        seen("all of it once, late", upcoming.RAN)
        seen("nothing of the month after", upcoming.WAITING)
    finally:
        timer.stop()
        clock.join()
    ran = sorted(said for _, code, said in timer.calls if code == upcoming.RAN)
    expected = sorted([f"{window}: was run.", f"{after(params.load(window)).window}: was run."])
    if ran != expected:
        raise SystemExit(f"Windows that were run: {ran}; expected: {expected}.")
    return found


def main() -> None:
    """Print each delivery with the code and message that a call ended with; fail where one is not as it should be."""
    month = pd.Timestamp.now().to_period("M") - 1
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        project(Path(aside))
        found = acted(paths.root(), month)
    for what, code, _, said in found:
        print(f"{what}: {code}, {said}")
    if wrong := [what for what, code, codes, _ in found if code not in codes]:
        raise SystemExit(f"Not as it should be: {', '.join(wrong)}.")


if __name__ == "__main__":
    main()
