"""What ablation says of a model's components, held against what each is in the simulated company."""

import pandas as pd

from insights.certification.certified import KIND
from insights.params import Params
from insights.verdicts import EARNS, MAY_GO, UNKNOWN

ESSENTIAL, REDUNDANT, USELESS = "essential", "repeats another", "does nothing"


def planted(params: Params) -> dict[tuple[str, str], str]:
    """Return what components of the launch model are by the making of the company, by kind and name.

    Visits hear the coming demand, and so do the networks; with ``independent_views`` each errs in its own way, so
    that neither stands for the other. With ``redundant_source`` Instagram only repeats what stands on Facebook. No
    feature reads opens of e-mails, so that cleaning those of machines does nothing for a model.
    """
    truth = {("source", "page_views"): ESSENTIAL, ("view", "journey"): ESSENTIAL}
    if "independent_views" in params.simulation.planted:
        truth["view", "social"] = ESSENTIAL
    if "redundant_source" in params.simulation.planted:
        truth["source", "Instagram"] = REDUNDANT
    return truth | {("step", "cleaning of machine opens"): USELESS}


def beside(added: pd.DataFrame, params: Params) -> pd.DataFrame | None:
    """Return the verdicts on the planted components beside what each truly is; None unless simulated.

    Parameters
    ----------
    added : pandas.DataFrame
        From :func:`insights.ablation.effects.added`, of the launch model.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``rows, kind, component, truth, roc_auc_adds, roc_auc_low, roc_auc_high, verdict, holds``: an essential
        component must not be said to go, the others must be.
    """
    if params.source.kind != KIND:
        return None
    truth = pd.DataFrame(
        [[*key, what] for key, what in planted(params).items()], columns=["kind", "component", "truth"]
    )
    table = truth.merge(added, on=["kind", "component"])
    kept = table["verdict"].isin([EARNS, UNKNOWN])
    columns = ["rows", "kind", "component", "truth", "roc_auc_adds", "roc_auc_low", "roc_auc_high", "verdict"]
    return table[columns].assign(holds=kept.where(table["truth"] == ESSENTIAL, table["verdict"] == MAY_GO))
