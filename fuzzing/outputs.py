"""Readers of what runs left, here or elsewhere: models, results, tables, pages; and the files that people open."""

import csv
import html.parser
import io
import json
import math
import re
import zipfile
from functools import cache

import nbformat
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fuzzing.choices import HOSTILE, Choices, encoded
from fuzzing.harness import Reader, require, room, written
from insights import export, paths, spreadsheets, store
from insights.export import ExportError, content, markdown, sanitising
from insights.modeling import saved

RECORD = {
    "name": "launch.roc_auc",
    "model": "margin",
    "by": {"rows": "launch"},
    "value": 0.75,
    "low": 0.6,
    "high": 0.9,
    "n": 30,
    "unit": "",
    "notebook": "05_modeling",
}
MANIFEST = {
    "inputs": [{"file": "sales.csv", "bytes": 7, "sha256": "d" * 64}],
    "seed": 1,
    "parameters_sha256": "d" * 64,
}
RUNS = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "link",
    "meta",
    "base",
    "form",
    "input",
    "svg",
    "math",
    "template",
}
ADDRESSES = {"href", "src", "action", "formaction", "srcset", "data", "background", "poster", "cite", "xlink:href"}
MARKUP = (
    "<p>", "</p>", "<table>", "<tr><td>", "</table>", "<img src=", "<a href=", "alt=x", " onclick=",
    "style=x:url(//x)", "data:image/png;base64,aGk=", "data:text/html,x", "//example.org/x", "05.html#a",
    "javascript:", "\"", "'", ">", "<!--", "-->", "<![CDATA[", "<noscript>", "<xmp>", "<title>", "<textarea>", "</",
    "<svg>", "<math>", "<details open ontoggle=", "&#x3c;", "&Tab;", "\n", "# A title", "## In short", "[x](", ")",
    "![x](", "`", "```", "> ", "- ", "1. ", "|a|b|\n|-|-|\n", "*", "_", "~~", "[", "]", "(",
)  # fmt: skip
LONG = 2_000


def read_model(model: bytes) -> None:
    """Load the bytes as a saved model; what is loaded decides between 0 and 1."""
    loaded = saved.load(written("data/model.skops", model))
    require(isinstance(loaded, saved.Learned), f"a model that is {type(loaded).__name__}")


def read_results(text: bytes) -> None:
    """Read the bytes as results and manifest of a step, as the window's, and assemble them."""
    paths.step("fuzzed", "05_modeling").mkdir(parents=True, exist_ok=True)
    (paths.step("fuzzed", "05_modeling") / "manifest.json").write_bytes(text if text[:1] == b"{" else b"{}")
    (paths.step("fuzzed", "05_modeling") / "results.json").write_bytes(text)
    paths.results("fuzzed").write_bytes(text)
    store.facts("fuzzed", "05_modeling")
    found = store.results("fuzzed")
    store.restrictions(found, ["rows"])
    found.loc[found["name"] == "launch.roc_auc", "value"].sum()
    store.assemble("fuzzed")


def read_table(whole: bytes) -> None:
    """Read the bytes as a table of another step."""
    file = paths.step("fuzzed", "11_report") / "tables" / "table_11_2_headline.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(whole)
    store.table("fuzzed", "11_report", "table_11_2_headline")


def read_markup(text: bytes) -> None:
    """Clean the bytes as the HTML of an output and as markdown; nothing that runs or leads out is left of them."""
    said = text.decode("utf-8", "replace")
    once = sanitising.clean_output(said)
    _require_still(once)
    _require_still(sanitising.clean_output(once))  # a browser parses anew what was written


def read_markdown(text: bytes) -> None:
    """Write the bytes as prose of a notebook."""
    for _, piece in markdown.pieces(text.decode("utf-8", "replace")):
        _require_still(piece)


def read_notebook(text: bytes) -> None:
    """Write the bytes, an executed notebook, as a page."""
    try:
        notebook = nbformat.reads(text.decode("utf-8", "replace"), as_version=4)
        nbformat.validate(notebook)
    except Exception:  # notebooks are read and checked by nbformat, which is not ours
        return
    content.sections(notebook)
    page = export.write(notebook, "sample", "05_modeling", "d" * 64)
    _require_still(page.partition("<main")[2].partition("</main>")[0])


def read_cells(text: bytes) -> None:
    """Write the bytes as cells of the files that people open; no cell of them is a formula, and none is lost."""
    cells = text.decode("utf-8", "replace").split("\x1f")[:6]
    frame = pd.DataFrame({f"{cells[0]} ": cells, "number": np.arange(len(cells)) - 1.5})
    for whole in (spreadsheets.as_csv(frame), spreadsheets.plain_csv(frame)):
        rows = list(csv.reader(io.StringIO(whole.decode("utf-8-sig"), newline="")))
        require(
            len(rows) == len(cells) + 1 and {len(row) for row in rows} == {2}, f"{len(rows)} rows of {len(cells)}"
        )
        for row in rows:
            require(not row[0].lstrip(" ").startswith(spreadsheets.DANGEROUS), f"{row[0]!r} is a formula")
        require([float(row[1]) for row in rows[1:]] == frame["number"].tolist(), "another number")


class _Looks(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.wrong = []

    def handle_starttag(self, tag, attrs):
        self.wrong += [tag] if tag in RUNS else []
        for name, value in attrs:
            address = (value or "").strip()
            stays = address.startswith("data:image/png;base64,") or (
                re.fullmatch(r"#?[\w./-]*(#[\w-]*)?", address) and not address.startswith(("//", "\\"))
            )
            if name.startswith("on") or name in ("style", "srcdoc") or (name in ADDRESSES and not stays):
                self.wrong.append(f"{name}={address[:60]}")


def _require_still(markup):
    looks = _Looks()
    looks.feed(markup)
    looks.close()
    require(not looks.wrong, f"is left: {', '.join(looks.wrong[:3])}")


def make_model(choices: Choices) -> bytes:
    """Build a model file: ours, with parts of its description replaced by others, or cut."""
    parts = dict(_parts_of_a_model())
    described = json.loads(parts["schema.json"])
    for _ in range(choices.number(3)):
        nodes = list(_nodes(described))
        node = choices.one(nodes)
        key = choices.one(list(node)) if node else "x"
        other = choices.one(nodes)
        node[key] = choices.one(
            [
                choices.text(),
                choices.value(3),
                json.loads(json.dumps(other)),
                "builtins",
                "os",
                "system",
                "eval",
                "numpy",
                "OperatorFuncNode",
                "MethodNode",
                "TypeNode",
                "FunctionNode",
                "ReduceNode",
                "PartialNode",
                "ObjectNode",
            ]
        )
    parts["schema.json"] = encoded(json.dumps(described))
    if choices.number(3) == 3:
        name = choices.one(list(parts))
        parts[name] = parts[name][: choices.number(len(parts[name]))] + encoded(choices.text())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, held in parts.items():
            file.writestr(name, held)
        if choices.number(15) == 15:
            file.writestr("more.npy", b"\0" * 5_000_000)
    whole = buffer.getvalue()
    return whole[: choices.number(len(whole))] if choices.number(15) == 15 else whole


def _nodes(described):
    if isinstance(described, dict):
        yield described
        for value in described.values():
            yield from _nodes(value)
    elif isinstance(described, list):
        for value in described:
            yield from _nodes(value)


@cache
def _model() -> bytes:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, y = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]}), np.array([0, 0, 1, 1])
    model = saved.Learned(
        "logistic", make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), ["a", "b"]
    )
    model.fitted_ = model.estimator.fit(rows, y)
    saved.save(model, room() / "data" / "seed.skops")
    return (room() / "data" / "seed.skops").read_bytes()


@cache
def _parts_of_a_model():
    with zipfile.ZipFile(io.BytesIO(_model())) as file:
        return tuple((name, file.read(name)) for name in file.namelist())


def make_results(choices: Choices) -> str:
    """Build a results store, most of it true."""
    records = [
        {key: choices.often(value, [choices.value(3)]) for key, value in RECORD.items()}
        for _ in range(choices.number(3))
    ]
    manifest = {key: choices.often(value, [choices.value(3)]) for key, value in MANIFEST.items()}
    said = choices.often(choices.one([records, manifest]), [choices.value(), [choices.value()]])
    return choices.often(json.dumps(said), [choices.text(), "[" * 5_000, "9" * 5_000])


def make_table(choices: Choices) -> bytes:
    """Build Parquet of any types, and change some of its bytes."""
    names = [choices.often(name, [choices.text()]) for name in ("model", "value", "n")]
    kinds = (
        pa.array(["a", None]),
        pa.array([0.5, math.nan]),
        pa.array([1, None]),
        pa.array([[1], None]),
        pa.nulls(2),
        pa.array([{"a": 1}, None]),
        pa.array([b"\xff", None]),
        pa.array([10**17, 0], pa.timestamp("us")),
    )
    buffer = io.BytesIO()
    try:
        pq.write_table(pa.table([choices.one(kinds) for _ in names], names=names), buffer)
    except (pa.ArrowException, UnicodeError):  # what cannot be written cannot arrive
        return b""
    whole = bytearray(buffer.getvalue())
    for _ in range(choices.number(4)):
        whole[choices.number(len(whole) - 1)] = choices.number(255)
    return bytes(whole)


def make_markup(choices: Choices) -> str:
    """Build markup out of tags, attributes and marks, whole and broken."""
    pieces = [choices.one([choices.one(MARKUP), choices.one(HOSTILE)]) for _ in range(choices.number(14))]
    return "".join(piece * (1 + (choices.number(60) if choices.number(30) == 30 else 0)) for piece in pieces)[
        : LONG * 8
    ]


def make_notebook(choices: Choices) -> str:
    """Build an executed notebook that shows markup."""
    cells = [nbformat.v4.new_markdown_cell("# A title")]
    for _ in range(choices.number(3)):
        if choices.number(1):
            cells.append(nbformat.v4.new_markdown_cell(make_markup(choices)))
            continue
        shown = nbformat.v4.new_output(
            "display_data", {"text/html": make_markup(choices), "text/plain": choices.text()}
        )
        other = [
            nbformat.v4.new_output("stream", text=choices.text()),
            nbformat.v4.new_output("error", ename=choices.text()),
            nbformat.v4.new_output("display_data", {choices.text(): choices.text()}),
        ]
        cells.append(nbformat.v4.new_code_cell("x", outputs=[choices.often(shown, other)]))
    return json.dumps(nbformat.v4.new_notebook(cells=cells))


def make_cells(choices: Choices) -> bytes:
    """Build cells as people type them, and as they should not."""
    return "\x1f".join(
        choices.one(
            [
                "a",
                "-1",
                choices.text(),
                choices.one(HOSTILE),
                f" {choices.one(HOSTILE)}",
                f"a\r{choices.one(HOSTILE)}",
            ]
        )
        for _ in range(1 + choices.number(5))
    ).encode("utf-8", "replace")


def _tables() -> list[bytes]:
    buffer = io.BytesIO()
    pd.DataFrame({"model": ["margin"], "value": [0.7], "n": [30]}).to_parquet(buffer)
    return [buffer.getvalue()]


MARKUPS = [
    b'<figure class="table"><table><tr><td data-label="a">1 &lt; 2</td></tr></table></figure>',
    b'<p>See <a href="05_modeling.html#in-short">this</a> <img src="data:image/png;base64,aGk=" alt="a"></p>',
]
PROSE = [
    b"# A title\n\n## In short\n\nSee [this](05_modeling.html) and **that**.\n\n|a|b|\n|-|-|\n|1|2|\n\n- one\n  - two"
]
READERS = [
    Reader(
        "models", "saved models (skops)", read_model, (saved.ModelFileError,), lambda: [_model()], 10_000, make_model
    ),
    Reader(
        "results",
        "results and manifests of a window (JSON)",
        read_results,
        (store.StoreError,),
        lambda: [json.dumps([RECORD]).encode(), json.dumps(MANIFEST).encode()],
        20_000,
        make_results,
    ),
    Reader(
        "tables", "tables of another step (Parquet)", read_table, (store.StoreError,), _tables, 40_000, make_table
    ),
    Reader("markup", "HTML of outputs, cleaned for a page", read_markup, (), lambda: MARKUPS, 400_000, make_markup),
    Reader("markdown", "markdown of notebooks, as HTML", read_markdown, (), lambda: PROSE, 12_000, make_markup),
    Reader(
        "notebooks",
        "executed notebooks, as pages",
        read_notebook,
        (ExportError,),
        lambda: [make_notebook(Choices(bytes(range(7, 200)))).encode()],
        1_500,
        make_notebook,
    ),
    Reader(
        "cells",
        "cells of the CSV files that people open",
        read_cells,
        (),
        lambda: [b"Agents\x1f=1+1\x1f-5"],
        20_000,
        make_cells,
    ),
]
