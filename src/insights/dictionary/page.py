"""The dictionary as a page of the documentation: what the contract says, whatever any window holds."""

from collections.abc import Mapping

from insights import contract
from insights.dictionary.looks import allowed

INTRODUCTION = """# Data dictionary

Written by `make docs` from the contract (`src/insights/contract/tables.py`); a test keeps it true. How the columns of
a window really look, and what is lacking, is in its notebook 01.

Times are UTC. `recorded_at` tells when a record became known; what becomes known later than its row has a time of its
own. Identifying columns are dropped or replaced by keyed pseudonyms when they are collected, free text is scrubbed,
protected attributes lie apart. A *required* column must be there if its table is; a *blank* that tells something, or
that cleaning fills, is no gap.
"""
HEADING = "| column | meaning | type | unit | allowed | a blank tells | sensitivity | system | required |"


def written(owners: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    owners : mapping of str to str
        Who owns each source system, from the parameters.
    """
    parts = [INTRODUCTION, "## Tables and how they refer to each other\n", diagram()]
    parts += ["## Source systems and their owners\n", _owners(owners)]
    parts += [_table(name) for name in contract.TABLES]
    return "\n".join(parts)


def diagram() -> str:
    """Return the tables and their references as a Mermaid diagram."""
    lines = ["```mermaid", "erDiagram"]
    lines += [
        f"  {owner} ||--o{{ {name} : {column}" for name in contract.TABLES for column, owner in references(name)
    ]
    return "\n".join([*lines, "```\n"])


def references(name: str) -> list[tuple[str, str]]:
    """Return the columns by which a table refers to others, each with the table it refers to."""
    return list(contract.references(name).items())


def _owners(owners):
    lines = ["| system | owner |", "|---|---|", *(f"| {s} | {owners.get(s, '')} |" for s in contract.systems())]
    return "\n".join(lines) + "\n"


def _table(name):
    spec = contract.TABLES[name]
    kind = "lasts" if spec.entity else "happens at a moment"
    key = f"Key: {', '.join(f'`{c}`' for c in spec.key)}. " if spec.key else ""
    later = "".join(f"`{value}` is known from `{r}` on. " for value, r in spec.later.items() if value != r)
    head = f"## {name}\n\n{(spec.model.__doc__ or '').strip()} A row {kind}, from `{spec.happened}`. {key}{later}"
    rows = [_row(column) for column in contract.columns(name).values()]
    return "\n".join([head.rstrip() + "\n", HEADING, "|---" * HEADING.count(" | ") + "|---|", *rows]) + "\n"


def _row(c):
    blank = "; ".join(filter(None, [c.blank, f"cleaning fills it from `{c.filled_from}`" if c.filled_from else ""]))
    cells = [f"`{c.name}`", c.meaning, str(c.dtype).removeprefix("!"), c.unit, allowed(c), blank, c.sensitivity,
             c.source, "yes" if c.required else ""]  # fmt: skip
    return f"| {' | '.join(cells)} |"
