"""Engines: one that cannot be had is refused before work, and tables go from one to another and leave nothing."""

import ibis
import pytest
from micro import window

from insights import warehouse
from insights.warehouse import core

SPARK = window(compute={"tables": "spark"}).compute


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
