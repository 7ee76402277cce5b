"""Scoring: what a window's launch model says of candidates that are new to it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from insights import paths, spreadsheets, store
from insights.modeling.explanation import reasons as explanations
from insights.params import Params
from insights.scoring import read
from insights.scoring.scorer import Scorer, open_scorer, shortened

MOST_BYTES = 80  # of the name of a file that is written
COLUMNS = [
    "product_id", "title", "verdict", "probability", "low", "high", "expected_gain", "raises", "lowers", "warnings",
]  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """What was said of a file of candidates.

    Attributes
    ----------
    scored : pandas.DataFrame
        In ``COLUMNS``: verdict (1, 0 or not enough evidence), probability with its interval (80 %), what is
        expected beyond the hurdle (USD), what raises and lowers the probability, and where the model has no ground
        to stand on.
    refused : pandas.DataFrame
        ``line, product_id, reasons``.
    files : tuple of Path
        Where both were written, safe to open in a spreadsheet.
    """

    scored: pd.DataFrame
    refused: pd.DataFrame
    files: tuple[Path, Path]


def score(file: Path, params: Params) -> Scored:
    """Score the candidates of a file with a window's launch model, and write what was said below the window.

    Parameters
    ----------
    file : Path
        As :func:`insights.scoring.read.candidates` reads it.
    params : Params
        Of a window whose notebook 05 has run.

    Raises
    ------
    insights.scoring.read.CandidateError
        If the window has no launch model, or the file cannot be used at all.
    """
    scorer = open_scorer(params)
    accepted, refused = read.candidates(file, scorer.known, params)
    scored = _told(scorer, accepted) if len(accepted) else pd.DataFrame(columns=COLUMNS)
    return Scored(scored, refused, _written(file, scored, refused, params.window))


def _told(scorer: Scorer, accepted: pd.DataFrame) -> pd.DataFrame:
    frame = scorer.featured(accepted)
    told = scorer.advice(frame).merge(
        accepted[["product_id", "title", "topic"]], on="product_id", validate="one_to_one"
    )
    topics = accepted.set_index("product_id")["topic"].loc[frame["product_id"]]
    warnings = dict(zip(frame["product_id"], scorer.warnings(frame, list(topics)), strict=True))
    told["warnings"] = [shortened(warnings[product]) for product in told["product_id"]]
    moved = scorer.reasons(frame)
    for direction in (explanations.RAISES, explanations.LOWERS):
        mine = moved[moved["direction"] == direction].groupby("product_id")["text"].agg("; ".join)
        told[direction] = told["product_id"].map(mine).fillna("")
    return told[COLUMNS]


def _written(file, scored, refused, window):
    folder = paths.scored(window)
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in file.stem)
    stem = plain.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
    files = folder / f"{stem}.csv", folder / f"{stem}-refused.csv"
    for path, table in zip(files, (scored, refused), strict=True):
        store.write_atomically(path, spreadsheets.as_csv(table))
    return files
