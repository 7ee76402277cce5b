"""Training: right answers are right, wrong ones are told where to look, and each notebook asks what there is."""

import datetime
import json

import nbformat
import numpy as np
import pandas as pd
import pytest
from reported import headline, results
from sklearn.metrics import roc_auc_score
from tiny_project import REPOSITORY

from insights import paths, training

NOTEBOOKS = sorted((REPOSITORY / "training").glob("*.ipynb"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A window of which each exercise has an answer that is known by hand."""
    root = tmp_path_factory.mktemp("training")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSIGHTS_ROOT", str(root))
        advice = {"product_id": ["P2", "P1", "P3"], "verdict": ["1", "not enough evidence", "0"],
                  "probability": [0.7, 0.6, 0.1], "low": [0.55, 0.4, 0.05], "high": [0.8, 0.7, 0.2]}  # fmt: skip
        table("11_report", "table_11_1_recommendations", pd.DataFrame(advice))
        table("11_report", "table_11_2_headline", headline(ahead=0.05))
        reasons = {"product_id": ["P2", "P2", "P2"], "direction": ["lowers", "raises", "raises"],
                   "place": [1, 2, 1], "signal": ["plan", "web", "email"]}  # fmt: skip
        table("05_modeling", "table_5_13_reasons", pd.DataFrame(reasons))
        table(
            "05_modeling",
            "table_5_14_flips",
            pd.DataFrame({"product_id": ["P2", "P2", "P1"], "decile": [3, None, 4]}),
        )
        table("02_data_cleaning", "table_2_1_ledger",
              pd.DataFrame({"table": ["learners", "learners", "products"], "set_aside": [3, 4, 9]}))  # fmt: skip
        limits = {"mode": ["as trained", "as trained", "retrained"], "tolerance": [0.4, np.inf, 0.2],
                  "title": ["views lost", "late views", "mails lost"]}  # fmt: skip
        table("08_tolerance", "table_8_3_tolerances", pd.DataFrame(limits))
        table("10_fresh_data", "table_10_5_quality", pd.DataFrame({"level": [0.2, 0.1], "limit": [0.1, 0.1]}))
        seen = {"train": {"last_resolved_at": "2025-09-30T00:00:00"}}
        (paths.step("sample", "05_modeling") / "manifest.json").write_text(json.dumps({"launch_rows_seen": seen}))
        told = pd.DataFrame({"model": "survey", "kind": "launch", "y": [0, 1, 0, 1], "score": [0.1, 0.9, 0.5, 0.3]})
        paths.predictions("sample", "launch").parent.mkdir(parents=True)
        pd.concat([told, told.assign(kind="catalogue", score=0.5)]).to_parquet(paths.predictions("sample", "launch"))
        fresh = {"name": "fresh.decision", "model": "launch", "value": 1.0, "by": {"decision": "keep"}}
        paths.results("sample").write_text(results(fresh).to_json(orient="records"))
        yield root


def table(step, name, frame):
    folder = paths.step("sample", step) / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(folder / f"{name}.parquet")


RIGHT = {
    "read-1": 1, "read-2": 30, "read-3": True, "read-4": 0, "plan-1": "P2", "plan-2": 0.25, "plan-3": "email",
    "plan-4": 1, "work-1": datetime.date(2025, 9, 30), "work-2": 0.75, "work-3": 7, "work-4": "support_tickets",
    "operate-1": 4, "operate-2": "views lost", "operate-3": 1, "operate-4": "keep",
}  # fmt: skip


def test_every_exercise_has_an_answer_by_hand():
    assert RIGHT.keys() == training.EXERCISES.keys()


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_answer_is_right_and_teaches_something(sample, name):
    told = training.check(name, RIGHT[name]).text
    assert told.startswith(f"{name}: right.") and training.EXERCISES[name].why in told


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("wrong", [-7, "nothing of the kind", None, datetime.date(1999, 1, 1)])
def test_a_wrong_answer_is_told_where_to_look_and_not_what_is_right(sample, name, wrong):
    told = training.check(name, wrong).text
    assert "not yet" in told and training.EXERCISES[name].look in told


def test_one_is_not_taken_for_true_nor_true_for_one(sample):
    assert "not yet" in training.check("read-3", 1).text
    assert "not yet" in training.check("read-1", True).text


def test_dots_are_no_answer(sample):
    assert "still open" in training.check("read-1", ...).text


def test_a_window_that_was_not_run_is_told_with_the_command_that_runs_it(sample):
    with pytest.raises(training.TrainingError, match="make run WINDOW=2025Q4"):
        training.check("read-1", 1, window="2025Q4")
    with pytest.raises(training.TrainingError, match="Name one of read-1"):
        training.show("read-9")


def test_without_an_earlier_model_the_right_answer_says_so(sample):
    kept = paths.results("sample").read_text()
    paths.results("sample").write_text(results().to_json(orient="records"))
    told = training.check("operate-4", "there is no earlier model to judge").text
    paths.results("sample").write_text(kept)
    assert "right" in told


def test_the_feature_that_leaks_is_the_only_one_that_is_too_good():
    rows = training.leaking()
    auc = {name: roc_auc_score(rows["y"], rows[name]) for name in rows.columns.drop("y")}
    assert auc.pop("support_tickets") > 0.95 and max(auc.values()) < 0.75


def test_the_notebooks_ask_every_exercise_once():
    asked = [cell.source for file in NOTEBOOKS for cell in nbformat.read(file, as_version=4).cells]
    assert len(NOTEBOOKS) == 4
    for name in training.EXERCISES:
        assert sum(f'training.check("{name}", answer)' in source for source in asked) == 1
        assert sum(f'training.show("{name}")' in source for source in asked) == 1


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_from_top_to_bottom_with_dots_and_with_answers(sample, file):
    cells = [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    for answered in (False, True):
        names = {}
        for cell in cells:
            source = cell.source
            for name, right in RIGHT.items():
                if answered and f'"{name}", answer' in source:
                    source = source.replace("answer = ...", f"answer = {right!r}")
            exec("import datetime\n" + source, names)
