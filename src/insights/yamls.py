"""YAML as people write it, and as nobody should: what stands twice, leads to itself or never ends is refused.

YAML lets a few lines stand for more than any memory holds (an alias of aliases), and of a key that stands twice it
keeps the last. Both are refused here, with files that are too large or too deep, before anything is made of them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pydantic
import yaml

MOST_BYTES, MOST_DEPTH, MOST_VALUES = 1_000_000, 30, 100_000
MOST_SHOWN, MOST_FAULTS = 600, 8


class Once:
    """A loader of YAML that refuses a key that stands twice and what never ends; mix it into one of yaml's own."""

    def __init__(self, stream):
        super().__init__(stream)
        self._depth, self._values, self._held = 0, 0, {}

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node:
        """Return a node, counted with all that stands below it, once for each alias of it.

        Raises
        ------
        yaml.YAMLError
            If there are too many, they are too deep, or one stands within itself.
        """
        mark = str(self.peek_event().start_mark).strip()
        is_alias, before, self._depth = self.check_event(yaml.AliasEvent), self._values, self._depth + 1
        if self._depth > MOST_DEPTH:
            raise yaml.YAMLError(f"nested deeper than {MOST_DEPTH} levels, {mark}")
        node = super().compose_node(parent, index)
        if is_alias and id(node) not in self._held:
            raise yaml.YAMLError(f"an alias stands within what it stands for, {mark}")
        self._values += self._held[id(node)] if is_alias else 1
        if self._values > MOST_VALUES:
            raise yaml.YAMLError(f"more than {MOST_VALUES:,} values, those that aliases repeat among them, {mark}")
        if not is_alias:
            self._held[id(node)] = self._values - before
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """Return a value.

        Raises
        ------
        yaml.YAMLError
            If it is none of its kind, such as the thirtieth of February; it names the value and the place.
        """
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, str):
                value.encode()  # half a letter can be written nowhere
            return value
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
            value = shown(repr(node.value), 80) if isinstance(node, yaml.ScalarNode) else "this"
            place = str(node.start_mark).strip()
            raise yaml.YAMLError(f"{value} is no value of its kind ({error}), {place}") from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Return a mapping.

        Raises
        ------
        yaml.YAMLError
            If a key stands twice; it names the key and the place.
        """
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            twice = sorted(key for key, times in keys.items() if times > 1)
            if twice:
                raise yaml.YAMLError(f"{', '.join(twice)} stands twice, {str(node.start_mark).strip()}")
        return super().construct_mapping(node, deep)


class _Entries(Once, yaml.SafeLoader):
    """Reads scalars by their type."""


def read(file: Path, loader: type[Once]) -> object:
    """Return what a file holds.

    Parameters
    ----------
    file : Path
        Of at most 1 MB.
    loader : type
        :class:`Once`, mixed into one of yaml's own that makes nothing but plain values.

    Raises
    ------
    yaml.YAMLError
        If it cannot be read; it names the place, and no folder of this machine.
    """
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise yaml.YAMLError(f"{size:,} bytes, above {MOST_BYTES:,}")
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    except UnicodeDecodeError as error:
        raise yaml.YAMLError(f"not UTF-8 (byte {error.start:,})") from None
    except yaml.YAMLError as error:
        place = " ".join(str(error).replace(str(file), file.name).split())
        raise yaml.YAMLError(shown(place)) from None


def entries(
    file: Path, model: type[pydantic.BaseModel], error: type[ValueError], explain: Callable[[dict], str] | None = None
) -> list[pydantic.BaseModel]:
    """Return the entries of a register that people keep by hand, in its order; none of an empty file.

    Parameters
    ----------
    file : Path
        A list in YAML.
    model : type of pydantic.BaseModel
        What an entry must be.
    error : type of ValueError
        What is raised if the file cannot be read or an entry is none; it names the file, the place and the remedy.
    explain : callable, optional
        Puts one of pydantic's errors into words.
    """
    try:
        content = read(file, _Entries) or []
        return pydantic.TypeAdapter(list[model]).validate_python(content)
    except yaml.YAMLError as fault:
        raise error(f"{file.name} cannot be read: {' '.join(str(fault).split())}. Mend that line.") from None
    except pydantic.ValidationError as faults:
        said = listed((explain or _explain)(fault) for fault in faults.errors())
        raise error(f"{file.name} cannot be read: {said}. Mend that entry.") from None


def listed(faults: Iterable[str], most: int = MOST_FAULTS) -> str:
    """Return what is wrong with a file as one text for a terminal: the first faults, and how many more there are."""
    every = list(faults)
    more = [f"and {len(every) - most:,} more"] if len(every) > most else []
    return "; ".join([*map(shown, every[:most]), *more])


def shown(text: str, most: int = MOST_SHOWN) -> str:
    """Return a text from outside for a terminal: no signs that steer one, and no longer than this."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in cut)


def _explain(fault):
    number, *key = fault["loc"] or ("",)
    place = f"entry {number}, {'.'.join(map(str, key))}" if isinstance(number, int) else "the file"
    return f"{place}: {fault['msg']}"
