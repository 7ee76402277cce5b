"""Economic feasibility: what the launch model is worth against what it takes, and which assumption decides.

What a quarter is worth is measured: what its decisions on new launches earn beyond those of the panel (without a
panel, beyond launching all), on validation rows, with products resampled. What is assumed (days, costs, how many
recommendations are followed) stands in the parameters with its bounds, and is drawn from triangular distributions.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from insights.modeling import metrics, value
from insights.params import Feasibility, Params
from insights.rows import LAUNCH

WEEKS = 13  # of a quarter
QUANTILES = (0.025, 0.975)
DRAWN = {
    "build_days": "days to build", "run_days": "days to run, a quarter", "day_cost": "cost of a day",
    "followed": "share of recommendations that are followed", "decay": "value lost a year",
    "discount": "discount a year",
}  # fmt: skip
SUMMARY = ["what", "unit", "value", "low", "high"]
TORNADO = ["what", "low_input", "high_input", "npv_low", "npv_high", "middle", "swing"]


@dataclass(frozen=True)
class Economics:
    """What the product is worth.

    Attributes
    ----------
    summary : pandas.DataFrame
        ``what, unit, value, low, high``.
    tornado : pandas.DataFrame
        ``what, low_input, high_input, npv_low, npv_high, middle, swing``: the net present value with one assumption
        at its bounds and the others in the middle; what decides most first.
    against : str
        Whose decisions the model's are compared with.
    """

    summary: pd.DataFrame
    tornado: pd.DataFrame
    against: str

    def of(self, what: str) -> pd.Series:
        """Return one row of the summary."""
        return self.summary.set_index("what").loc[what]


def study(predictions: pd.DataFrame, chosen: str, params: Params) -> Economics | None:
    """Return what the launch model is worth; None where rows do not say what launches bring.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Of validation rows, by model: ``product_id, family, kind, y, decision, margin_earned, hurdle``.
    chosen : str
    params : Params
    """
    rows = predictions[(predictions["kind"] == LAUNCH) & (predictions["model"] == chosen)].reset_index(drop=True)
    gain = value.gain(rows) if len(rows) else None
    if gain is None or rows["y"].nunique() < 2:
        return None
    panel = predictions[(predictions["kind"] == LAUNCH) & (predictions["model"] == "panel")]
    against = "the panel" if len(panel) == len(rows) else "launching all"
    other = panel["decision"].to_numpy() if len(panel) == len(rows) else np.ones(len(rows))
    extra = gain.to_numpy() * (rows["decision"].to_numpy() - other)
    rng = np.random.default_rng([params.modeling.seed, 22])
    weights = metrics.cluster_weights(rows["family"], params.feasibility.draws, rng).astype("float64")
    quarter = (extra.sum(), weights @ extra)
    return Economics(_summary(rows, gain, quarter, params, rng), tornado(quarter, params.feasibility), against)


def net_present_value(
    quarter: np.ndarray, asked: Feasibility, build_days, run_days, day_cost, followed, decay, discount
) -> np.ndarray:
    """Return what the product is worth today, in USD.

    Parameters
    ----------
    quarter : array
        What a quarter's decisions bring beyond the others', all of them followed, in USD.
    asked : insights.params.Feasibility
    build_days, run_days, day_cost, followed, decay, discount : array
        One each, or of the shape of ``quarter``.
    """
    worth = -np.asarray(build_days) * day_cost
    for number in range(1, asked.quarters + 1):
        years = number / 4
        brought = quarter * followed * (1 - decay) ** years - run_days * day_cost
        worth = worth + brought / (1 + discount) ** years
    return worth


def tornado(quarter: tuple[float, np.ndarray], asked: Feasibility) -> pd.DataFrame:
    """Return the net present value with one assumption at its bounds; the measured value has its interval."""
    middle = {name: getattr(asked, name).middle for name in DRAWN}
    ends = tuple(np.quantile(quarter[1], QUANTILES))
    rows = [["value of a quarter", *ends, *(float(net_present_value(end, asked, **middle)) for end in ends)]]
    for name, title in DRAWN.items():
        ends = getattr(asked, name).low, getattr(asked, name).high
        worth = [float(net_present_value(quarter[0], asked, **(middle | {name: end}))) for end in ends]
        rows.append([title, *ends, *worth])
    table = pd.DataFrame(rows, columns=TORNADO[:5])
    table["middle"] = float(net_present_value(quarter[0], asked, **middle))
    table["swing"] = (table["npv_high"] - table["npv_low"]).abs()
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def break_even(gain: np.ndarray, y: np.ndarray) -> float:
    """Return the share of launches that must reach their hurdle for launching to bring nothing and cost nothing.

    It rests on what those that do bring on average, and what those that do not lose.
    """
    won, lost = gain[y == 1].mean(), -gain[y == 0].mean()
    return float(np.clip(lost / (won + lost), 0, 1)) if won + lost > 0 else 1.0


def _summary(rows, gain, quarter, params, rng):
    asked = params.feasibility
    drawn = {name: _triangular(getattr(asked, name), asked.draws, rng) for name in DRAWN}
    middle = {name: getattr(asked, name).middle for name in DRAWN}
    worth = net_present_value(quarter[1], asked, **drawn)
    a_quarter = quarter[1] * drawn["followed"] - drawn["run_days"] * drawn["day_cost"]
    net = quarter[0] * middle["followed"] - middle["run_days"] * middle["day_cost"]
    built = drawn["build_days"] * drawn["day_cost"]
    with np.errstate(divide="ignore", invalid="ignore"):
        payback = np.where(a_quarter > 0, built / a_quarter * 3, np.inf)
    own = middle["build_days"] * middle["day_cost"] / net * 3 if net > 0 else np.inf
    y, called = rows["y"].to_numpy(dtype=int), rows["decision"].to_numpy(dtype=int) == 1
    hits, tries = int(y[called].sum()), int(called.sum())
    wilson = proportion_confint(hits, tries, method="wilson") if tries else (np.nan, np.nan)
    days = asked.run_days
    table = [
        ["value of a quarter beyond the others", "USD", quarter[0], *np.quantile(quarter[1], QUANTILES)],
        ["net present value", "USD", net_present_value(quarter[0], asked, **middle), *np.quantile(worth, QUANTILES)],
        ["chance that it is worth more than it costs", "share", float((worth > 0).mean()), np.nan, np.nan],
        ["payback", "months", own, *np.quantile(payback, QUANTILES, method="nearest")],
        ["break-even precision", "share", break_even(gain.to_numpy(), y), np.nan, np.nan],
        ["precision on new launches", "share", hits / tries if tries else np.nan, *wilson],
        ["cost of a week's delay", "USD", net / WEEKS, *(np.quantile(a_quarter, QUANTILES) / WEEKS)],
        ["days of people, a quarter", "days", days.middle, days.low, days.high],
    ]  # fmt: skip
    return pd.DataFrame(table, columns=SUMMARY)


def _triangular(asked, draws, rng):
    if asked.low == asked.high:
        return np.full(draws, asked.middle)
    return rng.triangular(asked.low, asked.middle, asked.high, draws)
