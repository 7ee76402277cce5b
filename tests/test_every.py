"""Windows side by side: each notebook after those that it looks at, and never more than memory holds."""

import datetime
import threading
import time

import pytest
from clusters import cluster as started
from micro import window

from insights import cluster, paths
from insights.params import ParameterError
from insights.running import every
from insights.running.every import Done

STEPS = ("00_data_collection", "01_data_dictionary", "02_data_cleaning")
ENDS = {
    "2025Q2": datetime.date(2025, 7, 1),
    "2025Q3": datetime.date(2025, 10, 1),
    "2025Q4": datetime.date(2026, 1, 1),
}


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(paths, "STEPS", STEPS)


def run(monkeypatch, windows, work=None):
    monkeypatch.setattr(every, "notebook", work or Worked())
    return every.run(windows)


def asked(memory="1GB", dask=None, **changes):
    return [window(name, compute={"memory": memory, "dask": dask}, **changes) for name in ENDS]


class Worked:
    """Notes when each notebook began and ended, and how many were at work."""

    def __init__(self, failing=()):
        self.times, self.at_once, self.failing = {}, [], failing
        self._lock, self._now = threading.Lock(), 0

    def __call__(self, root, window, step):
        with self._lock:
            self._now += 1
            self.at_once.append(self._now)
        began = time.monotonic()
        time.sleep(0.05)
        with self._lock:
            self._now -= 1
            self.times[window, step] = (began, time.monotonic())
        return Done(window, step, (window, step) not in self.failing)


def test_a_notebook_waits_for_its_own_and_for_the_same_one_of_the_window_before(monkeypatch, capsys):
    work = Worked()
    assert run(monkeypatch, asked(), work) == 0
    assert len(work.times) == 9 and max(work.at_once) > 1
    for (name, step), (began, _) in work.times.items():
        place, quarter = STEPS.index(step), [*ENDS].index(name)
        earlier = [(name, STEPS[place - 1])] * (place > 0) + [([*ENDS][quarter - 1], step)] * (quarter > 0)
        assert all(work.times[other][1] <= began for other in earlier)
    assert "3 of 3 windows are done." in capsys.readouterr().out


def test_windows_of_other_records_do_not_wait_for_each_other(monkeypatch):
    one, other = window("2025Q3"), window("2025Q4", simulation={"seed": 9})
    work = Worked(failing={("2025Q3", STEPS[0])})
    assert run(monkeypatch, [one, other], work) == every.FAILED
    assert {name for name, _ in work.times} == {"2025Q3", "2025Q4"} and len(work.times) == 4


def test_no_more_windows_run_than_memory_holds(monkeypatch):
    class Memory:
        available = 6.0e9

    monkeypatch.setattr(every.psutil, "virtual_memory", Memory)
    work, others = (
        Worked(),
        [window(f"2025Q{n}", simulation={"seed": n}, compute={"memory": "1GB"}) for n in (2, 3, 4)],
    )
    run(monkeypatch, others, work)
    assert max(work.at_once) == 2  # 0.9 of 6 GB, and 1.07 + 1.5 GB each


def test_what_rests_on_a_notebook_that_failed_is_not_run_and_the_rest_is(monkeypatch, capsys):
    work = Worked(failing={("2025Q3", STEPS[1])})
    assert run(monkeypatch, asked(), work) == every.FAILED
    assert ("2025Q4", STEPS[0]) in work.times and ("2025Q4", STEPS[1]) not in work.times
    told = capsys.readouterr().out
    assert f"2025Q4  {STEPS[1]}: not run: 2025Q3 {STEPS[1]} is missing" in told
    assert "1 of 3 windows are done; not 2025Q3, 2025Q4." in told


def test_a_window_that_memory_does_not_hold_is_refused_before_work():
    with pytest.raises(ParameterError, match=r"compute.memory is 900TB, and this machine has free .* Lower"):
        every.run(asked("900TB"))


def test_windows_that_name_different_schedulers_are_refused():
    with pytest.raises(ParameterError, match=r"compute\.dask differs"):
        every.run([window("2025Q3"), window("2025Q4", compute={"dask": "tcp://127.0.0.1:9"})])


def test_workers_of_a_cluster_must_say_how_much_memory_they_have(tmp_path):
    with started(tmp_path, workers=1) as made, pytest.raises(cluster.ClusterError, match="--resources"):
        every.run(asked(dask=made.address))


def test_a_notebook_that_cannot_run_says_why(tmp_path):
    (tmp_path / "params").mkdir()
    done = every.notebook(str(tmp_path), "2025Q4", STEPS[0])
    assert not done.good and "there is no params/2025Q4.yaml" in done.said
    assert "share the project's disk" in every.notebook(str(tmp_path / "elsewhere"), "2025Q4", STEPS[0]).said
