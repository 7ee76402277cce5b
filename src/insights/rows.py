"""Modelling rows and their outcomes: the only place that reads what came after ``as_of``.

A launch row is a product at a decision; a completion row is a learner in a product at an ``as_of`` date.
Outcomes count what was recorded before ``resolved_at``, because that is what anybody could have known then.
"""

import ibis
import pandas as pd

from insights import contract, timeline
from insights.params import Params

CATALOGUE, LAUNCH, CANDIDATE, ENROLLED = "catalogue", "launch", "candidate", "enrolled"
WAITING = "waiting"


@ibis.udf.scalar.builtin
def md5(text: str) -> str:
    """Return the MD5 of a text: an order that is as good as drawn, and alike on every engine."""


def launch_rows(params: Params, products: ibis.Table, enrollments: ibis.Table) -> pd.DataFrame:
    """Return a row per product and decision, catalogue and launch rows with their outcome.

    Parameters
    ----------
    params : Params
    products, enrollments : ibis.Table
        Cleaned tables of the window.

    Returns
    -------
    pandas.DataFrame
        ``product_id, family, kind, as_of, resolved_at, role, margin_rate, asked, hurdle, margin_earned, y``.
        ``asked`` is the margin asked for in a whole horizon, known at ``as_of``; ``hurdle`` is its part for the days
        on sale, which for a launch depends on a day that nobody knows before.
        Products that were announced at a decision and did not launch in its horizon, as known at the split, have
        ``y`` missing, kind ``waiting`` and role ``unlabelled``. Candidates, decided at the end of the window and
        without an outcome, have ``y`` missing and role ``unresolved``.

    Raises
    ------
    insights.timeline.WindowError
        If nothing is left to train or to validate on.
    """
    enrollments = contract.complete("enrollments", enrollments)
    listed = _listed(contract.complete("products", products))
    sold = _monthly_sales(enrollments)
    decisions = timeline.decision_dates(params)
    top = top_products(params, enrollments)
    labelled = pd.concat([_decided(params, listed, top, as_of) for as_of in decisions] or [_no_rows(listed)])
    rows = _with_outcome(params, labelled, listed, sold)
    rows["role"] = timeline.roles(rows, params.split, params.end)
    timeline.require_both_roles(rows, params, "launch")
    horizon = pd.DateOffset(months=params.launch.horizon_months)
    waiting = [_waiting(params, listed, day) for day in decisions if day + horizon <= params.split]
    return pd.concat([rows, *waiting, _candidates(params, listed)], ignore_index=True)


def top_products(params: Params, enrollments: ibis.Table) -> list[str]:
    """Return the best-selling products of the window by net units, as known at the split, best first."""
    known = enrollments.filter(enrollments.enrolled_at < params.split, enrollments.recorded_at < params.split)
    volume = known.group_by("product_id").agg(units=known.units.sum()).filter(ibis._.units > 0)
    best = volume.order_by(ibis.desc("units"), "product_id").limit(params.launch.top)
    return best.product_id.to_pandas().tolist()


def completion_rows(
    params: Params, products: ibis.Table, enrollments: ibis.Table, day: int | None = None, both_roles: bool = True
) -> pd.DataFrame:
    """Return a row per enrolled learner and product at its ``as_of`` date, with the outcome.

    Those who had completed or withdrawn, as known at ``as_of``, are not asked about, nor those whose course
    is over by then.

    Parameters
    ----------
    params : Params
    products, enrollments : ibis.Table
        Cleaned tables of the window.
    day : int, optional
        Days from the anchor to the ``as_of``; ``completion.day`` where not given.
    both_roles : bool
        Whether rows to train and rows to validate on must be left.

    Returns
    -------
    pandas.DataFrame
        ``enrollment_id, learner_id, product_id, family, kind, enrolled_at, as_of, resolved_at, y, day, role``.

    Raises
    ------
    insights.timeline.WindowError
        If nothing is left to train or to validate on, and both are asked for.
    """
    if day is not None:
        params = params.model_copy(update={"completion": params.completion.model_copy(update={"day": day})})
    rows = _dated(params, contract.complete("products", products), contract.complete("enrollments", enrollments))
    rows = rows.filter(
        rows.as_of - ibis.interval(days=params.completion.lookback_days) >= params.start,
        rows.recorded_at < rows.as_of,
        rows.as_of < rows.resolved_at,
        ~_known_by(rows, "withdrawn_at", "withdrawal_recorded_at", rows.as_of),
        ~_known_by(rows, "completed_at", "completion_recorded_at", rows.as_of),
    )
    completed = _known_by(rows, "completed_at", "completion_recorded_at", rows.resolved_at)
    rows = rows.mutate(y=completed.cast("float64"), kind=ibis.literal(ENROLLED))
    kept = [
        "enrollment_id", "learner_id", "product_id", "family", "kind", "enrolled_at", "as_of", "resolved_at", "y",
    ]  # fmt: skip
    frame = rows.select(*kept).order_by("as_of", "product_id", "learner_id", "enrollment_id").to_pandas()
    frame = frame.drop_duplicates(["learner_id", "product_id", "as_of"], ignore_index=True)
    frame = frame.assign(day=params.completion.day, role=timeline.roles(frame, params.split, params.end))
    if both_roles:
        timeline.require_both_roles(frame, params, "completion")
    return frame


def enrollment_rows(con: ibis.BaseBackend, params: Params, tables: dict[str, ibis.Table]) -> pd.DataFrame:
    """Return a row per registered learner at the end of a month, with whether they enroll within the horizon.

    Parameters
    ----------
    con : ibis.BaseBackend
    params : Params
    tables : dict of str to ibis.Table
        Cleaned ``learners`` and ``enrollments``.

    Returns
    -------
    pandas.DataFrame
        ``learner_id, as_of, resolved_at, y, role``; of each role at most as many as the parameters allow, drawn by a
        hash of learner and date.
    """
    horizon = pd.Timedelta(days=params.enrollment.horizon_days)
    first = pd.Timestamp(params.start) + pd.Timedelta(days=params.enrollment.lookback_days)
    dates = pd.date_range(first.normalize(), params.end, freq="MS")
    asked = pd.DataFrame({"as_of": dates.as_unit("us"), "resolved_at": (dates + horizon).as_unit("us")})
    asked["role"] = timeline.roles(asked, params.split, params.end)
    limits = _limits(params)
    parts = [_asked(con, tables, part, limits[role]) for role, part in asked.groupby("role") if role in limits]
    drawn = pd.concat(parts, ignore_index=True) if parts else asked.head(0).assign(learner_id="", y=0.0)
    return drawn.sort_values(["as_of", "learner_id"], ignore_index=True)


def candidate_rows(params: Params, products: ibis.Table) -> pd.DataFrame:
    """Return a row per product that is announced and not launched, decided at the end of the window, no outcome."""
    return _candidates(params, _listed(contract.complete("products", products)))


def sample(params: Params, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows sampled down to the parameters' limits, the same share of every stretch of time."""
    limits = _limits(params)
    drawn = [timeline.evenly(part, limits[role]) for role, part in rows.groupby("role") if role in limits]
    return pd.concat(drawn).sort_values(["as_of", "product_id", "learner_id"], ignore_index=True)


def _asked(con, tables, dates, most):
    learners = tables["learners"].select("learner_id", "registered_at", known="recorded_at")
    moments = con.create_table(ibis.util.gen_name("dates"), obj=dates, temp=True)
    pairs = learners.cross_join(moments)
    pairs = pairs.filter(pairs.registered_at < pairs.as_of, pairs.known < pairs.as_of)
    drawn = pairs.order_by(md5(pairs.learner_id + pairs.as_of.cast("string"))).limit(most)
    drawn = con.create_table(
        ibis.util.gen_name("asked"), obj=drawn.select("learner_id", "as_of", "resolved_at", "role"), temp=True
    )
    sales = contract.complete("enrollments", tables["enrollments"])
    sales = sales.filter(sales.units > 0).select("learner_id", "enrolled_at", sold="recorded_at")
    met = drawn.inner_join(sales, "learner_id")
    inside = (met.enrolled_at >= met.as_of) & (met.enrolled_at < met.resolved_at) & (met.sold < met.resolved_at)
    bought = met.filter(inside).select("learner_id", "as_of").distinct().mutate(y=ibis.literal(1.0))
    both = drawn.left_join(bought, ["learner_id", "as_of"])
    return both.select("learner_id", "as_of", "resolved_at", "role", y=both.y.fill_null(0.0)).to_pandas()


def _limits(params):
    return {timeline.TRAIN: params.modeling.max_training_rows, timeline.VALIDATE: params.modeling.max_validation_rows}


def _no_rows(listed):
    return listed.head(0).assign(kind="", as_of=pd.NaT)[["product_id", "family", "kind", "as_of", "launched_at"]]


def _decided(params, listed, top, as_of):
    horizon_end = as_of + pd.DateOffset(months=params.launch.horizon_months)
    known = listed[listed["recorded_at"] < as_of]
    on_sale = known[(known["launched_at"] < as_of) & known["product_id"].isin(top)]
    launching = known[(known["launched_at"] >= as_of) & (known["launched_at"] < horizon_end)]
    both = pd.concat([on_sale.assign(kind=CATALOGUE), launching.assign(kind=LAUNCH)])
    return both.assign(as_of=as_of)[_KEPT]


def _waiting(params, listed, as_of):
    resolved_at = as_of + pd.DateOffset(months=params.launch.horizon_months)
    later = listed["launched_at"].isna() | (listed["launched_at"] >= resolved_at)
    announced = listed[later & (listed["recorded_at"] < as_of) & listed["monthly_hurdle"].notna()]
    return _not_on_sale(params, announced, WAITING, as_of, resolved_at, timeline.UNLABELLED)


def _candidates(params, listed):
    waiting = listed[listed["launched_at"].isna() & (listed["recorded_at"] < params.end)]
    return _not_on_sale(params, waiting, CANDIDATE, pd.Timestamp(params.end), pd.NaT, timeline.UNRESOLVED)


def _not_on_sale(params, listed, kind, as_of, resolved_at, role):
    asked = listed["monthly_hurdle"] * params.launch.horizon_months
    return listed[["product_id", "family", "margin_rate"]].assign(
        kind=kind, as_of=as_of, resolved_at=resolved_at, role=role, asked=asked, hurdle=asked
    )


def _monthly_sales(enrollments):
    e = enrollments.mutate(month=enrollments.enrolled_at.truncate("M"), known=enrollments.recorded_at.truncate("M"))
    sums = e.group_by("product_id", "month", "known").agg(amount=e.amount.sum(), units=e.units.sum())
    frame = sums.order_by("product_id", "month", "known").to_pandas()  # summed in this order, to the last digit
    return frame.assign(amount=frame["amount"].astype("float64"))


def _with_outcome(params, rows, listed, sold):
    rows = rows.reset_index(drop=True)
    rows["resolved_at"] = rows["as_of"] + pd.DateOffset(months=params.launch.horizon_months)
    earned = _earned(rows, sold, rows["as_of"], rows["resolved_at"])
    rows["margin_earned"] = earned * rows["margin_rate"]
    by_plan = params.launch.hurdle == "plan"
    rows["asked"] = _plan(params, rows, listed) if by_plan else _past(params, rows, sold)
    rows["hurdle"] = rows["asked"] * (_share_on_sale(rows) if by_plan else 1.0)
    rows = rows[rows["hurdle"].notna()]
    rows = rows.assign(y=(rows["margin_earned"] >= rows["hurdle"]).astype("float64"))
    return rows.drop(columns="launched_at").reset_index(drop=True)


def _listed(products):
    listed = products.select(*_PLANNED).order_by("product_id").to_pandas()
    numbers = listed.astype({"margin": "float64", "monthly_hurdle": "float64"})
    return numbers.assign(margin_rate=numbers["margin"].fillna(1.0))


_PLANNED = ["product_id", "family", "launched_at", "recorded_at", "margin", "monthly_hurdle"]
_KEPT = ["product_id", "family", "kind", "as_of", "launched_at", "margin_rate"]


def _earned(rows, sold, since, until):
    asked = pd.DataFrame({"product_id": rows["product_id"], "since": since, "until": until, "row": rows.index})
    pairs = asked.merge(sold, on="product_id")
    counted = pairs[(pairs["month"] >= pairs["since"]) & (pairs["month"] < pairs["until"])]
    counted = counted[counted["known"] < counted["until"]]
    return counted.groupby("row")["amount"].sum().reindex(rows.index, fill_value=0.0)


def _plan(params, rows, listed):
    monthly = rows["product_id"].map(listed.set_index("product_id")["monthly_hurdle"])
    return monthly * params.launch.horizon_months


def _share_on_sale(rows):
    horizon = (rows["resolved_at"] - rows["as_of"]).dt.total_seconds()
    on_sale = (rows["resolved_at"] - rows[["as_of", "launched_at"]].max(axis=1)).dt.total_seconds()
    return on_sale / horizon


def _past(params, rows, sold):
    since = rows["as_of"] - pd.DateOffset(months=params.launch.lookback_months)
    mean = _earned(rows, sold, since, rows["as_of"]) / params.launch.lookback_months
    return mean.where(mean > 0) * params.launch.horizon_months


def _dated(params, products, enrollments):
    bought = enrollments.filter(enrollments.learner_id.notnull(), enrollments.units > 0)
    joined = bought.inner_join(products.select("product_id", "family", "launched_at", "ends_at"), "product_id")
    anchors = {"enrollment": joined.enrolled_at.truncate("D"), "course_start": joined.launched_at}
    dated = joined.mutate(as_of=anchors[params.completion.anchor] + ibis.interval(days=params.completion.day))
    days = params.completion.horizon_days
    if days is not None:
        return dated.mutate(resolved_at=dated.as_of + ibis.interval(days=days))
    return dated.filter(dated.ends_at.notnull()).mutate(resolved_at=dated.ends_at + ibis.interval(days=1))


def _known_by(rows, value, recorded, instant):
    return (rows[value] < instant).fill_null(False) & (rows[recorded] < instant).fill_null(False)
