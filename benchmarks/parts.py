"""Whether ablation names what is planted: the sample's company made anew from many seeds.

``make parts`` removes, in twenty companies with everything planted and twenty with nothing planted, each component of
the regression of the margin, the launch model of every quarter, while the rest stays. It prints in how many companies
the redundant source and the useless step are said to go and the essential components are not, and whether the
simplified model still has them. Each company is made in a folder that is removed.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd
from seeds import company, home

from insights import cleaning
from insights.ablation import core
from insights.certification import components
from insights.features import build, launch
from insights.modeling import learned
from insights.modeling.dataset import from_frame

SEEDS = 20
PLANTED = {"planted": None, "nothing planted": []}


def of_seed(seed: int, planted: list[str] | None) -> pd.DataFrame:
    """Return the verdicts on what is planted in a company, and whether the simplified model keeps it."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        step, con = company(Path(aside), seed, {} if planted is None else {"planted": planted})
        tables = cleaning.tables(con, step.params.window)
        _, frame = build.build_launch(con, tables, step.params)
        dataset = from_frame(launch.MODEL, frame)
        rows = dataset.train
        model = learned.margin(dataset.features, step.params).fit(rows, rows["y"].to_numpy(dtype=int))
        frames = core.changed(con, launch.MODEL, dataset, model, step.params)
        found = core.ablate(launch.MODEL, model, frames, [], step.params)
    table = components.beside(found.added, step.params)
    kept = {(part.kind, part.name): {*part.features} & {*found.simple.model.features} for part in found.parts}
    keys = zip(table["kind"], table["component"], strict=True)
    return table.assign(seed=seed, kept=[bool(kept.get(key)) for key in keys])


def main() -> None:
    """Print in how many companies each verdict was what it should be."""
    found = []
    for name, planted in PLANTED.items():
        for seed in range(1, SEEDS + 1):
            found.append(of_seed(seed, planted).assign(company=name))
            print(f"{name}: {seed} of {SEEDS} companies made", file=sys.stderr)
    every = pd.concat(found)
    sale = every[every["rows"] == "catalogue"].groupby(["company", "seed"])["holds"].all()
    print(sale.groupby("company").agg(seeds="size", all_hold="sum").to_string(), end="\n\n")
    by = every.groupby(["company", "rows", "kind", "component", "truth"], sort=False)
    told = by.agg(seeds=("holds", "size"), holds=("holds", "sum"), in_simplified=("kept", "sum"),
                  adds=("roc_auc_adds", "mean"), spread=("roc_auc_adds", "std"), low=("roc_auc_low", "mean"),
                  high=("roc_auc_high", "mean"))  # fmt: skip
    print(told.round(4).to_string())


if __name__ == "__main__":
    main()
