"""Texts: what people typed, as it was meant: without the marks that wrong encodings and markup leave in it."""

import html
import re
import unicodedata

import ftfy
import nh3

MOST_TURNS = 12  # markup within markup within markup: nobody types more, and each turn reads the whole text
_MARKS = re.compile(r"[&<>]")
_SUSPECT = re.compile(r"[^\x20-\x7e]|[&<]|  ")
_TAG = re.compile(r"(?i)</?[a-z][a-z0-9]*(?:\s+[a-z-]+(?:=(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*\s*/?>")
# Letters that no decomposition takes the mark from.
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "l", "ı": "i", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d"})


def repaired(text: str | None) -> str | None:
    """Return a text as it was meant.

    Text that was read in the wrong encoding is put right (ftfy), tags and the contents of scripts are taken out
    (nh3), entities become characters, runs of spaces one space. What needs none of this stays as it is.

    Parameters
    ----------
    text : str or None

    Returns
    -------
    str or None
        None where nothing but markup was there. Repairing twice is repairing once.
    """
    if text is None or not _SUSPECT.search(text):
        return text
    for turn in range(2 * MOST_TURNS):
        once = _repaired_once(_MARKS.sub(" ", text) if turn == MOST_TURNS else text)
        if once == text:
            break
        text = once
    return text or None


def key(text: str) -> str:
    """Return a text as texts are compared: no capitals, no accents, one space for whatever is no letter or digit."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def _repaired_once(text):
    text = ftfy.fix_text(
        text, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, unescape_html=False
    )
    text = nh3.clean(text, tags=set()) if _TAG.search(text) else text
    return re.sub(r"\s+", " ", html.unescape(text)).strip()
