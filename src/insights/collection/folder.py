"""A folder of exports as a source, mapped to the contract by a small declarative file.

The folder lies on this machine or in object storage (``s3://bucket/exports``), which is opened like a folder.
"""

import errno
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

import ibis
from upath import UPath

from insights import paths, privacy, warehouse
from insights.collection import files, mapped, mapping
from insights.collection.mapping import Export
from insights.collection.seen import Seen, is_by_month
from insights.collection.source import CollectionError, Extract, Unread
from insights.params import Params

Found = list[tuple[str, Export, list[Path]]]


def check(params: Params) -> None:
    """Refuse an absent or wrong mapping, absent or broken files, and files that lack a mapped column.

    Raises
    ------
    CollectionError
    """
    con = warehouse.local()
    folder, exports = _exports(params)
    files.mount(con, folder)
    seen = _memory(folder)
    for name, export, found in exports:
        for file in found:
            if _span_of(seen, name, export, file):
                continue
            mapped.require_columns(name, export, file.name, _open(con, [file], export).columns)
            _require_once(name, export, file, files.header(con, file, export.delimiter, export.encoding))


def files_of(params: Params) -> list[Path]:
    """Return the mapping, the key, the exports and their folders: what lies on this machine."""
    folder, exports = _exports(params)
    local = [mapping.file_of(params), *privacy.key_files()]
    if files.is_remote(folder):
        return local
    found = {file for _, _, files_found in exports for file in files_found}
    return [*local, *sorted({file.parent for file in found}), *sorted(found)]


def read(params: Params, con: ibis.BaseBackend, progress) -> Extract:
    """Return the mapped tables of a folder; every value is tried once, so that a bad one is named here."""
    folder, exports = _exports(params)
    files.mount(con, folder)
    chosen, unread = _of_window(con, folder, exports, params, progress)
    every = {name: sorted({f for n, _, found, _ in chosen if n == name for f in found}) for name, *_ in chosen}
    extract = mapped.extract(
        _records(con, chosen, progress),
        files.inputs({file for found in every.values() for file in found}, folder),
        {name: _words(found, folder) for name, found in every.items()},
    )
    return replace(extract, unread=unread)


def _exports(params) -> tuple[Path, Found]:
    file = mapping.file_of(params)
    folder = _place(params.source.path) if params.source.path else file.parent
    if not _is_folder(folder, params):
        raise CollectionError(
            f"params/{params.window}.yaml: source.path names {params.source.path}, which is no folder. Put the "
            "exports there, or correct the name."
        )
    return folder, [(name, export, _found(folder, name, export)) for name, export in mapping.load(file)]


def _is_folder(folder, params) -> bool:
    try:
        return folder.is_dir()
    except (ImportError, OSError, ValueError) as error:  # what opens the storage is not installed, or does not get in
        raise CollectionError(
            f"params/{params.window}.yaml: source.path names {params.source.path}, which cannot be opened "
            f"({str(error).strip().rstrip('.')}). Put that right, or copy the exports to this machine."
        ) from None


def _place(path: str) -> Path:
    return UPath(path) if "://" in path else paths.root() / path


def _found(folder, name, export) -> list[Path]:
    try:
        found = {file for pattern in export.files for file in folder.glob(pattern) if file.is_file()}
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            raise
        found = set()  # nothing can be called that
    if not found:
        raise CollectionError(
            f"tables.{name}.files: nothing in {folder.name}/ is named {' or '.join(export.files)}. Put the export "
            "there, or correct the name in the mapping."
        )
    _require_inside(folder, name, found)
    return sorted(found)


def _require_inside(folder, name, found):
    """Refuse an export that is a link to elsewhere: whoever may write into the folder might have any file read."""
    whole = None if files.is_remote(folder) else folder.resolve()
    for file in sorted(found) if whole else ():
        if not file.resolve().is_relative_to(whole):
            raise CollectionError(
                f"tables.{name}.files: {file.relative_to(folder).as_posix()} is a link that leads out of "
                f"{folder.name}/. Put the export itself there, or name its folder in source.path."
            )


def _open(con, found: Sequence[Path], export) -> ibis.Table:
    return files.open_files(con, found, delimiter=export.delimiter, encoding=export.encoding)


def _of_window(con, folder, exports, params, progress):
    """Return the exports with the files that can matter to the window and what these hold, and what was not read.

    A file of events that was not seen before is read once for its dates; then each window knows which it needs.
    """
    seen, chosen, unread = _memory(folder), [], []
    for name, export, found in exports:
        if seen is None or not is_by_month(name):
            chosen.append((name, export, found, {}))
            continue
        spans = {file: _remembered(con, seen, name, export, file, progress) for file in found}
        kept = [file for file, span in spans.items() if span.matters(params)] or found[:1]
        chosen.append((name, export, kept, {file: spans[file] for file in kept}))
        unread += [Unread(name, s.rows, s.undated, s.months) for file, s in spans.items() if file not in kept]
    return chosen, unread


def _memory(folder) -> Seen | None:
    return None if files.is_remote(folder) else Seen(folder)


def _span_of(seen, name, export, file):
    return seen.span(name, export, file) if seen is not None and is_by_month(name) else None


def _remembered(con, seen, name, export, file, progress):
    known = seen.span(name, export, file)
    if known is None:
        progress(f"reading the dates of {file.name}")
        known = mapped.span(name, export, _records_of(con, [file], export))
        seen.remember(name, export, file, known)
    return known


def _records(con, chosen, progress) -> Iterator[tuple[str, Export, mapped.Records]]:
    for name, export, found, spans in chosen:
        progress(f"reading {name}")
        for group in _groups(found):
            held = [spans[file] for file in group if file in spans]
            checked = (sum(s.rows for s in held), sum(s.others for s in held)) if held else None
            yield name, export, replace(_records_of(con, group, export), checked=checked)


def _records_of(con, group, export):
    place = group[0].name if len(group) == 1 else f"{group[0].name} and {len(group) - 1} more"
    table = _open(con, group, export)
    return mapped.Records(table, table.columns, place, partial(files.reading, group))


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
