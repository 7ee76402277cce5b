"""What is asked of DuckDB can be asked of BigQuery and Snowflake: every expression compiles for them.

Nothing is run there. A function in Python, the tone of a text, is one that BigQuery does not take.
"""

import ibis
import pytest
from ibis.backends.duckdb import Backend
from ibis.backends.sql.compilers import bigquery, snowflake
from ibis.expr.operations import ScalarUDF
from ibis.expr.operations.udf import InputType

from insights import cleaning, dictionary, store
from insights.features import build


@pytest.fixture(scope="module")
def asked(company):
    """Every expression that cleaning and features of a company ask of the engine."""
    found, execute, create = [], Backend._run_pre_execute_hooks, Backend.create_table

    def executed(self, expression):
        found.append(expression)
        return execute(self, expression)

    def created(self, name, obj=None, **more):
        found.extend([obj] if isinstance(obj, ibis.Table) else [])
        return create(self, name, obj, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSIGHTS_ROOT", str(company.root))
        patch.setattr(Backend, "_run_pre_execute_hooks", executed)
        patch.setattr(Backend, "create_table", created)
        step = store.open_step("02_data_cleaning", company.params.window)
        collected = dictionary.collected_tables(company.con, company.params.window, protected=False)
        cleaning.clean(step, company.con, collected)
        for builder in build.BUILDERS.values():
            builder(company.con, company.tables, company.params)
    return [expression.as_table().unbind() for expression in found]


def in_python(expression):
    """Tell whether an expression calls a function in Python."""
    return any(call.__input_type__ == InputType.PYTHON for call in expression.op().find(ScalarUDF))


def test_there_is_much_to_compile(asked):
    assert len(asked) > 200 and sum(map(in_python, asked)) == 1


@pytest.mark.parametrize("engine", [bigquery.compiler, snowflake.compiler], ids=["bigquery", "snowflake"])
def test_what_cleaning_and_features_ask_compiles_for_other_warehouses(asked, engine):
    for expression in asked:
        if not (engine is bigquery.compiler and in_python(expression)):
            assert "SELECT" in engine.to_sqlglot(expression).sql(dialect=engine.dialect)
