"""Certification: cleaning held against the truth of the simulated company, with defects and without."""

import shutil

import pytest
from collecting import HERE, run, write_window

from insights import certification, cleaning, dictionary, paths, store, warehouse
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
    found = certification.cleaning_quality(step, con)
    step.finish()
    return ledger, found


@pytest.fixture(scope="module")
def dirty(root):
    return cleaned(root, "dirty")


def test_every_kind_of_defect_was_planted_and_judged(dirty):
    _, found = dirty
    assert found["defect"].tolist() == list(certification.KINDS.values())
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
    assert certification.cleaning_quality(store.open_step("02_data_cleaning", "mine"), None) is None
    assert not paths.step("mine", "02_data_cleaning").exists()


def test_what_channels_truly_do_is_told_in_the_words_of_the_journey(root, dirty):
    true = certification.channel_effects(store.open_step("03_learner_journey", "dirty")).set_index("channel")
    assert {*true.index} == {*channels.LISTS.values(), *channels.EVENTS.values()} | {
        channels.NETWORKS, channels.SEARCHED, channels.DIRECT,
    }  # fmt: skip
    assert true.loc[[channels.SEARCHED, channels.DIRECT]].to_numpy().tolist() == [[1.0, 0.0]] * 2
    assert (true["ratio"].drop([channels.SEARCHED, channels.DIRECT]) > 1).all()
    assert true["owed"].between(0, 0.2).all() and true["owed"].sum() > 0.02
    write_window(root, "others", source={"kind": "online_retail"})
    assert certification.channel_effects(store.open_step("03_learner_journey", "others")) is None
