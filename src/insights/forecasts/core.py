"""The study of forecasts: what notebook 03 shows of who will complete and who will enroll."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import pandas as pd

from insights import paths, timeline, warehouse
from insights import rows as questions
from insights.features import completion, enrollment, registry
from insights.forecasts import expected, judged, landmarks, model, reasons
from insights.modeling import baselines, metrics
from insights.modeling.dataset import varies
from insights.progress import report
from insights.store import Step

FEWEST = 100  # outcomes of either kind, below which enrollments are not forecast
SHOWN = 6  # learners whose reasons stand on the page


@dataclass(frozen=True)
class Forecasts:
    """What the models of one question say.

    Attributes
    ----------
    performance : pandas.DataFrame
        A row per day that was asked about: ``day, trained`` (rows), what
        :func:`insights.forecasts.judged.performance` returns, ``features`` (the set chosen on training folds),
        ``fold_auc`` and, of the best rule, ``rule, rule_auc``. For the enrollment model one row without a day.
    tenths : pandas.DataFrame
        From :func:`insights.forecasts.judged.tenths`, of the main day.
    reasons : pandas.DataFrame
        Of some learners from most to least likely: ``learner, probability, reasons``.
    """

    performance: pd.DataFrame
    tenths: pd.DataFrame
    reasons: pd.DataFrame


def study(step: Step, con: ibis.BaseBackend, tables: Mapping[str, ibis.Table]) -> dict[str, Forecasts]:
    """Forecast completions, and enrollments, as far as the source supports it; store and record what was found."""
    found = {}
    if _tells(tables, "enrollments", "learner_id", "completed_at") and "products" in tables:
        found[completion.MODEL] = _completion(step, con, tables)
    if _tells(tables, "enrollments", "learner_id") and _tells(tables, "learners", "registered_at"):
        asked = questions.enrollment_rows(con, step.params, dict(tables))
        if _can_be_learned(asked):
            found[enrollment.MODEL] = _enrollment(step, con, tables, asked)
    return found


def tables(con: ibis.BaseBackend, window: str) -> dict[str, ibis.Table]:
    """Return what a window's forecasts offer to other models, by its name in the contract."""
    path = paths.expected_completions(window)
    return {"expected_completions": warehouse.read(con, path)} if path.exists() else {}


def _tells(tables, name, *columns):
    return name in tables and {*columns} <= {*tables[name].columns}


def _can_be_learned(asked):
    """Say whether enough of those asked about did enroll, and enough did not, both in training and in validation."""
    fewer = [
        part["y"].value_counts().reindex([0.0, 1.0], fill_value=0).min() for _, part in asked.groupby("role")
    ]
    return len(fewer) == 2 and min(fewer) >= FEWEST


def _completion(step, con, tables):
    params = step.params
    report("what was known of learners on each day")
    frame = landmarks.described(con, tables, params)
    rows = []
    for day in sorted({*params.completion.days, params.completion.day}):
        report(f"who will complete, asked on day {day}")
        training, asked = landmarks.training(frame, day), landmarks.judged(frame, day)
        sets = landmarks.candidates(training)
        chosen, fitted = model.fit(training, sets, params.modeling.folds, params.modeling.seed)
        rows.append(
            {"day": day}
            | _judged(training, asked, chosen, fitted, params)
            | _rule(completion.MODEL, training, asked)
        )
        if day == params.completion.day:
            main, training_of_main, validated = fitted, training, asked
    now = frame[frame["day"] == params.completion.day]
    now = now[now["role"] == timeline.UNRESOLVED].reset_index(drop=True)
    told = _told(completion.MODEL, training_of_main, validated if now.empty else now, main, params)
    _keep(step, completion.MODEL, told)
    of_day = frame[frame["day"] == params.completion.day].reset_index(drop=True)
    by_product = expected.month_by_month(of_day, main.features, params.modeling.seed)
    _write(step, paths.expected_completions(params.window), by_product)
    table = pd.DataFrame(rows)
    _record(step, completion.MODEL, table)
    step.note(completion_forecasts_trained_until=training_of_main["resolved_at"].max().isoformat())
    return Forecasts(
        performance=step.table("table_3_10_completion_by_day", table),
        tenths=step.table(
            "table_3_11_completion_tenths", judged.tenths(validated, main.probability(validated))
        ),
        reasons=_examples(told),
    )


def _enrollment(step, con, tables, asked):
    params = step.params
    report("who will enroll")
    frame = enrollment.enrollment_features(con, dict(tables), asked, params)
    training, later = (
        frame[frame["role"] == role].reset_index(drop=True) for role in (timeline.TRAIN, timeline.VALIDATE)
    )
    known = [f.name for f in registry.features(enrollment.MODEL, frame.columns) if varies(training[f.name])]
    chosen, fitted = model.fit(training, {"all": known}, params.modeling.folds, params.modeling.seed)
    table = pd.DataFrame(
        [_judged(training, later, chosen, fitted, params) | _rule(enrollment.MODEL, training, later)]
    )
    _record(step, enrollment.MODEL, table)
    told = _told(enrollment.MODEL, training, later, fitted, params)
    _keep(step, enrollment.MODEL, told)
    return Forecasts(
        performance=step.table("table_3_12_enrollment", table),
        tenths=step.table("table_3_13_enrollment_tenths", judged.tenths(later, fitted.probability(later))),
        reasons=_examples(told),
    )


def _judged(training, asked, chosen, fitted, params):
    measured = judged.performance(
        asked, fitted.probability(asked), training["y"].mean(), params.journey.resamples, params.modeling.seed
    )
    return {"trained": len(training)} | measured | {"features": chosen, "fold_auc": fitted.fold_auc}


def _rule(name, training, asked):
    """Return the simple rule that does best on training rows, and how it does later."""
    rules = [rule.fit(training, training["y"]) for rule in baselines.available(name, training)]
    if not rules:
        return {"rule": "", "rule_auc": float("nan")}
    best = max(rules, key=lambda rule: _auc(training, rule))
    return {"rule": best.name, "rule_auc": _auc(asked, best)}


def _auc(rows, rule):
    return metrics.roc_auc(rows["y"].to_numpy(dtype=int), rule.score(rows))


def _told(name, training, asked, fitted, params):
    linear = model.linear(training, fitted.features, params.modeling.seed)
    moved = reasons.contributions(linear, asked, fitted.features)
    keys = [key for key in ("learner_id", "product_id", "as_of") if key in asked]
    words = reasons.told(name, moved, asked)
    return asked[keys].assign(probability=fitted.probability(asked), reasons=words)


def _examples(told):
    """Return learners spread evenly from most to least likely, without their pseudonyms."""
    ordered = told.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
    spread = timeline.evenly(ordered, SHOWN)
    return spread[["probability", "reasons"]].assign(
        learner=[f"learner {place}" for place in range(1, len(spread) + 1)]
    )


def _keep(step, name, told):
    _write(step, paths.forecasts(step.params.window, name), told)


def _write(step, final, frame):
    path = step.place(final)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)


def _record(step, name, table):
    for row in table.to_dict("records"):
        by = {"split": "validation", "notebook": "forecast"} | ({"day": row["day"]} if "day" in row else {})
        for metric in ("roc_auc", "brier", "slope"):
            step.record(
                f"{name}.forecast_{metric}", row[metric], low=row[f"{metric}_low"], high=row[f"{metric}_high"],
                n=row["n"], model="forecaster", by=by,
            )  # fmt: skip
