"""Seen: exports of other months are read once for their dates, and never again."""

import pandas as pd
import pytest
from collecting import collected, digests, write_window
from collecting import run as collect
from folder_exports import folder_project, map_tables, put

from insights import paths
from insights.collection import CollectionError, files, mapped

SOURCE = {"kind": "folder", "mapping": "data/mine/mapping.yaml"}
MARCH = ("2025-03-01", "2025-03-15", "2025-04-01")

COLUMNS = {"anonymous_id": "who", "viewed_at": "at", "recorded_at": "known", "page_type": "kind"}
HEAD = "who,at,known,kind\n"


def month(root, number, *lines):
    put(root, f"web/2025-{number:02d}.csv", HEAD + "".join(f"{line}\n" for line in lines))


@pytest.fixture
def months(tmp_path, monkeypatch):
    root = folder_project(tmp_path, monkeypatch)
    (root / "data" / "mine" / "web").mkdir()
    month(root, 1, "a,2025-01-05,2025-01-05,home", "b,2025-01-31,2025-02-01,home")
    month(root, 2, "a,2025-02-05,2025-02-05,home", "c,2025-01-30,2025-02-11,blog", "d,,2025-02-11,blog")
    month(root, 3, "a,2025-03-05,2025-03-05,home")
    columns = {"files": "web/*.csv", "columns": COLUMNS, "constants": {"views": "1"}}
    map_tables(root, page_views=columns)
    return root


def run(monkeypatch, root, start, split, end):
    """Collect a window; return its account, and the files that were opened to read their records."""
    opened, real = [], files.open_files

    def noting(con, found, **how):
        opened.extend(file.name for file in found)
        return real(con, found, **how)

    dates = {"start": start, "split": split, "end": end}
    write_window(root, "test", dates, source=SOURCE, cleaning={"max_loss": 1.0})
    with monkeypatch.context() as patch:
        patch.setattr(files, "open_files", noting)
        return collect("test"), set(opened)


def test_a_new_window_opens_only_the_exports_that_can_matter(months, monkeypatch):
    _, first = run(monkeypatch, months, "2025-02-01", "2025-03-01", "2025-04-01")
    assert first == {"2025-01.csv", "2025-02.csv", "2025-03.csv"}
    _, second = run(monkeypatch, months, *MARCH)
    assert second == {"2025-03.csv"}


def test_an_export_of_records_that_were_all_recorded_after_the_window_is_not_opened(months, monkeypatch):
    month(months, 4, "e,2025-03-07,2025-04-09,home")
    run(monkeypatch, months, *MARCH)
    account, opened = run(monkeypatch, months, *MARCH)
    assert opened == {"2025-03.csv"}
    assert account.tables.set_index("table").loc["page_views", ["rows_read", "rows"]].tolist() == [7, 1]


def test_the_account_is_the_same_whether_exports_were_seen_before_or_not(months, monkeypatch):
    once, _ = run(monkeypatch, months, *MARCH)
    before = digests("test")
    again, _ = run(monkeypatch, months, *MARCH)
    assert digests("test") == before
    for name in ("tables", "coverage", "exclusions", "inputs"):
        pd.testing.assert_frame_equal(getattr(once, name), getattr(again, name))
    row = once.tables.set_index("table").loc["page_views"]
    assert (row["rows_read"], row["rows"], row["rows_outside_window"]) == (6, 1, 4)
    assert once.coverage[["month", "rows"]].to_numpy().tolist() == [["2025-01", 3], ["2025-02", 1], ["2025-03", 1]]
    assert once.inputs["file"].tolist() == ["web/2025-03.csv"]


def test_a_late_record_is_found_in_the_export_of_the_month_in_which_it_was_recorded(months, monkeypatch):
    run(monkeypatch, months, "2025-01-01", "2025-01-15", "2025-03-01")
    days = sorted(collected("test", "page_views")["viewed_at"].dt.strftime("%m-%d"))
    assert days == ["01-05", "01-30", "01-31", "02-05"]
    run(monkeypatch, months, "2025-01-01", "2025-01-15", "2025-02-01")
    assert collected("test", "page_views")["viewed_at"].dt.strftime("%m-%d").tolist() == ["01-05"]


def test_a_changed_export_and_a_changed_mapping_are_read_anew(months, monkeypatch):
    run(monkeypatch, months, *MARCH)
    month(months, 1, "a,2025-01-05,2025-01-05,home", "z,2025-03-09,2025-03-10,home")
    _, opened = run(monkeypatch, months, *MARCH)
    assert opened == {"2025-01.csv", "2025-03.csv"} and len(collected("test", "page_views")) == 2
    columns = {"files": "web/*.csv", "columns": COLUMNS, "constants": {"views": "2"}}
    map_tables(months, page_views=columns)
    _, opened = run(monkeypatch, months, *MARCH)
    assert opened == {"2025-01.csv", "2025-02.csv", "2025-03.csv"}


def test_a_bad_value_in_an_export_of_another_month_is_found_when_it_is_first_seen(months, monkeypatch):
    month(months, 1, "a,2025-01-05,soon,home")
    with pytest.raises(CollectionError, match=r"2025-01\.csv, column 'known'"):
        run(monkeypatch, months, *MARCH)


def test_a_collection_that_breaks_off_leaves_the_earlier_one_whole_and_goes_on_from_there(months, monkeypatch):
    run(monkeypatch, months, *MARCH)
    before = digests("test")
    month(months, 1, "a,2025-01-06,2025-01-06,home")
    month(months, 2, "a,2025-02-06,2025-02-06,home")
    real = mapped.span

    def broken(name, export, records):
        if records.place == "2025-02.csv":
            raise KeyboardInterrupt
        return real(name, export, records)

    monkeypatch.setattr(mapped, "span", broken)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, months, *MARCH)
    assert digests("test") == before
    monkeypatch.setattr(mapped, "span", real)
    _, opened = run(monkeypatch, months, *MARCH)
    assert opened == {"2025-02.csv", "2025-03.csv"}


def test_what_is_remembered_holds_dates_and_counts_alone(months, monkeypatch):
    run(monkeypatch, months, *MARCH)
    (file,) = (paths.cache() / "seen").glob("*.json")
    assert "home" not in file.read_text() and '"c"' not in file.read_text()
