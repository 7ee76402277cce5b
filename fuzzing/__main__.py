"""Fuzz every reader, and write what came of it into docs/fuzzing.md; ends with 1 if anything was found.

Each reader has a process of its own, so that its memory is its own and none can take another down.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from fuzzing import catalogue, page
from fuzzing.harness import FOUND, REPOSITORY

KEPT = REPOSITORY / ".cache" / "fuzzing"
ORDER = (
    "texts",
    "markup",
    "json",
    "candidates",
    "journals",
    "parameters",
    "planner",
    "parquet",
    "draft",
)  # the long ones first


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, and return the exit code."""
    parser = argparse.ArgumentParser(prog="fuzzing", description=__doc__.split("\n\n")[0])
    parser.add_argument("readers", nargs="*", metavar="reader", help=f"one of {', '.join(catalogue.NAMES)}; or all")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--share", type=float, default=1.0, help="of the inputs that each gets")
    parser.add_argument("--page", action="store_true", help="only write the page of what was counted before")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.readers if name not in catalogue.NAMES]:
        parser.error(f"{', '.join(unknown)}: no such reader. There are {', '.join(catalogue.NAMES)}.")
    names = given.readers or sorted(
        catalogue.NAMES, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)
    )
    if not given.page:
        if not given.readers:
            shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with ThreadPoolExecutor(given.jobs) as pool:
            list(pool.map(lambda name: _fuzz(name, given.share, began), names))
    told = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(KEPT.glob("*.json"))]
    page.write(REPOSITORY / "docs" / "fuzzing.md", told)
    return int(any(one[FOUND] or one["inputs"] < one["asked"] for one in told))


def _fuzz(name: str, share: float, began: float) -> None:
    """Fuzz one reader in a process of its own; say how it went."""
    inputs = max(1, round(catalogue.reader(name).inputs * share))
    (KEPT / f"{name}.json").unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "fuzzing.one", name, str(inputs), str(KEPT)]
    paths = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    with (KEPT / f"{name}.log").open("wb") as log:
        done = subprocess.run(
            command,
            cwd=KEPT,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "0"},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    file = KEPT / f"{name}.json"
    told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"inputs": 0, FOUND: 0}
    print(
        f"{time.monotonic() - began:6.0f} s  {name}: {told['inputs']:,} inputs, {told[FOUND]:,} findings"
        f"{'' if done.returncode == 0 else f', ended with {done.returncode}'}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
