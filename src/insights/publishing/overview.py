"""The overview: what each window that has a report found, a row per window, for the page that leads to them all."""

from dataclasses import dataclass

import pandas as pd

from insights import lineage, params, paths, store
from insights.findings.words import LEARNED
from insights.params import Params
from insights.verdicts import HOLD, LAUNCH

STEP = "11_report"
COLUMNS = [
    "window", "records", "split", "last", "candidates", "recommended", "held", "expected", "launch", "launch_low",
    "launch_high", "completion", "completion_low", "completion_high", "met", "criteria",
]  # fmt: skip
TREND = ["window", "who", "value", "low", "high", "n"]
NEEDS = {
    "table_11_1_recommendations": ["product_id", "title", "verdict", "within_capacity", "expected_gain", "place"],
    "table_11_2_headline": ["question", "rows", "model", "chosen", "value", "low", "high", "n", "shuffled"],
}  # fmt: skip


@dataclass(frozen=True)
class Overview:
    """What the front page shows.

    Attributes
    ----------
    windows : pandas.DataFrame
        In ``COLUMNS``, the newest window first: ``launch`` and ``completion`` are the ROC AUC of the chosen models on
        new launches and on enrolled learners.
    trend : pandas.DataFrame
        In ``TREND``: the ROC AUC on new launches of the chosen model and of each baseline, over the windows of those
        records that most windows are of, the oldest first.
    newest : Params or None
        The window whose answer the page opens with.
    unread : dict of str to str
        Windows whose reports cannot be read, such as those of another version, and why.
    """

    windows: pd.DataFrame
    trend: pd.DataFrame
    newest: Params | None
    unread: dict[str, str]


def study() -> Overview:
    """Gather what the windows found that have a report on this machine."""
    done, rows, unread = [], {}, {}
    for one in params.readable():
        if has_report(one.window):
            try:
                rows[one.window] = _row(one)
                done.append(one)
            except store.StoreError as error:
                unread[one.window] = str(error)
    if not done:
        return Overview(pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=TREND), None, unread)
    quarter = params.newest()
    done.sort(key=lambda one: (one.dates.end, one.window == quarter, one.window), reverse=True)
    newest = next((one for one in done if one.window == quarter), done[0])
    alike = max(([o.window for o in reversed(done) if lineage.same_records(o, one)] for one in done), key=len)
    return Overview(
        windows=pd.DataFrame([rows[one.window] for one in done], columns=COLUMNS),
        trend=store.joined([_trend(window) for window in alike], TREND),
        newest=newest,
        unread=unread,
    )


def answer(window: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the recommendations, the headline table and the results of a window, as its report shows them.

    Raises
    ------
    insights.store.StoreError
        If they cannot be read, or another version of Insights wrote them.
    """
    return (*(store.table(window, STEP, name, needs) for name, needs in NEEDS.items()), store.results(window))


def has_report(window: str) -> bool:
    """Return whether a window came to its report on this machine."""
    return (paths.step(window, STEP) / "tables" / "table_11_2_headline.parquet").exists()


def _row(one):
    advice, headline, results = answer(one.window)
    row = {"window": one.window, "records": one.source.kind, "split": one.dates.split}
    row |= {"last": one.dates.end - pd.Timedelta(days=1), "candidates": len(advice)}
    if len(advice):
        go = advice[(advice["verdict"] == LAUNCH) & advice["within_capacity"]]
        row |= {"recommended": len(go), "expected": go["expected_gain"].sum() if len(go) else None}
        row |= {"held": int((advice["verdict"] == HOLD).sum())}
    for question, kind in (("launch", "launch"), ("completion", "enrolled")):
        mine = headline[(headline["question"] == question) & (headline["rows"] == kind)]
        for r in mine[mine["chosen"]].itertuples():
            row |= {question: r.value, f"{question}_low": r.low, f"{question}_high": r.high}
    gates = results[results["name"] == "gates.met"]
    if len(gates):
        row |= {"met": int(gates["value"].sum()), "criteria": int(gates["n"].sum())}
    return row


def _trend(window):
    headline = store.table(window, STEP, "table_11_2_headline")
    mine = headline[(headline["question"] == "launch") & (headline["rows"] == "launch")]
    mine = mine[mine["chosen"] | ~mine["model"].isin(LEARNED)]
    return mine.assign(window=window, who=mine["model"].mask(mine["chosen"], "chosen"))[TREND]
