"""Cleaning: each rule by hand, books that balance, and a second cleaning that finds nothing to do."""

import ibis
import pandas as pd
import pytest
from collecting import make_project, write_window
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights import cleaning, contract, paths, store, warehouse
from insights.cleaning import KEPT, RULE, CleaningError
from insights.cleaning.flagged import Flagged

DAY = pd.Timedelta(days=1)
NOON = pd.Timestamp("2025-05-01 12:00")


@pytest.fixture
def project(tmp_path, monkeypatch):
    make_project(tmp_path, monkeypatch)
    write_window(tmp_path, "test", cleaning={"max_loss": 1.0})
    return tmp_path


def table(con, name, *rows):
    """Return a table of the contract with some rows, in the columns that the first of them has."""
    schema = contract.schema(name, list(rows[0]))
    return con.create_table(ibis.util.gen_name(name), schema=schema, obj=pd.DataFrame(list(rows)) if rows else None)


def product(number=1, **changes):
    row = {
        "product_id": f"P{number}", "family": f"F{number}", "title": "A course", "announced_at": NOON - 90 * DAY,
        "recorded_at": NOON - 89 * DAY, "launched_at": NOON - 60 * DAY, "margin": 0.5,
    }  # fmt: skip
    return row | changes


def learner(number=1, **changes):
    at = NOON - 200 * DAY
    return {"learner_id": f"L{number}", "registered_at": at, "recorded_at": at} | changes


def sale(number=1, **changes):
    row = {
        "enrollment_id": f"N{number}", "learner_id": "L1", "product_id": "P1", "enrolled_at": NOON,
        "recorded_at": NOON, "units": 1, "completed_at": pd.NaT, "completion_recorded_at": pd.NaT,
    }  # fmt: skip
    return row | changes


def view(**changes):
    return {"learner_id": "L1", "viewed_at": NOON, "recorded_at": NOON, "page_type": "home", "views": 1} | changes


def flagged(con, tables, name):
    """Return a table with the rule that takes each row."""
    return Flagged(con, tables)[name]


def taken(name, *rows, **others):
    """Return, for each row of a table, the rule that takes it, in the order of the rows."""
    con = ibis.duckdb.connect()
    present = {"products": [product()], "learners": [learner()]} | others | {name: list(rows)}
    tables = {key: table(con, key, *value) for key, value in present.items()}
    found = flagged(con, tables, name).to_pandas()
    key = list(contract.TABLES[name].key) or list(rows[0])
    order = [*key, "recorded_at", RULE]  # of rows that are the same in all the kept one comes first
    return found.sort_values(order, ascending=[column != RULE for column in order])[RULE].tolist()


def test_a_sound_record_is_kept():
    assert taken("enrollments", sale(1), sale(2)) == [KEPT, KEPT]


def test_of_two_records_with_one_key_the_first_known_is_kept():
    late = sale(1, recorded_at=NOON + DAY, units=5)
    assert taken("enrollments", late, sale(1)) == [KEPT, "duplicate"]
    assert taken("enrollments", sale(1), late) == [KEPT, "duplicate"]


def test_of_two_records_known_at_once_the_same_is_kept_in_whatever_order_they_come():
    two = [sale(1, units=5), sale(1, units=2)]
    kept = []
    for rows in (two, two[::-1]):
        con = ibis.duckdb.connect()
        found = flagged(con, {"enrollments": table(con, "enrollments", *rows)}, "enrollments").to_pandas()
        kept.append(found.loc[found[RULE] == KEPT, "units"].tolist())
    assert kept == [[2], [2]]


def test_the_same_page_view_delivered_twice_counts_once():
    again = view(recorded_at=NOON + DAY)
    assert taken("page_views", view(), again, view(), view(page_type="blog")) == [
        KEPT,
        KEPT,
        "duplicate",
        "duplicate",
    ]


def test_anonymous_views_alike_in_every_column_are_duplicates_too():
    assert sorted(taken("page_views", view(learner_id=None), view(learner_id=None))) == ["duplicate", KEPT]


def test_a_record_known_before_it_happened_is_set_aside_and_one_known_at_once_is_not():
    early = sale(1, recorded_at=NOON - pd.Timedelta(microseconds=1))
    assert taken("enrollments", early, sale(2)) == ["recorded before it happened", KEPT]


@pytest.mark.parametrize(
    ("margin", "rule"), [(0.0, KEPT), (1.0, KEPT), (None, KEPT), (1.01, "out of range"), (-0.01, "out of range")]
)
def test_a_value_outside_the_contract_s_range_is_set_aside(margin, rule):
    assert taken("products", product(1, margin=margin)) == [rule]


@pytest.mark.parametrize(("kind", "rule"), [("home", KEPT), ("hoem", "out of range")])
def test_a_value_outside_the_contract_s_list_is_set_aside(kind, rule):
    assert taken("page_views", view(page_type=kind)) == [rule]


@pytest.mark.parametrize(("days", "kept"), [(-1, False), (0, True), (30, True), (None, True)])
def test_a_completion_before_the_sale_is_blanked_and_the_sale_is_kept(days, kept):
    """To set the sale aside for what became known months later would change what was known before."""
    done = pd.NaT if days is None else NOON + days * DAY
    con = ibis.duckdb.connect()
    sold = table(con, "enrollments", sale(1, completed_at=done, completion_recorded_at=NOON + 200 * DAY))
    found = flagged(con, {"enrollments": sold}, "enrollments").to_pandas().iloc[0]
    assert found[RULE] == KEPT
    expected = [done, NOON + 200 * DAY] if kept else [pd.NaT, pd.NaT]
    for value, wanted in zip(found[["completed_at", "completion_recorded_at"]], expected, strict=True):
        assert value == wanted or (pd.isna(value) and pd.isna(wanted))
    tables = Flagged(con, {"enrollments": sold})
    assert tables["enrollments"].count().execute() == 1
    assert {r.name: n for r, n in tables.changed("enrollments").items()} == {"impossible order": int(not kept)}


def test_a_product_may_be_launched_before_it_was_announced():
    assert taken("products", product(1, launched_at=NOON - 100 * DAY)) == [KEPT]


def test_a_sale_of_an_unknown_product_or_to_an_unknown_person_is_set_aside():
    rows = sale(1, product_id="P9"), sale(2, learner_id="L9"), sale(3, learner_id=None)
    assert taken("enrollments", *rows) == ["unknown product", "unknown learner", KEPT]


def test_a_product_without_a_name_makes_no_other_known_and_is_set_aside():
    con = ibis.duckdb.connect()
    rows = pd.DataFrame([product(1), product(2, product_id=None)])
    products = con.create_table("products", schema=contract.schema("products", list(rows)), obj=rows)
    found = flagged(con, {"products": products}, "products").to_pandas()
    assert found.sort_values("product_id")[RULE].tolist() == [KEPT, "missing value"]
    sales = table(con, "enrollments", sale(1, product_id="GHOST"))
    asked = flagged(con, {"products": products, "enrollments": sales}, "enrollments").to_pandas()
    assert asked[RULE].tolist() == ["unknown product"]


def test_a_source_without_people_or_products_knows_all_of_them():
    con = ibis.duckdb.connect()
    alone = {"enrollments": table(con, "enrollments", sale(1, product_id="P9", learner_id="L9"))}
    assert flagged(con, alone, "enrollments").to_pandas()[RULE].tolist() == [KEPT]


def test_a_record_broken_twice_is_counted_under_the_first_rule():
    wrong = sale(1, product_id="P9", recorded_at=NOON - DAY)
    assert taken("enrollments", wrong) == ["recorded before it happened"]


def test_what_belongs_to_a_product_that_was_set_aside_is_set_aside_with_it():
    wrong = {"products": [product(1), product(2, margin=7.0)]}
    assert taken("enrollments", sale(1), sale(2, product_id="P2"), **wrong) == [KEPT, "unknown product"]


def test_machine_opens_and_clicks_are_never_set_aside_for_being_that(project):
    mail = {"learner_id": "L1", "happened_at": NOON, "recorded_at": NOON, "campaign": "c"}
    rows = [mail | {"event": e, "user_agent": "GoogleImageProxy"} for e in ("sent", "opened", "clicked")]
    _, made = clean({"learners": [learner()], "email_events": rows})
    kept = made["email_events"].set_index("event")["human_probability"].astype(float)
    assert kept.to_dict() == {"sent": 1.0, "opened": 0.05, "clicked": 0.02}


def test_no_rule_looks_at_opens_and_clicks():
    con = ibis.duckdb.connect()
    mail = {"learner_id": "L1", "happened_at": NOON, "recorded_at": NOON, "campaign": "c", "event": "opened"}
    events = table(con, "email_events", mail | {"user_agent": "x"})
    tables = Flagged(con, {"email_events": events})
    assert tables["email_events"].to_pandas()[RULE].tolist() == [KEPT]
    named = {rule.name for rule in tables.rules("email_events")}
    assert named == {"missing value", "duplicate", "recorded before it happened", "out of range"}


# A whole cleaning.


def clean(rows_by_table, window="test"):
    """Clean tables given as rows; return the ledger and the clean tables."""
    con = warehouse.connect(store.load(window).compute)
    return clean_tables(con, {name: table(con, name, *rows) for name, rows in rows_by_table.items()}, window)


def clean_tables(con, present, window="test"):
    step = store.open_step("02_data_cleaning", window)
    ledger = cleaning.clean(step, con, present).ledger
    step.finish()
    return ledger, {name: one.to_pandas() for name, one in cleaning.tables(con, window).items()}


BROKEN = {
    "products": [product(1), product(2, margin=7.0), product(1, recorded_at=NOON)],
    "learners": [learner(1), learner(2)],
    "enrollments": [
        sale(1), sale(1), sale(2, product_id="P2"), sale(3, learner_id="L2"), sale(4, recorded_at=NOON - DAY),
    ],
}  # fmt: skip


def test_the_ledger_says_table_rule_reason_and_counts(project):
    ledger, made = clean(BROKEN)
    lost = ledger[ledger["set_aside"] > 0].set_index(["table", "rule"])
    assert lost["set_aside"].to_dict() == {
        ("products", "duplicate"): 1, ("products", "out of range"): 1, ("enrollments", "duplicate"): 1,
        ("enrollments", "recorded before it happened"): 1, ("enrollments", "unknown product"): 1,
    }  # fmt: skip
    assert lost.loc[("enrollments", "duplicate"), ["rows_in", "rows_out", "share"]].tolist() == [5, 4, 0.2]
    assert (ledger["why"].str.len() > 10).all()
    assert {name: len(frame) for name, frame in made.items()} == {"products": 1, "learners": 2, "enrollments": 2}


def test_what_is_set_aside_lies_beside_with_the_rule_that_took_it(project):
    clean(BROKEN)
    aside = pd.read_parquet(paths.set_aside("test", "enrollments"))
    assert sorted(aside[RULE]) == ["duplicate", "recorded before it happened", "unknown product"]
    assert sorted(aside["enrollment_id"]) == ["N1", "N2", "N4"]
    assert not paths.set_aside("test", "learners").exists()


def test_rows_in_and_out_are_recorded_for_each_table(project):
    clean(BROKEN)
    kept = store.results("test").set_index(["name"])
    counts = {
        (name, by["table"]): value for name, by, value in zip(kept.index, kept["by"], kept["value"], strict=True)
    }
    assert counts[("cleaning.rows_in", "enrollments")] == 5
    assert counts[("cleaning.rows_out", "enrollments")] == 2
    assert counts[("cleaning.rows_out", "learners")] == 2


def test_past_the_budget_the_run_stops_and_says_what_was_lost_and_where_the_budget_stands(project):
    write_window(project, "test", cleaning={"max_loss": 0.5})
    clean({"learners": [learner(1)], "products": [product(1)], "enrollments": [sale(1)]})
    with pytest.raises(CleaningError) as error:
        clean(BROKEN)
    told = str(error.value)
    assert told.startswith(
        "enrollments, window test: 3 of 5 rows (60.0%) set aside "
        "(duplicate 1, recorded before it happened 1, unknown product 1)"
    )
    assert "above the 50% budget" in told
    assert "raise cleaning.max_loss in params/test.yaml and say why" in told
    assert len(pd.read_parquet(paths.clean("test", "enrollments"))) == 1


def test_a_loss_of_exactly_the_budget_passes(project):
    write_window(project, "test", cleaning={"max_loss": 0.5})
    ledger, _ = clean({"learners": [learner(1), learner(1)]})
    assert ledger["share"].sum() == 0.5


def test_an_empty_table_is_cleaned_to_an_empty_table(project):
    con = ibis.duckdb.connect()
    empty = con.create_table("views", schema=contract.schema("page_views"))
    ledger, made = clean_tables(con, {"page_views": empty})
    assert ledger[["rows_in", "set_aside", "rows_out", "share"]].sum().tolist() == [0, 0, 0, 0]
    assert len(made["page_views"]) == 0


def some(values):
    return st.lists(values, min_size=1, max_size=8)


DAYS = st.integers(-2, 2)
PRODUCTS = some(st.builds(
    lambda n, margin, known: product(n, margin=margin, recorded_at=NOON + known * DAY - 90 * DAY),
    st.integers(1, 4), st.sampled_from([0.5, 0.6, 7.0, None]), DAYS,
))  # fmt: skip
LEARNERS = some(
    st.builds(lambda n, known: learner(n, recorded_at=NOON + (known - 200) * DAY), st.integers(1, 4), DAYS)
)
SALES = some(st.builds(
    lambda n, who, what, known, done: sale(
        n, learner_id=who, product_id=what, recorded_at=NOON + known * DAY, completed_at=NOON + done * DAY,
        completion_recorded_at=NOON + (done + 1) * DAY,
    ),
    st.integers(1, 6), st.sampled_from(["L1", "L2", "L3", "L9", None]),
    st.sampled_from(["P1", "P2", "P3", "P9"]), DAYS, DAYS,
))  # fmt: skip
VIEWS = some(st.builds(
    lambda who, kind, known: view(learner_id=who, page_type=kind, recorded_at=NOON + known * DAY),
    st.sampled_from(["L1", "L2", None]), st.sampled_from(["home", "blog", "nowhere"]), DAYS,
))  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PRODUCTS, LEARNERS, SALES, VIEWS)
def test_the_books_balance_and_cleaning_the_clean_changes_nothing(project, products, learners, sales, views):
    rows = {"products": products, "learners": learners, "enrollments": sales, "page_views": views}
    ledger, first = clean(rows)
    books = cleaning.by_table(ledger).set_index("table")
    for name, given_rows in rows.items():
        aside = paths.set_aside("test", name)
        gone = len(pd.read_parquet(aside)) if aside.exists() else 0
        assert books.loc[name, ["rows_in", "set_aside", "rows_out"]].tolist() == [
            len(given_rows),
            gone,
            len(first[name]),
        ]
        assert len(given_rows) == len(first[name]) + gone
    con = ibis.duckdb.connect()
    again, second = clean_tables(con, {name: warehouse.read(con, paths.clean("test", name)) for name in rows})
    assert again["set_aside"].sum() == 0
    for name in rows:
        pd.testing.assert_frame_equal(first[name], second[name])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SALES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_byte(project, sales, lot):
    shuffled = lot.sample(sales, len(sales))
    found = []
    for rows in (sales, shuffled):
        clean({"learners": [learner(1)], "products": [product(1)], "enrollments": rows})
        found.append(store.file_hash(paths.clean("test", "enrollments")))
    assert found[0] == found[1]


def test_the_simulated_company_loses_little_and_balances(company, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(company.root))
    ledger = store.table("tiny", "02_data_cleaning", "table_2_1_ledger")
    books = cleaning.by_table(ledger)
    assert (books["rows_in"] == books["set_aside"] + books["rows_out"]).all()
    assert set(books["table"]) == set(company.tables)
    assert books["share"].max() <= company.params.cleaning.max_loss
    assert (books["rows_in"] > 0).all()
    counted = {name: int(one.count().to_pandas()) for name, one in company.tables.items()}
    assert books.set_index("table")["rows_out"].to_dict() == counted


def test_clean_tables_keep_the_order_of_the_contract(company):
    sales = company.tables["enrollments"].to_pandas()
    month = sales["enrolled_at"].dt.to_period("M")
    ordered = sales.assign(month=month).sort_values(["month", "learner_id", "enrolled_at"], kind="stable")
    assert ordered.index.tolist() == list(range(len(sales)))
