"""The next window: which it is, whether its exports are there, and what a timer is told."""

import datetime
import json

import pandas as pd
import pytest
import yaml
from collecting import HERE, make_project, write_window
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window

from insights import arrivals, params, paths
from insights.arrivals import ARRIVED, HALF, NOTHING, TWICE
from insights.collection import simulated
from insights.running import upcoming

MONTHS = pd.period_range("2025-04", "2025-10", freq="M")


def coverage(copies=1.0, **last):
    """Rows by month of three tables, 100 a month; what the last month holds is given, and copies of page views."""
    tables = {"page_views": 100, "enrollments": 100, "email_events": 100} | last
    rows = [[name, str(month), n if month == MONTHS[-1] else 100] for name, n in tables.items() for month in MONTHS]
    found = pd.DataFrame(rows, columns=["table", "month", "rows"]).query("rows > 0")
    return found.assign(copies=found["table"].map({"page_views": copies}).fillna(1.0))


def judged(**last):
    return arrivals.judged(coverage(**last), datetime.date(2025, 10, 1), datetime.date(2025, 11, 1))


@pytest.mark.parametrize(
    ("last", "verdict", "named"),
    [
        ({}, ARRIVED, []),
        ({"enrollments": 75}, ARRIVED, []),
        ({"enrollments": 50}, HALF, ["enrollments"]),
        ({"enrollments": 0}, HALF, ["enrollments"]),
        ({"page_views": 200, "copies": 2.0}, TWICE, ["page_views"]),
        ({"page_views": 200}, ARRIVED, []),
        ({"page_views": 0, "enrollments": 0, "email_events": 0}, NOTHING, None),
        ({"page_views": 200, "enrollments": 10}, HALF, ["enrollments"]),
    ],
)
def test_what_has_arrived_is_told_by_what_is_usual(last, verdict, named):
    found, told = judged(**last)
    assert found == verdict
    assert named is None or told["table"].tolist() == named


def test_tables_of_few_or_rare_records_and_of_things_tell_nothing():
    rare = pd.DataFrame({"table": "assignments", "month": ["2025-07"], "rows": [5_000], "copies": 2.0})
    few = pd.DataFrame({"table": "events", "month": [str(m) for m in MONTHS[:-1]], "rows": 3, "copies": 1.0})
    things = pd.DataFrame({"table": "products", "month": [str(m) for m in MONTHS[:-1]], "rows": 90, "copies": 1.0})
    every = pd.concat([coverage(), rare, few, things])
    assert arrivals.judged(every, datetime.date(2025, 10, 1), datetime.date(2025, 11, 1))[0] == ARRIVED


def test_a_single_month_of_a_quarter_that_was_delivered_twice_is_named():
    rows = [["page_views", str(month), 100, 1.0] for month in MONTHS]
    rows[-2][2:] = [200, 2.0]
    every = pd.DataFrame(rows, columns=["table", "month", "rows", "copies"])
    since, until = datetime.date(2025, 8, 1), datetime.date(2025, 11, 1)
    before = every.assign(month=[str(month) for month in MONTHS])
    found, told = arrivals.judged(pd.concat([_past(before), before]), since, until)
    assert found == TWICE and told["month"].tolist() == [str(MONTHS[-2])]


def _past(table):
    """Return the months before the first, as they usually are."""
    months = pd.period_range(end=MONTHS[0] - 1, periods=6, freq="M").astype(str)
    return pd.DataFrame({"table": "page_views", "month": months, "rows": 100, "copies": 1.0})


@given(shares=st.lists(st.integers(0, 300), min_size=3, max_size=3))
@brisk
def test_a_verdict_names_tables_only_if_it_is_half_or_twice(shares):
    last = dict(zip(("page_views", "enrollments", "email_events"), shares, strict=True))
    found, told = judged(**last)
    assert (found in (HALF, TWICE)) == (len(told) > 0 and any(shares))
    assert found == ARRIVED if all(n >= 75 for n in shares) else True


@pytest.mark.parametrize(
    ("name", "dates", "following"),
    [
        ("2025Q4", ("2025-01-01", "2025-10-01", "2026-01-01"), "2026Q1"),
        ("retail-2011Q4", ("2011-01-01", "2011-10-01", "2012-01-01"), "retail-2012Q1"),
        ("acme-2025-09", ("2025-01-01", "2025-09-01", "2025-10-01"), "acme-2025-10"),
        ("acme", ("2025-01-01", "2025-09-01", "2025-10-01"), "acme-2025-10"),
    ],
)
def test_the_next_window_is_moved_on_by_its_validation_span_and_named_after_its_end(name, dates, following):
    keys = dict(zip(("start", "split", "end"), map(datetime.date.fromisoformat, dates), strict=True))
    one = window("2025Q4").model_copy(update={"window": name, "dates": params.Dates(**keys)})
    found = arrivals.after(one)
    assert found.window == following and found.dates["split"] == one.dates.end


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A window of a folder of exports, and what each call is told of arrivals and of runs."""
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "base.yaml").write_text((HERE / "params" / "base.yaml").read_text())
    write_window(tmp_path, "acme-2025-09", source={"kind": "folder", "path": "exports", "mapping": "acme.yaml"})
    content = yaml.safe_load((tmp_path / "params" / "acme-2025-09.yaml").read_text())
    spans = {"start": "2025-01-01", "split": "2025-09-01", "end": "2025-10-01"}
    content["dates"] = {name: datetime.date.fromisoformat(day) for name, day in spans.items()}
    (tmp_path / "params" / "acme-2025-09.yaml").write_text(yaml.safe_dump(content))
    state = {"runs": [], "coverage": coverage(), "done": {"acme-2025-09"}, "code": 0}

    def run(window):
        state["runs"].append(window)
        if state["code"] == 0:
            state["done"].add(window)
        return window, state["code"], f"{window}: was run."

    monkeypatch.setattr(upcoming, "_run", run)
    monkeypatch.setattr(upcoming.collection, "coverage", lambda moved, con, since: state["coverage"])
    monkeypatch.setattr(upcoming.windows, "state", lambda name: "done" if name in state["done"] else "0 of 12")
    return state


def call(day="2025-11-03"):
    code = upcoming.main(["acme-2025-09", "--today", day])
    return code, json.loads((paths.root() / "outputs" / "next.json").read_text())


def test_a_month_that_has_arrived_is_run_once_under_its_own_parameters(watched):
    code, told = call()
    assert (code, told["window"], watched["runs"]) == (0, "acme-2025-10", ["acme-2025-10"])
    made = params.load("acme-2025-10")
    assert made.dates.split == datetime.date(2025, 10, 1) and made.source == params.load("acme-2025-09").source
    watched["coverage"] = coverage()
    code, told = call()
    assert code == upcoming.WAITING and told["window"] == "acme-2025-11" and len(watched["runs"]) == 1


@pytest.mark.parametrize(
    ("last", "day", "code", "said"),
    [
        (dict.fromkeys(("page_views", "enrollments", "email_events"), 0), "2025-11-03", 4, "due by 2025-11-11"),
        (dict.fromkeys(("page_views", "enrollments", "email_events"), 0), "2025-11-12", 5, "was due by 2025-11-11"),
        ({"enrollments": 40}, "2025-11-12", 6, "enrollments of 2025-10 (40 of about 100)"),
        ({"page_views": 200, "copies": 2.0}, "2025-11-03", 7, "page_views of 2025-10 (2 times)"),
    ],
)
def test_what_is_not_there_is_told_by_a_code_and_a_message_of_its_own_and_nothing_runs(
    watched, last, day, code, said
):
    watched["coverage"] = coverage(**last)
    found, told = call(day)
    assert found == code == told["exit_code"] and said in told["message"]
    assert watched["runs"] == [] and not paths.params_file("acme-2025-10").exists()


def test_a_month_that_arrives_late_is_run_when_it_is_there(watched):
    watched["coverage"] = coverage(page_views=0, enrollments=0, email_events=0)
    assert call("2025-11-20")[0] == upcoming.OVERDUE
    watched["coverage"] = coverage()
    assert call("2025-11-21")[0] == upcoming.RAN and watched["runs"] == ["acme-2025-10"]


def test_a_table_that_is_no_longer_exported_is_not_awaited(watched):
    file = paths.params_file("acme-2025-09")
    content = yaml.safe_load(file.read_text())
    watched["coverage"] = coverage(enrollments=0)
    assert call()[0] == upcoming.INCOMPLETE
    file.write_text(yaml.safe_dump(content | {"monitoring": {"not_awaited": ["enrollmens"]}}))
    code, told = call()
    assert code == upcoming.REFUSED and "enrollmens is no table" in told["message"]
    file.write_text(yaml.safe_dump(content | {"monitoring": {"not_awaited": ["enrollments"]}}))
    assert call()[0] == upcoming.RAN and watched["runs"] == ["acme-2025-10"]


def test_a_mapping_among_the_parameters_stops_nothing(watched):
    (paths.root() / "params" / "mapping.yaml").write_text("tables: {}\n")
    assert call()[0] == upcoming.RAN


def test_a_run_that_failed_is_begun_again_next_time(watched):
    watched["code"] = 1
    assert call()[0] == upcoming.FAILED
    watched["code"] = 0
    assert call()[0] == upcoming.RAN and watched["runs"] == ["acme-2025-10"] * 2


def test_a_window_that_was_prepared_and_never_finished_is_run_only_while_its_exports_are_there(watched):
    watched["code"] = 1
    assert call()[0] == upcoming.FAILED and paths.params_file("acme-2025-10").exists()
    watched["code"], watched["coverage"] = 0, coverage(enrollments=40)
    code, told = call("2025-11-12")
    assert code == upcoming.INCOMPLETE and "It was due by 2025-11-11" in told["message"]
    watched["coverage"] = coverage()
    assert call()[0] == upcoming.RAN and watched["runs"] == ["acme-2025-10"] * 2


def test_the_first_window_of_all_is_run_without_being_held_against_others(watched):
    watched["done"].clear()
    watched["coverage"] = coverage(page_views=0, enrollments=0, email_events=0)
    assert call()[0] == upcoming.RAN and watched["runs"] == ["acme-2025-09"]


def test_while_one_is_at_work_another_does_nothing(watched):
    call()
    before, runs = (paths.root() / "outputs" / "next.json").read_bytes(), list(watched["runs"])
    held = upcoming.windows.hold(upcoming.LOCK)
    code, _ = call()
    held.close()
    assert code == upcoming.BUSY and watched["runs"] == runs
    assert (paths.root() / "outputs" / "next.json").read_bytes() == before  # the outcome of the last call is kept


def test_windows_that_get_no_exports_are_refused(watched, tmp_path):
    write_window(tmp_path, "made")
    assert upcoming.main(["made"]) == upcoming.REFUSED
    assert upcoming.main(["unknown"]) == upcoming.REFUSED


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The records of a small company, table by table, as they became known."""
    with pytest.MonkeyPatch.context() as at:
        root = make_project(tmp_path_factory.mktemp("world"), at)
        write_window(root, "whole", simulation={"people": 600, "start": datetime.date(2025, 1, 1), "months": 12})
        world = simulated.made(params.load("whole"), print)
    found = {}
    for name in ("learners", "products", "page_views", "email_events", "enrollments", "submissions"):
        files = sorted((world / "raw" / name).rglob("*.parquet"))
        found[name] = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    return found


@pytest.fixture
def exports(raw, tmp_path, monkeypatch):
    """A folder into which records are delivered by the month in which they became known, and its window."""
    root = make_project(tmp_path, monkeypatch)
    monkeypatch.setenv("INSIGHTS_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    tables = {
        name: {"files": f"{name}/*.parquet", "columns": {c: c for c in rows if c != "account_kind"}}
        for name, rows in raw.items()
    }
    (root / "mapping.yaml").write_text(yaml.safe_dump({"tables": tables}))
    write_window(root, "acme-2025-10", source={"kind": "folder", "path": "exports", "mapping": "mapping.yaml"})
    file = root / "params" / "acme-2025-10.yaml"
    days = {"start": "2025-01-01", "split": "2025-10-01", "end": "2025-11-01"}
    dates = {"dates": {name: datetime.date.fromisoformat(day) for name, day in days.items()}}
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | dates))
    ran = []
    monkeypatch.setattr(upcoming, "_run", lambda name: (ran.append(name), (name, 0, f"{name}: was run."))[1])
    done = {"acme-2025-10"}
    monkeypatch.setattr(upcoming.windows, "state", lambda name: "done" if name in done | {*ran} else "0 of 12")

    def deliver(month, names=tuple(raw), suffix="", part=1.0):
        for name in names:
            rows = raw[name]
            mine = rows[rows["recorded_at"].dt.to_period("M") == month]
            target = root / "exports" / name / f"{month}{suffix}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            mine.head(int(part * len(mine))).to_parquet(target)
        return root / "exports"

    for month in pd.period_range("2025-01", "2025-10", freq="M"):
        deliver(month)
    return deliver, ran


def called(day):
    return upcoming.main(["acme-2025-10", "--today", day])


def test_files_that_arrive_not_at_all_half_late_and_twice_are_told_apart_and_each_month_runs_once(exports):
    deliver, ran = exports
    assert called("2025-12-01") == upcoming.WAITING
    deliver("2025-11", ["page_views", "email_events"])
    deliver("2025-11", ["enrollments"], part=0.4)
    assert called("2025-12-02") == upcoming.INCOMPLETE
    assert called("2025-12-20") == upcoming.INCOMPLETE and ran == []
    deliver("2025-11")
    assert called("2025-12-21") == upcoming.RAN and ran == ["acme-2025-11"]
    assert called("2026-01-05") == upcoming.WAITING and called("2026-01-20") == upcoming.OVERDUE
    deliver("2025-12")
    folder = deliver("2025-12", suffix="-again")
    assert called("2026-01-21") == upcoming.DOUBLED and ran == ["acme-2025-11"]
    for file in folder.rglob("*-again.parquet"):
        file.unlink()
    assert called("2026-01-22") == upcoming.RAN and ran == ["acme-2025-11", "acme-2025-12"]
