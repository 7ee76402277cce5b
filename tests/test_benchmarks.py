"""The benchmarks run: what they measure is there, and no time is asserted."""

import sys

import pytest
from collecting import HERE


@pytest.fixture
def simulation(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE / "benchmarks"))
    monkeypatch.setenv("PYTHONPATH", str(HERE / "benchmarks"))
    sys.modules.pop("simulation", None)
    import simulation

    return simulation


def test_the_cost_of_the_simulation_is_told_by_size(simulation):
    table = simulation.table((500, 1_000))
    assert table["people"].tolist() == [500, 1_000]
    assert table["rows"].is_monotonic_increasing and table["rows"].min() > 10_000
    assert (table[["seconds", "peak_memory_mb"]] > 0).all().all()
    assert table["cost_a_person"].isna().tolist() == [True, False]
