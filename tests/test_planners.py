"""Planners: what they say of recommendations, and what an experiment with them tells."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk

from insights import journals, paths
from insights.planners import judgements, trial
from insights.planners.judgements import AGREE, DISAGREE
from insights.planners.trial import ADVISED, ALONE, RIGHT, TURNED, WRONG

SHOWN = {
    "window": "sample", "as_of": "2026-01-01", "model": "abc", "product_id": "P1", "title": "One", "verdict": "1",
    "probability": 0.8, "low": 0.7, "high": 0.9, "changes": {},
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_root(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))


def said(who="ann", says=AGREE, ground="market", comment="", **shown):
    typed = {"who": who, "says": says, "ground": ground, "comment": comment}
    return judgements.record(judgements.checked(typed), SHOWN | shown)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"says": AGREE}, "who you are"),
        ({"who": "  ", "says": AGREE}, "who you are"),
        ({"who": "ann"}, "agree or disagree"),
        ({"who": "ann", "says": "perhaps"}, "agree or disagree"),
        ({"who": "ann", "says": DISAGREE}, "choose a reason"),
        ({"who": "ann", "says": DISAGREE, "ground": "mood"}, "choose a reason"),
        ({"who": "a" * 81, "says": AGREE}, "at most 80"),
        ({"who": "ann", "says": AGREE, "comment": "x" * 2_001}, "at most 80"),
    ],
)
def test_what_cannot_be_taken_as_a_judgement_is_refused_and_not_written(typed, told):
    with pytest.raises(judgements.JudgementError, match=told):
        judgements.checked(typed)
    assert not paths.judgements().exists()


def test_a_comment_keeps_its_lines_and_loses_what_steers_a_terminal():
    found = said(who="a\x1b[31mnn\n", comment="one\r\ntwo\x07 \u202ethree")
    assert found["who"] == "a [31mnn" and found["comment"] == "one\ntwo   three"


def test_the_last_judgement_of_a_planner_on_a_product_counts_and_what_was_tried_does_not():
    said()
    said(says=DISAGREE)
    said(who="bob")
    said(who="cid", changes={"web": 9}, says=DISAGREE)
    said(who="dan", window="2025Q4")
    found = judgements.of_window("sample")
    assert found[["who", "says"]].to_numpy().tolist() == [["ann", DISAGREE], ["bob", AGREE]]
    assert len(judgements.log()) == 5


def test_agreement_is_counted_with_wilson_intervals_and_grounds_by_how_often_they_are_given():
    for number in range(8):
        said(who=f"p{number % 4}", product_id=f"P{number}", says=AGREE if number < 6 else DISAGREE)
    said(who="p9", product_id="P9", verdict="0", says=DISAGREE, ground="capacity")
    found = judgements.of_window("sample")
    table = judgements.agreement(found).set_index("verdict")
    assert table.loc["1", ["judgements", "planners", "agree"]].tolist() == [8, 4, 6]
    # Wilson for 6 of 8, by hand: centre (6 + z²/2) / (8 + z²), half z √(6·2/8 + z²/4) / (8 + z²)
    z = 1.959963985
    centre, half = (6 + z**2 / 2) / (8 + z**2), z * np.sqrt(6 * 2 / 8 + z**2 / 4) / (8 + z**2)
    assert table.loc["1", ["low", "high"]].tolist() == pytest.approx([centre - half, centre + half])
    assert table.loc["all", "agree"] == 6 and list(table.index) == ["all", "0", "1"]
    assert judgements.grounds(found)["judgements"].tolist() == [2, 1]
    assert judgements.agreement(found.head(0)).empty and judgements.grounds(found.head(0)).empty


def test_who_was_right_is_told_by_launches_after_the_judgement():
    said(product_id="P1", verdict="1", says=DISAGREE)  # missed: the planner was right
    said(product_id="P2", verdict="1", says=DISAGREE)  # reached: the model was
    said(product_id="P3", verdict="0", says=DISAGREE)  # reached: the planner was right
    said(product_id="P4", verdict="0", says=DISAGREE)  # launched before
    said(product_id="P5", verdict="1", says=AGREE)
    outcomes = pd.DataFrame(
        {"product_id": ["P1", "P2", "P3", "P4", "P5"], "y": [0, 1, 1, 1, 0],
         "as_of": pd.to_datetime(["2026-02-01"] * 3 + ["2025-12-01", "2026-02-01"])}
    )  # fmt: skip
    found = judgements.came_out(outcomes, judgements.log()).set_index("verdict")
    assert found.loc["1"].tolist() == [2, 1, 1] and found.loc["0"].tolist() == [1, 1, 1]
    assert judgements.came_out(outcomes.head(0), judgements.log()).empty


def launches(n=24, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.uniform(0.05, 0.95, n)
    y = (rng.uniform(size=n) < probability).astype(int)
    return pd.DataFrame(
        {"product_id": [f"P{i}" for i in range(n)], "probability": probability,
         "advice": (probability >= 0.4).astype(int), "y": y, "gain": np.where(y == 1, 100.0, -50.0)}
    )  # fmt: skip


@given(number=st.integers(0, 40), n=st.integers(3, 40), threshold=st.floats(0.1, 0.9))
@brisk
def test_each_planner_gets_as_many_cases_of_each_arm_and_each_case_once(number, n, threshold):
    found = launches(n)
    asked = trial.tasks(found, number, threshold, seed=1)
    arms = pd.Series([task.arm for task in asked]).value_counts()
    assert set(arms.index) == {ALONE, ADVISED, TURNED} and arms.nunique() == 1
    assert len({task.product_id for task in asked}) == len(asked) == min(12, n // 3 * 3)
    assert [task.place for task in asked] == list(range(1, len(asked) + 1))
    assert asked == trial.tasks(found, number, threshold, seed=1)


def test_three_planners_who_follow_each_other_see_each_case_once_in_each_arm():
    found = launches()
    seen = pd.DataFrame(
        [(task.product_id, task.arm) for number in (3, 4, 5) for task in trial.tasks(found, number, 0.4, seed=1)],
        columns=["case", "arm"],
    )
    assert (seen.groupby("case")["arm"].nunique() == 3).all() and len(seen) == 36


def test_advice_is_shown_as_the_arm_says_and_what_is_turned_lies_as_far_on_the_other_side():
    found = launches().set_index("product_id")
    for task in trial.tasks(found.reset_index(), 0, 0.4, seed=1):
        case = found.loc[task.product_id]
        assert (task.said, task.y) == (case["advice"], case["y"])
        if task.arm == ALONE:
            assert task.advice is None and task.probability is None
        elif task.arm == ADVISED:
            assert (task.advice, task.probability) == (case["advice"], case["probability"])
        else:
            assert task.advice == 1 - case["advice"] and (task.probability >= 0.4) == bool(task.advice)
            odds = [np.log(p / (1 - p)) for p in (case["probability"], 0.4, task.probability)]
            assert odds[2] - odds[1] == pytest.approx(odds[1] - odds[0])


def test_too_few_launches_hold_no_trial():
    with pytest.raises(trial.TrialError, match="too few"):
        trial.tasks(launches(2), 0, 0.4, seed=1)


def test_planners_are_numbered_as_they_begin_and_answers_are_kept():
    tokens = [trial.begin("sample", "abc") for _ in range(3)]
    other = trial.begin("2025Q4", "abc")
    assert [trial.number_of(token) for token in (*tokens, other)] == [0, 1, 2, 0]
    [first, *_] = trial.tasks(launches(), 0, 0.4, seed=1)
    trial.answer(tokens[0], first, "sample", "abc", {"decision": "1", "confidence": "70"}, 12.34)
    trial.answer(tokens[0], first, "sample", "abc", {"decision": "0", "confidence": "70"}, 1.0)  # sent twice
    found = trial.answers("sample")
    assert found[["decision", "seconds"]].to_numpy().tolist() == [[1.0, 12.3]] and trial.answered(tokens[0]) == 2
    with pytest.raises(trial.TrialError, match="not begun"):
        trial.number_of("nobody")


@pytest.mark.parametrize(
    "typed", [{}, {"decision": "2", "confidence": "70"}, {"decision": "1"}, {"decision": "1", "confidence": "49"},
              {"decision": "1", "confidence": "7e1"}],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused(typed):
    [first, *_] = trial.tasks(launches(), 0, 0.4, seed=1)
    with pytest.raises(trial.TrialError):
        trial.answer("token", first, "sample", "abc", typed, 1.0)
    assert not paths.trial().exists()


def decided(planners, follows, seed=0):
    """What simulated planners decide: each follows advice so often, and else is right in six of ten cases."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(planners):
        for task in trial.tasks(launches(60), number, 0.4, seed=1):
            own = task.y if rng.uniform() < 0.6 else 1 - task.y
            decision = task.advice if task.advice is not None and rng.uniform() < follows else own
            rows.append(
                [f"t{number}", task.product_id, task.arm, task.said, task.advice, decision, 10.0, task.y, task.gain]
            )
    names = ["token", "product_id", "arm", "said", "advice", "decision", "seconds", "y", "gain"]
    return pd.DataFrame(rows, columns=names).astype({"advice": "float64"})


@pytest.mark.parametrize("follows", [0.0, 0.5, 0.9])
def test_how_far_planners_follow_wrong_advice_is_found(follows):
    """Alone they are right in 0.6, with right advice in f + (1 - f) 0.6, with wrong advice in (1 - f) 0.6."""
    found = trial.reliance(decided(300, follows), seed=1).set_index("advice")
    assert found.loc[WRONG, "difference"] == pytest.approx(-0.6 * follows, abs=0.05)
    assert found.loc[RIGHT, "difference"] == pytest.approx(0.4 * follows, abs=0.05)
    for advice, true in ((WRONG, -0.6 * follows), (RIGHT, 0.4 * follows)):
        assert found.loc[advice, "low"] - 0.03 <= true <= found.loc[advice, "high"] + 0.03


def test_intervals_over_planners_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(100):
        found = trial.quality(decided(12, 0.5, seed)).set_index("arm")
        told = decided(2_000, 0.5, 10_000) if not held else None
        if told is not None:
            true = trial.quality(told).set_index("arm")["difference"]
        held += [found.loc[arm, "low"] <= true[arm] <= found.loc[arm, "high"] for arm in (ADVISED, TURNED)]
    assert np.mean(held) > 0.88


def test_quality_is_what_is_right_and_what_it_brings():
    table = pd.DataFrame(
        {"token": list("aabbcc") * 2, "arm": [ALONE, ADVISED] * 6, "decision": [1, 1, 0, 0, 1, 0] * 2,
         "y": [1, 0, 0, 0, 1, 1] * 2, "gain": [100.0, -50, -50, -50, 100, 100] * 2, "seconds": 5.0}
    )  # fmt: skip
    found = trial.quality(table).set_index("arm")
    assert found.loc[ALONE, ["right", "gain"]].tolist() == pytest.approx([1.0, 200 / 3])
    assert found.loc[ADVISED, ["right", "gain"]].tolist() == pytest.approx([1 / 3, -50 / 3])
    assert found.loc[ADVISED, "difference"] == pytest.approx(-2 / 3) and np.isnan(found.loc[ALONE, "difference"])
    assert trial.quality(table.head(0)).empty and trial.reliance(table.assign(said=1.0, advice=1.0).head(2), 1).empty


def test_a_journal_of_judgements_that_was_cut_is_named():
    said()
    paths.judgements().write_text(paths.judgements().read_text()[:-5])
    with pytest.raises(journals.JournalError, match=r"judgements\.jsonl"):
        said()


def test_the_smallest_gains_that_the_protocol_names_are_seen_four_times_of_five():
    """Planners who are right in 60 % of four decisions alone, and in so many points more of four with advice."""
    protocol = (Path(__file__).parent.parent / "docs" / "planner_experiment.md").read_text()
    [named] = re.findall(r"is (\d+) percentage points with (\d+)\s+planners, (\d+) with (\d+), and (\d+) with (\d+)",
                         protocol)  # fmt: skip
    numbers, rng = [*map(int, named)], np.random.default_rng(5)
    assert numbers[1::2] == [12, 24, 48]
    for gain, planners in zip(numbers[::2], numbers[1::2], strict=True):
        seen = [
            trial._difference(pd.DataFrame({arm: rng.binomial(4, share, planners) / 4 for arm, share in
                                            ((ALONE, 0.6), (ADVISED, 0.6 + gain / 100))}), ADVISED)[1] > 0
            for _ in range(600)
        ]  # fmt: skip
        assert np.mean(seen) == pytest.approx(0.8, abs=0.06)
