"""The house in numbers: how long functions and files are, what repeats, what is undocumented, how prose is shared.

``make measures`` prints it; goals are to be leaned towards, not to be gamed. With ``--coverage`` the rooms that guard
time, privacy and money are run under their own tests first, and their branches counted.
"""

import argparse
import ast
import io
import json
import subprocess
import sys
import tokenize
from collections import defaultdict
from pathlib import Path

import numpy as np

from insights.running import structure

ROOT = Path(__file__).resolve().parent.parent
SOURCE = structure.PACKAGE
ALIKE = 6  # lines in a row that two places share, from which they repeat each other
GUARDS = {
    "time": (["asof", "timeline", "rows"], ["leakage", "timeline", "rows", "forecast_rows", "completion_rows"]),
    "privacy": (
        ["privacy", "anonymity", "collection.identities", "collection.erasure"],
        ["privacy", "privacy_recall", "anonymity", "collection", "collection_erasure", "accounts"],
    ),
    "money": (
        ["modeling.value", "modeling.evaluation.portfolio", "modeling.thresholds", "modeling.recommendation"],
        ["value", "portfolio", "metrics", "recommendation"],
    ),
}


def main() -> None:
    """Print the measures of the library, its tests and its notebooks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--coverage", action="store_true", help="run the tests of the guarding rooms as well")
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(SOURCE.rglob("*.py"))}
    shown = _functions(trees) | _files(trees) | _imports() | _repeats(trees) | _words(trees) | _notebooks()
    shown |= _tests(trees)
    if parser.parse_args().coverage:
        shown |= {f"branches covered, {room}": _covered(*places) for room, places in GUARDS.items()}
    for name, value in shown.items():
        print(f"{name:<46} {value}")


def _functions(trees):
    lines = {
        f"{_short(file)}:{node.name}": node.end_lineno - node.lineno + 1 - _docstring_lines(node)
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {"functions": len(lines)} | _lengths("lines a function, without its docstring", lines, 50)


def _files(trees):
    lines = {_short(file): len(file.read_text(encoding="utf-8").splitlines()) for file in trees}
    return {"files": len(lines), "lines": sum(lines.values())} | _lengths("lines a file", lines, 300)


def _lengths(what, lines, most):
    middle, nine = np.quantile(list(lines.values()), [0.5, 0.9])
    longest = max(lines, key=lines.get)
    above = sum(n > most for n in lines.values())
    return {
        f"{what}, median": f"{middle:.0f}", f"{what}, nine in ten": f"{nine:.0f}",
        f"{what}, longest": f"{lines[longest]} ({longest})", f"{what}, above {most}": above,
    }  # fmt: skip


def _imports():
    graph = structure.graph()
    return {
        "imports between modules": sum(map(len, graph.values())),
        "modules that import themselves by a detour": sum(name in structure.reached(graph, name) for name in graph),
        "files and packages at the top": len(structure.between(graph)),
    }


def _repeats(trees):
    places = defaultdict(list)
    for file, tree in trees.items():
        kept = _code_lines(file, tree)
        for start in range(len(kept) - ALIKE + 1):
            places["\n".join(kept[start : start + ALIKE])].append((file, start))
    found = sum(len(where) - 1 for where in places.values() if len(where) > 1)
    return {f"places that repeat {ALIKE} lines of another": found}


def _code_lines(file, tree):
    """Return the lines of a file that are code, without imports, docstrings and closing brackets."""
    out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
            out |= set(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    plain = [line.split("#")[0].strip() for number, line in lines if number not in out]
    return [line for line in plain if len(line) > 3]


def _words(trees):
    public = [
        (file, node)
        for file, tree in trees.items()
        for node in (*tree.body, *(m for c in tree.body if isinstance(c, ast.ClassDef) for m in c.body))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    bare = [node for _, node in public if not ast.get_docstring(node)]
    short = [n for _, n in public if isinstance(n, ast.FunctionDef) and _arguments(n) > 2 and not _sections(n)]
    comments = sum(_comments(file) for file in trees)
    return {
        "public names": len(public), "public names without a docstring": len(bare),
        "public functions of three arguments or more whose docstring tells none": len(short),
        "comments": comments,
    }  # fmt: skip


def _arguments(node):
    return len([a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")])


def _sections(node):
    return "Parameters" in (ast.get_docstring(node) or "")


def _comments(file):
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline)
    return sum(t.type == tokenize.COMMENT and "fmt:" not in t.string and "noqa" not in t.string for t in tokens)


def _notebooks():
    cells = [
        (cell["cell_type"], "".join(cell["source"]))
        for file in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]
    ]
    code = [source.count("\n") + 1 for kind, source in cells if kind == "code"]
    return {
        "notebook cells": len(cells), "notebook cells of more than 20 lines": sum(n > 20 for n in code),
        "share of cells that are prose": f"{sum(kind == 'markdown' for kind, _ in cells) / len(cells):.0%}",
    }  # fmt: skip


def _tests(trees):
    texts = {file: file.read_text(encoding="utf-8") for file in (ROOT / "tests").glob("test_*.py")}
    named = " ".join(texts.values())
    alone = [structure.module(f) for f in trees if f.stem != "__init__" and f.stem not in named]
    return {"test files": len(texts), "modules that no test names": ", ".join(alone) or "none"}


def _covered(modules, tests):
    files = [str(ROOT / "tests" / f"test_{name}.py") for name in tests]
    data = ["--data-file", str(ROOT / ".cache" / "coverage")]
    rooms = ",".join(str(SOURCE / f"{module.replace('.', '/')}.py") for module in modules)
    run = [sys.executable, "-m", "coverage", "run", *data, "--branch", "--include", rooms]
    run += ["-m", "pytest", "-q", *files]
    subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "coverage", "report", *data, "--format", "total"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return f"{told.stdout.strip()} %"


def _docstring_lines(node):
    first = node.body[0]
    return first.end_lineno - first.lineno + 1 if _is_text(first) else 0


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _short(file):
    return str(file.relative_to(SOURCE))


if __name__ == "__main__":
    main()
