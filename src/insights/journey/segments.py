"""Segments: among whom courses are completed more often, with the chance findings of many looks controlled.

Sources: Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995); E. B. Wilson, JASA 22
(1927), for the intervals; A. Wald, Transactions of the AMS 54 (1943), for the test of all groups at once.
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import chi2
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from insights import contract
from insights.cleaning import terms
from insights.journey import times
from insights.modeling.dataset import varies
from insights.params import Params
from insights.verdicts import ALIKE, DIFFER, LITTLE

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
    if "products" in tables:
        products = contract.complete("products", tables["products"])
        course = products.select("product_id", "topic", "level", "kind").to_pandas().drop_duplicates("product_id")
        joined = courses.merge(course, on="product_id", how="left")
    else:
        joined = courses.assign(**dict.fromkeys(("topic", "level", "kind")))
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
        contract.complete("learners", tables["learners"]).select("learner_id", "country", "job_family").to_pandas()
    )
    learners = learners.assign(continent=learners["country"].map(terms.continents(learners["country"])))
    cohort = con.create_table(ibis.util.gen_name("cohort"), obj=people[["learner_id", "registered_at"]], temp=True)
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
        all segments; people as clusters), ``verdict`` (a difference within ``bias.margin`` is called little); groups
        with fewer people than ``bias.smallest_group`` are not shown.
    """
    watched = frame[frame["enrolled_at"] < times.watched_until(params)]
    watched = watched.assign(y=times.completed_in_time(watched))
    parts, chances = [], []
    for segment in TITLES:
        known = _big(watched.dropna(subset=segment), segment, params.bias.smallest_group)
        if varies(known[segment]) and varies(known["y"]):
            groups, chance = _groups(known, segment)
            chances.append(chance)
            parts.append(groups.assign(segment=TITLES[segment]))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    adjusted = multipletests(chances, method="fdr_bh")[1]
    told = [
        part.assign(p_adjusted=p, verdict=_verdict(part["share"], p, params.bias.margin))
        for part, p in zip(parts, adjusted, strict=True)
    ]
    return pd.concat(told, ignore_index=True)[COLUMNS]


def _big(frame, segment, smallest):
    """Return the rows of groups of enough people."""
    people = frame.groupby(segment)["learner_id"].nunique()
    return frame[frame[segment].isin(people.index[people >= smallest])]


def _groups(frame, segment):
    """Return the share of each group, with the chance that groups alike lie so far apart.

    Enrollments of one person resemble each other: errors count people, and the intervals are those of Wilson for as
    many independent enrollments as would have the same error.
    """
    grouped = (
        frame.groupby(segment)
        .agg(n=("y", "size"), completed=("y", "sum"), people=("learner_id", "nunique"))
        .reset_index(names="group")
    )
    kept = grouped.sort_values("n", ascending=False, kind="stable", ignore_index=True)
    share = kept["completed"] / kept["n"]
    spread = _covariance(frame, segment, kept["group"], share)
    alone = np.diag(spread)
    worth = np.where(alone > 0, share * (1 - share) / np.where(alone > 0, alone, 1), kept["people"])
    low, high = proportion_confint(share * worth, worth, method="wilson")
    told = kept.drop(columns="people").assign(share=share, low=low, high=high)
    return told, _chance(share.to_numpy(), spread)


def _covariance(frame, segment, groups, share):
    """Return the covariance of the shares of groups, people as clusters."""
    place = frame[segment].map(dict(zip(groups, groups.index, strict=True))).to_numpy(dtype=int)
    moved = (frame["y"].to_numpy() - share.to_numpy()[place]) / np.bincount(place)[place]
    person = pd.factorize(frame["learner_id"])[0]
    by_person = sparse.csr_array((moved, (person, place)), shape=(person.max() + 1, len(groups)))
    return (by_person.T @ by_person).toarray()


def _chance(share, spread):
    """Return the p value of Wald's test that all shares are the same."""
    against_first = np.column_stack([-np.ones(len(share) - 1), np.eye(len(share) - 1)])
    apart = against_first @ share
    turned = np.linalg.pinv(against_first @ spread @ against_first.T)
    return float(chi2.sf(apart @ turned @ apart, len(apart)))


def _verdict(share, p, margin):
    if p >= 0.05:
        return ALIKE
    return DIFFER if share.max() - share.min() > margin else LITTLE


def _newsletter(cohort, subscriptions):
    """Return the newsletters that each person had a week after the registration."""
    met = subscriptions.inner_join(cohort, "learner_id")
    early = met.filter(met.subscribed_at < met.registered_at + WEEK)
    lists = early.group_by("learner_id").agg(n=early.newsletter.nunique(), one=early.newsletter.min()).to_pandas()
    words = lists["one"].str.replace("_", " ").where(lists["n"] == 1, "several")
    held = cohort.select("learner_id").to_pandas().merge(lists.assign(newsletter=words), how="left")
    return held[["learner_id", "newsletter"]].fillna({"newsletter": "none"})


def _first_week(cohort, views):
    met = views.inner_join(cohort, "learner_id")
    early = met.filter(met.viewed_at >= met.registered_at, met.viewed_at < met.registered_at + WEEK)
    seen = early.group_by("learner_id").agg(n=early.count()).to_pandas()
    held = cohort.select("learner_id").to_pandas().merge(seen, how="left").fillna({"n": 0})
    words = np.select(
        [held["n"] == 0, held["n"] < MANY], ["no page view", f"fewer than {MANY} page views"], f"{MANY} or more"
    )
    return held[["learner_id"]].assign(first_week=words)


def _source(cohort, touches):
    met = touches.inner_join(cohort, "learner_id")
    near = met.filter(met["at"] >= met.registered_at - MONTH, met["at"] < met.registered_at + WEEK)
    return near.group_by("learner_id").agg(source=near.channel.first(order_by=[near["at"], near.channel])).to_pandas()
