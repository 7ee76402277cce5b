"""The structure of the library, drawn from its code: what stands on which floor, and what imports what.

``docs/architecture.md`` says on which floor each module or package stands; ``make docs`` draws the imports below that
table anew, and a test holds both against the code.
"""

import ast
import re
from pathlib import Path

from insights.running.imports import PACKAGE

FLOOR = re.compile(r"^\| ([a-z]+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
DRAWN = re.compile(r"(<!-- drawn by make docs -->\n).*?(<!-- end -->)", re.DOTALL)


def graph() -> dict[str, set[str]]:
    """Return, by module below ``insights``, the modules that it imports anywhere in it; a package as its __init__."""
    files = {module(file): file for file in sorted(PACKAGE.rglob("*.py"))}
    return {name: _imported(file, set(files)) - {"", name} for name, file in files.items() if name}


def between(modules: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return, by module or package at the top, those that it imports."""
    found: dict[str, set[str]] = {}
    for name, others in modules.items():
        found.setdefault(_top(name), set()).update({_top(other) for other in others} - {_top(name)})
    return found


def floors(document: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return, by floor of the document's table, what stands on it and on which floors it may rest beside its own."""
    told = [row for row in FLOOR.findall(document) if "`" in row[1]]
    return {floor: (re.findall(r"`([a-z_]+)/?`", here), re.findall(r"[a-z]+", rests)) for floor, here, rests in told}


def drawing(document: str) -> str:
    """Return the structure as a diagram: floors with what stands on them, and imports that no other one implies."""
    imports = between(graph())
    lines = ["```mermaid", "flowchart BT"]
    for floor, (here, _) in floors(document).items():
        lines += [f"  subgraph floor_{floor} [{floor}]", *(f"    {name}" for name in here), "  end"]
    lines += [f"  {one} --> {other}" for one in sorted(imports) for other in sorted(_direct(imports, one))]
    return "\n".join([*lines, "```", ""])


def drawn(document: str) -> str:
    """Return the document with the structure drawn anew."""
    return DRAWN.sub(lambda place: place[1] + drawing(document) + place[2], document)


def reached(imports: dict[str, set[str]], name: str) -> set[str]:
    """Return all that something imports, directly or through others."""
    seen, waiting = set(), [name]
    while waiting:
        new = imports[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def module(file: Path) -> str:
    """Return the name of a module below ``insights``; that of a package stands for its __init__."""
    return ".".join(part for part in file.relative_to(PACKAGE).with_suffix("").parts if part != "__init__")


def main() -> None:
    """Draw the structure anew in ``docs/architecture.md``."""
    file = PACKAGE.parent.parent / "docs" / "architecture.md"
    file.write_text(drawn(file.read_text(encoding="utf-8")), encoding="utf-8")


def _direct(imports, one):
    """Return what a part imports that it does not import through another part as well."""
    return imports[one] - {far for near in imports[one] for far in reached(imports, near)}


def _imported(file, known):
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {_known(alias.name, known) for alias in node.names if alias.name.split(".")[0] == "insights"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "insights":
            found |= {_known(f"{node.module}.{alias.name}", known) for alias in node.names}
    return found


def _known(dotted, known):
    """Return the longest part of a dotted path that is a module, without the leading ``insights``."""
    parts = dotted.split(".")[1:]
    return next((name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in known), "")


def _top(name):
    return name.split(".")[0]


if __name__ == "__main__":
    main()
