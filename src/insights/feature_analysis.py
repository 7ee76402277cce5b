"""What the features tell: Random Forest and OLS side by side, on training rows only.

The forest's importance is the loss of ROC AUC when a feature is shuffled in rows that a fold held out
(Breiman 2001); impurity importance is shown beside it and favours features with many values. OLS is the
linear probability model on standardised features with errors clustered by product family (Wooldridge
2010, 7.3); p-values are corrected for their number (Benjamini and Hochberg 1995). A column of noise is the
yardstick: what does not beat it has shown nothing.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.multitest import multipletests

from insights import cleaning, dictionary, forecasts, gaps, paths, timeline
from insights.features import build, registry
from insights.modeling import learned, metrics
from insights.modeling.dataset import Dataset, from_frame
from insights.params import Params
from insights.progress import report
from insights.store import Step
from insights.timeline import TimeFolds

NOISE = "noise"
SIGNIFICANT = 0.05
SUSPICIOUS_AUC = 0.95
SHUFFLES = 3
MOST_JUDGED = 1_000
TREES = 100
REPEATED = 0.05
FEWEST_FAMILIES = 30


@dataclass(frozen=True)
class Analysis:
    """What notebook 04 shows of one model.

    Attributes
    ----------
    dataset : Dataset
    rows : pandas.DataFrame
        Effective rows by role, from :func:`insights.timeline.effective`, before any sampling.
    features : pandas.DataFrame
        From :func:`analyse`.
    families : pandas.DataFrame
        From :func:`by_family`.
    ordered_folds : bool
        Whether the folds could be ordered in time.
    """

    dataset: Dataset
    rows: pd.DataFrame
    features: pd.DataFrame
    families: pd.DataFrame
    ordered_folds: bool


def study(step: Step, con: ibis.BaseBackend) -> dict[str, Analysis]:
    """Build the feature tables that the source supports, analyse them, store and record what was found."""
    params = step.params
    tables = cleaning.tables(con, params.window, protected=params.privacy.protected_features)
    tables |= forecasts.tables(con, params.window)
    profile = dictionary.of(params.window)
    found = {}
    for name, builder in build.BUILDERS.items():
        if not gaps.missing_for_model(name, params.launch.hurdle, profile):
            report(f"{name}: computing features")
            found[name] = _study(step, name, *builder(con, tables, params))
    return found


def analyse(dataset: Dataset, params: Params) -> pd.DataFrame:
    """Return every feature as the forest and as OLS see it.

    Parameters
    ----------
    dataset : Dataset
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``feature, meaning, family, view, missing`` (share of training rows), ``permutation`` (loss of ROC AUC),
        ``permutation_low, permutation_high``, ``impurity``, ``coefficient`` (change of probability per standard
        deviation), ``coefficient_low, coefficient_high``, ``p_adjusted``, ``vif``, ``single_auc`` (of the feature
        alone, 0.5 or more) and ``seen_by`` (``both``, ``forest only``, ``OLS only``, ``neither``). Best first.
    """
    rows = _with_noise(dataset.train, params)
    names = [*dataset.features, NOISE]
    forest = forest_importance(rows, names, params)
    table = pd.concat([_described(dataset, rows, names), forest, ols(rows, names)], axis=1)
    table["single_auc"] = [_alone(rows, name) for name in names]
    table["seen_by"] = _seen_by(table)
    ordered = table.reset_index(names="feature").sort_values("permutation", ascending=False, kind="stable")
    return ordered.reset_index(drop=True)


def forest_importance(rows: pd.DataFrame, names: list[str], params: Params) -> pd.DataFrame:
    """Return permutation importance on held-out folds, with its range over folds, and impurity importance."""
    y = rows["y"].to_numpy(dtype=int)
    shuffled, impurity = [], []
    for fit, judge in TimeFolds(rows, params.modeling.folds).split():
        model = learned.forest(names, params, TREES).fit(rows.iloc[fit], y[fit])
        judged = judge[np.linspace(0, len(judge) - 1, min(len(judge), MOST_JUDGED)).astype(int)]
        measured = permutation_importance(
            model.fitted_, rows.iloc[judged][names], y[judged], scoring="roc_auc",
            n_repeats=SHUFFLES, random_state=params.modeling.seed,
        )  # fmt: skip
        shuffled.append(measured.importances_mean)
        impurity.append(_impurity(model.fitted_, names))
    return pd.DataFrame(
        {
            "permutation": np.mean(shuffled, axis=0),
            "permutation_low": np.min(shuffled, axis=0),
            "permutation_high": np.max(shuffled, axis=0),
            "impurity": np.mean(impurity, axis=0),
        },
        index=names,
    )


def ols(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the linear probability model: coefficients per standard deviation, clustered errors, VIF.

    A feature that earlier ones repeat almost exactly (they leave less than a twentieth of its standard deviation
    unexplained, a VIF above 400) gets no coefficient. With fewer than ``FEWEST_FAMILIES`` families clustered errors
    say nothing that holds (Cameron and Miller 2015), so there are coefficients but neither intervals nor p-values;
    with more, these are of Student's t with one degree of freedom less than there are families.
    """
    matrix = _standardised(rows, names)
    independent = _independent(matrix)
    design = sm.add_constant(matrix[:, independent])
    fitted = sm.OLS(rows["y"].to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["family"])[0]}, use_t=True
    )
    bounds = fitted.conf_int()
    kept = [names[i] for i in independent]
    table = pd.DataFrame(
        {
            "coefficient": fitted.params[1:],
            "coefficient_low": bounds[1:, 0],
            "coefficient_high": bounds[1:, 1],
            "p_adjusted": multipletests(np.nan_to_num(fitted.pvalues[1:], nan=1.0), method="fdr_bh")[1],
            "vif": np.diag(np.linalg.inv(np.corrcoef(matrix[:, independent], rowvar=False))),
        },
        index=kept,
    )
    if rows["family"].nunique() < FEWEST_FAMILIES:
        table[["coefficient_low", "coefficient_high", "p_adjusted"]] = np.nan
    return table.reindex(names)


def suspects(table: pd.DataFrame) -> pd.DataFrame:
    """Return features that alone are too good to be true; each is a leak until shown otherwise."""
    return table[table["single_auc"] >= SUSPICIOUS_AUC]


def by_family(table: pd.DataFrame) -> pd.DataFrame:
    """Return, per family: features, the sum of their permutation importance, and how many OLS sees."""
    seen = table.assign(seen=table["p_adjusted"] < SIGNIFICANT, positive=table["permutation"].clip(lower=0))
    grouped = seen.groupby(["view", "family"]).agg(
        features=("feature", "size"), permutation=("positive", "sum"), seen_by_ols=("seen", "sum")
    )
    return grouped.sort_values("permutation", ascending=False, kind="stable").reset_index()


def _study(step, name, all_rows, frame):
    path = step.place(paths.features(step.params.window, name))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
    data = from_frame(name, frame)
    report(f"{name}: analysing {len(data.features)} features on {len(data.train):,} training rows")
    table = analyse(data, step.params)
    ordered = TimeFolds(data.train, step.params.modeling.folds).ordered
    found = Analysis(data, timeline.effective(all_rows), table, by_family(table), ordered)
    _keep(step, name, found)
    return found


def _keep(step, name, found):
    place = 3 * list(build.BUILDERS).index(name) + 1
    step.table(f"table_4_{place}_{name}_rows", found.rows)
    step.table(f"table_4_{place + 1}_{name}_features", found.features)
    step.table(f"table_4_{place + 2}_{name}_families", found.families)
    for r in found.rows.itertuples():
        by = {"rows": r.kind, "role": r.role}
        step.record(f"{name}.rows", int(r.rows), by=by, unit="rows")
        step.record(f"{name}.products", int(r.products), by=by, unit="products")
        step.record(f"{name}.positives", int(r.positives), n=int(r.rows), by=by, unit="rows")
    step.record(f"{name}.features", len(found.dataset.features), unit="features")
    step.record(
        f"{name}.features_seen_by_both", int((found.features["seen_by"] == "both").sum()), unit="features"
    )


def _with_noise(rows, params):
    rng = np.random.default_rng([params.modeling.seed, 4])
    return rows.assign(**{NOISE: rng.normal(size=len(rows))})


def _described(dataset, rows, names):
    known = {f.name: f for f in registry.features(dataset.model)}
    described = [
        (known[n].meaning, known[n].family, known[n].view) if n in known else ("random numbers", NOISE, NOISE)
        for n in names
    ]
    frame = pd.DataFrame(described, columns=["meaning", "family", "view"], index=names)
    return frame.assign(missing=rows[names].isna().mean())


def _impurity(pipeline, names):
    impute, model = pipeline.named_steps["impute"], pipeline.named_steps["model"]
    sources = impute.get_feature_names_out(names)
    total = pd.Series(model.feature_importances_, index=sources)
    return [total[name] + total.get(f"missingindicator_{name}", 0.0) for name in names]


def _standardised(rows, names):
    filled = SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(rows[names])
    return StandardScaler().fit_transform(filled)


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


def _alone(rows, name):
    known = rows[rows[name].notna()]
    if known["y"].nunique() < 2:
        return 0.5
    auc = metrics.roc_auc(known["y"].to_numpy(dtype=int), known[name].to_numpy())
    return max(auc, 1 - auc)


def _seen_by(table):
    by_forest = table["permutation_low"] > max(0.0, table.loc[NOISE, "permutation_high"])
    by_ols = table["p_adjusted"] < np.fmin(SIGNIFICANT, table.loc[NOISE, "p_adjusted"])
    return np.select([by_forest & by_ols, by_forest, by_ols], ["both", "forest only", "OLS only"], "neither")
