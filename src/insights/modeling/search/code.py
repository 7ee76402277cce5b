"""The code of the best pipeline: plain scikit-learn that makes the same model again, without this library and TPOT.

It is laid out as formatters do it: on one line where it fits, else an item to a line.
"""

import json
from collections import defaultdict

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from insights.modeling.search.hyperparameters import changed

WIDTH = 88
MODULE = '''"""A pipeline found by a search, as plain scikit-learn."""

{imports}

{features}


def make_model():
    """Return the unfitted pipeline; it reads the columns FEATURES, in this order."""
    {made}
'''


def export_code(pipeline: Pipeline, features: list[str]) -> str:
    """Return the source of a module with ``FEATURES`` and ``make_model()``, which returns the same unfitted pipeline.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        From :func:`insights.modeling.search.space.made`: steps of scikit-learn, whose arguments are plain.
    features : list of str
        Columns that it reads, in their order.
    """
    steps = [("(", [_written(name), _call(step)], ")") for name, step in pipeline.steps]
    return MODULE.format(
        imports=_imports([pipeline, *(step for _, step in pipeline.steps)]),
        features=_laid(("FEATURES = [", [_written(name) for name in features], "]"), 0),
        made=_laid(("return Pipeline(", [("steps=[", steps, "]")], ")"), 4),
    )


def _imports(parts):
    names = defaultdict(set)
    for kind in map(type, parts):
        names[kind.__module__.split("._")[0]].add(kind.__name__)
    return "\n".join(f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names))


def _call(step: BaseEstimator):
    arguments = [f"{name}={_written(value)}" for name, value in changed(step).items()]
    return (f"{type(step).__name__}(", arguments, ")") if arguments else f"{type(step).__name__}()"


def _written(value):
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _laid(part, indent):
    """Return code whose brackets are (opening, items, closing) within the width; its first line is not indented."""
    line = _flat(part)
    if isinstance(part, str) or indent + len(line) < WIDTH:
        return line
    opening, items, closing = part
    inner = "".join(f"{' ' * (indent + 4)}{_laid(item, indent + 4)},\n" for item in items)
    return f"{opening}\n{inner}{' ' * indent}{closing}"


def _flat(part):
    if isinstance(part, str):
        return part
    opening, items, closing = part
    return opening + ", ".join(map(_flat, items)) + closing
