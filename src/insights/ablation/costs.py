"""What components cost: what need not be collected, kept or computed any more when one is gone."""

import pandas as pd

from insights.ablation.components import AS_IS
from insights.ablation.refits import Refits
from insights.modeling.evaluation.paired import FoldBench

WHOLE = "full model"


def of(done: Refits) -> pd.DataFrame:
    """Return what each component takes: what the full model takes minus what the rest does; the full model first.

    Returns
    -------
    pandas.DataFrame
        ``kind, component, features, tables`` (that nothing else reads)``, personal`` (columns of these that tell of a
        person)``, matrix_kb`` (training matrix)``, numbers`` (that the model needs to predict).
    """
    full = done.full.cost
    rows = [["", WHOLE, full.features, "", 0, full.matrix_bytes / 1e3, full.numbers]]
    for part, trial in done.without.items():
        matrix, numbers = full.matrix_bytes - trial.cost.matrix_bytes, full.numbers - trial.cost.numbers
        listed = ", ".join(part.tables)
        rows.append([part.kind, part.name, len(part.features), listed, part.personal, matrix / 1e3, numbers])
    return pd.DataFrame(rows, columns=["kind", "component", "features", "tables", "personal", "matrix_kb", "numbers"])


def seconds(done: Refits) -> pd.DataFrame:
    """Return what each component takes in time, likewise: ``kind, component, fit_seconds, predict_seconds``.

    No two runs measure the same.
    """
    full = done.full.cost
    rows = [["", WHOLE, full.fit_seconds, full.predict_seconds]]
    for part, trial in done.without.items():
        fit, predict = full.fit_seconds - trial.cost.fit_seconds, full.predict_seconds - trial.cost.predict_seconds
        rows.append([part.kind, part.name, fit, predict])
    return pd.DataFrame(rows, columns=["kind", "component", "fit_seconds", "predict_seconds"])


def every(known: dict, bench: FoldBench) -> pd.DataFrame:
    """Return each model that was fitted on some of the features of the table as it is.

    Parameters
    ----------
    known : dict
        Trials by their keys, from :func:`insights.ablation.refits.key`.
    bench : insights.modeling.evaluation.paired.FoldBench

    Returns
    -------
    pandas.DataFrame
        ``features`` (how many), ``roc_auc`` (mean over folds), ``best`` (none with as few ranks as well).
    """
    rows = [[len(key[1]), bench.value(trial.held_out)] for key, trial in known.items() if key[0] == AS_IS]
    table = pd.DataFrame(rows, columns=["features", "roc_auc"])
    table = table.sort_values(["features", "roc_auc"], ascending=[True, False], ignore_index=True)
    return table.assign(best=table["roc_auc"] > table["roc_auc"].cummax().shift(fill_value=-1.0))
