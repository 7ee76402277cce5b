"""Readers of exports: CSV, JSON Lines, Excel and Parquet through a mapping, their values, the draft of a mapping."""

import decimal
import gc
import io
import json
import re
import shutil
import zipfile
from functools import cache
from types import SimpleNamespace

import duckdb
import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from fuzzing.choices import Choices, encoded
from fuzzing.harness import REPOSITORY, Reader, require, room
from insights import params
from insights.collection import draft, folder, parsing
from insights.collection.source import CollectionError

COLUMNS = ("id", "who", "what", "when", "paid", "number")
SALES = pd.DataFrame(
    [
        ["s1", "7", "p1", "2025-03-01 10:00:00", "49.00", "1"],
        ["s2", "8", "p1", "2025-03-02T11:30:00Z", "1,049.50", "1"],
        ["s3", "", "p2", "2025-04-05", "-49.00", "-1"],
    ],
    columns=list(COLUMNS),
)
MAPPED = {
    "enrollment_id": "id",
    "learner_id": "who",
    "product_id": "what",
    "enrolled_at": "when",
    "amount": "paid",
    "units": "number",
}
TYPES = ("float64", "int32", "decimal(18, 2)", "timestamp(6)", "boolean", "string")
EVERY = 10  # inputs
_WAITS = {"inputs": 0}
PLAIN = re.compile(r"[+-]?\d{1,15}(\.\d{1,2})?")


def read_export(ending: str):
    """Return the reader of exports with this ending: found, checked, typed and counted, as notebook 00 does."""

    def read(content: bytes) -> None:
        here, parameters = _project(ending)
        (here / f"sales{ending}").write_bytes(content)
        shutil.rmtree(room() / ".cache", ignore_errors=True)
        try:
            folder.check(parameters)
            con = ibis.duckdb.connect(threads=1, memory_limit="300MB")
            extract = folder.read(parameters, con, lambda text: None)
            for table in extract.tables.values():
                table.count().to_pyarrow()
            con.disconnect()
        finally:
            _WAITS["inputs"] += 1
            if _WAITS["inputs"] % EVERY == 0:  # engines are given back only when they are looked for
                gc.collect()

    return read


@cache
def _project(ending):
    here = room() / "data" / f"of{ending.replace('.', '-')}"
    here.mkdir()
    entry = {"files": "sales*", "columns": MAPPED}
    (here / "mapping.yaml").write_text(yaml.safe_dump({"tables": {"enrollments": entry}}))
    source = {"kind": "folder", "path": f"data/{here.name}", "mapping": f"data/{here.name}/mapping.yaml"}
    days = {
        name: pd.Timestamp(day).date()
        for name, day in (("start", "2025-01-01"), ("split", "2025-10-01"), ("end", "2026-01-01"))
    }
    (room() / "params" / f"{here.name}.yaml").write_text(yaml.safe_dump({"source": source, "dates": days}))
    return here, params.load(here.name)


def read_workbook(content: bytes) -> None:
    """Open the bytes as an Excel workbook, without the engine that reads its values later."""
    from insights.collection import files

    file = room() / "data" / "book.xlsx"
    file.write_bytes(content)
    files.header(None, file)
    files.open_files(None, [file])


def read_values(content: bytes) -> None:
    """Read texts as values of every type of the contract; what is plainly a number is that number."""
    texts = content.decode("utf-8", "replace").split("\n")[:8]
    con, statement = _typed()
    con.execute("DELETE FROM texts")
    held = [part for one in enumerate(texts) for part in one]
    con.execute(f"INSERT INTO texts VALUES {', '.join(['(?, ?)'] * len(texts))}", held)
    try:
        found = con.execute(statement).fetchall()
    except duckdb.Error as error:
        require(False, f"{type(error).__name__}: {error}")
    for text, row in zip(texts, sorted(found), strict=True):
        plain = text.strip(" \t\r\x0b\x0c")
        if PLAIN.fullmatch(plain) and plain.isascii():
            require(row[3] == decimal.Decimal(plain), f"{plain} was read as {row[3]}")
            require(row[2] is None or row[2] == decimal.Decimal(plain), f"{plain} was read as {row[2]}")


@cache
def _typed():
    """Return an engine with a table of texts, and the statement that reads them as every type, in several ways."""
    backend = ibis.duckdb.connect(threads=1)
    backend.con.execute("CREATE TABLE texts (n INTEGER, text VARCHAR)")
    backend.con.execute("SET TimeZone = 'UTC'")
    table = backend.table("texts")
    text = parsing.as_text(table.text)
    columns = {name: parsing.parsed(text, dt.dtype(name)) for name in TYPES}
    columns["comma"] = parsing.parsed(text, dt.dtype("float64"), decimal_mark=",")
    columns["zone"] = parsing.parsed(text, dt.dtype("timestamp(6)"), zone="America/Los_Angeles")
    for way in ("%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", *parsing.EPOCHS):
        columns[way] = parsing.parsed(text, dt.dtype("timestamp(6)"), date_format=way)
    columns["name"] = parsing.named(parsing.identifier(text))
    statement = ibis.to_sql(table.select(n=table.n, **columns), dialect="duckdb")
    backend.con.execute(f"PREPARE typed AS {statement}")
    return backend.con, "EXECUTE typed"


def read_draft(content: bytes) -> None:
    """Draft a mapping for the bytes as an export; the draft can be read, and says nothing but what was proposed."""
    ending = (".csv", ".tsv", ".jsonl", ".csv", ".parquet", ".csv")[(content[0] if content else 0) % 6]
    here = room() / "data" / "draft"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    (here / f"export{ending}").write_bytes(content[1:])
    proposals = draft.propose(here)
    said = draft.written(proposals)
    tables = yaml.load(said, Loader=yaml.BaseLoader)["tables"]
    wanted = [proposal.table for proposal in proposals if proposal.table]
    require(sorted(tables or {}) == sorted({*wanted}), f"the draft maps {sorted(tables or {})}")
    for proposal in proposals:
        if proposal.table:
            kept = [set(one) for one in tables[proposal.table]]
            require(set(proposal.export) in kept, f"the draft says {kept}")


def make_csv(choices: Choices) -> bytes:
    """Build a CSV with the columns that are mapped, most cells true, and some faults of its form."""
    mark = choices.often(",", [";", "\t", "|"])
    names = [choices.often(name, [choices.text()]) for name in COLUMNS]
    rows = [names]
    for _ in range(choices.number(5)):
        true = [str(value) for value in SALES.iloc[choices.number(2)]]
        row = [choices.often(cell, [choices.text(), f'"{choices.text()}"']) for cell in true]
        rows.append(choices.often(row, [row[:-1], [*row, "more"], []]))
    text = choices.often("\n", ["\r\n", "\r", "\n\n"]).join(mark.join(row) for row in rows)
    return encoded(choices.often("", ["\ufeff", "\0", " "]) + text)


def make_json(choices: Choices) -> bytes:
    """Build JSON Lines, most of them records with the fields that are mapped."""
    lines = []
    for _ in range(1 + choices.number(4)):
        record = dict(zip(COLUMNS, SALES.iloc[choices.number(2)], strict=True))
        record |= {choices.one(COLUMNS): choices.value(5) for _ in range(choices.number(2))}
        lines.append(choices.often(json.dumps(record), [choices.text(), json.dumps(choices.value(5)), ""]))
    return encoded("\n".join(lines))


def make_workbook(choices: Choices) -> bytes:
    """Build a workbook, and break a part of it."""
    rows = [
        [choices.often(cell, [choices.text(), 1.5, None, True, pd.Timestamp("2025-03-01")]) for cell in row]
        for row in ([*COLUMNS], *SALES.to_numpy().tolist())
    ]
    parts = _parts_of_a_workbook()
    body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
    return _zipped(choices, parts | {"xl/worksheets/sheet1.xml": encoded(sheet)})


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _cell(value):
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, float):
        return f'<c s="99"><v>{value}</v></c>'
    text = str(value).replace("&", "&amp;").replace("<", "&lt;")
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def _zipped(choices, parts):
    target = choices.one(list(parts))
    edit = choices.number(7)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            if name == target and edit == 1:
                continue
            if name == target and edit in (2, 3):
                place = choices.number(max(len(content) - 1, 0))
                content = content[:place] + encoded(choices.text()) + content[place + choices.number(9) :]
            book.writestr(_name(choices) if name == target and edit == 4 else name, content)
        if edit == 5:
            book.writestr(_name(choices), b" " * 3_000_000)
    whole = buffer.getvalue()
    return whole[: choices.number(len(whole))] if edit == 6 else whole


def _name(choices):
    return "x" + choices.text().encode("utf-8", "replace").decode()[:1_000].replace("\0", "")


@cache
def _parts_of_a_workbook():
    buffer = io.BytesIO()
    SALES.to_excel(buffer, index=False)
    with zipfile.ZipFile(buffer) as book:
        return {name: book.read(name) for name in book.namelist()}


def make_parquet(choices: Choices) -> bytes:
    """Build Parquet whose columns are of any type, and cut or change its bytes."""
    arrays = {}
    for name in COLUMNS:
        kind = choices.number(12)
        other = (
            pa.array([1, 2, None]),
            pa.array([1.5, float("nan"), None]),
            pa.array([b"\xff", b"", None]),
            pa.array([[1], [], None]),
            pa.array([{"a": 1}, None, {"a": None}]),
            pa.array([True, False, None]),
            pa.array([10**17, -1, 0], pa.timestamp("us")),
            pa.array([0, 1, 2], pa.timestamp("ns", tz="Asia/Tokyo")),
            pa.array([0, 1, None], pa.date32()),
            pa.array([0, 1, None], pa.time64("us")),
            pa.array(["a", "b", None]).dictionary_encode(),
            pa.nulls(3),
            pa.array([0, 1, None], pa.duration("s")),
        )[kind]
        arrays[choices.often(name, [choices.text() or "x"])] = choices.often(pa.array(SALES[name]), [other])
    buffer = io.BytesIO()
    try:
        pq.write_table(pa.table(arrays), buffer)
    except (pa.ArrowException, UnicodeError):  # what cannot be written cannot arrive
        return b""
    whole = bytearray(buffer.getvalue())
    for _ in range(choices.number(3) if choices.number(1) else 0):
        whole[choices.number(len(whole) - 1)] = choices.number(255)
    return bytes(whole[: choices.number(len(whole))]) if choices.number(20) == 20 else bytes(whole)


def make_values(choices: Choices) -> str:
    """Build texts that look like numbers, dates and truth values."""
    return "\n".join(choices.often(_value(choices), [choices.text()]) for _ in range(1 + choices.number(7)))


def _value(choices):
    number = f"{choices.one(['', '-', '+'])}{choices.number(10**9)}"
    return choices.one(
        [
            number,
            f"{number}.{choices.number(99):02}",
            f"{number},{choices.number(999):03}",
            f"{number}e{choices.number(400)}",
            f"${number}",
            f"{number} €",
            f"{choices.number(9999):04}-{choices.number(13):02}-{choices.number(32):02}",
            f"2025-03-{choices.number(31):02}T{choices.number(25):02}:30:0{choices.number(9)}+0{choices.number(9)}:00",
            f"{choices.number(31):02}/{choices.number(12):02}/2025 10:30",
            "true",
            "Yes",
            "0",
            "2025",
            f"{number}.0",
        ]
    )


def make_draft(choices: Choices) -> bytes:
    """Build an export whose columns are called as those of the contract are."""
    called = [name for names in draft.CALLED.values() for name in names.split("|")]
    names = [choices.often(choices.one(called), [choices.text()]) for _ in range(1 + choices.number(7))]
    rows = [[choices.often(_value(choices), [choices.text()]) for _ in names] for _ in range(choices.number(6))]
    kind = choices.number(5)
    if kind == 2:
        lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
    else:
        frame = pd.DataFrame([names, *rows])
        lines = [frame.to_csv(index=False, header=False, sep="\t" if kind == 1 else ",", escapechar="\\")]
    return bytes([kind]) + encoded("\n".join(lines))


def _parquet_seed():
    buffer = io.BytesIO()
    SALES.to_parquet(buffer, index=False)
    return [buffer.getvalue()]


def _workbook_seed():
    return [_zipped(SimpleNamespace(one=lambda options: options[0], number=lambda most: 0), _parts_of_a_workbook())]


def _draft_seeds():
    found = sorted((REPOSITORY / "examples").rglob("*.csv"))
    kinds = {".csv": 0, ".tsv": 1, ".jsonl": 2}
    found += sorted((REPOSITORY / "examples").rglob("*.jsonl"))
    return [bytes([kinds[file.suffix]]) + file.read_bytes()[:2_000] for file in found]


CSV = [SALES.to_csv(index=False).encode()]
JSON = [SALES.to_json(orient="records", lines=True).encode()]
READERS = [
    Reader(
        "csv",
        "CSV exports through a mapping",
        read_export(".csv"),
        (CollectionError,),
        lambda: CSV,
        500,
        make_csv,
        seconds=20,
    ),
    Reader(
        "json",
        "JSON Lines exports through a mapping",
        read_export(".jsonl"),
        (CollectionError,),
        lambda: JSON,
        300,
        make_json,
        seconds=20,
    ),
    Reader(
        "excel",
        "Excel exports through a mapping",
        read_export(".xlsx"),
        (CollectionError,),
        _workbook_seed,
        300,
        make_workbook,
        seconds=20,
    ),
    Reader(
        "parquet",
        "Parquet exports through a mapping",
        read_export(".parquet"),
        (CollectionError,),
        _parquet_seed,
        300,
        make_parquet,
        seconds=20,
    ),
    Reader(
        "workbooks",
        "Excel workbooks, opened alone",
        read_workbook,
        (CollectionError,),
        _workbook_seed,
        3_000,
        make_workbook,
        seconds=20,
    ),
    Reader(
        "values",
        "numbers, dates, truth values and identifiers in text",
        read_values,
        (),
        lambda: [
            b"1049.5\n-1,049\n2025-03-01T10:00:00Z\nyes\n17850.0\n1741000000",
            b"01/03/2025 10:30\n1.234,50\n$5\n1e3",
        ],
        10_000,
        make_values,
    ),
    Reader(
        "draft",
        "the draft of a mapping for exports that nobody has seen",
        read_draft,
        (CollectionError,),
        _draft_seeds,
        300,
        make_draft,
        seconds=20,
    ),
]
