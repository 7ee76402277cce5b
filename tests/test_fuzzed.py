"""Nothing is trusted: every reader is given what nobody should send, and what once got through it."""

import io
import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from fuzzing import catalogue, choices, harness, page
from insights import journals, params, paths, privacy, spreadsheets, store, texts, yamls
from insights.collection import CollectionError, draft, erasure, files, folder, mapping
from insights.collection.seen import Seen
from insights.export import content, sanitising
from insights.gaps import entries
from insights.modeling import saved
from insights.monitoring import deployed
from insights.planners import judgements, trial
from insights.scoring import core as scoring

FEW = {
    "csv": 8, "json": 8, "excel": 8, "parquet": 8, "draft": 8, "notebooks": 40, "workbooks": 40, "values": 60,
    "planner": 100, "parameters": 80, "cells": 100,
}  # fmt: skip
MANY = 200
PATIENT = 300  # seconds of the processor: what is asked here is whether it ends, not when


@pytest.fixture(autouse=True)
def inside(monkeypatch):
    """Let readers find a project in which they may break what they like."""
    monkeypatch.setenv("INSIGHTS_ROOT", str(harness.room()))
    monkeypatch.setenv("INSIGHTS_PSEUDONYM_KEY", "a key of the fuzzer's own")
    return harness.room()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_reader_reads_or_refuses_whatever_it_is_given(name):
    reader = replace(catalogue.reader(name), seconds=PATIENT)
    seeds = list(reader.seeds())

    @settings(max_examples=FEW.get(name, MANY), suppress_health_check=list(HealthCheck), database=None)
    @given(st.binary(min_size=1, max_size=400))
    def holds(drawn):
        outcome = harness.judged(reader, choices.built(drawn, seeds, reader.make))
        assert outcome.kind != harness.FOUND, (outcome.what, outcome.where)

    holds()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_reader_reads_at_least_one_of_its_real_examples(name):
    reader = replace(catalogue.reader(name), seconds=PATIENT)
    assert any(harness.judged(reader, seed).kind == harness.READ for seed in reader.seeds())


def test_the_harness_sees_what_it_is_there_for(inside):
    def judged(read):
        return harness.judged(harness.Reader("x", "", read, (ValueError,), list, 1, seconds=0.2), b"").kind

    def outside(_):
        (harness.REPOSITORY / "written").write_text("")

    def without_end(_):
        while True:
            pass

    def of_another_kind(_):
        raise KeyError("a")

    def of_its_own(_):
        raise ValueError("a")

    def evaluated(_):
        os.system("true")

    assert [judged(read) for read in (outside, without_end, of_another_kind, evaluated)] == [harness.FOUND] * 4
    assert judged(of_its_own) == harness.REFUSED and judged(len) == harness.READ
    assert not (harness.REPOSITORY / "written").exists()


def test_the_page_says_what_was_counted(inside):
    told = {
        "reader": "texts",
        "asked": 5,
        "inputs": 5,
        "read": 3,
        "refused": 2,
        "found": 0,
        "seconds": 2.0,
        "slowest": 0.5,
        "peak_mb": 300,
        "day": "2026-11-27",
        "faults": [],
    }
    page.write(inside / "page.md", [told])
    said = (inside / "page.md").read_text()
    assert "**5 inputs over 1 readers, 0 findings**" in said and "| 5 | 2 | 2 | 3 | 2 | 0 | 0.50 s | 300 MB |" in said


# --- YAML -------------------------------------------------------------------------------------------------

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefg", "bcdefgh", strict=True)
)
HOSTILE_YAML = {
    "an alias of aliases": (LAUGHS, "more than 100,000 values"),
    "keys merged again and again": (
        "a: &a {k: v}\n"
        + "".join(
            f"{after}: &{after} {{<<: [{', '.join([f'*{before}'] * 50)}]}}\n"
            for before, after in zip("abc", "bcd", strict=True)
        ),
        "more than 100,000 values",
    ),
    "an alias of itself": ("a: &a [*a]\n", "an alias stands within what it stands for"),
    "a list in a list in a list": ("a: " + "[" * 5_000, "nested deeper than 30 levels"),
    "a block in a block": ("- " * 5_000 + "a", "nested deeper than 30 levels"),
    "a day that there is not": ("a: 2025-13-45\n", "'2025-13-45' is no value of its kind"),
    "digits that are none": ("a: 0x_\n", "'0x_' is no value of its kind"),
    "a word that is called a number": ("a: !!int x\n", "'x' is no value of its kind"),
    "a word that is called a mapping": ("a: !!map x\n", "expected a mapping"),
    "a list as a key": ("? [a]\n: b\n", "unhashable key"),
    "half a letter": ('a: "\\ud800"\n', "is no value of its kind"),
    "a call": ("a: !!python/object/apply:os.system [id]\n", "could not determine a constructor"),
    "a file of two megabytes": ("a: " + "x" * 2_000_000, "2,000,003 bytes, above 1,000,000"),
    "another encoding": (b"a: \xff\xfe", "not UTF-8"),
}


@pytest.mark.parametrize("text", HOSTILE_YAML)
def test_yaml_that_nobody_should_write_is_refused_in_one_line(inside, text):
    written, why = HOSTILE_YAML[text]
    file = inside / "params" / "hostile.yaml"
    file.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(params.ParameterError, match=r"^hostile\.yaml is not readable as YAML") as caught:
        params.load("hostile")
    assert why in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 1_000
    file.unlink()


def test_a_register_of_another_encoding_is_refused_by_its_own_error(inside):
    (inside / "registers" / "gaps.yaml").write_bytes(b"\xff")
    with pytest.raises(entries.GapError, match=r"gaps\.yaml cannot be read: not UTF-8 \(byte 0\)"):
        entries.read("folder")


def test_aliases_that_mean_what_they_say_are_read(inside):
    file = inside / "params" / "aliased.yaml"
    file.write_text("dates: &dates {start: 2025-01-01, split: 2025-10-01, end: 2026-01-01}\n")
    assert str(params.load("aliased").dates.end) == "2026-01-01"
    file.unlink()


def test_what_is_said_of_a_file_steers_no_terminal_and_has_an_end(inside):
    file = inside / "params" / "steering.yaml"
    file.write_text(
        yaml.safe_dump({"dates": {"start": "\x1b[31mred"}, **{f"key {n} {'x' * 5_000}": n for n in range(50)}})
    )
    with pytest.raises(params.ParameterError) as caught:
        params.load("steering")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 10_000 and "more" in str(caught.value)
    file.unlink()


@pytest.mark.parametrize("name", ["a" * 300, "a\0", "..", "", "a/b", "a\n", "٣" * 3])
def test_a_name_that_no_file_can_have_names_no_window(name):
    with pytest.raises(params.ParameterError, match="cannot name a window"):
        params.load(name)


def test_a_company_that_outlives_the_calendar_is_asked_for_like_any_other(inside):
    file = inside / "params" / "late.yaml"
    days = "dates: {start: 2025-01-01, split: 2025-10-01, end: 2026-01-01}\n"
    file.write_text(f"{days}source: {{kind: simulation}}\nsimulation: {{start: 9999-06-01, months: 120}}\n")
    with pytest.raises(params.ParameterError, match="reaches past the data"):
        params.load("late")
    file.unlink()


# --- mappings and exports ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "export",
    [
        {"use": ["a"]},
        {"use": {"a": "b"}},
        {"use": "stripe_payments", "columns": "id"},
        {"use": "stripe_payments", "columns": "", "constants": []},
        {"use": "stripe_payments", "if_there": {"a": "b"}},
        {"files": "a.csv", "columns": {"amount": ["x" * 90_000]}},
    ],
)
def test_a_mapping_of_another_shape_is_refused_by_its_own_error(inside, export):
    file = inside / "data" / "mapping.yaml"
    file.write_text(yaml.safe_dump({"tables": {"enrollments": export}}))
    with pytest.raises(CollectionError, match=r"^mapping\.yaml: "):
        mapping.load(file)


@pytest.mark.parametrize("pattern", ["../x.csv", "/etc/*", "**/a/**/*.csv", "a" * 251, "a\0.csv", "**x"])
def test_a_pattern_that_leads_out_or_takes_for_ever_is_refused(pattern):
    export = mapping.Export(columns={}, files=[pattern])
    assert len(list(mapping._contradictions("here", export, {}))) == 1


@pytest.mark.parametrize("pattern", ["é" * 200, "\ud800.csv"])
def test_a_pattern_that_no_file_can_have_finds_nothing(tmp_path, pattern):
    with pytest.raises(CollectionError, match="nothing in"):
        folder._found(tmp_path, "enrollments", mapping.Export(columns={}, files=[pattern]))


def test_an_export_that_is_a_link_to_elsewhere_is_not_read(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("id\n1\n")
    (tmp_path / "in" / "sales.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    for pattern in ("sales.csv", "*.csv", "up/secret.csv"):
        with pytest.raises(CollectionError, match=r"is a link that leads out of in/. Put the export itself there"):
            folder._found(tmp_path / "in", "enrollments", mapping.Export(columns={}, files=[pattern]))


def test_a_folder_that_is_a_link_and_links_within_it_are_read(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.csv").write_text("id\n1\n")
    (tmp_path / "there" / "b.csv").symlink_to(tmp_path / "there" / "a.csv")
    (tmp_path / "here").symlink_to(tmp_path / "there")
    found = folder._found(tmp_path / "here", "enrollments", mapping.Export(columns={}, files=["*.csv"]))
    assert [file.name for file in found] == ["a.csv", "b.csv"]


def outcome(reader, text):
    return harness.judged(
        replace(catalogue.reader(reader), seconds=PATIENT), text if isinstance(text, bytes) else text.encode()
    )


@pytest.mark.parametrize("number", ["1e330", "1e400", "-1e310", "1e20", "9" * 400, "9" * 19])
def test_a_number_that_fits_no_type_is_no_value_and_stops_nothing(number):
    assert outcome("values", f"{number}\n12.50") == harness.Outcome(harness.READ)
    con, statement = catalogue.importlib.import_module("fuzzing.exports")._typed()
    [[_, price, units, *_], [_, other, *_]] = sorted(con.execute(statement).fetchall())
    assert units is None and (price is None or abs(price) < 1e300) and other == 12.5


@pytest.mark.parametrize("record", ['{"id": {"": ""}}', '{"": 1}', '{"a":' * 5_000 + "1" + "}" * 5_000, "[" * 9_000])
def test_json_of_no_shape_is_refused_with_its_name(tmp_path, record):
    file = tmp_path / "sales.jsonl"
    file.write_text(f"{record}\n")
    con = files.ibis.duckdb.connect()
    try:
        files.open_files(con, [file])
    except CollectionError as error:
        assert str(error).startswith("sales.jsonl: not readable as json") and len(str(error)) < 500


def test_parquet_whose_description_is_broken_is_refused_with_its_name(tmp_path):
    buffer = io.BytesIO()
    pd.DataFrame({"id": [1]}).to_parquet(buffer)
    file = tmp_path / "sales.parquet"
    file.write_bytes(buffer.getvalue().replace(b"/////", b"?!?!?"))
    with pytest.raises(CollectionError, match=r"^sales\.parquet: not readable as parquet"):
        files.header(None, file)


def workbook(tmp_path, body="", **parts):
    exports = catalogue.importlib.import_module("fuzzing.exports")
    sheet = f'<worksheet xmlns="{exports._MAIN}"><sheetData>{body}</sheetData></worksheet>'
    file = tmp_path / "sales.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, held in {**exports._parts_of_a_workbook(), "xl/worksheets/sheet1.xml": sheet, **parts}.items():
            book.writestr(name, held)
    return file


def test_a_workbook_with_one_cell_far_away_is_refused_before_its_gaps_are_made(tmp_path):
    far = workbook(
        tmp_path, '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    )
    with pytest.raises(CollectionError, match=r"sales\.xlsx: its first sheet has more than 20,000,000 cells"):
        files.open_files(None, [far])


def test_a_workbook_that_is_larger_than_it_looks_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_UNPACKED", 1_000_000)
    bomb = workbook(tmp_path, **{"xl/more.xml": b" " * 2_000_000})
    assert bomb.stat().st_size < 20_000
    for read in (lambda: files.open_files(None, [bomb]), lambda: files.header(None, bomb)):
        with pytest.raises(CollectionError, match=r"sales\.xlsx: 2,0\d\d,\d\d\d bytes once it is unpacked"):
            read()


def test_a_workbook_whose_entities_multiply_is_refused(tmp_path):
    entities = '<!ENTITY a "xxxxxxxxxx">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    sheet = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><worksheet>&i;</worksheet>'
    with pytest.raises(CollectionError, match=r"^sales\.xlsx: not readable as excel"):
        files.open_files(None, [workbook(tmp_path, **{"xl/worksheets/sheet1.xml": sheet})])


def test_an_empty_workbook_has_no_header_and_says_so(tmp_path):
    with pytest.raises(CollectionError, match=r"^sales\.xlsx: not readable as excel"):
        files.header(None, workbook(tmp_path))


@pytest.mark.parametrize("name", ["x\ntables: {}", "x\r\ntime_zone: Mars", "x\u2028tables: {}", "x\x0c", "x\x85y: 1"])
def test_a_column_of_an_export_says_nothing_in_the_draft_of_its_mapping(tmp_path, name):
    proposals = [
        draft.Proposal("a.csv", None, {}, [], [name]),
        draft.Proposal(
            "b.csv", "enrollments", {"files": "b.csv", "columns": {"amount": name}}, [name], [name], [name]
        ),
    ]
    said = yaml.load(draft.written(proposals), Loader=yaml.BaseLoader)
    assert said == {"time_zone": "UTC", "tables": {"enrollments": [proposals[1].export]}}


def test_an_address_with_a_hash_is_withdrawn_whole(inside):
    paths.withdrawn().write_text("a#b@example.org # since May\n#c@example.org\nd@example.org#\n")
    assert erasure.withdrawn() == ["a#b@example.org", "d@example.org#"]


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": {"b": 1}}', "[" * 9_000, "\ufffe"])
def test_what_is_remembered_of_exports_is_forgotten_where_it_cannot_be_read(inside, tmp_path, text):
    remembered = Seen(tmp_path)._file
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(text)
    assert Seen(tmp_path)._spans == {}


# --- people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "[" * 9_000,
        "9" * 5_000,
        '{"who": ' + "9" * 400 + "}",
        '{"who": "\\ud800"}',
        b"\xff",
        '{"who": ["a"]}',
        '{"who": "a"}' + " " * 200_000,
    ],
)
def test_a_line_of_a_journal_that_nobody_can_show_is_named(tmp_path, line):
    file = tmp_path / "one.jsonl"
    file.write_bytes(b'{"who": "ann"}\n' + (line if isinstance(line, bytes) else line.encode()) + b"\n")
    with pytest.raises(journals.JournalError, match=r"one\.jsonl, line 2: no record of it") as caught:
        journals.read(file, ["who"], {"who": (str,)})
    assert len(str(caught.value)) < 500


def test_half_a_letter_is_not_added_to_a_journal(tmp_path):
    with pytest.raises(journals.JournalError, match=r"one\.jsonl: '\\udcff' is no whole letter"):
        journals.append(tmp_path / "one.jsonl", [{"who": "a\udcff"}])
    assert not (tmp_path / "one.jsonl").exists()


@pytest.mark.parametrize("change", [{"who": ["Ann"]}, {"at": 5}, {"changes": "none"}, {"probability": "high"}])
def test_a_judgement_of_another_kind_is_named_and_not_shown(inside, change):
    people = catalogue.importlib.import_module("fuzzing.people")
    paths.judgements().write_text(json.dumps(people.JUDGED | change) + "\n")
    with pytest.raises(journals.JournalError, match=r"judgements\.jsonl, line 1"):
        judgements.of_window("sample")
    paths.judgements().unlink()


@pytest.mark.parametrize("sure", ["9" * 5_000, "٩" * 4_400, "0070", "70.5", "", "-70"])
def test_nobody_is_surer_than_a_hundred_per_cent_however_many_digits_they_type(sure):
    task = trial.Task(1, "p1", trial.ALONE, 1, None, None, 1, 0.0)
    with pytest.raises(trial.TrialError, match="Say how sure you are"):
        trial.answer("0" * 16, task, "sample", "d" * 64, {"decision": "1", "confidence": sure}, 1.0)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"action": "rollback"}, "a rollback with nothing before it"),
        ({"sha256": "../../x"}, "is no SHA-256"),
        ({"window": "../../x"}, "cannot name a window"),
        ({"number": "one"}, "number is str"),
    ],
)
def test_a_log_of_decisions_that_names_what_it_should_not_is_refused(inside, change, why):
    people = catalogue.importlib.import_module("fuzzing.people")
    paths.deployments().write_text(json.dumps(people.PROMOTED | change) + "\n")
    with pytest.raises(deployed.DeploymentError, match=why):
        deployed.in_use("launch")
    paths.deployments().unlink()


@pytest.mark.parametrize(
    "text",
    [
        "&" + "amp;" * 50_000,
        "&" + "#38;" * 20_000 + "lt;",
        "<" * 3_000 + "b>" * 3_000,
        "<b" * 3_000 + ">" * 3_000,
        "&lt;" * 200 + "b>" * 200,
        "Ã" * 3_000,
    ],
)
def test_markup_within_markup_without_end_is_mended_once_and_for_all(text):
    mended = texts.repaired(text)
    assert texts.repaired(mended) == mended and "<b>" not in (mended or "")


@pytest.mark.parametrize(
    ("text", "clean"), [("Ask Maria Okafor5550109999", "Ask [name][phone]"), ("5550109999@maria", "[phone][handle]")]
)
def test_what_a_name_or_a_number_stood_before_is_scrubbed_as_well(text, clean):
    names = privacy.full_names(["Maria Okafor"])
    assert privacy.scrub(text, names) == clean == privacy.scrub(clean, names)


def test_a_key_of_a_text_is_its_own_key():
    assert texts.key("ϓA ǿ") == texts.key(texts.key("ϓA ǿ")) == "υa o"


# --- what is written --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(1)", "+1", "-1", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "＝1"])
def test_no_cell_of_a_table_or_a_figure_is_run_by_a_spreadsheet(inside, cell):
    step = store.open_step("05_modeling", "sample")
    frame = pd.DataFrame({cell: [cell, f"a\r{cell}", "plain"], "gain": [-1.5, 2.0, np.nan]})
    step.table("table_5_1_x", frame)
    whole = (step.folder / "tables" / "table_5_1_x.csv").read_bytes().decode()
    read = pd.read_csv(io.StringIO(whole, newline=""))
    assert len(read) == 3 and read["gain"].tolist()[:2] == [-1.5, 2.0]
    assert read.columns[0].startswith("'") and read.iloc[0, 0].startswith("'") and "\r" not in whole
    assert pd.read_parquet(step.folder / "tables" / "table_5_1_x.parquet").iloc[0, 0] == cell


def test_a_table_without_such_text_is_written_as_ever():
    day = pd.Timestamp("2025-03-01")
    frame = pd.DataFrame(
        {
            "a": ["x", None, "y, z"],
            "n": [1, 2, 3],
            "p": [0.1, -2.5, np.nan],
            "b": [True, False, True],
            "day": [day, pd.NaT, day],
            "o": pd.Series([1, None, "s"], dtype=object),
        }
    )
    assert spreadsheets.plain_csv(frame) == frame.to_csv(index=False, lineterminator="\n").encode()


@pytest.mark.parametrize("name", ["𠀀" * 60, "é" * 120, "a" * 250, "../../x", "=cmd"])
def test_what_is_scored_is_written_whatever_the_file_is_called(inside, name):
    empty = pd.DataFrame(columns=scoring.COLUMNS)
    for file in scoring._written(inside / "data" / f"{name}.csv", empty, empty, "sample"):
        assert file.exists() and file.parent == paths.scored("sample")


# --- what runs left ---------------------------------------------------------------------------------------


def model_file():
    return catalogue.importlib.import_module("fuzzing.outputs")._model()


@pytest.mark.parametrize(
    "whole", [b"", b"PK", b"x" * 100, model_file], ids=["nothing", "two letters", "no archive", "cut off"]
)
def test_a_file_that_is_no_model_is_refused_by_its_own_error(tmp_path, whole):
    (tmp_path / "m.skops").write_bytes(whole()[:-100] if callable(whole) else whole)
    with pytest.raises(saved.ModelFileError, match=r"m\.skops: no model \(BadZipFile"):
        saved.load(tmp_path / "m.skops")


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"name": 1},
        {"name": "m", "estimator": 1, "features": ["a"], "threshold": 0.5, "calibration": [1.0, 0.0]},
        {
            "name": "m",
            "estimator": RandomForestClassifier(),
            "features": [1],
            "threshold": 0.5,
            "calibration": [1.0, 0.0],
        },
        {
            "name": "m",
            "estimator": RandomForestClassifier(),
            "features": ["a"],
            "threshold": "x",
            "calibration": [1.0],
        },
    ],
)
def test_an_archive_that_holds_no_model_is_refused_by_its_own_error(tmp_path, content):
    skops.io.dump(content, tmp_path / "m.skops")
    with pytest.raises(saved.ModelFileError, match=r"m\.skops: no model"):
        saved.load(tmp_path / "m.skops")


def test_a_model_that_is_larger_than_it_looks_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(saved, "MOST_BYTES", 1_000_000)
    (tmp_path / "m.skops").write_bytes(model_file())
    with zipfile.ZipFile(tmp_path / "m.skops", "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("more.npy", b"\0" * 2_000_000)
    with pytest.raises(saved.ModelFileError, match="bytes once it is unpacked, above 1,000,000"):
        saved.load(tmp_path / "m.skops")


@pytest.mark.parametrize(
    "estimator", [RandomForestClassifier(3, random_state=1), HistGradientBoostingClassifier(max_iter=3)]
)
@pytest.mark.parametrize("wrong", ["a place that there is not", "round", "a feature that there is not"])
def test_a_tree_that_leads_outside_of_itself_is_not_walked(tmp_path, estimator, wrong):
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=list("abc"))
    model = saved.Learned("m", estimator, list("abc"))
    model.fitted_ = estimator.fit(rows, (rows["a"] > 0).astype(int))
    saved.save(model, tmp_path / "m.skops")
    assert saved.load(tmp_path / "m.skops").features == list("abc")
    spoil(model.fitted_, wrong)
    saved.save(model, tmp_path / "m.skops")
    with pytest.raises(saved.ModelFileError, match="a tree leads outside of itself"):
        saved.load(tmp_path / "m.skops")


def spoil(estimator, wrong):
    """Break the first node of a tree of a fitted estimator."""
    is_forest = isinstance(estimator, RandomForestClassifier)
    tree = estimator.estimators_[0].tree_ if is_forest else estimator._predictors[0][0]
    names = ("left_child", "feature") if is_forest else ("left", "feature_idx")
    state = tree.__getstate__() if is_forest else None
    nodes = state["nodes"] if is_forest else tree.nodes
    name, value = {
        "a place that there is not": (names[0], 10**6),
        "round": (names[0], 0),
        "a feature that there is not": (names[1], 99),
    }[wrong]
    nodes[name][0] = value
    if is_forest:
        tree.__setstate__(state)


@pytest.mark.parametrize(
    "text", ["{", "[1]", "{}", '[{"name": "a"}]', "[" * 9_000, "9" * 5_000, "NaN", '"\\ud800"', ""]
)
def test_results_that_are_none_are_refused_by_the_error_of_the_store(inside, text):
    paths.window("broken").mkdir(parents=True, exist_ok=True)
    paths.results("broken").write_text(text)
    with pytest.raises(
        store.StoreError, match=r"outputs/broken/results\.json cannot be read .*The next run makes it again"
    ) as caught:
        store.results("broken")
    assert len(str(caught.value)) < 500


def test_a_table_that_is_none_is_refused_by_the_error_of_the_store(inside):
    file = paths.step("broken", "11_report") / "tables" / "x.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"PAR1 is not enough")
    with pytest.raises(store.StoreError, match=r"11_report/tables/x\.parquet cannot be read"):
        store.table("broken", "11_report", "x")


def test_half_a_letter_in_an_output_becomes_a_question_mark():
    shown = content.nbformat if hasattr(content, "nbformat") else None
    from nbformat import v4

    outputs = [
        v4.new_output("display_data", {"text/html": "<p>\ud800</p>"}),
        v4.new_output("display_data", {"text/plain": "\ud800"}),
    ]
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# A \ud800"), v4.new_code_cell("x", outputs=outputs)])
    markup = "".join(section.markup for section in content.sections(notebook))
    assert shown is None and markup.count("?") == 3 and markup.encode()


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<svg/onload=alert(1)>",
        "<a href=//example.org>x</a>",
        "<img src=http://example.org/x.png>",
        "<p style=background:url(//x)>x</p>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
        "<base href=//x>",
        "<meta http-equiv=refresh content=0>",
        "<form action=//x><input></form>",
        "<iframe srcdoc='<script>1</script>'>",
    ],
)
def test_markup_that_would_run_is_gone(markup):
    outputs = catalogue.importlib.import_module("fuzzing.outputs")
    outputs._require_still(sanitising.clean_output(markup))
    with pytest.raises(harness.Broken):
        outputs._require_still(markup)


def test_a_text_for_a_terminal_is_cut_and_steers_nothing():
    assert yamls.shown("a\x1b[31m\ud800" + "b" * 1_000, 12) == "a\\x1b[31m\\ud800bbbb…"
