"""The study of forecasts: what notebook 03 shows of who will complete and who will enroll."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
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
    fewer = [part["y"].value_counts().reindex([0.0, 1.0], fill_value=0).min() for _, part in asked.groupby("role")]
    return len(fewer) == 2 and min(fewer) >= FEWEST


def _completion(step, con, tables):
    params = step.params
    report("what was known of learners on each day")
    frame = landmarks.described(con, tables, params)
    found = {day: _on_day(frame, day, params) for day in sorted({*params.completion.days, params.completion.day})}
    main = found[params.completion.day]
    of_day = frame[frame["day"] == params.completion.day].reset_index(drop=True)
    _write(
        step,
        paths.expected_completions(params.window),
        expected.month_by_month(of_day, _every_feature(of_day), params.modeling.seed),
    )
    step.note(completion_forecasts_trained_until=main.training["resolved_at"].max().isoformat())
    now = of_day[of_day["role"] == timeline.UNRESOLVED].reset_index(drop=True)
    table = pd.DataFrame([{"day": day} | one.measured for day, one in found.items()])
    names = "table_3_10_completion_by_day", "table_3_11_completion_tenths"
    return _kept(step, completion.MODEL, main, main.asked if now.empty else now, table, names)


def _every_feature(rows):
    """Return all features: a choice among them, made on all training rows, would know what came later."""
    return [f.name for f in registry.features(completion.MODEL, rows.columns)]


def _on_day(frame, day, params):
    report(f"who will complete, asked on day {day}")
    training = landmarks.training(frame, day)
    return _answered(completion.MODEL, training, landmarks.judged(frame, day), landmarks.candidates(training), params)


@dataclass(frozen=True)
class _Answer:
    """A fitted forecaster, the rows that it learned from and was asked about, and how well it did."""

    training: pd.DataFrame
    asked: pd.DataFrame
    fitted: model.Forecaster
    measured: dict


def _answered(name, training, asked, candidates, params):
    chosen, fitted = model.fit(training, candidates, params.modeling.folds, params.modeling.seed)
    measured = judged.performance(
        asked, fitted.probability(asked), training["y"].mean(), params.journey.resamples, params.modeling.seed
    )
    told = {"features": chosen, "fold_auc": fitted.fold_auc} | _rule(name, training, asked)
    return _Answer(training, asked, fitted, {"trained": len(training)} | measured | told)


def _enrollment(step, con, tables, asked):
    params = step.params
    report("who will enroll")
    frame = enrollment.enrollment_features(con, dict(tables), asked, params)
    training, later = (
        frame[frame["role"] == role].reset_index(drop=True) for role in (timeline.TRAIN, timeline.VALIDATE)
    )
    known = [f.name for f in registry.features(enrollment.MODEL, frame.columns) if varies(training[f.name])]
    one = _answered(enrollment.MODEL, training, later, {"all": known}, params)
    names = "table_3_12_enrollment", "table_3_13_enrollment_tenths"
    return _kept(step, enrollment.MODEL, one, later, pd.DataFrame([one.measured]), names)


def _kept(step, name, one, asked, table, names):
    """Keep the forecasts of those asked about, record how good they are, and return what is shown."""
    told = _told(name, one, asked, step.params)
    _write(step, paths.forecasts(step.params.window, name), told)
    _record(step, name, table)
    tenths = judged.tenths(one.asked, one.fitted.probability(one.asked))
    return Forecasts(step.table(names[0], table), step.table(names[1], tenths), _examples(told))


def _rule(name, training, asked):
    """Return the simple rule that does best on training rows, and how it does later."""
    rules = [rule.fit(training, training["y"]) for rule in baselines.available(name, training)]
    if not rules:
        return {"rule": "", "rule_auc": float("nan")}
    best = max(rules, key=lambda rule: _auc(training, rule))
    return {"rule": best.name, "rule_auc": _auc(asked, best)}


def _auc(rows, rule):
    return metrics.roc_auc(rows["y"].to_numpy(dtype=int), rule.score(rows))


def _told(name, one, asked, params):
    linear = model.linear(one.training, one.fitted.features, params.modeling.seed)
    moved = reasons.contributions(linear, asked, one.fitted.features)
    keys = [key for key in ("learner_id", "product_id", "as_of") if key in asked]
    words = reasons.told(name, moved, asked)
    return asked[keys].assign(probability=one.fitted.probability(asked), reasons=words)


def _examples(told):
    """Return learners spread evenly from most to least likely, without their pseudonyms."""
    ordered = told.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
    spread = timeline.evenly(ordered, SHOWN)
    return pd.DataFrame({"learner": range(1, len(spread) + 1)}).join(spread[["probability", "reasons"]])


def _write(step, final, frame):
    path = step.place(final)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)


def _record(step, name, table):
    for row in table.to_dict("records"):
        by = {"split": "validation", "notebook": "forecast"} | ({"day": row["day"]} if "day" in row else {})
        for metric in (name for name in ("roc_auc", "brier", "slope") if np.isfinite(row[name])):
            step.record(
                f"{name}.forecast_{metric}", row[metric], low=row[f"{metric}_low"], high=row[f"{metric}_high"],
                n=row["n"], model="forecaster", by=by,
            )  # fmt: skip
