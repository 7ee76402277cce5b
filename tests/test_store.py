"""The store: a step is put into place as a whole or not at all, and a number is recorded once."""

import itertools
import json
import os
import threading

import ibis
import numpy as np
import pandas as pd
import pytest
from collecting import HERE, make_project
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from insights import params, paths, store, warehouse
from insights.store import Step, StoreError

STEP, OTHER = "05_modeling", "06_ablation"
FRAME = pd.DataFrame({"a": [1, 2]})


@pytest.fixture
def project(tmp_path, monkeypatch):
    return make_project(tmp_path, monkeypatch)


def test_a_step_opened_elsewhere_takes_nothing_from_one_that_is_at_work(project, monkeypatch):
    first = store.open_step(STEP, "sample")
    first.table("table_5_1", FRAME)
    mine = os.getpid()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "getpid", lambda: os.getppid())
        other = store.open_step(STEP, "sample")
        assert other.folder != paths.staging("sample", STEP, mine)
    first.finish()
    assert store.table("sample", STEP, "table_5_1").equals(FRAME)


def test_what_a_process_that_is_gone_left_unfinished_is_removed(project):
    dead = paths.staging("sample", STEP, 2**22 + 1)
    dead.mkdir(parents=True)
    store.open_step(STEP, "sample")
    assert not dead.exists()


def finished(name=STEP, value=1.0, window="sample"):
    """Finish a step that wrote one table and recorded one number."""
    step = store.open_step(name, window)
    step.table("table_5_1", FRAME * value)
    step.record(f"{name}.number", value)
    step.finish()
    return step


def test_nothing_of_a_step_is_seen_before_it_is_finished(project):
    step = store.open_step(STEP, "sample")
    step.table("table_5_1", FRAME)
    step.record("x", 1)
    assert not paths.step("sample", STEP).exists()
    assert not paths.results("sample").exists()
    step.finish()
    pd.testing.assert_frame_equal(store.table("sample", STEP, "table_5_1"), FRAME)
    assert store.results("sample")["value"].tolist() == [1]
    assert not step.folder.exists()


def test_a_step_that_stops_half_way_leaves_what_an_earlier_one_made(project):
    finished(value=3)
    half = store.open_step(STEP, "sample")
    half.table("table_5_1", FRAME * 9)
    half.record("x", 9)
    assert store.table("sample", STEP, "table_5_1")["a"].tolist() == [3, 6]
    assert store.results("sample")["value"].tolist() == [3]


def test_a_step_that_cannot_be_written_leaves_what_an_earlier_one_made(project):
    finished(value=3)
    step = store.open_step(STEP, "sample")
    step.note(score=float("nan"))
    with pytest.raises(ValueError, match="JSON compliant"):
        step.finish()
    assert store.table("sample", STEP, "table_5_1")["a"].tolist() == [3, 6]


def test_a_later_run_replaces_an_earlier_one_as_a_whole(project):
    first = store.open_step(STEP, "sample")
    first.table("old", FRAME)
    first.record("old", 1)
    first.finish()
    finished(value=2)
    folder = paths.step("sample", STEP)
    assert not (folder / "tables" / "old.parquet").exists()
    assert store.results("sample")["name"].tolist() == [f"{STEP}.number"]
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(f".{STEP}")] == []


def test_what_an_interrupted_replacement_left_behind_is_cleared(project):
    finished(value=1)
    left = paths.step("sample", STEP).with_name(f".{STEP}.old")
    (left / "tables").mkdir(parents=True)
    finished(value=2)
    assert store.table("sample", STEP, "table_5_1")["a"].tolist() == [2, 4]
    assert not left.exists()


def test_opening_a_step_clears_what_a_failed_one_left_aside(project):
    half = store.open_step(STEP, "sample")
    half.table("half", FRAME)
    assert list(store.open_step(STEP, "sample").folder.iterdir()) == []


def test_finishing_twice_does_not_empty_what_was_made(project):
    step = finished()
    with pytest.raises(StoreError, match=r"finished already. Run the notebook again from its top"):
        step.finish()
    assert store.table("sample", STEP, "table_5_1")["a"].tolist() == [1, 2]


def test_a_step_of_an_unknown_window_is_refused(project):
    with pytest.raises(params.ParameterError, match="WINDOW=sampel"):
        store.open_step(STEP, "sampel")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.nan])
def test_only_finite_numbers_are_recorded(project, value):
    step = store.open_step(STEP, "sample")
    for given_ in ({"value": value}, {"value": 1, "low": value}, {"value": 1, "high": value}):
        with pytest.raises(StoreError, match=r"auc is -?(nan|inf). Record only finite numbers"):
            step.record("auc", **given_)
    with pytest.raises(StoreError, match="auc: no value to record"):
        step.record("auc", None)
    assert step.records == []


def test_the_same_thing_is_recorded_once(project):
    step = store.open_step(STEP, "sample")
    step.record("auc", 0.7, model="forest", by={"split": "validation", "rows": "launch"})
    with pytest.raises(StoreError, match=r"auc .* is recorded twice. Name what differs in by="):
        step.record("auc", 0.8, model="forest", by={"rows": "launch", "split": "validation"})
    step.record("auc", 0.8, model="logistic", by={"split": "validation", "rows": "launch"})
    step.record("auc", 0.8, model="forest", by={"split": "train", "rows": "launch"})
    assert [r["value"] for r in step.records] == [0.7, 0.8, 0.8]


def test_numbers_keep_their_kind_and_what_belongs_to_them(project):
    step = store.open_step(STEP, "sample")
    assert step.record("rows", 12, unit="rows") == 12
    step.record("auc", np.float64(0.5), low=np.float32(0.25), high=1, n=np.int64(7), by={"split": "train"})
    step.finish()
    records = {r["name"]: r for r in json.loads(paths.results("sample").read_text())}
    assert records["rows"] == dict.fromkeys(store.RECORD) | {
        "name": "rows", "by": {}, "value": 12, "unit": "rows", "notebook": STEP,
    }  # fmt: skip
    assert isinstance(records["rows"]["value"], int)
    auc = records["auc"]
    assert (auc["value"], auc["low"], auc["high"], auc["n"], auc["by"]) == (0.5, 0.25, 1, 7, {"split": "train"})


def test_results_are_the_same_bytes_whatever_the_order_they_were_recorded_in(project):
    numbers = [("b", None, {}), ("a", "x", {"k": 1}), ("a", "x", {"k": 2}), ("a", None, {"z": 1, "k": 0})]
    seen = set()
    for order in itertools.permutations(numbers):
        step = store.open_step(STEP, "sample")
        for name, model, by in order:
            step.record(name, len(by), model=model, by=dict(reversed(by.items())) if order[0] == numbers[0] else by)
        step.finish()
        seen.add(paths.results("sample").read_bytes())
    assert len(seen) == 1
    assert store.results("sample")["name"].tolist() == ["a", "a", "a", "b"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=10))
def test_a_number_is_read_back_as_it_was_recorded(values):
    step = Step(STEP, params.load("sample"))
    for i, value in enumerate(values):
        step.record("x", value, by={"i": i})
    assert [json.loads(json.dumps(r))["value"] for r in step.records] == values


def test_the_store_of_a_window_gathers_its_steps_and_those_run_again_count_once(project):
    finished(STEP, 1)
    finished(OTHER, 2)
    finished(STEP, 3)
    assert dict(store.results("sample")[["notebook", "value"]].to_numpy()) == {STEP: 3, OTHER: 2}
    assert list(json.loads(paths.manifest("sample").read_text())["steps"]) == [STEP, OTHER]


def test_windows_do_not_touch_each_other(project):
    finished(window="sample", value=1)
    finished(window="2025Q4", value=2)
    assert store.results("sample")["value"].tolist() == [1]


def test_a_window_without_results_is_an_empty_table_with_the_usual_columns(project):
    store.open_step(STEP, "sample").finish()
    assert store.results("sample").columns.tolist() == list(store.RECORD)
    assert len(store.results("sample")) == 0


def test_eight_steps_finished_at_once_all_count(project):
    steps = [store.open_step(name, "sample") for name in paths.STEPS]
    for step in steps:
        step.record(step.name, 1)
    together(*(step.finish for step in steps))
    assert sorted(store.results("sample")["name"]) == sorted(paths.STEPS)


def test_a_step_waits_to_finish_until_another_has(project):
    step = store.open_step(STEP, "sample")
    step.record("x", 1)
    with store._lock("sample"):
        waiting = threading.Thread(target=step.finish)
        waiting.start()
        waiting.join(0.3)
        assert not paths.results("sample").exists()
    waiting.join()
    assert store.results("sample")["value"].tolist() == [1]


def together(*calls):
    """Call functions in threads and wait for all of them."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_manifest_says_what_made_the_numbers(project):
    step = store.open_step(STEP, "sample")
    step.note(rows={"train": 5})
    step.note(file="abc")
    step.finish()
    facts = store.facts("sample", STEP)
    assert facts["rows"] == {"train": 5} and facts["file"] == "abc"
    assert facts["parameters_sha256"] == params.load("sample").digest()
    assert facts["seed"] == params.load("sample").modeling.seed
    assert set(facts["versions"]) == {*store.SHOWN_VERSIONS, "python"}


def test_what_a_step_took_is_in_the_manifest_and_not_in_the_results(project):
    finished()
    before = paths.results("sample").read_bytes()
    store.write_cost("sample", STEP, 1.234, 3 * 2**20)
    step = json.loads(paths.manifest("sample").read_text())["steps"][STEP]
    assert (step["wall_seconds"], step["peak_memory_mb"]) == (1.23, 3.0)
    assert paths.results("sample").read_bytes() == before


def test_a_file_of_a_step_is_prepared_aside_under_the_same_name(project):
    step = store.open_step(STEP, "sample")
    final = paths.model("sample", "launch")
    assert step.place(final) == step.folder / "models" / "launch.skops"
    with pytest.raises(ValueError, match="not in the subpath"):
        step.place(paths.clean("sample", "products"))


def test_a_table_is_written_twice_for_machines_and_for_people(project):
    step = store.open_step(STEP, "sample")
    assert step.table("table_5_1", FRAME) is FRAME
    assert (step.folder / "tables" / "table_5_1.csv").read_bytes() == b"a\n1\n2\n"
    pd.testing.assert_frame_equal(pd.read_parquet(step.folder / "tables" / "table_5_1.parquet"), FRAME)


def test_a_reader_never_sees_half_a_file(tmp_path, monkeypatch):
    file = tmp_path / "folder" / "a.json"
    store.write_atomically(file, b"old")

    def interrupted(self, target):
        assert file.read_bytes() == b"old"
        raise KeyboardInterrupt

    monkeypatch.setattr(type(file), "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write_atomically(file, b"new")
    assert file.read_bytes() == b"old"


# The engine and the names of files, on which the store rests.


def engine():
    """Return the table engine of the sample."""
    return warehouse.connect(params.load("sample").compute)


def test_the_engine_keeps_to_its_threads_and_to_universal_time():
    con = engine()
    asked = con.raw_sql("SELECT current_setting('threads'), current_setting('TimeZone')").fetchone()
    assert asked == (params.load("sample").compute.threads, "UTC")


def test_rows_in_any_order_give_the_same_file(tmp_path):
    frame = pd.DataFrame({"a": [3, 1, 2, 1], "b": list("wxyz")})
    for name, order in (("one", [0, 1, 2, 3]), ("two", [3, 2, 1, 0])):
        table = engine().create_table("t", obj=ibis.memtable(frame.iloc[order]))
        warehouse.write(table, tmp_path / "new" / name, ["a", "b"])
    assert store.file_hash(tmp_path / "new" / "one") == store.file_hash(tmp_path / "new" / "two")
    assert pd.read_parquet(tmp_path / "new" / "one")["b"].tolist() == ["x", "z", "y", "w"]


def test_a_folder_of_files_is_read_as_one_table(tmp_path):
    for month, value in (("2025-01", 1), ("2025-02", 2)):
        (tmp_path / month).mkdir()
        pd.DataFrame({"a": [value]}).to_parquet(tmp_path / month / "part.parquet")
    assert sorted(warehouse.read(engine(), tmp_path).to_pandas()["a"]) == [1, 2]


def test_a_missing_file_is_told_with_the_notebook_that_writes_it(project):
    with pytest.raises(FileNotFoundError, match=r"products.parquet: not there.*\(02_data_cleaning\)"):
        warehouse.read(engine(), paths.clean("sample", "products"))


def test_the_root_is_named_or_found_above_or_asked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("INSIGHTS_ROOT", raising=False)
    monkeypatch.chdir(HERE / "params")
    assert paths.root() == HERE.resolve()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no params/base.yaml here or above.*INSIGHTS_ROOT"):
        paths.root()
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    assert paths.root() == tmp_path.resolve()


def test_every_step_has_its_notebook_and_every_file_its_own_name(project):
    assert [(HERE / "notebooks" / f"{step}.ipynb").exists() for step in paths.STEPS] == [True] * len(paths.STEPS)
    made = [paths.collected, paths.clean, paths.set_aside, paths.features, paths.predictions, paths.model]
    files = [of("sample", "launch") for of in made] + [paths.protected("sample")]
    assert len(set(files)) == len(files)
    owners = {paths.step("sample", step) for step in paths.STEPS}
    assert all(any(owner in file.parents for owner in owners) for file in files)


def test_figures_are_numbered_as_they_appear_and_keep_their_number_when_drawn_again(project):
    step = store.open_step("05_modeling", "sample")
    data = pd.DataFrame({"x": [1]})
    names = [step.figure(name, Figure(), data).stem for name in ("roc", "costs", "roc")]
    assert names == ["figure_5_1_roc", "figure_5_2_costs", "figure_5_1_roc"]


def test_a_table_or_results_that_are_half_there_are_told_with_the_remedy(project):
    finished()
    file = paths.step("sample", STEP) / "tables" / "half.parquet"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"PAR1 half")
    paths.results("sample").write_text('[{"na')
    with pytest.raises(StoreError, match=r"tables/half.parquet cannot be read .*make run WINDOW=sample"):
        store.table("sample", STEP, "half")
    with pytest.raises(StoreError, match=r"^outputs/sample/results.json cannot be read .*make run WINDOW=sample"):
        store.results("sample")


def test_what_a_process_of_any_name_left_over_is_removed(project):
    left = paths.window("sample") / f".{STEP}.elsewhere.staging"
    left.mkdir(parents=True)
    store.open_step(STEP, "sample")
    assert not left.exists()
