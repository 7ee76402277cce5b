"""What Insights does in a benchmark, each in a process of its own: ``python contenders.py KIND ARGUMENTS``.

Prints seconds from after the imports to the written answer, and peak memory, as JSON. Each kind imports what it
needs, and nothing that another needs, before it returns its work: so no import is timed, and none weighs on memory.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import ibis
import ibis.backends.duckdb  # it would be imported with the first connection, and timed
from peers import learners, measured

from insights import cleaning, params, warehouse

Work = Callable[[], None]


def of_learners(window: str, out: str) -> Work:
    """Compute the features of all learners of a window, as of its benchmark date, and write them."""
    import pandas as pd

    from insights.features.enrollment import enrollment_features

    def work():
        asked, con, tables = _opened(window)
        looked = asked.enrollment.model_copy(update={"lookback_days": learners.LOOKBACK})
        rows = tables["learners"].select("learner_id").to_pandas().assign(as_of=pd.Timestamp(learners.AS_OF))
        asked = asked.model_copy(update={"enrollment": looked})
        enrollment_features(con, tables, rows, asked).to_parquet(out)

    return work


def scan(window: str, _out: str) -> Work:
    """Read the columns that these features rest on, and nothing else."""

    def work():
        _, _, tables = _opened(window)
        for name, columns in learners.COLUMNS.items():
            tables[name].agg(**{column: tables[name][column].max() for column in columns}).to_pyarrow()

    return work


def dictionary(window: str, file: str) -> Work:
    """Describe the columns of one table: what they hold, what is missing, what breaks the contract, their shapes."""
    from insights.dictionary import looks, shapes

    def work():
        asked = params.load(window)
        table = warehouse.read(warehouse.connect(asked.compute), Path(file))
        looks.profile({"page_views": table})
        shapes.measure({"page_views": table}, asked.privacy.smallest_group)

    return work


def activities(window: str, out: str) -> Work:
    """Write what everybody did, as a log of events."""
    from insights.journey import stages, transitions

    def work():
        asked, _, tables = _opened(window)
        done = transitions.activities(tables, stages.present(asked, tables), asked)
        done.order_by("learner_id", "at", "activity").to_parquet(out)

    return work


def journeys(window: str, file: str) -> Work:
    """Count what follows what in a log of events."""
    from insights.journey import transitions

    def work():
        asked = params.load(window)
        transitions.matrix(warehouse.read(warehouse.connect(asked.compute), Path(file)), asked)

    return work


def contest(window: str, model: str, out: str) -> Work:
    """Let all models compete, and write what the chosen one and TPOT's say of the rows to validate."""
    import pandas as pd

    from insights.modeling import comparison, dataset

    def work():
        asked, data = params.load(window), dataset.load(window, model)
        found = comparison.compete(data, asked)
        said = {"chosen": found.models[found.chosen], "tpot": found.models["tpot"]}
        pd.DataFrame({name: one.score(data.validate) for name, one in said.items()}).to_parquet(out)

    return work


def simulate(window: str) -> Work:
    """Simulate the company of a window."""
    from insights import simulation
    from insights.collection import simulated

    def work():
        asked = params.load(window)
        simulation.simulate(asked.simulation, simulated.world_folder(asked), workers=asked.compute.threads)

    return work


def collect(window: str) -> Work:
    """Collect the tables of a window."""
    from insights import collection, store

    def work():
        step = store.open_step("00_data_collection", window)
        collection.collect(step, warehouse.connect(step.params.compute))
        step.finish()

    return work


def clean(window: str) -> Work:
    """Clean the tables of a window."""
    from insights import store
    from insights.dictionary import collected_tables

    def work():
        step = store.open_step("02_data_cleaning", window)
        con = warehouse.connect(step.params.compute)
        cleaning.clean(step, con, collected_tables(con, window, protected=False))
        step.finish()

    return work


def features(window: str) -> Work:
    """Compute the features of both models."""
    from insights.features import build

    def work():
        asked, con, tables = _opened(window)
        for builder in build.BUILDERS.values():
            builder(con, tables, asked)

    return work


def cells(window: str, step: str) -> Work:
    """Run the code of a notebook as it stands, without a kernel, and without a page."""
    import nbformat

    from insights import paths

    def work():
        notebook = nbformat.read(paths.notebook(step), as_version=4)
        told = {"__name__": "__main__"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                named = "parameters" in cell.metadata.get("tags", [])
                exec(compile(f"WINDOW = {window!r}" if named else cell.source, step, "exec"), told)  # noqa: S102

    return work


def _opened(window):
    asked = params.load(window)
    con = warehouse.connect(asked.compute)
    return asked, con, cleaning.tables(con, window)


KINDS = {
    "learners": of_learners, "scan": scan, "dictionary": dictionary, "activities": activities, "journeys": journeys,
    "contest": contest, "simulate": simulate, "collect": collect, "clean": clean, "features": features,
    "cells": cells,
}  # fmt: skip


def main():
    """Do it, and say what it took."""
    kind, *arguments = sys.argv[1:]
    ibis.options.interactive = False
    measured.tell(KINDS[kind](*arguments))


if __name__ == "__main__":
    main()
