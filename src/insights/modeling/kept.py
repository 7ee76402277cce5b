"""What is kept of a study: the chosen model, predictions, numbers and tables, under the names they are cited by."""

from operator import attrgetter

import pandas as pd

from insights import paths, timeline
from insights.modeling import saved
from insights.modeling.card import card
from insights.modeling.dataset import Dataset, row_hash
from insights.modeling.evaluation import standing
from insights.modeling.search.code import export_code
from insights.store import Step


def keep(step: Step, found, predictions: pd.DataFrame) -> None:
    """Write the chosen model, its card, the code of the best pipeline, predictions, numbers and tables of a study.

    Parameters
    ----------
    step : insights.store.Step
    found : insights.modeling.study.Study
    predictions : pandas.DataFrame
        Of the validation rows.
    """
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


def _record(step, found):
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
        for r in part.spread[part.spread["called"] == standing.TRAINING_SHARE].itertuples():
            rows = part.performance["n"].max()
            step.record(f"{name}.{r.metric}", r.value, low=r.low, high=r.high, n=rows, model="chance", by=by)
        step.record(f"{name}.roc_auc_p", part.p_value(contest.chosen), model=contest.chosen, by=by)
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
    if name == "launch":
        step.record("launch.trusted", int(found.trusted), model=contest.chosen)
    for verdict, number in found.recommendations.value_counts("verdict").items() if name == "launch" else ():
        step.record("launch.recommended", int(number), by={"verdict": verdict}, unit="products")


def _record_examined(step, kind, one, chosen):
    by = {"split": "validation", "rows": kind}
    for r in one.probabilities.dropna(subset="value").itertuples():  # some are not defined for few rows
        step.record(f"launch.{r.metric}", r.value, low=_finite(r.low), high=_finite(r.high), n=r.n, model=r.model,
                    by=by)  # fmt: skip
    for r in one.early.itertuples() if one.early is not None else ():
        step.record("launch.roc_auc_early", r.value, low=r.low, high=r.high, n=r.n, model=r.model, by=by)
    for r in one.capacity.itertuples() if one.capacity is not None else ():
        step.record("launch.value_within_capacity", r.value, low=r.low, high=r.high, n=round(r.called), model=r.model,
                    by=by, unit="USD")  # fmt: skip
    for r in one.costs.itertuples() if one.costs is not None else ():
        step.record("launch.value_by_costs", r.value, low=r.low, high=r.high, n=int(r.called), model=r.model,
                    by=by | {"costs": f"{r.costs:g}"}, unit="USD")  # fmt: skip
    for r in one.raters.dropna(subset="value").itertuples() if one.raters is not None else ():
        step.record(f"launch.raters_{r.metric}", r.value, low=_finite(r.low), high=_finite(r.high), n=r.n,
                    by=by | {"team": r.team})  # fmt: skip
    for r in one.beside.decisions.itertuples() if one.beside else ():
        step.record(f"launch.panel_{r.metric}", r.value, low=_finite(r.low), high=_finite(r.high), n=r.n,
                    model=chosen, by=by)  # fmt: skip


def _tables(step, found):
    for name, of in TABLES[found.name].items():
        if (table := of(found)) is not None:
            step.table(name, table)


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
            "row_hash": f"{row_hash(rows):016x}",
        }
    return seen


def _by_rows(table: str, of: str = "parts"):
    """Return what puts the tables of those kinds of rows that have one below each other; None where none has."""

    def joined(found):
        each = {kind: getattr(one, table) for kind, one in getattr(found, of).items()}
        there = [frame.assign(rows=kind) for kind, frame in each.items() if frame is not None]
        return pd.concat(there, ignore_index=True) if there else None

    return joined


# What is stored, by the name it is cited by. A number is never given twice; 5.10 is that of the certification.
TABLES = {
    "launch": {
        "table_5_1_launch_performance": _by_rows("performance"),
        "table_5_2_launch_against": _by_rows("against"),
        "table_5_3_launch_search": attrgetter("contest.search.log"),
        "table_5_4_launch_folds": attrgetter("contest.out_of_fold"),
        "table_5_9_recommendations": attrgetter("recommendations"),
        "table_5_11_value": _by_rows("value"),
        "table_5_12_importance": attrgetter("explained.importance"),
        "table_5_13_reasons": attrgetter("explained.reasons"),
        "table_5_14_flips": attrgetter("explained.flips"),
        "table_5_15_similar": attrgetter("explained.similar"),
        "table_5_16_reliability": _by_rows("reliability", "examined"),
        "table_5_17_probabilities": _by_rows("probabilities", "examined"),
        "table_5_18_lift": _by_rows("lift", "examined"),
        "table_5_19_groups": _by_rows("groups", "examined"),
        "table_5_20_differences": _by_rows("differences"),
        "table_5_21_curve": _by_rows("curve", "examined"),
        "table_5_22_last_step": _by_rows("last_step", "examined"),
        "table_5_23_launch_tuning": attrgetter("contest.tuning"),
        "table_5_25_launch_front": attrgetter("contest.search.front"),
        "table_5_27_capacity": _by_rows("capacity", "examined"),
        "table_5_28_costs": _by_rows("costs", "examined"),
        "table_5_29_launch_ladder": attrgetter("contest.rungs"),
        "table_5_31_launch_chance": _by_rows("spread"),
        "table_5_33_early": _by_rows("early", "examined"),
        "table_5_34_raters": _by_rows("raters", "examined"),
    },
    "completion": {
        "table_5_5_completion_performance": _by_rows("performance"),
        "table_5_6_completion_against": _by_rows("against"),
        "table_5_7_completion_search": attrgetter("contest.search.log"),
        "table_5_8_completion_folds": attrgetter("contest.out_of_fold"),
        "table_5_24_completion_tuning": attrgetter("contest.tuning"),
        "table_5_26_completion_front": attrgetter("contest.search.front"),
        "table_5_30_completion_ladder": attrgetter("contest.rungs"),
        "table_5_32_completion_chance": _by_rows("spread"),
    },
}
