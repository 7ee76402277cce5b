"""The register of faults: what goes wrong with a run, where, and what is said of it.

Each strikes one step of a tiny project that ran to its end before, by the real make, runner, kernels and store. It is
looked whether the run ended in a clear message, whether what was good before is still good, and whether the next run
completes with the results of one that nothing disturbed. ``make faults`` writes all of it into ``docs/faults.md``.
"""

import contextlib
import datetime
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psutil
import tiny_project
import yaml
from tiny_project import REPOSITORY

from insights import paths

WINDOW = "sample"
COLLECTION, CLEANING, JOURNEY, FEATURES, MODELING, BIAS, REPORT = (
    "00_data_collection", "02_data_cleaning", "03_learner_journey", "04_feature_analysis", "05_modeling",
    "07_bias_checks", "11_report",
)  # fmt: skip
PATIENCE = 90  # seconds for a state to come about
MOST = 900  # seconds after which a run is taken for one that does not end
TIMELESS = (".parquet", ".csv", "results.json")
TABLE = REPOSITORY / "docs" / "faults.md"
ALL = "INSIGHTS_FAULTS"

# Each tiny notebook reads what the one before wrote, so that a garbled file is met where the real one is read.
READ = """from insights import paths, warehouse

con = warehouse.connect(step.params.compute)
learners = warehouse.read(con, paths.{source})
"""
CELLS = {
    COLLECTION: """import ibis, pandas
from insights import paths, warehouse

learners = ibis.memtable(pandas.DataFrame({"learner": range(500), "visits": [n % 7 for n in range(500)]}))
warehouse.write(learners, step.place(paths.collected(WINDOW, "learners")))""",
    CLEANING: READ.format(source='collected(WINDOW, "learners")')
    + 'warehouse.write(learners.filter(learners.visits > 0), step.place(paths.clean(WINDOW, "learners")))',
    JOURNEY: READ.format(source='clean(WINDOW, "learners")') + 'step.table("stages", learners.to_pandas())',
    FEATURES: """from insights import paths, store

learners = store.table(WINDOW, "03_learner_journey", "stages")
made = step.place(paths.features(WINDOW, "completion"))
made.parent.mkdir(parents=True)
learners.to_parquet(made)""",
    MODELING: READ.format(source='features(WINDOW, "completion")')
    + """from insights.modeling import saved
from insights.modeling.learned import Learned
from sklearn.linear_model import LogisticRegression

rows = learners.to_pandas().sort_values("learner")
model = Learned("logistic", LogisticRegression(), ["visits"])
model.fitted_ = model.estimator.fit(rows[["visits"]], rows["learner"] % 2)
saved.save(model, step.place(paths.model(WINDOW, "completion")))""",
    BIAS: """from insights import paths
from insights.modeling import saved

model = saved.load(paths.model(WINDOW, "completion"))""",
}
COUNTED = {
    FEATURES: 'step.record("tiny.features", int(learners["visits"].sum()))',
    BIAS: 'step.record("tiny.weight", float(model.fitted_.coef_[0][0]))',
    **dict.fromkeys(
        (COLLECTION, CLEANING, JOURNEY, MODELING),
        'step.record(f"tiny.{step.name}", float(learners.visits.sum().execute()), unit="visits")',
    ),
}
# What a step records besides after it was changed: the run that a fault strikes has something to do.
CHANGED = 'step.record("tiny.changed", 2)'
SIMULATED = """from insights import progress
from insights.collection import simulated

world = simulated.made(step.params, progress.report)
step.record("tiny.files", len(list(world.rglob("*.parquet"))))"""
HOOK = 'from pathlib import Path\n\nhook = Path("../hook.py")\nexec(hook.read_text() if hook.exists() else "")'
SMALL_WORLD = {"people": 500, "start": datetime.date(2024, 10, 1), "months": 15}

# Lies in wait, in any process of the run, for a file that is about to be opened, renamed or dated.
AMBUSH = """import os, re, subprocess, sys

def strike(event, given):
    if event == {event!r} and not os.path.exists({once!r}) and re.search({pattern!r}, " ".join(map(str, given[:2]))):
        open({once!r}, "w").close()
        {act}

sys.addaudithook(strike)
"""
KILL_ALL = "os.killpg(os.getpgid(os.getppid()), 9); os.killpg(os.getpgrp(), 9)"
FILL = """subprocess.run(["dd", "if=/dev/zero", "of={place}/filler", "bs=4096"], stderr=subprocess.DEVNULL)"""
CLOSE = "mount --bind {place} {place} && mount -o remount,bind,ro {place}"


@dataclass(frozen=True)
class Said:
    """What a run said, and the code with which it ended."""

    code: int
    text: str


@dataclass
class Project:
    """A tiny project in which a fault strikes one step of a window."""

    folder: Path
    step: str
    until: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs" / WINDOW

    def stamp(self, step: str) -> Path:
        return self.outputs / ".done" / step

    def notebook(self, step: str = "") -> Path:
        return self.folder / "notebooks" / f"{step or self.step}.ipynb"

    def hook(self, code: str) -> None:
        """Have the notebooks that have a hook run some code, before they finish."""
        (self.folder / "hook.py").write_text(code)

    def ambush(self, event: str, pattern: str, act: str) -> None:
        """Have any process of the run do something when it is about to do something with a file."""
        waits = self.folder / "ambush" / "sitecustomize.py"
        waits.parent.mkdir(exist_ok=True)
        once = str(self.folder / "struck")
        waits.write_text(AMBUSH.format(event=event, pattern=pattern, act=act, once=once))

    def start(self, *targets: str, **settings) -> subprocess.Popen:
        """Start make in a process group of its own."""
        library = self.folder / "src" if (self.folder / "src").exists() else REPOSITORY / "src"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("INSIGHTS_", "MAKE", "PYTEST"))}
        variables = {"PYTHONPATH": f"{self.folder / 'ambush'}:{library}", **self.variables}
        goals = targets or ("run", f"WINDOW={WINDOW}", f"UNTIL={self.until}")
        return subprocess.Popen(
            ["make", *goals, f"PYTHON={sys.executable}", "INSTALLED="], cwd=self.folder, env=kept | variables,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | settings, text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, *targets: str) -> Said:
        """Run make to its end."""
        return ended(self.start(*targets))

    def interrupt(self, number: int, freeze: bool = False) -> Said:
        """Run make, and send a signal to its group, as a terminal does, once the notebook has reached its hook."""
        started, mark = self.start(), self.folder / "reached"
        await_that(lambda: (mark.exists() and mark.read_text()) or started.poll() is not None)
        if freeze:
            os.kill(int(mark.read_text()), signal.SIGSTOP)
        os.killpg(started.pid, number)
        return ended(started)

    def left(self) -> list[psutil.Process]:
        """Return the processes of the run that are still there."""
        return [p for p in psutil.process_iter() if _works_in(p, self.folder)]

    @cached_property
    def mounted(self) -> list[Path]:
        return []

    @contextlib.contextmanager
    def cleared(self) -> Iterator[None]:
        """Take away on leaving what the fault brought, as whoever mends it would."""
        try:
            yield
        finally:
            for place in reversed(self.mounted):
                subprocess.run(["umount", "-l", str(place)], check=True)


def ended(started: subprocess.Popen) -> Said:
    try:
        text, _ = started.communicate(timeout=MOST)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        text, _ = started.communicate()
        return Said(started.returncode, f"{text}\nIt did not end.")
    return Said(started.returncode, text or "")


def await_that(condition: Callable[[], bool]) -> bool:
    for _ in range(PATIENCE * 20):
        if condition():
            return True
        time.sleep(0.05)
    return False


def _works_in(process, folder):
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and Path(process.cwd()).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False  # it ended, or belongs to the system


# --- what strikes -----------------------------------------------------------------------------------------

REACHED = 'import os, time, signal\nPath("../reached").write_text(str(os.getpid()))\n'
BUSY_WITHOUT_END = f"{REACHED}time.sleep(600)"
DEAF = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{BUSY_WITHOUT_END}"


def with_hook(code):
    def strike(project):
        project.hook(code)
        return project.run()

    return strike


def interrupted(number, code=BUSY_WITHOUT_END, freeze=False):
    def strike(project):
        project.hook(code)
        return project.interrupt(number, freeze)

    return strike


def killed_at(event, pattern, act=KILL_ALL):
    def strike(project):
        project.ambush(event, pattern, act)
        said = project.run()
        assert (project.folder / "struck").exists(), "nothing came by the ambush"
        return said

    return strike


def _mounted(project, place, size="24m"):
    """Lay a small disk under a folder, with what is in it."""
    place.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f"{place.name}.aside")
    place.rename(aside)
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    project.mounted.append(place)
    shutil.copytree(aside, place, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(aside)


def full_disk(event, pattern, folder="outputs"):
    def strike(project):
        place = project.folder / folder
        _mounted(project, place)
        project.ambush(event, pattern, FILL.format(place=place))
        said = project.run()
        assert (project.folder / "struck").exists(), "nothing came by the ambush"
        (place / "filler").unlink()
        return said

    return strike


def closed(event="", pattern=""):
    def strike(project):
        place = project.folder / "outputs"
        command = ["sh", "-c", CLOSE.format(place=place)]
        if event:
            project.ambush(event, pattern, f"subprocess.run({command}, check=True)")
        else:
            subprocess.run(command, check=True)
        said = project.run()
        subprocess.run(["umount", "-l", str(place)], check=True)
        return said

    return strike


def garble(file):
    """Leave the first half of a file."""
    os.truncate(file, file.stat().st_size // 2)


def between_runs(name, spoil=garble):
    def strike(project):
        spoil(project.outputs / name)
        return project.run()

    return strike


def in_mid_run(name):
    """Garble a file while the step before the one that reads it runs: after what was there had been looked over."""

    def strike(project):
        file = project.outputs / name
        project.destroyed.add(name.split("/")[0])
        act = f"os.truncate({str(file)!r}, os.path.getsize({str(file)!r}) // 2)"
        project.ambush("os.mkdir", rf"\.{project.step}\.\d+\.staging", act)
        return project.run()

    return strike


def bit_flip(file):
    about, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))


def date(file, seconds):
    moment = time.time() + seconds
    os.utime(file, (moment, moment))


def clock_was_ahead(project):
    """Stamp all steps with a time to come; the change of the notebook lies before them."""
    for step in paths.STEPS:
        if project.stamp(step).exists():
            date(project.stamp(step), 86_400)
    return project.run()


def came_back_with_an_old_time(project):
    date(project.notebook(), -86_400 * 365)
    return project.run()


def withdrawn_appears(project):
    """Put a list of the withdrawn there that is older than everything; the notebook is as it was when it ran."""
    assert project.run().code == 0
    listed = project.folder / "secrets" / "withdrawn.txt"
    listed.parent.mkdir()
    listed.write_text("nobody@example.org\n")
    date(listed, -86_400 * 365)
    return project.run()


def clock_went_back_in_mid_run(project):
    date(project.stamp(COLLECTION), 3_600)
    return project.run()


def source_dated_ahead(project):
    date(project.notebook(), 86_400)
    said = project.run()
    date(project.notebook(), 0)
    return said


def second_run(project):
    project.hook(f'{REACHED}\nwhile not Path("../go-on").exists(): time.sleep(0.1)')
    first = project.start()
    await_that((project.folder / "reached").exists)
    said = project.run()
    (project.folder / "go-on").touch()
    assert ended(first).code == 0
    return said


def library_changed(project):
    shutil.copytree(REPOSITORY / "src", project.folder / "src")
    project.hook('with Path("../src/insights/store.py").open("a") as library: library.write("\\n")')
    return project.run()


def parameters_broken(project):
    file = project.folder / "params" / f"{WINDOW}.yaml"
    good, about = file.read_bytes(), file.stat()
    project.hook('Path("../params/sample.yaml").write_text("modelling: {}\\n")')
    said = project.run()
    file.write_bytes(good)
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    return said


def without_notebook(project):
    return _other_notebook(project, None)


def with_notebook(text):
    return lambda project: _other_notebook(project, text)


def _other_notebook(project, text):
    file = project.notebook()
    good = file.read_bytes()
    file.unlink() if text is None else file.write_text(text)
    said = project.run()
    file.write_bytes(good)
    return said


def behind_head(project):
    started = project.start(stderr=subprocess.PIPE)
    started.stdout.readline()
    started.stdout.close()
    said = started.stderr.read()
    return Said(started.wait(), said)


def outputs_deleted(project):
    project.destroyed.add("")
    project.hook('import shutil\nshutil.rmtree("../outputs/sample")')
    return project.run()


def left_over(project):
    (project.outputs / f".{project.step}.999999999.staging" / "tables").mkdir(parents=True)
    (project.outputs / f".{project.step}.elsewhere.staging").mkdir()
    (project.outputs / f".{project.step}.old").mkdir()
    (project.outputs / ".results.json.999999999").write_text("[")
    return project.run()


def dead_lock(project):
    for lock in (project.folder / "outputs" / ".locks" / WINDOW, project.outputs / ".lock"):
        lock.parent.mkdir(exist_ok=True)
        lock.write_text("999999999")
    return project.run()


def linked_outputs(project):
    place = project.folder / "elsewhere"
    (project.folder / "outputs").rename(place)
    (project.folder / "outputs").symlink_to(place)
    return project.run()


def with_variables(**variables):
    def strike(project):
        project.variables = {key: value.format(folder=project.folder) for key, value in variables.items()}
        said = project.run()
        project.variables = {}
        return said

    return strike


def long_place(project):
    (project.folder / ("long" * 30)).mkdir()
    return with_variables(TMPDIR="{folder}/" + "long" * 30)(project)


def closed_home(project):
    project.hook("import matplotlib.pyplot")
    return with_variables(HOME="/proc/none", XDG_CACHE_HOME="/proc/none", XDG_CONFIG_HOME="/proc/none")(project)


def few_files(project):
    """Let a notebook open files until it may open no more, and leave it those that it needs to say so."""
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))\n"
    spare = "finally:\n    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))"
    project.hook(f"{limit}try:\n    held = [hook.open() for _ in range(64)]\n{spare}")
    return project.run()


def other_window_garbled(project):
    """Make another window that has a report whose headline table is half there."""
    tables = project.folder / "outputs" / "sample-before" / REPORT / "tables"
    tables.mkdir(parents=True)
    for name in ("table_11_1_recommendations", "table_11_2_headline"):
        (tables / f"{name}.parquet").write_bytes(b"PAR1 half")
    said = project.run()
    shutil.rmtree(tables.parents[1])
    return said


def silent(project):
    project.hook(BUSY_WITHOUT_END)
    waits = project.folder / "ambush" / "sitecustomize.py"
    waits.parent.mkdir()
    waits.write_text("from insights.running import watch\n\nwatch.SILENCE = 2\n")
    started = project.start()
    await_that((project.folder / "reached").exists)
    time.sleep(5)
    os.killpg(started.pid, signal.SIGINT)
    return ended(started)


# --- the register -----------------------------------------------------------------------------------------

MOUNTS, SIMULATES = "mounts", "simulates"
STOPPED = r"sample: stopped\. Start again with: make run WINDOW=sample"
KERNEL_KILLED = "the kernel was killed, most often because memory ran out"
FULL, CLOSED = (
    r"No space left on device.*\s+.*The disk is full",
    r"Read-only file system.*\s*Nothing can be written there",
)
MADE_AGAIN = r"{0} is not as it was written; made again"
READ_IN_MID_RUN = r"{0} is not as it was written; the next run makes it again"


@dataclass(frozen=True)
class Fault:
    """What goes wrong, where, how it is brought about, and what must be said of it.

    Attributes
    ----------
    name : str
    step : str
        The notebook that is struck.
    strike : callable
        Brings it about in a project, runs it, and returns what was said.
    says : str
        A regular expression; empty where nobody is left to say anything.
    until : str
        How far the runs go; to the notebook that is struck where it is empty.
    harmless : bool
        The run completes all the same.
    again : str
        A regular expression that the next run must say.
    often : bool
        Strikes in every run of the tests.
    needs : str
    """

    name: str
    step: str
    strike: Callable[[Project], Said]
    says: str
    until: str = ""
    harmless: bool = False
    again: str = ""
    often: bool = False
    needs: str = ""


_COLLECTED, _CLEAN = f"{COLLECTION}/collected/learners.parquet", f"{CLEANING}/clean/learners.parquet"
_FEATURES, _MODEL = f"{FEATURES}/features/completion.parquet", f"{MODELING}/models/completion.skops"
_STAGING = rf"{CLEANING}\.\d+\.staging"

FAULTS = (
    Fault("kill -9 of everything while a notebook works", CLEANING, with_hook(f"import os\n{KILL_ALL}"), ""),
    Fault("kill -9 of the runner alone", JOURNEY, with_hook("import os\nos.kill(os.getppid(), 9)"),
          "03_learner_journey was killed from outside"),
    Fault("kill -9 of the kernel, as the system does where memory runs out", CLEANING,
          with_hook("import os\nos.kill(os.getpid(), 9)"), KERNEL_KILLED),
    Fault("a kernel that crashes in native code", MODELING,
          with_hook("import os\nos.abort()"), KERNEL_KILLED),
    Fault("kill -9 after the old folder of a step gave way and before the new one took its place", CLEANING,
          killed_at("os.rename", _STAGING + ".*"), "", often=True),
    Fault("kill -9 while the results of all steps are put together", JOURNEY,
          killed_at("os.rename", r"sample/\.results\.json"), ""),
    Fault("kill -9 while the page of a notebook is written", MODELING,
          killed_at("open", r"html/\.05_modeling"), ""),
    Fault("kill -9 after the page and before the stamp", CLEANING,
          killed_at("open", r"\.done/\.02_data_cleaning\.\d"), ""),
    Fault("kill -9 while the stamp is dated", JOURNEY, killed_at("os.utime", r"\.done/03"), ""),
    Fault("kill -9 while the front page is written", REPORT, killed_at("os.rename", r"\.index\.html"), "",
          until="pages"),
    Fault("kill -9 while the company is simulated", COLLECTION, killed_at("os.mkdir", r"\.making/truth"), "",
          needs=SIMULATES),
    Fault("Ctrl-C while a notebook hangs", CLEANING, interrupted(signal.SIGINT), STOPPED),
    Fault("Ctrl-C while a kernel does not listen", JOURNEY, interrupted(signal.SIGINT, DEAF), STOPPED),
    Fault("Ctrl-C while a kernel is frozen", MODELING, interrupted(signal.SIGINT, freeze=True), STOPPED),
    Fault("SIGTERM, as a service is stopped", FEATURES, interrupted(signal.SIGTERM), STOPPED),
    Fault("SIGHUP, as a terminal is closed", CLEANING, interrupted(signal.SIGHUP), STOPPED),
    Fault("a kernel that hangs and says nothing", JOURNEY, silent, "nothing heard for .* it may hang"),
    Fault("a full disk while a notebook writes a table", CLEANING,
          full_disk("os.mkdir", rf"{_STAGING}/clean"), FULL, needs=MOUNTS),
    Fault("a full disk while the page is written", JOURNEY, full_disk("open", r"html/\.03"), FULL, needs=MOUNTS),
    Fault("a full disk while the results of all steps are put together", MODELING,
          full_disk("open", r"sample/\.results\.json"), FULL, needs=MOUNTS),
    Fault("a full disk while the seal is kept", CLEANING, full_disk("open", r"\.done/\.02_data_cleaning\.json"), FULL,
          needs=MOUNTS),
    Fault("a full disk while the simulated company is written into the cache", COLLECTION,
          full_disk("os.mkdir", r"\.making/truth", ".cache"), FULL, needs=MOUNTS + SIMULATES),
    Fault("outputs that are read-only before the run", CLEANING, closed(), CLOSED, needs=MOUNTS),
    Fault("outputs that become read-only while a notebook works", FEATURES,
          closed("os.mkdir", r"04_feature_analysis\.\d+\.staging/features"), CLOSED, needs=MOUNTS),
    Fault("outputs that become read-only while the page is written", CLEANING, closed("open", r"html/\.02"), CLOSED,
          needs=MOUNTS),
    Fault("a notebook that asks for more memory than it may have", CLEANING, with_hook(
        "import numpy, resource\nresource.setrlimit(resource.RLIMIT_AS, (4 << 30, -1))\nnumpy.ones(1 << 40)"),
        r"MemoryError.*\s+Memory ran out\. Give the machine more"),
    Fault("too many open files", JOURNEY, few_files, "Too many open files.*\\s+.*ulimit"),
    Fault("a collected table that was garbled between runs", CLEANING, between_runs(_COLLECTED),
          MADE_AGAIN.format("collected/learners.parquet"), harmless=True),
    Fault("a collected table that is garbled in mid-run", CLEANING, in_mid_run(_COLLECTED),
          READ_IN_MID_RUN.format("collected/learners.parquet")),
    Fault("a clean table of which one bit fell over, its size and time the same", JOURNEY,
          between_runs(_CLEAN, bit_flip), MADE_AGAIN.format("clean/learners.parquet"), harmless=True),
    Fault("a clean table that was removed", JOURNEY, between_runs(_CLEAN, Path.unlink),
          "clean/learners.parquet is gone; made again", harmless=True),
    Fault("a table of the store that is garbled in mid-run", FEATURES, in_mid_run(f"{JOURNEY}/tables/stages.parquet"),
          READ_IN_MID_RUN.format("tables/stages.parquet")),
    Fault("features that are garbled in mid-run", MODELING, in_mid_run(_FEATURES),
          READ_IN_MID_RUN.format("features/completion.parquet")),
    Fault("a model file that is garbled in mid-run", BIAS, in_mid_run(_MODEL),
          READ_IN_MID_RUN.format("models/completion.skops")),
    Fault("results of a step that were half written", JOURNEY, between_runs(f"{CLEANING}/results.json"),
          MADE_AGAIN.format("results.json"), harmless=True),
    Fault("results of a step that are garbled in mid-run", FEATURES, in_mid_run(f"{CLEANING}/results.json"),
          READ_IN_MID_RUN.format("results.json")),
    Fault("a manifest that was half written", MODELING, between_runs(f"{FEATURES}/manifest.json"),
          MADE_AGAIN.format("manifest.json"), harmless=True),
    Fault("results of the window that were garbled", CLEANING, between_runs("results.json"), "", harmless=True),
    Fault("a seal that was garbled", JOURNEY, between_runs(f"{CLEANING}/seal.json"), MADE_AGAIN.format("seal.json"),
          harmless=True),
    Fault("a stamp's account of what it rests on that was garbled", JOURNEY, between_runs(f".done/{CLEANING}.json"),
          "02_data_cleaning.json cannot be read; made again", harmless=True),
    Fault("a stamp's rule for make that was garbled", JOURNEY, between_runs(f".done/{CLEANING}.d"),
          "02_data_cleaning.d is not as it was written; made again", harmless=True),
    Fault("an executed notebook that was garbled", JOURNEY, between_runs(f"notebooks/{CLEANING}.ipynb"),
          MADE_AGAIN.format("notebooks/02_data_cleaning.ipynb"), harmless=True),
    Fault("a page that was garbled", REPORT, between_runs(f"html/{MODELING}.html"),
          MADE_AGAIN.format("html/05_modeling.html"), until="pages", harmless=True),
    Fault("another window whose report was garbled", REPORT, other_window_garbled,
          r"Left out of the front page: .*sample-before/11_report/tables/table_11_\d_\w+.parquet cannot be read",
          until="pages", harmless=True),
    Fault("a clock that was a day ahead when the stamps were set", CLEANING, clock_was_ahead,
          "02_data_cleaning: it is dated later than now", harmless=True),
    Fault("a changed notebook that is older than its stamp", CLEANING, came_back_with_an_old_time,
          "notebooks/02_data_cleaning.ipynb has changed; made again", harmless=True, often=True),
    Fault("a list of the withdrawn that appears with an old time", COLLECTION, withdrawn_appears,
          "secrets/withdrawn.txt has changed; made again", harmless=True, needs=SIMULATES),
    Fault("a clock that was put back between two steps", CLEANING, clock_went_back_in_mid_run,
          "00_data_collection: it is dated later than now", harmless=True),
    Fault("a notebook that is dated a day ahead", CLEANING, source_dated_ahead, "modification time .* in the future",
          harmless=True),
    Fault("two runs of one window at once", CLEANING, second_run, "^sample: another run is at work on this window"),
    Fault("a library that changes in mid-run", CLEANING, library_changed, "", harmless=True,
          again="02_data_cleaning  …"),
    Fault("parameters that become broken in mid-run", CLEANING, parameters_broken,
          "modelling is not a parameter; the nearest known one is modeling", until=JOURNEY),
    Fault("a notebook that is missing", CLEANING, without_notebook, "02_data_cleaning.ipynb is not in notebooks/"),
    Fault("a notebook that is half there", CLEANING, with_notebook('{"cells": [{"cell_ty'),
          "notebooks/02_data_cleaning.ipynb cannot be read as a notebook", often=True),
    Fault("a notebook that is JSON of something else", JOURNEY, with_notebook('{"cells": 3}'),
          "notebooks/03_learner_journey.ipynb cannot be read as a notebook"),
    Fault("a cell that fails", MODELING, with_hook("1 / 0"), r"failed: in cell In \[\d\].*\s+ZeroDivisionError"),
    Fault("a library that warns", CLEANING, with_hook('import warnings\nwarnings.warn("old")'),
          "printed a warning to stderr"),
    Fault("outputs that are deleted in mid-run", CLEANING, outputs_deleted,
          "the outputs of the window were removed while it ran", until="pages"),
    Fault("folders and files that killed runs left over", CLEANING, left_over, "", harmless=True),
    Fault("locks that a dead process left over", CLEANING, dead_lock, "", harmless=True),
    Fault("outputs that are a link to another place", CLEANING, linked_outputs, "", harmless=True),
    Fault("a reader that goes away, as behind head -1", REPORT, behind_head, "", until="pages", harmless=True),
    Fault("a folder for temporary files that is not there", CLEANING, with_variables(TMPDIR="{folder}/nowhere"), "",
          harmless=True),
    Fault("a folder for temporary files with a very long name", CLEANING, long_place, "", harmless=True),
    Fault("a home that cannot be written", CLEANING, closed_home, "", harmless=True),
)  # fmt: skip


# --- what came of it --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: what was said, and what is wrong, which is empty where all is as it should be."""

    fault: Fault
    said: Said
    told: str
    unharmed: str
    completes: str
    same: str

    @property
    def wrong(self) -> list[str]:
        return [text for text in (self.told, self.unharmed, self.completes, self.same) if text]


class House:
    """Makes, below one folder, the project that ran before, those that nothing disturbed, and one for each fault."""

    def __init__(self, folder: Path, whole: bool):
        self.folder, self.whole = folder, whole
        self._undisturbed: dict[tuple[str, str], Path] = {}

    @cached_property
    def before(self) -> Path:
        """A project that ran: to its pages, or as far as the faults go that strike in every run of the tests."""
        root = self.folder / "before"
        root.mkdir()
        tiny_project.make(root)
        sample = root / "params" / f"{WINDOW}.yaml"
        sample.write_text(yaml.safe_dump(yaml.safe_load(sample.read_text()) | {"simulation": SMALL_WORLD}))
        for step in paths.STEPS:
            write(root, step)
        said = Project(root, "", "" if self.whole else CLEANING).run()
        assert said.code == 0, said.text
        return root

    def undisturbed(self, fault: Fault) -> Path:
        """Return a project in which the change that a fault meets was run without it."""
        asked = (fault.step, until(fault))
        if asked not in self._undisturbed:
            project = self.project(fault, f"undisturbed-{len(self._undisturbed)}")
            said = project.run()
            assert said.code == 0, said.text
            self._undisturbed[asked] = project.folder
        return self._undisturbed[asked]

    def project(self, fault: Fault, name: str) -> Project:
        """Return a copy of the project that ran, in which the step that is struck has changed since."""
        root = self.folder / name
        shutil.copytree(self.before, root, symlinks=True)
        write(root, fault.step, changed=True)
        return Project(root, fault.step, until(fault))

    def outcome(self, fault: Fault) -> Outcome:
        """Let a fault strike, and see what comes of it."""
        undisturbed, project = self.undisturbed(fault), self.project(fault, f"fault-{FAULTS.index(fault)}")
        with project.cleared():
            said = fault.strike(project)
            told, unharmed = _told(fault, said, project), _harmed(self.before, undisturbed, project)
            for name in ("hook.py", "ambush/sitecustomize.py"):
                (project.folder / name).unlink(missing_ok=True)
            again = project.run()
            same = _differing(undisturbed, project)
        good = again.code == 0 and "Traceback" not in again.text and re.search(fault.again, again.text)
        completes = "" if good else f"next run: {again.text}"
        return Outcome(fault, said, told, unharmed, completes, same)


def until(fault: Fault) -> str:
    return {"": fault.step, "pages": ""}.get(fault.until, fault.until)


def write(root: Path, step: str, changed: bool = False) -> None:
    """Write a tiny notebook, as it was or as it is by now."""
    cells = [CELLS[step], COUNTED[step]] if step in CELLS else [f'step.record("tiny.{step}", 1)']
    more = [HOOK, SIMULATED if step == COLLECTION else CHANGED] if changed else []
    tiny_project.write_notebook(root, step, *cells, *more)


def can_mount() -> bool:
    """Return whether a small disk can be mounted here."""
    with tempfile.TemporaryDirectory() as place:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]
        if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", place], check=True)
        return True


def _told(fault, said, project):
    """Return what is wrong with the message, the code, and what is left at work."""
    wrong = []
    if not re.search(fault.says, said.text, re.MULTILINE):
        wrong.append(f"not said: {fault.says}")
    if "Traceback" in said.text or "It did not end." in said.text:
        wrong.append("a traceback, or no end")
    if (said.code == 0) != fault.harmless:
        wrong.append(f"exit code {said.code}")
    if not await_that(lambda: not project.left()):
        wrong.append(f"left at work: {project.left()}")
    return "; ".join([*wrong, said.text]) if wrong else ""


def _harmed(before, undisturbed, project):
    """Return which finished outputs are neither as they were before nor as they are to become."""
    goods = [_digests(root / "outputs" / WINDOW) for root in (before, undisturbed)]
    now = _digests(project.outputs)
    names = {name for name in goods[0] if not {name, ""} & project.destroyed}
    return ", ".join(sorted(name for name in names if now.get(name) not in [good.get(name) for good in goods]))


def _digests(outputs):
    """Return a hash of each finished step as a whole, of each page and of the results of the window."""
    found = {file.name: _digest([file]) for file in (outputs / "html").glob("*.html")}
    found |= {file.name: _digest([file]) for file in [outputs / "results.json"] if file.exists()}
    for step in paths.STEPS:
        place = next((p for p in (outputs / step, outputs / f".{step}.old") if p.exists()), None)
        if place:
            every = [file for file in sorted(place.rglob("*")) if file.is_file() and file.name.endswith(TIMELESS)]
            found[step] = _digest(every)
    return found


def _digest(files):
    return hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()


def _differing(undisturbed, project):
    """Return what differs from a run that nothing disturbed."""
    files = [undisturbed / "outputs" / WINDOW / "results.json"]
    files += (undisturbed / "outputs" / WINDOW).glob("*/**/*.parquet")
    names = [str(file.relative_to(undisturbed)) for file in files]
    return ", ".join(n for n in names if not _is_same(undisturbed / n, project.folder / n))


def _is_same(one, other):
    return other.exists() and one.read_bytes() == other.read_bytes()


# --- the table --------------------------------------------------------------------------------------------

HEAD = """# Faults

What goes wrong with a run, and what comes of it. `make faults` writes this page: it lets each fault of
`tests/faults.py` strike a step of a small project that ran before, with the real make, runner, kernels and store.

- **unharmed**: every step, every page and the results that were good before are, by their hash, as before or as they
  were to become.
- **completes**: the next `make run` ends well.
- **same**: its `results.json` and tables are byte for byte those of a run that nothing disturbed.

Of a harmless fault the run itself completes, with 0. Where everything is killed nobody is left to say anything. A
negative code is the signal by which make itself ended.

| fault | where | what is said | exit code | unharmed | completes | same |
|---|---|---|---|---|---|---|
"""


def row(outcome: Outcome) -> str:
    """Return an outcome as a row of the table."""
    fault = outcome.fault
    yes = ["no" if wrong else "yes" for wrong in (outcome.unharmed, outcome.completes, outcome.same)]
    place = fault.step if fault.until != "pages" else f"{fault.step}, pages"
    cells = [fault.name, place, _line(outcome), str(outcome.said.code), *yes]
    return f"| {' | '.join(cells)} |"


def _line(outcome):
    """Return the line that says what is wrong, without names of this machine."""
    found = (
        re.search(rf"^.*(?:{outcome.fault.says}).*$", outcome.said.text, re.MULTILINE) if outcome.fault.says else None
    )
    if found is None:
        return "nothing, it is harmless" if outcome.fault.harmless else "nothing, all is gone"
    text = re.sub(r"/\S*/fault-\d+/", "", re.sub(r"^[\d:]{8}  ", "", found.group()))
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Let every fault strike, print what came of each, and write the table; return 1 where anything is wrong.

    Parts of names as arguments choose faults; then no table is written.
    """
    mounts, rows, wrong = can_mount(), [], []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        house = House(Path(folder), whole=True)
        for fault in FAULTS:
            if not any(word in fault.name for word in sys.argv[1:] or [""]):
                continue
            if MOUNTS in fault.needs and not mounts:
                print(f"{fault.name}: skipped, nothing can be mounted here", flush=True)
                continue
            outcome = house.outcome(fault)
            rows.append(row(outcome))
            wrong += outcome.wrong
            print(rows[-1], *outcome.wrong, sep="\n", flush=True)
    if len(rows) == len(FAULTS):
        TABLE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    elif not sys.argv[1:]:
        print("The table was not written: it holds every fault.", file=sys.stderr)
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
