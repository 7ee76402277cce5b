"""The acceptance tests of a window, each with its verdict, what shows it, and who signed."""

import pandas as pd

from insights.acceptance import signed
from insights.acceptance.checks import CHECKS, Window
from insights.acceptance.register import TESTS, WINDOW, register
from insights.params import Params
from insights.verdicts import HELD_BY_TESTS, MET, MISSED, NOT_TRIED, UNKNOWN

COLUMNS = ["test", "who", "given", "when", "then", "by", "verdict", "shown", "signed", "says", "signed_at"]


def study(params: Params, results: pd.DataFrame, headline: pd.DataFrame) -> pd.DataFrame:
    """Return every acceptance test with its verdict, in ``COLUMNS``.

    Parameters
    ----------
    params : Params
    results : pandas.DataFrame
        The window's results store.
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.

    Returns
    -------
    pandas.DataFrame
        ``verdict`` is that of the window's results, that tests of the code hold it, or what the last person said who
        tried it; ``signed``, ``says`` and ``signed_at`` are of whoever signed last, whatever judges it.

    Raises
    ------
    insights.acceptance.register.RegisterError
        If the register cannot be used.
    """
    asked, said = Window(params, results, headline), signed.log()
    last = said[said["window"] == params.window].drop_duplicates("test", keep="last").set_index("test")
    return pd.DataFrame([_judged(one, asked, last) for one in register()], columns=COLUMNS)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many tests each way of judging has, and with which verdict: ``by, verdict, tests``."""
    return table.groupby(["by", "verdict"], sort=False).size().reset_index(name="tests")


def _judged(one, asked, last):
    signature = last.loc[one.test] if one.test in last.index else None
    if one.by == WINDOW:
        found = CHECKS[one.test](asked)
        verdict = UNKNOWN if found is None else MET if found.holds else MISSED
        shown = "this source has nothing it could be asked of" if found is None else found.shown
    elif one.by == TESTS:
        verdict, shown = HELD_BY_TESTS, one.shown
    else:
        verdict = NOT_TRIED if signature is None else signature["verdict"]
        shown = one.shown.replace("<window>", asked.params.window)
    signs = ["", "", ""] if signature is None else [signature[name] for name in ("who", "verdict", "at")]
    return [one.test, one.who, one.given, one.when, one.then, one.by, verdict, shown, *signs]
