import os
import time

import pandas as pd
import pytest
import tiny_project

from insights import paths, store
from insights.running import seals

STEP, WINDOW = "05_modeling", "sample"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of which one step is done and sealed, resting on one file."""
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    tiny_project.make(tmp_path)
    (tmp_path / "library.py").write_text("one = 1\n")
    step = store.open_step(STEP, WINDOW)
    step.record("tiny", 1)
    step.table("kept", pd.DataFrame({"n": [1, 2]}))
    step.finish()
    for file in (paths.page(WINDOW, STEP), paths.executed(WINDOW, STEP), stamp(f"{STEP}.d"), stamp(STEP)):
        store.write_atomically(file, b"made")
    seals.keep(WINDOW, STEP, seals.state([tmp_path / "library.py"]))
    return tmp_path


def stamp(name):
    return paths.window(WINDOW) / ".done" / name


def as_old(file, content):
    """Change a file and give it back its time."""
    about = file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))


def test_nothing_is_broken_where_nothing_has_changed(project):
    assert seals.broken(WINDOW) == {} and seals.mend(WINDOW) == [] and stamp(STEP).exists()


def test_what_a_step_rested_on_is_told_by_its_content_whatever_its_time(project):
    as_old(project / "library.py", b"one = 2\n")
    assert seals.broken(WINDOW) == {STEP: "library.py has changed"}
    os.utime(project / "library.py", (0, 0))
    (project / "library.py").write_bytes(b"one = 1\n")
    assert seals.broken(WINDOW) == {}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"{STEP}/tables/kept.parquet", "05_modeling/tables/kept.parquet"),
        (f"{STEP}/results.json", "05_modeling/results.json"),
        (f"{STEP}/seal.json", "05_modeling/seal.json"),
        (f"notebooks/{STEP}.ipynb", "notebooks/05_modeling.ipynb"),
        (f".done/{STEP}.d", ".done/05_modeling.d"),
    ],
)
def test_a_garbled_file_of_a_step_makes_its_stamp_void_and_is_named(name, told, project):
    as_old(paths.window(WINDOW) / name, b"half")
    assert seals.mend(WINDOW) == [f"{WINDOW}  {STEP}: {told} is not as it was written; made again."]
    assert not stamp(STEP).exists() and not stamp(f"{STEP}.d").exists()


def test_a_file_more_and_one_less_are_seen(project):
    (paths.step(WINDOW, STEP) / "tables" / "more.csv").touch()
    assert seals.broken(WINDOW) == {STEP: "05_modeling/tables/more.csv is not as it was written"}
    (paths.step(WINDOW, STEP) / "tables" / "more.csv").unlink()
    (paths.step(WINDOW, STEP) / "tables" / "kept.csv").unlink()
    assert seals.broken(WINDOW) == {STEP: "05_modeling/tables/kept.csv is gone"}


def test_one_bit_is_seen_where_files_are_read_and_not_where_size_and_time_are_enough(project):
    file = paths.step(WINDOW, STEP) / "tables" / "kept.csv"
    as_old(file, file.read_bytes().replace(b"1", b"3"))
    assert seals.broken(WINDOW, thoroughly=False) == {}
    assert seals.broken(WINDOW) == {STEP: "05_modeling/tables/kept.csv is not as it was written"}


def test_a_garbled_page_is_removed_so_that_it_is_written_anew_and_its_step_stays_done(project):
    paths.page(WINDOW, STEP).write_text("half")
    assert seals.mend(WINDOW) == [f"{WINDOW}  pages: html/{STEP}.html is not as it was written; made again."]
    assert not paths.page(WINDOW, STEP).exists() and stamp(STEP).exists()


def test_a_stamp_of_a_time_to_come_is_void(project):
    os.utime(stamp(STEP), (later := time.time() + 86_400, later))
    assert "clock was put back" in seals.broken(WINDOW)[STEP]


def test_of_a_step_that_an_earlier_version_made_make_alone_decides(project):
    stamp(f"{STEP}.json").unlink()
    paths.page(WINDOW, STEP).write_text("other")
    assert seals.broken(WINDOW) == {}


def test_a_step_whose_successor_was_interrupted_is_put_back(project):
    final = paths.step(WINDOW, STEP)
    final.rename(final.with_name(f".{STEP}.old"))
    assert seals.mend(WINDOW) == []
    assert store.results(WINDOW)["name"].tolist() == ["tiny"] and final.exists()


def test_results_that_cannot_be_read_are_left_out_until_they_are_made_again(project):
    (paths.step(WINDOW, STEP) / "results.json").write_text('[{"na')
    seals.mend(WINDOW)
    assert store.results(WINDOW).empty
    step = store.open_step(STEP, WINDOW)
    step.record("tiny", 1)
    step.finish()
    assert store.results(WINDOW)["name"].tolist() == ["tiny"]


def test_a_garbled_rule_is_removed_also_where_its_step_is_not_done(project):
    stamp(STEP).unlink()
    stamp(f"{STEP}.d").write_text("half a rule")
    assert seals.mend(WINDOW) == [] and not stamp(f"{STEP}.d").exists()


def test_a_page_that_is_written_anew_is_the_true_one_and_what_else_is_garbled_stays_seen(project):
    paths.page(WINDOW, STEP).write_text("a new look")
    seals.keep_page(WINDOW, STEP)
    assert seals.broken(WINDOW) == {}
    paths.executed(WINDOW, STEP).write_text("half")
    seals.keep_page(WINDOW, STEP)
    assert seals.broken(WINDOW) == {STEP: f"notebooks/{STEP}.ipynb is not as it was written"}
    stamp(f"{STEP}.json").write_text("half")
    seals.keep_page(WINDOW, STEP)
    assert seals.broken(WINDOW) == {STEP: f".done/{STEP}.json cannot be read"}
