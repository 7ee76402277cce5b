"""The card of a model says what the study found and no more."""

import pandas as pd
import pytest
from micro import window
from synthetic import launch_data

from insights.modeling import baselines, card, comparison, learned, study
from insights.modeling.search import automl

PARAMS = window()


@pytest.fixture(scope="module")
def found():
    data = launch_data(PARAMS, families=60)
    rows, y = data.train, data.train["y"].to_numpy(dtype=int)
    models = {rule.name: rule.fit(rows, y) for rule in baselines.available("launch", rows)}
    models["logistic"] = learned.logistic(["survey_intent", "price"], PARAMS).fit(rows, y)
    models["logistic"].threshold_ = 0.375
    search = automl.Search(models["logistic"], pd.DataFrame({"roc_auc": [0.7]}))
    contest = comparison.Contest(data, models, pd.DataFrame(), "logistic", search, True)
    part = study.part(contest, "catalogue", contest.predictions(data.validate), PARAMS)
    return study.Study("launch", contest, {"catalogue": part}, pd.DataFrame())


def test_the_card_names_model_window_features_threshold_and_what_it_is_not_for(found):
    told = card.card(found, PARAMS)
    assert told.startswith("# The launch model of 2025Q4: logistic\n")
    assert "2 features: survey_intent, price." in told and "37.5" in told
    assert "It advises people who decide; it does not decide." in told
    assert all(line in told for line in card.NOT_FOR)


def test_the_card_holds_the_figures_of_the_study(found):
    auc = found.parts["catalogue"].roc_auc("logistic")
    told = card.card(found, PARAMS)
    assert f"roc_auc {auc:.3f} (" in told and "180 rows" in told
    assert "It is better than chance." in told
    rows = found.contest.dataset.train
    assert f"{len(rows):,} rows decided from {rows['as_of'].min():%Y-%m-%d}" in told


def test_a_model_that_does_not_beat_chance_has_it_on_its_card(found):
    part = found.parts["catalogue"]
    unsure = study.Part(**{**vars(part), "null": part.null.assign(best=1.0)})
    told = card.card(study.Study("launch", found.contest, {"catalogue": unsure}, pd.DataFrame()), PARAMS)
    assert "not shown to be better than chance" in told
