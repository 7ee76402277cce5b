"""Bad exports, kind by kind: refused in one sentence, or counted; never a traceback, never silence.

A sale that should have come out is looked at by its values, so that a repair that is no repair is seen.
"""

import gzip
import io

import pandas as pd
import pytest
from collecting import run
from folder_exports import SALES, csv, fault, folder_project, map_sales, parquet, put, take_sales, workbook

from insights.collection import CollectionError


@pytest.fixture
def root(tmp_path, monkeypatch):
    return folder_project(tmp_path, monkeypatch)


LINES = csv().splitlines()
HEAD, FIRST = LINES[0], LINES[1]


def rows(*lines):
    return "\n".join([HEAD, *lines]) + "\n"


def changed(**columns):
    return csv(SALES.assign(**columns))


REFUSED = {
    "latin-1 read as utf-8": (rows(FIRST.replace("p1", "é")).encode("latin-1"), {}, "set encoding in the mapping"),
    "utf-16 read as utf-8": (csv().encode("utf-16"), {}, "sales.csv"),
    "utf-8 read as utf-16": (csv(), {"encoding": "utf-16"}, "sales.csv"),
    "cut in a quote": (rows(FIRST, 's2,"8'), {}, "sales.csv: not readable as csv"),
    "cut in a row": (rows(FIRST, "s2,8,p1"), {}, "sales.csv: not readable as csv"),
    "a field too many": (rows(FIRST, FIRST + ",x"), {}, "sales.csv: not readable as csv"),
    "a field too few": (rows(FIRST, "s2,8,p1,2025-03-02"), {}, "sales.csv: not readable as csv"),
    "semicolons for commas": (csv(sep=";"), {}, "no column 'id'"),
    "nothing at all": (" ", {}, "sales.csv: holds nothing"),
    "blank lines": ("\n\n  \n", {}, "sales.csv: holds nothing"),
    "a header within the data": (rows(FIRST, HEAD), {}, "column 'when'"),
    "a comment in a row's place": (rows("# made by a tool", FIRST), {}, "sales.csv: not readable as csv"),
    "a wider export below": (rows(FIRST, HEAD + ",more", FIRST + ",x"), {}, "sales.csv: not readable as csv"),
    "a title above": ("Sales of March\n" + csv(), {}, "sales.csv"),
    "a column twice": (csv(SALES.assign(Paid="1")), {}, "column 'paid', .* stands there twice"),
    "dates in mixed formats": (changed(when=["2025-03-01", "03/01/2025", "2025-03-01"]), {}, "1 of 3 values"),
    "a day that does not exist": (changed(when="2025-02-30"), {}, "3 of 3 values are not a time"),
    "years of two digits": (changed(when="01/03/25"), {"dates": {"enrolled_at": "%d/%m/%Y"}}, "3 of 3 values"),
    "dates before 1900": (changed(when="0025-03-01"), {}, "3 of 3 values are not a time"),
    "an infinite date": (changed(when="-infinity"), {}, "3 of 3 values are not a time"),
    "nanoseconds for seconds": (
        changed(when="1740823200000000000"), {"dates": {"enrolled_at": "epoch"}}, "3 of 3 values are not a time"),
    "an amount in words": (changed(paid="free"), {}, "3 of 3 values are not a number"),
    "not a number": (changed(paid="NaN"), {}, "3 of 3 values are not a number"),
    "infinite": (changed(paid="inf"), {}, "3 of 3 values are not a number"),
    "a comma for a point": (changed(paid="49,5"), {}, "3 of 3 values are not a number"),
    "a gap in a number": (changed(paid="49 00"), {}, "3 of 3 values are not a number"),
    "two amounts in one": (changed(paid="$1$2"), {}, "3 of 3 values are not a number"),
    "accountants' negatives": (changed(paid="(49.00)"), {}, "3 of 3 values are not a number"),
    "a fraction of a cent": (changed(paid="49.001"), {}, "3 of 3 values are not a number"),
    "a fraction of a unit": (changed(number="1.5"), {}, "3 of 3 values are not a whole number"),
    "identifiers rounded by a spreadsheet": (changed(who="1.23457E+19"), {}, "3 of 3 values"),
    "a nested identifier": (changed(who='{"id": 7}'), {}, "3 of 3 values"),
    "rows swallowed by a quote": (rows('s1,7,"p1', FIRST, 'x",2025-03-01,1,1'), {}, "1 of 1 values"),
    "ten million characters": (rows(FIRST.replace("p1", "x" * 10_000_000)), {}, "longer than 2,000,000 bytes"),
    "no time at all": (changed(when=["2025-03-01", None, None]), {}, "2 of 3 rows do not say when"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_an_export_that_cannot_be_right_is_refused_in_one_sentence(root, kind):
    content, mapping, said = REFUSED[kind]
    told = fault(root, content, **mapping)
    assert pd.Series(told).str.contains(said).item(), told
    assert told.endswith(".") and len(told) < 700


READ = {
    "a byte order mark": (csv().encode("utf-8-sig"), {}),
    "lines that end as on Windows": (csv(lineterminator="\r\n"), {}),
    "a delimiter at each end": ("".join(f"{line},\n" for line in LINES), {}),
    "spaces around identifiers": (changed(id=[" s1", "s2 ", " s3 "]), {}),
    "identifiers as numbers": (changed(who=["7.0", "8.00", None]), {}),
    "currency signs and thousands": (changed(paid=["$49.00", "49.00 €", "-$49.00"]), {}),
    "offsets": (changed(when=["2025-03-01T12:00:00+02:00", "2025-03-02 11:30:00Z", "2025-04-05 00:00:00"]), {}),
    "microseconds since 1970": (
        changed(when=["1740823200000000", "1740915000000000", "1743811200000000"]),
        {"dates": {"enrolled_at": "epoch_us"}}),
    "fractions of seconds since 1970": (
        changed(when=["1740823200.0", "1740915000", "1743811200"]), {"dates": {"enrolled_at": "epoch"}}),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_an_export_that_is_only_written_otherwise_is_read_as_it_was_meant(root, kind):
    content, mapping = READ[kind]
    seen = take_sales(root, content, **mapping)
    assert sorted(seen.index) == ["s1", "s2", "s3"]
    assert seen["enrolled_at"].sort_index().tolist() == pd.to_datetime(SALES["when"]).tolist()
    assert seen["amount"].sort_index().astype(float).tolist() == [49.0, 49.0, -49.0]


def test_two_formats_side_by_side_are_each_read_by_its_own_delimiter(root):
    put(root, "sales2.tsv", csv(SALES.assign(id=["t1", "t2", "t3"]), sep="\t"))
    assert len(take_sales(root)) == 6


def test_a_file_whose_name_looks_like_a_pattern_is_read_once_and_itself(root):
    put(root, "sales [1].csv", csv(SALES.assign(id=["b1", "b2", "b3"])))
    put(root, "sales 1.csv", csv(SALES.assign(id=["c1", "c2", "c3"])))
    map_sales(root)
    put(root, "sales.csv", csv())
    assert sorted(take_sales(root).index) == ["b1", "b2", "b3", "c1", "c2", "c3", "s1", "s2", "s3"]


def test_the_decimal_mark_of_texts_is_not_that_of_typed_numbers(root):
    put(root, "sales.parquet", parquet(SALES.assign(paid=[49.5, 49.25, -1.0])))
    map_sales(root, files="sales.parquet", decimal_mark=",")
    put(root, "sales.csv", "unused")
    seen = take_sales(root, csv(), files="sales.parquet", decimal_mark=",")
    assert sorted(seen["amount"].astype(float)) == [-1.0, 49.25, 49.5]


def test_words_that_a_spreadsheet_library_takes_for_nothing_stay_words(root):
    put(root, "sales.xlsx", workbook(SALES.assign(what=["NA", "None", "null"])))
    seen = take_sales(root, csv(), files="sales.xlsx")
    assert sorted(seen["product_id"]) == ["NA", "None", "null"]


def test_workbooks_with_numbers_here_and_words_there_are_read_together(root):
    put(root, "book1.xlsx", workbook(SALES.assign(who=[7, 8, 9])))
    put(root, "book2.xlsx", workbook(SALES.assign(id=["t1", "t2", "t3"], who=["x", "y", "z"])))
    assert len(take_sales(root, csv(), files="book*")) == 6


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sales.xlsx", workbook(SALES)[:-200]), ("sales.xlsx", b"id,who\n1,2\n"),
        ("sales.parquet", parquet(SALES)[:-9]),
        ("sales.csv.gz", gzip.compress(csv().encode(), mtime=0)[:40]), ("sales.csv.gz", csv().encode()),
        ("sales.jsonl", b'{"id": "s1"}\n{"id": '), ("sales.jsonl", b'"hello"\n'), ("sales.xls", b"x"),
    ],
)  # fmt: skip
def test_a_broken_file_of_any_format_is_named(root, name, content):
    put(root, name, content)
    with pytest.raises(CollectionError, match=name.split(".")[0]):
        map_sales(root, files=name)
        run("test")


def test_a_file_that_may_not_be_read_is_named(root, monkeypatch):
    from insights.collection import files

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    put(root, "sales.xlsx", workbook(SALES))
    monkeypatch.setattr(files.pd, "read_excel", refuse)
    map_sales(root, files="sales.xlsx")
    with pytest.raises(CollectionError, match=r"sales.xlsx: not readable as excel"):
        run("test")


@pytest.mark.parametrize("pattern", [".", "", "sa**s.csv"])
def test_a_pattern_that_names_no_file_is_refused(root, pattern):
    assert "names no file" in fault(root, csv(), files=pattern)


def test_a_header_that_is_a_record_is_not_told_with_what_it_holds(root):
    told = fault(root, "s1,ann@x.example,p1,2025-03-01,49,1\n" * 3)
    assert "ann@x.example" not in told and "no column 'id'" in told


def test_records_after_the_end_and_of_no_time_are_counted(root):
    frame = pd.concat([SALES.assign(id=[f"{i}-{n}" for n in "abc"]) for i in range(20)], ignore_index=True)
    frame.loc[0, "when"], frame.loc[1, "when"] = "2031-01-01", None
    put(root, "sales.csv", csv(frame))
    map_sales(root)
    account = run("test")
    told = account.tables.set_index("table").loc["enrollments"]
    assert told[["rows_read", "rows", "rows_outside_window"]].tolist() == [60, 58, 1]
    assert account.exclusions["rows"].tolist() == [1]


def test_a_long_word_in_a_text_takes_no_time_to_scrub():
    from insights import privacy

    for text in ("a" * 200_000, "a." * 50_000, "1 " * 50_000):
        assert len(privacy.scrub(text)) <= len(text)


def test_an_empty_table_is_counted_as_empty(root):
    buffer = io.StringIO()
    SALES.head(0).to_csv(buffer, index=False)
    put(root, "sales.csv", buffer.getvalue())
    map_sales(root)
    assert run("test").tables.set_index("table").loc["enrollments", "rows_read"] == 0
