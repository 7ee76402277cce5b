"""The search: the same twice, bounded in evaluations and in time, resumed where it was, its winner scikit-learn."""

import json

import numpy as np
import pandas as pd
import psutil
import pytest
from micro import window
from synthetic import boosted, launch_data

from insights import offline, progress
from insights.modeling import saved
from insights.modeling.search import automl
from insights.modeling.search import log as search_log
from insights.modeling.search import watch as search_watch
from insights.modeling.search.watch import End

BUDGET = {"tpot_population": 3, "tpot_generations": 2, "tpot_rows": 160}
STEPS = ["SimpleImputer", "VarianceThreshold", "StandardScaler", "SelectPercentile"]
MODELS = {"LogisticRegression", "RandomForestClassifier", "ExtraTreesClassifier", "HistGradientBoostingClassifier"}
WRITTEN = [["VarianceThreshold", {}], ["LogisticRegression", {"C": 0.5}]]
ENTRY = {"generation": 0, "steps": WRITTEN, "status": "evaluated", "roc_auc": 0.7, "complexity": 6, "seconds": 1}
FAILURE = {"generation": 0, "steps": WRITTEN[1:], "status": "failed", "reason": "ValueError", "seconds": 1}


def searched(data, threads=1, folder=None, **modeling):
    params = window(modeling=BUDGET | modeling, compute={"threads": threads})
    return automl.search(data.train, data.features, params, folder)


def kept(folder):
    """Return the only log in a folder."""
    (file,) = folder.iterdir()
    return file


def same(one, other):
    pd.testing.assert_frame_equal(one.log, other.log, check_exact=True)
    assert repr(one.model.estimator) == repr(other.model.estimator)
    return True


@pytest.fixture(scope="module")
def data():
    return launch_data(window())


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("search")


@pytest.fixture(scope="module")
def found(data, place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(progress.VARIABLE, str(place / "told"))
        patch.setenv(offline.LOG_VARIABLE, str(place / "attempts"))
        return searched(data, threads=2, folder=place / "kept")


@pytest.fixture(scope="module")
def interrupted(data, tmp_path_factory):
    """A search that is ended while a fit runs that would go on for minutes, and what was left of it."""
    folder = tmp_path_factory.mktemp("interrupted")
    mark = folder / "mark"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENDLESS_MARK", str(mark))
        patch.setenv(progress.VARIABLE, str(folder / "told"))
        patch.setattr(search_watch, "PROCESS", "endless_search")
        patch.setattr(search_watch, "monotonic", lambda: float("inf") if mark.exists() and mark.read_text() else 0.0)
        ended = searched(data, folder=folder / "kept")
    return ended, folder


def test_a_search_is_the_same_twice_and_neither_threads_nor_a_folder_matter(found, data):
    again = searched(data, threads=1)
    assert same(found, again)
    y = data.train["y"].to_numpy(dtype=int)
    first, second = (s.model.fit(data.train, y).score(data.validate) for s in (found, again))
    np.testing.assert_array_equal(first, second)


def test_the_winner_is_an_unfitted_pipeline_of_plain_scikit_learn(found):
    steps = [type(step) for _, step in found.model.estimator.steps]
    assert [step.__name__ for step in steps[:4]] == STEPS
    assert steps[4].__name__ in MODELS
    assert all(step.__module__.startswith("sklearn.") for step in steps)
    values = [v for _, step in found.model.estimator.steps for v in step.get_params().values()]
    assert not any(isinstance(value, np.generic) for value in values)
    assert not hasattr(found.model.estimator.steps[-1][1], "classes_")


def test_the_winner_is_the_best_of_the_log_and_of_equals_the_simplest(found):
    best = found.log.sort_values(["roc_auc", "complexity"], ascending=[False, True]).iloc[0]
    steps = [type(step).__name__ for _, step in found.model.estimator.steps]
    assert best["pipeline"] == " > ".join(steps[1:])
    assert found.front.iloc[-1][["roc_auc", "complexity"]].tolist() == best[["roc_auc", "complexity"]].tolist()


def test_the_log_has_a_line_for_each_pipeline_within_the_budget_and_says_how_many_got_a_score(found):
    assert found.log.columns.tolist() == ["generation", "pipeline", "roc_auc", "complexity", "status"]
    assert 3 < found.tried == len(found.log) <= 6
    assert found.evaluated == (found.log["status"] == "evaluated").sum() > 0
    assert found.log["roc_auc"].dropna().between(0, 1).all()
    assert found.log["generation"].tolist() == [0] * 3 + [1] * (found.tried - 3)
    assert not found.stopped


def test_each_pipeline_is_on_disk_with_its_seconds_and_without_data(found, place, data):
    entries = [json.loads(line) for line in kept(place / "kept").read_text().splitlines()]
    assert len(entries) == found.tried
    assert all(entry["seconds"] > 0 for entry in entries)
    allowed = {"generation", "steps", "status", "roc_auc", "complexity", "seconds", "reason"}
    assert all(set(entry) <= allowed for entry in entries)


def test_progress_counts_up_to_what_was_evaluated_and_tells_the_best(found, place):
    told = (place / "told").read_text().splitlines()
    counts = [int(line.split()[1]) for line in told]
    assert told[0] == "tpot: 0 of 6 evaluated"
    assert counts == sorted(set(counts)) and counts[-1] == found.evaluated
    assert told[-1].endswith(f"of 6 evaluated, best ROC AUC {found.log['roc_auc'].max():.3f}")


def test_a_search_asks_for_nothing_outside_the_machine(found, place):
    assert not (place / "attempts").exists()


def test_the_winner_is_saved_without_foreign_types(found, data, tmp_path):
    model = found.model.fit(data.train, data.train["y"].to_numpy(dtype=int))
    saved.save(model, tmp_path / "model.skops")
    np.testing.assert_array_equal(
        saved.load(tmp_path / "model.skops").score(data.validate), model.score(data.validate)
    )


def searching():
    """Return the processes below this one that a watch started; joblib keeps another once it has been used."""
    return [child for child in psutil.Process().children(recursive=True) if "-P" in child.cmdline()]


def test_at_the_limit_a_running_fit_is_ended_and_the_best_so_far_is_returned(interrupted):
    ended, folder = interrupted
    process = int((folder / "mark").read_text())
    assert not psutil.pid_exists(process)
    assert searching() == []
    assert ended.stopped and (ended.tried, ended.evaluated) == (2, 2)
    assert ended.model.estimator.steps[-1][0] in ended.log["pipeline"].str.lower().str.split(" > ").str[-1].tolist()
    assert (folder / "told").read_text().splitlines()[-2:] == [
        f"tpot: 2 of 6 evaluated, best ROC AUC {ended.log['roc_auc'].max():.3f}",
        "tpot: ended after 30 minutes; the best so far is taken",
    ]


def test_a_search_that_was_ended_goes_on_where_it_was_and_finds_the_same(interrupted, found, data):
    log = kept(interrupted[1] / "kept")
    before = log.read_bytes()
    log.write_bytes(before + b'{"generation": 1, "ste')
    assert same(searched(data, folder=log.parent), found)
    lines = log.read_bytes().splitlines(keepends=True)
    assert b"".join(lines[:2]) == before
    assert len(lines) == found.tried


def test_a_limit_of_seconds_gives_the_best_that_was_on_disk(interrupted, data, tmp_path):
    log = kept(interrupted[1] / "kept")
    (tmp_path / log.name).write_text("".join(log.read_text().splitlines(keepends=True)[:2]))
    ended = searched(data, folder=tmp_path, tpot_minutes=1 / 600)
    assert ended.stopped
    pd.testing.assert_frame_equal(ended.log, interrupted[0].log)
    assert searching() == []


def ending(monkeypatch, end, *entries):
    """Let a search end at once, with these entries in its log."""

    def run(task, folder, log, threads, minutes):
        for entry in entries:
            search_log.append(log, entry)
        return end

    monkeypatch.setattr(search_watch, "run", run)


def test_pipelines_that_failed_are_counted_and_have_no_score(monkeypatch, data):
    ending(monkeypatch, End(False, ""), ENTRY, FAILURE)
    search = searched(data)
    assert (search.evaluated, search.tried) == (1, 2)
    assert search.log["pipeline"].tolist() == ["LogisticRegression", "VarianceThreshold > LogisticRegression"]
    assert search.log["status"].tolist() == ["failed", "evaluated"]
    assert search.log["complexity"].isna().tolist() == [True, False]


def test_of_pipelines_with_the_same_score_the_least_complex_wins_and_then_the_first(monkeypatch, data):
    found = [(0.6, 1), (0.7, 9), (0.7, 5), (0.7, 5)]
    entries = [
        ENTRY | {"steps": [["LogisticRegression", {"tol": number}]], "roc_auc": score, "complexity": size}
        for number, (score, size) in enumerate(found)
    ]
    ending(monkeypatch, End(False, ""), *entries)
    assert searched(data).model.estimator.steps[-1][1].tol == 2


@pytest.mark.parametrize(
    ("end", "entries", "told"),
    [
        (End(False, ""), [FAILURE], "tried 1 pipelines and could evaluate none of them.$"),
        (End(False, "It broke."), [FAILURE], "tried 1 pipelines and could evaluate none of them. It broke."),
        (End(False, "It broke."), [ENTRY], "tried 1 pipelines and could evaluate 1 of them. It broke."),
        (End(True, ""), [], "none of them. It was ended after 30 minutes: raise modeling.tpot_minutes."),
    ],
)
def test_a_search_without_a_winner_says_how_many_were_tried_and_why_it_ended(monkeypatch, data, end, entries, told):
    ending(monkeypatch, end, *entries)
    with pytest.raises(automl.SearchError, match=told):
        searched(data)


def test_a_search_whose_budget_was_used_was_not_stopped(monkeypatch, data):
    two = {**ENTRY, "steps": WRITTEN[1:]}
    ending(monkeypatch, End(True, ""), ENTRY, two)
    assert not searched(data, tpot_population=2, tpot_generations=1).stopped
    assert searched(data, tpot_population=3, tpot_generations=1).stopped


def test_the_front_holds_what_nothing_else_beats_in_score_and_in_simplicity():
    log = pd.DataFrame(
        {
            "pipeline": list("abcdefg"),
            "roc_auc": [0.7, 0.8, 0.8, 0.6, 0.9, np.nan, 0.7],
            "complexity": [5, 9, 7, 6, 100, 1, 5],
        }
    )
    front = automl.Search(boosted([]), log).front
    assert front["pipeline"].tolist() == ["a", "c", "e"]
    assert front.index.tolist() == [0, 1, 2]
