"""The features of learners in pandas, polars or featuretools, from exports as they come.

``python learners.py TOOL FOLDER OUT`` reads the six tables below FOLDER, a file per month of recording, Parquet or
CSV, computes for each learner what Insights computes as of ``AS_OF``, and writes OUT. It prints what that took as
JSON. Its answer is compared with that of Insights; featuretools computes the part that its primitives can say.
"""

import sys
from pathlib import Path

AS_OF, LOOKBACK = "2026-01-01", 366
NEWSLETTERS = ("the_batch", "events", "course_announcements")
EDUCATION = (
    "No Formal quals", "Lower Than A Level", "A Level or Equivalent", "HE Qualification",
    "Post Graduate Qualification",
)  # fmt: skip
COLUMNS = {
    "learners": ["learner_id", "registered_at", "recorded_at", "education"],
    "page_views": ["learner_id", "viewed_at", "recorded_at", "views", "page_type", "product_id"],
    "email_events": ["learner_id", "happened_at", "recorded_at", "event", "human_probability"],
    "event_registrations": ["learner_id", "registered_at", "recorded_at", "attended", "attendance_recorded_at"],
    "enrollments": [
        "learner_id", "enrolled_at", "recorded_at", "units", "completed_at", "completion_recorded_at", "withdrawn_at",
        "withdrawal_recorded_at",
    ],
    "subscriptions": [
        "learner_id", "subscribed_at", "recorded_at", "newsletter", "unsubscribed_at", "unsubscription_recorded_at",
    ],
}  # fmt: skip
TIMES = {name: [column for column in columns if column.endswith("_at")] for name, columns in COLUMNS.items()}
HAPPENED = {
    "page_views": "viewed_at", "email_events": "happened_at", "event_registrations": "registered_at",
    "enrollments": "enrolled_at",
}  # fmt: skip


def with_pandas(folder):
    """Return the features by pandas, column by column as its users write it."""
    import pandas as pd

    as_of = pd.Timestamp(AS_OF)
    tables = {name: in_pandas(folder, name) for name in COLUMNS}
    for name, happened in HAPPENED.items():
        one = tables[name]
        since = as_of - pd.Timedelta(days=LOOKBACK)
        tables[name] = one[(one[happened] < as_of) & (one["recorded_at"] < as_of) & (one[happened] >= since)]
    v = tables["page_views"]
    week, month = v["viewed_at"] >= as_of - pd.Timedelta(days=7), v["viewed_at"] >= as_of - pd.Timedelta(days=28)
    offered, announced = v["page_type"] == "product", v["page_type"].isin(["announcement", "waiting_list"])

    def views(where):
        return v.loc[where].groupby("learner_id")["views"].sum()

    recent, shown = v[month], v[month & offered]
    by_learner = v.groupby("learner_id")
    features = {
        "views_last_week": views(week),
        "views_last_month": views(month),
        "views_lookback": by_learner["views"].sum(),
        "days_last_month": recent["viewed_at"].dt.normalize().groupby(recent["learner_id"]).nunique(),
        "days_since_visit": (as_of - by_learner["viewed_at"].max()).dt.total_seconds() / 86_400,
        "product_views_last_week": views(week & offered),
        "product_views_last_month": views(month & offered),
        "launch_views_last_month": views(month & announced),
        "products_seen": shown.groupby("learner_id")["product_id"].nunique(),
    }
    m = tables["email_events"]
    clicked = (m["event"] == "clicked") & (m["human_probability"] >= 0.5)
    features["emails_delivered"] = m[m["event"] == "delivered"].groupby("learner_id").size()
    features["email_clicks"] = m[clicked].groupby("learner_id").size()
    r = tables["event_registrations"]
    known = r["attended"].where(r["attendance_recorded_at"] < as_of).fillna(False).astype(bool)
    features["event_registrations"] = r.groupby("learner_id").size()
    features["events_attended"] = known.groupby(r["learner_id"]).sum()
    e = tables["enrollments"]
    e = e[e["units"] > 0]
    features["earlier_enrollments"] = e.groupby("learner_id").size()
    for ending, recorded, name in (
        ("completed_at", "completion_recorded_at", "earlier_completions"),
        ("withdrawn_at", "withdrawal_recorded_at", "earlier_withdrawals"),
    ):
        features[name] = e[ending].where(e[recorded] < as_of).groupby(e["learner_id"]).count()
    people = tables["learners"].set_index("learner_id")
    frame = pd.DataFrame(features).reindex(people.index)
    measured = ["days_since_visit"]
    frame[frame.columns.difference(measured)] = frame[frame.columns.difference(measured)].fillna(0.0)
    frame["education"] = people["education"].map({name: rank for rank, name in enumerate(EDUCATION)})
    frame["days_registered"] = (as_of - people["registered_at"]).dt.total_seconds() / 86_400
    s = tables["subscriptions"]
    s = s[(s["subscribed_at"] < as_of) & (s["recorded_at"] < as_of)]
    running = ~(s["unsubscribed_at"].notna() & (s["unsubscription_recorded_at"] < as_of))
    for name in NEWSLETTERS:
        held = s[running & (s["newsletter"] == name)]
        frame[f"subscribed_{name}"] = frame.index.isin(held["learner_id"]).astype(float)
    return frame.astype("float64").reset_index()


def with_polars(folder):
    """Return the features by polars, lazily and streaming, as its users write it."""
    import datetime

    import polars as pl

    as_of = datetime.datetime.fromisoformat(AS_OF)
    since = as_of - datetime.timedelta(days=LOOKBACK)
    c, key = pl.col, "learner_id"
    scans = {name: in_polars(folder, name).select(columns) for name, columns in COLUMNS.items()}
    known = {
        name: scans[name].filter(c(at) < as_of, c("recorded_at") < as_of, c(at) >= since)
        for name, at in HAPPENED.items()
    }
    week, month = c("viewed_at") >= as_of - datetime.timedelta(7), c("viewed_at") >= as_of - datetime.timedelta(28)
    offered, announced = c("page_type") == "product", c("page_type").is_in(["announcement", "waiting_list"])
    views = (
        known["page_views"]
        .group_by(key)
        .agg(
            views_last_week=c("views").filter(week).sum(),
            views_last_month=c("views").filter(month).sum(),
            views_lookback=c("views").sum(),
            days_last_month=c("viewed_at").filter(month).dt.truncate("1d").n_unique(),
            days_since_visit=(pl.lit(as_of) - c("viewed_at").max()).dt.total_microseconds() / 86_400e6,
            product_views_last_week=c("views").filter(week & offered).sum(),
            product_views_last_month=c("views").filter(month & offered).sum(),
            launch_views_last_month=c("views").filter(month & announced).sum(),
            products_seen=c("product_id").filter(month & offered).drop_nulls().n_unique(),
        )
    )
    mail = (
        known["email_events"]
        .group_by(key)
        .agg(
            emails_delivered=(c("event") == "delivered").sum(),
            email_clicks=((c("event") == "clicked") & (c("human_probability") >= 0.5)).sum(),
        )
    )
    came = (
        known["event_registrations"]
        .group_by(key)
        .agg(
            event_registrations=pl.len(),
            events_attended=(c("attended").fill_null(False) & (c("attendance_recorded_at") < as_of)).sum(),
        )
    )
    bought = (
        known["enrollments"]
        .filter(c("units") > 0)
        .group_by(key)
        .agg(
            earlier_enrollments=pl.len(),
            earlier_completions=(c("completion_recorded_at") < as_of).sum(),
            earlier_withdrawals=(c("withdrawal_recorded_at") < as_of).sum(),
        )
    )
    lists = scans["subscriptions"].filter(c("subscribed_at") < as_of, c("recorded_at") < as_of)
    running = c("unsubscribed_at").is_null() | (c("unsubscription_recorded_at") >= as_of).fill_null(True)
    held = lists.group_by(key).agg(
        **{f"subscribed_{n}": (running & (c("newsletter") == n)).any().cast(pl.Float64) for n in NEWSLETTERS}
    )
    people = scans["learners"].select(
        key,
        education=c("education").replace_strict({n: i for i, n in enumerate(EDUCATION)}, default=None),
        days_registered=(pl.lit(as_of) - c("registered_at")).dt.total_microseconds() / 86_400e6,
    )
    frame = people
    for part in (views, mail, came, bought, held):
        frame = frame.join(part, on=key, how="left")
    counted = pl.all().exclude(key, "days_since_visit", "education", "days_registered")
    return frame.with_columns(counted.cast(pl.Float64).fill_null(0.0)).collect(engine="streaming")


def with_featuretools(folder):
    """Return what primitives can say: records of each table, views, different products, the last visit."""
    import featuretools as ft
    import pandas as pd

    es = ft.EntitySet("insights")
    es.add_dataframe(dataframe_name="learners", dataframe=in_pandas(folder, "learners"), index="learner_id")
    for name, happened in (HAPPENED | {"subscriptions": "subscribed_at"}).items():
        one = in_pandas(folder, name)
        one = one[one["learner_id"].notna()]
        es.add_dataframe(dataframe_name=name, dataframe=one, index="row", make_index=True, time_index=happened)
        es.add_relationship("learners", "learner_id", name, "learner_id")
    told = {"sum": "views", "num_unique": "product_id", "last": "viewed_at"}
    frame, _ = ft.dfs(
        entityset=es, target_dataframe_name="learners", agg_primitives=["count", *told], trans_primitives=[],
        primitive_options={how: {"include_columns": {"page_views": [column]}} for how, column in told.items()},
        cutoff_time=pd.Timestamp(AS_OF), training_window=f"{LOOKBACK} days", max_depth=1, include_cutoff_time=False,
    )  # fmt: skip
    return frame.reset_index()


def in_pandas(folder, name):
    """Return a table as pandas reads it."""
    import pandas as pd

    read = {".parquet": pd.read_parquet, ".csv": lambda file, columns: pd.read_csv(file, usecols=columns)}
    frame = pd.concat([read[file.suffix](file, columns=COLUMNS[name]) for file in files(folder, name)])
    return frame.assign(**{column: pd.to_datetime(frame[column]) for column in TIMES[name]})


def in_polars(folder, name):
    """Return a table as polars scans it."""
    import polars as pl

    found = files(folder, name)
    if found[0].suffix == ".parquet":
        return pl.scan_parquet(found)
    return pl.scan_csv(found).with_columns(pl.col(TIMES[name]).str.to_datetime())


def files(folder, name):
    """Return the files of a table in the order of their months."""
    return sorted((Path(folder) / name).iterdir())


TOOLS = {"pandas": with_pandas, "polars": with_polars, "featuretools": with_featuretools}


def main():
    """Compute, write and say what it took."""
    import measured

    tool, folder, out = sys.argv[1:]
    __import__(tool)

    def work():
        frame = TOOLS[tool](folder)
        (frame.write_parquet if tool == "polars" else frame.to_parquet)(out)

    measured.tell(work)


if __name__ == "__main__":
    main()
