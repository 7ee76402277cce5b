"""The register of gaps: each with its size, what it costs, who could close it and how, and how far that is.

A gap is what the contract asks for and the source lacks: a table, a column, months of a table, or values where fewer
rows hold one than ``documentation.thin`` asks for and a blank tells nothing.
"""

import pandas as pd

from insights import contract
from insights.gaps import entries, needs
from insights.params import Params

OPEN, CLOSED, BY_CLEANING = "open", "closed: found filled", "closed by cleaning, from {source}"
NO_TABLE, NO_COLUMN, NO_MONTHS, THIN = "no table", "no column", "months without a record", "few values"
COLUMNS = [
    "gap", "kind", "filled", "people", "months", "meaning", "switches_off", "weakens", "owner", "how", "status",
    "since",
]  # fmt: skip
HOW = {
    "CRM": "ask for it at registration or in the profile, and export it",
    "catalogue": "keep it in the catalogue from the day of the announcement",
    "e-mail platform": "switch on the event in the e-mail platform, and export it",
    "event platform": "export it with the list of attendees",
    "export": "let the export say when each record became known",
    "finance": "take it from the launch plan",
    "learning": "export it from the learning platform",
    "panel": "ask the panel at each decision",
    "sales": "export it with the orders",
    "social network": "export the page's own posts each month",
    "survey tool": "add the question to the survey",
    "web analytics": "record it with the page view",
}


def register(columns: pd.DataFrame, coverage: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the gaps of a window's source.

    Parameters
    ----------
    columns : pandas.DataFrame
        From :func:`insights.dictionary.profile`, with ``owner``.
    coverage : pandas.DataFrame
        ``table, month, rows``, from the collection.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``gap, kind, filled`` (share of rows with a value), ``people`` (share of the registered with a record),
        ``months`` (of the window, with a record), ``meaning, switches_off, weakens, owner, how, status, since``;
        what switches something off comes first. An entry of ``registers/gaps.yaml`` whose gap is gone is closed,
        and so is a gap that cleaning fills from a column that is there (``filled_from`` of the contract).
    """
    written, affected = entries.read(params.source.kind), needs.affected(columns)
    months = _months(coverage, params)
    found = [*_tables(columns, affected), *_columns(columns, affected), *_thin(columns, params.documentation.thin)]
    found += _interrupted(columns, months)
    people = _people(columns)
    rows = [_row(gap, columns, people, months, written.get(gap["gap"])) for gap in found]
    rows = [row | _by_cleaning(row, columns) for row in rows]
    rows += [_closed(entry, columns) for gap, entry in written.items() if gap not in {r["gap"] for r in rows}]
    table = pd.DataFrame(rows, columns=COLUMNS)
    weight = is_closed(table) * 4 + (table["switches_off"] == "") * 2 + (table["weakens"] == "")
    return table.assign(weight=weight).sort_values(["weight", "gap"], kind="stable")[COLUMNS].reset_index(drop=True)


def is_closed(table: pd.DataFrame) -> pd.Series:
    """Return which gaps of a register are closed, be it by their owner or by cleaning."""
    return table["status"].str.startswith("closed")


def check_register(params: Params) -> None:
    """Refuse a register that cannot be used, before any notebook rests on it.

    Raises
    ------
    insights.gaps.entries.GapError
    """
    entries.read(params.source.kind)


def _tables(columns, affected):
    lacking = columns[columns["status"] == "no table"].drop_duplicates("table")
    return [
        {"gap": r.table, "kind": NO_TABLE, "meaning": "the whole table", "switches_off": affected.get(r.table, "")}
        for r in lacking.itertuples()
    ]  # fmt: skip


def _columns(columns, affected):
    lacking = columns[columns["status"].isin(["absent", "empty"])]
    return [
        {"gap": f"{r.table}.{r.column}", "kind": NO_COLUMN, "meaning": r.meaning,
         "switches_off": affected.get(f"{r.table}.{r.column}", "")}
        for r in lacking.itertuples()
    ]  # fmt: skip


def _thin(columns, least):
    few = columns[
        (columns["status"] == "here") & (columns["blank"] == "") & (1 - columns["missing"].astype(float) < least)
    ]
    return [
        {"gap": f"{r.table}.{r.column}", "kind": THIN, "meaning": r.meaning, "filled": 1 - r.missing,
         "weakens": ", ".join(needs.resting_on(r.table, r.column))}
        for r in few.itertuples()
    ]  # fmt: skip


def _interrupted(columns, months):
    there = set(columns.loc[columns["status"] == "here", "table"])
    return [
        {"gap": name, "kind": NO_MONTHS, "meaning": "months of the window in which nothing happened",
         "weakens": ", ".join(a for a, wanted in needs.NEEDS.items() if name in wanted)}
        for name, (held, asked) in months.items()
        if name in there and held < asked
    ]  # fmt: skip


def _months(coverage, params):
    """Return, by table of what happens at a moment, the months with a record, and those of the window."""
    asked = pd.period_range(params.dates.start, params.end - pd.Timedelta(days=1), freq="M").strftime("%Y-%m")
    events = [name for name, spec in contract.TABLES.items() if not spec.entity]
    inside = coverage[coverage["month"].isin(asked) & (coverage["rows"] > 0)]
    return {name: (int((inside["table"] == name).sum()), len(asked)) for name in events}


def _people(columns):
    """Return, by table, the share of the registered people that it has a record of."""
    persons = columns[(columns["column"] == "learner_id") & (columns["status"] == "here")].set_index("table")[
        "distinct"
    ]
    everyone = persons.get("learners")
    return {} if not everyone else {name: min(1.0, count / everyone) for name, count in persons.items()}


def _row(gap, columns, people, months, entry):
    table = gap["gap"].partition(".")[0]
    source, owner = _owned(columns, gap["gap"])
    held, asked = months.get(table, (None, None))
    base = {
        "filled": None, "people": people.get(table), "months": f"{held} of {asked}" if held else "",
        "switches_off": "", "weakens": "", "owner": owner, "how": HOW.get(source, ""), "status": OPEN,
        "since": None,
    }  # fmt: skip
    return base | gap | _said(entry)


def _about(columns, gap):
    """Return the description of the column, or of all columns of the table, that a gap is about."""
    table, _, column = gap.partition(".")
    return columns[(columns["table"] == table) & (columns["column"].eq(column) | (column == ""))]


def _owned(columns, gap):
    """Return the source system of a gap, of a table the one that most of its columns come from, and its owner."""
    of = _about(columns, gap)
    of = of if "." in gap else of[of["source"] != "export"]
    source = of["source"].mode().iloc[0]
    return source, columns.loc[columns["source"] == source, "owner"].iloc[0]


def _said(entry):
    if entry is None:
        return {}
    said = {"owner": entry.owner, "how": entry.how, "status": entry.status, "since": entry.since.isoformat()}
    return {key: value for key, value in said.items() if value}


def _by_cleaning(row, columns):
    """Close the gap of a column that cleaning fills from another one that holds values."""
    about = columns[(columns["table"] + "." + columns["column"]).eq(row["gap"])]
    filled_from = about["filled_from"].iloc[0] if len(about) else ""
    if not filled_from or row["kind"] == NO_TABLE:
        return {}
    name = filled_from if "." in filled_from else f"{about['table'].iloc[0]}.{filled_from}"
    source = columns[(columns["table"] + "." + columns["column"]).eq(name)]
    there = len(source) and source["status"].iloc[0] == "here"
    return {"status": BY_CLEANING.format(source=name), "switches_off": ""} if there else {}


def _closed(entry, columns):
    meaning = _about(columns, entry.gap)["meaning"].iloc[0] if "." in entry.gap else "the whole table"
    closed = {"gap": entry.gap, "kind": "", "meaning": meaning, "switches_off": "", "weakens": "", "months": "",
              "owner": _owned(columns, entry.gap)[1]}  # fmt: skip
    return closed | _said(entry) | {"status": CLOSED}
