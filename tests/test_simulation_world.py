"""The parts of the simulated world by hand, and how hard it is to foresee at its full size.

Difficulty is judged on demand: sales are drawn from what 6,000 people want, scaled to 300,000, so that no page
view has to be made. The ranges are those that the simulated company promises.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from insights import params
from insights.simulation import company, extract, people, products, studies, visits, voices
from insights.simulation.world import TOPICS, autoregressive, make_world

PEOPLE = 6_000
FULL = params.load("2025Q4").simulation
FIRST_MONTH, TOP, MEMORY = 12, 100, 9


@dataclasses.dataclass(frozen=True)
class Demand:
    """A world of full size: its setting, a sample of its people, what all would buy, what was sold."""

    setting: company.Setting
    crowd: people.People
    demand: np.ndarray
    sold: np.ndarray


def make_demand(seed) -> Demand:
    """Make the demand of a company of full size from a sample of its people."""
    shared, own = np.random.SeedSequence(seed).spawn(2)
    setting = company.make_setting(FULL.model_copy(update={"seed": seed}), shared)
    world, catalogue = setting.world, setting.catalogue
    rng = np.random.default_rng(own)
    crowd = people.make_people(world, 0, PEOPLE, rng)
    demand = studies.topic_demand(world, crowd, crowd.here(world)) * world.people / PEOPLE
    expected = [
        products.expected_units(catalogue.attraction()[:, m], catalogue.topic, demand[:, m])
        for m in range(world.months)
    ]
    return Demand(setting, crowd, demand, rng.poisson(np.stack(expected, axis=1)))


def everybody(made):
    """Return that nobody has any product yet: sales here are drawn from demand, however much people have."""
    return np.ones_like(made.sold, dtype=float)


def judged(made: Demand, draws=5) -> pd.DataFrame:
    """Return the hundred best sellers and the launches of each month, what came of them, and who foresaw it.

    Beside the outcome ``y`` stands ``drawn``, an outcome drawn from the true probability; each draw has votes and
    answers of its own, so that the few launches do not leave much to chance.
    """
    world, catalogue = made.setting.world, made.setting.catalogue
    rng = np.random.default_rng(1)
    rows = outcomes(made)
    truth = products.launch_probability(world, catalogue, made.demand, everybody(made), 1.0, rng)
    rows = rows.merge(truth, on=["product_id", "decision_at"])
    return pd.concat([heard(made, rows, rng) for _ in range(draws)], ignore_index=True)


def outcomes(made):
    """Return who is asked about when, whether the hurdle was reached, and how last month's sales compare to it."""
    world, table, share = made.setting.world, made.setting.catalogue.table, made.setting.catalogue.on_sale
    unit = (table["price"].astype(float) * products.MEAN_PAID * table["margin"]).to_numpy()
    reached = made.sold * unit[:, None] / table["monthly_hurdle"].astype(float).to_numpy()[:, None]
    asked = [
        (launching, month, product)
        for month in range(FIRST_MONTH, world.months)
        for launching, chosen in ((False, best_sellers(made, month)), (True, launches(share, month)))
        for product in chosen
    ]
    rows = pd.DataFrame(asked, columns=["launching", "month", "product"])
    product, month = rows["product"].to_numpy(), rows["month"].to_numpy()
    return rows.assign(
        y=reached[product, month] >= share[product, month], persistence=reached[product, month - 1],
        product_id=table["product_id"].to_numpy()[product], decision_at=world.starts[month],
    )  # fmt: skip


def heard(made, rows, rng):
    """Return the rows with one draw of outcomes, of the panel's votes and of answers to the survey."""
    votes = voices.panel_votes(made.setting.world, made.setting.catalogue, rng)
    panel = votes.groupby(["product_id", "decision_at"], as_index=False)["vote"].mean()
    rows = rows.assign(drawn=rng.random(len(rows)) < rows["probability"])
    rows = rows.merge(panel, on=["product_id", "decision_at"], how="left")
    return rows.merge(survey(made, rng), on=["product_id", "month"], how="left")


def best_sellers(made, month):
    """Return the products on sale that sold best in the nine months before."""
    on_sale = np.flatnonzero(made.setting.catalogue.on_sale[:, month - 1] >= 1)
    return on_sale[np.argsort(-made.sold[on_sale, month - MEMORY : month].sum(axis=1), kind="stable")[:TOP]]


def launches(share, month):
    """Return the products that came on sale in a month."""
    return np.flatnonzero((share[:, month] > 0) & (share[:, month - 1] == 0))


def survey(made, rng):
    """Return the share of keen answers in the three months before each month, by product."""
    world = made.setting.world
    keenness = np.ones_like(made.crowd.interest)
    answers = voices.survey_responses(world, made.setting.catalogue, made.crowd.learners, keenness, rng)
    answered = world.month_of(answers["answered_at"].to_numpy(dtype="datetime64[us]"))
    keen = answers.assign(keen=answers["intent"] >= 4)
    parts = [keen.assign(month=answered + later) for later in (1, 2, 3)]
    shares = pd.concat(parts).groupby(["product_id", "month"], as_index=False)["keen"].mean()
    return shares.rename(columns={"keen": "survey"})


@pytest.fixture(scope="module")
def made():
    return make_demand(FULL.seed)


@pytest.fixture(scope="module")
def foreseen(made):
    return judged(made)


def auc(rows, scorer, launching):
    """Return the ROC AUC of a scorer on launches or on products on sale."""
    rows = rows[(rows["launching"] == launching) & rows[scorer].notna()]
    assert len(rows) > 150
    return roc_auc_score(rows["drawn"], rows[scorer])


@pytest.mark.parametrize("launching", [False, True])
@pytest.mark.parametrize(
    ("scorer", "low", "high"), [("probability", 0.83, 0.90), ("vote", 0.60, 0.70), ("survey", 0.57, 0.67)]
)
def test_the_company_is_as_hard_to_foresee_as_promised(foreseen, scorer, launching, low, high):
    assert low <= auc(foreseen, scorer, launching) <= high


def test_last_month_tells_little_of_this_month_for_hurdles_follow_plans(foreseen):
    assert 0.5 < auc(foreseen, "persistence", launching=False) <= 0.72


@pytest.mark.parametrize("launching", [False, True])
def test_the_truth_is_calibrated(foreseen, launching):
    rows = foreseen[foreseen["launching"] == launching].drop_duplicates(["product_id", "month"])
    error = 4 * np.sqrt(0.25 / len(rows))
    assert rows["probability"].mean() == pytest.approx(rows["y"].mean(), abs=error)
    fifths = pd.qcut(rows["probability"], 5, labels=False)
    apart = rows.groupby(fifths)["probability"].mean() - rows.groupby(fifths)["y"].mean()
    assert apart.abs().max() < 4 * np.sqrt(0.25 / (len(rows) / 5))


def test_another_seed_is_about_as_hard():
    rows = judged(make_demand(3), draws=2)
    for launching in (False, True):
        assert 0.80 <= auc(rows, "probability", launching) <= 0.93
        assert 0.54 <= auc(rows, "vote", launching) <= 0.75
        assert 0.52 <= auc(rows, "survey", launching) <= 0.72


def test_a_higher_hurdle_is_reached_less_often(made, monkeypatch):
    monkeypatch.setattr(products, "SHOCK_DRAWS", 50)
    setting = made.setting
    harder = setting.catalogue.table.assign(monthly_hurdle=setting.catalogue.table["monthly_hurdle"] * 1.5)
    catalogues = setting.catalogue, dataclasses.replace(setting.catalogue, table=harder)
    before, after = (
        products.launch_probability(setting.world, one, made.demand, everybody(made), 1.0, np.random.default_rng(0))[
            "probability"
        ]
        for one in catalogues
    )
    assert (after <= before).all()
    assert after.mean() < before.mean() - 0.05


# Demand, by hand.

TWO = np.array([0, 0, 1])
ATTRACTION = st.lists(st.floats(0.01, 100), min_size=3, max_size=3).map(np.array)
WANTED = np.zeros(len(TOPICS))
WANTED[:2] = [100.0, 50.0]


def test_a_product_alone_with_an_attraction_of_one_sells_what_its_topic_demands():
    assert products.expected_units(np.array([1.0, 0.0, 1.0]), TWO, WANTED).tolist() == [100, 0, 50]


def test_two_alike_sell_more_than_one_but_less_than_twice_as_much():
    units = products.expected_units(np.array([1.0, 1.0, 1.0]), TWO, WANTED)
    assert units[0] == units[1] == pytest.approx(100 * 2**-products.CANNIBALISATION)
    assert units[2] == 50


def test_where_nothing_is_on_sale_nothing_is_sold():
    assert products.expected_units(np.zeros(3), TWO, WANTED).tolist() == [0, 0, 0]


@settings(max_examples=50)
@given(ATTRACTION, st.floats(0.1, 10), st.permutations(range(3)))
def test_demand_scales_shares_and_forgets_order(attraction, factor, order):
    units = products.expected_units(attraction, TWO, WANTED)
    np.testing.assert_allclose(products.expected_units(attraction, TWO, WANTED * factor), units * factor)
    np.testing.assert_allclose(units[0] / units[1], attraction[0] / attraction[1])
    shuffled = products.expected_units(attraction[order], TWO[order], WANTED)
    np.testing.assert_allclose(shuffled, units[order])


# Time.


def small_world(months=14):
    simulation = FULL.model_copy(update={"people": 500, "months": months})
    return make_world(simulation, np.random.default_rng(0))


def test_months_begin_at_midnight_of_their_first_day():
    world = small_world()
    assert [str(start)[:10] for start in world.starts[[0, 1, 2, 14]]] == [
        "2023-01-01",
        "2023-02-01",
        "2023-03-01",
        "2024-03-01",
    ]
    assert (world.months, world.end) == (14, world.starts[-1])
    assert world.season[0] == world.season[12]


@given(st.integers(-1_000 * 86_400, 1_000 * 86_400))
def test_days_since_the_start_become_moments_and_back(seconds):
    world = small_world()
    moment = world.at(np.array([seconds / 86_400 + 1e-7]))
    assert abs(world.days(moment)[0] * 86_400 - seconds) < 1.001


def test_a_month_holds_its_first_instant_and_not_its_last():
    world, tick = small_world(), np.timedelta64(1, "us")
    moments = np.array([world.starts[0] - tick, world.starts[0], world.starts[1] - tick, world.starts[1]])
    assert world.month_of(moments).tolist() == [-1, 0, 0, 1]


def test_fashions_keep_their_spread_and_remember():
    series = autoregressive(np.random.default_rng(0), 4_000, 30, sd=0.5, memory=0.8)
    assert series[:, 0].std() == pytest.approx(0.5, abs=0.03)
    assert series[:, -1].std() == pytest.approx(0.5, abs=0.03)
    assert np.corrcoef(series[:, 10], series[:, 11])[0, 1] == pytest.approx(0.8, abs=0.03)
    assert np.corrcoef(series[:, 10], series[:, 12])[0, 1] == pytest.approx(0.64, abs=0.04)


def test_nothing_is_known_before_it_happened_and_a_few_things_much_later():
    day = np.linspace(0, 100, 20_000)
    delay = extract.recorded(day, np.random.default_rng(0)) - day
    assert delay.min() >= 0
    assert (delay > 1).mean() == pytest.approx(extract.LATE, abs=0.003)
    assert delay.max() < 27


# People and what they do.


def test_people_are_numbered_on_from_chunk_to_chunk_and_want_something():
    crowd = people.make_people(small_world(), 40, 60, np.random.default_rng(0))
    assert crowd.ids[[0, -1]].tolist() == ["L0000040", "L0000099"]
    assert len(crowd) == 60
    np.testing.assert_allclose(crowd.interest.sum(axis=1), 1)
    assert (crowd.registered < small_world().days(small_world().end)).all()


def test_somebody_leaves_a_list_after_joining_it_and_joins_again_after_leaving_it():
    crowd = people.make_people(small_world(), 0, 2_000, np.random.default_rng(0))
    spans = crowd.subscriptions.sort_values(["learner_id", "newsletter", "subscribed_at"])
    assert not (spans["unsubscribed_at"] < spans["subscribed_at"]).any()
    before = spans.groupby(["learner_id", "newsletter"])["unsubscribed_at"].shift()
    again = before.notna()
    assert again.sum() > 20
    assert (spans.loc[again, "subscribed_at"] > before[again]).all()


@pytest.mark.parametrize(("days_before", "counts"), [(1, 1), (44.9, 1), (45.1, 0), (-1, 0), (None, 0)])
def test_an_event_counts_for_completing_if_it_was_in_the_weeks_before_the_enrollment(days_before, counts):
    frame = pd.DataFrame({"person": [7, 8], "day": [100.0, 50.0]})
    day = np.nan if days_before is None else 100.0 - days_before
    came = pd.DataFrame({"person": [7], "day": [day]})
    assert studies._came_lately(frame, came).tolist() == [counts, 0]


def test_the_community_makes_people_complete_who_come_to_its_events(made):
    setting = made.setting
    crowd = made.crowd
    everyone = pd.DataFrame(
        [(person, day) for person in range(len(crowd)) for day in range(0, 1_100, 40)], columns=["person", "day"]
    ).astype({"day": float})
    nobody, here = everyone.iloc[:0], crowd.here(setting.world)
    came, stayed = (
        studies.enroll(setting.world, crowd, setting.catalogue, here, who, np.random.default_rng(0))
        for who in (everyone, nobody)
    )
    np.testing.assert_allclose(came["effort"] - stayed["effort"], studies.COMMUNITY_EFFECT)
    assert came["finish"].notna().mean() > stayed["finish"].notna().mean() + 0.05


@pytest.mark.parametrize(
    ("kind", "day", "launched", "allowed"),
    [
        ("about_product", 9.0, 10.0, {"announcement", "waiting_list"}),
        ("about_product", 10.0, 10.0, {"product"}),
        ("about_product", 99.0, np.nan, {"announcement", "waiting_list"}),
        ("home", 9.0, 10.0, {"home"}),
        ("lesson", 99.0, 10.0, {"lesson"}),
    ],
)
def test_a_product_has_a_page_from_its_launch_on_and_a_waiting_list_before(kind, day, launched, allowed):
    rng, n = np.random.default_rng(0), 50
    found = visits.page_type(np.full(n, day), np.full(n, kind), np.full(n, launched), rng)
    assert set(found) == allowed


def test_a_product_draws_no_looks_before_its_announcement(made):
    world, catalogue = made.setting.world, made.setting.catalogue
    announced = world.month_of(catalogue.table["announced_at"].to_numpy(dtype="datetime64[us]"))
    before = np.arange(world.months)[None, :] < announced[:, None]
    assert (made.setting.chances[before] == 0).all()
    assert (made.setting.chances[~before] > 0).mean() > 0.99


def test_no_more_than_its_share_of_a_month_is_a_product_on_sale(made):
    table, share = made.setting.catalogue.table, made.setting.catalogue.on_sale
    world = made.setting.world
    launched = table["launched_at"]
    inside = (launched >= world.starts[1]).to_numpy() & launched.notna().to_numpy()
    first = np.flatnonzero(inside)[0]
    month = world.month_of(launched.to_numpy(dtype="datetime64[us]"))[first]
    length = pd.Timestamp(world.starts[month]).days_in_month
    assert share[first, month] == pytest.approx(1 - (launched[first].day - 1) / length)
    assert share[first, month - 1] == 0 and share[first, month + 1] == 1
    assert (share[launched.isna().to_numpy()] == 0).all()
