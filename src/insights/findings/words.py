"""The words that findings share: names of models, rows and metrics, and tables in words for readers."""

import pandas as pd

from insights.display.wording import Prose, count, listing, number, say
from insights.verdicts import ALL, HINDSIGHT

# Of each baseline and each model: its name in a sentence, and in a table.
BASELINES = {
    "chance": ("chance", "Chance"),
    "panel": ("the panel of R&D and Marketing", "Panel of R&D and Marketing"),
    "survey": ("the survey (share that answers 4 or 5)", "Survey"),
    "persistence": ("persistence (earned last month what is asked now)", "Persistence"),
    "past_launches": ("how launches of its topic did", "Launches of its topic"),
    "active_days": ("the number of days active", "Days active"),
    "last_week": ("views in the last week", "Views last week"),
}
LEARNED = {
    "margin": ("linear regression of the margin", "Regression of the margin"),
    "logistic": ("logistic regression", "Logistic regression"),
    "forest": ("the Random Forest", "Random Forest"),
    "boosting": ("gradient boosting", "Gradient boosting"),
    "tpot": ("TPOT", "TPOT"),
    "cotraining": ("co-training", "Co-training"),
}
MODELS = (
    BASELINES
    | LEARNED
    | {
        "yesterday": ("knowing last month's true demand", "Knowing last month's true demand"),
        "chosen": ("the model that each window chose", "Chosen model"),
    }
)
TITLES = {name: title for name, (title, _) in MODELS.items()}
LABELS = {name: label for name, (_, label) in MODELS.items()}
DECISIONS = {ALL: "Launching all", HINDSIGHT: "Hindsight"}
PRICED = ("panel", "survey", ALL, HINDSIGHT)  # who is drawn beside the chosen model where costs change
ROWS = {"catalogue": "products on sale", "launch": "new launches", "enrolled": "enrolled learners",
        "waiting": "products that wait"}  # fmt: skip
TEAMS = {"research_and_development": "R&D", "marketing": "Marketing"}
UNITS = {"catalogue": "decision", "launch": "decision", "enrolled": "enrollment"}  # what a row is
QUESTIONS = {"launch": "earning the margin asked for", "completion": "completing the course"}
HURDLES = {
    "plan": "the part of its launch cost that its own plan lays upon that time",
    "past": "what it earned on average in the months before",
}
METRICS = {"roc_auc": "ROC AUC", "f1": "F1", "brier": "Brier score", "constant": "Brier score of a constant"}
OF_SCORES = ("roc_auc", "average_precision")
_WORDS = {
    "model": LABELS | DECISIONS,
    "rows": ROWS,
    "kind": ROWS,
    "metric": METRICS,
    "measure": METRICS,
    "team": TEAMS,
}
_WORDS |= {key: {} for key in ("group", "attribute", "component", "removed", "one", "other", "tables")}


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return a results frame whose keys (of models, kinds of rows, metrics, groups) are words for readers."""
    present = {name: words for name, words in _WORDS.items() if name in table}
    return table.assign(**{name: table[name].map(lambda k, w=w: _word(k, w)) for name, w in present.items()})


def in_two(performance: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the metrics of scores and those of decisions, in words, by what they tell; together they are wide."""
    of_scores = performance["metric"].isin(OF_SCORES)
    return {
        "how well scores rank": in_words(performance[of_scores]),
        "how right the 0 or 1 is": in_words(performance[~of_scores]),
    }


def units(n: int, kind: str) -> str:
    """Return how many rows of a kind there are, by what a row of it is: ``300 decisions``."""
    return count(int(n), UNITS.get(kind, "row"))


def not_supported(analysis: str, lacking: list[str]) -> Prose:
    """Say in one sentence that a source does not support an analysis, and what it lacks."""
    return say(
        "This source does not support the {analysis} model, for it lacks {lacking}; the notebook goes on without it.",
        analysis=analysis, lacking=listing(lacking, most=4),
    )  # fmt: skip


def _word(key, words):
    return words.get(key, key.replace("_", " ")) if isinstance(key, str) else key


def decider(name: str) -> str:
    """Return who decides, in a sentence: a baseline, a model, or what needs none."""
    return DECISIONS[name].lower() if name in DECISIONS else TITLES[name]


def products(some: pd.DataFrame, every: pd.DataFrame) -> list[str]:
    """Return what products are called: by title, with their number where another has the same title.

    Parameters
    ----------
    some, every : pandas.DataFrame
        ``product_id`` and ``title``, where there is one: those that are named, and all among which they are.
    """
    if "title" not in every:
        return some["product_id"].tolist()
    shared = set(every.loc[every["title"].duplicated(), "title"])
    return [f"{r.title} ({r.product_id})" if r.title in shared else r.title for r in some.itertuples()]


def on_launches(headline: pd.DataFrame) -> tuple[pd.Series | None, pd.DataFrame]:
    """Return the chosen model's row on new launches and those of the baselines; None where no launch was judged.

    Parameters
    ----------
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    """
    judged = headline[headline["rows"] == "launch"]
    chosen = judged[judged["chosen"]]
    return None if chosen.empty else chosen.iloc[0], judged[~judged["model"].isin(LEARNED)]


def beats_chance(judged: pd.Series) -> bool:
    """Tell whether a row of the headline lies above what the best of all reaches in 95 of 100 shuffles."""
    return judged["value"] > judged["shuffled"]


def span(months: int) -> str:
    """Return a number of months as what stands behind "in the": month, 3 months."""
    return "month" if months == 1 else f"{number(months)} months"


def against(chosen: pd.Series, best: pd.Series) -> str:
    """Tell whether a model beats a baseline: by its paired interval, against chance by its own.

    Parameters
    ----------
    chosen, best : pandas.Series
        Rows of :func:`insights.report.headline`.
    """
    low, high = (best["ahead_low"], best["ahead_high"]) if best["model"] != "chance" else (chosen["low"] - 0.5, 1.0)
    if low > 0:
        return "beats"
    return "is worse than" if high < 0 else "is not shown to beat"


def opening(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[0].upper() + text[1:]
