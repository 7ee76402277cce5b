"""Whether anything is found where nothing is: the launch contest of the sample with its outcomes shuffled.

``make shuffles`` deals the outcomes of all rows anew, twenty times, each with what it earned, and runs the whole
contest on them: search, choice, thresholds, recommendation. It prints in how many no ROC AUC lies beyond 0.5, by the
interval that holds for all scorers at once, and in how many each verdict is "not enough evidence".
"""

import sys

import numpy as np
import pandas as pd

from insights import params
from insights.modeling import comparison, recommendation, study
from insights.modeling.dataset import Dataset, load

SHUFFLES, WINDOW = 20, "sample"


def shuffled(dataset: Dataset, seed: int) -> Dataset:
    """Return the dataset with outcomes, and what was earned of each hurdle, dealt to other rows."""
    frame = dataset.frame.copy()
    known = np.flatnonzero(frame["y"].notna())
    dealt = np.random.default_rng([seed, 9]).permutation(known)
    part = frame["margin_earned"] / frame["hurdle"]
    frame.loc[known, "y"] = frame["y"].to_numpy()[dealt]
    frame.loc[known, "margin_earned"] = (part.to_numpy()[dealt] * frame["hurdle"].to_numpy()[known]).astype(float)
    return Dataset(dataset.model, frame, dataset.features)


def of_seed(dataset: Dataset, settings: params.Params, seed: int) -> list[dict]:
    """Return, for each kind of rows, the models beyond 0.5 and how many candidates get a verdict."""
    contest = comparison.compete(shuffled(dataset, seed), settings)
    parts = study.judged(contest, contest.predictions(contest.dataset.validate), settings)
    advice = study.advice(contest, parts, settings)
    sure = int((advice["verdict"] != recommendation.NOT_ENOUGH).sum())
    return [
        {"seed": seed, "rows": kind, "best": one.beyond["roc_auc"].max(), "verdicts": sure,
         "beyond": ", ".join(one.beyond.loc[one.beyond["beyond"] | (one.beyond["high"] < 0.5), "model"])}
        for kind, one in parts.items()
    ]  # fmt: skip


def main() -> None:
    """Print a line per shuffle, and how many found nothing."""
    settings = params.load(WINDOW)
    dataset = load(WINDOW, "launch")
    rows = []
    for seed in range(1, SHUFFLES + 1):
        rows += of_seed(dataset, settings, seed)
        print(f"{seed} of {SHUFFLES} shuffles done", file=sys.stderr)
    table = pd.DataFrame(rows)
    print(table.round(3).to_string(index=False))
    by = table.groupby("seed")
    nothing = (by["beyond"].agg("".join) == "").sum()
    silent = (by["verdicts"].max() == 0).sum()
    print(f"\nno model beyond 0.5 in {nothing} of {SHUFFLES}; no verdict but 'not enough evidence' in {silent}")


if __name__ == "__main__":
    main()
