"""Walk-forward: the launch decisions of many windows together, each by a model that had seen nothing after its split.

Windows overlap in the months they learn from, never in those they are judged on. A product comes back in later
windows, so intervals resample whole product families over all of them.
"""

import sys

import pandas as pd

from insights import certification, params, paths
from insights.modeling import baselines, comparison, saved, value
from insights.params import Params

CHOSEN = "chosen"
MODEL = "launch"


def predictions(window: str) -> pd.DataFrame:
    """Return the predictions of a window's models and baselines, and those of the model it chose once more.

    A baseline that says the same of every row of a kind is left out.

    Parameters
    ----------
    window : str
        Whose notebook 05 has run.

    Returns
    -------
    pandas.DataFrame
        As from :meth:`insights.modeling.comparison.Contest.predictions`, with ``window`` and a model ``chosen``.
    """
    told = pd.read_parquet(paths.predictions(window, MODEL))
    own = told[told["model"] == saved.load(paths.model(window, MODEL)).name]
    every = pd.concat([told, own.assign(model=CHOSEN)], ignore_index=True)
    says = every.groupby(["kind", "model"])["score"].transform("nunique") > 1
    return every[says | (every["model"] == CHOSEN)].assign(window=window)


def pooled(windows: list[str]) -> pd.DataFrame:
    """Return the predictions of several windows, of those models and baselines that say something in each.

    Raises
    ------
    ValueError
        If windows share a decision, so that a row would count twice.
    """
    every = pd.concat([predictions(window) for window in windows], ignore_index=True)
    own = every[every["model"] == CHOSEN]
    if own.duplicated(["product_id", "as_of"]).any():
        raise ValueError(
            f"{', '.join(windows)}: two of them judge the same decision; their months must not overlap."
        )
    present = every.groupby(["kind", "model"])["window"].transform("nunique")
    return every[present == every.groupby("kind")["window"].transform("nunique")].reset_index(drop=True)


def judged(told: pd.DataFrame, settings: Params) -> dict[str, pd.DataFrame]:
    """Return what the chosen models do on the rows of all windows.

    Parameters
    ----------
    told : pandas.DataFrame
        From :func:`pooled`.
    settings : Params
        Whose seed and number of resamples hold.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``beyond`` (from :func:`insights.modeling.comparison.beyond_chance`), ``against`` (each baseline) and
        ``value`` (from :func:`insights.modeling.value.of_decisions`), each with ``kind``.
    """
    found = {"beyond": [], "against": [], "value": []}
    rules = {rule.name for rule in baselines.RULES[MODEL]}
    for kind, rows in told.groupby("kind"):
        weights = comparison.resamples(rows, "family", settings)
        versus = comparison.against(rows, CHOSEN, weights)
        found["beyond"].append(comparison.beyond_chance(rows, weights).assign(kind=kind))
        found["against"].append(versus[versus["model"].isin(rules)].assign(kind=kind))
        found["value"].append(value.of_decisions(rows, weights).assign(kind=kind))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def nearness(windows: list[str]) -> pd.DataFrame:
    """Return how near the models of all windows together come to the truth, and each window by itself.

    Returns
    -------
    pandas.DataFrame
        From :func:`insights.certification.nearness`, with ``window``; ``all`` for all rows together.
    """
    told = pooled(windows)
    beside = [
        certification.beside_truth(part, params.load(window)).assign(window=window)
        for window, part in told.groupby("window")
    ]
    alone = [certification.nearness(part).assign(window=part["window"].iloc[0]) for part in beside]
    return pd.concat(
        [*alone, certification.nearness(pd.concat(beside)).assign(window="all")], ignore_index=True
    )


def simulated_windows() -> list[str]:
    """Return the windows of the simulated company that have predictions, one after the other."""
    listed = [params.load(name) for name in params.windows()]
    base = params.load(params.newest()).simulation
    same = [p for p in listed if p.source.kind == certification.KIND and p.simulation == base]
    ready = [p for p in same if paths.predictions(p.window, MODEL).exists()]
    return [p.window for p in sorted(ready, key=lambda p: p.split)]


def main() -> None:
    """Print what was found over all windows that have been run."""
    windows = simulated_windows()
    told = pooled(windows)
    print(f"{len(windows)} windows: {', '.join(windows)}")
    for name, table in judged(told, params.load(windows[-1])).items():
        print(f"\n{name}\n{table.round(3).to_string(index=False)}")
    near = nearness(windows)
    shown = near[near["model"].isin([CHOSEN, certification.YESTERDAY])]
    print(f"\nfraction of the best possible\n{shown.round(3).to_string(index=False)}")


if __name__ == "__main__":
    sys.exit(main())
