"""A folder of exports as a source, mapped to the contract by a small declarative file.

Every value is read as the contract's type or reported: file, column, how many, an example, the remedy. An example
of a column that may identify somebody is masked.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import ibis

from insights import contract, paths, privacy
from insights.collection import files, mapping, parsing
from insights.collection.mapping import Export
from insights.collection.source import CollectionError, Extract
from insights.params import Params


def check(params: Params) -> None:
    """Refuse an absent or wrong mapping, absent or broken files, and files that lack a mapped column.

    Raises
    ------
    CollectionError
    """
    con = ibis.duckdb.connect()
    for name, (export, found) in _exports(params)[1].items():
        for file in found:
            _require_columns(name, export, file, _open(con, [file], export).columns)
            _require_once(name, export, file, files.header(con, file, export.delimiter, export.encoding))


def files_of(params: Params) -> list[Path]:
    """Return the mapping, the exports that it names, and the folders that they lie in."""
    _, exports = _exports(params)
    found = {file for _, files_found in exports.values() for file in files_found}
    return [_mapping_file(params), *sorted({file.parent for file in found}), *sorted(found)]


def read(params: Params, con: ibis.BaseBackend, progress) -> Extract:
    """Return the mapped tables of a folder; every value is tried once, so that a bad one is named here."""
    folder, exports = _exports(params)
    zone = mapping.load(_mapping_file(params)).time_zone
    tables = {}
    for name, (export, found) in exports.items():
        progress(f"reading {name}")
        tables[name] = _table(con, name, export, found, export.time_zone or zone)
    every = {file for _, found in exports.values() for file in found}
    return Extract(
        tables=tables,
        key=privacy.secret_key(),
        inputs=files.inputs(every, folder),
        files={name: _words(found, folder) for name, (_, found) in exports.items()},
        notes={(name, c): note for name, (e, _) in exports.items() for c, note in _notes(name, e).items()},
    )


def _mapping_file(params) -> Path:
    named = params.source.mapping
    if named is None:
        raise CollectionError(
            f"params/{params.window}.yaml: source.kind is folder and source.mapping is not set. Name the file that "
            "maps the exports to the contract (docs/bring_your_own_data.md)."
        )
    file = paths.root() / named
    if not file.is_file():
        raise CollectionError(
            f"params/{params.window}.yaml: source.mapping names {named}, which is not there. Write it "
            "(docs/bring_your_own_data.md), or correct the name."
        )
    return file


def _exports(params) -> tuple[Path, dict[str, tuple[Export, list[Path]]]]:
    file = _mapping_file(params)
    folder = paths.root() / params.source.path if params.source.path else file.parent
    if not folder.is_dir():
        raise CollectionError(
            f"params/{params.window}.yaml: source.path names {params.source.path}, which is no folder. Put the "
            "exports there, or correct the name."
        )
    tables = mapping.load(file).tables
    return folder, {name: (export, _found(folder, name, export)) for name, export in tables.items()}


def _found(folder, name, export) -> list[Path]:
    found = {file for pattern in export.files for file in folder.glob(pattern) if file.is_file()}
    if not found:
        raise CollectionError(
            f"tables.{name}.files: nothing in {folder.name}/ is named {' or '.join(export.files)}. Put the export "
            "there, or correct the name in the mapping."
        )
    return sorted(found)


def _open(con, found: Sequence[Path], export) -> ibis.Table:
    return files.open_files(con, found, delimiter=export.delimiter, encoding=export.encoding)


def _require_columns(name, export, file, present):
    for column, wanted in export.columns.items():
        for part in wanted:
            if part not in present:
                raise CollectionError(
                    f"{file.name}: no column {part!r}, which the mapping names for {name}.{column}; "
                    f"{mapping.nearest(part, present)}. Correct the mapping, or export the column."
                )


def _require_once(name, export, file, header):
    mapped = {part for wanted in export.columns.values() for part in wanted}
    twice = [part for part in sorted(mapped) if [h.casefold() for h in header].count(part.casefold()) > 1]
    if twice:
        raise CollectionError(
            f"{file.name}: column {twice[0]!r}, which the mapping names for {name}, stands there twice. Rename one "
            "of the two, or export it once."
        )


def _table(con, name, export, found, zone) -> ibis.Table:
    parts = []
    for _, alike in groupby(sorted(found, key=_read_alike), key=_read_alike):
        group = list(alike)
        table = _open(con, group, export)
        _require_columns(name, export, group[0], table.columns)
        written, read = _values(name, export, table, zone)
        _require_readable(con, name, export, group, table.select(**_failures(written, read)))
        parts.append(table.select(**_with_assumptions(name, read)))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _read_alike(file):
    return files.format_of(file), files.delimiter_of(file)


def _values(name, export, table, zone):
    """Return, by contract column, what the export says as text and what it is read as."""
    written, read = {}, {}
    for column, spec in contract.columns(name).items():
        if column in export.columns:
            written[column] = _text(table, export, column)
            read[column] = _read(table, export, spec, written[column], zone)
        elif column in export.constants:
            written[column] = ibis.literal(export.constants[column])
            read[column] = _parsed(export, spec, written[column], zone)
    return written, read


def _text(table, export, column):
    texts = [parsing.as_text(table[part], export.missing) for part in export.columns[column]]
    text = texts[0] if len(texts) == 1 else ibis.literal(" ").join(texts)
    text = parsing.identifier(text) if column.endswith("_id") else text
    return _translated(text, export.values.get(column, {}))


def _translated(text, meanings):
    if not meanings:
        return text
    like = ((text.re_search(_pattern(key)), ibis.literal(value)) for key, value in meanings.items())
    return ibis.cases(*like, else_=text).nullif("")


def _pattern(key):
    return "^" + ".*".join(re.escape(part) for part in key.split("*")) + "$"


def _read(table, export, spec, text, zone):
    source = table[export.columns[spec.name][0]]
    if spec.dtype.is_timestamp() and (source.type().is_timestamp() or source.type().is_date()):
        return parsing.plausible_in_utc(source, zone)
    return _parsed(export, spec, text, zone, typed=source.type().is_numeric())


def _parsed(export, spec, text, zone, typed=False):
    mark = "." if typed else export.decimal_mark  # the mark of an export is that of its texts
    text = parsing.named(text) if spec.name.endswith("_id") else text
    value = parsing.parsed(
        text, spec.dtype, date_format=export.dates.get(spec.name), zone=zone, decimal_mark=mark
    )
    return ibis.ifelse(value.isin(spec.allowed), value, ibis.null("string")) if spec.allowed else value


def _with_assumptions(name, read):
    assumed = {
        recorded: read[value]
        for recorded, value in mapping.assumptions(name).items()
        if recorded not in read and value in read
    }
    return read | assumed


def _failures(written, read):
    return {
        column: ibis.ifelse(text.notnull() & read[column].isnull(), text, ibis.null("string"))
        for column, text in written.items()
    }


def _require_readable(con, name, export, found, failing):
    asked = {f"n_{c}": failing[c].count() for c in failing.columns}
    asked |= {f"x_{c}": failing[c].min() for c in failing.columns}
    with files.reading(found):
        answer = failing.aggregate(**asked, rows=failing.count()).to_pyarrow().to_pylist()[0]
    for column in failing.columns:
        if answer[f"n_{column}"]:
            count = f"{answer[f'n_{column}']:,} of {answer['rows']:,}"
            raise CollectionError(_unreadable(name, export, found, column, count, answer[f"x_{column}"]))


def _unreadable(name, export, found, column, count, example):
    spec = contract.columns(name)[column]
    one_word = spec.sensitivity == contract.INTERNAL and " " not in example  # two may be somebody's name
    scrubbed = privacy.scrub(example)
    told = spec.dtype.is_string() or scrubbed == example
    shown = (scrubbed if one_word and told else _masked(example))[:40]
    named = found[0].name if len(found) == 1 else f"{found[0].name} and {len(found) - 1} more"
    origin = " + ".join(export.columns.get(column, ["constants"]))
    wanted, remedy = _wanted(spec)
    return (
        f"{named}, column {origin!r} ({name}.{column}): {count} values are not {wanted}, such as {shown!r}. "
        f"Correct the export, or {remedy} for {column} in the mapping."
    )


def _wanted(spec: contract.Column):
    if spec.allowed:
        return f"any of {', '.join(spec.allowed)}", "say under values what they mean"
    if spec.dtype.is_timestamp():
        return "a time in the format expected", "name the format under dates"
    if spec.dtype.is_boolean():
        return "true or false", "say under values what they mean"
    kind = "a whole number" if spec.dtype.is_integer() else "a number"
    return f"{kind} within the type {spec.dtype}", "set decimal_mark or missing"


def _masked(text):
    return re.sub(r"\d", "9", re.sub(r"[^\W\d]", "x", text))


def _notes(name, export):
    notes = {column: f"from {' + '.join(parts)}" for column, parts in export.columns.items()}
    notes |= {column: f"{value!r} in every row" for column, value in export.constants.items()}
    for recorded, value in mapping.assumptions(name).items():
        if recorded not in notes and value in notes:
            notes[recorded] = f"assumed equal to {value}: the export does not say when it became known"
    return notes


def _words(found, folder):
    names = [file.relative_to(folder).as_posix() for file in found]
    return ", ".join(names) if len(names) < 4 else f"{len(names)} files, {names[0]} to {names[-1]}"
