"""The simulated company's records as its systems would export them, with the mapping that leads back to the contract.

The CRM writes UTF-16 with days first, half of its dates in another format than the rest; the e-mail platform counts
microseconds since 1970; web analytics writes a compressed file of JSON Lines a month; sales come with decimal commas;
each social network has an export of its own. Collected from here, the company is the same as from its Parquet files.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import yaml

from insights import contract, warehouse

DAY_FIRST = "%d/%m/%Y %H:%M:%S.%f"
CRM = {
    "learner_id": "Record ID", "registered_at": "Create Date", "email": "Email", "name": "Full Name",
    "country": "Country/Region", "city": "City", "job_title": "Job Title",
}  # fmt: skip
MAPPING = "mapping.yaml"


def write_exports(world: Path, folder: Path) -> Path:
    """Write the records of a simulated world as exports, and their mapping.

    Parameters
    ----------
    world : pathlib.Path
        From :func:`insights.simulation.simulate`.
    folder : pathlib.Path
        Made where missing.

    Returns
    -------
    pathlib.Path
        The mapping file, beside the exports.
    """
    con = warehouse.local()
    tables = {name: _mapped(con, name, world / "raw" / name, folder) for name in contract.TABLES}
    tables = {name: exports for name, exports in tables.items() if exports}
    (folder / MAPPING).write_text(yaml.safe_dump({"tables": tables}, sort_keys=False))
    return folder / MAPPING


@ibis.udf.scalar.builtin
def epoch_us(time: dt.Timestamp(scale=6)) -> dt.int64:
    """Return microseconds since 1970 (DuckDB)."""


def _mapped(con, name, raw, folder):
    parts = sorted(raw.rglob("*.parquet"))
    if not parts:
        return []
    records = con.read_parquet([str(part) for part in parts])
    (folder / name).mkdir(parents=True, exist_ok=True)
    own = {"learners": _contacts, "email_events": _mails, "page_views": _views, "enrollments": _sales,
           "social_posts": _posts}  # fmt: skip
    return own.get(name, _plain)(con, records, folder / name, parts)


def _plain(con, records, folder, parts):
    records.to_csv(folder / f"{folder.name}.csv")
    return [_as_it_is(records, f"{folder.name}/*.csv")]


def _contacts(con, records, folder, parts):
    times = _times(records)
    mixed = {
        c: ibis.ifelse(records.learner_id.hash() % 2 == 0, records[c].strftime(DAY_FIRST), _iso(records[c]))
        for c in times
    }
    renamed = records.mutate(**mixed).rename({CRM.get(c, c): c for c in records.columns})
    plain = folder / "contacts.csv"
    renamed.to_csv(plain, sep=";")
    plain.write_text(plain.read_text(encoding="utf-8"), encoding="utf-16")
    columns = {c: CRM.get(c, c) for c in records.columns}
    dates = {c: [DAY_FIRST, "iso"] for c in times}
    return [
        {
            "files": "learners/contacts.csv",
            "encoding": "utf-16",
            "delimiter": ";",
            "columns": columns,
            "dates": dates,
        }
    ]


def _mails(con, records, folder, parts):
    times = {c: epoch_us(records[c]) for c in _times(records)}
    records.mutate(**times).to_csv(folder / "events.csv.gz", compression="gzip")
    return [_as_it_is(records, "email_events/*.csv.gz") | {"dates": dict.fromkeys(times, "epoch_us")}]


def _views(con, records, folder, parts):
    for month, files in _by_month(parts):
        views = con.read_parquet([str(file) for file in files])
        zoned = views.mutate(**{c: _iso(views[c]) + "Z" for c in _times(views)})
        con.raw_sql(
            f"COPY ({con.compile(zoned)}) TO '{folder / month}.jsonl.gz' (FORMAT json, COMPRESSION gzip)"
        )
    return [_as_it_is(records, "page_views/*.jsonl.gz")]


def _sales(con, records, folder, parts):
    comma = records.amount.cast("string").replace(".", ",")
    records.mutate(amount=comma).to_csv(folder / "sales.csv", sep=";")
    return [_as_it_is(records, "enrollments/sales.csv") | {"delimiter": ";", "decimal_mark": ","}]


def _posts(con, records, folder, parts):
    exports = []
    for network in contract.NETWORKS:
        records.filter(records.network == network).drop("network").to_csv(folder / f"{network}.tsv", sep="\t")
        export = _as_it_is(records.drop("network"), f"social_posts/{network}.tsv")
        exports.append(export | {"constants": {"network": network}})
    return exports


def _as_it_is(records, files):
    return {"files": files, "columns": {column: column for column in records.columns}}


def _times(records) -> list[str]:
    return [column for column, dtype in records.schema().items() if dtype.is_timestamp()]


def _iso(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")


def _by_month(parts) -> Iterator[tuple[str, list[Path]]]:
    every = sorted(parts, key=lambda part: (part.parent.name, part.name))
    return ((month, list(files)) for month, files in groupby(every, key=lambda part: part.parent.name))
