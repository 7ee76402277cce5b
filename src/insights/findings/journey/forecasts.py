"""Findings about forecasts: the sentences of notebook 03 on who will complete and who will enroll."""

import pandas as pd

from insights.display.wording import Prose, bullets, interval, number, say, share

BY_DAY = {
    "day": "day", "n": "forecasts", "share": "share that completed", "roc_auc": "ROC AUC", "rule_auc": "simple rule",
    "brier": "squared error", "brier_usual": "error if all get the mean", "slope": "slope (1 is exact)",
}  # fmt: skip
WHOM = {"completion": "complete", "enrollment": "enroll"}


def forecasts(name: str, performance: pd.DataFrame, tenths: pd.DataFrame) -> Prose:
    """Say how well it can be told beforehand who will complete, or enroll.

    Parameters
    ----------
    name : str
        ``completion`` or ``enrollment``.
    performance : pandas.DataFrame
        A row per day, from :class:`insights.forecasts.Forecasts`.
    tenths : pandas.DataFrame
    """
    told = [_order(row, WHOM[name]) for row in performance.to_dict("records")]
    return bullets(*told, _slopes(performance), _acting(tenths, WHOM[name]))


def no_forecast(name: str) -> Prose:
    """Say that a forecast could not be made."""
    return say(
        "This source does not support a forecast of who will {whom}: it lacks the columns, or too few did.",
        whom=WHOM[name],
    )


def _order(row, whom):
    rule = {"rule": row["rule"].replace("_", " "), "rule_auc": number(row["rule_auc"])} if row["rule"] else {}
    when = f"Asked on day {int(row['day'])}, the" if "day" in row else "The"
    return say(
        f"{when} forecaster puts one who will {whom} before one who will not in {{auc}} of pairs (ROC AUC), over "
        f"{{n}} forecasts. {_against_rule(row)}",
        auc=interval(row["roc_auc"], row["roc_auc_low"], row["roc_auc_high"]), n=number(int(row["n"])), **rule,
    )  # fmt: skip


def _against_rule(row):
    if not row["rule"]:
        return "No simple rule is at hand to compare it with."
    if row["roc_auc_low"] > row["rule_auc"]:
        return "The simple rule ({rule}) reaches {rule_auc}" + (
            ", worse than guessing." if row["rule_auc"] < 0.5 else "."
        )
    return "It is **not shown to be better** than the simple rule ({rule}: {rule_auc})."


def _slopes(performance):
    sure = performance["slope_high"] < 1
    shy = performance["slope_low"] > 1
    days = performance.get("day", pd.Series(["the question"] * len(performance), index=performance.index))
    if performance["slope_low"].isna().any():
        return say("Whether the probabilities are calibrated cannot be told: all are the same.")
    if not (sure | shy).any():
        return say("The probabilities are calibrated: the interval of each calibration slope holds 1.")
    parts = [
        f"{'too sure' if one_sure else 'not sure enough'} on day {day}" if day != "the question" else
        ("too sure" if one_sure else "not sure enough")
        for day, one_sure, odd in zip(days, sure, sure | shy, strict=True) if odd
    ]  # fmt: skip
    return say("The probabilities are **{parts}**: there the calibration slope excludes 1.", parts=", ".join(parts))


def _acting(tenths, whom):
    first, last = tenths.iloc[0], tenths.iloc[-1]
    return say(
        f"Of the tenth called likeliest {{first}} did {whom}, of the tenth called least likely {{last}}.",
        first=share(first["observed"]), last=share(last["observed"]),
    )  # fmt: skip
