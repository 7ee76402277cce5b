"""The trial: an experiment with planners that measures how well they decide, alone and with the model's advice.

Each planner decides on past launches whose outcome is known, in three arms: alone, with what the model said, and with
the opposite of it. In the third the advice is turned on purpose, and it is said afterwards where; it tells whether
somebody follows advice because it is good or because it is there (over-reliance; Bansal et al. 2021). Every case is
seen in each arm by one of three planners who follow each other, so that no arm has the easier cases.
"""

import datetime
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import t as student

from insights import journals, paths
from insights.modeling import metrics
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.modeling.probabilities import log_odds
from insights.rows import LAUNCH

ALONE, ADVISED, TURNED = "alone", "advised", "advised wrongly on purpose"
ARMS = (ALONE, ADVISED, TURNED)
CASES = 12  # of each planner, four in each arm
RIGHT, WRONG = "advice that was right", "advice that was wrong"
FEWEST = 3  # planners, below which nothing is said of them
REPEATS = 2_000
MOST_DIGITS = 3  # of how sure somebody is
ANSWERS = [
    "at", "kind", "token", "window", "model", "place", "product_id", "arm", "said", "advice", "probability",
    "decision", "confidence", "seconds", "y", "gain",
]  # fmt: skip
NUMBERS = ("place", "said", "advice", "probability", "decision", "confidence", "seconds", "y", "gain")
KINDS = dict.fromkeys(ANSWERS, (str, journals.NOTHING)) | dict.fromkeys(NUMBERS, (int, float, journals.NOTHING))
QUALITY = ["arm", "decisions", "planners", "right", "gain", "seconds", "difference", "low", "high"]
RELIANCE = ["advice", "decisions", "planners", "right", "right_alone", "difference", "low", "high"]
BEGIN, ANSWER = "begin", "answer"


class TrialError(ValueError):
    """An answer that cannot be taken, or a trial that cannot be held; the message says why."""


@dataclass(frozen=True)
class Task:
    """What one planner is asked at one place.

    Attributes
    ----------
    place : int
        From 1 on.
    product_id : str
    arm : str
    said : int
        By the model, 0 or 1, whatever is shown.
    advice : int or None
        What is shown; nothing where the planner decides alone.
    probability : float or None
        That is shown with it.
    y : int
        Whether the launch reached its hurdle; not shown.
    gain : float
        What it brought beyond the hurdle, in USD; not shown.
    """

    place: int
    product_id: str
    arm: str
    said: int
    advice: int | None
    probability: float | None
    y: int
    gain: float


def cases(dataset: Dataset, model: Learned) -> pd.DataFrame:
    """Return the past launches to be decided on, with what the model said and what came of them.

    Parameters
    ----------
    dataset : Dataset
    model : Learned
        That has not learned from them: they are the validation rows.

    Returns
    -------
    pandas.DataFrame
        ``product_id, probability, advice, y, gain``, the first launch of each product.
    """
    rows = dataset.validate
    rows = rows[rows["kind"] == LAUNCH].drop_duplicates("product_id").reset_index(drop=True)
    probability = model.score(rows)
    gain = rows["margin_earned"] - rows["hurdle"] if "hurdle" in rows else np.full(len(rows), np.nan)
    return pd.DataFrame(
        {"product_id": rows["product_id"], "probability": probability,
         "advice": (probability >= model.threshold_).astype(int), "y": rows["y"].astype(int), "gain": gain}
    )  # fmt: skip


def tasks(found: pd.DataFrame, number: int, threshold: float, seed: int) -> list[Task]:
    """Return what the planner of a number is asked, in order.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`cases`.
    number : int
        From 0 on, in the order of beginning. Three who follow each other get the same cases, in turned arms.
    threshold : float
        Of the model, around which advice is turned.
    seed : int

    Raises
    ------
    TrialError
        If there are too few cases for all arms.
    """
    each = min(CASES, len(found)) // len(ARMS)
    if each == 0:
        raise TrialError(f"{len(found)} past launches are too few: each of {len(ARMS)} arms needs one.")
    block, turn = divmod(number, len(ARMS))
    chosen = np.random.default_rng([seed, 31, block]).permutation(len(found))[: each * len(ARMS)]
    arms = [ARMS[(place + turn) % len(ARMS)] for place in range(len(chosen))]
    order = np.random.default_rng([seed, 32, number]).permutation(len(chosen))
    return [
        Task(place, *_shown(found.iloc[chosen[one]], arms[one], threshold))
        for place, one in enumerate(order, start=1)
    ]


def begin(window: str, model: str) -> str:
    """Begin a trial; return the token that stands for its planner, who is not named."""
    token = secrets.token_hex(8)
    _add({"kind": BEGIN, "token": token, "window": window, "model": model})
    return token


def number_of(token: str) -> int:
    """Return the number of a planner, in the order of beginning in a window.

    Raises
    ------
    TrialError
        If nobody began with this token.
    """
    began = log().query("kind == @BEGIN")
    mine = began[began["token"] == token]
    if mine.empty:
        raise TrialError("This trial was not begun here. Begin it anew.")
    return began.loc[began["window"] == mine["window"].iloc[0], "token"].tolist().index(token)


def answered(token: str) -> int:
    """Return how many tasks a planner has answered."""
    every = log()
    return int(((every["token"] == token) & (every["kind"] == ANSWER)).sum())


def answer(token: str, task: Task, window: str, model: str, typed: Mapping[str, str], seconds: float) -> None:
    """Add a planner's decision to the journal.

    Parameters
    ----------
    typed : mapping of str to str
        ``decision``, 0 or 1, and ``confidence``, 50 to 100 (per cent sure of being right).
    seconds : float
        Since the task was shown first.

    Raises
    ------
    TrialError
    """
    if typed.get("decision") not in ("0", "1"):
        raise TrialError("Decide: launch, or do not launch.")
    sure = typed.get("confidence", "")
    if not sure.isdecimal() or len(sure) > MOST_DIGITS or not 50 <= int(sure) <= 100:
        raise TrialError("Say how sure you are: a whole number from 50 to 100.")
    decided = {"decision": int(typed["decision"]), "confidence": int(sure), "seconds": round(seconds, 1)}
    _add({"kind": ANSWER, "token": token, "window": window, "model": model, **asdict(task), **decided})


def log() -> pd.DataFrame:
    """Return all that was written down, in ``ANSWERS``."""
    return journals.read(paths.trial(), ANSWERS, KINDS)


def answers(window: str) -> pd.DataFrame:
    """Return the decisions of a window's trial, the first of each planner on each case."""
    every = log()
    mine = every[(every["window"] == window) & (every["kind"] == ANSWER)]
    numbers = dict.fromkeys(("decision", "said", "advice", "y", "gain", "seconds"), "float64")
    typed = mine.astype(numbers)
    return typed.drop_duplicates(["token", "product_id"]).reset_index(drop=True)


def quality(decided: pd.DataFrame) -> pd.DataFrame:
    """Return how well planners decide in each arm.

    Parameters
    ----------
    decided : pandas.DataFrame
        From :func:`answers`.

    Returns
    -------
    pandas.DataFrame
        In ``QUALITY``: the share of decisions that were right, what a decision brought (USD beyond the hurdle where
        it was to launch, else nothing), the median time in seconds; and how far the share differs from that of
        deciding alone, with its 95 % interval (Student's t over planners who decided in both arms).
    """
    told = decided.assign(
        right=(decided["decision"] == decided["y"]).astype(float), brought=decided["decision"] * decided["gain"]
    )
    by = told.groupby(["token", "arm"])["right"].mean().unstack()
    rows = []
    for arm in ARMS:
        mine = told[told["arm"] == arm]
        if len(mine):
            difference = _difference(by, arm)
            rows.append(
                [arm, len(mine), mine["token"].nunique(), mine["right"].mean(), mine["brought"].mean(),
                 mine["seconds"].median(), *difference]
            )  # fmt: skip
    return pd.DataFrame(rows, columns=QUALITY)


def reliance(decided: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return what right and wrong advice does to the share of right decisions, against deciding the same alone.

    Returns
    -------
    pandas.DataFrame
        In ``RELIANCE``. Cases on which the model was right and those on which it was wrong are not equally hard; they
        are compared apart and put together as often as they were advised. The interval (95 %) is that of a bootstrap
        over planners. What wrong advice takes away is over-reliance; that right advice adds nothing, under-reliance.
    """
    told = decided.assign(right=(decided["decision"] == decided["y"]).astype(float))
    told["model_right"] = told["said"] == told["y"]
    if told["token"].nunique() < FEWEST:
        return pd.DataFrame(columns=RELIANCE)
    weights = metrics.cluster_weights(told["token"], REPEATS, np.random.default_rng([seed, 33]))
    rows = []
    for advice, met in ((RIGHT, told["advice"] == told["y"]), (WRONG, told["advice"] == 1 - told["y"])):
        if met.any():
            once = _against(told, met, np.ones((1, len(told))))
            drawn = _against(told, met, weights)[2]
            low, high = np.nanquantile(drawn, [0.025, 0.975])
            rows.append(
                [advice, int(met.sum()), told.loc[met, "token"].nunique(), *(part[0] for part in once), low, high]
            )
    return pd.DataFrame(rows, columns=RELIANCE)


def _against(told, met, weights):
    """Return the share of right decisions with advice and alone on the same kind of cases, and their difference."""
    right, advised, alone = told["right"].to_numpy(), 0.0, 0.0
    every = (weights * met.to_numpy()).sum(axis=1)
    for kind in (True, False):
        mine = (told["model_right"] == kind).to_numpy()
        with_advice, without = weights * (met.to_numpy() & mine), weights * ((told["arm"] == ALONE).to_numpy() & mine)
        part = with_advice.sum(axis=1) / every
        advised = advised + (with_advice @ right) / every
        n = without.sum(axis=1)
        share = np.divide(without @ right, n, out=np.full(len(n), np.nan), where=n > 0)
        alone = alone + np.where(part > 0, part * share, 0.0)
    return advised, alone, advised - alone


def _difference(by, arm):
    if arm == ALONE or ALONE not in by or arm not in by:
        return [np.nan] * 3
    apart = (by[arm] - by[ALONE]).dropna()
    if len(apart) < FEWEST:
        return [np.nan] * 3
    half = student.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
    return [apart.mean(), apart.mean() - half, apart.mean() + half]


def _shown(case, arm, threshold):
    """Return product, arm, what is shown as advice, and the outcome that is not shown."""
    advice, probability = int(case["advice"]), float(case["probability"])
    if arm == ALONE:
        shown = (None, None)
    elif arm == ADVISED:
        shown = (advice, probability)
    else:
        shown = (1 - advice, float(expit(2 * log_odds(np.array(threshold)) - log_odds(np.array(probability)))))
    return case["product_id"], arm, advice, *shown, int(case["y"]), float(case["gain"])


def _add(record):
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    journals.append(paths.trial(), [dict.fromkeys(ANSWERS) | {"at": at} | record])
