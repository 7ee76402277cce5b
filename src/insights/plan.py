"""The plan to production: who does what in which order, and whether it fits the days and the people."""

from typing import Annotated, Literal

import pandas as pd
import pydantic

from insights import paths, yamls
from insights.params import Feasibility

COLUMNS = ["task", "what", "who", "days", "begins", "ends", "critical", "gate"]


class PlanError(ValueError):
    """A plan that cannot be used; the message names the task and the remedy."""


class Task(pydantic.BaseModel):
    """A task of the plan.

    Attributes
    ----------
    task, what, gate : str
    who : str
        ``engineer`` or ``scientist``.
    days : float
        Of work.
    after : list of str
        Tasks that must be done before.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    task: str
    what: str
    who: Literal["engineer", "scientist"]
    days: Annotated[float, pydantic.Field(gt=0)]
    after: list[str] = []
    gate: str


def read() -> list[Task]:
    """Return the tasks of the plan, in its order.

    Raises
    ------
    PlanError
        If it cannot be read, or a task waits for one that does not stand before it.
    """
    file = paths.plan()
    tasks = yamls.entries(file, Task, PlanError)
    done: set[str] = set()
    for task in tasks:
        if absent := [name for name in task.after if name not in done]:
            raise PlanError(f"{file.name}: {task.task} waits for {', '.join(absent)}, which stands not before it.")
        done.add(task.task)
    return tasks


def scheduled(tasks: list[Task], asked: Feasibility) -> pd.DataFrame:
    """Return the tasks with the working day on which each begins and ends, as early as work and people allow.

    Parameters
    ----------
    tasks : list of Task
    asked : insights.params.Feasibility
        ``engineer`` and ``scientist``: the share of a week that each has, so that a day's work may take two.

    Returns
    -------
    pandas.DataFrame
        ``task, what, who, days, begins, ends, critical, gate``; ``critical`` are tasks without which the end would
        come sooner.
    """
    share = {"engineer": asked.engineer, "scientist": asked.scientist}
    begins, ends, before = {}, {}, {}
    free = dict.fromkeys(share, 0.0)
    last: dict[str, str] = {}
    for task in tasks:
        waits = {name: ends[name] for name in task.after}
        if task.who in last:
            waits[last[task.who]] = free[task.who]
        begins[task.task] = max(waits.values(), default=0.0)
        before[task.task] = max(waits, key=waits.get) if waits else None
        ends[task.task] = free[task.who] = begins[task.task] + task.days / share[task.who]
        last[task.who] = task.task
    critical, name = set(), max(ends, key=ends.get) if ends else None
    while name is not None:
        critical.add(name)
        name = before[name]
    rows = [[t.task, t.what, t.who, t.days, begins[t.task], ends[t.task], t.task in critical, t.gate] for t in tasks]
    return pd.DataFrame(rows, columns=COLUMNS)
