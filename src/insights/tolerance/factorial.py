"""Several disturbances at once: a designed experiment that tells main effects, and interactions that matter.

A two-level fractional factorial of resolution IV (Box, Hunter and Hunter 2005): each disturbance is present in half
of the runs, so arranged that every main effect is seen in all runs and confused with no interaction of two. Analysis
of variance tests main effects against what they leave; effects of pairs, several of which share a contrast, are
judged by Lenth's pseudo standard error (Lenth 1989).
"""

from dataclasses import dataclass
from itertools import combinations

import ibis
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy.stats import t
from statsmodels.stats.anova import anova_lm

from insights.params import Params
from insights.progress import report
from insights.tolerance.disturbances import Disturbance
from insights.tolerance.kit import Kit
from insights.tolerance.responses import Response, disturbed
from insights.verdicts import AS_TRAINED

BASE = {8: 3, 16: 4}  # factors that are varied in every combination, by the number of runs
PRODUCTS = {8: ("012",), 16: ("012", "123", "023")}  # the others, each the product of some of these
LEVEL = 0.95
MAIN = ["model", "disturbance", "level", "effect", "low", "high", "f", "p"]
PAIRS = ["model", "pairs", "effect", "margin", "matters"]


@dataclass(frozen=True)
class Experiment:
    """What came of the runs.

    Attributes
    ----------
    runs : pandas.DataFrame
        A row per run: −1 or 1 by disturbance, and the measures of the model as trained.
    main : pandas.DataFrame
        ``model, disturbance, level, effect`` (change of ROC AUC from absent to present) with ``low, high``, and
        ``f, p`` of the analysis of variance.
    pairs : pandas.DataFrame
        ``model, pairs`` (that share a contrast)``, effect, margin`` (of error, by Lenth)``, matters``.
    """

    runs: pd.DataFrame
    main: pd.DataFrame
    pairs: pd.DataFrame


def design(factors: int, runs: int) -> np.ndarray:
    """Return the runs of the design, shape (runs, factors), −1 or 1.

    Raises
    ------
    ValueError
        For more factors than the design has room for.
    """
    room = BASE[runs] + len(PRODUCTS[runs])
    if factors > room:
        raise ValueError(f"{factors} disturbances in a design of {runs} runs, which has room for {room}. Take fewer.")
    base = np.array([[1 if run >> place & 1 else -1 for place in range(BASE[runs])] for run in range(runs)])
    more = [base[:, [int(c) for c in product]].prod(axis=1) for product in PRODUCTS[runs]]
    return np.column_stack([base, *more])[:, :factors]


def run(con: ibis.BaseBackend, kit: Kit, responses: list[Response], params: Params) -> Experiment:
    """Return the main effects and interactions of the disturbances that harm a model most.

    Parameters
    ----------
    con : ibis.BaseBackend
    kit : insights.tolerance.kit.Kit
    responses : list of insights.tolerance.responses.Response
        Of single disturbances: the most harmful at their lowest level that was tried take part, at that level.
    params : Params
        ``tolerance.runs``.
    """
    tried = [one for one in responses if not one.disturbance.relabels]
    harm = {one.disturbance.name: one.values[AS_TRAINED][0, 0] - one.values[AS_TRAINED][1, 0] for one in tried}
    room = BASE[params.tolerance.runs] + len(PRODUCTS[params.tolerance.runs])
    worst = sorted(tried, key=lambda one: -harm[one.disturbance.name])[:room]
    factors = [(one.disturbance, one.levels[1]) for one in worst]
    signs, measured = design(len(factors), params.tolerance.runs), []
    for number, row in enumerate(signs, start=1):
        report(f"{kit.name}: several disturbances at once, run {number} of {len(signs)}")
        present = [factor for factor, sign in zip(factors, row, strict=True) if sign > 0]
        rows = disturbed(con, kit, present, number, params).validate
        measured.append(kit.measured(kit.model.score(rows), kit.model.decide(rows), False)[0])
    runs = pd.DataFrame(signs, columns=[one.name for one, _ in factors])
    runs = pd.concat([runs, pd.DataFrame(measured, columns=list(kit.measures))], axis=1)
    return analysed(kit.name, runs, factors)


def analysed(model: str, runs: pd.DataFrame, factors: list[tuple[Disturbance, float]]) -> Experiment:
    """Return what the runs tell of ROC AUC."""
    names, y = [one.name for one, _ in factors], runs["roc_auc"].to_numpy()
    fitted = smf.ols("roc_auc ~ " + " + ".join(names), runs).fit()
    tested, bounds = anova_lm(fitted), fitted.conf_int()
    rows = [
        [model, one.name, level, 2 * fitted.params[one.name], *(2 * bounds.loc[one.name]), tested.loc[one.name, "F"],
         tested.loc[one.name, "PR(>F)"]]
        for one, level in factors
    ]  # fmt: skip
    free = _contrasts(runs, names)
    effects = {key: float(np.array(key) @ y) * 2 / len(y) for key in free}
    margin = lenth(np.array(list(effects.values()))) if effects else np.nan
    pairs = [[model, ", ".join(free[key]), effects[key], margin, bool(abs(effects[key]) > margin)] for key in free]
    return Experiment(runs.assign(model=model), pd.DataFrame(rows, columns=MAIN), pd.DataFrame(pairs, columns=PAIRS))


def lenth(effects: np.ndarray) -> float:
    """Return the margin of error of effects of which most are nothing but noise (Lenth 1989)."""
    size = np.abs(effects)
    first = 1.5 * np.median(size)
    pseudo = 1.5 * np.median(size[size <= 2.5 * first])
    return float(t.ppf((1 + LEVEL) / 2, max(len(effects) / 3, 1)) * pseudo)


def _contrasts(runs, names):
    """Return the pairs of factors by their common contrast, with a sign that makes its first run positive."""
    found = {}
    for one, other in combinations(names, 2):
        found.setdefault(_key((runs[one] * runs[other]).to_numpy()), []).append(f"{one} × {other}")
    return found


def _key(contrast):
    return tuple(int(sign) for sign in contrast * contrast[0])
