"""Where everything lives: the one place that names files and folders.

A notebook talks to the next one only through the files named here. Each notebook owns one
folder below its window, written aside and moved into place as a whole.
"""

import os
from pathlib import Path

STEPS = (
    "00_data_collection",
    "01_data_dictionary",
    "02_data_cleaning",
    "03_learner_journey",
    "04_feature_analysis",
    "05_modeling",
    "06_ablation",
    "07_bias_checks",
    "08_tolerance",
    "09_experiments",
    "10_fresh_data",
    "11_report",
)


def root() -> Path:
    """Return the project's root: ``INSIGHTS_ROOT``, or the nearest folder above with ``params/base.yaml``.

    Raises
    ------
    FileNotFoundError
        If neither is found, as when a notebook is opened outside the repository.
    """
    named = os.environ.get("INSIGHTS_ROOT")
    if named:
        return Path(named).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "params" / "base.yaml").exists():
            return folder
    raise FileNotFoundError(
        f"{here}: no params/base.yaml here or above. Start from the repository, or set INSIGHTS_ROOT to it."
    )


def params_file(window: str) -> Path:
    """Return the parameter file of a window."""
    return root() / "params" / f"{window}.yaml"


def notebook(step: str) -> Path:
    """Return the committed notebook of a step."""
    return root() / "notebooks" / f"{step}.ipynb"


def cache() -> Path:
    """Return the folder for what can be made again at any time, such as the simulated company."""
    return root() / ".cache"


def spilled() -> Path:
    """Return the folder below which table engines put what their memory does not hold."""
    return cache() / "spilled"


def gap_register() -> Path:
    """Return the file in which people write down what is done about information gaps."""
    return root() / "registers" / "gaps.yaml"


def failure_modes() -> Path:
    """Return the file in which people write down what can go wrong, why, and what to do."""
    return root() / "registers" / "fmea.yaml"


def experiments() -> Path:
    """Return the register of experiments: what decides each, as written down before it ran."""
    return root() / "registers" / "experiments.yaml"


def plan() -> Path:
    """Return the plan by which the product comes into use."""
    return root() / "registers" / "plan.yaml"


def acceptance() -> Path:
    """Return the register of what readers must be able to do before they take the product."""
    return root() / "registers" / "acceptance.yaml"


def register(name: str) -> Path:
    """Return a register that people keep by hand: ``requirements``, ``papers`` or ``assumptions``."""
    return root() / "registers" / f"{name}.yaml"


def signatures() -> Path:
    """Return what people said of acceptance tests; kept out of version control."""
    return root() / "planners" / "acceptance.jsonl"


def key_file() -> Path:
    """Return the file that holds the pseudonymisation key where the environment does not."""
    return root() / "secrets" / "pseudonym.key"


def withdrawn() -> Path:
    """Return the list of people who withdrew their consent or asked to be erased, kept out of version control."""
    return root() / "secrets" / "withdrawn.txt"


def key_fingerprint() -> Path:
    """Return the file by which make sees that another key is in use; it does not hold the key."""
    return cache() / "pseudonym.fingerprint"


def front() -> Path:
    """Return the page that leads to every window."""
    return root() / "outputs" / "index.html"


def close_out() -> Path:
    """Return the page with which the project is closed: what was asked for, what is there, what is open."""
    return root() / "outputs" / "close_out.html"


def slides(name: str) -> Path:
    """Return the slides of a window."""
    return window(name) / "html" / "slides.html"


def printed(name: str, document: str) -> Path:
    """Return the PDF of a window's ``report`` or ``slides``."""
    return window(name) / "pdf" / f"{document}.pdf"


def window(name: str) -> Path:
    """Return the folder of everything that a window made."""
    return root() / "outputs" / name


def step(name: str, step_name: str) -> Path:
    """Return the folder that a notebook owns within a window."""
    return window(name) / step_name


def staging(name: str, step_name: str, process: int) -> Path:
    """Return the folder in which a process prepares a step before it is moved into place."""
    return window(name) / f".{step_name}.{process}.staging"


def results(name: str) -> Path:
    """Return the results store of a window, which every shown number comes from."""
    return window(name) / "results.json"


def manifest(name: str) -> Path:
    """Return the manifest of a window: versions, hashes, seeds, costs, rows that each model saw."""
    return window(name) / "manifest.json"


def page(name: str, step_name: str) -> Path:
    """Return the exported HTML page of a step."""
    return window(name) / "html" / f"{step_name}.html"


def executed(name: str, step_name: str) -> Path:
    """Return the executed notebook of a step."""
    return window(name) / "notebooks" / f"{step_name}.ipynb"


def stamp(name: str, done: str) -> Path:
    """Return the file whose time tells make when a step of a window was last done, or its pages."""
    return window(name) / ".done" / done


def failed(name: str, step_name: str) -> Path:
    """Return where a failed notebook is kept for reading."""
    return window(name) / "failed" / f"{step_name}.ipynb"


def collected(name: str, table: str) -> Path:
    """Return a collected table: raw extracts without identifying columns."""
    return step(name, "00_data_collection") / "collected" / f"{table}.parquet"


def protected(name: str) -> Path:
    """Return the protected attributes, apart from every other table; only bias checks read them."""
    return step(name, "00_data_collection") / "protected" / "protected.parquet"


def clean(name: str, table: str) -> Path:
    """Return a cleaned table."""
    return step(name, "02_data_cleaning") / "clean" / f"{table}.parquet"


def forecasts(name: str, model: str) -> Path:
    """Return the forecasts of the ``completion`` or the ``enrollment`` model for each learner, with reasons."""
    return step(name, "03_learner_journey") / "forecasts" / f"{model}.parquet"


def expected_completions(name: str) -> Path:
    """Return how many completions of each product could have been expected at each time."""
    return step(name, "03_learner_journey") / "forecasts" / "expected_completions.parquet"


def features(name: str, model: str) -> Path:
    """Return the feature table of the ``launch`` or the ``completion`` model."""
    return step(name, "04_feature_analysis") / "features" / f"{model}.parquet"


def predictions(name: str, model: str) -> Path:
    """Return every model's prediction for every validation row."""
    return step(name, "05_modeling") / "predictions" / f"{model}.parquet"


def exported_people(name: str) -> Path:
    """Return the learners as they may be handed over: coarse words, shared by enough people, and no identifier."""
    return step(name, "02_data_cleaning") / "export" / "people.parquet"


def set_aside(name: str, table: str) -> Path:
    """Return the rows of a table that cleaning set aside, with the rule that took each."""
    return step(name, "02_data_cleaning") / "set_aside" / f"{table}.parquet"


def search(name: str, kind: str) -> Path:
    """Return where a search of pipelines for a model keeps what it evaluated, so that it can go on."""
    return cache() / "search" / name / kind


def simplified(name: str, kind: str) -> Path:
    """Return the simplified model of a window, which does without the parts that were not shown to add anything."""
    return step(name, "06_ablation") / "models" / f"{kind}.skops"


def card(name: str, kind: str) -> Path:
    """Return the card of a chosen model: what it is for, what it reached, what it is not for."""
    return step(name, "05_modeling") / "models" / f"{kind}.md"


def code(name: str, kind: str) -> Path:
    """Return the best pipeline that TPOT found for a model, as plain scikit-learn code."""
    return step(name, "05_modeling") / "models" / f"{kind}_tpot.py"


def deployments() -> Path:
    """Return the log of which model was put into use when, by whom, and why; kept out of version control."""
    return root() / "deployed" / "decisions.jsonl"


def shadow() -> Path:
    """Return what shadow runs wrote down, before anybody could know; kept out of version control."""
    return root() / "deployed" / "shadow.jsonl"


def deployed(kind: str, digest: str) -> Path:
    """Return a model that was put into use, by the SHA-256 of its file."""
    return root() / "deployed" / f"{kind}-{digest[:16]}.skops"


def judgements() -> Path:
    """Return what planners said of the model's recommendations; kept out of version control."""
    return root() / "planners" / "judgements.jsonl"


def trial() -> Path:
    """Return what planners decided in the experiment with them; kept out of version control."""
    return root() / "planners" / "trial.jsonl"


def scored(name: str) -> Path:
    """Return the folder of what a window's launch model said of candidates from files."""
    return window(name) / "scored"


def blinding_key(name: str) -> Path:
    """Return whose choice stands on which side of each blinded case; not to be opened before all are judged."""
    return step(name, "09_experiments") / "key.csv"


def model(name: str, kind: str) -> Path:
    """Return the chosen ``launch`` or ``completion`` model of a window."""
    return step(name, "05_modeling") / "models" / f"{kind}.skops"
