"""Market: how the launch recommender itself could be tested, what that takes, and when to stop.

Four designs differ in what is assigned by chance: **products** on which model and panel disagree (whose choice is
followed), **regions** (whose catalogue they are offered), **weeks** (a switchback: the whole company changes from
week to week), and the week from which each region changes for good (a **staged** roll-out).

How much each can show is not assumed. Each is replayed many times on the window's own sales, in which nobody changed
anything: the spread of the effects that it then finds is its error. What is to be found is the advantage of the model
over the panel on validation rows.

Sources: for the staged design M. Hussey and J. Hughes, Contemporary Clinical Trials 28 (2007); for the switchback
I. Bojinov, D. Simchi-Levi, J. Zhao, Management Science 69 (2023).
"""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm

from insights import contract
from insights.experiments import sequential
from insights.modeling import metrics, value
from insights.params import Params

WEEKS = 13  # of a quarter, which each test lasts
WAVES = 3
PRODUCTS, REGIONS, SWITCHBACK, STAGED = "products", "regions", "switchback", "staged roll-out"
COLUMNS = [
    "design", "assigned", "units", "unit", "expected", "error", "detectable", "quarters", "quarters_always",
    "cost_a_quarter", "cost",
]  # fmt: skip


def designs(
    tables: Mapping[str, ibis.Table], predictions: pd.DataFrame, chosen: str, panel: str, params: Params
) -> pd.DataFrame:
    """Return what each design takes to show the advantage of the model over the panel.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
        Clean ``enrollments``, ``products``, ``learners``.
    predictions : pandas.DataFrame
        Of validation rows, by model: ``family, decision, margin_earned, hurdle``.
    chosen, panel : str
        Names of the model and of the baseline that it is compared with.
    params : Params
        ``experiments.placebos`` replays; ``experiments.level`` and ``power``.

    Returns
    -------
    pandas.DataFrame
        A row per design that the records allow: ``design, assigned`` (what is assigned by chance)``, units`` (in a
        quarter)``, unit`` (of the effect)``, expected, error, detectable`` (in a quarter)``, quarters`` to show what
        is expected when looked at once, ``quarters_always`` when looked at all the time (both infinite where nothing
        is expected), ``cost_a_quarter, cost`` (USD: the advantage that is forgone where the panel is followed, and
        the days of people).
    """
    model, other = (predictions[predictions["model"] == name].reset_index(drop=True) for name in (chosen, panel))
    gain = value.gain(model) if len(model) and len(model) == len(other) else None
    if gain is None:
        return pd.DataFrame(columns=COLUMNS)
    extra = gain.to_numpy() * (model["decision"].to_numpy() - other["decision"].to_numpy())
    advantage = float(extra.sum())  # of a quarter, in USD
    rng = np.random.default_rng([params.modeling.seed, 41])
    rows = [_of_products(model, other, gain.to_numpy(), extra, params, rng)]
    sold = weekly(tables, params)
    if sold is not None and sold.shape[1] >= 2 * WEEKS and len(sold) >= 2 * WAVES:
        share = advantage / sold.to_numpy()[:, -WEEKS:].sum()
        for name, (replay, assigned, units) in REPLAYS.items():
            error = float(np.std([replay(sold.to_numpy(), rng) for _ in range(params.experiments.placebos)]))
            rows.append([name, assigned, units(sold), "share of margin", share, error])
    return _costed(pd.DataFrame(rows, columns=COLUMNS[:6]), advantage, params)


def weekly(tables: Mapping[str, ibis.Table], params: Params) -> pd.DataFrame | None:
    """Return the margin of each region in each whole week of the window, the largest region first; None without one.

    Regions are countries in which enough people bought something in each quarter of the window to be told apart.
    """
    if not {"enrollments", "products", "learners"} <= {*tables}:
        return None
    sales = contract.complete("enrollments", tables["enrollments"])
    products = contract.complete("products", tables["products"])
    margin = products.select("product_id", rate=products.margin.fill_null(1.0))
    learners = contract.complete("learners", tables["learners"])
    home = learners.select("learner_id", "country").filter(learners.country.notnull())
    met = sales.inner_join(home, "learner_id").inner_join(margin, "product_id")
    met = met.filter(met.enrolled_at >= params.start, met.enrolled_at < params.end, met.amount.notnull())
    week = ((met.enrolled_at.epoch_seconds() - ibis.literal(params.start).epoch_seconds()) // (7 * 86_400)).cast(
        "int64"
    )
    earned = (met.amount.cast("float64") * met.rate).cast("decimal(18, 6)")
    sums = met.mutate(week=week, earned=earned).group_by("country", "week")
    frame = (
        sums.agg(earned=ibis._.earned.sum().cast("float64"), sales=ibis._.count())
        .order_by("country", "week")
        .to_pandas()
    )
    whole = (params.end - params.start).days // 7
    frame = frame[frame["week"] < whole]
    wide, number = (
        frame.pivot(index="country", columns="week", values=name).reindex(columns=range(whole)).fillna(0.0)
        for name in ("earned", "sales")
    )
    enough = [
        (number.loc[:, at : at + WEEKS - 1].sum(axis=1) >= params.privacy.smallest_group)
        for at in range(0, whole, WEEKS)
    ]
    kept = wide[np.all(enough, axis=0)] if len(wide) else wide
    return kept.loc[kept.sum(axis=1).sort_values(ascending=False, kind="stable").index] if len(kept) else None


def by_region(sold: np.ndarray, rng: np.random.Generator) -> float:
    """Return the effect that a test by regions finds where there is none, as a share of the margin.

    Regions are paired by size and one of each pair is changed; the growth of the changed is held against that of the
    others, over the quarter before.

    Parameters
    ----------
    sold : numpy.ndarray of shape (regions, weeks)
        The largest region first.
    """
    begin = rng.integers(WEEKS, sold.shape[1] - WEEKS + 1)
    changed = _one_of_each(len(sold), 2, rng) == 0
    before, after = (sold[:, at : at + WEEKS].sum(axis=1) for at in (begin - WEEKS, begin))
    growth = [np.log(after[part].sum() / before[part].sum()) for part in (changed, ~changed)]
    return float(growth[0] - growth[1])


def by_week(sold: np.ndarray, rng: np.random.Generator) -> float:
    """Return the effect that a switchback finds where there is none: of two weeks in a row one is changed."""
    begin = rng.integers(0, sold.shape[1] - WEEKS + 1)
    total = np.log(sold[:, begin : begin + WEEKS].sum(axis=0))
    changed = _one_of_each(WEEKS, 2, rng) == 0
    trend = np.arange(WEEKS) - (WEEKS - 1) / 2
    return float(np.linalg.lstsq(np.column_stack([np.ones(WEEKS), trend, changed]), total, rcond=None)[0][2])


def by_wave(sold: np.ndarray, rng: np.random.Generator) -> float:
    """Return the effect that a staged roll-out finds where there is none.

    Regions alike in size are dealt over the waves; a wave changes at its step and stays so. Waves and steps have
    levels of their own.
    """
    steps = WAVES + 1
    length = WEEKS // steps
    begin = rng.integers(0, sold.shape[1] - steps * length + 1)
    wave = _one_of_each(len(sold), WAVES, rng)
    by_wave = np.array([sold[wave == w, begin : begin + steps * length].sum(axis=0) for w in range(WAVES)])
    total = np.log(by_wave.reshape(WAVES, steps, length).sum(axis=2))
    changed = (np.arange(steps)[None, :] > np.arange(WAVES)[:, None]).astype(float)
    rest = changed - changed.mean(axis=0) - changed.mean(axis=1, keepdims=True) + changed.mean()
    return float((rest * total).sum() / (rest * changed).sum())


REPLAYS = {
    REGIONS: (by_region, "regions", len),
    SWITCHBACK: (by_week, "weeks", lambda sold: WEEKS),
    STAGED: (by_wave, "the week from which a region changes", len),
}


def _of_products(model, other, gain, extra, params, rng):
    """Return the design by products; replayed with families resampled and each assigned as a whole."""
    apart = np.flatnonzero(model["decision"].to_numpy() != other["decision"].to_numpy())
    families = model["family"].iloc[apart]
    if families.nunique() < 4:
        return [PRODUCTS, "products on which they disagree", len(apart), "USD a product", np.nan, np.nan]
    codes, names = pd.factorize(families)
    followed = [gain[apart] * who["decision"].to_numpy()[apart] for who in (model, other)]
    weights = metrics.cluster_weights(families, params.experiments.placebos, rng).astype("float64")
    found = []
    for counts in weights:
        drawn = (rng.random(len(names)) < 0.5)[codes]
        sizes = (counts * drawn).sum(), (counts * ~drawn).sum()
        if min(sizes) > 0:
            found.append(
                (counts * drawn * followed[0]).sum() / sizes[0] - (counts * ~drawn * followed[1]).sum() / sizes[1]
            )
    expected, error = float(extra[apart].mean()), float(np.std(found))
    return [PRODUCTS, "products on which they disagree", len(apart), "USD a product", expected, error]


def _costed(table, advantage, params):
    asked = params.experiments
    once, power = norm.ppf(1 - asked.level / 2), norm.ppf(asked.power)
    always = float(sequential.half_width(1.0, 1.0, asked.level))
    with np.errstate(divide="ignore", invalid="ignore"):
        quarters = {
            name: np.where(table["expected"] > 0, ((bound + power) * table["error"] / table["expected"]) ** 2, np.inf)
            for name, bound in {"quarters": once, "quarters_always": always}.items()
        }
    people = params.feasibility.run_days.middle * params.feasibility.day_cost.middle
    a_quarter = max(advantage, 0.0) / 2 + people  # half of what is decided follows the panel
    return table.assign(
        detectable=(once + power) * table["error"], **quarters, cost_a_quarter=a_quarter,
        cost=np.ceil(quarters["quarters"]) * a_quarter,
    )[COLUMNS]  # fmt: skip


def _one_of_each(n, parts, rng):
    """Deal ``n`` things, in their order, over so many parts: of each so many in a row one goes to each part."""
    dealt = np.concatenate([rng.permutation(parts) for _ in range(-(-n // parts))])
    return dealt[:n]
