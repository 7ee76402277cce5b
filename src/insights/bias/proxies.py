"""Proxies: how well a model's features tell who belongs to a group, and which of them do.

A protected attribute that is no feature can be present through others. A logistic regression of each group on all
features the model reads is judged on people that it was not fitted on; each feature alone is judged by the ROC AUC
with which it tells the group, tested by ranks (Mann and Whitney 1947) and corrected for the number of features and
groups (Holm 1979). Outcomes take no part.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.multitest import multipletests

from insights import parallel
from insights.bias.groups import NOT_DECLARED
from insights.modeling import metrics
from insights.modeling.learned import filled
from insights.params import Params
from insights.verdicts import EXCLUDED, PROXIED, UNKNOWN

FOLDS, SIGNIFICANT = 5, 0.05
TOLD = ["attribute", "group", "roc_auc", "low", "high", "n", "verdict"]
ALONE = ["attribute", "group", "feature", "roc_auc", "p_adjusted", "proxy"]


@dataclass(frozen=True)
class Proxies:
    """How well features tell groups.

    Attributes
    ----------
    told : pandas.DataFrame
        ``attribute, group, roc_auc, low, high, n`` (people of the group)``, verdict``: *present through proxies*
        where the interval lies above 0.5, *excluded* where it ends within the margin of 0.5.
    alone : pandas.DataFrame
        ``attribute, group, feature, roc_auc`` (0.5 or more)``, p_adjusted, proxy``; those that tell most first.
    """

    told: pd.DataFrame
    alone: pd.DataFrame

    @property
    def features(self) -> list[str]:
        """The features that tell some group beyond the margin, those that tell most first."""
        return list(dict.fromkeys(self.alone.loc[self.alone["proxy"], "feature"]))


def find(rows: pd.DataFrame, features: list[str], attributes: list[str], params: Params) -> Proxies:
    """Return how well features tell each group of each attribute.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``learner_id``, the features and the attributes; of each person the first row is read.
    features : list of str
        Those that the model reads.
    attributes : list of str
    params : Params
        Groups of fewer than ``bias.smallest_group`` people are left out; ``bias.proxy`` is the margin.
    """
    people = rows.drop_duplicates("learner_id")
    asked = []
    for attribute in attributes:
        known = people[people[attribute] != NOT_DECLARED]
        sizes = known[attribute].value_counts().sort_index()
        large = [g for g, n in sizes.items() if min(n, len(known) - n) >= params.bias.smallest_group]
        asked += [
            _Asked(attribute, group, known[features], (known[attribute] == group).to_numpy(dtype=int), params)
            for group in large[: 1 if len(sizes) == 2 else None]
        ]
    found = parallel.each(_answer, asked, params.compute)
    told = pd.DataFrame([answer[0] for answer in found], columns=TOLD)
    alone = pd.DataFrame([row for _, rows in found for row in rows], columns=ALONE[:5])
    alone["p_adjusted"] = multipletests(alone["p_adjusted"], method="holm")[1] if len(alone) else []
    alone["proxy"] = (alone["p_adjusted"] < SIGNIFICANT) & (alone["roc_auc"] > 0.5 + params.bias.proxy)
    return Proxies(told, alone.sort_values("roc_auc", ascending=False, kind="stable", ignore_index=True))


def judge(low: float, high: float, margin: float) -> str:
    """Return whether features tell a group, from the interval of their ROC AUC."""
    if low > 0.5:
        return PROXIED
    return EXCLUDED if high < 0.5 + margin else UNKNOWN


@dataclass(frozen=True)
class _Asked:
    attribute: str
    group: str
    features: pd.DataFrame
    member: np.ndarray
    params: Params


def _answer(asked):
    """Return how well all features together, and each alone, tell one group."""
    score = _held_out(asked)
    rng = np.random.default_rng([asked.params.modeling.seed, 15])
    weights = metrics.cluster_weights(pd.Series(np.arange(len(score))), asked.params.modeling.bootstrap_repeats, rng)
    low, high = metrics.percentile_interval(metrics.auc_draws(asked.member, score, weights))
    verdict = judge(float(low), float(high), asked.params.bias.proxy)
    key = [asked.attribute, asked.group]
    auc = metrics.roc_auc(asked.member, score)
    alone = [[*key, name, *_one(asked.features[name].to_numpy(), asked.member)] for name in asked.features]
    return [*key, auc, float(low), float(high), int(asked.member.sum()), verdict], alone


def _held_out(asked):
    """Return what a regression says of people that it was not fitted on."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=asked.params.modeling.seed)
    score = np.zeros(len(asked.member))
    for fit, judge_ in folds.split(asked.features, asked.member):
        model = filled(("scale", StandardScaler()), ("model", LogisticRegression(C=0.05, max_iter=2000)))
        model.fit(asked.features.iloc[fit], asked.member[fit])
        said = model.predict_proba(asked.features.iloc[judge_])[:, 1]
        score[judge_] = pd.Series(said).rank(pct=True)  # folds are joined by the place in each
    return score


def _one(values, member):
    """Return with which ROC AUC one feature tells the group, missing values below all others, and its p-value."""
    filled_in = np.where(np.isnan(values), np.nanmin(values) - 1 if not np.isnan(values).all() else 0.0, values)
    if np.ptp(filled_in) == 0:
        return 0.5, 1.0
    auc = metrics.roc_auc(member, filled_in)
    test = mannwhitneyu(filled_in[member == 1], filled_in[member == 0], method="asymptotic")
    return max(auc, 1 - auc), float(test.pvalue)
