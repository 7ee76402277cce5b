"""The study of notebook 05: compete on training rows, open the validation rows once, store what was found."""

from dataclasses import dataclass

import pandas as pd

from insights import paths, recommendation, timeline
from insights.features import launch
from insights.modeling import baselines, comparison, differences, ladder, metrics, saved, value
from insights.modeling.card import card
from insights.modeling.dataset import Dataset, load
from insights.modeling.examined import Examined, examine
from insights.modeling.explained import Explained, explain
from insights.modeling.export_code import export_code
from insights.params import Params
from insights.progress import report
from insights.rows import LAUNCH
from insights.store import Step

MODELS = ("launch", "completion")
EXAMINED = {"reliability": 16, "probabilities": 17, "lift": 18, "groups": 19, "curve": 21, "last_step": 22}
WORTH = {"capacity": 27, "costs": 28}


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
        From :func:`insights.modeling.differences.between`, of the chosen model from each other.
    beyond : pandas.DataFrame
        From :func:`insights.modeling.comparison.beyond_chance`.
    chance : pandas.DataFrame
        Metrics of random classification, a row per repetition.
    null : pandas.DataFrame
        ROC AUC under shuffled outcomes, per model and for the best of them.
    curves : pandas.DataFrame
        ROC curves of the chosen model and the baselines: ``model, false_positive_rate, true_positive_rate``.
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
    value: pd.DataFrame | None

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

    def ahead_of(self, model: str) -> list[str]:
        """Return the baselines whose ROC AUC lies above that of a model."""
        auc = self.beyond.set_index("model")["roc_auc"]
        return [name for name in auc.index if name in baselines.NAMES and auc[name] > auc[model]]


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
    explained : insights.modeling.explained.Explained or None
        Why the launch model says what it says.
    examined : dict of str to insights.modeling.examined.Examined or None
        The launch model on each kind of rows, beside its scores.
    """

    name: str
    contest: comparison.Contest
    parts: dict[str, Part]
    recommendations: pd.DataFrame
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
        examined = examine(contest, predictions, _topics(params.window), params)
        found = Study(name, contest, parts, advice(contest, parts, params), explain(contest, params), examined)
    _keep(step, found, predictions)
    return found


def _topics(window):
    products = pd.read_parquet(paths.clean(window, "products")).set_index("product_id")
    return products["topic"] if "topic" in products else pd.Series(dtype="object")


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
    predictions = comparison.telling(predictions, contest.chosen)
    weights = comparison.resamples(predictions, contest.dataset.clusters, params)
    prior = float(contest.dataset.train["y"].mean())
    one = predictions[predictions["model"] == contest.chosen]
    rivals = {*ladder.LADDER} - {contest.chosen}
    return Part(
        kind=kind,
        performance=comparison.performance(predictions, weights),
        differences=differences.between(predictions, weights, contest.chosen),
        beyond=comparison.beyond_chance(predictions, weights, looks),
        chance=comparison.chance(one, prior, params),
        null=comparison.null(predictions, params),
        curves=metrics.roc_curves(predictions[~predictions["model"].isin(rivals)]),
        value=value.of_decisions(predictions, weights),
    )


def advice(contest: comparison.Contest, parts: dict[str, Part], params: Params) -> pd.DataFrame:
    """Return the recommendation of the chosen model.

    It is trusted where it beats chance on new launches and lies below no baseline there.
    """
    judged = parts.get(LAUNCH)
    chosen = contest.chosen
    trusted = judged is not None and judged.beats_chance(chosen) and not judged.ahead_of(chosen)
    return recommendation.recommend(contest.dataset, contest.models[contest.chosen], trusted, params)


def _keep(step, found: Study, predictions):
    contest, window = found.contest, step.params.window
    saved.save(contest.models[contest.chosen], step.place(paths.model(window, found.name)))
    step.place(paths.card(window, found.name)).write_text(card(found, step.params), encoding="utf-8")
    best = contest.search.model
    step.place(paths.code(window, found.name)).write_text(export_code(best.estimator, best.features))
    path = step.place(paths.predictions(window, found.name))
    path.parent.mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(path, index=False)
    _record(step, found)
    _tables(step, found)
    step.note(**{f"{found.name}_rows_seen": _rows_seen(contest.dataset)})


def _record(step, found: Study):
    contest, name = found.contest, found.name
    step.record(f"{name}.chosen", 1, model=contest.chosen, unit="model")
    step.record(f"{name}.pipelines_evaluated", contest.search.evaluated, n=contest.search.tried, model="tpot")
    step.record(f"{name}.search_stopped", int(contest.search.stopped), model="tpot")
    for r in contest.tuning.dropna(subset="gain").itertuples():
        step.record(f"{name}.tuning_gain", r.gain, low=r.low, high=r.high, n=r.folds, model=r.model)
    for model, scores in contest.out_of_fold.groupby("model")["roc_auc"]:
        step.record(f"{name}.roc_auc", scores.mean(), model=model, by={"split": "training folds"}, n=len(scores))
    for kind, part in found.parts.items():
        by = {"split": "validation", "rows": kind} | _day(step.params, name)
        for r in part.performance.dropna(subset="value").itertuples():
            step.record(f"{name}.{r.metric}", r.value, low=_finite(r.low), high=_finite(r.high), n=r.n,
                        model=r.model, by=by)  # fmt: skip
        for metric in part.chance.columns:
            draws = part.chance[metric].dropna()
            low, high = metrics.percentile_interval(draws.to_numpy())
            step.record(f"{name}.{metric}", draws.mean(), low=low, high=high, n=len(draws), model="chance", by=by)
        for model in part.null.columns:
            step.record(f"{name}.roc_auc_null_95", part.null[model].quantile(0.95), model=model, by=by)
        for r in part.value.itertuples() if part.value is not None else ():
            step.record(
                f"{name}.value", r.value, low=r.low, high=r.high, n=r.called, model=r.model, by=by, unit="USD"
            )
        for r in part.against.itertuples():
            step.record(f"{name}.roc_auc_difference", r.difference, low=r.low, high=r.high, n=r.n,
                        model=contest.chosen, by=by | {"against": r.model})  # fmt: skip
    if found.explained is not None:
        agreed = found.explained.agreement
        step.record(f"{name}.reasons_agreement", agreed.value, low=agreed.low, high=agreed.high, n=agreed.refits,
                    model=contest.chosen)  # fmt: skip
    for kind, one in (found.examined or {}).items():
        _record_examined(step, kind, one, contest.chosen)
    for verdict, number in found.recommendations.value_counts("verdict").items() if name == "launch" else ():
        step.record("launch.recommended", int(number), by={"verdict": verdict}, unit="products")


def _record_examined(step, kind, one, chosen):
    by = {"split": "validation", "rows": kind}
    for r in one.probabilities.itertuples():
        step.record(f"launch.{r.metric}", r.value, low=_finite(r.low), high=_finite(r.high), n=r.n, model=r.model,
                    by=by)  # fmt: skip
    for r in one.capacity.itertuples() if one.capacity is not None else ():
        step.record("launch.value_within_capacity", r.value, low=r.low, high=r.high, n=round(r.called), model=r.model,
                    by=by, unit="USD")  # fmt: skip
    for r in one.costs.itertuples() if one.costs is not None else ():
        step.record("launch.value_by_costs", r.value, low=r.low, high=r.high, n=int(r.called), model=r.model,
                    by=by | {"costs": f"{r.costs:g}"}, unit="USD")  # fmt: skip
    for r in one.beside.decisions.itertuples() if one.beside else ():
        step.record(f"launch.panel_{r.metric}", r.value, low=_finite(r.low), high=_finite(r.high), n=r.n,
                    model=chosen, by=by)  # fmt: skip


def _tables(step, found: Study):
    place = MODELS.index(found.name) * 4 + 1
    step.table(f"table_5_{place}_{found.name}_performance", _joined(found, "performance"))
    step.table(f"table_5_{place + 1}_{found.name}_against", _joined(found, "against"))
    step.table(f"table_5_{place + 2}_{found.name}_search", found.contest.search.log)
    step.table(f"table_5_{place + 3}_{found.name}_folds", found.contest.out_of_fold)
    step.table(f"table_5_{MODELS.index(found.name) + 23}_{found.name}_tuning", found.contest.tuning)
    step.table(f"table_5_{MODELS.index(found.name) + 25}_{found.name}_front", found.contest.search.front)
    step.table(f"table_5_{MODELS.index(found.name) + 29}_{found.name}_ladder", found.contest.rungs)
    if found.name == "launch":
        step.table("table_5_9_recommendations", found.recommendations)
        for place, table in enumerate(("importance", "reasons", "flips", "similar"), start=12):
            step.table(f"table_5_{place}_{table}", getattr(found.explained, table))
        step.table("table_5_20_differences", _joined(found, "differences"))
        for table, place in EXAMINED.items():
            step.table(f"table_5_{place}_{table}", _of_examined(found, table))
        if all(part.value is not None for part in found.parts.values()):
            step.table("table_5_11_value", _joined(found, "value"))
            for table, place in WORTH.items():
                step.table(f"table_5_{place}_{table}", _of_examined(found, table))


def _joined(found, table):
    parts = [getattr(part, table).assign(rows=kind) for kind, part in found.parts.items()]
    return pd.concat(parts, ignore_index=True)


def _of_examined(found, table):
    parts = [getattr(one, table).assign(rows=kind) for kind, one in found.examined.items()]
    return pd.concat(parts, ignore_index=True)


def _day(params, name):
    return {"day": params.completion.day} if name == "completion" else {}


def _finite(value):
    return None if pd.isna(value) else value


def _rows_seen(data: Dataset):
    seen = {}
    for role in (timeline.TRAIN, timeline.VALIDATE):
        rows = data.frame[data.frame["role"] == role]
        seen[role] = {
            "rows": len(rows),
            "first_as_of": rows["as_of"].min().isoformat(),
            "last_as_of": rows["as_of"].max().isoformat(),
            "last_resolved_at": rows["resolved_at"].max().isoformat(),
            "row_hash": _hash(rows),
        }
    return seen


def _hash(rows):
    identity = [c for c in ("learner_id", "product_id", "as_of") if c in rows]
    return f"{int(pd.util.hash_pandas_object(rows[identity], index=False).sum()):016x}"
