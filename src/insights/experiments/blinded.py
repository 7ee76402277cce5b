"""Blinded: the panel's choice against the model's, as an experiment in which nobody sees whose choice is whose.

A *case* is a product on which they disagree. Its two choices stand side by side, on which side by chance; the key
that tells whose is whose is kept apart until all is judged. Since the sides were dealt by chance, the test is exact:
the result is held against those of all other deals.

Source: R. A. Fisher, "The Design of Experiments" (1935), for the test by what chance could have dealt.
"""

import numpy as np
import pandas as pd

from insights.modeling import metrics
from insights.verdicts import HOLD, LAUNCH

COLUMNS = ["measure", "unit", "n", "model", "panel", "difference", "low", "high", "p"]
CASES = ["case", "product_id", "left", "right", "followed"]
KEY = ["case", "left_is"]
MODEL, PANEL = "model", "panel"


def compared(
    y: np.ndarray,
    gain: np.ndarray | None,
    model: np.ndarray,
    panel: np.ndarray,
    clusters: pd.Series,
    deals: int,
    seed: int,
) -> pd.DataFrame:
    """Return whose choices were right more often, and earned more, on the cases.

    Parameters
    ----------
    y : numpy.ndarray of shape (cases,)
        Outcomes, 0 or 1.
    gain : numpy.ndarray of shape (cases,) or None
        What each product brings if it is launched, in USD.
    model, panel : numpy.ndarray of shape (cases,)
        Choices, 0 or 1, which differ in each case.
    clusters : pandas.Series
        Products that stand or fall together; sides are dealt for each as a whole.
    deals : int
        Other deals that are drawn, and resamples for the interval.
    seed : int

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``: the share that was ``right``, and ``earned`` a case, of each; their difference with its
        interval over resampled clusters, and ``p`` of no difference.
    """
    told = {"right": ("share", (model == y).astype(float), (panel == y).astype(float))}
    if gain is not None:
        told["earned"] = ("USD a case", gain * model, gain * panel)
    rng = np.random.default_rng([seed, 42])
    codes, names = pd.factorize(clusters)
    sides = np.where(rng.random((deals, len(names))) < 0.5, 1.0, -1.0)[:, codes]
    weights = metrics.cluster_weights(clusters, deals, rng).astype("float64")
    rows = []
    for measure, (unit, one, other) in told.items():
        apart = one - other
        difference = apart.mean()
        low, high = metrics.percentile_interval((weights @ apart) / weights.sum(axis=1))
        dealt = np.abs(sides @ apart) / len(apart)
        p = (1 + (dealt >= abs(difference) - 1e-12).sum()) / (deals + 1)
        rows.append([measure, unit, len(y), one.mean(), other.mean(), difference, float(low), float(high), float(p)])
    return pd.DataFrame(rows, columns=COLUMNS)


def sheet(recommended: pd.DataFrame, votes: pd.Series, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cases of the next quarter, blinded, and the key.

    Parameters
    ----------
    recommended : pandas.DataFrame
        ``product_id, verdict`` of candidates; those of which the model does not know enough are no cases.
    votes : pandas.Series
        Share of the panel that votes for a launch, by ``product_id``.
    seed : int

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Cases ``case, product_id, left, right`` (choices, 0 or 1)``, followed`` (``left`` or ``right``, by chance),
        and the key ``case, left_is`` (``model`` or ``panel``).
    """
    told = recommended.assign(panel=recommended["product_id"].map(votes)).dropna(subset="panel")
    told = told[told["verdict"].isin([LAUNCH, HOLD])].sort_values("product_id", ignore_index=True)
    model, panel = (told["verdict"] == LAUNCH).astype(int), (told["panel"] >= 0.5).astype(int)
    apart = (model != panel).to_numpy()
    told, model, panel = told[apart].reset_index(drop=True), model[apart].to_numpy(), panel[apart].to_numpy()
    rng = np.random.default_rng([seed, 43])
    order = rng.permutation(len(told))
    model_left, left_followed = rng.random((2, len(told))) < 0.5
    cases = pd.DataFrame(
        {
            "case": np.arange(1, len(told) + 1), "product_id": told["product_id"].to_numpy()[order],
            "left": np.where(model_left, model, panel)[order], "right": np.where(model_left, panel, model)[order],
            "followed": np.where(left_followed, "left", "right")[order],
        }
    )  # fmt: skip
    key = pd.DataFrame({"case": cases["case"], "left_is": np.where(model_left, MODEL, PANEL)[order]})
    return cases, key
