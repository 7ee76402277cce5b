"""Exports: which ones a window's first notebook read, and whether they are others by now.

make looks at times alone: an export that was put back with an older time, as copies and downloads keep it, is newer
than nothing. So the names, sizes and times are kept beside the stamp, and any difference makes the stamp void.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from insights import paths, store
from insights.params import Params


def state(files: Sequence[str | Path]) -> dict[str, list[int]]:
    """Return the size and the time of each file that is there, by its path from the root; of folders nothing."""
    there = sorted({Path(file) for file in files if Path(file).is_file()})
    return {os.path.relpath(f, paths.root()): [(about := f.stat()).st_size, about.st_mtime_ns] for f in there}


def keep(window: str, read: dict[str, list[int]]) -> None:
    """Keep what the first notebook of a window read, as it was when it began; nothing where it read no files."""
    if read:
        store.write_atomically(_file(window), f"{json.dumps(read, indent=1)}\n".encode())
    else:
        _file(window).unlink(missing_ok=True)


def are_others(params: Params) -> bool:
    """Return whether the exports of a window are not those that its first notebook read; no where none was kept."""
    kept = _file(params.window)
    if not kept.exists():
        return False
    from insights.collection import CollectionError, source_files

    try:
        return json.loads(kept.read_text()) != state(source_files(params))
    except CollectionError:
        return True  # the run that follows says what is wrong with them


def _file(window):
    return paths.stamp(window, "exports.json")
