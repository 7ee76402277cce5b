"""What a search is given: thinned rows and their folds; whatever changes a score changes what it is known by."""

from dataclasses import replace

import numpy as np
import pytest
from micro import window
from synthetic import launch_data

from insights import timeline
from insights.modeling.search import task as search_task

DATA = launch_data(window())


def task(rows=DATA.train, features=DATA.features, **modeling):
    return search_task.task(rows, features, window(modeling={"tpot_rows": 160} | modeling))


def test_the_search_sees_thinned_training_rows_and_folds_of_the_same():
    one, thinned = task(), timeline.evenly(DATA.train, 160)
    np.testing.assert_array_equal(one.matrix, thinned[DATA.features].to_numpy())
    assert np.isnan(one.matrix).any(), "missing values are filled within folds, not before"
    assert one.y.tolist() == thinned["y"].tolist()
    for fit, judge in one.folds:
        assert thinned["resolved_at"].iloc[fit].max() <= thinned["as_of"].iloc[judge].min()


def test_the_budget_is_population_times_generations():
    assert task(tpot_population=5, tpot_generations=3).budget == 15


def test_what_was_saved_is_read_back_without_pickle(tmp_path):
    one = task()
    one.save(tmp_path)
    read = search_task.load(tmp_path)
    assert read.settings == one.settings
    assert read.digest == one.digest
    assert len(read.folds) == len(one.folds) == 3


def test_the_same_rows_and_parameters_have_one_digest_and_the_limit_in_minutes_is_not_part_of_it():
    assert task().digest == task().digest == task(tpot_minutes=1.0).digest == task(chance_repeats=3).digest


def _other_value(one):
    matrix = one.matrix.copy()
    matrix[0, 0] = np.nextafter(matrix[0, 0], np.inf)
    return replace(one, matrix=matrix)


@pytest.mark.parametrize(
    "change",
    [
        _other_value,
        lambda one: replace(one, matrix=one.matrix[:, ::-1]),
        lambda one: replace(one, matrix=one.matrix.astype("float32")),
        lambda one: replace(one, matrix=one.matrix.reshape(80, -1)),
        lambda one: replace(one, y=1 - one.y),
        lambda one: replace(one, folds=one.folds[:2]),
        lambda one: replace(one, folds=one.folds[::-1]),
        lambda one: replace(one, folds=[(judge, fit) for fit, judge in one.folds]),
        lambda one: replace(one, settings=one.settings | {"seed": 8}),
        lambda one: replace(one, settings=one.settings | {"population": 9}),
        lambda one: replace(one, settings=one.settings | {"generations": 9}),
    ],
)
def test_whatever_changes_a_score_or_the_course_of_the_search_changes_the_digest(change):
    assert change(task()).digest != task().digest


def test_other_libraries_and_other_code_change_the_digest(monkeypatch):
    before = task().digest
    monkeypatch.setattr(search_task.metadata, "version", lambda name: "0.0")
    other = task().digest
    monkeypatch.setattr(search_task, "CODE", search_task.CODE[1:])
    assert len({before, other, task().digest}) == 3
