"""Ablation: which parts of a model earn their place, and the simplest model that does without the others."""

from insights.ablation.core import Study, by_table, study

__all__ = ["Study", "by_table", "study"]
