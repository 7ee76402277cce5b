"""The `sample` window, end to end, twice: once undisturbed, once killed in the middle and started again."""

import asyncio
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from browser import CHROMIUM, browser
from tiny_project import REPOSITORY

from insights import paths, store
from insights.display import wording
from insights.running import verification
from insights.simulation.people import SPAM_TITLE
from insights.simulation.voices import SCRIPT_POST

pytestmark = pytest.mark.slow
TELEPHONE = 360  # pixels
# What lies in the environment of whoever runs it: passwords of servers, keys of object storage, tokens of services.
SECRETS = {name: f"planted-{name}" for name in ("PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN")}


# Budgets of the sample in these two runs; everything else is as in its own file. Its large tables lie in months, as
# those of the default company do.
LESS = {
    "compute": {"rows_a_file": 20_000},
    "journey": {"resamples": 40},
    "completion": {"days": [7]},
    "modeling": {
        "folds": 2,
        "forest_trees": 10,
        "tuning_trials": 0,
        "bootstrap_repeats": 50,
        "chance_repeats": 50,
        "tpot_rows": 400,
        "max_training_rows": 1_000,
        "max_validation_rows": 800,
    },
    "experiments": {"placebos": 60, "smallest_group": 40},
    "ablation": {"rows": 400, "noise": 1, "tried": 1, "pairs": 1},
    "tolerance": {"levels": 1, "rows": 400, "resamples": 20, "faults": 21},
}


def project(folder):
    """Copy what the pipeline needs into a folder of its own, where nothing has run yet."""
    for name in ("params", "notebooks", "registers"):
        shutil.copytree(REPOSITORY / name, folder / name)
    shutil.copy(REPOSITORY / "Makefile", folder / "Makefile")
    file = folder / "params" / "sample.yaml"
    sample = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**sample, **{name: sample.get(name, {}) | less for name, less in LESS.items()}}))
    return folder


def make(folder, *arguments):
    """Return a started `make` in a project, on this interpreter, in a process group of its own."""
    command = ["make", *arguments, "WINDOW=sample", f"PYTHON={sys.executable}", "INSTALLED="]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("INSIGHTS_", "MAKE", "PYTEST"))}
    environment |= SECRETS | {"INSIGHTS_OFFLINE_LOG": str(folder / "attempts.log")}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def run(folder, *arguments):
    """Run `make run` to its end; return what it said."""
    started = make(folder, "run", *arguments)
    said, _ = started.communicate(timeout=900)
    assert started.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A project in which the sample window was run from scratch, two notebooks at a time."""
    folder = project(tmp_path_factory.mktemp("undisturbed"))
    said = run(folder, "-j2")
    slides, _ = (started := make(folder, "slides")).communicate(timeout=300)
    assert started.returncode == 0, slides
    return folder, said + slides


@pytest.fixture(scope="module")
def outputs(undisturbed):
    return undisturbed[0] / "outputs" / "sample"


def pages(folder):
    """Return every page of a project: that of each notebook, the front page and the slides."""
    found = [folder / "outputs" / "index.html", *sorted((folder / "outputs" / "sample" / "html").glob("*.html"))]
    assert len(found) == len(paths.STEPS) + 2
    return found


def text_of(file):
    if file.suffix == ".parquet":
        return pq.read_table(file).to_pandas().to_csv()
    return re.sub(r"data:image/png;base64,[\w+/=]+", "", file.read_bytes().decode(errors="ignore"))


def pairs_of_words(text):
    """Return every two words that follow each other, as a full name would."""
    words = re.findall(r"\w+", text or "")
    return {f"{first} {second}" for first, second in pairwise(words)}


def test_a_run_ends_with_a_report_and_prints_its_path(undisturbed, outputs):
    assert "outputs/sample/html/11_report.html" in undisturbed[1]
    for step in paths.STEPS:
        assert (outputs / "html" / f"{step}.html").stat().st_size > 5_000


def test_the_headline_stands_in_the_results_store_with_its_interval(outputs):
    frame = pd.DataFrame(json.loads((outputs / "results.json").read_text()))
    assert list(frame.columns.sort_values()) == sorted(store.RECORD)
    for name in ("launch.roc_auc", "completion.roc_auc"):
        judged = frame[(frame["name"] == name) & frame["by"].map(lambda by: "rows" in by and "split" in by)]
        models = judged.dropna(subset=["low", "high"])
        assert {"logistic", "forest", "tpot", "chance"} <= set(models["model"])
        assert (models["low"] <= models["high"]).all() and models["value"].between(0, 1).all()
        of = models["by"].map(lambda by: by["rows"])
        rows = models.groupby([of, models["model"].where(models["model"] == "chance", "others")])["n"].max().unstack()
        assert (rows["chance"] == rows["others"]).all()


def test_the_manifest_says_what_each_notebook_took_and_what_each_model_saw(outputs):
    steps = json.loads((outputs / "manifest.json").read_text())["steps"]
    assert list(steps) == list(paths.STEPS)
    assert all(step["wall_seconds"] > 0 and step["peak_memory_mb"] > 0 for step in steps.values())
    for model in ("launch", "completion"):
        seen = steps["05_modeling"][f"{model}_rows_seen"]
        assert seen["train"]["last_resolved_at"] <= "2025-10-01T00:00:00" <= seen["validate"]["first_as_of"]
        assert seen["train"]["row_hash"] != seen["validate"]["row_hash"]


def test_no_name_or_address_of_the_raw_extracts_stands_anywhere_under_outputs(undisturbed, outputs):
    raw = undisturbed[0] / ".cache" / "simulation"
    learners = pd.concat([pd.read_parquet(file) for file in raw.glob("*/raw/learners/*.parquet")])
    posts = pd.concat([pd.read_parquet(file) for file in raw.glob("*/raw/social_posts/*.parquet")])
    names = {*learners["name"], *posts["author"]}
    planted = posts["text"].map(lambda text: bool(names & pairs_of_words(text)))
    assert len(learners) > 3000 and planted.any()
    every = [file for file in outputs.rglob("*") if file.is_file()]
    looked_at = [file for file in every if file.suffix != ".csv" or not file.with_suffix(".parquet").exists()]
    assert len(looked_at) > 100
    found = {}
    for file in looked_at:
        text = text_of(file)
        addresses = set(re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", text)) & set(learners["email"])
        identifiers = set(re.findall(r"\b[LM]\d{7}\b", text)) & set(learners["learner_id"])
        if told := (names & pairs_of_words(text)) | addresses | identifiers:
            found[file.name] = sorted(told)[:3]
    assert found == {}


def test_no_secret_of_the_environment_stands_in_outputs_caches_or_what_was_said(undisturbed):
    folder, said = undisturbed
    kept = [file for place in ("outputs", ".cache") for file in (folder / place).rglob("*") if file.is_file()]
    assert len(kept) > 200
    told = {file.name for file in kept for secret in SECRETS.values() if secret.encode() in file.read_bytes()}
    assert told == set() and not any(secret in said for secret in SECRETS.values())


def test_a_post_and_a_job_title_with_a_script_are_shown_as_text(outputs):
    pages = [file.read_text() for file in (outputs / "html").glob("*.html")]
    for planted in (SPAM_TITLE, SCRIPT_POST):
        script = re.search(r"<script>.*</script>", planted).group()
        assert not any(script in page for page in pages)
        assert any(script.replace("<", "&lt;").replace(">", "&gt;") in page.replace("&quot;", '"') for page in pages)


def test_no_page_fetches_anything_or_holds_a_script(outputs):
    for file in (outputs / "html").glob("*.html"):
        page = file.read_text()
        assert "default-src 'none'" in page
        assert not re.search(r"<script|<link[^>]+href=|<iframe|@import|url\((?!['\"]?data:)", page)
        assert not [src for src in re.findall(r'src="([^"]{0,40})', page) if not src.startswith("data:image/png")]
        assert not re.search(r'href="(?!#|(\.\./\.\./)?[\w.-]+\.html)', page)
        assert "Traceback" not in page and "Warning" not in page


def test_the_front_page_and_every_page_lead_only_to_pages_that_are_there(undisturbed, outputs):
    front = outputs.parent / "index.html"
    assert 'href="sample/html/11_report.html"' in front.read_text()
    dead = []
    for page in pages(undisturbed[0]):
        for address in re.findall(r'href="([^"]+)"', page.read_text()):
            file, _, part = address.partition("#")
            target = (page.parent / file).resolve() if file else page
            if not target.exists() or (part and f'id="{part}"' not in target.read_text()):
                dead.append((page.name, address))
    assert dead == []


def stored(outputs):
    """Yield every value with its bounds of the results store and of the tables beside it."""
    for record in json.loads((outputs / "results.json").read_text()):
        if record["low"] is not None:
            yield record["value"], record["low"], record["high"]
    for file in outputs.glob("*/tables/*.parquet"):
        table = pd.read_parquet(file)
        if {"low", "high"} <= set(table):
            for column in {"value", "difference", "change", "effect", "share"} & set(table):
                bounded = table[[column, "low", "high"]].apply(pd.to_numeric, errors="coerce")
                yield from bounded.dropna().itertuples(index=False, name=None)


def test_whatever_summary_shows_with_an_interval_stands_in_the_results_store_or_a_table(outputs):
    kinds = ("number", "share", "points", "money")
    known = {wording.interval(*found, kind) for found in stored(outputs) for kind in kinds}
    shown = r"(?:USD\u00a0)?[\u2212\d][^\s(]*(?:\u00a0%|\u00a0percentage points)? \(95\u00a0% interval [^)]+\)"
    for page in (outputs / "html" / "11_report.html", outputs / "html" / "slides.html"):
        told = re.findall(shown, re.sub("<[^>]+>", "", html.unescape(page.read_text())))
        assert len(told) > 5 and sorted(set(told) - known) == []


def test_the_same_number_is_the_same_on_each_page_that_shows_it(outputs):
    texts = {page.stem: html.unescape(page.read_text()) for page in pages(outputs.parents[1])}
    headline = pd.read_parquet(outputs / "11_report" / "tables" / "table_11_2_headline.parquet")
    compared = 0
    for r in headline[headline["model"] != "chance"].itertuples():  # of which page 05 shows the distribution
        value = wording.bounds(r.value, r.low, r.high)
        assert value in texts["05_modeling"], (r.question, r.rows, r.model)
        if r.chosen and r.rows in ("launch", "enrolled"):
            assert value in texts["index"]
            assert all(wording.interval(r.value, r.low, r.high) in texts[page] for page in ("11_report", "slides"))
            compared += 1
    assert compared == 2


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_each_page_can_be_read_by_everybody_on_any_screen_and_asks_for_nothing(undisturbed):
    async def look():
        async with browser() as tab:
            one, found = await tab(), []
            for page in pages(undisturbed[0]):
                found += await one.barriers(page.as_uri())
                if page.stem != "slides" and (width := await one.width(page.as_uri())) > TELEPHONE:
                    found.append((page.name, width))
            return found, {url for url in one.asked() if not url.startswith(("file:", "data:", "about:"))}

    assert asyncio.run(look()) == ([], set())


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_slides_and_report_are_printed_a_slide_per_sheet(undisturbed, outputs):
    make(undisturbed[0], "pdf").communicate(timeout=300)
    sheets = {
        name: (outputs / "pdf" / f"{name}.pdf").read_bytes().count(b"/Type /Page\n") for name in ("report", "slides")
    }
    slides = (outputs / "html" / "slides.html").read_text().count('<section class="slide')
    assert sheets["slides"] == slides > 10 and sheets["report"] > 2


def test_a_run_opens_no_network_connection(undisturbed):
    log = undisturbed[0] / "attempts.log"
    assert not log.exists() or log.read_text() == ""


def test_a_second_run_has_nothing_to_do(undisturbed, outputs):
    before = {file: file.stat().st_mtime_ns for file in outputs.rglob("*.parquet")}
    said = run(undisturbed[0])
    assert "nothing to do" in said.lower()
    assert {file: file.stat().st_mtime_ns for file in outputs.rglob("*.parquet")} == before


# What the second run goes through: ablation, bias and tolerance have tests of their own that they come out the same.
AGAIN = ("05_modeling", "09_experiments", "10_fresh_data")


def test_a_run_that_was_killed_and_started_again_gives_the_same_metrics_and_tables(outputs, tmp_path):
    folder = project(tmp_path)
    started = make(folder, "run")
    waiting = folder / "outputs" / "sample" / ".done" / "02_data_cleaning"
    for _ in range(600):
        if waiting.exists() or started.poll() is not None:
            break
        time.sleep(0.5)
    assert waiting.exists() and started.poll() is None
    time.sleep(4)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    for step in AGAIN:
        run(folder, f"UNTIL={step}")
    again = verification.contents(folder / "outputs" / "sample")
    again.pop("results.json")  # of all notebooks together
    assert len(again) > 60
    ran = {name.split("/")[0] for name in again}
    assert {*AGAIN, "00_data_collection"} < ran
    first = {name: content for name, content in verification.contents(outputs).items() if name.split("/")[0] in ran}
    assert sorted(first) == sorted(again)
    assert [name for name in first if first[name] != again[name]] == []
