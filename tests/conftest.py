"""What many tests share: a small simulated company, collected and cleaned once."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import ibis
import pytest
from collecting import HERE, run, write_window
from hypothesis import settings

from insights import cleaning, dictionary, params, store, warehouse
from insights.params import Params

# No test asserts a time, and a run of the same code tries the same examples.
settings.register_profile("insights", deadline=None, derandomize=True)
settings.load_profile("insights")


def pytest_collection_modifyitems(items):
    """Begin with the file that takes longest, so that at the end no worker waits for it."""
    items.sort(key=lambda item: item.path.name != "test_end_to_end.py")


@dataclass(frozen=True)
class Company:
    """A window of the simulated company with 600 people, collected and cleaned below a root of its own."""

    root: Path
    params: Params
    con: ibis.BaseBackend
    tables: dict[str, ibis.Table]


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """A window of a company of 600 people over fifteen months, cleaned; made once, never changed."""
    root = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSIGHTS_ROOT", str(root))
        (root / "params").mkdir()
        (root / "params" / "base.yaml").write_text((HERE / "params" / "base.yaml").read_text())
        window = write_window(
            root, "tiny", simulation={"people": 600, "start": datetime.date(2024, 10, 1), "months": 15, "seed": 5}
        )
        run(window)
        parameters = params.load(window)
        con = warehouse.connect(parameters.compute)
        step = store.open_step("02_data_cleaning", window)
        cleaning.clean(step, con, dictionary.collected_tables(con, window, protected=False))
        step.finish()
        made = Company(root, parameters, con, cleaning.tables(con, window))
    return made
