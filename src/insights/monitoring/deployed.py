"""Deployed: which model is in use, as a log of decisions to which lines are only added.

A promotion copies a window's model, so that it stays what it was when the window is run again. A rollback goes back
to the model before; it is a decision like any other, with a reason.
"""

import datetime
import getpass
import re
import shutil
from collections.abc import Sequence

import pandas as pd

from insights import journals, paths, store
from insights.modeling import baselines, saved
from insights.modeling.dataset import MODELS
from insights.modeling.learned import Learned
from insights.params import ParameterError, checked
from insights.rows import ENROLLED, LAUNCH
from insights.verdicts import RECALIBRATE, RETRAIN

_DIGEST = re.compile(r"[0-9a-f]{64}")
PROMOTE, ROLLBACK = "promote", "rollback"
# Where the differences from each baseline are stored, and the rows that a model is for.
JUDGED = {"launch": ("table_5_2_launch_against", LAUNCH), "completion": ("table_5_6_completion_against", ENROLLED)}
COLUMNS = ["number", "decided_at", "who", "action", "model", "window", "sha256", "why"]
KINDS = dict.fromkeys(COLUMNS, (str,)) | {"number": (int,)}


class DeploymentError(ValueError):
    """A decision that cannot be carried out; the message says why and what to do."""


def log() -> pd.DataFrame:
    """Return all decisions, the oldest first, in ``COLUMNS``.

    Raises
    ------
    DeploymentError
        If a line of the log cannot be read, or names what could be no model of ours.
    """
    try:
        every = journals.read(paths.deployments(), COLUMNS, KINDS)
        for decision in every.itertuples():
            _require_nameable(decision)
    except (journals.JournalError, ParameterError) as error:
        raise DeploymentError(str(error)) from None
    return every


def promote(window: str, models: Sequence[str], why: str) -> list[dict]:
    """Put models of a window into use; return the decisions. All of them can be carried out, or none is.

    A model that is in use already, whose file is gone or was changed, is put back.

    Parameters
    ----------
    window : str
        Whose notebook 05 has run.
    models : sequence of str
        ``launch``, ``completion``, or both; of both, those that the window has.
    why : str

    Raises
    ------
    DeploymentError
        If there is no such model, it cannot be loaded safely, a baseline ranks better, it is in use already, or no
        reason is given.
    """
    _reason(why)
    if unknown := [model for model in models if model not in MODELS]:
        raise DeploymentError(f"{', '.join(unknown)}: no such model. Models are {', '.join(MODELS)}.")
    there = [model for model in models if paths.model(window, model).exists()]
    if not there:
        raise DeploymentError(
            f"{window}: no {' or '.join(models)} model to promote. Run the window first: make run WINDOW={window}."
        )
    _require_above_baselines(window, there)
    digests = {model: _promotable(window, model) for model in there}
    if not any(digests.values()):
        raise DeploymentError(f"{', '.join(there)} of {window}: in use already. There is nothing to promote.")
    for model, digest in digests.items():
        if digest:
            _copy(paths.model(window, model), paths.deployed(model, digest), digest)
    return [_write(PROMOTE, model, window, digest, why) for model, digest in digests.items() if digest]


def rollback(models: Sequence[str], why: str) -> list[dict]:
    """Put the models before into use again; return the decisions.

    Raises
    ------
    DeploymentError
        If there is none before, its file is gone or another one, or no reason is given.
    """
    _reason(why)
    decisions = log()
    stacks = {model: stack for model in models if len(stack := _stack(decisions, model)) > 1}
    if not stacks:
        raise DeploymentError(
            f"there is no {' or '.join(models)} model before the one in use, to which to go back. "
            "make deployed prints all decisions."
        )
    for model, stack in stacks.items():
        if not is_intact(model, stack[-2]["sha256"]):
            raise DeploymentError(
                f"the {model} model of {stack[-2]['window']}, to which to go back, is gone or changed "
                f"({paths.deployed(model, stack[-2]['sha256']).name}). Restore it from its copy first."
            )
    return [_write(ROLLBACK, model, stack[-2]["window"], stack[-2]["sha256"], why) for model, stack in stacks.items()]


def doubts(window: str, models: Sequence[str]) -> list[str]:
    """Return what notebook 10 of a window says against promoting its models; nothing where it judged none."""
    told = store.table_if_there(window, "10_fresh_data", "table_10_7_decisions")
    if told is None:
        return []
    return [
        f"{model}: notebook 10 of {window} finds no ground to promote it; of the one in use it says: {one.decision}."
        for model, one in told[told["model"].isin(models)].set_index("model").iterrows()
        if not one["promotable"] and one["decision"] not in (RETRAIN, RECALIBRATE)
    ]


def in_use(model: str) -> dict | None:
    """Return the decision that put the model in use there; None without one."""
    stack = _stack(log(), model)
    return stack[-1] if stack else None


def load(model: str) -> Learned | None:
    """Return the model in use; None without one.

    Raises
    ------
    DeploymentError
        If its file is gone or is another one than was promoted.
    """
    decision = in_use(model)
    if decision is None:
        return None
    file = paths.deployed(model, decision["sha256"])
    if not is_intact(model, decision["sha256"]):
        raise DeploymentError(
            f"the {model} model of {decision['window']} that is in use is gone or changed ({file.name}). Restore it "
            f"from its copy, or put it back: make promote WINDOW={decision['window']} MODEL={model} WHY=…"
        )
    return saved.load(file)


def is_intact(model: str, digest: str) -> bool:
    """Return whether a model that was put into use is still there as it was, by its SHA-256."""
    file = paths.deployed(model, digest)
    return file.exists() and store.file_hash(file) == digest


def _require_above_baselines(window, models):
    """Refuse models that a baseline ranks better than, on the validation rows that they are for."""
    for model in models:
        name, kind = JUDGED[model]
        told = store.table_if_there(window, "05_modeling", name)
        if told is None:
            continue
        if better := baselines.ahead(told[told["rows"] == kind]):
            others = [f"MODEL={other}" for other in models if other != model]
            raise DeploymentError(
                f"the {model} model of {window} cannot be released: {', '.join(better)} rank better than it "
                f"on validation rows ({name}). Keep the one in use"
                f"{'; of the other alone: ' + ' '.join(others) if others else ''}."
            )


def _require_nameable(decision):
    """Refuse a decision whose window or digest would name a file elsewhere."""
    checked(decision.window)
    if not _DIGEST.fullmatch(decision.sha256):
        raise DeploymentError(
            f"{paths.deployments().name}, decision {decision.number}: {decision.sha256[:80]!r} is no SHA-256. "
            "Restore the log from its copy."
        )


def _stack(decisions, model):
    """Return the promotions that stand, the one in use last: a rollback takes the last one off."""
    stack = []
    for decision in decisions[decisions["model"] == model].to_dict("records"):
        if decision["action"] == ROLLBACK:
            if not stack:
                raise DeploymentError(
                    f"{paths.deployments().name}, decision {decision['number']}: a rollback with nothing before it. "
                    "Restore the log from its copy."
                )
            stack.pop()
        elif not stack or stack[-1]["sha256"] != decision["sha256"]:  # else it was put back
            stack.append(decision)
    return stack


def _promotable(window, model):
    """Return the SHA-256 of a model that can be loaded safely; nothing where it is in use already, and intact."""
    file = paths.model(window, model)
    saved.load(file)
    digest, now = store.file_hash(file), in_use(model)
    return None if now is not None and now["sha256"] == digest and is_intact(model, digest) else digest


def _copy(source, kept, digest):
    if not kept.exists() or store.file_hash(kept) != digest:
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside = kept.with_suffix(".part")
        shutil.copyfile(source, aside)
        aside.replace(kept)


def _reason(why):
    if not why or not why.strip():
        raise DeploymentError('a decision needs a reason: WHY="…".')


def _write(action, model, window, digest, why):
    decision = {
        "number": len(log()) + 1, "decided_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "who": getpass.getuser(), "action": action, "model": model, "window": window, "sha256": digest,
        "why": " ".join(why.split()),
    }  # fmt: skip
    journals.append(paths.deployments(), [decision])
    return decision
