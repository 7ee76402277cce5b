"""Walk-forward: the launch decisions of many windows together, each by a model that had seen nothing after its split.

Windows overlap in the months they learn from, never in those they are judged on. A product comes back in later
windows, so intervals resample whole product families over all of them.
"""

import pandas as pd

from insights import paths, store
from insights.feature_analysis import selection as feature_selection
from insights.modeling import baselines, saved, value
from insights.modeling.evaluation import differences, standing
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
    return standing.telling(every, CHOSEN).assign(window=window)


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
        raise ValueError(f"{', '.join(windows)}: two of them judge the same decision; their months must not overlap.")
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
        ``beyond`` (from :func:`insights.modeling.evaluation.standing.beyond_chance`), ``against`` (each baseline) and
        ``value`` (from :func:`insights.modeling.value.of_decisions`), each with ``kind``.
    """
    found = {"beyond": [], "against": [], "value": []}
    for kind, rows in told.groupby("kind"):
        weights = standing.resamples(rows, "family", settings)
        versus = differences.of_others(differences.between(rows, weights, CHOSEN))
        found["beyond"].append(standing.beyond_chance(rows, weights, told["kind"].nunique()).assign(kind=kind))
        found["against"].append(versus[versus["model"].isin(baselines.NAMES)].assign(kind=kind))
        found["value"].append(value.of_decisions(rows, weights).assign(kind=kind))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def climbed(windows: list[str]) -> pd.DataFrame:
    """Return in how many windows each rung of the ladder stays: ``model, windows, stays, gain`` (mean ROC AUC)."""
    every = pd.concat([store.table(window, "05_modeling", "table_5_29_launch_ladder") for window in windows])
    by = every.groupby("model", sort=False)
    return by.agg(windows=("stays", "size"), stays=("stays", "sum"), gain=("gain", "mean")).reset_index()


def stability(windows: list[str]) -> pd.DataFrame:
    """Return how stable the choice of features is over windows.

    Parameters
    ----------
    windows : list of str
        Whose notebook 04 has run.

    Returns
    -------
    pandas.DataFrame
        ``feature, windows`` (in which it is there)``, stable`` (windows in which most halves of the products choose
        it)``, stability`` (mean share of halves)``, seen_by_both`` (windows in which forest and OLS see it); the most
        stable first.
    """
    every = pd.concat([store.table(window, "04_feature_analysis", "table_4_2_launch_features") for window in windows])
    told = every.assign(
        stable=every["stability"] >= feature_selection.STABLE, seen_by_both=every["seen_by"] == "both"
    )
    by = told.groupby("feature").agg(
        windows=("feature", "size"), stable=("stable", "sum"), stability=("stability", "mean"),
        seen_by_both=("seen_by_both", "sum"),
    )  # fmt: skip
    return by.sort_values("stability", ascending=False, kind="stable").reset_index()
