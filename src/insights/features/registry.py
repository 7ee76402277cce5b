"""The register of features: name, meaning, unit, family, view and source of each.

A *family* is a function that turns what was known at each moment into a table of features; it declares them
when it is entered. A *view* is the side from which a product is seen: its own plan, the journeys of learners,
or the social feeds. The panel's vote is computed like a feature and never is one: it is what models are
compared with. Ablation removes families and views; the dictionary lists every feature.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import asof, contract
from insights.params import Compute

PLAN, JOURNEY, SOCIAL, PANEL = "plan", "journey", "social", "panel"
PLACE = "place"  # of a row among those that are asked about
# Units of what is counted: where no record tells of it, there were none.
COUNTED = {
    "views", "visitors", "units", "buyers", "clicks", "e-mails", "registrations", "posts", "reactions",
    "answers", "days seen", "lean", "pages", "submissions", "products", "lists", "enrollments",
}  # fmt: skip
# Units of what is measured: where no record tells of it, nobody knows.
MEASURED = {
    "USD", "USD a month", "attempts", "completions", "credits", "days", "log USD", "log factor", "log ratio",
    "log units", "months", "points", "rank", "ratio", "share", "units a product", "views a day", "years",
}  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """One feature of one model.

    Attributes
    ----------
    reads : tuple of str
        Tables that its family reads.
    of : str or None
        The feature that it is made from, where it is made from one rather than from records.
    """

    name: str
    meaning: str
    unit: str
    model: str
    family: str
    view: str
    reads: tuple[str, ...]
    of: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Tables that it rests on, through the feature that it is made from where there is one."""
        return self.reads if self.of is None else named(self.model, self.of).sources


@dataclass(frozen=True)
class Family:
    """Features that are computed together, from the same tables.

    Attributes
    ----------
    compute : callable or None
        Takes a :class:`Past` and returns an Ibis table with some of the model's keys; None where the
        features are made from other features.
    """

    name: str
    model: str
    view: str
    sources: tuple[str, ...]
    features: tuple[Feature, ...]
    compute: Callable | None


FAMILIES: dict[tuple[str, str], Family] = {}
ALWAYS = {"launch": {"plan", "sales"}}  # families that tell what a unit brings, which other features are set against


def family(model: str, name: str, *, view: str, sources: Iterable[str], features: dict[str, tuple[str, str]]):
    """Enter a family: what it is called, what it reads, and its features as name -> (meaning, unit).

    Raises
    ------
    ValueError
        If the unit of a feature is neither ``COUNTED`` nor ``MEASURED``: it says what a missing value means.
    """
    _require_units(name, features)
    needed = tuple(sources)
    listed = tuple(
        Feature(feature, meaning, unit, model, name, view, needed) for feature, (meaning, unit) in features.items()
    )

    def entered(compute):
        FAMILIES[model, name] = Family(name, model, view, needed, listed, compute)
        return compute

    return entered


def enter(model: str, other: str, name: str) -> None:
    """Enter a family of another model for this one as well: the same features from the same records."""
    known = FAMILIES[other, name]
    described = {feature.name: (feature.meaning, feature.unit) for feature in known.features}
    family(model, name, view=known.view, sources=known.sources, features=described)(known.compute)


def declare(model: str, name: str, *, view: str, features: dict[str, tuple[str, str]], of: dict[str, str]) -> None:
    """Enter features that are made from other features rather than from records.

    Parameters
    ----------
    model, name, view : str
    features : dict of str to (str, str)
        Name -> (meaning, unit).
    of : dict of str to str
        The feature that each is made from: it rests on the same tables.

    Raises
    ------
    ValueError
        If a unit is not known.
    """
    _require_units(name, features)
    listed = tuple(
        Feature(feature, meaning, unit, model, name, view, (), of[feature])
        for feature, (meaning, unit) in features.items()
    )
    FAMILIES[model, name] = Family(name, model, view, (), listed, None)


def features(model: str, columns: Iterable[str] | None = None) -> list[Feature]:
    """Return the features that a model may learn from, or those of them among the given columns."""
    registered = [f for (m, _), fam in FAMILIES.items() if m == model for f in fam.features if f.view != PANEL]
    present = None if columns is None else set(columns)
    return [f for f in registered if present is None or f.name in present]


def computed(model: str) -> set[str]:
    """Return the names of all columns that the families of a model compute, the panel's vote among them."""
    return {f.name for (m, _), fam in FAMILIES.items() if m == model for f in fam.features}


def named(model: str, name: str) -> Feature:
    """Return a feature of a model by its name."""
    return next(f for (m, _), fam in FAMILIES.items() if m == model for f in fam.features if f.name == name)


def making(model: str, names: Iterable[str]) -> set[str]:
    """Return the families that make some features, and those of the features that these are made from."""
    made = [named(model, name) for name in names]
    bases = [named(model, feature.of) for feature in made if feature.of is not None]
    return {feature.family for feature in (*made, *bases)} | ALWAYS.get(model, set())


def describe(model: str) -> pd.DataFrame:
    """Return the register of a model as a table, a row per feature."""
    listed = features(model)
    columns = ["name", "meaning", "unit", "family", "view", "sources"]
    return pd.DataFrame(
        [[f.name, f.meaning, f.unit, f.family, f.view, ", ".join(f.sources)] for f in listed], columns=columns
    )


class Past:
    """What was known at each moment: the only thing a family gets to see.

    Parameters
    ----------
    tables : dict of str to ibis.Table
        Cleaned tables; columns that the source lacks are added, without values.
    at : dict of str to insights.asof.Moments
        From :func:`insights.asof.moments`, by the identity that they ask of; a table meets the
        first whose identity it has. ``{"": moments}`` lets every record meet every moment.
    lookback : ibis interval
        How far back events are read.
    compute : insights.params.Compute
        Where a family works that does something outside the engine, such as reading texts.
    """

    def __init__(
        self, tables: dict[str, ibis.Table], at: dict[str, asof.Moments], lookback: ibis.Value, compute: Compute
    ):
        self.compute = compute
        self._tables = {name: contract.complete(name, table) for name, table in tables.items()}
        self._at, self._lookback = at, lookback

    @property
    def engine(self) -> ibis.BaseBackend:
        """The engine that the moments lie in."""
        return next(iter(self._at.values())).engine

    def has(self, *names: str) -> bool:
        """Tell whether the source has all of these tables."""
        return all(name in self._tables for name in names)

    def events(self, name: str) -> ibis.Table:
        """Return the records of the look-back that were known at each moment."""
        return asof.known(name, self._tables[name], self._moments(name), self._lookback)

    def entities(self, name: str) -> ibis.Table:
        """Return everything of a table that was known at each moment, however old."""
        return asof.known(name, self._tables[name], self._moments(name))

    def _moments(self, name):
        columns = {"", *self._tables[name].columns}
        return next(at for identity, at in self._at.items() if identity in columns)


def beside(left: ibis.Table, right: ibis.Table, keys: Iterable[str]) -> ibis.Table:
    """Return a table with the columns of another beside it, missing where that has no such keys."""
    keys = list(keys)
    return left.left_join(right, keys).drop(*(f"{key}_right" for key in keys))


def compute(
    model: str,
    past: Past,
    rows: pd.DataFrame,
    keys: list[str],
    known: pd.DataFrame | None = None,
    changed: Iterable[str] = (),
    only: set[str] | None = None,
) -> pd.DataFrame:
    """Return a column per feature for each row, in the order of the rows.

    Families whose tables the source lacks are left out. A count that is missing because nothing was
    recorded is 0, and so is a lean, a mean drawn to 0 the more the fewer there are; any other mean stays missing.

    Parameters
    ----------
    model : str
    past : Past
    rows : pandas.DataFrame
    keys : list of str
        Columns that identify a row in the families' tables.
    known : pandas.DataFrame, optional
        Features of the same rows as they were before some tables changed. Families that read none of these are not
        computed again.
    changed : iterable of str
        The tables that changed.
    only : set of str, optional
        Families to compute again; others are taken as they were known.
    """
    there = [f for (m, _), f in FAMILIES.items() if m == model and f.compute and past.has(*f.sources)]
    anew = [
        fam for fam in there
        if known is None or ({*fam.sources} & {*changed} and (only is None or fam.name in only))
    ]  # fmt: skip
    answers = _asked(anew, past, rows[keys]) if anew else {}
    columns = {}
    for fam in there:
        source = answers if fam in anew else known
        columns |= {f.name: np.asarray(source[f.name]) for f in fam.features if f.name in source}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def _require_units(name, features):
    for feature, (_, unit) in features.items():
        if unit not in COUNTED | MEASURED:
            raise ValueError(f"feature {feature}, family {name}: unit {unit!r} is not known. Enter it in {__name__}.")


def _asked(families, past, rows):
    """Return what families say of rows, in their order; the table engine finds the rows, as pandas takes longer."""
    times = rows.select_dtypes("datetime").astype("datetime64[us]")
    placed = ibis.memtable(rows.assign(**times, **{PLACE: range(len(rows))}))
    asked = past.engine.create_table(ibis.util.gen_name("asked"), obj=placed, temp=True)
    try:
        return {name: values for fam in families for name, values in _of_family(fam, past, asked, len(rows)).items()}
    finally:
        past.engine.drop_table(asked.op().name)


def _of_family(fam, past, asked, rows):
    """Return, by feature, what a family says of each row, counts that nobody knows of as 0."""
    said = fam.compute(past)
    there = [f for f in fam.features if f.name in said.columns]
    met = said.inner_join(asked, [key for key in asked.columns if key in said.columns])
    found = met.select(PLACE, **{f.name: met[f.name].cast("float64") for f in there}).to_pyarrow()
    places = found[PLACE].to_numpy()
    if len(places) and np.bincount(places).max() > 1:
        raise ValueError(f"family {fam.name}: it says more than one thing of a row.")
    answers = {f.name: np.full(rows, 0.0 if f.unit in COUNTED else np.nan) for f in there}
    for f in there:
        values = found[f.name].to_numpy()
        answers[f.name][places] = np.nan_to_num(values, nan=0.0) if f.unit in COUNTED else values
    return answers
