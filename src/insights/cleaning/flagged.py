"""Flagged tables: every value repaired, every row with the rule that takes it, held aside while they are asked for.

Two copies of the largest table are held at once, one repaired and one flagged. As files they take a fraction of what
the engine takes for them in memory, and on disk where memory is short.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import ibis
import pyarrow as pa

from insights import contract, warehouse
from insights.cleaning import alike
from insights.cleaning.repairs import REPAIRS
from insights.cleaning.rules import RULES
from insights.cleaning.steps import FILLED, KEPT, RULE, Repair, Rule

BETWEEN = "\x1f"


class Flagged:
    """The tables of a window, each repaired and flagged when it is first asked for, and dropped on leaving.

    Parameters
    ----------
    con : ibis.BaseBackend
    collected : mapping of str to ibis.Table
        Tables by name, as collected.
    back : mapping of (str, str) to str
        Tables and rules whose rows are brought back, and why.
    below : pathlib.Path, optional
        The folder in which they are held as files meanwhile; without it the engine holds them.
    """

    def __init__(
        self, con, collected: Mapping[str, ibis.Table], back: Mapping | None = None, below: Path | None = None
    ):
        self.collected = collected
        self._con, self._back, self._below = con, back or {}, below
        self._files: dict[str, Path] = {}
        self._held: dict[str, ibis.Table] = {}
        self._repairs: dict[str, list[Repair]] = {}
        self._rules: dict[str, list[Rule]] = {}
        self._columns: dict[str, list[str]] = {}
        self._made: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in [*self._made, *self._files]:
            self._drop(name)
        if self._below is not None and self._below.exists():
            shutil.rmtree(self._below)

    def __contains__(self, name: str) -> bool:
        return name in self.collected

    def __getitem__(self, name: str) -> ibis.Table:
        """Return a table repaired, with ``set_aside_by``: ``kept``, or the first rule that takes the row."""
        if name not in self._held:
            mended, self._columns[name] = self._mend(name)
            rows = self._aside(mended.mutate(**{alike.ROW: ibis.uuid()}), "mended")
            again = self._hold(alike.marks(name, rows, self._columns[name]), "alike")
            self._held[name] = self._aside(self._flag(name, alike.marked(rows, again)), "flagged")
            for over in (rows, again):
                self._drop(over.op().name)
        return self._held[name]

    def release(self, name: str) -> None:
        """Drop what is held of a table, unless others refer to it."""
        if name not in set(contract.OWNERS.values()):
            self._drop(self._held.pop(name).op().name)

    def columns(self, name: str) -> list[str]:
        """Return the columns of a clean table."""
        return self._columns[name]

    def repairs(self, name: str) -> list[Repair]:
        """Return the repairs that apply to a table."""
        return self._repairs[name]

    def rules(self, name: str) -> list[Rule]:
        """Return the rules that apply to a table."""
        return self._rules[name]

    def changed(self, name: str) -> dict[Repair, int]:
        """Return how many rows of a table each repair changed."""
        return self._counted(name, {repair: self[name][was(repair)].count() for repair in self.repairs(name)})

    def brought_back(self, name: str) -> dict[Rule, tuple[int, str]]:
        """Return, by rule whose rows are brought back, how many that are and why."""
        asked = [rule for rule in self.rules(name) if (name, rule.name) in self._back]
        counts = self._counted(name, {rule: self[name][_returned(rule)].sum().fill_null(0) for rule in asked})
        return {rule: (count, self._back[name, rule.name]) for rule, count in counts.items()}

    def lookup(self, values: ibis.Value, meant: Callable[[str], str | None]) -> ibis.Table:
        """Return what the distinct values of a text column are replaced by: ``value, replacement``.

        Parameters
        ----------
        values : ibis.Value
        meant : callable
            Takes a value and returns what is to stand in its place.
        """
        distinct = values.name("value").as_table().distinct().order_by("value")
        known = [v for v in distinct.to_pyarrow()["value"].to_pylist() if v is not None]
        content = {"value": pa.array(known, pa.string()), "replacement": pa.array(map(meant, known), pa.string())}
        return self._hold(pa.table(content), "lookup")

    def _aside(self, table, kind):
        """Hold a table as a file, where there is a folder for it."""
        if self._below is None:
            return self._hold(table, kind)
        place = self._below / f"{ibis.util.gen_name(kind)}.parquet"
        warehouse.write(table, place, compression="snappy")
        held = warehouse.read(self._con, place)
        self._files[held.op().name] = place
        return held

    def _hold(self, content, kind):
        self._made.append(ibis.util.gen_name(kind))
        return self._con.create_table(self._made[-1], obj=content, temp=True)

    def _drop(self, name):
        if name not in self._files:
            self._con.drop_table(name, force=True)
            return
        self._con.drop_view(name, force=True)
        place = self._files.pop(name)
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    def _counted(self, name, asked):
        if not asked:
            return {}
        places = {f"n{place}": value for place, value in enumerate(asked.values())}
        counts = self[name].agg(**places).to_pyarrow().to_pylist()[0]
        return {key: int(counts[place]) for key, place in zip(asked, places, strict=True)}

    def _flag(self, name, table):
        found = [(rule, rule.broken(name, table, self)) for rule in RULES]
        self._rules[name] = [rule for rule, condition in found if condition is not None]
        taking, returned = [], {}
        for rule, condition in found:
            if condition is not None and (name, rule.name) in self._back:
                returned[_returned(rule)] = condition.fill_null(False)
            elif condition is not None:
                taking.append((condition.fill_null(False), rule.name))
        return table.mutate(**{RULE: ibis.cases(*taking, else_=KEPT) if taking else ibis.literal(KEPT)}, **returned)

    def _mend(self, name):
        """Return a table repaired, with what each repair found in place of what it put there, and its columns."""
        table, columns, applied = self.collected[name], list(self.collected[name].columns), []
        for repair in REPAIRS:
            found = repair.mended(name, table, self)
            if found is not None:
                wide, values = found
                columns += [column for column in values if column not in columns]
                before = [was(one) for one in applied]
                table = wide.mutate(**values, **{was(repair): _before(wide, values)})
                applied.append(repair)
                table = table.select(*columns, *before, was(repair))
        self._repairs[name] = applied
        return self._marked(table, columns, [repair for repair in applied if repair.fills])

    def _marked(self, table, columns, fills):
        if not fills:
            return table, columns
        filled = [table[was(fill)].split(BETWEEN)[0] for fill in fills]
        marks = ibis.literal(", ").join(filled).nullif("")
        return table.mutate(**{FILLED: marks}), [*columns, FILLED]


def was(repair: Repair) -> str:
    """Return the column that holds what a repair found: a column and its value; null where nothing changed."""
    return f"was {repair.name}"


def _returned(rule):
    return f"back {rule.name}"


def _before(wide, values):
    """Return, for rows that differ, the first column that does and the value that it had."""
    parts = []
    for column, value in values.items():
        old = wide[column] if column in wide.columns else ibis.null(value.type())
        text = ibis.literal(f"{column}{BETWEEN}") + old.cast("string").fill_null("")
        parts.append((~old.identical_to(value), text))
    return ibis.cases(*parts, else_=ibis.null("string"))
