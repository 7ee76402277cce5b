"""What a model is tried with: records of few enough people, the model fitted on them, and rows to judge by."""

from dataclasses import dataclass, replace

import ibis
import numpy as np
import pandas as pd

from insights.features import build, launch
from insights.modeling import metrics, value
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.modeling.trials import Trial, Variant, fitted
from insights.params import Params
from insights.tolerance.picking import STEPS, hashed

ROC_AUC, RECALL, VALUE, CALIBRATION = MEASURES = ("roc_auc", "recall", "value", "calibration")
UPPER = (CALIBRATION,)  # measures of which less is better
PEOPLE = ("learner_id", "anonymous_id")


@dataclass(frozen=True)
class Kit:
    """A model, and what disturbances are tried on.

    Attributes
    ----------
    name : str
        ``launch`` or ``completion``.
    tables : dict of str to ibis.Table
    dataset : insights.modeling.dataset.Dataset
        Features of these records.
    recipe : insights.modeling.learned.Learned
        To be fitted again.
    model : insights.modeling.learned.Learned
        Fitted on these features.
    trial : insights.modeling.trials.Trial
        What it says of them.
    places : numpy.ndarray
        Of the validation rows that judge, among all validation rows: those of the kind that has most.
    kind : str
    y, gain : numpy.ndarray
        Of these rows; ``gain`` is None where rows do not say what they bring.
    weights : numpy.ndarray of shape (repeats, rows)
    """

    name: str
    tables: dict
    dataset: Dataset
    recipe: Learned
    model: Learned
    trial: Trial
    places: np.ndarray
    kind: str
    y: np.ndarray
    gain: np.ndarray | None
    weights: np.ndarray

    @property
    def measures(self) -> tuple[str, ...]:
        """What is measured: value only where rows say what they bring."""
        return tuple(m for m in MEASURES if m != VALUE or self.gain is not None)

    def measured(self, score: np.ndarray, decision: np.ndarray, resampled: bool = True) -> np.ndarray:
        """Return each measure in each resample, or of the rows as they are, shape (repeats or 1, measures)."""
        weights = self.weights if resampled else np.ones((1, len(self.y)))
        return measured(self.y, self.gain, score[self.places], decision[self.places], weights)


def measured(
    y: np.ndarray, gain: np.ndarray | None, score: np.ndarray, decision: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return what the specification asks of a model's scores and decisions, shape (repeats, measures).

    ROC AUC, recall, where rows say what they bring the value of decisions as a share of what hindsight would earn,
    and how far the mean probability lies from the share of ones.

    Parameters
    ----------
    y, score, decision : numpy.ndarray of shape (rows,)
    gain : numpy.ndarray of shape (rows,) or None
    weights : numpy.ndarray of shape (repeats, rows)
    """
    called = decision == 1
    ones = weights @ (y == 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [metrics.auc_draws(y, score, weights), weights @ (called & (y == 1)) / ones]
        if gain is not None:
            columns.append(weights @ (gain * called) / (weights @ np.maximum(gain, 0.0)))
        columns.append(np.abs(weights @ score - ones) / weights.sum(axis=1))
    return np.column_stack(columns)


def kit(
    con: ibis.BaseBackend, name: str, dataset: Dataset, model: Learned, tables: dict[str, ibis.Table], params: Params
) -> Kit:
    """Return what a model's disturbances are tried with.

    Parameters
    ----------
    con : ibis.BaseBackend
    name : str
    dataset : insights.modeling.dataset.Dataset
    model : insights.modeling.learned.Learned
        The chosen one.
    tables : dict of str to ibis.Table
        Clean tables and what forecasts offer.
    params : Params
        Of launches ``tolerance.people`` have records, of completions ``tolerance.rows`` rows of each role are read.
    """
    if name == launch.MODEL:
        kept = _of_people(con, tables, params.tolerance.people)
    else:
        dataset = dataset.thinned(params.tolerance.rows)
        kept = _of_learners(con, tables, dataset.frame["learner_id"])
    frame = build.again(con, name, dataset.frame, kept, params, list(kept))
    data = Dataset(name, frame, dataset.features)
    recipe = replace(model)
    fitted_model, trial = fitted(Variant(recipe, data), params)
    rows = data.validate
    kind = rows["kind"].value_counts().idxmax()
    places = np.flatnonzero(rows["kind"] == kind)
    gain = value.gain(rows)
    weights = resamples(rows[data.clusters].iloc[places], params)
    return Kit(
        name, kept, data, recipe, fitted_model, trial, places, kind, rows["y"].to_numpy(dtype=int)[places],
        None if gain is None else gain.to_numpy()[places], weights,
    )  # fmt: skip


def resamples(clusters: pd.Series, params: Params) -> np.ndarray:
    """Return how often each row counts in each resample of whole clusters, shape (repeats, rows)."""
    rng = np.random.default_rng([params.modeling.seed, 19])
    return metrics.cluster_weights(clusters, params.tolerance.resamples, rng).astype("float64")


def _of_people(con, tables, most):
    """Return the tables with the records of at most so many people, by a hash; of those unknown the same share.

    Views of pages that are about no product tell nothing of one and are left out.
    """
    if "page_views" in tables:
        views = tables["page_views"]
        tables = {**tables, "page_views": views.filter(views.product_id.notnull())}
    there = int(tables["learners"].count().execute()) if "learners" in tables else 0
    if there <= most:
        return dict(tables)
    share = round(STEPS * most / there)
    kept = {}
    for name, table in tables.items():
        who = [table[column].cast("string") for column in PEOPLE if column in table.columns]
        kept[name] = table
        if who:
            named = table.mutate(of_whom=ibis.coalesce(*who))
            mine = (hashed(named, ["of_whom"], 0) % STEPS < share) | named.of_whom.isnull()
            kept[name] = _materialised(con, named.filter(mine).drop("of_whom"))
    return kept


def _of_learners(con, tables, learners):
    asked = con.create_table(
        ibis.util.gen_name("asked"), obj=ibis.memtable(pd.DataFrame({"learner_id": sorted(set(learners))})), temp=True
    )
    return {
        name: _materialised(con, table.semi_join(asked, "learner_id")) if "learner_id" in table.columns else table
        for name, table in tables.items()
    }


def _materialised(con, table):
    return con.create_table(ibis.util.gen_name("tolerance"), obj=table, temp=True)
