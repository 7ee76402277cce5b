"""The benchmarks run: what they measure is there, and no time is asserted."""

import json

import numpy as np
import pandas as pd
import pytest
from collecting import HERE
from scipy.special import expit, logit


@pytest.fixture
def performance(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(HERE / "benchmarks"))
    import performance

    monkeypatch.setattr(performance, "KEPT", tmp_path)
    return performance


def test_growth_is_told_by_size_and_stage(performance, monkeypatch):
    monkeypatch.setenv("SIZES", "500")
    rows = pd.DataFrame(performance.growth())
    assert rows["people"].tolist() == [500] * 4
    assert rows["stage"].tolist() == ["simulate", "collect", "clean", "features"]
    assert (rows[["seconds", "peak_memory_mb", "microseconds a person"]] > 0).all().all()


def test_a_ratio_is_the_median_of_what_was_measured_in_turns(performance):
    ours, theirs = (iter([{"seconds": s, "peak_memory_mb": 1.0} for s in told]) for told in ([1, 2, 4], [3, 2, 40]))
    told = performance.paired("peer", lambda: next(ours), lambda: next(theirs))
    assert (told["ratio"], told["least"], told["most"], told["pairs"]) == (3, 1, 10, 3)


def test_the_page_of_the_benchmarks_holds_a_table_for_each_section_that_was_run(performance, tmp_path):
    about = {"date": "2026-01-01", "processor": "some", "cores": 2, "memory_gb": 8, "python": "3.11"}
    about |= {"versions": {"duckdb": "1"}, "peers": {"polars": "2"}}
    told = {"rows": [{"against": "peer", "ratio": 3.0}, {"against": "scan", "our_seconds": 2}], "about": about}
    (tmp_path / "features.json").write_text(json.dumps(told))
    performance.report.write(tmp_path, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert "| against | ratio | ours, s |" in page and "| peer | 3.000 |  |" in page and "| scan |  | 2 |" in page
    assert "some, 2 cores, 8 GB, Python 3.11. Insights: duckdb 1. Peers: polars 2." in page
    assert "Models at equal time" not in page


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
