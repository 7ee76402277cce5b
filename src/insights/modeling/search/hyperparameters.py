"""Hyper-parameters: what makes an estimator differ from one that was made without arguments."""

import inspect

import numpy as np

_COMPARED = (bool, int, float, str, tuple, list, dict)


def changed(estimator: object) -> dict[str, object]:
    """Return the arguments of an estimator that differ from the defaults of its class, in their order.

    numpy's scalars come as those of Python. An object is the default only if it is the same one; numbers, texts and
    collections are compared as they are written, so that 1 is not 1.0 and one missing value is another.

    Parameters
    ----------
    estimator : object
        Anything that keeps its arguments under their names, as scikit-learn's estimators, splitters and kernels do.

    Raises
    ------
    ValueError
        If an argument cannot be read back.
    """
    arguments = inspect.signature(type(estimator)).parameters.values()
    values = {argument.name: plain(_value(estimator, argument)) for argument in arguments}
    return {a.name: values[a.name] for a in arguments if not _same(values[a.name], a.default)}


def plain(value: object) -> object:
    """Return a numpy scalar as Python's, and anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _value(estimator, argument):
    if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD) or not hasattr(estimator, argument.name):
        raise ValueError(f"{type(estimator).__name__} does not keep its argument {argument.name} under that name")
    return getattr(estimator, argument.name)


def _same(value, default):
    return value is default or (isinstance(value, _COMPARED) and repr(value) == repr(default))
