import os
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from insights.running import imports

FILES = {
    "__init__.py": "",
    "a.py": "from insights import b\nimport os",
    "b.py": "def late():\n    import insights.deep.c",
    "unused.py": "",
    "deep/__init__.py": "from insights.deep.d import x",
    "deep/c.py": "from . import e\nfrom ..f import thing",
    "deep/d.py": "x = 1",
    "deep/e.py": "",
    "deep/names.csv": "a,b",
    "deep/unused.py": "",
    "f.py": "import insights.a",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "src" / "insights"
    for name, source in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source)
    monkeypatch.setattr(imports, "PACKAGE", folder)
    return folder


def closure(folder, source):
    notebook = folder.parent / "n.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), notebook)
    return {str(file.relative_to(folder)) for file in imports.closure(notebook)}


def test_a_notebook_rests_on_what_it_imports_and_on_what_that_imports(package):
    assert closure(package, "from insights import a") == FILES.keys() - {"unused.py", "deep/unused.py"}


@pytest.mark.parametrize(
    "source", ["import insights.f", "from insights.f import thing", "from insights import f as g"]
)
def test_every_form_of_import_is_followed(package, source):
    assert "f.py" in closure(package, source)


def test_other_packages_are_left_out(package):
    assert closure(package, "import pandas as pd\nfrom os import path") == set()


def test_a_cycle_of_imports_ends(package):
    (package / "d.py").write_text("import insights.f")
    (package / "f.py").write_text("import insights.d")
    assert closure(package, "import insights.d") == {"__init__.py", "d.py", "f.py"}


def test_make_reads_the_rule_and_survives_a_file_that_was_deleted(tmp_path):
    library, target = tmp_path / "odd name#.py", tmp_path / "stamp"
    library.write_text("")
    (tmp_path / "rule.d").write_text(imports.make_rule(target, [library], tmp_path))
    (tmp_path / "Makefile").write_text("stamp:\n\t@echo made\n\t@touch stamp\ninclude rule.d\n")
    assert make(tmp_path) == "made\n"
    assert "made" not in make(tmp_path)
    library.unlink()
    assert make(tmp_path) == "made\n"


def make(folder):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    command = ["make", "stamp"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_rule_names_files_as_seen_from_the_root():
    rule = imports.make_rule(Path("/p/outputs/w/.done/s"), [Path("/p/src/a.py")], Path("/p"))
    assert rule == "outputs/w/.done/s: \\\n  src/a.py\nsrc/a.py:\n"
