import subprocess
import sys

import pytest
import tiny_project

from insights import params, paths
from insights.running import pipeline, windows


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    monkeypatch.delenv(windows.HELD_VARIABLE, raising=False)
    return tiny_project.make(tmp_path)


def outputs(window):
    file = paths.window(window) / "results.json"
    file.parent.mkdir(parents=True)
    file.write_text("[]")
    return file


ODD = ["", ".", "..", "../sample", "a/b", "-rf", "a b", "a;b", "$(x)", ".locks", "sämple"]


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_could_lead_elsewhere_is_refused(name, project):
    kept = outputs("sample")
    for act in (params.load, windows.remove, windows.hold):
        with pytest.raises(params.ParameterError, match="cannot name a window"):
            act(name)
    assert kept.exists()


def test_cleaning_a_window_removes_its_outputs_and_no_others(project):
    gone, kept = outputs("sample"), outputs("sample2")
    windows.remove("sample")
    assert not gone.parent.exists() and kept.exists()


def test_cleaning_a_window_that_never_ran_is_no_error(project):
    windows.remove("2025Q4")


def test_a_window_is_held_by_one_run_at_a_time(project):
    with windows.lock("sample"):
        with pytest.raises(windows.BusyError, match="sample: another run is at work"), windows.lock("sample"):
            pass
        with windows.lock("2025Q4"):
            assert windows.is_busy("sample") and windows.is_busy("2025Q4")
    assert not windows.is_busy("sample")


def test_a_window_at_work_is_not_cleaned(project):
    kept = outputs("sample")
    with windows.lock("sample"), pytest.raises(windows.BusyError):
        windows.remove("sample")
    assert kept.exists()


def test_what_a_run_starts_need_not_hold_the_window_itself(project, monkeypatch):
    with windows.lock("sample"):
        monkeypatch.setenv(windows.HELD_VARIABLE, "sample")
        with windows.lock("sample"):
            pass


def test_a_window_stays_held_by_the_program_that_a_run_becomes(project):
    code = (
        "import os, sys\nfrom insights.running import windows\nheld = windows.hold('sample')\n"
        "os.execv(sys.executable, [sys.executable, '-c', 'print(1, flush=True); input()'])"
    )
    running = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    running.stdout.readline()
    assert windows.is_busy("sample")
    running.communicate(b"\n")
    assert not windows.is_busy("sample")


def test_the_state_of_a_window_is_told_in_words(project):
    assert windows.state("sample") == "not run"
    done = paths.window("sample") / ".done"
    done.mkdir(parents=True)
    (done / paths.STEPS[0]).touch()
    assert windows.state("sample").startswith(f"1 of {len(paths.STEPS)} notebooks done, last 20")
    for step in paths.STEPS:
        (done / step).touch()
    assert windows.state("sample").startswith("done 20")
    with windows.lock("sample"):
        assert windows.state("sample").startswith("running")


def test_every_window_is_listed(project, capsys):
    assert pipeline.main(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == params.windows()


def test_an_unknown_window_is_refused_in_one_line_and_nothing_is_made(project, capsys):
    assert pipeline.main(["run", "2025Q5"]) == pipeline.REFUSED
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "Did you mean 2025Q4?" in told
    assert not (project / "outputs").exists()
