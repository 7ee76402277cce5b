"""Registered experiments: what was written down before they ran, so that nobody chooses afterwards what decides."""

import re
from typing import Annotated

import pydantic

from insights import paths, yamls
from insights.experiments.outcomes import METRICS

REPETITION = re.compile(r"_\d+$")


class RegistrationError(ValueError):
    """A register of experiments that cannot be used; the message names the entry and the remedy."""


class Experiment(pydantic.BaseModel):
    """An experiment as it was written down.

    Attributes
    ----------
    name, control, change, hypothesis : str
    days : int
        After the assignment in which outcomes count.
    primary : str
        The metric that decides.
    secondary : list of str
    guardrails : dict of str to float
        What must not get worse, by more than this share of the control.
    margin : float
        The smallest effect that matters, as a share of the control.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str
    control: str
    change: Annotated[str, pydantic.StringConstraints(min_length=3)]
    hypothesis: Annotated[str, pydantic.StringConstraints(min_length=3)]
    days: Annotated[int, pydantic.Field(gt=0)]
    primary: str
    secondary: list[str] = []
    guardrails: dict[str, Annotated[float, pydantic.Field(gt=0, lt=1)]] = {}
    margin: Annotated[float, pydantic.Field(gt=0, lt=1)]

    @property
    def metrics(self) -> list[str]:
        """All that it measures, what decides first."""
        return [*dict.fromkeys([self.primary, *self.secondary, *self.guardrails])]


def register() -> dict[str, Experiment]:
    """Return the registered experiments by name.

    Raises
    ------
    RegistrationError
        If the register cannot be read, names an experiment twice, or a metric that there is not.
    """
    file = paths.experiments()
    entries = yamls.entries(file, Experiment, RegistrationError)
    names = [entry.name for entry in entries]
    for entry in entries:
        if names.count(entry.name) > 1:
            raise RegistrationError(f"{file.name}: {entry.name} is registered twice. Remove one of its entries.")
        if unknown := [name for name in entry.metrics if name not in METRICS]:
            raise RegistrationError(
                f"{file.name}: {entry.name} names {', '.join(unknown)}, which is no metric. There are "
                f"{', '.join(METRICS)}."
            )
    return {entry.name: entry for entry in entries}


def base_name(experiment: str) -> str:
    """Return the name under which a repetition such as ``subject_line_3`` is registered."""
    return REPETITION.sub("", experiment)
