"""What is too good to be true: features that tell the outcome alone, and features that tell the time.

A feature that nearly tells the outcome, by its value or by being there at all, is a leak until shown otherwise. One
that nearly tells early rows from late ones is no leak by itself; a model that learns from it learns the date.
"""

import pandas as pd

from insights.modeling import metrics

SUSPICIOUS = 0.95  # ROC AUC of a feature alone


def alone(rows: pd.DataFrame, name: str) -> float:
    """Return the ROC AUC of one feature alone, the better of its value and of its being there; 0.5 tells nothing.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``y`` and the feature.
    name : str
    """
    return _either(rows["y"], rows[name])


def tells_time(rows: pd.DataFrame, name: str) -> float:
    """Return the ROC AUC with which one feature tells rows of the later decisions from the earlier, 0.5 or more."""
    later = rows["as_of"] > rows["as_of"].quantile(0.5, interpolation="lower")
    return _either(later, rows[name])


def of_outcome(table: pd.DataFrame) -> pd.DataFrame:
    """Return features that alone are too good to be true, from :func:`insights.feature_analysis.core.analyse`."""
    return table[table["single_auc"] >= SUSPICIOUS]


def of_time(table: pd.DataFrame) -> pd.DataFrame:
    """Return features that alone nearly tell the date of a row."""
    return table[table["time_auc"] >= SUSPICIOUS]


def _either(told, values):
    return max(_auc(told[values.notna()], values.dropna()), _auc(told, values.isna()))


def _auc(told, values):
    if told.nunique() < 2:
        return 0.5
    auc = metrics.roc_auc(told.to_numpy(dtype=int), values.to_numpy(dtype="float64"))
    return max(auc, 1 - auc)
