"""The register of acceptance tests: given, when, then, who, and by what each is judged."""

from typing import Literal

import pydantic

from insights import paths, yamls
from insights.acceptance.checks import CHECKS

WINDOW, TESTS = "window", "tests"  # people judge all others


class RegisterError(ValueError):
    """A register that cannot be used; the message names the test and the remedy."""


class Test(pydantic.BaseModel):
    """An acceptance test.

    Attributes
    ----------
    test : str
        Its name.
    who : str
        Who must be served.
    given, when, then : str
    by : {"window", "tests", "people"}
        Whether each window's results, the tests of the code, or people judge it.
    shown : str
        The test that holds it, or where people begin; empty where results judge it.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
    __test__ = False

    test: str
    who: Literal["VP", "planner", "data scientist", "operator", "data protection"]
    given: str
    when: str
    then: str
    by: Literal["window", "tests", "people"]
    shown: str = ""


def register() -> list[Test]:
    """Return the acceptance tests, in their order; none where nobody wrote any.

    Raises
    ------
    RegisterError
        If the register cannot be read, a name stands twice, or a test has nothing that could judge it.
    """
    file = paths.acceptance()
    found = yamls.entries(file, Test, RegisterError) if file.exists() else []
    names = [one.test for one in found]
    for one in found:
        if names.count(one.test) > 1:
            raise RegisterError(f"{file.name}: {one.test} stands twice. Give each test a name of its own.")
        if one.by == WINDOW and one.test not in CHECKS:
            raise RegisterError(
                f"{file.name}: {one.test} is judged by the window, for which there is no check of that name. "
                f"Write it in insights.acceptance.checks, or use one of {', '.join(CHECKS)}."
            )
        if one.by != WINDOW and not one.shown:
            raise RegisterError(f"{file.name}: {one.test} does not say by which test, or where people begin (shown).")
    return found
