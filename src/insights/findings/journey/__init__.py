"""Findings about the journey: the sentences of notebook 03, each computed from the frames that hold the numbers."""

from insights.findings.journey.channels import against_planted, completed, lifts_in_full, orders, side_by_side
from insights.findings.journey.forecasts import BY_DAY, forecasts, no_forecast
from insights.findings.journey.people import (
    against_truth,
    effect,
    in_points,
    journey,
    no_people,
    not_told,
    pauses,
    unfinished,
)
from insights.findings.journey.ways import actions, integrity, kinds, of_kinds, sequences, speed, transitions

__all__ = [
    "BY_DAY", "actions", "against_planted", "against_truth", "completed", "effect", "forecasts", "in_points",
    "integrity", "journey", "kinds", "lifts_in_full", "no_forecast", "no_people", "not_told", "of_kinds", "orders",
    "pauses", "sequences", "side_by_side", "speed", "transitions", "unfinished",
]  # fmt: skip
