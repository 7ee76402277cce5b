"""The contract: every column says what it is, and the parts of a table's declaration fit together."""

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import contract

TABLES = list(contract.TABLES)
COLUMNS = [pytest.param(c, id=f"{t}.{c.name}") for t in TABLES for c in contract.columns(t).values()]
UNITS = {
    "",
    "UTC",
    "USD",
    "s",
    "year",
    "units",
    "views",
    "points",
    "points of 100",
    "attempts",
    "credits",
    "reactions",
}
SENSITIVITIES = {
    contract.IDENTIFYING, contract.QUASI_IDENTIFYING, contract.FREE_TEXT, contract.PROTECTED, contract.INTERNAL,
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_says_what_it_means_in_which_unit_how_sensitive_and_where_from(column):
    assert len(column.meaning) >= 4 and column.meaning[0] == column.meaning.strip()[0]
    assert not column.meaning.endswith(".")
    assert column.unit in UNITS
    assert column.sensitivity in SENSITIVITIES
    assert column.source


@pytest.mark.parametrize("column", COLUMNS)
def test_an_instant_is_in_universal_time_and_money_in_a_currency(column):
    assert (column.unit == "UTC") == column.dtype.is_timestamp()
    assert (column.unit == "USD") == column.dtype.is_decimal()
    if column.dtype.is_timestamp():
        assert column.dtype == dt.Timestamp(scale=6, nullable=column.dtype.nullable)
        assert column.dtype.timezone is None


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_a_source_may_lack_may_also_be_missing(column):
    assert column.required or column.nullable


@pytest.mark.parametrize("name", TABLES)
def test_what_a_table_says_of_time_and_identity_are_columns_of_it(name):
    spec, columns = contract.TABLES[name], contract.columns(name)
    assert spec.name == name
    assert columns[spec.happened].dtype.is_timestamp() and not columns[spec.happened].nullable
    assert columns["recorded_at"].dtype.is_timestamp() and not columns["recorded_at"].nullable
    assert set(spec.key) <= set(contract.required(name))
    for value, known in spec.later.items():
        assert columns[value].nullable
        assert columns[known].dtype.is_timestamp()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_a_row_is_in_one_sentence(name):
    told = contract.TABLES[name].model.__doc__
    assert told.endswith(".") and "\n" not in told


@pytest.mark.parametrize("name", TABLES)
def test_people_products_events_and_subscriptions_last(name):
    spec = contract.TABLES[name]
    assert spec.entity == (name in ("learners", "products", "events", "protected", "subscriptions"))


@pytest.mark.parametrize("name", TABLES)
def test_identifying_columns_are_dropped_or_replaced_and_none_is_forgotten(name):
    identifying = {c.name for c in contract.columns(name).values() if c.sensitivity == contract.IDENTIFYING}
    dropped = set(contract.columns(name)) - set(contract.collected(name))
    assert identifying == set(contract.pseudonymised(name)) | dropped
    assert not dropped & set(contract.required(name))


@pytest.mark.parametrize("column", COLUMNS)
def test_an_identifier_of_a_person_is_declared_identifying_wherever_it_stands(column):
    people = {"learner_id", "anonymous_id", "panelist_id", "post_id", "contact_id", "email", "name", "author"}
    assert (column.name in people) == (column.sensitivity == contract.IDENTIFYING)


def test_names_and_addresses_are_gone_after_collection_and_pseudonyms_stay():
    assert contract.DROPPED == ("email", "name", "author")
    assert {"email", "name"}.isdisjoint(contract.collected("learners"))
    assert contract.pseudonymised("learners") == ["learner_id", "contact_id"]
    assert contract.pseudonymised("page_views") == ["learner_id", "anonymous_id"]
    assert contract.free_text("social_posts") == ["text"]
    assert contract.free_text("survey_responses") == ["comment"]


def test_protected_attributes_stand_in_a_table_of_their_own():
    holding = {t for t in TABLES for c in contract.columns(t).values() if c.sensitivity == contract.PROTECTED}
    assert holding == {"protected"}
    others = {c.name for c in contract.columns("protected").values() if c.sensitivity != contract.PROTECTED}
    assert others == {"learner_id", "declared_at", "recorded_at"}


def test_limits_are_read_from_the_declaration():
    columns = contract.columns("survey_responses")
    assert (columns["intent"].minimum, columns["intent"].maximum) == (1, 5)
    assert contract.columns("page_views")["page_type"].allowed == contract.PAGE_TYPES
    assert contract.columns("page_views")["views"].minimum == 1
    assert contract.columns("page_views")["views"].maximum is None
    assert contract.columns("enrollments")["units"].minimum is None  # a return is negative


def test_required_columns_are_those_without_which_a_table_says_nothing():
    assert contract.required("social_posts") == ["post_id", "network", "posted_at", "recorded_at"]
    assert contract.required("survey_responses") == ["product_id", "answered_at", "recorded_at", "intent"]


def test_the_schema_of_some_columns_is_that_of_the_whole():
    whole = contract.schema("enrollments")
    assert list(whole) == list(contract.columns("enrollments"))
    part = contract.schema("enrollments", ["amount", "units"])
    assert part == ibis.schema({"amount": whole["amount"], "units": whole["units"]})


def test_an_unknown_table_is_a_key_error():
    with pytest.raises(KeyError, match="sales"):
        contract.columns("sales")


@pytest.mark.parametrize("name", TABLES)
def test_the_order_of_a_table_uses_every_column_once(name):
    table = ibis.table(contract.schema(name), name=name)
    ordered = contract.order(name, table)
    whole = [value.get_name() for value in ordered if value.get_name() in table.columns]
    assert sorted(whole) == sorted(table.columns)
    assert len(ordered) == len(table.columns) + (not contract.TABLES[name].entity)


@given(st.permutations(range(6)))
def test_the_order_is_by_month_then_person_then_time_however_the_rows_came(lot):
    rows = [
        ("b", "2025-01-05"), ("a", "2025-01-20"), ("a", "2025-02-01"), ("a", "2025-01-03"), ("b", "2025-02-01"),
        ("c", "2024-12-31"),
    ]  # fmt: skip
    schema = contract.schema("page_views", ["learner_id", "viewed_at"])
    frame = pd.DataFrame([rows[i] for i in lot], columns=["learner_id", "viewed_at"])
    frame["viewed_at"] = frame["viewed_at"].astype("datetime64[us]")
    table = ibis.memtable(frame, schema=schema)
    found = table.order_by(contract.order("page_views", table)).to_pandas()
    told = [f"{who} {at:%Y-%m-%d}" for who, at in zip(found["learner_id"], found["viewed_at"], strict=True)]
    assert told == ["c 2024-12-31", "a 2025-01-03", "a 2025-01-20", "b 2025-01-05", "a 2025-02-01", "b 2025-02-01"]
