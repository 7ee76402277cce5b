"""Whether notebook 03 finds the planted effects: the sample's company made anew from many seeds.

``make seeds`` prints how often each interval held the truth: of coming to an event on completion, the naive
difference and the doubly robust one; of each channel on enrollments, the lift. Beside it stands how each rule of
credit orders the channels against what is truly owed to them. Each company is made in a folder that is removed.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import ibis
import pandas as pd
import yaml

from insights import cleaning, collection, dictionary, params, paths, store, warehouse
from insights.certification import journeys
from insights.journey import attribution, channels, effects, lifts, times

SEEDS = 20


def of_seed(seed: int, people: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return the estimates of the company of one seed with what is true, and how each order of channels agrees."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        step, con = company(Path(aside), seed, {"people": people})
        clean = cleaning.tables(con, step.params.window)
        rows = effects.rows(con, clean, times.enrollments(clean, step.params), step.params)
        events = effects.estimate(rows, step.params.modeling.seed).estimates
        events = events.assign(estimate="events, " + events["estimate"], true=journeys.event_effect(step, con))
        touches, enrolled = channels.touches(clean), attribution.enrollments(clean)
        true = journeys.channel_effects(step)
        rows = lifts.person_months(con, clean, touches, enrolled, step.params)
        added = lifts.study(rows).merge(true, on="channel", suffixes=("", "_true"))
        added = added.assign(
            estimate="lift of " + added["channel"], true=added["ratio_true"], difference=added["ratio"]
        )
        credits = attribution.study(attribution.paths(con, touches, enrolled, step.params), step.params)
    columns = ["estimate", "true", "difference", "low", "high"]
    found = pd.concat([events[columns], added[columns]], ignore_index=True).assign(seed=seed)
    held = (found["low"] <= found["true"]) & (found["true"] <= found["high"])
    agreed = attribution.agreement(credits, added, true).set_index("rule")["agreement"]
    return found.assign(holds=held), agreed


@contextlib.contextmanager
def home(root: Path) -> Iterator[None]:
    """Work below a root of its own, and go back."""
    before = os.environ.get("INSIGHTS_ROOT")
    (root / "params").mkdir()
    (root / "params" / "base.yaml").write_text(paths.params_file("base").read_text())
    sample = yaml.safe_load(paths.params_file("sample").read_text())
    os.environ["INSIGHTS_ROOT"] = str(root)
    (root / "params" / "sample.yaml").write_text(yaml.safe_dump(sample))
    try:
        yield
    finally:
        os.environ.pop("INSIGHTS_ROOT") if before is None else os.environ.update(INSIGHTS_ROOT=before)


def company(root: Path, seed: int, changes: dict, **others: dict) -> tuple[store.Step, ibis.BaseBackend]:
    """Return the sample's company of a seed, collected and cleaned, with changes of its simulation and its params."""
    settings = yaml.safe_load((root / "params" / "sample.yaml").read_text())
    for section, mine in {"simulation": {"seed": seed} | changes, **others}.items():
        settings[section] |= mine
    (root / "params" / "seed.yaml").write_text(yaml.safe_dump(settings))
    return _cleaned("seed")


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
    """Print how often each interval held the truth, with the mean error, and the agreement of the orders."""
    people, found, orders = params.load("sample").simulation.people, [], []
    for seed in range(1, SEEDS + 1):
        one, order = of_seed(seed, people)
        found.append(one)
        orders.append(order)
        print(f"{seed} of {SEEDS} companies made", file=sys.stderr)
    every = pd.concat(found).assign(error=lambda frame: frame["difference"] - frame["true"])
    told = every.groupby("estimate", sort=False).agg(
        seeds=("holds", "size"), held=("holds", "sum"), true=("true", "mean"), found=("difference", "mean"),
        error=("error", "mean"), spread=("error", "std"),
    )  # fmt: skip
    print(told.round(3).to_string())
    print(pd.DataFrame(orders).describe().loc[["mean", "min", "max"]].round(2).to_string())


if __name__ == "__main__":
    main()
