"""What the features tell: Random Forest and OLS side by side, on training rows only.

The forest's importance is the loss of ROC AUC when a feature is shuffled in rows that a fold held out
(Breiman 2001); OLS is the linear probability model (:mod:`insights.feature_analysis.linear`). A column of noise is
the yardstick: what does not beat it has shown nothing.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, dictionary, forecasts, gaps, paths, timeline
from insights.feature_analysis import importance, leaks, linear
from insights.feature_analysis import selection as feature_selection
from insights.features import build, registry
from insights.modeling.dataset import Dataset, from_frame
from insights.params import Params
from insights.progress import report
from insights.store import Step
from insights.verdicts import BOTH, FOREST_ONLY, NEITHER, OLS_ONLY

NOISE = "noise"
SIGNIFICANT = 0.05
# What is stored, by the name it is cited by.
TABLES = {
    "launch": {
        "table_4_1_launch_rows": "rows",
        "table_4_2_launch_features": "features",
        "table_4_3_launch_families": "families",
        "table_4_4_launch_selection": "chosen",
        "table_4_9_launch_checks": "checks",
    },
    "completion": {
        "table_4_5_completion_rows": "rows",
        "table_4_6_completion_features": "features",
        "table_4_7_completion_families": "families",
        "table_4_8_completion_selection": "chosen",
        "table_4_10_completion_checks": "checks",
    },
}


@dataclass(frozen=True)
class Analysis:
    """What notebook 04 shows of one model.

    Attributes
    ----------
    dataset : Dataset
    rows : pandas.DataFrame
        Effective rows by role, from :func:`insights.timeline.effective`, before any sampling.
    features, families : pandas.DataFrame
        From :func:`analyse`.
    checks : pandas.DataFrame
        From :func:`insights.feature_analysis.linear.checks`.
    chosen : pandas.DataFrame
        From :func:`insights.feature_analysis.selection.inside_folds`.
    """

    dataset: Dataset
    rows: pd.DataFrame
    features: pd.DataFrame
    families: pd.DataFrame
    checks: pd.DataFrame
    chosen: pd.DataFrame

    @property
    def stable(self) -> pd.DataFrame:
        """Features that are chosen again in most halves of the products, the most stable first; noise is none."""
        return feature_selection.of_table(self.features[self.features["feature"] != NOISE])

    @property
    def suspects(self) -> pd.DataFrame:
        """Features that alone are too good to be true."""
        return leaks.of_outcome(self.features)

    @property
    def dating(self) -> pd.DataFrame:
        """Features that alone nearly tell the date of a row."""
        return leaks.of_time(self.features)


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


def analyse(dataset: Dataset, params: Params) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return features, and families of them, as forest, OLS and lasso see them, and how far OLS is to be believed.

    Features that say the same stand in for each other: one at a time none seems to matter. A family is judged whole.

    Parameters
    ----------
    dataset : Dataset
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``feature, meaning, family, view, missing`` (share of training rows), ``permutation`` (loss of ROC AUC),
        ``permutation_low, permutation_high``, ``impurity``, ``coefficient`` (change of probability per standard
        deviation), ``coefficient_low, coefficient_high``, ``p_adjusted``, ``vif``,
        ``mutual_information`` (nats), ``stability`` (share of halves of the families in which the lasso takes it),
        ``single_auc`` and ``time_auc`` (with which the feature alone tells the outcome, and late rows from early;
        0.5 or more) and ``seen_by`` (``both``, ``forest only``, ``OLS only``, ``neither``). Best first.
    pandas.DataFrame
        ``view, family, features, permutation, permutation_low, permutation_high, p_adjusted`` (that OLS does without
        the whole family), ``stability, seen_by``; the most important first.
    pandas.DataFrame
        From :func:`insights.feature_analysis.linear.checks`.
    """
    rows = with_noise(dataset.train, params)
    names = [*dataset.features, NOISE]
    forests = importance.held_out(rows, names, params)
    ols = linear.fit(rows, names)
    halves = feature_selection.taken(rows, names, params)
    parts = [_described(dataset, rows, names), importance.of_features(forests, params), linear.coefficients(ols)]
    table = pd.concat(parts, axis=1)
    table["mutual_information"] = importance.mutual_information(rows, names, params)
    table["stability"] = feature_selection.stability(halves)
    table["single_auc"] = [leaks.alone(rows, name) for name in names]
    table["time_auc"] = [leaks.tells_time(rows, name) for name in names]
    members = {family: list(part.index) for family, part in table.groupby("family")}
    found = [
        table.groupby("family").agg(view=("view", "first"), features=("view", "size")),
        importance.of_groups(forests, members, params),
        linear.of_groups(ols, members),
        feature_selection.stability_of_families(halves, dataset.model),
    ]
    families = _best_first(pd.concat(found, axis=1), "family")
    families = families[["view", "family", *families.columns.drop(["view", "family"])]]
    return _best_first(table, "feature"), families, linear.checks(ols, rows)


def _best_first(table, key):
    judged = table.assign(seen_by=_seen_by(table)).rename_axis(key).reset_index()
    return judged.sort_values("permutation", ascending=False, kind="stable", ignore_index=True)


def _study(step, name, all_rows, frame):
    path = step.place(paths.features(step.params.window, name))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
    data = from_frame(name, frame)
    report(f"{name}: analysing {len(data.features)} features on {len(data.train):,} training rows")
    table, families, checks = analyse(data, step.params)
    chosen = feature_selection.inside_folds(data, step.params)
    found = Analysis(data, timeline.effective(all_rows), table, families, checks, chosen)
    _keep(step, name, found)
    return found


def _keep(step, name, found):
    for table, of in TABLES[name].items():
        step.table(table, getattr(found, of))
    for r in found.rows.itertuples():
        by = {"rows": r.kind, "role": r.role}
        step.record(f"{name}.rows", int(r.rows), by=by, unit="rows")
        step.record(f"{name}.products", int(r.products), by=by, unit="products")
        step.record(f"{name}.positives", int(r.positives), n=int(r.rows), by=by, unit="rows")
    step.record(f"{name}.features", len(found.dataset.features), unit="features")
    step.record(f"{name}.features_stable", int((found.features["stability"] >= feature_selection.STABLE).sum()),
                unit="features")  # fmt: skip
    step.record(f"{name}.features_seen_by_both", int((found.features["seen_by"] == BOTH).sum()), unit="features")


def with_noise(rows: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the rows with a column of random numbers, the yardstick."""
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


def _seen_by(table):
    by_forest = table["permutation_low"] > max(0.0, table.loc[NOISE, "permutation_high"])
    by_ols = table["p_adjusted"] < np.fmin(SIGNIFICANT, table.loc[NOISE, "p_adjusted"])
    return np.select([by_forest & by_ols, by_forest, by_ols], [BOTH, FOREST_ONLY, OLS_ONLY], NEITHER)
