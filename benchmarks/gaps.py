"""Whether bias checks find a planted disparity and accuse nobody where none is planted.

``make gaps`` makes companies in which women complete less for the same effort, forty of 10,000 people and twenty of
30,000, and forty of 10,000 in which they do not. In each the completion model is fitted and its gaps by gender are
taken. It prints how often the gap in the share that completes is shown, beside how large a gap had been stated as
detectable there; and where nothing is planted, how often each gap is shown nevertheless, and how often the largest is
called larger than chance.
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd
from seeds import company, home

from insights import cleaning, paths, warehouse
from insights.bias import groups, measures, null
from insights.features import build
from insights.modeling import comparison, learned
from insights.modeling.dataset import from_frame
from insights.params import PLANTED
from insights.timeline import TimeFolds

DISPARITY = [name for name in PLANTED if name not in ("leaking_column", "shift")]
WORLDS = {  # people, what is planted, seeds
    "disparity, 30,000": (30_000, DISPARITY, 20),
    "disparity": (10_000, DISPARITY, 40),
    "no disparity": (10_000, [name for name in DISPARITY if name != "disparity"], 40),
}


def of_seed(seed: int, people: int, planted: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the gaps by gender in the company of one seed, and what chance would show."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        step, con = company(Path(aside), seed, {"people": people, "planted": planted})
        params = step.params
        _, frame = build.build_completion(con, cleaning.tables(con, params.window), params)
        protected = warehouse.read(con, paths.protected(params.window)).order_by("learner_id").to_pandas()
    dataset = from_frame("completion", frame)
    model = learned.logistic(dataset.features, params)
    rows, y = dataset.train, dataset.train["y"].to_numpy(dtype=int)
    held_out = comparison.judge_out_of_fold(model, rows, TimeFolds(rows, params.modeling.folds))
    model.calibration_, model.threshold_ = held_out.calibration, held_out.threshold
    model.fit(rows, y)
    judged = dataset.validate.assign(score=model.score(dataset.validate), decision=model.decide(dataset.validate))
    judged = judged.join(groups.attributes(protected), on="learner_id").fillna({"gender": groups.NOT_DECLARED})
    return measures.by_group(judged, "gender", params), null.largest(judged, "gender", params)


def main() -> None:
    """Print how often gaps are shown where they are planted and where they are not."""
    found, chance = [], []
    for world, (people, planted, seeds) in WORLDS.items():
        for seed in range(1, seeds + 1):
            gaps, largest = of_seed(seed, people, planted)
            found.append(gaps.assign(world=world, seed=seed))
            chance.append(largest.assign(world=world, seed=seed))
            print(f"{world}: {seed} of {seeds} companies made", file=sys.stderr)
    every = pd.concat(found).dropna(subset="gap")
    every = every.assign(shown=every["verdict"] == "gap shown")
    by = every.groupby(["world", "group", "measure"], sort=False)
    told = by.agg(seeds=("shown", "size"), shown=("shown", "sum"), gap=("gap", "mean"), spread=("gap", "std"),
                  detectable=("detectable", "mean"))  # fmt: skip
    print(told.round(3).to_string())
    largest = pd.concat(chance)
    largest = largest.assign(beyond=largest["p"] < 0.05).groupby(["world", "measure"])["beyond"]
    print(largest.agg(seeds="size", beyond="sum").to_string())


if __name__ == "__main__":
    main()
