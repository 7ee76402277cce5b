"""The docs: what they list is what there is."""

import importlib
import re

import pytest
from collecting import HERE

from insights.certification import defects
from insights.params import PLANTED

DOCUMENTS = sorted(str(file.relative_to(HERE)) for file in (*HERE.glob("*.md"), *(HERE / "docs").glob("*.md")))
NAMED = re.compile(r"`((?:src|tests|docs|notebooks|examples|registers)/[\w./]*)`")
REFERENCE = re.compile(r":(?:func|mod|class|meth|data|attr):`~?(insights[\w.]*)`")


def table_of(document, heading):
    """Return the first column of the first table below a heading."""
    below = (HERE / "docs" / document).read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| *`?([\w .-]+?)`? *\|", below)
    return rows[2:]  # below the heading and its line


@pytest.mark.parametrize(
    ("heading", "there"), [("What is planted", set(PLANTED)), ("What is wrong with its exports", set(defects.KINDS))]
)
def test_the_simulated_company_is_described_whole(heading, there):
    assert set(table_of("simulation.md", heading)) == there


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document):
    file = HERE / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", file.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_of_the_repository_that_a_document_names_is_there(document):
    named = NAMED.findall((HERE / document).read_text())
    assert [path for path in named if not (HERE / path).exists()] == []


def test_links_and_files_are_found_where_there_are_some():
    assert len(NAMED.findall((HERE / "CONTRIBUTING.md").read_text())) > 30
    assert re.findall(r"\]\(([^)#]+)", (HERE / "README.md").read_text())


def test_every_name_of_the_library_that_code_speaks_of_exists():
    files = [file for folder in ("src", "benchmarks", "fuzzing", "tests") for file in (HERE / folder).rglob("*.py")]
    spoken = {(file.name, name) for file in files for name in REFERENCE.findall(file.read_text())}
    assert len(spoken) > 30
    assert sorted((file, name) for file, name in spoken if not exists(name)) == []


def test_the_tables_of_what_the_launch_model_reaches_are_those_that_the_walk_wrote():
    table = [line for line in (HERE / "docs" / "validation.md").read_text().splitlines() if line.startswith("|")]
    said = set(re.findall(r"\d\.\d{3}", " ".join(table)))
    walked = set(re.findall(r"\d\.\d{3}", (HERE / "docs" / "walk.md").read_text()))
    assert len(said) > 20
    assert sorted(said - walked) == []


def test_every_room_on_the_four_ways_through_the_house_is_a_module():
    told = (HERE / "docs" / "architecture.md").read_text().split("## Four ways")[1].split("A value is typed")[0]
    rooms = set(re.findall(r"`([a-z_.]+)`", told))
    assert len(rooms) > 25
    assert sorted(room for room in rooms if not exists(f"insights.{room}")) == []


def exists(name):
    """Tell whether a dotted name leads to a module, or to what is defined in one."""
    parts = name.split(".")
    for known in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:known]))
        except ModuleNotFoundError:
            continue
        for part in parts[known:]:
            if part in getattr(found, "__annotations__", {}):
                return True  # a field, which has no value before there is an object
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_a_name_that_leads_nowhere_is_seen():
    assert exists("insights.store.Step.record") and exists("insights.contract.Table.happened")
    assert not exists("insights.store.Step.recorded") and not exists("insights.nowhere")
