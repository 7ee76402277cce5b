"""Learning curves: how good a model is that learns from fewer products or months, and whether more would help.

The chosen model is refitted on growing parts of its training rows and judged on the same validation rows. Products
grow by whole families, drawn several times, each time the smaller draw within the larger; months grow from the most
recent one back, as a company would add older records. Whether more people would help cannot be seen here: a row of
the launch model is a product, whose features and outcome were computed from everybody.

What the gain of the last step was is told with an interval; further than that nothing is extrapolated. Curves of this
kind flatten, so that the next step of the same size is expected to bring no more.

Sources: C. Cortes, L. Jackel, S. Solla, V. Vapnik and J. Denker, "Learning curves: asymptotic values and rate of
convergence", NIPS 1993; C. Perlich, F. Provost and J. Simonoff, "Tree induction vs. logistic regression: a
learning-curve analysis", Journal of Machine Learning Research 4 (2003).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from insights.modeling import metrics
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.params import Params
from insights.progress import report
from insights.verdicts import UNKNOWN

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
DRAWS = 6
FEWEST = 30  # validation rows, below which nobody can tell
PRODUCTS, MONTHS = "products", "months"
HELPS, NO_SIGN = "more {} would help", "no sign that more {} would help"
REFIT = ["varied", "size", "draw", "training_rows"]


def by_products(
    model: Learned, dataset: Dataset, params: Params, shares: Sequence[float] = SHARES, draws: int = DRAWS
) -> pd.DataFrame:
    """Return what the model says of validation rows after learning from growing shares of the product families.

    Parameters
    ----------
    model : Learned
        The chosen model; it is copied and stays as it is.
    dataset : Dataset
    params : Params
    shares : sequence of float
        Of the families of the training rows, growing.
    draws : int
        How often families are drawn; all of them are one draw.

    Returns
    -------
    pandas.DataFrame
        A row per refit and validation row: ``varied`` (products), ``size`` (families learned from), ``draw,
        training_rows``, and ``product_id, family, kind, as_of, y, score``. Draws that hold one outcome only are left
        out.

    Notes
    -----
    Products on sale are validated in later months than they are learned from, so that with more families more of the
    validated ones were met before; for new launches this is not so.
    """
    families = np.sort(dataset.train["family"].unique())
    sizes = sorted({max(1, round(share * len(families))) for share in shares})
    tables = []
    for draw in range(draws):
        report(f"{dataset.model}: learning from parts of the products, draw {draw + 1} of {draws}")
        order = np.random.default_rng([params.modeling.seed, 13, draw]).permutation(families)
        for size in sizes if draw == 0 else [size for size in sizes if size < len(families)]:
            rows = dataset.train[dataset.train["family"].isin(order[:size])]
            tables.append(_refitted(model, dataset, rows, [PRODUCTS, size, draw]))
    return _together(tables)


def by_months(model: Learned, dataset: Dataset) -> pd.DataFrame:
    """Return what the model says of validation rows after learning from the most recent months, one, two and so on.

    Returns
    -------
    pandas.DataFrame
        As from :func:`by_products`, ``varied`` being months and ``size`` their number; one draw each.
    """
    month = dataset.train["as_of"].dt.to_period("M")
    latest = sorted(month.unique(), reverse=True)
    tables = [
        _refitted(model, dataset, dataset.train[month.isin(latest[:size])], [MONTHS, size, 0])
        for size in range(1, len(latest) + 1)
    ]
    return _together(tables)


def curve(refits: pd.DataFrame) -> pd.DataFrame:
    """Return the ROC AUC by how much was learned from.

    Parameters
    ----------
    refits : pandas.DataFrame
        From :func:`by_products` or :func:`by_months`, or both, of one kind of rows with both outcomes.

    Returns
    -------
    pandas.DataFrame
        ``varied, size, training_rows`` (mean over draws), ``roc_auc`` (mean), ``low, high`` (lowest and highest
        draw: no confidence interval), ``draws, n`` (validation rows).
    """
    each = refits.groupby(REFIT, sort=False)[["y", "score"]].apply(_auc).rename("roc_auc").reset_index()
    grouped = each.groupby(["varied", "size"], sort=False)
    table = grouped.agg(
        training_rows=("training_rows", "mean"), roc_auc=("roc_auc", "mean"), low=("roc_auc", "min"),
        high=("roc_auc", "max"), draws=("draw", "size"),
    )  # fmt: skip
    order = ["varied", "size"]
    return table.reset_index().sort_values(order, ignore_index=True).assign(n=_rows(refits))


def last_step(refits: pd.DataFrame, weights: np.ndarray, params: Params) -> pd.DataFrame:
    """Return what the last step of each curve brought, and a verdict in words.

    Parameters
    ----------
    refits : pandas.DataFrame
        As for :func:`curve`.
    weights : numpy.ndarray of shape (repeats, rows)
        From :func:`insights.modeling.evaluation.standing.resamples`, for the validation rows of this kind.
    params : Params
        A gain below ``modeling.margin`` is none that matters.

    Returns
    -------
    pandas.DataFrame
        ``varied, size_before, size, gain`` (ROC AUC of the last size less that of the one before, means over draws)
        with ``low, high`` (95 %), ``slope, slope_low, slope_high`` (the same by added family or month), ``draws, n,
        verdict``. More would help if the interval lies above 0; there is no sign of it if the interval lies below the
        margin; else, and of fewer than 30 rows, nobody can tell. A curve of one size has no row.

    Notes
    -----
    Each resample draws validation rows and, for each size, draws of families. That the training rows as a whole are
    one sample of all that there could be is not in the interval.
    """
    rows = []
    for place, (varied, part) in enumerate(refits.groupby("varied", sort=True)):
        sizes = np.sort(part["size"].unique())[-2:]
        if len(sizes) == 2:
            rng = np.random.default_rng([params.modeling.seed, 14, place])
            rows.append([varied, *sizes, *_gain(part, sizes, weights, rng)])
    columns = ["varied", "size_before", "size", "gain", "low", "high", "draws", "n"]
    table = pd.DataFrame(rows, columns=columns)
    steps = table["size"] - table["size_before"]
    slopes = {"slope": "gain", "slope_low": "low", "slope_high": "high"}
    table = table.assign(**{slope: table[name] / steps for slope, name in slopes.items()})
    verdicts = [judge(r.varied, r.low, r.high, params.modeling.margin, r.n) for r in table.itertuples()]
    return table.assign(verdict=verdicts)[[*columns[:6], *slopes, "draws", "n", "verdict"]]


def judge(varied: str, low: float, high: float, margin: float, n: int) -> str:
    """Return the verdict on a curve from the interval of its last gain and the number of validation rows.

    Of few rows the order of some pairs changes or none, and resampling them knows of no other change: its interval
    is then too narrow to say anything by.
    """
    if n < FEWEST:
        return UNKNOWN
    if low > 0:
        return HELPS.format(varied)
    return NO_SIGN.format(varied) if high < margin else UNKNOWN


def _refitted(model, dataset, rows, said):
    y = rows["y"].to_numpy(dtype=int)
    if len(np.unique(y)) < 2:
        return None
    judged = dataset.validate
    score = model.on(model.features).fit(rows, y, dataset.unlabelled).score(judged)
    identity = [c for c in ("product_id", "learner_id", "family", "kind", "as_of", "y") if c in judged]
    told = dict(zip(REFIT, [*said, len(rows)], strict=True))
    return judged[identity].assign(score=score, **told)


def _together(tables):
    made = [table for table in tables if table is not None]
    if not made:
        raise ValueError("No part of the training rows holds both outcomes: there is nothing to learn from.")
    joined = pd.concat(made, ignore_index=True)
    return joined[[*REFIT, *(name for name in joined if name not in REFIT)]]


def _auc(part):
    return metrics.roc_auc(part["y"].to_numpy(dtype=int), part["score"].to_numpy())


def _rows(refits):
    return int(refits.groupby(REFIT).size().iloc[0])


def _gain(part, sizes, weights, rng):
    before, after = (_draws(part[part["size"] == size], weights) for size in sizes)
    resampled = _redrawn(after, rng) - _redrawn(before, rng)
    low, high = metrics.percentile_interval(resampled)
    gain = np.diff([_mean_auc(part[part["size"] == size]) for size in sizes])[0]
    return gain, float(low), float(high), len(before), _rows(part)


def _mean_auc(part):
    return part.groupby("draw")[["y", "score"]].apply(_auc).mean()


def _draws(part, weights):
    """Return the ROC AUC of each draw in each resample, shape (draws, repeats)."""
    return np.array(
        [
            metrics.auc_draws(one["y"].to_numpy(dtype=int), one["score"].to_numpy(), weights)
            for _, one in part.groupby("draw")
        ]
    )


def _redrawn(aucs, rng):
    """Return the mean ROC AUC over as many draws, drawn anew for each resample, shape (repeats,)."""
    draws, repeats = aucs.shape
    chosen = rng.integers(draws, size=(draws, repeats))
    return np.take_along_axis(aucs, chosen, axis=0).mean(axis=0)
