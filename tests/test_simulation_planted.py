"""What is planted in the simulated company: each switched on and off, and the world's records tell which."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from insights import params, simulation
from insights.params import PLANTED
from insights.simulation.voices import EMPTY_HYPE

SAMPLE = params.load("sample").simulation


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Return the folder of a world with some things planted and no others; each is made once."""
    made = {}

    def world(*planted, difficulty=1.0):
        if (planted, difficulty) not in made:
            folder = tmp_path_factory.mktemp("planted") / "world"
            changed = {"people": 2_500, "defects": False, "planted": list(planted), "difficulty": difficulty}
            simulation.simulate(SAMPLE.model_copy(update=changed), folder, workers=1)
            made[planted, difficulty] = folder
        return made[planted, difficulty]

    return world


def raw(folder, table):
    files = sorted((folder / "raw" / table).rglob("*.parquet"))
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True) if files else None


def efforts(folder):
    """Return the effort behind each enrollment, with its day and whether a woman made it."""
    truth = pd.read_parquet(folder / "truth" / "completion_probability.parquet")
    people = pd.read_parquet(folder / "truth" / "people.parquet")[["learner_id", "woman"]]
    sold = raw(folder, "enrollments")[["enrollment_id", "enrolled_at"]]
    return truth.merge(people, on="learner_id").merge(sold, on="enrollment_id")


ALONE = "independent_views"  # that two views are independent is how the world is, unless the switch breaks it


def test_the_default_world_has_everything_planted_but_the_leak():
    assert set(SAMPLE.planted) == set(PLANTED) - {"leaking_column", "shift"}


@pytest.mark.parametrize(("planted", "low", "high"), [(True, 0.3, 0.5), (False, -0.1, 0.1)])
def test_women_are_held_back_only_where_a_disparity_is_planted(make, planted, low, high):
    rows = efforts(make(ALONE, "disparity") if planted else make(ALONE))
    gap = rows.loc[~rows["woman"], "effort"].mean() - rows.loc[rows["woman"], "effort"].mean()
    assert low < gap < high


@pytest.mark.parametrize(("planted", "low", "high"), [(True, -0.23, -0.07), (False, -0.07, 0.07)])
def test_effort_falls_from_year_to_year_only_where_a_drift_is_planted(make, planted, low, high):
    rows = efforts(make(ALONE, "drift") if planted else make(ALONE))
    years = (rows["enrolled_at"] - pd.Timestamp("2023-01-01")) / pd.Timedelta(days=365)
    assert low < np.polyfit(years, rows["effort"], 1)[0] < high


def test_from_the_day_of_a_planted_shift_on_people_try_less_and_a_third_of_the_views_is_lost(make):
    begun = pd.Timestamp("2025-07-01")
    shifted, as_ever = make(ALONE, "shift"), make(ALONE)
    mean = {}
    for name, folder in (("shifted", shifted), ("as ever", as_ever)):
        rows = efforts(folder)
        after = rows["enrolled_at"] >= begun
        mean[name] = rows.loc[after, "effort"].mean() - rows.loc[~after, "effort"].mean()
    assert mean["shifted"] - mean["as ever"] == pytest.approx(-0.8, abs=0.1)
    views = {name: raw(folder, "page_views") for name, folder in (("shifted", shifted), ("as ever", as_ever))}
    late = {name: (table["viewed_at"] >= begun).sum() for name, table in views.items()}
    assert 0.55 < late["shifted"] / late["as ever"] < 0.72, "a third is lost, and who tries less looks less"
    early = {name: (table["viewed_at"] < begun).sum() for name, table in views.items()}
    assert early["shifted"] / early["as ever"] == pytest.approx(1, abs=0.02)


def test_experiments_are_assigned_evenly_and_do_to_clicks_what_the_truth_says(make):
    folder = make(ALONE, "experiments")
    drawn = raw(folder, "assignments")
    assert not drawn.duplicated(["experiment", "learner_id"]).any()
    share = (drawn["arm"] == "variant").mean()
    assert abs(share - 0.5) < 4 * np.sqrt(0.25 / len(drawn))
    sizes = pd.read_parquet(folder / "truth" / "planted.parquet").set_index("planted")["size"]
    assert sizes["experiments, subject line"] > 1.2 and sizes["experiments, send hour"] == 1.0
    for name in ("subject_line", "send_hour"):
        ratio, error = click_ratio(folder, drawn, name)
        assert abs(np.log(ratio / sizes[f"experiments, {name.replace('_', ' ')}"])) < 3 * error
        assert error < 0.15


def click_ratio(folder, drawn, name):
    """Return the click rate on course announcements in the variant over that in the control, and its log's error."""
    mails = raw(folder, "email_events")
    mails = mails[(mails["newsletter"] == "course_announcements") & (mails["user_agent"] == "Mail client")]
    half = (mails["happened_at"].dt.year - 2023) * 2 + (mails["happened_at"].dt.month > 6) + 1
    mails = mails.assign(experiment=f"{name}_" + half.astype(str))
    rows = mails.merge(drawn, on=["experiment", "learner_id"])
    counts = rows.groupby(["arm", "event"], observed=True).size().unstack()
    rates = counts["clicked"] / counts["delivered"]
    return rates["variant"] / rates["none"], np.sqrt((1 / counts["clicked"]).sum())


def test_the_reminder_adds_the_stated_effort(make):
    folder = make(ALONE, "experiments")
    rows, drawn = efforts(folder), raw(folder, "assignments")
    half = (rows["enrolled_at"].dt.year - 2023) * 2 + (rows["enrolled_at"].dt.month > 6) + 1
    rows = rows.assign(experiment="reminder_" + half.astype(str)).merge(drawn, on=["experiment", "learner_id"])
    effort = rows.groupby("arm")["effort"]
    error = np.sqrt((effort.var() / effort.size()).sum())
    assert abs(effort.mean()["variant"] - effort.mean()["none"] - 0.35) < 3 * error


def test_without_experiments_nobody_is_assigned_and_their_size_is_nothing(make):
    folder = make(ALONE)
    assert raw(folder, "assignments") is None
    sizes = pd.read_parquet(folder / "truth" / "planted.parquet").set_index("planted")["size"]
    assert (sizes.drop("community") == 0).all()


@pytest.mark.parametrize("planted", [True, False])
def test_instagram_repeats_facebook_only_where_a_redundant_source_is_planted(make, planted):
    posts = raw(make(ALONE, "redundant_source") if planted else make(ALONE), "social_posts")
    named = posts.dropna(subset="product_id")
    texts = named[named["network"] == "facebook"].groupby("product_id")["text"].agg(set)
    instagram = named[named["network"] == "instagram"]
    repeated = [text in texts.get(product, set()) for product, text in instagram[["product_id", "text"]].to_numpy()]
    assert np.mean(repeated) > 0.9 if planted else np.mean(repeated) < 0.3


def test_visits_and_posts_are_misled_together_only_where_independence_is_broken(make):
    together = {name: partial_correlation(make(*given)) for name, given in (("on", [ALONE]), ("off", []))}
    assert abs(together["on"]) < 0.12
    assert together["off"] > together["on"] + 0.2


def partial_correlation(folder):
    """Return the correlation of visits and posts by product and month, given the true demand of the month after.

    Topics of which the networks talk in waves of their own are left out: nothing else shares these.
    """
    truth = pd.read_parquet(folder / "truth" / "products.parquet")
    topic = raw(folder, "products").set_index("product_id")["topic"]
    truth = truth[~truth["product_id"].map(topic).isin(EMPTY_HYPE)].copy()
    truth["seen_in"] = truth["month"] - pd.DateOffset(months=1)
    looks = raw(folder, "page_views")
    looks = looks[looks["page_type"].isin(["product", "announcement", "waiting_list"])]
    posts = raw(folder, "social_posts").dropna(subset="product_id")
    views, said = (monthly(t, at) for t, at in ((looks, "viewed_at"), (posts, "posted_at")))
    rows = truth.merge(views, left_on=["product_id", "seen_in"], right_index=True)
    rows = rows.merge(said, left_on=["product_id", "seen_in"], right_index=True, suffixes=("_views", "_posts"))
    given = np.column_stack([np.ones(len(rows)), rows[["foreseen", "surprise", "buzz"]]])
    logs = np.log(rows[["n_views", "n_posts"]].to_numpy())
    left = logs - given @ np.linalg.lstsq(given, logs, rcond=None)[0]
    return np.corrcoef(left.T)[0, 1]


def monthly(frame, at):
    month = frame[at].dt.to_period("M").dt.to_timestamp()
    return frame.groupby(["product_id", month]).size().rename("n")


def test_the_leaking_column_tells_the_outcome_only_where_it_is_planted(make):
    assert "study_load" not in raw(make(ALONE), "enrollments")
    sold = raw(make(ALONE, "leaking_column"), "enrollments")
    old = sold[(sold["enrolled_at"] < "2025-06-01") & (sold["units"] > 0)]
    assert roc_auc_score(old["completed_at"].notna(), old["study_load"]) > 0.95


@pytest.mark.parametrize("truth", ["completion_probability", "launch_probability"])
def test_a_harder_world_is_harder_to_foresee_even_with_the_truth(make, truth):
    easy, hard = (foreseen(make(ALONE, difficulty=d), truth) for d in (0.6, 1.6))
    assert easy > hard + 0.05


def foreseen(folder, truth):
    """Return how far true probabilities lie apart: the AUC that they reach on outcomes drawn from them."""
    frame = pd.read_parquet(folder / "truth" / f"{truth}.parquet")
    p = frame["propensity" if "propensity" in frame else "probability"].dropna().to_numpy()
    p = p[np.random.default_rng(0).random(len(p)) < 0.5]
    return roc_auc_score(np.random.default_rng(1).random(len(p)) < p, p)
