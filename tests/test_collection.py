"""Collecting: the window's limits, what is known when, and who can be recognised afterwards."""

from typing import get_args

import pandas as pd
import pytest
from collecting import KEY, collected, digests, everything, make_project, run, use_tables, write_window  # fmt: skip

from insights import contract, params, paths, store, warehouse
from insights.collection import CollectionError, collect, core, identities

START, END = pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01")
TICK = pd.Timedelta(microseconds=1)
JUNE = pd.Timestamp("2025-06-15 12:00")


@pytest.fixture
def window(tmp_path, monkeypatch):
    return write_window(make_project(tmp_path, monkeypatch), source={"kind": "folder"})


def learner(name="L1", at=JUNE, /, **more):
    return {"learner_id": name, "registered_at": at, "recorded_at": at} | more


def view(name="L1", at=JUNE, recorded=None, **more):
    return {
        "learner_id": name,
        "viewed_at": at,
        "recorded_at": recorded or at,
        "page_type": "home",
        "views": 1,
    } | more


def sale(name="s1", at=JUNE, **more):
    known = {"enrollment_id": name, "learner_id": "L1", "product_id": "p1", "enrolled_at": at, "recorded_at": at}
    return known | {"units": 1, "amount": 10} | more


def product(name="p1", at=JUNE, **more):
    return {"product_id": name, "family": name, "title": name, "announced_at": at, "recorded_at": at} | more


def post(name, text, **more):
    return {"post_id": name, "network": "linkedin", "posted_at": JUNE, "recorded_at": JUNE, "text": text} | more


def take(monkeypatch, window, key=KEY, monthly=False, **tables):
    use_tables(monkeypatch, {name: pd.DataFrame(rows) for name, rows in tables.items()}, key, monthly)
    return run(window)


def test_a_window_holds_its_first_instant_and_not_its_last(window, monkeypatch):
    times = [START - TICK, START, END - TICK, END]
    take(monkeypatch, window, page_views=[view(at=time) for time in times])
    assert list(collected(window, "page_views")["viewed_at"]) == [START, END - TICK]


def test_records_without_a_time_are_counted_by_themselves_and_not_as_outside_the_window(window, monkeypatch):
    rows = [view(at=JUNE) for _ in range(98)] + [view(at=None, recorded=JUNE), view(at=END + TICK)]
    account = take(monkeypatch, window, page_views=rows)
    counted = account.tables.set_index("table").loc["page_views"]
    assert counted[["rows_read", "rows", "rows_outside_window"]].tolist() == [100, 98, 1]
    assert account.exclusions[["table", "rows"]].to_numpy().tolist() == [["page_views", 1]]


def test_too_many_records_without_a_time_stop_the_collection(window, monkeypatch):
    rows = [view(at=JUNE), view(at=None, recorded=JUNE)]
    with pytest.raises(CollectionError, match=r"page_views, window .*: 1 of 2 rows do not say when .*max_loss"):
        take(monkeypatch, window, page_views=rows)


def test_what_is_announced_for_after_the_end_is_left_out(window, monkeypatch):
    rows = [view(at=END - TICK, recorded=JUNE), view(at=END, recorded=JUNE)]
    take(monkeypatch, window, page_views=rows)
    assert list(collected(window, "page_views")["viewed_at"]) == [END - TICK]


def test_what_was_recorded_at_the_end_or_later_is_left_out(window, monkeypatch):
    rows = [view(at=JUNE, recorded=recorded) for recorded in (END - TICK, END, END + TICK)]
    take(monkeypatch, window, page_views=rows)
    assert list(collected(window, "page_views")["recorded_at"]) == [END - TICK]


def test_a_person_known_before_the_window_is_kept_and_one_known_after_it_is_not(window, monkeypatch):
    times = [START - pd.Timedelta(days=900), END - TICK, END]
    take(monkeypatch, window, learners=[learner(f"L{i}", time) for i, time in enumerate(times)])
    assert sorted(collected(window, "learners")["registered_at"]) == times[:2]


def test_a_completion_is_blank_unless_it_was_recorded_before_the_end(window, monkeypatch):
    times = [END - TICK, END, None]
    rows = [sale(f"s{i}", completed_at=JUNE, completion_recorded_at=time) for i, time in enumerate(times)]
    take(monkeypatch, window, enrollments=rows)
    seen = collected(window, "enrollments").set_index("enrollment_id")
    assert seen["completed_at"].notna().to_dict() == {"s0": True, "s1": False, "s2": False}
    assert seen["completion_recorded_at"].notna().to_dict() == {"s0": True, "s1": False, "s2": False}


def test_the_account_counts_the_values_that_were_blanked(window, monkeypatch):
    rows = [sale(f"s{i}", completed_at=JUNE, completion_recorded_at=END) for i in range(3)]
    account = take(monkeypatch, window, enrollments=rows)
    note = account.columns.set_index(["table", "column"]).loc[("enrollments", "completed_at"), "note"]
    assert note.startswith("blank: 3 values that were known only at or after the end")


def test_a_launch_after_the_end_leaves_a_candidate(window, monkeypatch):
    rows = [product(f"p{i}", launched_at=time) for i, time in enumerate([END - TICK, END])]
    take(monkeypatch, window, products=rows)
    seen = collected(window, "products").set_index("product_id")["launched_at"]
    assert seen["p0"] == END - TICK
    assert pd.isna(seen["p1"])


def test_a_later_value_without_its_time_is_refused(window, monkeypatch):
    with pytest.raises(CollectionError, match=r"completed_at comes without completion_recorded_at"):
        take(monkeypatch, window, enrollments=[sale(completed_at=JUNE)])


def test_a_person_has_one_pseudonym_in_every_table(window, monkeypatch):
    take(monkeypatch, window, learners=[learner("L7")], page_views=[view("L7")], enrollments=[sale(learner_id="L7")])
    found = {collected(window, name)["learner_id"].item() for name in ("learners", "page_views", "enrollments")}
    assert found == set(identities.pseudonyms("learner_id", ["L7"], KEY))


def test_an_address_that_names_a_person_is_the_same_in_capitals(window, monkeypatch):
    take(monkeypatch, window, learners=[learner("Jo@X.example")], page_views=[view("jo@x.example ")])
    found = {collected(window, name)["learner_id"].item() for name in ("learners", "page_views")}
    assert len(found) == 1


def test_a_visitor_without_a_name_stays_without_one(window, monkeypatch):
    take(monkeypatch, window, page_views=[view(None, anonymous_id="c1"), view("L1", anonymous_id=None)])
    seen = collected(window, "page_views")
    assert seen[["learner_id", "anonymous_id"]].isna().sum().to_dict() == {"learner_id": 1, "anonymous_id": 1}
    assert len(seen) == 2


def test_a_learner_and_a_panelist_of_one_number_do_not_share_a_pseudonym():
    assert identities.pseudonyms("learner_id", ["5"], KEY) != identities.pseudonyms("panelist_id", ["5"], KEY)


def test_another_key_gives_other_pseudonyms(window, monkeypatch):
    take(monkeypatch, window, learners=[learner()])
    first = collected(window, "learners")["learner_id"].item()
    take(monkeypatch, window, key=b"another key of sixteen bytes", learners=[learner()])
    assert collected(window, "learners")["learner_id"].item() != first


def test_nothing_in_the_engine_leads_back_to_a_person_afterwards(window, monkeypatch):
    use_tables(monkeypatch, {"learners": pd.DataFrame([learner()])})
    step = store.open_step("00_data_collection", window)
    con = warehouse.connect(step.params.compute)
    collect(step, con)
    assert [name for name in con.list_tables() if "replacement" in name] == []


CANARIES = ("Zelda Quackenbush", "zelda.q@canary.example", "@zeldaq", "+31 20 555 01 23", "L-canary", "cookie-canary")


def test_no_name_or_address_of_the_source_is_in_any_file(window, monkeypatch):
    name, mail, handle, phone, person, cookie = CANARIES
    said = f"Ask {name.upper()}'s team, {mail} or {handle}, {phone}."
    take(
        monkeypatch, window,
        learners=[learner(person, name=name, email=mail, job_title=f"CEO ({mail})", city=said)],
        page_views=[view(person, anonymous_id=cookie, url=f"/u/{mail}?q={phone}", referrer=f"x.example/?m={mail}",
                         user_agent=f"app {mail}")],
        social_posts=[post(person, said, author=name)],
        survey_responses=[{"learner_id": person, "product_id": "p1", "answered_at": JUNE, "recorded_at": JUNE,
                           "intent": 3, "comment": said}],
        enrollments=[sale(learner_id=person)],
        protected=[{"learner_id": person, "declared_at": JUNE, "recorded_at": JUNE, "gender": "woman"}],
    )  # fmt: skip
    written = everything(window).casefold()
    assert "woman" in written
    assert [canary for canary in CANARIES if canary.casefold() in written] == []
    assert "quackenbush" not in written


def test_an_address_written_with_its_code_is_found_in_a_link(window, monkeypatch):
    take(monkeypatch, window, page_views=[view(url="/u/jo%40x.example/settings#top")])
    assert collected(window, "page_views")["url"].item() == "/u/[e-mail]/settings"


def test_text_that_names_nobody_is_left_as_it_was(window, monkeypatch):
    script = '<script>alert("job title")</script>'
    take(monkeypatch, window, learners=[learner(job_title=script, name="Ann Lee", city="São Paulo")])
    assert collected(window, "learners")[["job_title", "city"]].iloc[0].tolist() == [script, "São Paulo"]


def test_an_address_that_names_a_product_is_refused(window, monkeypatch):
    with pytest.raises(CollectionError, match=r"enrollments.product_id: 1 rows hold an e-mail address"):
        take(monkeypatch, window, enrollments=[sale(product_id="jo@x.example")])


def test_protected_attributes_stand_apart(window, monkeypatch):
    rows = [{"learner_id": "L1", "declared_at": JUNE, "recorded_at": JUNE, "gender": "woman"}]
    take(monkeypatch, window, protected=rows, learners=[learner()])
    assert pd.read_parquet(paths.protected(window))["gender"].tolist() == ["woman"]
    assert not paths.collected(window, "protected").exists()


def test_rows_that_were_read_are_kept_or_counted_as_outside(window, monkeypatch):
    rows = [view(at=time) for time in (START - TICK, START, JUNE, END)]
    account = take(monkeypatch, window, page_views=rows).tables.set_index("table")
    counts = account.loc["page_views", ["rows_read", "rows", "rows_outside_window"]]
    assert counts.tolist() == [4, 2, 2]
    assert account.loc["page_views", ["first", "last"]].tolist() == [START, JUNE]


def test_the_account_has_every_table_and_column_of_the_contract(window, monkeypatch):
    account = take(monkeypatch, window, learners=[learner(email="jo@x.example")])
    status = account.tables.set_index("table")["status"]
    assert status.to_dict() == {n: "collected" if n == "learners" else "not in this source" for n in contract.TABLES}
    every = [(table, column) for table in contract.TABLES for column in contract.columns(table)]
    treatment = account.columns.set_index(["table", "column"])["treatment"]
    assert list(treatment.index) == every
    assert treatment["learners", "email"] == "dropped"
    assert treatment["learners", "learner_id"] == "pseudonymised"
    assert treatment["learners", "registered_at"] == "kept"
    assert treatment["learners", "name"] == "absent"


def test_a_missing_and_an_unknown_column_are_named(window, monkeypatch):
    with pytest.raises(CollectionError, match=r"no column recorded_at; column shoe_size"):
        take(monkeypatch, window, learners=[{"learner_id": "L1", "registered_at": JUNE, "shoe_size": "43"}])


def many_views():
    """Views on the first days of months, among others, up to December."""
    days = [0, 31, 59, 60, 150, 212, 333, 334, 364]
    return [
        view(f"L{i % 5}", START + pd.Timedelta(days=days[i % 9]), seconds=i % 4, product_id=f"p{i % 3}")
        for i in range(60)
    ]


def test_the_order_of_the_source_does_not_change_a_byte(window, monkeypatch):
    rows = many_views()
    take(monkeypatch, window, page_views=rows)
    first = digests(window)
    take(monkeypatch, window, page_views=rows[::-1])
    assert digests(window) == first


@pytest.mark.parametrize("monthly", [False, True])
def test_a_large_table_in_months_holds_the_same_rows_in_the_same_order(window, monkeypatch, monthly):
    take(monkeypatch, window, page_views=many_views())
    whole = collected(window, "page_views")
    write_window(paths.root(), window, source={"kind": "folder"}, compute={"rows_a_file": 10})
    take(monkeypatch, window, monthly=monthly, page_views=many_views())
    files = sorted(file.name for file in paths.collected(window, "page_views").iterdir())
    assert files == sorted({f"{time:%Y-%m}.parquet" for time in whole["viewed_at"]})
    pd.testing.assert_frame_equal(collected(window, "page_views"), whole)
    assert list(paths.step(window, "00_data_collection").rglob("*unsorted*")) == []


def test_every_kind_of_source_that_a_window_may_name_is_a_module_that_can_be_asked():
    assert set(core.SOURCES) == set(get_args(params.Source.model_fields["kind"].annotation))
    asked = ("check", "files_of", "read")
    assert [
        name for name, module in core.SOURCES.items() for way in asked if not callable(getattr(module, way))
    ] == []
