"""Whether a planted shift is named in the window where it starts, and none where nothing shifts.

``make drifts`` makes twenty companies of 3,000 people in which people try less hard from July 2025 on and a third of
the page views is no longer recorded, and twenty in which nothing shifts. In each, the launch and completion models
of one window are judged on the fresh rows of the next: of the second quarter of 2025, before the shift, and of the
third, in which it starts. It prints in how many companies something is named, by what named it, and what the rule
says. ``FIRST=61`` takes the twenty companies from that seed on.
"""

import itertools
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml
from seeds import company, home

from insights import cleaning
from insights.features import build
from insights.modeling import comparison, learned
from insights.modeling.dataset import from_frame
from insights.monitoring import core, quality
from insights.store import joined
from insights.timeline import TimeFolds
from insights.verdicts import DRIFTED

SEEDS = 20
STEADY = ["experiments", "disparity", "redundant_source", "independent_views"]
WORLDS = {"shift": [*STEADY, "shift"], "no shift": STEADY}
QUARTERS = {  # start, split, end
    "2025Q1": ("2024-04-01", "2025-01-01", "2025-04-01"), "2025Q2": ("2024-07-01", "2025-04-01", "2025-07-01"),
    "2025Q3": ("2024-10-01", "2025-07-01", "2025-10-01"),
}  # fmt: skip
MODELS = {"launch": learned.margin, "completion": learned.logistic}


def quarter(aside: Path, seed: int, planted: list[str], name: str) -> dict:
    """Return what the models of one quarter were made of, the models, and the quarter's clean tables."""
    settings = yaml.safe_load((aside / "params" / "sample.yaml").read_text())
    settings["dates"] = {
        key: pd.Timestamp(day).date() for key, day in zip(("start", "split", "end"), QUARTERS[name], strict=True)
    }
    (aside / "params" / "sample.yaml").write_text(yaml.safe_dump(settings))
    step, con = company(aside, seed, {"planted": planted})
    tables = cleaning.tables(con, step.params.window)
    made = {"params": step.params, "tables": tables, "models": {}, "frames": {}}
    for model, builder in build.BUILDERS.items():
        _, frame = builder(con, tables, step.params)
        dataset = from_frame(model, frame)
        rows = dataset.train
        one = MODELS[model](dataset.features, step.params)
        held_out = comparison.judge_out_of_fold(one, rows, TimeFolds(rows, step.params.modeling.folds))
        one.calibration_, one.threshold_ = held_out.calibration, held_out.threshold
        made["models"][model] = one.fit(rows, rows["y"].to_numpy(dtype=int))
        made["frames"][model] = frame
    return made


def judged(before: dict, now: dict) -> pd.DataFrame:
    """Return what is named of each model in the fresh rows of a quarter, and what the rule says."""
    alarms, parts = quality.alarms(now["tables"], now["params"]), []
    for name, model in before["models"].items():
        champion = core.Champion("before", model, False, "")
        dataset = from_frame(name, now["frames"][name])
        parts.append(core.judged(name, champion, before["frames"][name], dataset, now["models"][name], now["params"]))
    found = {key: joined([part[key] for part in parts], columns) for key, columns in core._COLUMNS.items()}
    decisions = core.decided(found, alarms).set_index("model")
    rows = []
    for name in decisions.index:
        mine = {key: table[table["model"] == name] for key, table in found.items()}
        rows.append(
            [name, *((mine[key]["verdict"] == DRIFTED).any() for key in ("inputs", "joint", "outcomes")),
             decisions.loc[name, "why"].startswith("records"), decisions.loc[name, "decision"],
             decisions.loc[name, "cause"]]
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["model", "inputs", "joint", "outcomes", "records", "decision", "cause"])


def of_seed(seed: int, planted: list[str]) -> pd.DataFrame:
    """Return what is named in the second and in the third quarter of a company."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        made = [quarter(Path(aside), seed, planted, name) for name in QUARTERS]
        pairs = zip(itertools.pairwise(made), [*QUARTERS][1:], strict=True)
        found = [judged(*pair).assign(window=name) for pair, name in pairs]
    return pd.concat(found).assign(seed=seed)


def main() -> None:
    """Print in how many companies something is named, where a shift starts, before it, and where there is none."""
    found, first = [], int(os.environ.get("FIRST", "1"))
    for world, planted in WORLDS.items():
        for number in range(SEEDS):
            found.append(of_seed(first + number, planted).assign(world=world))
            print(f"{world}: {number + 1} of {SEEDS} companies made", file=sys.stderr)
    every = pd.concat(found)
    by = ["inputs", "joint", "outcomes", "records"]
    every["any"] = every[by].any(axis=1)
    print(every.groupby(["world", "window", "model"], sort=False)[[*by, "any"]].sum().to_string(), end="\n\n")
    print(every.groupby(["world", "window", "seed"])["any"].any().groupby(["world", "window"]).agg(["size", "sum"]))
    print(every.groupby(["world", "window", "model", "decision"], sort=False).size().to_string(), end="\n\n")
    print(every.groupby(["world", "window", "cause"], sort=False).size().to_string())


if __name__ == "__main__":
    main()
