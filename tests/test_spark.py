"""A real Spark gives the tables that DuckDB gives: collected, clean, features and the journey.

``make spark`` installs pyspark and runs this; elsewhere it is skipped.
"""

import shutil

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from collecting import make_project, write_window
from ibis.common.exceptions import UnsupportedOperationError

from insights import cleaning, dictionary, journey, params, paths, privacy, store, warehouse
from insights.collection import collect, simulated
from insights.features import build

pytest.importorskip("pyspark", reason="pyspark is not installed: make spark installs it and runs this")
if shutil.which("java") is None:
    pytest.skip("there is no Java", allow_module_level=True)

COMPANY = {"people": 600, "start": pd.Timestamp("2024-10-01").date(), "months": 15, "seed": 5}
ENGINES = ("duckdb", "spark")
LOGARITHMS = {"sales_acceleration", "views_acceleration", "season_ahead"}  # Java's differ in the last bit


@pytest.fixture(scope="module")
def at(tmp_path_factory):
    """A project with a window for each engine: the simulated company, and its exports as a folder of CSV files."""
    with pytest.MonkeyPatch.context() as patch:
        root = make_project(tmp_path_factory.mktemp("spark"), patch)
        patch.setattr(privacy, "secret_key", lambda: privacy.public_key("simulation"))
        for engine in ENGINES:
            write_window(root, engine, simulation=COMPANY, compute={"tables": engine})
        simulated.write_exports(params.load("duckdb"), root / "exports", print)
        source = {"kind": "folder", "mapping": "exports/mapping.yaml"}
        write_window(root, "folder", simulation=COMPANY, source=source, compute={"tables": "spark"})
        yield root


def made(window, engine):
    """Collect and clean a window by an engine; return its features and what the journey is told by."""
    collected = store.open_step("00_data_collection", window)
    collect(collected, engine)
    collected.finish()
    clean = store.open_step("02_data_cleaning", window)
    cleaning.clean(clean, engine, dictionary.collected_tables(engine, window, protected=False))
    clean.finish()
    return clean.params, cleaning.tables(engine, window)


@pytest.fixture(scope="module")
def both(at):
    """What each engine made of the simulated company."""
    found = {}
    for name in ENGINES:
        engine = warehouse.connect(params.load(name).compute)
        asked, tables = made(name, engine)
        features = {model: builder(engine, tables, asked)[1] for model, builder in build.BUILDERS.items()}
        step = store.open_step("03_learner_journey", name)
        journey.study(step, engine)
        step.finish()
        found[name] = features
    return found


def parquet(window, step):
    """Return every table that a step wrote, by its place."""
    folder = paths.step(window, step)
    every = {file.relative_to(folder) for file in folder.rglob("*.parquet")}
    tables = {place for place in every if not any(parent in every for parent in place.parents)}
    return {place: pq.read_table(folder / place) for place in sorted(tables)}


def same(here, there):
    """Tell whether two tables hold the same values of the same types; whether null is allowed may differ."""
    return there.schema.types == here.schema.types and there.cast(here.schema).equals(here)


@pytest.mark.parametrize("step", ["00_data_collection", "02_data_cleaning"])
def test_collected_and_clean_tables_are_the_same_row_for_row(both, step):
    here, there = (parquet(engine, step) for engine in ENGINES)
    assert here.keys() == there.keys() and len(here) > 12
    assert [str(place) for place in here if not same(here[place], there[place])] == []


@pytest.mark.parametrize("model", ["launch", "completion"])
def test_features_are_the_same_but_for_the_last_bit_of_logarithms(both, model):
    here, there = (both[engine][model] for engine in ENGINES)
    exact = [column for column in here if column not in LOGARITHMS]
    pd.testing.assert_frame_equal(there[exact], here[exact], check_exact=True)
    for column in LOGARITHMS & {*here}:
        np.testing.assert_allclose(there[column], here[column], rtol=0, atol=1e-14)


def test_the_journey_is_the_same(both):
    here, there = (parquet(engine, "03_learner_journey") for engine in ENGINES)
    assert here.keys() == there.keys() and len(here) > 10
    for place, table in here.items():
        pd.testing.assert_frame_equal(there[place].to_pandas(), table.to_pandas(), rtol=1e-9, obj=str(place))


def test_exports_are_read_here_and_worked_on_there_and_leave_nothing(at, both):
    made("folder", warehouse.connect(params.load("folder").compute))
    here, there = (parquet(window, "02_data_cleaning") for window in ("duckdb", "folder"))
    clean = {place for place in here if "tables" not in place.parts}
    assert clean == {place for place in there if "tables" not in place.parts}
    assert [str(place) for place in clean if not same(here[place], there[place])] == []
    assert [*paths.cache().glob("handed_over_*")] == []


@pytest.fixture(scope="module")
def engine(at):
    return warehouse.connect(params.load("spark").compute)


def test_white_space_of_every_kind_is_taken_off_and_letters_are_not(engine):
    words = ibis.memtable({"word": ["\v\f vf \t\r\n", "v.tv", None]})
    assert engine.to_pyarrow(words.word.strip()).to_pylist() == ["vf", "v.tv", None]


def test_numbers_with_a_point_divide_as_floating_point(engine):
    days = ibis.memtable({"seconds": [100_000_001]})
    assert engine.execute(days.seconds / (30.4375 * 86_400))[0] == 100_000_001 / (30.4375 * 86_400)


def test_texts_are_joined_in_the_order_that_is_stated(engine):
    rows = ibis.memtable({"by": [1, 1, 1], "text": ["b", "a", None]})
    joined = rows.group_by("by").agg(text=rows.text.group_concat(" ", order_by=[rows.text]))
    assert engine.to_pyarrow(joined)["text"].to_pylist() == ["a b"]


def test_the_first_in_an_order_is_taken_missing_keys_last_and_missing_values_never(engine):
    rows = {"by": [1] * 4, "at": [None, 3, 2, 1], "name": ["d", "c", "b", None]}
    held = ibis.memtable(rows, schema={"by": "int64", "at": "int64", "name": "string"})
    for table, con in ((held, engine), (held, ibis.duckdb.connect())):
        first = table.group_by("by").agg(name=table.name.first(order_by=[table["at"], table.name]))
        assert con.to_pyarrow(first)["name"].to_pylist() == ["b"]
    with pytest.raises(UnsupportedOperationError, match="ascending"):
        engine.compile(held.agg(x=held.name.first(order_by=ibis.desc(held["at"]))))


def test_rows_are_named_once_and_each_by_a_name_of_its_own(engine):
    rows = engine.create_table("rows", obj=ibis.memtable({"n": [1, 2, 2]}).mutate(row=ibis.uuid()), temp=True)
    names = [rows.row.to_pyarrow().to_pylist() for _ in range(2)]
    assert len({*names[0]}) == 3 and sorted(names[0]) == sorted(names[1])


def test_a_missing_whole_number_stays_missing_and_whole(engine):
    held = engine.create_table("numbers", pa.table({"n": pa.array([2**53 + 1, None], pa.int64())}), temp=True)
    assert sorted(engine.to_pyarrow(held)["n"].to_pylist(), key=str) == [2**53 + 1, None]
    engine.drop_table("numbers")
    assert "numbers" not in engine.list_tables()


def test_a_file_that_is_broken_is_told_in_one_line(engine, tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(warehouse.EngineError, match="Spark broke off") as caught:
        warehouse.read(engine, tmp_path / "broken.parquet").count().execute()
    assert "\n" not in str(caught.value)
