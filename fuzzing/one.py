"""One reader, fuzzed by atheris in this process, which ends with it; what it counted is on disk every few seconds."""

import argparse
import datetime
import hashlib
import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path

import atheris

from fuzzing import catalogue, choices, harness

EVERY = 3.0  # seconds between two writings of what was counted
LONGEST = 1_024  # bytes of decisions; what is built of them may be far larger
FAULTS = 40  # kept of one reader, each of another kind or place


class Tally:
    """What was counted of a reader, and what was found.

    Parameters
    ----------
    reader : fuzzing.harness.Reader
    folder : Path
        In which it is kept.
    asked : int
        How many inputs it is to get.
    """

    def __init__(self, reader: harness.Reader, folder: Path, asked: int):
        self._reader, self._folder, self._asked = reader, folder, asked
        self._counts = dict.fromkeys((harness.READ, harness.REFUSED, harness.FOUND), 0)
        self._faults: dict[tuple[str, str], dict] = {}
        self._began, self._written, self._slowest = time.monotonic(), 0.0, 0.0

    def judge(self, content: bytes) -> None:
        """Give the reader one input, and count what came of it."""
        began = time.perf_counter()
        outcome = harness.judged(self._reader, content)
        self._slowest = max(self._slowest, time.perf_counter() - began)
        self._counts[outcome.kind] += 1
        if outcome.kind == harness.FOUND:
            self._keep(outcome, content)
        if time.monotonic() - self._written > EVERY or sum(self._counts.values()) >= self._asked:
            self.write()

    def write(self) -> None:
        """Write down what was counted so far."""
        self._written = time.monotonic()
        told = {
            "reader": self._reader.name,
            "asked": self._asked,
            "inputs": sum(self._counts.values()),
            **self._counts,
            "seconds": round(time.monotonic() - self._began, 1),
            "slowest": round(self._slowest, 3),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "day": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "faults": list(self._faults.values()),
        }
        aside = self._folder / f".{self._reader.name}.json"
        aside.write_text(json.dumps(told, indent=1), encoding="utf-8")
        aside.replace(self._folder / f"{self._reader.name}.json")

    def _keep(self, outcome, content):
        key = (outcome.what[:30], outcome.where)
        if key in self._faults or len(self._faults) >= FAULTS:
            return
        name = f"{self._reader.name}-{hashlib.sha256(content).hexdigest()[:12]}"
        (self._folder / name).write_bytes(content)
        self._faults[key] = {"what": outcome.what, "where": outcome.where, "input": name}


def main() -> None:
    """Fuzz the reader that is named, as often as is said; never returns."""
    parser = argparse.ArgumentParser(prog="fuzzing.one", description=__doc__)
    parser.add_argument("reader", choices=catalogue.NAMES)
    parser.add_argument("inputs", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    os.environ |= {"INSIGHTS_ROOT": str(harness.room()), "INSIGHTS_PSEUDONYM_KEY": "a key of the fuzzer's own"}
    with atheris.instrument_imports(include=["insights"], enable_loader_override=False):
        reader = catalogue.reader(given.reader)
    seeds = list(reader.seeds())
    corpus = harness.room() / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(b"\0" + seed)
    for number, kind in enumerate([choices.RAW, choices.EDITED] * 16):
        (corpus / f"made-{number}").write_bytes(bytes([kind]) + hashlib.sha512(bytes([number])).digest() * 3)
    tally = Tally(reader, given.folder, given.inputs)

    def judge(content: bytes) -> None:
        try:
            made = choices.built(content, seeds, reader.make)
        except Exception:  # what cannot be built cannot arrive
            made = content
        tally.judge(made)
        if sum(tally._counts.values()) >= given.inputs:
            shutil.rmtree(harness.room(), ignore_errors=True)
            os._exit(0)  # libFuzzer would go on to the end of what it reads now

    atheris.Setup(
        [
            sys.argv[0],
            f"-max_len={LONGEST}",
            "-len_control=0",
            "-timeout=120",
            "-rss_limit_mb=6000",
            "-seed=1",
            "-verbosity=0",
            "-print_final_stats=0",
            "-detect_leaks=0",
            str(corpus),
        ],
        judge,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
