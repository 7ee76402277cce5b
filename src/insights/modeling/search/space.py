"""The pipelines that a search may try, and how one of them is written down and made again.

All begin with the same imputation, fitted within each fold. What varies is the share of features kept, and the model
and its hyper-parameters. A pipeline is written as the names of its classes and their hyper-parameters that are not
the default, which JSON can hold, so that reading one back runs no foreign code.
"""

from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectPercentile, VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from insights.modeling.learned import filling
from insights.modeling.search.hyperparameters import changed

CLASSES = {
    known.__name__: known
    for known in (
        ExtraTreesClassifier, HistGradientBoostingClassifier, LogisticRegression, RandomForestClassifier,
        SelectPercentile, StandardScaler, VarianceThreshold,
    )
}  # fmt: skip

Written = list[list]


def space(seed: int) -> object:
    """Return TPOT's description of the search space; importing TPOT takes seconds.

    Parameters
    ----------
    seed : int
        Of the models that draw random numbers.
    """
    from tpot.search_spaces.pipelines import ChoicePipeline, SequentialPipeline

    choice = ChoicePipeline([_node(model, fixed, ranges) for model, fixed, ranges in models(seed)])
    return SequentialPipeline([_node(*step) for step in _steps()] + [choice])


def models(seed: int) -> list[tuple[type, dict, list]]:
    """Return the models to choose from: class, hyper-parameters that are fixed, and ranges of the others."""
    from ConfigSpace import Float, Integer

    trees = {"n_estimators": 200, "n_jobs": 1, "random_state": seed}
    grown = [Integer("min_samples_leaf", (3, 40), log=True), Float("max_features", (0.1, 0.6))]
    boosted = [
        Float("learning_rate", (0.02, 0.15), log=True),
        Integer("max_leaf_nodes", (4, 24)),
        Integer("min_samples_leaf", (10, 60)),
    ]
    return [
        (LogisticRegression, {"max_iter": 2000}, [Float("C", (0.001, 1.0), log=True)]),
        (RandomForestClassifier, trees, grown),
        (ExtraTreesClassifier, trees, grown),
        (HistGradientBoostingClassifier, {"max_iter": 100, "random_state": seed}, boosted),
    ]


def written(pipeline: Pipeline) -> Written:
    """Return a pipeline as a list of class names with their hyper-parameters that are not the default."""
    return [[type(step).__name__, changed(step)] for _, step in pipeline.steps]


def made(steps: Written) -> Pipeline:
    """Return the unfitted pipeline that was written, behind the imputation.

    Raises
    ------
    KeyError
        For a class that the search space does not have.
    """
    estimators = [CLASSES[name](**values) for name, values in steps]
    return Pipeline([("impute", filling()), *((type(step).__name__.lower(), step) for step in estimators)])


def named(steps: Written) -> str:
    """Return the names of the classes of a written pipeline in one line."""
    return " > ".join(name for name, _ in steps)


def _steps():
    from ConfigSpace import Integer

    return [
        (VarianceThreshold, {}, []),
        (StandardScaler, {}, []),
        (SelectPercentile, {}, [Integer("percentile", (20, 100))]),
    ]


def _node(method, fixed, ranges):
    from ConfigSpace import ConfigurationSpace
    from tpot.search_spaces.nodes import EstimatorNode

    varied = {one.name: one for one in ranges}
    return EstimatorNode(method=method, space=ConfigurationSpace(space={**fixed, **varied}))
