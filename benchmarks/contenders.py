"""What Insights does in a benchmark, each in a process of its own: ``python contenders.py KIND ARGUMENTS``.

Prints seconds from after the imports to the written answer, and peak memory, as JSON.
"""

import contextlib
import sys
from pathlib import Path

import ibis
import nbformat
import pandas as pd
from peers import learners, measured

from insights import cleaning, collection, params, paths, simulation, store, warehouse
from insights.collection import simulated
from insights.dictionary import collected_tables, looks, shapes
from insights.features import build
from insights.features.enrollment import enrollment_features
from insights.journey import stages, transitions
from insights.modeling import comparison, dataset


def of_learners(window, out):
    """Compute the features of all learners of a window, as of its benchmark date, and write them."""
    asked, con, tables = _opened(window)
    asked = asked.model_copy(
        update={"enrollment": asked.enrollment.model_copy(update={"lookback_days": learners.LOOKBACK})}
    )
    rows = tables["learners"].select("learner_id").to_pandas().assign(as_of=pd.Timestamp(learners.AS_OF))
    enrollment_features(con, tables, rows, asked).to_parquet(out)


def scan(window, out):
    """Read the columns that these features rest on, and nothing else."""
    _, _, tables = _opened(window)
    for name, columns in learners.COLUMNS.items():
        tables[name].agg(**{column: tables[name][column].max() for column in columns}).to_pyarrow()


def dictionary(window, file):
    """Describe the columns of one table: what they hold, what is missing, what breaks the contract, their shapes."""
    asked = params.load(window)
    con = warehouse.connect(asked.compute)
    table = warehouse.read(con, Path(file))
    looks.profile({"page_views": table})
    shapes.measure({"page_views": table}, asked.privacy.smallest_group)


def activities(window, out):
    """Write what everybody did, as a log of events."""
    asked, _, tables = _opened(window)
    done = transitions.activities(tables, stages.present(asked, tables), asked)
    done.order_by("learner_id", "at", "activity").to_parquet(out)


def journeys(window, file):
    """Count what follows what in a log of events."""
    asked = params.load(window)
    con = warehouse.connect(asked.compute)
    transitions.matrix(warehouse.read(con, Path(file)), asked)


def contest(window, model, out):
    """Let all models compete, and write what the chosen one and TPOT's say of the rows to validate."""
    asked, data = params.load(window), dataset.load(window, model)
    found = comparison.compete(data, asked)
    said = {"chosen": found.models[found.chosen], "tpot": found.models["tpot"]}
    pd.DataFrame({name: one.score(data.validate) for name, one in said.items()}).to_parquet(out)


def simulate(window):
    """Simulate the company of a window."""
    asked = params.load(window)
    simulation.simulate(asked.simulation, simulated.world_folder(asked), workers=asked.compute.threads)


def collect(window):
    """Collect the tables of a window."""
    step = store.open_step("00_data_collection", window)
    collection.collect(step, warehouse.connect(step.params.compute))
    step.finish()


def clean(window):
    """Clean the tables of a window."""
    step = store.open_step("02_data_cleaning", window)
    con = warehouse.connect(step.params.compute)
    cleaning.clean(step, con, collected_tables(con, window, protected=False))
    step.finish()


def features(window):
    """Compute the features of both models."""
    asked, con, tables = _opened(window)
    for builder in build.BUILDERS.values():
        builder(con, tables, asked)


def cells(window, step):
    """Run the code of a notebook as it stands, without a kernel, and without a page."""
    notebook = nbformat.read(paths.notebook(step), as_version=4)
    told = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            named = "parameters" in cell.metadata.get("tags", [])
            exec(compile(f"WINDOW = {window!r}" if named else cell.source, step, "exec"), told)  # noqa: S102


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

    def work():
        with contextlib.redirect_stdout(sys.stderr):
            KINDS[kind](*arguments)

    measured.tell(work)


if __name__ == "__main__":
    main()
