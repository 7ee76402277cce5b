"""YAML as people write it: a key that stands twice is refused, of which YAML itself would keep the last."""

from collections.abc import Callable
from pathlib import Path

import pydantic
import yaml


class Once:
    """A loader of YAML that refuses a key that stands twice; mix it into one of yaml's own."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Return a mapping.

        Raises
        ------
        yaml.YAMLError
            If a key stands twice; it names the key and the place.
        """
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"{', '.join(twice)} stands twice, {str(node.start_mark).strip()}")
        return super().construct_mapping(node, deep)


class _Entries(Once, yaml.SafeLoader):
    """Reads scalars by their type."""


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
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Entries) or []  # noqa: S506
        return pydantic.TypeAdapter(list[model]).validate_python(content)
    except yaml.YAMLError as fault:
        raise error(f"{file.name} cannot be read: {' '.join(str(fault).split())}. Mend that line.") from None
    except pydantic.ValidationError as faults:
        said = "; ".join((explain or _explain)(fault) for fault in faults.errors())
        raise error(f"{file.name} cannot be read: {said}. Mend that entry.") from None


def _explain(fault):
    number, *key = fault["loc"] or ("",)
    place = f"entry {number}, {'.'.join(map(str, key))}" if isinstance(number, int) else "the file"
    return f"{place}: {fault['msg']}"
