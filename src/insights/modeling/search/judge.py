"""The judge of a search: it scores a pipeline on our folds, remembers the score, and writes it down at once."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from insights import cluster
from insights.modeling import metrics
from insights.modeling.search import log as search_log
from insights.modeling.search import space as search_space
from insights.modeling.search import task as search_task
from insights.modeling.search.complexity import complexity
from insights.modeling.search.log import EVALUATED, FAILED
from insights.modeling.search.space import Written
from insights.modeling.search.task import Task


class PipelineError(RuntimeError):
    """A pipeline that could not be evaluated; the message is the kind of error."""


@dataclass(frozen=True)
class Judge:
    """What TPOT calls with each individual. Copies of it, as Dask makes them, share one memory within a process.

    Attributes
    ----------
    folder : pathlib.Path
        Holds the task.
    log : pathlib.Path
        Gets a line for each pipeline; those that it holds are not evaluated again.
    """

    folder: Path
    log: Path

    @property
    def memory(self) -> "Memory":
        """What was judged so far, and in which generation the search is."""
        return _memory(self.folder, self.log)

    def __call__(self, individual: object, **unused: object) -> float:
        """Return the mean ROC AUC over folds of an individual's pipeline.

        Raises
        ------
        PipelineError
            If it cannot be evaluated.
        """
        entry = self.memory.judged(search_space.written(individual.export_pipeline()))
        if entry["status"] == FAILED:
            raise PipelineError(entry["reason"])
        return entry["roc_auc"]


@dataclass
class Memory:
    """The task, the entries of the log by pipeline, and the generation that is being evaluated."""

    task: Task
    log: Path
    entries: dict[str, dict]
    generation: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    elsewhere: Callable[[Written], dict] | None = None

    def sent_to(self, helpers: object) -> int:
        """Let the workers of a cluster evaluate pipelines from now on; return how many they can at a time.

        Parameters
        ----------
        helpers : dask.distributed.Client
        """
        task = cluster.hold(helpers, self.task)
        self.elsewhere = lambda steps: helpers.submit(evaluate, steps, task, pure=False).result()
        return cluster.threads(helpers)

    def judged(self, steps: Written) -> dict:
        """Return the entry of a pipeline, evaluating it if it is new."""
        known = search_log.key(steps)
        if known not in self.entries:
            found = self.elsewhere(steps) if self.elsewhere else evaluate(steps, self.task)
            entry = {"generation": self.generation, "steps": json.loads(known), **found}
            with self.lock:
                self.entries[known] = entry
                search_log.append(self.log, entry)
        return self.entries[known]


def evaluate(steps: Written, task: Task) -> dict:
    """Return ``status`` and ``seconds``, and ``roc_auc`` and ``complexity``, means over folds, or the ``reason``.

    A pipeline may fail for as many reasons as there are libraries below it, and the search goes on without it. The
    reason is the kind of error alone, for its message may hold values of the data.
    """
    began = time.monotonic()
    try:
        with threadpool_limits(1):
            found = {"status": EVALUATED, **_scores(search_space.made(steps), task)}
    except Exception as error:
        found = {"status": FAILED, "reason": type(error).__name__}
    return found | {"seconds": round(time.monotonic() - began, 3)}


def _scores(pipeline, task):
    scores, sizes = zip(*(_fold(clone(pipeline), task, *fold) for fold in task.folds), strict=True)
    return {"roc_auc": float(np.mean(scores)), "complexity": round(float(np.mean(sizes)))}


def _fold(pipeline, task, fit, judge):
    pipeline.fit(task.matrix[fit], task.y[fit])
    score = pipeline.predict_proba(task.matrix[judge])[:, 1]
    if not np.isfinite(score).all():
        raise FloatingPointError("probabilities that are no numbers")
    return metrics.roc_auc(task.y[judge], score), complexity(pipeline)


@cache
def _memory(folder, log):
    entries = {search_log.key(entry["steps"]): entry for entry in search_log.read(log)}
    return Memory(search_task.load(folder), log, entries)
