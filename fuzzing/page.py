"""The page: what was fuzzed, how often, and what came of it."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from fuzzing import catalogue, harness

VERSIONS = (
    "atheris",
    "duckdb",
    "ibis-framework",
    "nh3",
    "openpyxl",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyyaml",
    "skops",
    "tornado",
)
HEAD = """# Fuzzing

Everything that others write is taken for hostile: parameter files, registers, exports, posts, what planners send,
saved models, results of other runs. `make fuzz` gives each reader below inputs that follow the code which they
reach ([atheris](https://github.com/google/atheris), a fuzzer that is guided by coverage), and
`tests/test_fuzzed.py` gives the same readers a few hundred in every `make test`, with the inputs that once found
something. `make fuzz` writes this page.

An input is one file, text or request, given to the reader as a whole. Some are bytes, some are real examples
with words replaced by hostile ones, some are built of the keys, columns and tags that the reader knows, so that
they come past its first error. An input may be *read*, or *refused* by the reader's own error, which names value,
place and remedy. Anything else is a finding: another exception, more than {seconds:g} seconds of the processor (20
for exports), {megabytes} MB more memory, a file written outside of the project, a program that was begun; and a
promise that is not kept, such as a cell that a spreadsheet would run, or markup that runs in a page.

"""
FOOT = """
Peak memory is that of the whole process, the libraries among it (some 250 MB). Counts are of what really ran;
`withdrawn` and `markup` get most of them because they are quick, and exports few, because each opens the table
engine twice.

## What holds

| what comes in | what may not happen | by what |
|---|---|---|
| parameter files, mappings, registers | code, memory without end, a crash | plain YAML values; at most 1 MB, 30\
 levels, 100,000 values, aliases counted as often as they repeat (`insights.yamls`) |
| names of windows, patterns of exports | a file elsewhere | letters, digits, dots and dashes; patterns below \
the folder, and no link that leads out of it (`insights.params.checked`, `insights.collection.folder`) |
| exports | a crash, memory without end, code in the draft of a mapping | one error that names the file; \
workbooks of at most 1 GB unpacked and 20,000,000 cells, gaps among them (`insights.collection.files`); comments\
 of one line |
| numbers in text | infinite ones, and what fits no type | null, counted and named \
(`insights.collection.parsing`) |
| posts | a pattern that takes hours, what identifies somebody | bounded turns (`insights.texts`, \
`insights.privacy`) |
| forms and addresses of planners | a failure, a script, a way in without the token | limits of size, checked \
values, escaping, a policy that lets nothing run (`insights.serving`) |
| journals | a line that no page can show | each value of its kind (`insights.journals`) |
| saved models | code, memory without end, a tree that leads out of memory | no pickle, known types, at most 500\
 MB unpacked, trees walked before they are used (`insights.modeling.saved`) |
| results and tables of other runs | a crash | one error that names the file (`insights.store`) |
| notebooks | a script, an event, a style, a foreign address | lists of what is allowed, and a policy in each \
page (`insights.export`) |
| CSV files that people open | a cell that is run as a formula | an apostrophe before text that begins like one;\
 the Parquet beside it holds the text as it was (`insights.spreadsheets`) |
"""


def write(file: Path, told: Sequence[dict]) -> None:
    """Write the page of what was counted, in the order of the catalogue."""
    by = {one["reader"]: one for one in told}
    rows = [_row(name, by[name]) for name in catalogue.NAMES if name in by]
    head = HEAD.format(seconds=harness.SECONDS, megabytes=harness.MEGABYTES)
    names = (
        "reader",
        "what it reads",
        "inputs",
        "seconds",
        "a second",
        "read",
        "refused",
        "findings",
        "slowest",
        "peak",
    )
    table = f"| {' | '.join(names)} |\n"
    table += f"|---|---|{'---:|' * 8}\n"
    file.write_text(f"{head}{_summary(told)}\n\n{table}" + "\n".join(rows) + "\n" + FOOT, encoding="utf-8")


def _summary(told):
    inputs, seconds = sum(one["inputs"] for one in told), sum(one["seconds"] for one in told)
    found = sum(one[harness.FOUND] for one in told)
    days = sorted({one["day"] for one in told})
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS if _is_there(name))
    return (
        f"**{inputs:,} inputs over {len(told)} readers, {found:,} findings**, in {seconds / 60:,.0f} minutes of all "
        f"processes together, {' to '.join(days)}, on {os.cpu_count()} cores that other work shared; "
        f"Python {platform.python_version()}, {versions}."
    )


def _is_there(name):
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def _row(name, one):
    about = catalogue.reader(name).about
    rate = one["inputs"] / max(one["seconds"], 0.1)
    return (
        f"| `{name}` | {about} | {one['inputs']:,} | {one['seconds']:,.0f} | {rate:,.0f} | {one['read']:,} | "
        f"{one['refused']:,} | {one['found']:,} | {one['slowest']:.2f} s | {one['peak_mb']:,} MB |"
    )
