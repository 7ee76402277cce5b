"""Expected completions of each product, as they could have been told at the time: refitted month by month.

Source: A. P. Dawid, "Present position and potential developments: the prequential approach", JRSS A 147 (1984).
"""

import pandas as pd

from insights.forecasts import model

FEWEST = 200  # resolved rows, below which nobody could have told


def month_by_month(rows: pd.DataFrame, features: list[str], seed: int) -> pd.DataFrame:
    """Return forecasts of each month's rows by a model of what was resolved before that month.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one day, of all roles, with ``weight`` (enrollments that a row stands for) and features.
    features : list of str
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``product_id, told_at, recorded_at`` (the same), ``enrollments`` (the weight), ``expected`` (completions among
        them); months before which fewer than 200 rows were resolved are left out.
    """
    month = rows["as_of"].dt.to_period("M").dt.start_time
    parts = [
        _of_month(rows[rows["resolved_at"] <= first], asked, features, seed) for first, asked in rows.groupby(month)
    ]
    found = pd.concat([part for part in parts if part is not None] or [_nothing(rows)])
    return found.sort_values(["told_at", "product_id"], kind="stable", ignore_index=True)


def _of_month(resolved, asked, features, seed):
    if len(resolved) < FEWEST or resolved["y"].nunique() < 2:
        return None
    chance = model.linear(resolved, features, seed).predict_proba(asked[["family", *features]])[:, 1]
    return _named(asked, (chance * asked["weight"]).round(6))


def _nothing(rows):
    return _named(rows.head(0), rows["weight"].head(0))


def _named(asked, expected):
    return pd.DataFrame(
        {
            "product_id": asked["product_id"], "told_at": asked["as_of"], "recorded_at": asked["as_of"],
            "enrollments": asked["weight"], "expected": expected,
        }
    )  # fmt: skip
