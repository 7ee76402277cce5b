"""The study of a dictionary: what notebook 01 shows of a window, stored and recorded."""

from dataclasses import dataclass

import ibis
import pandas as pd

from insights import gaps, store
from insights.dictionary import changes, looks, shapes, values
from insights.store import Step

STEP, COLLECTION = "01_data_dictionary", "00_data_collection"


@dataclass(frozen=True)
class Dictionary:
    """What notebook 01 shows.

    Attributes
    ----------
    tables : pandas.DataFrame
        From :func:`insights.dictionary.looks.summary`.
    columns : pandas.DataFrame
        From :func:`insights.dictionary.looks.profile`, with ``owner``, ``shape`` (a word of bars), ``means``
        (the meaning with its unit) and ``span`` (from the least to the greatest).
    values : pandas.DataFrame
        From :func:`insights.dictionary.values.common_values`.
    odd : pandas.DataFrame
        From :func:`insights.dictionary.values.odd_values`.
    posts : pandas.DataFrame
        From :func:`insights.dictionary.values.example_posts`.
    gaps : pandas.DataFrame
        From :func:`insights.gaps.register`.
    coverage, marks : pandas.DataFrame
        From the collection: rows by table and month, and known breaks.
    before : str or None
        The window before this one, where it was run.
    changes : pandas.DataFrame or None
        From :func:`insights.dictionary.changes.against`.
    """

    tables: pd.DataFrame
    columns: pd.DataFrame
    values: pd.DataFrame
    odd: pd.DataFrame
    posts: pd.DataFrame
    gaps: pd.DataFrame
    coverage: pd.DataFrame
    marks: pd.DataFrame
    before: str | None
    changes: pd.DataFrame | None


def study(step: Step, con: ibis.BaseBackend) -> Dictionary:
    """Describe the collected tables of a window; store and record what was found."""
    params = step.params
    present = looks.collected_tables(con, params.window)
    spread = step.table("table_1_7_shapes", shapes.measure(present, params.privacy.smallest_group))
    columns = step.table("table_1_2_columns", _described(looks.profile(present), spread, params))
    coverage = store.table(params.window, COLLECTION, "table_0_6_coverage")
    before = changes.window_before(params)
    found = Dictionary(
        tables=step.table("table_1_1_tables", looks.summary(present)),
        columns=columns,
        values=step.table("table_1_3_values", values.common_values(present, params)),
        gaps=step.table("table_1_4_gaps", gaps.register(columns, coverage, params)),
        posts=step.table("table_1_5_posts", values.example_posts(present)),
        odd=step.table("table_1_6_odd_values", values.odd_values(present, params)),
        coverage=coverage,
        marks=store.table(params.window, COLLECTION, "table_0_7_marks"),
        before=before,
        changes=changes.against(con, before, columns, spread) if before else None,
    )
    if before:
        step.table("table_1_8_changes", found.changes)
        step.note(compared_with=before)
    _record(step, found)
    return found


def _described(columns, spread, params):
    bars = {(s.table, s.column): shapes.bars(s.counts) for s in spread.itertuples()}
    return columns.assign(
        owner=columns["source"].map(params.documentation.owners).fillna(""),
        shape=[bars.get((c.table, c.column), "") for c in columns.itertuples()],
        means=[f"{c.meaning} ({c.unit})" if c.unit else c.meaning for c in columns.itertuples()],
        span=[f"{c.least} to {c.greatest}" if isinstance(c.least, str) else "" for c in columns.itertuples()],
    )


def _record(step, found):
    columns = found.columns
    step.record("dictionary.columns", len(columns), unit="columns")
    step.record("dictionary.columns_here", int((columns["status"] == "here").sum()), unit="columns")
    step.record("dictionary.violations", int(columns["violations"].sum()), unit="values")
    step.record("dictionary.gaps", int((~gaps.is_closed(found.gaps)).sum()), unit="gaps")


def of(window: str) -> pd.DataFrame:
    """Return the stored description of every column of a window."""
    return store.table(window, STEP, "table_1_2_columns")
