"""The report: what notebook 11 shows, all of it read from the results store and the tables beside it."""

from dataclasses import dataclass

import pandas as pd

from insights import acceptance, dictionary, gaps, store
from insights.modeling import recommendation
from insights.modeling.dataset import MODELS
from insights.modeling.study import named
from insights.planners import judgements, trial
from insights.store import Step


@dataclass(frozen=True)
class Report:
    """Everything the report shows.

    Attributes
    ----------
    results : pandas.DataFrame
        The window's results store.
    advice : pandas.DataFrame
        Recommendations with titles; empty where the source has no candidates.
    headline : pandas.DataFrame
        ROC AUC of every model and baseline: ``question, rows, model, value, low, high, n, chosen``.
    lacking : dict of str to list of str
        What the source lacks for a model, by model; models that ran are not in it.
    agreement, grounds : pandas.DataFrame
        How often planners agree with recommendations, and why they do not, from :mod:`insights.planners.judgements`.
    quality, reliance : pandas.DataFrame
        How well planners decide with advice and alone, from :mod:`insights.planners.trial`.
    acceptance : pandas.DataFrame
        The acceptance tests with their verdicts, from :mod:`insights.acceptance`.
    """

    results: pd.DataFrame
    advice: pd.DataFrame
    headline: pd.DataFrame
    lacking: dict[str, list[str]]
    agreement: pd.DataFrame
    grounds: pd.DataFrame
    quality: pd.DataFrame
    reliance: pd.DataFrame
    acceptance: pd.DataFrame


def study(step: Step) -> Report:
    """Gather the report of a window from its stored results; store the tables that it shows."""
    window = step.params.window
    results = store.results(window)
    profile = dictionary.of(window)
    lacking = gaps.lacking(MODELS, step.params.launch.hurdle, profile)
    said, decided = judgements.of_window(window), trial.answers(window)
    ranked = headline(results)
    found = Report(
        results=results,
        advice=_advice(window, lacking),
        headline=ranked,
        lacking={model: names for model, names in lacking.items() if names},
        agreement=judgements.agreement(said),
        grounds=judgements.grounds(said),
        quality=trial.quality(decided),
        reliance=trial.reliance(decided, step.params.modeling.seed),
        acceptance=acceptance.study(step.params, results, ranked),
    )
    step.table("table_11_1_recommendations", found.advice)
    step.table("table_11_2_headline", found.headline)
    step.table("table_11_3_agreement", found.agreement)
    step.table("table_11_4_grounds", found.grounds)
    step.table("table_11_5_trial", found.quality)
    step.table("table_11_6_reliance", found.reliance)
    step.table("table_11_7_acceptance", found.acceptance)
    for r in acceptance.counts(found.acceptance).itertuples():
        step.record("acceptance.tests", r.tests, unit="tests", by={"judged_by": r.by, "verdict": r.verdict})
    for r in found.agreement.itertuples():
        step.record("planners.agree", r.share, low=r.low, high=r.high, n=r.judgements, by={"verdict": r.verdict})
    return found


def headline(results: pd.DataFrame) -> pd.DataFrame:
    """Return the ROC AUC of every model and baseline on validation rows, best first within each question.

    ``ahead_low`` and ``ahead_high`` bound the chosen model's ROC AUC minus this one's, on the same rows; ``shuffled``
    is what the best of all that were judged reaches in 95 of 100 shuffles of the outcomes.
    """
    by = store.restrictions(results, ["split", "rows"])
    whole = results["by"].map(lambda keys: set(keys) <= {"split", "rows", "day"})  # not of a part, as in an ablation
    judged = whole & (by["split"] == "validation") & by["rows"].notna()
    auc = results[results["name"].str.endswith(".roc_auc") & judged]
    chosen = set(zip(results["name"], results["model"], strict=True))
    question = auc["name"].str.removesuffix(".roc_auc")
    table = auc.assign(
        question=question,
        rows=by.loc[auc.index, "rows"],
        chosen=[(f"{q}.chosen", m) in chosen for q, m in zip(question, auc["model"], strict=True)],
    )
    ahead, nobody = _ahead(results), (float("nan"), float("nan"))
    shuffled = _shuffled(results)
    leads = [
        ahead.get(key, nobody) for key in table[["question", "rows", "model"]].itertuples(index=False, name=None)
    ]
    table = table.assign(ahead_low=[low for low, _ in leads], ahead_high=[high for _, high in leads])
    table["shuffled"] = [shuffled.get(key, float("nan")) for key in zip(question, table["rows"], strict=True)]
    columns = [
        "question", "rows", "model", "value", "low", "high", "n", "chosen", "ahead_low", "ahead_high", "shuffled",
    ]  # fmt: skip
    return table[columns].sort_values(
        ["question", "rows", "value"], ascending=[False, True, False], ignore_index=True
    )


def _ahead(results):
    """Return the interval of the chosen model's lead over each other, by question, kind of rows and model."""
    paired = results[results["name"].str.endswith(".roc_auc_difference")]
    return {
        (r.name.removesuffix(".roc_auc_difference"), r.by["rows"], r.by["against"]): (r.low, r.high)
        for r in paired[["name", "by", "low", "high"]].itertuples(index=False)
    }


def _shuffled(results):
    """Return what the best scorer reaches in 95 of 100 shuffles of the outcomes, by question and kind of rows."""
    best = results[results["name"].str.endswith(".roc_auc_null_95") & (results["model"] == "best")]
    return {
        (r.name.removesuffix(".roc_auc_null_95"), r.by["rows"]): r.value
        for r in best[["name", "by", "value"]].itertuples(index=False)
        if "rows" in r.by
    }


def _advice(window, lacking):
    if lacking["launch"]:
        return pd.DataFrame(columns=list(recommendation.COLUMNS))
    advice = store.table(window, "05_modeling", "table_5_9_recommendations")
    return named(advice, window)
