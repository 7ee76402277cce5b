"""The card of a saved model: what it is for, what it learned from, what it reached, and what it is not for.

After Mitchell and others, "Model cards for model reporting", FAT* 2019. Every figure comes from the study.
"""

import numpy as np
import pandas as pd

from insights import timeline
from insights.display import wording
from insights.params import Params

PURPOSE = {
    "launch": "Ranks products that could be launched, and says of each how likely its margin of the first month "
    "reaches the hurdle of its own plan. It advises people who decide; it does not decide.",
    "completion": "Says of an enrolled learner how likely the course is completed. It is for offering help, never "
    "for withholding anything from anybody.",
}
NOT_FOR = (
    "What would happen if somebody changed a feature: it knows associations only.",
    "Products or learners unlike those it learned from; the page of notebook 05 names what it was judged on.",
    "Any use after its window: the next window judges it on fresh data first.",
)


def card(study, params: Params) -> str:
    """Return the card of a study's chosen model as Markdown.

    Parameters
    ----------
    study : insights.modeling.study.Study
    params : Params
    """
    contest = study.contest
    model = contest.models[contest.chosen]
    return "\n".join(
        [
            f"# The {study.name} model of {params.window}: {contest.chosen}",
            "",
            PURPOSE[study.name],
            "",
            *_section("Learned from", _learned(contest.dataset, params)),
            *_section("Reads", [f"{len(model.features)} features: {', '.join(model.features)}."]),
            *_section("Calls 1", [_called(model.threshold_)]),
            *_section("Reached on rows that came later", _reached(study)),
            *_section("Not for", NOT_FOR),
        ]
    )


def _section(title, lines):
    return [f"## {title}", "", *(f"- {line}" for line in lines), ""]


def _learned(dataset, params):
    rows = dataset.frame[dataset.frame["role"] == timeline.TRAIN]
    told = f"{len(rows):,} rows decided from {rows['as_of'].min():%Y-%m-%d} to {rows['as_of'].max():%Y-%m-%d}"
    attributes = "used" if params.privacy.protected_features else "never among the features"
    return [
        f"{told}; the share of ones is {wording.share(rows['y'].mean())}.",
        f"Source: {params.source.kind}; seed {params.modeling.seed}. Protected attributes: {attributes}.",
    ]


def _reached(study):
    lines = []
    for kind, part in study.parts.items():
        own = part.performance[part.performance["model"] == study.contest.chosen]
        beats = "better" if part.beats_chance(study.contest.chosen) else "not shown to be better"
        told = [f"{r.metric} {_interval(r)}" for r in own.dropna(subset="value").itertuples()]
        lines.append(f"{kind}, {own['n'].iloc[0]:,} rows: {'; '.join(told)}. It is {beats} than chance.")
    return lines


def _interval(r):
    if pd.isna(r.low):
        return wording.number(r.value)
    return f"{wording.number(r.value)} ({wording.number(r.low)} to {wording.number(r.high)})"


def _called(threshold):
    if np.isinf(threshold):
        return "Nothing." if threshold > 0 else "Everything."
    return f"From a probability of {wording.share(threshold)} on."
