"""Effects: what each component adds, beside what noise seems to add, and what each would do alone.

Intervals are paired (the same resamples of whole clusters for both sides) and hold for all components at once (sup-t
bands), because of many comparisons some look large by chance. Stated before: a component *may go* if its interval
lies below the margin, even above 0: it then adds too little (non-inferiority; Piaggio and others 2012). Else it
*earns its place* if the interval lies above 0, and otherwise nobody can tell.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from insights.ablation.components import STEP, Component
from insights.ablation.steps import DECISION, Part, Said
from insights.modeling import metrics
from insights.modeling.evaluation.paired import ROC_AUC, VALUE, Bench, differences
from insights.params import Ablation
from insights.verdicts import EARNS, MAY_GO, NOT_USED, UNKNOWN

COLUMNS = ["rows", "kind", "component", "features"]


def judge(low: float, high: float, margin: float) -> str:
    """Return the verdict on a component from the interval of what it adds."""
    if high < margin:
        return MAY_GO
    return EARNS if low > 0 else UNKNOWN


def added(
    bench: Bench, whole: Said, without: Mapping[Component, Said], parts: list[Part], settings: Ablation
) -> pd.DataFrame:
    """Return what each component and each step adds on one kind of rows.

    Parameters
    ----------
    bench : insights.modeling.evaluation.paired.Bench
    whole : Said
        By the full model.
    without : mapping of Component to Said
    parts : list of Part
        Steps; one that the model does not have is listed by what it would add.
    settings : insights.params.Ablation
        ``margin`` (ROC AUC) and ``value_margin`` (share of what the full model's decisions earn).

    Returns
    -------
    pandas.DataFrame
        ``rows, kind, component, features``, then for ROC AUC, recall and, where rows say it, value (USD):
        ``<measure>_without, <measure>_adds, <measure>_low, <measure>_high``; ``verdict, n``. What adds most to ROC
        AUC comes first; a step that acts on the 0 and 1 alone has its verdict from the value, or from recall where
        there is none.
    """
    pairs = [[c.kind, c.name, len(c.features), whole, said, False, True] for c, said in without.items()]
    pairs += [[STEP, p.name, 0, p.whole, p.without, p.acts_on == DECISION, p.used] for p in parts]
    if not pairs:
        return pd.DataFrame(columns=[*COLUMNS, "verdict", "n"])
    table = pd.DataFrame([[bench.kind, *pair[:3]] for pair in pairs], columns=COLUMNS)
    values = [[bench.values(s.score, s.decision) for s in pair[3:5]] for pair in pairs]
    draws = _draws(bench, [said for pair in pairs for said in pair[3:5]])
    for place, measure in enumerate(bench.measures):
        found = np.array([one[place] - other[place] for one, other in values])
        by = np.column_stack([draws[id(p[3])][:, place] - draws[id(p[4])][:, place] for p in pairs])
        shown = differences(found, by)
        table[f"{measure}_without"] = [other[place] for _, other in values]
        table[[f"{measure}_adds", f"{measure}_low", f"{measure}_high"]] = shown.to_numpy()
    earned = bench.values(whole.score, whole.decision)[-1]
    verdicts = [
        _verdict(row, decides, used, bench, settings, earned)
        for (*_, decides, used), (_, row) in zip(pairs, table.iterrows(), strict=True)
    ]
    table = table.assign(verdict=verdicts, n=len(bench.y))
    return table.sort_values(f"{ROC_AUC}_adds", ascending=False, kind="stable", ignore_index=True)


def alone(bench: Bench, said: Mapping[Component, Said]) -> pd.DataFrame:
    """Return how far each component comes alone: ``rows, kind, component, features, roc_auc, low, high``."""
    rows = []
    for component, one in said.items():
        value = bench.values(one.score, one.decision)[0]
        low, high = metrics.percentile_interval(bench.draws(one.score, one.decision)[:, 0])
        rows.append(
            [bench.kind, component.kind, component.name, len(component.features), value, float(low), float(high)]
        )
    table = pd.DataFrame(rows, columns=[*COLUMNS, "roc_auc", "low", "high"])
    return table.sort_values("roc_auc", ascending=False, kind="stable", ignore_index=True)


def of_noise(bench: Bench, whole: Said, with_noise: list[Said]) -> np.ndarray:
    """Return what columns of noise add to the ROC AUC, shape (draws,): what adds no more has shown nothing."""
    full = bench.values(whole.score, whole.decision)[0]
    return np.array([bench.values(said.score, said.decision)[0] - full for said in with_noise])


def _draws(bench, said):
    """Return what is measured in each resample, by what is said; the same is measured once."""
    return {id(one): bench.draws(one.score, one.decision) for one in {id(one): one for one in said}.values()}


def _verdict(row, decides, used, bench, settings, earned):
    if not used:
        return NOT_USED
    measure = (VALUE if VALUE in bench.measures else "recall") if decides else ROC_AUC
    margin = settings.value_margin * abs(earned) if measure == VALUE else settings.margin
    return judge(row[f"{measure}_low"], row[f"{measure}_high"], margin)
