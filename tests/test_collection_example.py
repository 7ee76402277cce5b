"""The worked example of docs/bring_your_own_data.md does what the page says."""

import re
import shutil
from decimal import Decimal

import pandas as pd
import pytest
from collecting import HERE, KEY, collected, everything, make_project, run, write_window
from folder_exports import folder_project

from insights import params
from insights.collection import CollectionError, check_source, identities
from insights.collection.mapping import Export


@pytest.fixture
def root(tmp_path, monkeypatch):
    return folder_project(tmp_path, monkeypatch)


@pytest.fixture
def example(tmp_path, monkeypatch):
    """Set up the worked example as the documentation tells it."""
    root = make_project(tmp_path, monkeypatch)
    shutil.copytree(HERE / "examples", root / "examples")
    told = (HERE / "docs" / "bring_your_own_data.md").read_text()
    (root / "params" / "example.yaml").write_text(re.search(r"```yaml\n(.*?)```", told, re.DOTALL)[1])
    return run("example")


def test_the_worked_example_collects_what_its_files_hold(example):
    rows = example.tables[example.tables["status"] == "collected"].set_index("table")["rows"]
    assert rows.to_dict() == {
        "learners": 4, "products": 3, "page_views": 4, "enrollments": 4, "survey_responses": 3, "social_posts": 2,
    }  # fmt: skip


def test_the_worked_example_links_people_across_tools(example):
    maria = identities.pseudonyms("learner_id", ["maria.okafor@example.com"], KEY)[0]
    for table in ("learners", "enrollments", "page_views"):
        assert maria in set(collected("example", table)["learner_id"])


def test_the_worked_example_reads_times_and_numbers_as_its_tools_write_them(example):
    people = collected("example", "learners").set_index("country")
    assert people.loc["Nigeria", "registered_at"] == pd.Timestamp("2025-01-14 17:12")
    posts = collected("example", "social_posts").set_index("network")
    assert posts["reactions"].to_dict() == {"linkedin": 1204, "facebook": 37}
    assert collected("example", "products")["launch_cost"].max() == Decimal("18000.00")


def test_nobody_of_the_worked_example_can_be_recognised(example):
    written = everything("example").casefold()
    names = ["maria okafor", "lindqvist", "tanaka", "raman@", "fernandez", "fernández", "@deeplearningai", "555 01"]
    assert [name for name in names if name in written] == []
    assert "@" not in re.sub(r"\[[^\]]*\]", "", "".join(collected("example", "social_posts")["text"]))
    said = collected("example", "survey_responses")["comment"].dropna().tolist()
    assert "Yes please! Ask my colleague [name], too." in said


def test_the_documentation_shows_the_error_that_is_raised(root):
    told = (HERE / "docs" / "bring_your_own_data.md").read_text()
    shutil.copytree(HERE / "examples", root / "examples")
    file = root / "examples" / "folder" / "mapping.yaml"
    file.write_text(file.read_text().replace("amount: Amount", "amount: Amont"))
    write_window(root, source={"kind": "folder", "mapping": "examples/folder/mapping.yaml"})
    with pytest.raises(CollectionError) as caught:
        check_source(params.load("test"))
    assert str(caught.value) in " ".join(told.split())


def test_every_key_of_a_mapping_is_documented():
    told = (HERE / "docs" / "bring_your_own_data.md").read_text()
    assert [key for key in Export.model_fields if f"`{key}`" not in told] == []
