"""A PostgreSQL server as a source: a real one, started for these tests."""

import ibis
import pandas as pd
import psycopg
import pytest
import yaml
from collecting import collected, make_project, run, write_window
from database import server

from insights.collection import CollectionError, check_source
from insights.params import load

SETUP = """
CREATE SCHEMA crm;
CREATE TABLE crm.contacts (id uuid, email text, created timestamptz, first text, last text, notes text);
INSERT INTO crm.contacts VALUES
  ('6f9619ff-8b86-d011-b42d-00c04fc964ff', 'Ann@Example.com', '2025-02-03 10:00+02', 'Ann', 'Lee', 'secret'),
  ('6f9619ff-8b86-d011-b42d-00c04fc964fe', 'bo@example.com', '2026-02-03 10:00+02', 'Bo', 'Ek', 'secret');
CREATE VIEW sales AS SELECT * FROM (VALUES
  (1, 'ann@example.com', 'p', date '2025-03-01', 9.50::numeric(10,2), '{"channel": "web"}'::jsonb),
  (2, 'ann@example.com', 'p', date '2024-03-01', 9.50, '{"channel": "shop"}'),
  (3, 'ann@example.com', 'p', NULL, 1.00, '{"channel": "web"}')
) AS sold (number, buyer, sku, day, paid, detail);
"""
MAPPING = {
    "tables": {
        "learners": {
            "relation": "crm.contacts",
            "columns": {"learner_id": "email", "registered_at": "created", "name": ["first", "last"]},
        },
        "enrollments": {
            "relation": "sales",
            "columns": {"enrollment_id": "number", "learner_id": "buyer", "product_id": "sku", "enrolled_at": "day",
                        "amount": "paid"},
            "constants": {"units": "1"},
        },
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with server(tmp_path_factory.mktemp("server")) as address:
        with psycopg.connect(address) as connection:
            connection.execute(SETUP)
        yield address


@pytest.fixture
def project(tmp_path, monkeypatch, address):
    """A project whose window reads the server."""
    root = make_project(tmp_path, monkeypatch)
    return root, lambda mapping=MAPPING, path=address: window(root, mapping, path)


def window(root, mapping, path):
    (root / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    source = {"kind": "database", "path": path, "mapping": "mapping.yaml"}
    return write_window(root, source=source, cleaning={"max_loss": 0.9})


def changed(table, **changes):
    return {"tables": MAPPING["tables"] | {table: MAPPING["tables"][table] | changes}}


def test_tables_and_views_are_read_and_times_brought_to_utc(project):
    account = run(project[1]())
    learners = collected("test", "learners")
    assert learners["registered_at"].tolist() == [pd.Timestamp("2025-02-03 08:00")]
    assert "name" not in learners.columns
    sales = collected("test", "enrollments")
    assert sales[["enrollment_id", "learner_id"]].values.tolist() == [["1", learners["learner_id"].iloc[0]]]
    assert account.tables.set_index("table").loc["enrollments", "files"] == "sales"


def test_rows_that_cannot_belong_to_the_window_stay_on_the_server_and_those_without_a_date_are_counted(project):
    account = run(project[1]())
    tables = account.tables.set_index("table")
    assert tables.loc["enrollments", "rows_read"] == 2
    assert tables.loc["learners", "rows_read"] == 1
    assert account.exclusions["rows"].tolist() == [1]


def test_columns_that_nothing_maps_are_listed_and_never_read(project):
    account = run(project[1]())
    unread = account.unmapped[account.unmapped["place"] == "crm.contacts"]
    assert unread["column"].tolist() == ["id", "notes"]


def test_a_field_of_a_json_column_and_a_condition_on_it(project):
    mapping = changed("enrollments", only={"detail.channel": ["web"]})
    account = run(project[1](mapping))
    left = account.exclusions.set_index("reason")["rows"]
    assert collected("test", "enrollments")["enrollment_id"].tolist() == ["1"]
    assert left.index.str.startswith("no date").sum() == 1


def fault(project, **changes):
    with pytest.raises(CollectionError) as caught:
        check_source(load(project[1](**changes)))
    return str(caught.value)


def test_a_relation_that_is_not_there_is_named_with_the_nearest(project):
    said = fault(project, mapping=changed("learners", relation="crm.contact"))
    assert "relation 'crm.contact' is not in the database" in said
    assert "contacts" in said


def test_a_column_that_is_not_there_is_named_with_the_nearest(project):
    columns = MAPPING["tables"]["learners"]["columns"] | {"registered_at": "creatd"}
    said = fault(project, mapping=changed("learners", columns=columns))
    assert "crm.contacts: no column 'creatd'" in said
    assert "created" in said


def test_a_password_in_the_parameters_is_refused_and_not_repeated(project):
    said = fault(project, path="postgresql://ann:hunter2@db.example.com/crm")
    assert "holds a password" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("path", [None, "data/exports", "mysql://db.example.com/crm"])
def test_what_is_no_address_of_a_server_is_refused(project, path):
    assert "Name the server, such as postgresql://" in fault(project, path=path)


def test_a_server_that_does_not_answer_is_one_sentence(project):
    said = fault(project, path="postgresql://ann@127.0.0.1:1/crm")
    assert "cannot be reached" in said
    assert "\n" not in said


def test_a_folder_mapping_does_not_serve_a_database(project):
    mapping = {"tables": {"learners": {"files": "x.csv", "columns": MAPPING["tables"]["learners"]["columns"]}}}
    assert "tables.learners.relation is missing; set it" in fault(project, mapping=mapping)


def test_a_value_that_cannot_be_read_is_named_with_its_relation(project):
    columns = MAPPING["tables"]["enrollments"]["columns"] | {"amount": "sku"}
    with pytest.raises(CollectionError, match=r"sales, column .sku. \(enrollments.amount\): 2 of 2 values"):
        run(project[1](changed("enrollments", columns=columns)))


def test_nothing_is_written_to_the_server(project, address):
    run(project[1]())
    con = ibis.connect(address)
    assert sorted(con.list_tables()) == ["sales"]
    con.disconnect()
