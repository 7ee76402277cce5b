"""The register of features: each declared once, with its meaning, unit and sources."""

import re

import pytest

from insights import contract
from insights.features import completion, enrollment, launch, registry  # noqa: F401


def test_the_panels_vote_is_never_a_feature():
    assert "panel_vote" not in [f.name for f in registry.features("launch")]
    assert registry.features("launch", ["panel_vote", "price"])[0].name == "price"


@pytest.mark.parametrize("model", ["launch", "completion"])
def test_the_register_says_what_each_feature_is_once(model):
    listed = registry.describe(model)
    assert listed["name"].is_unique
    assert (listed[["name", "meaning", "unit", "family", "view"]] != "").all().all()


@pytest.mark.parametrize("model", ["launch", "completion", "enrollment"])
def test_meanings_of_features_are_english(model):
    meanings = registry.describe(model)["meaning"]
    assert [m for m in meanings if re.search(r"\ba [aeio]|\bpage pages\b|\b(\w+) \1\b", m)] == []


def test_every_source_of_a_feature_is_a_table_of_the_contract():
    every = [f for model in ("launch", "completion") for f in registry.features(model) if f.family != "protected"]
    sources = {source for feature in every for source in feature.sources}
    assert {"enrollments", "page_views", "submissions", "social_posts"} <= sources
    assert sources <= {*contract.TABLES, *contract.DERIVED} - {"protected"}


def test_a_unit_that_nobody_knows_is_refused_for_it_says_what_a_missing_value_means():
    with pytest.raises(ValueError, match="feature days_open, family door: unit 'shares' is not known"):
        registry.family("launch", "door", view="plan", sources=(), features={"days_open": ("open", "shares")})
    assert ("launch", "door") not in registry.FAMILIES


def test_every_known_unit_is_that_of_a_feature():
    used = {f.unit for model in ("launch", "completion", "enrollment") for f in registry.features(model)}
    assert used == registry.COUNTED | registry.MEASURED
