"""Who is served worse, and by how much: outcomes and errors by group of people.

Metrics by group are fairlearn's. Intervals of rates are score intervals over people, not rows (Wilson 1927; for a
gap Newcombe 1998, method 10), which hold where a rate is 0 or 1 and a bootstrap shrinks to nothing; those of ROC
AUC resample people. A gap is the difference between a group and all others together. It is *shown* when its
interval excludes 0, *excluded* when the interval lies within the stated margin, and otherwise nobody can tell.
Groups that are too small are named as such, not computed.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import precision_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from insights import contract, dictionary, gaps, paths, warehouse
from insights.features import registry
from insights.modeling import metrics, saved
from insights.modeling.dataset import load
from insights.params import Params
from insights.store import Step
from insights.verdicts import GAP_EXCLUDED, GAP_SHOWN, TOO_FEW, UNKNOWN

NOT_DECLARED = "not declared"
RATES = ("base_rate", "selection_rate", "recall", "false_positive_rate", "precision")
COLUMNS = [
    "attribute", "group", "measure", "value", "low", "high", "gap", "gap_low", "gap_high", "n", "verdict",
]  # fmt: skip
BANDS = {  # of numbers, which are no groups: edges, and the names of what lies between them
    "birth_year": ((1900, 1970, 1990, 2021), ("born before 1970", "born 1970 to 1989", "born 1990 or later"))
}


@dataclass(frozen=True)
class Study:
    """What notebook 07 shows.

    Attributes
    ----------
    used : list of str
        Protected attributes among the features of either model.
    groups : pandas.DataFrame
        From :func:`by_group`, for every attribute; empty where the source has no such attributes.
    lacking : list of str
        What the source lacks for a check by person.
    """

    used: list[str]
    groups: pd.DataFrame
    lacking: list[str]


def study(step: Step, con: ibis.BaseBackend) -> Study:
    """Compare the chosen completion model's outcomes and errors between groups of people; store and record."""
    window = step.params.window
    profile = dictionary.of(window)
    lacking = gaps.missing_for("bias by person", profile)
    lacking += gaps.missing_for_model("completion", step.params.launch.hurdle, profile)
    used = [name for model in ("launch", "completion") for name in used_as_features(model, _learned(window, model))]
    tables = [_too_few("", pd.Series(dtype="int64"), step.params)]
    if not lacking:
        rows, names = _judged(window, con)
        tables += [by_group(rows, name, step.params) for name in names]
    groups = step.table("table_7_1_groups", pd.concat(tables, ignore_index=True))
    _record(step, used, groups)
    return Study(used, groups, lacking)


def attributes(protected: pd.DataFrame) -> pd.DataFrame:
    """Return the protected attributes as groups, one column each; numbers are put into ``BANDS``.

    Parameters
    ----------
    protected : pandas.DataFrame
        The table of the contract, a row per person.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``learner_id``; people who declared nothing are in the group ``not declared``.
    """
    names = [c.name for c in contract.columns("protected").values() if c.sensitivity == contract.PROTECTED]
    present = [name for name in names if name in protected and protected[name].notna().any()]
    table = protected.drop_duplicates("learner_id").set_index("learner_id")[present]
    for name in BANDS.keys() & set(present):
        edges, bands = BANDS[name]
        table[name] = pd.cut(table[name].astype("float64"), edges, right=False, labels=bands).astype("str")
    return table.astype("str").where(table.notna(), NOT_DECLARED).replace("nan", NOT_DECLARED)


def used_as_features(model: str, columns: list[str]) -> list[str]:
    """Return those of a model's features that are protected attributes or are computed from their table."""
    protected = set(contract.columns("protected")) - {"learner_id", "declared_at", "recorded_at"}
    return [f.name for f in registry.features(model, columns) if f.name in protected or "protected" in f.sources]


def by_group(rows: pd.DataFrame, attribute: str, params: Params) -> pd.DataFrame:
    """Return outcomes and errors for each group of one attribute, with n and intervals.

    Parameters
    ----------
    rows : pandas.DataFrame
        Validation rows of one model: ``learner_id, y, score, decision`` and the attribute.
    attribute : str
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``attribute, group, measure, value, low, high, gap, gap_low, gap_high, n, verdict``. The gap is this
        group's value minus that of everybody else; ``n`` counts the people that a measure is about (of ROC AUC
        those with the rarer outcome). Groups with fewer than ``bias.smallest_group`` people have one row, with the
        verdict ``too few to say``. Whatever rests on fewer than ``privacy.smallest_group`` people is not told, nor
        how many they are.
    """
    sizes = rows.groupby(attribute)["learner_id"].nunique()
    enough = [name for name, size in sizes.items() if size >= params.bias.smallest_group]
    parts = [_too_few(attribute, sizes.drop(enough), params)]
    if len(enough) > 1:
        kept = rows[rows[attribute].isin(enough)].reset_index(drop=True)
        parts.append(_compared(kept, attribute, params))
    return pd.concat(parts, ignore_index=True)


def gaps_in(groups: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the gaps in one measure, labelled for a picture: ``label, gap, gap_low, gap_high, n, verdict``."""
    rows = groups[groups["measure"] == measure]
    labels = rows["attribute"].str.replace("_", " ") + ": " + rows["group"]
    return rows.assign(label=labels)[["label", "gap", "gap_low", "gap_high", "n", "verdict"]]


def verdict(low: float, high: float, margin: float) -> str:
    """Return the verdict on a gap from its interval and the margin within which a gap is small."""
    if np.isnan(low) or np.isnan(high):
        return UNKNOWN
    if low > 0 or high < 0:
        return GAP_SHOWN
    return GAP_EXCLUDED if -margin < low and high < margin else UNKNOWN


def _learned(window, model):
    dataset = load(window, model)
    return [] if dataset is None else dataset.features


def _judged(window, con):
    predictions = pd.read_parquet(paths.predictions(window, "completion"))
    chosen = saved.load(paths.model(window, "completion")).name
    rows = predictions[predictions["model"] == chosen]
    groups = attributes(warehouse.read(con, paths.protected(window)).order_by("learner_id").to_pandas())
    joined = rows.merge(groups, left_on="learner_id", right_index=True, how="left")
    return joined.fillna(dict.fromkeys(groups, NOT_DECLARED)), list(groups)


def _record(step, used, groups):
    step.record("bias.protected_features", len(used), unit="features")
    for r in groups[groups["measure"].notna()].dropna(subset="gap").itertuples():
        by = {"attribute": r.attribute, "group": r.group, "measure": r.measure}
        low, high = (None if np.isnan(bound) else bound for bound in (r.gap_low, r.gap_high))
        step.record("bias.gap", r.gap, low=low, high=high, n=r.n, model="completion", by=by)


def _too_few(attribute, sizes, params):
    rows = [{"attribute": attribute, "group": g, "n": n, "verdict": TOO_FEW} for g, n in sizes.items()]
    return _suppressed(pd.DataFrame(rows, columns=COLUMNS), params)


def _suppressed(table, params):
    """Return the table without what rests on too few people, and without their number."""
    few = table["n"] < params.privacy.smallest_group
    told = ["value", "low", "high", "gap", "gap_low", "gap_high", "n"]
    hidden = table.assign(**{name: table[name].astype("float64").where(~few) for name in told})
    return hidden.assign(verdict=table["verdict"].mask(few, TOO_FEW))


def _compared(rows, attribute, params):
    rng = np.random.default_rng([params.modeling.seed, 5])
    weights = metrics.cluster_weights(rows["learner_id"], params.modeling.bootstrap_repeats, rng)
    frame = _frame(rows, attribute)
    tables = [_one_group(rows, attribute, name, frame, weights, params) for name in frame.index]
    return pd.concat(tables, ignore_index=True)


def _frame(rows, attribute):
    y, decision = rows["y"].astype(int), rows["decision"].astype(int)
    measured = MetricFrame(
        metrics={
            "selection_rate": selection_rate,
            "recall": true_positive_rate,
            "false_positive_rate": false_positive_rate,
            "precision": _precision,
        },
        y_true=y, y_pred=decision, sensitive_features=rows[attribute].rename("group"),
    )  # fmt: skip
    grouped = rows.groupby(attribute)
    auc = grouped.apply(lambda g: metrics.roc_auc(g["y"].to_numpy(dtype=int), g["score"].to_numpy()))
    return measured.by_group.assign(base_rate=grouped["y"].mean(), roc_auc=auc)


def _precision(y_true, y_pred):
    return precision_score(y_true, y_pred, zero_division=np.nan)


def _one_group(rows, attribute, name, frame, weights, params):
    own = (rows[attribute] == name).to_numpy()
    inside, outside = _rates(rows[own]), _rates(rows[~own])
    measured = {rate: [*_rate_gap(inside[rate], outside[rate]), inside[rate][1]] for rate in RATES}
    measured["roc_auc"] = [*_auc_gap(rows, own, weights), _fewer_outcome(rows[own])]
    columns = ["low", "high", "gap", "gap_low", "gap_high", "n"]
    table = pd.DataFrame.from_dict(measured, orient="index", columns=columns).reset_index(names="measure")
    table = table.assign(
        attribute=attribute, group=name, value=[frame.loc[name, measure] for measure in table["measure"]],
        verdict=[verdict(r.gap_low, r.gap_high, params.bias.margin) for r in table.itertuples()],
    )  # fmt: skip
    return _suppressed(table, params)[COLUMNS]


def _fewer_outcome(rows):
    """Return how many people have the outcome that fewer have: what a ROC AUC rests on."""
    return int(rows.groupby(rows["y"] == 1)["learner_id"].nunique().min())


def _rates(rows):
    """Return each rate as hits and tries of people: of the rows it is asked of, the people count, not the rows."""
    y, called = rows["y"] == 1, rows["decision"] == 1
    everybody = pd.Series(True, index=rows.index)
    asked = {
        "base_rate": (y, everybody), "selection_rate": (called, everybody), "recall": (called, y),
        "false_positive_rate": (called, ~y), "precision": (y, called),
    }  # fmt: skip
    people = {rate: rows.loc[among, "learner_id"].nunique() for rate, (_, among) in asked.items()}
    return {rate: (hit[among].mean() * people[rate], people[rate]) for rate, (hit, among) in asked.items()}


def _rate_gap(inside, outside):
    if not (inside[1] and outside[1]):
        return [np.nan] * 5
    low, high = proportion_confint(*inside, method="wilson")
    bounds = confint_proportions_2indep(*inside, *outside, method="newcomb", compare="diff")
    return [low, high, inside[0] / inside[1] - outside[0] / outside[1], *bounds]


def _auc_gap(rows, own, weights):
    y, score = rows["y"].to_numpy(dtype=int), rows["score"].to_numpy()
    inside, outside = (metrics.auc_draws(y[part], score[part], weights[:, part]) for part in (own, ~own))
    gap = metrics.roc_auc(y[own], score[own]) - metrics.roc_auc(y[~own], score[~own])
    bounds = [*metrics.percentile_interval(inside), gap, *metrics.percentile_interval(inside - outside)]
    return [float(bound) for bound in bounds]
