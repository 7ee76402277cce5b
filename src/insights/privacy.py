"""Privacy: keyed pseudonyms, scrubbed text, suppressed groups.

A keyed pseudonym keeps a journey linkable and is still personal data; it is not anonymous. The key
comes from ``INSIGHTS_PSEUDONYM_KEY`` or from a file of mode 0600 outside version control. A source whose
people are invented, or were anonymised by its publisher, needs no secret: its key is its name, so that the
same data give the same pseudonyms on every machine.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

import phonenumbers

from insights import paths

KEY_VARIABLE = "INSIGHTS_PSEUDONYM_KEY"
MINIMUM_KEY_BYTES = 16

# Spaces and dashes, as they stand between the digits of a number: also those that do not break a line.
_BETWEEN = " \u00a0\u2009\u202f\u2010-\u2015"
_PATTERNS = (
    ("e-mail", re.compile(r"[^\s@,;:<>()\[\]\"]{1,254}@[\w-]+(?:\.[\w-]+)+")),
    ("link", re.compile(r"(?i)https?://\S+|www\.\S+|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,10}[a-z]{2,}/\S*")),
    ("handle", re.compile(r"(?<!\w)@(?=\w{2})\w+(?:[.-]\w+)*")),
    ("phone", re.compile(rf"(?<!\w)(?!\d{{4}}-\d\d-\d\d(?!\d))\+?\d[\d()./{_BETWEEN}-]{{7,}}\d(?!\w)")),
)
# Letters, and the marks above, below and between them, which Unicode does not count as letters.
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0900-\u0dff\u0e31-\u0e4e])+")
LONGEST_NAME = 6
MOST_TURNS = 10
# Countries whose numbers are too short for the pattern above; what could be a day is left.
_SHORT_NUMBERS = ("DK", "HK", "NO", "SG")
_DIGITS, _DAY = re.compile(r"\d[\d ().-]{5,}\d"), re.compile(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d")


class PrivacyError(RuntimeError):
    """A key that is missing, weak or readable by others."""


def public_key(source: str) -> bytes:
    """Return the key of a source whose people are invented or already anonymous."""
    return hashlib.sha256(f"insights:{source}".encode()).digest()


def secret_key() -> bytes:
    """Return the key for real people, from the environment or the key file, which is made where missing.

    Raises
    ------
    PrivacyError
        If the key is shorter than 16 bytes, or its file may be read by others.
    """
    named = os.environ.get(KEY_VARIABLE)
    if named is not None:
        return _strong(named.encode(), KEY_VARIABLE)
    file = paths.key_file()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as made:
            made.write(secrets.token_hex(32))
    if file.stat().st_mode & 0o077:
        raise PrivacyError(f"{file} may be read by others. Run: chmod 600 {file}")
    return _strong(file.read_bytes().strip(), str(file))


def key_files() -> list[Path]:
    """Return the file that changes when another key for real people is in use, written now if it is not true.

    It holds a fingerprint, from which the key cannot be found; none is written before there is a key. Whether the key
    is strong is asked by :func:`secret_key`, of those who use it.
    """
    named, held = os.environ.get(KEY_VARIABLE), paths.key_file()
    if named is None and not held.exists():
        return []
    key = held.read_bytes().strip() if named is None else named.encode()
    file, fresh = paths.key_fingerprint(), pseudonyms(["fingerprint"], key)[0]
    if not file.exists() or file.read_text() != fresh:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(fresh)
    return [file]


def pseudonyms(values: Iterable[str], key: bytes) -> list[str]:
    """Return a keyed pseudonym (HMAC-SHA256, 64 bits in hexadecimal) for each value, in order.

    64 bits collide with a probability below one in four hundred million among 300,000 people.
    """
    fresh = hmac.new(key, digestmod=hashlib.sha256)
    return [_digest(fresh, value) for value in values]


def full_names(names: Iterable[str]) -> frozenset[str]:
    """Return full names as :func:`scrub` compares them: a space between words, no capitals, no accents.

    A name of one word is left out: April, Grace and Will are words too. Of a long one the first six words count,
    and its first two, its last two, and the first with the last, by which people go; ``Doe, Jane`` is Jane Doe too.
    """
    return frozenset(written for name in names for written in _ways_to_write(name))


def scrub(text: str | None, known_names: Collection[str] = frozenset()) -> str | None:
    """Replace what identifies a person in free text by its kind in brackets.

    Parameters
    ----------
    text : str or None
    known_names : collection of str
        Full names of the people of this source, from :func:`full_names`.

    Returns
    -------
    str or None
        The text with e-mail addresses, links, handles, phone numbers and known names replaced. Capitals,
        accents, and what stands between the words of a name, make no difference; scrubbing twice is scrubbing once.
    """
    if text is None:
        return None
    for _ in range(MOST_TURNS):
        once = _scrubbed_once(text, known_names)
        if once == text:
            break
        text = once  # what stood beside a name or a number is a number or a handle of its own now
    return text


def _scrubbed_once(text, known_names):
    for kind, pattern in _PATTERNS:
        text = pattern.sub(f"[{kind}]", text)
    text = _without_short_numbers(text) if _DIGITS.search(text) else text
    return scrub_names(text, known_names) if known_names else text


def scrub_names(text: str, known_names: Collection[str]) -> str:
    """Replace the full names of known people in a text, or in the path of an address, by ``[name]``."""
    words = list(_WORD.finditer(text))
    for first, last in reversed(_name_spans([_plain(word.group()) for word in words], known_names)):
        text = text[: words[first].start()] + "[name]" + text[words[last].end() :]
    return text


def _without_short_numbers(text):
    found = {
        match.raw_string
        for country in _SHORT_NUMBERS
        for match in phonenumbers.PhoneNumberMatcher(text, country, leniency=phonenumbers.Leniency.VALID)
        if not _DAY.fullmatch(match.raw_string)
    }
    for number in sorted(found):
        text = re.sub(rf"(?<!\w){re.escape(number)}(?!\w)", "[phone]", text)
    return text


def suppress(frame, count: str, smallest: int):
    """Return the rows whose group has at least ``smallest`` people, and how many were held back.

    Parameters
    ----------
    frame : pandas.DataFrame
    count : str
        Column with the number of people of a group.
    smallest : int

    Returns
    -------
    pandas.DataFrame, int
    """
    shown = frame[frame[count] >= smallest]
    return shown, len(frame) - len(shown)


def _strong(key, place):
    if len(key) < MINIMUM_KEY_BYTES:
        raise PrivacyError(
            f"{place}: a key of {len(key)} bytes is too short; give at least {MINIMUM_KEY_BYTES}, "
            "for instance from: openssl rand -hex 32"
        )
    return key


def _digest(fresh, value):
    keyed = fresh.copy()
    keyed.update(value.encode())
    return keyed.hexdigest()[:16]


def _ways_to_write(name):
    words = [_plain(word) for word in _WORD.findall(name)][:LONGEST_NAME]
    ways = [words, words[:2], words[-2:], [words[0], words[-1]]] if len(words) > 1 else []
    if "," in name and len(words) > 1:
        ways.append([*words[1:], words[0]])
    return {" ".join(way) for way in ways}


def _plain(word):
    letters = unicodedata.normalize("NFKD", word.upper()).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _name_spans(words, known_names):
    spans, first = [], 0
    while first < len(words):
        length = _name_length(words, first, known_names)
        if length:
            spans.append((first, first + length - 1))
        first += length or 1
    return spans


def _name_length(words, first, known_names):
    for length in range(LONGEST_NAME, 1, -1):
        if " ".join(words[first : first + length]) in known_names:
            return min(length, len(words) - first)
    return 0
