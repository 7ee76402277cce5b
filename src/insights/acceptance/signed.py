"""Signed: what people said of acceptance tests, kept in a journal to which lines are only added."""

import datetime
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from insights import journals, paths, store
from insights.acceptance.register import register
from insights.verdicts import ACCEPTED, REFUSED

COLUMNS = ["at", "who", "window", "test", "verdict", "evidence", "sha256", "comment"]
KINDS = dict.fromkeys(COLUMNS, (str,))
MOST = 2_000  # letters of a comment


class SignatureError(ValueError):
    """What cannot be kept as a signature; the message says what is missing."""


def log() -> pd.DataFrame:
    """Return every signature, the oldest first, in ``COLUMNS``."""
    return journals.read(paths.signatures(), COLUMNS, KINDS)


def sign(window: str, given: Mapping[str, str]) -> dict:
    """Keep what somebody says of a test of a window; return it.

    Parameters
    ----------
    window : str
        Has been loaded before, so that it is one.
    given : mapping of str to str
        ``test, verdict, who``; ``evidence`` and ``comment`` may be left out. Of evidence that is a file the SHA-256
        is kept, so that it can be told whether it is still the same.

    Raises
    ------
    SignatureError
        If there is no such test or verdict, nobody signs, or a comment is longer than 2,000 letters.
    """
    tests = [one.test for one in register()]
    test, verdict, who = (given.get(name, "").strip() for name in ("test", "verdict", "who"))
    if test not in tests:
        raise SignatureError(f"TEST={test}: there is no such acceptance test. Name one of {', '.join(tests)}.")
    if verdict not in (ACCEPTED, REFUSED):
        raise SignatureError(f"VERDICT={verdict}: say {ACCEPTED} or {REFUSED}.")
    if not who:
        raise SignatureError("WHO is empty: say who signs.")
    evidence, comment = given.get("evidence", "").strip(), given.get("comment", "").strip()
    if len(comment) > MOST:
        raise SignatureError(f"WHY has {len(comment):,} letters, above {MOST:,}. Put it into a file and name that.")
    kept = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "who": who, "window": window,
        "test": test, "verdict": verdict, "evidence": evidence, "sha256": _hash(evidence), "comment": comment,
    }  # fmt: skip
    journals.append(paths.signatures(), [kept])
    return kept


def _hash(evidence):
    file = Path(evidence).expanduser() if evidence else None
    return store.file_hash(file) if file is not None and file.is_file() else ""
