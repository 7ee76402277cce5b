"""The search space: every pipeline in it can be written as JSON and made again the same."""

import json

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from insights.modeling.search import space as search_space


@pytest.mark.parametrize("model", search_space.models(7), ids=lambda model: model[0].__name__)
def test_a_pipeline_that_is_written_and_read_is_made_the_same(model):
    method, fixed, ranges = model
    space = ConfigurationSpace(space={**fixed, **{one.name: one for one in ranges}}, seed=3)
    for _ in range(20):
        pipeline = make_pipeline(StandardScaler(), method(**dict(space.sample_configuration())))
        steps = json.loads(json.dumps(search_space.written(pipeline)))
        made = search_space.made(steps)
        assert [name for name, _ in made.steps] == ["impute", "standardscaler", method.__name__.lower()]
        assert made.steps[-1][1].get_params() == pipeline.steps[-1][1].get_params()
        assert not any(isinstance(v, np.generic) for v in made.steps[-1][1].get_params().values())


def test_models_that_draw_at_random_have_the_seed_and_one_thread():
    for method, fixed, _ in search_space.models(11):
        assert fixed.get("random_state", 11) == 11
        assert method.__name__ == "LogisticRegression" or "random_state" in fixed
        assert fixed.get("n_jobs", 1) == 1


def test_each_class_of_the_space_can_be_made_again():
    assert {method for method, _, _ in search_space.models(7)} <= set(search_space.CLASSES.values())


def test_a_class_that_is_not_in_the_space_is_not_made():
    with pytest.raises(KeyError, match="Popen"):
        search_space.made([["Popen", {"args": "true"}]])


def test_a_pipeline_is_named_by_its_classes():
    assert search_space.named([["A", {"x": 1}], ["B", {}]]) == "A > B"
