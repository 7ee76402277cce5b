"""Which groups of features earn their place: each is removed while the rest stays.

The chosen model is refitted without the group and compared on the same validation rows and the same
resamples. Stated before: a group earns its place if the interval of what it adds to ROC AUC lies above 0, and
may go if that interval lies below the margin.
"""

import numpy as np
import pandas as pd

from insights import paths
from insights.features import registry
from insights.modeling import metrics, saved
from insights.modeling.dataset import Dataset, load
from insights.modeling.learned import Learned
from insights.params import Params
from insights.progress import report
from insights.store import Step
from insights.verdicts import EARNS, MAY_GO, UNKNOWN


def study(step: Step) -> dict[str, pd.DataFrame]:
    """Return, for each model that was fitted, what every group of features adds; recorded and stored."""
    found = {}
    for place, name in enumerate(("launch", "completion"), start=1):
        dataset = load(step.params.window, name)
        if dataset is not None:
            report(f"{name}: removing one group of features at a time")
            model = saved.load(paths.model(step.params.window, name))
            found[name] = drop_one(dataset, model, step.params)
            step.table(f"table_6_{place}_{name}_ablation", found[name])
            _record(step, name, model.name, found[name])
    return found


def groups(dataset: Dataset, model: Learned) -> dict[str, list[str]]:
    """Return the groups of the model's features that are removed one at a time: each family, each view of several."""
    known = registry.features(dataset.model, model.features)
    families = {f"family {name}": [f.name for f in known if f.family == name] for name in _each(known, "family")}
    views = {f"view {name}": [f.name for f in known if f.view == name] for name in _each(known, "view")}
    several = {name: members for name, members in views.items() if members not in families.values()}
    return {name: members for name, members in (families | several).items() if len(members) < len(known)}


def drop_one(dataset: Dataset, model: Learned, params: Params) -> pd.DataFrame:
    """Return what each group of features adds to the model's ROC AUC on validation rows.

    Parameters
    ----------
    dataset : Dataset
    model : Learned
        The chosen model; refitted here with and without each group.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``rows, group, features, roc_auc_without, adds, low, high, verdict, n``; for each kind of rows that has both
        outcomes, what adds most comes first.
    """
    removed = groups(dataset, model)
    full = _fitted_score(dataset, model, model.features)
    reduced = {
        name: _fitted_score(dataset, model, [f for f in model.features if f not in members])
        for name, members in removed.items()
    }
    sizes = {name: len(members) for name, members in removed.items()}
    kinds = dataset.validate.groupby("kind").indices
    parts = [_judged(dataset, places, full, reduced, sizes, params) for _, places in sorted(kinds.items())]
    return pd.concat(parts, ignore_index=True)


def by_source(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what the families of features add by the tables that they are computed from.

    Parameters
    ----------
    found : dict of str to pandas.DataFrame
        From :func:`study`.

    Returns
    -------
    pandas.DataFrame
        ``table, model, rows, group, adds, low, high, verdict``; a row per table, family and kind of rows. A family of
        several tables is listed under each: what it adds is due to them together.
    """
    rows = [
        [table, model, r.rows, r.group, r.adds, r.low, r.high, r.verdict]
        for model, judged in found.items()
        for r in judged.itertuples()
        if r.group.startswith("family ")
        for table in registry.FAMILIES[model, r.group.removeprefix("family ")].sources
    ]
    return pd.DataFrame(rows, columns=["table", "model", "rows", "group", "adds", "low", "high", "verdict"])


def judge(low: float, high: float, margin: float) -> str:
    """Return the verdict on a group from the interval of what it adds."""
    if low > 0:
        return EARNS
    return MAY_GO if high < margin else UNKNOWN


def _judged(dataset, places, full, reduced, sizes, params):
    """Compare the scores with and without each group on rows of one kind."""
    judged = dataset.validate.iloc[places]
    y = judged["y"].to_numpy(dtype=int)
    rng = np.random.default_rng([params.modeling.seed, 3])
    weights = metrics.cluster_weights(judged[dataset.clusters], params.modeling.bootstrap_repeats, rng)
    whole, draws = metrics.roc_auc(y, full[places]), metrics.auc_draws(y, full[places], weights)
    rows = []
    for name, score in reduced.items() if len(np.unique(y)) == 2 else ():
        low, high = metrics.percentile_interval(draws - metrics.auc_draws(y, score[places], weights))
        auc = metrics.roc_auc(y, score[places])
        verdict = judge(float(low), float(high), params.ablation.margin)
        rows.append([judged["kind"].iloc[0], name, sizes[name], auc, whole - auc, float(low), float(high),
                     verdict, len(y)])  # fmt: skip
    columns = ["rows", "group", "features", "roc_auc_without", "adds", "low", "high", "verdict", "n"]
    return pd.DataFrame(rows, columns=columns).sort_values("adds", ascending=False, ignore_index=True)


def _record(step, name, model, table):
    for r in table.itertuples():
        by = {"without": r.group, "rows": r.rows}
        step.record(f"{name}.roc_auc", r.roc_auc_without, n=r.n, model=model, by=by | {"split": "validation"})
        step.record(f"{name}.roc_auc_added", r.adds, low=r.low, high=r.high, n=r.n, model=model, by=by)


def _each(features, attribute):
    return list(dict.fromkeys(getattr(f, attribute) for f in features))


def _fitted_score(dataset, model, features):
    rows = dataset.train
    fitted = model.on(features).fit(rows, rows["y"].to_numpy(dtype=int), dataset.unlabelled)
    return fitted.score(dataset.validate)
