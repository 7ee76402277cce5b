"""Certification: cleaning held against the truth of the simulated company, with defects and without."""

import shutil

import numpy as np
import pandas as pd
import pytest
from collecting import HERE, run, write_window

from insights import cleaning, dictionary, paths, store, warehouse
from insights.certification import defects, journeys, launches
from insights.collection import simulated
from insights.journey import channels

PEOPLE = 1_500


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certification")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSIGHTS_ROOT", str(folder))
        shutil.copytree(HERE / "params", folder / "params")
        yield folder


def cleaned(root, window, **simulation):
    """Return the ledger of a window of a simulated company, and how well its defects were found."""
    write_window(root, window, simulation={"people": PEOPLE} | simulation)
    run(window)
    step = store.open_step("02_data_cleaning", window)
    con = warehouse.connect(step.params.compute)
    ledger = cleaning.clean(step, con, dictionary.collected_tables(con, window, protected=False)).ledger
    found = defects.cleaning_quality(step, con)
    step.finish()
    return ledger, found


@pytest.fixture(scope="module")
def dirty(root):
    return cleaned(root, "dirty")


def test_every_kind_of_defect_was_planted_and_judged(dirty):
    _, found = dirty
    assert found["defect"].tolist() == list(defects.KINDS.values())
    assert (found["planted"] >= 5).all()


def test_each_kind_of_defect_is_found_with_a_precision_and_a_recall_of_95_percent(dirty):
    _, found = dirty
    assert found.loc[(found["precision"] < 0.95) | (found["recall"] < 0.95)].to_numpy().tolist() == []


def test_what_is_right_is_part_of_what_was_planted_and_of_what_was_found(dirty):
    _, found = dirty
    assert (found["right"] <= found[["planted", "found"]].min(axis=1)).all()


def test_no_mending_leaves_a_record_before_its_time(dirty):
    ledger, _ = dirty
    early = ledger[ledger["rule"] == "recorded before it happened"]
    assert early["set_aside"].sum() == 0


def test_a_company_without_defects_needs_no_cleaning_but_of_attacks_and_is_not_judged(root):
    ledger, found = cleaned(root, "clean", defects=False)
    assert found is None
    fills = {repair.name for repair in cleaning.REPAIRS if repair.fills}
    touched = ledger[((ledger["changed"] > 0) | (ledger["set_aside"] > 0)) & ~ledger["rule"].isin(fills)]
    assert touched[["table", "rule"]].to_numpy().tolist() == [
        ["learners", "damaged text"],
        ["social_posts", "damaged text"],
    ]
    attacks = store.table("clean", "02_data_cleaning", "table_2_3_examples")
    attacks = attacks[attacks["rule"] == "damaged text"]
    assert attacks["example"].str.contains("<s", regex=False).all()


def test_a_window_of_another_source_is_not_judged(root):
    write_window(root, "mine", source={"kind": "online_retail"})
    assert defects.cleaning_quality(store.open_step("02_data_cleaning", "mine"), None) is None
    assert not paths.step("mine", "02_data_cleaning").exists()


def test_what_channels_truly_do_is_told_in_the_words_of_the_journey(root, dirty):
    true = journeys.channel_effects(store.open_step("03_learner_journey", "dirty")).set_index("channel")
    assert {*true.index} == {*channels.LISTS.values(), *channels.EVENTS.values()} | {
        channels.NETWORKS, channels.SEARCHED, channels.DIRECT,
    }  # fmt: skip
    assert true.loc[[channels.SEARCHED, channels.DIRECT]].to_numpy().tolist() == [[1.0, 0.0]] * 2
    assert (true["ratio"].drop([channels.SEARCHED, channels.DIRECT]) > 1).all()
    assert true["owed"].between(0, 0.2).all() and true["owed"].sum() > 0.02
    params = store.open_step("03_learner_journey", "dirty").params
    told = pd.read_parquet(simulated.world_folder(params) / "truth" / "channels.parquet")
    months = pd.date_range(params.start, params.end, freq="MS", inclusive="left")[1:]
    meetups = told[(told["channel"] == "meetup") & told["month"].isin(months)]
    assert len(meetups) == len(months) < told["month"].nunique()
    assert true.loc["meetups", "owed"] == pytest.approx(meetups["caused"].sum() / meetups["sold"].sum())
    write_window(root, "others", source={"kind": "online_retail"})
    assert journeys.channel_effects(store.open_step("03_learner_journey", "others")) is None


def test_who_decides_by_the_true_probabilities_reaches_all_that_can_be_reached(root, dirty):
    step = store.open_step("05_modeling", "dirty")
    assert launches.ceiling(step) is None
    true = pd.read_parquet(simulated.world_folder(step.params) / "truth" / "launch_probability.parquet")
    rows = true.rename(columns={"decision_at": "as_of"}).head(400)
    rng = np.random.default_rng(0)
    drawn = (rng.random(len(rows)) < rows["probability"]).astype(float)
    known = rows[["product_id", "as_of"]].assign(kind="catalogue", y=drawn, hurdle=rows["expected_margin"].median())
    known["margin_earned"] = rows["expected_margin"] * rng.lognormal(sigma=0.3, size=len(rows))
    knows = known.assign(
        model="knows", score=rows["probability"], decision=(rows["expected_margin"] >= known["hurdle"]).astype(int)
    )
    guesses = known.assign(model="guesses", score=rng.random(len(rows)), decision=0)
    path = step.place(paths.predictions("dirty", "launch"))
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat([knows, guesses]).to_parquet(path)
    found = launches.ceiling(step).set_index("model")
    assert found.loc["knows", ["fraction", "value_fraction"]].tolist() == [1, 1]
    assert found.loc["guesses", "fraction"] < 0.8 and found.loc["guesses", "value"] == 0
    judged = found.drop(index=launches.YESTERDAY, errors="ignore")
    assert (judged["best"] > 0.75).all() and (judged["n"] == 400).all()


def test_who_knew_the_month_before_is_judged_only_where_every_product_was_on_sale_then(root, dirty):
    step = store.open_step("05_modeling", "dirty")
    true = pd.read_parquet(simulated.world_folder(step.params) / "truth" / "launch_probability.parquet")
    true = true.rename(columns={"decision_at": "as_of"}).assign(hurdle=100.0, margin_earned=1.0, y=0.0)
    months = sorted(true["as_of"].unique())[:2]
    old = true[true["as_of"] == months[0]]["product_id"]
    asked = true[true["as_of"] == months[1]].assign(model="m", score=0.5, decision=0)
    asked = asked.assign(kind=np.where(asked["product_id"].isin(old), "catalogue", "launch"))
    told = launches.beside_truth(asked.drop(columns=["probability", "expected_margin"]), step.params)
    knew = told[told["model"] == launches.YESTERDAY].set_index("product_id")
    before = true[true["as_of"] == months[0]].set_index("product_id")["expected_margin"]
    assert set(knew["kind"]) == {"catalogue"} and "launch" in set(told["kind"])
    np.testing.assert_allclose(knew["score"], before.reindex(knew.index) / 100)
    np.testing.assert_array_equal(knew["decision"], before.reindex(knew.index) >= 100)
