"""The watch over a search: whatever happens, its process is gone, and why it broke off is told."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from micro import window

from insights.modeling.search import watch as search_watch
from insights.modeling.search.task import Task

TASK = Task(np.zeros((2, 1)), np.array([0, 1]), [], {"seed": 1, "population": 2, "generations": 1})
PARENT = """
import subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path(sys.argv[1], "pids").write_text(str(child.pid))
time.sleep(600)
"""
WAITING = """
import socket, sys, time
from insights import offline
from insights.modeling.search import process as search_process
def attempt():
    try:
        socket.getaddrinfo("example.org", 80)
    except offline.OfflineError:
        print("refused", flush=True)
    time.sleep(600)
search_process._stay_silent = attempt
search_process.main(sys.argv[1], None, 1)
"""


def is_gone(pid):
    """Wait for a killed process that is nobody's child to be buried, and say whether it is."""
    try:
        psutil.Process(pid).wait(timeout=20)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Return a function that watches over a process that runs the given code."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(search_watch, "PROCESS", "stand_in")

    def run(code, minutes=10.0):
        (tmp_path / "stand_in.py").write_text(code)
        return search_watch.run(TASK, tmp_path, tmp_path / "log", window().compute, minutes)

    return run


def test_a_process_that_ends_by_itself_was_not_stopped(watched):
    assert watched("") == search_watch.End(False, "")


def test_a_process_that_breaks_off_is_told_with_its_last_words(watched):
    end = watched("raise SystemError('no room')")
    assert end == search_watch.End(False, "Its process broke off with code 1: SystemError: no room")


def test_a_process_that_is_killed_is_told(watched):
    end = watched("import os; os.kill(os.getpid(), 9)")
    assert end == search_watch.End(False, "Its process broke off with code -9: it wrote nothing")


def test_at_the_limit_all_that_the_process_started_is_gone_too(watched, tmp_path, monkeypatch):
    pids = tmp_path / "pids"
    monkeypatch.setattr(
        search_watch, "monotonic", lambda: float("inf") if pids.exists() and pids.read_text() else 0.0
    )
    assert watched(PARENT) == search_watch.End(True, "")
    assert is_gone(int(pids.read_text()))


def test_an_interrupted_watch_leaves_no_process(watched, monkeypatch):
    def interrupt(text):
        raise KeyboardInterrupt

    monkeypatch.setattr(search_watch, "report", interrupt)
    others = psutil.Process().children(recursive=True)  # joblib keeps one of its own once it has been used
    with pytest.raises(KeyboardInterrupt):
        watched("import time; time.sleep(600)")
    assert set(psutil.Process().children(recursive=True)) <= set(others)


def test_the_process_computes_on_one_thread_and_finds_the_modules_of_this_one(watched, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    code = (
        "import importlib, os, sys, insights\nfrom pathlib import Path\n"
        "assert importlib.util.find_spec('micro')\n"
        "Path(sys.argv[1], 'seen').write_text(os.environ['OMP_NUM_THREADS'] + ' ' + sys.argv[3])"
    )
    assert watched(code).trouble == ""
    assert (tmp_path / "seen").read_text() == "1 1"


def test_a_search_opens_no_connection_and_ends_without_a_trace_when_what_started_it_is_gone(tmp_path):
    TASK.save(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "refused\n"
        process.stdin.close()
        assert process.wait(timeout=60) == 1
        assert not tmp_path.exists()
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def test_the_process_is_a_module_that_can_be_run():
    module = search_watch.PROCESS.removeprefix("insights.").replace(".", "/")
    assert (Path(search_watch.__file__).parents[2] / f"{module}.py").exists()
