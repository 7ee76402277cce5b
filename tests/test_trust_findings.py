"""Findings about trust: what may break a model, what fails worst, what it is worth, and nothing that is not so."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from prose import read

from insights.findings import trust
from insights.verdicts import BEYOND, MET, MISSED, NO_LIMIT, WITHIN

SPEC = pd.DataFrame(
    {"model": "launch", "measure": ["roc_auc", "recall"], "limit": [0.75, 0.6], "value": [0.86, 0.5],
     "verdict": [MET, MISSED]}
)  # fmt: skip
LIMITS = pd.DataFrame(
    {
        "model": "launch", "disturbance": ["lost_views", "late_views", "lost_mail"],
        "title": ["page views lost", "page views arriving late", "e-mail events lost"],
        "unit": ["share", "days", "share"],
        "mode": "as trained", "tolerance": [0.4, 3.0, np.inf], "low": [0.3, 2.0, np.inf],
        "high": [np.inf, 4.0, np.inf],
        "breaks": ["roc_auc", "recall", ""], "largest": [0.9, 30.0, 0.9], "today": [0.01, 5.0, np.nan],
        "verdict": [WITHIN, BEYOND, NO_LIMIT],
    }
)  # fmt: skip
MODES = pd.DataFrame(
    {"title": ["page views lost", "drift"], "rpn": [120, 10], "severity": [6, 2], "occurrence": [4, 1],
     "detection": [5, 5], "priority": ["high", "low"]}
)  # fmt: skip
GATES = pd.DataFrame({"gate": ["concept", "design"], "criteria": [2, 5], "met": [2, 3], "verdict": [MET, MISSED]})


def test_in_short_begins_with_what_is_out_of_specification():
    told = read(trust.in_short(SPEC, LIMITS, MODES, GATES))
    assert "Out of specification: recall of the launch model (0.500, limit 0.600)." in told
    assert "Beyond its tolerance: page views arriving late." in told
    assert "where: page views lost (40.0 %, launch) and page views arriving late (3.0 days, launch)." in told
    assert "Of 1 other no level that was tried does." in told
    assert (
        "is page views lost (120: severity 6, occurrence 4, detection 5). Of high priority: page views lost." in told
    )
    assert "Gates passed: concept; missed in: design (2 of 5 criteria)." in told


def test_models_that_keep_their_specification_are_said_to():
    assert "Both models keep their specification (1 limit)" in read(
        trust.in_short(SPEC.head(1), LIMITS, MODES, GATES)
    )


def test_tolerances_are_read_in_their_own_units():
    table = trust.tolerated(LIMITS)
    table = table.map(lambda text: text.replace("\N{NO-BREAK SPACE}", " "))
    assert table["tolerance"].tolist() == ["40.0 %", "3.0 days", "above 90.0 %"]
    assert table["interval"].tolist() == ["30.0 % to above 90.0 %", "2.0 days to 4.0 days", ""]
    assert table["breaks first"].tolist() == ["ROC AUC", "recall", "nothing"]
    assert table["today"].tolist() == ["1.0 %", "5.0 days", "not measured"]


def test_alerts_say_what_sets_them():
    table = pd.DataFrame({"title": list("abc"), "unit": "share", "alert": [0.3, 0.1, 0.5], "today": 0.0,
                          "of": ["launch", "control", "above launch"], "control": [0.1, 0.1, 0.5]})  # fmt: skip
    assert trust.alerts(table)["set by"].tolist() == [
        "tolerance of the launch model", "limit of control",
        "limit of control, above the tolerance of the launch model",
    ]  # fmt: skip


def test_faults_are_counted_with_the_harmful_ones_apart():
    caught = pd.DataFrame({"faults": [12, 12], "noticed": [12, 3], "harmful": [4, 0], "harmful_noticed": [3, 0],
                           "months": [12, 12], "false_alarms": [1, 0]})  # fmt: skip
    told = read(trust.noticed(caught))
    assert "Of 24 faults injected, 62.5 % were noticed; of 4 that break the specification, 3." in told
    assert "False alarms in 24 months of inputs that nobody disturbed: 1." in told


def test_effects_together_are_named_only_where_they_are_sure():
    main = pd.DataFrame({"model": "launch", "disturbance": ["lost_views", "bots"], "effect": [-0.05, -0.01],
                         "low": [-0.08, -0.04], "high": [-0.02, 0.02]})  # fmt: skip
    pairs = pd.DataFrame({"model": ["launch"], "pairs": ["lost_views × bots"], "matters": [False]})
    told = read(trust.together(main, pairs))
    assert "those that surely move ROC AUC are lost views (−0.050); of pairs none is shown" in told
    assert "of pairs lost views × bots." in read(trust.together(main, pairs.assign(matters=True)))


def test_what_it_is_worth_is_said_with_its_interval_or_not_at_all():
    summary = pd.DataFrame(
        [["net present value", "USD", 5000.0, -1000.0, 9000.0],
         ["chance that it is worth more than it costs", "share", 0.9, np.nan, np.nan],
         ["payback", "months", np.inf, 1, np.inf]],
        columns=["what", "unit", "value", "low", "high"],
    )  # fmt: skip
    tornado = pd.DataFrame([["value of a quarter", 9000.0, -1000.0]], columns=["what", "npv_low", "npv_high"])
    one = SimpleNamespace(of=summary.set_index("what").loc.__getitem__, tornado=tornado, against="the panel")
    told = read(trust.worth(one))
    assert "Net present value against the panel: USD 5,000 (95 % interval USD −1,000 to USD 9,000)" in told
    assert "paid back after: never, as things stand." in told
    assert "goes from USD −1,000 to USD 9,000" in told
    assert "nobody can say" in read(trust.worth(None))
    values = [text.replace("\N{NO-BREAK SPACE}", " ") for text in trust.summarised(summary)["value"]]
    assert values == ["USD 5,000", "90.0 %", "never"]


def test_the_curves_that_are_drawn_are_those_of_the_inputs_that_harm_most():
    curves = pd.DataFrame(
        [("launch", name, "share", mode, level, "roc_auc", 0.8 - harm * level, 0, 1)
         for name, harm in (("lost_views", 0.3), ("late_views", 0.1), ("lost_mail", 0.0))
         for mode in ("as trained", "retrained") for level in (0.0, 0.5, 0.9)],
        columns=["model", "disturbance", "unit", "mode", "level", "measure", "value", "low", "high"],
    )  # fmt: skip
    found = trust.drawn(curves, LIMITS, most=2)
    assert [part["disturbance"].iloc[0] for _, part in found] == ["lost_views", "late_views"]
    assert found[0][1]["title"].iloc[0] == "page views lost" and len(found[0][1]) == 6


def test_figures_of_any_size_are_read_beside_each_other():
    assert [trust.figure(v) for v in (0.1234, 3, -45000.4)] == ["0.123", "3", "−45,000"]
