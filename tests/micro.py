"""Tables of a handful of records, made by hand, and the window that they are read in."""

from decimal import Decimal

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import pyarrow as pa
from hypothesis import settings

from insights import contract, params
from insights.params import Params

brisk = settings(max_examples=40, deadline=None)
CLEANED = {"email_events": {"human_probability": dt.float64}}


def window(name: str = "2025Q4", **changes: dict) -> Params:
    """Return a window's parameters with some of them changed, section by section; small, for speed."""
    loaded = params.load(name)
    small = {"chance_repeats": 50, "bootstrap_repeats": 100, "forest_trees": 30, "tuning_trials": 0}
    changes["modeling"] = small | changes.get("modeling", {})
    changes["compute"] = {"threads": 1} | changes.get("compute", {})
    sections = {section: getattr(loaded, section).model_copy(update=values) for section, values in changes.items()}
    return loaded.model_copy(update=sections)


def table(con: ibis.BaseBackend, name: str, records: list[dict], columns: list[str] = ()) -> ibis.Table:
    """Return a cleaned table with the columns that the records name, and at least the given ones.

    What is not said of a record is missing, and it was recorded at the moment at which it happened.
    """
    recorded = [{"recorded_at": record[contract.TABLES[name].happened]} | record for record in records]
    named = {column for record in recorded for column in record} | set(columns)
    types = dict(contract.schema(name).items()) | CLEANED.get(name, {})
    schema = ibis.schema({column: types[column] for column in types if column in named})
    typed = [{column: _typed(record.get(column), schema[column]) for column in schema} for record in recorded]
    rows = pa.Table.from_pylist(typed, schema=schema.to_pyarrow())
    return con.create_table(ibis.util.gen_name(name), obj=rows)


def _typed(value, kind):
    if value is None:
        return None
    if kind.is_timestamp():
        return pd.Timestamp(value).to_pydatetime()
    return Decimal(str(value)) if kind.is_decimal() else value
