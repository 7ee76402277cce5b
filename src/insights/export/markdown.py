"""Markdown: the prose of a notebook as HTML, cut into sections at its second-level headings."""

import html
import re
from collections.abc import Iterator

import mistune

from insights.export.sanitising import clean_markdown, is_relative


def pieces(source: str) -> Iterator[tuple[str | None, str]]:
    """Yield the prose of a cell as pieces of HTML.

    Parameters
    ----------
    source : str
        Markdown. HTML within it is shown as text.

    Yields
    ------
    tuple of (str or None, str)
        The text of the second-level heading that begins the piece, None where none does, and its HTML.
    """
    tokens, state = _PARSER.parse(source)
    for group in _groups(tokens):
        title = _text(group[0]) if _opens_section(group[0]) else None
        yield title, _scrolling(clean_markdown(_RENDERER.render_tokens(group, state)))


def titles(source: str) -> list[str]:
    """Return the first-level headings of a cell."""
    tokens, _ = _PARSER.parse(source)
    return [_text(token) for token in tokens if token["type"] == "heading" and token["attrs"]["level"] == 1]


def slug(text: str) -> str:
    """Return a heading as an identifier: ``What this says`` gives ``what-this-says``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


class _Renderer(mistune.HTMLRenderer):
    """HTML whose headings can be linked to and whose outside addresses are text."""

    def heading(self, text, level, **attrs):
        name = slug(html.unescape(re.sub(r"<[^>]+>", "", text)))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def link(self, text, url, title=None):
        if is_relative(url):
            return f'<a href="{html.escape(url)}">{text}</a>'
        return f'{text} <span class="address">({html.escape(url)})</span>'

    def block_code(self, code, info=None):
        return f"<pre><code>{html.escape(code)}</code></pre>\n"


_PARSER = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])
_RENDERER = mistune.create_markdown(renderer=_Renderer(escape=True), plugins=["table", "strikethrough"]).renderer


def _scrolling(markup):
    opened = '<div class="scroll" role="region" tabindex="0" aria-label="Table">\n<table>'
    return markup.replace("<table>", opened).replace("</table>", "</table>\n</div>")


def _opens_section(token):
    return token["type"] == "heading" and token["attrs"]["level"] == 2


def _groups(tokens):
    group = []
    for token in tokens:
        if _opens_section(token) and group:
            yield group
            group = []
        group.append(token)
    if group:
        yield group


def _text(token):
    children = token.get("children", [])
    return "".join(_text(child) for child in children) if children else token.get("raw", "")
