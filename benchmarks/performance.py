"""Insights beside its peers: the same work on the same records, in turns, as medians of ratios.

``make bench`` runs every section, ``make bench ONLY=features`` one of them. Each contender is a process of its own;
what is timed begins after its imports and ends with its written answer. Two are timed in turns, several times, and
the median of the ratios is kept: what else the machine does meets both. What a section found lies in ``.bench/``;
``docs/performance.md`` is written from all that is there.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import pandas as pd
import psutil
import report
import yaml
from peers import learners
from sklearn.metrics import roc_auc_score

from insights import cleaning, params, paths, warehouse
from insights.modeling import dataset, metrics
from insights.parallel import SINGLE

HERE, ROOT = Path(__file__).parent, Path(__file__).parent.parent
KEPT = ROOT / ".bench"
PEERS = HERE / "peers"
PEERS_PYTHON = os.environ.get("PEERS_PYTHON", str(ROOT / ".venv-peers" / "bin" / "python"))
WINDOW, REPEATS, RESAMPLES = "2025Q4", 3, 500
WINDOW_DATES = {"start": date(2025, 1, 1), "split": date(2025, 10, 1), "end": date(2026, 1, 1)}


def ours(kind: str, *arguments) -> dict:
    """Let Insights do something in a process of its own, as its notebooks do; return what it took."""
    return _run([sys.executable, str(HERE / "contenders.py"), kind, *map(str, arguments)], os.environ | SINGLE)


def theirs(script: str, *arguments) -> dict:
    """Let a peer do something in a process of its environment, on all cores; return what it took."""
    free = {name: value for name, value in os.environ.items() if name not in SINGLE}  # make sets them for Insights
    return _run([PEERS_PYTHON, str(PEERS / f"{script}.py"), *map(str, arguments)], free)


def paired(name: str, one, other, repeats: int = REPEATS) -> dict:
    """Run two in turns; return the ratio of the other's seconds to the first's, its range, and what each took."""
    told = []
    for number in range(repeats):
        told.append((one(), other()))
        print(f"{name}: {number + 1} of {repeats}", file=sys.stderr, flush=True)
    ratios = [second["seconds"] / first["seconds"] for first, second in told]
    return {
        "against": name, "ratio": median(ratios), "least": min(ratios), "most": max(ratios), "pairs": repeats,
        **{f"our_{key}": median(first[key] for first, _ in told) for key in ("seconds", "peak_memory_mb")},
        **{f"their_{key}": median(second[key] for _, second in told) for key in ("seconds", "peak_memory_mb")},
    }  # fmt: skip


def features() -> list[dict]:
    """Compute features of all learners, peers from exports as they come, and scan the same columns."""
    _cleaned()
    out = KEPT / "learners.parquet"
    mine = lambda: ours("learners", WINDOW, out)  # noqa: E731
    rows = [paired("a bare scan of the same columns", mine, lambda: ours("scan", WINDOW, "-"))]
    for kind in ("csv", "parquet"):
        exports = _as_exported(kind)
        for tool in ("polars", "pandas", "featuretools"):
            written = KEPT / f"learners_{tool}.parquet"
            peer = lambda of=tool, found=exports, to=written: theirs("learners", of, found, to)  # noqa: E731
            rows.append(paired(f"{tool}, {kind}", mine, peer, 1 if tool == "featuretools" else REPEATS))
            if tool != "featuretools":
                _require_same(out, written)
    return rows


def dictionary() -> list[dict]:
    """Describe a million page views, column by column."""
    _cleaned()
    table = KEPT / "views.parquet"
    con = duckdb.connect()
    source = paths.collected(WINDOW, "page_views")
    files = [str(file) for file in sorted(source.rglob("*.parquet"))] if source.is_dir() else [str(source)]
    con.execute(f"COPY (FROM read_parquet({files}) LIMIT 1000000) TO '{table}'")
    return [
        paired(
            name, lambda: ours("dictionary", WINDOW, table),
            lambda tool=tool: theirs("profiles", tool, table), 1 if tool == "ydata" else REPEATS,
        )
        for tool, name in (("ydata", "ydata-profiling, minimal"), ("skrub", "skrub, TableReport"))
    ]  # fmt: skip


def journeys() -> list[dict]:
    """Count how often each activity follows each, in one log of events."""
    _cleaned()
    log = KEPT / "activities.parquet"
    ours("activities", WINDOW, log)
    return [
        paired(tool, lambda: ours("journeys", WINDOW, log), lambda tool=tool: theirs("transitions", tool, log))
        for tool in ("pm4py", "retentioneering")
    ]


def models() -> list[dict]:
    """Fit models at the time that our contest takes, and compare what they say of the rows to validate."""
    _reached("04_feature_analysis")
    rows = []
    for name in ("launch", "completion"):
        data = dataset.load(WINDOW, name)
        table, out = KEPT / f"{name}.parquet", KEPT / f"{name}_scores.parquet"
        told = data.frame[data.frame["role"].isin(["train", "validate"])]
        told[[*data.features, "y", "role"]].to_parquet(table)
        took = ours("contest", WINDOW, name, out)
        said = {f"Insights, {which}": (scores, took) for which, scores in pd.read_parquet(out).items()}
        for tool in ("autogluon", "flaml", "lightgbm"):
            written = KEPT / f"{name}_{tool}.parquet"
            spent = theirs("automl", tool, table, took["seconds"], written)
            said[tool] = (pd.read_parquet(written)["score"], spent)
        rows += _judged(name, data, said)
    return rows


def _judged(name, data, said) -> list[dict]:
    """Return the ROC AUC of each model, and its ratio to AutoGluon's with an interval over resampled clusters."""
    y, of = data.validate["y"].to_numpy(dtype=int), data.validate[data.clusters]
    weights = metrics.cluster_weights(of, RESAMPLES, np.random.default_rng(0))
    scores = {tool: score.to_numpy() for tool, (score, _) in said.items()}
    drawn = {tool: np.array([roc_auc_score(y, s, sample_weight=w) for w in weights]) for tool, s in scores.items()}
    whole = {tool: metrics.roc_auc(y, score) for tool, score in scores.items()}
    rows = []
    for tool, (_, took) in said.items():
        low, high = np.quantile(drawn[tool] / drawn["autogluon"], [0.025, 0.975])
        rows.append(
            {"table": name, "model": tool, "rows to train": len(data.train), "seconds": took["seconds"],
             "roc_auc": whole[tool], "of AutoGluon's": whole[tool] / whole["autogluon"], "low": low, "high": high}
        )  # fmt: skip
    return rows


def pipeline() -> list[dict]:
    """Run every notebook of the sample by the runner, and its code alone."""
    rows, full = [], _full_run()
    with _project():
        for step in paths.STEPS:
            bare = ours("cells", "sample", step)["seconds"]
            began = time.perf_counter()
            _step("sample", step)
            rows.append({"notebook": step, "code alone, seconds": bare, "by the runner": time.perf_counter() - began})
    frame = pd.DataFrame(rows)
    frame["more"] = frame["by the runner"] - frame["code alone, seconds"]
    total = {"notebook": "all", **frame.drop(columns="notebook").sum()}
    share = (
        {"notebook": f"all, beside the {full:,.0f} seconds of {WINDOW}", "more": total["more"] / full} if full else {}
    )
    return [*frame.to_dict("records"), total, *([share] if share else [])]


def growth() -> Iterator[dict]:
    """Simulate, collect, clean and compute features at growing numbers of people, in MEMORY for the engine."""
    sizes = [int(size) for size in os.environ.get("SIZES", "3000,30000,300000").split(",")]
    memory = os.environ.get("MEMORY", params.load(WINDOW).compute.memory)
    with _project() as aside:
        for people in sizes:
            settings = {
                "simulation": {"people": people}, "dates": WINDOW_DATES, "compute": {"memory": memory},
            }  # fmt: skip
            (aside / "params" / f"people-{people}.yaml").write_text(yaml.safe_dump(settings))
            for stage in ("simulate", "collect", "clean", "features"):
                took = ours(stage, f"people-{people}")
                each = 1e6 * took["seconds"] / people
                print(f"{people:,} people, {stage}: {took}", file=sys.stderr, flush=True)
                yield {
                    "people": people, "stage": stage, "engine's memory": memory, **took,
                    "microseconds a person": each,
                }  # fmt: skip
                if stage == "collect":  # what was simulated is not read again, and takes three times as much room
                    shutil.rmtree(aside / ".cache" / "simulation")
            shutil.rmtree(aside / "outputs")


SECTIONS = {
    "features": features, "dictionary": dictionary, "journeys": journeys, "models": models, "pipeline": pipeline,
    "growth": growth,
}  # fmt: skip


def main(asked: list[str]) -> None:
    """Run the sections that are asked for, or all, and write the page."""
    KEPT.mkdir(exist_ok=True)
    for name in asked or SECTIONS:
        rows, about = [], _machine()
        for row in SECTIONS[name]():
            rows.append(row)  # kept at once: what was measured stays where a later stage fails
            (KEPT / f"{name}.json").write_text(json.dumps({"rows": rows, "about": about}, indent=1))
    report.write(KEPT, ROOT / "docs" / "performance.md")


def _run(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:3])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _cleaned():
    """Bring the window as far as its clean tables, where they are not there."""
    if not paths.clean(WINDOW, "page_views").exists():
        _reached("02_data_cleaning")


def _reached(step):
    if not paths.page(WINDOW, step).exists():
        command = [sys.executable, "-m", "insights.running.pipeline", "run", WINDOW, "--until", step]
        subprocess.run(command, check=True, env=os.environ | {"MAKE": "make"})  # noqa: S603


@contextmanager
def _project() -> Iterator[Path]:
    """Work in a project of its own, with the repository's notebooks and parameters, that is gone on leaving."""
    before = os.environ.get("INSIGHTS_ROOT")
    with tempfile.TemporaryDirectory(dir=KEPT) as name:
        folder = Path(name)
        for part in ("params", "notebooks", "registers"):
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy(ROOT / "Makefile", folder / "Makefile")
        os.environ["INSIGHTS_ROOT"] = name
        try:
            yield folder
        finally:
            os.environ.pop("INSIGHTS_ROOT")
            os.environ |= {"INSIGHTS_ROOT": before} if before else {}


def _step(window, step):
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "insights.running.runner", "step", window, step], check=True, stdout=sys.stderr
    )


def _full_run() -> float | None:
    """Return the seconds of all notebooks of the window, where each has been run."""
    files = [paths.window(WINDOW) / "costs" / f"{step}.json" for step in paths.STEPS]
    costs = [json.loads(file.read_text())["wall_seconds"] for file in files if file.exists()]
    return sum(costs) if len(costs) == len(paths.STEPS) else None


def _as_exported(kind) -> Path:
    """Write the clean records as systems export them: a file a month of recording, in the order of recording."""
    folder = KEPT / f"exports-{kind}"
    if folder.exists():
        return folder
    aside = KEPT / "exports.unfinished"
    shutil.rmtree(aside, ignore_errors=True)
    con = warehouse.connect(params.load(WINDOW).compute)
    tables = cleaning.tables(con, WINDOW)
    for name, columns in learners.COLUMNS.items():
        table = tables[name].select(columns)
        months = table.recorded_at.strftime("%Y-%m").name("month").as_table().distinct().order_by("month")
        for month in months.to_pyarrow()["month"].to_pylist():
            part = table.filter(table.recorded_at.strftime("%Y-%m") == month)
            file = aside / name / f"{month}.{kind}"
            file.parent.mkdir(parents=True, exist_ok=True)
            getattr(part.order_by("recorded_at"), f"to_{kind}")(file)
    aside.rename(folder)
    return folder


def _require_same(mine: Path, other: Path) -> None:
    """Refuse a comparison in which the answers differ."""
    here = pd.read_parquet(mine).set_index("learner_id").sort_index()
    there = pd.read_parquet(other).set_index("learner_id").sort_index()
    for name in here.columns.drop("as_of"):
        same = np.isclose(here[name].astype(float), there[name].astype(float), rtol=1e-9, equal_nan=True)
        if not same.all():
            raise RuntimeError(f"{other.name}: {name} differs for {(~same).sum():,} of {len(same):,} learners")


def _machine() -> dict:
    ours = ("duckdb", "ibis-framework", "numpy", "pandas", "scikit-learn", "tpot")
    return {
        "date": date.today().isoformat(), "cores": os.cpu_count(), "python": platform.python_version(),
        "processor": _processor(), "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "versions": {name: importlib.metadata.version(name) for name in ours}, "peers": _peers(),
    }  # fmt: skip


def _peers() -> dict[str, str]:
    """Return the versions of what the peers' environment was made of; nothing where there is none."""
    if not Path(PEERS_PYTHON).exists():
        return {}
    names = [line.partition("[")[0] for line in (PEERS / "requirements.in").read_text().split()]
    asked = (
        "from importlib.metadata import version; import json, sys; print(json.dumps([*map(version, sys.argv[1:])]))"
    )
    told = subprocess.run([PEERS_PYTHON, "-c", asked, *names], check=True, capture_output=True, text=True)  # noqa: S603
    return dict(zip(names, json.loads(told.stdout), strict=True))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main(sys.argv[1:])
