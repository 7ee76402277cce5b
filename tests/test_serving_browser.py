"""Pages for planners in a real browser: a choice, a changed input, a flip, a disagreement; readable by everybody."""

import asyncio

import pytest
from browser import CHROMIUM, browser
from planning import TOKEN, desk_of, served

from insights import paths
from insights.planners import judgements

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
HOSTILE = '<img src=x onerror=\'document.title="run"\'><script>document.title="run"</script>'


@pytest.fixture(scope="module")
def desk(company):
    return desk_of(company)


@pytest.fixture(autouse=True)
def own_root(company, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(company.root))
    for file in (paths.judgements(), paths.trial()):
        file.unlink(missing_ok=True)


def visit(desk, walk):
    """Run a walk through the pages of a desk: it is given tabs and the address."""

    async def begin(port):
        async with browser() as tab:
            return await walk(tab, f"http://127.0.0.1:{port}")

    with served(desk) as port:
        return asyncio.run(begin(port))


def flipping(desk):
    """Return a product, a signal and a decile with which the probability crosses the threshold."""
    for product in desk.candidates["product_id"]:
        case = desk.case(product)
        grid = desk.grid(case, {}).set_index("signal").drop(columns="title")
        crossing = (grid >= desk.threshold) != (case.said.probability >= desk.threshold)
        if crossing.any(axis=None):
            signal = crossing.any(axis=1).idxmax()
            return product, signal, int(crossing.loc[signal].idxmax())
    raise AssertionError("no candidate flips by any signal")


def test_a_planner_chooses_changes_sees_the_answer_flip_and_disagrees(desk):
    product, signal, decile = flipping(desk)

    async def walk(tab, address):
        one = await tab()
        await one.open(f"{address}/?token={TOKEN}")
        assert TOKEN not in await one.run("location.href")
        await one.fill("#find", product)
        await one.click("form[role=search] button")
        await one.click(f"a[href='/product/{product}']")
        await one.fill(f"#s-{signal}", str(decile))
        await one.click("#try ~ form button")
        assert "crosses the threshold" in await one.text("section.changed")
        await one.run("document.querySelector('input[value=disagree]').checked = true")
        await one.fill("#ground", "market")
        await one.fill("#comment", HOSTILE)
        await one.fill("#who", "ann")
        await one.click("form[action='/record'] button")
        assert "Recorded" in await one.text()
        await one.open(f"{address}/said")
        return await one.run("document.title"), await one.text()

    title, said = visit(desk, walk)
    [kept] = judgements.log().to_dict("records")
    assert (kept["product_id"], kept["says"], kept["ground"], kept["changes"]) == (
        product,
        "disagree",
        "market",
        {signal: decile},
    )
    assert kept["comment"] == HOSTILE and "run" not in title and "What planners said" in said


def test_nothing_that_a_planner_typed_is_run_by_the_browser_of_another(desk):
    product = desk.candidates["product_id"].iloc[0]
    typed = {"who": HOSTILE[:80], "says": "disagree", "ground": "other", "comment": HOSTILE}
    shown = {"window": desk.params.window, "as_of": "2026-01-01", "model": "m", "product_id": product,
             "title": desk.case(product).facts["title"], "verdict": "1", "probability": 0.5, "low": 0.4, "high": 0.6,
             "changes": {}}  # fmt: skip
    judgements.record(judgements.checked(typed), shown)

    async def walk(tab, address):
        one = await tab()
        await one.open(f"{address}/?token={TOKEN}")
        found = []
        for page in (f"/product/{product}", "/said"):
            await one.open(address + page)
            counted = await one.run("document.querySelectorAll('script, main img').length")
            found.append((await one.run("document.title"), await one.text(), counted))
        return found

    for title, text, counted in visit(desk, walk):
        assert "run" not in title and "onerror" in text and counted == 0


def test_two_planners_in_two_browsers_see_each_their_own(desk):
    product, signal, decile = flipping(desk)

    async def walk(tab, address):
        one, other = await tab(), await tab()
        for planner in (one, other):
            await planner.open(f"{address}/?token={TOKEN}")
        await asyncio.gather(
            one.open(f"{address}/product/{product}?s_{signal}={decile}"), other.open(f"{address}/product/{product}")
        )
        chosen = [await planner.run(f"document.querySelector('#s-{signal}').value") for planner in (one, other)]
        return chosen, [await planner.run("!!document.querySelector('section.changed')") for planner in (one, other)]

    assert visit(desk, walk) == ([str(decile), ""], [True, False])


def test_pages_have_no_serious_finding_of_accessibility_in_light_and_dark_and_ask_nobody_else(desk):
    product, signal, decile = flipping(desk)

    async def walk(tab, address):
        one, found = await tab(), []
        await one.open(f"{address}/?token={TOKEN}")
        for page in ("/", f"/product/{product}?s_{signal}={decile}", "/new", "/said", "/trial", "/product/none"):
            found += await one.barriers(address + page)
        return found, [url for url in one.asked() if not url.startswith((address, "data:", "about:"))]

    assert visit(desk, walk) == ([], [])


def test_the_pages_are_named_in_one_line_above_each(desk):
    async def walk(tab, address):
        one = await tab()
        await one.open(f"{address}/?token={TOKEN}")
        tops = "[...document.querySelectorAll('nav.pages a')].map(a => a.getBoundingClientRect().top)"
        return await one.run(tops)

    tops = visit(desk, walk)
    assert len(tops) == 4 and len(set(tops)) == 1


def test_on_a_telephone_no_page_is_wider_than_the_screen(desk):
    product, *_ = flipping(desk)

    async def walk(tab, address):
        one = await tab()
        await one.open(f"{address}/?token={TOKEN}")
        pages = ("/", f"/product/{product}", "/new", "/trial")
        return {page: await one.width(address + page) for page in pages}

    assert {page: width for page, width in visit(desk, walk).items() if width > 360} == {}
