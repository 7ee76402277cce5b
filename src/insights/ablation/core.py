"""Which parts of a model earn their place, and the simplest model that does without the others.

Each component is removed while the rest stays; the model is refitted in time-ordered folds and on all training rows
and judged on validation rows. What was found there simplifies nothing: the simplified model is found on rows that
folds held out, and validation rows judge it once.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, forecasts, paths, store
from insights.ablation import backwards, costs, effects, pairs, refits, simplified, steps
from insights.ablation.components import (  # fmt: skip
    AS_IS,
    SOURCE,
    Component,
    atoms,
    components,
    network,
    tables,
    without_networks,
)
from insights.features import build, registry
from insights.modeling import saved
from insights.modeling.dataset import Dataset, load
from insights.modeling.evaluation import paired
from insights.modeling.learned import Learned
from insights.modeling.trials import Trial, Trials, Variant, fitted
from insights.params import Params
from insights.progress import report
from insights.store import Step
from insights.timeline import TimeFolds, evenly

FOLDS = {"launch": "table_5_4_launch_folds", "completion": "table_5_8_completion_folds"}


@dataclass(frozen=True)
class Study:
    """What notebook 06 shows of one model.

    Attributes
    ----------
    name : str
        ``launch`` or ``completion``.
    parts : list of insights.ablation.components.Component
        What was taken away, step by step of the pipeline apart.
    added : pandas.DataFrame
        From :func:`insights.ablation.effects.added`, of every kind of rows; ``beyond_noise`` says whether a component
        adds more than each draw of noise.
    alone : pandas.DataFrame
        From :func:`insights.ablation.effects.alone`.
    noise : pandas.DataFrame
        ``rows, draw, columns, roc_auc_adds``.
    pairs : pandas.DataFrame
        From :func:`insights.ablation.pairs.interactions`.
    path : insights.ablation.backwards.Path
    simple : insights.ablation.simplified.Simplified
    every, costs, seconds : pandas.DataFrame
        From :mod:`insights.ablation.costs`.
    trained_on : int
        Training rows that models were refitted on.
    """

    name: str
    parts: list[Component]
    added: pd.DataFrame
    alone: pd.DataFrame
    noise: pd.DataFrame
    pairs: pd.DataFrame
    path: backwards.Path
    simple: simplified.Simplified
    every: pd.DataFrame
    costs: pd.DataFrame
    seconds: pd.DataFrame
    trained_on: int


def study(step: Step, con: ibis.BaseBackend) -> dict[str, Study]:
    """Return for each model what its components add and what can be left out; recorded and stored."""
    params, found = step.params, {}
    for name in build.BUILDERS:
        dataset = load(params.window, name)
        if dataset is not None:
            model = saved.load(paths.model(params.window, name))
            frames = changed(con, name, dataset, model, params)
            found[name] = ablate(name, model, frames, ladder_parts(params, name), params)
            _keep(step, found[name], model)
    return found


def by_table(found: dict[str, Study]) -> pd.DataFrame:
    """Return what each table of records adds: ``table, model, rows, group, adds, low, high, verdict``."""
    parts = [one.added[one.added["kind"] == SOURCE].assign(model=name) for name, one in found.items()]
    names = {"component": "table", "roc_auc_adds": "adds", "roc_auc_low": "low", "roc_auc_high": "high"}
    columns = ["table", "model", "rows", "group", "adds", "low", "high", "verdict"]
    every = pd.concat([pd.DataFrame(columns=[*names, "model", "rows", "verdict"]), *parts], ignore_index=True)
    return every.rename(columns=names).assign(group=lambda table: table["table"])[columns]


def changed(con: ibis.BaseBackend, name: str, dataset: Dataset, model: Learned, params: Params) -> dict[str, Dataset]:
    """Return the dataset as it is, and as it would be without a network's posts or without a step of cleaning.

    A step that changes nothing of what the model reads has the dataset as it is.
    """
    known = cleaning.tables(con, params.window, protected=params.privacy.protected_features)
    known |= forecasts.tables(con, params.window)
    frames, read = {AS_IS: dataset}, registry.features(name, model.features)
    networks = list(dict.fromkeys(n for n in (network(f) for f in read) if n))
    for gone in [*([one] for one in networks), *combinations(networks, 2)]:
        report(f"{name}: features {without_networks(gone)}")
        posts = known["social_posts"]
        rest = known | {"social_posts": posts.filter(posts.network.notin(list(gone)))}
        frames[without_networks(gone)] = _again(con, name, dataset, rest, "social_posts", params)
    if "email_events" in tables(name, model.features):
        for cleaned in steps.MAIL:
            report(f"{name}: features without {cleaned}")
            frame = _again(con, name, dataset, steps.uncleaned(known, cleaned), "email_events", params)
            same = frame.frame[model.features].equals(dataset.frame[model.features])
            frames[cleaned] = dataset if same else frame
    return frames


def ladder_parts(params: Params, name: str) -> list[steps.Part]:
    """Return TPOT and co-training as steps of the choice that notebook 05 made."""
    predictions = pd.read_parquet(paths.predictions(params.window, name))
    folds = store.table(params.window, "05_modeling", FOLDS[name])
    parts = steps.of_ladder(predictions, folds, set(predictions["model"]), params.modeling.margin)
    return [replace(p, whole=_thin(p.whole, params), without=_thin(p.without, params)) for p in parts]


def ablate(name: str, model: Learned, frames: dict[str, Dataset], ladder: list[steps.Part], params: Params) -> Study:
    """Return what the components of one model add, and its simplified model.

    Parameters
    ----------
    name : str
        ``launch`` or ``completion``.
    model : insights.modeling.learned.Learned
        The full model.
    frames : dict of str to insights.modeling.dataset.Dataset
        From :func:`changed`.
    ladder : list of insights.ablation.steps.Part
        From :func:`ladder_parts`.
    params : Params

    Returns
    -------
    Study
    """
    frames = refits.thinned(frames, params.ablation.rows)
    dataset, trials, parts = frames[AS_IS], Trials(params, f"{name}: refitting"), components(name, model.features)
    report(f"{name}: {len(parts)} components, each removed while the rest stays, and each alone")
    settled = model.settled(_fitted_on(dataset.train, params))
    done = refits.refit(settled, frames, parts, trials, params)
    listed = [*steps.of_trials(done.full, done.steps), *steps.of_decisions(done.full, dataset.train), *ladder]
    benches = list(paired.benches(dataset, params).values())
    each = [_of_kind(bench, done, listed, params) for bench in benches]
    added, alone, noise = (pd.concat(kinds, ignore_index=True) for kinds in zip(*each, strict=True))
    report(f"{name}: components in pairs")
    together = _without_both(settled, frames, pairs.suspects(done.only, params.ablation.pairs), trials)
    found = [
        pairs.interactions(bench, _said(done.full), _all_said(done.without), together, params.ablation.margin)
        for bench in benches
    ]
    report(f"{name}: backward elimination on rows that folds held out")
    folds = paired.fold_bench(dataset, done.full.held_out, params)
    path = backwards.eliminate(settled, dataset, atoms(name, model.features), folds, trials, params)
    simple = _simplified(model, dataset, path, done.full, benches, params)
    return Study(
        name, parts, added, alone, noise, pd.concat(found, ignore_index=True), path, simple,
        costs.every(trials.known, folds), costs.of(done), costs.seconds(done), len(dataset.train),
    )  # fmt: skip


def _fitted_on(rows, params):
    """Return the sets of rows that trials are fitted on: those of each fold, and all training rows."""
    return [*(rows.iloc[fit] for fit, _ in TimeFolds(rows, params.modeling.folds).split()), rows]


def _of_kind(bench, done, listed, params):
    """Return what components add, do alone, and what noise adds, on one kind of rows."""
    full = _said(done.full)
    gains = effects.of_noise(bench, full, [_said(trial) for trial in done.noise])
    wide = done.noise[0].cost.features - done.full.cost.features
    noise = pd.DataFrame(
        {"rows": bench.kind, "draw": range(1, len(gains) + 1), "columns": wide, "roc_auc_adds": gains}
    )
    added = effects.added(bench, full, _all_said(done.without), listed, params.ablation)
    added["beyond_noise"] = added["roc_auc_adds"] > max(gains.max(), 0.0)
    return added, effects.alone(bench, _all_said(done.only)), noise


def _without_both(model, frames, asked, trials):
    """Return what is said without both components of each pair."""
    variants = {}
    for one, other in asked:
        rest = refits.left(model, (one, other))
        frame = without_networks([*one.networks, *other.networks])
        variants[one, other] = (refits.key(frame, rest), Variant(model.on(rest), frames[frame]))
    found = trials.of({key: variant for key, variant in variants.values() if variant.model.features})
    return {pair: _said(found[key]) for pair, (key, _) in variants.items() if key in found}


def _simplified(model, dataset, path, full, benches, params):
    variant = Variant(model.on(path.chosen), dataset)
    simple, trial = fitted(variant, params)
    beside = [simplified.compare(bench, full, trial, params.ablation) for bench in benches]
    takes = simplified.takes(dataset.model, (model.features, full.cost), (path.chosen, trial.cost))
    return simplified.Simplified(simple, pd.concat(beside, ignore_index=True), takes)


def _again(con, name, dataset, tables, other, params):
    return Dataset(name, build.again(con, name, dataset.frame, tables, params, [other]), dataset.features)


def _said(trial: Trial) -> steps.Said:
    return steps.Said(trial.score, trial.decision)


def _all_said(trials: dict[Component, Trial]) -> dict[Component, steps.Said]:
    return {part: _said(trial) for part, trial in trials.items()}


def _thin(said, params):
    """Return what is said of the rows that remain when validation rows are thinned."""
    places = evenly(pd.DataFrame({"place": np.arange(len(said.score))}), params.ablation.rows)["place"].to_numpy()
    return steps.Said(said.score[places], said.decision[places])


def _keep(step, found, model):
    """Store and record a study: tables, numbers, the simplified model, and what was timed in the manifest alone."""
    name = found.name
    for table, of in TABLES[name].items():
        step.table(table, of(found))
    for r in found.added.itertuples():
        by = {"without": f"{r.kind} {r.component}", "rows": r.rows}
        step.record(f"{name}.roc_auc", r.roc_auc_without, n=r.n, model=model.name, by=by | {"split": "validation"})
        step.record(f"{name}.roc_auc_added", r.roc_auc_adds, low=r.roc_auc_low, high=r.roc_auc_high, n=r.n,
                    model=model.name, by=by)  # fmt: skip
    for r in found.simple.beside.itertuples():
        by = {"rows": r.rows, "split": "validation", "model": "simplified"}
        unit = "USD" if r.metric == paired.VALUE else ""
        step.record(f"{name}.{r.metric}_simplified", r.simplified, n=r.n, model=model.name, by=by, unit=unit)
        step.record(
            f"{name}.{r.metric}_lost", r.loss, low=r.low, high=r.high, n=r.n, model=model.name, by=by, unit=unit
        )
    step.record(f"{name}.features_simplified", len(found.simple.model.features), unit="features", model=model.name)
    saved.save(found.simple.model, step.place(paths.simplified(step.params.window, name)))
    step.note(**{f"{name}_seconds": found.seconds.to_dict("records")})


def _by(attribute):
    return lambda found: getattr(found, attribute)


# What is stored, by the name it is cited by.
TABLES = {
    "launch": {
        "table_6_1_launch_ablation": _by("added"),
        "table_6_4_launch_alone": _by("alone"),
        "table_6_5_launch_pairs": _by("pairs"),
        "table_6_6_launch_path": lambda found: found.path.table,
        "table_6_7_launch_simplified": lambda found: found.simple.beside,
        "table_6_8_launch_takes": lambda found: found.simple.takes,
        "table_6_9_launch_noise": _by("noise"),
        "table_6_17_launch_costs": _by("costs"),
    },
    "completion": {
        "table_6_2_completion_ablation": _by("added"),
        "table_6_10_completion_alone": _by("alone"),
        "table_6_11_completion_pairs": _by("pairs"),
        "table_6_12_completion_path": lambda found: found.path.table,
        "table_6_13_completion_simplified": lambda found: found.simple.beside,
        "table_6_14_completion_takes": lambda found: found.simple.takes,
        "table_6_15_completion_noise": _by("noise"),
        "table_6_18_completion_costs": _by("costs"),
    },
}
