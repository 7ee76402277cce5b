"""A folder of exports: every format gives the same tables, and values are read as they were meant."""

import gzip
import os
from decimal import Decimal

import pandas as pd
import pytest
from collecting import KEY, collected, digests, run
from folder_exports import (
    SALES,
    csv,
    fault,
    folder_project,
    map_sales,
    map_tables,
    parquet,
    put,
    take_sales,
    workbook,
)

from insights import params, paths
from insights.collection import CollectionError, identities, source_files
from insights.running import exports


@pytest.fixture
def root(tmp_path, monkeypatch):
    return folder_project(tmp_path, monkeypatch)


TYPED = SALES.assign(
    when=pd.to_datetime(SALES["when"]), paid=[49.0, 49.0, -49.0], number=[1, 1, -1], who=[7.0, 8.0, None]
)
FORMATS = {
    "sales.tsv": csv(sep="\t"),
    "sales.csv.gz": gzip.compress(csv().encode()),
    "sales.jsonl": SALES.to_json(orient="records", lines=True),
    "sales.ndjson.gz": gzip.compress(SALES.to_json(orient="records", lines=True).encode()),
    "sales.parquet": parquet(SALES),
    "sales-typed.parquet": parquet(TYPED),
    "sales.xlsx": workbook(SALES),
    "sales-typed.xlsx": workbook(TYPED),
    "sales-typed.jsonl": TYPED.to_json(orient="records", lines=True, date_format="iso"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_bytes_that_csv_gives(root, name):
    take_sales(root)
    expected = digests("test")
    (root / "data" / "mine" / "sales.csv").unlink()
    put(root, name, FORMATS[name])
    run("test")
    assert digests("test") == expected


def test_one_export_in_parts_and_formats_gives_the_bytes_of_the_whole(root):
    take_sales(root)
    expected = digests("test")
    put(root, "sales.csv", csv(SALES[["what", "who", "id", "when", "paid", "number"]].iloc[:1]))
    put(root, "sales2.csv", csv(SALES.iloc[1:2].assign(remark="new")))
    put(root, "sales3.parquet", parquet(SALES.iloc[2:]))
    run("test")
    assert digests("test") == expected


def test_the_pseudonyms_of_a_folder_are_made_with_the_secret_key(root):
    seen = take_sales(root)
    assert seen.loc["s1", "learner_id"] == identities.pseudonyms("learner_id", ["7"], KEY)[0]
    assert pd.isna(seen.loc["s3", "learner_id"])


def test_an_export_that_does_not_say_when_it_was_known_is_an_information_gap(root):
    put(root, "sales.csv", csv())
    map_sales(root)
    columns = run("test").columns.set_index(["table", "column"])
    assert columns.loc[("enrollments", "recorded_at"), "note"].startswith("assumed equal to enrolled_at")
    assert columns.loc[("enrollments", "recorded_at"), "treatment"] == "kept"


@pytest.mark.parametrize(
    ("written", "settings", "expected"),
    [
        ("2025-07-01 12:00:00", {}, "2025-07-01 12:00"),
        ("2025-07-01", {}, "2025-07-01 00:00"),
        ("2025-07-01T12:00:00Z", {"time_zone": "Europe/Amsterdam"}, "2025-07-01 12:00"),
        ("2025-07-01T12:00:00+02:00", {}, "2025-07-01 10:00"),
        ("2025-07-01 12:00:00-0530", {}, "2025-07-01 17:30"),
        ("2025-07-01 12:00", {"time_zone": "Europe/Amsterdam"}, "2025-07-01 10:00"),
        ("2025-12-01 12:00", {"time_zone": "Europe/Amsterdam"}, "2025-12-01 11:00"),
        ("01/07/2025 12:00", {"dates": {"enrolled_at": "%d/%m/%Y %H:%M"}}, "2025-07-01 12:00"),
        (
            "01/07/2025 12:00",
            {"dates": {"enrolled_at": "%d/%m/%Y %H:%M"}, "time_zone": "America/New_York"},
            "2025-07-01 16:00",
        ),
        ("01/07/2025 12:00 +0200", {"dates": {"enrolled_at": "%d/%m/%Y %H:%M %z"}}, "2025-07-01 10:00"),
        ("1751371200", {"dates": {"enrolled_at": "epoch"}}, "2025-07-01 12:00"),
        ("1751371200000", {"dates": {"enrolled_at": "epoch_ms"}}, "2025-07-01 12:00"),
    ],
)
def test_a_time_is_brought_to_utc(root, written, settings, expected):
    seen = take_sales(root, csv(SALES.assign(when=written)), **settings)
    assert set(seen["enrolled_at"]) == {pd.Timestamp(expected)}


@pytest.mark.parametrize(
    ("written", "settings", "expected"),
    [
        ("1234.5", {}, "1234.50"),
        ("$1,234,567.50", {}, "1234567.50"),
        ("-12", {}, "-12.00"),
        ("1.234,50 €", {"decimal_mark": ","}, "1234.50"),
        ("12,5", {"decimal_mark": ","}, "12.50"),
    ],
)
def test_an_amount_is_read_as_it_is_written(root, written, settings, expected):
    seen = take_sales(root, csv(SALES.assign(paid=written)), **settings)
    assert set(seen["amount"]) == {Decimal(expected)}


@pytest.mark.parametrize(
    ("column", "written", "settings", "said"),
    [
        ("paid", "12,5", {}, "enrollments.amount): 3 of 3 values are not a number within the type decimal(12, 2)"),
        ("paid", "1.5", {"decimal_mark": ","}, "set decimal_mark or missing for amount"),
        ("paid", "nan", {}, "such as 'nan'"),
        ("number", "1.5", {}, "not a whole number"),
        ("number", "3000000000", {}, "not a whole number within the type int32"),
        ("when", "01/07/2025", {}, "name the format under dates for enrolled_at"),
        ("when", "2025-13-01", {}, "not a time in the format expected, such as '2025-13-01'"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_column_and_remedy(root, column, written, settings, said):
    message = fault(root, csv(SALES.assign(**{column: written})), **settings)
    assert message.startswith(f"sales.csv, column '{column}'")
    assert said in message


def test_a_word_is_translated_by_the_first_pattern_that_fits(root):
    rows = ["when,path", "2025-03-01,/courses/a.b/waiting-list", "2025-03-01,/courses/a.b", "2025-03-01,/x-a.b"]
    rows.append("2025-03-01,/courses/acb")
    put(root, "web.csv", "\n".join(rows))
    meanings = {"*/waiting-list": "waiting_list", "/courses/*": "product", "*": "other"}
    columns = {"viewed_at": "when", "page_type": "path", "url": "path", "product_id": "path"}
    values = {"page_type": meanings, "product_id": {"/courses/a.b*": "a", "*": ""}}
    web = {"files": "web.csv", "columns": columns, "values": values, "constants": {"views": "1"}}
    map_tables(root, page_views=web)
    run("test")
    seen = collected("test", "page_views").set_index("url")
    assert seen["page_type"].to_dict() == {
        "/courses/a.b/waiting-list": "waiting_list", "/courses/a.b": "product", "/x-a.b": "other",
        "/courses/acb": "product",
    }  # fmt: skip
    assert seen["product_id"].dropna().to_dict() == {"/courses/a.b/waiting-list": "a", "/courses/a.b": "a"}


def test_a_word_that_nobody_explained_is_refused_with_the_words_that_are_known(root):
    put(root, "web.csv", "when,kind\n2025-03-01,home\n2025-03-01,Landing\n")
    columns = {"viewed_at": "when", "page_type": "kind"}
    map_tables(root, page_views={"files": "web.csv", "columns": columns, "constants": {"views": "1"}})
    with pytest.raises(CollectionError, match=r"1 of 2 values are not any of home, .* such as 'Landing'.*values"):
        run("test")


def test_an_example_that_may_identify_somebody_is_masked(root):
    put(root, "people.csv", "id,when,born\n1,2025-03-01,Zoë 1987\n")
    columns = {"learner_id": "id", "declared_at": "when", "birth_year": "born"}
    map_tables(root, protected={"files": "people.csv", "columns": columns})
    with pytest.raises(CollectionError, match="such as 'xxx 9999'") as caught:
        run("test")
    assert "1987" not in str(caught.value)


def test_an_example_of_any_column_shows_no_address(root):
    put(root, "web.csv", "when,kind\n2025-03-01,/u/zelda@canary.example\n")
    columns = {"viewed_at": "when", "page_type": "kind"}
    map_tables(root, page_views={"files": "web.csv", "columns": columns, "constants": {"views": "1"}})
    with pytest.raises(CollectionError, match=r"such as '\[e-mail\]'"):
        run("test")


def test_a_window_rests_on_its_mapping_its_exports_and_their_folder(root):
    take_sales(root)
    found = [file.relative_to(root).as_posix() for file in source_files(params.load("test"))]
    assert found == ["data/mine/mapping.yaml", ".cache/pseudonym.fingerprint", "data/mine", "data/mine/sales.csv"]


def test_a_word_that_differs_by_capitals_from_the_one_that_stands_there_is_told(root):
    put(root, "mails.csv", "when,what,who\n2025-03-01,Click,a\n2025-03-02,Open,b\n")
    columns = {"happened_at": "when", "event": "what", "learner_id": "who"}
    words = {"event": {"Click": "clicked", "Open": "opened"}}
    asked = {"files": "mails.csv", "columns": columns, "constants": {"campaign": "c"}, "values": words}
    map_tables(root, email_events=asked | {"only": {"what": ["click"]}})
    with pytest.raises(CollectionError, match="no row has 'click' in column 'what', but 'Click' stands there"):
        run("test")


def test_a_column_that_another_entry_of_the_same_file_reads_is_not_said_to_be_unread(root):
    put(root, "all.csv", "when,what,who,left\n2025-03-01,Click,a,x\n")
    columns = {"happened_at": "when", "event": "what", "learner_id": "who"}
    mails = {"files": "all.csv", "columns": columns, "constants": {"campaign": "c"}}
    mails |= {"values": {"event": {"Click": "clicked"}}}
    people = {"files": "all.csv", "columns": {"learner_id": "who", "registered_at": "when"}}
    map_tables(root, email_events=mails, learners=people)
    assert run("test").unmapped["column"].tolist() == ["left"]


def test_an_export_that_was_put_back_with_an_older_time_is_another_one(root):
    take_sales(root)
    asked = params.load("test")
    assert not exports.are_others(asked)  # nothing was read yet
    exports.keep("test", exports.state(source_files(asked)))
    assert not exports.are_others(asked)
    file = root / "data" / "mine" / "sales.csv"
    long_ago = file.stat().st_mtime - 86_400
    os.utime(file, (long_ago, long_ago))
    assert exports.are_others(asked)
    exports.keep("test", {})  # the window has another source by now, which reads no files
    assert not exports.are_others(asked)
    exports.keep("test", exports.state(source_files(asked)))
    put(root, "more.csv", "a\n1\n")
    map_tables(root, page_views={"files": "gone.csv", "columns": {"viewed_at": "a"}})
    assert exports.are_others(asked)


def test_a_day_without_a_time_is_midnight_in_the_zone_of_the_mapping(root):
    days = csv(SALES.assign(when=["2025-03-01", "2025-03-01 00:00:00", "2025-03-01T08:00:00Z"]))
    seen = take_sales(root, days, time_zone="America/Los_Angeles")
    assert seen["enrolled_at"].tolist() == [pd.Timestamp("2025-03-01 08:00")] * 3


def test_a_fraction_of_a_cent_is_refused_and_not_rounded(root):
    with pytest.raises(CollectionError, match=r"1 of 3 values are not a number .*'49.999'"):
        take_sales(root, csv(SALES.assign(paid=["49.99", "49.999", "49.9900"])))


def test_words_for_a_missing_value_are_missing(root):
    seen = take_sales(root, csv(SALES.assign(who=["7", "n/a", "?"])), missing=["n/a", "?"])
    assert seen["learner_id"].isna().tolist() == seen.index.isin(["s2", "s3"]).tolist()


def test_latin_letters_are_read_in_the_encoding_named(root):
    put(root, "people.csv", "id;when;place\n1;2025-03-01;Málaga\n".encode("latin-1"))
    columns = {"learner_id": "id", "registered_at": "when", "city": "place"}
    people = {"files": "people.csv", "columns": columns, "delimiter": ";"}
    map_tables(root, learners=people | {"encoding": "latin-1"})
    run("test")
    assert collected("test", "learners")["city"].tolist() == ["Málaga"]
    map_tables(root, learners=people)
    with pytest.raises(CollectionError, match=r"people.csv: not readable as csv"):
        run("test")


def test_an_export_without_rows_is_an_empty_table(root):
    seen = take_sales(root, csv(SALES.head(0)))
    assert len(seen) == 0


def test_the_key_of_a_folder_is_made_where_none_is_named(root, monkeypatch):
    monkeypatch.delenv("INSIGHTS_PSEUDONYM_KEY")
    first = take_sales(root)["learner_id"].to_dict()
    assert paths.key_file().stat().st_mode & 0o777 == 0o600
    assert take_sales(root)["learner_id"].to_dict() == pytest.approx(first, nan_ok=True)
