"""The mapping file of a source: which file or relation, and which column, each table of the contract comes from.

It is YAML whose every scalar is read as text, so that ``Yes``, ``007`` and ``2025-03-01`` stay what was written.
What it says is checked against the contract before any export is opened.
"""

import functools
import zoneinfo
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import yaml

from insights import contract, paths, yamls
from insights.collection import shipped
from insights.collection.source import CollectionError, nearest
from insights.params import Params

MOST_LETTERS = 250  # of a pattern of file names
FILES, RELATION = "files", "relation"  # where the records of a table lie: in a folder, or in a database


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _one_or_many(value):
    return [value] if isinstance(value, str) else value


def _each(value):
    return [value] if isinstance(value, dict) else value


OneOrMany = Annotated[list[str], pydantic.BeforeValidator(_one_or_many), pydantic.Field(min_length=1)]


class Export(_Section):
    """How one table of the contract, or a part of it, is read from one kind of export.

    Attributes
    ----------
    files : list of str
        Of a folder: file names below it; ``*`` stands for anything.
    relation : str, optional
        Of a database: a table or view, with its schema where that is not the first one searched.
    use : str, optional
        A mapping that is shipped with Insights (:mod:`insights.collection.shipped`), to which this one adds.
    columns : dict of str to list of str
        For each contract column the export column; several are joined by a space (first and last name).
        ``device.category`` is a field of an object, ``event_params[page_location]`` a value of a list of pairs.
    if_there : list of str
        Contract columns that an export may lack.
    only : dict of str to list of str
        Export columns, and the values that rows must have there to be read; ``*`` stands for anything.
    constants : dict of str to str
        Contract columns with the same value in every row.
    values : dict of str to dict of str to str
        For a contract column, what the export's values mean. In a key, ``*`` stands for anything; the
        first key that fits counts; a value that no key fits stays what it is.
    dates : dict of str to list of str
        For a contract column, the formats of its dates, tried in turn: ``strptime`` codes, ``iso``, or ``epoch``,
        ``epoch_ms``, ``epoch_us``. ISO 8601 alone needs none.
    time_zone : str, optional
        Zone of times without an offset; :func:`load` puts that of the whole mapping where none is said.
    delimiter : str, optional
        Of CSV files.
    encoding : str
        Of CSV files.
    negated : list of str
        Contract columns whose sign is turned: a refund that the export writes as a positive amount.
    decimal_mark : str
        The other mark is taken as separator of thousands.
    missing : list of str
        What stands for a missing value, besides nothing at all.
    """

    files: OneOrMany | None = None
    relation: str | None = None
    use: str | None = None
    columns: dict[str, OneOrMany]
    if_there: list[str] = []
    only: dict[str, OneOrMany] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    dates: dict[str, OneOrMany] = {}
    time_zone: str | None = None
    delimiter: Annotated[str, pydantic.Field(min_length=1, max_length=1)] | None = None
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    negated: list[str] = []
    decimal_mark: Literal[".", ","] = "."
    missing: list[str] = []

    def parts(self) -> list[str]:
        """Return every column of the export that is read, as the mapping names it."""
        return [*self.only, *(part for parts in self.columns.values() for part in parts)]


Exports = Annotated[list[Export], pydantic.BeforeValidator(_each), pydantic.Field(min_length=1)]


class Mapping(_Section):
    """The whole file: the exports of each table of the contract, and the time zone of times that name none."""

    time_zone: str = "UTC"
    tables: Annotated[dict[str, Exports], pydantic.Field(min_length=1)]


def file_of(params: Params) -> Path:
    """Return the mapping file that a window's parameters name.

    Raises
    ------
    CollectionError
        If they name none, or one that is not there.
    """
    kind, named = params.source.kind, params.source.mapping
    if named is None:
        raise CollectionError(
            f"params/{params.window}.yaml: source.kind is {kind} and source.mapping is not set. Name the file that "
            "maps the exports to the contract (docs/bring_your_own_data.md)."
        )
    file = paths.root() / named
    if not file.is_file():
        raise CollectionError(
            f"params/{params.window}.yaml: source.mapping names {named}, which is not there. Write it "
            "(docs/bring_your_own_data.md), or correct the name."
        )
    return file


def load(file: Path, where: str = FILES) -> list[tuple[str, Export]]:
    """Read and check a mapping file; return its exports, each with the table of the contract that it fills.

    Parameters
    ----------
    file : pathlib.Path
    where : str
        ``files`` of a folder, ``relation`` of a database: what every export has to name.

    Raises
    ------
    CollectionError
        For YAML that cannot be read, and for a key, table or column that is not known (with the nearest known
        one named), missing, or contradictory. One message.
    """
    try:
        mapping = Mapping.model_validate(shipped.filled(_read(file), file))
    except pydantic.ValidationError as error:
        raise CollectionError(f"{file.name}: {yamls.listed(_explain(e) for e in error.errors())}") from None
    each = list(_placed(mapping))
    faults = [fault for name, place, export in each for fault in _faults(name, place, export, where)]
    faults += [fault for zone, place in _zones(mapping, each) for fault in _zone_faults(zone, place)]
    if faults:
        raise CollectionError(f"{file.name}: {yamls.listed(faults)}.")
    return [
        (name, export.model_copy(update={"time_zone": export.time_zone or mapping.time_zone}))
        for name, _, export in each
    ]


class _Texts(yamls.Once, yaml.BaseLoader):
    """Reads every scalar as text."""


def _read(file):
    try:
        return yamls.read(file, _Texts)
    except yaml.YAMLError as error:
        raise CollectionError(f"{file.name} is not readable as YAML: {error}. Mend that line.") from None


def _explain(error):
    loc = [part for part in error["loc"] if not isinstance(part, int)]
    place = ".".join(str(part) for part in loc) or "the file"
    match error["type"]:
        case "extra_forbidden":
            section = Mapping if len(loc) == 1 else Export
            return f"{place} is not known; {nearest(str(loc[-1]), section.model_fields)}"
        case "missing":
            return f"{place} is missing; set it"
        case _:
            return f"{place} is {yamls.shown(repr(error['input']), 200)}: {error['msg']}"


def _placed(mapping):
    """Yield the exports with their table and their place in the file, numbered where a table has several."""
    for name, exports in mapping.tables.items():
        for number, export in enumerate(exports, start=1):
            yield name, f"tables.{name}.{number}" if len(exports) > 1 else f"tables.{name}", export


def _faults(name, place, export, where):
    if name not in contract.TABLES:
        yield f"{place} is not in the contract; {nearest(name, contract.TABLES)}"
        return
    if getattr(export, where) is None:
        yield f"{place}.{where} is missing; set it"
    declared = contract.columns(name)
    filled = {*export.columns, *export.constants}
    for section in ("columns", "constants", "values", "dates", "negated", "if_there"):
        for column in getattr(export, section):
            if column not in declared:
                yield f"{place}.{section}.{column} is not in the contract; {nearest(column, declared)}"
            elif column not in filled and export.use is None:
                yield f"{place}.{section}.{column} has no column to act on; add it to columns"
    yield from _contradictions(place, export, declared)
    yield from _unfilled(name, place, filled)


def _contradictions(place, export, declared):
    for column in sorted({*export.columns} & {*export.constants}):
        yield f"{place}.{column} stands under columns and constants; keep one"
    for column in export.dates:
        if column in declared and not declared[column].dtype.is_timestamp():
            yield f"{place}.dates.{column} is no time; remove it"
    for column in export.negated:
        if column in declared and not declared[column].dtype.is_numeric():
            yield f"{place}.negated.{column} is no number; remove it"
    for pattern in export.files or ():
        parts = Path(pattern).parts
        if Path(pattern).is_absolute() or ".." in parts:
            yield f"{place}.files is {pattern!r}; name files below the source's folder"
        elif not parts or any("**" in part and part != "**" for part in parts):
            yield f"{place}.files is {pattern!r}, which names no file; write a name such as sales-*.csv"
        elif parts.count("**") > 1 or len(pattern) > MOST_LETTERS or "\0" in pattern:
            yield (
                f"{place}.files is {yamls.shown(repr(pattern), 80)}; write ** at most once, and at most "
                f"{MOST_LETTERS} letters"
            )


def _unfilled(name, place, filled):
    spec, assumed = contract.TABLES[name], set(assumptions(name))
    for column in contract.required(name):
        if column not in filled | assumed:
            yield f"{place} fills no {column}, which is required; add it to columns or constants"
    for value, recorded in spec.later.items():
        if value in filled and recorded not in filled | assumed:
            yield f"{place}.columns.{value} needs {recorded}, which tells when it became known; add it"


def assumptions(name: str) -> dict[str, str]:
    """Return, for each recording time that an export may leave out, the time it is then taken to equal."""
    spec, declared = contract.TABLES[name], contract.columns(name)
    later = {
        recorded: value
        for value, recorded in spec.later.items()
        if recorded != value and declared[value].dtype.is_timestamp()
    }
    return {"recorded_at": spec.happened} | later


def _zones(mapping, each):
    yield mapping.time_zone, "time_zone"
    yield from ((export.time_zone, f"{place}.time_zone") for _, place, export in each if export.time_zone)


@functools.cache
def _names_of_zones():
    return zoneinfo.available_timezones()


def _zone_faults(zone, place):
    if zone not in _names_of_zones():
        yield f"{place} is {zone!r}, no name of a time zone; write one such as UTC or America/Los_Angeles"
