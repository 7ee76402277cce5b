"""Groups of people: by what they declared of themselves, by two attributes at once, and by where they live.

Nothing is guessed from a name. Language and time zone are those of the country of residence, for nobody records a
person's own: the language that most people there use, and the middle of the country's zones, by the Common Locale
Data Repository.
"""

import datetime
import zoneinfo
from itertools import combinations

import numpy as np
import pandas as pd
from babel import Locale
from babel.core import get_global

from insights import contract
from insights.cleaning import terms

NOT_DECLARED = "not declared"
OTHER = "other"
BANDS = {  # of numbers, which are no groups: edges, and the names of what lies between them
    "birth_year": ((1900, 1970, 1990, 2021), ("born before 1970", "born 1970 to 1989", "born 1990 or later"))
}
ZONES = (  # hours from UTC from which on each begins
    (-12.0, "UTC−12 to UTC−2"), (-1.5, "UTC−1 to UTC+3"), (3.25, "UTC+3:30 to UTC+6:30"), (6.75, "UTC+7 to UTC+14"),
)  # fmt: skip
PLACES = ("continent", "language", "time_zone")


def attributes(protected: pd.DataFrame) -> pd.DataFrame:
    """Return the protected attributes as groups, one column each; numbers are put into ``BANDS``.

    Parameters
    ----------
    protected : pandas.DataFrame
        The table of the contract, a row per person.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``learner_id``; people who declared nothing are in the group ``not declared``.
    """
    names = [c.name for c in contract.columns("protected").values() if c.sensitivity == contract.PROTECTED]
    present = [name for name in names if name in protected and protected[name].notna().any()]
    table = protected.drop_duplicates("learner_id").set_index("learner_id")[present]
    for name in BANDS.keys() & set(present):
        edges, bands = BANDS[name]
        table[name] = pd.cut(table[name].astype("float64"), edges, right=False, labels=bands).astype("str")
    return table.astype("str").where(table.notna(), NOT_DECLARED).replace("nan", NOT_DECLARED)


def intersections(groups: pd.DataFrame) -> pd.DataFrame:
    """Return every two attributes as one, a column each; who declared one of them only is in ``not declared``."""
    both = {}
    for one, other in combinations(groups.columns, 2):
        joined = groups[one] + ", " + groups[other]
        told = (groups[one] != NOT_DECLARED) & (groups[other] != NOT_DECLARED)
        both[f"{one} and {other}"] = joined.where(told, NOT_DECLARED)
    return pd.DataFrame(both, index=groups.index)


def places(learners: pd.DataFrame, at: datetime.datetime) -> pd.DataFrame:
    """Return where people live, as groups: continent, main language and time zone of their country.

    Parameters
    ----------
    learners : pandas.DataFrame
        The clean table; without a country there are no groups.
    at : datetime.datetime
        When hours from UTC are read: zones have summer time.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``learner_id``; ``continent, language, time_zone``, each where it tells two groups apart.
    """
    if "country" not in learners:
        return pd.DataFrame(index=learners["learner_id"])
    country = learners.drop_duplicates("learner_id").set_index("learner_id")["country"]
    known = {name: _place(name, at) for name in country.dropna().unique()}
    table = pd.DataFrame(
        {place: country.map({name: found[i] for name, found in known.items()}) for i, place in enumerate(PLACES)}
    ).fillna(NOT_DECLARED)
    return table[[place for place in PLACES if len(set(table[place])) > 1]]


def common(groups: pd.Series, least: int) -> pd.Series:
    """Return groups with those of fewer than so many people put together as ``other``."""
    sizes = groups.value_counts()
    small = sizes.index[sizes < least].drop(NOT_DECLARED, errors="ignore")
    return groups.where(~groups.isin(small), OTHER)


def _place(country, at):
    """Return continent, main language and zone of a country; None for what is not known of it."""
    code = terms.iso(country)
    if code is None:
        return terms.continent(country), None, None
    return terms.continent(country), _language(code), _zone(code, at)


def _language(code):
    used = get_global("territory_languages").get(code, {})
    if not used:
        return None
    most = max(sorted(used), key=lambda language: used[language]["population_percent"])
    return Locale("en").languages.get(most.split("_")[0])


def _zone(code, at):
    names = get_global("territory_zones").get(code, [])
    hours = [zoneinfo.ZoneInfo(name).utcoffset(at).total_seconds() / 3600 for name in names]
    if not hours:
        return None
    middle = float(np.median(hours))
    return [name for begins, name in ZONES if middle >= begins][-1]
