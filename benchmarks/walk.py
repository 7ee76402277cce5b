"""The launch models of every quarter of the simulated company together, beside the best that is possible there.

``make walk`` runs what has not run yet and prints, over all quarters: which models and baselines are beyond chance,
by how much the chosen ones beat each baseline, what their decisions earn, and what fraction they reach of deciding by
the true probabilities.
"""

import limits
import pandas as pd

from insights import params, paths, walk
from insights.certification import certified, launches


def quarters() -> list[str]:
    """Return the windows of the simulated company that have predictions, one after the other."""
    listed = [params.load(name) for name in params.windows()]
    company = params.load(params.newest()).simulation
    same = [p for p in listed if p.source.kind == certified.KIND and p.simulation == company]
    ready = [p for p in same if paths.predictions(p.window, walk.MODEL).exists()]
    return [p.window for p in sorted(ready, key=lambda p: p.split)]


def beside(told: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the predictions of each window with what is true of them."""
    return [
        launches.beside_truth(part, params.load(window)).assign(window=window)
        for window, part in told.groupby("window")
    ]


def nearness(beside: list[pd.DataFrame]) -> pd.DataFrame:
    """Return how near each model comes to the true probabilities, by window, and over all rows together."""
    alone = [launches.nearness(part).assign(window=part["window"].iloc[0]) for part in beside]
    return pd.concat([*alone, launches.nearness(pd.concat(beside)).assign(window="all")], ignore_index=True)


def main() -> None:
    """Print what was found over all windows that have been run."""
    windows = quarters()
    told = walk.pooled(windows)
    print(f"{len(windows)} windows: {', '.join(windows)}")
    for name, table in walk.judged(told, params.load(windows[-1])).items():
        print(f"\n{name}\n{table.round(3).to_string(index=False)}")
    true = beside(told)
    near = nearness(true)
    shown = near[near["model"].isin([walk.CHOSEN, launches.YESTERDAY])]
    print(f"\nfraction of the best possible\n{shown.round(3).to_string(index=False)}")
    limited = pd.concat(
        [limits.limits(limits.rows(windows), params.load(windows[-1])), limits.levelled(pd.concat(true))]
    )
    print(f"\nrungs of the ladder that stay, in windows\n{walk.climbed(windows).to_string(index=False)}")
    chosen_again = walk.stability(windows)
    print(f"\nfeatures by how stable they are over windows\n{chosen_again.head(20).round(3).to_string(index=False)}")
    print(f"\nwhat limits it\n{limited[limits.SHOWN].round(3).to_string(index=False)}")


if __name__ == "__main__":
    main()
