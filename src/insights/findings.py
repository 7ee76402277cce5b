"""Findings: the sentences that say what was found, each computed from the frames that hold the numbers.

A notebook opens with these. Each takes results and returns :class:`insights.wording.Prose`; when a model does not
beat its baseline, the sentence says so.
"""

import pandas as pd

from insights.wording import Prose, bullets, count, date, interval, listing, money, number, say, share

TITLES = {
    "chance": "chance",
    "panel": "the panel of R&D and Marketing",
    "survey": "the survey (share that answers 4 or 5)",
    "persistence": "persistence (earned last month what is asked now)",
    "past_launches": "how launches of its topic did",
    "active_days": "the number of days active",
    "last_week": "views in the last week",
    "margin": "linear regression of the margin",
    "logistic": "logistic regression",
    "forest": "the Random Forest",
    "boosting": "gradient boosting",
    "tpot": "TPOT",
    "cotraining": "co-training",
    "yesterday": "knowing last month's true demand",
    "chosen": "the model that each window chose",
}
LABELS = {
    "chance": "Chance",
    "panel": "Panel of R&D and Marketing",
    "survey": "Survey",
    "persistence": "Persistence",
    "past_launches": "Launches of its topic",
    "active_days": "Days active",
    "last_week": "Views last week",
    "margin": "Regression of the margin",
    "logistic": "Logistic regression",
    "forest": "Random Forest",
    "boosting": "Gradient boosting",
    "tpot": "TPOT",
    "cotraining": "Co-training",
    "yesterday": "Knowing last month's true demand",
    "chosen": "Chosen model",
}
ALL, HINDSIGHT = "launch all", "in hindsight"
DECISIONS = {ALL: "Launching all", HINDSIGHT: "Hindsight"}
PRICED = ("panel", "survey", ALL, HINDSIGHT)  # who is drawn beside the chosen model where costs change
ROWS = {"catalogue": "products on sale", "launch": "new launches", "enrolled": "enrolled learners",
        "waiting": "products that wait"}  # fmt: skip
QUESTIONS = {"launch": "earning the margin asked for in the following month", "completion": "completing the course"}


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return a results frame whose keys (of models, kinds of rows, metrics, groups) are words for readers."""
    present = {name: words for name, words in _WORDS.items() if name in table}
    return table.assign(**{name: table[name].map(lambda k, w=w: _word(k, w)) for name, w in present.items()})


def collection(window, tables: pd.DataFrame, columns: pd.DataFrame) -> Prose:
    """Say what arrived, from when to when, and what became of identities."""
    here = tables[tables["status"] == "collected"]
    treated = columns.groupby("treatment")["column"].size()
    return bullets(
        say(
            "**{rows} in {n} tables** were collected for window {window}, from {first} to {last}.",
            rows=count(int(here["rows"].sum()), "row"), n=number(len(here)), window=window,
            first=date(here["first"].min()), last=date(here["last"].max()),
        ),
        say(
            "{outside} of the source lie outside the window and were not read further.",
            outside=count(int(here["rows_outside_window"].sum()), "row"),
        ),
        say(
            "Of the columns that identify people, {dropped} dropped and {replaced} replaced by keyed pseudonyms; "
            "free text was scrubbed in {scrubbed}. Pseudonyms are still personal data, not anonymous data.",
            dropped=_were(treated.get("dropped", 0)), replaced=_were(treated.get("pseudonymised", 0)),
            scrubbed=count(int(treated.get("scrubbed", 0)), "column"),
        ),
    )  # fmt: skip


def dictionary(columns: pd.DataFrame, gaps: pd.DataFrame) -> Prose:
    """Say how much of the contract is here, and what the gaps switch off."""
    asked = columns[columns["status"] != "removed"]
    here = asked[asked["status"] == "here"]
    off = sorted({name for names in gaps["switches_off"] if names for name in names.split(", ")})
    return bullets(
        say(
            "**{here} of {asked} columns** that the contract asks for are here and hold values.",
            here=number(len(here)), asked=number(len(asked)),
        ),
        say(
            "{violations} break the contract.",
            violations=count(int(columns["violations"].sum()), "value").capitalize(),
        ),
        say("What is lacking switches off: {off}.", off=listing(off))
        if off
        else say("Nothing that is lacking switches an analysis off."),
    )  # fmt: skip


def cleaning(ledger: pd.DataFrame, budget: float) -> Prose:
    """Say how many rows were set aside, by which rules, and that the books balance."""
    rows_in = int(ledger.groupby("table")["rows_in"].first().sum())
    aside = int(ledger["set_aside"].sum())
    by_rule = ledger.groupby("rule", sort=False)["set_aside"].sum()
    reasons = [f"{name} ({number(int(rows))})" for name, rows in by_rule.items() if rows]
    worst = ledger.groupby("table")["share"].sum()
    mended = ledger.groupby("rule", sort=False)["changed"].sum()
    repairs = [f"{name} ({number(int(rows))})" for name, rows in mended.items() if rows]
    return bullets(
        say(
            "**{aside} of {rows}** ({part}) were set aside: {reasons}. They are kept beside the clean tables.",
            aside=number(aside), rows=count(rows_in, "row"), part=share(aside / max(rows_in, 1)),
            reasons=listing(reasons),
        ),
        say(
            "The table that lost most is {table}, {part} of its rows; a run stops above {budget}.",
            table=worst.idxmax(), part=share(worst.max()), budget=share(budget, 0),
        ),
        say("Rows whose values were repaired, by the defect: {repairs}.", repairs=listing(repairs)),
    )  # fmt: skip


def side_by_side(examples: pd.DataFrame) -> pd.DataFrame:
    """Return a row per table and step of cleaning, its examples after each other."""
    joined = examples.groupby(["table", "rule"], sort=False)["example"].agg(" · ".join)
    return joined.reset_index().rename(columns={"example": "examples"})


def mail(response: pd.DataFrame) -> Prose:
    """Say how many opens and clicks machines made, and whether newsletters rank otherwise without them.

    Parameters
    ----------
    response : pandas.DataFrame
        From :func:`insights.cleaning.mail.response`.
    """
    total = {name: (response[name] * response["delivered"]).sum() for name in response.columns[2:]}
    told = [
        say(
            "Of the {what} messages, {part} were {what} by machines alone.",
            what=what, part=share(1 - total[f"{what}_by_people"] / max(total[what], 1.0)),
        )
        for what in ("opened", "clicked")
    ]  # fmt: skip
    orders = {name: response.sort_values(name, ascending=False)["newsletter"].tolist() for name in total}
    moved = [what for what in ("opened", "clicked") if orders[what] != orders[f"{what}_by_people"]]
    best = orders["clicked_by_people"][0].replace("_", " ").title()
    return bullets(
        *told,
        say(
            "Without machines the newsletters rank {verdict}; by clicks of people {best} comes first.",
            verdict=f"otherwise, by what is {' and by what is '.join(moved)}" if moved else "the same",
            best=best,
        ),
    )


def cleaning_quality(quality: pd.DataFrame) -> Prose:
    """Say how much of what is wrong in the simulated exports was found, and which kind was found worst."""
    worst = quality.loc[quality[["precision", "recall"]].min(axis=1).idxmin()]
    return bullets(
        say(
            "Of the simulated company it is known what is wrong: {kinds} of defects were planted. The one found "
            "worst ({worst}) has a precision of {precision} and a recall of {recall}.",
            kinds=count(len(quality), "kind"), worst=worst["defect"], precision=share(worst["precision"]),
            recall=share(worst["recall"]),
        )
    )  # fmt: skip


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
    verdict = "" if part.beats_chance(chosen) else "**not** "
    return bullets(
        say(
            "**On {n} ({kind}, {positives} positive), {chosen} reaches a ROC AUC of {auc}** for {question}.",
            n=count(int(r["n"]), "row"), kind=ROWS.get(part.kind, part.kind), positives=number(int(r["positives"])),
            chosen=TITLES[chosen], auc=interval(r["value"], r["low"], r["high"]), question=QUESTIONS[model],
        ),
        say(
            f"That is {verdict}better than chance, though {{k}} scorers were looked at: the interval that holds for "
            "all at once goes from {low} to {high}, and in 95 of 100 shuffles of the outcomes the best reaches "
            "{null} at most.",
            k=number(part.null.shape[1] - 1), low=number(sure["low"]), high=number(sure["high"]),
            null=number(part.null["best"].quantile(0.95)),
        ),
        *(_difference(one) for one in part.against.itertuples() if one.model not in LEARNED),
        *_released(part, chosen),
    )  # fmt: skip


def value(kind: str, table: pd.DataFrame, chosen: str) -> Prose:
    """Say what the chosen model's decisions earn beyond what was asked, beside launching all and the best baseline.

    Parameters
    ----------
    kind : str
        Of rows.
    table : pandas.DataFrame
        From :func:`insights.modeling.value.of_decisions`.
    chosen : str
    """
    by = table.set_index("model")
    own, everything, best = by.loc[chosen], by.loc[ALL], by.loc[HINDSIGHT]
    others = by.drop(index=[n for n in (*LEARNED, *DECISIONS, "chance") if n in by.index])
    rival = others["value"].idxmax() if len(others) else None
    return say(
        "On {kind}, launching what {chosen} calls 1 brings **{own}** beyond what was asked; launching all {all}"
        "{rival}, a coin {coin}, hindsight {best}. Launching none is worth nothing.",
        kind=ROWS[kind], chosen=TITLES[chosen], own=interval(own["value"], own["low"], own["high"], kind="money"),
        all=money(everything["value"]), best=money(best["value"]), coin=money(by.loc["chance", "value"]),
        rival=f", deciding by {TITLES[rival]} {money(by.loc[rival, 'value'])}" if rival else "",
    )  # fmt: skip


def capacity(kind: str, table: pd.DataFrame, chosen: str, most: int) -> Prose:
    """Say what the chosen model earns where only so many can be launched a quarter, beside baselines and hindsight.

    Parameters
    ----------
    kind : str
        Of rows.
    table : pandas.DataFrame
        From :func:`insights.modeling.portfolio.within`.
    chosen : str
    most : int
        Launches a quarter.
    """
    by = table.set_index("model")
    own, best = by.loc[chosen], by.loc[HINDSIGHT]
    others = by.drop(index=[n for n in (*LEARNED, HINDSIGHT) if n in by.index]).sort_values("value", ascending=False)
    return say(
        "On {kind}, with at most {most} a quarter, {chosen} launches {called} and brings **{own}**, {share} of what "
        "hindsight would; {others}.",
        kind=ROWS[kind], most=number(most), chosen=TITLES[chosen], called=number(int(own["called"])),
        own=interval(own["value"], own["low"], own["high"], kind="money"), share=share(own["value"] / best["value"]),
        others=listing([f"{TITLES[name]} {money(r['value'])}" for name, r in others.iterrows()]),
    )  # fmt: skip


def costs(kind: str, table: pd.DataFrame, chosen: str) -> Prose:
    """Say how far costs may rise before the chosen model's decisions earn nothing, or less than a baseline's.

    Parameters
    ----------
    kind : str
        Of rows.
    table : pandas.DataFrame
        From :func:`insights.modeling.portfolio.by_costs`.
    chosen : str
    """
    by = table.pivot(index="costs", columns="model", values="value")
    rivals = by.drop(columns=[n for n in (*LEARNED, HINDSIGHT) if n in by])
    earns, leads = by.index[by[chosen] > 0], by.index[by[chosen] >= rivals.max(axis=1)]
    return say(
        "On {kind}, {chosen} earns something at {earns} of {n} levels of costs ({all}), and as much as launching all "
        "and every baseline at {leads}.",
        kind=ROWS[kind], chosen=TITLES[chosen], earns=number(len(earns)), n=number(len(by)),
        all=f"{number(by.index[0])} to {number(by.index[-1])} times as planned", leads=number(len(leads)),
    )  # fmt: skip


def ceiling(table: pd.DataFrame, chosen: str) -> Prose:
    """Say how near the chosen launch model comes to deciding by what is true in the simulated company.

    Parameters
    ----------
    table : pandas.DataFrame
        ``kind, model, n, roc_auc, best, fraction``.
    chosen : str
    """
    told = [
        say(
            "On {n} ({kind}) deciding by the true probabilities reaches a ROC AUC of {best}, for outcomes are drawn; "
            "{chosen} reaches **{fraction} of that**, and its decisions {value} of what those by the truth earn.",
            n=count(int(r.n), "row"), kind=ROWS[r.kind], best=number(r.best), chosen=TITLES[chosen],
            fraction=share(r.fraction), value=share(r.value_fraction),
        )
        for r in table[table["model"] == chosen].itertuples()
    ]  # fmt: skip
    knew = [
        say(
            "On {kind} who knew exactly what demand was in the month that has just ended would reach {fraction}: "
            "what the model misses is mostly what the coming month changes.",
            kind=ROWS[r.kind], fraction=share(r.fraction),
        )
        for r in table[table["model"] == "yesterday"].itertuples()
    ]  # fmt: skip
    return bullets(*told, *knew)


def no_ceiling() -> Prose:
    """Say that of a real source nobody knows how much could be foreseen."""
    return say("Of this source nobody knows the true probabilities: how much could be foreseen at best is not known.")


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
        chosen=_opening(TITLES[contest.chosen]),
        folds=number(int(contest.out_of_fold["fold"].nunique())),
        order=order,
        scores=listing(scores),
    )


def climbed(rungs: pd.DataFrame, margin: float) -> Prose:
    """Say which rungs of the ladder from chance to the most complex model bear, and which do not.

    Parameters
    ----------
    rungs : pandas.DataFrame
        From :func:`insights.modeling.ladder.rungs`.
    margin : float
        By which a rung has to be better than the one below.
    """
    rungs = rungs[rungs["model"] != "chance"]
    stay, fall = rungs[rungs["stays"]], rungs[~rungs["stays"]]
    told = say(
        "A rung stays if out of time it is better by {margin} than the last one that stayed below it. Rungs that "
        "stay: {stay}.",
        margin=number(margin), stay=listing([TITLES[name] for name in stay["model"]]),
    )  # fmt: skip
    if fall.empty:
        return told + say("That is every rung.")
    missed = [f"{TITLES[r.model]} (by {number(r.gain)} than {TITLES[r.against]})" for r in fall.itertuples()]
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
        "For {question} {k} sets of hyper-parameters were tried of each model. Tuned: {used}; where the interval of "
        "the gain on held-out rows does not lie above 0 the defaults stay. {most} promised {seen} on the rows that "
        "tuning saw and kept {gain} on others.",
        question=QUESTIONS[model], k=number(int(gains["trials"].max())), used=listing(used),
        most=_opening(TITLES[most["model"]]), seen=number(most["seen_gain"]), gain=number(most["gain"]),
    )  # fmt: skip


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


def ablation(model: str, kind: str, table: pd.DataFrame, margin: float) -> Prose:
    """Say which groups of features earn their place on one kind of rows, and which may go."""
    by = in_words(table).groupby("verdict")["group"].agg(list)
    return bullets(
        say(
            "**For {question} ({kind}), {earn}**: {names}.",
            question=QUESTIONS[model], kind=ROWS[kind], earn=_earns(len(by.get("earns its place", []))),
            names=listing(by.get("earns its place", [])),
        ),
        say(
            "May go, as what they add lies below {margin} of ROC AUC: {names}. About the others nobody can tell: "
            "{unknown}.",
            margin=number(margin), names=listing(by.get("may go", [])), unknown=listing(by.get("cannot tell", [])),
        ),
    )  # fmt: skip


def bias(used: list[str], table: pd.DataFrame, margin: float, lacking: list[str]) -> Prose:
    """Say whether protected attributes are features, which gaps are shown, and which nobody can tell."""
    first = (
        say("**Protected attributes among the features: {names}.**", names=listing(used))
        if used
        else say("**No protected attribute is a feature of a model**, nor is any feature computed from them.")
    )
    if lacking:
        return bullets(
            first,
            say(
                "Who is served worse nobody can say here, for this source lacks {lacking}. No group is guessed from "
                "names or places.",
                lacking=listing(lacking, most=4),
            ),
        )
    return bullets(first, *_gaps(table, margin))


def _gaps(table, margin):
    verdicts = table["verdict"].value_counts()
    compared = int(verdicts.drop("too few to say", errors="ignore").sum())
    yield say(
        "Of {n} compared, {shown} shown (the interval excludes 0), {excluded} excluded within ±{margin}, and of "
        "{unknown} nobody can tell. By chance alone about one in twenty would be shown.",
        n=count(compared, "gap"), shown=_are(int(verdicts.get("gap shown", 0))),
        excluded=_are(int(verdicts.get("gap excluded", 0))), margin=number(margin),
        unknown=number(int(verdicts.get("cannot tell", 0))),
    )  # fmt: skip
    few = int(verdicts.get("too few to say", 0))
    yield say("{few} too small to say anything about.", few=_opening(count(few, "group is", "groups are")))


def recommendation(advice: pd.DataFrame, headline: pd.DataFrame) -> Prose:
    """Say what to launch: the answer first, and what it would take to know more.

    Parameters
    ----------
    advice : pandas.DataFrame
        A row per candidate with its ``verdict``, from :func:`insights.recommendation.recommend`.
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    """
    if advice.empty:
        return say("**Nothing to recommend**: this source lists no candidates that could be launched.")
    by = advice["verdict"].value_counts()
    told = _answer(advice, by)
    if len(by) > 1:
        told += _counted(advice, by)
    return told + _would_take(headline)


def headline(table: pd.DataFrame) -> Prose:
    """Say, for each question, how sure the answer is: the chosen model beside the best baseline."""
    told = []
    for (question, kind), group in table.groupby(["question", "rows"], sort=False):
        chosen = group[group["chosen"]].iloc[0]
        others = group[~group["model"].isin(LEARNED)]
        best = others.loc[others["value"].idxmax()]
        told.append(
            say(
                "{kind}, {question}: {chosen} reaches a ROC AUC of **{auc}** on {n}; it "
                f"{_against(chosen, best)} the best baseline, {{other}}, with {{baseline}}.",
                kind=_opening(ROWS[kind]), question=QUESTIONS[question], chosen=TITLES[chosen["model"]],
                auc=interval(chosen["value"], chosen["low"], chosen["high"]), n=count(int(chosen["n"]), "row"),
                other=TITLES[best["model"]], baseline=interval(best["value"], best["low"], best["high"]),
            )
        )  # fmt: skip
    return bullets(*told)


def not_supported(analysis: str, lacking: list[str]) -> Prose:
    """Say in one sentence that a source does not support an analysis, and what it lacks."""
    return say(
        "This source does not support the {analysis} model, for it lacks {lacking}; the notebook goes on without it.",
        analysis=analysis, lacking=listing(lacking, most=4),
    )  # fmt: skip


METRICS = {"roc_auc": "ROC AUC", "f1": "F1"}
_WORDS = {"model": LABELS | DECISIONS, "rows": ROWS, "metric": METRICS, "measure": METRICS}
_WORDS |= {"group": {}, "attribute": {}}
LEARNED = ("margin", "logistic", "forest", "boosting", "tpot", "cotraining")
AIM = 0.1


def _answer(advice, by):
    go = advice[advice["verdict"] == "1"].sort_values("place")
    now = go[go["within_capacity"]]
    names = listing(now["title"] if "title" in go else now["product_id"], most=5)
    if len(now) < len(go):
        return say(
            "**Launch {n} of the {all} that pay: {names}.** So many can be carried in a quarter; these are expected "
            "to bring most.",
            n=number(len(now)), all=number(len(go)), names=names,
        )  # fmt: skip
    if len(go):
        return say("**Launch {n}: {names}.**", n=number(len(go)), names=names)
    if by.get("0", 0):
        return say("**Launch none of the {n}.**", n=count(len(advice), "candidate"))
    return say(
        "**Not enough evidence to recommend or to rule out any of the {n}.** On launches that it had not seen the "
        "model is not shown to beat chance, or lies below a baseline.",
        n=count(len(advice), "candidate"),
    )


def _counted(advice, by):
    return say(
        "Of {n} judged, {one} recommended (1), {zero} not (0), and for {unknown} there is not enough evidence.",
        n=count(len(advice), "candidate"), one=_are(int(by.get("1", 0))), zero=_are(int(by.get("0", 0))),
        unknown=number(int(by.get("not enough evidence", 0))),
    )  # fmt: skip


def _would_take(headline):
    judged = headline[(headline["rows"] == "launch") & headline["chosen"]]
    if judged.empty:
        return say("No new launch could be judged in this window.")
    r = judged.iloc[0]
    half = (r["high"] - r["low"]) / 2
    return say(
        "What it would take to know: {n} were judged, which leaves a ROC AUC uncertain by ±{half}; some {more} "
        "would leave ±{aim}.",
        n=count(int(r["n"]), "new launch", "new launches"), half=number(half),
        more=count(round(r["n"] * (half / AIM) ** 2), "launch", "launches"), aim=number(AIM),
    )  # fmt: skip


def _word(key, words):
    return words.get(key, key.replace("_", " ")) if isinstance(key, str) else key


def _against(chosen, best):
    """Tell whether a model beats a baseline: by its paired interval, against chance by its own."""
    low, high = (best["ahead_low"], best["ahead_high"]) if best["model"] != "chance" else (chosen["low"] - 0.5, 1.0)
    if low > 0:
        return "beats"
    return "**is worse than**" if high < 0 else "is **not shown to beat**"


def _opening(text):
    return text[0].upper() + text[1:]


def _difference(one):
    if one.low > 0:
        told = "It is better than {other}: by {auc}."
    elif one.high < 0:
        told = "**It does not beat {other}**: it is worse by {auc}."
    else:
        told = "It is **not shown to beat {other}**: the difference is {auc}."
    return say(told, other=TITLES[one.model], auc=interval(one.difference, one.low, one.high))


def _released(part, chosen):
    """Say of a model that lies below a baseline that it cannot be released."""
    ahead = part.ahead_of(chosen)
    if not ahead:
        return []
    return [say("**It cannot be released**: {names} lies above it.", names=listing([TITLES[name] for name in ahead]))]


def _were(n):
    return f"{number(int(n))} {'was' if n == 1 else 'were'}"


def _are(n):
    return f"{number(int(n))} {'is' if n == 1 else 'are'}"


def _earns(n):
    return f"{number(n)} {'group earns its place' if n == 1 else 'groups earn their place'}"
