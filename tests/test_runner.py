import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
import tiny_project
from joblib.externals.loky import get_reusable_executor

from insights import devices, params, paths, progress, store
from insights.running import runner, troubles, watch

STEP = "05_modeling"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    return tiny_project.make(tmp_path)


def run(step=STEP):
    return runner.run(params.load("sample"), step)


def test_a_step_that_ran_leaves_its_page_its_stamp_and_its_cost(project, capsys):
    assert run() == 0
    assert "<h1" in paths.page("sample", STEP).read_text()
    assert paths.stamp("sample", STEP).exists()
    assert store.results("sample")["name"].tolist() == [f"tiny.{STEP}"]
    cost = json.loads(paths.manifest("sample").read_text())["steps"][STEP]
    assert cost["wall_seconds"] > 0.5 and cost["peak_memory_mb"] > 50
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith(f"sample  {STEP}  …") and told[-1].endswith(" MB")


def test_what_changes_while_a_step_runs_is_newer_than_its_stamp(project):
    file = paths.notebook(STEP)
    tiny_project.write_notebook(project, STEP, f"import pathlib\npathlib.Path({file.name!r}).touch()")
    assert run() == 0
    assert paths.stamp("sample", STEP).stat().st_mtime < file.stat().st_mtime


def test_a_step_knows_its_window_and_works_in_the_folder_of_the_notebooks(project):
    cell = "import os\nstep.note(window=WINDOW, folder=os.path.basename(os.getcwd()))"
    tiny_project.write_notebook(project, STEP, cell)
    assert run() == 0
    facts = store.facts("sample", STEP)
    assert (facts["window"], facts["folder"]) == ("sample", "notebooks")


def test_a_kernel_has_one_thread_to_a_sum_whatever_is_set_around_it(project, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    tiny_project.write_notebook(project, STEP, "import os\nstep.note(threads=os.environ['OMP_NUM_THREADS'])")
    assert run() == 0
    assert store.facts("sample", STEP)["threads"] == "1" and os.environ["OMP_NUM_THREADS"] == "4"


def test_a_gpu_that_is_asked_for_and_not_there_is_refused_before_a_kernel_starts(project, monkeypatch, capsys):
    monkeypatch.setattr(devices, "seen", lambda: ())
    asked = params.load("sample")
    asked = asked.model_copy(update={"compute": asked.compute.model_copy(update={"device": "cuda"})})
    assert runner.run(asked, STEP) == runner.REFUSED
    assert "compute.device is cuda, and no GPU is seen here" in capsys.readouterr().err
    assert not paths.executed("sample", STEP).exists()


def test_a_failed_notebook_is_kept_named_and_never_taken_for_done(project, capsys):
    tiny_project.write_notebook(project, STEP, "x = 1", 'raise KeyError("lost")')
    assert run() == runner.FAILED
    told = capsys.readouterr().err
    assert f"sample  {STEP} failed: in cell In [" in told
    assert "KeyError: 'lost'" in told and "make run WINDOW=sample" in told and "Traceback" not in told
    kept = nbformat.read(paths.failed("sample", STEP), as_version=4)
    assert any(output.output_type == "error" for cell in kept.cells for output in cell.get("outputs", []))
    assert not paths.stamp("sample", STEP).exists() and not paths.page("sample", STEP).exists()


def test_what_an_earlier_run_made_outlives_a_failure_and_the_failure_ends_with_a_success(project):
    assert run() == 0
    page, results = paths.page("sample", STEP).read_bytes(), paths.results("sample").read_bytes()
    tiny_project.write_notebook(project, STEP, 'step.record("other", 2)', "1 / 0")
    assert run() == runner.FAILED
    assert (paths.page("sample", STEP).read_bytes(), paths.results("sample").read_bytes()) == (page, results)
    tiny_project.write_notebook(project, STEP, 'step.record("other", 2)')
    assert run() == 0
    assert not paths.failed("sample", STEP).exists()


def test_a_kernel_that_is_killed_is_told_in_words(project, capsys):
    tiny_project.write_notebook(project, STEP, "import os\nos.kill(os.getpid(), 9)")
    assert run() == runner.FAILED
    assert "the kernel was killed, most often because memory ran out" in capsys.readouterr().err
    assert paths.failed("sample", STEP).exists()


def test_a_warning_in_a_notebook_fails_the_step(project, capsys):
    tiny_project.write_notebook(project, STEP, 'import warnings\nwarnings.warn("old")')
    assert run() == runner.FAILED
    assert "printed a warning to stderr" in capsys.readouterr().err
    assert not paths.stamp("sample", STEP).exists()


def test_progress_reaches_the_terminal_and_not_the_page(project, capsys):
    tiny_project.write_notebook(project, STEP, 'from insights import progress\nprogress.report("half\\nway")')
    assert run() == 0
    assert f"sample  {STEP}  half way\n" in capsys.readouterr().out
    assert "half" not in paths.page("sample", STEP).read_text()


def test_a_notebook_cannot_reach_the_network(project, capsys):
    tiny_project.write_notebook(project, STEP, "import socket\nsocket.getaddrinfo('example.org', 80)")
    assert run() == runner.FAILED
    assert "OfflineError: socket.getaddrinfo to example.org" in capsys.readouterr().err


def test_a_run_leaves_the_environment_and_the_folder_as_they_were(project, monkeypatch):
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    before, folder = dict(os.environ), Path.cwd()
    run()
    assert (dict(os.environ), Path.cwd()) == (before, folder)


def test_the_executed_notebook_names_no_folder_of_this_machine(project):
    run()
    assert str(project) not in paths.executed("sample", STEP).read_text()


def test_what_a_step_rests_on_is_written_for_make(project):
    run()
    rule = paths.stamp("sample", f"{STEP}.d").read_text()
    assert rule.startswith(f"outputs/sample/.done/{STEP}: \\\n")
    assert "insights/store.py" in rule and "insights/wording.py" not in rule


def test_pages_are_written_anew_only_where_they_are_older_than_their_template(project):
    run()
    page = paths.page("sample", STEP)
    good = page.read_text()
    page.write_text("edited")
    runner.write_pages(params.load("sample"))
    assert page.read_text() == "edited"
    os.utime(page, (0, 0))
    runner.write_pages(params.load("sample"))
    assert page.read_text() == good
    assert paths.stamp("sample", "pages").exists()


def test_a_notebook_that_is_not_there_is_named(project, capsys):
    paths.notebook(STEP).unlink()
    assert run() == runner.REFUSED
    assert f"{STEP}.ipynb is not in notebooks/" in capsys.readouterr().err


def called(project, *arguments):
    command = [sys.executable, "-m", "insights.running.runner", *arguments]
    return subprocess.run(command, env=os.environ | {"INSIGHTS_ROOT": str(project)}, capture_output=True, text=True)


def test_parameters_are_checked_before_any_kernel_starts_and_nothing_is_made(project):
    (project / "params" / "sample.yaml").write_text("modelling: {}\n")
    done = called(project, "step", "sample", STEP)
    assert done.returncode == runner.REFUSED
    assert done.stderr.count("\n") == 1 and "nearest known one is modeling" in done.stderr
    assert not (project / "outputs").exists()


def test_the_watch_sees_what_its_children_hold(tmp_path, monkeypatch):
    get_reusable_executor().shutdown(wait=True, kill_workers=True)  # workers that other tests left are children too
    monkeypatch.setattr(watch, "_largest_child", lambda: 0)
    code = "import time; held = b'x' * 80_000_000; time.sleep(1)"
    with watch.Watch(tmp_path / "none", print) as watched:
        subprocess.run([sys.executable, "-c", code], check=True)
    assert 80e6 < watched.peak_bytes < 400e6


def test_the_watch_passes_on_every_line_once_and_in_order(tmp_path, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "lines"))
    monkeypatch.setattr(watch, "EVERY", 0.001)
    seen = []
    with watch.Watch(tmp_path / "lines", seen.append):
        for number in range(200):
            progress.report(f"§ {number}")
            time.sleep(0.001)
    assert seen == [f"§ {number}" for number in range(200)]


@pytest.mark.parametrize(
    ("code", "told"),
    [("import time; time.sleep(3)", "nothing is computed: it may hang"), ("while True: pass", "it computes")],
)
def test_a_silence_is_told_and_whether_anything_is_computed(code, told, tmp_path, monkeypatch):
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
    monkeypatch.setattr(watch, "SILENCE", 1)
    seen = []
    working = subprocess.Popen([sys.executable, "-S", "-c", code])
    with watch.Watch(tmp_path / "none", seen.append):
        assert eventually(lambda: len(seen) > 1)
    working.kill()
    working.wait()
    assert told in seen[1] and "nothing heard for" in seen[1] and "Ctrl-C ends it" in seen[1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [('{"cells": [{"ce', "JSONDecodeError"), ('{"cells": 3}', "TypeError"), ("[]", "TypeError"), ("{}", "KeyError")],
)
def test_a_notebook_that_cannot_be_read_is_refused_in_one_line(content, reason, project, capsys):
    paths.notebook(STEP).write_text(content)
    assert run() == runner.REFUSED
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and f"{STEP}.ipynb cannot be read as a notebook ({reason}" in told


def test_what_the_machine_refuses_is_told_with_its_place_and_a_remedy(project):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert troubles.told(full, paths.window("sample")).startswith("outputs/sample: No space left on device. The disk")
    closed = OSError(errno.EROFS, os.strerror(errno.EROFS), str(paths.page("sample", STEP)))
    assert troubles.told(closed).startswith(f"outputs/sample/html/{STEP}.html: Read-only file system. Nothing can")
    assert troubles.told(OSError("in words already")) == "in words already"
    assert troubles.remedy("_ArrayMemoryError", "Unable to allocate") == troubles.MEMORY
    assert troubles.remedy("KeyError", "lost") == ""


def test_progress_outside_a_run_and_a_kernel_is_silent(monkeypatch, capsys):
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    progress.report("half way")
    assert capsys.readouterr() == ("", "")


def test_a_run_that_is_killed_leaves_no_kernel_behind(project):
    marker = project / "started"
    tiny_project.write_notebook(
        project,
        STEP,
        f"import os, time, pathlib\npathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\ntime.sleep(600)",
    )
    command = [sys.executable, "-m", "insights.running.runner", "step", "sample", STEP]
    started = subprocess.Popen(command, env=os.environ | {"INSIGHTS_ROOT": str(project)}, stdout=subprocess.PIPE)
    assert eventually(lambda: marker.exists() and marker.read_text())
    started.send_signal(signal.SIGKILL)
    started.communicate()
    assert eventually(lambda: not alive(int(marker.read_text())))


def eventually(condition, seconds=60):
    for _ in range(seconds * 10):
        if condition():
            return True
        time.sleep(0.1)
    return False


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
