"""The log of a search on disk: a line of JSON for each pipeline, written when its evaluation ends.

A search that is ended at any moment leaves at most half a line, which counts for nothing. Any process can read how
far a search has come, and the next search with the same task goes on from there.
"""

import json
from pathlib import Path

import pandas as pd

from insights.modeling.search import space as search_space
from insights.modeling.search.space import Written

EVALUATED, FAILED = "evaluated", "failed"
COLUMNS = ("generation", "pipeline", "roc_auc", "complexity", "status")


class LogError(ValueError):
    """A log that cannot be read; the message names the file and the line."""


def place(folder: Path, digest: str) -> Path:
    """Return the log of a task within a folder; another task has another log."""
    return folder / f"search_{digest[:16]}.jsonl"


def key(steps: Written) -> str:
    """Return what a pipeline is known by: its classes and hyper-parameters in one text."""
    return json.dumps(steps, sort_keys=True)


def append(file: Path, entry: dict) -> None:
    """Write the entry of a pipeline as one line."""
    with file.open("a", encoding="utf-8", newline="\n") as lines:
        lines.write(json.dumps(entry) + "\n")


def begin(file: Path) -> None:
    """Make the log ready to be continued: half a line at its end, left by a search that was ended, is cut off."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = file.read_bytes() if file.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content or not file.exists():
        file.write_bytes(whole)


def read(file: Path) -> list[dict]:
    """Return the entries of all pipelines, by generation and then by what they are known by.

    The order does not depend on which evaluation ended first. Where a pipeline has several lines, the first holds.

    Raises
    ------
    LogError
        If a whole line is not an entry.
    """
    entries = {}
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    for number, line in enumerate(lines, start=1):
        entry = _entry(line, f"{file}, line {number}")
        entries.setdefault(key(entry["steps"]), entry)
    return [entries[known] for known in sorted(entries, key=lambda k: (entries[k]["generation"], k))]


def table(entries: list[dict]) -> pd.DataFrame:
    """Return entries as a table: ``generation, pipeline, roc_auc, complexity, status``.

    How long each took stays in the file: it is never the same twice.
    """
    rows = [{**entry, "pipeline": search_space.named(entry["steps"])} for entry in entries]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"generation": "int64", "roc_auc": "float64", "complexity": "Int64"}
    )


def _entry(line, where):
    try:
        entry = json.loads(line)
        json.dumps([entry["generation"], entry["steps"], entry["status"]])
    except (ValueError, KeyError, TypeError):
        raise LogError(f"{where} is not a line of a search. Delete the file to search anew.") from None
    return entry
