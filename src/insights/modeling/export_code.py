"""The code of a pipeline: plain scikit-learn that makes the same model again, without this library and without TPOT.

Written are classes and functions that scikit-learn, numpy or SciPy offer under a public name, with the arguments that
differ from their defaults, however they are nested. What cannot be written to make the same model is refused.
"""

import builtins
import importlib
from collections import defaultdict

import numpy as np
from sklearn.base import BaseEstimator

from insights.modeling import layout
from insights.modeling.hyperparameters import changed, plain
from insights.modeling.layout import Group, Text

WIDTH = 88
BUILTINS = builtins.__name__
OPEN = ("sklearn", "numpy", "scipy")
EXPERIMENTAL = {
    "HalvingGridSearchCV": "enable_halving_search_cv",
    "HalvingRandomSearchCV": "enable_halving_search_cv",
    "IterativeImputer": "enable_iterative_imputer",
}
FITTED = ("FrozenEstimator",)
NOT_ARGUMENTS = {"_sklearn_output_config": "set_output", "_metadata_request": "a set_…_request method"}
HEAD = '"""A pipeline found by a search, as plain scikit-learn."""\n'
FUNCTION = '''

def make_model():
    """Return the unfitted pipeline; it reads the columns FEATURES, in this order."""
'''


class ExportError(ValueError):
    """A pipeline that cannot be written as code; the message names the part and the reason."""


def export_code(pipeline: BaseEstimator, features: list[str]) -> str:
    """Return the source code of a module that makes the same unfitted pipeline.

    Parameters
    ----------
    pipeline : scikit-learn estimator
        Fitted or not; what it learned is not written.
    features : list of str
        Columns that it reads, in their order.

    Returns
    -------
    str
        A module with ``FEATURES`` and ``make_model()``.

    Raises
    ------
    ExportError
        For classes of other libraries, functions without a public name, generators of random numbers, models that
        hold what they were fitted on, and whatever else was not given as an argument of a constructor.
    """
    writer = _Writer()
    made = layout.laid(writer.value(pipeline, type(pipeline).__name__), WIDTH, 4, "return ")
    named = layout.laid(writer.value([str(name) for name in features], "features"), WIDTH, 0, "FEATURES = ")
    return f"{HEAD}\n{writer.imports()}\n{named}\n{FUNCTION}    {made}\n"


class _Writer:
    """Writes values, and remembers what has to be imported for them."""

    def __init__(self):
        self.modules = {}

    def imports(self) -> str:
        names = defaultdict(set)
        for name, module in self.modules.items():
            names[module].add(name)
        for name in EXPERIMENTAL.keys() & self.modules.keys():
            names["sklearn.experimental"].add(EXPERIMENTAL[name])
        names.pop(BUILTINS, None)
        lines = [layout.imported(module, sorted(names[module], key=_rank), WIDTH) for module in sorted(names)]
        return "".join(f"{line}\n" for line in lines)

    def value(self, value, place) -> Text:
        value = plain(value)
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return layout.literal(value)
        if kind is float:
            return repr(value) if np.isfinite(value) else f'float("{value}")'
        if kind in (list, tuple, set, dict):
            return self.collection(value, place)
        if kind is np.ndarray:
            return self.array(value, place)
        if callable(value) and hasattr(value, "__name__"):
            return self.name(value, place)
        return self.made(value, place)

    def collection(self, value, place):
        if isinstance(value, dict):
            items = [(f"{self.flat(k, place)}: ", self.value(v, f"{place}[{k!r}]")) for k, v in value.items()]
            return Group("{", items, "}")
        items = [("", self.value(item, f"{place}[{number}]")) for number, item in enumerate(value)]
        if isinstance(value, set):
            return Group("{", sorted(items, key=lambda item: layout.flat(item[1])), "}") if items else "set()"
        return Group("[", items, "]") if isinstance(value, list) else Group("(", items, ")", single=",")

    def array(self, value, place):
        if value.dtype.kind not in "biufU":
            raise ExportError(f"{place} is an array of {value.dtype}, which cannot be written.")
        items = [("", self.value(value.tolist(), place)), ("dtype=", layout.literal(value.dtype.str))]
        return Group(f"{self.name(np.array, place)}(", items, ")")

    def made(self, value, place):
        """Write an object as the call that makes it."""
        name = type(value).__name__
        if type(value).__module__.split(".")[0] != "sklearn":
            raise ExportError(f"{place} is a {name} of {type(value).__module__}, which is not plain scikit-learn.")
        name = self.name(type(value), place)
        _refuse_what_no_argument_holds(value, name, place)
        try:
            arguments = changed(value)
        except ValueError as error:
            raise ExportError(f"{place} cannot be written: {error}.") from None
        if arguments.get("prefit") is True or repr(arguments.get("cv")) == "'prefit'":
            raise ExportError(f"{place}, {name}, uses a model that was fitted before; code makes unfitted ones.")
        items = [(f"{key}=", self.value(part, f"{place}.{key}")) for key, part in arguments.items()]
        return Group(f"{name}(", items, ")")

    def name(self, value, place):
        name, module = value.__name__, _public_module(value, place)
        if self.modules.setdefault(name, module) != module:
            raise ExportError(f"{place}: {name} is a name in {module} and in {self.modules[name]}.")
        return name

    def flat(self, value, place):
        return layout.flat(self.value(value, place))


def _rank(name):
    """Return by what formatters sort names: those in capitals first, then classes, then functions."""
    return not (name.isupper() and len(name) > 1), not name[0].isupper(), name


def _refuse_what_no_argument_holds(value, name, place):
    if name in FITTED:
        raise ExportError(f"{place} is a {name}, which holds a fitted model; code makes unfitted ones.")
    for attribute, method in NOT_ARGUMENTS.items():
        if attribute in getattr(value, "__dict__", {}):
            raise ExportError(f"{place}, {name}, was changed by {method}, which is not an argument.")


def _public_module(value, place):
    """Return the module that offers a class or function to everybody."""
    name = value.__name__
    if getattr(builtins, name, None) is value:
        return BUILTINS
    for module in _candidates(value):
        if module.split(".")[0] in OPEN and getattr(importlib.import_module(module), name, None) is value:
            return module
    raise ExportError(
        f"{place} is {getattr(value, '__module__', None)}.{name}, which is not a public name of {', '.join(OPEN)}."
    )


def _candidates(value):
    if isinstance(value, np.ufunc):
        return ["numpy", "scipy.special"]
    parts = (getattr(value, "__module__", None) or "").split(".")
    private = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    return [".".join(parts[:end]) for end in range(private, 0, -1)]
