"""Readiness: ratings come from measurements, money from arithmetic, the plan from its days, gates from results."""

import numpy as np
import pandas as pd
import pytest
from micro import window

from insights import feasibility, fmea, gates, paths, plan
from insights.params import Range
from insights.tolerance.core import Study
from insights.tolerance.disturbances import DISTURBANCES
from insights.verdicts import HIGH, LOW, MEDIUM, MET, MISSED, UNKNOWN

PARAMS = window()


# --- failure modes ---


def test_the_register_has_an_entry_for_each_disturbance_and_there_are_twenty():
    entries = fmea.register()
    assert [e.mode for e in entries] == [d.name for d in DISTURBANCES]
    assert len(entries) >= 20
    assert len({e.effect for e in entries}) > 15


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {mode: lost_views, effect: e e e, cause: c c, action: a a a}\n", "missing: doubled_views"),
        ("- {mode: gone, effect: e e e, cause: c c, action: a a a}\n", "no disturbance gone"),
        ("- {mode: lost_views, effect: e}\n", "entry 0, cause: Field required"),
        ("- {mode: a, mode: b}\n", "mode stands twice"),
        ("mode: lost_views\n", "the file: Input should be a valid list"),
        ("- {mode: lost_views, severity: 9, effect: e e e, cause: c c c, action: a a a}\n", "severity: Extra inputs"),
    ],
)
def test_a_register_that_cannot_be_used_is_refused_with_its_place(text, said, tmp_path, monkeypatch):
    file = tmp_path / "fmea.yaml"
    file.write_text(text)
    monkeypatch.setattr(paths, "failure_modes", lambda: file)
    with pytest.raises(fmea.RegisterError, match=said):
        fmea.register()


@pytest.mark.parametrize(("loss", "rating"), [(0.0, 1), (0.05, 1), (0.5, 5), (1.0, 10), (2.0, 10)])
def test_severity_follows_the_loss(loss, rating):
    assert fmea.severity(loss) == rating


@pytest.mark.parametrize(("rate", "rating"), [(0.0, 1), (5e-5, 2), (0.007, 5), (0.03, 7), (0.15, 9), (0.5, 10)])
def test_occurrence_follows_the_rate(rate, rating):
    assert fmea.occurrence(rate) == rating


@pytest.mark.parametrize(("noticed", "rating"), [(1.0, 1), (0.5, 5), (0.0, 10)])
def test_detection_follows_what_is_noticed(noticed, rating):
    assert fmea.detection(noticed) in (rating, rating + 1)


def test_priority_never_falls_when_a_rating_rises():
    order = [LOW, MEDIUM, HIGH]
    rank = {
        (s, o, d): order.index(fmea.priority(s, o, d))
        for s in range(1, 11)
        for o in range(1, 11)
        for d in range(1, 11)
    }
    for (s, o, d), one in rank.items():
        for more in ((s + 1, o, d), (s, o + 1, d), (s, o, d + 1)):
            assert rank.get(more, 2) >= one
    assert set(rank.values()) == {0, 1, 2}


def curves(name, values, mode="as trained", measure="value"):
    return pd.DataFrame(
        {"model": "launch", "disturbance": name, "mode": mode, "level": range(len(values)), "measure": measure,
         "value": values}
    )  # fmt: skip


def test_each_rating_is_read_from_its_measurement():
    told = pd.concat([curves("lost_views", [0.8, 0.6, 0.4]), curves("lost_views", [0.8, 0.8, 0.72], "retrained"),
                      curves("doubled_views", [0.8, 0.8, 0.8]), curves("doubled_views", [0.8] * 3, "retrained"),
                      curves("wrong_outcomes", [0.8, 0.4, 0.0], "retrained")])  # fmt: skip
    caught = pd.DataFrame(
        [["lost_views", 10, 5, 0.5, 4, 4, 1.0, 12, 0], ["doubled_views", 10, 10, 1.0, 0, 0, np.nan, 12, 6]],
        columns=["disturbance", "faults", "noticed", "share", "harmful", "harmful_noticed", "harmful_share", "months",
                 "false_alarms"],
    )  # fmt: skip
    faults = pd.DataFrame({"disturbance": ["lost_views"] * 2, "measured": [0.1, 0.3]})
    alerts = pd.DataFrame({"disturbance": ["lost_views", "doubled_views"], "control": [0.2, 0.0]})
    ledger = pd.DataFrame(
        [
            ["page_views", "duplicate", 1000, 0, 4],
            ["page_views", "sent twice", 996, 0, 3],
            ["learners", "duplicate", 9, 9, 9],
        ],
        columns=["table", "rule", "rows_in", "changed", "set_aside"],
    )
    entries = [e for e in fmea.register() if e.mode in ("lost_views", "doubled_views", "wrong_outcomes", "lost_mail")]
    table = fmea.rated(entries, told, caught, faults, alerts, ledger).set_index("mode")
    assert "lost_mail" not in table.index  # no model of the window can suffer it
    lost = table.loc["lost_views"]
    assert lost[["loss", "rate", "noticed"]].tolist() == [0.5, 0.0, 1.0]
    assert lost[["severity", "occurrence", "detection", "rpn"]].tolist() == [
        fmea.severity(0.5),
        1,
        1,
        fmea.severity(0.5),
    ]
    assert lost["loss_after"] == pytest.approx(0.1) and lost["severity_after"] == 2
    assert table.loc["doubled_views", "rate"] == 0.5  # the months that alarmed, more than cleaning took
    assert table.loc["wrong_outcomes", ["severity", "detection", "noticed_by"]].tolist() == [10, 10, "nothing"]
    quiet = fmea.rated(entries, told, caught.assign(false_alarms=0), faults, alerts, ledger).set_index("mode")
    assert quiet.loc["doubled_views", "rate"] == pytest.approx(7 / 1000)


def test_a_loss_of_ranking_counts_from_chance():
    assert fmea.loss(curves("drift", [0.7, 0.6, 0.65], measure="roc_auc"), "as trained") == pytest.approx(0.5)
    assert fmea.loss(curves("drift", [0.7, 0.8], measure="roc_auc"), "as trained") == 0.0


# --- economics ---


def asked(**changes):
    flat = {
        name: Range(low=value, middle=value, high=value)
        for name, value in {
            "build_days": 10,
            "run_days": 2,
            "day_cost": 100,
            "followed": 1.0,
            "decay": 0.0,
            "discount": 0.0,
        }.items()
    }
    return PARAMS.feasibility.model_copy(update={"quarters": 4, "draws": 500} | flat | changes)  # fmt: skip


def test_the_net_present_value_by_hand():
    settings = asked()
    middle = {name: getattr(settings, name).middle for name in feasibility.DRAWN}
    assert feasibility.net_present_value(1000.0, settings, **middle) == pytest.approx(-1000 + 4 * (1000 - 200))
    discounted = feasibility.net_present_value(1000.0, settings, **(middle | {"discount": 0.21}))
    assert discounted == pytest.approx(-1000 + sum(800 / 1.21 ** (q / 4) for q in (1, 2, 3, 4)))
    decayed = feasibility.net_present_value(1000.0, settings, **(middle | {"decay": 0.5, "followed": 0.5}))
    assert decayed == pytest.approx(-1000 + sum(500 * 0.5 ** (q / 4) - 200 for q in (1, 2, 3, 4)))


def test_break_even_is_where_wins_pay_for_losses():
    assert feasibility.break_even(np.array([300.0, 100.0, -100.0]), np.array([1, 1, 0])) == pytest.approx(1 / 3)


def launches(n=60, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    rows = pd.DataFrame({"product_id": [f"P{i}" for i in range(n)], "kind": "launch", "y": y})
    rows = rows.assign(family=rows["product_id"], hurdle=100.0, margin_earned=np.where(y == 1, 300.0, 20.0))
    return pd.concat([rows.assign(model="margin", decision=y), rows.assign(model="panel", decision=1)])


def test_what_a_quarter_is_worth_is_what_the_panel_would_have_lost():
    params = PARAMS.model_copy(update={"feasibility": asked()})
    predictions = launches()
    found = feasibility.study(predictions, "margin", params)
    failed = (predictions["model"] == "panel") & (predictions["y"] == 0)
    row = found.of("value of a quarter beyond the others")
    assert found.against == "the panel"
    assert row["value"] == pytest.approx(80 * failed.sum())
    assert row["low"] < row["value"] < row["high"]
    assert found.of("precision on new launches")["value"] == 1.0
    assert found.of("break-even precision")["value"] == pytest.approx(80 / 280)
    assert found.of("payback")["value"] == pytest.approx(1000 / (80 * failed.sum() - 200) * 3)


def test_without_a_panel_the_model_is_held_against_launching_all_and_without_money_against_nothing():
    params = PARAMS.model_copy(update={"feasibility": asked()})
    predictions = launches().query("model == 'margin'")
    assert feasibility.study(predictions, "margin", params).against == "launching all"
    assert feasibility.study(predictions.drop(columns="hurdle"), "margin", params) is None
    assert feasibility.study(predictions.assign(kind="catalogue"), "margin", params) is None


def test_the_tornado_has_the_widest_assumption_on_top_and_the_middle_between():
    table = feasibility.tornado((5000.0, np.array([1000.0, 9000.0])), PARAMS.feasibility)
    assert table["swing"].is_monotonic_decreasing
    low, high = table[["npv_low", "npv_high"]].min(axis=1), table[["npv_low", "npv_high"]].max(axis=1)
    assert ((low <= table["middle"] + 1e-6) & (table["middle"] <= high + 1e-6)).all()


# --- the plan ---


def test_the_plan_fits_its_three_weeks():
    table = plan.scheduled(plan.read(), PARAMS.feasibility)
    assert table["ends"].max() <= PARAMS.feasibility.working_days
    ends = dict(zip(table["task"], table["ends"], strict=True))
    begins = dict(zip(table["task"], table["begins"], strict=True))
    for task in plan.read():
        assert all(begins[task.task] >= ends[name] for name in task.after)


def tasks(*rows):
    return [plan.Task(task=t, what="w", who=who, days=days, after=after, gate="g") for t, who, days, after in rows]


def test_one_person_does_one_thing_at_a_time_and_half_a_person_takes_twice_as_long():
    table = plan.scheduled(
        tasks(("a", "engineer", 2, []), ("b", "engineer", 1, []), ("c", "scientist", 1, ["a"])),
        asked(engineer=1.0, scientist=0.5),
    ).set_index("task")
    assert table["begins"].to_dict() == {"a": 0, "b": 2, "c": 2}
    assert table["ends"].to_dict() == {"a": 2, "b": 3, "c": 4}
    assert table["critical"].to_dict() == {"a": True, "b": False, "c": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {task: a, what: w, who: nobody, days: 1, gate: g}\n", "who: Input should be 'engineer' or 'scientist'"),
        ("- {task: a, what: w, who: engineer, days: 0, gate: g}\n", "days: Input should be greater than 0"),
        ("task: a\n", "the file: Input should be a valid list"),
        (
            "- {task: a, what: w, who: engineer, days: 1, gate: g, after: [b]}\n",
            "a waits for b, which stands not before",
        ),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_with_its_place(text, said, tmp_path, monkeypatch):
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    monkeypatch.setattr(paths, "plan", lambda: file)
    with pytest.raises(plan.PlanError, match=said):
        plan.read()


# --- the gates ---


def record(name, value, model="margin", low=None, high=None, **by):
    return {"name": name, "model": model, "by": by, "value": value, "low": low, "high": high}


def tolerances():
    kept = pd.DataFrame({"mode": ["as trained", "as trained", "retrained"],
                         "verdict": ["within", "no limit found", "beyond its limit"]})  # fmt: skip
    spec = pd.DataFrame([["launch", "catalogue", "roc_auc", 0.75, 0.86, 0.8, 0.9, MET]],
                        columns=["model", "rows", "measure", "limit", "value", "low", "high", "verdict"])  # fmt: skip
    caught = pd.DataFrame({"harmful": [8, 2], "harmful_noticed": [8, 1]})
    empty = pd.DataFrame()
    return Study(spec, empty, kept, empty, empty, empty, empty, empty, caught)


@pytest.fixture
def card(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    rows = {"split": "validation", "rows": "catalogue"}
    results = pd.DataFrame(
        [record("launch.chosen", 1), record("dictionary.gaps", 3, None),
         record("launch.roc_auc", 0.86, low=0.8, high=0.9, **rows),
         record("launch.roc_auc", 0.5, low=0.4, high=0.6, without="family survey", **rows),
         record("launch.roc_auc_null_95", 0.57, "best", **rows),
         record("launch.roc_auc_difference", 0.2, low=0.1, high=0.3, against="panel", **rows),
         record("launch.roc_auc_difference", 0.1, low=-0.1, high=0.3, against="survey", **rows)]
    )  # fmt: skip
    schedule = pd.DataFrame({"ends": [3.0, 20.0]})
    return gates.scorecard(PARAMS, results, tolerances(), None, schedule)


def test_each_criterion_reads_what_was_stored(card):
    by = card.set_index("criterion")
    assert by.loc[
        "launch model, catalogue rows: ranks beyond the best of chance", ["measured", "limit"]
    ].tolist() == [0.86, 0.57]
    assert by.loc["launch model, catalogue rows: ahead of panel", "verdict"] == MET
    assert by.loc["launch model, catalogue rows: ahead of survey", "verdict"] == MISSED  # its interval holds 0
    assert by.loc["inputs that are within half their tolerance today", ["measured", "verdict"]].tolist() == [1.0, MET]
    assert by.loc["harmful faults that the checks notice", ["measured", "verdict"]].tolist() == [0.9, MET]
    assert by.loc["the plan to production fits its working days", "verdict"] == MISSED


def test_a_gate_is_passed_only_with_every_criterion(card):
    table = gates.by_gate(card).set_index("gate")
    assert table["verdict"].to_dict() == {
        "concept": MET, "design": MISSED, "optimisation": MET, "verification": MET, "feasibility": MISSED,
    }  # fmt: skip
    assert (table["met"] <= table["criteria"]).all()


def test_what_cannot_be_measured_is_not_met():
    row = gates._row("design", "c", gates.Measured(), 1, "", "s", True)
    assert row[-1] == UNKNOWN
    assert (
        gates.by_gate(pd.DataFrame([row], columns=gates.COLUMNS)).set_index("gate").loc["design", "verdict"] == MISSED
    )
