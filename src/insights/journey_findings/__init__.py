"""Findings about the journey: the sentences of notebook 03, each computed from the frames that hold the numbers."""

from insights.journey_findings.forecasts import forecasts, no_forecast
from insights.journey_findings.people import (
    against_truth,
    effect,
    journey,
    no_people,
    not_told,
    pauses,
    unfinished,
)
from insights.journey_findings.ways import actions, integrity, kinds, of_kinds, sequences, speed, transitions

__all__ = [
    "actions", "against_truth", "effect", "forecasts", "integrity", "journey", "kinds", "no_forecast", "no_people",
    "not_told", "of_kinds", "pauses", "sequences", "speed", "transitions", "unfinished",
]  # fmt: skip
