"""Refits: what has to be fitted to say what each component adds, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.ablation import steps
from insights.ablation.components import AS_IS, FAMILY, Component
from insights.modeling.dataset import Dataset
from insights.modeling.learned import Learned
from insights.modeling.trials import Trial, Trials, Variant
from insights.params import Params

NOISE = "noise"


@dataclass(frozen=True)
class Refits:
    """A model fitted with everything, and without or with only each component.

    Attributes
    ----------
    full : insights.modeling.trials.Trial
    without, only : dict of Component to Trial
    steps : dict of str to Trial
        Without each step that changes what a model learns from; of one that it does not have, with it.
    noise : list of Trial
        With columns of noise beside its features, a draw each.
    """

    full: Trial
    without: dict[Component, Trial]
    only: dict[Component, Trial]
    steps: dict[str, Trial]
    noise: list[Trial]


def refit(
    model: Learned, frames: dict[str, Dataset], parts: list[Component], trials: Trials, params: Params
) -> Refits:
    """Fit a model with everything, without each component, with each alone, without each step, and with noise.

    Parameters
    ----------
    model : insights.modeling.learned.Learned
    frames : dict of str to insights.modeling.dataset.Dataset
        By what is taken away from the records: see :func:`insights.ablation.core.changed`.
    parts : list of Component
    trials : insights.modeling.trials.Trials
    params : Params
    """
    dataset = frames[AS_IS]
    rest = {part: left(model, [part]) for part in parts}
    without = {
        part: (key(part.without, rest[part]), Variant(model.on(rest[part]), frames[part.without])) for part in parts
    }
    only = {part: (key(AS_IS, part.features), Variant(model.on(list(part.features)), dataset)) for part in parts}
    full = (key(AS_IS, model.features), Variant(model, dataset))
    changed = {
        name: full if variant.model is model and variant.dataset is dataset else (("step", name), variant)
        for name, variant in steps.variants(model, frames, params).items()
    }
    wide = noise_columns(parts)
    noise = [((NOISE, draw), _noisy(model, dataset, wide, draw, params)) for draw in range(params.ablation.noise)]
    groups = (without, only, changed)
    found = trials.of(dict([full, *noise, *(pair for group in groups for pair in group.values())]))
    by = [{name: found[one] for name, (one, _) in group.items()} for group in groups]
    return Refits(found[full[0]], *by, [found[one] for one, _ in noise])


def key(frame: str, features: Iterable[str]) -> tuple:
    """Return what tells a variant from others: the feature table, and the features that are read of it."""
    return frame, tuple(features)


def left(model: Learned, parts: Iterable[Component]) -> list[str]:
    """Return the features that a model keeps when some components are taken away, in its own order."""
    gone = {feature for part in parts for feature in part.features}
    return [feature for feature in model.features if feature not in gone]


def thinned(frames: dict[str, Dataset], most: int) -> dict[str, Dataset]:
    """Return the datasets with at most so many rows to train on and to judge by, the same in each."""
    first = {id(data): data for data in frames.values()}
    thin = {one: data.thinned(most) for one, data in first.items()}
    return {name: thin[id(data)] for name, data in frames.items()}


def noise_columns(parts: Iterable[Component]) -> int:
    """Return how many columns of noise stand for a component: as many as families have features, in the median."""
    sizes = [len(part.features) for part in parts if part.kind == FAMILY]
    return int(np.median(sizes)) if sizes else 1


def _noisy(model, dataset, wide, draw, params):
    rng = np.random.default_rng([params.modeling.seed, 12, draw])
    columns = pd.DataFrame(
        rng.normal(size=(len(dataset.frame), wide)), columns=[f"{NOISE}_{place}" for place in range(1, wide + 1)]
    )
    frame = pd.concat([dataset.frame.reset_index(drop=True), columns], axis=1)
    return Variant(model.on([*model.features, *columns]), Dataset(dataset.model, frame, dataset.features))
