"""The log of a search: half a line counts for nothing, and the order of lines does not matter."""

import itertools
import json

import pytest

from insights.modeling.search import log as search_log


def entry(generation, name, score=0.5):
    status = "failed" if score is None else "evaluated"
    found = {} if score is None else {"roc_auc": score, "complexity": 3}
    return {"generation": generation, "steps": [[name, {}]], "status": status, "seconds": 0.1, **found}


def test_the_order_of_lines_does_not_matter(tmp_path):
    entries = [entry(0, "A"), entry(0, "B"), entry(1, "A2"), entry(1, "Z", None)]
    for number, order in enumerate(itertools.permutations(entries)):
        for line in order:
            search_log.append(tmp_path / str(number), line)
        assert search_log.read(tmp_path / str(number)) == entries


def test_a_log_that_is_not_there_is_empty(tmp_path):
    assert search_log.read(tmp_path / "log") == []
    assert search_log.table([]).columns.tolist() == list(search_log.COLUMNS)


@pytest.mark.parametrize("left", range(1, 40, 6))
def test_half_a_line_is_not_read_and_is_cut_off_before_the_log_goes_on(tmp_path, left):
    log = tmp_path / "log"
    search_log.append(log, entry(0, "A"))
    whole = log.read_bytes()
    log.write_bytes(whole + whole[:left])
    assert search_log.read(log) == [entry(0, "A")]
    search_log.begin(log)
    assert log.read_bytes() == whole


def test_a_log_is_begun_empty_in_a_folder_that_is_made(tmp_path):
    search_log.begin(tmp_path / "new" / "log")
    assert (tmp_path / "new" / "log").read_bytes() == b""


def test_the_first_line_of_a_pipeline_holds(tmp_path):
    search_log.append(tmp_path / "log", entry(0, "A", 0.6))
    search_log.append(tmp_path / "log", entry(1, "A", 0.7))
    assert search_log.read(tmp_path / "log") == [entry(0, "A", 0.6)]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", json.dumps({"generation": 1, "steps": []})])
def test_a_line_that_is_no_entry_is_named(tmp_path, line):
    search_log.append(tmp_path / "log", entry(0, "A"))
    (tmp_path / "log").write_text((tmp_path / "log").read_text() + line + "\n")
    with pytest.raises(search_log.LogError, match=r"log, line 2 is not a line of a search. Delete the file"):
        search_log.read(tmp_path / "log")


def test_the_table_names_pipelines_and_holds_no_seconds():
    table = search_log.table([entry(0, "A", 0.6), entry(1, "B", None)])
    assert table.columns.tolist() == ["generation", "pipeline", "roc_auc", "complexity", "status"]
    assert table["pipeline"].tolist() == ["A", "B"]
    assert table["complexity"].dtype == "Int64" and table["complexity"].isna().tolist() == [False, True]


def test_a_pipeline_is_known_by_its_classes_and_hyper_parameters_in_any_order():
    one, other = [["A", {"x": 1, "y": 2}]], [["A", {"y": 2, "x": 1}]]
    assert search_log.key(one) == search_log.key(other)
    assert search_log.key(one) != search_log.key([["A", {"x": 1, "y": 2.0}]])
    assert search_log.key(one) != search_log.key([["B", {"x": 1, "y": 2}]])


def test_each_task_has_a_log_of_its_own(tmp_path):
    assert search_log.place(tmp_path, "a" * 64) != search_log.place(tmp_path, "b" * 64)
