"""The study of notebook 05: compete on training rows, open the validation rows once, store what was found."""

from dataclasses import dataclass

import pandas as pd

from insights import paths
from insights.features import launch
from insights.modeling import baselines, comparison, kept, metrics, recommendation, value
from insights.modeling.dataset import MODELS, Dataset, load
from insights.modeling.evaluation import curves, differences, standing
from insights.modeling.evaluation.examined import Examined, examine
from insights.modeling.explanation.explained import Explained, explain
from insights.params import Params
from insights.progress import report
from insights.rows import LAUNCH
from insights.store import Step


@dataclass(frozen=True)
class Part:
    """What the models do on one kind of validation rows (catalogue, launch or enrolled).

    A baseline that says the same of every row (persistence, before a launch) says nothing and is left out.

    Attributes
    ----------
    kind : str
    performance : pandas.DataFrame
        Every metric of every model with interval.
    differences : pandas.DataFrame
        From :func:`insights.modeling.evaluation.differences.between`, of the chosen model from each other.
    beyond : pandas.DataFrame
        From :func:`insights.modeling.evaluation.standing.beyond_chance`.
    chance : pandas.DataFrame
        Metrics of random classification, a row per repetition, from
        :func:`insights.modeling.evaluation.standing.chance`.
    null : pandas.DataFrame
        ROC AUC under shuffled outcomes, per model and for the best of them.
    curves, precision_recall : pandas.DataFrame
        From :mod:`insights.modeling.evaluation.curves`, of the chosen model, with a band, and the baselines.
    value : pandas.DataFrame or None
        What the decisions of each earned, from :func:`insights.modeling.value.of_decisions`.
    """

    kind: str
    performance: pd.DataFrame
    differences: pd.DataFrame
    beyond: pd.DataFrame
    chance: pd.DataFrame
    null: pd.DataFrame
    curves: pd.DataFrame
    precision_recall: pd.DataFrame
    value: pd.DataFrame | None

    @property
    def spread(self) -> pd.DataFrame:
        """Random classification by how many rows are called, from :func:`standing.spread`."""
        return standing.spread(self.chance)

    @property
    def positives(self) -> float:
        """The share of these rows that came true, which precision is to be read against."""
        first = self.performance.iloc[0]
        return float(first["positives"] / first["n"])

    @property
    def against(self) -> pd.DataFrame:
        """The chosen model's ROC AUC minus that of each other: ``model, difference, low, high, n``."""
        return differences.of_others(self.differences)

    def roc_auc(self, model: str) -> float:
        """Return the ROC AUC of one model on these rows."""
        table = self.performance
        return float(table.loc[(table["model"] == model) & (table["metric"] == "roc_auc"), "value"].iloc[0])

    def beats_chance(self, model: str) -> bool:
        """Tell whether a model is better than the best of all scorers in 95 of 100 shuffles of the outcomes."""
        return recommendation.beats_chance(self.roc_auc(model), self.null["best"].to_numpy())

    def p_value(self, model: str) -> float:
        """Return how often the best of all scorers is as good as a model in shuffles of the outcomes."""
        return metrics.p_value(self.roc_auc(model), self.null["best"].to_numpy())

    def ahead_of(self, model: str) -> list[str]:
        """Return the baselines whose ROC AUC lies above that of a model."""
        auc = self.beyond.set_index("model")["roc_auc"]
        return baselines.ahead((auc[model] - auc).rename("difference").reset_index())


@dataclass(frozen=True)
class Study:
    """One model's contest and how it came out on validation rows.

    Attributes
    ----------
    name : str
        ``launch`` or ``completion``.
    contest : insights.modeling.comparison.Contest
    parts : dict of str to Part
    recommendations : pandas.DataFrame
        A row per candidate, empty for the completion model.
    trusted : bool
        Whether the launch model may recommend, from :func:`trusted`.
    explained : insights.modeling.explanation.explained.Explained or None
        Why the launch model says what it says.
    examined : dict of str to insights.modeling.evaluation.examined.Examined or None
        The launch model on each kind of rows, beside its scores.
    """

    name: str
    contest: comparison.Contest
    parts: dict[str, Part]
    recommendations: pd.DataFrame
    trusted: bool = False
    explained: Explained | None = None
    examined: dict[str, Examined] | None = None


def study(step: Step) -> dict[str, Study]:
    """Return the studies that the source supports, their numbers recorded, models and predictions saved."""
    datasets = {name: load(step.params.window, name) for name in MODELS}
    return {name: _study(step, name, data) for name, data in datasets.items() if data is not None}


def named(recommendations: pd.DataFrame, window: str) -> pd.DataFrame:
    """Return recommendations with the products' titles, topics and levels where the source has them."""
    products = pd.read_parquet(paths.clean(window, "products"))
    known = [c for c in ("product_id", "title", "topic", "level", "announced_at") if c in products]
    return recommendations.merge(products[known], on="product_id", how="left", validate="one_to_one")


def _study(step: Step, name: str, data: Dataset) -> Study:
    params = step.params
    report(f"{name}: fitting models and baselines on {len(data.train):,} rows")
    contest = comparison.compete(data, params, paths.search(params.window, name))
    report(f"{name}: judging them on {len(data.validate):,} rows")
    predictions = contest.predictions(data.validate)
    parts = judged(contest, predictions, params)
    if name != launch.MODEL:
        found = Study(name, contest, parts, pd.DataFrame())
    else:
        report(f"{name}: examining the chosen model, and explaining what it recommends")
        examined = examine(contest, predictions, _topics(params.window), params, _votes(params.window))
        reliable = trusted(contest, parts)
        advice = recommendation.recommend(data, contest.models[contest.chosen], reliable, params)
        found = Study(name, contest, parts, advice, reliable, explain(contest, params), examined)
    kept.keep(step, found, predictions)
    return found


def _topics(window):
    products = pd.read_parquet(paths.clean(window, "products")).set_index("product_id")
    return products["topic"] if "topic" in products else pd.Series(dtype="object")


def _votes(window):
    file = paths.clean(window, "panel_votes")
    return pd.read_parquet(file) if file.exists() else None


def _both(predictions):
    return predictions["y"].nunique() == 2


def judged(contest: comparison.Contest, predictions: pd.DataFrame, params: Params) -> dict[str, Part]:
    """Return what the models of a contest do on each kind of rows that has both outcomes."""
    kinds = {kind: rows for kind, rows in predictions.groupby("kind") if _both(rows)}
    return {kind: part(contest, kind, rows, params, len(kinds)) for kind, rows in kinds.items()}


def part(contest: comparison.Contest, kind: str, predictions: pd.DataFrame, params: Params, looks: int = 1) -> Part:
    """Return what the models of a contest do on one kind of rows.

    Parameters
    ----------
    contest : insights.modeling.comparison.Contest
    kind : str
        Of rows: catalogue, launch or enrolled.
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`, rows of this kind with both outcomes.
    params : Params
    looks : int
        Kinds of rows that are looked at, this one among them.
    """
    predictions = standing.telling(predictions, contest.chosen)
    weights = standing.resamples(predictions, contest.dataset.clusters, params)
    prior = float(contest.dataset.train["y"].mean())
    one = predictions[predictions["model"] == contest.chosen]
    shown = standing.without_rivals(predictions, contest.chosen)
    return Part(
        kind=kind,
        performance=standing.performance(predictions, weights),
        differences=differences.between(predictions, weights, contest.chosen),
        beyond=standing.beyond_chance(predictions, weights, looks),
        chance=standing.chance(one, prior, params),
        null=standing.null(predictions, params),
        curves=curves.roc(shown, weights, contest.chosen),
        precision_recall=curves.precision_recall(shown, weights, contest.chosen),
        value=value.of_decisions(predictions, weights),
    )


def trusted(contest: comparison.Contest, parts: dict[str, Part]) -> bool:
    """Return whether the chosen model may recommend: it beats chance on new launches, and lies below no baseline."""
    judged = parts.get(LAUNCH)
    return judged is not None and judged.beats_chance(contest.chosen) and not judged.ahead_of(contest.chosen)
