"""Findings about features: what both methods see, what would be chosen again, and what looks like a leak."""

import pandas as pd

from insights.display.wording import Prose, bullets, count, listing, number, ordinal, p_value, say, share
from insights.findings.words import QUESTIONS, TITLES
from insights.verdicts import BOTH, FOREST_ONLY, OLS_ONLY

SIGNIFICANT = 0.05
CHECKS = {
    "outside": "fitted probabilities outside 0 to 1, share",
    "spread": "errors vary with the features, Breusch-Pagan statistic",
    "reset": "effects are no straight lines, RESET statistic",
    "within": "residuals alike within products, intraclass correlation",
    "leverage": "rows with more than thrice the mean leverage, share",
}


def features(
    model: str, table: pd.DataFrame, stable: pd.DataFrame, suspects: pd.DataFrame, dating: pd.DataFrame
) -> Prose:
    """Say which features both methods see, where they disagree, what is stable, and whether any looks like a leak.

    Parameters
    ----------
    model : str
    table : pandas.DataFrame
        From :func:`insights.feature_analysis.core.analyse`.
    stable, suspects, dating : pandas.DataFrame
        Rows of it that would be chosen again, and that nearly tell the outcome alone, and the date.
    """
    seen = table[table["feature"] != "noise"]
    methods = [_forest_alone(model, seen)] if table["p_adjusted"].isna().all() else _both(model, seen)
    return bullets(*methods, _stable(stable), _random(table), _suspects(suspects), _dating(dating))


def selection(model: str, chosen: pd.DataFrame) -> Prose:
    """Say what models gain or lose by reading only what the rows they learn from would choose.

    Parameters
    ----------
    model : str
    chosen : pandas.DataFrame
        From :func:`insights.feature_analysis.selection.inside_folds`.
    """
    mean = chosen.groupby("model", sort=False)[["every", "chosen"]].mean()
    told = [
        f"{TITLES[name]} reaches {number(r.chosen)} with them and {number(r.every)} with all"
        for name, r in mean.iterrows()
    ]
    return say(
        "For {question}, the rows of each fold choose {few} to {many} features by themselves. On held-out rows "
        "{models} (mean ROC AUC).",
        question=QUESTIONS[model], few=number(int(chosen["features"].min())),
        many=number(int(chosen["features"].max())), models=listing(told),
    )  # fmt: skip


def checks(model: str, table: pd.DataFrame) -> Prose:
    """Say which assumptions of OLS the residuals speak against, and what is done about it.

    Parameters
    ----------
    model : str
    table : pandas.DataFrame
        From :func:`insights.feature_analysis.linear.checks`.
    """
    by = table.set_index("check")
    bent, alike = by.loc["reset", "p"], by.loc["within", "value"]
    told = [
        say(
            "For {question}, {outside} of the fitted probabilities lie outside 0 to 1: the linear model ranks "
            "features and predicts nothing here.",
            question=QUESTIONS[model], outside=share(by.loc["outside", "value"]),
        ),
        say(
            "Errors {vary} with the features (Breusch-Pagan); residuals of one product {alike}.",
            vary="vary" if by.loc["spread", "p"] < SIGNIFICANT else "are not shown to vary",
            alike=f"are alike by {number(alike)} (intraclass correlation)" if alike > 0 else "are not alike",
        ),
    ]  # fmt: skip
    if pd.notna(bent):
        shown = "are not all" if bent < SIGNIFICANT else "are not shown to be other than"
        told.append(say("Effects {shown} straight lines (RESET, {p}).", shown=shown, p=p_value(bent)))
    return bullets(*told)


def _both(model, seen):
    both, forest, ols = (seen[seen["seen_by"] == who] for who in (BOTH, FOREST_ONLY, OLS_ONLY))
    return [
        say(
            "**For {question}, {both} of {all} features** are seen by the Random Forest and by linear regression "
            "(OLS) alike: {names}.",
            question=QUESTIONS[model], both=number(len(both)), all=number(len(seen)),
            names=listing(both["meaning"], most=5),
        )
        if len(both)
        else say(
            "**For {question}, no feature by itself is seen by both methods**, the Random Forest and linear "
            "regression (OLS): many of the {all} say the same. Whole families of them are judged below.",
            question=QUESTIONS[model], all=number(len(seen)),
        ),
        say(
            "{forest} seen by the forest only, which hints at effects that are not straight lines; {ols} seen by OLS "
            "only, mostly because other features say the same to the forest.",
            forest=_are(len(forest)), ols=_are(len(ols)),
        ),
    ]  # fmt: skip


def _forest_alone(model, seen):
    forest = seen[seen["seen_by"] == FOREST_ONLY]
    return say(
        "**For {question}, {forest} of {all} features** are seen by the Random Forest: {names}. OLS can tell none: "
        "the training rows come from too few products for its errors to hold.",
        question=QUESTIONS[model], forest=number(len(forest)), all=number(len(seen)),
        names=listing(forest["meaning"], most=5),
    )  # fmt: skip


def _stable(stable):
    if stable.empty:
        return say("No feature by itself matters in most random halves of the products: several say the same.")
    return say(
        "{n} of use in most random halves of the products: {names}.",
        n=_are(len(stable)), names=listing(stable["meaning"], most=5),
    )  # fmt: skip


def _random(table):
    place = list(table["feature"]).index("noise") + 1
    return say(
        "The column of random numbers came {place} of {n} by what the forest loses without it: what stands below it "
        "tells nothing that could be heard here.",
        place=ordinal(place),
        n=number(len(table)),
    )


def _suspects(suspects):
    if suspects.empty:
        return say("No feature alone is so good that it would have to contain the outcome itself.")
    return say(
        "{n} the outcome alone: {names}. Each is a leak until shown otherwise.",
        n=_nearly_tell(len(suspects)), names=listing(suspects["feature"]),
    )  # fmt: skip


def _dating(dating):
    if dating.empty:
        return say("No feature alone tells late rows from early ones.")
    return say(
        "{n} late rows from early ones: {names}. A model that leans on them learns the date.",
        n=_nearly_tell(len(dating)), names=listing(dating["feature"]),
    )  # fmt: skip


def _are(n):
    return count(n, "feature") + (" is" if n == 1 else " are")


def _nearly_tell(n):
    return f"{number(n)} {'feature nearly tells' if n == 1 else 'features nearly tell'}"
