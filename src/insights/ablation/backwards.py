"""Backward elimination: the least useful part is taken away, again and again, on rows that folds held out.

Validation rows take no part, so that they can judge the simplified model afterwards. The smallest model is taken
whose loss is below the margin in 95 of 100 resamples, against the full model and against the best that was met on the
way: where leaving out helps in folds, what helped there must not pay for what is lost later.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.ablation.components import AS_IS, Component
from insights.ablation.refits import key
from insights.modeling.dataset import Dataset
from insights.modeling.evaluation.paired import FoldBench
from insights.modeling.learned import Learned
from insights.modeling.trials import Trials, Variant
from insights.params import Params

LEVEL = 0.95


@dataclass(frozen=True)
class Path:
    """Ever smaller models.

    Attributes
    ----------
    table : pandas.DataFrame
        ``step, removed, parts, features, roc_auc`` (mean over folds), ``loss`` (of the best ROC AUC up to there),
        ``upper`` (one-sided 95 % bound of the loss) and ``chosen``; the full model first.
    kept : list of list of str
        The features that each model reads.
    """

    table: pd.DataFrame
    kept: list[list[str]]

    @property
    def chosen(self) -> list[str]:
        """The features of the smallest model that is not worse than the full one by more than the margin."""
        return self.kept[int(np.flatnonzero(self.table["chosen"])[0])]


def eliminate(
    model: Learned, dataset: Dataset, atoms: list[Component], bench: FoldBench, trials: Trials, params: Params
) -> Path:
    """Take away one part after another, each time that without which held-out rows are ranked best.

    Parameters
    ----------
    model : insights.modeling.learned.Learned
    dataset : insights.modeling.dataset.Dataset
    atoms : list of Component
        The parts, without a feature in common.
    bench : insights.modeling.evaluation.paired.FoldBench
    trials : insights.modeling.trials.Trials
    params : Params
        Each round tries ``ablation.tried`` parts: those that cost least in the round before; the first tries all.
        Ties go to the part with the most features.

    Returns
    -------
    Path
    """
    full = trials.of({key(AS_IS, model.features): Variant(model, dataset)})[key(AS_IS, model.features)]
    left, kept = list(atoms), [list(model.features)]
    rows = [["", len(left), full]]
    order = left
    while len(left) > 1:
        tried = order[: params.ablation.tried] if len(rows) > 1 else left
        options = {part: [f for f in kept[-1] if f not in part.features] for part in tried}
        found = trials.of({key(AS_IS, rest): Variant(model.on(rest), dataset) for rest in options.values()})
        auc = {part: bench.value(found[key(AS_IS, rest)].held_out) for part, rest in options.items()}
        best = sorted(tried, key=lambda part: (-auc[part], -len(part.features)))
        gone = best[0]
        left = [part for part in left if part is not gone]
        order = [part for part in best if part is not gone] + [part for part in order if part not in best]
        kept.append(options[gone])
        rows.append([gone.name, len(left), found[key(AS_IS, options[gone])]])
    return Path(table_of(rows, kept, bench, params.ablation.margin), kept)


def table_of(rows: list, kept: list, bench: FoldBench, margin: float) -> pd.DataFrame:
    """Return the path as a table, from what was removed, how many parts were left, and the trial, step by step."""
    found, best, best_draws = [], -np.inf, None
    for step, ((removed, parts, trial), features) in enumerate(zip(rows, kept, strict=True)):
        auc, draws = bench.value(trial.held_out), bench.draws(trial.held_out)
        if auc > best:
            best, best_draws = auc, draws
        upper = float(np.nanquantile(best_draws - draws, LEVEL))
        found.append([step, removed, parts, len(features), auc, best - auc, upper])
    table = pd.DataFrame(found, columns=["step", "removed", "parts", "features", "roc_auc", "loss", "upper"])
    within = table.loc[table["upper"] < margin, "step"]
    return table.assign(chosen=table["step"] == max([0, *within]))
