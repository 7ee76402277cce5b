"""Scoring: what a window's launch model says of candidates that are new to it."""

from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, contract, forecasts, paths, rows, store, warehouse
from insights.features import launch
from insights.modeling import recommendation, saved
from insights.modeling.dataset import Dataset, load
from insights.modeling.explanation import reasons as explanations
from insights.modeling.explanation import shapley, signals
from insights.params import Params
from insights.scoring import read, spreadsheet
from insights.scoring.read import CandidateError

COLUMNS = [
    "product_id", "title", "verdict", "probability", "low", "high", "expected_gain", "raises", "lowers", "warnings",
]  # fmt: skip
MOST_WARNINGS = 4


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
    window, dataset = params.window, load(params.window, launch.MODEL)
    if dataset is None or not paths.model(window, launch.MODEL).exists():
        raise CandidateError(f"{window} has no launch model. Run it first: make run WINDOW={window}.")
    con = warehouse.connect(params.compute)
    tables = cleaning.tables(con, window) | forecasts.tables(con, window)
    known = {*tables["products"].product_id.to_pandas()}
    accepted, refused = read.candidates(file, known, params)
    model = saved.load(paths.model(window, launch.MODEL))
    scored = pd.DataFrame(columns=COLUMNS)
    if len(accepted):
        scored = _scored(con, tables, dataset, model, accepted, params)
    return Scored(scored, refused, _written(file, scored, refused, window))


def featured(
    con: ibis.BaseBackend, tables: dict[str, ibis.Table], accepted: pd.DataFrame, params: Params
) -> pd.DataFrame:
    """Return launch rows of new candidates, decided at the end of the window, with their features."""
    products = contract.complete("products", tables["products"])
    schema = products.schema()
    added = accepted.assign(recorded_at=accepted["announced_at"], launched_at=pd.NaT, ends_at=pd.NaT)
    typed = ibis.memtable(added.reindex(columns=list(schema.names))).cast(schema)
    every = con.create_table(ibis.util.gen_name("products"), obj=products.union(typed), temp=True)
    asked = rows.candidate_rows(params, every)
    asked = asked[asked["product_id"].isin(accepted["product_id"])].reset_index(drop=True)
    return launch.launch_features(con, tables | {"products": every}, asked, params)


def warned(model, frame: pd.DataFrame, train: pd.DataFrame) -> list[list[str]]:
    """Return for each row which of its features lie outside all that the model was trained on.

    Parameters
    ----------
    model : insights.modeling.learned.Learned
    frame, train : pandas.DataFrame
        With the features that the model reads.
    """
    told = [[] for _ in range(len(frame))]
    for name in model.features:
        known = train[name].dropna()
        values = frame[name].to_numpy(dtype="float64") if name in frame else np.full(len(frame), np.nan)
        outside = (values < known.min()) | (values > known.max()) if len(known) else np.isfinite(values)
        absent = np.isnan(values) & bool(train[name].notna().all())
        for place in np.flatnonzero(outside | absent):
            what = "is not known" if absent[place] else "is outside of what was learned from"
            told[place].append(f"{name.replace('_', ' ')} {what}")
    return told


def _scored(con, tables, dataset, model, accepted, params):
    frame = featured(con, tables, accepted, params)
    asked = Dataset(
        launch.MODEL, pd.concat([dataset.frame[dataset.frame["kind"] != rows.CANDIDATE], frame], ignore_index=True),
        dataset.features,
    )  # fmt: skip
    advice = recommendation.recommend(asked, model, _trusted(params), params)
    moved = _reasons(asked, model, params)
    train = dataset.train
    warnings = dict(zip(frame["product_id"], warned(model, frame, train), strict=True))
    topics = {*tables["products"].topic.to_pandas().dropna()} if "topic" in tables["products"].columns else set()
    told = advice.merge(accepted[["product_id", "title", "topic"]], on="product_id", validate="one_to_one")
    told["warnings"] = [_warning(warnings[r.product_id], r.topic, topics) for r in told.itertuples()]
    for direction in (explanations.RAISES, explanations.LOWERS):
        mine = moved[moved["direction"] == direction].groupby("product_id")["text"].agg("; ".join)
        told[direction] = told["product_id"].map(mine).fillna("")
    return told[COLUMNS]


def _reasons(asked, model, params):
    grouped, background = signals.groups(launch.MODEL, asked.features), shapley.background(asked)
    moved = shapley.values(model, asked.candidates, background, grouped, params)
    return explanations.reasons(model, asked.candidates, background, grouped, moved)


def _trusted(params):
    """Return whether notebook 05 found its launch model better than chance, and below no baseline, on launches."""
    results = store.results(params.window)
    return bool((results.loc[results["name"] == "launch.trusted", "value"] == 1).any())


def _warning(found, topic, topics):
    unknown = [f"topic {topic} is not in the catalogue"] if topics and topic not in topics else []
    every = [*unknown, *found]
    more = [f"and {len(every) - MOST_WARNINGS} more"] if len(every) > MOST_WARNINGS else []
    return "; ".join([*every[:MOST_WARNINGS], *more])


def _written(file, scored, refused, window):
    folder = paths.scored(window)
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in file.stem)[:80]
    files = folder / f"{stem}.csv", folder / f"{stem}-refused.csv"
    for path, table in zip(files, (scored, refused), strict=True):
        store.write_atomically(path, spreadsheet.as_csv(table))
    return files
