"""Components: what a model is made of, each of which can be taken away while the rest stays.

Sources, families and views are read from the register of features, where they are declared once; the steps of the
pipeline are in :mod:`insights.ablation.steps`. A source is a table of records or, of posts, one network.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from insights import contract
from insights.contract import NETWORK_TITLES
from insights.features import registry
from insights.features.registry import Feature

SOURCE, FAMILY, VIEW, STEP = "source", "family", "view", "step"
AS_IS = "as it is"  # the feature table that notebook 04 made
ROWS = ("products", "enrollments")  # tables that rows and outcomes come from: no model does without them


@dataclass(frozen=True)
class Component:
    """A part of a model's features that can be taken away.

    Attributes
    ----------
    kind : str
        ``source``, ``family`` or ``view``.
    name : str
    features : tuple of str
        Those of the model's features that go with it.
    networks : tuple of str
        Networks whose posts go with it; what is read of all networks together is then made without them.
    tables : tuple of str
        Tables that nothing else of the model reads.
    personal : int
        Columns of these tables that tell of a person.
    """

    kind: str
    name: str
    features: tuple[str, ...]
    networks: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    personal: int = 0

    @property
    def without(self) -> str:
        """The feature table that the rest is read from when it is gone."""
        return without_networks(self.networks)

    @property
    def label(self) -> str:
        """Kind and name, which together tell it from every other."""
        return f"{self.kind} {self.name}"


def components(model: str, features: Iterable[str]) -> list[Component]:
    """Return the sources, families and views of a model's features; what holds all of them is none.

    Parameters
    ----------
    model : str
        ``launch`` or ``completion``.
    features : iterable of str
        Those that the model reads.

    Returns
    -------
    list of Component
        Sources, then families, then views of several families.
    """
    read = registry.features(model, features)
    parts = [*_sources(read), *_grouped(FAMILY, read, "family"), *_views(read)]
    return [_costed(part, read) for part in parts if len(part.features) < len(read)]


def atoms(model: str, features: Iterable[str]) -> list[Component]:
    """Return the smallest parts: features of one family that rest on the same tables and the same network.

    Every source and every family is some of them together, and none shares a feature with another.
    """
    read, found = registry.features(model, features), {}
    for feature in read:
        named = [feature.family, *([] if len(_kin(feature, read)) == 1 else [_rests_on(feature)])]
        found.setdefault(", ".join(named), []).append(feature.name)
    parts = [Component("part", name, tuple(members)) for name, members in found.items()]
    return [_costed(part, read) for part in parts]


def network(feature: Feature) -> str | None:
    """Return the network that a feature counts posts of; None where of several or of none."""
    origin = feature if feature.of is None else registry.named(feature.model, feature.of)
    return origin.family if origin.family in NETWORK_TITLES else None


def tables(model: str, features: Iterable[str]) -> set[str]:
    """Return the tables that features rest on."""
    return {table for feature in registry.features(model, features) for table in feature.sources}


def personal_columns(tables: Iterable[str]) -> int:
    """Return how many columns of tables tell of a person: what may identify one, free text, protected attributes."""
    of_people = (contract.IDENTIFYING, contract.QUASI_IDENTIFYING, contract.FREE_TEXT, contract.PROTECTED)
    return sum(column.sensitivity in of_people for name in tables for column in contract.columns(name).values())


def without_networks(names: Iterable[str]) -> str:
    """Return the name of the feature table that is made without the posts of some networks; of none, as it is."""
    titles = [NETWORK_TITLES[name] for name in NETWORK_TITLES if name in {*names}]
    return f"without {' and '.join(titles)}" if titles else AS_IS


def _sources(read):
    for table in dict.fromkeys(table for feature in read for table in feature.sources):
        yield Component(SOURCE, table, tuple(f.name for f in read if table in f.sources))
    for name in NETWORK_TITLES:
        counted = tuple(f.name for f in read if network(f) == name)
        if counted:
            yield Component(SOURCE, NETWORK_TITLES[name], counted, (name,))


def _grouped(kind, read, attribute):
    names = dict.fromkeys(getattr(feature, attribute) for feature in read)
    return [Component(kind, name, tuple(f.name for f in read if getattr(f, attribute) == name)) for name in names]


def _views(read):
    families = {part.features for part in _grouped(FAMILY, read, "family")}
    return [part for part in _grouped(VIEW, read, "view") if part.features not in families]


def _kin(feature, read):
    """Return on what the features of a feature's family rest."""
    return {_rests_on(other) for other in read if other.family == feature.family}


def _rests_on(feature):
    counted = network(feature)
    return NETWORK_TITLES[counted] if counted else " and ".join(table.replace("_", " ") for table in feature.sources)


def _costed(part, read):
    """Return a component with what needs not be collected any more when it is gone."""
    kept = {table for f in read if f.name not in part.features for table in f.sources} | {*ROWS}
    gone = {table for f in read if f.name in part.features for table in f.sources} - kept
    listed = tuple(table for table in (*contract.TABLES, *contract.DERIVED) if table in gone)
    return Component(part.kind, part.name, part.features, part.networks, listed, personal_columns(listed))
