"""The simulated source: simulated once, read by months. The simulator itself has tests of its own."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from collecting import collected, make_project, run, write_window

import insights
from insights import params, paths
from insights.collection import CollectionError, check_source

MONTHS = pd.date_range("2024-11-01", "2026-02-01", freq="MS")


def views(month):
    """Two views at the first instant of a month, recorded at once."""
    return pd.DataFrame(
        {"learner_id": ["L1", None], "viewed_at": month, "recorded_at": month, "page_type": "home", "views": 1}
    ).astype({"viewed_at": "datetime64[us]", "recorded_at": "datetime64[us]", "views": "int32"})


def simulate(parameters, folder: Path, workers, progress):
    """Write views for sixteen months and one learner, as the simulator lays them out."""
    for month in MONTHS:
        part = folder / "raw" / "page_views" / f"{month:%Y-%m}" / "part-000.parquet"
        part.parent.mkdir(parents=True)
        views(month).to_parquet(part)
    (folder / "raw" / "learners").mkdir()
    learner = {"learner_id": ["L1"], "registered_at": [MONTHS[0]], "recorded_at": [MONTHS[0]], "name": ["Ann Lee"]}
    pd.DataFrame(learner).to_parquet(folder / "raw" / "learners" / "part-000.parquet")


@pytest.fixture
def simulated(tmp_path, monkeypatch):
    """Stand a small simulator in for the real one and count its runs."""
    runs = []

    def counted(*args, **kwargs):
        runs.append(1)
        simulate(*args, **kwargs)

    fake = SimpleNamespace(
        simulate=counted,
        world_digest=lambda parameters: f"{parameters.seed:08d}" * 8,
        coverage=lambda parameters: (MONTHS[0].date(), MONTHS[-1].date()),
        breaks=lambda parameters: [("page_views", "2025-02", "a new tool")],
    )
    monkeypatch.setitem(sys.modules, "insights.simulation", fake)
    monkeypatch.setattr(insights, "simulation", fake, raising=False)
    write_window(make_project(tmp_path, monkeypatch), simulation={"people": 500})
    return runs


def test_a_window_reads_the_months_that_can_matter_and_keeps_its_own(simulated):
    row = run("test").tables.set_index("table").loc["page_views"]
    assert row[["rows_read", "rows"]].tolist() == [2 * 13, 2 * 12]
    assert row["files"] == "13 files of 13 months"
    assert collected("test", "page_views")["viewed_at"].min() == pd.Timestamp("2025-01-01")


def test_every_month_before_the_end_is_counted_and_known_breaks_are_told(simulated):
    account = run("test")
    views_by_month = account.coverage[account.coverage["table"] == "page_views"]
    assert views_by_month["month"].tolist() == [f"{m:%Y-%m}" for m in MONTHS if m < pd.Timestamp("2026-01-01")]
    assert set(views_by_month["rows"]) == {2}
    assert account.marks.to_numpy().tolist() == [["page_views", "2025-02", "a new tool"]]


def test_the_company_is_simulated_once_for_two_windows(simulated):
    run("test")
    said = []
    run("test", said.append)
    assert simulated == [1]
    assert not any("simulating" in text for text in said)


def test_another_seed_is_another_company(simulated):
    run("test")
    write_window(paths.root(), simulation={"people": 500, "seed": 9})
    run("test")
    assert simulated == [1, 1]


def test_the_inputs_name_the_world_by_its_digest(simulated):
    inputs = run("test").inputs
    assert inputs["sha256"].dropna().tolist() == [f"{params.load('test').simulation.seed:08d}" * 8]
    assert (inputs["bytes"].iloc[1:] > 0).all()


def test_a_window_past_the_history_is_refused_before_anything_is_simulated(simulated):
    early = {"start": "2024-10-01", "split": "2025-01-01", "end": "2025-04-01"}
    write_window(paths.root(), dates=early, simulation={"people": 500})
    with pytest.raises(CollectionError, match="reaches past the simulated company's records"):
        check_source(params.load("test"))
    assert simulated == []
