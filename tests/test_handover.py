"""The handover: every line that was asked for is listed, and whatever a register refers to exists."""

import ast
import re

import pytest
from tiny_project import REPOSITORY

from insights.handover import __main__ as handover
from insights.handover import documents, registers

ASKED = REPOSITORY.parent / "shared" / "requirements.md"
SOURCES = "\n".join(
    file.read_text() for kind in ("src/**/*.py", "notebooks/*.ipynb") for file in sorted(REPOSITORY.glob(kind))
)
TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (REPOSITORY / "Makefile").read_text()))


def exists(reference: str) -> bool:
    """Return whether a file, a test or another name in a file, a command, or a cited table is there."""
    if reference.startswith("make "):
        return reference.split()[1] in TARGETS
    if re.match(r"(table|figure)_\d", reference):
        return reference in SOURCES
    path, _, name = reference.partition("::")
    file = REPOSITORY / path
    return file.exists() and (not name or name in names(file))


def names(file):
    """Return what a module defines: functions, classes, their methods and constants."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.skipif(not ASKED.exists(), reason="the request is not on this machine")
def test_every_line_of_the_request_is_listed_with_its_own_words_in_its_order():
    lines = re.findall(r"(?m)^\| ((?:S|C)\d\d[a-f]?) \| (.*?) \|", ASKED.read_text())
    assert len(lines) > 80
    assert [(one.id, one.asked) for one in registers.requirements()] == lines


def test_what_answers_a_requirement_exists_and_so_does_what_shows_it():
    dead = [
        (one.id, reference)
        for one in registers.requirements() for reference in (*one.lives, *one.shown) if not exists(reference)
    ]  # fmt: skip
    assert dead == []


def test_what_uses_a_paper_exists_and_so_does_what_makes_our_figure():
    dead = [
        (one.key, reference)
        for one in registers.papers()
        for reference in (*one.used, *(one.ours.source.split("; ") if one.ours else ())) if not exists(reference)
    ]  # fmt: skip
    assert dead == []


def test_what_checks_an_assumption_exists():
    checked = [(one.id, part) for one in registers.assumptions() for part in one.checked_by.split("; ") if part]
    assert len(checked) > 20 and [found for found in checked if not exists(found[1])] == []


@pytest.mark.parametrize(
    "reference", ["make nothing", "table_9_9_nothing", "src/insights/nothing.py", "src/insights/store.py::nothing"]
)
def test_what_is_not_there_is_seen(reference):
    assert not exists(reference)


def test_the_pages_of_the_handover_are_those_of_their_registers():
    docs = REPOSITORY / "docs"
    made = handover.pages((docs / "methodology.md").read_text())
    assert {name: (docs / name).read_text() for name in made} == made, "run make docs"


def test_what_is_written_by_hand_of_the_methods_stays():
    made = handover.pages(f"# By hand\n\n{handover.BELOW}\nof before")["methodology.md"]
    assert made.startswith("# By hand\n\n") and "of before" not in made and made.count(handover.BELOW) == 1


def test_a_cell_with_a_bar_does_not_break_its_table():
    one = registers.requirements()[0].model_copy(update={"says": "a | b"})
    row = documents.requirements([one]).splitlines()[-1]
    assert "a \\| b" in row and len(re.findall(r"(?<!\\)\|", row)) == 8


@pytest.fixture
def register(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    (tmp_path / "registers").mkdir()

    def write(name, text):
        (tmp_path / "registers" / f"{name}.yaml").write_text(text)

    return write


REQUIREMENT = "- {{id: S01, asked: a, state: {}, lives: [], shown: {}, says: b, missing: {}}}\n"
ASSUMPTION = "- {{id: {}, area: a, assumes: b, why_it_matters: c, checked_by: '', rating: {}, what_if_wrong: d}}\n"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("requirements", REQUIREMENT.format("met", "[]", "''"), "S01 is met, but nothing shows it"),
        ("requirements", REQUIREMENT.format("partly", "[x]", "''"), "S01 is partly. Say what is missing"),
        ("requirements", REQUIREMENT.format("done", "[x]", "''"), "entry 0, state"),
        ("requirements", 2 * REQUIREMENT.format("met", "[x]", "''"), "S01 stands twice"),
        ("assumptions", ASSUMPTION.format("A1", "green"), "A1 is green, but nothing checks it"),
    ],
)
def test_an_entry_that_says_too_little_is_refused_with_its_name(register, name, text, told):
    register(name, text)
    with pytest.raises(registers.RegisterError, match=told):
        getattr(registers, name)()


def test_assumptions_come_with_the_most_doubtful_first(register):
    register("assumptions", ASSUMPTION.format("A1", "amber") + ASSUMPTION.format("A2", "red"))
    assert [one.id for one in registers.assumptions()] == ["A2", "A1"]
