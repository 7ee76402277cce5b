"""The simulated company: same seed, same bytes; contract kept; time in order; truth true."""

import hashlib
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from insights import contract, params, simulation
from insights.simulation import company

SAMPLE = {"people": 3_000, "months": 36}
TABLES = sorted(contract.TABLES)
LABELLED_FROM = pd.Timestamp("2024-01-01")


def settings(**changes):
    """Return the parameters of the sample's company, some of them changed."""
    return params.load("sample").simulation.model_copy(update={"defects": False} | changes)


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each file below a folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def read(folder: Path, table: str, con=None) -> ibis.Table:
    """Return a raw table as the engine reads it."""
    files = [str(file) for file in sorted((folder / "raw" / table).rglob("*.parquet"))]
    return (con or ibis.duckdb.connect()).read_parquet(files)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return the folder of the sample's company, 3,000 people over 36 months."""
    folder = tmp_path_factory.mktemp("simulation") / "world"
    simulation.simulate(settings(**SAMPLE), folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return the folder of a company of 500 people over 12 months."""
    folder = tmp_path_factory.mktemp("simulation") / "small"
    simulation.simulate(settings(people=500, months=12), folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def decisions(world):
    """Return a row per product and month from the second year on, with what it earned and whether that sufficed."""
    return outcomes(world)


def outcomes(world) -> pd.DataFrame:
    """Return products and months with truth, panel, whether the hurdle was reached, and last month's answer."""
    products = read(world, "products").to_pandas().astype({"margin": float, "monthly_hurdle": float})
    sales = read(world, "enrollments")
    month = sales.enrolled_at.truncate("M").name("decision_at")
    earned = sales.group_by(month, "product_id").agg(amount=sales.amount.sum()).to_pandas()
    frame = pd.read_parquet(world / "truth" / "launch_probability.parquet")
    frame = frame.merge(products, on="product_id").merge(earned, on=["product_id", "decision_at"], how="left")
    end = frame["decision_at"] + pd.DateOffset(months=1)
    on_sale = end - frame[["decision_at", "launched_at"]].max(axis=1)
    asked = frame["monthly_hurdle"] * (on_sale / (end - frame["decision_at"]))
    frame["y"] = frame["amount"].astype(float).fillna(0.0) * frame["margin"] >= asked
    frame["launching"] = frame["launched_at"] >= frame["decision_at"]
    frame["before"] = frame.sort_values("decision_at").groupby("product_id")["y"].shift()
    votes = read(world, "panel_votes").to_pandas()
    panel = votes.groupby(["product_id", "decision_at"], as_index=False).agg(panel=("vote", "mean"))
    frame = frame.merge(panel, on=["product_id", "decision_at"], how="left")
    return frame[frame["decision_at"] >= LABELLED_FROM]


def test_the_same_seed_gives_the_same_bytes_with_one_worker_and_with_two(tmp_path):
    two_chunks = settings(people=company.CHUNK + 200, months=12)
    for workers in (1, 2):
        simulation.simulate(two_chunks, tmp_path / str(workers), workers=workers)
    one, two = digests(tmp_path / "1"), digests(tmp_path / "2")
    assert {name.split("/")[1] for name in one if name.startswith("raw/")} == set(TABLES)
    assert one == two


def test_another_seed_gives_other_people_and_other_products(small, tmp_path):
    simulation.simulate(settings(people=500, months=12, seed=9), tmp_path / "other", workers=1)
    one, other = digests(small), digests(tmp_path / "other")
    same = {name for name, known in one.items() if other.get(name) == known}
    assert same == {"truth/planted.parquet"}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_keeps_the_contract(world, table):
    con = ibis.duckdb.connect()
    raw = read(world, table, con)
    known = contract.schema(table)
    assert {name: raw.schema()[name] for name in raw.columns} == {name: known[name] for name in raw.columns}
    checked = contract.TABLES[table].model.validate(raw, lazy=True)
    assert checked.count().execute() > 0


@pytest.mark.parametrize("table", [name for name in TABLES if contract.TABLES[name].key])
def test_a_key_names_one_record(world, table):
    raw = read(world, table)
    assert raw.select(*contract.TABLES[table].key).distinct().count().execute() == raw.count().execute()


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_recorded_before_it_happened_or_after_the_end(world, table):
    raw, spec = read(world, table), contract.TABLES[table]
    end = pd.Timestamp(simulation.coverage(settings(**SAMPLE))[1])
    assert raw.filter(raw.recorded_at < raw[spec.happened]).count().execute() == 0
    assert raw.filter(raw.recorded_at >= end).count().execute() == 0


@pytest.mark.parametrize(
    ("table", "happened", "known"),
    [
        ("enrollments", "completed_at", "completion_recorded_at"),
        ("enrollments", "withdrawn_at", "withdrawal_recorded_at"),
        ("subscriptions", "unsubscribed_at", "unsubscription_recorded_at"),
    ],
)
def test_what_becomes_known_later_is_known_after_it_happened_and_after_its_row_began(world, table, happened, known):
    raw, spec = read(world, table), contract.TABLES[table]
    wrong = (raw[known] < raw[happened]) | (raw[happened] < raw[spec.happened])
    assert raw[happened].notnull().sum().execute() > 50
    assert raw.filter(wrong | (raw[happened].isnull() != raw[known].isnull())).count().execute() == 0


def test_nobody_does_anything_before_registering(world):
    registered = read(world, "learners").to_pandas().set_index("learner_id")["registered_at"]
    for table in ("enrollments", "submissions", "subscriptions", "event_registrations", "page_views", "email_events"):
        happened = contract.TABLES[table].happened
        rows = read(world, table).select("learner_id", happened).to_pandas().dropna()
        assert (rows[happened] >= rows["learner_id"].map(registered)).all(), table


def test_nothing_is_sold_before_its_launch_and_no_candidate_is_sold(world):
    launched = read(world, "products").to_pandas().set_index("product_id")["launched_at"]
    sales = read(world, "enrollments").to_pandas()
    assert launched.isna().sum() >= 3 * 36
    assert (sales["enrolled_at"] >= sales["product_id"].map(launched)).all()


def test_a_product_is_spoken_of_only_after_its_announcement(world):
    announced = read(world, "products").to_pandas().set_index("product_id")["announced_at"]
    for table in ("social_posts", "survey_responses", "email_events"):
        happened = contract.TABLES[table].happened
        rows = read(world, table).select("product_id", happened).to_pandas().dropna()
        assert (rows[happened] >= rows["product_id"].map(announced)).all(), table


def test_votes_are_cast_before_the_decision_by_four_panelists_of_each_team(world):
    votes = read(world, "panel_votes").to_pandas()
    assert (votes["recorded_at"] < votes["decision_at"]).all()
    assert votes.groupby("team")["panelist_id"].nunique().to_dict() == dict.fromkeys(contract.TEAMS, 4)


def test_the_panel_votes_on_every_launch_and_on_candidates(world, decisions):
    assert decisions.loc[decisions["launching"], "panel"].notna().all()
    products = read(world, "products").to_pandas()
    candidates = products.loc[products["launched_at"].isna(), "product_id"]
    assert read(world, "panel_votes").to_pandas()["product_id"].isin(candidates).any()


@pytest.mark.parametrize("table", ["page_views", "email_events"])
def test_a_big_table_lies_in_folders_by_month_of_recording(world, table):
    folders = sorted((world / "raw" / table).iterdir())
    assert len(folders) == 36
    for folder in folders:
        times = pd.concat(pd.read_parquet(file, columns=["recorded_at"]) for file in folder.iterdir())
        assert set(times["recorded_at"].dt.strftime("%Y-%m")) == {folder.name}


def test_every_kind_of_e_mail_event_occurs(world):
    assert set(read(world, "email_events").to_pandas()["event"]) == set(contract.EMAIL_EVENTS)


def test_the_raw_extracts_hold_what_must_not_reach_a_page(world):
    learners, posts = read(world, "learners").to_pandas(), read(world, "social_posts").to_pandas()
    assert (learners["job_title"] == '<script>alert("job title")</script>').sum() >= 15
    assert posts["text"].str.contains('<script>alert("post")</script>', regex=False).sum() >= 3
    assert posts["text"].str.contains("@example.com", regex=False).any()
    assert learners["email"].str.fullmatch(r"\S+@example\.(com|org|net)").all()
    named = posts["text"].str.extract(r"Thanks to (.+) for the study group", expand=False).dropna()
    assert len(named) > 0
    assert named.isin(set(learners["name"])).all()


def test_protected_attributes_are_mostly_missing(world):
    learners = read(world, "learners").count().execute()
    protected = read(world, "protected").to_pandas()
    assert 0.1 * learners < len(protected) < 0.5 * learners
    assert "non-binary" in set(protected["gender"].dropna())


def test_more_people_give_more_records_and_no_more_products(world, tmp_path):
    simulation.simulate(settings(people=1_000, months=36), tmp_path / "third", workers=1)
    for table in ("page_views", "email_events", "enrollments", "submissions", "event_registrations"):
        ratio = read(world, table).count().execute() / read(tmp_path / "third", table).count().execute()
        assert 2.4 < ratio < 3.7, table
    assert len(read(world, "products").to_pandas()) == len(read(tmp_path / "third", "products").to_pandas())


def test_the_sample_holds_enough_to_learn_from(world):
    sales = read(world, "enrollments").to_pandas()
    assert (sales["enrolled_at"] >= pd.Timestamp("2025-01-01")).sum() >= 1_500
    assert len(read(world, "social_posts").to_pandas()) >= 5_000


def test_the_true_probability_of_completing_is_the_share_that_completes(world):
    truth = pd.read_parquet(world / "truth" / "completion_probability.parquet")
    sales = read(world, "enrollments").to_pandas()
    old = sales[sales["enrolled_at"] < pd.Timestamp("2025-07-01")].merge(truth, on="enrollment_id")
    done = old["completed_at"].notna()
    tenths = pd.qcut(old["propensity"], 10, labels=False)
    apart = old["propensity"].groupby(tenths).mean() - done.groupby(tenths).mean()
    assert 0.3 < done.mean() < 0.5
    assert apart.abs().max() < 4 * np.sqrt(0.25 / (len(old) / 10))
    assert 0.75 < roc_auc_score(done, old["propensity"]) < 0.9


def test_the_true_probability_of_the_launch_label_is_the_share_that_reaches_the_hurdle(decisions):
    for _, rows in decisions.groupby("launching"):
        assert rows["probability"].mean() == pytest.approx(rows["y"].mean(), abs=0.07)
    high = decisions["probability"] > 0.75
    assert decisions.loc[high, "y"].mean() > 0.7
    assert decisions.loc[decisions["probability"] < 0.25, "y"].mean() < 0.25


@pytest.mark.parametrize("launching", [False, True])
def test_launches_can_be_foreseen_well_but_not_surely(decisions, launching):
    rows = decisions[decisions["launching"] == launching]
    assert 0.2 < rows["y"].mean() < 0.6
    assert 0.7 < roc_auc_score(rows["y"], rows["probability"]) < 0.9


@pytest.mark.parametrize("launching", [False, True])
def test_the_panel_knows_something_and_less_than_the_truth(decisions, launching):
    rows = decisions[(decisions["launching"] == launching) & decisions["panel"].notna()]
    panel = roc_auc_score(rows["y"], rows["panel"])
    assert 0.52 < panel < 0.72
    assert panel < roc_auc_score(rows["y"], rows["probability"]) - 0.05


def test_last_month_alone_does_not_tell_this_month(decisions):
    rows = decisions.dropna(subset="before")
    assert 0.5 < roc_auc_score(rows["y"], rows["before"].astype(float)) < 0.75


def test_an_interrupted_run_leaves_nothing_that_passes_for_done(tmp_path, monkeypatch):
    monkeypatch.setattr(company.voices, "panel_votes", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        simulation.simulate(settings(people=500, months=12), tmp_path / "world", workers=1)
    assert not (tmp_path / "world").exists()
    monkeypatch.undo()
    simulation.simulate(settings(people=500, months=12), tmp_path / "world", workers=1)
    assert (tmp_path / "world" / "raw" / "panel_votes").exists()


def test_a_finished_simulation_is_not_overwritten(small):
    before = digests(small)
    with pytest.raises(FileExistsError, match="Remove it"):
        simulation.simulate(settings(people=500, months=12), small)
    assert digests(small) == before


def test_coverage_is_the_stated_history():
    first, after = simulation.coverage(settings(months=14))
    assert (str(first), str(after)) == ("2023-01-01", "2024-03-01")


@pytest.mark.parametrize("change", [{"people": 501}, {"months": 13}, {"seed": 1}])
def test_another_parameter_is_another_world(change):
    assert simulation.world_digest(settings(**change)) != simulation.world_digest(settings())


def test_other_code_is_another_world(tmp_path, monkeypatch):
    copied = tmp_path / "company.py"
    copied.write_text("one = 1\n")
    monkeypatch.setattr(company, "__file__", str(copied))
    before = simulation.world_digest(settings())
    copied.write_text("one = 2\n")
    assert simulation.world_digest(settings()) != before


def test_page_views_of_a_product_follow_its_announcement_and_the_person_s_interest(world):
    products = read(world, "products").to_pandas().set_index("product_id")
    views = read(world, "page_views").to_pandas()
    looks = views[views["page_type"].isin(["product", "announcement", "waiting_list"])]
    assert (looks["viewed_at"] >= looks["product_id"].map(products["announced_at"])).all()
    interest = pd.read_parquet(world / "truth" / "people.parquet").set_index("learner_id").filter(like="interest_")
    best = interest.idxmax(axis=1).str.removeprefix("interest_")
    known = looks.dropna(subset="learner_id")
    assert (known["learner_id"].map(best) == known["product_id"].map(products["topic"])).mean() > 0.25


def test_a_look_before_a_purchase_lies_in_the_month_of_the_purchase(world):
    """What nobody can foresee of a month must not show before it."""
    views, sales = (read(world, name).to_pandas() for name in ("page_views", "enrollments"))
    looks = views[views["page_type"].isin(["product", "announcement", "waiting_list"])]
    pairs = sales.merge(looks, on=["learner_id", "product_id"])
    days = (pairs["enrolled_at"] - pairs["viewed_at"]) / pd.Timedelta(days=1)
    month_before = pairs["viewed_at"].dt.to_period("M") != pairs["enrolled_at"].dt.to_period("M")
    assert pairs.loc[days.between(0, 30), "enrollment_id"].nunique() > 0.4 * len(sales)
    assert (month_before & days.between(0, 4)).sum() < 0.05 * days.between(0, 4).sum()


def test_a_person_uses_one_or_two_browsers(world):
    views = read(world, "page_views").to_pandas()
    assert views.groupby("anonymous_id")["user_agent"].nunique().max() == 2


def test_leaving_is_no_more_common_at_the_last_mailing_than_at_others(world):
    mails = read(world, "email_events").to_pandas()
    left = mails[mails["event"] == "unsubscribed"].groupby("campaign").size()
    assert left.max() < 5 * left.median()


def test_an_unsubscription_by_mail_ends_a_subscription_on_that_day(world):
    mails = read(world, "email_events").to_pandas()
    left = mails[mails["event"] == "unsubscribed"].merge(
        read(world, "subscriptions").to_pandas(), on=["learner_id", "newsletter"]
    )
    apart = (
        (left["happened_at"] - left["unsubscribed_at"]).abs().groupby([left["learner_id"], left["campaign"]]).min()
    )
    assert (apart < pd.Timedelta(days=1)).all()


def test_some_buy_in_the_month_in_which_they_register_and_people_register_on_every_day(world):
    learners, sales = (read(world, name).to_pandas() for name in ("learners", "enrollments"))
    first = sales.groupby("learner_id")["enrolled_at"].min().rename("first")
    known = learners[learners["registered_at"] >= pd.Timestamp("2023-01-01")].merge(first, on="learner_id")
    same = known["first"].dt.to_period("M") == known["registered_at"].dt.to_period("M")
    assert 0.05 < same.mean() < 0.4
    assert set(learners["registered_at"].dt.day) == set(range(1, 32))


def test_the_true_probability_on_day_seven_is_the_share_that_completes_in_the_horizon(world):
    truth = pd.read_parquet(world / "truth" / "completion_probability.parquet").dropna(subset="probability")
    sales = read(world, "enrollments").to_pandas()
    known = sales[sales["enrolled_at"] < pd.Timestamp("2025-09-01")].merge(truth, on="enrollment_id")
    done = (known["completed_at"] - known["enrolled_at"]) < pd.Timedelta(days=49)
    tenths = pd.qcut(known["probability"], 10, labels=False)
    apart = known["probability"].groupby(tenths).mean() - done.groupby(tenths).mean()
    assert apart.abs().max() < 4 * np.sqrt(0.25 / (len(known) / 10))


def test_completions_can_be_foreseen_well_but_not_surely(world):
    truth = pd.read_parquet(world / "truth" / "completion_probability.parquet").dropna(subset="probability")
    sales = read(world, "enrollments").to_pandas()
    known = sales[sales["enrolled_at"] < pd.Timestamp("2025-10-01")].merge(truth, on="enrollment_id")
    done = (known["completed_at"] - known["enrolled_at"]) < pd.Timedelta(days=49)
    assert 0.85 < roc_auc_score(done, known["probability"]) < 0.92


def test_the_keen_answer_surveys(world):
    people = pd.read_parquet(world / "truth" / "people.parquet").set_index("learner_id")
    asked = read(world, "survey_responses").to_pandas()
    assert asked["learner_id"].map(people["activity"]).mean() > 1.3 * people["activity"].mean()


def test_spam_names_no_product(world):
    posts = read(world, "social_posts").to_pandas()
    spam = posts["product_id"].isna()
    assert 0.01 < spam.mean() < 0.06
    assert posts.loc[spam, "text"].str.contains("@").any()


def test_registrations_for_events_go_on_to_the_last_week(world):
    seats = read(world, "event_registrations").to_pandas().set_index("registered_at").sort_index()
    last, month_before = seats["2025-12-25":], seats["2025-11-24":"2025-11-30"]
    assert len(last) > 0.5 * len(month_before)


def test_people_register_for_events_on_what_interests_them(world):
    events = read(world, "events").to_pandas().set_index("event_id")["topic"]
    interest = pd.read_parquet(world / "truth" / "people.parquet").set_index("learner_id").filter(like="interest_")
    best = interest.idxmax(axis=1).str.removeprefix("interest_")
    seats = read(world, "event_registrations").to_pandas()
    assert (seats["learner_id"].map(best) == seats["event_id"].map(events)).mean() > 0.2
