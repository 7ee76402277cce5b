"""The journey against what is known: the same company without dirt, and the real Open University."""

import os

import ibis
import pandas as pd
import pytest
from collecting import HERE, run, write_window

from insights import cleaning, dictionary, forecasts, params, store, warehouse
from insights.journey import funnel, stages, times

ASKED = {  # the least ROC AUC of completion by day after the start, trained on February 2013 alone
    "oulad-2013J": {14: 0.71, 30: 0.71, 60: 0.80, 120: 0.865},
    "oulad-2014B": {14: 0.71, 30: 0.73, 60: 0.80, 120: 0.87},
}
RAW = ("courses", "studentInfo", "studentRegistration", "studentVle")
PRECISION = 0.01  # of the people of a stage


def test_stage_counts_after_cleaning_are_those_of_the_company_without_dirt(company, tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "base.yaml").write_text((HERE / "params" / "base.yaml").read_text())
    same = company.params.simulation.model_dump() | {"defects": False}
    write_window(tmp_path, "pure", simulation=same)
    run("pure")
    pure = params.load("pure")
    con = warehouse.connect(pure.compute)
    step = store.open_step("02_data_cleaning", "pure")
    cleaning.clean(step, con, dictionary.collected_tables(con, "pure", protected=False))
    step.finish()
    names = list(pure.journey.stages)
    true = stages.people(con, cleaning.tables(con, "pure"), pure)
    found = stages.people(company.con, company.tables, company.params)
    counted = pd.DataFrame(
        {"true": true[names_of(names)].notna().sum(), "found": found[names_of(names)].notna().sum()}
    )
    assert counted["true"].min() > 5
    off = (counted["found"] - counted["true"]).abs()
    assert (off <= (PRECISION * len(true))).all(), counted.to_string()


def names_of(stages_in_order):
    return ["registered_at", *stages_in_order[1:]]


@pytest.fixture(scope="module", params=sorted(ASKED))
def university(request, tmp_path_factory):
    """A window of the real Open University, collected and cleaned."""
    if not os.environ.get("INSIGHTS_REAL_JOURNEYS"):
        pytest.skip("the journeys of the real OULAD take five minutes: `make truth` asks them")
    found = [HERE / place for place in ("data/oulad", "../shared/data/oulad") if (HERE / place).exists()]
    if not found:
        pytest.skip("the real OULAD is neither in data/oulad nor in ../shared/data/oulad")
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp(request.param)
        patch.setenv("INSIGHTS_ROOT", str(root))
        patch.setenv("INSIGHTS_PSEUDONYM_KEY", "a key of at least sixteen bytes")
        (root / "params").mkdir()
        for name in ("base", request.param):
            (root / "params" / f"{name}.yaml").write_text((HERE / "params" / f"{name}.yaml").read_text())
        place = {"source": {"kind": "oulad", "path": str(found[0].resolve())}}
        settings = params.load(request.param)
        dates = {name: getattr(settings.dates, name) for name in ("start", "split", "end")}
        sections = {name: getattr(settings, name).model_dump() for name in ("completion", "journey")}
        write_window(root, request.param, dates, **place, **sections)
        run(request.param)
        step = store.open_step("02_data_cleaning", request.param)
        con = warehouse.connect(step.params.compute)
        cleaning.clean(step, con, dictionary.collected_tables(con, request.param, protected=False))
        step.finish()
        yield request.param, step.params, con, found[0]


@pytest.mark.real
def test_completion_is_forecast_as_well_as_was_asked_on_each_day(university):
    window, _, con, _ = university
    step = store.open_step("03_learner_journey", window)
    found = forecasts.study(step, con, cleaning.tables(con, window))["completion"].performance.set_index("day")
    short = {
        day: found.loc[day, "roc_auc"] for day, least in ASKED[window].items() if found.loc[day, "roc_auc"] < least
    }
    assert short == {}
    assert (found["roc_auc"] > found["rule_auc"]).all() and (found["brier"] < found["brier_usual"]).all()


@pytest.mark.real
def test_withdrawal_over_time_is_what_the_files_say_by_hand(university):
    """Of the courses that ended in the window everybody was watched to the end: shares are plain counts."""
    window, settings, con, folder = university
    tables = cleaning.tables(con, window)
    ended = tables["products"].filter(tables["products"].ends_at < settings.end).product_id.to_pandas()
    courses = times.enrollments(tables, settings)
    courses = courses[courses["product_id"].isin(ended) & courses["product_id"].str.endswith("2013B")]
    curve = times.endings(courses, 400, 1)
    gone = curve[curve["outcome"] == "withdrew"].set_index("day")["share"]
    raw = ibis.duckdb.connect().read_parquet(str(folder / "studentRegistration.parquet"))
    by_hand = raw.filter(raw.code_presentation == "2013B").to_pandas()
    first = by_hand["date_registration"].fillna(by_hand["date_unregistration"].clip(upper=0)).fillna(0)
    lasted = (by_hand["date_unregistration"] - first).clip(lower=0)
    assert len(courses) == len(by_hand)
    for day in (20, 60, 100, 200, 300):
        near = gone.index[abs(gone.index - day).argmin()]
        assert gone[near] == pytest.approx((lasted <= near).mean(), abs=0.002)


@pytest.mark.real
def test_the_stages_of_registrations_are_what_the_files_say_by_hand(university):
    window, settings, con, folder = university
    tables = cleaning.tables(con, window)
    people = stages.people(con, tables, settings)
    found = funnel.open_funnel(people, stages.present(settings, tables), settings.journey.step_days).set_index(
        "stage"
    )
    raw = {name: pd.read_parquet(folder / f"{name}.parquet") for name in RAW}
    starts = raw["courses"].assign(start=[begun(name) for name in raw["courses"]["code_presentation"]])
    both = ["code_module", "code_presentation"]
    clicks = raw["studentVle"].groupby([*both, "id_student"])["date"].min().reset_index().merge(starts, on=both)
    seen = clicks[clicks["start"] + pd.to_timedelta(clicks["date"], unit="D") < settings.end]
    results = raw["studentInfo"].merge(starts, on=both)
    results["ended"] = results["start"] + pd.to_timedelta(results["module_presentation_length"], unit="D")
    passed = results[results["final_result"].isin(["Pass", "Distinction"]) & (results["ended"] < settings.end)]
    registered = raw["studentRegistration"].merge(starts, on=both)
    early = registered["start"] + pd.to_timedelta(registered["date_registration"].fillna(0), unit="D") < settings.end
    assert found.loc["registered", "people"] == registered.loc[early, "id_student"].nunique()
    assert people["viewed"].notna().sum() == seen["id_student"].nunique()
    assert people["completed"].notna().sum() == passed["id_student"].nunique()


def begun(presentation):
    return pd.Timestamp(int(presentation[:4]), 2 if presentation[4:] == "B" else 10, 1)
