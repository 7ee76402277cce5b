"""Segments: among whom courses are completed more often, with the chance findings of many looks controlled.

Source: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995); E. B. Wilson, JASA 22
(1927), for the intervals.
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from insights import contract
from insights.cleaning import terms
from insights.journey import times
from insights.params import Params

ALIKE, DIFFER, TOO_FEW = "no difference shown", "differ", "too few to say"
TITLES = {
    "continent": "continent", "job_family": "job family", "seniority": "seniority", "education": "education",
    "topic": "topic of the course", "level": "level of the course", "kind": "kind of product",
}  # fmt: skip
OF_PEOPLE = {
    "newsletter": "newsletter", "continent": "continent", "job_family": "job family", "source": "source",
    "first_week": "activity in the first week",
}  # fmt: skip
WEEK, MONTH = ibis.interval(days=7), ibis.interval(days=30)
NOT_SEEN = "none seen"
MANY = 5  # page views in the first week
COLUMNS = ["segment", "group", "n", "completed", "share", "low", "high", "p_adjusted", "verdict"]


def described(tables: Mapping[str, ibis.Table], courses: pd.DataFrame) -> pd.DataFrame:
    """Return enrollments with the segments of their learner and course; columns that the source lacks are blank."""
    learners = contract.complete("learners", tables["learners"]) if "learners" in tables else None
    products = contract.complete("products", tables["products"])
    course = products.select("product_id", "topic", "level", "kind").to_pandas().drop_duplicates("product_id")
    joined = courses.merge(course, on="product_id", how="left")
    if learners is None:
        return joined.assign(**dict.fromkeys(("continent", "job_family", "seniority", "education")))
    person = learners.select("learner_id", "country", "job_family", "seniority", "education").to_pandas()
    person = person.assign(continent=person["country"].map(terms.continents(person["country"])))
    return joined.merge(person.drop_duplicates("learner_id"), on="learner_id", how="left")


def of_people(
    con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], people: pd.DataFrame, touches: ibis.Table | None
) -> pd.DataFrame:
    """Return people with the segments that were known a week after their registration; unknown ones are blank.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : mapping of str to ibis.Table
        Clean tables.
    people : pandas.DataFrame
        From :func:`insights.journey.stages.people`.
    touches : ibis.Table or None
        From :func:`insights.journey.channels.touches`.

    Returns
    -------
    pandas.DataFrame
        ``people`` with ``continent, job_family, newsletter, source`` (channel of the first touch from a month before
        the registration on) and ``first_week`` (page views in it: none, some, many).
    """
    learners = (
        contract.complete("learners", tables["learners"])
        .select("learner_id", "country", "job_family")
        .to_pandas()
    )
    learners = learners.assign(continent=learners["country"].map(terms.continents(learners["country"])))
    cohort = con.create_table(
        ibis.util.gen_name("cohort"), obj=people[["learner_id", "registered_at"]], temp=True
    )
    parts = [learners.drop(columns="country").drop_duplicates("learner_id")]
    parts += [_newsletter(cohort, tables["subscriptions"])] if "subscriptions" in tables else []
    parts += [_first_week(cohort, tables["page_views"])] if "page_views" in tables else []
    parts += [_source(cohort, touches)] if touches is not None else []
    for part in parts:
        people = people.merge(part, on="learner_id", how="left", validate="one_to_one")
    if "source" in people:
        people = people.fillna({"source": NOT_SEEN})
    return people.reindex(columns=[*dict.fromkeys([*people.columns, *OF_PEOPLE])])


def compare(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the share that completes within 49 days in each group of each segment.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`described`, with ``enrolled_at, outcome, days``. Enrollments that were not watched for 49 days, or
        whose group is not known, are left out.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``segment, group, n`` (enrollments), ``completed, share, low, high, p_adjusted`` (of the segment, adjusted for
        all segments), ``verdict``; groups with fewer people than ``bias.smallest_group`` are not shown.
    """
    watched = frame[frame["enrolled_at"] < times.watched_until(params)]
    watched = watched.assign(y=times.completed_in_time(watched))
    parts, chances = [], []
    for segment in TITLES:
        groups = _groups(watched.dropna(subset=segment), segment, params.bias.smallest_group)
        if len(groups) > 1 and groups["completed"].sum() not in (0, groups["n"].sum()):
            counts = np.column_stack([groups["completed"], groups["n"] - groups["completed"]])
            chances.append(chi2_contingency(counts).pvalue)
            parts.append(groups.assign(segment=TITLES[segment]))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    adjusted = multipletests(chances, method="fdr_bh")[1]
    told = [
        part.assign(p_adjusted=p, verdict=DIFFER if p < 0.05 else ALIKE)
        for part, p in zip(parts, adjusted, strict=True)
    ]
    return pd.concat(told, ignore_index=True)[COLUMNS]


def _groups(frame, segment, smallest):
    grouped = frame.groupby(segment).agg(
        n=("y", "size"), completed=("y", "sum"), people=("learner_id", "nunique")
    )
    kept = grouped[grouped["people"] >= smallest].reset_index(names="group").sort_values("n", ascending=False)
    low, high = proportion_confint(kept["completed"], kept["n"], method="wilson")
    share = kept["completed"] / kept["n"]
    return kept.assign(share=share, low=low, high=high).drop(columns="people").reset_index(drop=True)


def _newsletter(cohort, subscriptions):
    """Return the newsletters that each person had a week after the registration."""
    met = subscriptions.inner_join(cohort, "learner_id")
    early = met.filter(met.subscribed_at < met.registered_at + WEEK)
    lists = (
        early.group_by("learner_id").agg(n=early.newsletter.nunique(), one=early.newsletter.min()).to_pandas()
    )
    words = lists["one"].str.replace("_", " ").where(lists["n"] == 1, "several")
    held = cohort.select("learner_id").to_pandas().merge(lists.assign(newsletter=words), how="left")
    return held[["learner_id", "newsletter"]].fillna({"newsletter": "none"})


def _first_week(cohort, views):
    met = views.inner_join(cohort, "learner_id")
    early = met.filter(met.viewed_at >= met.registered_at, met.viewed_at < met.registered_at + WEEK)
    seen = early.group_by("learner_id").agg(n=early.count()).to_pandas()
    held = cohort.select("learner_id").to_pandas().merge(seen, how="left").fillna({"n": 0})
    words = np.select(
        [held["n"] == 0, held["n"] < MANY],
        ["no page view", f"fewer than {MANY} page views"],
        f"{MANY} or more",
    )
    return held[["learner_id"]].assign(first_week=words)


def _source(cohort, touches):
    met = touches.inner_join(cohort, "learner_id")
    near = met.filter(met["at"] >= met.registered_at - MONTH, met["at"] < met.registered_at + WEEK)
    return (
        near.group_by("learner_id")
        .agg(source=near.channel.first(order_by=[near["at"], near.channel]))
        .to_pandas()
    )
