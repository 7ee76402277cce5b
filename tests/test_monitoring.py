"""Fresh data: promises, drift, the duel, the rule and the records, on rows made by hand and by chance."""

import numpy as np
import pandas as pd
import pytest
from micro import window
from sklearn.linear_model import LogisticRegression

from insights.features import build
from insights.findings import fresh as findings
from insights.modeling import learned
from insights.modeling.dataset import Dataset, from_frame
from insights.modeling.learned import Learned, filled
from insights.monitoring import core, drift, duel, fresh, quality, rule, scorecard, shadow
from insights.params import Limits
from insights.verdicts import (
    AS_PROMISED,
    BETTER,
    DRIFTED,
    IN_CONTROL,
    KEEP,
    KEEP_WATCHING,
    MEND,
    NO_DRIFT,
    NOT_WORSE,
    OUT_OF_CONTROL,
    RECALIBRATE,
    RETRAIN,
    RUN_OF_MONTHS,
    TOO_FEW,
    UNKNOWN,
    WORSE,
    WORSE_THAN_PROMISED,
)  # fmt: skip

PARAMS = window("sample")
LIMITS = Limits(roc_auc=0.6, recall=0.3, value=None, calibration=0.1, gap=None, latency=5.0)


def rows(months, a_month=200, start="2025-01-01", seed=1, level=0.0, wide=1.0, trend=0.0, wobble=0.0, effect=1.0):
    """Rows over months, with a feature that tells the outcome and one that tells nothing."""
    rng = np.random.default_rng(seed)
    at = pd.date_range(start, periods=months, freq="MS")
    month = np.repeat(np.arange(months), a_month)
    common = wobble * rng.normal(size=months)[month]
    x = level + trend * month + common + wide * rng.normal(size=len(month))
    true = 1 / (1 + np.exp(-effect * x))
    return pd.DataFrame(
        {
            "as_of": at[month] + pd.to_timedelta(rng.integers(0, 27, len(month)), unit="D"), "x": x,
            "z": rng.normal(size=len(month)), "y": (rng.random(len(month)) < true).astype(float), "score": true,
            "decision": (true > 0.5).astype(int), "learner_id": [f"{seed}-{i}" for i in range(len(month))],
            "kind": "enrolled",
        }
    )  # fmt: skip


FEATURES = {"x": "site", "z": "course"}


def drifted(before, later, level=0.01):
    found = drift.inputs("completion", before, later, FEATURES, level).set_index("feature")
    return found.loc["x", "verdict"], found.loc["z", "verdict"]


def test_an_input_that_jumps_drifts_and_one_that_does_not_stays():
    assert drifted(rows(9), rows(3, start="2025-10-01", seed=2, level=0.8)) == (DRIFTED, NO_DRIFT)


def test_an_input_that_grows_as_it_did_before_does_not_drift():
    assert drifted(rows(9, trend=0.1), rows(3, start="2025-10-01", seed=2, level=0.9, trend=0.1))[0] == NO_DRIFT
    still = rows(3, start="2025-10-01", seed=2, level=-0.9)
    assert drifted(rows(9, trend=0.1), still)[0] == DRIFTED, "it stopped growing and fell"


def test_a_jump_within_what_months_do_by_themselves_is_no_drift():
    later = rows(3, start="2025-10-01", seed=2, level=0.8)
    assert drifted(rows(9), later)[0] == DRIFTED
    assert drifted(rows(9, wobble=0.7), later)[0] == NO_DRIFT


def test_where_nothing_drifts_something_is_named_in_few_of_many_windows():
    """Of 200 windows whose months wobble, 1 % may name an input; 7 or more come about in 1 of 200."""
    named = [
        DRIFTED in drifted(rows(9, 60, seed=s, wobble=0.3), rows(3, 60, "2025-10-01", s + 999, wobble=0.3))
        for s in range(200)
    ]
    assert sum(named) <= 6


def test_the_place_of_a_month_is_the_chance_to_lie_above_one_of_before_by_hand():
    before = pd.Series([1.0, 2.0, 3.0, 4.0] * 5)
    fresh_ = pd.Series([2.5] * 5 + [9.0] * 5)
    at = pd.Series(pd.to_datetime(["2025-01-05"] * 20))
    later = pd.Series(pd.to_datetime(["2025-02-05"] * 5 + ["2025-03-05"] * 5))
    old, new = drift._monthly(before, fresh_, at, later)
    assert old["mean"].tolist() == [0.5] and new["mean"].tolist() == [0.5, 1.0]


def test_a_feature_that_is_gone_drifts_and_few_months_tell_nothing():
    before, later = rows(9), rows(3, start="2025-10-01", seed=2).drop(columns="x")
    assert drifted(before, later)[0] == DRIFTED
    assert drifted(rows(4), later)[0] == TOO_FEW


def test_outcomes_that_come_true_less_often_than_said_drift():
    before, later = rows(3, seed=3), rows(3, start="2025-10-01", seed=4)
    assert drift.outcomes(before, later, "learner_id", 0.01)["verdict"] == NO_DRIFT
    fewer = later.assign(y=np.where(np.arange(len(later)) % 3 == 0, 0.0, later["y"]))
    found = drift.outcomes(before, fewer, "learner_id", 0.01)
    assert found["verdict"] == DRIFTED and found["change"] == pytest.approx(-1 / 6, abs=0.08)


def test_months_that_are_off_together_are_no_drift_of_outcomes():
    """All rows of a month share a shock; the error must be that of months, not of rows."""
    wrong = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        parts = []
        for at, start in enumerate(("2025-07-01", "2025-10-01")):
            part = rows(3, 300, start, seed + 1_000 * at)
            shock = 0.15 * rng.normal(size=3)[part["as_of"].dt.month.to_numpy() % 3]
            parts.append(part.assign(y=(rng.random(len(part)) < part["score"] + shock).astype(float)))
        wrong += drift.outcomes(*parts, "learner_id", 0.05)["verdict"] == DRIFTED
    assert wrong <= 12


def test_rows_that_are_easier_to_tell_from_before_than_usual_drift_together():
    before, alike = rows(9, 80), rows(3, 80, "2025-10-01", 2)
    found = drift.joint("completion", before, alike, ["x", "z"], "learner_id", 0.05, 7)
    assert found.loc[0, "verdict"] == NO_DRIFT and abs(found.loc[0, "told_apart"] - 0.5) < 0.1
    other = rows(3, 80, "2025-10-01", 2, level=1.0)
    told = drift.joint("completion", before, other, ["x", "z"], "learner_id", 0.05, 7)
    assert told.loc[0, "verdict"] == DRIFTED
    few = drift.joint("completion", before.head(10), alike, ["x"], "learner_id", 0.05, 7)
    assert few.loc[0, "verdict"] == TOO_FEW


def test_where_nothing_differs_all_together_are_said_to_in_few_of_many_windows():
    said = [
        drift.joint("completion", rows(6, 40, seed=n), rows(2, 40, "2025-10-01", 900 + n), ["x", "z"], "learner_id",
                    0.0, n).loc[0, "verdict"] for n in range(30)
    ]  # fmt: skip
    assert said.count(DRIFTED) <= 5  # of 30, by intervals of 95 %: more in less than 1 of 100 cases


def test_months_that_are_off_together_do_not_make_all_inputs_drift():
    """Each month is off by half as much again as its rows are; with rows drawn alone 5 of 30 would be said to."""
    said = [
        drift.joint("completion", rows(9, 60, seed=n, wobble=1.5), rows(3, 60, "2025-10-01", n + 999, wobble=1.5),
                    ["x", "z"], "learner_id", 0.05, n).loc[0, "verdict"] for n in range(30)
    ]  # fmt: skip
    assert said.count(DRIFTED) <= 1


def promise(seed=3, **changes):
    return fresh.judged(rows(3, 400, seed=seed, **changes), "learner_id", PARAMS, seed)


def verdicts(promised, realised):
    found = fresh.beside("completion", "enrolled", promised, realised, LIMITS, 0.05)
    return found.set_index("measure")["verdict"].to_dict()


def test_a_promise_is_kept_broken_or_nobody_can_tell():
    promised = promise(effect=1.5)
    assert verdicts(promised, promise(4, effect=1.5))["roc_auc"] == AS_PROMISED
    assert verdicts(promised, promise(4, effect=0.3))["roc_auc"] == WORSE_THAN_PROMISED
    few = fresh.judged(rows(1, 30, seed=5, effect=1.5), "learner_id", PARAMS, 5)
    assert verdicts(promised, few)["roc_auc"] == UNKNOWN


def test_of_calibration_more_is_worse():
    good = rows(3, 400, seed=3)
    bad = good.assign(score=np.clip(good["score"] + 0.2, 0, 1))
    told = [fresh.judged(part, "learner_id", PARAMS, n) for n, part in enumerate((good, bad))]
    assert verdicts(*told)["calibration"] == WORSE_THAN_PROMISED
    assert verdicts(*told[::-1])["calibration"] == AS_PROMISED


def test_a_specification_is_missed_only_if_the_whole_interval_is_beyond_it():
    told = [fresh.meets(*bounds, 0.6, "roc_auc") for bounds in ((0.7, 0.5, 0.9), (0.55, 0.5, 0.65), (0.5, 0.4, 0.59))]
    assert told == ["met", UNKNOWN, "missed"]
    assert fresh.meets(0.2, 0.15, 0.3, 0.1, "calibration") == "missed"
    assert fresh.meets(0.2, 0.15, 0.3, np.nan, "value") == ""


def test_outcomes_of_one_kind_only_cannot_be_judged():
    assert fresh.judged(rows(1).assign(y=1.0), "learner_id", PARAMS, 1) is None


def test_features_that_are_gone_are_missing_to_the_model():
    model = fitted(rows(9))
    told = fresh.said(model, rows(3, seed=2).drop(columns="x"))
    assert told["score"].between(0, 1).all() and "x" not in told


def fitted(table, features=("x", "z")):
    model = Learned("logistic", filled(("model", LogisticRegression())), list(features))
    return model.fit(table, table["y"].to_numpy(dtype=int))


def fought(champion, challenger, seed=6):
    table = rows(3, 600, "2025-10-01", seed, effect=1.5).assign(role="validate", family="F")
    return duel.fought("completion", Dataset("completion", table, ["x", "z"]), champion, challenger, PARAMS)


def test_a_challenger_that_knows_more_is_better_and_may_be_promoted():
    table = rows(9, effect=1.5)
    blind, seeing = fitted(table, ["z"]), fitted(table)
    better = fought(blind, seeing)
    assert better.set_index("measure").loc["roc_auc", "verdict"] == BETTER and duel.promotable(better)
    worse = fought(seeing, blind)
    assert worse.set_index("measure").loc["roc_auc", "verdict"] == WORSE and not duel.promotable(worse)


def test_the_same_model_is_not_worse_than_itself_and_is_no_ground_for_a_promotion():
    model = fitted(rows(9))
    fight = fought(model, model)
    assert (fight["difference"] == 0).all() and (fight["verdict"] == NOT_WORSE).all()
    assert not duel.promotable(fight)


def test_more_recall_alone_is_no_ground_for_a_promotion():
    fight = pd.DataFrame({"measure": ["roc_auc", "recall"], "verdict": [UNKNOWN, BETTER], "difference": [0.0, 0.2]})
    assert not duel.promotable(fight)


def performance(*broken, out=()):
    measures = ["roc_auc", "recall", "value", "calibration"]
    return pd.DataFrame(
        {
            "measure": measures, "rows": "enrolled",
            "verdict": [WORSE_THAN_PROMISED if m in broken else AS_PROMISED for m in measures],
            "specification": ["missed" if m in out else "met" for m in measures],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "decision"),
    [
        ((performance(), [], []), KEEP),
        ((performance(), ["views"], []), KEEP_WATCHING),
        ((performance("calibration"), ["views"], []), RECALIBRATE),
        ((performance(out=["calibration"]), [], []), RECALIBRATE),
        ((performance("recall", "calibration"), [], []), RETRAIN),
        ((performance(out=["roc_auc"]), [], []), RETRAIN),
        ((performance("roc_auc"), ["views"], ["page views lost"]), MEND),
    ],
)
def test_the_first_rule_that_applies_decides(told, decision):
    assert rule.decide(*told)[0] == decision


def test_the_likely_cause_is_records_before_inputs_before_people():
    inputs = pd.DataFrame({"family": ["site", "site", "mail"], "verdict": [DRIFTED, DRIFTED, NO_DRIFT]})
    calm = inputs.assign(verdict=NO_DRIFT)
    assert core.cause(inputs, True, ["page views lost"]) == "records are worse: page views lost"
    assert core.cause(inputs, False, []).startswith("what is recorded changed: site (2 of 2); outcomes did not")
    assert core.cause(calm, True, []).startswith("people, or what is asked of products, changed")
    assert core.cause(calm, False, []) == "nothing is shown to have changed"


def test_records_of_a_month_most_of_which_is_missing_alarm(company):
    from ibis import _

    tables = {name: company.tables[name] for name in ("page_views", "enrollments", "products")}
    calm = quality.alarms(tables, company.params).set_index("disturbance")
    views = tables["page_views"]
    late = (views.viewed_at < "2025-11-01") | (views.viewed_at >= "2025-12-01")
    halved = views.filter(late | (_.viewed_at.second() % 12 == 0))
    found = quality.alarms(tables | {"page_views": halved}, company.params).set_index("disturbance")
    assert not calm["alarm"].any()
    assert found.loc["lost_views", "alarm"] and found.loc["lost_views", "month"] == "2025-11"
    assert found.loc["lost_views", "tables"] == "page_views"


def test_without_an_earlier_model_the_page_says_so():
    nothing = {name: pd.DataFrame(columns=columns) for name, columns in core._COLUMNS.items()}
    found = core.Study(**nothing, quality=pd.DataFrame(), decisions=pd.DataFrame(), windows=pd.DataFrame(),
                       log=pd.DataFrame(), lacking="The window before has not been run here.")  # fmt: skip
    assert "no earlier model to judge" in str(findings.in_short(found))


def card(promised, later):
    return scorecard.monthly("completion", promised, later)


def test_a_month_beyond_three_errors_is_out_of_control_by_hand():
    """100 rows of probability 0.5: the error is 0.05, the limits 0.35 and 0.65; 0.66 came true."""
    at = pd.Timestamp("2025-10-01")
    later = pd.DataFrame({"kind": "enrolled", "as_of": at, "score": 0.5, "y": [1.0] * 66 + [0.0] * 34})
    calm = pd.DataFrame({"kind": "enrolled", "as_of": pd.Timestamp("2025-07-01"), "score": 0.5, "y": [1.0, 0.0] * 50})
    row = card(calm, later).iloc[0]
    assert (row["expected"], row["lower"], row["upper"], row["observed"]) == pytest.approx((0.5, 0.35, 0.65, 0.66))
    assert row["verdict"] == OUT_OF_CONTROL and row["errors"] == pytest.approx(3.2)


def test_months_that_differed_as_much_before_are_in_control():
    promised = rows(3, 100, "2025-07-01")
    shaken = promised.assign(y=np.where(promised["as_of"].dt.month == 8, 1.0, promised["y"]))
    later = rows(3, 100, "2025-10-01", 2)
    later = later.assign(y=np.where(np.arange(len(later)) % 3 == 0, 1.0, later["y"]))
    assert (card(promised, later)["verdict"] == OUT_OF_CONTROL).any()
    assert (card(shaken, later)["verdict"] == IN_CONTROL).all()


def test_eight_months_on_one_side_are_a_run():
    assert scorecard._verdicts([1.0] * 7 + [0.5, -0.5]) == [IN_CONTROL] * 7 + [RUN_OF_MONTHS, IN_CONTROL]


def test_what_a_shadow_run_said_is_held_against_the_launches_that_followed():
    at = pd.Timestamp("2025-10-01")
    told = pd.DataFrame(
        {
            "window": "W", "as_of": at, "product_id": [*"ABC"] * 2, "role": ["champion"] * 3 + ["challenger"] * 3,
            "model_window": "W", "score": [0.9, 0.2, 0.5, 0.1, 0.8, 0.5], "decision": [1, 0, 1, 0, 1, 1],
        }
    )  # fmt: skip
    frame = pd.DataFrame(
        {
            "product_id": ["A", "A", "B", "C", "D"], "kind": ["launch", "catalogue", "launch", "launch", "launch"],
            "as_of": [at, at, at, at - pd.DateOffset(months=1), at], "y": [1.0, 0.0, 0.0, 1.0, 1.0],
        }
    )  # fmt: skip
    found = shadow.matured(frame, told).set_index("role")
    assert found["products"].tolist() == [2, 2], "C was launched before, D was not asked about"
    assert found.loc["champion", ["called", "called_reached", "roc_auc"]].tolist() == [1, 1, 1.0]
    assert found.loc["challenger", ["called", "called_reached", "roc_auc"]].tolist() == [1, 0, 0.0]


def test_a_model_is_judged_from_its_rows_to_a_sentence(company):
    """The launch model of the small company, judged as if its own window were the next: nothing can have changed."""
    _, frame = build.build_launch(company.con, company.tables, company.params)
    dataset = from_frame("launch", frame)
    model = learned.margin(dataset.features, company.params)
    model.fit(dataset.train, dataset.train["y"].to_numpy(dtype=int))
    champion = core.Champion("before", model, False, "")
    found = core.judged("launch", champion, frame, dataset, model, company.params)
    assert (found["performance"]["change"] == 0).all() and (found["fights"]["difference"] == 0).all()
    assert set(found["inputs"]["feature"]) == set(model.features)
    decisions = core.decided(found, quality.alarms(company.tables, company.params))
    nothing = dict.fromkeys(("quality", "windows", "log"), pd.DataFrame())
    study = core.Study(**found, **nothing, decisions=decisions, lacking="")
    said = str(findings.in_short(study))
    assert said.startswith("- The launch model of before:") and "there is no ground to promote it" in said
