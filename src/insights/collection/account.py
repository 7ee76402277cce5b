"""The account of a collection in the results store and the manifest."""

from insights.collection.core import Collected
from insights.store import Step


def record(step: Step, collected: Collected) -> None:
    """Store the tables of an account, record rows by table, and note the inputs by hash."""
    step.table("table_0_1_tables", collected.tables)
    step.table("table_0_2_columns", collected.columns)
    step.table("table_0_3_inputs", collected.inputs)
    step.table("table_0_4_exclusions", collected.exclusions)
    step.table("table_0_5_unmapped", collected.unmapped)
    step.table("table_0_6_coverage", collected.coverage)
    step.table("table_0_7_marks", collected.marks)
    for row in collected.tables.itertuples():
        if row.status == "collected":
            step.record("collection.rows", int(row.rows), by={"table": row.table}, unit="rows")
    inputs = collected.inputs.astype("object").where(collected.inputs.notna(), None)
    step.note(inputs=inputs.to_dict("records"), source=step.params.source.kind)
