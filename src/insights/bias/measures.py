"""Outcomes and errors by group of people, and the gap between each group and everybody else.

Rates by group are fairlearn's. Intervals of rates are score intervals over people, not rows (Wilson 1927; for a gap
Newcombe 1998, method 10), which hold where a rate is 0 or 1 and a bootstrap shrinks to nothing; those of ROC AUC and
calibration resample people. A gap is the difference between a group and all others together. It is *shown* when its
interval excludes 0, *excluded* when the interval lies within the stated margin, and otherwise nobody can tell.
Groups that are too small are named as such, not computed.
"""

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import precision_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from insights.modeling import metrics
from insights.params import Params
from insights.verdicts import GAP_EXCLUDED, GAP_SHOWN, TOO_FEW, UNKNOWN

RATES = ("base_rate", "selection_rate", "recall", "false_positive_rate", "precision")
SCORES = ("roc_auc", "calibration")
COLUMNS = [
    "attribute", "group", "measure", "value", "low", "high", "gap", "gap_low", "gap_high", "detectable", "n",
    "verdict",
]  # fmt: skip
FOUND = 2.802  # standard errors of a gap that is shown in 80 of 100 samples, two-sided at 5 %
HALF = 1.96  # standard errors in half an interval of 95 %


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
        ``attribute, group, measure, value, low, high, gap, gap_low, gap_high, detectable, n, verdict``. The gap is
        this group's value minus that of everybody else, ``detectable`` how large it must truly be to be shown in 80
        of 100 samples like this; ``n`` counts the people that a measure is about (of ROC AUC those with the rarer
        outcome). *Calibration* is the mean score minus the share of ones: above 0 too much is foreseen. Groups with
        fewer than ``bias.smallest_group`` people have one row, with the verdict ``too few to say``. Whatever rests on
        fewer than ``privacy.smallest_group`` people is not told, nor how many they are.
    """
    sizes = rows.groupby(attribute)["learner_id"].nunique()
    enough = [name for name, size in sizes.items() if size >= params.bias.smallest_group]
    parts = [_too_few(attribute, sizes.drop(enough), params)]
    if len(enough) > 1:
        kept = rows[rows[attribute].isin(enough)].reset_index(drop=True)
        parts.append(_compared(kept, attribute, params))
    return pd.concat(parts, ignore_index=True)


def verdict(low: float, high: float, margin: float) -> str:
    """Return the verdict on a gap from its interval and the margin within which a gap is small."""
    if np.isnan(low) or np.isnan(high):
        return UNKNOWN
    if low > 0 or high < 0:
        return GAP_SHOWN
    return GAP_EXCLUDED if -margin < low and high < margin else UNKNOWN


def asked(rows: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return of each of ``RATES`` which rows are hits, and which rows it asks of.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``y, decision``.
    """
    y, called = (rows["y"] == 1).to_numpy(), (rows["decision"] == 1).to_numpy()
    every = np.ones(len(rows), dtype=bool)
    pairs = {
        "base_rate": (y, every), "selection_rate": (called, every), "recall": (called, y),
        "false_positive_rate": (called, ~y), "precision": (y, called),
    }  # fmt: skip
    return {rate: pairs[rate] for rate in RATES}


def _too_few(attribute, sizes, params):
    rows = [{"attribute": attribute, "group": g, "n": n, "verdict": TOO_FEW} for g, n in sizes.items()]
    return _suppressed(pd.DataFrame(rows, columns=COLUMNS), params)


def _suppressed(table, params):
    """Return the table without what rests on too few people, and without their number."""
    few = table["n"] < params.privacy.smallest_group
    told = ["value", "low", "high", "gap", "gap_low", "gap_high", "detectable", "n"]
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
    off = grouped["score"].mean() - grouped["y"].mean()
    return measured.by_group.assign(base_rate=grouped["y"].mean(), roc_auc=auc, calibration=off)


def _precision(y_true, y_pred):
    return precision_score(y_true, y_pred, zero_division=np.nan)


def _one_group(rows, attribute, name, frame, weights, params):
    own = (rows[attribute] == name).to_numpy()
    inside, outside = _rates(rows[own]), _rates(rows[~own])
    measured = {rate: [*_rate_gap(inside[rate], outside[rate]), inside[rate][1]] for rate in RATES}
    measured["roc_auc"] = [*_auc_gap(rows, own, weights), _fewer_outcome(rows[own])]
    measured["calibration"] = [*_calibration_gap(rows, own, weights), rows.loc[own, "learner_id"].nunique()]
    columns = ["low", "high", "gap", "gap_low", "gap_high", "n"]
    table = pd.DataFrame.from_dict(measured, orient="index", columns=columns).reset_index(names="measure")
    table = table.assign(
        attribute=attribute, group=name, value=[frame.loc[name, measure] for measure in table["measure"]],
        verdict=[verdict(r.gap_low, r.gap_high, params.bias.margin) for r in table.itertuples()],
        detectable=(table["gap_high"] - table["gap_low"]) / 2 / HALF * FOUND,
    )  # fmt: skip
    return _suppressed(table, params)[COLUMNS]


def _fewer_outcome(rows):
    """Return how many people have the outcome that fewer have: what a ROC AUC rests on."""
    return int(rows.groupby(rows["y"] == 1)["learner_id"].nunique().min())


def _rates(rows):
    """Return each rate as hits and tries of people: of the rows it is asked of, the people count, not the rows."""
    pairs = asked(rows)
    people = {rate: rows.loc[among, "learner_id"].nunique() for rate, (_, among) in pairs.items()}
    return {
        rate: (hit[among].mean() * people[rate] if people[rate] else np.nan, people[rate])
        for rate, (hit, among) in pairs.items()
    }


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


def _calibration_gap(rows, own, weights):
    off = (rows["score"] - rows["y"]).to_numpy()
    inside, outside = (weights[:, part] @ off[part] / weights[:, part].sum(axis=1) for part in (own, ~own))
    gap = off[own].mean() - off[~own].mean()
    bounds = [*metrics.percentile_interval(inside), gap, *metrics.percentile_interval(inside - outside)]
    return [float(bound) for bound in bounds]
