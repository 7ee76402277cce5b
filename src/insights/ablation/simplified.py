"""The simplified model beside the full one: what it does on validation rows, what it takes, what it would say."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.ablation.components import ROWS, personal_columns, tables
from insights.modeling.evaluation.paired import ROC_AUC, VALUE, Bench, differences
from insights.modeling.learned import Learned
from insights.modeling.trials import Cost, Trial
from insights.params import Ablation
from insights.verdicts import NOT_WORSE, UNKNOWN, WORSE


@dataclass(frozen=True)
class Simplified:
    """The smallest model that folds found not worse than the full one.

    Attributes
    ----------
    model : insights.modeling.learned.Learned
        Fitted on all training rows.
    beside : pandas.DataFrame
        From :func:`compare`, of every kind of rows.
    takes : pandas.DataFrame
        From :func:`takes`.
    """

    model: Learned
    beside: pd.DataFrame
    takes: pd.DataFrame

    @property
    def verdict(self) -> str:
        """Whether it is worse by more than the margin, by ROC AUC on each kind of rows and by what decisions earn."""
        auc = self.beside.loc[self.beside["metric"] == ROC_AUC, "verdict"]
        earned = self.beside.loc[self.beside["metric"] == VALUE, "verdict"]
        if WORSE in {*auc, *earned}:
            return WORSE
        return NOT_WORSE if {*auc} == {NOT_WORSE} else UNKNOWN


def compare(bench: Bench, full: Trial, simple: Trial, settings: Ablation) -> pd.DataFrame:
    """Return the simplified model's figures beside the full one's on one kind of rows.

    Parameters
    ----------
    bench : insights.modeling.evaluation.paired.Bench
    full, simple : insights.modeling.trials.Trial
    settings : insights.params.Ablation

    Returns
    -------
    pandas.DataFrame
        ``rows, metric, full, simplified, loss, low, high, verdict, n``; a paired interval of the loss for all
        measures at once. *Not worse* where it lies below the margin, *worse* where it lies above it. The margin is
        one of ROC AUC, of recall, and of the share of what the full model's decisions earn.
    """
    sides = [(one.score, one.decision) for one in (full, simple)]
    values, draws = (np.array([of(*side) for side in sides]) for of in (bench.values, bench.draws))
    shown = differences(values[0] - values[1], draws[0] - draws[1])
    table = pd.DataFrame({"rows": bench.kind, "metric": bench.measures, "full": values[0], "simplified": values[1]})
    table = pd.concat([table, shown.rename(columns={"difference": "loss"})], axis=1)
    margins = [
        settings.value_margin * abs(r.full) if r.metric == VALUE else settings.margin for r in table.itertuples()
    ]
    verdicts = [judge(r.low, r.high, margin) for r, margin in zip(table.itertuples(), margins, strict=True)]
    return table.assign(verdict=verdicts, n=len(bench.y))


def takes(model: str, full: tuple[list[str], Cost], simple: tuple[list[str], Cost]) -> pd.DataFrame:
    """Return what both models take: ``what, unit, full, simplified``; what is timed is not among it.

    Parameters
    ----------
    model : str
        ``launch`` or ``completion``.
    full, simple : (list of str, insights.modeling.trials.Cost)
        The features that each reads, and what it takes.
    """
    rows = [[*_of(model, *one)] for one in (full, simple)]
    what = [
        ("features", "features"), ("tables to be collected beside products and enrollments", "tables"),
        ("columns of these tables that tell of people", "columns"), ("memory of the training matrix", "kB"),
        ("size of the model", "kB"),
    ]  # fmt: skip
    table = pd.DataFrame(what, columns=["what", "unit"])
    return table.assign(full=rows[0], simplified=rows[1])


def _of(model, features, cost):
    collected = tables(model, features) - {*ROWS}
    people = personal_columns(collected)
    return len(features), len(collected), people, cost.matrix_bytes / 1e3, cost.numbers


def judge(low: float, high: float, margin: float) -> str:
    """Return the verdict on a simpler model from the interval of what it loses."""
    if high < margin:
        return NOT_WORSE
    return WORSE if low > margin else UNKNOWN
