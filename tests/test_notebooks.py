from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from tiny_project import REPOSITORY

from insights import paths
from insights.running import notebook_lint

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
TEMPLATE = REPOSITORY / "notebooks" / "template.ipynb"


def template():
    return nbformat.read(TEMPLATE, as_version=4)


def problems(notebook):
    return [problem for _, problem in notebook_lint.check(notebook)]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_every_notebook_passes_the_lint(file):
    assert notebook_lint.check_file(file) == []


def test_every_numbered_notebook_is_a_step():
    numbered = {file.stem for file in NOTEBOOKS if file.stem[:2].isdigit()}
    assert numbered <= set(paths.STEPS)


def append_code(source):
    def change(notebook):
        notebook.cells[2].source += f"\n{source}"

    return change


def set_output(notebook):
    notebook.cells[2].outputs = [new_output("stream", text="x")]


def set_count(notebook):
    notebook.cells[2].execution_count = 1


def drop_parameters(notebook):
    notebook.cells[1].metadata["tags"] = []


def add_parameter(notebook):
    notebook.cells[1].source += "\nFOLDS = 3"


def second_title(notebook):
    notebook.cells[5].source = f"# Another\n\n{notebook.cells[5].source}"


def no_title(notebook):
    notebook.cells[0].source = "text"


def no_opening(notebook):
    notebook.cells[3].source = notebook.cells[3].source.replace("In short", "Summary")


def no_closing(notebook):
    notebook.cells[8].source = "text"


def later_section(notebook):
    notebook.cells.append(new_markdown_cell("## Appendix"))


def all_prose(notebook):
    notebook.cells += [new_markdown_cell("text")] * 20


def all_code(notebook):
    notebook.cells += [new_code_cell("1")] * 20


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (append_code("def f():\n    return 1"), "defines a function"),
        (append_code("class C:\n    pass"), "defines a function or a class"),
        (append_code("from insights.params import *"), "imports *"),
        (append_code("np.random.seed(1)"), "np.random.seed: seeds"),
        (append_code("import sys\nsys.path.insert(0, '.')"), "sys.path: edits"),
        (append_code("warnings.filterwarnings('ignore')"), "silences warnings"),
        (append_code("x = 1\n" * 20), "lines, more than 19"),
        (append_code("%matplotlib inline"), "not plain Python"),
        (set_output, "holds outputs"),
        (set_count, "execution count"),
        (drop_parameters, "0 cells are tagged parameters"),
        (add_parameter, "holds more than WINDOW"),
        (second_title, "more than one first-level heading"),
        (no_title, "does not begin with a first-level heading"),
        (no_opening, "first section is not"),
        (no_closing, "last section is not"),
        (later_section, "last section is not"),
        (all_prose, "are prose"),
        (all_code, "are prose"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_gate_closes(change, problem):
    notebook = template()
    change(notebook)
    assert any(problem in found for found in problems(notebook))


def test_a_heading_inside_code_is_no_heading():
    notebook = template()
    notebook.cells[5].source += "\n\n```\n# a comment\n```"
    assert problems(notebook) == []


def test_the_program_prints_file_cell_and_problem(tmp_path, capsys):
    notebook = template()
    append_code("def f(): ...")(notebook)
    file = tmp_path / "bad.ipynb"
    nbformat.write(notebook, file)
    assert notebook_lint.main([str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:3: defines a function")
    assert notebook_lint.main([str(TEMPLATE)]) == 0
    assert capsys.readouterr().out == ""


def test_the_lint_is_what_the_hook_runs():
    hooks = Path(REPOSITORY / ".pre-commit-config.yaml").read_text()
    assert "insights.running.notebook_lint" in hooks


def test_the_template_runs_from_top_to_bottom_and_becomes_a_page(tmp_path, monkeypatch):
    from insights import export
    from insights.running import execution

    monkeypatch.setattr(paths, "notebook", lambda step: TEMPLATE)
    done = execution.execute("sample", "template", tmp_path / "template.ipynb", print)
    page = export.write(done.notebook, "sample", "template")
    assert "Window <strong>sample</strong> trains from" in page
    assert "Table 0.1 · The parts of the window" in page
