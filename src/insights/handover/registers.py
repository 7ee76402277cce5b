"""The registers of the handover: what was asked for, the research it rests on, and what is assumed."""

from typing import Literal

import pydantic

from insights import paths, yamls

MET, PARTLY, MISSING = "met", "partly", "missing"
RATINGS = ("red", "amber", "green")


class RegisterError(ValueError):
    """A register that cannot be used; the message names the entry and the remedy."""


class _Entry(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Requirement(_Entry):
    """A line of what was asked for.

    Attributes
    ----------
    id, asked : str
        Its identifier, and the phrase.
    state : {"met", "partly", "missing"}
        Against what a first-rate answer to it is, not against the phrase alone.
    lives : list of str
        Files that answer it.
    shown : list of str
        Tests (``file::name``), commands (``make ...``), and tables or figures by the name they are cited by.
    says, missing : str
        How it is answered, and what of a first-rate answer is not there.
    """

    id: str
    asked: str
    state: Literal["met", "partly", "missing"]
    lives: list[str]
    shown: list[str]
    says: str
    missing: str


class Figure(_Entry):
    """Our own figure for a claim, and what makes it."""

    says: str
    source: str = pydantic.Field(alias="from")


class Paper(_Entry):
    """A paper that the code rests on: its claim, where it is used, and what we measured of it."""

    key: str
    authors: str
    year: int
    title: str
    venue: str
    doi: str
    claim: str
    used: list[str]
    ours: Figure | Literal[""]


class Assumption(_Entry):
    """What is taken for granted, why it matters, what checks it, and what happens if it does not hold."""

    id: str
    area: str
    assumes: str
    why_it_matters: str
    checked_by: str
    rating: Literal["red", "amber", "green"]
    what_if_wrong: str


def requirements() -> list[Requirement]:
    """Return what was asked for, line by line.

    Raises
    ------
    RegisterError
        If the register cannot be read, an identifier stands twice, or a state does not fit what is missing.
    """
    found = _read("requirements", Requirement, "id")
    for one in found:
        if one.state == MET and not one.shown:
            raise RegisterError(f"requirements.yaml: {one.id} is met, but nothing shows it. Name a test or a table.")
        if one.state != MET and not one.missing:
            raise RegisterError(f"requirements.yaml: {one.id} is {one.state}. Say what is missing.")
    return found


def papers() -> list[Paper]:
    """Return the research that the code rests on.

    Raises
    ------
    RegisterError
        If the register cannot be read, or a key stands twice.
    """
    return _read("papers", Paper, "key")


def assumptions() -> list[Assumption]:
    """Return what is assumed, the most doubtful first.

    Raises
    ------
    RegisterError
        If the register cannot be read, an identifier stands twice, or nothing checks what is called green.
    """
    found = _read("assumptions", Assumption, "id")
    for one in found:
        if one.rating == "green" and not one.checked_by:
            raise RegisterError(f"assumptions.yaml: {one.id} is green, but nothing checks it. Name what does.")
    return sorted(found, key=lambda one: (RATINGS.index(one.rating), one.id))


def _read(name, model, key):
    file = paths.register(name)
    found = yamls.entries(file, model, RegisterError)
    names = [getattr(one, key) for one in found]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise RegisterError(f"{file.name}: {', '.join(twice)} stands twice. Give each entry a name of its own.")
    return found
