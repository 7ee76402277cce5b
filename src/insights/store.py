"""The store: what a notebook writes, and how it gets into place.

A notebook opens its :class:`Step`, writes tables, figures, data and results into a folder aside, and
finishes it in its last cell: only then does the folder take the place of an earlier good one, as a whole.
Every number that is shown to anyone is a record of the results store, ``results.json``, which is
assembled from the finished steps.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil

from insights import paths, spreadsheets
from insights.params import Params, load

SHOWN_VERSIONS = (
    "duckdb", "fairlearn", "ibis-framework", "numpy", "pandas", "pandera", "papermill", "scikit-learn",
    "statsmodels", "tpot", "xgboost",
)  # fmt: skip
DPI = 160
MOST_BYTES, MOST = 50_000_000, 1e300  # of a file of results, and of a number in it
SEAL = "seal.json"


class StoreError(ValueError):
    """A result that cannot be stored; the message names the record and the remedy."""


@dataclass
class Step:
    """What one notebook writes for one window.

    Attributes
    ----------
    name : str
        The notebook, such as ``05_modeling``.
    params : Params
        The window's parameters.
    """

    name: str
    params: Params
    records: list[dict] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder in which this step is prepared."""
        return paths.staging(self.params.window, self.name, os.getpid())

    def place(self, final: Path) -> Path:
        """Return where a file of this step is prepared, given where it will stand in the end."""
        return self.folder / final.relative_to(paths.step(self.params.window, self.name))

    def record(self, name, value, *, low=None, high=None, n=None, unit="", model=None, by=None) -> float:
        """Add one number to the results store and return it.

        Parameters
        ----------
        name : str
            What it is, such as ``launch.roc_auc``.
        value : float
            The number itself; must be finite.
        low, high : float, optional
            Interval around it.
        n : int, optional
            Rows it rests on.
        unit : str
            Unit of measurement.
        model : str, optional
            The model it speaks of.
        by : mapping, optional
            What it was restricted to: split, day, group.

        Raises
        ------
        StoreError
            If the value is not a finite number, or the same thing is recorded twice.
        """
        record = {
            "name": name, "model": model, "by": dict(by or {}), "value": _number(name, value),
            "low": _number(name, low), "high": _number(name, high), "n": None if n is None else int(n),
            "unit": unit, "notebook": self.name,
        }  # fmt: skip
        if value is None:
            raise StoreError(f"{name}: no value to record. Record it only where it exists.")
        if any(_identity(kept) == _identity(record) for kept in self.records):
            raise StoreError(f"{name} (model {model}, by {by}) is recorded twice. Name what differs in by=.")
        self.records.append(record)
        return value

    def table(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Write a table under the name it is cited by, as Parquet and as CSV for a spreadsheet, and return it."""
        folder = self.folder / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / f"{name}.csv").write_bytes(spreadsheets.plain_csv(frame))
        return frame

    def figure(self, name: str, figure, data: pd.DataFrame) -> Path:
        """Write a figure, the data behind it beside it, and return its path: the name that it is cited by.

        The figures of a notebook are numbered in the order in which they appear: ``roc`` becomes ``figure_5_2_roc``.
        One that is drawn again keeps its number.
        """
        folder = self.folder / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        place = self.figures.setdefault(name, len(self.figures) + 1)
        name = f"figure_{int(self.name.split('_')[0])}_{place}_{name}"
        (folder / f"{name}.csv").write_bytes(spreadsheets.plain_csv(data))
        figure.savefig(folder / f"{name}.png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        return folder / f"{name}.png"

    def note(self, **facts) -> None:
        """Add facts to the manifest: hashes of inputs, seeds, the rows that a model saw."""
        self.facts |= facts

    def finish(self) -> None:
        """Put this step into place as a whole, and the window's results store and manifest with it.

        Raises
        ------
        StoreError
            If it is in place already: what a second call would put there is an empty folder.
        """
        if not self.folder.exists():
            done = paths.step(self.params.window, self.name).exists()
            what = "finished already" if done else "what it prepared was removed while it ran"
            raise StoreError(
                f"{self.name}, window {self.params.window}: {what}. Run the notebook again from its top."
            )
        _write_json(self.folder / "results.json", sorted(self.records, key=_order))
        _write_json(self.folder / "manifest.json", self.facts | _circumstances(self.params))
        _write_json(self.folder / SEAL, {name: _looks(self.folder / name) for name in _files(self.folder)})
        with _lock(self.params.window):
            _replace(self.folder, paths.step(self.params.window, self.name))
            assemble(self.params.window)


def open_step(name: str, window: str) -> Step:
    """Begin a notebook's work on a window, with an empty folder aside that no other process writes into.

    Raises
    ------
    insights.params.ParameterError
        If the window's parameters cannot be used.
    """
    step = Step(name, load(window))
    _remove_left_over(step.folder)
    step.folder.mkdir(parents=True)
    return step


def assemble(window: str) -> None:
    """Write ``results.json`` and ``manifest.json`` of a window from its finished steps."""
    records, steps = [], {}
    for name in paths.STEPS:
        folder = paths.step(window, name)
        if (folder / "results.json").exists():
            records += _records(folder / "results.json")
            steps[name] = _described(folder / "manifest.json") | _cost(window, name)
    _write_if_other(paths.results(window), sorted(records, key=_order))
    _write_if_other(paths.manifest(window), {"window": window, "steps": steps})


def changed(window: str, step: str, thoroughly: bool = True) -> Path | None:
    """Return a file of a finished step that is not as the step put it into place; None where all are.

    Parameters
    ----------
    window, step : str
    thoroughly : bool
        Whether each file is read; if not, one of the same size and time is taken for the same.
    """
    folder = paths.step(window, step)
    try:
        sealed = json.loads((folder / SEAL).read_text())
        names = sorted({*sealed, *_files(folder)})
        return next((folder / n for n in names if not _is_as(folder / n, sealed.get(n), thoroughly)), None)
    except (OSError, ValueError, TypeError):
        return folder / SEAL


def put_back(window: str) -> None:
    """Put back each step of a window that was interrupted while a newer one took its place."""
    for final in (paths.step(window, name) for name in paths.STEPS):
        if _old(final).exists() and not final.exists():
            _old(final).rename(final)


def assemble_readable(window: str) -> None:
    """Assemble what of a window's steps can be read; the rest is left out until it is made again."""
    if not any((paths.step(window, name) / "results.json").exists() for name in paths.STEPS):
        return
    with _lock(window):
        for name in paths.STEPS:
            folder = paths.step(window, name)
            if not all(map(_is_json, (folder / "results.json", folder / "manifest.json"))):
                (folder / "results.json").unlink(missing_ok=True)  # without it the step is not assembled
            if not _is_json(_cost_file(window, name)):
                _cost_file(window, name).unlink()
        assemble(window)


def write_cost(window: str, step: str, seconds: float, peak_bytes: int) -> None:
    """Write what a step took, beside its folder, and the manifest with it."""
    cost = {"wall_seconds": round(seconds, 2), "peak_memory_mb": round(peak_bytes / 2**20, 1)}
    with _lock(window):
        _write_json(_cost_file(window, step), cost)
        assemble(window)


def results(window: str) -> pd.DataFrame:
    """Return the results store of a window as a table, a row per record.

    Raises
    ------
    StoreError
        If the file cannot be read, or holds anything but records.
    """
    return pd.DataFrame(_records(paths.results(window)), columns=list(RECORD))


def restrictions(results: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return what each record of a results store was restricted to, a column per key; missing where it was not."""
    return pd.DataFrame(list(results["by"]), index=results.index).reindex(columns=list(keys))


def table(window: str, step: str, name: str, needs: Sequence[str] = ()) -> pd.DataFrame:
    """Return a table that another step of the window wrote.

    Parameters
    ----------
    window, step, name : str
    needs : sequence of str, optional
        Columns without which it cannot be used here, as where another version of Insights wrote it.

    Raises
    ------
    StoreError
        If its file is broken, or lacks a column. Where there is none: FileNotFoundError.
    """
    file = paths.step(window, step) / "tables" / f"{name}.parquet"
    try:
        found = pd.read_parquet(file)
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a library says of a file that it cannot read
        raise StoreError(_garbled(file, error)) from None
    if lacking := [column for column in needs if column not in found]:
        raise StoreError(
            f"{file.relative_to(paths.root())} lacks {', '.join(lacking)}: another version of Insights wrote it. "
            f"Make it again: make run WINDOW={window}"
        )
    return found


def table_if_there(window: str, step: str, name: str) -> pd.DataFrame | None:
    """Return a table that another step of the window wrote; None where its source has nothing for it."""
    try:
        return table(window, step, name)
    except FileNotFoundError:
        return None


def joined(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables one below the other, in these columns, which are there even where no row is."""
    kept = [part for part in parts if len(part)]
    if not kept:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(kept, ignore_index=True)[list(columns)]


def facts(window: str, step: str) -> dict:
    """Return what another step of the window noted in its manifest.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    return _described(paths.step(window, step) / "manifest.json")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)  # where the disk was full it holds room for nothing


RECORD = ("name", "model", "by", "value", "low", "high", "n", "unit", "notebook")
BLANK = {"model": None, "by": {}, "low": None, "high": None, "n": None, "unit": "", "notebook": ""}


def _records(file):
    """Return the records of a results store, each with a name and a value, and every field of the right kind."""
    found = _read_json(file)
    if not isinstance(found, list) or not all(_is_record(one) for one in found):
        raise StoreError(_garbled(file, "it is no list of records of results"))
    return [BLANK | one for one in found]


def _is_record(one):
    if not isinstance(one, dict) or not {"name", "value"} <= {*one}:
        return False
    every = BLANK | one
    texts = all(isinstance(every[name], str) for name in ("name", "unit", "notebook"))
    numbers = all(every[name] is None or _is_finite(every[name]) for name in ("low", "high", "n"))
    return texts and numbers and _is_finite(every["value"]) and _is_of(every["model"], every["by"])


def _is_finite(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST


def _is_of(model, by):
    return (model is None or isinstance(model, str)) and isinstance(by, dict)


def _described(file):
    found = _read_json(file)
    if not isinstance(found, dict):
        raise StoreError(_garbled(file, "it holds no facts by name"))
    return found


def _read_json(file):
    """Return what a file holds that this program or another one wrote."""
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise StoreError(_garbled(file, f"{size:,} bytes, above {MOST_BYTES:,}"))
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # what can be read can be written again
    except (ValueError, RecursionError) as error:
        raise StoreError(_garbled(file, error)) from None
    return found


def _number(name, value):
    if value is None:
        return None
    if not math.isfinite(value):
        raise StoreError(f"{name} is {value}. Record only finite numbers, and say in words why one is missing.")
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else float(value)


def _identity(record):
    return record["name"], record["model"], json.dumps(record["by"], sort_keys=True, default=str)


def _order(record):
    return record["name"], record["model"] or "", json.dumps(record["by"], sort_keys=True, default=str)


def _write_json(path, content):
    write_atomically(path, _json(content))


def _write_if_other(path, content):
    if not path.exists() or path.read_bytes() != _json(content):
        write_atomically(path, _json(content))


def _json(content):
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str)
    return f"{text}\n".encode()


def _garbled(file, error):
    window = file.relative_to(paths.window("")).parts[0]
    reason = str(error).split("\n")[0][:200]
    return (
        f"{file.relative_to(paths.root())} cannot be read ({reason}). The next run makes it again: "
        f"make run WINDOW={window}"
    )


def _is_json(file):
    """Return whether a file can be read as JSON; also where it is not there."""
    try:
        _read_json(file)
    except FileNotFoundError:
        return True
    except StoreError:
        return False
    return True


def _remove_left_over(folder):
    """Remove what this process, or one that is gone, prepared for the same step and never finished."""
    _, step, _, ending = folder.name.split(".")
    for other in folder.parent.glob(f".{step}.*.{ending}"):
        process = other.name.split(".")[2]
        if process == str(os.getpid()) or not (process.isdecimal() and psutil.pid_exists(int(process))):
            shutil.rmtree(other, ignore_errors=True)


def _old(final):
    return final.with_name(f".{final.name}.old")


def _files(folder):
    """Return the names of all files of a step but its seal."""
    every = (str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    return sorted(name for name in every if name != SEAL)


def _looks(file):
    return {"size": (about := file.stat()).st_size, "time": about.st_mtime_ns, "sha256": file_hash(file)}


def _is_as(file, sealed, thoroughly):
    if sealed is None or not file.is_file() or file.stat().st_size != sealed["size"]:
        return False
    return (not thoroughly and file.stat().st_mtime_ns == sealed["time"]) or file_hash(file) == sealed["sha256"]


def _replace(new, final):
    old = _old(final)
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    new.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _cost_file(window, step):
    return paths.window(window) / "costs" / f"{step}.json"


def _cost(window, step) -> Mapping:
    file = _cost_file(window, step)
    return _described(file) if file.exists() else {}


def _circumstances(params):
    versions = {name: importlib.metadata.version(name) for name in SHOWN_VERSIONS}
    return {
        "versions": versions | {"python": platform.python_version()},
        "parameters_sha256": params.digest(),
        "seed": params.modeling.seed,
        "code_revision": _revision(),
    }


def _revision():
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run(  # noqa: S603
        [git, "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=paths.root(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or None


@contextlib.contextmanager
def _lock(window) -> Iterator[None]:
    file = paths.window(window) / ".lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
