"""Sanitising: which HTML may stand in a page.

Everything that is not on the lists is removed, scripts and styles with what they hold. Addresses lead to
other pages of the same folder or stay within the page; pictures are PNGs inside the file.
"""

import re

import nh3

OUTPUT_TAGS = {
    "a", "abbr", "br", "caption", "code", "dd", "details", "div", "dl", "dt", "em", "figcaption", "figure",
    "h2", "h3", "h4", "hr", "img", "li", "ol", "p", "pre", "small", "span", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
MARKDOWN_TAGS = OUTPUT_TAGS | {"blockquote", "del", "h1", "h5", "h6"}
ATTRIBUTES = {
    "*": {"class"},
    "a": {"href"},
    "div": {"role", "tabindex", "aria-label"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan", "data-label"},
    "th": {"colspan", "rowspan", "scope"},
}
_PNG = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=\s]+")
_RELATIVE = re.compile(r"#[\w-]*|(?![/\\])[\w./-]+(#[\w-]*)?")


def clean_output(markup: str) -> str:
    """Return the HTML of an output with everything removed that is not allowed."""
    return _clean(markup, OUTPUT_TAGS, ATTRIBUTES)


def clean_markdown(markup: str) -> str:
    """Return rendered markdown, whose headings may carry an identifier, cleaned likewise."""
    headings = {f"h{level}": {"id"} for level in range(1, 7)}
    return _clean(markup, MARKDOWN_TAGS, ATTRIBUTES | headings)


def is_relative(address: str) -> bool:
    """Say whether an address stays within the folder of the page."""
    return _RELATIVE.fullmatch(address) is not None


def _clean(markup, tags, attributes):
    return nh3.clean(
        markup,
        tags=tags,
        attributes=attributes,
        attribute_filter=_keep,
        url_schemes={"data"},
        clean_content_tags={"script", "style"},
        link_rel=None,
    )


def _keep(tag, attribute, value):
    if attribute == "href":
        return value if is_relative(value) else None
    if attribute == "src":
        return value if _PNG.fullmatch(value) else None
    return value
