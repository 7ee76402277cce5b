"""The harness: one reader, one input, and what may come of it: it is read, or refused by the reader's own error.

Anything else is a finding: another exception, more seconds or memory than an input may take, a file written outside
of the room, a program or a connection that was begun.
"""

import contextlib
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
READ, REFUSED, FOUND = "read", "refused", "found"
SECONDS, MEGABYTES = 5.0, 512  # that one input may take
FORBIDDEN = {"os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "pickle.find_class", "exec"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Hang(BaseException):
    """An input that takes longer than any may."""


class Broken(AssertionError):  # noqa: N818 a property, not an error of a reader
    """A reader took an input, and what it made of it breaks what it promises."""


@dataclass(frozen=True)
class Reader:
    """A reader, and how it is fuzzed.

    Attributes
    ----------
    name : str
    about : str
        What it reads, in a line of the page.
    read : callable
        Takes the bytes of one input.
    refuses : tuple of type
        Its declared errors.
    seeds : callable
        Returns real small examples.
    inputs : int
        How many it gets in ``make fuzz``.
    make : callable, optional
        Builds an input out of choices, where plain bytes would only meet the parser's first error.
    seconds : float
        Of the processor, that one input may take.
    allows : tuple of str
        Audit events that its work needs.
    """

    name: str
    about: str
    read: Callable[[bytes], object]
    refuses: tuple[type[BaseException], ...]
    seeds: Callable[[], Sequence[bytes]]
    inputs: int
    make: Callable | None = None
    seconds: float = SECONDS
    allows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of one input: ``read``, ``refused`` or ``found``, and of a finding what and where."""

    kind: str
    what: str = ""
    where: str = ""


@cache
def room() -> Path:
    """Return a folder of this process's own, in which readers find a project: parameters, registers, nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="insights-fuzzing-")).resolve()
    for name in ("params", "registers"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in ("secrets", "planners", "deployed", "outputs", "data"):
        (folder / name).mkdir()
    return folder


def written(name: str, content: bytes) -> Path:
    """Write a file of the room; return it."""
    file = room() / name
    file.write_bytes(content)
    return file


def require(holds: bool, what: str) -> None:
    """Say that a promise is broken, if it is."""
    if not holds:
        raise Broken(what)


def judged(reader: Reader, content: bytes) -> Outcome:
    """Return what comes of one input."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with _watched(reader):
            reader.read(content)
    except reader.refuses as error:
        if "\x1b" in str(error) or len(str(error)) > MOST_SAID:
            return Outcome(FOUND, f"an error of {len(str(error)):,} letters", reader.name)
        kind = REFUSED
    except (Exception, Hang, SystemExit) as error:  # whatever else it is, is a finding
        return Outcome(FOUND, f"{type(error).__name__}: {str(error)[:300]}", _place(error))
    else:
        kind = READ
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if grown > MEGABYTES:
        return Outcome(FOUND, f"memory grew by {grown:,.0f} MB", reader.name)
    return Outcome(kind)


MOST_SAID = 20_000  # letters of an error
_WATCH: dict = {"reader": None}


@contextlib.contextmanager
def _watched(reader) -> Iterator[None]:
    """Let no input take longer than it may, start a program, or write outside of the room."""
    _listen()
    old = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, reader.seconds)
    _WATCH["reader"] = reader
    try:
        yield
    finally:
        _WATCH["reader"] = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)


def _stop(number, frame):
    raise Hang(f"longer than it may take, in {frame.f_code.co_name}")


@cache
def _listen() -> None:
    sys.addaudithook(_heard)


def _heard(event, arguments):
    reader = _WATCH and _WATCH["reader"]  # nothing, when the interpreter ends
    if reader is None or event in reader.allows:
        return
    if event in FORBIDDEN and not (event == "exec" and _is_of_a_library(arguments[0])):
        raise Broken(f"{event} was asked for: {str(arguments)[:200]}")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
        _require_inside(arguments[0])


def _is_of_a_library(code):
    """Tell whether code comes from an installed file, as an import or a named tuple's, and not from an input."""
    made_by_libraries = code.co_filename.startswith(("<frozen", "<attrs", "<__array", "<stdin>", "<string>"))
    return made_by_libraries or Path(code.co_filename).suffix in (".py", ".j2")


def _require_inside(path):
    if isinstance(path, int):
        return
    place = Path(os.fsdecode(path)).absolute()
    is_made_for_a_moment = place.parent == Path(tempfile.gettempdir()) and place.name.startswith("tmp")
    is_kept_by_python = place.is_relative_to("/dev/null") or "__pycache__" in place.parts
    if not (place.is_relative_to(room()) or is_made_for_a_moment or is_kept_by_python):
        raise Broken(f"{place} was written, outside of the room")


def _place(error) -> str:
    """Return where in the library an error arose, or where at all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/insights/" in frame.filename] or frames
    return f"{re.sub(r'^.*/(src|fuzzing)/', '', ours[-1].filename)}:{ours[-1].name}" if ours else ""
