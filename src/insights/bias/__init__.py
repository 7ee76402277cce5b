"""Bias checks: who is served worse, by how much, and whether the model makes it so."""

from insights.bias.core import Study, study

__all__ = ["Study", "study"]
