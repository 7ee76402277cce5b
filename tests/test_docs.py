"""The docs: what they list is what there is."""

import re

import pytest
from collecting import HERE

from insights.certification import defects
from insights.params import PLANTED


def table_of(document, heading):
    """Return the first column of the first table below a heading."""
    below = (HERE / "docs" / document).read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"(?m)^\| *`?([\w .-]+?)`? *\|", below)
    return rows[2:]  # below the heading and its line


@pytest.mark.parametrize(
    ("heading", "there"), [("What is planted", set(PLANTED)), ("What is wrong with its exports", set(defects.KINDS))]
)
def test_the_simulated_company_is_described_whole(heading, there):
    assert set(table_of("simulation.md", heading)) == there


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{n}.md" for n in (
    "architecture", "bring_your_own_data", "simulation"))])  # fmt: skip
def test_every_link_of_a_document_leads_somewhere(document):
    file = HERE / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", file.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (file.parent / link).exists()] == []
