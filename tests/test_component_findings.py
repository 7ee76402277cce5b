"""Findings about components: what earns its place, what may go; no simpler model is praised beyond its interval."""

import pandas as pd
import pytest
from prose import read

from insights.findings import components
from insights.verdicts import NOT_WORSE, UNKNOWN, WORSE

ADDED = pd.DataFrame(
    {
        "kind": ["source", "family", "step", "view"],
        "component": ["page_views", "seen_per_need", "TPOT", "social"],
        "verdict": ["earns its place", "may go", "may go", "cannot tell"],
    }
)
NOISE = pd.DataFrame({"roc_auc_adds": [-0.01, 0.004]})
BESIDE = pd.DataFrame(
    {
        "rows": "catalogue", "metric": ["roc_auc", "recall"], "full": [0.86, 0.9], "simplified": [0.85, 0.8],
        "loss": [0.01, 0.1], "low": [-0.01, 0.0], "high": [0.03, 0.2],
    }
)  # fmt: skip
TAKES = pd.DataFrame({"what": ["features", "tables"], "full": [25, 7], "simplified": [3, 2]})


def test_what_earns_its_place_what_may_go_and_what_nobody_can_tell_are_named_by_kind_and_name():
    told = read(components.added("launch", "catalogue", ADDED, NOISE, 0.01))
    assert "(products on sale), 1 component earns its place: source page views." in told
    assert "less than 0.010 of ROC AUC beside the others: family seen per need and TPOT." in told
    assert "Of 1 other the data do not tell. Columns of noise seem to add up to 0.004." in told


def test_noise_that_only_harms_adds_nothing():
    told = read(components.added("launch", "catalogue", ADDED, NOISE.head(1), 0.01))
    assert "Columns of noise seem to add up to 0.000." in told


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (NOT_WORSE, "It is offered as the one to deploy: surely it loses less than 0.010."),
        (UNKNOWN, "Nobody can tell yet whether it loses more than 0.010: let it run beside the full model"),
        (WORSE, "It loses more than 0.010: keep the full model."),
    ],
)
def test_the_simplified_model_is_offered_only_where_its_interval_allows(verdict, said):
    told = read(components.simplified("launch", BESIDE, TAKES, verdict, 0.01))
    assert "the simplified model keeps 3 of 25 features, from 2 of 7 tables beside products and sales." in told
    assert "Products on sale: ROC AUC 0.850 beside 0.860 of the full model, a loss of 0.010 (95 % interval" in told
    assert said in told


def test_where_nothing_can_go_no_simpler_model_is_offered():
    told = read(components.simplified("launch", BESIDE, TAKES.assign(simplified=TAKES["full"]), NOT_WORSE, 0.01))
    assert "no simpler model is offered" in told and "deploy" not in told


PAIRS = pd.DataFrame(
    [["catalogue", "source Facebook", "source Instagram", 0.0, 0.001, 0.05, 0.049, 0.01, 0.09, "replace each other"],
     ["catalogue", "family tone", "family survey", 0.0, 0.0, 0.0, 0.0, -0.1, 0.1, "cannot tell"]],
    columns=["rows", "one", "other", "one_adds", "other_adds", "both_add", "beyond", "low", "high", "verdict"],
)  # fmt: skip


def test_two_that_replace_each_other_are_named_with_what_is_lost_without_both():
    told = read(components.interactions(PAIRS))
    assert (
        "Source Facebook and source Instagram replace each other (products on sale): without both 0.050 is lost"
        in told
    )
    assert "tone" not in told
    assert "Of 1 pair looked at, no two" in read(components.interactions(PAIRS.tail(1)))


def test_verdicts_on_planted_components_are_counted():
    told = read(components.truth(pd.DataFrame({"holds": [True, True, False]})))
    assert "Of 3 verdicts on planted components 2 hold" in told
