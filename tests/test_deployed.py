"""Deployment: a log of decisions to which lines are only added, a promotion, a rollback, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from collecting import HERE
from sklearn.linear_model import LogisticRegression

from insights import params, paths
from insights.modeling import saved
from insights.modeling.learned import Learned, filled
from insights.monitoring import __main__ as command
from insights.monitoring import core, deployed
from insights.monitoring.deployed import DeploymentError

ROWS = pd.DataFrame({"x": np.arange(20.0), "y": np.arange(20) % 2})


@pytest.fixture
def windows(tmp_path, monkeypatch):
    """Two windows with a launch model each, below a root of their own."""
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    for number, name in enumerate(("2025Q3", "2025Q4")):
        model = Learned("logistic", filled(("model", LogisticRegression(C=1.0 + number))), ["x"], threshold_=0.4)
        saved.save(model.fit(ROWS, ROWS["y"].to_numpy()), paths.model(name, "launch"))
    return tmp_path


def test_a_promoted_model_is_in_use_and_stays_what_it_was_when_its_window_changes(windows):
    deployed.promote("2025Q3", ["launch"], "first")
    before = deployed.load("launch").score(ROWS)
    paths.model("2025Q3", "launch").write_bytes(paths.model("2025Q4", "launch").read_bytes())
    np.testing.assert_array_equal(deployed.load("launch").score(ROWS), before)
    assert deployed.in_use("launch")["window"] == "2025Q3"
    assert deployed.in_use("completion") is None and deployed.load("completion") is None


def test_a_rollback_takes_the_last_promotion_back_and_is_a_decision_of_its_own(windows):
    for window in ("2025Q3", "2025Q4"):
        deployed.promote(window, ["launch"], "better")
    [decision] = deployed.rollback(["launch"], "it ranks worse")
    assert deployed.in_use("launch")["window"] == decision["window"] == "2025Q3"
    assert deployed.log()["action"].tolist() == ["promote", "promote", "rollback"]
    assert deployed.log()["number"].tolist() == [1, 2, 3]
    with pytest.raises(DeploymentError, match="before the one in use"):
        deployed.rollback(["launch"], "again")


def test_lines_are_only_added(windows):
    deployed.promote("2025Q3", ["launch"], "first")
    kept = paths.deployments().read_text()
    deployed.promote("2025Q4", ["launch"], "  better\nby far ")
    assert paths.deployments().read_text().startswith(kept)
    assert json.loads(paths.deployments().read_text().splitlines()[1])["why"] == "better by far"


def test_of_both_models_those_that_a_window_has_are_promoted(windows):
    assert [one["model"] for one in deployed.promote("2025Q3", deployed.MODELS, "first")] == ["launch"]


@pytest.mark.parametrize(
    ("window", "models", "why", "message"),
    [
        ("2025Q3", ["launch"], " ", "needs a reason"),
        ("2025Q3", ["completion"], "x", "no completion model to promote"),
        ("2024Q1", ["launch"], "x", "make run WINDOW=2024Q1"),
        ("2025Q3", ["other"], "x", "other: no such model. Models are launch, completion"),
    ],
)
def test_what_cannot_be_promoted_is_refused_and_nothing_is_written(windows, window, models, why, message):
    with pytest.raises(DeploymentError, match=message):
        deployed.promote(window, models, why)
    assert not paths.deployments().exists()


@pytest.mark.parametrize(
    ("rows", "model", "difference", "refused"),
    [
        ("launch", "panel", -0.01, True),
        ("launch", "panel", 0.01, False),
        ("launch", "forest", -0.01, False),
        ("catalogue", "panel", -0.01, False),
    ],
)
def test_a_model_that_a_baseline_ranks_better_than_on_new_launches_is_not_put_into_use(
    windows, rows, model, difference, refused
):
    tables = paths.step("2025Q3", "05_modeling") / "tables"
    tables.mkdir(parents=True)
    told = {"rows": ["launch", rows], "model": ["survey", model], "difference": [0.2, difference]}
    pd.DataFrame(told).to_parquet(tables / "table_5_2_launch_against.parquet")
    if not refused:
        assert len(deployed.promote("2025Q3", ["launch"], "first")) == 1
        return
    with pytest.raises(DeploymentError, match="launch model of 2025Q3 cannot be released: panel rank"):
        deployed.promote("2025Q3", ["launch"], "first")
    assert deployed.log().empty and not paths.deployments().exists()


def test_the_model_in_use_is_not_promoted_twice(windows):
    deployed.promote("2025Q3", ["launch"], "first")
    with pytest.raises(DeploymentError, match="in use already"):
        deployed.promote("2025Q3", ["launch"], "again")


def test_a_model_that_was_changed_or_lost_is_not_used(windows):
    [decision] = deployed.promote("2025Q3", ["launch"], "first")
    kept = paths.deployed("launch", decision["sha256"])
    kept.write_bytes(kept.read_bytes() + b"x")
    with pytest.raises(DeploymentError, match="gone or changed"):
        deployed.load("launch")


@pytest.mark.parametrize(
    "damage", [lambda kept: kept.write_bytes(kept.read_bytes() + b"x"), lambda kept: kept.unlink()]
)
def test_a_model_that_was_changed_or_lost_is_put_back_by_promoting_it_again(windows, capsys, damage):
    [decision] = deployed.promote("2025Q3", ["launch"], "first")
    said = deployed.load("launch").name
    damage(paths.deployed("launch", decision["sha256"]))
    assert command.main(["log"]) == 3 and "gone or was changed" in capsys.readouterr().out
    assert [one["model"] for one in deployed.promote("2025Q3", ["launch"], "put back")] == ["launch"]
    assert deployed.load("launch").name == said and command.main(["log"]) == 0
    with pytest.raises(DeploymentError, match="before the one in use"):
        deployed.rollback(["launch"], "it was put back, and nothing stands before it")


def test_a_log_whose_last_line_was_cut_off_is_named_and_nothing_is_lost(windows, capsys, monkeypatch):
    monkeypatch.setattr(command.params, "load", lambda name: type("P", (), {"window": name})())
    deployed.promote("2025Q3", ["launch"], "first")
    kept = paths.deployments().read_text().rstrip("\n")
    paths.deployments().write_text(kept)
    assert command.main(["promote", "2025Q4", "--why", "another"]) == 2
    assert "last line is cut off" in capsys.readouterr().err and paths.deployments().read_text() == kept


def test_no_window_is_promoted_that_is_not_named(windows, capsys):
    for arguments in (["promote", "", "--why", "x"], ["shadow", ""]):
        assert command.main(arguments) == 2 and "WINDOW=" in capsys.readouterr().err
    assert not paths.deployments().exists()


def test_a_log_with_a_broken_line_is_refused(windows):
    deployed.promote("2025Q3", ["launch"], "first")
    with paths.deployments().open("a") as lines:
        lines.write("{}\n")
    with pytest.raises(DeploymentError, match=r"decisions\.jsonl, line 2: no record"):
        deployed.log()


def test_by_command_each_outcome_has_its_exit_code(windows, capsys, monkeypatch):
    (windows / "params").mkdir()
    monkeypatch.setattr(command.params, "load", lambda name: type("P", (), {"window": name})())
    assert command.main(["promote", "2025Q3", "--why", "first"]) == 0
    assert "launch: the model of 2025Q3 is in use (decision 1: promote)." in capsys.readouterr().out
    assert command.main(["rollback", "--why", "back"]) == 2
    assert command.main(["log"]) == 0
    assert "launch: that of 2025Q3 in use" in capsys.readouterr().out


def test_a_model_whose_file_is_gone_is_none_to_go_back_to(windows):
    for window in ("2025Q3", "2025Q4"):
        deployed.promote(window, ["launch"], "better")
    paths.deployed("launch", deployed.log()["sha256"].iloc[0]).unlink()
    with pytest.raises(DeploymentError, match=r"launch model of 2025Q3, to which to go back, is gone"):
        deployed.rollback(["launch"], "it ranks worse")
    assert deployed.in_use("launch")["window"] == "2025Q4" and len(deployed.log()) == 2


def test_a_model_that_cannot_go_back_is_named_where_another_does(windows, capsys):
    for window in ("2025Q3", "2025Q4"):
        deployed.promote(window, ["launch"], "better")
    assert command.main(["rollback", "--why", "back"]) == 0
    said = capsys.readouterr()
    assert "launch: the model of 2025Q3 is in use" in said.out
    assert said.err == "completion: stays as it is, for there is none before it.\n"


@pytest.mark.parametrize(
    ("decision", "promotable", "doubted"), [("keep", False, True), ("keep", True, False), ("retrain", False, False)]
)
def test_a_promotion_for_which_notebook_10_found_no_ground_is_made_and_said(
    windows, capsys, monkeypatch, decision, promotable, doubted
):
    tables = paths.step("2025Q3", "10_fresh_data") / "tables"
    tables.mkdir(parents=True)
    told = {"model": ["launch"], "decision": [decision], "promotable": [promotable]}
    pd.DataFrame(told).to_parquet(tables / "table_10_7_decisions.parquet")
    monkeypatch.setattr(command.params, "load", lambda name: type("P", (), {"window": name})())
    assert command.main(["promote", "2025Q3", "--why", "first"]) == 0
    said = capsys.readouterr()
    assert ("finds no ground to promote it" in said.err) == doubted
    assert "is in use (decision 1" in said.out


@pytest.fixture
def quarters(windows):
    """The parameters of the newest quarters, whose launch models are there, and of the one after."""
    (windows / "params").mkdir()
    for name in ("base", "2025Q2", "2025Q3", "2025Q4"):
        (windows / "params" / f"{name}.yaml").write_text((HERE / "params" / f"{name}.yaml").read_text())
    for name in ("2025Q3", "2025Q4"):
        paths.features(name, "launch").parent.mkdir(parents=True)
        ROWS.to_parquet(paths.features(name, "launch"))
    return windows


def test_the_window_before_is_judged_until_a_model_is_promoted(quarters):
    found, why = core.champion_of("launch", params.load("2025Q4"))
    assert (found.window, found.promoted, why) == ("2025Q3", False, "")
    deployed.promote("2025Q3", ["launch"], "first")
    found, _ = core.champion_of("launch", params.load("2025Q4"))
    assert (found.window, found.promoted) == ("2025Q3", True)


def test_a_model_that_learned_from_what_it_would_be_judged_on_is_not_judged(quarters):
    deployed.promote("2025Q4", ["launch"], "newest")
    found, _ = core.champion_of("launch", params.load("2025Q4"))
    assert (found.window, found.promoted) == ("2025Q3", False)


def test_without_a_model_to_judge_it_is_said_what_to_run(quarters):
    assert core.champion_of("launch", params.load("2025Q3"))[1].endswith("make run WINDOW=2025Q2.")
    assert "ends where the validation of this one begins" in core.champion_of("launch", params.load("2025Q2"))[1]
    deployed.promote("2025Q3", ["launch"], "first")
    paths.features("2025Q3", "launch").unlink()
    found, why = core.champion_of("launch", params.load("2025Q4"))
    assert found is None and "of 2025Q3, was made of is gone here" in why
