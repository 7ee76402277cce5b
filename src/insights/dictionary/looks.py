"""How tables and columns really look, beside what the contract says of them, in one pass a table."""

import ibis
import pandas as pd

from insights import contract, paths, warehouse


def collected_tables(con: ibis.BaseBackend, window: str, protected: bool = True) -> dict[str, ibis.Table]:
    """Return the collected tables of a window by name; those the source lacks are absent."""
    found = {name: paths.collected(window, name) for name in contract.TABLES}
    if protected:
        found["protected"] = paths.protected(window)
    return {name: warehouse.read(con, path) for name, path in found.items() if path.exists()}


def profile(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    """Describe every column of the contract beside what the source has of it.

    Parameters
    ----------
    tables : dict of str to ibis.Table

    Returns
    -------
    pandas.DataFrame
        A row per column: ``table, column, meaning, type, unit, allowed`` (words and limits), ``blank`` (what a
        missing value tells), ``sensitivity, source, required, status`` (``here``, ``empty``, ``absent``,
        ``no table``, ``removed``), ``rows, missing`` (share), ``distinct`` (approximate count), ``least, greatest``
        (as text; of times the day), ``violations`` (values that the contract does not allow).
    """
    described = [_profile_table(name, tables.get(name)) for name in contract.TABLES]
    return pd.concat(described, ignore_index=True)


def summary(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    """Return a row per table of the contract: what a row is, how many there are, first and last date."""
    return pd.DataFrame([_summarise(name, tables.get(name)) for name in contract.TABLES])


def allowed(column: contract.Column) -> str:
    """Return the values that the contract allows in a column, in words; empty where any of its type may stand."""
    if column.allowed:
        return ", ".join(column.allowed)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}" if column.unit == "year" else f"{low:,g} to {high:,g}"
    return f"at least {low:,g}" if low is not None else ""


def _profile_table(name, table):
    columns = contract.columns(name)
    looks = {} if table is None else _looks(table, columns)
    rows = [
        {
            "table": name, "column": c.name, "meaning": c.meaning, "type": str(c.dtype), "unit": c.unit,
            "allowed": allowed(c), "blank": c.blank, "sensitivity": c.sensitivity, "source": c.source,
            "filled_from": c.filled_from, "required": c.required,
        }
        | looks.get(c.name, _absent(c, table))
        for c in columns.values()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _absent(column, table):
    status = "no table" if table is None else "removed" if column.name in contract.DROPPED else "absent"
    return {"status": status, "rows": 0, "missing": None, "distinct": None, "least": None, "greatest": None,
            "violations": None}  # fmt: skip


def _looks(table, columns):
    present = [c for c in columns.values() if c.name in table.columns]
    measures = {"rows": table.count()}
    for c in present:
        measures |= {f"{c.name}|{key}": value for key, value in _measures(table[c.name], c).items()}
    found = table.agg(**measures).to_pandas().iloc[0]
    return {c.name: _look(found, c.name) for c in present}


def _measures(value, column):
    hidden = column.sensitivity in (contract.IDENTIFYING, contract.FREE_TEXT, contract.PROTECTED)
    shown = not hidden and not value.type().is_string()
    value_shown = value.cast("date") if value.type().is_timestamp() else value
    text = ibis.null("string")
    return {
        "filled": value.count(),
        "distinct": value.approx_nunique(),
        "least": value_shown.min().cast("string") if shown else text,
        "greatest": value_shown.max().cast("string") if shown else text,
        "violations": _violations(value, column),
    }


def _violations(value, column):
    broken = [] if column.nullable else [value.isnull()]
    broken += [value < column.minimum] if column.minimum is not None else []
    broken += [value > column.maximum] if column.maximum is not None else []
    broken += [~value.isin(column.allowed)] if column.allowed else []
    return ibis.or_(*broken).fill_null(False).sum().fill_null(0) if broken else ibis.literal(0)


def _look(found, name):
    rows, filled = int(found["rows"]), int(found[f"{name}|filled"])
    return {
        "status": "here" if filled else "empty",
        "rows": rows,
        "missing": 1 - filled / rows if rows else None,
        "distinct": min(int(found[f"{name}|distinct"]), filled),
        "least": _text(found[f"{name}|least"]),
        "greatest": _text(found[f"{name}|greatest"]),
        "violations": int(found[f"{name}|violations"]),
    }


def _text(value):
    return None if value is None or pd.isna(value) else str(value)


def _summarise(name, table):
    spec = contract.TABLES[name]
    row = {"table": name, "a_row_is": (spec.model.__doc__ or "").strip().rstrip("."), "rows": 0}
    if table is None:
        return row | {"first": pd.NaT, "last": pd.NaT, "status": "not in this source"}
    dates = table.agg(rows=table.count(), first=table[spec.happened].min(), last=table[spec.happened].max())
    return row | dates.to_pandas().iloc[0].to_dict() | {"status": "collected"}
