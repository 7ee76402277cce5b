"""TPOT behind our own interface: a small search space, our folds, a budget in evaluations, a limit that is kept.

What bounds a search is a number of evaluations, so that it gives the same answer twice; the limit in minutes is there
for the day on which something goes wrong. What was evaluated by then is on disk, the best of it is returned, and a
search that was ended goes on where it was. The winner is a plain scikit-learn pipeline.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from insights.modeling.learned import Searched
from insights.modeling.search import log as search_log
from insights.modeling.search import space as search_space
from insights.modeling.search import task as search_task
from insights.modeling.search import watch as search_watch
from insights.params import Params
from insights.progress import report


class SearchError(RuntimeError):
    """A search in which no pipeline could be evaluated, or whose process broke off."""


@dataclass(frozen=True)
class Search:
    """What a search found and what it did.

    Attributes
    ----------
    model : Searched
        The winner, unfitted, as plain scikit-learn.
    log : pandas.DataFrame
        A row per pipeline: ``generation, pipeline, roc_auc`` (mean over folds; missing where it failed),
        ``complexity`` (from :func:`insights.modeling.search.complexity.complexity`, mean over folds, rounded) and
        ``status`` (``evaluated`` or ``failed``).
    stopped : bool
        Whether the limit in minutes ended the search before its budget was used.
    """

    model: Searched
    log: pd.DataFrame
    stopped: bool = False

    @property
    def tried(self) -> int:
        """How many pipelines got a score or failed."""
        return len(self.log)

    @property
    def evaluated(self) -> int:
        """How many pipelines got a score."""
        return int(self.log["roc_auc"].notna().sum())

    @property
    def front(self) -> pd.DataFrame:
        """Rows of the log than which no other is both as good and as simple, simplest first.

        Of rows that are equal in both, the first stands for all.
        """
        scored = self.log.dropna(subset="roc_auc")
        simplest = scored.sort_values(["complexity", "roc_auc"], ascending=[True, False], kind="stable")
        better = simplest["roc_auc"] > simplest["roc_auc"].cummax().shift(fill_value=-1.0)
        return simplest[better].reset_index(drop=True)


def search(rows: pd.DataFrame, features: list[str], params: Params, folder: Path | None = None) -> Search:
    """Search pipelines with TPOT (Olson and Moore 2016) on training rows.

    The winner has the highest ROC AUC; of several it is the least complex, and of those the first of the log.

    Parameters
    ----------
    rows : pandas.DataFrame
        Training rows with the features and ``y``. More than ``modeling.tpot_rows`` are thinned out evenly
        for the search; the winner is fitted on all.
    features : list of str
    params : Params
        ``modeling.tpot_population`` times ``modeling.tpot_generations`` pipelines are evaluated, within
        ``modeling.tpot_minutes``.
    folder : pathlib.Path, optional
        Where pipelines are written as they are evaluated, a line of JSON each. A search with the same rows, folds,
        seed and budget that finds a log there goes on from it, and finds what it would have found in one go. It holds
        no data. Nothing is kept where it is not given.

    Raises
    ------
    SearchError
        If no pipeline could be evaluated, or the process of the search broke off; the message says how many were
        tried.
    """
    task = search_task.task(rows, features, params)
    with tempfile.TemporaryDirectory(prefix="insights_") as scratch:
        log = search_log.place(folder or Path(scratch), task.digest)
        search_log.begin(log)
        end = search_watch.run(task, Path(scratch), log, params.compute, params.modeling.tpot_minutes)
        entries = search_log.read(log)
    stopped = end.stopped and len(entries) < task.budget
    table = search_log.table(entries)
    _require_one(table, end, params.modeling.tpot_minutes)
    if stopped:
        report(f"tpot: ended after {params.modeling.tpot_minutes:g} minutes; the best so far is taken")
    best = table.sort_values(["roc_auc", "complexity"], ascending=[False, True], kind="stable").index[0]
    return Search(Searched("tpot", search_space.made(entries[best]["steps"]), features), table, stopped)


def _require_one(table, end, minutes):
    """Refuse a search without a winner, or one that did not come to its end for another reason than its limit."""
    scored = int(table["roc_auc"].notna().sum())
    if scored and not end.trouble:
        return
    tried = f"TPOT tried {len(table)} pipelines and could evaluate {scored or 'none'} of them."
    if end.stopped:
        raise SearchError(f"{tried} It was ended after {minutes:g} minutes: raise modeling.tpot_minutes.")
    raise SearchError(f"{tried} {end.trouble}".strip())
