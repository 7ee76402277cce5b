"""Anonymity: how many people share what is known of a person, and people described so that enough do.

Source: L. Sweeney, "k-anonymity: a model for protecting privacy", International Journal of Uncertainty, Fuzziness and
Knowledge-Based Systems 10 (2002). A k-anonymous table still tells what everybody in a group has in common.
"""

from collections.abc import Sequence

import ibis
import pandas as pd

from insights import paths, warehouse
from insights.cleaning import terms
from insights.store import Step

AS_TYPED = ("country", "city", "job_title", "education")
LEVELS = (
    ("country", "job_family", "seniority", "education"),
    ("continent", "job_family", "education"),
    ("continent", "job_family"),
    ("continent",),
    (),
)
COARSE = ("country", "continent", "job_family", "seniority", "education")


def study(step: Step, con: ibis.BaseBackend) -> pd.DataFrame | None:
    """Write a window's learners as they may be exported; return how many people share their description.

    Parameters
    ----------
    step : insights.store.Step
        Step 02, at work: its tables lie in its own folder.
    con : ibis.BaseBackend

    Returns
    -------
    pandas.DataFrame or None
        From :func:`report`; None where the source has no learners.
    """
    window, k = step.params.window, step.params.privacy.smallest_group
    clean = step.place(paths.clean(window, "learners"))
    if not clean.exists():
        return None
    known = warehouse.read(con, clean)
    asked = [column for column in (*AS_TYPED, *COARSE) if column in known.columns]
    people = known.order_by("learner_id").select(*dict.fromkeys(asked)).to_pandas() if asked else pd.DataFrame()
    exported = coarsened(people, k)
    file = step.place(paths.exported_people(window))
    file.parent.mkdir(parents=True, exist_ok=True)
    exported.to_parquet(file, index=False)
    found = step.table("table_2_5_anonymity", report(people, exported, k))
    for row in found.itertuples():
        step.record("privacy.alone", row.alone, n=row.people, by={"described_by": row.described_by}, unit="share")
    return found


def sharing(people: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return, for each person, how many are described by the same values; a blank is a value of its own."""
    if not columns:
        return pd.Series(len(people), index=people.index)
    known = people[list(columns)].astype("object").fillna("")
    return known.groupby(list(columns))[columns[0]].transform("size")


def measure(people: pd.DataFrame, columns: Sequence[str], k: int) -> dict[str, float]:
    """Return the size of the smallest group, and the share of people in groups of fewer than ``k`` and of one."""
    sizes = sharing(people, columns)
    few = {"people": len(people), "smallest": int(sizes.min()) if len(sizes) else 0}
    return few | {"below": float((sizes < k).mean()), "alone": float((sizes == 1).mean())}


def coarsened(people: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return people described as closely as leaves each among at least ``k`` who are described alike.

    Whoever has too few like them is described less closely: by continent instead of country, then without seniority,
    education and job; those who are still too few are described by nothing and, fewer than ``k`` of them, left out.

    Parameters
    ----------
    people : pandas.DataFrame
        Clean learners: some of ``country, job_family, seniority, education``.
    k : int

    Returns
    -------
    pandas.DataFrame
        ``country, continent, job_family, seniority, education``, in no order that tells who they are.
    """
    left = people.reindex(columns=[c for c in COARSE if c != "continent"]).reset_index(drop=True)
    left = left.assign(continent=left["country"].map(terms.continents(left["country"])))[list(COARSE)]
    kept = []
    for columns in LEVELS:
        enough = sharing(left, columns) >= k
        closely = [*columns, "continent"] if "country" in columns else list(columns)
        kept.append(left[enough].reindex(columns=closely).reindex(columns=list(COARSE)))
        left = left[~enough]
    every = pd.concat(kept, ignore_index=True).astype("str").fillna("")
    return every.sort_values(list(COARSE), ignore_index=True)


def report(people: pd.DataFrame, exported: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return how many people share their description: as it was typed, by families and countries, and as exported.

    Returns
    -------
    pandas.DataFrame
        ``described_by, people, smallest, below`` (share in groups of fewer than ``k``), ``alone`` (share).
    """
    ways = {
        "country, city, job title, education": (people, AS_TYPED), "country, job family, seniority, education": (
            people, LEVELS[0]), "as exported": (exported, COARSE),
    }  # fmt: skip
    rows = [
        {"described_by": name} | measure(table.reindex(columns=list(columns)), columns, k)
        for name, (table, columns) in ways.items()
    ]
    return pd.DataFrame(rows)
