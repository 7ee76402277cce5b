"""The data dictionary of a window: what each column means, and how it really looks.

The meaning comes from the contract, the looks from the collected tables, in one pass a table. Values of
people are shown only where at least ``privacy.smallest_group`` people share them.
"""

from dataclasses import dataclass

import ibis
import pandas as pd

from insights import contract, gaps, paths, privacy, store, warehouse
from insights.params import Params
from insights.store import Step

MOST_COMMON = 5
VALUE_COLUMNS = ["table", "column", "value", "rows", "share"]
ODD = r"[<>\[\]{}]"


@dataclass(frozen=True)
class Dictionary:
    """What notebook 01 shows.

    Attributes
    ----------
    tables : pandas.DataFrame
        From :func:`summary`.
    columns : pandas.DataFrame
        From :func:`profile`.
    values : pandas.DataFrame
        From :func:`common_values`.
    odd : pandas.DataFrame
        From :func:`odd_values`.
    gaps : pandas.DataFrame
        From :func:`insights.gaps.register`.
    posts : pandas.DataFrame
        From :func:`example_posts`.
    """

    tables: pd.DataFrame
    columns: pd.DataFrame
    values: pd.DataFrame
    odd: pd.DataFrame
    gaps: pd.DataFrame
    posts: pd.DataFrame


def study(step: Step, con: ibis.BaseBackend) -> Dictionary:
    """Describe the collected tables of a window; store and record what was found."""
    present = collected_tables(con, step.params.window)
    columns = step.table("table_1_2_columns", profile(present))
    found = Dictionary(
        tables=step.table("table_1_1_tables", summary(present)),
        columns=columns,
        values=step.table("table_1_3_values", common_values(present, step.params)),
        gaps=step.table("table_1_4_gaps", gaps.register(columns)),
        posts=step.table("table_1_5_posts", example_posts(present)),
        odd=step.table("table_1_6_odd_values", odd_values(present, step.params)),
    )
    step.record("dictionary.columns", len(columns), unit="columns")
    step.record("dictionary.columns_here", int((columns["status"] == "here").sum()), unit="columns")
    step.record("dictionary.violations", int(columns["violations"].sum()), unit="values")
    step.record("dictionary.gaps", len(found.gaps), unit="gaps")
    return found


def of(window: str) -> pd.DataFrame:
    """Return the stored description of every column of a window."""
    return store.table(window, "01_data_dictionary", "table_1_2_columns")


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
        A row per column: ``table, column, meaning, type, unit, sensitivity, source, required, status`` (``here``,
        ``empty``, ``absent``, ``no table``, ``removed``), ``rows, missing`` (share), ``distinct`` (approximate
        count), ``least, greatest`` (as text; of times the day), ``violations`` (values that the contract does not
        allow).
    """
    described = [_profile_table(name, tables.get(name)) for name in contract.TABLES]
    return pd.concat(described, ignore_index=True)


def summary(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    """Return a row per table of the contract: what a row is, how many there are, first and last date."""
    return pd.DataFrame([_summarise(name, tables.get(name)) for name in contract.TABLES])


def common_values(tables: dict[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return the most common values of the text columns that have few, small groups held back.

    Returns
    -------
    pandas.DataFrame
        ``table, column, value, rows, share``; at most five values a column, each shared by at least
        ``privacy.smallest_group`` people.
    """
    listed = [
        _common(name, table, column, params.privacy.smallest_group)
        for name, table in tables.items()
        for column in _categories(name, table)
    ]
    return pd.concat(listed, ignore_index=True)


def odd_values(tables: dict[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return the typed words that hold markup or had something scrubbed, small groups held back.

    Returns
    -------
    pandas.DataFrame
        ``table, column, value, rows, share``; at most five values a column, each shared by at least
        ``privacy.smallest_group`` people.
    """
    listed = [
        _common(name, table, column, params.privacy.smallest_group, table[column].re_search(ODD))
        for name, table in tables.items()
        for column in _typed(name, table)
    ]
    return pd.concat([pd.DataFrame(columns=VALUE_COLUMNS), *listed], ignore_index=True)


def example_posts(tables: dict[str, ibis.Table], most: int = 6) -> pd.DataFrame:
    """Return a few social posts as they read after scrubbing, each wording once.

    Those with markup in them come first, then those from which something was scrubbed; within these the newest.
    """
    if "social_posts" not in tables:
        return pd.DataFrame(columns=["network", "posted_at", "text"])
    posts = tables["social_posts"].filter(ibis._.text.notnull())
    again = ibis.row_number().over(group_by="text", order_by=[ibis.desc(posts.posted_at), posts.post_id])
    care = posts.text.re_search(ODD).cast("int8") + posts.text.re_search("[<>]").cast("int8")
    once = posts.mutate(again=again, care=care).filter(ibis._.again == 0)
    chosen = once.order_by(ibis.desc("care"), ibis.desc("posted_at"), "post_id").limit(most)
    return chosen.select("network", "posted_at", "text").to_pandas()


def _profile_table(name, table):
    columns = contract.columns(name)
    looks = {} if table is None else _looks(table, columns)
    rows = [
        {
            "table": name, "column": c.name, "meaning": c.meaning, "type": str(c.dtype), "unit": c.unit,
            "sensitivity": c.sensitivity, "source": c.source, "required": c.required,
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


def _categories(name, table):
    secret = {contract.IDENTIFYING, contract.FREE_TEXT, contract.PROTECTED}
    columns = [c for c in contract.columns(name).values() if c.name in table.columns]
    shown = [c for c in columns if c.dtype.is_string() and c.sensitivity not in secret]
    return [c.name for c in shown if not c.name.endswith("_id") and c.name not in _TOO_MANY]


def _typed(name, table):
    columns = [c for c in contract.columns(name).values() if c.name in table.columns]
    return [c.name for c in columns if c.dtype.is_string() and c.sensitivity == contract.QUASI_IDENTIFYING]


_TOO_MANY = {"url", "title", "description", "family", "campaign"}


def _common(name, table, column, smallest, among=True):
    named = table.filter(table[column].notnull(), among).mutate(value=table[column])
    best = (
        named.group_by("value")
        .agg(rows=ibis._.count())
        .order_by(ibis.desc("rows"), "value")
        .limit(MOST_COMMON)
    )
    held = best.to_pandas()
    shown, _ = privacy.suppress(held.assign(people=_sharing(named, held)), "people", smallest)
    total = int(table.count().to_pandas())
    return shown.assign(table=name, column=column, share=shown["rows"] / max(total, 1))[VALUE_COLUMNS]


def _sharing(named, held):
    """Return how many people share each value: those known, else their browsers; of a table of things its rows."""
    identities = [named[c] for c in ("learner_id", "anonymous_id") if c in named.columns]
    if not identities or held.empty:
        return held["rows"]
    asked = named.filter(named["value"].isin(held["value"].tolist()))
    people = asked.group_by("value").agg(people=ibis.coalesce(*identities).nunique()).to_pandas()
    return held["value"].map(people.set_index("value")["people"]).fillna(0)
