"""Acceptance: each test has something that judges it, broken results are seen, and what people say is kept."""

import json
import re

import pandas as pd
import pytest
from reported import headline
from tiny_project import REPOSITORY

from insights import params, paths
from insights.acceptance import __main__ as command
from insights.acceptance import checks, core, register, signed
from insights.findings import acceptance as findings
from insights.verdicts import ACCEPTED, HELD_BY_TESTS, MET, MISSED, NOT_TRIED, REFUSED, UNKNOWN

WINDOW = "sample"


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "acceptance.yaml").write_text(
        (REPOSITORY / "registers" / "acceptance.yaml").read_text()
    )
    (tmp_path / "params").symlink_to(REPOSITORY / "params")
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    return tmp_path


def table(step, name, **columns):
    folder = paths.step(WINDOW, step) / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_parquet(folder / f"{name}.parquet")


def window(*records):
    blank = {"by": {}, "model": None, "value": 1.0, "low": None, "high": None, "n": None}
    results = pd.DataFrame([blank | {"name": name} for name in records], columns=["name", *blank])
    return checks.Window(params.load(WINDOW), results, headline())


def good():
    """Write results that every check holds against."""
    candidates = {"product_id": ["P1", "P2"], "verdict": ["1", "not enough evidence"], "probability": [0.6, 0.5],
                  "low": [0.5, 0.4], "high": [0.7, 0.6]}  # fmt: skip
    table("05_modeling", "table_5_9_recommendations", **candidates)
    table("05_modeling", "table_5_13_reasons", product_id=["P1", "P2"], text=["raises it", "lowers it"])
    table("05_modeling", "table_5_15_similar", product_id=["P1", "P2"])
    table("05_modeling", "table_5_14_flips", product_id=["P1", "P1", "P2", "P2"], signal=["a", "b", "a", "b"])
    table("02_data_cleaning", "table_2_1_ledger", table=["t", "t", "u"], rows_in=[10, 9, 4], set_aside=[1, 0, 1],
          rows_out=[9, 9, 3])  # fmt: skip
    table("07_bias_checks", "table_7_1_groups", verdict=["too few to say", "cannot tell"], value=[None, 0.5],
          low=[None, 0.4], high=[None, 0.6], n=[17.0, 30.0])  # fmt: skip
    table("08_tolerance", "table_8_7_alerts", alert=[0.1, 0.0])
    seen = {"train": {"last_resolved_at": "2025-10-01"}, "validate": {"first_as_of": "2025-10-01"}}
    (paths.step(WINDOW, "05_modeling") / "manifest.json").write_text(json.dumps({"launch_rows_seen": seen}))
    file = paths.clean(WINDOW, "learners")
    file.parent.mkdir(parents=True)
    pd.DataFrame({"learner_id": ["x"]}).to_parquet(file)


def judged(name):
    found = checks.CHECKS[name](window(*checks.FIRST_SCREEN))
    return None if found is None else found.holds


@pytest.mark.parametrize("name", checks.CHECKS)
def test_results_as_they_should_be_are_met(root, name):
    good()
    assert judged(name) is True


BREAKING = [
    ("zero-or-one", "05_modeling", "table_5_9_recommendations", {"probability": [0.9, 0.5]}),
    ("reasons", "05_modeling", "table_5_13_reasons", {"text": ["raises it", ""]}),
    ("flips", "05_modeling", "table_5_14_flips", {"signal": ["a", "a", "a", "b"]}),
    ("conserved", "02_data_cleaning", "table_2_1_ledger", {"rows_out": [9, 8, 3]}),
    ("small-groups", "07_bias_checks", "table_7_1_groups", {"n": [3.0, 30.0]}),
    ("small-groups", "07_bias_checks", "table_7_1_groups", {"value": [0.3, 0.5]}),
    ("alerts", "08_tolerance", "table_8_7_alerts", {"alert": [0.1, None]}),
]


@pytest.mark.parametrize(("name", "step", "file", "change"), BREAKING)
def test_a_result_that_is_broken_is_missed(root, name, step, file, change):
    good()
    stored = paths.step(WINDOW, step) / "tables" / f"{file}.parquet"
    pd.read_parquet(stored).assign(**change).to_parquet(stored)
    assert judged(name) is False


def test_a_step_of_the_ledger_that_begins_with_other_rows_than_the_one_before_left_is_missed(root):
    good()
    table(
        "02_data_cleaning", "table_2_1_ledger", table=["t", "t"], rows_in=[10, 8], set_aside=[1, 0], rows_out=[9, 8]
    )
    assert judged("conserved") is False


def test_training_that_knew_an_outcome_after_the_split_is_missed(root):
    good()
    seen = {"train": {"last_resolved_at": "2025-10-02"}, "validate": {"first_as_of": "2025-10-01"}}
    (paths.step(WINDOW, "05_modeling") / "manifest.json").write_text(json.dumps({"launch_rows_seen": seen}))
    assert judged("no-look-ahead") is False


def test_a_name_among_the_records_is_missed_and_named(root):
    good()
    pd.DataFrame({"name": ["Ann"]}).to_parquet(paths.clean(WINDOW, "learners"))
    found = checks.CHECKS["no-identities"](window())
    assert not found.holds and found.shown == "learners.parquet: name"


def test_a_name_among_records_that_lie_in_a_file_for_each_month_is_missed_too(root):
    good()
    months = paths.collected(WINDOW, "page_views")
    months.mkdir(parents=True)
    pd.DataFrame({"url": ["/"]}).to_parquet(months / "2025-01.parquet")
    assert checks.CHECKS["no-identities"](window()).holds
    pd.DataFrame({"name": ["Ann"]}).to_parquet(months / "2025-02.parquet")
    assert checks.CHECKS["no-identities"](window()).shown == "2025-02.parquet: name"


def test_baselines_that_were_not_judged_are_missed(root):
    good()
    alone = checks.Window(params.load(WINDOW), window().results, headline().query("model != 'panel'"))
    assert checks.CHECKS["baselines"](alone).holds is False
    assert checks.CHECKS["first-screen"](window("launch.value")).holds is False


def test_a_source_without_candidates_can_tell_nothing_of_them(root):
    for name in ("zero-or-one", "reasons", "flips", "first-screen", "conserved", "small-groups", "alerts"):
        assert judged(name) is None


def test_the_register_names_tests_that_exist_and_pages_that_are_there():
    for one in register():
        file, _, name = one.shown.partition("::")
        if one.by == "tests":
            assert re.search(rf"^def {name}\(", (REPOSITORY / file).read_text(), re.MULTILINE), one.test
        elif one.by == "people" and not one.shown.startswith("outputs/"):
            assert (REPOSITORY / file).exists(), one.test


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("test: zero-or-one", "test: first-screen"), "first-screen stands twice"),
        (("test: flips", "test: flops"), "no check of that name"),
        (("  shown: docs/operations.md\n", ""), "runbook does not say"),
        (("  who: VP\n", "  who: king\n"), "entry 0, who"),
    ],
)
def test_a_register_that_cannot_be_used_is_refused_with_its_test(root, change, told):
    file = paths.acceptance()
    file.write_text(file.read_text().replace(*change, 1))
    with pytest.raises(ValueError, match=told):
        register()


def test_what_people_say_is_kept_and_the_last_word_counts(root, capsys):
    good()
    proof = root / "notes.txt"
    proof.write_text("read in 90 seconds")
    given = ["sample", "--test", "two-minutes", "--who", "Ann"]
    assert command.main([*given, "--verdict", REFUSED, "--comment", "took five"]) == 0
    assert command.main([*given, "--verdict", ACCEPTED, "--evidence", str(proof)]) == 0
    assert list(signed.log()["verdict"]) == [REFUSED, ACCEPTED]
    assert signed.log()["sha256"].str.len().tolist() == [0, 64]
    found = core.study(params.load(WINDOW), window(*checks.FIRST_SCREEN).results, headline()).set_index("test")
    assert found.loc["two-minutes", ["verdict", "signed"]].tolist() == [ACCEPTED, "Ann"]
    assert found.loc["monday", "verdict"] == NOT_TRIED and found.loc["again", "verdict"] == HELD_BY_TESTS
    assert "says accepted of two-minutes" in capsys.readouterr().out
    told = findings.acceptance(found.reset_index()).text.replace("\u00a0", " ")
    assert "1 accepted (two minutes)" in told and "10 met, none missed" in told
    assert "accepted by Ann" in str(findings.tests(found.reset_index()))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--test", "none", "--verdict", ACCEPTED, "--who", "Ann"], "there is no such acceptance test"),
        (["--test", "monday", "--verdict", "fine", "--who", "Ann"], "say accepted or refused"),
        (["--test", "monday", "--verdict", ACCEPTED], "say who signs"),
        (["--test", "monday", "--verdict", ACCEPTED, "--who", "A", "--comment", "x" * 2_001], "2,001 letters"),
    ],
)
def test_a_signature_that_says_nothing_is_refused_and_nothing_is_kept(root, capsys, given, told):
    assert command.main([WINDOW, *given]) == command.REFUSED
    assert told in capsys.readouterr().err and signed.log().empty


def test_a_signature_of_another_window_does_not_count(root):
    good()
    signed.sign("2025Q4", {"test": "monday", "verdict": ACCEPTED, "who": "Ann"})
    found = core.study(params.load(WINDOW), window().results, headline()).set_index("test")
    assert found.loc["monday", "verdict"] == NOT_TRIED


def test_without_a_register_nothing_is_judged_and_that_is_said(root):
    paths.acceptance().unlink()
    found = core.study(params.load(WINDOW), window().results, headline())
    assert found.empty and core.counts(found).empty
    assert "No acceptance test" in findings.acceptance(found).text and "No rows" in str(findings.tests(found))


def test_without_a_test_all_are_listed(root, capsys):
    assert command.main([]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(register())


def test_verdicts_of_a_window_are_counted_by_what_judges_them(root):
    good()
    found = core.counts(core.study(params.load(WINDOW), window().results, headline()))
    assert found["tests"].sum() == len(register())
    assert set(found.loc[found["by"] == "window", "verdict"]) <= {MET, MISSED, UNKNOWN}
