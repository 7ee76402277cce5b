"""Shadow: the challenger scores beside the model in use and acts on nothing, until outcomes tell who was right.

A shadow run writes down what both say of this window's candidates, before anybody can know. A later window, in which
some of these products were launched, tells how each of them did. What is written down is never changed.
"""

import datetime

import pandas as pd

from insights import journals, paths, rows
from insights.features import launch
from insights.modeling import metrics, saved
from insights.modeling.dataset import load
from insights.monitoring import core, fresh
from insights.monitoring.deployed import DeploymentError
from insights.params import Params

COLUMNS = ["window", "as_of", "product_id", "role", "model_window", "score", "decision"]
CHAMPION, CHALLENGER = "champion", "challenger"
OUTCOME = ["window", "role", "products", "reached", "called", "called_reached", "roc_auc"]


def run(params: Params) -> pd.DataFrame:
    """Write down what the model in use and the window's own say of the window's candidates; return it.

    Parameters
    ----------
    params : Params
        Of a window whose notebook 05 has run.

    Raises
    ------
    insights.monitoring.deployed.DeploymentError
        If there is no model to run beside, no candidate, or the window was written down already.
    """
    window, dataset = params.window, load(params.window, launch.MODEL)
    if dataset is None or not paths.model(window, launch.MODEL).exists():
        raise DeploymentError(f"{window} has no launch model. Run it first: make run WINDOW={window}.")
    champion, why = core.champion_of(launch.MODEL, params)
    if champion is None:
        raise DeploymentError(f"{window}: no earlier launch model to run beside. {why}")
    if dataset.candidates.empty:
        raise DeploymentError(f"{window} has no candidates to score.")
    if (log()["window"] == window).any():
        raise DeploymentError(f"the shadow run of {window} is written down already; it is never changed.")
    challenger = saved.load(paths.model(window, launch.MODEL))
    parts = []
    for role, model, of in ((CHAMPION, champion.model, champion.window), (CHALLENGER, challenger, window)):
        told = fresh.said(model, dataset.candidates)
        parts.append(told.assign(window=window, role=role, model_window=of)[COLUMNS])
    found = pd.concat(parts, ignore_index=True)
    _write(found)
    return found


def log() -> pd.DataFrame:
    """Return all that was written down by shadow runs, in ``COLUMNS``."""
    found = journals.read(paths.shadow(), COLUMNS)
    return found.assign(as_of=pd.to_datetime(found["as_of"]))


def matured(dataset_frame: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Return how what was written down came out, by the launches of a later window.

    Parameters
    ----------
    dataset_frame : pandas.DataFrame
        The launch feature table of a later window: ``product_id, kind, as_of, y``.
    told : pandas.DataFrame
        From :func:`log`.

    Returns
    -------
    pandas.DataFrame
        In ``OUTCOME``: by shadow run and role, the products that were launched since, how many reached their hurdle,
        how many were called 1 and how many of these reached it, and the ROC AUC (missing with one outcome only).
    """
    launched = dataset_frame[(dataset_frame["kind"] == rows.LAUNCH) & dataset_frame["y"].notna()]
    first = launched.sort_values("as_of").drop_duplicates("product_id")[["product_id", "as_of", "y"]]
    met = told.merge(first, on="product_id", suffixes=("", "_then"))
    met = met[met["as_of_then"] >= met["as_of"]]
    found = []
    for (window, role), part in met.groupby(["window", "role"], sort=True):
        y, called = part["y"].to_numpy(dtype=int), part["decision"].to_numpy() == 1
        auc = metrics.roc_auc(y, part["score"].to_numpy())
        found.append([window, role, len(part), int(y.sum()), int(called.sum()), int((called & (y == 1)).sum()), auc])
    return pd.DataFrame(found, columns=OUTCOME)


def _write(found):
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    journals.append(paths.shadow(), [{**record, "written_at": at} for record in found.to_dict("records")])
