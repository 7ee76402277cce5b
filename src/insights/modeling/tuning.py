"""Tuning: better hyper-parameters for the hand-made models, and what they bring on rows that tuning did not see.

The search is that of Optuna (Akiba and others 2019) by tree-structured Parzen estimators (Bergstra and others
2011). It starts from the defaults and is judged on our time-ordered folds, so on these folds it cannot look worse
than the defaults. For the same reason what it promises there flatters: the best of many trials is in part luck.
What it brings is therefore measured on rows that each search did not see (nested folds; Varma and Simon 2006,
Cawley and Talbot 2010), and tuned hyper-parameters are used only where that is shown to be a gain.

The margin model finds its penalty while it is fitted and is not tuned.
"""

import contextlib
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from insights import parallel
from insights.modeling import metrics
from insights.modeling.learned import Learned
from insights.params import Params
from insights.progress import report
from insights.timeline import TimeFolds, WindowError, evenly

with warnings.catch_warnings():
    # The progress bar that Optuna brings asks for widgets, which nothing here shows.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

SPACES = {
    "logistic": {"C": FloatDistribution(0.001, 10.0, log=True)},
    "forest": {
        "min_samples_leaf": IntDistribution(3, 60, log=True),
        "max_features": CategoricalDistribution(("sqrt", 0.05, 0.1, 0.2, 0.35)),
    },
    "boosting": {
        "learning_rate": FloatDistribution(0.01, 0.2, log=True),
        "max_leaf_nodes": IntDistribution(3, 31, log=True),
        "min_samples_leaf": IntDistribution(5, 80, log=True),
        "l2_regularization": FloatDistribution(0.01, 100.0, log=True),
        "max_iter": IntDistribution(50, 250, step=50),
    },
}
RANDOM = 5  # trials at random, the defaults among them; those after them follow what was told
TREES = 100  # of a forest while it is tuned; the tuned one has as many as it had before
COLUMNS = ("model", "default", "tuned", "gain", "low", "high", "seen_gain", "trials", "folds", "left_out")


@dataclass(frozen=True)
class Tuned:
    """A model with the best hyper-parameters that were tried, and what was tried.

    Attributes
    ----------
    model : Learned
        Unfitted, under the name of the model that was tuned. Defaults that nothing beats are kept.
    trials : pandas.DataFrame
        ``trial, roc_auc`` (mean over folds), and a column per hyper-parameter, choices as text; trial 0 has the
        defaults.
    """

    model: Learned
    trials: pd.DataFrame

    @property
    def seen_gain(self) -> float:
        """ROC AUC of the best trial minus that of the defaults, on the folds that chose it: 0 or more."""
        return float(self.trials["roc_auc"].max() - self.trials["roc_auc"].iloc[0])


def tune(model: Learned, rows: pd.DataFrame, params: Params, about: str = "") -> Tuned:
    """Search hyper-parameters of a model on training rows.

    Parameters
    ----------
    model : Learned
        One of those in ``SPACES``; where it stands in its own hyper-parameters is trial 0.
    rows : pandas.DataFrame
        Training rows with the features, ``as_of``, ``resolved_at``, ``family`` and ``y``, in the order of time. More
        than ``modeling.tpot_rows`` are thinned out evenly.
    params : Params
        ``modeling.tuning_trials`` are tried.
    about : str
        What progress is reported of, such as ``launch``.

    Raises
    ------
    ValueError
        If the model has no space to search.
    insights.timeline.WindowError
        If the rows are too few for folds.
    """
    if model.name not in SPACES:
        raise ValueError(f"The model {model.name} is not tuned; those that are: {', '.join(SPACES)}.")
    seen = evenly(rows, params.modeling.tpot_rows)
    return _search(model, seen, TimeFolds(seen, params.modeling.folds), params, about)


def bought(models: list[Learned], rows: pd.DataFrame, params: Params, about: str = "") -> pd.DataFrame:
    """Return what tuning buys each model on rows that it did not see, against the defaults.

    In each outer fold the model is tuned within the fold's fit rows alone; then defaults and tuned are fitted on all
    of these and judged on the rows held out. A fold whose fit rows are too few for folds of their own is left out of
    every figure, for the defaults as well, and counted.

    Parameters
    ----------
    models : list of Learned
        Those without a space to search get no row.
    rows : pandas.DataFrame
        Training rows, as for :func:`tune`.
    params : Params
    about : str
        What progress is reported of.

    Returns
    -------
    pandas.DataFrame
        A row per model. ``default, tuned`` are mean ROC AUC over outer folds, ``gain`` is their difference,
        ``low, high`` its interval from resampling whole held-out families, paired, the models as fitted.
        ``seen_gain`` is what the folds that tuning saw promised; above ``gain`` it was optimistic. ``trials`` were
        tried in each fold, ``folds`` were judged, ``left_out`` could not be tuned in; missing where all were left
        out.

    Raises
    ------
    insights.timeline.WindowError
        If the rows are too few for outer folds.
    """
    folds = list(TimeFolds(rows, params.modeling.folds).split())
    asked = [model for model in models if model.name in SPACES]
    places = [_said(", ", about, f"fold {number} of {len(folds)}") for number in range(1, len(folds) + 1)]
    every = [(model, *fold, at) for model in asked for fold, at in zip(folds, places, strict=True)]
    judged = parallel.each(_Judged(rows, params), every, params.compute)
    of = [judged[first : first + len(folds)] for first in range(0, len(judged), len(folds))]
    table = [_over_folds(model, found, params) for model, found in zip(asked, of, strict=True)]
    return pd.DataFrame(table, columns=list(COLUMNS))


def applied(
    models: list[Learned], rows: pd.DataFrame, params: Params, about: str = ""
) -> tuple[list[Learned], pd.DataFrame]:
    """Return the models, those tuned for which tuning is worth it, and what it bought each.

    Parameters
    ----------
    models : list of Learned
    rows : pandas.DataFrame
        Training rows, as for :func:`tune`.
    params : Params
        With no trials nothing is tuned.
    about : str
        What progress is reported of.

    Returns
    -------
    list of Learned, pandas.DataFrame
        In the order given; and from :func:`bought`.
    """
    if params.modeling.tuning_trials == 0:
        return models, pd.DataFrame(columns=list(COLUMNS))
    gains = bought(models, rows, params, about)
    good = {row["model"] for _, row in gains.iterrows() if worth(row)}
    return [tune(m, rows, params, about).model if m.name in good else m for m in models], gains


def worth(row: pd.Series) -> bool:
    """Say whether tuned hyper-parameters are used: only where the whole interval of their gain lies above 0.

    Parameters
    ----------
    row : pandas.Series
        A row of :func:`bought`. One whose gain is missing is not worth it; the defaults stay.
    """
    return bool(row["low"] > 0)


def hyperparameters(model: Learned) -> dict:
    """Return the hyper-parameters of a model that tuning searches, as they are; none of a model that is not tuned."""
    return _values(model, SPACES[model.name]) if model.name in SPACES else {}


def _search(model, seen, folds, params, about):
    space, trials = SPACES[model.name], params.modeling.tuning_trials
    sampler = optuna.samplers.TPESampler(seed=params.modeling.seed, n_startup_trials=RANDOM)
    tried, scores = [], []
    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.enqueue_trial(_values(model, space))
        for number in range(1, trials + 1):
            trial = study.ask(space)
            scores.append(_over(_cheap(_with(model, trial.params)), seen, folds))
            study.tell(trial, scores[-1])
            tried.append(trial.params)
            report(_said(": ", about, f"tuning {model.name}, {number} of {trials} trials"))
    best = tried[int(np.argmax(scores))]  # the first of equals: the defaults where nothing beats them
    return Tuned(_with(model, best), _table(tried, scores, space))


def _said(between, about, what):
    return f"{about}{between}{what}" if about else what


def _over(model, rows, folds):
    """Return the mean ROC AUC of a model over folds."""
    y = rows["y"].to_numpy(dtype=int)
    return float(
        np.mean([metrics.roc_auc(y[judge], _scored(model, rows, fit, judge)) for fit, judge in folds.split()])
    )


def _scored(model, rows, fit, judge):
    """Return what a copy of a model that is fitted on some rows says of others."""
    # BLAS sums in another order on several threads, and what a trial scores decides what is tried after it.
    with threadpool_limits(1):
        fitted = _with(model, {}).fit(rows.iloc[fit], rows["y"].to_numpy(dtype=int)[fit])
        return fitted.score(rows.iloc[judge])


@dataclass(frozen=True)
class _Judged:
    """What one outer fold says of a model's defaults and of it tuned; None where its fit rows cannot be tuned on."""

    rows: pd.DataFrame
    params: Params

    def __call__(self, asked):
        model, fit, judge, about = asked
        seen = evenly(self.rows.iloc[fit], self.params.modeling.tpot_rows)
        try:
            inner = TimeFolds(seen, self.params.modeling.folds)
        except WindowError:  # too few rows for folds of their own: counted in left_out
            return None
        tuned = _search(model, seen, inner, self.params, about)
        y, family = self.rows["y"].to_numpy(dtype=int)[judge], self.rows["family"].iloc[judge]
        return tuned.seen_gain, y, family, *(_scored(m, self.rows, fit, judge) for m in (model, tuned.model))


def _over_folds(model, judged, params):
    told = [fold for fold in judged if fold is not None]
    means = [[metrics.roc_auc(y, default), metrics.roc_auc(y, tuned), seen] for seen, y, _, default, tuned in told]
    default, tuned, seen = np.mean(means, axis=0) if told else np.full(3, np.nan)
    low, high = _interval(told, params)
    counts = [params.modeling.tuning_trials, len(told), len(judged) - len(told)]
    return [model.name, default, tuned, tuned - default, low, high, seen, *counts]


def _interval(told, params):
    """Return the interval of the gain: the mean over folds in each resample of whole families."""
    if not told:
        return np.nan, np.nan
    draws = []
    rng = np.random.default_rng([params.modeling.seed, 7])
    for _, y, family, default, tuned in told:
        weights = metrics.cluster_weights(family, params.modeling.bootstrap_repeats, rng)
        draws.append(metrics.auc_draws(y, tuned, weights) - metrics.auc_draws(y, default, weights))
    low, high = metrics.percentile_interval(np.mean(draws, axis=0))
    return float(low), float(high)


def _values(model, space):
    own = model.estimator.named_steps["model"].get_params(deep=False)
    return {name: own[name] for name in space}


def _with(model, values):
    """Return an unfitted copy of a model with some hyper-parameters changed."""
    changed = {f"model__{name}": value for name, value in values.items()}
    return replace(model, estimator=clone(model.estimator).set_params(**changed))


def _cheap(model):
    trees = model.estimator.get_params().get("model__n_estimators")
    return model if trees is None else _with(model, {"n_estimators": min(trees, TREES)})


def _table(tried, scores, space):
    table = pd.DataFrame(tried, columns=list(space))
    choices = [name for name, of in space.items() if isinstance(of, CategoricalDistribution)]
    table[choices] = table[choices].astype("str")  # a column of words and numbers could not be written
    table.insert(0, "trial", range(len(tried)))
    table.insert(1, "roc_auc", scores)
    return table


@contextlib.contextmanager
def _quiet():
    """Optuna speaks of every trial, and we report our own progress; errors still come through."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
