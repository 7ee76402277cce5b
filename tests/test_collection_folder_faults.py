"""A folder of exports that is broken or wrongly mapped: every fault is one sentence."""

import gzip
import re

import pandas as pd
import pytest
from collecting import digests, run, write_window
from folder_exports import MAPPING, SALES, csv, fault, folder_project, map_sales, map_tables, parquet, put, take_sales

from insights import params
from insights.collection import CollectionError, check_source


@pytest.fixture
def root(tmp_path, monkeypatch):
    return folder_project(tmp_path, monkeypatch)


CUT = parquet(SALES)[:-20]
BROKEN = {
    "sales.parquet": CUT,
    "sales.csv": csv() + 's4,7,p1,"2025-03-01',
    "sales.jsonl": SALES.to_json(orient="records", lines=True)[:-9],
    "sales.csv.gz": gzip.compress(csv().encode() * 50)[:-40],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_was_cut_short_is_named(root, name):
    put(root, name, BROKEN[name])
    map_sales(root)
    with pytest.raises(CollectionError, match=rf"^{re.escape(name)}: not readable as .*export it again") as caught:
        run("test")
    assert str(root) not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cut_parquet_file_among_whole_ones_is_the_one_named(root):
    put(root, "sales1.parquet", parquet(SALES))
    put(root, "sales2.parquet", CUT)
    map_sales(root)
    with pytest.raises(CollectionError, match=r"^sales2.parquet: not readable as parquet"):
        check_source(params.load("test"))


def test_a_line_that_breaks_far_down_names_its_file_alone(root):
    put(root, "sales1.csv", csv())
    put(root, "sales2.csv", csv(pd.concat([SALES] * 20_000)) + "s4,7\n")
    map_sales(root)
    with pytest.raises(CollectionError, match=r"^sales2.csv: not readable as csv"):
        run("test")


def test_a_missing_column_is_named_with_the_nearest_before_anything_runs(root):
    put(root, "sales.csv", csv(SALES.rename(columns={"paid": "paid_usd"})))
    map_sales(root)
    with pytest.raises(CollectionError, match=r"^sales.csv: no column 'paid'.*enrollments.amount.*paid_usd"):
        check_source(params.load("test"))


def test_a_failed_collection_leaves_the_earlier_one_as_it_was(root):
    take_sales(root)
    before = digests("test")
    fault(root, csv(SALES.assign(paid="x")))
    assert digests("test") == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": "nothing*.csv"}, "nothing in mine/ is named nothing*.csv"),
        ({"files": "/etc/*"}, "name files below the source's folder"),
        ({"files": "../*.csv"}, "name files below the source's folder"),
        ({"colums": {}}, "tables.enrollments.colums is not known; the nearest known is columns"),
        ({"delimiter": "::"}, "tables.enrollments.delimiter is '::'"),
        ({"encoding": "ebcdic"}, "tables.enrollments.encoding is 'ebcdic'"),
        ({"time_zone": "Amsterdam"}, "tables.enrollments.time_zone is 'Amsterdam', no name of a time zone"),
        ({"dates": {"amount": "%d"}}, "tables.enrollments.dates.amount is no time"),
        ({"constants": {"units": "1"}}, "tables.enrollments.units stands under columns and constants"),
        ({"values": {"study_load": {"a": "1"}}}, "values.study_load has no column to act on"),
        ({"constants": {"amonut": "1"}}, "constants.amonut is not in the contract; the nearest known is amount"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_place_and_the_remedy(root, changes, said):
    assert said in fault(root, **changes)


def test_a_mapping_that_leaves_out_a_required_column_is_refused(root):
    columns = {name: source for name, source in MAPPING["columns"].items() if name != "units"}
    assert "tables.enrollments fills no units, which is required" in fault(root, columns=columns)


def test_attendance_without_the_time_it_became_known_is_refused(root):
    put(root, "came.csv", "event,who,when,came\ne1,1,2025-03-01,yes\n")
    columns = {"event_id": "event", "learner_id": "who", "registered_at": "when", "attended": "came"}
    map_tables(root, event_registrations={"files": "came.csv", "columns": columns})
    with pytest.raises(CollectionError, match=r"attended needs attendance_recorded_at"):
        run("test")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: {enrolments: {files: a, columns: {x: y}}}", "enrolments is not in the contract; the nearest"),
        ("tables: {}", "tables is {}"),
        ("tables: [", "not readable as YAML"),
        ("time_zone: UTC", "tables is missing"),
        ("- a", "the file is ['a']"),
        ("time_zone: UTC\ntime_zone: UTC\ntables: {}", "time_zone stands twice"),
    ],
)
def test_a_mapping_file_that_says_nothing_usable_is_refused(root, text, said):
    put(root, "mapping.yaml", text)
    with pytest.raises(CollectionError, match=re.escape(said)) as caught:
        check_source(params.load("test"))
    assert str(caught.value).startswith("mapping.yaml")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"kind": "folder"}, "source.mapping is not set"),
        ({"kind": "folder", "mapping": "gone.yaml"}, "names gone.yaml, which is not there"),
        (
            {"kind": "folder", "mapping": "data/mine/mapping.yaml", "path": "gone"},
            "source.path names gone, which is no folder",
        ),
    ],
)
def test_an_absent_mapping_or_folder_is_named(root, source, said):
    map_sales(root)
    write_window(root, source=source)
    with pytest.raises(CollectionError, match=said):
        check_source(params.load("test"))
