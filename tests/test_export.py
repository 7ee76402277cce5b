import html.parser
import re

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from tiny_project import executed, shown

from insights import export, paths
from insights.display import tables, wording
from insights.export import markdown, page, sanitising

PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">x</a>',
    "<iframe src='https://example.org'></iframe>", "<style>body{display:none}</style>",
    '<p style="position:fixed">x</p>', "<svg><script>alert(1)</script></svg>",
    '<a href="//example.org">x</a>', '<a href="data:text/html,x">x</a>', "<math><mi xlink:href='//x'></mi></math>",
    "<base href='https://example.org'>", "<form action='https://example.org'><input></form>",
    '<meta http-equiv="refresh" content="0;url=https://example.org">', "<p onclick=alert(1)>x</p>",
)  # fmt: skip


class Tags(html.parser.HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, markup):
        super().__init__()
        self.found = []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def exported(notebook, window="2025Q4", step="05_modeling"):
    return export.write(notebook, window, step, "abcdef0123456789")


def body(markup):
    return markup.split("<main", 1)[1].split("</main>", 1)[0]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("place", ["output", "text output", "markdown"])
def test_nothing_that_runs_or_leads_outside_survives(payload, place):
    notebook = {
        "output": lambda: executed(shown(payload.replace("<img src=x", '<img alt="x" src=x'))),
        "text output": lambda: executed(new_output("execute_result", data={"text/plain": payload})),
        "markdown": lambda: executed(before=f"# A title\n\n{payload}"),
    }[place]()
    try:
        markup = exported(notebook)
    except export.ExportError:
        return  # a picture that is not in the page is refused
    allowed = {"class", "id", "href", "lang", "aria-label", "role", "tabindex", "charset", "name", "content"}
    for tag, attributes in Tags(markup).found:
        assert tag not in {"script", "iframe", "svg", "math", "base", "form", "input", "object", "link"}
        assert attributes.keys() <= allowed | {"http-equiv", "aria-current"}
        assert not re.match(r"(?i)[a-z]+:|//", attributes.get("href", ""))
    assert sum(tag == "style" for tag, _ in Tags(markup).found) == 1


def test_a_social_post_and_a_job_title_that_contain_a_script_are_shown_as_text():
    attack = "<script>alert(1)</script>"
    frame = pd.DataFrame({"job_title": [attack]})
    markup = exported(
        executed(
            shown(tables.show(frame, attack)._repr_html_()),
            shown(wording.say("Post: {post}", post=attack)._repr_html_()),
        )
    )
    assert "<script" not in markup
    assert body(markup).count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_code_and_parameters_are_not_in_the_file():
    markup = exported(executed(shown("<p>result</p>")))
    assert "secret_name" not in markup and "WINDOW =" not in markup
    assert "<p>result</p>" in markup


def test_an_injected_parameters_cell_is_neither_shown_nor_counted():
    notebook = executed(new_output("stream", name="stdout", text="x"))
    notebook.cells.insert(2, new_code_cell("WINDOW = 1", metadata={"tags": ["injected-parameters"]}))
    with pytest.raises(export.ExportError, match="cell 3 printed"):
        exported(notebook)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (new_output("stream", name="stderr", text="a FutureWarning"), "cell 3 printed a warning to stderr: 'a Fut"),
        (new_output("stream", name="stdout", text="hello"), "cell 3 printed to stdout: 'hello'"),
        (new_output("error", ename="KeyError", evalue="'x'", traceback=[]), "cell 3 ended in KeyError: 'x'"),
        (new_output("display_data", data={"image/png": "AAAA"}), "cell 3 shows a picture without a text"),
        (shown('<img src="data:image/png;base64,AAAA">'), "cell 3 shows a picture without a text"),
        (shown('<img src="data:image/png;base64,AAAA" alt=" ">'), "cell 3 shows a picture without a text"),
        (shown('<img src="https://example.org/x.png" alt="x">'), "cell 3 shows a picture that is not a PNG"),
    ],
)
def test_what_does_not_belong_in_a_report_stops_the_export(output, message):
    with pytest.raises(export.ExportError, match=re.escape(message)):
        exported(executed(output))


@pytest.mark.parametrize(("before", "count"), [("No heading", 0), ("# One\n\n# Two", 2)])
def test_a_page_has_exactly_one_first_level_heading(before, count):
    with pytest.raises(export.ExportError, match=f"^{count} first-level headings"):
        exported(executed(before=before))


def test_a_page_that_is_too_big_is_refused(monkeypatch):
    monkeypatch.setattr(page, "MOST_BYTES", 20_000)
    with pytest.raises(export.ExportError, match=r"above 20,000. Aggregate"):
        exported(executed(shown("<p>x</p>" * 3000)))


def test_a_page_names_its_language_title_policy_and_viewport():
    markup = exported(executed(before="# Which *model*?"))
    assert '<html lang="en">' in markup
    assert "<title>Which model? · 2025Q4</title>" in markup
    assert "default-src &#39;none&#39;" in markup or "default-src 'none'" in markup
    assert 'content="width=device-width, initial-scale=1"' in markup


def test_a_page_refers_to_nothing_outside_its_folder():
    markup = exported(executed(before="# T\n\n[paper](https://example.org/x) <https://example.org/y>"))
    addresses = [
        value for _, attributes in Tags(markup).found for value in attributes.values() if "//" in (value or "")
    ]
    assert addresses == []
    assert "paper <span" in markup and "(https://example.org/x)" in markup
    style = markup.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style


def test_the_pages_of_a_window_lead_to_each_other():
    tags = Tags(exported(executed())).found
    assert [
        attributes["href"] for tag, attributes in tags if tag == "a" and attributes["href"].endswith(".html")
    ] == ["../../index.html", *(f"{step}.html" for step in paths.STEPS)]
    assert [attributes["href"] for _, attributes in tags if "aria-current" in attributes] == ["05_modeling.html"]


def test_what_is_in_short_is_a_section_of_its_own_with_the_results_of_its_cells():
    notebook = executed(shown("<p>the answer</p>"), before="# T\n\nIntro.\n\n## In short")
    notebook.cells.append(new_markdown_cell("Still short.\n\n## Evidence\n\nMore."))
    names = [section.name for section in page.content.sections(notebook)]
    short = page.content.sections(notebook)[1].markup
    assert names == ["", "in-short", "evidence"]
    assert "the answer" in short and "Still short." in short and "More." not in short


def test_a_heading_inside_a_quotation_begins_no_section():
    assert len(list(markdown.pieces("> ## Quoted\n\ntext"))) == 1


def test_html_in_markdown_is_shown_as_text():
    ((_, markup),) = markdown.pieces("a <b>bold</b> word\n\n<div>block</div>")
    assert "&lt;b&gt;bold&lt;/b&gt;" in markup and "&lt;div&gt;block" in markup


def test_markdown_tables_can_be_scrolled():
    ((_, markup),) = markdown.pieces("| a |\n|---|\n| 1 |")
    assert markup.startswith('<div class="scroll" role="region" tabindex="0"')


@given(st.text())
def test_whatever_stands_in_markdown_no_tag_of_it_survives_as_a_tag(text):
    for _, markup in markdown.pieces(text):
        assert {tag for tag, _ in Tags(markup).found} <= sanitising.MARKDOWN_TAGS


@pytest.mark.parametrize(
    ("address", "relative"),
    [
        ("11_report.html", True), ("#in-short", True), ("11_report.html#in-short", True), ("../x.csv", True),
        ("https://example.org", False), ("//example.org", False), ("javascript:alert(1)", False),
        ("/etc/passwd", False), ("\\\\host", False), ("data:text/html,x", False), ("java\nscript:x", False),
    ],
)  # fmt: skip
def test_addresses_that_leave_the_folder_are_told_apart(address, relative):
    assert sanitising.is_relative(address) is relative


def test_a_table_keeps_what_it_needs_to_be_read():
    table = tables.show(pd.DataFrame({"n": [1]}), "C")._repr_html_()
    assert sanitising.clean_output(table) == table


def test_the_same_notebook_gives_the_same_page():
    notebook = executed(shown("<p>x</p>"))
    assert exported(notebook) == exported(nbformat.from_dict(notebook))
