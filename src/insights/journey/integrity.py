"""Integrity: checks that run by themselves on the shares and comparisons of notebook 03.

Each looks for one way in which a share misleads, measures it on this window, and says what was done about it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from insights.journey import segments
from insights.params import Params
from insights.verdicts import FINE, MIND

COLUMNS = ["check", "asks", "found", "verdict"]
SURE = 0.95  # a way on which so many enroll is no way, it is part of the enrollment
SIMPSON = ("continent", "job_family", "seniority", "level", "topic")


def check(
    people: pd.DataFrame, stages: Sequence[str], shown: dict[str, pd.DataFrame], described: pd.DataFrame,
    frame: pd.DataFrame | None, params: Params,
) -> pd.DataFrame:  # fmt: skip
    """Return every check that the source supports.

    Parameters
    ----------
    people : pandas.DataFrame
        From :func:`insights.journey.stages.people`.
    stages : sequence of str
    shown : dict of str to pandas.DataFrame
        The tables of shares on the page: ``funnel``, ``cohorts``, ``segments``, ``sequences``.
    described : pandas.DataFrame
        From :func:`insights.journey.segments.described`.
    frame : pandas.DataFrame or None
        From :func:`insights.journey.effects.rows`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``check, asks, found, verdict``.
    """
    rows = [
        _denominators(shown), _survivors(people, stages), _exposure(people, stages, params),
        _unfinished(shown["funnel"]), _structural(shown["sequences"]), _small(shown, params),
        _looks(shown["segments"]),
        *([] if frame is None else [_simpson(described, frame)]),
    ]  # fmt: skip
    return pd.DataFrame([row for row in rows if row], columns=COLUMNS)


def _denominators(shown):
    without = [name for name, table in shown.items() if len(table) and not {"people", "n"} & {*table.columns}]
    empty = [name for name, table in shown.items() for c in ("people", "n") if c in table and (table[c] <= 0).any()]
    wrong = [*without, *empty]
    found = f"{len(shown) - len(wrong)} of {len(shown)} tables say of how many each share is"
    return ["denominator", "Does each share say of how many it is?", found, MIND if wrong else FINE]


def _survivors(people, stages):
    """Compare the share of everybody with that of those who ever did anything."""
    last = stages[-1] if len(stages) > 1 else None
    if last is None:
        return None
    active = people[list(stages[1:])].notna().any(axis=1)
    if not active.any() or active.all():
        return ["survivorship", "Who is left out by counting the active only?", "nobody", FINE]
    of_all, of_active = people[last].notna().mean(), people.loc[active, last].notna().mean()
    found = (
        f"{(~active).sum():,} of {len(people):,} who registered never did anything; they count. Without them "
        f"{of_active:.1%} instead of {of_all:.1%} would have reached the last stage at any time"
    )
    return ["survivorship", "Who is left out by counting the active only?", found, FINE]


def _exposure(people, stages, params):
    """Compare those watched to the end of the budget with the others, of whom less could be seen."""
    name = "enrolled" if "enrolled" in stages else stages[-1]
    long = people["followed"] >= params.journey.step_days
    if name == "registered" or not long.any() or long.all():
        return None
    reached = people[name].notna()
    found = (
        f"{reached[long].mean():.1%} of those watched for {params.journey.step_days} days or more reached “{name}”, "
        f"{reached[~long].mean():.1%} of the others; shares are those of Kaplan and Meier, in which each counts for "
        "as long as watched"
    )
    return ["exposure", "Do people with longer histories look better?", found, FINE]


def _unfinished(funnel):
    later = funnel.iloc[1:]
    if later.empty:
        return None
    plain = later["reached"] / later["people"]
    worst = (later["share"] - plain).abs().idxmax()
    found = (
        f"up to {int(later['unfinished'].max()):,} people are unfinished; counted as drop-outs they would move "
        f"“{later.loc[worst, 'title']}” from {later.loc[worst, 'share']:.1%} to {plain[worst]:.1%}"
    )
    return ["unfinished windows", "Does who is still under way count as lost?", found, FINE]


def _structural(sequences):
    sure = sequences[sequences["low"] >= SURE] if len(sequences) else sequences
    found = f"{len(sure)} of {len(sequences)} ways surely end in an enrollment for {SURE:.0%} or more"
    return [
        "structural lift", "Is a way part of the outcome that it is said to lead to?", found,
        MIND if len(sure) else FINE,
    ]  # fmt: skip


def _small(shown, params):
    least = min(
        (int(table[c].min()) for table in shown.values() for c in ("people", "n") if c in table and len(table)),
        default=0,
    )
    allowed = params.privacy.smallest_group
    found = f"the smallest group on the page holds {least:,}; the least that may be shown is {allowed}"
    return ["small cells", "Does a share rest on a handful?", found, MIND if least < allowed else FINE]


def _looks(table):
    if table.empty:
        return None
    looks = table.drop_duplicates("segment")
    differ = int((looks["p_adjusted"] < 0.05).sum())
    found = f"{len(looks)} segments were compared, {differ} differ after adjusting for all looks"
    return ["many comparisons", "Is a difference the luck of many looks?", found, FINE]


def _simpson(described, frame):
    """Look for a segment within which the naive difference points the other way than over all."""
    known = frame[["enrollment_id", "came", "y"]].merge(described, on="enrollment_id", how="left")
    whole = _difference(known)
    reversed_by = [
        segments.TITLES[column] for column in SIMPSON if column in known and _within(known, column) * whole < 0
    ]
    found = (
        f"the naive difference of those who came to an event, {whole:+.1%}, turns round within groups of "
        f"{', '.join(reversed_by)}" if reversed_by else
        f"the naive difference of those who came to an event, {whole:+.1%}, keeps its sign within every segment"
    )  # fmt: skip
    return ["Simpson's reversal", "Does a difference turn round within groups?", found, MIND if reversed_by else FINE]


def _difference(known):
    return known.loc[known["came"] == 1, "y"].mean() - known.loc[known["came"] == 0, "y"].mean()


def _within(known, column):
    """Return the mean difference within groups that hold both kinds, weighted by their size."""
    parts = [(len(part), _difference(part)) for _, part in known.groupby(column) if part["came"].nunique() == 2]
    if not parts:
        return 0.0
    sizes, values = zip(*parts, strict=True)
    return float(np.average(values, weights=sizes))
