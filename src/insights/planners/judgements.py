"""Judgements: a planner agrees with a recommendation or does not, says why, and later it is seen who was right.

A judgement keeps what was shown when it was given. It is added to a journal and never changed; of what one planner
says of one product twice, the last counts.
"""

import datetime
import re
from collections.abc import Mapping

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from insights import journals, paths
from insights.verdicts import LAUNCH

AGREE, DISAGREE = "agree", "disagree"
GROUNDS = {  # why somebody disagrees
    "knows more": "I know something that the model does not read",
    "market": "the market or a competitor",
    "capacity": "we cannot carry it now",
    "price": "price or plan are not right",
    "strategy": "strategy",
    "not convinced": "the reasons do not convince me",
    "other": "something else",
}
MOST_NAME, MOST_COMMENT = 80, 2_000
COLUMNS = [
    "at", "who", "window", "as_of", "model", "product_id", "title", "verdict", "probability", "low",
    "high", "changes", "says", "ground", "comment",
]  # fmt: skip
KINDS = (
    dict.fromkeys(COLUMNS, (str,))
    | dict.fromkeys(("probability", "low", "high"), (int, float))
    | {"changes": (dict,)}
)
AGREEMENT = ["verdict", "judgements", "planners", "agree", "share", "low", "high"]
ALL = "all"


class JudgementError(ValueError):
    """A judgement that cannot be taken; the message says what is missing."""


def log() -> pd.DataFrame:
    """Return every judgement, the oldest first, in ``COLUMNS``."""
    return journals.read(paths.judgements(), COLUMNS, KINDS)


def checked(typed: Mapping[str, str]) -> dict:
    """Return who says what and why, as far as it can be taken.

    Parameters
    ----------
    typed : mapping of str to str
        ``who, says``, and if somebody disagrees ``ground``; a ``comment`` may be left out.

    Raises
    ------
    JudgementError
    """
    who, comment = _line(typed.get("who", "")), _lines(typed.get("comment", ""))
    says, ground = typed.get("says", ""), typed.get("ground", "")
    if not who:
        raise JudgementError("Say who you are: your name or initials.")
    if says not in (AGREE, DISAGREE):
        raise JudgementError("Say whether you agree or disagree.")
    if says == DISAGREE and ground not in GROUNDS:
        raise JudgementError("Say why you disagree: choose a reason.")
    if len(who) > MOST_NAME or len(comment) > MOST_COMMENT:
        raise JudgementError(f"Names have at most {MOST_NAME} letters and comments {MOST_COMMENT:,}. Shorten them.")
    return {"who": who, "says": says, "ground": ground if says == DISAGREE else "", "comment": comment}


def record(judgement: Mapping, shown: Mapping) -> dict:
    """Add a judgement to the journal; return it.

    Parameters
    ----------
    judgement : mapping
        From :func:`checked`.
    shown : mapping
        What was before the planner: ``window`` to ``changes`` of ``COLUMNS``; ``as_of`` is the day of the decision.
    """
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    every = {"at": at, **shown, **judgement}
    kept = {name: every[name] for name in COLUMNS}
    journals.append(paths.judgements(), [kept])
    return kept


def of_window(window: str) -> pd.DataFrame:
    """Return the judgements that count for a window: of each planner the last on each product, as it was shown first.

    Judgements on what somebody tried by changing signals are about no product, and are left out.
    """
    every = log()
    mine = every[(every["window"] == window) & ~every["changes"].astype(bool)]
    return mine.drop_duplicates(["who", "product_id", "title"], keep="last").reset_index(drop=True)


def agreement(judgements: pd.DataFrame) -> pd.DataFrame:
    """Return how often planners agree, with all verdicts and with each.

    Parameters
    ----------
    judgements : pandas.DataFrame
        From :func:`of_window`.

    Returns
    -------
    pandas.DataFrame
        In ``AGREEMENT``: judgements and planners, how many agree, the share with its 95 % interval (Wilson 1927),
        which takes judgements as independent and so is too narrow where few planners gave many.
    """
    parts = [(ALL, judgements), *judgements.groupby("verdict", sort=True)]
    rows = []
    for verdict, part in parts:
        if len(part):
            agree = int((part["says"] == AGREE).sum())
            low, high = proportion_confint(agree, len(part), method="wilson")
            rows.append([verdict, len(part), part["who"].nunique(), agree, agree / len(part), low, high])
    return pd.DataFrame(rows, columns=AGREEMENT)


def grounds(judgements: pd.DataFrame) -> pd.DataFrame:
    """Return why planners disagree, most frequent first: ``verdict, ground`` (in words)``, judgements, planners``."""
    against = judgements[judgements["says"] == DISAGREE]
    told = against.assign(ground=against["ground"].map(GROUNDS)).groupby(["verdict", "ground"])["who"]
    table = told.agg(judgements="size", planners="nunique").reset_index()
    return table.sort_values(["judgements", "verdict", "ground"], ascending=[False, True, True], ignore_index=True)


def came_out(outcomes: pd.DataFrame, judgements: pd.DataFrame) -> pd.DataFrame:
    """Return who was right where planners disagreed with a 1 or a 0 and the product was launched since.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        Launches of a later window: ``product_id, as_of, y``.
    judgements : pandas.DataFrame
        In ``COLUMNS``.

    Returns
    -------
    pandas.DataFrame
        ``verdict, launched`` (judgements whose product was launched after them)``, reached`` (of these, how many
        reached the hurdle)``, planner_right``.
    """
    against = judgements[(judgements["says"] == DISAGREE) & judgements["verdict"].isin([LAUNCH, "0"])]
    met = against.merge(outcomes, on="product_id", suffixes=("", "_launched"))
    met = met[pd.to_datetime(met["as_of_launched"]) >= pd.to_datetime(met["as_of"])]
    right = (met["y"] == 1) != (met["verdict"] == LAUNCH)
    told = met.assign(right=right).groupby("verdict", sort=True)
    table = told.agg(launched=("y", "size"), reached=("y", "sum"), planner_right=("right", "sum")).reset_index()
    return table.astype({"launched": int, "reached": int, "planner_right": int})


def _line(text):
    return " ".join(_lines(text).split())


def _lines(text):
    """Return text without signs that steer a terminal, its lines kept."""
    return re.sub(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+", " ", text.replace("\r\n", "\n")
    ).strip()
