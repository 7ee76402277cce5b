import os
import re
import stat
import subprocess
import sys
import time

import pytest
import tiny_project

from insights import paths

RUNNER = """#!{python}
import os, pathlib, subprocess, sys
if sys.argv[2] not in ("insights.running.runner", "insights.publishing"):
    os.execv("{python}", ["{python}", *sys.argv[1:]])
if sys.argv[3:] == ["front"]:
    sys.exit()
action, window, *step = sys.argv[3:]
name = step[0] if step else action
with open("ran", "a") as ran:
    ran.write(name + "\\n")
with open("asked", "a") as asked:
    asked.write(" ".join(sys.argv[3:]) + "\\n")
if os.path.exists("fail-" + name):
    sys.exit(1)
done = pathlib.Path("outputs", window, ".done")
done.mkdir(parents=True, exist_ok=True)
library = "src/library.py"
if name == "05_modeling":
    (done / (name + ".d")).write_text(f"{{done}}/{{name}}: {{library}}\\n{{library}}:\\n")
(done / name).touch()
"""


@pytest.fixture
def project(tmp_path):
    """A project whose runner only notes what it was asked to do."""
    tiny_project.make(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "library.py").touch()
    stub = tmp_path / "python"
    stub.write_text(RUNNER.format(python=sys.executable))
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def make(project, *arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "INSIGHTS"))}
    command = ["make", *arguments, "PYTHON=./python", "INSTALLED="]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def ran(project):
    """Return what ran since the last look."""
    log = project / "ran"
    names = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return names


def change(file):
    later = time.time() + 10
    os.utime(file, (later, later))


def test_make_alone_prints_every_target_with_a_sentence(project):
    told = make(project).stdout
    targets = re.findall(r"(?m)^([a-z-]+):.*## ", (project / "Makefile").read_text())
    assert len(targets) > 8
    for target in targets:
        assert re.search(rf"(?m)^  {target} +\w", told)


def test_a_run_follows_the_graph_and_names_the_report(project):
    done = make(project, "run", "WINDOW=sample")
    order = ran(project)
    assert done.returncode == 0 and done.stdout.endswith("Report: outputs/sample/html/11_report.html\n")
    assert sorted(order[:-1]) == sorted(paths.STEPS) and order[-1] == "pages"
    upstream = {"01": "00", "02": "00", "04": "02", "05": "04", "06": "05", "07": "05", "11": "07"}
    places = {name[:2]: place for place, name in enumerate(order)}
    assert all(places[before] < places[after] for after, before in upstream.items())


def test_a_second_run_has_nothing_to_do_and_says_so(project):
    make(project, "run", "WINDOW=sample")
    ran(project)
    again = make(project, "run", "WINDOW=sample")
    assert ran(project) == [] and "sample: nothing to do" in again.stdout
    assert again.stdout.endswith("Report: outputs/sample/html/11_report.html\n")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("notebooks/06_ablation.ipynb", ["06_ablation", "08_tolerance", "11_report", "pages"]),
        ("notebooks/02_data_cleaning.ipynb", [*paths.STEPS[2:], "pages"]),
        ("src/library.py", [*paths.STEPS[5:], "pages"]),
        ("params/sample.yaml", [*paths.STEPS, "pages"]),
        ("params/base.yaml", [*paths.STEPS, "pages"]),
        ("params/2025Q4.yaml", []),
    ],
)
def test_what_rests_on_a_changed_file_runs_again_and_nothing_else(project, changed, expected):
    make(project, "run", "WINDOW=sample")
    ran(project)
    change(project / changed)
    make(project, "run", "WINDOW=sample")
    assert sorted(ran(project)) == expected


def test_notebook_10_runs_again_once_the_window_before_has_models_and_not_when_it_is_removed(project):
    make(project, "run", "WINDOW=sample")
    ran(project)
    make(project, "run", "WINDOW=sample-before", "UNTIL=05_modeling")
    ran(project)
    make(project, "run", "WINDOW=sample")
    assert sorted(ran(project)) == ["10_fresh_data", "11_report", "pages"]
    asked = [line for line in (project / "asked").read_text().splitlines() if "sample 10_fresh_data" in line]
    assert len(asked) == 2 and "sample-before" not in asked[-1], "it does not rest on a file that may go"
    make(project, "clean-window", "WINDOW=sample-before")
    assert "nothing to do" in make(project, "run", "WINDOW=sample").stdout and ran(project) == []


def test_a_list_of_the_withdrawn_that_appears_has_everything_collected_anew(project):
    make(project, "run", "WINDOW=sample")
    ran(project)
    (project / "secrets").mkdir()
    (project / "secrets" / "withdrawn.txt").write_text("ann@example.org\n")
    change(project / "secrets" / "withdrawn.txt")
    make(project, "run", "WINDOW=sample")
    assert ran(project)[0] == paths.STEPS[0]


def test_a_library_file_that_was_deleted_runs_what_rested_on_it(project):
    make(project, "run", "WINDOW=sample")
    ran(project)
    (project / "src" / "library.py").unlink()
    assert make(project, "run", "WINDOW=sample").returncode == 0
    assert "05_modeling" in ran(project)


def test_after_a_failure_a_run_starts_where_it_failed(project):
    (project / "fail-05_modeling").touch()
    failed = make(project, "run", "WINDOW=sample")
    assert failed.returncode != 0 and "11_report" not in ran(project)
    (project / "fail-05_modeling").unlink()
    make(project, "run", "WINDOW=sample")
    assert ran(project)[0] == "05_modeling"


def test_the_newest_window_is_run_where_none_is_named(project):
    assert make(project, "run").stdout.endswith("outputs/2025Q4/html/11_report.html\n")


def test_a_run_goes_only_as_far_as_it_is_asked_to(project):
    make(project, "run", "WINDOW=sample", "UNTIL=04_feature_analysis")
    assert sorted(ran(project)) == [*paths.STEPS[:5]]
    assert "nothing to do" in make(project, "run", "WINDOW=sample", "UNTIL=02_data_cleaning").stdout
    assert "invalid choice" in make(project, "run", "WINDOW=sample", "UNTIL=04").stderr


def test_two_notebooks_may_run_at_a_time(project):
    assert make(project, "-j2", "run", "WINDOW=sample").returncode == 0
    assert len(ran(project)) == len(paths.STEPS) + 1


@pytest.mark.parametrize(
    "name", ["2025Q5", "../sample", "x;touch pwned", "$(shell touch pwned)", '"; touch pwned; "']
)
def test_a_window_that_cannot_be_is_refused_and_never_run_as_a_command(project, name):
    for target in ("run", "clean-window"):
        done = make(project, target, f"WINDOW={name}")
        if (target, name) != ("clean-window", "2025Q5"):
            assert done.returncode != 0 and done.stderr.startswith(("WINDOW=", "WINDOW='"))
    assert not (project / "pwned").exists() and not (project / "outputs" / "sample").exists()


def test_a_window_held_by_another_run_is_refused(project):
    hold = (
        "import time\nfrom insights.running import windows\n"
        "held = windows.hold('sample')\nprint(1, flush=True)\ntime.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold], env=os.environ | {"INSIGHTS_ROOT": str(project)}, stdout=subprocess.PIPE
    )
    other.stdout.readline()
    done = make(project, "run", "WINDOW=sample")
    other.kill()
    other.communicate()
    assert done.returncode != 0 and "another run is at work" in done.stderr and ran(project) == []


def test_cleaning_removes_the_window_that_is_named_only(project):
    make(project, "run", "WINDOW=sample")
    make(project, "run", "WINDOW=2025Q4")
    assert make(project, "clean-window", "WINDOW=sample").returncode == 0
    assert not (project / "outputs" / "sample").exists() and (project / "outputs" / "2025Q4").exists()
    assert make(project, "clean-window").returncode != 0
    typo = make(project, "clean-window", "WINDOW=smaple")
    assert typo.returncode != 0 and "no outputs/smaple to remove" in typo.stderr
    assert (project / "outputs" / "2025Q4").exists()


def test_windows_that_have_grown_stale_are_told_apart(project):
    make(project, "run", "WINDOW=sample")
    told = make(project, "windows").stdout
    assert re.search(r"(?m)^sample +done [\d: -]+$", told) and re.search(r"(?m)^2025Q4 +not run$", told)
    change(project / "notebooks" / "11_report.ipynb")
    assert re.search(r"(?m)^sample +done .*stale", make(project, "windows").stdout)


def test_a_parameter_file_that_cannot_be_read_is_listed_as_such_and_stops_no_other_window(project):
    (project / "params" / "mapping.yaml").write_text("tables: {}\n")
    told = make(project, "windows")
    assert told.returncode == 0 and re.search(
        r"(?m)^mapping +cannot be read; make run WINDOW=mapping says why$", told.stdout
    )
    assert re.search(r"(?m)^sample +not run$", told.stdout)


def test_the_graph_names_the_steps_that_paths_names(project):
    text = (project / "Makefile").read_text().replace("\\\n", " ")
    assert tuple(re.search(r"(?m)^STEPS := (.*)$", text).group(1).split()) == paths.STEPS
    for step in paths.STEPS[1:]:
        assert re.search(rf"(?m)^\$\(DONE\)/{step}: ", text), f"{step} rests on nothing"


def install(project, candidates):
    command = ["make", "install", f"PYTHONS={candidates}", "VENV=venv"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


@pytest.fixture
def bare(project):
    """A project with a Python that only notes what it is asked to do."""
    for name in ("requirements.lock", "pyproject.toml"):
        (project / name).touch()
    stub = project / "stub"
    stub.write_text(
        '#!/bin/sh\necho "$@" >> asked\n'
        'case "$*" in *" venv "*) mkdir -p venv/bin; cp stub venv/bin/python;; *fail*) exit 1;; esac\n'
    )
    stub.chmod(0o755)
    return project


def test_an_installation_follows_the_lock_and_is_done_once(bare):
    done = install(bare, "./stub")
    assert done.returncode == 0 and "Installing into venv" in done.stdout
    asked = (bare / "asked").read_text()
    assert "-m venv --clear venv" in asked and "--no-deps --require-hashes -r requirements.lock" in asked
    (bare / "asked").unlink()
    install(bare, "./stub")
    assert not (bare / "asked").exists()


def test_an_installation_that_broke_off_is_begun_anew(bare):
    stub = (bare / "stub").read_text()
    (bare / "stub").write_text(stub.replace("*fail*", "*require-hashes*"))
    assert install(bare, "./stub").returncode != 0
    assert not (bare / "venv" / ".installed").exists()
    (bare / "stub").write_text(stub)
    (bare / "asked").unlink()
    assert install(bare, "./stub").returncode == 0
    assert "-m venv --clear venv" in (bare / "asked").read_text()


def test_without_a_suitable_python_the_error_says_which_are(bare):
    done = install(bare, "no-such-python /bin/false")
    assert done.returncode != 0
    assert done.stderr.startswith("No Python from 3.11 to 3.13 with venv was found (no-such-python /bin/false)")
