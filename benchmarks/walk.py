"""The launch models of every quarter of the simulated company together, beside the best that is possible there.

``make walk`` runs what has not run yet and writes into docs/walk.md, over all quarters: which models and
baselines are beyond chance, by how much the chosen ones beat each baseline, what their decisions earn, and what
fraction they reach of deciding by the true probabilities.
"""

from pathlib import Path

import limits
import pandas as pd

from insights import params, paths, store, walk
from insights.certification import certified, launches
from insights.findings.words import ROWS, TITLES

LEGEND = "Rows are called {}; who judges them {}.".format(
    *(", ".join(f"`{name}` ({title})" for name, title in names.items()) for names in (ROWS, TITLES))
)
DOCUMENT = Path(__file__).parents[1] / "docs" / "walk.md"


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


def found(windows: list[str]) -> dict[str, pd.DataFrame]:
    """Return what was found over windows, each table by what it tells."""
    told, last = walk.pooled(windows), params.load(windows[-1])
    true = beside(told)
    near = nearness(true)
    limited = pd.concat([limits.limits(limits.rows(windows), last), limits.levelled(pd.concat(true))])
    return {
        **walk.judged(told, last),
        "fraction of the best possible": near[near["model"].isin([walk.CHOSEN, launches.YESTERDAY])],
        "decisions by true expected margins": limits.expected(pd.concat(true)),
        "rungs of the ladder that stay, in windows": walk.climbed(windows),
        "features by how stable they are over windows": walk.stability(windows).head(20),
        "what limits it": limited[limits.SHOWN],
    }


def written(windows: list[str], tables: dict[str, pd.DataFrame]) -> str:
    """Return the tables as a document that says of which windows and which state of the code they are."""
    revisions = {str(store.facts(window, "05_modeling")["code_revision"]) for window in windows}
    parts = [f"# The walk\n\nWritten by `make walk` of {', '.join(windows)}, run at {', '.join(sorted(revisions))}."]
    parts.append(LEGEND)
    for title, table in tables.items():
        parts.append(f"## {title.capitalize()}\n\n```\n{table.round(3).to_string(index=False)}\n```")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Print what was found over all windows that have been run, and write it down."""
    windows = quarters()
    document = written(windows, found(windows))
    DOCUMENT.write_text(document)
    print(document)


if __name__ == "__main__":
    main()
