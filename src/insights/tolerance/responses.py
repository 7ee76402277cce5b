"""Responses: what each disturbance does to a model, at several levels, with and without retraining."""

from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd

from insights.features import build
from insights.modeling.dataset import Dataset
from insights.modeling.trials import Trials, Variant
from insights.params import Params
from insights.progress import report
from insights.timeline import TRAIN
from insights.tolerance.disturbances import Disturbance
from insights.tolerance.kit import Kit
from insights.verdicts import AS_TRAINED, RETRAINED


@dataclass(frozen=True)
class Response:
    """What one disturbance does to one model.

    Attributes
    ----------
    disturbance : Disturbance
    levels : tuple of float
        0 first.
    values : dict of str to numpy.ndarray of shape (levels, measures)
        By whether the model was trained on undisturbed records (``as trained``) or on disturbed ones; means over
        seeds.
    draws : dict of str to numpy.ndarray of shape (levels, repeats, measures)
        The same in each resample of the rows.
    spread : dict of str to numpy.ndarray of shape (levels, measures)
        Standard deviation over seeds.
    """

    disturbance: Disturbance
    levels: tuple[float, ...]
    values: dict[str, np.ndarray] = field(default_factory=dict)
    draws: dict[str, np.ndarray] = field(default_factory=dict)
    spread: dict[str, np.ndarray] = field(default_factory=dict)


def respond(con: ibis.BaseBackend, kit: Kit, disturbances: list[Disturbance], params: Params) -> list[Response]:
    """Return what each disturbance does to a model.

    Parameters
    ----------
    con : ibis.BaseBackend
    kit : insights.tolerance.kit.Kit
    disturbances : list of Disturbance
    params : Params
        ``tolerance.levels`` of each are tried, ``tolerance.seeds`` times each.
    """
    frames: dict[tuple, Dataset] = {}
    asked = [
        (one, level, seed) for one in disturbances for level in levels(one, params) for seed in seeds(one, params)
    ]
    for number, (one, level, seed) in enumerate(asked, start=1):
        report(f"{kit.name}: {one.title}, {number} of {len(asked)}")
        frames[one.name, level, seed] = disturbed(con, kit, [(one, level)], seed, params)
    report(f"{kit.name}: retraining {len(asked)} times")
    trials = Trials(params, f"{kit.name}: retraining").of(
        {key: Variant(kit.recipe, data) for key, data in frames.items()}
    )
    return [_of_one(kit, one, frames, trials, params) for one in disturbances]


def levels(disturbance: Disturbance, params: Params) -> tuple[float, ...]:
    """Return the levels of a disturbance that are tried: so many, the highest among them."""
    return disturbance.levels[-params.tolerance.levels :]


def disturbed(
    con: ibis.BaseBackend, kit: Kit, what: list[tuple[Disturbance, float]], seed: int, params: Params
) -> Dataset:
    """Return a model's dataset with one or several disturbances of its records, or of its training outcomes."""
    tables, frame = dict(kit.tables), kit.dataset.frame
    changed = sorted({name for one, _ in what for name in one.tables})
    for one, level in what:
        tables = dict(one.apply(tables, level, seed))
    if changed:
        # Each is read by several families, and is made once, in place of the one before.
        made = {
            name: con.create_table(f"disturbed_{name}", tables[name], temp=True, overwrite=True) for name in changed
        }
        frame = build.again(con, kit.name, frame, tables | made, params, changed, kit.recipe.features)
    for one, level in what:
        if one.relabels:
            frame = relabelled(frame, level, seed)
    return Dataset(kit.name, frame.reindex(columns=[*frame, *_gone(kit, frame)]), kit.dataset.features)


def relabelled(frame: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Return a feature table in which a share of the training rows has the other outcome, and earned accordingly."""
    training = np.flatnonzero((frame["role"] == TRAIN) & frame["y"].notna())
    wrong = training[np.random.default_rng([seed, 20]).random(len(training)) < share]
    changed = frame.copy()
    changed.loc[changed.index[wrong], "y"] = 1 - frame["y"].to_numpy()[wrong]
    if {"margin_earned", "hurdle"} <= {*frame}:
        # Who reached the hurdle is said to have missed it by as much, and the other way round.
        earned, hurdle = (frame[name].to_numpy()[wrong] for name in ("margin_earned", "hurdle"))
        changed.loc[changed.index[wrong], "margin_earned"] = np.maximum(hurdle * hurdle / np.maximum(earned, 1e-9), 0)
        capped = np.minimum(changed["margin_earned"].to_numpy()[wrong], 20 * hurdle)
        changed.loc[changed.index[wrong], "margin_earned"] = capped
    return changed


def seeds(disturbance: Disturbance, params: Params) -> range:
    """Return the seeds that a level is tried with: one where nothing is picked at random."""
    return range(1, (params.tolerance.seeds if disturbance.random else 1) + 1)


def _gone(kit, frame):
    """Return the features that the model reads and that are not there any more: it sees them as missing."""
    return [name for name in kit.dataset.features if name not in frame]


def _of_one(kit, one, frames, trials, params):
    tried = levels(one, params)
    base = kit.measured(kit.trial.score, kit.trial.decision, False)[0]
    base_draws = kit.measured(kit.trial.score, kit.trial.decision)
    found = Response(one, (0.0, *tried))
    for mode in (RETRAINED,) if one.relabels else (AS_TRAINED, RETRAINED):
        values, draws, spread = [base], [base_draws], [np.zeros_like(base)]
        for level in tried:
            said = [
                _said(kit, mode, frames[one.name, level, s], trials[one.name, level, s]) for s in seeds(one, params)
            ]
            each = np.array([kit.measured(*pair, False)[0] for pair in said])
            values.append(each.mean(axis=0))
            draws.append(np.mean([kit.measured(*pair) for pair in said], axis=0))
            spread.append(each.std(axis=0))
        found.values[mode], found.draws[mode], found.spread[mode] = (
            np.array(part) for part in (values, draws, spread)
        )
    return found


def _said(kit, mode, data, trial):
    if mode == RETRAINED:
        return trial.score, trial.decision
    rows = data.validate
    return kit.model.score(rows), kit.model.decide(rows)


def table(kit: Kit, responses: list[Response]) -> pd.DataFrame:
    """Return the response curves, in ``COLUMNS``; ``low, high`` hold 95 % of the resamples of the rows."""
    rows = []
    for one in responses:
        for mode, values in one.values.items():
            for place, level in enumerate(one.levels):
                low, high = np.nanquantile(one.draws[mode][place], [0.025, 0.975], axis=0)
                for m, measure in enumerate(kit.measures):
                    rows.append(
                        [kit.name, kit.kind, one.disturbance.name, one.disturbance.unit, mode, level, measure,
                         values[place, m], low[m], high[m], one.spread[mode][place, m]]
                    )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["model", "rows", "disturbance", "unit", "mode", "level", "measure", "value", "low", "high", "spread"]
