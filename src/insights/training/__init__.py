"""Training: exercises on the sample window that check themselves.

``show`` prints an exercise, ``check`` says whether an answer is right and, if not, where to look. Right answers are
computed from the window's results, so that they are true of whatever was run.
"""

from insights.training.exercises import EXERCISES, Exercise, TrainingError, leaking
from insights.training.judge import check, show

__all__ = ["EXERCISES", "Exercise", "TrainingError", "check", "leaking", "show"]
