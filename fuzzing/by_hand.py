"""Readers of what people write by hand: parameters, mappings, registers, the list of the withdrawn, names."""

from functools import cache
from pathlib import Path
from unittest import mock

import yaml

from fuzzing.choices import Choices
from fuzzing.harness import REPOSITORY, Reader, require, room, written
from insights import fmea, params, paths, plan
from insights.acceptance.register import RegisterError, Test, register
from insights.collection import erasure, folder, mapping
from insights.collection.source import CollectionError
from insights.experiments import registered
from insights.gaps import entries
from insights.handover import registers as handover
from insights.scoring import core as scoring

REGISTERS = {
    "gaps": lambda: entries.read("folder"),
    "acceptance": register,
    "fmea": fmea.register,
    "plan": plan.read,
    "experiments": registered.register,
    "requirements": handover.requirements,
    "papers": handover.papers,
    "assumptions": handover.assumptions,
}
REGISTER_ERRORS = (
    entries.GapError,
    RegisterError,
    fmea.RegisterError,
    plan.PlanError,
    registered.RegistrationError,
    handover.RegisterError,
)
PARAMETERS = b"""source: {kind: folder, path: data/mine, mapping: data/mine/mapping.yaml}
dates: {start: 2025-01-01, split: 2025-10-01, end: 2026-01-01}
simulation: {people: 3000, start: 2022-01-01, months: 48, seed: 3, defects: true, difficulty: 1.0, planted: [drift]}
cleaning:
  max_loss: 0.3
  bring_back: [{table: page_views, rule: machines, why: they are people}]
documentation:
  owners: {CRM: Ann}
  marks: [{table: page_views, month: 2025-03, what: a new tag}]
  thin: 0.2
feasibility:
  build_days: {low: 10, middle: 20.5, high: 40}
compute: {threads: 2, memory: 4GB, tables: duckdb, spark: "local[2]", dask: null}
"""
MAPPING = b"""time_zone: UTC
tables:
  enrollments:
    - {use: stripe_payments, files: "payments-*.csv", columns: {product_id: "sku (metadata)"}}
    - files: [sales-*.csv, more/*.jsonl]
      columns: {enrollment_id: id, learner_id: [first, last], product_id: "event[page]", enrolled_at: when, amount: a}
      constants: {units: 1}
      only: {Status: [Paid, "Re*"]}
      dates: {enrolled_at: ["%d/%m/%Y %H:%M", iso, epoch_ms]}
      values: {product_id: {"/courses/*": agentic}}
      delimiter: ";"
      encoding: latin-1
      negated: [amount]
      decimal_mark: ","
      missing: [n/a, "?"]
  social_posts:
    use: linkedin_posts
    files: posts.csv
"""


@cache
def _base() -> dict:
    """Return base.yaml, which nobody else writes and which is read once."""
    return params._read(paths.params_file("base"))


def read_parameters(content: bytes) -> None:
    """Read the bytes as the parameter file of a window."""
    written("params/fuzzed.yaml", content)
    base, read = _base(), params._read
    with mock.patch.object(params, "_read", lambda file: base if file.name == "base.yaml" else read(file)):
        params.load("fuzzed").digest()


def read_mapping(content: bytes) -> None:
    """Read the bytes as a mapping; no pattern of it may lead out of its folder."""
    for _, export in mapping.load(written("data/mapping.yaml", content)):
        require(
            all(".." not in Path(p).parts and not p.startswith("/") for p in export.files), "leads out of the folder"
        )


def read_register(content: bytes) -> None:
    """Read the bytes as one of the registers, by the first of them."""
    names = list(REGISTERS)
    name = names[(content[0] if content else 0) % len(names)]
    file = room() / "registers" / f"{name}.yaml"
    file.write_bytes(content[1:])
    REGISTERS[name]()


def read_withdrawn(content: bytes) -> None:
    """Read the bytes as the list of people who withdrew."""
    written("secrets/withdrawn.txt", content)
    for name in erasure.withdrawn():
        require(name == name.strip() and "\n" not in name, "a name of two lines")


def read_name(content: bytes) -> None:
    """Take the bytes as a window's name, a pattern of exports and a file of candidates; none may escape."""
    name = content.decode("utf-8", "surrogateescape")
    _take_pattern(name)
    if len(content) % 8 == 0:  # which writes two files
        _take_file(name)
    window = params.checked(name)
    for place in (
        paths.window(window),
        paths.params_file(window),
        paths.scored(window),
        paths.printed(window, "report"),
    ):
        require(Path(place).resolve().is_relative_to(room()), f"{place} is outside")
        require(Path(place).resolve() not in (room(), room() / "outputs"), f"{place} is not the window's own")
    params.load(window)


def _take_pattern(name):
    export = mapping.Export(columns={}, files=[name])
    if list(mapping._contradictions("here", export, {})):
        return
    try:
        found = folder._found(_tree(), "enrollments", export)
    except CollectionError:
        return
    require(all(file.resolve().is_relative_to(_tree()) for file in found), "an export outside of its folder")


@cache
def _tree() -> Path:
    """Return a folder of exports in which links lead out."""
    inside = room() / "data" / "tree"
    (inside / "a" / "b" / "c").mkdir(parents=True)
    for place in ("sales.csv", "a/x.csv", "a/b/y.csv", "a/b/c/z.csv"):
        (inside / place).write_text("id\n1\n")
    (room() / "data" / "secret.csv").write_text("id\n1\n")
    (inside / "link.csv").symlink_to(room() / "data" / "secret.csv")
    (inside / "up").symlink_to(room())
    (inside / "a" / "round").symlink_to(inside)
    return inside


def _take_file(name):
    try:
        file = room() / "data" / f"{name.replace('/', '')}.csv"
        file.stat()
    except FileNotFoundError:
        empty = scoring.pd.DataFrame(columns=scoring.COLUMNS)
        for made in scoring._written(file, empty, empty, "sample"):
            require(made.resolve().parent == room() / "outputs" / "sample" / "scored", f"{made} is outside")
            made.unlink()
    except (OSError, ValueError):  # no file can be called that
        return


def make_yaml(choices: Choices) -> str:
    """Build YAML of any shape."""
    return yaml.safe_dump(choices.value(), allow_unicode=bool(choices.number(1)))


def make_parameters(choices: Choices) -> str:
    """Build parameters out of true sections and keys, with values of any kind."""
    sections = {}
    for name in choices.some(list(params.Params.model_fields)[1:], 4):
        keys = list(params.Params.model_fields[name].annotation.model_fields)
        sections[name] = {choices.often(choices.one(keys), [choices.text()]): choices.value(3) for _ in range(3)}
    return yaml.safe_dump(sections)


def make_mapping(choices: Choices) -> str:
    """Build a mapping out of true tables, keys and columns, with values of any kind."""
    from insights import contract

    tables = {}
    for name in choices.some(list(contract.TABLES), 3):
        columns = list(contract.columns(name))
        export = {key: choices.value(3) for key in choices.some(list(mapping.Export.model_fields), 5)}
        mapped = {c: choices.one(["id", ["a", "b"], choices.text()]) for c in contract.required(name)}
        mapped |= {choices.one(columns): choices.value(2) for _ in range(2)}
        export = {"files": choices.often("sales.csv", [choices.text()]), "columns": mapped, **export}
        tables[name] = choices.often(export, [[export, export], choices.value(2)])
    return yaml.safe_dump({"tables": tables, **({"time_zone": choices.text()} if choices.number(1) else {})})


def make_register(choices: Choices) -> bytes:
    """Build the entries of a register out of true keys."""
    kinds = [
        entries.Entry,
        Test,
        fmea.Entry,
        plan.Task,
        registered.Experiment,
        handover.Requirement,
        handover.Paper,
        handover.Assumption,
    ]
    place = choices.number(len(kinds) - 1)
    fields = kinds[place].model_fields
    every = [
        {key: choices.often(f"text {n}", [choices.value(3)]) for key in fields} for n in range(choices.number(3))
    ]
    return bytes([place]) + yaml.safe_dump(every).encode()


def make_names(choices: Choices) -> str:
    """Build a list of names, comments and hostile lines."""
    lines = [
        choices.one(["ann@example.org", "007", "# a comment", "b # c", "a#b@example.org", choices.text()])
        for _ in range(choices.number(30))
    ]
    return choices.one(["\n", "\r\n", "\r", "\u2028"]).join(lines)


def make_name(choices: Choices) -> str:
    """Build a name of parts of paths."""
    parts = (
        "..",
        ".",
        "/",
        "*",
        "**",
        "[",
        "]",
        "?",
        "a",
        "sales",
        ".csv",
        "up",
        "link.csv",
        "sample",
        "2025Q4",
        "\\",
        "~",
    )
    return "".join(choices.often(choices.one(parts), [choices.text()]) for _ in range(1 + choices.number(8)))


def _registers() -> list[bytes]:
    folder_of = REPOSITORY / "registers"
    every = [(folder_of / f"{name}.yaml").read_bytes() for name in REGISTERS]
    return [
        bytes([n]) + (one if len(one) < 6_000 else one[:6_000].rpartition(b"\n- ")[0]) for n, one in enumerate(every)
    ]


READERS = [
    Reader(
        "parameters",
        "parameter files of a window (YAML)",
        read_parameters,
        (params.ParameterError,),
        lambda: [PARAMETERS],
        8_000,
        make_parameters,
    ),
    Reader(
        "mappings",
        "mapping files of a source (YAML)",
        read_mapping,
        (CollectionError,),
        lambda: [MAPPING],
        8_000,
        make_mapping,
    ),
    Reader(
        "registers",
        "eight registers kept by hand (YAML)",
        read_register,
        REGISTER_ERRORS,
        _registers,
        10_000,
        make_register,
    ),
    Reader(
        "withdrawn",
        "the list of people who withdrew",
        read_withdrawn,
        (CollectionError,),
        lambda: [b"ann@example.org\n007 # by telephone\n\n# since May\nb@example.org\n"],
        400_000,
        make_names,
    ),
    Reader(
        "names",
        "names of windows, of files of candidates, patterns of exports",
        read_name,
        (params.ParameterError,),
        lambda: [b"2025Q4", b"sample-before", b"sales-*.csv", b"**/*.csv"],
        20_000,
        make_name,
    ),
]
