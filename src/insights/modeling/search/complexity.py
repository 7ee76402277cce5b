"""Complexity of a fitted model: how many numbers it needs to predict."""

import numpy as np
from sklearn.base import BaseEstimator


def complexity(model: BaseEstimator) -> int:
    """Return how many numbers a fitted classifier of two outcomes needs to predict.

    A linear model needs its coefficients and its intercept, so one number for each feature that was kept and one
    more. A tree needs a feature and a threshold for each split and a score for each leaf: with L leaves there are
    L - 1 splits, so 3 L - 2 numbers. An ensemble needs those of its trees, boosting also the score it starts from.
    What the steps before the model learned is not counted.

    Parameters
    ----------
    model : scikit-learn classifier
        Fitted: a linear model, forests or gradient boosting by histograms, a pipeline that ends in one, co-training,
        or what tells probabilities from a regression.

    Raises
    ------
    TypeError
        For any other model.
    """
    if hasattr(model, "regressor_"):  # and how far it errs
        return complexity(model.regressor_) + 1
    if hasattr(model, "supervised_"):  # of co-training: the model of both views, and those that taught each other
        return complexity(model.supervised_) + sum(complexity(one) for pair in model.pairs_ for one in pair)
    if hasattr(model, "steps"):
        return complexity(model.steps[-1][1])
    if hasattr(model, "coef_"):
        return int(np.size(model.coef_) + np.size(model.intercept_))
    if hasattr(model, "estimators_"):
        return sum(_tree(tree.tree_.n_leaves) for tree in model.estimators_)
    if hasattr(model, "booster_"):
        return complexity(model.trees_) if model.booster_ is None else 1 + sum(map(_tree, model.leaves()))
    if hasattr(model, "_predictors"):
        return 1 + sum(_tree(tree.get_n_leaf_nodes()) for trees in model._predictors for tree in trees)
    raise TypeError(f"There is no measure of the complexity of {type(model).__name__}.")


def _tree(leaves):
    return int(3 * leaves - 2)
