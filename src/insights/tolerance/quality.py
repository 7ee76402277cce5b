"""Quality of inputs: how much of each disturbance the records of a month show, in the unit of its level.

Each measure gives a number for every month of the window. Where only a change can be seen (fewer records, longer
delays) a month is set against the median of the others; what can be seen by itself (a share without a value) is taken
as it is. Months differ by themselves: how far they usually do is the limit of control (Shewhart 1931), three standard
deviations, here by the median of absolute deviations.
"""

from collections.abc import Callable, Mapping

import ibis
import numpy as np
import pandas as pd
from ibis import _

from insights import contract

Tables = Mapping[str, ibis.Table]
Measure = Callable[[Tables], pd.Series]
GLANCE = 2  # seconds, within which no person reads a page
LUKEWARM = 3  # of the scale of intent, 1 to 5
SIGMAS, TO_SD = 3.0, 1.4826


def control(months: pd.Series) -> float:
    """Return the level that a month hardly exceeds by itself, from those of the months before; 0 or more."""
    known = months.dropna()
    middle = known.median()
    return max(float(middle + SIGMAS * TO_SD * (known - middle).abs().median()), 0.0) if len(known) else np.nan


def fewer(name: str) -> Measure:
    """Return a measure of the share of a month's records that is missing against other months."""

    def measure(tables):
        return _missing(_counted(tables[name], name))

    return measure


def silent(network: str) -> Measure:
    """Return a measure of the share of a month's posts on a network that is missing against other months."""

    def measure(tables):
        posts = tables["social_posts"].filter(_.network == network)
        return _missing(_counted(posts, "social_posts"))

    return measure


def repeated(name: str) -> Measure:
    """Return a measure of the share of a month's records that are another one's exact repetition."""

    def measure(tables):
        table = tables[name]
        known = list(contract.entry(name).key) or [c for c in table.columns if c != "recorded_at"]
        month = table[contract.entry(name).happened].truncate("M")
        same = table.group_by(*known, month=month).agg(n=_.count())
        by = same.group_by("month").agg(records=_.n.sum(), distinct=_.count()).order_by("month").to_pandas()
        return _by_month(by, (by["records"] / by["distinct"]) - 1)

    return measure


def delay(name: str) -> Measure:
    """Return a measure of how many days later than in other months records arrive, in the median."""

    def measure(tables):
        return _later(tables[name], contract.entry(name).happened, 86_400)

    return measure


def skew(tables: Tables) -> pd.Series:
    """Return how many hours more than in other months lie between a page view and its recording, in the median."""
    return _later(tables["page_views"], "viewed_at", 3_600)


def glances(tables: Tables) -> pd.Series:
    """Return how many more views than in other months were shorter than any person's, for each that was not."""
    views = tables["page_views"]
    if "seconds" not in views.columns:
        return pd.Series(dtype="float64")
    by = views.group_by(month=views.viewed_at.truncate("M")).agg(
        short=(_.seconds <= GLANCE).fill_null(False).cast("int64").sum(), every=_.count()
    )
    by = by.order_by("month").to_pandas()
    return _against_others(_by_month(by, by["short"] / (by["every"] - by["short"])))


def misled(tables: Tables) -> pd.Series:
    """Return by what share visits order products less as sales do than in other months (rank correlation)."""
    views, sales = (
        tables[name]
        .filter(_.product_id.notnull())
        .group_by("product_id", month=tables[name][contract.entry(name).happened].truncate("M"))
        .agg(**{name: _.count()})
        for name in ("page_views", "enrollments")
    )
    both = views.inner_join(sales, ["product_id", "month"]).order_by("month", "product_id").to_pandas()
    alike = {month: _same_order(part) for month, part in both.groupby("month")}
    return 1 - _over_others(pd.Series(alike, dtype="float64"))


def machines(event: str) -> Measure:
    """Return a measure of how many more opens, or clicks, a delivered e-mail got than in other months."""

    def measure(tables):
        mails = tables["email_events"]
        made = (mails.event == event) & (mails.human_probability >= 0.5)
        by = mails.group_by(month=mails.happened_at.truncate("M")).agg(
            made=made.cast("int64").sum(), delivered=(mails.event == "delivered").cast("int64").sum()
        )
        by = by.order_by("month").to_pandas()
        return _against_others(_by_month(by, by["made"] / by["delivered"].where(by["delivered"] > 0)))

    return measure


def keen(tables: Tables) -> pd.Series:
    """Return what share of lukewarm answers is missing, by their odds against those of other months."""
    answers = tables["survey_responses"]
    cool = (answers.intent <= LUKEWARM).cast("int64")
    by = answers.group_by(month=answers.answered_at.truncate("M")).agg(cool=cool.sum(), every=_.count())
    by = by.order_by("month").to_pandas()
    warm = by["every"] - by["cool"]
    return 1 - _over_others(_by_month(by, by["cool"] / warm.where(warm > 0)))


def empty(name: str, column: str) -> Measure:
    """Return a measure of the share of things known in a month whose value is missing."""

    def measure(tables):
        table = tables[name]
        if column not in table.columns:
            return pd.Series(dtype="float64")
        lacking = table[column].isnull().cast("int64")
        by = table.group_by(month=table.recorded_at.truncate("M")).agg(lacking=lacking.sum(), every=_.count())
        by = by.order_by("month").to_pandas()
        return _by_month(by, by["lacking"].cumsum() / by["every"].cumsum())

    return measure


def repriced(tables: Tables) -> pd.Series:
    """Return how far list prices lie above what was paid for half of the products, were the others as listed."""
    prices = tables["products"].filter(_.price > 0).select("product_id", price=_.price.cast("float64"))
    sales = tables["enrollments"].filter(_.amount > 0)
    paid = sales.group_by("product_id", month=sales.enrolled_at.truncate("M")).agg(
        paid=_.amount.cast("float64").max()
    )
    both = paid.inner_join(prices, "product_id").order_by("month", "product_id").to_pandas()
    above = both.assign(above=both["price"] / both["paid"] - 1).groupby("month")["above"].mean()
    return 2 * pd.Series(above, dtype="float64")


def _same_order(counts):
    """Return the rank correlation of views and sales over products; nan where one is the same of all."""
    if any(len(set(counts[name])) < 2 for name in ("page_views", "enrollments")):
        return np.nan
    return counts["page_views"].corr(counts["enrollments"], method="spearman")


def _counted(table, name):
    by = table.group_by(month=table[contract.entry(name).happened].truncate("M")).agg(n=_.count())
    by = by.order_by("month").to_pandas()
    return _by_month(by, by["n"])


def _missing(counts):
    """Return the share of each month's records that is missing against other months; where there are none, all."""
    if counts.empty:
        return counts
    months = pd.date_range(counts.index.min(), counts.index.max(), freq="MS")
    return 1 - _over_others(counts.reindex(months, fill_value=0.0))


def _later(table, happened, unit):
    took = (table.recorded_at.epoch_seconds() - table[happened].epoch_seconds()) / unit
    by = table.group_by(month=table.recorded_at.truncate("M")).agg(took=took.median())
    by = by.order_by("month").to_pandas()
    return _against_others(_by_month(by, by["took"]))


def _by_month(table, values):
    return pd.Series(values.to_numpy(dtype="float64"), index=pd.DatetimeIndex(table["month"]))


def _against_others(months):
    """Return each month's value minus the median of the others."""
    return pd.Series({month: value - months.drop(month).median() for month, value in months.items()}, dtype="float64")


def _over_others(months):
    """Return each month's value over the median of the others."""
    return pd.Series(
        {
            month: value / other if (other := months.drop(month).median()) > 0 else np.nan
            for month, value in months.items()
        },
        dtype="float64",
    )
