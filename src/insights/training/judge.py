"""The judge of exercises: shows them, and says of an answer whether it is right."""

import datetime
import math
import numbers

from insights.display.wording import Prose, number, say
from insights.training.exercises import EXERCISES, TrainingError

WINDOW = "sample"


def show(name: str) -> Prose:
    """Return the question of an exercise, and where to look.

    Raises
    ------
    TrainingError
        If there is no exercise of that name.
    """
    one = _exercise(name)
    return say("**{name}** {question}\n\nLook at: {look}.", name=name, question=one.question, look=one.look)


def check(name: str, answer: object, window: str = WINDOW) -> Prose:
    """Return whether an answer is right, and what it teaches; if it is not, where to look again.

    Parameters
    ----------
    name : str
    answer : object
        A number, a truth value, a text or a day; ``...`` while there is none.
    window : str

    Raises
    ------
    TrainingError
        If there is no exercise of that name, or the window has not been run.
    """
    one = _exercise(name)
    if answer is ...:
        return say("**{name}: still open.** Put your answer in place of the dots, and run the cell again.", name=name)
    try:
        right = one.answer(window)
    except FileNotFoundError:
        raise TrainingError(
            f"{name} asks of window {window}, which has not been run. First: make run WINDOW={window}"
        ) from None
    if _same(answer, right, one.within):
        return say("**{name}: right.** {why}", name=name, why=one.why)
    return say(
        "**{name}: not yet.** {answer} is not it. Look at: {look}.",
        name=name, answer=answer if isinstance(answer, str) else _written(answer), look=one.look,
    )  # fmt: skip


def _exercise(name):
    if name not in EXERCISES:
        raise TrainingError(f"{name}: there is no such exercise. Name one of {', '.join(EXERCISES)}.")
    return EXERCISES[name]


def _same(answer, right, within):
    if isinstance(right, list):  # any of these
        return any(_same(answer, one, within) for one in right)
    if isinstance(right, bool) or isinstance(answer, bool):
        return isinstance(answer, bool) and answer is right
    if isinstance(right, numbers.Real):
        return isinstance(answer, numbers.Real) and math.isclose(answer, right, rel_tol=0, abs_tol=within)
    if isinstance(right, datetime.date):
        day = answer.date() if isinstance(answer, datetime.datetime) else answer
        return isinstance(day, datetime.date) and day == right
    return isinstance(answer, str) and answer.strip().casefold() == str(right).casefold()


def _written(answer):
    return number(answer) if isinstance(answer, numbers.Real) and not isinstance(answer, bool) else str(answer)
