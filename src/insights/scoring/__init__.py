"""Scoring: recommendations for new candidates from a file, each row checked, each answer with its reasons."""

from insights.scoring.core import Scored, score
from insights.scoring.read import CandidateError

__all__ = ["CandidateError", "Scored", "score"]
