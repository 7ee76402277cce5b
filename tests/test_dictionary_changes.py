"""Changes since the window before: which window that is, and what is said of each column."""

import ibis
import pandas as pd
import pytest
from collecting import make_project, use_tables, write_window
from collecting import run as collect

from insights import dictionary
from insights.dictionary import changes, shapes
from insights.params import load

FOLDER = {"kind": "folder", "mapping": "mapping.yaml"}
EARLY = {"start": "2024-01-01", "split": "2024-10-01", "end": "2025-01-01"}
LATE = {"start": "2025-01-01", "split": "2025-10-01", "end": "2026-01-01"}


def views(seconds, day):
    """Return a view a day, each so long, of one kind of page."""
    at = pd.Timestamp(day) + pd.to_timedelta(range(len(seconds)), unit="D")
    frame = pd.DataFrame({"learner_id": "L1", "viewed_at": at, "recorded_at": at, "page_type": "home", "views": 1})
    return frame.assign(seconds=pd.array(seconds, dtype="Int32"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in which an early window was collected, with short views, and a late one with long ones."""
    root = make_project(tmp_path, monkeypatch)
    write_window(root, "early", EARLY, source=FOLDER)
    write_window(root, "late", LATE, source=FOLDER)
    both = [views([1, 2, 3, None], "2024-05-01"), views([1, 2, 90, 90, 90], "2025-05-01")]
    use_tables(monkeypatch, {"page_views": pd.concat(both, ignore_index=True)})
    collect("early")
    collect("late")
    return root


def test_the_window_before_is_the_latest_of_the_same_source_that_ended_earlier(project):
    assert changes.window_before(load("late")) == "early"
    assert changes.window_before(load("early")) is None


def test_a_window_that_was_not_collected_or_of_another_source_is_not_compared_with(project):
    write_window(project, "between", EARLY | {"end": "2025-06-01"}, source=FOLDER)
    assert changes.window_before(load("late")) == "early"
    write_window(project, "late", LATE, source=FOLDER | {"path": "elsewhere"})
    assert changes.window_before(load("late")) is None


def test_a_column_that_changed_is_told_before_one_that_did_not(project):
    con = ibis.duckdb.connect()
    here = dictionary.collected_tables(con, "late")
    found = changes.against(con, "early", dictionary.profile(here), shapes.measure(here, 1))
    seconds, by_name = found.iloc[0], found.set_index("column")
    assert seconds[["column", "rows_before", "rows", "verdict"]].tolist() == ["seconds", 4, 5, "changed much"]
    assert (seconds["missing_before"], seconds["missing"]) == (0.25, 0)
    assert by_name.loc["page_type", "verdict"] == "as before"
    assert by_name.loc["page_type", "shift"] == pytest.approx(0)
    assert pd.isna(by_name.loc["viewed_at", "shift"])
