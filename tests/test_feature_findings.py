"""What is said of features: each sentence follows from the frame it is given."""

import numpy as np
import pandas as pd
from prose import read

from insights.feature_analysis.core import Analysis
from insights.findings import features as feature_findings

NONE = pd.DataFrame({"feature": []})


def test_without_p_values_only_the_forest_is_asked_and_the_page_says_why():
    table = pd.DataFrame(
        {
            "feature": ["a", "b", "noise"],
            "meaning": ["A", "B", ""],
            "seen_by": ["forest only", "neither", "neither"],
            "stability": 0.2,
        }
    )
    told = read(
        feature_findings.features("completion", table.assign(p_adjusted=np.nan), NONE, table.iloc[:0], table.iloc[:0])
    )
    assert "1 of 2 features are seen by the Random Forest: A. OLS can tell none" in told
    assert "too few products" in told


def test_features_name_both_methods_and_what_looks_like_a_leak():
    table = pd.DataFrame(
        {
            "feature": ["views", "price", "buzz", "noise"],
            "meaning": ["looks at it", "what it costs", "what is said", "random numbers"],
            "seen_by": ["both", "forest only", "OLS only", "both"],
            "p_adjusted": [0.01, 0.5, 0.01, 0.2],
            "stability": [0.7, 0.6, 0.1, 0.9],
        }
    )
    clear = read(feature_findings.features("launch", table, NONE, NONE, NONE))
    assert "The column of random numbers came 4th of 4 by what the forest loses" in clear
    assert "1 of 3 features are seen by the Random Forest and by linear regression (OLS) alike: looks at it." in clear
    assert "No feature alone is so good that it would have to contain the outcome itself." in clear
    leaking = read(feature_findings.features("launch", table, NONE, pd.DataFrame({"feature": ["answer"]}), NONE))
    assert "1 feature nearly tells the outcome alone: answer. Each is a leak until shown otherwise." in leaking


def test_stable_features_are_named_most_stable_first_and_noise_never():
    table = pd.DataFrame(
        {
            "feature": ["views", "price", "noise"],
            "meaning": ["looks", "cost", ""],
            "seen_by": "both",
            "p_adjusted": 0.01,
            "stability": [0.6, 0.8, 1.0],
        }
    )
    told = read(feature_findings.features("launch", table, stable(table), NONE, NONE))
    assert "2 features are of use in most random halves of the products: cost and looks." in told
    unstable = table.assign(stability=0.59)
    weak = read(feature_findings.features("launch", unstable, stable(unstable), NONE, NONE))
    assert "No feature by itself matters in most random halves" in weak


def stable(table):
    """Return what an analysis of these features calls stable."""
    return Analysis(None, None, table, None, None, None).stable


def test_features_that_tell_the_date_are_named():
    table = pd.DataFrame(
        {"feature": ["a", "noise"], "meaning": "A", "seen_by": "neither", "p_adjusted": 0.1, "stability": 0.1}
    )
    told = read(feature_findings.features("launch", table, NONE, NONE, pd.DataFrame({"feature": ["a", "b"]})))
    assert "no feature by itself is seen by both methods" in told
    assert "2 features nearly tell late rows from early ones: a and b." in told


def test_choosing_inside_the_folds_is_told_with_both_scores():
    chosen = pd.DataFrame(
        [["logistic", 0, 3, 0.70, 0.72], ["forest", 0, 3, 0.71, 0.69], ["logistic", 1, 5, 0.80, 0.74],
         ["forest", 1, 5, 0.73, 0.71]],
        columns=["model", "fold", "features", "every", "chosen"],
    )  # fmt: skip
    told = read(feature_findings.selection("launch", chosen))
    assert "choose 3 to 5 features by themselves" in told
    assert "logistic regression reaches 0.730 with them and 0.750 with all" in told
    assert "the Random Forest reaches 0.700 with them and 0.720 with all" in told
