"""The page of the benchmarks, written from what each section found."""

import json
from pathlib import Path

INTRODUCTION = """# Performance

Written by `make bench`. Insights and a peer, or a bare scan, do the same on the same records and machine. Each is a
process of its own; what is timed begins after its imports and ends with its written answer; the two take turns, and
the ratio is the median over the pairs, with the least and the most. A ratio above 1 says that the other takes longer.
Peers live in an environment of their own (`benchmarks/peers/requirements.lock`).
"""
TITLES = {
    "features": "Features of all learners, from exports as they come",
    "dictionary": "The description of a million page views",
    "journeys": "What follows what, in one log of events",
    "models": "Models at equal time",
    "pipeline": "What notebooks cost beside the bare library calls",
    "growth": "Growth with the number of people",
}


def write(kept: Path, page: Path) -> None:
    """Write the page from the sections that were run."""
    parts = [INTRODUCTION]
    for name, title in TITLES.items():
        file = kept / f"{name}.json"
        if file.exists():
            found = json.loads(file.read_text())
            parts += [f"## {title}\n", _table(found["rows"]), _about(found["about"])]
    page.write_text("\n".join(parts))


def _table(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |", "|" + "---|" * len(names)]
    return "\n".join([*head, *("| " + " | ".join(_said(row.get(name, "")) for name in names) + " |" for row in rows)])


def _said(value):
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _about(about):
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return f"\n{about['date']}, {about['processor']}, {about['cores']} cores, Python {about['python']}, {versions}.\n"
