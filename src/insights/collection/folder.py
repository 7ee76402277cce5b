"""A folder of exports as a source, mapped to the contract by a small declarative file.

The folder lies on this machine or in object storage (``s3://bucket/exports``), which is opened like a folder.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import ibis
from upath import UPath

from insights import paths, privacy
from insights.collection import files, mapped, mapping
from insights.collection.mapping import Export
from insights.collection.source import CollectionError, Extract, Unmapped
from insights.params import Params

Found = list[tuple[str, Export, list[Path]]]


def check(params: Params) -> None:
    """Refuse an absent or wrong mapping, absent or broken files, and files that lack a mapped column.

    Raises
    ------
    CollectionError
    """
    con = ibis.duckdb.connect()
    folder, exports = _exports(params)
    files.mount(con, folder)
    for name, export, found in exports:
        for file in found:
            mapped.require_columns(name, export, file.name, _open(con, [file], export).columns)
            _require_once(name, export, file, files.header(con, file, export.delimiter, export.encoding))


def files_of(params: Params) -> list[Path]:
    """Return the mapping, the key, the exports and their folders: what lies on this machine."""
    folder, exports = _exports(params)
    local = [mapping.file_of(params), *privacy.key_files()]
    if _is_remote(folder):
        return local
    found = {file for _, _, files_found in exports for file in files_found}
    return [*local, *sorted({file.parent for file in found}), *sorted(found)]


def read(params: Params, con: ibis.BaseBackend, progress) -> Extract:
    """Return the mapped tables of a folder; every value is tried once, so that a bad one is named here."""
    folder, exports = _exports(params)
    files.mount(con, folder)
    zone = mapping.load(mapping.file_of(params)).time_zone
    parts, left_out, notes, others = {}, [], {}, []
    for name, export, found in exports:
        progress(f"reading {name}")
        for group in _groups(found):
            records = _records(con, group, export)
            table, exclusions = mapped.read(name, export, records, zone)
            parts.setdefault(name, []).append(table)
            left_out += exclusions
            others += [Unmapped(records.place, c) for c in mapped.unmapped(export, records.table.columns)]
            here = mapped.present(export, records.table.columns)
            notes |= {(name, c): note for c, note in mapped.notes(name, here).items()}
    every = {name: sorted({f for n, _, found in exports if n == name for f in found}) for name in parts}
    return Extract(
        tables={name: mapped.together(name, tables) for name, tables in parts.items()},
        key=privacy.secret_key(),
        inputs=files.inputs({file for found in every.values() for file in found}, folder),
        files={name: _words(found, folder) for name, found in every.items()},
        notes=notes,
        exclusions=left_out,
        unmapped=others,
    )


def _exports(params) -> tuple[Path, Found]:
    file = mapping.file_of(params)
    folder = _place(params.source.path) if params.source.path else file.parent
    if not _is_folder(folder, params):
        raise CollectionError(
            f"params/{params.window}.yaml: source.path names {params.source.path}, which is no folder. Put the "
            "exports there, or correct the name."
        )
    tables = mapping.load(file).tables
    return folder, [(n, export, _found(folder, n, export)) for n, each in tables.items() for export in each]


def _is_folder(folder, params) -> bool:
    try:
        return folder.is_dir()
    except (
        ImportError,
        OSError,
        ValueError,
    ) as error:  # what opens the storage is not installed, or does not get in
        raise CollectionError(
            f"params/{params.window}.yaml: source.path names {params.source.path}, which cannot be opened "
            f"({str(error).strip().rstrip('.')}). Put that right, or copy the exports to this machine."
        ) from None


def _place(path: str) -> Path:
    return UPath(path) if "://" in path else paths.root() / path


def _is_remote(folder) -> bool:
    return isinstance(folder, UPath) and folder.protocol not in ("", "file")


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


def _records(con, found, export) -> mapped.Records:
    place = found[0].name if len(found) == 1 else f"{found[0].name} and {len(found) - 1} more"
    return mapped.Records(_open(con, found, export), place, lambda: files.reading(found))


def _groups(found) -> list[list[Path]]:
    """Put files together that are read in the same way."""
    return [list(alike) for _, alike in groupby(sorted(found, key=_read_alike), key=_read_alike)]


def _read_alike(file):
    return files.format_of(file), files.delimiter_of(file)


def _require_once(name, export, file, header):
    read_from = {part for wanted in export.columns.values() for part in wanted}
    twice = [part for part in sorted(read_from) if [h.casefold() for h in header].count(part.casefold()) > 1]
    if twice:
        raise CollectionError(
            f"{file.name}: column {twice[0]!r}, which the mapping names for {name}, stands there twice. Rename one "
            "of the two, or export it once."
        )


def _words(found, folder):
    names = [file.relative_to(folder).as_posix() for file in found]
    return ", ".join(names) if len(names) < 4 else f"{len(names)} files, {names[0]} to {names[-1]}"
