"""The benchmarks run: what they measure is there, and no time is asserted."""

import sys

import numpy as np
import pandas as pd
import pytest
from collecting import HERE
from scipy.special import expit, logit


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


def test_models_that_miss_only_the_level_of_months_reach_all_that_is_possible_once_they_are_told_it(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE / "benchmarks"))
    import limits

    rng = np.random.default_rng(0)
    months = pd.to_datetime(["2025-10-01", "2025-11-01", "2025-12-01"]).repeat(200)
    true = pd.DataFrame({"as_of": months, "kind": "launch", "probability": rng.uniform(0.05, 0.95, 600)})
    missed = pd.Series(months.month - 11, dtype=float) * 3.0
    told = true.assign(
        model=limits.walk.CHOSEN, y=(rng.random(600) < true["probability"]).astype(float), decision=1,
        score=expit(logit(true["probability"]) - missed), margin_earned=1.0, hurdle=1.0, expected_margin=1.0,
    )  # fmt: skip
    assert limits.launches.nearness(told)["fraction"].iloc[0] < 0.95
    assert limits.levelled(told)["fraction"].iloc[0] == pytest.approx(1, abs=1e-9)


def test_decisions_are_priced_by_what_was_drawn_and_by_what_was_to_be_expected(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE / "benchmarks"))
    import limits

    told = pd.DataFrame(
        {
            "kind": "launch", "model": "m", "hurdle": 10.0, "decision": [1, 1, 0, 0],
            "expected_margin": [30.0, 6.0, 18.0, 2.0], "margin_earned": [40.0, 0.0, 5.0, 0.0],
        }
    )  # fmt: skip
    found = limits.expected(told).iloc[0]
    assert found[["drawn", "expected"]].tolist() == [30 - 10, 20 - 4]
    assert found[["drawn_fraction", "expected_fraction"]].tolist() == [20 / (30 - 5), 16 / (20 + 8)]
    assert found["dearest"] == 8 / (8 + 4)
