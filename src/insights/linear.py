"""The linear probability model on standardised features, with errors clustered by product family.

Wooldridge, "Econometric Analysis of Cross Section and Panel Data" (2010), 7.3. p-values are corrected for their
number (Benjamini and Hochberg 1995).
"""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.multitest import multipletests

from insights.modeling import learned

REPEATED = 0.05
FEWEST_FAMILIES = 30


def coefficients(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the coefficient of each feature per standard deviation, with clustered errors, and its VIF.

    A feature that earlier ones repeat almost exactly (they leave less than a twentieth of its standard deviation
    unexplained, a VIF above 400) gets no coefficient. With fewer than ``FEWEST_FAMILIES`` families clustered errors
    say nothing that holds (Cameron and Miller 2015), so there are coefficients but neither intervals nor p-values;
    with more, these are of Student's t with one degree of freedom less than there are families.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows with ``y``, ``family`` and the features.
    names : list of str

    Returns
    -------
    pandas.DataFrame
        By feature: ``coefficient, coefficient_low, coefficient_high, p_adjusted, vif``.
    """
    matrix, kept, fitted = _fitted(rows, names)
    bounds = fitted.conf_int()
    table = pd.DataFrame(
        {
            "coefficient": fitted.params[1:],
            "coefficient_low": bounds[1:, 0],
            "coefficient_high": bounds[1:, 1],
            "p_adjusted": _corrected(fitted.pvalues[1:]),
            "vif": np.diag(np.linalg.inv(np.corrcoef(matrix, rowvar=False))),
        },
        index=kept,
    )
    if rows["family"].nunique() < FEWEST_FAMILIES:
        table[["coefficient_low", "coefficient_high", "p_adjusted"]] = np.nan
    return table.reindex(names)


def of_groups(rows: pd.DataFrame, names: list[str], members: dict[str, list[str]]) -> pd.Series:
    """Return, by group, the corrected p-value of the Wald test that no feature of it has a coefficient.

    Features that say the same share their evidence out; together they show it. Missing for a group whose features are
    all repeated by others, and for every group where there are fewer than ``FEWEST_FAMILIES`` families.
    """
    _, kept, fitted = _fitted(rows, names)
    places = {
        group: [1 + kept.index(name) for name in listed if name in kept] for group, listed in members.items()
    }
    tested = {group: _wald(fitted, at) for group, at in places.items() if at}
    p = pd.Series(_corrected(np.array(list(tested.values()))), index=list(tested), dtype="float64")
    enough = rows["family"].nunique() >= FEWEST_FAMILIES
    return (p if enough else p * np.nan).reindex(list(members)).rename("p_adjusted")


def _fitted(rows, names):
    """Return the columns of the features that do not repeat others, their names, and the fitted model."""
    matrix = StandardScaler().fit_transform(learned.filling().fit_transform(rows[names]))
    independent = _independent(matrix)
    kept = matrix[:, independent]
    fitted = sm.OLS(rows["y"].to_numpy(), sm.add_constant(kept)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["family"])[0]}, use_t=True
    )
    return kept, [names[i] for i in independent], fitted


def _wald(fitted, places):
    return float(fitted.wald_test(np.eye(len(fitted.params))[places], use_f=True, scalar=True).pvalue)


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
