"""Seals: what each finished notebook rested on and wrote, by content; a stamp that is no longer true is void.

make goes by the times of files alone. A clock that was put back, a file that came back with its old time, a table
that was garbled or removed: all of these escape it, and would be carried into every later result.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from insights import paths, store


def state(files: Iterable[str | Path]) -> dict[str, str | None]:
    """Return the SHA-256 of each file by its path from the root, None of one that is not there; folders are left."""
    every = sorted({Path(os.path.abspath(paths.root() / file)) for file in files})  # noqa: PTH100 - links stay links
    return {os.path.relpath(f, paths.root()): _hash(f) for f in every if not f.is_dir()}


def keep(window: str, step: str, rested_on: dict[str, str | None]) -> None:
    """Keep what a notebook rested on, as it was when it began, and the page and the notebook that it became."""
    wrote = {name: _hash(place(window, step)) for name, place in _WRITTEN.items()}
    _write(window, step, {"rested_on": rested_on, **wrote})


def keep_page(window: str, step: str) -> None:
    """Keep that a page was written anew."""
    if kept := _kept(window, step):
        _write(window, step, kept | {"page": _hash(paths.page(window, step))})


def broken(window: str, thoroughly: bool = True) -> dict[str, str]:
    """Return, by stamp that is not true any more, what is not as it was when it was set, in words.

    Parameters
    ----------
    window : str
    thoroughly : bool
        Whether what a notebook wrote is read; if not, its size and time are enough.
    """
    found = {}
    for step in paths.STEPS:
        if not paths.stamp(window, step).exists():
            continue
        if said := next(_of_step(window, step, thoroughly), ""):
            found[step] = said
        elif (kept := _kept(window, step)) is not None and kept["page"] != _hash(paths.page(window, step)):
            found["pages"] = _other(window, paths.page(window, step))
    if paths.stamp(window, "pages").exists() and _is_to_come(window, "pages"):
        found.setdefault("pages", "it is dated later than now")
    return found


def mend(window: str) -> list[str]:
    """Make void each stamp that is not true any more, so that make runs what is needed; return what was found."""
    store.put_back(window)
    found = broken(window)
    for name in found:
        paths.stamp(window, name).unlink(missing_ok=True)
        if name == "pages":
            _remove_changed_pages(window)
    for step in paths.STEPS:
        if not paths.stamp(window, step).exists():
            _rule(window, step).unlink(missing_ok=True)  # make could not read a garbled one, and needs none
    store.assemble_readable(window)
    return [f"{window}  {name}: {said}; made again." for name, said in found.items()]


def _rule(window, step):
    return paths.stamp(window, f"{step}.d")


_WRITTEN = {"page": paths.page, "notebook": paths.executed, "rule": _rule}


def _of_step(window, step, thoroughly) -> Iterator[str]:
    if _is_to_come(window, step):
        yield "it is dated later than now, as where the clock was put back"
    kept = _kept(window, step)
    if kept is None:
        return  # of an earlier version, or never run: make alone decides
    if not kept:
        yield f"{_relative(window, _file(window, step))} cannot be read"
        return
    yield from (f"{name} has changed" for name, digest in kept["rested_on"].items() if digest != _digest(name))
    if (file := store.changed(window, step, thoroughly)) is not None:
        yield _other(window, file)
    for name in ("notebook", "rule"):
        if kept[name] != _hash(file := _WRITTEN[name](window, step)):
            yield _other(window, file)


def _remove_changed_pages(window):
    for step in paths.STEPS:
        kept = _kept(window, step)
        if kept and kept["page"] != _hash(paths.page(window, step)):
            paths.page(window, step).unlink(missing_ok=True)


def _kept(window, step):
    """Return what is kept of a step; None where nothing is, and an empty one where it cannot be read."""
    try:
        kept = json.loads(_file(window, step).read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) and {"rested_on", *_WRITTEN} <= set(kept) else {}


def _write(window, step, content):
    store.write_atomically(_file(window, step), f"{json.dumps(content, indent=1)}\n".encode())


def _is_to_come(window, name):
    return paths.stamp(window, name).stat().st_mtime > time.time()


def _file(window, step):
    return paths.stamp(window, f"{step}.json")


def _other(window, file):
    return f"{_relative(window, file)} {'is not as it was written' if file.exists() else 'is gone'}"


def _relative(window, file):
    return os.path.relpath(file, paths.window(window))


def _digest(name):
    return _hash(paths.root() / name)


def _hash(file):
    return store.file_hash(file) if file.is_file() else None
