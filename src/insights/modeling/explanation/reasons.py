"""Explanations of launch recommendations: what the model weighed for each candidate, and what would turn its verdict.

All of this tells of the model and not of the market: that a signal raises a probability does not mean that raising
the signal would sell more.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from insights import rows, timeline
from insights.contract import NETWORKS
from insights.display import wording
from insights.features import launch
from insights.modeling.explanation import shapley, signals
from insights.modeling.explanation.shapley import Groups
from insights.modeling.learned import Learned

FOR, AGAINST = 3, 2
LEAST = 0.005  # probability; a signal that moves it less is no reason
RAISES, LOWERS = "raises", "lowers"
HELD_AGAINST = 10  # background rows for the leading feature of a signal
# What can be worked on or waited for before a launch. Sales come after it; a plan has no more and less; and a need
# that changes changes all that is counted over it.
OPEN = ("interest", "web", "email", "events", "survey", "opinion", "topic_sales", "tone", *NETWORKS)
DECILES = np.arange(1, 10) / 10
AT_LEAST, AT_MOST = "at least", "at most"

_REASONS = [
    "product_id", "direction", "place", "signal", "log_odds", "effect", "feature", "value", "standing", "text",
]  # fmt: skip
_FLIPS = ["product_id", "signal", "needed", "decile", "probability", "text"]


def reasons(
    model: Learned, candidates: pd.DataFrame, background: pd.DataFrame, groups: Groups, moved: pd.DataFrame
) -> pd.DataFrame:
    """Return for each candidate the signals that moved its probability most, three up and two down at most.

    Parameters
    ----------
    model : Learned
        Fitted.
    candidates : pandas.DataFrame
    background : pandas.DataFrame
        From :func:`insights.modeling.explanation.shapley.background`.
    groups : dict of str to list of str
        From :func:`insights.modeling.explanation.signals.groups`.
    moved : pandas.DataFrame
        Of the candidates, from :func:`insights.modeling.explanation.shapley.values`.

    Returns
    -------
    pandas.DataFrame
        ``product_id, direction`` (raises or lowers)``, place`` (1 moved most)``, signal, log_odds, effect, feature,
        value, standing, text``. The effect is the probability minus what it would be without the signal's log odds;
        effects of several signals do not add up, log odds do. The feature is the one of the signal that moves the log
        odds most in the signal's direction, when it alone takes values of the background.
    """
    told = _weighed(model, candidates, moved)
    if not told:
        return pd.DataFrame(columns=_REASONS)
    leading = _leading(model, candidates, background, groups, told)
    noun = _noun(background)
    lines = [
        _reason(candidates.iloc[[one["row"]]], one, feature, background, noun)
        for one, feature in zip(told, leading, strict=True)
    ]
    return pd.DataFrame(lines, columns=_REASONS)


def flips(model: Learned, candidates: pd.DataFrame, background: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Return, for each candidate and signal, the level of the signal that would carry it over the threshold.

    Parameters
    ----------
    model : Learned
        Fitted and with its threshold.
    candidates, background, groups
        As in :func:`reasons`.

    Returns
    -------
    pandas.DataFrame
        ``product_id, signal, needed, decile, probability, text``. All features of the signal are set to the same
        decile of the background, the others stay. A candidate below the threshold needs at least ``decile``: it and
        all higher ones reach the threshold. One that reaches it would fall short with at most ``decile``. Decile and
        probability are missing where no decile turns it.
    """
    read = tried(model, groups)
    if candidates.empty or not read:
        return pd.DataFrame(columns=_FLIPS)
    own = candidates[model.features].to_numpy(dtype="float64")
    now = shapley.scores_at(model, own) >= model.threshold_
    at = {name: at_deciles(model, candidates, background, members) for name, members in read.items()}
    noun = _noun(background)
    lines = [
        [product, name, *_flip(at[name][row], now[row], model.threshold_, name, noun)]
        for row, product in enumerate(candidates["product_id"])
        for name in read
    ]
    return pd.DataFrame(lines, columns=_FLIPS).astype({"decile": "Int64", "probability": "float64"})


def tried(model: Learned, groups: Groups) -> Groups:
    """Return the signals that can be changed and that a model reads, each with those of its features."""
    read = {name: sorted(set(groups.get(name, ())) & set(model.features)) for name in OPEN}
    return {name: members for name, members in read.items() if members}


def levels(background: pd.DataFrame, members: Sequence[str]) -> pd.DataFrame:
    """Return the nine deciles of each feature of a signal, shape (9, features); missing where no row knows it."""
    return background[list(members)].astype("float64").quantile(DECILES)


def at_deciles(
    model: Learned, candidates: pd.DataFrame, background: pd.DataFrame, members: Sequence[str]
) -> np.ndarray:
    """Return the probabilities with a signal at each decile of the background, shape (candidates, 9).

    All its features, ``members``, are set to the same decile; the others stay, and so does what no row knows.
    """
    own = candidates[model.features].to_numpy(dtype="float64")
    changed = np.repeat(own[:, None, :], len(DECILES), axis=1)
    places = [model.features.index(name) for name in members]
    told = levels(background, members).to_numpy()
    changed[:, :, places] = np.where(np.isnan(told), changed[:, :, places], told)
    return shapley.scores_at(model, changed)


def _weighed(model, candidates, moved):
    """Return who is moved by which signal, how far, and in which place, for reasons that are large enough."""
    if candidates.empty:
        return []
    odds, told = shapley.log_odds(model, candidates), []
    for row, line in enumerate(moved.to_numpy()):
        effect = expit(odds[row]) - expit(odds[row] - line)
        for direction, sign, most in ((RAISES, 1, FOR), (LOWERS, -1, AGAINST)):
            ranked = np.argsort(-sign * line, kind="stable")[:most]
            kept = [place for place in ranked if sign * effect[place] >= LEAST]
            told += [
                {"row": row, "direction": direction, "sign": sign, "place": number, "signal": moved.columns[place],
                 "log_odds": line[place], "effect": effect[place]}
                for number, place in enumerate(kept, start=1)
            ]  # fmt: skip
    return told


def _leading(model, candidates, background, groups, told):
    """Return for each reason the feature that alone moves the log odds most in its direction."""
    places = {name: place for place, name in enumerate(model.features)}
    asked = [(one["row"], places[name]) for one in told for name in groups[one["signal"]] if name in places]
    alone = _alone(model, candidates, timeline.evenly(background, HELD_AGAINST), sorted(set(asked)))
    return [_foremost(one, groups, places, alone) for one in told]


def _foremost(one, groups, places, alone):
    members = [name for name in groups[one["signal"]] if name in places]
    return max(members, key=lambda name: one["sign"] * alone[one["row"], places[name]])


def _alone(model, candidates, background, pairs):
    """Return, by row and place of a feature, the log odds minus those with the background's values of the feature."""
    own = candidates[model.features].to_numpy(dtype="float64")
    others = background[model.features].to_numpy(dtype="float64")
    changed = np.repeat(own[[row for row, _ in pairs], None, :], len(others), axis=1)
    for number, (_, place) in enumerate(pairs):
        changed[number, :, place] = others[:, place]
    odds = shapley.log_odds(model, candidates)
    without = shapley.log_odds_at(model, changed).mean(axis=1)
    return {pair: odds[pair[0]] - less for pair, less in zip(pairs, without, strict=True)}


def _reason(candidate, one, feature, background, noun):
    value = signals.value_in_words(launch.MODEL, feature, candidate.iloc[0])
    own, others = (signals.comparable(feature, frame) for frame in (candidate, background))
    standing = signals.standing(own[0], others, noun)
    points = wording.number(abs(100 * one["effect"]), 1)
    moved = f"{one['direction']} it by {points} percentage points"
    text = f"{moved}: {signals.title(one['signal'])} ({value}; {standing})"
    known = [one[name] for name in ("direction", "place", "signal", "log_odds", "effect")]
    return [candidate["product_id"].iloc[0], *known, feature, value, standing, text]


def _flip(probabilities, reaches, threshold, signal, noun):
    """Return needed, decile, probability and text of one candidate and signal."""
    turned = (probabilities >= threshold) != reaches
    needed, past = (AT_MOST, "below") if reaches else (AT_LEAST, "at or above")
    kept = int(np.logical_and.accumulate(turned if reaches else turned[::-1]).sum())
    if kept == 0:
        return [needed, None, None, f"{signals.title(signal)}: no decile of {noun} would turn it alone"]
    place = kept - 1 if reaches else len(DECILES) - kept
    text = (
        f"{signals.title(signal)}: {needed} the {_ordinal(place + 1)} decile of {noun}, all else "
        f"as it is; there the model would say {wording.share(probabilities[place])}, {past} the threshold of "
        f"{wording.share(threshold)}"
    )
    return [needed, place + 1, float(probabilities[place]), text]


def _ordinal(number):
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number, 'th')}"


def _noun(background):
    return "past launches" if (background["kind"] == rows.LAUNCH).all() else "past decisions"
