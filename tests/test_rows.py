"""Launch rows and their outcomes: micro-timelines of a few products, worked out by hand."""

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micro import table, window

from insights import rows
from insights.timeline import PURGED, TRAIN, UNLABELLED, UNRESOLVED, VALIDATE, WindowError

PLANS = ["launched_at", "margin", "monthly_hurdle", "ends_at"]
SALES = ["units", "amount"]


def product(name, launched_at, hurdle=100, margin=0.5, **more):
    """A product announced at new year, with a monthly hurdle and a margin."""
    return {
        "product_id": name, "family": f"family of {name}", "title": name, "announced_at": "2025-01-01",
        "launched_at": launched_at, "monthly_hurdle": hurdle, "margin": margin,
    } | more  # fmt: skip


def sale(product_id, enrolled_at, amount=200, units=1, **more):
    """A sale to nobody in particular."""
    return {
        "enrollment_id": f"{product_id} {enrolled_at}", "product_id": product_id, "enrolled_at": enrolled_at,
        "amount": amount, "units": units, "learner_id": None,
    } | more  # fmt: skip


PRODUCTS = [
    product("ALWAYS", "2025-01-10"),
    product("NEVER", "2025-01-10"),
    product("MIDMONTH", "2025-06-16"),
    product("CANDIDATE", None, hurdle=300, margin=0.4),
]
MONTHS = [f"2025-{month:02d}-05" for month in range(1, 13)]
STEADY = [sale("ALWAYS", day) for day in MONTHS] + [sale("NEVER", day, amount=10) for day in MONTHS]


def built(products=PRODUCTS, sales=STEADY, **changes):
    """Return the launch rows of some products and sales."""
    con = ibis.duckdb.connect()
    parameters = window(**changes)
    return rows.launch_rows(
        parameters, table(con, "products", products, PLANS), table(con, "enrollments", sales, SALES)
    )


def row(frame, product_id, as_of):
    """Return the one row of a product at a decision."""
    found = frame[(frame["product_id"] == product_id) & (frame["as_of"] == as_of)]
    assert len(found) == 1
    return found.iloc[0]


def test_a_catalogue_row_is_1_where_the_margin_of_its_month_reaches_the_hurdle_and_else_0():
    frame = built()
    good, bad = row(frame, "ALWAYS", "2025-05-01"), row(frame, "NEVER", "2025-05-01")
    assert (good["margin_earned"], good["hurdle"], good["y"]) == (100.0, 100.0, 1.0)
    assert (bad["margin_earned"], bad["hurdle"], bad["y"]) == (5.0, 100.0, 0.0)
    assert {good["kind"], bad["kind"]} == {rows.CATALOGUE}


def test_a_cent_below_the_hurdle_is_0():
    sales = [s | {"amount": 199.98} if s["enrolled_at"] == "2025-05-05" else s for s in STEADY]
    assert row(built(sales=sales), "ALWAYS", "2025-05-01")["y"] == 0.0


def test_a_product_without_a_margin_is_judged_by_its_whole_amount():
    products = [product("ALWAYS", "2025-01-10", margin=None), *PRODUCTS[1:]]
    assert row(built(products), "ALWAYS", "2025-05-01")["margin_earned"] == 200.0


def test_each_month_start_with_full_lookback_and_horizon_is_a_decision():
    always = built().query("product_id == 'ALWAYS'")
    assert always["as_of"].dt.strftime("%Y-%m").tolist() == [f"2025-{m:02d}" for m in range(4, 13)]
    assert always["role"].tolist() == [TRAIN] * 6 + [VALIDATE] * 3


def test_a_row_resolves_a_horizon_after_its_decision_and_is_purged_where_that_crosses_the_split():
    frame = built(launch={"horizon_months": 2}).query("product_id == 'ALWAYS'").set_index("as_of")
    assert frame.loc["2025-09-01", "resolved_at"] == pd.Timestamp("2025-11-01")
    assert frame.loc["2025-08-01":"2025-10-01", "role"].tolist() == [TRAIN, PURGED, VALIDATE]
    assert frame.loc["2025-08-01", "margin_earned"] == 200.0


def test_the_hurdle_of_a_launch_in_mid_month_is_prorated_to_its_days_on_sale():
    launched = row(built(), "MIDMONTH", "2025-06-01")
    assert launched["kind"] == rows.LAUNCH
    assert launched["hurdle"] == pytest.approx(100 * 15 / 30)
    assert launched["asked"] == 100.0


def test_a_launch_at_the_instant_of_the_decision_is_a_launch_row_with_the_whole_hurdle():
    frame = built([*PRODUCTS, product("PUNCTUAL", "2025-06-01")])
    launched = row(frame, "PUNCTUAL", "2025-06-01")
    assert (launched["kind"], launched["hurdle"]) == (rows.LAUNCH, 100.0)


def test_a_product_is_a_launch_row_once_and_a_catalogue_row_afterwards():
    sales = [*STEADY, *[sale("MIDMONTH", f"2025-{m:02d}-20") for m in range(6, 10)]]
    own = built(sales=sales).query("product_id == 'MIDMONTH' and y.notna()")
    assert own["kind"].tolist() == [rows.LAUNCH] + [rows.CATALOGUE] * 6
    assert own["as_of"].min() == pd.Timestamp("2025-06-01")


def test_a_product_that_nobody_knew_of_at_the_decision_has_no_launch_row():
    late = [product("MIDMONTH", "2025-06-16", recorded_at="2025-06-01") if p["product_id"] == "MIDMONTH" else p
            for p in PRODUCTS]  # fmt: skip
    assert "MIDMONTH" not in built(late)["product_id"].tolist()


@pytest.mark.parametrize(("recorded_at", "earned"), [("2025-05-31 23:59:59.999999", 100.0), ("2025-06-01", 0.0)])
def test_a_sale_recorded_after_the_horizon_is_not_in_the_outcome(recorded_at, earned):
    sales = [s for s in STEADY if s["enrolled_at"] != "2025-05-05"]
    sales.append(sale("ALWAYS", "2025-05-05", recorded_at=recorded_at))
    assert row(built(sales=sales), "ALWAYS", "2025-05-01")["margin_earned"] == earned


def test_a_refund_within_the_horizon_is_taken_off():
    refund = sale("ALWAYS", "2025-05-20", amount=-80, units=-1)
    assert row(built(sales=[*STEADY, refund]), "ALWAYS", "2025-05-01")["margin_earned"] == 60.0


@pytest.mark.parametrize(("day", "month"), [("2025-05-31 23:59:59.999999", 5), ("2025-06-01", 6)])
def test_the_boundary_instant_of_a_sale_belongs_to_the_later_month(day, month):
    without = built()
    extra = built(sales=[*STEADY, sale("NEVER", day, amount=1_000)])
    grown = (extra["margin_earned"] - without["margin_earned"]) == 500.0
    assert extra.loc[grown, "as_of"].tolist() == [pd.Timestamp(2025, month, 1)]


def test_a_candidate_has_no_outcome_and_is_asked_about_at_the_end_with_its_whole_hurdle():
    asked = row(built(), "CANDIDATE", "2026-01-01")
    assert (asked["kind"], asked["role"], asked["hurdle"]) == (rows.CANDIDATE, UNRESOLVED, 300.0)
    assert pd.isna(asked["y"])


def test_a_candidate_that_became_known_after_the_window_is_not_in_it():
    late = product("LATER", None, recorded_at="2026-01-01")
    assert "LATER" not in built([*PRODUCTS, late])["product_id"].tolist()


def test_a_product_waits_at_each_decision_before_its_launch_whose_horizon_was_over_at_the_split():
    waiting = built().query("kind == 'waiting'")
    months = waiting.groupby("product_id")["as_of"].apply(lambda at: at.dt.month.tolist())
    assert months.to_dict() == {"CANDIDATE": [4, 5, 6, 7, 8, 9], "MIDMONTH": [4, 5]}
    assert waiting["y"].isna().all() and set(waiting["role"]) == {UNLABELLED}
    assert (waiting["resolved_at"] <= window().split).all()
    assert set(waiting.loc[waiting["product_id"] == "CANDIDATE", "asked"]) == {300.0}


def test_a_product_that_nobody_knew_of_at_the_decision_does_not_wait_there():
    late = product("LATER", None, recorded_at="2025-06-01")
    waiting = built([*PRODUCTS, late]).query("kind == 'waiting' and product_id == 'LATER'")
    assert waiting["as_of"].dt.month.tolist() == [7, 8, 9]


def test_a_past_hurdle_is_the_mean_of_the_lookback_as_known_at_the_decision():
    amounts = {"2025-02-05": 30, "2025-03-05": 60, "2025-04-05": 90, "2025-05-05": 61}
    sales = [sale("ALWAYS", day, amount=amount) for day, amount in amounts.items()]
    sales.append(sale("ALWAYS", "2025-04-06", amount=900, recorded_at="2025-05-01"))
    sales += [sale("NEVER", day, amount=500 - 40 * i) for i, day in enumerate(MONTHS)]
    sales += [sale("ALWAYS", "2025-09-05"), sale("ALWAYS", "2025-10-05", amount=300)]
    asked = row(built(sales=sales, launch={"hurdle": "past"}), "ALWAYS", "2025-05-01")
    assert asked["hurdle"] == pytest.approx(60.0)
    assert asked["margin_earned"] == pytest.approx(61 * 0.5)


def test_a_product_without_a_past_has_no_row_under_a_past_hurdle():
    falling = [sale("NEVER", day, amount=500 - 40 * i) for i, day in enumerate(MONTHS)]
    growing = [sale("ALWAYS", day, amount=100 * 3**i) for i, day in enumerate(MONTHS)]
    frame = built(sales=falling + growing, launch={"hurdle": "past"})
    assert set(frame.loc[frame["y"].notna(), "product_id"]) == {"ALWAYS", "NEVER"}


def top(sales, **launch):
    """Return the best-selling products of some sales."""
    con = ibis.duckdb.connect()
    return rows.top_products(window(launch=launch), table(con, "enrollments", sales, SALES))


def test_top_products_are_those_with_most_net_units_best_first():
    sales = [sale("A", "2025-02-01", units=5), sale("B", "2025-02-01", units=9), sale("B", "2025-03-01", units=-6),
             sale("C", "2025-02-01", units=4)]  # fmt: skip
    assert top(sales) == ["A", "C", "B"]
    assert top(sales, top=2) == ["A", "C"]


def test_top_products_are_those_known_at_the_split():
    sales = [sale("A", "2025-02-01"), sale("LATE", "2025-10-01", units=99),
             sale("UNKNOWN", "2025-09-30", units=99, recorded_at="2025-10-01")]  # fmt: skip
    assert top(sales) == ["A"]


def test_products_that_were_only_returned_are_not_among_the_top_and_ties_go_by_name():
    sales = [sale("B", "2025-02-01"), sale("A", "2025-02-01"), sale("R", "2025-02-01", units=-2),
             sale("Z", "2025-02-01"), sale("Z", "2025-03-01", units=-1)]  # fmt: skip
    assert top(sales) == ["A", "B"]


def test_a_catalogue_row_is_one_of_the_top_products_and_others_are_left_out():
    refunds = [sale("ALWAYS", f"2025-{month}-06", amount=-200, units=0) for month in ("06", "11")]
    frame = built(launch={"top": 1}, sales=[*STEADY, *refunds])
    assert set(frame.loc[frame["kind"] == rows.CATALOGUE, "product_id"]) == {"ALWAYS"}


def test_a_window_with_one_outcome_only_is_refused():
    with pytest.raises(WindowError, match="holding 1 of 2 outcomes"):
        built([PRODUCTS[1]], sales=STEADY)


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(len(STEADY))))
def test_launch_rows_do_not_depend_on_the_order_of_records(order):
    pd.testing.assert_frame_equal(built(sales=[STEADY[i] for i in order]), built())


def test_what_was_earned_is_the_same_to_the_last_digit_in_whatever_order_sales_come():
    falling = [sale("NEVER", day, amount=round(500.1 - 40.7 * i, 2)) for i, day in enumerate(MONTHS)]
    growing = [sale("ALWAYS", day, amount=round(100.1 * 3**i, 2)) for i, day in enumerate(MONTHS)]
    sales = falling + growing
    one, other = (built(sales=listed, launch={"hurdle": "past"}) for listed in (sales, sales[::-1]))
    assert (one["asked"] > 0).any()
    pd.testing.assert_frame_equal(one, other, check_exact=True)
