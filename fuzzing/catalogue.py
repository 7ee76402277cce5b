"""The catalogue: which module holds which reader, so that one is fuzzed without importing what all others need."""

import importlib

from fuzzing.harness import Reader

MODULES = {
    "fuzzing.by_hand": ("parameters", "mappings", "registers", "withdrawn", "names"),
    "fuzzing.exports": ("csv", "json", "excel", "parquet", "workbooks", "values", "draft"),
    "fuzzing.people": ("candidates", "journals", "texts", "planner"),
    "fuzzing.outputs": ("models", "results", "tables", "markup", "markdown", "notebooks", "cells"),
}
NAMES = tuple(name for names in MODULES.values() for name in names)


def reader(name: str) -> Reader:
    """Return a reader by its name."""
    module = next(module for module, names in MODULES.items() if name in names)
    return next(one for one in importlib.import_module(module).READERS if one.name == name)
