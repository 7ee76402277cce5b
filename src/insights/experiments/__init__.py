"""Experiments: how to design them, and what those that were run say."""

from insights.experiments.analysis import analyse
from insights.experiments.frames import ExperimentError
from insights.experiments.ratio import SampleRatioError

__all__ = ["ExperimentError", "SampleRatioError", "analyse"]
