"""What residuals say of the linear model: on data made to break one assumption at a time."""

import warnings

import numpy as np
import pandas as pd
import pytest
from prose import read
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from insights.feature_analysis import linear
from insights.findings import features as feature_findings

NAMES = ["a", "b"]


def made(shape=lambda a: 0.2 * a, products=60, each=8, shared=0.0, noise=lambda a: 0.3, seed=0):
    """Return rows whose outcome is a function of one feature, with a part that products have in common."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(products), each)
    a, b = rng.normal(size=(2, len(family)))
    own = shared * rng.normal(size=products)[family]
    y = 0.5 + shape(a) + own + noise(a) * rng.normal(size=len(family))
    return pd.DataFrame({"a": a, "b": b, "y": y, "family": [f"F{f}" for f in family]})


def checked(rows):
    return linear.checks(linear.fit(rows, NAMES), rows).set_index("check")


def test_a_straight_line_with_even_errors_breaks_nothing():
    found = checked(made())
    assert found.loc[["spread", "reset"], "p"].min() > 0.05
    assert abs(found.loc["within", "value"]) < 0.1


def test_a_bent_effect_is_told_by_reset():
    assert checked(made(lambda a: 0.2 * a + 0.15 * a**2)).loc["reset", "p"] < 0.001


def test_an_effect_that_bends_both_ways_is_told_by_reset_too():
    assert checked(made(lambda a: 0.2 * a - 0.1 * a**3)).loc["reset", "p"] < 0.001


def test_errors_that_grow_with_a_feature_are_told_by_breusch_and_pagan():
    assert checked(made(noise=lambda a: 0.1 * np.exp(a / 2))).loc["spread", "p"] < 0.001


def test_what_products_have_in_common_is_the_intraclass_correlation_of_analysis_of_variance():
    rows = made(shared=0.4, each=6)
    rows = rows.drop(index=[0, 1, 7])  # families of unequal size
    fitted = linear.fit(rows, NAMES)
    table = anova_lm(ols("e ~ C(f)", pd.DataFrame({"e": fitted.result.resid, "f": rows["family"]})).fit())
    between, within = table["mean_sq"]
    sizes = rows.groupby("family").size()
    usual = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1)
    expected = (between - within) / (between + (usual - 1) * within)
    assert linear.checks(fitted, rows).set_index("check").loc["within", "value"] == pytest.approx(expected)
    assert 0.4 < expected < 0.8


def test_fitted_values_outside_0_to_1_and_rows_far_out_are_counted():
    rows = made(lambda a: a, noise=lambda a: 0.0)
    assert checked(rows).loc["outside", "value"] == ((rows["a"] < -0.5) | (rows["a"] > 0.5)).mean()
    design = np.c_[np.ones(len(rows)), rows[NAMES]]
    own = np.diag(design @ np.linalg.inv(design.T @ design) @ design.T)
    assert checked(rows).loc["leverage", "value"] == (own > 3 * own.mean()).mean() > 0
    assert checked(rows.assign(a=np.sign(rows["a"]), b=np.sign(rows["b"]))).loc["leverage", "value"] == 0


def test_with_too_few_products_for_clustered_errors_reset_tells_nothing():
    found = checked(made(products=12))
    assert found.loc["reset", ["value", "p"]].isna().all()
    assert found.loc["spread", "p"] > 0
    told = read(feature_findings.checks("launch", found.reset_index()))
    assert "RESET" not in told and "residuals of one product" in told


def test_the_page_says_which_assumptions_the_residuals_speak_against():
    told = read(feature_findings.checks("launch", checked(made(lambda a: 0.2 * a + 0.15 * a**2)).reset_index()))
    assert "Effects are not all straight lines (RESET, p" in told
    straight = read(feature_findings.checks("launch", checked(made()).reset_index()))
    assert "Effects are not shown to be other than straight lines" in straight


def test_more_features_than_families_are_tested_at_once_without_a_warning():
    rng = np.random.default_rng(1)
    rows = made(products=6, each=40)
    names = [f"x{i}" for i in range(10)]
    rows = rows.assign(**{name: rng.normal(size=len(rows)) for name in names})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = linear.of_groups(linear.fit(rows, names), {"all": names})
    assert told.isna().all()  # with so few families nothing is told of it
