"""Certification: what was found in the simulated company, held against what is true there.

Only this module, tests and benchmarks read the truth; nothing that computes a result imports it. Identifiers of the
truth are turned into the pseudonyms under which the window knows them.
"""

import numpy as np
import pandas as pd

from insights import cleaning, contract, dictionary, paths, privacy, warehouse
from insights.cleaning import clocks
from insights.collection import identities, simulated
from insights.journey import channels, effects
from insights.modeling import metrics, value
from insights.params import Params
from insights.store import Step

KIND = "simulation"
KINDS = {
    "identity": "second contacts, by account", "own account": "staff and test accounts, by account",
    "crawler": "crawlers, by page view", "clock": "wrong clocks, by page view",
    "duplicate": "records delivered twice, by record", "sent twice": "page views reported twice, by view",
    "text": "damaged texts, by value", "country": "countries spelled otherwise, by person",
    "no country": "countries told by the city alone, by person",
    "job family": "job families told by titles, by person",
    "seniority": "seniorities told by titles, by person", "topic": "misspelt topics, by event",
    "no topic": "topics told by pages alone, by product",
    "machine open": "opens by privacy proxies, by open",
    "scanner click": "clicks by link scanners, by click",
}  # fmt: skip
CHANNELS = channels.LISTS | channels.EVENTS
CHANNELS |= {"social": channels.NETWORKS, "search": channels.SEARCHED, "direct": channels.DIRECT}
YESTERDAY = "yesterday"
TRUE_ENROLLMENTS = "completion_probability.parquet"
VALUES = {
    "text": [("learners", "job_title"), ("learners", "city"), ("social_posts", "text")],
    "country": [("learners", "country")], "no country": [("learners", "country")],
    "job family": [("learners", "job_family")], "seniority": [("learners", "seniority")],
    "topic": [("events", "topic")], "no topic": [("products", "topic")],
}  # fmt: skip


def cleaning_quality(step: Step, con) -> pd.DataFrame | None:
    """Return how much of each kind of planted defect cleaning found; None where the source is not simulated.

    Parameters
    ----------
    step : insights.store.Step
        Step 02, at work: its tables lie in its own folder.
    con : ibis.BaseBackend

    Returns
    -------
    pandas.DataFrame
        ``defect, planted, found, right, precision, recall``: how many there were, how many were called one, how many
        of these were one; shares of 0 to 1. Events of machines are judged on the people whose truth is kept.
    """
    params = step.params
    if params.source.kind != KIND or not params.simulation.defects:
        return None
    planted = _planted(params)
    rows = [
        [KINDS[kind], *found]
        for kind, found in (
            ("identity", _accounts(step, con, planted, "identity", "merged contact")),
            ("own account", _accounts(step, con, planted, "own account", "own account")),
            ("crawler", _crawlers(step, con, planted)),
            ("clock", _clocks(step, con, planted)),
            ("duplicate", _again(step, con, planted, "duplicate")),
            ("sent twice", _again(step, con, planted, "sent twice")),
            *((kind, _values(step, con, planted, kind)) for kind in VALUES),
            ("machine open", _machines(step, con, planted, "machine open", "opened")),
            ("scanner click", _machines(step, con, planted, "scanner click", "clicked")),
        )
    ]
    table = pd.DataFrame(rows, columns=["defect", "planted", "found", "right"])
    return table.assign(precision=table["right"] / table["found"], recall=table["right"] / table["planted"])


def event_effect(step: Step, con) -> float | None:
    """Return what coming to an event truly adds to the share that completes within 49 days; None unless simulated.

    It is the mean over the enrollments that notebook 03 compares, of the probability with an event minus without one.
    """
    params = step.params
    if params.source.kind != KIND:
        return None
    true = pd.read_parquet(simulated.world_folder(params) / "truth" / TRUE_ENROLLMENTS)
    sold = warehouse.read(con, paths.clean(params.window, "enrollments"))
    first, last = effects.span(params)
    asked = sold.filter(sold.units > 0, sold.enrolled_at >= first, sold.enrolled_at < last)
    kept = true[true["enrollment_id"].isin(asked.enrollment_id.to_pandas())]
    return float((kept["with_event"] - kept["without_event"]).mean())


def channel_effects(step: Step) -> pd.DataFrame | None:
    """Return what each channel truly does to enrollments; None unless simulated.

    Returns
    -------
    pandas.DataFrame
        ``channel``, ``ratio`` (by which a touch multiplies purchases in the month after), ``owed`` (share of the
        enrollments from the second month of the window on that would not be there without the channel).
    """
    params = step.params
    if params.source.kind != KIND:
        return None
    truth = simulated.world_folder(params) / "truth"
    told = pd.read_parquet(truth / "channels.parquet")
    told = told[(told["month"] >= params.start + pd.DateOffset(months=1)) & (told["month"] < params.end)]
    by = told.groupby("channel", sort=False).agg(effect=("effect", "first"), caused=("caused", "sum"))
    sold = told.drop_duplicates("month")["sold"].sum()
    return pd.DataFrame(
        {"channel": by.index.map(CHANNELS), "ratio": np.exp(by["effect"]), "owed": by["caused"] / sold}
    ).reset_index(drop=True)


def ceiling(step: Step) -> pd.DataFrame | None:
    """Return how near each model of launches comes to deciding by the true probabilities; None unless simulated.

    Parameters
    ----------
    step : insights.store.Step
        Step 05, at work: its predictions lie in its own folder.

    Returns
    -------
    pandas.DataFrame
        From :func:`nearness`.
    """
    path = step.place(paths.predictions(step.params.window, "launch"))
    if step.params.source.kind != KIND or not path.exists():
        return None
    return step.table("table_5_10_ceiling", nearness(beside_truth(pd.read_parquet(path), step.params)))


def beside_truth(predictions: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return predictions of launches with the truth of their month, and those of who knew the month before.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :meth:`insights.modeling.comparison.Contest.predictions`.
    params : Params
        Of a simulated window.

    Returns
    -------
    pandas.DataFrame
        The predictions with ``probability, expected_margin``, and those of one more model, ``YESTERDAY``, that knows
        exactly what demand truly was in the month that has just ended; where a product was not on sale then, none.
    """
    true = pd.read_parquet(simulated.world_folder(params) / "truth" / "launch_probability.parquet")
    true = true.rename(columns={"decision_at": "as_of"})
    before = true.assign(as_of=true["as_of"] + pd.DateOffset(months=1))
    before = before[["product_id", "as_of", "expected_margin"]].rename(columns={"expected_margin": "before"})
    once = predictions[predictions["model"] == predictions["model"].iloc[0]]
    knew = once.merge(before, on=["product_id", "as_of"], validate="one_to_one")
    knew = knew.assign(
        model=YESTERDAY, score=knew["before"] / knew["hurdle"], decision=knew["before"] >= knew["hurdle"]
    )
    whole = knew["kind"].map(knew["kind"].value_counts()) == knew["kind"].map(once["kind"].value_counts())
    both = pd.concat([predictions, knew[whole].drop(columns="before")], ignore_index=True)
    return both.merge(true, on=["product_id", "as_of"], validate="many_to_one")


def nearness(told: pd.DataFrame) -> pd.DataFrame:
    """Return how near each model comes to deciding by the true probabilities.

    Parameters
    ----------
    told : pandas.DataFrame
        From :func:`beside_truth`, of one window or of several.

    Returns
    -------
    pandas.DataFrame
        ``kind`` of rows, ``model, n, roc_auc``, ``best`` (ROC AUC of the true probability on the same rows: outcomes
        are drawn, so that nobody reaches 1) and ``fraction``, the one over the other; ``value`` of the decisions in
        USD, ``best_value`` of launching where the true expected margin reaches the hurdle, ``value_fraction``.
    """
    rows = [
        [kind, model, len(part), *_near(part.assign(gain=value.gain(part)))]
        for (kind, model), part in told.groupby(["kind", "model"], sort=False)
        if part["y"].nunique() == 2
    ]
    columns = ["kind", "model", "n", "roc_auc", "best", "fraction", "value", "best_value", "value_fraction"]
    return pd.DataFrame(rows, columns=columns)


def _near(part):
    y, by_truth = part["y"].to_numpy(), (part["expected_margin"] >= part["hurdle"]).to_numpy()
    own, best = (metrics.roc_auc(y, part[column].to_numpy()) for column in ("score", "probability"))
    earned, possible = ((part["gain"] * called).sum() for called in (part["decision"], by_truth))
    return own, best, own / best, earned, possible, earned / possible if possible > 0 else np.nan


def _planted(params: Params) -> pd.DataFrame:
    frame = pd.read_parquet(simulated.world_folder(params) / "truth" / "defects.parquet")
    posts, things = frame["event"] == "text", frame["kind"].isin(["topic", "no topic"])
    account = _renamed(frame["account"].mask(posts), "learner_id").fillna(
        _renamed(frame["account"].where(posts), "post_id")
    )
    account = account.mask(things, frame["account"])
    return frame.assign(account=account, cookie=_renamed(frame["cookie"], "anonymous_id"))


def _renamed(values, kind):
    known = values.dropna().unique()
    names = dict(zip(known, identities.pseudonyms(kind, known, privacy.public_key(KIND)), strict=True))
    return values.map(names)


def _set_aside(step, con, name):
    path = step.place(paths.set_aside(step.params.window, name))
    return warehouse.read(con, path).to_pandas() if path.exists() else pd.DataFrame({cleaning.RULE: []})


def _collected(step, con, name):
    return dictionary.collected_tables(con, step.params.window, protected=False)[name]


def _accounts(step, con, planted, kind, rule):
    there = set(_collected(step, con, "learners").learner_id.to_pandas())
    true = set(planted.loc[planted["kind"] == kind, "account"]) & there
    aside = _set_aside(step, con, "learners")
    taken = set(aside.loc[aside[cleaning.RULE] == rule, "learner_id"])
    return len(true), len(taken), len(true & taken)


def _crawlers(step, con, planted):
    true = _views_of(step, con, planted.loc[planted["kind"] == "crawler", "cookie"])
    aside = _set_aside(step, con, "page_views")
    taken = aside[aside[cleaning.RULE] == "crawler"]
    right = taken["anonymous_id"].isin(planted.loc[planted["kind"] == "crawler", "cookie"]).sum()
    return int(true.sum()), len(taken), int(right)


def _clocks(step, con, planted):
    wrong = planted[planted["kind"] == "clock"].set_index("cookie")["of"].astype(int)
    views = _collected(step, con, "page_views")
    found = clocks.hours_wrong(views).to_pandas().set_index("anonymous_id")["hours"]
    true, called = _views_of(step, con, wrong.index), _views_of(step, con, found.index)
    right = called[(found == -wrong.reindex(found.index)).reindex(called.index)]
    return int(true.sum()), int(called.sum()), int(right.sum())


def _views_of(step, con, cookies):
    views = _collected(step, con, "page_views")
    seen = views.filter(views.anonymous_id.isin(list(cookies)))
    counts = seen.group_by("anonymous_id").agg(n=seen.count())
    return counts.to_pandas().set_index("anonymous_id")["n"]


def _again(step, con, planted, kind):
    """Judge records that came twice; those of own accounts and crawlers are gone before and are left out."""
    by = {kind: planted[planted["kind"] == kind] for kind in (kind, "own account", "crawler", "clock")}
    true = by[kind]
    true = true[(true["at"] >= step.params.start) & (true["at"] < step.params.end)]
    gone = true["account"].isin(by["own account"]["account"]) | true["cookie"].isin(by["crawler"]["cookie"])
    hours = true["cookie"].map(by["clock"].set_index("cookie")["of"].astype(int)).fillna(0)
    true = true.assign(at=true["at"] - pd.to_timedelta(hours, unit="h"))[~gone]
    mails = _taken(step, con, "email_events", kind, ["learner_id", "campaign", "event", "happened_at"])
    views = _taken(step, con, "page_views", kind, ["anonymous_id", "viewed_at"])
    right = mails.isin(_keys(true[true["campaign"].notna()], ["account", "campaign", "event", "at"])).sum()
    right += views.isin(_keys(true[true["cookie"].notna()], ["cookie", "at"])).sum()
    return len(true), len(mails) + len(views), int(right)


def _values(step, con, planted, kind):
    """Judge values that cleaning put right: what it changed, and what of that is as it was before the damage."""
    found = [_mended(step, con, planted[planted["kind"] == kind], kind, *place) for place in VALUES[kind]]
    return tuple(sum(counts) for counts in zip(*found, strict=True))


def _mended(step, con, planted, kind, name, column):
    (key,) = contract.TABLES[name].key
    clean = warehouse.read(con, step.place(paths.clean(step.params.window, name)))
    there = clean.select(key, now=clean[column]).to_pandas().set_index(key)
    there["before"] = _before(step, con, name, key, column)
    changed = there[there["now"].fillna("") != there["before"].fillna("")]
    if kind in ("country", "no country"):
        changed = changed[changed["before"].isna() == (kind == "no country")]
    asked = planted[(planted["event"] == column) | planted["event"].isna()]
    if kind == "no topic":
        asked = asked[asked["account"].isin(_seen(step, con))]
    true = asked[asked["account"].isin(there.index)].drop_duplicates("account").set_index("account")["of"]
    right = changed["now"].fillna("") == true.reindex(changed.index).fillna("")
    return len(true), len(changed), int((right & changed.index.isin(true.index)).sum())


def _seen(step, con):
    """Return the products that somebody looked at in the window: of others no page tells the topic."""
    views = warehouse.read(con, step.place(paths.clean(step.params.window, "page_views")))
    return set(views.filter(views.product_id.notnull()).select("product_id").distinct().to_pandas()["product_id"])


def _before(step, con, name, key, column):
    records = _collected(step, con, name)
    if column not in records.columns:
        return None
    first = records.group_by(key).agg(before=records[column].first(order_by=records.recorded_at))
    return first.to_pandas().set_index(key)["before"]


def _taken(step, con, name, rule, columns):
    aside = _set_aside(step, con, name)
    return _keys(aside[aside[cleaning.RULE] == rule], columns)


def _keys(frame, columns):
    return pd.Series([tuple(row) for row in frame[columns].itertuples(index=False)], dtype="object")


def _machines(step, con, planted, kind, event):
    params = step.params
    known = identities.pseudonyms("learner_id", simulated.first_people(params), privacy.public_key(KIND))
    events = warehouse.read(con, step.place(paths.clean(params.window, "email_events")))
    asked = events.filter(events.event == event, events.learner_id.isin(known))
    told = asked.select("learner_id", "campaign", "happened_at", machine=asked.human_probability < 0.5).to_pandas()
    true = planted[planted["kind"] == kind].rename(columns={"account": "learner_id", "at": "happened_at"})
    keys = true[["learner_id", "campaign", "happened_at"]].drop_duplicates().assign(true=True)
    judged = told.merge(keys, on=["learner_id", "campaign", "happened_at"], how="left")
    is_true = judged["true"].fillna(False).astype(bool)
    return int(is_true.sum()), int(judged["machine"].sum()), int((is_true & judged["machine"]).sum())
