"""Lifts: what each channel adds to the rate of enrolling, each person held against themselves in other months.

The keen are reached more and buy more, which flatters every channel that is compared between people. Here a month
after a touch is compared with the other months of the same person: whatever stays the same about a person cancels.
What changes within a person does not. Somebody who has made up their mind looks at pages and then buys; so a visit
in the week before an enrollment of the same month is not counted as a touch, for it may be the companion of that
purchase. Mail and events come from outside and count always.

Sources: J. Hausman, B. Hall and Z. Griliches, "Econometric models for count data", Econometrica 52 (1984), for the
conditional Poisson model; C. P. Farrington, Biometrics 51 (1995), for the same in self-controlled case series;
J. Wooldridge, Journal of Econometrics 90 (1999), for errors robust to the distribution.
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from insights.journey import channels
from insights.params import Params
from insights.verdicts import ADDS, NOT_SHOWN, TAKES

MOST = 40_000  # people who enrolled; more are sampled down
FEWEST = 30  # people reached by a channel in some months and not in others, below which nothing is estimated
COMPANION_DAYS = 7
OWN_STEPS = (channels.DIRECT, channels.SEARCHED, channels.NETWORKS, channels.OTHER)
TURNS, EXACT = 50, 1e-9
COLUMNS = ["channel", "touched", "ratio", "low", "high", "p_adjusted", "verdict"]
COLUMNS += ["owed", "owed_low", "owed_high", "people", "enrolled"]


def person_months(
    con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], touches: ibis.Table, enrolled: ibis.Table, params: Params
) -> pd.DataFrame:
    """Return the months of everybody who enrolled, with the touches of the month before each.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : mapping of str to ibis.Table
        Clean tables.
    touches : ibis.Table
        From :func:`insights.journey.channels.touches`.
    enrolled : ibis.Table
        ``learner_id, at`` of each enrollment.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``learner_id, month, y`` (enrollments in the month), and a column per channel: 1 where it reached the person
        in the month before. The first month of the window is there as a month before only, and so is a month in
        which a person was not yet registered at its beginning.
    """
    months = pd.date_range(params.start, params.end, freq="MS", inclusive="left")
    bought = _monthly(enrolled.filter(enrolled["at"] >= params.start, enrolled["at"] < params.end))
    sold = bought.group_by("learner_id", "month").agg(y=bought.count())
    counted = sold.filter(sold.month > months[0].to_pydatetime())
    buyers = counted.select("learner_id").distinct().to_pandas()["learner_id"].sort_values(ignore_index=True)
    if len(buyers) > MOST:
        buyers = buyers.sample(MOST, random_state=params.modeling.seed).sort_values(ignore_index=True)
    mine = con.create_table(ibis.util.gen_name("buyers"), obj=buyers.to_frame(), temp=True)
    y = counted.semi_join(mine, "learner_id").to_pandas()
    reached = _monthly(_counting(touches.semi_join(mine, "learner_id"), bought))
    reached = reached.filter(reached["at"] >= params.start, reached["at"] < params.end)
    told = reached.select("learner_id", "month", "channel").distinct().to_pandas()
    told["month"] += pd.DateOffset(months=1)
    wide = told.assign(n=1).pivot_table(index=["learner_id", "month"], columns="channel", values="n")
    learners = tables["learners"].semi_join(mine, "learner_id").select("learner_id", "registered_at").to_pandas()
    grid = learners.drop_duplicates("learner_id").merge(pd.DataFrame({"month": months[1:]}), how="cross")
    grid = grid[grid["registered_at"] < grid["month"] - pd.DateOffset(months=1)]
    rows = grid.merge(y, "left", ["learner_id", "month"]).merge(wide.reset_index(), "left", ["learner_id", "month"])
    rows = rows.drop(columns="registered_at").fillna(dict.fromkeys(["y", *wide.columns], 0))
    return rows.sort_values(["learner_id", "month"], ignore_index=True)


def study(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by which factor a touch of each channel multiplies enrollments in the month after.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :func:`person_months`.

    Returns
    -------
    pandas.DataFrame
        ``channel, touched`` (person-months after a touch), ``ratio`` of rates with ``low, high`` (95 %, people as
        clusters), ``p_adjusted`` (Holm, for all channels), ``verdict``, ``owed`` (share of the enrollments that
        would not be there without the channel) with its bounds, ``people, enrolled`` (that the estimate rests on);
        the channel to which most is owed first. Empty where fewer than 30 people enrolled. A channel
        that reached fewer than 30 of them in some months and not in others is left out: it tells nothing.
    """
    names = [name for name in rows.columns if name not in ("learner_id", "month", "y")]
    by_person = rows.groupby("learner_id")[names]
    telling = (by_person.max() > by_person.min()).sum()
    known = [name for name in names if telling[name] >= FEWEST]
    if not known or rows["learner_id"].nunique() < FEWEST:
        return pd.DataFrame(columns=COLUMNS)
    months = pd.get_dummies(rows["month"], drop_first=True, dtype=float)
    x = np.column_stack([rows[known].to_numpy(dtype=float), months.to_numpy()])
    person, y = pd.factorize(rows["learner_id"])[0], rows["y"].to_numpy(dtype=float)
    effect, error = (values[: len(known)] for values in conditional_poisson(x, y, person))
    return _told(rows, known, effect, error)


def conditional_poisson(x: np.ndarray, y: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a Poisson regression with an intercept per group, which the totals of the groups condition away.

    Given how many events a group has, they fall on its rows as a multinomial draw with weights exp(x b).

    Parameters
    ----------
    x : numpy.ndarray of shape (rows, covariates)
    y : numpy.ndarray of shape (rows,)
        Counts. Groups without any say nothing and may be there or not.
    group : numpy.ndarray of int, shape (rows,)
        From 0 on.

    Returns
    -------
    tuple of numpy.ndarray
        Coefficients, and their standard errors, robust with groups as clusters.

    Raises
    ------
    ValueError
        If a covariate does not vary within any group that has events, or the fit does not settle.
    """
    total = np.bincount(group, weights=y)
    found = np.zeros(x.shape[1])
    for _ in range(TURNS):
        expected = total[group] * _shares(x @ found, group)
        centred = x - _means(x, expected, total, group)
        information = (centred * expected[:, None]).T @ centred
        if np.linalg.matrix_rank(information) < len(information):
            raise ValueError(
                "The lifts of channels cannot be told apart: one of the covariates does not vary within people, or "
                "follows from the others."
            )
        step = np.linalg.solve(information, x.T @ (y - expected))
        found = found + step
        if np.abs(step).max() < EXACT:
            break
    else:
        raise ValueError(f"The lifts of channels did not settle in {TURNS} turns; the last moved by {step}.")
    scores = _sums(x * (y - expected)[:, None], group)
    bread = np.linalg.inv(information)
    return found, np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread))


def _told(rows, known, effect, error):
    z = norm.ppf(0.975)
    p = multipletests(2 * norm.sf(np.abs(effect / error)), method="holm")[1]
    y, total = rows["y"].to_numpy(), rows["y"].sum()
    after = np.array([y[rows[name].to_numpy() > 0].sum() for name in known]) / total
    bounds = {"": effect, "_low": effect - z * error, "_high": effect + z * error}
    table = pd.DataFrame(
        {
            "channel": known, "touched": [int((rows[name] > 0).sum()) for name in known],
            "ratio": np.exp(effect), "low": np.exp(bounds["_low"]), "high": np.exp(bounds["_high"]),
            "p_adjusted": p, "verdict": np.where(p >= 0.05, NOT_SHOWN, np.where(effect > 0, ADDS, TAKES)),
            **{f"owed{end}": -np.expm1(-values) * after for end, values in bounds.items()},
            "people": rows["learner_id"].nunique(), "enrolled": int(total),
        }
    )  # fmt: skip
    return table.sort_values("owed", ascending=False, ignore_index=True)[COLUMNS]


def _monthly(table):
    return table.mutate(month=table["at"].truncate("M"))


def _counting(touches, bought):
    """Leave out visits that may be the companions of a purchase."""
    own = touches.filter(touches.channel.isin(OWN_STEPS))
    bought = bought.select("learner_id", sold_at=bought["at"])
    near = ibis.interval(days=COMPANION_DAYS)
    met = own.inner_join(bought, "learner_id")
    before = met.filter(
        met["at"] <= met.sold_at, met["at"] > met.sold_at - near,
        met["at"].truncate("M") == met.sold_at.truncate("M"),
    )  # fmt: skip
    companions = before.select("learner_id", "at", "channel").distinct()
    return touches.anti_join(companions, ["learner_id", "at", "channel"])


def _shares(score, group):
    most = np.full(group.max() + 1, -np.inf)
    np.maximum.at(most, group, score)
    weight = np.exp(score - most[group])
    return weight / np.bincount(group, weights=weight)[group]


def _means(x, expected, total, group):
    """Return the mean of the covariates in the group of each row, weighted by what is expected."""
    sums = _sums(x * expected[:, None], group)
    return np.divide(sums, total[:, None], out=np.zeros_like(sums), where=total[:, None] > 0)[group]


def _sums(values, group):
    columns = [np.bincount(group, weights=values[:, place]) for place in range(values.shape[1])]
    return np.column_stack(columns)
