"""Pages for planners: what they show, what they take, whom they let in, and what a hostile visitor gets."""

import html
import json
import re
import threading
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning import TOKEN, Planner, desk_of, served

from insights import paths
from insights.planners import judgements, trial
from insights.serving import app, pages
from insights.serving.__main__ import main
from insights.serving.desk import NEW, PlannerError

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}{% raw %}=cmd|A1"
FORM = {"title": "Agents at Work", "topic": "Agents", "price": "49", "monthly_hurdle": "300"}


@pytest.fixture(scope="module")
def desk(company):
    return desk_of(company)


@pytest.fixture(scope="module")
def port(desk):
    with served(desk) as number:
        yield number


@pytest.fixture(autouse=True)
def own_root(company, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(company.root))
    for file in (paths.judgements(), paths.trial()):
        file.unlink(missing_ok=True)


@pytest.fixture
def planner(port):
    return Planner(port).enter()


@pytest.fixture
def first(desk):
    return desk.candidates["product_id"].iloc[0]


def read(page: str) -> str:
    """Return what can be read of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_what_is_shown_of_a_candidate_is_what_the_report_says(desk, planner, first):
    one = desk.candidates.set_index("product_id").loc[first]
    text = read(planner.get(f"/product/{first}").page)
    assert one["title"] in text and f"{100 * one['probability']:.1f} %" in text
    assert f"{100 * one['low']:.1f} %" in text and f"{100 * desk.threshold:.1f} %" in text


def test_without_a_change_the_model_says_what_it_said(desk, first):
    case = desk.case(first)
    again = desk.changed(case, {})
    assert again.probability == pytest.approx(case.said.probability, abs=1e-12)
    assert (again.low, again.high) == pytest.approx(
        (case.said.low, case.said.high)
    ) and again.verdict == case.said.verdict


def test_a_changed_signal_says_the_same_on_the_page_and_in_the_grid(desk, planner, first):
    case, [signal, *_] = desk.case(first), desk.signals()
    said = desk.changed(case, {signal: 7})
    assert desk.grid(case, {}).set_index("signal").loc[signal, 7] == pytest.approx(said.probability)
    assert f"{100 * said.probability:.1f} %" in read(planner.get(f"/product/{first}?s_{signal}=7").page)


def test_a_flip_is_told_where_the_probability_crosses_the_threshold(desk, planner):
    for product in desk.candidates["product_id"]:
        case = desk.case(product)
        grid = desk.grid(case, {}).set_index("signal").drop(columns="title")
        crossing = (grid >= desk.threshold if case.said.probability < desk.threshold else grid < desk.threshold)[
            range(1, 10)
        ]
        if crossing.any(axis=None):
            signal = crossing.any(axis=1).idxmax()
            decile = crossing.loc[signal].idxmax()
            assert "crosses the threshold" in read(planner.get(f"/product/{product}?s_{signal}={decile}").page)
            return
    pytest.fail("no candidate flips by any signal")


def test_changes_of_several_signals_are_made_together(desk, first):
    case, names = desk.case(first), list(desk.signals())[:2]
    both = desk.changed(case, dict.fromkeys(names, 9))
    assert desk.grid(case, {names[0]: 9}).set_index("signal").loc[names[1], 9] == pytest.approx(both.probability)


@pytest.mark.parametrize(
    "address",
    ["/product/P9999", "/product/%3Cscript%3E"]
    + [f"/product/{{}}?s_{one}" for one in ("nothing=3", "web=77", "web=-1", "web=x")],
)
def test_what_is_not_known_is_answered_in_words(planner, first, address):
    planner.get(address.format(first))
    assert planner.status == 400 and "Traceback" not in planner.page and "<script>" not in planner.page
    assert "That cannot be answered" in planner.page


def test_a_new_product_is_judged_or_all_that_is_wrong_with_it_is_said(desk, planner):
    planner.get("/new").post("/new", {**FORM, "price": "much", "title": ""})
    assert planner.status == 200
    assert "Price 'much' is no number" in read(planner.page) and "Title is empty" in read(planner.page)
    assert 'value="300"' in planner.page  # nothing that was typed is lost
    planner.post("/new", FORM)
    case, wrong = desk.entered(FORM)
    assert wrong == [] and f"{100 * case.said.probability:.1f} %" in read(planner.page)
    [signal, *_] = desk.signals()
    planner.post("/new", {**FORM, f"s_{signal}": "9"})
    assert "With these changes" in planner.page


def test_a_judgement_is_kept_with_what_the_model_said_and_not_with_what_the_form_says(desk, planner, first):
    form = {
        "product_id": first,
        "says": "disagree",
        "ground": "market",
        "comment": "no",
        "who": "ann",
        "verdict": "1",
    }
    planner.get(f"/product/{first}").post("/record", {**form, "verdict": "1", "probability": "0.999"})
    assert planner.status == 200 and "Recorded" in planner.page and "ann: disagrees" in planner.page
    [kept] = judgements.log().to_dict("records")
    said = desk.case(first).said
    assert (kept["probability"], kept["verdict"], kept["model"]) == (said.probability, said.verdict, desk.digest)
    assert "1 judgement by" in read(planner.get("/said").page)


def test_a_judgement_on_something_tried_keeps_the_changes(desk, planner, first):
    [signal, *_] = desk.signals()
    planner.get(f"/product/{first}").post(
        "/record", {"product_id": first, "says": "agree", "who": "b", f"s_{signal}": "9"}
    )
    [kept] = judgements.log().to_dict("records")
    assert (
        kept["changes"] == {signal: 9}
        and kept["probability"] == desk.changed(desk.case(first), {signal: 9}).probability
    )


def test_a_judgement_that_cannot_be_taken_loses_nothing_that_was_typed(planner, first):
    planner.get(f"/product/{first}").post(
        "/record", {"product_id": first, "says": "disagree", "comment": "so", "who": "ann"}
    )
    assert planner.status == 422 and "choose a reason" in planner.page and not paths.judgements().exists()
    assert ">so</textarea>" in planner.page and 'value="ann"' in planner.page and 'disagree" checked' in planner.page


def test_a_new_product_can_be_judged_too(planner):
    planner.get("/new").post("/record", {**FORM, "product_id": NEW, "says": "agree", "who": "ann"})
    [kept] = judgements.log().to_dict("records")
    assert (kept["product_id"], kept["title"]) == (NEW, FORM["title"]) and "Recorded" in planner.page
    planner.post("/record", {**FORM, "price": "", "product_id": NEW, "says": "agree", "who": "ann"})
    assert planner.status == 400 and len(judgements.log()) == 1


@pytest.mark.parametrize("field", ["who", "comment", "title", "topic"])
def test_nothing_that_is_typed_stands_on_a_page_as_more_than_text(planner, first, field):
    if field in FORM:
        planner.get("/new").post("/new", FORM | {field: HOSTILE, "price": "" if field == "title" else "49"})
    else:
        form = {"product_id": first, "says": "disagree", "ground": "other", "who": "ann", "comment": "c"}
        planner.get(f"/product/{first}").post("/record", form | {field: HOSTILE[:80]})
    assert HOSTILE[:80] in html.unescape(planner.page)
    found = [planner.page, planner.get("/said").page, planner.get(f"/?find={quote(HOSTILE[:80])}").page]
    assert HOSTILE[:80] in html.unescape(found[-1])
    assert not any("<script" in page or "<img" in page for page in found)


def test_what_was_asked_for_is_said_again_letter_by_letter(planner):
    assert "'50% %s {x} <b>' is no candidate" in html.unescape(
        planner.get("/product/" + quote("50% %s {x} <b>")).page
    )


def test_pages_forbid_scripts_frames_and_foreign_contents(planner):
    for name, value in app.HEADERS.items():
        assert planner.answer.headers[name] == value
    assert (
        "script" not in planner.page.lower() and "default-src 'none'" in app.POLICY and "script-src" not in app.POLICY
    )
    assert re.findall(r'(?:src|href)="(?!/|#|data:,)', planner.page) == []


def test_without_the_token_nothing_is_let_in(port, first):
    for address in ("/", f"/product/{first}", "/new", "/said", "/trial", "/anything", "/?token=wrong", "/?token="):
        stranger = Planner(port).get(address)
        assert stranger.status == 403 and first not in stranger.page, address


def test_the_token_does_not_stay_in_the_address_and_the_cookie_cannot_be_read_by_scripts(port):
    planner = Planner(port).enter()
    assert planner.status == 200 and TOKEN not in planner.page
    assert app.COOKIE in planner.cookies and TOKEN not in json.dumps(planner.cookies)
    assert planner.set_cookies and all("HttpOnly" in one and "SameSite=Strict" in one for one in planner.set_cookies)


def test_a_name_that_is_not_this_machine_is_not_answered(planner):
    assert planner.get("/", Host="evil.example").status == 403


def test_a_form_from_a_foreign_page_is_refused(planner, first):
    form = {"product_id": first, "says": "agree", "who": "ann"}
    planner.page = ""
    assert planner.post("/record", form).status == 403 and not paths.judgements().exists()


def test_a_request_that_is_too_large_is_refused(port, planner):
    with pytest.raises((ConnectionError, AssertionError, OSError)) as told:
        planner.post("/new", {"title": "x" * 200_000})
        assert planner.status < 400
    assert told.value is not None and not paths.judgements().exists()
    assert Planner(port).enter().status == 200


@given(
    address=st.text(max_size=60), name=st.text(max_size=20), value=st.text(max_size=200),
    method=st.sampled_from(["get", "post"]),
)  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_is_answered_and_never_by_an_error_of_ours(port, address, name, value, method):
    planner = Planner(port).enter()
    for place in (
        f"/{quote(address)}",
        f"/product/{quote(address, safe='')}",
        "/new",
        "/record",
        "/trial/" + quote(address, safe=""),
    ):
        if method == "get":
            planner.get(f"{place}?{quote(name)}={quote(value)}")
        else:
            planner.post(place, {name: value} if name else {})
        assert planner.status in (200, 400, 403, 404, 405, 422), (place, planner.status)
        assert "Traceback" not in planner.page


def test_two_planners_at_once_do_not_disturb_each_other(desk, port):
    products, [signal, *_] = list(desk.candidates["product_id"][:2]), desk.signals()
    wrong = []

    def ask(product, decile):
        planner = Planner(port).enter()
        expected = f"{100 * desk.changed(desk.case(product), {signal: decile}).probability:.1f} %"
        for _ in range(5):
            page = read(planner.get(f"/product/{product}?s_{signal}={decile}").page)
            if expected not in page:
                wrong.append((product, decile))
        planner.post("/record", {"product_id": product, "says": "agree", "who": f"{product}-{decile}"})

    threads = [threading.Thread(target=ask, args=pair) for pair in zip(products * 2, (1, 9, 9, 1), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and sorted(judgements.log()["who"]) == sorted(
        f"{p}-{d}" for p, d in zip(products * 2, (1, 9, 9, 1), strict=True)
    )


def test_a_trial_asks_all_its_tasks_once_and_ends_with_what_was_turned(desk, planner):
    planner.get("/trial").post("/trial", {})
    tasks = desk.tasks(0)
    for task in tasks:
        text = read(planner.page)
        assert f"Task {task.place} of {len(tasks)}" in text
        assert ("The model's advice" in text) == (task.advice is not None)
        place = re.search(r'name="place" value="(\d+)"', planner.page).group(1)
        address = re.search(r'action="(/trial/[0-9a-f]+)"', planner.page).group(1)
        planner.post(address, {"place": place, "decision": "7", "confidence": "70"})
        assert planner.status == 422 and "Decide" in planner.page
        form = planner.form({"place": place, "decision": str(task.y), "confidence": "70"})
        after = read(planner.post(address, form).page)
        assert read(planner.post(address, form).page) == after  # sent twice
    end = read(planner.page)
    assert "Thank you" in end and f"{len(tasks)} of them came out" in end
    turned = sum(task.advice is not None and task.advice != task.said for task in tasks)
    assert end.count("(turned)") == turned and f"In {turned} tasks the advice was the opposite" in end
    assert end.count("reached its hurdle") == sum(task.y for task in tasks)
    assert end.count("did not reach it") == sum(1 - task.y for task in tasks)
    assert "against alone" not in end, "how others decided would tell those who have not yet"
    kept = trial.answers(desk.params.window)
    assert len(kept) == len(tasks) and (kept["decision"] == kept["y"]).all() and (kept["seconds"] >= 0).all()


def test_a_trial_that_was_not_begun_here_is_said_so(planner):
    assert planner.get("/trial/0123456789abcdef").status == 400 and "not begun here" in planner.page


def test_candidates_are_listed_in_the_order_of_launching_and_what_a_quarter_cannot_carry_is_marked(desk):
    three = desk.candidates.head(3)
    placed = three.assign(place=[np.nan, 2.0, 1.0], within_capacity=[False, False, True])
    text = read(pages.desk(replace(desk, candidates=placed)))
    names = three["product_id"].tolist()
    assert text.index(names[2]) < text.index(names[1]) < text.index(names[0])
    assert f"{names[1]} 2 (has to wait)" in text and f"{names[2]} 1 " in text
    assert " place " not in read(pages.desk(replace(desk, candidates=three.assign(place=np.nan))))


def test_candidates_are_found_by_title_topic_and_verdict(desk, planner):
    one = desk.candidates.iloc[-1]
    text = read(planner.get(f"/?find={one['product_id'].lower()}").page)
    assert "1 product of" in text and one["title"] in text
    verdict = desk.candidates["verdict"].iloc[0]
    planner.get(f"/?verdict={verdict.replace(' ', '+')}")
    assert f"{(desk.candidates['verdict'] == verdict).sum()} product" in read(planner.page)


def test_a_model_that_is_not_trusted_never_says_1_or_0(desk, first):
    doubted = replace(desk, scorer=replace(desk.scorer, trusted=False))
    case = doubted.case(first)
    assert "its verdict stays not enough evidence" in read(pages.product(doubted, case, {}, "x"))
    [signal, *_] = doubted.signals()
    assert {doubted.changed(case, {signal: decile}).verdict for decile in (1, 5, 9)} == {"not enough evidence"}


def test_deciles_and_signals_that_are_none_are_refused(desk, first):
    case = desk.case(first)
    for changes in ({"nothing": 3}, dict.fromkeys(desk.signals(), 10), dict.fromkeys(desk.signals(), 0)):
        with pytest.raises(PlannerError):
            desk.changed(case, changes)
    assert np.isfinite(desk.grid(case, {}).drop(columns=["signal", "title"]).to_numpy()).all()


def test_a_window_without_a_model_is_refused_in_one_line(company, capsys):
    assert main(["tiny"]) == 2 and "make run WINDOW=tiny" in capsys.readouterr().err
    assert main(["unknown"]) == 2


def test_a_report_of_another_version_is_refused_in_one_line(desk, company, capsys, monkeypatch):
    monkeypatch.setattr("insights.serving.desk.open_scorer", lambda params: desk.scorer)
    report = paths.step("tiny", "11_report")
    (report / "tables").mkdir(parents=True)
    (report / "results.json").write_text("[]")
    desk.candidates.drop(columns="topic").to_parquet(report / "tables" / "table_11_1_recommendations.parquet")
    assert main(["tiny"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("outputs/tiny") and told.count("\n") == 1
    assert "lacks topic: another version of Insights wrote it. Make it again: make run WINDOW=tiny" in told
