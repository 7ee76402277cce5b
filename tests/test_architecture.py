"""The architecture: imports run one way, and some doors are open to few.

``params``, ``contract`` and the like are the ground floor; features and models stand on it; pages only look on.
"""

import ast

import pytest
from collecting import HERE

from insights.running import structure

DOCUMENT = (HERE / "docs" / "architecture.md").read_text(encoding="utf-8")
FLOORS = structure.floors(DOCUMENT)
MAY_READ_PROTECTED = {"paths", "bias", "dictionary", "cleaning", "collection"}
COMPUTING = ("features", "modeling", "cleaning", "rows", "asof", "ablation")
GRAPH = structure.graph() | {"": set()}
MODULES = {structure.module(file): file for file in sorted(structure.PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text()) for name, file in MODULES.items()}


def top(name: str) -> str:
    """Return the part of the library that a module belongs to."""
    return name.split(".")[0]


def reached(name: str) -> set[str]:
    """Return every module that a module imports, directly or through others."""
    return structure.reached(GRAPH, name)


def test_the_reading_of_imports_finds_those_that_are_known():
    assert {"contract", "paths", "warehouse", "params", "store"} <= GRAPH["cleaning.core"]
    assert "modeling.study" in GRAPH["report"]
    assert "simulation.company" in reached("simulation")
    assert len(MODULES) > 50


def test_every_part_stands_on_one_floor_of_the_document():
    listed = [name for here, _ in FLOORS.values() for name in here]
    assert len(FLOORS) == 8 and sorted(listed) == sorted({top(name) for name in MODULES} - {""})


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_rests_on_those_that_the_document_names_and_on_itself(floor):
    here, beside = FLOORS[floor]
    allowed = {name for other in (floor, *beside) for name in FLOORS[other][0]}
    imports = structure.between(structure.graph())
    assert {name: imports[name] - allowed for name in here if imports[name] - allowed} == {}


def test_the_structure_is_drawn_as_it_is():
    assert "-->" in structure.drawing(DOCUMENT)
    assert structure.drawn(DOCUMENT) == DOCUMENT, "docs/architecture.md: run make docs"


def test_no_module_imports_itself_by_a_detour():
    assert [name for name in MODULES if name and name in reached(name)] == []


@pytest.mark.parametrize("name", [n for n in MODULES if top(n) in ("features", "modeling")])
def test_features_and_models_never_reach_collection_or_the_simulation(name):
    assert not {top(other) for other in reached(name)} & {"collection", "simulation", "bias", "dictionary"}


@pytest.mark.parametrize("name", [n for n in MODULES if top(n) in COMPUTING])
def test_computation_imports_no_plotting(name):
    assert not {o for o in reached(name) if top(o) in ("display", "findings")} - {"display", "display.wording"}
    for node in ast.walk(TREES[name]):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not any(n.split(".")[0] in ("matplotlib", "seaborn") for n in names)


def test_only_collection_reaches_the_simulation():
    users = {top(n) for n in MODULES if any(top(o) == "simulation" for o in GRAPH[n])} - {"simulation"}
    assert users == {"collection"}


@pytest.mark.parametrize("name", [n for n in MODULES if top(n) not in MAY_READ_PROTECTED | {"simulation"}])
def test_protected_attributes_are_named_only_where_they_may_be_read(name):
    for node in ast.walk(TREES[name]):
        called = isinstance(node, ast.Attribute) and node.attr == "protected" and isinstance(node.value, ast.Name)
        assert not (called and node.value.id == "paths"), f"{name}, line {node.lineno}: paths.protected"
        taken = isinstance(node, ast.ImportFrom) and node.module == "insights.paths"
        assert not (taken and "protected" in {alias.name for alias in node.names})


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in MODULES
        if top(n) in ("features", "modeling", "rows", "asof", "ablation")
        and n not in ("features", "features.protected")
    ],
)
def test_no_feature_or_model_asks_for_the_table_of_protected_attributes(name):
    texts = [n.value for n in ast.walk(TREES[name]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert "protected" not in texts


def test_nothing_that_computes_a_result_reaches_the_certification():
    others = [name for name in MODULES if top(name) != "certification"]
    assert [name for name in others if "certification" in {top(other) for other in reached(name)}] == []


@pytest.mark.parametrize("name", [n for n in MODULES if top(n) not in ("simulation", "certification")])
def test_nothing_but_the_simulation_and_its_certification_reads_the_truth(name):
    for node in ast.walk(TREES[name]):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        assert "truth" not in text.split("/"), f"{name}, line {node.lineno}"
        assert "launch_probability" not in text and "completion_probability" not in text
        named = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        assert "truth" not in named
