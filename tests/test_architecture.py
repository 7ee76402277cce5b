"""The architecture: imports run one way, and some doors are open to few.

``params``, ``contract`` and the like are the ground floor; features and models stand on it; pages only look on.
"""

import ast
from pathlib import Path

import pytest
from collecting import HERE

SOURCE = HERE / "src" / "insights"
GROUND = {"contract", "params", "paths", "warehouse", "store", "privacy"}
PRESENTATION = {
    "wording", "tables", "drawing", "curves", "flows", "journey_findings", "maps",
    "pictures", "plots",
}  # fmt: skip
MAY_READ_PROTECTED = {"paths", "bias", "dictionary", "cleaning", "collection"}


def module_name(file: Path) -> str:
    """Return the name of a module below insights; that of a package stands for its __init__."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(file): file for file in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text()) for name, file in MODULES.items()}


def imported(name: str) -> set[str]:
    """Return the modules of insights that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {_known(alias.name) for alias in node.names if alias.name.split(".")[0] == "insights"}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            assert node.level == 0, f"{name}: a relative import hides from this test"
            if base.split(".")[0] == "insights":
                found |= {_known(f"{base}.{alias.name}") for alias in node.names}
    return found - {""}


def _known(path):
    """Return the longest part of a dotted path that is a module, without the leading ``insights``."""
    parts = path.split(".")[1:]
    for end in range(len(parts), 0, -1):
        if ".".join(parts[:end]) in MODULES:
            return ".".join(parts[:end])
    return ""


def top(name: str) -> str:
    """Return the part of the library that a module belongs to."""
    return name.split(".")[0]


GRAPH = {name: imported(name) for name in MODULES}


def reached(name: str) -> set[str]:
    """Return every module that a module imports, directly or through others."""
    seen, todo = set(), [name]
    while todo:
        for other in GRAPH[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def test_the_reading_of_imports_finds_those_that_are_known():
    assert {"contract", "paths", "warehouse", "params", "store"} <= GRAPH["cleaning.core"]
    assert "modeling.study" in GRAPH["report"]
    assert "simulation.company" in reached("simulation")
    assert len(MODULES) > 50


@pytest.mark.parametrize("name", sorted(GROUND))
def test_the_ground_floor_rests_on_nothing_above_it(name):
    assert {top(other) for other in reached(name)} <= GROUND


@pytest.mark.parametrize("name", sorted(PRESENTATION))
def test_presentation_knows_the_ground_floor_and_itself_only(name):
    assert {top(other) for other in reached(name)} <= GROUND | PRESENTATION


def test_no_module_imports_itself_by_a_detour():
    assert [name for name in MODULES if name and name in reached(name)] == []


@pytest.mark.parametrize("name", [n for n in MODULES if top(n) in ("features", "modeling")])
def test_features_and_models_never_reach_collection_or_the_simulation(name):
    assert not {top(other) for other in reached(name)} & {"collection", "simulation", "bias", "dictionary"}


@pytest.mark.parametrize(
    "name", [n for n in MODULES if top(n) in ("features", "modeling", "cleaning", "rows", "asof", "ablation")]
)
def test_computation_imports_no_plotting(name):
    assert not reached(name) & {"plots", "pictures", "tables"}
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
    assert [name for name in MODULES if "certification" in reached(name)] == []


@pytest.mark.parametrize("name", [n for n in MODULES if top(n) not in ("simulation", "certification")])
def test_nothing_but_the_simulation_and_its_certification_reads_the_truth(name):
    for node in ast.walk(TREES[name]):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        assert "truth" not in text.split("/"), f"{name}, line {node.lineno}"
        assert "launch_probability" not in text and "completion_probability" not in text
        named = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        assert "truth" not in named
