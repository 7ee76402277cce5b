"""Champion and challenger: the model in use and the newest one on the same fresh rows, in the same resamples."""

import pandas as pd

from insights.modeling.dataset import Dataset
from insights.modeling.evaluation import paired
from insights.modeling.learned import Learned
from insights.monitoring.fresh import said
from insights.params import Params
from insights.verdicts import BETTER, NOT_WORSE, UNKNOWN, WORSE

COLUMNS = ["model", "rows", "measure", "n", "champion", "challenger", "difference", "low", "high", "verdict"]


def fought(name: str, dataset: Dataset, champion: Learned, challenger: Learned, params: Params) -> pd.DataFrame:
    """Return what the challenger has over the champion on validation rows, which neither has learned from.

    Parameters
    ----------
    name : str
    dataset : Dataset
        Of this window.
    champion : Learned
        An earlier window's.
    challenger : Learned
        This window's, fitted on its training rows.
    params : Params

    Returns
    -------
    pandas.DataFrame
        In ``COLUMNS``; ``difference`` is the challenger's minus the champion's, paired, its intervals for all
        measures of a kind at once. ``verdict`` of the challenger: ``better``, ``not worse`` (by more than
        ``monitoring.margin``; of money by more than that share of the champion's), ``worse``, or ``cannot tell``.
    """
    rows = []
    told = [said(model, dataset.validate) for model in (champion, challenger)]
    for kind, bench in paired.benches(dataset, params).items():
        each = [(one["score"].to_numpy(), one["decision"].to_numpy()) for one in told]
        values, draws = [bench.values(*one) for one in each], [bench.draws(*one) for one in each]
        table = paired.differences(values[1] - values[0], draws[1] - draws[0])
        for place, measure in enumerate(bench.measures):
            r = table.iloc[place]
            margin = params.monitoring.margin * (abs(values[0][place]) if measure == paired.VALUE else 1.0)
            rows.append(
                [name, kind, measure, len(bench.y), values[0][place], values[1][place], r["difference"], r["low"],
                 r["high"], judge(r["low"], r["high"], margin)]
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def judge(low: float, high: float, margin: float) -> str:
    """Return what an interval of a difference says of the challenger."""
    if low > 0:
        return BETTER
    if high < 0:
        return WORSE
    return NOT_WORSE if low > -margin else UNKNOWN


def promotable(fight: pd.DataFrame) -> bool:
    """Return whether the challenger may be promoted: surely better in ranking or in money, and worse in nothing.

    Recall alone is no ground, for a lower threshold buys it. With few rows "cannot tell" is the rule and stands in
    nobody's way; a model that is not shown to be better is not promoted, for each change has a risk of its own.
    """
    better = fight.loc[fight["verdict"] == BETTER, "measure"]
    return bool(better.isin([paired.ROC_AUC, paired.VALUE]).any()) and WORSE not in {*fight["verdict"]}
