"""The register of features: each declared once, with its meaning, unit and sources."""

import re

import ibis
import pandas as pd
import pytest
from micro import window

from insights import asof, contract
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


@pytest.fixture
def asked(monkeypatch):
    """A model of one family that tells what stands in a table, and three rows about two people."""
    monkeypatch.setattr(registry, "FAMILIES", {})
    con = ibis.duckdb.connect()
    rows = pd.DataFrame({"learner_id": ["b", "a", "b"], "as_of": pd.Timestamp("2025-01-01")})
    at = {"learner_id": asof.moments(con, rows, "learner_id")}
    past = registry.Past({}, at, ibis.interval(days=1), window().compute)

    def told(**said):
        known = ibis.memtable({"as_of": [pd.Timestamp("2025-01-01")] * len(said["learner_id"]), **said})
        features = {"seen": ("seen", "views"), "age": ("age", "days")}
        registry.family("m", "f", view="plan", sources=(), features=features)(lambda past: known)
        return registry.compute("m", past, rows, ["learner_id", "as_of"])

    return told


def test_each_row_gets_what_is_said_of_it_in_its_place_and_what_nobody_says_is_0_where_it_is_counted(asked):
    built = asked(learner_id=["b"], seen=[3], age=[7])
    assert built["seen"].tolist() == [3.0, 0.0, 3.0]
    assert built["age"].fillna(-1).tolist() == [7.0, -1.0, 7.0]


def test_a_family_that_says_two_things_of_a_row_is_refused(asked):
    with pytest.raises(ValueError, match="family f: it says more than one thing of a row"):
        asked(learner_id=["a", "a"], seen=[1, 2], age=[1, 1])
