"""The page of the benchmarks, written from what each section found."""

import json
from pathlib import Path

INTRODUCTION = """# Performance

Written by `make bench`. Insights and a peer, or a bare scan, do the same on the same records and machine. Each is a
process of its own; what is timed begins after its imports and ends with its written answer; the two take turns, and
the ratio is the median over the pairs, with the least and the most. A ratio above 1 says that the other takes longer.
Peers live in an environment of their own (`benchmarks/peers/requirements.lock`).
"""
SECTIONS = {
    "features": (
        "Features of all learners",
        "What is known of each learner of 2025Q4 on one day, from six tables. Insights reads its clean "
        "tables, which notebook 02 wrote, in the order of learners; the scan reads the same columns of them. Peers "
        "read the records as systems export them, a file a month in the order of recording, as CSV and as Parquet. "
        "What polars and pandas answer is compared with what Insights does, each feature of each learner. "
        "featuretools answers what its primitives can say: records of each table, views, different products and the "
        "last visit.",
    ),
    "dictionary": (
        "The description of a million page views",
        "Of each column its kind, range, gaps, commonest values and shape.",
    ),
    "journeys": (
        "What follows what, in one log of events",
        "How often each activity of a learner is followed by each, over all learners.",
    ),
    "models": (
        "Models at equal time",
        "Each gets the rows to train and as many seconds as the contest of Insights took, its baselines, tuning and "
        "TPOT among them; judged is what it says of the rows to validate. The interval is that of the ratio to "
        "AutoGluon's ROC AUC, over resampled products or learners.",
    ),
    "pipeline": (
        "What notebooks cost beside the bare library calls",
        "Each notebook of the sample by the runner (kernel, page, seals), and its code alone.",
    ),
    "growth": (
        "Growth with the number of people",
        "The simulated company of 36 months, up to the features of its newest window, for both models. "
        "The engine spills what its memory does not hold to disk.",
    ),
}
HEADS = {
    "our_seconds": "ours, s", "their_seconds": "theirs, s", "our_peak_memory_mb": "our peak, MB",
    "their_peak_memory_mb": "their peak, MB", "peak_memory_mb": "peak, MB", "roc_auc": "ROC AUC",
}  # fmt: skip


def write(kept: Path, page: Path) -> None:
    """Write the page from the sections that were run."""
    parts = [INTRODUCTION]
    for name, (title, what) in SECTIONS.items():
        file = kept / f"{name}.json"
        if file.exists():
            found = json.loads(file.read_text())
            parts += [f"## {title}\n", f"{what}\n", _table(found["rows"]), _about(found["about"])]
    page.write_text("\n".join(parts))


def _table(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = ["| " + " | ".join(HEADS.get(name, name) for name in names) + " |", "|" + "---|" * len(names)]
    return "\n".join([*head, *("| " + " | ".join(_said(row.get(name, "")) for name in names) + " |" for row in rows)])


def _said(value):
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _about(about):
    machine = f"{about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, Python {about['python']}"
    ours, peers = (", ".join(f"{name} {of}" for name, of in about[kind].items()) for kind in ("versions", "peers"))
    return f"\n{about['date']}, {machine}. Insights: {ours}. Peers: {peers or 'none installed'}.\n"
