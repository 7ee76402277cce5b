"""The journey: stages, funnels and times by hand; credit and effects against what was planted."""

import datetime

import ibis
import numpy as np
import pandas as pd
import pytest
from micro import table, window
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from insights import store, warehouse
from insights.journey import attribution, channels, core, effects, funnel, segments, stages, times, visits
from insights.params import ParameterError

PARAMS = window("sample")
START = datetime.datetime(2025, 2, 1)
DAY = datetime.timedelta(days=1)


def at(days):
    return START + days * DAY


def sale(who, days, number=1, **told):
    return {
        "enrollment_id": f"{who}{number}",
        "learner_id": who,
        "product_id": "P",
        "enrolled_at": at(days),
        "units": 1,
    } | told


def tables(con, **records):
    people = [{"learner_id": who, "registered_at": at(0)} for who in "abc"]
    people.append({"learner_id": "old", "registered_at": START - 90 * DAY})
    return {name: table(con, name, rows) for name, rows in ({"learners": people} | records).items()}


def mail(who, event, days, probability=0.9, campaign="c"):
    return {"learner_id": who, "event": event, "happened_at": at(days), "campaign": campaign, "newsletter": "events",
            "human_probability": probability}  # fmt: skip


# Stages.


def test_a_stage_is_reached_at_its_first_record_by_whoever_registered_in_the_window():
    con = ibis.duckdb.connect()
    sales = [sale("a", 9), sale("a", 4, 2), sale("old", 3), sale("b", 5, units=-1)]
    found = stages.people(con, tables(con, enrollments=sales), PARAMS).set_index("learner_id")
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.loc["a", "enrolled"] == pd.Timestamp(at(4)) and found.loc["a", "enrolled_times"] == 2
    assert found.loc["a", "repeated"] == pd.Timestamp(at(9)) and found["enrolled"].isna().sum() == 2
    assert found["followed"].unique() == [(PARAMS.end - START) / DAY]


def test_opens_and_clicks_of_machines_reach_no_stage():
    con = ibis.duckdb.connect()
    mails = [mail("a", "opened", 2, 0.05), mail("a", "opened", 5), mail("b", "clicked", 1, 0.02)]
    found = stages.people(con, tables(con, email_events=mails), PARAMS).set_index("learner_id")
    assert found.loc["a", "opened"] == pd.Timestamp(at(5)) and found["clicked"].isna().all()


def test_in_order_a_stage_counts_only_after_the_one_before_it():
    con = ibis.duckdb.connect()
    views = [{"learner_id": "a", "viewed_at": at(d), "page_type": "home", "views": 1} for d in (3,)]
    found = stages.people(
        con, tables(con, page_views=views, enrollments=[sale("a", 1), sale("a", 8, 2), sale("b", 2)]), PARAMS
    )
    found = found.set_index("learner_id")
    assert found.loc["a", ["enrolled", "enrolled_in_order"]].tolist() == [pd.Timestamp(at(1)), pd.Timestamp(at(8))]
    assert pd.isna(found.loc["b", "enrolled_in_order"]) and found.loc["b", "enrolled"] == pd.Timestamp(at(2))


def test_a_source_has_the_stages_that_its_tables_tell():
    con = ibis.duckdb.connect()
    assert stages.present(PARAMS, tables(con, enrollments=[sale("a", 1)])) == ["registered", "enrolled", "repeated"]


@pytest.mark.parametrize(
    "wrong", [["viewed", "enrolled"], ["registered", "enrolled", "enrolled"], ["registered", "bought"]]
)
def test_stages_that_make_no_journey_are_refused(tmp_path, monkeypatch, wrong):
    from collecting import make_project, write_window

    make_project(tmp_path, monkeypatch)
    write_window(tmp_path, "test", journey={"stages": wrong})
    with pytest.raises(ParameterError, match=r"journey\.stages"):
        store.load("test")


# Funnels and times.


def test_without_censoring_the_share_is_the_plain_share():
    days = pd.Series([1.0, 5.0, np.nan, 200.0])
    share, low, high = funnel.reached_by(days, pd.Series([300.0] * 4), 90)
    assert share == pytest.approx(0.5) and low < 0.5 < high


def test_who_was_not_watched_long_enough_is_no_drop_out():
    """Of four people two were watched for five days only; of the two left one reaches it on day 10."""
    share, *_ = funnel.reached_by(pd.Series([10.0, np.nan, np.nan, np.nan]), pd.Series([300.0, 5.0, 5.0, 300.0]), 90)
    assert share == pytest.approx(0.5)


def test_all_or_nobody_still_has_an_interval_with_a_width():
    assert funnel.reached_by(pd.Series([1.0, 2.0]), pd.Series([90.0, 90.0]), 90)[1] < 1
    assert funnel.reached_by(pd.Series([np.nan] * 3), pd.Series([90.0] * 3), 90)[2] > 0


def test_funnels_count_people_reached_unfinished_and_out_of_order():
    con = ibis.duckdb.connect()
    views = [{"learner_id": "a", "viewed_at": at(3), "page_type": "home", "views": 1}]
    made = stages.people(con, tables(con, page_views=views, enrollments=[sale("a", 1), sale("b", 120)]), PARAMS)
    found = funnel.open_funnel(made, ["registered", "viewed", "enrolled"], 90).set_index("stage")
    assert found["people"].tolist() == [3, 3, 3] and found["reached"].tolist() == [3, 1, 1]
    assert found.loc["enrolled", "before"] == 1 and found["unfinished"].sum() == 0
    closed = funnel.closed_funnel(made, ["registered", "viewed", "enrolled"], 90).set_index("stage")
    assert closed["people"].tolist() == [3, 3, 1] and closed.loc["enrolled", "reached"] == 0
    assert closed.loc["viewed", "of_all"] == pytest.approx(1 / 3)


def test_what_is_left_of_all_is_the_product_of_the_steps():
    con = ibis.duckdb.connect()
    views = [{"learner_id": w, "viewed_at": at(3), "page_type": "home", "views": 1} for w in "ab"]
    made = stages.people(con, tables(con, page_views=views, enrollments=[sale("a", 5)]), PARAMS)
    closed = funnel.closed_funnel(made, ["registered", "viewed", "enrolled"], 90)
    assert closed["share"].tolist() == pytest.approx([1, 2 / 3, 1 / 2])
    assert closed["of_all"].tolist() == pytest.approx([1, 2 / 3, 1 / 3])


def test_completion_and_withdrawal_add_up_to_what_has_ended():
    frame = pd.DataFrame({"days": [1.0, 2, 3, 4, 9, 9], "outcome": [1, 2, 1, 1, 0, 0]})
    found = times.endings(frame, 9, 1)
    last = found[found["day"] == 9].set_index("outcome")
    assert last["share"].to_dict() == pytest.approx({"completed": 3 / 6, "withdrew": 1 / 6})
    assert found[found["day"] == 3]["at_risk"].unique().tolist() == [4]
    assert (found["low"] <= found["share"]).all() and (found["share"] <= found["high"]).all()


# Visits and channels.


def test_visits_part_at_the_valley_between_two_hills_and_one_hill_has_none():
    rng = np.random.default_rng(1)
    short, long = 10 ** rng.normal(1.8, 0.4, 4_000), 10 ** rng.normal(5.3, 0.4, 4_000)
    begin = np.datetime64("2025-03-01")
    moments = begin + np.cumsum(rng.permutation(np.concatenate([short, long]))).astype("timedelta64[s]").astype(
        "timedelta64[us]"
    )
    views = ibis.memtable(pd.DataFrame({"anonymous_id": "c", "viewed_at": moments}))
    assert 5 < visits.cut_off(visits.pauses(views)) < 400
    once = begin + np.cumsum(short).astype("timedelta64[s]").astype("timedelta64[us]")
    assert (
        visits.cut_off(visits.pauses(ibis.memtable(pd.DataFrame({"anonymous_id": "c", "viewed_at": once})))) is None
    )


@pytest.mark.parametrize(
    ("pauses", "part"), [([9, 9, 9, 9, 9], False), ([1, 3, 9, 3, 1], False), ([9, 9, 1, 9, 9], True)]
)
def test_pauses_part_only_where_they_are_rarer_between_than_on_both_sides(pauses, part):
    counted = pd.DataFrame({"seconds": [60.0, 600, 3_600, 20_000, 90_000], "pauses": pauses})
    assert (visits.cut_off(counted) is not None) == part


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ({"referrer": "google.com"}, channels.SEARCHED), ({"referrer": None}, channels.DIRECT),
        ({"referrer": "/home/1"}, None), ({"referrer": None, "utm_medium": "email"}, None),
        ({"referrer": "facebook.com"}, channels.NETWORKS), ({"referrer": "blog.example"}, channels.OTHER),
        ({"referrer": "microsoft.com"}, channels.OTHER), ({"referrer": "netflix.com"}, channels.OTHER),
        ({"referrer": "bingo.example"}, channels.OTHER), ({"referrer": "t.co"}, channels.NETWORKS),
        ({"referrer": "www.google.co.uk"}, channels.SEARCHED), ({"referrer": "linkedin"}, channels.NETWORKS),
    ],
)  # fmt: skip
def test_a_visit_is_credited_to_where_its_first_page_came_from(told, channel):
    con = ibis.duckdb.connect()
    view = {"learner_id": "a", "viewed_at": at(1), "page_type": "home", "views": 1, "utm_medium": None} | told
    found = channels.touches({"page_views": table(con, "page_views", [view])}).to_pandas()
    assert found["channel"].tolist() == ([] if channel is None else [channel])


def test_a_source_that_does_not_say_where_visits_came_from_has_no_touches():
    con = ibis.duckdb.connect()
    view = {"learner_id": "a", "viewed_at": at(1), "page_type": "home", "views": 1}
    assert channels.touches({"page_views": table(con, "page_views", [view])}) is None


def test_touches_are_clicks_of_people_and_events_that_they_came_to():
    con = ibis.duckdb.connect()
    mails = [mail("a", "clicked", 1), mail("a", "clicked", 1, 0.02), mail("a", "opened", 1)]
    held = [{"event_id": "E", "kind": "meetup", "announced_at": at(0), "starts_at": at(5)}]
    came = [
        {"event_id": "E", "learner_id": who, "registered_at": at(1), "attended": w}
        for who, w in (("a", True), ("b", False))
    ]
    found = channels.touches(tables(con, email_events=mails, events=held, event_registrations=came)).to_pandas()
    assert sorted(found["channel"]) == ["Events", "meetups"]
    assert found.set_index("channel").loc["meetups", "at"] == pd.Timestamp(at(5))


# Credit.

PATHS = pd.DataFrame(
    [["x", 10, 2], ["x > y", 10, 4], ["y", 10, 0]], columns=["path", "people", "enrolled"]
)  # fmt: skip


def test_credit_by_hand():
    found = attribution.credits(PATHS)
    assert found.loc["x"].to_dict() == pytest.approx(
        {"first touch": 1.0, "last touch": 1 / 3, "markov": 0.5, "shapley": 4 / 6}
    )
    assert found.sum().tolist() == pytest.approx([1.0] * 4)


def test_removal_effects_by_hand():
    """Of 30, 20 begin at x, half of whom go on to y, from which 4 of 20 enroll; of x alone 2 of 20 do."""
    made = attribution.design(pd.Index(PATHS["path"]))
    people, enrolled = PATHS["people"].to_numpy(), PATHS["enrolled"].to_numpy()
    found = pd.Series(attribution.removal_effects(made, people, enrolled), index=made.names)
    whole = 20 / 30 * (2 / 20 + 10 / 20 * 4 / 20) + 10 / 30 * 4 / 20
    assert found["x"] == pytest.approx(1 - (10 / 30 * 4 / 20) / whole)
    assert found["y"] == pytest.approx(1 - (20 / 30 * 2 / 20) / whole)


def test_orders_of_channels_agree_as_their_ranks_do():
    credits = pd.DataFrame(
        [["enrolled", c, rule, s] for rule in attribution.RULES for c, s in {"a": 0.5, "b": 0.3, "c": 0.2}.items()]
        + [["completed", "a", rule, 1.0] for rule in attribution.RULES],
        columns=["outcome", "channel", "rule", "share"],
    )  # fmt: skip
    added = pd.DataFrame({"channel": ["c", "b", "a", "z"], "owed": [0.3, 0.2, 0.1, 0.9]})
    found = attribution.agreement(credits, added)
    assert found["agreement"].tolist() == pytest.approx([-1.0] * 4) and set(found["against"]) == {"lift"}
    planted = pd.DataFrame({"channel": ["a", "b", "c"], "owed": [0.1, 0.2, 0.3]})
    known = attribution.agreement(credits, added, planted).set_index("rule")["agreement"]
    assert known["lift"] == pytest.approx(1.0) and known["markov"] == pytest.approx(-1.0)


def test_completed_courses_are_credited_apart_from_enrollments():
    done = PATHS.assign(completed=[0, 0, 0]).assign(completed=[2, 0, 0])
    assert attribution.credits(done, "completed")["shapley"].tolist() == [1.0, 0.0]
    assert attribution.credits(done, "completed").loc["y", "markov"] == pytest.approx(0.0)


def test_paths_hold_what_came_before_each_date_once_in_a_row_and_who_enrolled_after_it():
    con = ibis.duckdb.connect()
    start = PARAMS.start
    moments = [(1, "x"), (2, "x"), (3, "y"), (4, "x")]
    touched = ibis.memtable(
        pd.DataFrame([{"learner_id": who, "at": start + d * DAY, "channel": c} for d, c in moments for who in "ab"])
    )
    bought = ibis.memtable(
        pd.DataFrame(
            [["a", start + 31 * DAY, False], ["a", start + 40 * DAY, True], ["b", start + 61 * DAY, True]],
            columns=["learner_id", "at", "completed"],
        )
    )
    found = attribution.paths(
        con,
        touched.mutate(at=touched["at"].cast("timestamp(6)")),
        bought.mutate(at=bought["at"].cast("timestamp(6)")),
        PARAMS,
    )
    assert found["path"].unique().tolist() == ["x > y > x"]
    assert found[["people", "enrolled", "completed"]].sum().tolist() == [2, 1, 1]
    assert found["bucket"].tolist() == ["a", "b"]  # the ends of who they are: people resampled together


# Effects.


def confounded(seed, effect, n=4_000):
    """Return people of whom the keen come and complete more often, and the effect that coming has on completing."""
    rng = np.random.default_rng(seed)
    keen = rng.normal(size=n)
    came = rng.random(n) < 1 / (1 + np.exp(-(keen - 1.5)))
    base = 0.4 + 0.15 * np.tanh(keen)
    y = rng.random(n) < base + effect * came
    return pd.DataFrame(
        {"learner_id": np.arange(n).astype(str), "keen": keen, "came": came.astype(int), "y": y.astype(int)}
    )


def test_the_doubly_robust_interval_holds_the_planted_effect_and_the_naive_one_does_not():
    held = {"naive": 0, "doubly robust": 0}
    for seed in range(60):
        found = effects.estimate(confounded(seed, 0.1), seed).estimates.set_index("estimate")
        for name in held:
            held[name] += found.loc[name, "low"] <= 0.1 <= found.loc[name, "high"]
    assert held["doubly robust"] >= 54 and held["naive"] <= 6


def test_what_was_out_of_balance_is_in_balance_after_weighing():
    found = effects.estimate(confounded(1, 0.0), 1)
    row = found.balance.set_index("covariate").loc["keen"]
    assert row["before"] > 0.5 and abs(row["after"]) < 0.1
    assert found.overlap[["came", "others"]].sum().sum() == 4_000 and found.overlap["chance"].is_monotonic_increasing


def test_an_interval_that_holds_nothing_leaves_nothing_to_explain_away():
    row = pd.Series({"low": 0.05, "high": 0.15, "difference": 0.1})
    assert effects._e_value(row, 0.4) == pytest.approx(1.25 + np.sqrt(1.25 * 0.25))
    assert effects._e_value(row.replace({0.05: -0.01}), 0.4) == 1.0


def test_too_few_who_came_give_no_estimate():
    frame = confounded(1, 0.1, 200).assign(came=0)
    assert effects.estimate(frame, 1) is None


# Segments.


def test_segments_that_differ_are_told_from_those_that_do_not():
    rng = np.random.default_rng(4)
    n = 2_000
    level = rng.choice(["beginner", "advanced"], size=n)
    done = rng.random(n) < np.where(level == "beginner", 0.5, 0.3)
    frame = pd.DataFrame(
        {"learner_id": np.arange(n).astype(str), "enrolled_at": PARAMS.start, "outcome": done.astype(int),
         "days": 10.0,
         "level": level, "topic": rng.choice(["x", "y"], size=n)}
    ).assign(continent=None, job_family=None, seniority=None, education=None, kind="course")  # fmt: skip
    found = segments.compare(frame, PARAMS).set_index("group")
    assert found.loc["beginner", "verdict"] == segments.DIFFER and found.loc["x", "verdict"] == segments.ALIKE
    assert found.loc["beginner", "share"] == pytest.approx(done[level == "beginner"].mean())
    few = frame.assign(level=np.where(np.arange(n) < 5, "rare", level))
    assert "rare" not in segments.compare(few, PARAMS)["group"].tolist()


def leveled(n, shares, seed=0, times=1):
    """Return enrollments of n people in two groups, each person's outcome so many times over."""
    level = np.arange(n) % 2
    done = np.random.default_rng(seed).random(n) < np.array(shares)[level]
    frame = pd.DataFrame(
        {"learner_id": np.arange(n).astype(str), "enrolled_at": PARAMS.start, "outcome": done.astype(int),
         "days": 10.0, "level": np.array(["beginner", "advanced"])[level]}
    )  # fmt: skip
    frame = pd.concat([frame] * times, ignore_index=True)
    return frame.assign(**dict.fromkeys(set(segments.TITLES) - {"level"}))


def test_people_who_enroll_often_do_not_make_a_difference_surer():
    once, often = (segments.compare(leveled(400, (0.5, 0.42), times=k), PARAMS) for k in (1, 5))
    assert once["verdict"].tolist() == [segments.ALIKE] * 2
    columns = ["share", "low", "high", "p_adjusted", "verdict"]
    pd.testing.assert_frame_equal(once[columns], often[columns])


def test_the_chance_of_a_difference_between_two_groups_is_that_of_two_shares():
    found = segments.compare(leveled(600, (0.5, 0.4)), PARAMS)
    p, n = found["share"].to_numpy(), found["n"].to_numpy()
    z = (p[0] - p[1]) / np.sqrt((p * (1 - p) / n).sum())
    assert found["p_adjusted"].iloc[0] == pytest.approx(2 * norm.sf(abs(z)))
    low, high = proportion_confint(found["completed"], n, method="wilson")
    np.testing.assert_allclose(found[["low", "high"]], np.column_stack([low, high]))


@pytest.mark.parametrize(("shares", "verdict"), [((0.5, 0.48), segments.LITTLE), ((0.5, 0.4), segments.DIFFER)])
def test_a_difference_that_is_sure_and_small_is_called_little(shares, verdict):
    assert segments.compare(leveled(60_000, shares), PARAMS)["verdict"].tolist() == [verdict] * 2


def test_an_enrollment_that_was_not_watched_long_enough_is_left_out():
    frame = pd.DataFrame({"learner_id": ["a"], "enrolled_at": [PARAMS.end - 3 * DAY], "outcome": [1], "days": [1.0]})
    frame = frame.assign(**dict.fromkeys(segments.TITLES, "x"))
    assert segments.compare(frame, PARAMS).empty


def test_months_of_which_nobody_was_watched_for_the_whole_budget_make_no_cohort():
    days, n = PARAMS.journey.step_days, PARAMS.privacy.smallest_group
    watched = pd.DataFrame(
        {"registered_at": pd.to_datetime(["2025-01-05"] * n + ["2025-02-05"] * n + ["2025-03-05"] * n),
         "followed": [days - 1] * (n - 1) + [days] + [days - 1] * n + [days + 1] * n, "enrolled_times": 0}
    ).assign(enrolled=pd.NaT)  # fmt: skip
    found = core._cohorts(watched, ["registered", "enrolled"], PARAMS)
    assert found["month"].unique().tolist() == ["2025-01", "2025-03"]


def test_the_journey_of_the_tiny_company_is_studied_whole(company, monkeypatch):
    from insights import journey
    from insights.display import plots
    from insights.findings import journey as journey_findings

    monkeypatch.setenv("INSIGHTS_ROOT", str(company.root))
    step = store.open_step("03_learner_journey", "tiny")
    found = journey.study(step, warehouse.connect(company.params.compute))
    assert found.open["stage"].tolist() == list(company.params.journey.stages) and found.lacking == []
    assert (found.open["share"].between(0, 1)).all() and found.closed["people"].min() >= 10
    assert found.credits.groupby(["outcome", "rule"])["share"].sum().tolist() == pytest.approx([1.0] * 8)
    agreed = journey.agreement(found.credits, found.lifts)
    assert agreed["rule"].tolist() == list(attribution.RULES) and agreed["agreement"].between(-1, 1).all()
    assert len(found.lifts) >= 5 and (found.lifts["low"] < found.lifts["ratio"]).all()
    assert "registered in the window" in str(journey_findings.journey(found, 90))
    drawn = [
        plots.funnel(found.open),
        plots.curves(found.curves[found.curves["stage"].isin(found.curves["stage"].unique()[:4])], "stage"),
        plots.heat(found.cohorts, "month", "title", "share"),
        plots.dots(found.credits[found.credits["outcome"] == "enrolled"], "channel", "rule", "share", "low", "high"),
        plots.pauses(found.pauses, found.cut_off, 30),
    ]
    assert all(figure.axes for figure in drawn)
