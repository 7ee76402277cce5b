"""The report's first screen: the four answers are those of the tables, and each leads to where its figure stands."""

import json
import re

import nbformat
import pytest
from micro import window
from reported import advice, headline, results
from tiny_project import REPOSITORY

from insights.export.markdown import slug
from insights.findings import first_screen
from insights.verdicts import HOLD, LAUNCH, NOT_ENOUGH

PARAMS = window()
SOURCES = [one for one in vars(first_screen).values() if isinstance(one, tuple) and len(one) == 3]


def told(*given):
    return first_screen.first_screen(*given, PARAMS).text.replace("\u00a0", " ")


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_is_a_heading_of_its_notebook(source):
    step, section, _ = source
    notebook = nbformat.read(REPOSITORY / "notebooks" / f"{step}.ipynb", as_version=4)
    headings = re.findall(r"(?m)^## (.+)$", "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))
    assert section in {slug(heading) for heading in headings}, json.dumps(headings)


def test_what_is_recommended_is_named_and_what_it_brings_is_that_of_what_can_be_carried():
    text = told(advice(LAUNCH, HOLD, LAUNCH, LAUNCH), headline(), results())
    assert "What to launch: 2 products" in text and "Product 0 and Product 2" in text
    assert "3 of 4 candidates are expected to pay; a quarter can carry 2" in text and "in the month after" in text
    assert "USD 4,000" in text and "USD 300.00 (95 % interval USD 290.00 to USD 310.00)" in text


def test_nothing_recommended_and_not_enough_evidence_are_told_apart():
    assert "What to launch: Nothing" in told(advice(HOLD, NOT_ENOUGH), headline(), results())
    text = told(advice(NOT_ENOUGH, NOT_ENOUGH), headline(), results())
    assert "What to launch: Not enough evidence" in text and "Nothing to expect" in text


def test_a_source_without_candidates_or_judged_launches_is_said_to_have_none():
    text = told(advice().reindex(columns=advice(LAUNCH).columns), headline().head(0), results().head(0))
    assert "lists no candidates" in text and "No new launch could be judged" in text


@pytest.mark.parametrize(("ahead", "words"), [(0.01, "It beats"), (-0.1, "It is not shown to beat")])
def test_how_sure_it_is_rests_on_the_paired_interval_against_the_best_rule(ahead, words):
    text = told(advice(LAUNCH), headline(ahead=ahead), results())
    assert "75 % ranked rightly" in text and words in text and "the panel of R&D and Marketing, with 65 %" in text


@pytest.mark.parametrize(
    ("verdict", "low", "high", "words"),
    [
        (NOT_ENOUGH, 0.5, 1.0, "30 were judged, and some 188 tell the ranking to 10 percentage points"),
        (NOT_ENOUGH, 0.7, 0.8, "What would change that: a model that ranks launches better."),
        (LAUNCH, 0.5, 1.0, "What would turn the answer for one product is on its page"),
    ],
)
def test_what_would_change_the_answer_is_told_by_what_the_answer_is(verdict, low, high, words):
    assert words in told(advice(verdict), headline(low=low, high=high), results())


def test_products_of_one_title_are_told_apart_by_their_numbers():
    same = advice(LAUNCH, LAUNCH).assign(title="Agents")
    assert "Agents (P0) and Agents (P1)" in told(same, headline(), results())


def test_warnings_are_counted_and_named():
    calm = told(advice(LAUNCH), headline(low=0.7, high=0.8), results())
    assert "What to beware of: No warnings. None of the checks found any." in calm
    gate = {"name": "gates.met", "value": 3.0, "n": 5, "by": {"gate": "design"}}
    group = {"name": "bias.gap", "value": -0.2, "low": -0.3, "high": -0.1, "by": {"measure": "recall"}}
    fresh = {"name": "fresh.decision", "model": "launch", "value": 1.0, "by": {"decision": "retrain"}}
    text = told(advice(LAUNCH), headline(shuffled=0.76), results(gate, group, fresh))
    assert (
        "4 warnings" in text
        and "not shown to beat chance" in text
        and "2 of 5 criteria before use are not met" in text
    )
    assert "says of the model in use: retrain" in text and "1 group of learners is served less well" in text


def test_titles_from_outside_are_shown_as_text():
    hostile = advice(LAUNCH).assign(title="<script>alert(1)</script>")
    assert "<script" not in first_screen.first_screen(hostile, headline(), results(), PARAMS).markup
