"""Publishing: the front page shows what reports show, slides leave out what is lacking, a PDF says what it needs."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from reported import advice, headline, results
from tiny_project import REPOSITORY

from insights import acceptance, params, paths
from insights.handover import registers
from insights.publishing import __main__ as command
from insights.publishing import index, overview, printing, slides
from insights.publishing.errors import PublishingError
from insights.verdicts import HOLD, LAUNCH, NOT_ENOUGH


@pytest.fixture
def root(tmp_path, monkeypatch):
    shutil.copytree(REPOSITORY / "params", tmp_path / "params")
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    monkeypatch.delenv("INSIGHTS_BROWSER", raising=False)
    return tmp_path


def report(window, *verdicts, auc=0.75, title="Product"):
    """Write what notebook 11 of a window leaves, with a page for it."""
    shown = advice(*verdicts, title=title).assign(probability=0.5, low=0.4, high=0.6)
    tables = paths.step(window, "11_report") / "tables"
    tables.mkdir(parents=True)
    shown.to_parquet(tables / "table_11_1_recommendations.parquet")
    headline(auc=auc).to_parquet(tables / "table_11_2_headline.parquet")
    paths.results(window).write_text(results().to_json(orient="records"))
    paths.page(window, "11_report").parent.mkdir(parents=True)
    paths.page(window, "11_report").write_text("a page")


def front():
    index.write()
    return paths.front().read_text().replace("&nbsp;", " ")


def test_without_any_report_the_front_page_says_how_to_make_one(root):
    assert "No window has a report yet" in front() and "make run" in front()


def test_the_front_page_opens_with_the_newest_quarter_and_lists_every_window_that_has_a_report(root):
    report("sample", HOLD)
    report("2025Q3", NOT_ENOUGH)
    report("2025Q4", LAUNCH, LAUNCH, HOLD)
    page = front()
    assert "The newest answer: window 2025Q4" in page and 'href="2025Q4/html/11_report.html#recommendations"' in page
    found = overview.study().windows.set_index("window")
    assert list(found.index) == ["2025Q4", "sample", "2025Q3"]
    assert list(found["recommended"]) == [2, 0, 0] and list(found["held"]) == [1, 1, 0]
    assert found.loc["2025Q4", "expected"] == 3000.0 and "USD 3,000" in page
    assert all(f'href="{window}/html/11_report.html"' in page for window in found.index)
    assert "2 products" in page and "not enough evidence" in page and ">none<" in page


def test_windows_follow_each_other_only_with_those_of_the_same_records(root):
    for window, auc in (("2025Q3", 0.7), ("2025Q4", 0.8), ("sample", 0.6)):
        report(window, HOLD, auc=auc)
    trend = overview.study().trend
    chosen = trend[trend["who"] == "chosen"]
    assert list(zip(chosen["window"], chosen["value"], strict=True)) == [("2025Q3", 0.7), ("2025Q4", 0.8)]
    assert set(trend["who"]) == {"chosen", "panel", "chance"}
    assert "60 launches in 2 windows" in front()


@pytest.mark.parametrize("spoiled", ["garbled", "of another version"])
def test_a_report_that_cannot_be_read_is_named_with_the_remedy_and_the_others_are_shown(root, spoiled, capsys):
    report("2025Q3", HOLD)
    report("2025Q4", LAUNCH)
    file = paths.step("2025Q4", "11_report") / "tables" / "table_11_1_recommendations.parquet"
    if spoiled == "garbled":
        file.write_bytes(b"no table")
    else:
        pd.read_parquet(file).drop(columns="within_capacity").to_parquet(file)
    assert command.main(["front"]) == 0
    assert "Left out of the front page: outputs/2025Q4/" in capsys.readouterr().err
    page = front()
    assert "The newest answer: window 2025Q3" in page and "Windows that cannot be shown" in page
    assert "make run WINDOW=2025Q4" in page and 'href="2025Q4/' not in page
    why = overview.study().unread["2025Q4"]
    assert ("lacks within_capacity: another version of Insights wrote it" in why) == (spoiled != "garbled")


def test_where_no_report_can_be_read_the_front_page_says_so(root):
    report("sample", HOLD)
    (paths.step("sample", "11_report") / "tables" / "table_11_2_headline.parquet").write_bytes(b"no table")
    page = front()
    assert "No window has a report yet" in page and "make run WINDOW=sample" in page


def test_one_window_makes_no_trend(root):
    report("sample", HOLD)
    assert "From window to window" not in front() and "The newest answer: window sample" in front()


def test_a_title_with_a_script_is_text_on_the_front_page_and_on_slides(root):
    report("sample", LAUNCH, title="<script>alert(1)</script>")
    slides.write("sample")
    for page in (front(), paths.slides("sample").read_text()):
        assert "<script" not in page and "&lt;script&gt;" in page


def test_slides_leave_out_what_the_window_lacks_and_begin_a_slide_for_each_thing_it_has(root):
    report("sample", HOLD)
    slides.write("sample")
    deck = paths.slides("sample").read_text()
    assert "The answer" in deck and "What not to conclude" in deck
    assert "How far people come" not in deck and "What experiments showed" not in deck
    assert deck.count('<section class="slide') == deck.count('class="foot"') == 1 + deck.count("<h2")


def test_slides_of_a_window_without_a_report_are_refused_with_the_command_that_makes_it(root, capsys):
    assert command.main(["slides", "sample"]) == command.REFUSED
    assert "make run WINDOW=sample" in capsys.readouterr().err
    assert not paths.slides("sample").exists()


def test_without_a_browser_slides_are_written_and_a_pdf_is_refused(root, capsys, monkeypatch):
    report("sample", HOLD)
    monkeypatch.setattr(printing, "BROWSERS", ())
    assert command.main(["slides", "sample"]) == command.DONE and paths.slides("sample").exists()
    assert "No browser was found" in capsys.readouterr().out
    assert command.main(["pdf", "sample"]) == command.REFUSED
    assert "INSIGHTS_BROWSER" in capsys.readouterr().err


def test_a_browser_that_prints_nothing_is_named_with_what_it_said(root, monkeypatch):
    report("sample", HOLD)
    broken = root / "broken"
    broken.write_text("#!/bin/sh\necho no display >&2\n")
    broken.chmod(0o755)
    monkeypatch.setenv("INSIGHTS_BROWSER", str(broken))
    with pytest.raises(PublishingError, match=r"broken did not print .*11_report.html: no display"):
        printing.pdf(paths.page("sample", "11_report"), paths.printed("sample", "report"))
    assert not paths.printed("sample", "report").exists()


def test_a_page_that_was_not_made_is_not_printed(root):
    with pytest.raises(PublishingError, match="make run WINDOW=sample"):
        printing.pdf(paths.page("sample", "11_report"), Path("x.pdf"))


def closed(root):
    shutil.copytree(REPOSITORY / "registers", root / "registers", dirs_exist_ok=True)
    assert command.main(["close"]) == command.DONE
    return paths.close_out().read_text().replace("&nbsp;", " ")


def test_the_close_out_page_counts_what_is_met_and_names_what_is_not(root):
    page, asked = closed(root), registers.requirements()
    met, missing = (sum(one.state == state for one in asked) for state in ("met", "missing"))
    assert f"Of {len(asked)} things that were asked for, {met} are met" in page and f"{missing} not at all" in page
    assert (
        all(f">{one.id}<" in page for one in asked)
        and "No window on this machine has a report that tells gates" in page
    )
    assert 'href="close_out.html"' in front()


def test_a_window_that_was_run_before_there_were_acceptance_tests_is_closed_without_them(root):
    report("sample", HOLD)
    page = closed(root)
    assert "Close-out" in page and 'id="acceptance"' not in page


def test_the_close_out_page_shows_gates_failure_modes_and_acceptance_of_the_newest_window(root):
    report("sample", HOLD)
    shutil.copytree(REPOSITORY / "registers", root / "registers")
    tables = paths.step("sample", "08_tolerance") / "tables"
    tables.mkdir(parents=True)
    gates = {"gate": ["design", "design"], "verdict": ["met", "missed"]}
    pd.DataFrame(gates).to_parquet(tables / "table_8_11_gates.parquet")
    modes = {"title": ["a small failure", "clocks set back"], "effect": ["e", "f"], "rpn": [3, 90]}
    pd.DataFrame(modes | {"priority": ["low", "high"]}).to_parquet(tables / "table_8_10_failure_modes.parquet")
    empty = pd.DataFrame(columns=["name", "by", "model", "value", "low", "high", "n"])
    (paths.step("sample", "05_modeling")).mkdir()
    (paths.step("sample", "05_modeling") / "manifest.json").write_text("{}")  # of a source without models
    found = acceptance.study(params.load("sample"), empty, headline()[:0])
    found.to_parquet(paths.step("sample", "11_report") / "tables" / "table_11_7_acceptance.parquet")
    page = closed(root)
    assert "Window sample meets 1 of 2 criteria" in page and "not passed: design" in page
    assert page.index("clocks set back") < page.index("a small failure")
    assert "1 failure mode of high priority, of 2" in page
    assert "two minutes" in page and "not tried yet" in page


def test_a_source_without_candidates_has_no_answer_but_its_completion_model(root):
    report("oulad-2013J")
    headline = pd.read_parquet(paths.step("oulad-2013J", "11_report") / "tables" / "table_11_2_headline.parquet")
    headline.assign(question="completion", rows="enrolled").to_parquet(
        paths.step("oulad-2013J", "11_report") / "tables" / "table_11_2_headline.parquet"
    )
    [row] = overview.study().windows.to_dict("records")
    assert row["completion"] == 0.75 and pd.isna(row["launch"]) and pd.isna(row["recommended"])
    assert "What to launch" not in front().split("<main", 1)[1].split("Windows", 1)[0].split("</h1>", 1)[1]
    assert params.load("oulad-2013J").source.kind == "oulad" and "Open University" in front()
