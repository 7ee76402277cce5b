"""Whether notebook 03 finds the planted effect of events: the sample's company made anew from many seeds.

``make seeds`` prints a row per seed: the true effect on completion, the naive difference and the doubly robust
estimate with their intervals, and whether each holds the truth. Each company is made in a folder that is removed.
"""

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from insights import certification, cleaning, collection, dictionary, params, paths, store, tables, warehouse
from insights.journey import effects, times

SEEDS = 20


def held(seed: int, people: int) -> list[dict]:
    """Return what is estimated of the company of one seed, a row per estimate."""
    with tempfile.TemporaryDirectory() as aside:
        window = _window(Path(aside), seed, people)
        step, con = _cleaned(window)
        clean = cleaning.tables(con, window)
        rows = effects.rows(con, clean, times.enrollments(clean, step.params), step.params)
        found = effects.estimate(rows, step.params.modeling.seed)
        true = certification.event_effect(step, con)
    return [
        {
            "seed": seed, "estimate": r.estimate, "true": true, "difference": r.difference, "low": r.low,
            "high": r.high, "holds": r.low <= true <= r.high,
        }
        for r in found.estimates.itertuples()
    ]  # fmt: skip


def _window(root, seed, people):
    """Write the parameters of a company of its own below a root of its own, and go there."""
    settings = params.load("sample")
    (root / "params").mkdir()
    (root / "params" / "base.yaml").write_text(paths.params_file("base").read_text())
    dates = {name: getattr(settings.dates, name) for name in ("start", "split", "end")}
    content = {"dates": dates, "simulation": {"people": people, "seed": seed}}
    (root / "params" / "seed.yaml").write_text(yaml.safe_dump(content))
    os.environ["INSIGHTS_ROOT"] = str(root)
    return "seed"


def _cleaned(window):
    step = store.open_step("00_data_collection", window)
    con = warehouse.connect(step.params.compute)
    collection.collect(step, con, None)
    step.finish()
    step = store.open_step("02_data_cleaning", window)
    cleaning.clean(step, con, dictionary.collected_tables(con, window, protected=False))
    step.finish()
    return step, con


def main() -> None:
    """Print a row per seed and estimate, and how often each held the truth."""
    home = os.environ.get("INSIGHTS_ROOT")
    people, rows = params.load("sample").simulation.people, []
    for seed in range(1, SEEDS + 1):
        rows += held(seed, people)
        os.environ.pop("INSIGHTS_ROOT") if home is None else os.environ.update(INSIGHTS_ROOT=home)
        print(f"{seed} of {SEEDS} companies made", file=sys.stderr)
    frame = pd.DataFrame(rows)
    print(tables.show(frame, "The effect of events, seed by seed", most=len(frame)))
    print(frame.groupby("estimate")["holds"].sum().to_string())


if __name__ == "__main__":
    main()
