"""Findings: the sentences follow the numbers, above all where they disappoint."""

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from prose import read

from insights import gaps, params, paths, report, store
from insights.findings import answer, groups, records, scores, words, worth
from insights.modeling import baselines, ladder
from insights.modeling.search import automl


def test_a_collection_says_what_arrived_and_what_became_of_identities():
    tables = pd.DataFrame(
        [
            ["learners", "collected", 1_000, 5, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-30")],
            ["page_views", "collected", 12_000, 7, pd.Timestamp("2025-01-02"), pd.Timestamp("2025-12-31")],
            ["products", "not in this source", 0, 0, pd.NaT, pd.NaT],
        ],
        columns=["table", "status", "rows", "rows_outside_window", "first", "last"],
    )
    columns = pd.DataFrame(
        {
            "column": list("abcdef"),
            "treatment": ["dropped", "pseudonymised", "pseudonymised", "scrubbed", "kept", "kept"],
        }
    )
    told = read(records.collection("2025Q4", tables, columns))
    assert (
        "13,000 rows in 2 tables were collected for window 2025Q4, from 1 January 2025 to 31 December 2025." in told
    )
    assert "12 rows of the source belong to other dates and are not used" in told
    assert "1 was dropped and 2 were replaced by keyed pseudonyms, codes that only who holds the key" in told
    assert "not anonymous data" in told


def test_the_dictionary_says_what_is_here_and_what_the_gaps_switch_off():
    columns = pd.DataFrame(
        {
            "table": "page_views",
            "column": list("abcd"),
            "status": ["here", "here", "absent", "removed"],
            "violations": [1.0, 0.0, float("nan"), float("nan")],
        }
    )
    off = pd.DataFrame({"switches_off": ["launch, launch by plan", "", "launch"]})
    told = read(records.dictionary(columns, off))
    assert "2 of 3 columns" in told and "Missing: c (page views)." in told
    assert "1 value break" in told
    assert "switches off: launch and launch by plan." in told
    assert "No analysis has to be left out for what is missing." in read(records.dictionary(columns, off.iloc[1:2]))


def test_cleaning_says_how_much_was_lost_why_and_where_most():
    ledger = pd.DataFrame(
        [
            ["learners", "duplicate", 100, 0, 0, 0.0], ["learners", "out of range", 100, 0, 0, 0.0],
            ["sales", "impossible order", 300, 7, 0, 0.0], ["sales", "duplicate", 300, 0, 12, 0.04],
            ["sales", "out of range", 288, 0, 3, 0.01],
        ],
        columns=["table", "rule", "rows_in", "changed", "set_aside", "share"],
    )  # fmt: skip
    told = read(records.cleaning(ledger, 0.05))
    assert "3.8 % of the rows were set aside, 15 of 400 rows: duplicate (12) and out of range (3)." in told
    assert "7 values were repaired, most of them of impossible order (7); the table lists all." in told
    assert "The table that lost most is sales, 5.0 % of its rows; a run stops above 5 %." in told


def test_of_planted_defects_the_one_found_worst_is_named():
    quality = pd.DataFrame(
        {"defect": ["a", "b"], "planted": [10, 10], "found": [10, 8], "precision": [0.97, 1.0], "recall": [0.98, 0.8]}
    )
    told = read(records.cleaning_quality(quality))
    assert (
        "2 kinds of defects were planted. The one found worst (b) has a precision of 100.0 % and a recall of 80.0 %"
        in told
    )


def test_rows_are_told_by_role_with_what_they_rest_on():
    table = pd.DataFrame(
        [
            ["train", "catalogue", 800, 100, 8, 200], ["validate", "catalogue", 100, 50, 1, 25],
            ["purged", "launch", 1, 1, 1, 0],
        ],
        columns=["role", "kind", "rows", "products", "months", "positives"],
    )  # fmt: skip
    told = read(scores.rows("launch", table))
    assert "800 rows (products on sale) to train on: 100 products, 8 months, 200 positive (25.0 %)." in told
    assert "100 rows (products on sale) to validate on: 50 products, 1 month, 25 positive (25.0 %)." in told
    assert "1 row (new launches) purged: 1 product, 1 month, 0 positive (0.0 %)." in told


def part(value, ceiling, *against, chosen="forest"):
    """Return what a model does on new launches, against others and against shuffled outcomes."""
    performance = pd.DataFrame(
        [[chosen, "roc_auc", value, value - 0.1, value + 0.1, 54, 20]],
        columns=["model", "metric", "value", "low", "high", "n", "positives"],
    )
    null = pd.DataFrame({"forest": [0.5] * 100, "logistic": [0.5] * 100, "best": [ceiling] * 100})
    others = pd.DataFrame(against, columns=["model", "difference", "low", "high"])
    beyond = pd.DataFrame({"model": [chosen], "roc_auc": value, "low": 0.55, "high": 0.9, "beyond": True})
    return SimpleNamespace(kind="launch", performance=performance, null=null, against=others, beyond=beyond,
                           beats_chance=lambda model: value > ceiling, ahead_of=lambda model: [],
                           p_value=lambda model: 0.004)  # fmt: skip


def test_a_model_above_chance_is_said_to_be_and_with_its_interval():
    told = read(scores.performance("launch", part(0.8, 0.6), "forest"))
    assert "On 54 decisions (new launches, 20 came true), the Random Forest reaches a ROC AUC of 0.800" in told
    assert "(95 % interval 0.700 to 0.900)" in told
    assert (
        "That is better than chance: with shuffled outcomes the best of the 2 models and rules that were tried "
        "reaches up to 0.600 in 95 of 100 cases (p = 0.004). The interval that holds for all of them at once goes "
        "from 0.550 to 0.900." in told
    )


@pytest.mark.parametrize("value", [0.55, 0.6])
def test_a_model_that_does_no_better_than_chance_is_said_not_to(value):
    told = scores.performance("launch", part(value, 0.6), "forest")
    assert (
        "That is not shown to be better than chance: with shuffled outcomes the best of the 2 models and rules"
        in read(told)
    )
    assert "<strong>not shown to be better than chance</strong>" in told.markup


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.2, "It beats the panel of R&D and Marketing by 0.100."),
        (-0.01, 0.2, "It is not shown to beat the panel of R&D and Marketing."),
        (0.0, 0.2, "It is not shown to beat the panel of R&D and Marketing"),
        (-0.2, 0.0, "It is not shown to beat the panel of R&D and Marketing"),
    ],
)
def test_a_baseline_is_beaten_only_if_the_interval_lies_above_nothing(low, high, said):
    told = read(scores.performance("launch", part(0.8, 0.6, ["panel", 0.1, low, high]), "forest"))
    assert said in told


def test_a_model_that_is_worse_than_a_baseline_is_said_to_be():
    told = scores.performance("launch", part(0.6, 0.5, ["persistence", -0.1, -0.15, -0.05]), "forest")
    assert "It is worse than persistence (earned last month what is asked now) by 0.100" in read(told)
    assert "<strong>worse than</strong>" in told.markup


def test_a_model_below_a_baseline_cannot_be_released():
    below = part(0.6, 0.5, ["persistence", -0.1, -0.15, -0.05])
    below.ahead_of = lambda model: ["persistence"]
    told = scores.performance("launch", below, "forest")
    assert "It cannot be released for decisions: these are ranked better by persistence" in read(told)
    assert "released" not in read(scores.performance("launch", part(0.8, 0.5), "forest"))


def test_every_model_of_the_ladder_is_known_to_be_learned():
    assert set(words.LEARNED) == set(ladder.LADDER)


def test_every_baseline_of_a_contest_has_its_words():
    named = {rule.name for model in ("launch", "completion") for rule in baselines.RULES[model]}
    assert named | {"chance"} == set(words.BASELINES)


def test_learned_models_are_no_baselines():
    told = read(
        scores.performance("launch", part(0.8, 0.5, ["logistic", 0.1, 0.05, 0.15], ["tpot", 0, -1, 1]), "forest")
    )
    assert "logistic" not in told and "TPOT" not in told


def contest(ordered):
    folds = pd.DataFrame(
        {"model": ["logistic", "forest"] * 2, "fold": [0, 0, 1, 1], "roc_auc": [0.7, 0.72, 0.72, 0.74]}
    )
    return SimpleNamespace(chosen="logistic", out_of_fold=folds, ordered_folds=ordered)


def test_a_choice_is_marked_as_a_decision_with_its_reason_and_its_scores():
    told = read(scores.choice("launch", contest(ordered=True)))
    assert told.startswith("Decision. Logistic regression, instead of the others, because it is the simplest")
    assert "over 2 time-ordered folds" in told
    assert "the Random Forest 0.730 and logistic regression 0.710" in told


def test_folds_without_an_order_in_time_are_said_to_have_none():
    assert "one cohort, no order in time" in read(scores.choice("completion", contest(ordered=False)))


@pytest.mark.parametrize(("stopped", "said"), [(False, "pipelines; the best"), (True, "before its time was over;")])
def test_a_search_says_how_many_were_evaluated_of_how_many_and_that_the_best_flatters(stopped, said):
    log = pd.DataFrame({"pipeline": ["A", "B", "C"], "roc_auc": [0.6, np.nan, 0.7], "complexity": [10, np.nan, 90]})
    found = automl.Search(None, log, stopped)
    told = read(scores.search(SimpleNamespace(search=found)))
    assert "TPOT evaluated 2 of 3 pipelines" in told and said in told
    assert "C, reached 0.700 over the folds with 90 numbers to keep, the simplest, A, 0.600 with 10" in told


TOLD = pd.DataFrame(
    {"attribute": ["gender", "birth_year"], "verdict": ["present through proxies", "cannot tell"],
     "proxies": ["site_views, pause_mean", ""]}
)  # fmt: skip
GAPS = pd.DataFrame(
    {
        "verdict": ["gap shown", "cannot tell", "cannot tell", "gap excluded", "too few to say"],
        "attribute": "gender", "group": ["woman", "man", "man", "man", "non-binary"],
        "measure": ["recall", "recall", "base_rate", "base_rate", None],
        "value": 0.387, "gap": -0.318, "gap_low": -0.489, "gap_high": -0.115, "n": [24, 60, 130, 130, 3],
    }
)  # fmt: skip


def test_bias_says_what_is_shown_excluded_unknown_and_too_small():
    told = read(groups.bias([], TOLD, GAPS, 0.05, []))
    assert "No protected attribute is a feature of a model" in told
    assert (
        "Of 4 gaps compared, 1 is shown (the interval excludes 0), 1 is excluded within ±0.050, and of 2 nobody"
        in told
    )
    assert (
        "Of 24 learners (gender: woman) who completed, the model foresaw 38.7 %; of everybody else 31.8 percentage "
        "points (95 % interval 11.5 to 48.9) more. Help that follows the model alone would pass them by." in told
    )
    assert told.count("who completed, the model foresaw") == 1
    assert "Too few to say anything: gender: non-binary." in told
    hidden = GAPS.iloc[:1].assign(verdict="too few to say", value=float("nan"), n=float("nan"))
    assert read(groups.bias([], TOLD, pd.concat([GAPS, hidden]), 0.05, [])).count("gender: woman") == 1


def test_a_protected_attribute_among_the_features_is_said_first():
    assert read(groups.bias(["gender"], TOLD, GAPS, 0.05, [])).startswith(
        "- Protected attributes among the features: gender."
    )


def test_without_protected_attributes_nobody_can_say_who_is_served_worse():
    told = read(groups.bias([], TOLD.iloc[:0], GAPS.iloc[:0], 0.05, ["protected"]))
    assert "nobody can say here, for this source lacks protected" in told
    assert "gaps compared" not in told


def advice(*verdicts, title="A course", capacity=12):
    ids = [f"P{i}" for i in range(len(verdicts))]
    table = pd.DataFrame({"product_id": ids, "title": title, "verdict": verdicts})
    place = pd.Series(range(len(verdicts), 0, -1)).where(table["verdict"] == "1").rank()
    return table.assign(place=place, within_capacity=place <= capacity)


HEADLINE = pd.DataFrame(
    [
        ["launch", "launch", "forest", 0.62, 0.42, 0.82, 30, True, np.nan, np.nan],
        ["launch", "launch", "panel", 0.60, 0.40, 0.80, 30, False, -0.1, 0.14],
        ["launch", "launch", "survey", 0.55, 0.35, 0.75, 30, False, 0.01, 0.2],
        ["launch", "launch", "tpot", 0.99, 0.98, 1.00, 30, False, -0.5, -0.2],
    ],
    columns=["question", "rows", "model", "value", "low", "high", "n", "chosen", "ahead_low", "ahead_high"],
).assign(shuffled=0.7)


@pytest.mark.parametrize(
    ("verdicts", "opening"),
    [
        (("1", "0", "not enough evidence"), "Launch 1: A course (P0)."),
        (("1", "1"), "Launch 2: A course (P1) and A course (P0)."),
        (("0", "not enough evidence"), "Launch none of the 2 candidates."),
        (("not enough evidence",), "Not enough evidence to recommend or to rule out any of the 1 candidate."),
    ],
)
def test_the_recommendation_opens_with_the_answer(verdicts, opening):
    assert read(answer.recommendation(advice(*verdicts), HEADLINE)).startswith(opening)


def test_of_more_than_a_quarter_can_carry_the_first_in_place_are_named():
    table = advice("1", "1", "1", "0", capacity=2).assign(title=["Last", "Middle", "First", "None"])
    told = read(answer.recommendation(table, HEADLINE))
    assert told.startswith("Launch 2 of the 3 that are expected to pay: First and Middle. A quarter can carry 2;")


@pytest.mark.parametrize(
    ("shuffled", "panel", "why"),
    [
        (0.7, 0.6, "0.620, is not shown to beat chance (with outcomes shuffled, the best of all that were tried "
                   "reaches 0.700 in 95 of 100 cases)."),
        (0.5, 0.7, "0.620, lies below the panel of R&D and Marketing (0.700)."),
        (0.7, 0.7, "in 95 of 100 cases) and lies below the panel of R&D and Marketing (0.700)."),
        (0.5, 0.6, "The interval of each lies on both sides of the threshold"),
    ],
)  # fmt: skip
def test_why_there_is_no_verdict_is_told_by_what_was_found(shuffled, panel, why):
    table = HEADLINE.assign(shuffled=shuffled, value=HEADLINE["value"].mask(HEADLINE["model"] == "panel", panel))
    assert why in read(answer.recommendation(advice("not enough evidence"), table))


def test_the_recommendation_counts_every_verdict():
    told = read(answer.recommendation(advice("1", "0", "0", *["not enough evidence"] * 3), HEADLINE))
    assert (
        "Of 6 candidates judged, 1 is recommended (1), 2 are not (0), and for 3 there is not enough evidence." in told
    )


def test_without_candidates_there_is_nothing_to_recommend():
    assert read(answer.recommendation(advice(), HEADLINE)).startswith("Nothing to recommend")


def test_it_is_said_what_more_evidence_would_take():
    told = read(answer.recommendation(advice("0"), HEADLINE))
    assert "30 new launches were judged, so few that the ROC AUC could lie 0.20 higher or lower" in told
    assert "some 120 launches would bring that down to 0.10" in told  # half the interval asks for four times the rows
    assert "No new launch could be judged" in read(answer.recommendation(advice("0"), HEADLINE.iloc[:0]))


@pytest.mark.parametrize("title", ['<script>alert("x")</script>', "**bold** {braces} & <b>"])
def test_a_title_is_text_in_a_sentence_and_never_markup(title):
    told = answer.recommendation(advice("1", title=title), HEADLINE)
    assert title in told.text
    assert "<script>" not in told.markup and "<b>" not in told.markup
    assert "<strong>bold" not in told.markup


@pytest.mark.parametrize(
    ("hurdle", "months", "said"),
    [
        (
            "plan",
            1,
            "in the month after the decision, the hurdle: the part of its launch cost that its own plan lays",
        ),
        ("past", 3, "in the 3 months after the decision, the hurdle: what it earned on average in the months before"),
    ],
)
def test_the_reader_is_told_what_was_asked_in_this_window(hurdle, months, said):
    told = read(answer.how_to_read(hurdle, months, 0.9))
    assert said in told and "(90 %)" in told
    assert said.split("hurdle: ")[1] in read(worth.brought(hurdle))


def test_a_page_shows_every_recommendation_unless_one_verdict_orders_nothing():
    assert answer.rows_shown(advice("1", "0")) > answer.rows_shown(advice("0", "0")) == answer.FEW


def test_every_hurdle_that_a_window_may_ask_for_has_its_words():
    assert set(words.HURDLES) == set(get_args(params.Launch.model_fields["hurdle"].annotation))


def test_the_headline_sets_the_chosen_model_beside_the_best_baseline():
    told = read(answer.headline(HEADLINE))
    assert told.startswith(
        "- New launches, earning the margin asked for: of two, one that came true and one that did not, the"
    )
    assert "0.620 (95 % interval 0.420 to 0.820) of cases (ROC AUC; 0.5 is guessing), over 30 decisions" in told
    assert "it is not shown to beat the best baseline, the panel of R&D and Marketing, with 0.600" in told


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.01, 0.2, "it beats the best"), (-0.1, 0.1, "it is not shown to beat"), (-0.2, -0.01, "it is worse than")],
)
def test_the_headline_says_whether_the_best_baseline_is_beaten(low, high, said):
    table = HEADLINE.assign(ahead_low=low, ahead_high=high)
    assert said in read(answer.headline(table))


def test_a_baseline_that_is_chance_is_beaten_from_one_half_on():
    table = HEADLINE.replace({"model": {"panel": "chance"}}).iloc[:2]
    assert "it is not shown to beat the best baseline, chance" in read(answer.headline(table))
    assert "it beats the best baseline, chance" in read(answer.headline(table.assign(low=0.51)))


def test_what_a_source_does_not_support_is_said_with_what_it_lacks():
    told = read(words.not_supported("completion", ["page_views", "enrollments.completed_at"]))
    assert told.startswith(
        "This source does not support the completion model, for it lacks page_views and enrollments."
    )


# The report, which says these sentences from stored results.


def record(name, value, model, **by):
    return {
        "name": name, "model": model, "by": by, "value": value, "low": value - 0.1, "high": value + 0.1, "n": 30,
        "unit": "", "notebook": "05_modeling",
    }  # fmt: skip


RECORDS = [
    record("completion.roc_auc", 0.7, "forest", split="validation", rows="enrolled"),
    record("launch.roc_auc", 0.6, "panel", split="validation", rows="launch"),
    record("launch.roc_auc", 0.9, "forest", split="train", rows="launch"),
    record("launch.roc_auc", 0.8, "forest", split="validation", rows="launch"),
    record("launch.roc_auc", 0.7, "logistic", split="validation", rows="launch"),
    record("launch.roc_auc", 0.75, "logistic", split="validation", rows="catalogue"),
    record("launch.roc_auc", 0.5, "forest", split="validation", group="women"),
    record("launch.roc_auc", 0.65, "forest", split="validation", rows="launch", without="family web"),
    record("launch.average_precision", 0.9, "panel", split="validation", rows="launch"),
    record("launch.roc_auc_difference", 0.05, "logistic", split="validation", rows="launch", against="panel"),
    record("launch.roc_auc_null_95", 0.75, "best", split="validation", rows="launch"),
    record("launch.roc_auc_null_95", 0.68, "logistic", split="validation", rows="launch"),
    record("launch.chosen", 1, "logistic"),
    record("completion.chosen", 1, "forest"),
    record("cleaning.rows_in", 5, None, table="learners"),
]


def test_the_report_s_headline_is_validation_by_kind_of_rows_best_first():
    table = report.headline(pd.DataFrame(RECORDS))
    assert table[["question", "rows", "model", "value"]].to_numpy().tolist() == [
        ["launch", "catalogue", "logistic", 0.75],
        ["launch", "launch", "forest", 0.8],
        ["launch", "launch", "logistic", 0.7],
        ["launch", "launch", "panel", 0.6],
        ["completion", "enrolled", "forest", 0.7],
    ]
    assert table["chosen"].tolist() == [True, False, True, False, True]
    assert table["shuffled"].tolist()[:4] == pytest.approx([np.nan, 0.75, 0.75, 0.75], nan_ok=True)
    assert table["ahead_low"].tolist()[3] == pytest.approx(-0.05) and table["ahead_low"].isna().sum() == 4


def test_the_headline_does_not_depend_on_the_order_of_the_store():
    pd.testing.assert_frame_equal(
        report.headline(pd.DataFrame(RECORDS)), report.headline(pd.DataFrame(RECORDS[::-1]))
    )


def test_a_window_without_models_has_an_empty_headline():
    table = report.headline(pd.DataFrame(RECORDS[-1:]))
    assert table.empty
    assert read(answer.headline(table)) == ""


def test_a_report_on_a_source_without_launches_says_what_is_lacking(tmp_path, monkeypatch):
    from collecting import make_project
    from test_dictionary import without

    make_project(tmp_path, monkeypatch)
    step = store.open_step("01_data_dictionary", "sample")
    step.table("table_1_2_columns", without("products.launched_at"))
    step.finish()
    step = store.open_step("05_modeling", "sample")
    step.record("completion.roc_auc", 0.7, model="forest", n=9, by={"split": "validation", "rows": "enrolled"})
    step.record("completion.chosen", 1, model="forest")
    step.finish()
    step = store.open_step("11_report", "sample")
    found = report.study(step)
    assert found.lacking == {"launch": ["products.launched_at"]}
    assert found.advice.empty
    assert found.headline[["question", "model", "chosen"]].to_numpy().tolist() == [["completion", "forest", True]]
    assert (step.folder / "tables" / "table_11_2_headline.parquet").exists()


def test_keys_become_words_where_a_reader_sees_them_and_the_frame_stays_as_it_was():
    table = pd.DataFrame({"model": ["tpot", "panel"], "rows": ["launch", "catalogue"], "value": [1, 2]})
    told = words.in_words(table)
    assert told["model"].tolist() == ["TPOT", "Panel of R&D and Marketing"]
    assert told["rows"].tolist() == ["new launches", "products on sale"]
    assert table["model"].tolist() == ["tpot", "panel"]
    assert list(words.in_words(table[["model"]])) == ["model"]


def test_every_model_and_kind_of_rows_that_a_sentence_names_has_a_title():
    assert set(words.LEARNED) < set(words.TITLES)
    assert list(words.LABELS) == list(words.TITLES)
    assert set(words.QUESTIONS) == set(report.MODELS) <= set(gaps.NEEDS)
    assert params.load("sample").launch.hurdle in ("plan", "past")
    assert paths.STEPS[-1] == "11_report"


def test_what_tuning_bought_is_told_with_what_it_promised():
    gains = pd.DataFrame(
        {"model": ["logistic", "forest"], "gain": [0.01, -0.012], "low": [0.002, -0.03], "seen_gain": [0.02, 0.05],
         "trials": 12}
    )  # fmt: skip
    told = read(scores.tuning("launch", gains))
    assert "12 settings of each model were tried. Tuned: logistic regression;" in told
    assert "The Random Forest promised 0.050 on the rows that tuning saw and kept \u22120.012 on others." in told
    assert "nothing was tuned" in read(scores.tuning("launch", gains.head(0)))


def test_bias_says_what_features_tell_of_people_who_are_asked_about_nothing():
    told = read(groups.bias([], TOLD, GAPS, 0.05, []))
    assert "Yet the features tell something of gender; of single features most by site views and pause mean." in told
    assert "Of birth year no feature is shown to tell anything." in told


CHANCE = pd.DataFrame(
    {"attribute": ["gender", "ethnicity"], "measure": "base_rate", "group": ["woman", "Black"], "gap": [-0.07, 0.02],
     "p": [0.002, 0.4]}
)  # fmt: skip


def test_only_gaps_larger_than_chance_are_called_so():
    told = read(groups.chance(CHANCE))
    assert "base rate of gender: woman (−7.0 percentage points); of 1 other this is not shown." in told
    assert "Of 1 gap, the largest among the groups" in read(groups.chance(CHANCE.tail(1)))


def test_a_gap_is_said_to_be_of_the_model_only_where_its_part_is_sure():
    table = pd.DataFrame(
        [["gender", "woman", -0.12, -0.01, -0.11, -0.2, -0.02], ["gender", "man", 0.03, 0.0, 0.03, -0.05, 0.1]],
        columns=["attribute", "group", "gap", "of_data", "of_model", "model_low", "model_high"],
    )
    told = read(groups.origins(table))
    assert (
        "Gender, woman: of a gap of −12.0 percentage points in the share called 1" in told
        and "Gender, man" not in told
    )
    assert "Of no group is the model shown to add" in read(groups.origins(table.tail(1)))


def test_refits_say_what_ranking_loses_and_nothing_of_the_model_as_it_is():
    table = pd.DataFrame(
        [["as it is", 0.75, 0.0, 0.0, 0.0], ["without proxies", 0.74, -0.01, -0.02, -0.001]],
        columns=["model", "roc_auc", "difference", "low", "high"],
    )
    told = read(groups.refits(table))
    assert "Without proxies: ROC AUC 0.740, −0.010" in told and "as it is:" not in told.lower()
    assert "nothing to take out" in read(groups.refits(table.head(1)))


def test_the_audience_of_a_catalogue_is_said_to_differ_only_where_it_does():
    table = pd.DataFrame(
        {"attribute": "gender", "group": ["woman", "man"], "difference": [0.1, 0.0],
         "verdict": ["gap shown", "gap excluded"]}
    )  # fmt: skip
    assert "differs from that of all by more than chance in gender: woman (10.0 percentage" in read(
        groups.audience(table, 0.05)
    )
    assert "Of 1 difference, 1 is within ±0.050 for sure" in read(groups.audience(table.tail(1), 0.05))
    assert "nobody can say here" in read(groups.audience(table.iloc[:0], 0.05))


def test_a_trend_takes_three_windows_and_names_what_grows():
    table = pd.DataFrame(
        {"attribute": "gender", "group": "woman", "measure": ["recall", "base_rate"], "a_year": [0.02, 0.0],
         "verdict": ["growing", "cannot tell"]}
    )  # fmt: skip
    assert "these grow: recall of gender: woman (2.0 percentage points a year)" in read(groups.trend(table, 4))
    assert "of 2 windows the gaps are recorded, and it takes three" in read(groups.trend(table.iloc[:0], 2))
