"""Features of a registered learner at the end of a month: what goes before an enrollment."""

import ibis
import pandas as pd
from ibis import _

from insights import asof
from insights.features import completion
from insights.features.days import days_seen
from insights.features.launch import PRE_LAUNCH_PAGES
from insights.features.registry import JOURNEY, Past, compute, enter, family
from insights.params import Params

MODEL = "enrollment"
KEYS = ["learner_id", "as_of"]
MONTH = ibis.interval(days=28)
SHARED = ("email", "events", "history", "person", "newsletters")  # families that do not depend on a course


def enrollment_features(
    con: ibis.BaseBackend, tables: dict[str, ibis.Table], rows: pd.DataFrame, params: Params
) -> pd.DataFrame:
    """Return the enrollment rows with a column per feature.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Cleaned tables by name; those the source lacks are absent.
    rows : pandas.DataFrame
        From :func:`insights.rows.enrollment_rows`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        The rows, then features as float64; missing where nothing is known.
    """
    moments = {"learner_id": asof.moments(con, rows, "learner_id")}
    past = Past(tables, moments, ibis.interval(days=params.enrollment.lookback_days), params.compute)
    return pd.concat([rows.reset_index(drop=True), compute(MODEL, past, rows, KEYS)], axis=1)


@family(
    MODEL, "visits", view=JOURNEY, sources=["page_views"],
    features={
        "views_last_week": ("views of any page in the last 7 days", "views"),
        "views_last_month": ("views of any page in the last 28 days", "views"),
        "views_lookback": ("views of any page in the look-back", "views"),
        "days_last_month": ("days with any page view in the last 28 days", "days seen"),
        "days_since_visit": ("days since the last page view", "days"),
        "product_views_last_week": ("views of products' pages in the last 7 days", "views"),
        "product_views_last_month": ("views of products' pages in the last 28 days", "views"),
        "launch_views_last_month": ("views of announcements and waiting lists in the last 28 days", "views"),
        "products_seen": ("different products looked at in the last 28 days", "products"),
    },
)  # fmt: skip
def visits(past: Past) -> ibis.Table:
    """Describe the learner's visits over several look-backs, and what they looked at."""
    v = past.events("page_views")
    week, month = v.viewed_at >= v.as_of - completion.WEEK, v.viewed_at >= v.as_of - MONTH
    offered = v.page_type == "product"
    seen = v.group_by(*KEYS).agg(
        views_last_week=v.views.sum(where=week).fill_null(0),
        views_last_month=v.views.sum(where=month).fill_null(0),
        views_lookback=v.views.sum(),
        days_last_month=days_seen(v.viewed_at, v.as_of, 28),
        product_views_last_week=v.views.sum(where=week & offered).fill_null(0),
        product_views_last_month=v.views.sum(where=month & offered).fill_null(0),
        launch_views_last_month=v.views.sum(where=month & v.page_type.isin(PRE_LAUNCH_PAGES)).fill_null(0),
        products_seen=v.product_id.nunique(where=month & offered),
        last=v.viewed_at.max(),
    )
    return seen.mutate(days_since_visit=(_.as_of.epoch_seconds() - _["last"].epoch_seconds()) / 86_400)


for _name in SHARED:
    enter(MODEL, completion.MODEL, _name)
