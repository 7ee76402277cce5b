"""The scorer: a window's launch model with all that it takes to say what it makes of new candidates, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, contract, forecasts, paths, rows, store, warehouse
from insights.features import launch
from insights.modeling import recommendation, saved
from insights.modeling.dataset import Dataset, load
from insights.modeling.explanation import reasons as explanations
from insights.modeling.explanation import shapley, signals
from insights.modeling.explanation.shapley import Groups
from insights.modeling.learned import Learned
from insights.params import Params
from insights.scoring.read import CandidateError

MOST_WARNINGS = 4


@dataclass(frozen=True)
class Scorer:
    """What a window knows, and its launch model.

    Attributes
    ----------
    params : Params
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Clean tables of the window, with its forecasts.
    dataset : Dataset
        Of the launch model.
    model : Learned
        Fitted and with its threshold.
    trusted : bool
        Whether notebook 05 found it better than chance, and below no baseline, on launches.
    known, topics : set of str
        Products and topics of the catalogue.
    groups : dict of str to list of str
        Features by signal.
    background : pandas.DataFrame
        Past launches that reasons are told against.
    """

    params: Params
    con: ibis.BaseBackend
    tables: dict[str, ibis.Table]
    dataset: Dataset
    model: Learned
    trusted: bool
    known: set[str]
    topics: set[str]
    groups: Groups
    background: pd.DataFrame

    def featured(self, accepted: pd.DataFrame) -> pd.DataFrame:
        """Return launch rows of new candidates, as :func:`featured`."""
        return featured(self.con, self.tables, accepted, self.params)

    def of(self, frame: pd.DataFrame) -> Dataset:
        """Return the dataset of the model with other candidates: the rows of ``featured``."""
        past = self.dataset.frame[self.dataset.frame["kind"] != rows.CANDIDATE]
        return Dataset(launch.MODEL, pd.concat([past, frame], ignore_index=True), self.dataset.features)

    def advice(self, frame: pd.DataFrame, refits: Sequence[Learned] | None = None) -> pd.DataFrame:
        """Return the recommendation of each candidate, as :func:`insights.modeling.recommendation.recommend`."""
        return recommendation.recommend(self.of(frame), self.model, self.trusted, self.params, refits)

    def reasons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what moved each candidate's probability most, as :func:`insights.modeling.explanation.reasons`."""
        candidates = self.of(frame).candidates
        moved = shapley.values(self.model, candidates, self.background, self.groups, self.params)
        return explanations.reasons(self.model, candidates, self.background, self.groups, moved)

    def warnings(self, frame: pd.DataFrame, topics: Sequence[str]) -> list[list[str]]:
        """Return for each candidate, of these topics, where the model has no ground to stand on."""
        outside = warned(self.model, frame, self.dataset.train)
        return [
            [
                *([f"topic {topic} is not in the catalogue"] if self.topics and topic not in self.topics else []),
                *found,
            ]
            for topic, found in zip(topics, outside, strict=True)
        ]


def open_scorer(params: Params) -> Scorer:
    """Return the scorer of a window whose notebook 05 has run.

    Raises
    ------
    insights.scoring.read.CandidateError
        If the window has no launch model.
    """
    window, dataset = params.window, load(params.window, launch.MODEL)
    if dataset is None or not paths.model(window, launch.MODEL).exists():
        raise CandidateError(f"{window} has no launch model. Run it first: make run WINDOW={window}.")
    con = warehouse.connect(params.compute)
    tables = cleaning.tables(con, window) | forecasts.tables(con, window)
    products = tables["products"]
    topics = {*products.topic.to_pandas().dropna()} if "topic" in products.columns else set()
    results = store.results(window)
    return Scorer(
        params=params, con=con, tables=tables, dataset=dataset,
        model=saved.load(paths.model(window, launch.MODEL)),
        trusted=bool((results.loc[results["name"] == "launch.trusted", "value"] == 1).any()),
        known={*products.product_id.to_pandas()}, topics=topics,
        groups=signals.groups(launch.MODEL, dataset.features), background=shapley.background(dataset),
    )  # fmt: skip


def featured(
    con: ibis.BaseBackend, tables: dict[str, ibis.Table], accepted: pd.DataFrame, params: Params
) -> pd.DataFrame:
    """Return launch rows of new candidates, decided at the end of the window, with their features.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : dict of str to ibis.Table
        Clean tables of the window, with its forecasts.
    accepted : pandas.DataFrame
        From :func:`insights.scoring.read.candidates`.
    params : Params
    """
    products = contract.complete("products", tables["products"])
    schema = products.schema()
    added = accepted.assign(recorded_at=accepted["announced_at"], launched_at=pd.NaT, ends_at=pd.NaT)
    typed = ibis.memtable(added.reindex(columns=list(schema.names))).cast(schema)
    every = con.create_table(ibis.util.gen_name("products"), obj=products.union(typed), temp=True)
    asked = rows.candidate_rows(params, every)
    asked = asked[asked["product_id"].isin(accepted["product_id"])].reset_index(drop=True)
    return launch.launch_features(con, tables | {"products": every}, asked, params)


def warned(model: Learned, frame: pd.DataFrame, train: pd.DataFrame) -> list[list[str]]:
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
            what = "not known" if absent[place] else "outside of what was learned from"
            told[place].append(f"{signals.meaning(launch.MODEL, name)}: {what}")
    return told


def shortened(warnings: list[str], most: int = MOST_WARNINGS) -> str:
    """Return warnings as one text, the first of them named and the others counted."""
    more = [f"and {len(warnings) - most} more"] if len(warnings) > most else []
    return "; ".join([*warnings[:most], *more])
