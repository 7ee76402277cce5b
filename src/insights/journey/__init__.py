"""Journey: how people travel from registration to a completed course, where they fall out, what moves them on."""

from insights.journey.attribution import agreement
from insights.journey.core import Journey, study

__all__ = ["Journey", "agreement", "study"]
