"""Parameters of a window: typed, merged from two files, checked before anything runs.

``params/base.yaml`` holds what windows share, ``params/<window>.yaml`` what one of them changes. There are
no defaults in code: a key that neither file sets is an error, and so is one that is not known.
"""

import contextlib
import datetime
import difflib
import hashlib
import json
import re
import typing
from typing import Literal

import pydantic
import yaml

from insights import paths, yamls

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class ParameterError(ValueError):
    """A parameter file that cannot be used; the message names the value, the place and the remedy."""


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


Share = pydantic.confloat(ge=0, le=1)
Count = pydantic.conint(gt=0)


class Source(_Section):
    """Where the records come from."""

    kind: Literal["simulation", "folder", "database", "oulad", "online_retail"]
    path: str | None
    mapping: str | None


PLANTED = (
    "experiments", "disparity", "drift", "redundant_source", "independent_views", "leaking_column", "shift",
)  # fmt: skip


class Simulation(_Section):
    """The simulated company: size, first day, length, seed, how hard it is to foresee, and what is planted in it."""

    people: pydantic.conint(ge=500, le=10_000_000)
    start: datetime.date
    months: pydantic.conint(ge=12, le=120)
    seed: int
    defects: bool
    difficulty: pydantic.confloat(gt=0.1, lt=5)
    planted: list[Literal[PLANTED]]


class Dates(_Section):
    """A window: training is ``[start, split)``, validation ``[split, end)``."""

    start: datetime.date
    split: datetime.date
    end: datetime.date

    @pydantic.model_validator(mode="after")
    def _in_order(self):
        if not self.start < self.split < self.end:
            raise ValueError(
                f"start {self.start}, split {self.split}, end {self.end} are out of order; "
                "each must lie before the next"
            )
        return self


class BringBack(_Section):
    """Rows of a table that a rule would set aside and that are to be kept, and why."""

    table: str
    rule: str
    why: pydantic.constr(min_length=3)


class Cleaning(_Section):
    """How much cleaning may set aside, and what it shall not."""

    max_loss: Share
    bring_back: list[BringBack]


class Privacy(_Section):
    """What may be shown and learned from, and which addresses are the company's own."""

    smallest_group: Count
    protected_features: bool
    own_domains: list[str]


class Mark(_Section):
    """A break in a table's history that the company knows of: from when, and what changed."""

    table: str
    month: pydantic.constr(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    what: str


class Documentation(_Section):
    """What the dictionary and the gaps say beside the data: who owns a source system, and what broke when."""

    owners: dict[str, str]
    marks: list[Mark]
    thin: Share


class Launch(_Section):
    """The launch model's rows and label."""

    lookback_months: Count
    horizon_months: Count
    top: Count
    capacity: Count
    hurdle: Literal["plan", "past"]


class Completion(_Section):
    """The completion model's rows and label."""

    anchor: Literal["enrollment", "course_start"]
    day: pydantic.conint(ge=0)
    days: list[pydantic.conint(ge=0)]
    horizon_days: Count | None
    lookback_days: Count


class Enrollment(_Section):
    """The enrollment model's label and look-back."""

    horizon_days: Count
    lookback_days: Count


STAGES = (
    "registered", "viewed", "opened", "clicked", "event_registered", "event_attended", "enrolled", "completed",
    "repeated",
)  # fmt: skip


class Journey(_Section):
    """What counts as a step of the journey from registration to a completed course."""

    stages: list[Literal[STAGES]]
    step_days: Count
    session_minutes: Count
    touch_days: Count
    community_days: Count
    resamples: Count

    @pydantic.field_validator("stages")
    @classmethod
    def _begins_with_registration(cls, stages):
        if stages[:1] != ["registered"] or len({*stages}) != len(stages):
            raise ValueError("the stages must begin with registered and name each once")
        return stages


class Modeling(_Section):
    """Seeds, folds and budgets of the models."""

    seed: int
    folds: pydantic.conint(ge=2)
    chance_repeats: Count
    bootstrap_repeats: Count
    forest_trees: Count
    max_training_rows: Count
    max_validation_rows: Count
    margin: Share
    tpot_population: pydantic.conint(ge=2)
    tpot_generations: Count
    tpot_rows: Count
    tuning_trials: pydantic.conint(ge=0)
    tpot_minutes: pydantic.confloat(gt=0)


class Ablation(_Section):
    """When a component earns its place, and how much is spent on finding out."""

    margin: Share
    value_margin: Share
    rows: Count
    noise: Count
    tried: Count
    pairs: Count


class Bias(_Section):
    """Which groups are compared, and which gap is small."""

    smallest_group: Count
    margin: Share
    proxy: Share
    permutations: Count


class Limits(_Section):
    """What a model must keep to be used; null where nothing is asked."""

    roc_auc: Share
    recall: Share
    value: Share | None
    calibration: Share
    gap: Share | None
    latency: pydantic.confloat(gt=0)


class Specification(_Section):
    """The specification of each model."""

    launch: Limits
    completion: Limits


class Tolerance(_Section):
    """How much is spent on finding out how bad each input may get."""

    people: Count
    rows: Count
    levels: pydantic.conint(ge=1, le=3)
    seeds: Count
    resamples: Count
    runs: Literal[8, 16]
    faults: Count


class Range(_Section):
    """What is expected of a quantity, and between which bounds it surely lies."""

    low: float
    middle: float
    high: float

    @pydantic.model_validator(mode="after")
    def _in_order(self):
        if not self.low <= self.middle <= self.high:
            raise ValueError(f"low {self.low}, middle {self.middle}, high {self.high} are out of order")
        return self


class Feasibility(_Section):
    """What it takes to build and to run the product, and how it is followed."""

    quarters: Count
    draws: Count
    build_days: Range
    run_days: Range
    day_cost: Range
    followed: Range
    decay: Range
    discount: Range
    engineer: Share
    scientist: Share
    working_days: Count


class Experiments(_Section):
    """How experiments are designed and read."""

    covariate_days: Count
    level: pydantic.confloat(gt=0, lt=0.5)
    power: pydantic.confloat(gt=0.5, lt=1)
    smallest_group: pydantic.conint(ge=2)
    placebos: pydantic.conint(ge=50)


class Monitoring(_Section):
    """When a promise is kept, and what counts as a drift."""

    margin: Share
    level: pydantic.confloat(gt=0, lt=0.5)
    apart: Share
    due_days: Count
    not_awaited: list[str]


class Compute(_Section):
    """What the machine may be asked for, and which others help it."""

    threads: Count
    memory: pydantic.constr(pattern=r"^\d+(\.\d+)?[KMGT]B$")
    tables: Literal["duckdb", "spark"]
    spark: pydantic.constr(pattern=r"^(local(\[.+\])?|yarn|(spark|k8s)://\S+)$")
    dask: pydantic.constr(pattern=r"^(tcp|tls)://\S+:\d+$") | None
    rows_a_file: Count
    rows_a_worker: Count
    device: Literal["auto", "cpu", "cuda"]


class Params(_Section):
    """Everything a window is run with."""

    window: str
    source: Source
    simulation: Simulation
    dates: Dates
    cleaning: Cleaning
    privacy: Privacy
    documentation: Documentation
    launch: Launch
    completion: Completion
    enrollment: Enrollment
    journey: Journey
    modeling: Modeling
    ablation: Ablation
    bias: Bias
    specification: Specification
    tolerance: Tolerance
    feasibility: Feasibility
    experiments: Experiments
    monitoring: Monitoring
    compute: Compute

    @property
    def start(self) -> datetime.datetime:
        """First instant of the window."""
        return _midnight(self.dates.start)

    @property
    def split(self) -> datetime.datetime:
        """First instant of validation."""
        return _midnight(self.dates.split)

    @property
    def end(self) -> datetime.datetime:
        """First instant after the window."""
        return _midnight(self.dates.end)

    def digest(self) -> str:
        """Return a SHA-256 over every parameter, so that a result says what made it."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def windows() -> list[str]:
    """Return the names of all windows that have a parameter file, sorted."""
    folder = paths.params_file("base").parent
    return sorted(file.stem for file in folder.glob("*.yaml") if file.stem != "base")


def readable() -> list["Params"]:
    """Return the parameters of all windows that can be read; a file that cannot is the trouble of its own window."""
    found = []
    with contextlib.suppress(ParameterError):
        base = _read(paths.params_file("base"))
        for name in windows():
            with contextlib.suppress(ParameterError):
                found.append(_over(base, checked(name)))
    return found


def quarters() -> list[str]:
    """Return the quarterly windows, such as ``2025Q4``, oldest first."""
    return [name for name in windows() if name[:4].isdigit() and "Q" in name]


def newest() -> str:
    """Return the newest quarterly window."""
    return quarters()[-1]


def checked(window: str) -> str:
    """Return the name of a window if it can safely name a file and a folder: letters, digits, dots and dashes.

    Raises
    ------
    ParameterError
        If it is anything else.
    """
    if not _NAME.fullmatch(window):
        raise ParameterError(
            f"WINDOW={yamls.shown(repr(window), 120)} cannot name a window. Use at most 100 letters, digits, dots "
            "and dashes, as in 2025Q4."
        )
    return window


def load(window: str) -> Params:
    """Read, merge and check the parameters of a window.

    Parameters
    ----------
    window : str
        Its name, as in ``params/<window>.yaml``.

    Returns
    -------
    Params

    Raises
    ------
    ParameterError
        For a name that can name no window, an unknown window, a key that is unknown or missing, a wrong type, dates
        out of order, or a window that reaches past the simulated history. One message, naming value, place, remedy.
    """
    file = paths.params_file(checked(window))
    if window == "base" or not file.exists():
        raise ParameterError(_unknown_window(window))
    return _over(_read(paths.params_file("base")), window)


def _over(base, window):
    """Return the parameters of a window, whose file says what differs from the base."""
    merged = _merge(base, _read(paths.params_file(window)))
    try:
        params = Params.model_validate(merged | {"window": window})
    except pydantic.ValidationError as error:
        place = f"params/{window}.yaml (over params/base.yaml)"
        raise ParameterError(f"{place}: {yamls.listed(_explain(e) for e in error.errors())}") from None
    _check_reach(params)
    return params


def _midnight(day):
    return datetime.datetime.combine(day, datetime.time())


class _Values(yamls.Once, yaml.SafeLoader):
    """Reads scalars by their type."""


def _read(file):
    try:
        content = yamls.read(file, _Values)
    except yaml.YAMLError as error:
        raise ParameterError(f"{file.name} is not readable as YAML: {error}. Mend that line.") from None
    if not isinstance(content, dict):
        raise ParameterError(f"params/{file.name} holds {type(content).__name__}, not sections with keys.")
    if "window" in content:
        raise ParameterError(f"params/{file.name}: window is not a parameter; the file is named after it. Remove it.")
    return content


def _merge(base, change):
    merged = dict(base)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merge(base[key], value) if both else value
    return merged


def _unknown_window(window):
    known = windows()
    near = difflib.get_close_matches(window, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return (
        f"WINDOW={window}: there is no params/{window}.yaml.{hint} "
        f"Windows: {', '.join(known)}. To add one, write that file (see CONTRIBUTING.md)."
    )


def _explain(error):
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(str(error["loc"][-1]), _known_keys(error["loc"][:-1]), n=1)
            hint = f"; the nearest known one is {near[0]}" if near else ""
            return f"{place} is not a parameter{hint}. Correct or remove it"
        case "missing":
            return f"{place} is missing; set it"
        case _:
            return f"{place} is {yamls.shown(repr(error['input']), 200)}: {error['msg']}"


def _known_keys(location):
    section = Params
    for part in (part for part in location if isinstance(part, str)):
        section = section.model_fields[part].annotation
        section = next(iter(typing.get_args(section)), section)  # of a list, what it holds
    return [key for key in section.model_fields if key != "window"]


def _check_reach(params):
    if params.source.kind != "simulation":
        return
    first = params.simulation.start
    months = first.month - 1 + params.simulation.months
    last = datetime.date(min(first.year + months // 12, datetime.MAXYEAR), months % 12 + 1, 1)
    if params.dates.start < first or params.dates.end > last:
        raise ParameterError(
            f"params/{params.window}.yaml: the window {params.dates.start} to {params.dates.end} reaches "
            f"past the data, which cover {first} to {last}. Choose dates within, or change simulation.months."
        )
