"""Mappings that are shipped: of exports that many companies have, by the name of the system and of the export.

Each is a YAML file beside this module, in ``shipped/``, written as one export of a mapping file, with four keys more:
``system``, ``export`` (where its users find it), ``table``, which it fills, and ``ask``, what its user has to add.
"""

from functools import cache
from pathlib import Path

import yaml

from insights.collection.source import CollectionError, nearest

FOLDER = Path(__file__).parent / "shipped"
TOLD = ("system", "export", "table", "ask")


def names() -> list[str]:
    """Return the names of all shipped mappings, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def read(name: str) -> tuple[str, dict]:
    """Return the table that a shipped mapping fills, and the mapping as a file would hold it."""
    content = _content(name)
    return content["table"], {key: value for key, value in content.items() if key not in TOLD}


def told(name: str) -> dict[str, str]:
    """Return the ``system``, ``export`` and ``table`` of a shipped mapping, and what it asks its user to add."""
    content = _content(name)
    return {key: content[key] for key in TOLD[:3]} | {"ask": ", ".join(content.get("ask", []))}


def filled(content: object, file: Path) -> object:
    """Return the content of a mapping file with the shipped mappings that it uses put beneath what it says.

    Raises
    ------
    CollectionError
        For the name of a mapping that is not shipped, or that fills another table.
    """
    tables = content.get("tables") if isinstance(content, dict) else None
    if not isinstance(tables, dict):
        return content
    return content | {"tables": {name: _filled(name, exports, file) for name, exports in tables.items()}}


def _filled(name, exports, file):
    if isinstance(exports, list):
        return [_filled(name, export, file) for export in exports]
    used = exports.get("use") if isinstance(exports, dict) else None
    if not isinstance(used, str):
        return exports
    if used not in names():
        raise CollectionError(
            f"{file.name}: tables.{name}.use is {used!r}, which is not shipped; {nearest(used, names())}."
        )
    table, export = read(used)
    if table != name:
        raise CollectionError(
            f"{file.name}: tables.{name}.use is {used}, which maps {table}. Write it below {table}."
        )
    return _over(export, exports)


def _over(shipped_export, said):
    """Put what a mapping says over what is shipped; optional columns of the latter may then be absent."""
    sections = {
        key: shipped_export.get(key, {}) | said.get(key, {})
        for key in ("columns", "constants", "values", "dates", "only")
        if isinstance(said.get(key, {}), dict)
    }
    if any(not isinstance(said.get(key, {}), dict) for key in ("columns", "constants")):
        return shipped_export | said  # which is said of it where the whole mapping is checked
    mine = {**said.get("columns", {}), **said.get("constants", {})}
    sections["constants"] = {
        c: v for c, v in sections.get("constants", {}).items() if c not in said.get("columns", {})
    }
    sections["columns"] = {c: v for c, v in sections.get("columns", {}).items() if c not in said.get("constants", {})}
    may_lack = [c for c in sections["columns"] if c not in mine]
    return shipped_export | said | sections | {"if_there": [*may_lack, *_listed(said.get("if_there", []))]}


def _listed(value):
    return value if isinstance(value, list) else [value]


@cache
def _content(name):
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
