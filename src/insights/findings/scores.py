"""Findings about scores: which model was chosen, how it does beside the others, what searching brought."""

from itertools import compress

import pandas as pd

from insights import devices
from insights.display.wording import Prose, bullets, count, interval, listing, number, say, share
from insights.findings.words import LEARNED, QUESTIONS, ROWS, TITLES, opening, units
from insights.params import Compute


def rows(model: str, table: pd.DataFrame) -> Prose:
    """Say how many rows, months, products and positives a model has to learn from and to be judged on."""
    parts = []
    for role, verb in (("train", "to train on"), ("validate", "to validate on"), ("purged", "purged")):
        for r in table[table["role"] == role].itertuples():
            parts.append(
                say(
                    "{rows} ({kind}) {verb}: {products}, {months}, {positives} positive ({part}).",
                    rows=count(int(r.rows), "row"), kind=ROWS.get(r.kind, r.kind), verb=verb,
                    products=count(int(r.products), "product"), months=count(int(r.months), "month"),
                    positives=number(int(r.positives)), part=share(r.positives / r.rows),
                )
            )  # fmt: skip
    return bullets(*parts)


def performance(model: str, part, chosen: str) -> Prose:
    """Say how the chosen model does on one kind of rows, against chance and against every baseline.

    Parameters
    ----------
    model : str
    part : insights.modeling.study.Part
    chosen : str
    """
    auc = part.performance[(part.performance["model"] == chosen) & (part.performance["metric"] == "roc_auc")]
    r = auc.iloc[0]
    sure = part.beyond.set_index("model").loc[chosen]
    verdict = "better than chance**" if part.beats_chance(chosen) else "not shown to be better than chance**"
    return bullets(
        say(
            "**On {n} ({kind}, {positives} came true), {chosen} reaches a ROC AUC of {auc}** for {question}.",
            n=units(r["n"], part.kind), kind=ROWS.get(part.kind, part.kind),
            positives=number(int(r["positives"])),
            chosen=TITLES[chosen], auc=interval(r["value"], r["low"], r["high"]), question=QUESTIONS[model],
        ),
        say(
            f"That is **{verdict}: with shuffled outcomes the best of the {{k}} models and rules that were tried "
            "reaches up to {null} in 95 of 100 cases (p = {p}). The interval that holds for all of them at once goes "
            "from {low} to {high}.",
            k=number(part.null.shape[1] - 1), low=number(sure["low"]), high=number(sure["high"]),
            null=number(part.null["best"].quantile(0.95)), p=number(part.p_value(chosen), 3),
        ),
        *_beside_baselines(part.against[~part.against["model"].isin(LEARNED)]),
        *_released(part, chosen),
    )  # fmt: skip


def choice(model: str, contest) -> Prose:
    """Say which model was chosen on training folds, by the rule, and why not another."""
    mean = contest.out_of_fold.groupby("model")["roc_auc"].mean()
    scores = [f"{TITLES[name]} {number(mean[name])}" for name in mean.index]
    order = (
        "time-ordered folds" if contest.ordered_folds else "folds by product family (one cohort, no order in time)"
    )
    return say(
        "**Decision.** {chosen}, instead of the others, because it is the simplest within the margin of the "
        "best over {folds} {order} of the training rows: {scores}.",
        chosen=opening(TITLES[contest.chosen]),
        folds=number(int(contest.out_of_fold["fold"].nunique())),
        order=order,
        scores=listing(scores),
    )


def climbed(rungs: pd.DataFrame, margin: float, ordered: bool = True) -> Prose:
    """Say which rungs of the ladder from chance to the most complex model bear, and which do not.

    Parameters
    ----------
    rungs : pandas.DataFrame
        From :func:`insights.modeling.ladder.rungs`.
    margin : float
        By which a rung has to be better than the one below.
    ordered : bool
        Whether the folds were ordered in time.
    """
    rungs = rungs[rungs["model"] != "chance"]
    stay, fall = rungs[rungs["stays"]], rungs[~rungs["stays"]]
    told = say(
        "A model stays on the ladder if on {held_out} it is better by {margin} than the last one that stayed below "
        "it. The choice asks less: to be worse than the best by no more than that. Those that stay: {stay}.",
        held_out="later months" if ordered else "other products",
        margin=number(margin), stay=listing([TITLES[name] for name in stay["model"]]),
    )  # fmt: skip
    if fall.empty:
        return told + say("That is every one.")
    missed = [f"{TITLES[r.model]} (by {number(r.gain, 3)} than {TITLES[r.against]})" for r in fall.itertuples()]
    return told + say("Not better by so much: {missed}.", missed=listing(missed))


def tuning(model: str, gains: pd.DataFrame) -> Prose:
    """Say what tuning bought each model on rows that it did not see, and whether it is used.

    Parameters
    ----------
    model : str
    gains : pandas.DataFrame
        From :func:`insights.modeling.tuning.bought`.
    """
    if gains.empty:
        return say("For {question} nothing was tuned.", question=QUESTIONS[model])
    used = [TITLES[r.model] for r in gains.itertuples() if r.low > 0]
    most = gains.loc[gains["seen_gain"].idxmax()] if gains["seen_gain"].notna().any() else gains.iloc[0]
    return say(
        "For {question} {k} settings of each model were tried. Tuned: {used}; where the interval of the gain on "
        "held-out rows does not lie above 0 the defaults stay. {most} promised {seen} on the rows that "
        "tuning saw and kept {gain} on others.",
        question=QUESTIONS[model], k=number(int(gains["trials"].max())), used=listing(used),
        most=opening(TITLES[most["model"]]), seen=number(most["seen_gain"], 3), gain=number(most["gain"], 3),
    )  # fmt: skip


def fitted_on(compute: Compute) -> tuple[Prose, ...]:
    """Say that boosted trees were fitted on a GPU, where they were."""
    if devices.chosen(compute) == devices.CPU:
        return ()
    return (say("Boosted trees were fitted on a GPU: {names}.", names=listing(sorted({*devices.seen()}))),)


def search(contest) -> Prose:
    """Say how many pipelines TPOT evaluated, what it found, and what the simplest of its front reaches."""
    found, front = contest.search, contest.search.front
    best, simplest = front.iloc[-1], front.iloc[0]
    return say(
        "TPOT evaluated {k} of {n} pipelines{ended}; the best, {pipeline}, reached {auc} over the folds with "
        "{many} numbers to keep, the simplest, {plain}, {less} with {few}. The best of many flatters; validation "
        "rows do not.",
        k=number(found.evaluated), n=number(found.tried), pipeline=best["pipeline"], auc=number(best["roc_auc"]),
        many=number(int(best["complexity"])), plain=simplest["pipeline"], less=number(simplest["roc_auc"]),
        few=number(int(simplest["complexity"])),
        ended=" before its time was over" if found.stopped else "",
    )  # fmt: skip


def _beside_baselines(against):
    """Say which baselines are beaten, which are not shown to be, and which lie above; the table has the intervals."""
    better, worse = against["low"] > 0, against["high"] < 0
    named = [f"{TITLES[one.model]} by {number(abs(one.difference), 3)}" for one in against.itertuples()]
    unsure = [TITLES[name] for name in against.loc[~better & ~worse, "model"]]
    for told, names in (
        ("It beats {names}.", compress(named, better)),
        ("It is **not shown to beat** {names}.", unsure),
        ("It is **worse than** {names}.", compress(named, worse)),
    ):
        if names := list(names):
            yield say(told, names=listing(names))


def _released(part, chosen):
    """Say of a model that lies below a baseline that it cannot be released."""
    ahead = part.ahead_of(chosen)
    if not ahead:
        return []
    return [
        say(
            "**It cannot be released for decisions**: these are ranked better by {names}.",
            names=listing([TITLES[name] for name in ahead]),
        )
    ]


def taught(contest) -> Prose:
    """Say whether co-training is used, and why, in the estimator's own words."""
    return say("{verdict}", verdict=contest.models["cotraining"].fitted_.verdict_)
