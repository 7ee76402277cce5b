"""Engines: one that cannot be had is refused before work, and tables go from one to another and leave nothing."""

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ibis
import pytest
from micro import window

from insights import paths, warehouse
from insights.warehouse import core, spill

SPARK = window(compute={"tables": "spark"}).compute
LITTLE = window(compute={"memory": "100MB", "threads": 1}).compute


def test_spark_without_its_package_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(core.importlib.util, "find_spec", lambda name: None)
    for refused in (warehouse.check, warehouse.connect):
        with pytest.raises(warehouse.EngineError, match=r"pyspark is not installed.*make install-spark"):
            refused(SPARK)


def test_spark_without_java_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(core.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(core.shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(warehouse.EngineError, match="there is no Java"):
        warehouse.check(SPARK)


def test_duckdb_needs_nothing_more(monkeypatch):
    monkeypatch.setattr(core.importlib.util, "find_spec", lambda name: None)
    warehouse.check(window().compute)


def test_tables_are_handed_to_another_engine_as_files_that_are_gone_afterwards(tmp_path):
    here, there = ibis.duckdb.connect(), ibis.duckdb.connect()
    mine = here.create_table("mine", ibis.memtable({"n": [1, 2, 3]}))
    with warehouse.handed_over(there, tmp_path / "cache") as give:
        given = give({"people": mine})["people"]
        assert given.get_backend() is there and sorted(given.n.execute()) == [1, 2, 3]
        assert [*(tmp_path / "cache").rglob("*.parquet")]
    assert [*(tmp_path / "cache").iterdir()] == []


def test_a_file_that_is_no_table_is_told_with_what_makes_it(tmp_path):
    file = tmp_path / "02_data_cleaning" / "clean" / "learners.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1 half")
    with pytest.raises(warehouse.EngineError, match=r"cannot be read as Parquet.*02_data_cleaning"):
        warehouse.read(ibis.duckdb.connect(), file)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_engines_that_spill_at_once_do_not_meet_and_leave_nothing(root):
    numbers = 12_000_000  # of 16 bytes, in 100 MB
    compared = "count(*), sum(n), sum(m)"

    def spilled(_):
        con = warehouse.connect(LITTLE)
        made = f"SELECT hash(range) % 1000003 AS n, hash(range + 1) AS m FROM range({numbers})"
        con.raw_sql(f"CREATE TEMP TABLE held AS {made}")
        seen = {file.parent for file in paths.spilled().rglob("*") if file.is_file()}
        told = [con.raw_sql(f"SELECT {compared} FROM {of}").fetchone() for of in ("held", f"({made})")]
        con.disconnect()
        return told, seen

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(spilled, range(2)))
    assert all(held == made for (held, made), _ in found)
    assert len(set.union(*(seen for _, seen in found))) == 2
    assert [*root.iterdir()] == [root / ".cache"] and [*paths.spilled().iterdir()] == []


def test_what_an_engine_of_a_killed_process_left_is_removed_and_what_others_hold_is_not(root):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    own, other = f"{platform.node()}.{os.getpid()}.a", f"elsewhere.{gone.pid}.b"
    for name in (f"{platform.node()}.{gone.pid}.c", own, other, f"{platform.node()}.notes.txt"):
        (paths.spilled() / name).mkdir(parents=True)
    first, second = spill.folder(), spill.folder()
    assert {file.name for file in paths.spilled().iterdir()} == {own, other, f"{platform.node()}.notes.txt"}
    assert first != second and not first.exists()


def test_what_is_spilled_may_be_read_by_its_owner_alone(root):
    assert (spill.folder().parent.stat().st_mode & 0o077) == 0


def test_every_engine_is_opened_in_one_place_with_a_folder_of_its_own(root):
    source = Path(warehouse.__file__).parents[1]
    opens = [file.relative_to(source) for file in source.rglob("*.py") if "duckdb.connect(" in file.read_text()]
    assert opens == [Path("warehouse/core.py")]
    places = {
        con.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0]
        for con in (warehouse.local(), warehouse.local(), warehouse.local(LITTLE))
    }
    assert len(places) == 3 and {Path(place).parent for place in places} == {paths.spilled()}
