"""Drafts: a mapping proposed from the names and contents of exports, which a person corrects."""

import shutil

import pandas as pd
import pytest
import yaml
from collecting import HERE, make_project, run, write_window

from insights.collection import CollectionError, draft, shipped
from insights.collection.__main__ import main
from insights.collection.mapping import Export

EXAMPLES = HERE / "examples"


def proposed(folder, frame, name="sales.csv", **options):
    frame.to_csv(folder / name, index=False, **options)
    return draft.propose(folder)[0]


def test_every_export_of_a_known_system_is_left_to_its_shipped_mapping():
    proposals = draft.propose(EXAMPLES / "systems")
    assert {p.export.get("use") for p in proposals} == set(shipped.names())


def test_a_draft_of_the_example_folder_finds_every_table_of_its_mapping():
    read = yaml.safe_load(draft.written(draft.propose(EXAMPLES / "folder")))
    written = yaml.safe_load((EXAMPLES / "folder" / "mapping.yaml").read_text())
    assert set(read["tables"]) == set(written["tables"])
    posts = read["tables"]["social_posts"][0]
    assert posts["dates"] == {"posted_at": "%d/%m/%Y %H:%M"}
    assert (posts["encoding"], posts["delimiter"]) == ("latin-1", ";")


def test_a_draft_that_leaves_nothing_open_collects(tmp_path, monkeypatch):
    root = make_project(tmp_path, monkeypatch)
    (root / "exports").mkdir()
    shutil.copy(EXAMPLES / "systems" / "hubspot-contacts.csv", root / "exports")
    (root / "exports" / "mapping.yaml").write_text(draft.written(draft.propose(root / "exports")))
    source = {"kind": "folder", "mapping": "exports/mapping.yaml"}
    account = run(write_window(root, source=source)).tables.set_index("table")
    assert account.loc["learners", "rows"] == 7


def test_files_of_one_folder_and_kind_are_drafted_as_a_pattern_that_later_ones_fit(tmp_path):
    (tmp_path / "sales").mkdir()
    for month in ("2025-01", "2025-02"):
        day = f"{month}-03T10:00:00Z"
        frame = pd.DataFrame({"Order ID": [month], "SKU": ["p"], "Purchase date": [day], "Quantity": [1]})
        frame.to_csv(tmp_path / "sales" / f"{month}.csv", index=False)
    text = draft.written(draft.propose(tmp_path))
    assert "files: sales/*.csv" in text and "2025-01" not in text
    (tmp_path / "sales" / "other.csv").write_text("nothing,fits\n1,2\n")
    text = draft.written(draft.propose(tmp_path))
    assert "sales/2025-01.csv" in text and "*.csv" not in text


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("2025-03-01T10:00:00Z", None),
        ("31/12/2025 10:00", "%d/%m/%Y %H:%M"),
        ("12/31/2025 10:00", "%m/%d/%Y %H:%M"),
        ("31.12.2025", "%d.%m.%Y"),
        ("1741100400", "epoch"),
        ("1741100400000", "epoch_ms"),
    ],
)
def test_the_format_of_dates_is_found_in_the_records(tmp_path, written, codes):
    frame = pd.DataFrame({"Order ID": ["a"], "SKU": ["p"], "Purchase date": [written], "Quantity": [1]})
    export = proposed(tmp_path, frame).export
    assert export.get("dates", {}).get("enrolled_at") == codes
    assert export["columns"]["enrolled_at"] == "Purchase date"


@pytest.mark.parametrize(
    ("amounts", "mark"),
    [
        (["49,90", "1.234,50", "7"], ","),
        (["€ 49,90", "0,5", ""], ","),
        (["49.90", "1,234.50"], None),
        (["1,234", "5,678"], None),  # thousands
        ([49.9, 10.0], None),
    ],
)
def test_a_decimal_comma_is_found_in_the_records(tmp_path, amounts, mark):
    frame = pd.DataFrame({"Order ID": range(len(amounts)), "email": "a@b.example", "SKU": "p", "Amount": amounts})
    found = proposed(tmp_path, frame.assign(**{"Purchase date": "2025-01-02"}), sep=";")
    assert found.table == "enrollments" and found.export["columns"]["amount"] == "Amount"
    assert found.export.get("decimal_mark") == mark


@pytest.mark.parametrize(
    ("days", "doubtful"), [(["01/02/2025", "03/04/2025"], True), (["01/22/2025"], False), (["22/01/2025"], False)]
)
def test_where_day_and_month_could_be_either_a_person_is_asked(tmp_path, days, doubtful):
    frame = pd.DataFrame({"Order ID": range(len(days)), "email": "a@b.example", "SKU": "p", "Purchase date": days})
    text = draft.written([proposed(tmp_path, frame)])
    assert ("to be settled: enrolled_at" in text and "%d/%m/%Y" in text) == doubtful
    assert yaml.safe_load(text)["tables"]["enrollments"]


def test_a_column_whose_records_cannot_be_what_its_name_says_is_not_proposed(tmp_path):
    frame = pd.DataFrame({"Order ID": ["a"], "SKU": ["p"], "Purchase date": ["2025-01-01"], "Quantity": ["many"]})
    found = proposed(tmp_path, frame)
    assert found.table == "enrollments"
    assert found.unfilled == ["units"]
    assert found.unread == ["Quantity"]


def test_a_day_is_not_proposed_as_a_number(tmp_path):
    frame = pd.DataFrame(
        {"Order ID": ["a"], "SKU": ["p"], "Purchase date": ["2025-01-01"], "Quantity": ["31.12.2025"]}
    )
    assert proposed(tmp_path, frame).unread == ["Quantity"]


def test_an_export_that_fits_nothing_is_said_to_fit_nothing(tmp_path):
    text = draft.written([proposed(tmp_path, pd.DataFrame({"Xyzzy": [1], "Plugh": [2]}), "cave.csv")])
    assert "# cave.csv: fits no table; its columns are Xyzzy, Plugh" in text


def test_a_folder_without_exports_is_refused(tmp_path, capsys):
    with pytest.raises(CollectionError, match="no export is in there"):
        draft.propose(tmp_path)
    assert main(["draft", str(tmp_path)]) == 2
    assert "no export is in there" in capsys.readouterr().err
    with pytest.raises(CollectionError, match="there is no such folder"):
        draft.propose(tmp_path / "elsewhere")


def test_what_a_draft_says_of_an_export_is_a_mapping(tmp_path):
    for proposal in draft.propose(EXAMPLES / "folder"):
        if "use" not in proposal.export:
            Export.model_validate(proposal.export)


@pytest.mark.parametrize("arguments", [["draft", ""], ["exports", "sample", ""]])
def test_where_no_folder_is_named_the_one_we_are_in_is_not_meant(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "no folder is named; write FOLDER=" in capsys.readouterr().err
