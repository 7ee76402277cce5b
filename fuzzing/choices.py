"""Choices: bytes taken as decisions, so that what is built of them has a structure and still follows the bytes.

A fuzzer that sees which code its bytes reach changes them one by one; each change here is another decision. Where the
bytes end, every decision is the first and simplest one, so that whatever is built ends too.
"""

import re
from collections.abc import Callable, Sequence

RAW, EDITED, BUILT = 96, 192, 256  # below which the first byte of an input says what the others are
MOST_EDITS = 6
HOSTILE = (
    "", " ", "\0", "\t", "\r", "\n", "\r\n", "\x1b[31m", "\x7f", "\u0085", "\u2028", "\u202e", "\ufeff", "\u200b",
    "\ud800", "\U0010ffff", "é" * 90, "９", "9" * 30, "9" * 5_000, "-1", "0", "-0", "1e400", "-1e-400", "NaN",
    "Infinity", "1_000", "0x_", "0b_", "0o9", "1:99:99", ".inf", "null", "~", "true", "yes", "[]", "{}", "[" * 200,
    "{\"a\":" * 200, "- " * 200, "a: " * 50, "&a [*a]", "&a", "*a", "<<: *a", "? [a]\n: b", "? {a: b}\n: c", "|",
    ">", "---", "...", "%YAML 9.9", "!!int x", "!!float x", "!!bool x", "!!timestamp x", "!!binary x", "!!map x",
    "!!set {a}", "!!omap [a]", "!!python/object/apply:os.system [id]", "!!python/name:os.system", "!x y",
    "2025-13-45", "0000-00-00", "9999-12-31", "2025-02-30T25:61:61Z", "10000-01-01", "2025-03-01",
    "../../etc/passwd", "/etc/passwd", "..", ".", "~root", "**/**/**", "C:\\x", "a" * 300, "a" * 20_000,
    "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x")',
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href=javascript:alert(1)>x</a>",
    "<svg/onload=alert(1)>", "<iframe src=//x>", "<style>@import '//x'</style>",
    "<math><mtext><table><mglyph><style><!--", "<b>" * 60, "<" * 300, "&amp;" * 3, "&" + "amp;" * 400,
    "&lt;script&gt;", "&#60;b&#62;", "&#x110000;", "Ã©", "ï¿½", "{{7*7}}", "{% raw %}", "${7*7}", "%s%n",
    "' OR 1=1 --", '"', "'", '""', ",", ";", "|", "\\", "ann@example.org", "https://example.org/a?b=c", "@handle",
    "+1 (555) 010-9999", "45 12 34 56", "1" * 60, "1 " * 60, "a@" * 60, "." * 300,
)  # fmt: skip


class Choices:
    """Decisions, read from bytes.

    Parameters
    ----------
    content : bytes
    """

    def __init__(self, content: bytes):
        self._content, self._at = content, 0

    def number(self, most: int) -> int:
        """Return a number from 0 to ``most``."""
        width = 1 if most < 256 else 2 if most < 65_536 else 4
        taken = self._content[self._at : self._at + width]
        self._at += width
        return int.from_bytes(taken, "little") % (most + 1)

    def one(self, options: Sequence):
        """Return one of some options."""
        return options[self.number(len(options) - 1)]

    def often(self, option, others: Sequence):
        """Return an option nineteen times in twenty, or else one of the others."""
        return self.one(others) if self.number(19) > 18 else option

    def some(self, options: Sequence, most: int) -> list:
        """Return up to so many of some options."""
        return [self.one(options) for _ in range(self.number(most))]

    def text(self) -> str:
        """Return a text: hostile, or out of the bytes themselves."""
        if self.number(3):
            return self.one(HOSTILE)
        length = self.number(24)
        taken = self._content[self._at : self._at + length]
        self._at += length
        return taken.decode("utf-8", "replace")

    def value(self, depth: int = 4):
        """Return what JSON or YAML can hold."""
        kind = self.number(8)
        if kind in (1, 2) and depth:
            return [self.value(depth - 1) for _ in range(self.number(4))]
        if kind in (3, 4) and depth:
            return {self.text(): self.value(depth - 1) for _ in range(self.number(4))}
        return (self.text(), None, True, 0, -1, 10 ** self.number(30), 0.5, float("nan"), float("inf"))[
            self.number(8)
        ]


def built(content: bytes, seeds: Sequence[bytes], make: Callable | None) -> bytes:
    """Return the input that some bytes stand for: themselves, an example with edits, or what is built of choices."""
    kind, rest = (content[0], content[1:]) if content else (0, b"")
    if kind < RAW:
        return rest
    if (kind < EDITED or make is None) and seeds:
        return edited(rest, seeds)
    return encoded(make(Choices(rest))) if make is not None else rest


def edited(content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Return an example in which some words are gone, doubled, swapped or replaced by hostile ones."""
    choices = Choices(content)
    words = re.findall(rb"\w+|\s+|[^\w\s]", choices.one(seeds))
    for _ in range(1 + choices.number(MOST_EDITS - 1)):
        place, other = choices.number(max(len(words) - 1, 0)), choices.number(max(len(words) - 1, 0))
        match choices.number(5):
            case 0 | 1:
                words[place : place + 1] = [encoded(choices.text())]
            case 2:
                words[place:place] = [encoded(choices.text())]
            case 3:
                del words[place : place + 1 + choices.number(20)]
            case 4:
                words[place:place] = words[other : other + 1 + choices.number(40)]
            case _ if words:
                words[place], words[other] = words[other], words[place]
    return b"".join(words)


def encoded(text: str | bytes) -> bytes:
    """Return a text as bytes, lone surrogates among them."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
