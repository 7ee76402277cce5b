"""A source need not have every column: what the contract does not require may be absent anywhere."""

import pytest

from insights import contract, rows
from insights.features import completion, launch

READ = sorted(set(contract.TABLES) - {"assignments", "protected"})


def without_optional(company, name):
    """Return the company's tables, one of them in its required columns only."""
    table = company.tables[name]
    added = [column for column in table.columns if column not in contract.columns(name)]
    return company.tables | {name: table.select(*contract.required(name), *added)}


@pytest.mark.parametrize("name", READ)
def test_features_are_computed_from_the_required_columns_alone(company, name):
    tables = without_optional(company, name)
    assert tables[name].columns != company.tables[name].columns or name in ("events", "subscriptions")
    every = rows.launch_rows(company.params, company.tables["products"], company.tables["enrollments"])
    asked = every[every["as_of"] == every["as_of"].max()].reset_index(drop=True)
    assert len(launch.launch_features(company.con, tables, asked, company.params)) == len(asked)
    enrolled = rows.completion_rows(company.params, company.tables["products"], company.tables["enrollments"])
    few = enrolled.head(40)
    assert len(completion.completion_features(company.con, tables, few, company.params)) == len(few)


def test_a_completed_table_has_the_contracts_columns_and_types_and_keeps_its_own(company):
    learners = company.tables["learners"].select("learner_id", "registered_at", "recorded_at")
    whole = contract.complete("learners", learners)
    assert set(whole.columns) == set(contract.columns("learners"))
    assert whole.schema()["country"].is_string() and whole.schema()["wants_events"].is_boolean()
    assert contract.complete("learners", whole).equals(whole)
