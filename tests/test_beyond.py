"""What the report repeats of other pages: each sentence is one of records, and says no more than they do."""

import pandas as pd
from prose import read

from insights import params
from insights.findings import beyond


def test_the_report_opens_with_when_and_with_that_the_company_is_simulated():
    told = read(beyond.about(params.load("sample")))
    assert told.startswith("The company is simulated: no figure here is about real learners.")
    assert (
        "Data from 1 January 2025 to 31 December 2025; models are judged on what came from 1 October 2025 on" in told
    )
    assert "simulated" not in read(beyond.about(params.load("retail-2011Q4")))


def recorded(name, value, model=None, low=None, high=None, n=54, **by):
    return {"name": name, "model": model, "by": by, "value": value, "low": low, "high": high, "n": n}


def test_the_report_repeats_the_journey_the_money_and_who_is_served_worse():
    launches = {"rows": "launch", "split": "validation"}
    gender = {"attribute": "gender", "measure": "recall"}
    table = pd.DataFrame(
        [
            recorded("journey.reached", 0.447, low=0.41, high=0.487, n=745, stage="enrolled"),
            recorded("journey.reached", 0.175, low=0.147, high=0.207, n=745, stage="completed"),
            recorded("journey.event_effect", 0.159, low=0.081, high=0.237, estimate="doubly robust"),
            recorded("journey.event_effect", 0.3, low=0.2, high=0.4, estimate="naive"),
            recorded("launch.chosen", 1, model="forest"),
            recorded("launch.value", 2291, "forest", 885, 4137, n=24, **launches),
            recorded("launch.value", 99, "forest", 1, 2, rows="catalogue", split="validation"),
            recorded("launch.value", 161, "panel", 1, 2, n=17, **launches),
            recorded("launch.value", 531, "launch all", 1, 2, n=27, **launches),
            recorded("bias.gap", -0.318, low=-0.489, high=-0.115, **gender, group="woman"),
            recorded("bias.gap", -0.2, low=-0.4, high=0.1, **gender, group="man"),
        ]
    )
    told = read(beyond.beyond(table, params.load("sample")))
    assert "Of 745 people who registered, within 90 days 44.7 % (95 % interval 41.0 % to 48.7 %) enroll in a" in told
    assert "more often by 15.9 percentage points (95 % interval 8.1 to 23.7)" in told and "30.0" not in told
    assert "Of 27 new launches, the 24 that the Random Forest calls 1 brought USD 2,291" in told
    assert (
        "the panel of R&D and Marketing USD 161.00 and launching all USD 531.00 (page 05)" in told
        and "USD 99" not in told
    )
    assert "(gender: woman) than among everybody else, by 31.8 percentage points (95 % interval 11.5 to 48.9)" in told
    assert "gender: man" not in told
    assert read(beyond.beyond(table.head(0), params.load("sample"))) == ""
