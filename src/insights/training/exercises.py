"""The exercises: what is asked of whom, how the right answer is computed, and where to look."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from insights import paths, store
from insights.running import upcoming
from insights.verdicts import AS_TRAINED, LAUNCH

REPORT, MODELING = "11_report", "05_modeling"


class TrainingError(ValueError):
    """An exercise that is not there, or a window that has not been run; the message says what to do."""


@dataclass(frozen=True)
class Exercise:
    """An exercise.

    Attributes
    ----------
    question : str
    answer : callable
        From a window to the right answer: a number, a truth value, a text, or a day.
    look : str
        Where the answer stands.
    why : str
        What it teaches.
    within : float
        How far a number may be off.
    """

    question: str
    answer: Callable[[str], object]
    look: str
    why: str
    within: float = 0.0


def _recommended(window):
    advice = store.table(window, REPORT, "table_11_1_recommendations")
    return int((advice["verdict"] == LAUNCH).sum())


def _launches(window):
    headline = store.table(window, REPORT, "table_11_2_headline")
    return headline[(headline["question"] == "launch") & (headline["rows"] == "launch")]


def _judged(window):
    mine = _launches(window)
    return int(mine.loc[mine["chosen"], "n"].iloc[0])


def _beats_panel(window):
    mine = _launches(window).set_index("model")
    return bool(mine.loc["panel", "ahead_low"] > 0)


def _first(window):
    advice = store.table(window, REPORT, "table_11_1_recommendations")
    return advice.sort_values(["probability", "product_id"], ascending=[False, True])["product_id"].iloc[0]


def _raises_most(window):
    reasons = store.table(window, MODELING, "table_5_13_reasons")
    mine = reasons[(reasons["product_id"] == _first(window)) & (reasons["direction"] == "raises")]
    return str(mine.sort_values("place")["signal"].iloc[0])


def _flips(window):
    flips = store.table(window, MODELING, "table_5_14_flips")
    return int(flips.loc[flips["product_id"] == _first(window), "decile"].notna().sum())


def _interval_width(window):
    advice = store.table(window, REPORT, "table_11_1_recommendations").set_index("product_id")
    row = advice.loc[_first(window)]
    return float(row["high"] - row["low"])


def _trained_until(window):
    return pd.Timestamp(store.facts(window, MODELING)["launch_rows_seen"]["train"]["last_resolved_at"]).date()


def _survey_auc(window):
    every = pd.read_parquet(paths.predictions(window, "launch"))
    mine = every[(every["model"] == "survey") & (every["kind"] == "launch")]
    return float(roc_auc_score(mine["y"], mine["score"]))


def _set_aside(window):
    ledger = store.table(window, "02_data_cleaning", "table_2_1_ledger")
    return int(ledger.loc[ledger["table"] == "learners", "set_aside"].sum())


def leaking(seed: int = 0) -> pd.DataFrame:
    """Return rows of products with four features and an outcome ``y``; one of the features knows the outcome."""
    rng = np.random.default_rng(seed)
    y = rng.random(400) < 0.3
    known = {name: rng.normal(size=400) + 0.4 * y for name in ("views_last_month", "waiting_list", "survey_intent")}
    after = rng.poisson(np.where(y, 6.0, 1.0))
    return pd.DataFrame(known | {"support_tickets": after, "y": y.astype(int)})


def _nearest_limit(window):
    limits = store.table(window, "08_tolerance", "table_8_3_tolerances")
    able = limits[(limits["mode"] == AS_TRAINED) & np.isfinite(limits["tolerance"])]
    return sorted(able["title"].unique())


def _beyond(window):
    quality = store.table(window, "10_fresh_data", "table_10_5_quality")
    return int((quality["level"] > quality["limit"]).sum())


def _decision(window):
    results = store.results(window)
    found = results[(results["name"] == "fresh.decision") & (results["model"] == "launch")]
    return found["by"].iloc[0]["decision"] if len(found) else "there is no earlier model to judge"


EXERCISES = {
    "read-1": Exercise(
        "How many products does this window recommend to launch?", _recommended, "11, In short",
        "Nothing recommended is an answer too. Nothing and not enough evidence are different answers.",
    ),
    "read-2": Exercise(
        "On how many new launches was the chosen model judged?", _judged, "Table 11.2, new launches, column n",
        "Every figure has its number of rows beside it; behind few stands little.",
    ),
    "read-3": Exercise(
        "Is the chosen model shown to beat the panel on new launches? True or False.", _beats_panel,
        "11, How sure that is: does it say beats, or is not shown to beat?",
        "Not shown is not the same as not so: with so few launches, much cannot be shown.",
    ),
    "read-4": Exercise(
        "A model ranks two launches rightly in 50 % of cases. How much better than guessing is that, in percentage "
        "points?", lambda _: 0, "Reading a report, the first screen", "0.5 is guessing; 0.3 would be worse.",
    ),
    "plan-1": Exercise(
        "Which product has the highest probability? Its product_id.", _first, "Table 11.1, or the first page of make "
        "planner", "The highest probability is no recommendation by itself: look at its verdict.",
    ),
    "plan-2": Exercise(
        "How wide is the interval around that product's probability? Upper less lower end, between 0 and 1.",
        _interval_width, "Table 11.1, low and high", "A wide interval says how far the answer would move with other "
        "launches to learn from.", within=0.001,
    ),
    "plan-3": Exercise(
        "Which signal raises that product's probability most? The word in the column signal of table 5.13.",
        _raises_most, "Table 5.13, direction raises, place 1", "A reason says what the model reads, not what would "
        "happen if you changed it.",
    ),
    "plan-4": Exercise(
        "How many signals would turn the answer for that product, each by itself?", _flips,
        "Table 5.14: those with a decile", "An answer that one input turns is less sure than one that none does.",
    ),
    "work-1": Exercise(
        "By which day was the last training outcome of the launch model known? A datetime.date.", _trained_until,
        "manifest.json, steps, 05_modeling, launch_rows_seen", "It is no later than the split: nothing later was "
        "learned from.",
    ),
    "work-2": Exercise(
        "Compute the ROC AUC of the survey on new launches from the predictions.", _survey_auc,
        "insights.paths.predictions, rows of model survey and kind launch", "It is the figure of table 11.2: "
        "each can be computed again from what lies in outputs/.", within=1e-6,
    ),
    "work-3": Exercise(
        "How many rows of learners did cleaning set aside?", _set_aside, "Table 2.1, column set_aside",
        "Every row that is gone has a rule that took it, and can be looked at.",
    ),
    "work-4": Exercise(
        "One feature of training.leaking() cannot have been known at the decision. Which?",
        lambda _: "support_tickets", "the ROC AUC of each feature alone: one is too good",
        "Learners ask for help with what they bought: tickets come after the launch. A score too good is a leak "
        "until shown otherwise.",
    ),
    "operate-1": Exercise(
        "make next finds that nothing has arrived, and it is not due yet. Which exit code?",
        lambda _: upcoming.WAITING, "docs/operations.md, 2", "Each outcome has its own code, so that a timer can "
        "tell them apart.",
    ),
    "operate-2": Exercise(
        "Name an input that can get so bad that a model as trained leaves its specification. Its title in table 8.3.",
        _nearest_limit, "Table 8.3, mode as trained, a finite tolerance", "These are the limits of alert.",
    ),
    "operate-3": Exercise(
        "In how many checks of fresh records is the worst month beyond its limit?", _beyond,
        "Table 10.5, level above limit", "A record beyond its limit is mended before a model is blamed.",
    ),
    "operate-4": Exercise(
        "What does the written rule say of the launch model in use?", _decision,
        "10, In short; or the records fresh.decision", "The rule was written before the figures were seen.",
    ),
}  # fmt: skip
