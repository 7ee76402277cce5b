"""What cleaning set aside and changed, held against the defects that were planted."""

import pandas as pd

from insights import cleaning, contract, dictionary, paths, privacy, warehouse
from insights.certification.certified import KIND
from insights.cleaning import clocks
from insights.collection import identities, simulated
from insights.params import Params
from insights.store import Step

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
