"""The judge of a search: scores as computed by hand, each pipeline once, failures without values of the data."""

import json
import pickle

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from insights.modeling.search import judge as search_judge
from insights.modeling.search import log as search_log
from insights.modeling.search.judge import Judge, PipelineError
from insights.modeling.search.task import Task


class Individual:
    """What TPOT hands to its objective."""

    def __init__(self, *steps):
        self.steps = steps

    def export_pipeline(self):
        return make_pipeline(*self.steps)


GOOD = Individual(StandardScaler(), LogisticRegression(C=np.float64(0.5)))
BAD = Individual(StandardScaler(), LogisticRegression(C=-1.0))


def small_task():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(60, 3))
    y = (matrix[:, 0] + rng.normal(size=60) > 0).astype(int)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    order = np.arange(60)
    folds = [(order[:30], order[30:]), (order[:40], order[40:])]
    return Task(matrix, y, folds, {"seed": 1, "population": 2, "generations": 1})


@pytest.fixture
def judge(tmp_path):
    small_task().save(tmp_path)
    return Judge(tmp_path, tmp_path / "log")


def entries(judge):
    return [json.loads(line) for line in judge.log.read_text().splitlines()]


def test_the_score_is_the_mean_over_folds_with_gaps_filled_from_the_rows_that_are_fitted(judge):
    one, by_hand = small_task(), []
    for fit, held_out in one.folds:
        median = np.nanmedian(one.matrix[fit], axis=0)
        filled = np.where(np.isnan(one.matrix), median, one.matrix)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(filled[fit], one.y[fit])
        by_hand.append(roc_auc_score(one.y[held_out], model.predict_proba(filled[held_out])[:, 1]))
    assert judge(GOOD) == pytest.approx(np.mean(by_hand), abs=1e-12)


def test_a_line_holds_what_was_found_and_how_to_make_the_pipeline_again(judge):
    judge.memory.generation = 3
    score = judge(GOOD)
    (entry,) = entries(judge)
    assert entry.pop("seconds") >= 0
    assert entry == {
        "generation": 3, "status": "evaluated", "roc_auc": score, "complexity": 4,
        "steps": [["StandardScaler", {}], ["LogisticRegression", {"C": 0.5}]],
    }  # fmt: skip


def test_a_pipeline_is_evaluated_once_and_copies_of_the_judge_share_what_is_known(judge, monkeypatch):
    score = judge(GOOD)
    monkeypatch.setattr(search_judge, "evaluate", None)
    assert judge(GOOD) == score
    assert pickle.loads(pickle.dumps(judge))(GOOD, budget=None, timeout=1) == score
    assert len(entries(judge)) == 1


def test_what_the_log_holds_is_taken_and_not_evaluated_again(judge, monkeypatch):
    steps = [["StandardScaler", {}], ["LogisticRegression", {"C": 0.5}]]
    known = {"generation": 0, "steps": steps, "status": "evaluated", "roc_auc": 0.123, "complexity": 1}
    search_log.append(judge.log, known)
    monkeypatch.setattr(search_judge, "evaluate", None)
    assert judge(GOOD) == 0.123
    assert entries(judge) == [known]


def test_a_failure_is_written_without_its_message_and_is_a_failure_again(judge, monkeypatch):
    with pytest.raises(PipelineError, match=r"^InvalidParameterError$"):
        judge(BAD)
    (entry,) = entries(judge)
    assert (entry["status"], entry["reason"]) == ("failed", "InvalidParameterError")
    assert set(entry) == {"generation", "steps", "status", "reason", "seconds"}
    monkeypatch.setattr(search_judge, "evaluate", None)
    with pytest.raises(PipelineError, match=r"^InvalidParameterError$"):
        judge(BAD)


def test_a_class_outside_the_search_space_is_a_failure(judge):
    with pytest.raises(PipelineError, match="KeyError"):
        judge(Individual(SimpleImputer(), LogisticRegression()))


def test_probabilities_that_are_no_numbers_are_a_failure(judge, monkeypatch):
    monkeypatch.setattr(Pipeline, "predict_proba", lambda self, X: np.full((len(X), 2), np.nan))
    with pytest.raises(PipelineError, match="FloatingPointError"):
        judge(GOOD)
