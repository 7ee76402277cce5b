"""The linear probability model on standardised features, with errors clustered by product family.

Wooldridge, "Econometric Analysis of Cross Section and Panel Data" (2010), 7.3. p-values are corrected for their
number (Benjamini and Hochberg 1995).
"""

import contextlib
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.regression.linear_model import RegressionResultsWrapper
from statsmodels.stats.diagnostic import het_breuschpagan, linear_reset
from statsmodels.stats.multitest import multipletests

from insights.modeling import learned

REPEATED = 0.05
FEWEST_FAMILIES = 30


@dataclass(frozen=True)
class Fitted:
    """The linear probability model of some rows.

    Attributes
    ----------
    names : list of str
        Features that were asked for.
    kept : list of str
        Those that do not repeat earlier ones almost exactly: these leave less than a twentieth of its standard
        deviation unexplained, a VIF above 400.
    matrix : numpy.ndarray of shape (rows, kept)
    result : statsmodels results
    holds : bool
        Whether there are ``FEWEST_FAMILIES`` families. With fewer, clustered errors say nothing that holds (Cameron
        and Miller 2015).
    """

    names: list[str]
    kept: list[str]
    matrix: np.ndarray
    result: RegressionResultsWrapper
    holds: bool


def fit(rows: pd.DataFrame, names: list[str]) -> Fitted:
    """Fit the model on training rows with ``y``, ``family`` and the features."""
    every = learned.standardised(rows, names)
    independent = _independent(every)
    matrix = every[:, independent]
    result = sm.OLS(rows["y"].to_numpy(), sm.add_constant(matrix)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["family"])[0]}, use_t=True
    )
    holds = rows["family"].nunique() >= FEWEST_FAMILIES
    return Fitted(names, [names[i] for i in independent], matrix, result, holds)


def coefficients(fitted: Fitted) -> pd.DataFrame:
    """Return the coefficient of each feature per standard deviation, with clustered errors, and its VIF.

    A feature that repeats others gets no coefficient. Where errors do not hold there are coefficients but neither
    intervals nor p-values; else these are of Student's t with one degree of freedom less than there are families.

    Returns
    -------
    pandas.DataFrame
        By feature: ``coefficient, coefficient_low, coefficient_high, p_adjusted, vif``.
    """
    bounds = fitted.result.conf_int()
    table = pd.DataFrame(
        {
            "coefficient": fitted.result.params[1:],
            "coefficient_low": bounds[1:, 0],
            "coefficient_high": bounds[1:, 1],
            "p_adjusted": _corrected(fitted.result.pvalues[1:]),
            "vif": np.diag(np.linalg.inv(np.corrcoef(fitted.matrix, rowvar=False))),
        },
        index=fitted.kept,
    )
    if not fitted.holds:
        table[["coefficient_low", "coefficient_high", "p_adjusted"]] = np.nan
    return table.reindex(fitted.names)


def of_groups(fitted: Fitted, members: dict[str, list[str]]) -> pd.Series:
    """Return, by group, the corrected p-value of the Wald test that no feature of it has a coefficient.

    Features that say the same share their evidence out; together they show it. Missing for a group whose features are
    all repeated by others, and for every group where errors do not hold.
    """
    kept = {name: place for place, name in enumerate(fitted.kept, start=1)}
    places = {group: [kept[name] for name in listed if name in kept] for group, listed in members.items()}
    tested = {group: _wald(fitted.result, at) for group, at in places.items() if at}
    p = pd.Series(_corrected(np.array(list(tested.values()))), index=list(tested), dtype="float64")
    return (p if fitted.holds else p * np.nan).reindex(list(members)).rename("p_adjusted")


def checks(fitted: Fitted, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the residuals say of the model's assumptions.

    Parameters
    ----------
    fitted : Fitted
    rows : pandas.DataFrame
        Those it was fitted on.

    Returns
    -------
    pandas.DataFrame
        ``check, value, p``. ``outside``: share of fitted probabilities outside 0 to 1. ``spread``: the Breusch-Pagan
        statistic, of errors that vary with the features. ``reset``: that of Ramsey's test with squares and cubes of
        what is fitted, with clustered errors, of effects that are no straight lines; missing if errors do not hold.
        ``within``: correlation of residuals within families, by one-way analysis of variance. ``leverage``: share of
        rows whose leverage is above thrice the mean.
    """
    result, design = fitted.result, sm.add_constant(fitted.matrix)
    families = pd.factorize(rows["family"])[0]
    with _few_families():
        bent = linear_reset(result, power=3, use_f=True, cov_type="cluster", cov_kwds={"groups": families})
    spread = het_breuschpagan(result.resid, design)
    leverage = np.einsum("ij,ij->i", design @ np.linalg.pinv(design.T @ design), design)
    outside = (result.fittedvalues < 0) | (result.fittedvalues > 1)
    found = [
        ["outside", outside.mean(), np.nan],
        ["spread", spread[0], spread[1]],
        ["reset", float(bent.statistic), float(bent.pvalue)],
        ["within", _within(result.resid, families), np.nan],
        ["leverage", (leverage > 3 * leverage.mean()).mean(), np.nan],
    ]
    table = pd.DataFrame(found, columns=["check", "value", "p"])
    return table if fitted.holds else table.assign(**table[["value", "p"]].mask(table["check"] == "reset"))


def _within(residuals, families):
    """Return the intraclass correlation of residuals: the share of their variance that families have in common."""
    groups = pd.Series(residuals).groupby(families)
    sizes, n = groups.size(), len(residuals)
    if len(sizes) in (1, n):
        return np.nan
    between = float((sizes * (groups.mean() - residuals.mean()) ** 2).sum() / (len(sizes) - 1))
    within = float(((residuals - groups.transform("mean")) ** 2).sum() / (n - len(sizes)))
    usual = (n - (sizes**2).sum() / n) / (len(sizes) - 1)
    return (between - within) / (between + (usual - 1) * within)


@contextlib.contextmanager
def _few_families():
    """Let as much be tested at once as there are families for, which statsmodels does, and warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="covariance of constraints does not have full rank")
        yield


def _wald(result, places):
    with _few_families():
        return float(result.wald_test(np.eye(len(result.params))[places], use_f=True, scalar=True).pvalue)


def _corrected(p):
    return multipletests(np.nan_to_num(p, nan=1.0), method="fdr_bh")[1]


def _independent(matrix):
    kept, basis = [], np.empty((len(matrix), 0))
    for i in range(matrix.shape[1]):
        column = matrix[:, i] - basis @ (basis.T @ matrix[:, i])
        column -= basis @ (basis.T @ column)
        length = np.linalg.norm(column)
        if length > REPEATED * np.sqrt(len(matrix)):
            kept.append(i)
            basis = np.c_[basis, column / length]
    return kept
