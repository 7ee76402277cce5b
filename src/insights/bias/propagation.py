"""Propagation: whether a model passes on, or adds to, differences between groups, found by refitting it.

The model is fitted again with protected attributes among its features, without any that it reads, and without the
features that tell groups (proxies). What moves, in how well it ranks and in the gaps between groups, is due to them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.bias.groups import NOT_DECLARED
from insights.modeling import metrics
from insights.modeling.dataset import Dataset
from insights.modeling.evaluation import paired
from insights.modeling.learned import Learned
from insights.modeling.trials import Trial, Trials, Variant, fitted
from insights.params import Params

AS_IS, WITH = "as it is", "with protected attributes"
WITHOUT, NO_PROXIES = "without protected attributes", "without proxies"
MODELS = ["model", "features", "roc_auc", "difference", "low", "high", "n"]
GAPS = ["model", "attribute", "group", "measure", "gap", "moved", "low", "high"]
FLIPS = ["model", "attribute", "one", "other", "people", "changed", "mean_change"]
MEASURES = ("selection_rate", "recall", "false_positive_rate")
ADDED = "declared: "  # begins the name of a column that says whether a person declared a group


@dataclass(frozen=True)
class Propagation:
    """What moves when protected attributes, or their proxies, are among the features or not.

    Attributes
    ----------
    models : pandas.DataFrame
        ``model, features, roc_auc, difference, low, high, n``: ROC AUC of each refit, and how much more it is than
        that of the model as it is.
    gaps : pandas.DataFrame
        ``model, attribute, group, measure, gap, moved, low, high``: each group's gap, and how much wider it is than
        that of the model as it is; below 0 it is narrower, or has turned.
    flips : pandas.DataFrame
        ``model, attribute, one, other, people, changed, mean_change``: of people who declared one group, the share
        whose 0 or 1 changes if they had declared the other, and by how much their probability does.
    """

    models: pd.DataFrame
    gaps: pd.DataFrame
    flips: pd.DataFrame


def study(
    model: Learned,
    dataset: Dataset,
    groups: pd.DataFrame,
    proxies: list[str],
    used: list[str],
    trials: Trials,
    params: Params,
) -> Propagation:
    """Return what moves when a model is fitted with and without protected attributes, and without proxies.

    Parameters
    ----------
    model : insights.modeling.learned.Learned
        The chosen model.
    dataset : insights.modeling.dataset.Dataset
        Rows of people.
    groups : pandas.DataFrame
        Protected attributes by ``learner_id``, from :func:`insights.bias.groups.attributes`.
    proxies, used : list of str
        Features that tell groups, and features that are protected attributes.
    trials : insights.modeling.trials.Trials
        Where the refits are kept, under the names that the tables have.
    params : Params
    """
    data, names = with_attributes(dataset, groups, params)
    kept = {
        AS_IS: model.features,
        WITH: [*model.features, *names],
        WITHOUT: [f for f in model.features if f not in used],
        NO_PROXIES: [f for f in model.features if f not in proxies],
    }
    same = {tuple(model.features)}
    variants = {
        name: Variant(model.on(read), data)
        for name, read in kept.items()
        if read and (name == AS_IS or tuple(read) not in same)
    }
    found = trials.of(variants)
    flipped = {name for name in variants if set(variants[name].model.features) & {*names}}
    flips = [_flips(name, variants[name], groups, params) for name in flipped]
    turned = pd.concat([pd.DataFrame(columns=FLIPS), *flips], ignore_index=True)
    return Propagation(_models(found, variants, data, params), _gaps(found, data, groups, params), turned)


def with_attributes(dataset: Dataset, groups: pd.DataFrame, params: Params) -> tuple[Dataset, list[str]]:
    """Return the dataset with a column for each group, 1 for who declared it, and the names of these columns."""
    rows = dataset.frame["learner_id"]
    columns = {}
    for attribute in groups:
        mine = rows.map(groups[attribute]).fillna(NOT_DECLARED)
        sizes = rows[dataset.frame["role"] == "train"].groupby(mine).nunique()
        for group in sorted(sizes.index[sizes >= params.bias.smallest_group].drop(NOT_DECLARED, errors="ignore")):
            columns[f"{ADDED}{attribute}, {group}"] = (mine == group).astype("float64")
    added = pd.DataFrame(columns, index=dataset.frame.index)
    return Dataset(dataset.model, pd.concat([dataset.frame, added], axis=1), dataset.features), list(columns)


def _models(trials, variants, data, params):
    (bench,) = paired.benches(data, params).values()
    whole = trials[AS_IS]
    own, draws = bench.values(whole.score, whole.decision)[0], bench.draws(whole.score, whole.decision)[:, 0]
    rows = []
    for name, trial in trials.items():
        auc = bench.values(trial.score, trial.decision)[0]
        low, high = metrics.percentile_interval(bench.draws(trial.score, trial.decision)[:, 0] - draws)
        rows.append([name, len(variants[name].model.features), auc, auc - own, float(low), float(high), len(bench.y)])
    return pd.DataFrame(rows, columns=MODELS)


def _gaps(trials: dict[str, Trial], data, groups, params):
    rows = data.validate
    rng = np.random.default_rng([params.modeling.seed, 16])
    weights = metrics.cluster_weights(rows["learner_id"], params.modeling.bootstrap_repeats, rng)
    y, found = rows["y"].to_numpy(dtype=int), []
    for attribute in groups:
        mine = rows["learner_id"].map(groups[attribute]).fillna(NOT_DECLARED)
        sizes = rows.groupby(mine)["learner_id"].nunique().drop(NOT_DECLARED, errors="ignore")
        for group in sizes.index[sizes >= params.bias.smallest_group]:
            own = (mine == group).to_numpy()
            found += _of_group(trials, attribute, group, y, own, weights)
    return pd.DataFrame(found, columns=GAPS)


def _of_group(trials, attribute, group, y, own, weights):
    once = np.ones((1, len(y)), dtype="float32")
    values = {name: _gap(y, trial.decision, own, once)[:, 0] for name, trial in trials.items()}
    draws = {name: _gap(y, trial.decision, own, weights) for name, trial in trials.items()}
    for name in trials:
        for place, measure in enumerate(MEASURES):
            side = np.sign(values[AS_IS][place]) or 1.0
            moved = side * (values[name][place] - values[AS_IS][place])
            low, high = metrics.percentile_interval(side * (draws[name][place] - draws[AS_IS][place]))
            yield [name, attribute, group, measure, values[name][place], moved, float(low), float(high)]


def _gap(y, called, own, weights):
    """Return a group's rates minus those of all others in each resample, shape (measures, repeats)."""
    sides = []
    for side in (own, ~own):
        w, ones, hit = weights[:, side], y[side], called[side]
        with np.errstate(divide="ignore", invalid="ignore"):
            sides.append(
                [
                    w @ hit / w.sum(axis=1),
                    (w @ (hit * ones)) / (w @ ones),
                    (w @ (hit * (1 - ones))) / (w @ (1 - ones)),
                ]
            )
    return np.array(sides[0]) - np.array(sides[1])


def _flips(name, variant, groups, params):
    """Return what would change for people if they had declared another group, all else as it is."""
    model, trial = fitted(variant, params)
    rows = variant.dataset.validate
    found = []
    for attribute in groups:
        of = [f for f in model.features if f.startswith(f"{ADDED}{attribute}, ")]
        for one in of:
            for other in (o for o in of if o != one):
                asked = (rows[one] == 1).to_numpy()
                as_other = rows[asked].assign(**{one: 0.0, other: 1.0})
                said = model.score(as_other)
                changed = (said >= model.threshold_).astype(int) != trial.decision[asked]
                titles = [column.removeprefix(f"{ADDED}{attribute}, ") for column in (one, other)]
                people = rows.loc[asked, "learner_id"].nunique()
                found.append([name, attribute, *titles, people, changed.mean(), np.mean(said - trial.score[asked])])
    return pd.DataFrame(found, columns=FLIPS)
