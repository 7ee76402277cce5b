"""Journals: lines are only added, by several at once, and nothing that was written is lost."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk

from insights import journals

VALUES = st.one_of(st.text(), st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.lists(st.text(), max_size=3))


@given(records=st.lists(st.fixed_dictionaries({"who": VALUES, "said": VALUES}), max_size=5))
@brisk
def test_what_is_written_down_is_read_again_in_its_order(records, tmp_path_factory):
    file = tmp_path_factory.mktemp("journal") / "folder" / "one.jsonl"
    for record in records:
        journals.append(file, [record])
    found = journals.read(file, ["who", "said"])
    assert found.to_dict("records") == records


def added(file, number):
    for place in range(20):
        journals.append(file, [{"who": number, "place": place}] * 2)


def test_several_that_write_at_once_lose_nothing(tmp_path):
    file = tmp_path / "one.jsonl"
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(added, [file] * 4, range(4)))
    found = journals.read(file, ["who", "place"])
    assert found.groupby("who")["place"].apply(list).to_dict() == {
        who: [place for place in range(20) for _ in range(2)] for who in range(4)
    }


def test_to_a_line_that_was_cut_off_nothing_is_added(tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text('{"who": 1}\n{"wh')
    with pytest.raises(journals.JournalError, match="last line is cut off"):
        journals.append(file, [{"who": 2}])
    assert file.read_text() == '{"who": 1}\n{"wh'


@pytest.mark.parametrize("line", ["{", "[]", "1", '{"other": 1}', ""])
def test_a_line_that_is_no_record_is_named(tmp_path, line):
    file = tmp_path / "one.jsonl"
    file.write_text(f'{{"who": 1}}\n{line}\n')
    with pytest.raises(journals.JournalError, match=r"one\.jsonl, line 2"):
        journals.read(file, ["who"])


def test_numbers_of_numpy_and_days_are_written_as_json_knows_them(tmp_path):
    file = tmp_path / "one.jsonl"
    journals.append(file, [{"n": np.int64(3), "p": np.float64(0.5), "day": pd.Timestamp("2026-01-31")}])
    assert json.loads(file.read_text()) == {"n": 3, "p": 0.5, "day": "2026-01-31 00:00:00"}
