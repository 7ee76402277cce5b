"""The mapping file of a folder of exports: which file and column each table of the contract comes from.

It is YAML whose every scalar is read as text, so that ``Yes``, ``007`` and ``2025-03-01`` stay what was written.
What it says is checked against the contract before any export is opened.
"""

import difflib
import zoneinfo
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import yaml

from insights import contract, privacy
from insights.collection.source import CollectionError

MOST_NAMED = 12


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _one_or_many(value):
    return [value] if isinstance(value, str) else value


OneOrMany = Annotated[list[str], pydantic.BeforeValidator(_one_or_many), pydantic.Field(min_length=1)]


class Export(_Section):
    """How one table of the contract is read from export files.

    Attributes
    ----------
    files : list of str
        File names below the source's folder; ``*`` stands for anything.
    columns : dict of str to list of str
        For each contract column the export column; several are joined by a space (first and last name).
    constants : dict of str to str
        Contract columns with the same value in every row.
    values : dict of str to dict of str to str
        For a contract column, what the export's values mean. In a key, ``*`` stands for anything; the
        first key that fits counts; a value that no key fits stays what it is.
    dates : dict of str to str
        For a contract column, the format of its dates: ``strptime`` codes, or ``epoch``, ``epoch_ms``,
        ``epoch_us``. ISO 8601 needs none.
    time_zone : str, optional
        Zone of times without an offset; by default that of the whole mapping.
    delimiter : str, optional
        Of CSV files.
    encoding : str
        Of CSV files.
    decimal_mark : str
        The other mark is taken as separator of thousands.
    missing : list of str
        What stands for a missing value, besides nothing at all.
    """

    files: OneOrMany
    columns: dict[str, OneOrMany]
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    dates: dict[str, str] = {}
    time_zone: str | None = None
    delimiter: Annotated[str, pydantic.Field(min_length=1, max_length=1)] | None = None
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    decimal_mark: Literal[".", ","] = "."
    missing: list[str] = []


class Mapping(_Section):
    """The whole file: tables of the contract, and the time zone of times that name none."""

    time_zone: str = "UTC"
    tables: Annotated[dict[str, Export], pydantic.Field(min_length=1)]


def load(file: Path) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    CollectionError
        For YAML that cannot be read, and for a key, table or column that is not known (with the nearest known
        one named), missing, or contradictory. One message.
    """
    try:
        mapping = Mapping.model_validate(_read(file))
    except pydantic.ValidationError as error:
        raise CollectionError(f"{file.name}: " + "; ".join(_explain(e) for e in error.errors())) from None
    faults = [fault for name, export in mapping.tables.items() for fault in _faults(name, export)]
    faults += [fault for zone, place in _zones(mapping) for fault in _zone_faults(zone, place)]
    if faults:
        raise CollectionError(f"{file.name}: {'; '.join(faults)}.")
    return mapping


def nearest(name: str, known) -> str:
    """Return a hint that names the nearest known names, or all of them where none is near."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    if near:
        return f"the nearest known is {' or '.join(near)}"
    shown = [
        privacy.scrub(str(one)) for one in known[:MOST_NAMED]
    ]  # a file without a header shows its first record
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"known are {', '.join(shown)}{more}"


class _Texts(yaml.BaseLoader):
    """Reads every scalar as text and refuses a key that stands twice, of which YAML would keep the last."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"{', '.join(twice)} stands twice, {str(node.start_mark).strip()}")
        return super().construct_mapping(node, deep)


def _read(file):
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_Texts)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = " ".join(str(error).replace(str(file), file.name).split())
        raise CollectionError(f"{file.name} is not readable as YAML: {place}. Mend that line.") from None


def _explain(error):
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    match error["type"]:
        case "extra_forbidden":
            section = Mapping if len(error["loc"]) == 1 else Export
            return f"{place} is not known; {nearest(str(error['loc'][-1]), section.model_fields)}"
        case "missing":
            return f"{place} is missing; set it"
        case _:
            return f"{place} is {error['input']!r}: {error['msg']}"


def _faults(name, export):
    if name not in contract.TABLES:
        yield f"tables.{name} is not in the contract; {nearest(name, contract.TABLES)}"
        return
    declared = contract.columns(name)
    filled = {*export.columns, *export.constants}
    for section in ("columns", "constants", "values", "dates"):
        for column in getattr(export, section):
            if column not in declared:
                yield f"tables.{name}.{section}.{column} is not in the contract; {nearest(column, declared)}"
            elif column not in filled:
                yield f"tables.{name}.{section}.{column} has no column to act on; add it to columns"
    yield from _contradictions(name, export, declared)
    yield from _unfilled(name, filled)


def _contradictions(name, export, declared):
    for column in sorted({*export.columns} & {*export.constants}):
        yield f"tables.{name}.{column} stands under columns and constants; keep one"
    for column in export.dates:
        if column in declared and not declared[column].dtype.is_timestamp():
            yield f"tables.{name}.dates.{column} is no time; remove it"
    for pattern in export.files:
        parts = Path(pattern).parts
        if Path(pattern).is_absolute() or ".." in parts:
            yield f"tables.{name}.files is {pattern!r}; name files below the source's folder"
        elif not parts or any("**" in part and part != "**" for part in parts):
            yield f"tables.{name}.files is {pattern!r}, which names no file; write a name such as sales-*.csv"


def _unfilled(name, filled):
    spec, assumed = contract.TABLES[name], set(assumptions(name))
    for column in contract.required(name):
        if column not in filled | assumed:
            yield f"tables.{name} fills no {column}, which is required; add it to columns or constants"
    for value, recorded in spec.later.items():
        if value in filled and recorded not in filled | assumed:
            yield f"tables.{name}.columns.{value} needs {recorded}, which tells when it became known; add it"


def assumptions(name: str) -> dict[str, str]:
    """Return, for each recording time that an export may leave out, the time it is then taken to equal."""
    spec, declared = contract.TABLES[name], contract.columns(name)
    later = {
        recorded: value
        for value, recorded in spec.later.items()
        if recorded != value and declared[value].dtype.is_timestamp()
    }
    return {"recorded_at": spec.happened} | later


def _zones(mapping):
    yield mapping.time_zone, "time_zone"
    yield from ((e.time_zone, f"tables.{n}.time_zone") for n, e in mapping.tables.items() if e.time_zone)


def _zone_faults(zone, place):
    if zone not in zoneinfo.available_timezones():
        yield f"{place} is {zone!r}, no name of a time zone; write one such as UTC or America/Los_Angeles"
