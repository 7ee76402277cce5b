"""Next best action: for each group of learners the step that most raises completion, and what that rests on.

Three kinds of evidence are told apart: an experiment, in which chance decided who got it; a causal estimate, which
compares people alike in what was recorded; and a correlation, which only says where an experiment would be worth it.
"""

from collections.abc import Mapping

import ibis
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from insights.journey import effects, segments, times
from insights.params import Params
from insights.verdicts import NO_ACTION

EXPERIMENT, ALIKE, CORRELATION = "experiment", "causal estimate", "correlation only"
EVERYBODY = "everybody"
GROUPED_BY = ("continent", "job_family", "seniority", "level")
LASTS_DAYS = 182  # an assignment counts for enrollments so many days after it
FEWEST = 30  # people on either side
COLUMNS = ["segment", "group", "action", "adds", "low", "high", "p_adjusted", "evidence", "n"]


def study(
    described: pd.DataFrame,
    frame: pd.DataFrame,
    found: effects.Effect | None,
    tables: Mapping[str, ibis.Table],
    params: Params,
) -> pd.DataFrame:
    """Return what each action adds to the share that completes within 49 days, in each group.

    Parameters
    ----------
    described : pandas.DataFrame
        From :func:`insights.journey.segments.described`.
    frame : pandas.DataFrame
        From :func:`insights.journey.effects.rows`.
    found : insights.journey.effects.Effect or None
    tables : mapping of str to ibis.Table
        Clean tables.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``segment, group, action, adds`` (share), ``low, high`` (95 %), ``p_adjusted`` (for all rows), ``evidence``,
        ``n`` (people).
    """
    named = described.set_index("enrollment_id")[list(GROUPED_BY)]
    asked = [*_experiments(described, tables, params), *_clicks(frame)]
    if found is not None:
        asked.append(("come to an event", ALIKE, found.influence.rename(columns={"influence": "adds"})))
    rows = [
        [segment, group, action, *_mean(part), evidence, part["learner_id"].nunique()]
        for action, evidence, one in asked
        for segment, group, part in _groups(one.join(named, on="enrollment_id"))
        if _enough(part)
    ]
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(p_adjusted=multipletests(table["p_adjusted"], method="fdr_bh")[1])


def best(every: pd.DataFrame) -> pd.DataFrame:
    """Return for each group the action that adds most among those that were shown to help, the better evidence first.

    An action counts as shown to help if it adds something and its p value, adjusted for all groups and actions, is
    below 5 %. A correlation is named only where neither an experiment nor a causal estimate helps.
    """
    helps = every[(every["adds"] > 0) & (every["p_adjusted"] < 0.05)]
    ranked = helps.assign(weak=helps["evidence"] == CORRELATION).sort_values(
        ["weak", "adds"], ascending=[True, False], kind="stable"
    )
    groups = every[["segment", "group"]].drop_duplicates()
    chosen = groups.merge(ranked.drop_duplicates(["segment", "group"]).drop(columns="weak"), how="left")
    return chosen.fillna({"action": NO_ACTION, "evidence": "–"})[COLUMNS]


def _groups(one):
    yield EVERYBODY, EVERYBODY, one
    for column in GROUPED_BY:
        for group, part in one.dropna(subset=column).groupby(column):
            yield segments.TITLES[column], group, part


def _enough(part):
    if "got" not in part:
        return part["learner_id"].nunique() >= 2 * FEWEST
    people = part.groupby("got")["learner_id"].nunique()
    return len(people) == 2 and people.min() >= FEWEST


def _mean(part):
    """Return the mean of what each enrollment adds, its interval and its p value, people as clusters."""
    adds = part["adds"] if "adds" in part else _difference(part)
    value = float(adds.mean())
    error = effects.error((adds - value).to_numpy(), part["learner_id"].to_numpy())
    reach = norm.ppf(0.975) * error
    return value, value - reach, value + reach, float(2 * norm.sf(abs(value) / error)) if error > 0 else 1.0


def _difference(part):
    """Return values whose mean is the difference of two means, and whose spread is its error's."""
    got, y = part["got"].to_numpy(dtype=float), part["y"].to_numpy(dtype=float)
    difference = y[got == 1].mean() - y[got == 0].mean()
    return pd.Series(effects.of_difference(got, y) + difference, index=part.index)


def _experiments(described, tables, params):
    """Yield each experiment on e-mail: enrollments in the half year after the assignment, by arm."""
    if "assignments" not in tables:
        return
    drawn = tables["assignments"].select("experiment", "learner_id", "arm", "assigned_at").to_pandas()
    drawn = drawn.assign(experiment=drawn["experiment"].str.replace(r"_\d+$", "", regex=True))
    watched = described[described["enrolled_at"] < times.watched_until(params)]
    watched = watched.assign(y=times.completed_in_time(watched).astype(int))
    for name, arms in drawn.groupby("experiment"):
        met = watched[["enrollment_id", "learner_id", "enrolled_at", "y"]].merge(arms, on="learner_id")
        since = (met["enrolled_at"] - met["assigned_at"]) / pd.Timedelta(days=1)
        met = met[(since >= 0) & (since < LASTS_DAYS)]
        got = (met["arm"] != "none").astype(int)
        part = met[["enrollment_id", "learner_id", "y"]].assign(got=got).drop_duplicates("enrollment_id")
        yield f"{name.replace('_', ' ')} e-mail", EXPERIMENT, part


def _clicks(frame):
    """Yield who clicked in an e-mail lately against who did not: a correlation."""
    if "email_clicks" in frame:
        got = (frame["email_clicks"] > 0).astype(int)
        if 0 < got.sum() < len(got):
            yield ("click in an e-mail", CORRELATION, frame[["enrollment_id", "learner_id", "y"]].assign(got=got))
