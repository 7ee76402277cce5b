"""Whether limits hold: companies made anew, with a disturbance exactly at the tolerance that was found.

``make tolerances`` takes, of the sample, the tolerance of two inputs of the completion model as trained, and asks in
ten other companies of the same size, each with a model of its own, how far the measure that broke first lies from
where it was without the disturbance: at the limit it should have lost, on average, what the sample's model had to
lose.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from seeds import company, home

from insights import cleaning, store
from insights.features import build
from insights.modeling import learned
from insights.modeling.dataset import from_frame
from insights.tolerance import kit, responses
from insights.tolerance.disturbances import DISTURBANCES

SEEDS, INPUTS = range(101, 111), ("lost_submissions", "lost_sales")


def of_seed(seed: int, limits: pd.DataFrame) -> list[list]:
    """Return, for each input, what the measure that broke first loses at the limit in the company of one seed."""
    known = {one.name: one for one in DISTURBANCES}
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        step, con = company(Path(aside), seed, {})
        tables = cleaning.tables(con, step.params.window)
        _, frame = build.build_completion(con, tables, step.params)
        dataset = from_frame("completion", frame)
        one = kit.kit(
            con, "completion", dataset, learned.logistic(dataset.features, step.params), tables, step.params
        )
        found = []
        for r in limits.itertuples():
            rows = responses.disturbed(con, one, [(known[r.disturbance], r.tolerance)], seed, step.params).validate
            place = one.measures.index(r.breaks)
            calm = one.measured(one.trial.score, one.trial.decision, False)[0][place]
            at_limit = one.measured(one.model.score(rows), one.model.decide(rows), False)[0][place]
            found.append([seed, r.disturbance, r.tolerance, r.breaks, calm, at_limit, calm - at_limit])
    return found


def main() -> None:
    """Print what is lost at the limit in other companies, beside what the sample had to lose."""
    window = "sample"
    limits = store.table(window, "08_tolerance", "table_8_3_tolerances")
    kept = limits[(limits["model"] == "completion") & (limits["mode"] == responses.KEPT)]
    asked = kept[kept["disturbance"].isin(INPUTS) & np.isfinite(kept["tolerance"])]
    spec = store.table(window, "08_tolerance", "table_8_1_specification").set_index(["model", "measure"])
    rows = []
    for seed in SEEDS:
        rows += of_seed(seed, asked)
        print(f"company {seed} made", file=sys.stderr)
    table = pd.DataFrame(rows, columns=["seed", "disturbance", "level", "measure", "calm", "at_limit", "lost"])
    print(table.round(3).to_string(index=False))
    for r in asked.itertuples():
        mine = table.loc[table["disturbance"] == r.disturbance, "lost"]
        row = spec.loc[("completion", r.breaks)]
        room, error = row["value"] - row["limit"], mine.std(ddof=1) / np.sqrt(len(mine))
        low, high = mine.mean() - 2.26 * error, mine.mean() + 2.26 * error  # Student, 9 degrees of freedom
        print(f"{r.disturbance} at {r.tolerance:.3f}: {r.breaks} had {room:.3f} to lose, other companies lose "
              f"{mine.mean():.3f} ({low:.3f} to {high:.3f})")  # fmt: skip


if __name__ == "__main__":
    main()
